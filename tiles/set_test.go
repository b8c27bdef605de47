package tiles

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/paulmach/orb"
	orbmvt "github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/tiles/mvt"
)

func allLayers(s *Set) []string {
	var names []string
	for _, l := range s.Catalog() {
		names = append(names, l.Name)
	}
	return names
}

func mustTile(tb testing.TB, s *Set, layers []string, t maptile.Tile) *Tile {
	tb.Helper()
	tile, err := s.Tile(context.Background(), layers, t, TileOptions{})
	if err != nil {
		tb.Fatalf("tile %v of %v: %v", t, layers, err)
	}
	return tile
}

func decode(tb testing.TB, raw []byte) map[string]*orbmvt.Layer {
	tb.Helper()
	if err := mvt.Validate(raw); err != nil {
		tb.Fatal(err)
	}
	ls, err := orbmvt.Unmarshal(raw)
	if err != nil {
		tb.Fatal(err)
	}
	m := map[string]*orbmvt.Layer{}
	for _, l := range ls {
		m[l.Name] = l
	}
	return m
}

// around lists the tiles at each zoom over the city's centre and its neighbours.
func around(lo, hi maptile.Zoom, p orb.Point, n int) []maptile.Tile {
	var ts []maptile.Tile
	for z := lo; z <= hi; z++ {
		c := maptile.At(p, z)
		for dx := -n; dx <= n; dx++ {
			for dy := -n; dy <= n; dy++ {
				t := maptile.New(c.X+uint32(dx), c.Y+uint32(dy), z)
				if t.Valid() {
					ts = append(ts, t)
				}
			}
		}
	}
	return ts
}

func TestEveryTileIsValidAndTold(t *testing.T) {
	s := build(t, city(t, 1, 2000, 3000), nil)
	names := allLayers(s)
	for _, a := range around(0, 24, cityCentre, 1) {
		tile := mustTile(t, s, names, a)
		got := decode(t, tile.Raw())
		thinned := 0
		for _, c := range tile.Counts {
			n := 0
			if l := got[c.Layer]; l != nil {
				n = len(l.Features)
			}
			if n != c.Features {
				t.Errorf("%v %s: %d features, told %d", a, c.Layer, n, c.Features)
			}
			thinned += c.Thinned
		}
		if thinned != tile.Thinned {
			t.Errorf("%v: thinned %d, by layer %d", a, tile.Thinned, thinned)
		}
		if tile.Size == 0 {
			continue
		}
		z, err := gzip.NewReader(bytes.NewReader(tile.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(raw, tile.Raw()) {
			t.Errorf("%v: the compressed tile is another (%v)", a, err)
		}
	}
}

// TestAgainstOrb compares ids, properties and shapes with what orb makes of the same features: points to the unit, areas and lengths to the
// error snapping may make.
func TestAgainstOrb(t *testing.T) {
	m := city(t, 2, 1500, 2000)
	s := build(t, m, nil)
	for _, name := range []string{"component", "road", "building", "unit_grid"} {
		for _, a := range around(16, 18, cityCentre, 1) {
			got := decode(t, mustTile(t, s, []string{name}, a).Raw())[name]
			want := orbLayer(m, s, name, a)
			ids := map[float64]*struct{ got, want orb.Geometry }{}
			if got != nil {
				for _, f := range got.Features {
					ids[f.ID.(float64)] = &struct{ got, want orb.Geometry }{got: f.Geometry}
				}
			}
			for id, g := range want {
				if ids[float64(id)] == nil {
					ids[float64(id)] = &struct{ got, want orb.Geometry }{}
				}
				ids[float64(id)].want = g
			}
			for id, p := range ids {
				if err := alike(p.got, p.want); err != nil {
					t.Errorf("%v %s %v: %v", a, name, id, err)
				}
			}
		}
	}
}

func orbLayer(m *memory, s *Set, name string, a maptile.Tile) map[int64]orb.Geometry {
	want := map[int64]orb.Geometry{}
	rule := s.cfg.Layers[s.byName[name]]
	for f := range m.Features(context.Background(), name, orb.Bound{}) {
		if f.Text("status") == "void" || rule.By == "class" && f.Text("class") == "path" && a.Z < 15 {
			continue
		}
		fc := orbmvt.NewLayer(name, toGeoJSON(f))
		fc.ProjectToTile(a)
		fc.Clip(orb.Bound{Min: orb.Point{-64, -64}, Max: orb.Point{4160, 4160}})
		if len(fc.Features) == 0 {
			continue
		}
		if g := fc.Features[0].Geometry; g != nil && size(g) > 0 || isPoint(g) {
			want[f.ID] = g
		}
	}
	return want
}

func toGeoJSON(f gis.Feature) *geojson.FeatureCollection {
	fc := geojson.NewFeatureCollection()
	fc.Append(geojson.NewFeature(orb.Clone(f.Geom)))
	return fc
}

func isPoint(g orb.Geometry) bool {
	p, ok := g.(orb.Point)
	return ok && p[0] < 4160 && p[1] < 4160
}

func size(g orb.Geometry) float64 {
	switch g := g.(type) {
	case orb.LineString, orb.MultiLineString:
		return lineLength(g)
	case orb.Polygon:
		return polyArea(g)
	case orb.MultiPolygon:
		a := 0.0
		for _, p := range g {
			a += polyArea(p)
		}
		return a
	}
	return 0
}

func lineLength(g orb.Geometry) float64 {
	n := 0.0
	if m, ok := g.(orb.MultiLineString); ok {
		for _, l := range m {
			n += lineLength(l)
		}
		return n
	}
	l := g.(orb.LineString)
	for i := 1; i < len(l); i++ {
		n += math.Hypot(l[i][0]-l[i-1][0], l[i][1]-l[i-1][1])
	}
	return n
}

func polyArea(p orb.Polygon) float64 {
	a := 0.0
	for i, r := range p {
		s := 0.0
		for k := 1; k < len(r); k++ {
			s += r[k-1][0]*r[k][1] - r[k][0]*r[k-1][1]
		}
		if i == 0 {
			a += math.Abs(s) / 2
		} else {
			a -= math.Abs(s) / 2
		}
	}
	return a
}

func alike(got, want orb.Geometry) error {
	p, okp := got.(orb.Point)
	q, okq := want.(orb.Point)
	if okp && okq {
		if math.Abs(p[0]-q[0]) > 1 || math.Abs(p[1]-q[1]) > 1 {
			return fmt.Errorf("point %v, want %v", p, q)
		}
		return nil
	}
	edge := func(p orb.Point) bool {
		return min(p[0], p[1]) <= -63 || max(p[0], p[1]) >= 4159
	}
	if okp && got != nil && want == nil && edge(p) || okq && want != nil && got == nil && edge(q) {
		return nil
	}
	if okp || okq {
		return fmt.Errorf("%v, want %v", got, want)
	}
	var a, b float64
	if got != nil {
		a = size(got)
	}
	if want != nil {
		b = size(want)
	}
	// A unit of snapping along the outline, and what a quarter of a pixel straightens.
	if math.Abs(a-b) > 6*40+0.1*max(a, b) && math.Abs(a-b) > 2*math.Sqrt(max(a, b))*8 {
		return fmt.Errorf("size %.0f, want %.0f", a, b)
	}
	return nil
}

func TestProperties(t *testing.T) {
	m := newMemory()
	m.put(feature("unit_grid", 9, cell(0, 0, 100), map[string]any{"code": "370883001001042", "status": "valid", "area_m2": 9876.5, "locked": true}))
	m.put(feature("unit_grid", 10, cell(1, 0, 100), map[string]any{"code": "370883001001043", "status": "void"}))
	s := build(t, m, nil)
	a := maptile.At(at(50, 50), 17)
	got := decode(t, mustTile(t, s, []string{"unit_grid", "unit_grid_label"}, a).Raw())
	want := fmt.Sprint(map[string]any{"code": "370883001001042", "seq": "042", "area_m2": 9876.5, "locked": true, "status": "valid"})
	for name, w := range map[string]string{"unit_grid": want, "unit_grid_label": fmt.Sprint(map[string]any{"code": "370883001001042", "seq": "042"})} {
		l := got[name]
		if l == nil || len(l.Features) != 1 {
			t.Fatalf("%s: got %v, want one feature", name, l)
		}
		if p := fmt.Sprint(map[string]any(l.Features[0].Properties)); p != w {
			t.Errorf("%s: got %s, want %s", name, p, w)
		}
		if id := l.Features[0].ID; id != 9.0 {
			t.Errorf("%s: id %v, want 9", name, id)
		}
	}
	tile, err := s.Tile(context.Background(), []string{"unit_grid"}, a, TileOptions{Properties: []string{"seq"}})
	if err != nil {
		t.Fatal(err)
	}
	if p := fmt.Sprint(map[string]any(decode(t, tile.Raw())["unit_grid"].Features[0].Properties)); p != "map[seq:042]" {
		t.Errorf("properties=seq: got %s", p)
	}
}

func TestRequestErrors(t *testing.T) {
	s := build(t, newMemory(), nil)
	for _, tc := range []struct {
		name   string
		layers []string
		tile   maptile.Tile
		props  []string
		want   gis.Kind
	}{
		{"unknown layer", []string{"unit_grid", "nothing"}, maptile.New(0, 0, 0), nil, gis.NotFound},
		{"not served", []string{"wall"}, maptile.New(0, 0, 0), nil, gis.NotFound},
		{"no layer", nil, maptile.New(0, 0, 0), nil, gis.Invalid},
		{"outside", []string{"road"}, maptile.New(2, 0, 1), nil, gis.Invalid},
		{"too deep", []string{"road"}, maptile.New(0, 0, 25), nil, gis.Invalid},
		{"unknown property", []string{"road"}, maptile.New(0, 0, 0), []string{"name", "colour"}, gis.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := s.Tile(context.Background(), tc.layers, tc.tile, TileOptions{Properties: tc.props})
			if got := gis.KindOf(err); err == nil || got != tc.want {
				t.Errorf("got %v (kind %d), want kind %d", err, got, tc.want)
			}
		})
	}
	tile := mustTile(t, s, []string{"road", "unit_grid"}, maptile.New(0, 0, 0))
	if tile.Size != 0 || tile.ETag == "" {
		t.Errorf("an empty tile: %d bytes, ETag %q", tile.Size, tile.ETag)
	}
}

func TestGeometryKinds(t *testing.T) {
	p, q := at(0, 0), at(30, 30)
	line := orb.LineString{p, q}
	ring := orb.Polygon{{p, {q[0], p[1]}, q, p}}
	for _, tc := range []struct {
		name string
		g    orb.Geometry
		want []string
	}{
		{"point", p, []string{"Point"}},
		{"multi point", orb.MultiPoint{p, q}, []string{"MultiPoint"}},
		{"line", line, []string{"LineString"}},
		{"multi line", orb.MultiLineString{line, {q, at(50, 0)}}, []string{"MultiLineString"}},
		{"polygon", ring, []string{"Polygon"}},
		{"multi polygon", orb.MultiPolygon{ring, cell(3, 3, 20)}, []string{"MultiPolygon"}},
		{"bound", orb.Bound{Min: p, Max: q}, []string{"Polygon"}},
		{"collection of one kind", orb.Collection{line, orb.LineString{q, at(50, 0)}}, []string{"MultiLineString"}},
		{"collection of kinds", orb.Collection{p, line, ring}, []string{"Point", "LineString", "Polygon"}},
		{"nothing", orb.LineString{}, nil},
		{"no length", orb.LineString{p, p}, nil},
		{"no area", orb.Polygon{{p, q, p, p}}, nil},
		{"no number", orb.Point{math.NaN(), 1}, nil},
		{"empty collection", orb.Collection{}, nil},
		{"nil", nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := newMemory()
			m.put(feature("component", 3, tc.g, map[string]any{"class": "01001"}))
			l := decode(t, mustTile(t, build(t, m, nil), []string{"component"}, maptile.At(at(10, 10), 15)).Raw())["component"]
			var got []string
			if l != nil {
				for _, f := range l.Features {
					got = append(got, f.Geometry.GeoJSONType())
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(tc.want))
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestThinning checks the rule: every point is counted once, those kept agree in neighbouring tiles, and none stands in a square of another.
func TestThinning(t *testing.T) {
	m := newMemory()
	r := rand.New(rand.NewSource(3))
	for i := range 20000 {
		f := component(r, int64(i+1), 3000)
		f.Geom = f.Geom.Bound().Min
		m.put(f)
	}
	s := build(t, m, nil)
	type kept struct{ count int }
	all := map[float64]kept{}
	total := 0
	c := maptile.At(cityCentre, 14)
	for dx := -3; dx <= 3; dx++ {
		for dy := -3; dy <= 3; dy++ {
			a := maptile.New(uint32(int(c.X)+dx), uint32(int(c.Y)+dy), 14)
			tile := mustTile(t, s, []string{"component"}, a)
			l := decode(t, tile.Raw())["component"]
			if l == nil {
				continue
			}
			sum := 0
			for _, f := range l.Features {
				n := int(f.Properties["point_count"].(float64))
				sum += n
				id := f.ID.(float64)
				if k, ok := all[id]; ok && k.count != n {
					t.Errorf("point %v counts %d in one tile and %d in the next", id, k.count, n)
				}
				all[id] = kept{count: n}
			}
			if sum != len(l.Features)+tile.Thinned {
				t.Errorf("%v: points stand for %d, but %d drawn and %d thinned", a, sum, len(l.Features), tile.Thinned)
			}
		}
	}
	for _, k := range all {
		total += k.count
	}
	if total != 20000 {
		t.Errorf("the points kept stand for %d in all, want 20000", total)
	}
	if n := len(decode(t, mustTile(t, s, []string{"component"}, maptile.At(cityCentre, 15)).Raw())["component"].Features); n < 1000 {
		t.Errorf("z15 has %d points, want all", n)
	}
}

func TestTileLimit(t *testing.T) {
	m := city(t, 4, 1000, 4000)
	s := build(t, m, func(c *Config) { c.MaxBytes = 6000 })
	full := build(t, m, nil)
	for _, a := range around(12, 17, cityCentre, 0) {
		tile := mustTile(t, s, []string{"component", "unit_grid", "building"}, a)
		want := mustTile(t, full, []string{"component", "unit_grid", "building"}, a)
		if len(tile.Gzip) > 6000 {
			t.Errorf("%v: %d bytes, want at most 6000", a, len(tile.Gzip))
		}
		if len(want.Gzip) > 6000 && (tile.Thinned == 0 || tile.Level == 0) {
			t.Errorf("%v: %d bytes became %d and nothing is told", a, len(want.Gzip), len(tile.Gzip))
		}
		decode(t, tile.Raw())
	}
}

// TestNoSlits looks at the borders cells share: every edge of the coverage inside a tile must stand in it twice, once in each direction.
func TestNoSlits(t *testing.T) {
	m := newMemory()
	id := int64(1)
	for i := -8; i < 8; i++ {
		for j := -8; j < 8; j++ {
			m.put(feature("unit_grid", id, cell(i, j, 100), map[string]any{"code": fmt.Sprintf("%015d", id)}))
			id++
		}
	}
	s := build(t, m, nil)
	for _, a := range around(12, 20, at(10, 10), 1) {
		l := decode(t, mustTile(t, s, []string{"unit_grid"}, a).Raw())["unit_grid"]
		if l == nil {
			continue
		}
		edges := map[[4]float64]int{}
		for _, f := range l.Features {
			ps, ok := f.Geometry.(orb.MultiPolygon)
			if !ok {
				ps = orb.MultiPolygon{f.Geometry.(orb.Polygon)}
			}
			for _, p := range ps {
				for _, r := range p {
					for k := 1; k < len(r); k++ {
						edges[[4]float64{r[k-1][0], r[k-1][1], r[k][0], r[k][1]}]++
					}
				}
			}
		}
		outer := 0
		for e := range edges {
			onBorder := e[0] == e[2] && (e[0] == -64 || e[0] == 4160) || e[1] == e[3] && (e[1] == -64 || e[1] == 4160)
			if edges[[4]float64{e[2], e[3], e[0], e[1]}] == 0 && !onBorder {
				outer++
			}
		}
		// Only the outline of the whole coverage (4 x 16 sides of two edges) has one side.
		if outer > 4*16*2 || a.Z >= 17 && inCoverage(a) && outer > 0 {
			t.Errorf("%v: %d edges without a neighbour", a, outer)
		}
	}
}

func inCoverage(a maptile.Tile) bool {
	b := a.Bound(0.1)
	lo, hi := at(-740, -740), at(740, 740)
	return b.Min[0] > lo[0] && b.Min[1] > lo[1] && b.Max[0] < hi[0] && b.Max[1] < hi[1]
}

func TestDeterministic(t *testing.T) {
	m := city(t, 11, 1500, 1500)
	a, b := build(t, m, nil), build(t, m, nil)
	for _, addr := range around(9, 18, cityCentre, 1) {
		x, y := mustTile(t, a, allLayers(a), addr), mustTile(t, b, allLayers(b), addr)
		if !bytes.Equal(x.Raw(), y.Raw()) || !bytes.Equal(x.Gzip, y.Gzip) {
			t.Errorf("%v: two builds differ", addr)
		}
	}
	x, y := mustTile(t, a, []string{"road", "unit_grid"}, maptile.At(cityCentre, 14)), mustTile(t, a, []string{"unit_grid", "road", "road"}, maptile.At(cityCentre, 14))
	if x != y {
		t.Error("the order of the names matters")
	}
}

func TestRoadsByClass(t *testing.T) {
	m := newMemory()
	for i, c := range []string{"arterial", "collector", "local", "service", "trail"} {
		m.put(feature("road", int64(i+1), orb.LineString{at(0, float64(i)), at(500, float64(i))}, map[string]any{"class": c}))
	}
	s := build(t, m, nil)
	for z, want := range map[maptile.Zoom]int{9: 0, 10: 1, 11: 1, 12: 2, 13: 4, 14: 4, 15: 5} {
		n := 0
		if l := decode(t, mustTile(t, s, []string{"road"}, maptile.At(at(100, 0), z)).Raw())["road"]; l != nil {
			n = len(l.Features)
		}
		if n != want {
			t.Errorf("z%d: %d roads, want %d", z, n, want)
		}
	}
}
