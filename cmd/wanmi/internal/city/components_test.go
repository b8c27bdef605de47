package city

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/rand"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// rowsOf is a store of components by code that counts how often all are read.
type rowsOf struct {
	Store
	rows  map[string]gis.Feature
	scans atomic.Int32
}

func (m *rowsOf) Features(context.Context, string, orb.Bound) iter.Seq2[gis.Feature, error] {
	m.scans.Add(1)
	return func(yield func(gis.Feature, error) bool) {
		for _, f := range m.rows {
			if !yield(f, nil) {
				return
			}
		}
	}
}

func randomComponent(r *rand.Rand, n int) gis.Feature {
	f := gis.NewFeature(gis.MustLayer("component"))
	f.Key = fmt.Sprintf("3708830101%06d", n)
	f.ID = int64(n + 1)
	p := orb.Point{116.97 + r.Float64()*0.01, 35.4 + r.Float64()*0.01}
	f.Geom = p
	if r.Intn(5) == 0 {
		f.Geom = orb.LineString{p, {p[0] + r.Float64()*0.001, p[1]}}
	}
	f.SetText("class", fmt.Sprintf("010%02d", r.Intn(7)))
	f.SetText("name", fmt.Sprintf("部件%d", r.Intn(100_000)))
	f.SetText("state", []string{"完好", "破损", "", "移除"}[r.Intn(4)])
	return f
}

// TestComponentsUnderEdits compares the index, as read and after edits, with a look at every row.
func TestComponentsUnderEdits(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	m := &rowsOf{rows: map[string]gis.Feature{}}
	for i := range 70_000 { // more names than fit 16 bits
		f := randomComponent(r, i)
		m.rows[f.Key] = f
	}
	c, err := readComponents(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	compareComponents(t, r, c, m)
	before, n := c, c.Len()
	for range 30 {
		var rows []row
		for range r.Intn(20) {
			f := randomComponent(r, r.Intn(75_000))
			e := row{rowID: rowID{"component", f.Key}}
			if old, ok := m.rows[f.Key]; ok {
				e.bounds = append(e.bounds, old.Geom.Bound())
			}
			if r.Intn(4) == 0 {
				delete(m.rows, f.Key)
			} else {
				m.rows[f.Key] = f
				e.now = &f
			}
			rows = append(rows, e)
		}
		c = c.apply(rows)
	}
	compareComponents(t, r, c, m)
	if before.Len() != n || before.gone.Len() != 0 || before.late.Len() != 0 {
		t.Error("edits have changed the index they began with")
	}
}

func compareComponents(t *testing.T, r *rand.Rand, c *Components, m *rowsOf) {
	t.Helper()
	var all []string
	for code, f := range m.rows {
		if !removed(f.Text("state")) {
			all = append(all, code)
		}
	}
	slices.Sort(all)
	if c.Len() != len(all) {
		t.Errorf("%d components, want %d", c.Len(), len(all))
	}
	var paged []string
	for after, more := "", true; more; {
		var page []string
		if page, more = c.Page(after, 1000); len(page) > 0 {
			after = page[len(page)-1]
		}
		paged = append(paged, page...)
	}
	if !slices.Equal(paged, all) {
		t.Errorf("the pages hold %d codes, want %d", len(paged), len(all))
	}
	for range 20 {
		p := orb.Point{116.97 + r.Float64()*0.01, 35.4 + r.Float64()*0.01}
		type hit struct {
			code string
			d    float64
		}
		var want, got []hit
		var within []string
		b := orb.Bound{Min: p, Max: orb.Point{p[0] + 0.002, p[1] + 0.002}}
		for _, code := range all {
			f := m.rows[code]
			if d := distance(p, f.Geom); d <= 60 {
				want = append(want, hit{code, d})
			}
			if f.Geom.Bound().Intersects(b) {
				within = append(within, code)
			}
		}
		for o, d := range c.Near(p, 60, nil) {
			f := m.rows[o.Code]
			if o.Class != f.Text("class") || o.Name != f.Text("name") || o.State != f.Text("state") || !orb.Equal(o.Geom, f.Geom) {
				t.Fatalf("%s: got %+v, want %+v", o.Code, *o, f)
			}
			got = append(got, hit{o.Code, d})
		}
		if !slices.IsSortedFunc(got, func(a, b hit) int { return cmp.Compare(a.d, b.d) }) {
			t.Error("not from near to far")
		}
		order := func(a, b hit) int { return cmp.Compare(a.code, b.code) }
		slices.SortFunc(got, order)
		slices.SortFunc(want, order)
		if !slices.Equal(got, want) {
			t.Errorf("near %v: got %d, want %d", p, len(got), len(want))
		}
		var in []string
		for o := range c.In(b) {
			in = append(in, o.Code)
		}
		slices.Sort(in)
		if !slices.Equal(in, within) {
			t.Errorf("in %v: got %d, want %d", b, len(in), len(within))
		}
	}
}

// TestShared reads a layer for several at once: one reads it all, one leaves in the middle, one does not want it.
func TestShared(t *testing.T) {
	m := &rowsOf{rows: map[string]gis.Feature{}}
	r := rand.New(rand.NewSource(4))
	for i := range 10_000 {
		f := randomComponent(r, i)
		m.rows[f.Key] = f
	}
	read := func(src *party, most int) int {
		n := 0
		for range src.Features(t.Context(), "component", orb.Bound{}) {
			if n++; n == most {
				break
			}
		}
		return n
	}
	got := make([]int, 4)
	var room, started, ended atomic.Int64
	aside := func(n int) (func(fn func()), func()) {
		room.Add(int64(n))
		return func(fn func()) { started.Add(1); go fn() }, func() { ended.Add(1) }
	}
	err := together(t.Context(), m, aside, []func(context.Context, *party) error{
		func(_ context.Context, src *party) error { got[0] = read(src, 0); return nil },
		func(_ context.Context, src *party) error { got[1] = read(src, 700); return nil },
		func(context.Context, *party) error { return nil },
		func(_ context.Context, src *party) error { got[2], got[3] = read(src, 0), read(src, 0); return nil },
	})
	if want := []int{10_000, 700, 10_000, 10_000}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if n := m.scans.Load(); n != 2 {
		t.Errorf("the layer was read %d times, want once for all and once more for who asked twice", n)
	}
	if room.Load() != 5 || started.Load() != 5 || ended.Load() != 1 { // four rooms and who reads for them
		t.Errorf("aside: room for %d, %d started, %d ends; want 5, 5, 1", room.Load(), started.Load(), ended.Load())
	}
}
