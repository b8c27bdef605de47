package tiles

const (
	runRows = 16 // rows of a lowest node
	fanOut  = 16 // nodes of a node
)

// packed finds the sorted rows of a table that touch a box: a tree over runs of rows, which lie near each other because the rows stand in
// Morton order. It is never changed. It takes 1.6 bytes a row and yields rows in drawing order as whole runs where nothing needs to
// be tested; an R-tree of the same rows took 33 bytes, and its answers had to be sorted.
type packed struct {
	levels [][]node // the runs first, one root last
	n      uint32
}

// node is the bounds of a run of rows or of nodes.
type node struct {
	box
	shapes uint32 // how many rows are no points
	side   uint32 // the longest side of their bounds
}

func (n *node) add(m node) {
	n.box = n.union(m.box)
	n.shapes += m.shapes
	n.side = max(n.side, m.side)
}

func newPacked(v *rows) *packed {
	p := &packed{n: v.sorted}
	if p.n == 0 {
		return p
	}
	level := make([]node, 0, (p.n+runRows-1)/runRows)
	for lo := uint32(0); lo < p.n; lo += runRows {
		n := node{box: v.bound(lo)}
		for i := lo; i < min(lo+runRows, p.n); i++ {
			b := v.bound(i)
			m := node{box: b}
			if v.shape(i) != nil {
				m.shapes, m.side = 1, max(b.x1-b.x0, b.y1-b.y0)
			}
			n.add(m)
		}
		level = append(level, n)
	}
	p.levels = append(p.levels, level)
	for len(level) > 1 {
		above := make([]node, 0, (len(level)+fanOut-1)/fanOut)
		for lo := 0; lo < len(level); lo += fanOut {
			n := level[lo]
			for _, c := range level[lo+1 : min(lo+fanOut, len(level))] {
				n.add(c)
			}
			above = append(above, n)
		}
		p.levels, level = append(p.levels, above), above
	}
	return p
}

// search yields runs of rows in rising order: when inside is true all of them lie in b, else some may touch it.
func (p *packed) search(b box, yield func(lo, hi uint32, inside bool) bool) {
	if len(p.levels) > 0 {
		p.visit(len(p.levels)-1, 0, &b, nil, yield)
	}
}

// shapes is search that passes over runs of points alone, and over what skip, which may be nil, says of a node whose rows all lie in b.
func (p *packed) shapes(b box, skip func(n *node, lo, hi uint32) bool, yield func(lo, hi uint32, inside bool) bool) {
	if skip == nil {
		skip = func(*node, uint32, uint32) bool { return false }
	}
	if len(p.levels) > 0 {
		p.visit(len(p.levels)-1, 0, &b, skip, yield)
	}
}

func (p *packed) visit(level, i int, b *box, skip func(n *node, lo, hi uint32) bool, yield func(lo, hi uint32, inside bool) bool) bool {
	n := &p.levels[level][i]
	if !n.touches(*b) || skip != nil && n.shapes == 0 {
		return true
	}
	inside := b.holds(n.box)
	if level == 0 || inside {
		span := uint64(runRows)
		for range level {
			span *= fanOut
		}
		lo := uint64(i) * span
		hi := uint64(min(lo+span, uint64(p.n)))
		if inside && skip != nil {
			if skip(n, uint32(lo), uint32(hi)) {
				return true
			}
			inside = level == 0
		}
		if level == 0 || inside {
			return yield(uint32(lo), uint32(hi), inside)
		}
	}
	for k := i * fanOut; k < min((i+1)*fanOut, len(p.levels[level-1])); k++ {
		if !p.visit(level-1, k, b, skip, yield) {
			return false
		}
	}
	return true
}

// bound is that of all rows.
func (p *packed) bound() (box, bool) {
	if len(p.levels) == 0 {
		return box{}, false
	}
	return p.levels[len(p.levels)-1][0].box, true
}
