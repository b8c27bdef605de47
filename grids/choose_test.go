package grids

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"wanmi/gis"
)

// communityOf readies a cutter on one community of a source, and returns its faces.
func communityOf(t *testing.T, src Source, c int) (*cutter, []int32) {
	t.Helper()
	ctx := context.Background()
	var opt Options
	if err := opt.settle(); err != nil {
		t.Fatal(err)
	}
	b, err := readBase(ctx, src, nil)
	if err != nil {
		t.Fatal(err)
	}
	comps := b.readLater(ctx, src)
	want, _ := b.wanted(nil)
	p, err := b.plan(ctx, b.coverage(1), want, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := comps(); err != nil {
		t.Fatal(err)
	}
	b.points = newPointTable(b.comps)
	b.terrain = newTerrain(b, &opt)
	segs := p.parts[c]
	for i, s := range segs {
		if s.Class == uint8(clsCommunity) {
			segs[i].L, segs[i].R = tagOf(s.L, c), tagOf(s.R, c)
		}
	}
	var d divided
	a, err := b.safeGraph(segs, &d, b.comms[c].code)
	if err != nil {
		t.Fatal(err)
	}
	var faces []int32
	for f, o := range a.owner {
		if o == 0 {
			faces = append(faces, int32(f))
		}
	}
	w := opt.cutter(ctx)
	w.use(a)
	return w, faces
}

// What a cut into two cells promises is what the cells cost, and no cut costs less than the limit it was sought below.
func TestCutInTwo(t *testing.T) {
	w, faces := communityOf(t, place(t, "bupt"), 0)
	cells := w.divide(w.pieces(faces, false)[0])
	tried := 0
	for i := range cells {
		for k := range cells[:i] {
			if !w.touch(cells[i], cells[k]) {
				continue
			}
			u := append(append([]int32(nil), cells[i]...), cells[k]...)
			now := w.objective([][]int32{cells[i], cells[k]})
			p, ok := w.cutInTwo(u, far)
			if !ok {
				t.Fatalf("cells %d and %d: no cut", i, k)
			}
			if len(p.left)+len(p.right) != len(u) {
				t.Fatalf("cells %d and %d: %d faces became %d and %d", i, k, len(u), len(p.left), len(p.right))
			}
			// Where the path brushes the border, a piece changes sides, and the price with it: the search prices such cells again.
			if got := w.objective([][]int32{p.left, p.right}); math.Abs(got-p.score) < 1e-6 {
				tried++
			}
			if q, ok := w.cutInTwo(u, p.score); ok && q.score >= p.score {
				t.Errorf("cells %d and %d: asked for less than %f, got %f", i, k, p.score, q.score)
			}
			if q, ok := w.cutInTwo(u, p.score+1e-6); !ok || q.score != p.score {
				t.Errorf("cells %d and %d, which cost %f: the limit changes the best cut from %f to %f (%v)", i, k, now, p.score, q.score, ok)
			}
		}
	}
	if tried < 10 {
		t.Errorf("only %d cuts cost what they promised", tried)
	}
}

// More effort gives cells that cost no more, keeps the hard rules, and the same bytes whatever the order and the threads.
func TestEffort(t *testing.T) {
	src := place(t, "bupt")
	cost := func(level int) float64 {
		v := 0.0
		for c := range src["community"] {
			w, faces := communityOf(t, src, c)
			w.effort = efforts[level-1]
			cells, _ := w.community(faces)
			v += w.objective(cells)
		}
		return v
	}
	first, last := cost(1), cost(MaxEffort)
	t.Logf("effort 1 costs %.2f, effort %d %.2f", first, MaxEffort, last)
	if last > first {
		t.Errorf("effort %d costs %.2f, effort 1 %.2f", MaxEffort, last, first)
	}
	d := mustHold(t, src, Options{Effort: MaxEffort, Threads: 1})
	again := memory{}
	for layer, l := range src {
		again[layer] = append([]gis.Feature(nil), l...)
		rand.New(rand.NewPCG(4, 2)).Shuffle(len(l), func(i, k int) { again[layer][i], again[layer][k] = again[layer][k], again[layer][i] })
	}
	e, err := Build(context.Background(), again, Options{Effort: MaxEffort, Threads: 3})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(d.Cells, e.Cells) {
		t.Error("other cells for another order of the features and other threads")
	}
	if _, err := Build(context.Background(), src, Options{Effort: MaxEffort + 1}); gis.KindOf(err) != gis.Invalid {
		t.Errorf("effort %d: got %v, want an invalid error", MaxEffort+1, err)
	}
}

// A search that is called off ends soon.
func TestSearchStops(t *testing.T) {
	w, faces := communityOf(t, place(t, "bupt"), 0)
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("enough"))
	w.ctx = ctx
	w.effort = efforts[MaxEffort-1]
	cells := w.divide(w.pieces(faces, false)[0])
	if got := w.improve(cells, w.own); len(got) != len(cells) {
		t.Errorf("a search called off made %d cells of %d", len(got), len(cells))
	}
}
