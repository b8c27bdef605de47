package index

// Box is a closed rectangle.
type Box[T uint32 | float32] struct{ X0, Y0, X1, Y1 T }

// Touches reports whether b and c have a point in common.
func (b Box[T]) Touches(c Box[T]) bool {
	return b.X0 <= c.X1 && c.X0 <= b.X1 && b.Y0 <= c.Y1 && c.Y0 <= b.Y1
}

// Holds reports whether all of c is in b.
func (b Box[T]) Holds(c Box[T]) bool {
	return b.X0 <= c.X0 && c.X1 <= b.X1 && b.Y0 <= c.Y0 && c.Y1 <= b.Y1
}

// Union is the smallest box that holds both.
func (b Box[T]) Union(c Box[T]) Box[T] {
	return Box[T]{min(b.X0, c.X0), min(b.Y0, c.Y0), max(b.X1, c.X1), max(b.Y1, c.Y1)}
}

// fanOut is how many rows a lowest node of a Packed has, and how many nodes a node.
const (
	fanOut     = 1 << fanOutBits
	fanOutBits = 4
)

// Packed is a tree over rows 0 to n-1 that stand in an order in which neighbours lie near each other, as the Morton order of their
// places. It is never changed; its zero value is empty. It takes about a byte a row, where an R-tree of the same boxes takes 33 to 64,
// and yields rows in their order, as whole runs where nothing is left to be tested.
type Packed[T uint32 | float32] struct {
	levels [][]Box[T] // of runs of fanOut rows first, one root last
	n      int
}

// NewPacked makes the tree of n rows by their boxes.
func NewPacked[T uint32 | float32](n int, box func(i int) Box[T]) *Packed[T] {
	return &Packed[T]{levels: Sums(n, box, Box[T].Union), n: n}
}

// Sums adds up a value of the rows in the nodes of the Packed of n rows: level by level, as [Packed.Walk] names them.
func Sums[S any](n int, of func(i int) S, add func(a, b S) S) [][]S {
	var levels [][]S
	for m := n; m > 0; m = len(levels[len(levels)-1]) {
		at := of
		if k := len(levels); k > 0 {
			if m == 1 {
				break
			}
			at = func(i int) S { return levels[k-1][i] }
		}
		level := make([]S, 0, (m+fanOut-1)/fanOut)
		for lo := 0; lo < m; lo += fanOut {
			s := at(lo)
			for i := lo + 1; i < min(lo+fanOut, m); i++ {
				s = add(s, at(i))
			}
			level = append(level, s)
		}
		levels = append(levels, level)
	}
	return levels
}

// Bound is the box of all rows, ok false when there are none.
func (p *Packed[T]) Bound() (b Box[T], ok bool) {
	if len(p.levels) == 0 {
		return b, false
	}
	return p.levels[len(p.levels)-1][0], true
}

// Search yields runs of rows, from lo to before hi, in rising order, until yield returns false: when inside is true all of them lie in b,
// else some may touch it.
func (p *Packed[T]) Search(b Box[T], yield func(lo, hi int, inside bool) bool) {
	p.Walk(b, func(_, _, _, _ int, inside bool) Step {
		if inside {
			return Take
		}
		return Enter
	}, yield)
}

// Step says what becomes of a node.
type Step int

// The ways on from a node.
const (
	Enter Step = iota // look at its parts; yield the rows of a lowest one
	Take              // yield all its rows
	Skip              // go on behind it
)

// Walk is Search in which at decides for each node that touches b: the i-th of its level, rows lo to before hi, whether all lie in b.
func (p *Packed[T]) Walk(b Box[T], at func(level, i, lo, hi int, inside bool) Step, yield func(lo, hi int, inside bool) bool) {
	w := walk[T]{p, b, at, yield}
	if top := len(p.levels) - 1; top >= 0 {
		w.visit(top, 0)
	}
}

type walk[T uint32 | float32] struct {
	*Packed[T]
	b     Box[T]
	at    func(level, i, lo, hi int, inside bool) Step
	yield func(lo, hi int, inside bool) bool
}

func (w *walk[T]) visit(level, i int) bool {
	n := w.levels[level][i]
	if !n.Touches(w.b) {
		return true
	}
	span := fanOut << (fanOutBits * level)
	lo, hi, inside := i*span, min((i+1)*span, w.n), w.b.Holds(n)
	switch w.at(level, i, lo, hi, inside) {
	case Take:
		return w.yield(lo, hi, inside)
	case Skip:
		return true
	}
	if level == 0 {
		return w.yield(lo, hi, inside)
	}
	below := w.levels[level-1]
	for k := i * fanOut; k < min((i+1)*fanOut, len(below)); k++ {
		if below[k].Touches(w.b) && !w.visit(level-1, k) { // most do not: a look-up round a point spent its time calling to be told so
			return false
		}
	}
	return true
}
