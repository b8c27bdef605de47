package tiles

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/gis/cql2"
)

func filtered(tb testing.TB, s *Set, layers []string, a maptile.Tile, text string) *Tile {
	tb.Helper()
	f, err := s.Filter(FilterQuery{Text: text, JSON: strings.HasPrefix(text, "{")})
	if err != nil {
		tb.Fatalf("filter %s: %v", text, err)
	}
	t, err := s.Tile(context.Background(), layers, a, TileOptions{Filter: f})
	if err != nil {
		tb.Fatalf("tile %v of %v, %s: %v", a, layers, text, err)
	}
	return t
}

// idsIn returns the feature ids of a layer of a tile, sorted.
func idsIn(tb testing.TB, tile *Tile, layer string) []int64 {
	ids := []int64{}
	if l := decode(tb, tile.Raw())[layer]; l != nil {
		for _, f := range l.Features {
			ids = append(ids, int64(f.ID.(float64)))
		}
	}
	slices.Sort(ids)
	return ids
}

// TestFilter compares the features of filtered tiles with those a plain condition picks out of the unfiltered tile's.
func TestFilter(t *testing.T) {
	m := city(t, 11, 1500, 4000)
	s := build(t, m, nil)
	a := maptile.At(at(50, 50), 15)
	box := orb.Bound{Min: at(-200, -300), Max: at(350, 400)}
	boxText := fmt.Sprintf("BBOX(%.9f, %.9f, %.9f, %.9f)", box.Min[0], box.Min[1], box.Max[0], box.Max[1])
	for _, c := range []struct {
		layer, text string
		want        func(gis.Feature) bool
	}{
		{"component", "state = '破损'", func(f gis.Feature) bool { return f.Text("state") == "破损" }},
		{"component", `{"op":"=","args":[{"property":"state"},"破损"]}`, func(f gis.Feature) bool { return f.Text("state") == "破损" }},
		{"component", "state IN ('破损', '丢失') AND class LIKE '01%'", func(f gis.Feature) bool {
			return f.Text("state") != "完好" && strings.HasPrefix(f.Text("class"), "01")
		}},
		{"component", "code LIKE '%7'", func(f gis.Feature) bool { return strings.HasSuffix(f.Text("code"), "7") }},
		{"component", "init_date >= DATE('2020-01-01') OR dept_name = '部门3'", func(f gis.Feature) bool {
			return f.Text("init_date") >= "2020-01-01" || f.Text("dept_name") == "部门3"
		}},
		{"component", "label IS NULL", func(gis.Feature) bool { return true }},
		{"component", "label <> 'x' OR NOT (label = 'x')", func(gis.Feature) bool { return false }},
		{"unit_grid", "seq > '900' AND area_m2 < 10100.5", func(f gis.Feature) bool {
			code := f.Text("code")
			return code[len(code)-3:] > "900" && f.Real("area_m2") < 10100.5
		}},
		{"road", "tunnel = TRUE OR width_m BETWEEN 4 AND 6", func(f gis.Feature) bool {
			return f.Value("tunnel") == true || f.Real("width_m") >= 4 && f.Real("width_m") <= 6
		}},
		{"building", "floors % 2 = 0 AND name IS NOT NULL", func(f gis.Feature) bool { return f.Int("floors")%2 == 0 && f.Text("name") != "" }},
		{"building", "S_WITHIN(geometry, " + boxText + ")", func(f gis.Feature) bool {
			return box.Contains(f.Geom.Bound().Min) && box.Contains(f.Geom.Bound().Max)
		}},
		{"component", "S_INTERSECTS(geometry, " + boxText + ") AND state = '完好'", func(f gis.Feature) bool {
			if l, ok := f.Geom.(orb.LineString); ok { // of two short legs: an end in the box, or a leg right through a corner
				return f.Text("state") == "完好" && (box.Contains(l[0]) || box.Contains(l[1]) || box.Contains(l[2]))
			}
			return f.Text("state") == "完好" && box.Contains(f.Geom.(orb.Point))
		}},
	} {
		got := idsIn(t, filtered(t, s, []string{c.layer}, a, c.text), c.layer)
		want := []int64{}
		for _, id := range idsIn(t, mustTile(t, s, []string{c.layer}, a), c.layer) {
			if c.want(*m.get(c.layer, id)) {
				want = append(want, id)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s, %s: got %d features, want %d", c.layer, c.text, len(got), len(want))
		}
	}
}

// TestFilterBeforeThinning: the points a point stands for are those that pass.
func TestFilterBeforeThinning(t *testing.T) {
	m := city(t, 12, 1500, 4000)
	s := build(t, m, nil)
	a := maptile.At(cityCentre, 13)
	sum := func(tile *Tile) (n int64) {
		for _, f := range decode(t, tile.Raw())["component"].Features {
			if c, ok := f.Properties[pointCount].(float64); ok {
				n += int64(c)
			}
		}
		return n
	}
	all := sum(mustTile(t, s, []string{"component"}, a))
	parts := int64(0)
	for _, state := range testStates {
		n := sum(filtered(t, s, []string{"component"}, a, "state = '"+state+"'"))
		if n == 0 || n >= all {
			t.Errorf("%s: stands for %d points of %d", state, n, all)
		}
		parts += n
	}
	if parts != all {
		t.Errorf("the states' tiles stand for %d points, that of all for %d", parts, all)
	}
}

func TestFilterOfSeveralLayers(t *testing.T) {
	s := build(t, city(t, 13, 1500, 3000), nil)
	a := maptile.At(at(50, 50), 15)
	both := []string{"unit_grid", "component"}
	plain, got := mustTile(t, s, both, a), filtered(t, s, both, a, "state = '破损'")
	if g, w := idsIn(t, got, "unit_grid"), idsIn(t, plain, "unit_grid"); !slices.Equal(g, w) || len(w) == 0 {
		t.Errorf("cells, which have no state: got %d, want all %d", len(g), len(w))
	}
	if g, w := len(idsIn(t, got, "component")), len(idsIn(t, plain, "component")); g == 0 || g >= w {
		t.Errorf("components: got %d of %d", g, w)
	}
	for _, c := range []struct {
		layers []string
		text   string
		offset int
		says   string
	}{
		{[]string{"road"}, "class = 'local' AND stat = 'x'", 20, "road has no property stat; there are class, name, width_m, tunnel, geometry"},
		{[]string{"road", "unit_grid"}, "width_m > 5 AND area_m2 > 3", 16, "road lacks area_m2, unit_grid lacks width_m"},
		{[]string{"road", "component"}, "class = 5", 8, "the number 5 stands where a text is expected, as '5'"},
	} {
		f, err := s.Filter(FilterQuery{Text: c.text})
		if err == nil {
			_, err = s.Tile(context.Background(), c.layers, a, TileOptions{Filter: f})
		}
		var e *cql2.Error
		if !errors.As(err, &e) || gis.KindOf(err) != gis.Invalid || e.Offset != c.offset || !strings.Contains(gis.Public(err), c.says) {
			t.Errorf("%v, %s: got %v, want offset %d and %q", c.layers, c.text, err, c.offset, c.says)
		}
	}
}

// TestFilterShared: many goroutines ask for tiles by one filter, of layers it was not made ready for yet.
func TestFilterShared(t *testing.T) {
	s := build(t, city(t, 16, 1500, 1000), func(c *Config) { c.CacheBytes = -1 })
	const text = "S_INTERSECTS(geometry, BBOX(116.965, 35.395, 116.975, 35.405)) AND class LIKE '0%'"
	layers := [][]string{{"component"}, {"component", "unit_grid"}, {"road", "component"}, {"building", "component"}}
	want := make([][]int64, len(layers))
	for i, ls := range layers {
		want[i] = idsIn(t, filtered(t, s, ls, maptile.At(cityCentre, 15), text), "component")
	}
	other := build(t, city(t, 16, 1500, 1000), func(c *Config) { c.CacheBytes = -1 })
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			f, err := other.Filter(FilterQuery{Text: text})
			if err != nil {
				t.Error(err)
				return
			}
			tile, err := other.Tile(context.Background(), layers[i%4], maptile.At(cityCentre, 15), TileOptions{Filter: f})
			if err != nil {
				t.Error(err)
				return
			}
			if got := idsIn(t, tile, "component"); !slices.Equal(got, want[i%4]) || len(got) == 0 {
				t.Errorf("%v: got %d components, want %d", layers[i%4], len(got), len(want[i%4]))
			}
		})
	}
	wg.Wait()
}

// TestFilterAfterEdits: a filtered tile is never older than the Set, and memory of codes does not outlive a new value.
func TestFilterAfterEdits(t *testing.T) {
	m := city(t, 14, 1500, 500)
	s := build(t, m, nil)
	a := maptile.At(at(0, 0), 15)
	text := "dept_name = '新部门'"
	if n := len(idsIn(t, filtered(t, s, []string{"component"}, a, text), "component")); n != 0 {
		t.Fatalf("before: got %d, want none", n)
	}
	r := rand.New(rand.NewSource(1))
	f := component(r, 3, 1500)
	f.Geom = at(10, 10)
	f.Set("dept_name", "新部门")
	old := m.get("component", 3)
	s, err := s.Apply(context.Background(), []Update{{Layer: "component", Old: old, New: &f}})
	if err != nil {
		t.Fatal(err)
	}
	if got := idsIn(t, filtered(t, s, []string{"component"}, a, text), "component"); !slices.Equal(got, []int64{3}) {
		t.Errorf("after: got %v, want 3", got)
	}
}

// TestFilterOnStoredShape: a shape taken from a feature finds its row again, though rows are held in whole world units.
func TestFilterOnStoredShape(t *testing.T) {
	m := city(t, 15, 1500, 200)
	s := build(t, m, nil)
	for id := int64(1); id < 200; id += 7 {
		f := m.get("unit_grid", id)
		if f == nil {
			break
		}
		if f.Text("status") == "void" {
			continue
		}
		var ring []string
		for _, p := range f.Geom.(orb.Polygon)[0] {
			ring = append(ring, fmt.Sprintf("%.15g %.15g", p[0], p[1]))
		}
		text := "S_EQUALS(POLYGON((" + strings.Join(ring, ", ") + ")), geometry)"
		a := maptile.At(f.Geom.Bound().Center(), 15)
		if got := idsIn(t, filtered(t, s, []string{"unit_grid"}, a, text), "unit_grid"); !slices.Equal(got, []int64{id}) {
			t.Errorf("cell %d by its own shape: got %v", id, got)
		}
		c, side := f.Geom.Bound().Center(), 360/math.Exp2(15)
		g := maptile.New(uint32((c[0]+180)/side), uint32((90-c[1])/side), 15)
		if got := idsIn(t, filtered(t, s.Geographic(), []string{"unit_grid"}, g, text), "unit_grid"); !slices.Equal(got, []int64{id}) {
			t.Errorf("cell %d by its own shape, in a geographic tile: got %v", id, got)
		}
	}
}

// BenchmarkFilter writes z14 and z15 tiles with and without filters, from the same rows, without compression.
func BenchmarkFilter(b *testing.B) {
	s := benchCity(b)
	box := "S_INTERSECTS(geometry, BBOX(116.965, 35.395, 116.975, 35.405))"
	for _, z := range []maptile.Zoom{14, 15} {
		for _, text := range []string{
			"", "state = '破损'", "state <> 'x'", "class LIKE '01%' AND state IN ('破损', '丢失')", "init_date > DATE('2020-01-01')", "grid_code LIKE '%7'",
			"code LIKE '%7'", box,
		} {
			b.Run(fmt.Sprintf("z%d/%s", z, text), func(b *testing.B) {
				w := new(writer)
				f := frameOf(maptile.At(at(100, 100), z))
				r := request{layers: []*layer{s.layers[s.byName["component"]]}}
				if text != "" {
					flt, err := s.Filter(FilterQuery{Text: text})
					if err != nil {
						b.Fatal(err)
					}
					if r.filters, err = flt.predicates(r.layers); err != nil {
						b.Fatal(err)
					}
				}
				n := 0
				b.ReportAllocs()
				start := cpu(b)
				for b.Loop() {
					w.enc.Reset()
					w.keep, w.reach = nil, nil
					if k := r.keepers(context.Background())[0]; k != nil {
						w.keep, w.reach = k.keeps, k.reach
					}
					c, err := w.layer(context.Background(), r.layers[0], &f, nil, 0)
					if err != nil {
						b.Fatal(err)
					}
					n = c.Features + c.Thinned
				}
				b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/1e6, "cpu-ms/tile")
				b.ReportMetric(float64(n), "features")
			})
		}
	}
}
