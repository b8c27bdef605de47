package grids

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"
)

// held copies a source into memory.
func held(t testing.TB, src Source) memory {
	m := memory{}
	for _, layer := range []string{"community", "road", "rail", "water", "wall", "land", "building", "component"} {
		for f, err := range src.Features(t.Context(), layer, orb.Bound{}) {
			if err != nil {
				t.Fatal(err)
			}
			m[layer] = append(m[layer], f.Clone())
		}
	}
	return m
}

// TestSection edits a city of 3 x 3 places at random, one building at a time, and updates it round the edit only: the
// cells are, byte for byte, those that an update of the whole city makes.
func TestSection(t *testing.T) {
	long(t)
	city := held(t, tiled(t, "bupt", 3))
	cells := build(t, city, Options{Today: "2026-01-01"}).Cells
	for seed := range uint64(12) {
		e := editOf(t, city, cells)
		e.r = rand.New(rand.NewPCG(seed, 4))
		n := len(e.src["building"])
		e.addBuildings(1)
		if len(e.src["building"]) == n {
			continue
		}
		b := &board{e.src, map[Code]Cell{}, nil}
		for _, c := range cells {
			b.cells[c.Code] = c
		}
		place := e.src["building"][n].Geom.Bound()
		start := time.Now()
		s, ok, err := NewSection(t.Context(), b, []orb.Bound{place})
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		part, err := Build(t.Context(), s, Options{Old: s.Cells, Communities: s.Inner, Mode: Repair, Today: "2026-11-22"})
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		whole, err := Build(t.Context(), e.src, Options{Old: cells, Mode: Repair, Today: "2026-11-22"})
		if err != nil {
			t.Fatal(err)
		}
		var after []Cell
		for _, c := range cells {
			if !slices.ContainsFunc(part.Cells, func(o Cell) bool { return o.Code == c.Code }) {
				after = append(after, c)
			}
		}
		after = append(after, part.Cells...)
		d, w := Diff(cells, after), Diff(whole.Cells, after)
		t.Logf("%d communities, %d of %d cells in the section, %v; %+v; %d changed, %d new", len(s.Inner), len(s.Cells), len(cells), took.Round(time.Millisecond), part.Update, len(d.Changed), len(d.New))
		if len(w.Changed)+len(w.Gone)+len(w.New) > 0 {
			t.Errorf("seed %d: not as in the whole city: changed %v, gone %v, new %v", seed, w.Changed, w.Gone, w.New)
		}
		if !slices.Equal(part.Lineage, whole.Lineage) {
			t.Errorf("seed %d: lineage %v, of the whole city %v", seed, part.Lineage, whole.Lineage)
		}
		updated(t, e.src, cells, &Division{Cells: after, Lineage: part.Lineage})
	}
}
