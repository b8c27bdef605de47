package tiles

import "wanmi/gis/index"

// packed finds the sorted rows of a table that touch a box, in drawing order.
type packed struct {
	*index.Packed[uint32]
	shapes [][]shapes // by its nodes
}

// shapes is what is known of the rows of a node that are no points.
type shapes struct {
	n      uint32
	side   uint32 // the longest side of their bounds
	points uint32 // they have together
}

func newPacked(v *rows) packed {
	return packed{
		Packed: index.NewPacked(int(v.sorted), func(i int) index.Box[uint32] { return v.bound(uint32(i)).indexed() }),
		shapes: index.Sums(int(v.sorted), func(i int) shapes {
			s := v.shape(uint32(i))
			if s == nil {
				return shapes{}
			}
			return shapes{1, max(s.bound.x1-s.bound.x0, s.bound.y1-s.bound.y0), s.points()}
		}, func(a, b shapes) shapes { return shapes{a.n + b.n, max(a.side, b.side), a.points + b.points} }),
	}
}

// search yields runs of rows in rising order: when inside is true all of them lie in b, else some may touch it.
func (p packed) search(b box, yield func(lo, hi uint32, inside bool) bool) {
	p.Search(b.indexed(), func(lo, hi int, inside bool) bool { return yield(uint32(lo), uint32(hi), inside) })
}

// searchShapes is search that passes over runs of points alone, and over what skip says of a node whose rows all lie in b.
func (p packed) searchShapes(b box, skip func(s shapes, lo, hi uint32) bool, yield func(lo, hi uint32, inside bool) bool) {
	p.Walk(b.indexed(), func(level, i, lo, hi int, inside bool) index.Step {
		s := p.shapes[level][i]
		if s.n == 0 || inside && skip(s, uint32(lo), uint32(hi)) {
			return index.Skip
		}
		return index.Enter
	}, func(lo, hi int, inside bool) bool { return yield(uint32(lo), uint32(hi), inside) })
}

// amounts yields how many rows may touch b and how many points their shapes have together, node by node: no row is looked at.
func (p packed) amounts(b box, yield func(lo, hi uint32, points int) bool) {
	more := true
	p.Walk(b.indexed(), func(level, i, lo, hi int, inside bool) index.Step {
		if !inside && level > 0 {
			return index.Enter
		}
		if more = yield(uint32(lo), uint32(hi), int(p.shapes[level][i].points)); !more {
			return index.Take // which ends the walk
		}
		return index.Skip
	}, func(_, _ int, _ bool) bool { return more })
}

func (p packed) bound() (box, bool) {
	b, ok := p.Bound()
	return box{b.X0, b.Y0, b.X1, b.Y1}, ok
}

func (b box) indexed() index.Box[uint32] {
	return index.Box[uint32]{X0: b.x0, Y0: b.y0, X1: b.x1, Y1: b.y1}
}
