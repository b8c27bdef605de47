package grids

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// Limits of a planner's edits, in millimetres.
const (
	snapCorner = 500.0 // a new border ends in a corner this near
	snapExact  = 200.0 // or in a lattice point of the old border this near
	snapFixed  = 5000  // where the neighbour is locked it must find one of the two this near
	reachOut   = 2000  // a line that ends inside the cell this near its border is led on to it
	editMargin = 0.0005
)

// EditOptions are what an edit needs beside the cells.
type EditOptions struct {
	Today string                              // YYYY-MM-DD: InitDate of new cells, EndDate of the void ones
	Next  func(community string) (int, error) // a sequence number never used there; called once for each new cell
}

// Edit is what a planner's edit makes: rows to write. Nothing is written by this package.
type Edit struct {
	New      []Cell        // with fresh codes, west to east and north to south
	Void     []Cell        // the cells they replace, with the shape they had
	Touched  []Cell        // neighbours that keep their code and get a corner where a new border ends: at most 0.8 mm off their old one
	Lineage  []Lineage     // from the void ones to the new ones
	Findings []gis.Finding // soft findings of the check at the new cells
}

// Merge joins cells of one community that hang together edge to edge into one.
// Like every edit it is refused (gis.Rejected) when Check then finds a breach of a hard rule that was not there before.
func Merge(ctx context.Context, src Source, cells []Cell, opt EditOptions) (*Edit, error) {
	if len(cells) < 2 {
		return nil, gis.E(gis.Invalid, nil, "merging needs two unit grids or more")
	}
	s, err := newSheet(ctx, src, cells)
	if err != nil {
		return nil, err
	}
	ring, err := s.union(cells)
	if err != nil {
		return nil, err
	}
	return s.finish(ctx, src, cells, []geom.Ring{ring}, whyMerge, opt)
}

// Split cuts a cell along a line (longitude, latitude) from border to border. The line is led on to the border where
// it ends less than 2 m before it, and may run past it.
func Split(ctx context.Context, src Source, cell Cell, line orb.LineString, opt EditOptions) (*Edit, error) {
	s, err := newSheet(ctx, src, []Cell{cell})
	if err != nil {
		return nil, err
	}
	parts, err := s.cutRing(s.cells[cell.Code].ring, line, "unit grid "+string(cell.Code))
	if err != nil {
		return nil, err
	}
	return s.finish(ctx, src, []Cell{cell}, parts[:], whySplit, opt)
}

// MoveEdge gives two neighbours a new border: line, from border to border of the two together. Both get fresh codes,
// as the standards want it of a changed outline.
func MoveEdge(ctx context.Context, src Source, a, b Cell, line orb.LineString, opt EditOptions) (*Edit, error) {
	cells := []Cell{a, b}
	s, err := newSheet(ctx, src, cells)
	if err != nil {
		return nil, err
	}
	ring, err := s.union(cells)
	if err != nil {
		return nil, err
	}
	parts, err := s.cutRing(ring, line, fmt.Sprintf("the unit grids %s and %s together", a.Code, b.Code))
	if err != nil {
		return nil, err
	}
	return s.finish(ctx, src, cells, parts[:], whyChange, opt)
}

// sheet is the neighbourhood of an edit on the lattice.
type sheet struct {
	lat     lattice
	cells   map[Code]*sheetCell
	order   []Code
	lonLat  map[geom.Pt]orb.Point // corners as they are stored, so that untouched ones keep their bytes
	inserts []insertion
	box     orb.Bound
}

type sheetCell struct {
	Cell
	ring geom.Ring
}

// insertion is a corner a border between two corners gets.
type insertion struct{ a, b, p geom.Pt }

// newSheet reads the valid cells round the targets, which must be among them, valid, unlocked and of one community.
func newSheet(ctx context.Context, src Source, targets []Cell) (*sheet, error) {
	s := &sheet{cells: map[Code]*sheetCell{}, lonLat: map[geom.Pt]orb.Point{}}
	lat, err := latticeFrom(ctx, src)
	if err != nil {
		return nil, err
	}
	s.lat = lat
	for i, c := range targets {
		switch {
		case c.Status == Void || len(c.Polygon) != 1:
			return nil, gis.E(gis.Conflict, nil, "unit grid %s is not a valid one with a simple outline", c.Code)
		case c.Locked:
			return nil, gis.E(gis.Conflict, nil, "unit grid %s is locked; unlock it first", c.Code)
		case c.Community != targets[0].Community:
			return nil, gis.E(gis.Rejected, nil, "unit grids %s and %s are of two communities (rule grid.stray)", targets[0].Code, c.Code)
		case slices.ContainsFunc(targets[:i], func(o Cell) bool { return o.Code == c.Code }):
			return nil, gis.E(gis.Invalid, nil, "unit grid %s is named twice", c.Code)
		}
		if i == 0 {
			s.box = c.Polygon.Bound()
		}
		s.box = s.box.Union(c.Polygon.Bound())
	}
	s.box = s.box.Pad(editMargin)
	for f, err := range src.Features(ctx, "unit_grid", s.box) {
		if err != nil {
			return nil, err
		}
		c, err := CellOf(f)
		if err != nil || c.Status == Void || len(c.Polygon) == 0 {
			continue // the check tells of cells that cannot be read
		}
		s.add(c)
	}
	for _, c := range targets {
		if k := s.cells[c.Code]; k == nil || k.ring == nil {
			return nil, gis.E(gis.NotFound, nil, "there is no valid unit grid %s", c.Code)
		}
	}
	slices.Sort(s.order)
	return s, nil
}

func (s *sheet) add(c Cell) {
	k := &sheetCell{Cell: c}
	for _, p := range c.Polygon[0] {
		s.lonLat[s.lat.pt(p)] = p
	}
	if k.ring = s.lat.ring(c.Polygon[0]); k.ring != nil && k.ring.Area2() < 0 {
		k.ring.Reverse()
	}
	s.cells[c.Code] = k
	s.order = append(s.order, c.Code)
}

// latticeFrom returns the lattice Build uses for the source.
func latticeFrom(ctx context.Context, src Source) (lattice, error) {
	var bound orb.Bound
	n := 0
	for f, err := range src.Features(ctx, "community", orb.Bound{}) {
		if err != nil {
			return lattice{}, err
		}
		if len(polygons(f.Geom)) == 0 || !finite(f.Geom) {
			continue
		}
		if n++; n == 1 {
			bound = f.Geom.Bound()
		}
		bound = bound.Union(f.Geom.Bound())
	}
	if n == 0 {
		return lattice{}, gis.E(gis.Rejected, nil, "there is no community")
	}
	return latticeOf(bound), nil
}

// union returns the outline of cells together: an edge walked both ways falls away.
func (s *sheet) union(cells []Cell) (geom.Ring, error) {
	type edge struct{ from, to geom.Pt }
	edges := map[edge]bool{}
	for _, c := range cells {
		r := s.cells[c.Code].ring
		for i, p := range r {
			q := r[(i+1)%len(r)]
			if edges[edge{q, p}] {
				delete(edges, edge{q, p})
			} else {
				edges[edge{p, q}] = true
			}
		}
	}
	next := map[geom.Pt]geom.Pt{}
	var start geom.Pt
	for e := range edges {
		if _, twice := next[e.from]; twice {
			return nil, gis.E(gis.Rejected, nil, "the unit grids together would touch themselves at %s (rule grid.ring)", s.place(e.from))
		}
		if len(next) == 0 || e.from.Less(start) {
			start = e.from
		}
		next[e.from] = e.to
	}
	ring := geom.Ring{start}
	for p, ok := next[start]; p != start; p, ok = next[p] {
		if !ok || len(ring) > len(next) {
			return nil, gis.E(gis.Rejected, nil, "the outlines of the unit grids do not close at %s (rule grid.ring)", s.place(p))
		}
		ring = append(ring, p)
	}
	if len(ring) < len(next) {
		for p := range next {
			if !slices.Contains(ring, p) && geom.Ring(ring).Locate(p) > 0 {
				return nil, gis.E(gis.Rejected, nil, "the unit grids together would have a hole near %s (rule grid.hole)", s.place(p))
			}
		}
		return nil, gis.E(gis.Rejected, nil, "the unit grids do not hang together edge to edge (单元网格不相邻)")
	}
	return ring, nil
}

func (s *sheet) place(p geom.Pt) string {
	q := s.point(p)
	return fmt.Sprintf("%.7f,%.7f", q[0], q[1])
}

func (s *sheet) point(p geom.Pt) orb.Point {
	if q, ok := s.lonLat[p]; ok {
		return q
	}
	return s.lat.lonLat(p)
}

func (s *sheet) polygon(r geom.Ring) orb.Polygon {
	out := make(orb.Ring, 0, len(r)+1)
	for _, p := range r {
		out = append(out, s.point(p))
	}
	return orb.Polygon{append(out, out[0])}
}

// meeting of a line with the outline of a ring.
type crossing struct {
	pos  float64 // along the line: segment and share of it
	edge int
	at   geom.Pt
}

// cutRing cuts a ring in two along a line.
func (s *sheet) cutRing(ring geom.Ring, line orb.LineString, what string) (parts [2]geom.Ring, err error) {
	if len(line) < 2 || !finite(line) {
		return parts, gis.E(gis.Invalid, nil, "a line of two points or more is needed, in longitude and latitude")
	}
	pts := s.lat.line(line)
	if len(pts) < 2 {
		return parts, gis.E(gis.Invalid, nil, "the line is shorter than a millimetre")
	}
	if pts, err = s.leadOut(ring, pts, what); err != nil {
		return parts, err
	}
	met := crossings(ring, pts)
	switch {
	case len(met) == 0:
		p := pts[len(pts)/2]
		return parts, gis.E(gis.Invalid, nil, "the line does not cross %s (it passes %s)", what, s.place(p))
	case len(met) != 2:
		return parts, gis.E(gis.Invalid, nil, "the line meets the border of %s %d times, the third time near %s; draw it so that it enters and leaves once", what, len(met), s.place(met[min(2, len(met)-1)].at))
	}
	from, err := s.land(ring, met[0])
	if err != nil {
		return parts, err
	}
	to, err := s.land(ring, met[1])
	if err != nil {
		return parts, err
	}
	path := []geom.Pt{from}
	for i := int(math.Floor(met[0].pos)) + 1; i < len(pts) && float64(i) < met[1].pos; i++ {
		if p := pts[i]; p != path[len(path)-1] && p != to {
			path = append(path, p)
		}
	}
	path = append(path, to)
	if from == to {
		return parts, gis.E(gis.Invalid, nil, "the line cuts off less than a corner of %s near %s", what, s.place(from))
	}
	full := s.withInserts(ring)
	i, j := slices.Index(full, from), slices.Index(full, to)
	if i < 0 || j < 0 {
		return parts, gis.E(gis.Internal, nil, "a border's end was lost at %s", s.place(from))
	}
	// One part: the ring from "to" on to "from", then the path. The other: from "from" on to "to", then the path back.
	parts[0] = append(walk(full, j, i), path[1:len(path)-1]...)
	back := slices.Clone(path[1 : len(path)-1])
	slices.Reverse(back)
	parts[1] = append(walk(full, i, j), back...)
	for k, r := range parts {
		if len(r) < 3 || r.Area2() <= 0 {
			return parts, gis.E(gis.Rejected, nil, "the line leaves no land on one of its sides near %s (rule grid.ring)", s.place(from))
		}
		parts[k] = startAtMin(r)
	}
	return parts, nil
}

// walk returns the points of a ring from index i to index j, both included.
func walk(r geom.Ring, i, j int) geom.Ring {
	out := geom.Ring{r[i]}
	for k := i; k != j; {
		k = (k + 1) % len(r)
		out = append(out, r[k])
	}
	return out
}

// leadOut leads both ends of the line past the ring when they lie in it near its border.
func (s *sheet) leadOut(ring geom.Ring, pts []geom.Pt, what string) ([]geom.Pt, error) {
	for range 2 {
		slices.Reverse(pts)
		end := pts[len(pts)-1]
		if ring.Locate(end) < 0 {
			continue
		}
		best, foot, out := math.Inf(1), end, geom.Pt{}
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			if t, d := nearSeg(end, a, b); d < best {
				l := a.Dist(b)
				best, foot = d, at(a, b, t)
				out = geom.Pt{X: int64(math.Round(100 * float64(b.Y-a.Y) / l)), Y: int64(math.Round(-100 * float64(b.X-a.X) / l))} // 10 cm to the right: outside
			}
		}
		if best > reachOut {
			return nil, gis.E(gis.Invalid, nil, "the line ends inside %s at %s, %.1f m from its border; draw it from border to border", what, s.place(end), best/1000)
		}
		if best > 1 {
			pts = append(pts, foot)
		}
		pts = append(pts, geom.Pt{X: foot.X + out.X, Y: foot.Y + out.Y})
	}
	return pts, nil
}

// crossings returns where a line goes into or out of a ring, along the line. Corners count by a half-open rule.
func crossings(ring geom.Ring, pts []geom.Pt) []crossing {
	var out []crossing
	for i := 1; i < len(pts); i++ {
		p, q := pts[i-1], pts[i]
		for k, a := range ring {
			b := ring[(k+1)%len(ring)]
			ca, cb := geom.Cross(p, q, a), geom.Cross(p, q, b)
			cp, cq := geom.Cross(a, b, p), geom.Cross(a, b, q)
			if (ca > 0) == (cb > 0) || (cp > 0) == (cq > 0) {
				continue
			}
			t := float64(cp) / (float64(cp) - float64(cq))
			out = append(out, crossing{float64(i-1) + t, k, at(p, q, t)})
		}
	}
	slices.SortFunc(out, func(x, y crossing) int { return cmp.Or(cmp.Compare(x.pos, y.pos), cmp.Compare(x.edge, y.edge)) })
	return out
}

// land chooses the corner in which a new border ends: an old one near by, a lattice point exactly on the old border, or
// a new one less than a millimetre off it. Where the cell beyond is locked it is one of the first two.
func (s *sheet) land(ring geom.Ring, c crossing) (geom.Pt, error) {
	a, b := ring[c.edge], ring[(c.edge+1)%len(ring)]
	t, _ := nearSeg(c.at, a, b)
	fixed := s.lockedBeyond(a, b)
	corner, exact := snapCorner, snapExact
	if fixed != "" {
		corner, exact = snapFixed, snapFixed
	}
	best, d := a, c.at.Dist(a)
	if e := c.at.Dist(b); e < d {
		best, d = b, e
	}
	if d <= corner && fixed == "" {
		return best, nil
	}
	if g := gcd(abs(b.X-a.X), abs(b.Y-a.Y)); g > 1 {
		k := min(g-1, max(1, int64(math.Round(t*float64(g)))))
		p := geom.Pt{X: a.X + (b.X-a.X)/g*k, Y: a.Y + (b.Y-a.Y)/g*k}
		if e := c.at.Dist(p); e <= exact && e < d {
			s.inserts = append(s.inserts, insertion{a, b, p})
			return p, nil
		}
	}
	if d <= corner {
		return best, nil
	}
	if fixed != "" {
		return best, gis.E(gis.Conflict, nil, "the new border would end on that of the locked unit grid %s at %s, where there is no corner within %d m; unlock it or end in a corner", fixed, s.place(c.at), snapFixed/1000)
	}
	p := at(a, b, t)
	s.inserts = append(s.inserts, insertion{a, b, p})
	return p, nil
}

// lockedBeyond returns the code of the locked cell right of the border ab, "" when there is none.
func (s *sheet) lockedBeyond(a, b geom.Pt) Code {
	for _, code := range s.order {
		if k := s.cells[code]; k.Locked && hasEdge(k.ring, b, a) {
			return code
		}
	}
	return ""
}

func hasEdge(r geom.Ring, a, b geom.Pt) bool {
	for i, p := range r {
		if p == a && r[(i+1)%len(r)] == b {
			return true
		}
	}
	return false
}

// withInserts returns the ring with the new corners on its edges.
func (s *sheet) withInserts(r geom.Ring) geom.Ring {
	var out geom.Ring
	for i, p := range r {
		q := r[(i+1)%len(r)]
		out = append(out, p)
		k := len(out)
		for _, in := range s.inserts {
			if ((in.a == p && in.b == q) || (in.a == q && in.b == p)) && !slices.Contains(out[k:], in.p) {
				out = append(out, in.p)
			}
		}
		slices.SortFunc(out[k:], func(x, y geom.Pt) int { return cmp.Compare(p.Dist(x), p.Dist(y)) })
	}
	return out
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func abs(v int64) int64 { return max(v, -v) }

// finish makes the rows of an edit that puts the rings in the place of the cells, and has them checked.
func (s *sheet) finish(ctx context.Context, src Source, cells []Cell, rings []geom.Ring, why string, opt EditOptions) (*Edit, error) {
	e := &Edit{}
	for _, c := range cells {
		c.Status, c.EndDate = Void, opt.Today
		e.Void = append(e.Void, c)
	}
	slices.SortFunc(e.Void, func(x, y Cell) int { return cmp.Compare(x.Code, y.Code) })
	for _, code := range s.order {
		k := s.cells[code]
		if r := s.withInserts(k.ring); len(r) > len(k.ring) && !slices.ContainsFunc(cells, func(c Cell) bool { return c.Code == code }) {
			c := k.Cell
			c.Polygon, c.AreaM2 = s.polygon(startAtMin(r)), float64(r.Area2())/2e6
			e.Touched = append(e.Touched, c)
		}
	}
	for _, i := range inOrder(rings) {
		seq, err := opt.Next(cells[0].Community)
		if err != nil {
			return nil, err
		}
		code, err := MakeCode(cells[0].Community, seq)
		if err != nil {
			return nil, err
		}
		e.New = append(e.New, Cell{
			Code: code, Community: cells[0].Community, Polygon: s.polygon(rings[i]), AreaM2: float64(rings[i].Area2()) / 2e6,
			InitDate: opt.Today, Status: Valid,
		})
		for _, o := range e.Void {
			if x, m, n := overlap(s.cells[o.Code].ring, rings[i]); len(rings) == 1 || len(cells) == 1 || x > heirShare*min(m, n) {
				e.Lineage = append(e.Lineage, Lineage{o.Code, code, why})
			}
		}
	}
	slices.SortFunc(e.Lineage, func(x, y Lineage) int { return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To)) })
	return e, s.check(ctx, src, e)
}

// check judges the neighbourhood before and after the edit; a hard rule breached more often than before refuses it.
func (s *sheet) check(ctx context.Context, src Source, e *Edit) error {
	var before, after []Cell
	changed := map[string]bool{}
	swap := map[Code]*Cell{}
	for i := range e.Touched {
		swap[e.Touched[i].Code] = &e.Touched[i]
	}
	for _, c := range e.Void {
		swap[c.Code] = nil
		changed[string(c.Code)] = true
	}
	for _, code := range s.order {
		c := s.cells[code].Cell
		before = append(before, c)
		n, ok := swap[code]
		switch {
		case !ok:
			after = append(after, c)
		case n != nil:
			after = append(after, *n)
			changed[string(code)] = true
		}
	}
	for _, c := range e.New {
		after = append(after, c)
		changed[string(c.Code)] = true
	}
	was, _, err := Check(ctx, src, Cells(before), nil)
	if err != nil {
		return err
	}
	is, _, err := Check(ctx, src, Cells(after), nil)
	if err != nil {
		return err
	}
	count := map[string]int{}
	known := map[[2]string]bool{} // buildings that were cut before
	for _, f := range was {
		if f.Severity == gis.SeverityError && changed[f.Key] {
			count[f.Rule]++
		}
		known[[2]string{f.Rule, f.Key}] = true
	}
	for _, f := range is {
		building := f.Rule == "grid.building_cut" && !known[[2]string{f.Rule, f.Key}]
		if !building && !changed[f.Key] {
			continue
		}
		if f.Severity != gis.SeverityError {
			e.Findings = append(e.Findings, f)
			continue
		}
		if count[f.Rule]--; building || count[f.Rule] < 0 {
			return gis.E(gis.Rejected, nil, "the edit breaks the rule %s at %.7f,%.7f: %s", f.Rule, f.At[0], f.At[1], f.Text)
		}
	}
	return nil
}
