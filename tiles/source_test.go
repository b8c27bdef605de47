package tiles

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand"
	"slices"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// memory is a store of features in memory.
type memory struct {
	mu    sync.Mutex
	feats map[string]map[int64]gis.Feature
}

func newMemory() *memory { return &memory{feats: map[string]map[int64]gis.Feature{}} }

func (m *memory) put(f gis.Feature) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.feats[f.Layer.Name] == nil {
		m.feats[f.Layer.Name] = map[int64]gis.Feature{}
	}
	m.feats[f.Layer.Name][f.ID] = f
}

func (m *memory) drop(layer string, id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.feats[layer], id)
}

func (m *memory) get(layer string, id int64) *gis.Feature {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f, ok := m.feats[layer][id]; ok {
		return &f
	}
	return nil
}

func (m *memory) clone() *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := newMemory()
	for l, fs := range m.feats {
		n.feats[l] = make(map[int64]gis.Feature, len(fs))
		for id, f := range fs {
			n.feats[l][id] = f
		}
	}
	return n
}

func (m *memory) Features(_ context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error] {
	m.mu.Lock()
	var fs []gis.Feature
	for _, f := range m.feats[layer] {
		if b, ok := f.Bound(); bound == (orb.Bound{}) || ok && b.Intersects(bound) {
			fs = append(fs, f)
		}
	}
	m.mu.Unlock()
	slices.SortFunc(fs, func(a, b gis.Feature) int { return int(a.ID - b.ID) })
	return func(yield func(gis.Feature, error) bool) {
		for _, f := range fs {
			if !yield(f, nil) {
				return
			}
		}
	}
}

var cityCentre = orb.Point{116.97, 35.40}

// at returns the place x, y metres east and north of the test city's centre.
func at(x, y float64) orb.Point {
	return orb.Point{cityCentre[0] + x/(111320*math.Cos(cityCentre[1]*math.Pi/180)), cityCentre[1] + y/110950}
}

func feature(layer string, id int64, g orb.Geometry, values map[string]any) gis.Feature {
	f := gis.NewFeature(gis.MustLayer(layer))
	f.ID, f.Geom = id, g
	for k, v := range values {
		f.Set(k, v)
	}
	f.Key = fmt.Sprintf("%s%d", layer[:1], id)
	return f
}

// cell is a square of the test grid, its corners moved by a rule that depends on the corner alone, with a vertex in the middle of each side.
func cell(i, j int, size float64) orb.Polygon {
	corner := func(i, j int) orb.Point {
		r := rand.New(rand.NewSource(int64(i*1000 + j)))
		return at((float64(i)+r.Float64()*0.4)*size, (float64(j)+r.Float64()*0.4)*size)
	}
	mid := func(a, b orb.Point) orb.Point { // the same for both directions
		if a[0] > b[0] || a[0] == b[0] && a[1] > b[1] {
			a, b = b, a
		}
		return orb.Point{a[0]*0.6 + b[0]*0.4, a[1]*0.4 + b[1]*0.6}
	}
	a, b, c, d := corner(i, j), corner(i+1, j), corner(i+1, j+1), corner(i, j+1)
	return orb.Polygon{{a, mid(a, b), b, mid(b, c), c, mid(c, d), d, mid(d, a), a}}
}

var (
	testClasses = []string{"01001", "01018", "02003", "03005", "04002"}
	testStates  = []string{"完好", "破损", "丢失"}
	testRoads   = []string{"arterial", "collector", "local", "service", "path", ""}
)

func component(r *rand.Rand, id int64, span float64) gis.Feature {
	f := feature("component", id, at(r.NormFloat64()*span/3, r.NormFloat64()*span/3), map[string]any{
		"code": fmt.Sprintf("37088301%09d", id), "class": testClasses[r.Intn(len(testClasses))], "state": testStates[r.Intn(len(testStates))],
		"name": "部件", "class_name": "路灯", "dept_name": fmt.Sprintf("部门%d", r.Intn(20)), "owner_name": fmt.Sprintf("单位%d", r.Intn(30)),
		"keeper_name": fmt.Sprintf("单位%d", r.Intn(30)), "grid_code": fmt.Sprintf("37088300100%04d", r.Intn(400)), "community_name": fmt.Sprintf("社区%d", r.Intn(12)),
		"init_date": fmt.Sprintf("20%02d-03-01", r.Intn(25)), "change_date": fmt.Sprintf("2026-%02d-11", 1+r.Intn(12)),
	})
	if r.Intn(9) == 0 {
		p := f.Geom.(orb.Point)
		f.Geom = orb.LineString{p, {p[0] + r.Float64()/3000, p[1]}, {p[0], p[1] + r.Float64()/3000}}
	}
	return f
}

func road(r *rand.Rand, id int64, span float64) gis.Feature {
	x, y := (r.Float64()-0.5)*span, (r.Float64()-0.5)*span
	var l orb.LineString
	for range 2 + r.Intn(30) {
		l = append(l, at(x, y))
		x, y = x+r.NormFloat64()*40, y+r.NormFloat64()*40
	}
	f := feature("road", id, l, map[string]any{"name": fmt.Sprintf("%d号路", id%50), "width_m": 3 + r.Float64()*20, "tunnel": r.Intn(20) == 0})
	f.SetText("class", testRoads[r.Intn(len(testRoads))])
	return f
}

// city is a test city about span metres wide: cells of 100 m, communities of 1 km, n components, n/10 roads and buildings.
func city(tb testing.TB, seed int64, span float64, n int) *memory {
	tb.Helper()
	r := rand.New(rand.NewSource(seed))
	m := newMemory()
	k := int(span / 200)
	id := int64(1)
	for i := -k; i < k; i++ {
		for j := -k; j < k; j++ {
			m.put(feature("unit_grid", id, cell(i, j, 100), map[string]any{
				"code": fmt.Sprintf("370883%09d", id), "status": []string{"valid", "valid", "void"}[id%3], "area_m2": 10000 + float64(id)/7, "community_code": "370883001001",
			}))
			id++
		}
	}
	for i := range 4 {
		m.put(feature("community", int64(i+1), cell(i/2-1, i%2-1, span/2), map[string]any{"code": fmt.Sprintf("37088300100%d", i), "name": fmt.Sprintf("社区%d", i)}))
	}
	for i := range n {
		m.put(component(r, int64(i+1), span))
	}
	for i := range n / 10 {
		m.put(road(r, int64(i+1), span))
		c := at((r.Float64()-0.5)*span, (r.Float64()-0.5)*span)
		w, h := (4+r.Float64()*40)/100000, (4+r.Float64()*40)/100000
		f := feature("building", int64(i+1), orb.Polygon{{c, {c[0] + w, c[1]}, {c[0] + w, c[1] + h}, {c[0], c[1] + h}, c}}, map[string]any{
			"class": "residential", "height_m": float64(r.Intn(90)), "floors": int64(r.Intn(30)),
		})
		if i%5 == 0 {
			f.Set("name", fmt.Sprintf("%d号楼", i))
		}
		if i%7 == 0 {
			p := f.Geom.(orb.Polygon)
			hole := orb.Ring{{c[0] + w/4, c[1] + h/4}, {c[0] + w/2, c[1] + h/4}, {c[0] + w/2, c[1] + h/2}, {c[0] + w/4, c[1] + h/4}}
			f.Geom = append(p, hole)
		}
		m.put(f)
	}
	return m
}

func build(tb testing.TB, m Source, change func(*Config)) *Set {
	tb.Helper()
	c := DefaultConfig()
	if change != nil {
		change(&c)
	}
	s, err := Build(context.Background(), m, c, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
