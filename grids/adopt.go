package grids

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// Drawn is a cell as somebody drew it: nothing of it is trusted.
type Drawn struct {
	Code     string // 14 or 15 digits or capital letters; anything else is a finding, and the cell gets a number of ours
	Geom     orb.Geometry
	InitDate string
	Remark   string
}

// AdoptOptions steer Adopt; the zero value is useful.
type AdoptOptions struct {
	Tolerance float64 // m: gaps, overlaps and strips across a community line of less mean width are closed; 0: 1
	Threads   int     // 0: one
	Today     string  // YYYY-MM-DD, the InitDate of cells that bring none
	Next      func(community string) int
	Old       []Cell        // valid cells of the store: one that got its number from the same delivered code keeps it
	Void      map[Code]bool // codes of void cells: none of them is used again
	Rules     Rules         // what the result is judged by
	Progress  gis.Progress
}

// crumb is the area in m² below which a gap, an overlap or a loose piece is closed however wide it is.
const crumb = 1.0

// Adopt takes a division drawn by hand. All outlines are noded on the lattice together with the community lines, so
// that neighbours share their corners. Then, below the tolerance, gaps go to the neighbour
// with the longest border, overlaps to the cell with less land, and strips that a cell holds in another community
// to the cells there. What is larger stays as drawn and is listed with its place and area, for a planner to decide.
//
// Codes: 15 characters are kept; the 14 of the older standard (6 county, 3 street, 3 community, 2 cell) get a 0 before their last two, and the remark keeps the old one. A cell without a usable code, or with one that a larger
// cell or a void one has, gets the next free number of the community it lies in, and the remark keeps what was delivered.
// The findings are those of the repair and those that [Check] has of the result; the cells come by code.
func Adopt(ctx context.Context, src Source, drawn []Drawn, opt AdoptOptions) (*Division, error) {
	if opt.Tolerance == 0 {
		opt.Tolerance = 1
	}
	if !(opt.Tolerance > 0 && opt.Tolerance <= 50) {
		return nil, gis.E(gis.Invalid, nil, "the tolerance must lie between 0 and 50 m, not %g", opt.Tolerance)
	}
	opt.Progress.Tell("communities", 0, 0)
	b, err := readCommunities(ctx, src)
	if err != nil {
		return nil, err
	}
	cov := b.coverage(opt.Threads)
	b.findings = slices.DeleteFunc(b.findings, func(f gis.Finding) bool { return f.Severity == gis.SeverityNote })
	t := newTracing(b, drawn, opt)
	opt.Progress.Tell("repair", 0, int64(len(drawn)))
	t.node(cov)
	t.flood()
	t.homes()
	t.settle()
	t.loose()
	t.fill()
	t.join()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d := &Division{Cells: t.cells(), Findings: b.findings}
	if err := t.codes(d); err != nil {
		return nil, err
	}
	opt.Progress.Tell("check", 0, int64(len(d.Cells)))
	return d, t.check(ctx, src, d)
}

// tracing is the work on a drawn division. Parts 0 to n-1 are the cells, n and on the communities.
type tracing struct {
	*repair
	opt   AdoptOptions
	drawn []Drawn
	n     int32
	tol   float64   // mm
	in    [][]int32 // cells that hold each face
	comm  []int32   // community of each face, -1 none
	home  []int32   // community of each cell, -1 none
	made  map[int32]int
	cut   *cutter
}

func newTracing(b *base, drawn []Drawn, opt AdoptOptions) *tracing {
	t := &tracing{repair: &repair{base: b}, opt: opt, n: int32(len(drawn)), tol: opt.Tolerance * 1000, made: map[int32]int{}}
	t.drawn = slices.Clone(drawn)
	slices.SortStableFunc(t.drawn, func(x, y Drawn) int { return cmp.Compare(x.Code, y.Code) })
	return t
}

// note adds a finding about a cell.
func (t *tracing) tell(rule string, sev gis.Severity, cell int32, at orb.Point, measure float64, en, zh string, args ...any) {
	key := ""
	if cell >= 0 {
		key = t.drawn[cell].Code
	}
	t.base.note(rule, sev, key, at, measure, en, zh, args...)
}

// name is what a finding calls a cell: the code it came with.
func (t *tracing) name(cell int32) string {
	return cmp.Or(strings.TrimSpace(t.drawn[cell].Code), "(without a code 无编码)")
}

// node makes the graph of all outlines; each edge knows which parts it bounds.
func (t *tracing) node(cov cover) {
	var segs []geom.Seg
	for i, d := range t.drawn {
		usable := d.Geom != nil && finite(d.Geom)
		before := len(segs)
		for _, p := range polygons(d.Geom) {
			if usable {
				segs = append(segs, outlineSegs(t.base.lat.rings(p), int32(i))...)
			}
		}
		if len(segs) == before {
			t.tell("adopt.geometry", gis.SeverityError, int32(i), orb.Point{}, 0, "unit grid %s has no usable outline and is left out", "单元网格 %s 没有可用的边界，未采用", t.name(int32(i)))
		}
	}
	for k := range t.n {
		t.part = append(t.part, k)
	}
	for k := range t.base.comms {
		t.part = append(t.part, t.n+int32(k))
	}
	caps := t.caps(segs, t.tol)
	for _, s := range cov.segs {
		for _, s := range [2]geom.Seg{s, s.Flip()} {
			if s.L >= 0 {
				segs = append(segs, geom.Seg{A: s.A, B: s.B, L: t.n + s.L, R: -1})
			}
		}
	}
	t.arrange(bridged(geom.SnapRound(append(segs, caps...), t.opt.Threads), t.opt.Threads))
}

// homes finds the community of each cell: that of its code where the cell has land there, else where most of it lies.
func (t *tracing) homes() {
	share := make([]map[int32]float64, t.n)
	t.in, t.comm = make([][]int32, len(t.claims)), make([]int32, len(t.claims))
	for f, claims := range t.claims {
		t.comm[f] = -1
		for _, k := range claims {
			if k >= t.n {
				t.comm[f] = k - t.n
			} else {
				t.in[f] = append(t.in[f], k)
			}
		}
		for _, k := range t.in[f] {
			if share[k] == nil {
				share[k] = map[int32]float64{}
			}
			share[k][t.comm[f]] += float64(t.g.Area2[f])
		}
	}
	t.home = make([]int32, t.n)
	for k := range t.home {
		t.home[k] = -1
		best := 0.0
		for c := range int32(len(t.base.comms)) {
			if a := share[k][c]; a > best {
				best, t.home[k] = a, c
			}
		}
		total := 0.0
		for c := int32(-1); c < int32(len(t.base.comms)); c++ {
			total += share[k][c]
		}
		code := widened(t.drawn[k].Code)
		if len(code) != 15 || t.home[k] < 0 {
			continue
		}
		if c, ok := slices.BinarySearchFunc(t.base.comms, code[:12], func(c community, s string) int { return cmp.Compare(c.code, s) }); ok && share[k][int32(c)] > 0.3*total {
			t.home[k] = int32(c)
		}
	}
}

// settle looks at every face that not exactly one cell of its own community holds.
func (t *tracing) settle() {
	land := make([]int64, t.n)
	for f, cells := range t.in {
		for _, k := range cells {
			land[k] += t.g.Area2[f]
		}
	}
	small, shared := map[string]int{}, map[[2]int32]common{}
	for f, cells := range t.in {
		m2, narrow := t.narrow(int32(f))
		var own []int32
		for _, k := range cells {
			switch {
			case t.home[k] == t.comm[f]:
				own = append(own, k)
			case narrow:
				small["crossing"]++
			default:
				own = append(own, k)
				t.crossing(int32(f), k, m2)
			}
		}
		if len(own) > 1 && narrow {
			slices.SortStableFunc(own, func(x, y int32) int { return cmp.Compare(land[x], land[y]) })
			own = own[:1]
			small["overlap"]++
		}
		for i, k := range own {
			for _, l := range own[i+1:] {
				shared[[2]int32{min(k, l), max(k, l)}] = shared[[2]int32{min(k, l), max(k, l)}].with(int32(f), m2)
			}
		}
		t.in[f] = own
	}
	t.overlaps(shared, land)
	t.small(small["overlap"], "adopt.overlap.small", "%d overlaps below the tolerance were given to the cell with less land", "%d 处小于容差的重叠已划归面积较小的网格")
	t.small(small["crossing"], "adopt.crossing.small", "%d strips below the tolerance that cells held across a community line went to the other side", "%d 处小于容差的越界条带已划归界线另一侧")
}

func (t *tracing) crossing(f, cell int32, m2 float64) {
	if c := t.comm[f]; c >= 0 {
		t.tell("adopt.crossing", gis.SeverityError, cell, t.place(f), m2, "unit grid %s has %.1f m² in community %s, not its own; left as drawn",
			"单元网格 %s 有 %.1f 平方米位于社区 %s（非所属社区），保持原样", t.name(cell), m2, t.base.comms[c].code)
		return
	}
	t.tell("adopt.outside", gis.SeverityError, cell, t.place(f), m2, "unit grid %s has %.1f m² outside every community; left as drawn",
		"单元网格 %s 有 %.1f 平方米位于所有社区之外，保持原样", t.name(cell), m2)
}

func (t *tracing) small(n int, rule, en, zh string) {
	if n > 0 {
		t.base.note(rule, gis.SeverityNote, "", orb.Point{}, float64(n), en, zh, n)
	}
}

// loose takes pieces that do not hang on the largest of a cell from it when they are small, and lists them when not.
func (t *tracing) loose() {
	t.cut = &cutter{goal: &goal{}}
	a := &atoms{Graph: t.g, owner: make([]int32, len(t.g.Cycle)), area: make([]float64, len(t.g.Cycle))}
	for f, v := range t.g.Area2 {
		a.area[f] = float64(v) / 2e6
	}
	t.cut.use(a)
	small := 0
	for k, fs := range t.faces() {
		pieces := t.cut.pieces(fs, false)
		largest := 0
		for i := range pieces {
			if t.cut.sum(pieces[i]) > t.cut.sum(pieces[largest]) {
				largest = i
			}
		}
		for i, p := range pieces {
			if i == largest {
				continue
			}
			m2, length := t.cut.sum(p), t.girth(p)
			if m2 >= crumb && 2e6*m2/length >= t.tol {
				t.tell("adopt.parts", gis.SeverityError, int32(k), t.place(p[0]), m2, "unit grid %s is in pieces; one of %.1f m² is left out", "单元网格 %s 由多块组成，其中 %.1f 平方米的一块未采用", t.name(int32(k)), m2)
			} else {
				small++
			}
			for _, f := range p {
				t.in[f] = slices.DeleteFunc(t.in[f], func(c int32) bool { return c == int32(k) })
			}
		}
	}
	t.small(small, "adopt.parts.small", "%d loose pieces below the tolerance were cut off", "%d 处小于容差的零碎部分已切除")
}

// girth is the outline of a piece in mm.
func (t *tracing) girth(fs []int32) float64 {
	o := t.cut.outline(fs)
	sum := 0.0
	for _, h := range o.outer {
		sum += t.g.Edges[h>>1].Len
	}
	return math.Max(sum, 1)
}

// faces lists the faces of each cell.
func (t *tracing) faces() [][]int32 {
	out := make([][]int32, t.n)
	for f, cells := range t.in {
		for _, k := range cells {
			out[k] = append(out[k], int32(f))
		}
	}
	return out
}

// fill closes the gaps below the tolerance and lists the others of communities that have cells at all.
func (t *tracing) fill() {
	has := make([]bool, len(t.base.comms))
	for _, h := range t.home {
		if h >= 0 {
			has[h] = true
		}
	}
	closed := 0
	for changed := true; changed; {
		changed = false
		for f := range t.in {
			if len(t.in[f]) > 0 || t.comm[f] < 0 {
				continue
			}
			if _, narrow := t.narrow(int32(f)); !narrow || t.holdsPart(int32(f)) {
				continue
			}
			if k := t.beside(int32(f)); k >= 0 {
				t.in[f], changed = []int32{k}, true
				closed++
			}
		}
	}
	t.small(closed, "adopt.gap.small", "%d gaps below the tolerance were closed", "%d 处小于容差的缝隙已闭合")
	for f := range t.in {
		if c := t.comm[f]; len(t.in[f]) == 0 && c >= 0 && has[c] {
			m2, _ := t.measure(int32(f))
			t.base.note("adopt.gap", gis.SeverityError, t.base.comms[c].code, t.place(int32(f)), m2, "%.1f m² of community %s (%.2f m at the widest) are in no unit grid",
				"有 %.1f 平方米（社区 %s，最宽 %.2f 米）未被单元网格覆盖", m2, t.base.comms[c].code, t.widest(int32(f))/1000)
		}
	}
	for c, ok := range has {
		if !ok {
			comm := t.base.comms[c]
			t.base.note("adopt.none", gis.SeverityNote, comm.code, t.base.lat.lonLat(middle(comm.parts[0][0])), 0, "community %s has no unit grid in the delivery: wanmi grid build --community %[1]s divides it",
				"交付数据中社区 %s 没有单元网格，可用 wanmi grid build --community %[1]s 划分", comm.code)
		}
	}
}

// beside returns the cell of the face's community with the longest border to it, the smaller number among equals, -1 for none.
func (t *tracing) beside(f int32) int32 {
	along := map[int32]float64{}
	for _, h := range t.g.Cycle[f] {
		if o := t.g.Face[h^1]; o >= 0 && t.comm[o] == t.comm[f] {
			for _, k := range t.in[o] {
				if t.home[k] == t.comm[f] {
					along[k] += t.g.Edges[h>>1].Len
				}
			}
		}
	}
	best := int32(-1)
	for k, l := range along {
		if best < 0 || l > along[best] || l == along[best] && k < best {
			best = k
		}
	}
	return best
}

// cells makes the cells, still with the code as delivered.
func (t *tracing) cells() []Cell {
	var out []Cell
	for k, fs := range t.faces() {
		if len(fs) == 0 || t.home[k] < 0 {
			if len(fs) > 0 {
				t.tell("adopt.outside", gis.SeverityError, int32(k), t.place(fs[0]), t.cut.sum(fs), "unit grid %s (%.0[2]f m²) lies outside every community and is left out", "单元网格 %s（%.0[2]f 平方米）位于所有社区之外，未采用", t.name(int32(k)), t.cut.sum(fs))
			}
			continue
		}
		o := t.cut.outline(fs)
		ring := startAtMin(t.g.Ring(o.outer))
		poly := t.base.lat.polygon(ring)
		area := ring.Area2()
		for _, hole := range o.holes {
			r := startAtMin(t.g.Ring(hole))
			area -= r.Area2()
			h := t.base.lat.polygon(r)[0]
			h.Reverse()
			poly = append(poly, h)
			t.tell("adopt.hole", gis.SeverityError, int32(k), t.base.lat.lonLat(middle(r)), float64(r.Area2())/2e6, "unit grid %s has a hole of %.1f m²", "单元网格 %s 有 %.1f 平方米的孔洞", t.name(int32(k)), float64(r.Area2())/2e6)
		}
		d := t.drawn[k]
		t.made[int32(k)] = len(out)
		out = append(out, Cell{
			Code: Code(d.Code), Community: t.base.comms[t.home[k]].code, Polygon: poly, AreaM2: float64(area) / 2e6,
			InitDate: d.InitDate, Status: Valid, Remark: d.Remark,
		})
	}
	return out
}
