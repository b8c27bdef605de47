package grids

import (
	"cmp"
	"context"
	"fmt"
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
	return latticeOf(wholeOf(src, bound)), nil
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
