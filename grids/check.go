package grids

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/crs"
)

// The limits Check judges by.
const (
	checkMin       = 5_000.0  // m², of a cell
	checkMax       = 20_000.0 // m², of a cell; a larger building cannot be kept whole
	checkDepth     = 0.3      // m: what of a building lies deeper must be in one cell
	checkPiece     = 0.5      // m²: smaller pieces of a building do not count
	checkNear      = 0.5      // m: a component nearer to a border is hard to tell to a side
	checkWidth     = 8.0      // m: a cell of less mean width is a sliver
	checkThin      = 15.0     // m: one of less is a strip, unless its community is
	checkCross     = 0.5      // m²: what a cell may hold of land that is not its community's
	checkOverlap   = 0.001    // m² two cells may share: the rounding of the measure
	coverRounding  = 0.002    // m² a measured area may be off
	checkListed    = 500      // findings of one soft rule listed one by one
	checkRow       = 150.0    // m: a later number this far north and to the west is out of order
	checkMinPoints = 4
)

// mm is a point in millimetres of the zone.
type mm struct{ x, y int64 }

func (a mm) less(b mm) bool { return a.x < b.x || (a.x == b.x && a.y < b.y) }

func leftTurn(a, b, c mm) int64 { return (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x) }

// checkCell is a cell under examination.
type checkCell struct {
	Cell
	ring   []mm // open, counter-clockwise; nil when unusable
	area2  int64
	length float64 // m
	lo, hi mm
	comm   int // index of its community, -1 unknown
}

type checkCommunity struct {
	code   string
	rings  [][]mm
	lo, hi mm
	m2     float64
	length float64 // m
	cells  int
	sum    int64 // twice the area of its cells
}

type checker struct {
	ctx      context.Context
	src      Source
	limits   checkLimits
	zone     crs.CRS
	cells    []*checkCell
	comms    []*checkCommunity
	parts    []checkPart // by community
	partTab  map[mm][]int32
	sweep    sweep
	common   map[[2]int32]float64 // m² that pairs of cells share, as far as looked at
	byCode   map[string]int
	edges    *checkEdges
	cut      []*checkBuilding // what borders cut, unless an enclave is to blame
	enclaves [][]mm           // outlines of communities that lie in a building
	findings []gis.Finding
	stats    Stats
	listed   map[string]int
	more     map[string]gis.Finding
}

// Check judges cells against the base map of src by a code path that shares
// nothing with Build but the types and the projection. Void cells are only
// looked at for their codes. Findings of severity error are breaches of hard rules:
//
//	grid.code grid.code_duplicate grid.community_unknown grid.ring grid.hole
//	grid.gap grid.overlap grid.outside grid.stray grid.building_cut
//
// and warnings and notes of soft ones:
//
//	grid.area_below grid.area_above grid.area_sum grid.sliver grid.thin grid.order
//	grid.missing grid.component_near_border grid.off_lattice grid.void_reused
//	building.straddles building.huge
func Check(ctx context.Context, src Source, cells iter.Seq2[Cell, error], p gis.Progress) ([]gis.Finding, Stats, error) {
	return Rules{}.Check(ctx, src, cells, p)
}

// Check is [Check] by the limits of a city's own.
func (r Rules) Check(ctx context.Context, src Source, cells iter.Seq2[Cell, error], p gis.Progress) ([]gis.Finding, Stats, error) {
	limits, err := r.settle()
	if err != nil {
		return nil, Stats{}, err
	}
	c := &checker{ctx: ctx, src: src, limits: limits, byCode: map[string]int{}, common: map[[2]int32]float64{}, listed: map[string]int{}, more: map[string]gis.Finding{}}
	if err := c.readCommunities(); err != nil {
		return nil, Stats{}, fmt.Errorf("grids: check: %w", err)
	}
	p.Tell("codes", 0, 0)
	if err := c.readCells(cells); err != nil {
		return nil, Stats{}, fmt.Errorf("grids: check: %w", err)
	}
	c.edges = newCheckEdges(c.cells)
	p.Tell("cover", 0, 0)
	c.cover()
	c.order()
	if err := c.areas(); err != nil {
		return nil, Stats{}, fmt.Errorf("grids: check: %w", err)
	}
	p.Tell("buildings", 0, 0)
	if err := c.buildings(); err != nil {
		return nil, Stats{}, fmt.Errorf("grids: check: %w", err)
	}
	p.Tell("components", 0, 0)
	if err := c.components(); err != nil {
		return nil, Stats{}, fmt.Errorf("grids: check: %w", err)
	}
	for rule, n := range c.listed {
		if f, more := c.more[rule]; more { // errors are listed all
			f.Key, f.At, f.Measure = "", orb.Point{}, float64(n-checkListed)
			f.Text = fmt.Sprintf("%d more findings of this rule", n-checkListed)
			f.TextZh = fmt.Sprintf("同类问题另有 %d 处", n-checkListed)
			c.findings = append(c.findings, f)
		}
	}
	sortFindings(c.findings)
	c.stats.count(c.findings)
	return c.findings, c.stats, ctx.Err()
}

func (c *checker) say(rule string, sev gis.Severity, key string, at orb.Point, measure float64, en, zh string, args ...any) {
	f := finding(rule, sev, key, at, measure, en, zh, args...)
	if c.listed[rule]++; sev != gis.SeverityError && c.listed[rule] > checkListed {
		c.more[rule] = f
		return
	}
	c.findings = append(c.findings, f)
}

func (c *checker) project(p orb.Point) mm {
	x, y := c.zone.FromLonLat(p[0], p[1])
	return mm{int64(math.Round(x * 1e3)), int64(math.Round(y * 1e3))}
}

func (c *checker) place(p mm) orb.Point {
	lon, lat := c.zone.ToLonLat(float64(p.x)/1e3, float64(p.y)/1e3)
	return orb.Point{lon, lat}
}

// outline projects a closed ring and opens it.
func (c *checker) outline(r orb.Ring) []mm {
	var out []mm
	for _, p := range r {
		if q := c.project(p); len(out) == 0 || out[len(out)-1] != q {
			out = append(out, q)
		}
	}
	for len(out) > 1 && out[0] == out[len(out)-1] {
		out = out[:len(out)-1]
	}
	return out
}

func (c *checker) readCommunities() error {
	var rows []gis.Feature
	var all orb.Bound
	for f, err := range c.src.Features(c.ctx, "community", orb.Bound{}) {
		if err != nil {
			return err
		}
		if f.Geom == nil || !sound(f.Geom) {
			continue
		}
		if len(rows) == 0 {
			all = f.Geom.Bound()
		}
		all = all.Union(f.Geom.Bound())
		rows = append(rows, f)
	}
	if len(rows) == 0 {
		return gis.E(gis.Rejected, nil, "there is no community to check against")
	}
	if part, ok := c.src.(interface{ Whole() orb.Bound }); ok {
		all = part.Whole()
	}
	c.zone = crs.GaussKruger3(all.Center()[0])
	slices.SortStableFunc(rows, func(x, y gis.Feature) int { return cmp.Compare(x.Text("code"), y.Text("code")) })
	for _, f := range rows {
		code := f.Text("code")
		i, ok := c.byCode[code]
		if !ok {
			i = len(c.comms)
			c.byCode[code] = i
			c.comms = append(c.comms, &checkCommunity{code: code, lo: mm{math.MaxInt64, math.MaxInt64}, hi: mm{math.MinInt64, math.MinInt64}})
		}
		var parts []orb.Polygon
		switch g := f.Geom.(type) {
		case orb.Polygon:
			parts = orb.MultiPolygon{g}
		case orb.MultiPolygon:
			parts = g
		}
		for _, poly := range parts {
			part := checkPart{comm: i}
			for k, r := range poly {
				ring := c.outline(r)
				if k == 0 && len(ring) < 3 {
					break
				}
				c.comms[i].add(&part, ring, k == 0)
			}
			if len(part.rings) > 0 {
				c.parts = append(c.parts, part)
			}
		}
	}
	return nil
}

// sound reports whether all points are longitudes and latitudes within a few degrees of each other.
func sound(g orb.Geometry) bool {
	var lo, hi orb.Point
	n, good := 0, true
	var see func(g orb.Geometry)
	point := func(p orb.Point) {
		if n++; n == 1 {
			lo, hi = p, p
		}
		good = good && math.Abs(p[0]) <= 360 && math.Abs(p[1]) < 89
		lo = orb.Point{math.Min(lo[0], p[0]), math.Min(lo[1], p[1])}
		hi = orb.Point{math.Max(hi[0], p[0]), math.Max(hi[1], p[1])}
	}
	see = func(g orb.Geometry) {
		switch g := g.(type) {
		case orb.Point:
			point(g)
		case orb.Ring:
			for _, p := range g {
				point(p)
			}
		case orb.Polygon:
			for _, r := range g {
				see(r)
			}
		case orb.MultiPolygon:
			for _, p := range g {
				see(p)
			}
		default:
			for _, p := range [2]orb.Point{g.Bound().Min, g.Bound().Max} {
				point(p)
			}
		}
	}
	see(g)
	return n > 0 && good && hi[0]-lo[0] <= 3 && hi[1]-lo[1] <= 3
}

// add adds a ring to the community and to its polygon.
func (k *checkCommunity) add(part *checkPart, r []mm, shell bool) {
	if len(r) < 3 {
		return
	}
	if (twiceArea(r) < 0) == shell {
		slices.Reverse(r)
	}
	if shell {
		part.lo, part.hi = r[0], r[0]
		for _, p := range r {
			part.lo, part.hi = mm{min(part.lo.x, p.x), min(part.lo.y, p.y)}, mm{max(part.hi.x, p.x), max(part.hi.y, p.y)}
		}
	}
	part.rings = append(part.rings, r)
	k.rings = append(k.rings, r)
	a := math.Abs(float64(twiceArea(r))) / 2e6
	if !shell {
		a = -a
	}
	k.m2 += a
	for i, p := range r {
		q := r[(i+1)%len(r)]
		k.length += math.Hypot(float64(q.x-p.x), float64(q.y-p.y)) / 1e3
		k.lo, k.hi = mm{min(k.lo.x, p.x), min(k.lo.y, p.y)}, mm{max(k.hi.x, p.x), max(k.hi.y, p.y)}
	}
}

func twiceArea(r []mm) int64 {
	s := int64(0)
	for i := 1; i+1 < len(r); i++ {
		s += leftTurn(r[0], r[i], r[i+1])
	}
	return s
}

func (c *checker) readCells(cells iter.Seq2[Cell, error]) error {
	seen := map[Code]string{}
	for cell, err := range cells {
		if err != nil {
			return err
		}
		at := orb.Point{}
		if len(cell.Polygon) > 0 && len(cell.Polygon[0]) > 0 {
			at = cell.Polygon[0][0]
		}
		if _, err := ParseCode(string(cell.Code)); err != nil {
			c.say("grid.code", gis.SeverityError, string(cell.Code), at, 0, "%s", "单元网格编码不合规：%s", gis.Public(err))
		}
		if before, twice := seen[cell.Code]; twice {
			rule, en, zh := "grid.code_duplicate", "the code %s is used twice", "编码 %s 重复"
			if before == Void || cell.Status == Void {
				rule, en, zh = "grid.void_reused", "the code %s of a void unit grid is in use again", "已作废的编码 %s 被重新使用"
			}
			c.say(rule, gis.SeverityError, string(cell.Code), at, 0, en, zh, cell.Code)
		}
		seen[cell.Code] = cell.Status
		if cell.Status != Void {
			c.take(cell, at)
		}
	}
	return c.ctx.Err()
}

// take reads one valid cell.
func (c *checker) take(cell Cell, at orb.Point) {
	k := &checkCell{Cell: cell, comm: -1}
	c.cells = append(c.cells, k)
	i, ok := c.byCode[cell.Code.Community()]
	if !ok || cell.Community != cell.Code.Community() {
		c.say("grid.community_unknown", gis.SeverityError, string(cell.Code), at, 0, "unit grid %s: its community %s is not known or not the first 12 characters of the code",
			"单元网格 %s 的社区 %s 不存在，或与编码前 12 位不符", cell.Code, cell.Community)
	}
	if ok {
		k.comm = i
		c.comms[i].cells++
	}
	if len(cell.Polygon) == 0 || !sound(cell.Polygon) {
		c.say("grid.ring", gis.SeverityError, string(cell.Code), at, 0, "unit grid %s has no usable outline", "单元网格 %s 没有可用的边界", cell.Code)
		return
	}
	if n := len(cell.Polygon) - 1; n > 0 {
		c.say("grid.hole", gis.SeverityError, string(cell.Code), at, float64(n), "unit grid %s has %d holes", "单元网格 %s 有 %d 个洞", cell.Code, n)
	}
	r := cell.Polygon[0]
	ring := c.outline(r)
	if len(r) < checkMinPoints || r[0] != r[len(r)-1] || len(ring) < 3 {
		c.say("grid.ring", gis.SeverityError, string(cell.Code), at, 0, "the outline of unit grid %s is not closed or has too few points", "单元网格 %s 的边界未闭合或点数不足", cell.Code)
		return
	}
	if p, bad := selfTouch(ring); bad {
		c.say("grid.ring", gis.SeverityError, string(cell.Code), c.place(p), 0, "the outline of unit grid %s crosses or touches itself", "单元网格 %s 的边界自相交或自接触", cell.Code)
	}
	off := 0.0
	for i, p := range r[:len(r)-1] {
		if q := c.place(c.project(p)); i < len(ring) {
			off = max(off, math.Abs(q[0]-p[0])+math.Abs(q[1]-p[1]))
		}
	}
	if off > 1e-10 {
		c.say("grid.off_lattice", gis.SeverityNote, string(cell.Code), at, off*1.1e5, "corners of unit grid %s lie off the millimetre lattice", "单元网格 %s 的顶点不在毫米格网上", cell.Code)
	}
	if k.area2 = twiceArea(ring); k.area2 < 0 {
		slices.Reverse(ring)
		k.area2 = -k.area2
	}
	k.ring = ring
	k.lo, k.hi = ring[0], ring[0]
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		k.length += math.Hypot(float64(q.x-p.x), float64(q.y-p.y)) / 1e3
		k.lo, k.hi = mm{min(k.lo.x, p.x), min(k.lo.y, p.y)}, mm{max(k.hi.x, p.x), max(k.hi.y, p.y)}
	}
	if k.comm >= 0 {
		c.comms[k.comm].sum += k.area2
	}
}
