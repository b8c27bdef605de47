package tiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand"
	"slices"
	"sync"
	"sync/atomic"
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
		got := decode(t, tile.Data)
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
		if len(tile.Data) == 0 {
			continue
		}
		z, err := gzip.NewReader(bytes.NewReader(tile.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(raw, tile.Data) {
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
			got := decode(t, mustTile(t, s, []string{name}, a).Data)[name]
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
	got := decode(t, mustTile(t, s, []string{"unit_grid", "unit_grid_label"}, a).Data)
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
	if p := fmt.Sprint(map[string]any(decode(t, tile.Data)["unit_grid"].Features[0].Properties)); p != "map[seq:042]" {
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
	if len(tile.Data) != 0 || tile.ETag == "" {
		t.Errorf("an empty tile: %d bytes, ETag %q", len(tile.Data), tile.ETag)
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
			l := decode(t, mustTile(t, build(t, m, nil), []string{"component"}, maptile.At(at(10, 10), 15)).Data)["component"]
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
			l := decode(t, tile.Data)["component"]
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
	if n := len(decode(t, mustTile(t, s, []string{"component"}, maptile.At(cityCentre, 15)).Data)["component"].Features); n < 1000 {
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
		decode(t, tile.Data)
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
		l := decode(t, mustTile(t, s, []string{"unit_grid"}, a).Data)["unit_grid"]
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

func randomUpdate(r *rand.Rand, m *memory, next *int64) Update {
	switch k := r.Intn(10); {
	case k < 2:
		*next++
		f := component(r, *next, 1500)
		m.put(f)
		return Update{Layer: "component", Key: f.Key, New: &f}
	case k < 4:
		id := 1 + r.Int63n(*next)
		old := m.get("component", id)
		if old == nil {
			return Update{Layer: "department"}
		}
		m.drop("component", id)
		return Update{Layer: "component", Key: old.Key, Old: old}
	case k < 8:
		id := 1 + r.Int63n(*next)
		old := m.get("component", id)
		f := component(r, id, 1500)
		m.put(f)
		return Update{Layer: "component", Key: f.Key, Old: old, New: &f}
	case k < 9:
		id := 1 + r.Int63n(50)
		old := m.get("road", id)
		f := road(r, id, 1500)
		m.put(f)
		return Update{Layer: "road", Key: f.Key, Old: old, New: &f}
	default:
		id := 1 + r.Int63n(100)
		old := m.get("unit_grid", id)
		f := old.Clone()
		f.Set("status", []string{"valid", "void"}[r.Intn(2)])
		m.put(f)
		return Update{Layer: "unit_grid", Key: f.Key, Old: old, New: &f}
	}
}

func sameAsScratch(t *testing.T, s *Set, m *memory, seed int64, step int) {
	t.Helper()
	fresh := build(t, m, func(c *Config) { c.CacheBytes = -1 })
	names := allLayers(s)
	for _, a := range around(10, 18, cityCentre, 1) {
		got, want := mustTile(t, s, names, a), mustTile(t, fresh, names, a)
		if !bytes.Equal(got.Data, want.Data) || got.ETag != want.ETag || got.Thinned != want.Thinned {
			t.Fatalf("seed %d step %d: tile %v differs from one built from scratch: %d bytes, want %d", seed, step, a, len(got.Data), len(want.Data))
		}
	}
}

func TestApplyEqualsScratch(t *testing.T) {
	const seed = 5
	r := rand.New(rand.NewSource(seed))
	m := city(t, seed, 1500, 1000)
	s := build(t, m, nil)
	next := int64(1000)
	for step := range 12 {
		var ups []Update
		for range 1 + r.Intn(40) {
			ups = append(ups, randomUpdate(r, m, &next))
		}
		var err error
		if s, err = s.Apply(context.Background(), ups); err != nil {
			t.Fatal(err)
		}
		sameAsScratch(t, s, m, seed, step)
	}
	for _, l := range s.layers { // and after tidying
		l.compact()
		l.since = s.core.versions.Add(1)
	}
	sameAsScratch(t, s, m, seed, -1)
}

// TestConcurrentEditsAndReaders edits while readers ask Sets of different age: every tile must be the one built from scratch of its own Set.
func TestConcurrentEditsAndReaders(t *testing.T) {
	const seed, steps, readers = 6, 40, 4
	r := rand.New(rand.NewSource(seed))
	m := city(t, seed, 1500, 600)
	next := int64(600)
	type version struct {
		set   *Set
		state *memory
	}
	var mu sync.Mutex
	vs := []version{{build(t, m, nil), m.clone()}}
	var done atomic.Bool
	var wg sync.WaitGroup
	names := []string{"component", "road", "unit_grid", "unit_grid_label"}
	addrs := around(12, 16, cityCentre, 1)
	type answer struct {
		v    int
		addr maptile.Tile
		etag string
	}
	answers := make([][]answer, readers)
	for k := range readers {
		wg.Go(func() {
			rr := rand.New(rand.NewSource(int64(100 + k)))
			for !done.Load() || len(answers[k]) < 400 {
				mu.Lock()
				i := max(0, len(vs)-1-rr.Intn(3))
				v := vs[i]
				mu.Unlock()
				a := addrs[rr.Intn(len(addrs))]
				tile, err := v.set.Tile(context.Background(), names, a, TileOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				answers[k] = append(answers[k], answer{i, a, tile.ETag})
				if len(answers[k]) >= 3000 {
					return
				}
			}
		})
	}
	for range steps {
		var ups []Update
		for range 1 + r.Intn(5) {
			ups = append(ups, randomUpdate(r, m, &next))
		}
		n, err := vs[len(vs)-1].set.Apply(context.Background(), ups)
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		vs = append(vs, version{n, m.clone()})
		mu.Unlock()
	}
	done.Store(true)
	wg.Wait()
	want := map[answer]bool{}
	scratch := map[int]*Set{}
	checked := 0
	for _, as := range answers {
		for _, a := range as {
			if want[a] {
				continue
			}
			if scratch[a.v] == nil {
				scratch[a.v] = build(t, vs[a.v].state, func(c *Config) { c.CacheBytes = -1 })
			}
			if got := mustTile(t, scratch[a.v], names, a.addr).ETag; got != a.etag {
				t.Fatalf("seed %d: set %d tile %v: ETag %s, built from scratch %s", seed, a.v, a.addr, a.etag, got)
			}
			want[a] = true
			checked++
		}
	}
	if checked < 100 {
		t.Errorf("only %d tiles were compared", checked)
	}
}

func TestEditKeepsOtherTilesCached(t *testing.T) {
	m := city(t, 8, 1500, 500)
	s := build(t, m, nil)
	far, near := maptile.At(at(-600, -600), 17), maptile.At(at(10, 10), 17)
	names := []string{"component", "unit_grid"}
	f0, n0 := mustTile(t, s, names, far), mustTile(t, s, names, near)
	f := feature("component", 99999, at(10, 10), map[string]any{"class": "01001"})
	s2, err := s.Apply(context.Background(), []Update{{Layer: "component", New: &f}})
	if err != nil {
		t.Fatal(err)
	}
	if got := mustTile(t, s2, names, far); got != f0 {
		t.Error("a tile far from the edit was written again")
	}
	if got := mustTile(t, s2, names, near); got.ETag == n0.ETag {
		t.Error("the tile of the edit is the old one")
	}
	if got := mustTile(t, s, names, near); got != n0 {
		t.Error("the old set has another tile after the edit")
	}
	if got := mustTile(t, s2, []string{"unit_grid"}, near); got.ETag != mustTile(t, s, []string{"unit_grid"}, near).ETag {
		t.Error("a layer without an edit changed")
	}
	m.put(f)
	s3, err := s2.Reload(context.Background(), m, []string{"component", "department"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := mustTile(t, s3, names, near).ETag, mustTile(t, s2, names, near).ETag; got != want {
		t.Errorf("reloaded: ETag %s, want %s", got, want)
	}
}

func TestOneWriteForAll(t *testing.T) {
	s := build(t, city(t, 9, 1500, 4000), nil)
	a := maptile.At(cityCentre, 14)
	var wg sync.WaitGroup
	tiles := make([]*Tile, 32)
	for i := range tiles {
		wg.Go(func() { tiles[i] = mustTile(t, s, []string{"component", "road"}, a) })
	}
	wg.Wait()
	for _, tile := range tiles {
		if tile != tiles[0] {
			t.Fatal("concurrent requests got different tiles")
		}
	}
	if st := s.Stats(); st.Misses != 1 {
		t.Errorf("written %d times, want once", st.Misses)
	}
}

func TestCancel(t *testing.T) {
	s := build(t, city(t, 10, 1500, 100), nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Tile(ctx, []string{"component"}, maptile.At(cityCentre, 14), TileOptions{}); gis.KindOf(err) != gis.Canceled {
		t.Errorf("got %v, want a cancelled request", err)
	}
	// One of two waiters leaves: the other gets the tile. Both leave: the work ends.
	c := s.core
	started := make(chan struct{})
	release := make(chan struct{})
	var ended atomic.Int32
	write := func(ctx context.Context) (*Tile, error) {
		started <- struct{}{}
		select {
		case <-release:
			return &Tile{ETag: "x"}, nil
		case <-ctx.Done():
			ended.Add(1)
			return nil, ctx.Err()
		}
	}
	one, leave := context.WithCancel(context.Background())
	errs := make(chan error, 2)
	go func() { _, err := c.tile(one, key{spec: "t"}, write); errs <- err }()
	<-started
	got := make(chan *Tile, 1)
	go func() { t, _ := c.tile(context.Background(), key{spec: "t"}, write); got <- t }()
	for c.joined.Load() == 0 {
		select {
		case <-started:
			t.Fatal("written twice")
		default:
		}
	}
	leave()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	close(release)
	if tile := <-got; tile == nil || tile.ETag != "x" {
		t.Errorf("who stayed got %v", tile)
	}
	release = make(chan struct{})
	two, leave2 := context.WithCancel(context.Background())
	go func() { _, err := c.tile(two, key{spec: "u"}, write); errs <- err }()
	<-started
	leave2()
	<-errs
	c.mu.Lock()
	left := len(c.flights)
	c.mu.Unlock()
	if left != 0 {
		t.Errorf("%d flights are left", left)
	}
}

func TestDeterministic(t *testing.T) {
	m := city(t, 11, 1500, 1500)
	a, b := build(t, m, nil), build(t, m, nil)
	for _, addr := range around(9, 18, cityCentre, 1) {
		x, y := mustTile(t, a, allLayers(a), addr), mustTile(t, b, allLayers(b), addr)
		if !bytes.Equal(x.Data, y.Data) || !bytes.Equal(x.Gzip, y.Gzip) {
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
		if l := decode(t, mustTile(t, s, []string{"road"}, maptile.At(at(100, 0), z)).Data)["road"]; l != nil {
			n = len(l.Features)
		}
		if n != want {
			t.Errorf("z%d: %d roads, want %d", z, n, want)
		}
	}
}
