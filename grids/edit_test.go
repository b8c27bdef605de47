package grids

import (
	"cmp"
	"context"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// board is a base map with cells that edits are applied to.
type board struct {
	memory
	cells   map[Code]Cell
	highest map[string]int
}

func newBoard(base memory, cells []Cell) *board {
	b := &board{base, map[Code]Cell{}, map[string]int{}}
	for _, c := range cells {
		b.cells[c.Code] = c
		b.highest[c.Community] = max(b.highest[c.Community], c.Code.Seq())
	}
	return b
}

func (b *board) Features(ctx context.Context, layer string, box orb.Bound) iter.Seq2[gis.Feature, error] {
	if layer != "unit_grid" {
		return b.memory.Features(ctx, layer, box)
	}
	return func(yield func(gis.Feature, error) bool) {
		for _, c := range b.all() {
			if box != (orb.Bound{}) && !box.Intersects(c.Polygon.Bound()) {
				continue
			}
			if !yield(c.Feature(), nil) {
				return
			}
		}
	}
}

func (b *board) all() []Cell {
	out := make([]Cell, 0, len(b.cells))
	for _, c := range b.cells {
		out = append(out, c)
	}
	slices.SortFunc(out, func(x, y Cell) int { return cmp.Compare(x.Code, y.Code) })
	return out
}

func (b *board) valid() []Cell {
	return slices.DeleteFunc(b.all(), func(c Cell) bool { return c.Status == Void })
}

func (b *board) options() EditOptions {
	return EditOptions{Today: "2026-11-22", Next: func(community string) (int, error) {
		b.highest[community]++
		return b.highest[community], nil
	}}
}

func (b *board) apply(t *testing.T, e *Edit) {
	t.Helper()
	for _, c := range e.New {
		if _, used := b.cells[c.Code]; used {
			t.Fatalf("the code %s of a new cell was used before", c.Code)
		}
	}
	for _, l := range [][]Cell{e.Void, e.New, e.Touched} {
		for _, c := range l {
			b.cells[c.Code] = c
		}
	}
}

func (b *board) hard(t *testing.T) []gis.Finding {
	t.Helper()
	found, _, err := Check(context.Background(), b, Cells(b.all()), nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(found, func(f gis.Finding) bool { return f.Severity != gis.SeverityError })
}

// chord is a line through the middle of a cell's box, at some angle, long enough to leave it.
func chord(r *rand.Rand, box orb.Bound) orb.LineString {
	m := box.Center()
	m[0] += (r.Float64() - 0.5) * (box.Max[0] - box.Min[0]) / 2
	m[1] += (r.Float64() - 0.5) * (box.Max[1] - box.Min[1]) / 2
	a := r.Float64() * math.Pi
	dx, dy := 0.005*math.Cos(a), 0.004*math.Sin(a)
	return orb.LineString{{m[0] - dx, m[1] - dy}, {m[0] + (r.Float64()-0.5)*2e-4, m[1] + (r.Float64()-0.5)*2e-4}, {m[0] + dx, m[1] + dy}}
}

func TestRandomEdits(t *testing.T) {
	long(t)
	for name, src := range map[string]memory{"town": town(), "bupt": place(t, "bupt"), "random": randomCity(rand.New(rand.NewPCG(7, 7)))} {
		t.Run(name, func(t *testing.T) {
			b := newBoard(src, build(t, src, Options{}).Cells)
			if l := b.hard(t); len(l) > 0 {
				t.Fatalf("faults before any edit: %v", l[0])
			}
			r := rand.New(rand.NewPCG(3, 5))
			done, refused := map[string]int{}, 0
			for range 60 {
				l := b.valid()
				c := l[r.IntN(len(l))]
				book, err := BookOf(l)
				if err != nil {
					t.Fatal(err)
				}
				var near []Cell
				for _, n := range book.Neighbours(c.Code) {
					if o, _ := book.Cell(n); o.Community == c.Community {
						near = append(near, o)
					}
				}
				var e *Edit
				verb := []string{"merge", "split", "move"}[r.IntN(3)]
				if len(near) == 0 {
					verb = "split"
				}
				switch verb {
				case "merge":
					e, err = Merge(t.Context(), b, []Cell{c, near[r.IntN(len(near))]}, b.options())
				case "split":
					e, err = Split(t.Context(), b, c, chord(r, c.Polygon.Bound()), b.options())
				case "move":
					o := near[r.IntN(len(near))]
					e, err = MoveEdge(t.Context(), b, c, o, chord(r, c.Polygon.Bound().Union(o.Polygon.Bound())), b.options())
				}
				if err != nil {
					if k := gis.KindOf(err); k != gis.Rejected && k != gis.Invalid {
						t.Fatalf("%s: %v", verb, err)
					}
					refused++
					continue
				}
				b.apply(t, e)
				done[verb]++
				for _, o := range e.Touched {
					was, _ := book.Cell(o.Code)
					if d := math.Abs(was.AreaM2 - o.AreaM2); d > 0.5 {
						t.Errorf("the neighbour %s changed by %.3f m²", o.Code, d)
					}
				}
				if l := b.hard(t); len(l) > 0 {
					t.Fatalf("%s of %s: %s %s at %v: %s", verb, c.Code, l[0].Rule, l[0].Key, l[0].At, l[0].Text)
				}
			}
			t.Logf("%v done, %d refused, %d cells", done, refused, len(b.valid()))
			if done["merge"]+done["split"]+done["move"] < 5 {
				t.Error("hardly any edit went through")
			}
		})
	}
}

func TestEditsRefused(t *testing.T) {
	src := town()
	b := newBoard(src, build(t, src, Options{}).Cells)
	l := b.valid()
	void, locked := l[0], l[0]
	void.Status, locked.Locked = Void, true
	book, err := BookOf(l)
	if err != nil {
		t.Fatal(err)
	}
	var apart Cell
	for _, c := range l[1:] {
		if c.Community == l[0].Community && !slices.Contains(book.Neighbours(l[0].Code), c.Code) {
			apart = c
		}
	}
	across := chord(rand.New(rand.NewPCG(1, 1)), l[0].Polygon.Bound())
	for name, tt := range map[string]struct {
		err  func() error
		want gis.Kind
	}{
		"one cell": {func() error { _, err := Merge(t.Context(), b, l[:1], b.options()); return err }, gis.Invalid},
		"twice":    {func() error { _, err := Merge(t.Context(), b, []Cell{l[0], l[0]}, b.options()); return err }, gis.Invalid},
		"apart":    {func() error { _, err := Merge(t.Context(), b, []Cell{l[0], apart}, b.options()); return err }, gis.Rejected},
		"void":     {func() error { _, err := Split(t.Context(), b, void, across, b.options()); return err }, gis.Conflict},
		"locked":   {func() error { _, err := Split(t.Context(), b, locked, across, b.options()); return err }, gis.Conflict},
		"no line":  {func() error { _, err := Split(t.Context(), b, l[0], nil, b.options()); return err }, gis.Invalid},
		"nan": {func() error {
			_, err := Split(t.Context(), b, l[0], orb.LineString{{math.NaN(), 0}, {1, 1}}, b.options())
			return err
		}, gis.Invalid},
		"beside": {func() error {
			_, err := Split(t.Context(), b, l[0], orb.LineString{metres(-5000, 0), metres(-5000, 10)}, b.options())
			return err
		}, gis.Invalid},
		"ends inside": {func() error {
			m := l[0].Polygon.Bound().Center()
			_, err := Split(t.Context(), b, l[0], orb.LineString{m, {m[0] + 1e-5, m[1]}}, b.options())
			return err
		}, gis.Invalid},
	} {
		if err := tt.err(); err == nil || gis.KindOf(err) != tt.want {
			t.Errorf("%s: got %v, want kind %v", name, err, tt.want)
		}
	}
}

// TestEditCutsNoBuilding draws a border through every building of a town.
func TestEditCutsNoBuilding(t *testing.T) {
	src := place(t, "bupt")
	b := newBoard(src, build(t, src, Options{}).Cells)
	book, err := BookOf(b.valid())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range src["building"] {
		m := f.Geom.Bound().Center()
		c, ok := book.At(m)
		if !ok || f.Geom.Bound().Max[0]-f.Geom.Bound().Min[0] < 1e-4 {
			continue
		}
		_, err := Split(t.Context(), b, c, orb.LineString{{m[0] - 0.004, m[1]}, {m[0] + 0.004, m[1]}}, b.options())
		if err == nil {
			t.Fatalf("a border through building %s was taken", f.Key)
		}
		if gis.KindOf(err) == gis.Rejected {
			n++
		}
		if n >= 12 {
			break
		}
	}
	if n == 0 {
		t.Error("no split was refused for a building")
	}
}
