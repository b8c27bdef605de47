package grids

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// class is the kind of a line; a smaller one counts more where two lie on each other.
type class uint8

const (
	clsCommunity class = iota
	clsKeep            // a border of the division before, in an update: free of charge
	clsArterial
	clsRail
	clsRiver
	clsCoast
	clsShore // the bank of water wide enough for cells of its own
	clsCollector
	clsLocal
	clsLink
	clsStream
	clsBank
	clsWall
	clsService
	clsArea
	clsPath
	clsGap    // half way between buildings
	clsOpen   // between points of open land
	clsParty  // between buildings that touch
	clsForced // connects an enclave, whatever is in the way
	classes
)

// price is the cost of a border along a line of the class, per metre; 1 is a gap between buildings.
var price = [classes]float64{
	clsCollector: 0.05, clsLocal: 0.08, clsLink: 0.15, clsStream: 0.15, clsBank: 0.3, clsWall: 0.15, clsService: 0.15,
	clsArea: 0.3, clsPath: 0.3, clsGap: 1, clsOpen: 1, clsParty: 3, clsForced: 20,
}

// barrier reports whether lines of the class bound the blocks that gap lines are sought in.
func (c class) barrier() bool { return c < clsArea && c != clsBank || c == clsForced }

// real reports whether the class is a feature of the map.
func (c class) real() bool { return c < clsGap }

// beside is how close, in millimetres, a line of the class may run beside a more important one before it is taken for it.
func (c class) beside() float64 {
	switch c {
	case clsCoast, clsShore, clsArea, clsBank:
		return 3000
	case clsWall, clsPath:
		return 2000
	}
	return 1500
}

// community is one of the input, with all parts delivered under its code.
type community struct {
	code  string
	parts [][]geom.Ring // each: a shell and its holes, by even-odd rule
}

// mapLine is a real line on the lattice.
type mapLine struct {
	class class
	pts   []geom.Pt
	len   float64 // mm
}

// base is the whole input on the lattice, in an order of its own that does not depend on the input's.
type base struct {
	lat       lattice
	comms     []community // by code
	lines     []mapLine
	buildings []building
	comps     []geom.Pt
	land      []landArea
	findings  []gis.Finding
	disputed  map[[2]int32]float64 // m² that two communities both claim

	reach   orb.Bound   // of the communities, and a bit more
	obs     *obstacles  // the buildings
	points  *pointTable // the components, from then on that all are read
	terrain *terrain    // the land and the ways, from then on, too
}

// readBase reads the layers of the source but for the components, see readLater.
func readBase(ctx context.Context, src Source, p gis.Progress) (*base, error) {
	p.Tell("read", 0, 0)
	b, err := readCommunities(ctx, src)
	if err != nil {
		return nil, err
	}
	return b, b.readRest(ctx, src)()
}

// readRest starts to read the lines and the buildings, which nothing needs until the communities are repaired; the function
// it returns waits for the end. Nothing else may read from src until then.
func (b *base) readRest(ctx context.Context, src Source) func() error {
	lines, buildings := &base{lat: b.lat}, &base{lat: b.lat}
	readLines := begin(func() error { return lines.readLines(ctx, src, b.reach) })
	readBuildings := begin(func() error {
		if _, ok := src.(Selector); !ok { // one reader at a time
			if readLines() != nil {
				return nil // told already
			}
		}
		err := buildings.readBuildings(ctx, src, b.reach)
		buildings.obs = newObstacles(buildings.buildings)
		buildings.obs.groups()
		return err
	})
	return sync.OnceValue(func() error {
		err := errors.Join(readLines(), readBuildings())
		b.lines, b.land, b.buildings, b.obs = lines.lines, lines.land, buildings.buildings, buildings.obs
		b.findings = slices.Concat(b.findings, lines.findings, buildings.findings)
		return err
	})
}

// begin runs f beside what follows; the function it returns waits for its end.
func begin(f func() error) (wait func() error) {
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = f()
	}()
	return func() error {
		<-done
		return err
	}
}

// readCommunities reads the layer community and chooses the lattice.
func readCommunities(ctx context.Context, src Source) (*base, error) {
	b := &base{}
	byCode := map[string][]orb.Polygon{}
	var bound orb.Bound
	for f, err := range src.Features(ctx, "community", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		code := f.Text("code")
		if _, err := MakeCode(code, 1); err != nil {
			return nil, gis.E(gis.Rejected, err, "community code %q is not 12 digits or capital letters", code)
		}
		parts := polygons(f.Geom)
		if len(parts) == 0 || !finite(f.Geom) {
			b.note("community.geometry", gis.SeverityError, code, orb.Point{}, 0, "community %s has no usable outline", "社区 %s 没有可用的边界", code)
			continue
		}
		if len(byCode) == 0 {
			bound = f.Geom.Bound()
		}
		bound = bound.Union(f.Geom.Bound())
		byCode[code] = append(byCode[code], parts...)
	}
	if len(byCode) == 0 {
		return nil, gis.E(gis.Rejected, nil, "there is no community to divide; import the layer community first")
	}
	if w, h := bound.Max[0]-bound.Min[0], bound.Max[1]-bound.Min[1]; max(w, h) > 2*widest {
		return nil, gis.E(gis.Rejected, nil, "the communities lie %.0f by %.0f degrees apart, from %.4f to %.4f: one of them is misplaced", w, h, bound.Min, bound.Max)
	}
	b.lat = latticeOf(wholeOf(src, bound))
	for code, parts := range byCode {
		c := community{code: code}
		for _, p := range parts {
			if rings := b.lat.rings(p); rings != nil {
				c.parts = append(c.parts, rings)
			}
		}
		if c.parts == nil {
			b.note("community.geometry", gis.SeverityError, code, parts[0].Bound().Center(), 0, "community %s has no usable outline", "社区 %s 没有可用的边界", code)
			continue
		}
		slices.SortFunc(c.parts, cmpRings)
		b.comms = append(b.comms, c)
	}
	slices.SortFunc(b.comms, func(x, y community) int { return cmp.Compare(x.code, y.code) })
	b.reach = bound.Pad(0.002)
	return b, nil
}

// readLater starts to read the components, which are many and not needed before the cutting; the function
// it returns waits for the end. Nothing else may read from src until then.
func (b *base) readLater(ctx context.Context, src Source) func() error {
	later := &base{lat: b.lat}
	wait := begin(func() error { return later.readComponents(ctx, src, b.reach) })
	return sync.OnceValue(func() error {
		err := wait()
		b.comps = later.comps
		b.findings = append(b.findings, later.findings...)
		return err
	})
}

// rings returns the shell of a polygon and its holes; nothing where the shell has no three corners.
func (l lattice) rings(p orb.Polygon) []geom.Ring {
	var out []geom.Ring
	for i, r := range p {
		q := l.ring(r)
		if q == nil && i == 0 {
			return nil
		}
		if q != nil {
			out = append(out, q)
		}
	}
	return out
}

// each calls f for the usable features of a layer; a layer may be absent.
func (b *base) each(ctx context.Context, src Source, layer string, reach orb.Bound, f func(gis.Feature)) error {
	return b.eachOf(ctx, layer, src.Features(ctx, layer, reach), f)
}

// eachShape is each for who looks at nothing but the geometry.
func (b *base) eachShape(ctx context.Context, src Source, layer string, reach orb.Bound, f func(gis.Feature)) error {
	if s, ok := src.(Selector); ok {
		return b.eachOf(ctx, layer, s.Select(ctx, layer, reach), f)
	}
	return b.each(ctx, src, layer, reach, f)
}

func (b *base) eachOf(ctx context.Context, layer string, rows iter.Seq2[gis.Feature, error], f func(gis.Feature)) error {
	bad := 0
	for ft, err := range rows {
		if gis.KindOf(err) == gis.NotFound && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if ft.Geom == nil || !finite(ft.Geom) {
			bad++
			continue
		}
		f(ft)
	}
	if bad > 0 {
		b.note(layer+".geometry", gis.SeverityWarning, "", orb.Point{}, float64(bad), "%d rows of %s without usable geometry are left out", "%d 条 %s 数据没有可用图形，未采用", bad, layer)
	}
	return ctx.Err()
}

func (b *base) readLines(ctx context.Context, src Source, reach orb.Bound) error {
	for _, layer := range []string{"road", "rail", "water", "wall", "land"} {
		err := b.each(ctx, src, layer, reach, func(f gis.Feature) {
			if layer == "land" || layer == "water" {
				b.takeLand(layer, f)
			}
			c, ok := lineClass(layer, f)
			if !ok {
				return
			}
			for _, ls := range lineStrings(f.Geom) {
				l := mapLine{class: c, pts: simplifyLine(b.lat.line(ls), 200)}
				if reversedLine(l.pts) {
					slices.Reverse(l.pts)
				}
				for i := 1; i < len(l.pts); i++ {
					l.len += l.pts[i].Dist(l.pts[i-1])
				}
				if l.len > 0 {
					b.lines = append(b.lines, l)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	b.sortLand()
	slices.SortFunc(b.lines, func(x, y mapLine) int {
		return cmp.Or(cmp.Compare(x.class, y.class), -cmp.Compare(x.len, y.len), slices.CompareFunc(x.pts, y.pts, geom.Pt.Cmp))
	})
	b.lines = slices.CompactFunc(b.lines, func(x, y mapLine) bool { return x.class == y.class && slices.Equal(x.pts, y.pts) })
	return nil
}

// leastLand is the smallest land use, in m², whose edge counts as a line.
const leastLand = 500

// lineClass says what a row is as a line; ok is false for what is no border (tunnels, subways, pavements).
func lineClass(layer string, f gis.Feature) (class, bool) {
	kind := f.Text("class")
	switch layer {
	case "road":
		if t, _ := f.Value("tunnel").(bool); t {
			return 0, false
		}
		c, known := map[string]class{
			"arterial": clsArterial, "collector": clsCollector, "local": clsLocal, "link": clsLink, "service": clsService, "path": clsPath,
		}[kind]
		if !known {
			c = clsLocal
		}
		return c, true
	case "rail":
		return clsRail, kind != "subway" && kind != "tram"
	case "wall":
		return clsWall, true
	case "water":
		if len(polygons(f.Geom)) > 0 {
			if wideWater(f.Geom) {
				return clsShore, true
			}
			return clsBank, true
		}
		switch kind {
		case "coast":
			return clsCoast, true
		case "stream", "ditch", "drain":
			return clsStream, true
		}
		return clsRiver, true
	}
	if kind == "sidewalk" || len(polygons(f.Geom)) == 0 {
		return 0, false
	}
	mx, my := geom.MetresPerDegree(f.Geom.Bound().Center()[1])
	area := 0.0
	for _, p := range polygons(f.Geom) {
		area += plainArea(p[0]) * mx * my
	}
	return clsArea, area > leastLand
}

// wideWater reports whether a body of water may have cells of its own; whether it has is found out where its size inside each
// community is known.
func wideWater(g orb.Geometry) bool {
	mx, my := geom.MetresPerDegree(g.Bound().Center()[1])
	for _, p := range polygons(g) {
		length := 0.0
		for i := 1; i < len(p[0]); i++ {
			length += geom.Hypot((p[0][i][0]-p[0][i-1][0])*mx, (p[0][i][1]-p[0][i-1][1])*my)
		}
		if m2 := plainArea(p[0]) * mx * my; m2 > leastLand*4 && 2*m2 > leastWidth*length {
			return true
		}
	}
	return false
}

// plainArea is the plain area of a ring, without sign.
func plainArea(r orb.Ring) float64 {
	s := 0.0
	for i := 1; i < len(r); i++ {
		s += (r[i-1][0]-r[0][0])*(r[i][1]-r[0][1]) - (r[i][0]-r[0][0])*(r[i-1][1]-r[0][1])
	}
	return max(s, -s) / 2
}

func (b *base) readComponents(ctx context.Context, src Source, reach orb.Bound) error {
	return b.eachShape(ctx, src, "component", reach, func(f gis.Feature) {
		b.comps = append(b.comps, b.lat.pt(geom.LabelPoint(f.Geom)))
	})
}

// note adds a finding; the texts are formats over args.
func (b *base) note(rule string, sev gis.Severity, key string, at orb.Point, measure float64, en, zh string, args ...any) {
	b.findings = append(b.findings, finding(rule, sev, key, at, measure, en, zh, args...))
}
