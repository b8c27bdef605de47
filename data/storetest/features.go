package storetest

import (
	"context"
	"math"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

func testEmpty(t *testing.T, s Store) {
	wantGeneration(t, s, 0)
	for _, l := range gis.Layers {
		n, err := s.Count(t.Context(), l.Name)
		if err != nil || n != 0 {
			t.Errorf("count of %s: got %d, %v, want 0", l.Name, n, err)
		}
		if b, err := s.Extent(t.Context(), l.Name); err != nil || b != (orb.Bound{}) {
			t.Errorf("extent of %s: got %v, %v, want none", l.Name, b, err)
		}
		wantKeys(t, l.Name, keysOf(t, s.Features(t.Context(), l.Name, orb.Bound{})))
	}
	_, err := s.Feature(t.Context(), "component", "x")
	wantKind(t, "absent feature", err, gis.NotFound)
	_, err = s.Rev(t.Context(), "component", "x")
	wantKind(t, "absent revision", err, gis.NotFound)
	_, err = s.History(t.Context(), "component", "x")
	wantKind(t, "absent history", err, gis.NotFound)
	_, err = s.Count(t.Context(), "nonsense")
	wantKind(t, "unknown layer", err, gis.Invalid)
	for _, err := range s.Features(t.Context(), "nonsense", orb.Bound{}) {
		wantKind(t, "features of an unknown layer", err, gis.Invalid)
	}
	if gen := write(t, s, func(data.Tx) error { return nil }); gen != 0 {
		t.Errorf("a write of nothing: got generation %d, want 0", gen)
	}
}

func testPut(t *testing.T, s Store) {
	f := component("C-1", 116.97, 35.4)
	var ops []gis.Op
	var changed []bool
	step := func(tx data.Tx) error {
		op, c, err := tx.Put(f)
		ops, changed = append(ops, op), append(changed, c)
		return err
	}
	wantGen := func(got, want gis.Generation) {
		t.Helper()
		if got != want {
			t.Errorf("generation: got %d, want %d", got, want)
		}
	}
	wantGen(write(t, s, step), 1)
	id := f.ID
	rev, err := s.Rev(t.Context(), "component", f.Key)
	if err != nil || rev <= 0 || id <= 0 {
		t.Fatalf("after the insert: id %d, revision %d, %v; want positive ones", id, rev, err)
	}
	f.ID = 0
	wantGen(write(t, s, step), 1) // identical: nothing happens
	if f.ID != id {
		t.Errorf("id of an unchanged row: got %d, want %d", f.ID, id)
	}
	f.Set("note", "移位")
	wantGen(write(t, s, step), 2)
	f.Geom = orb.Point{116.98, 35.4}
	wantGen(write(t, s, step), 3)
	f.Set("note", nil)
	wantGen(write(t, s, step), 4)
	wantOps := []gis.Op{gis.Insert, gis.Update, gis.Update, gis.Update, gis.Update}
	wantChanged := []bool{true, false, true, true, true}
	for i := range wantOps {
		if ops[i] != wantOps[i] || changed[i] != wantChanged[i] {
			t.Errorf("put %d: got %s %t, want %s %t", i, ops[i], changed[i], wantOps[i], wantChanged[i])
		}
	}
	got, err := s.Feature(t.Context(), "component", f.Key)
	if err != nil {
		t.Fatal(err)
	}
	wantFeature(t, got, *f)
	if now, _ := s.Rev(t.Context(), "component", f.Key); now <= rev {
		t.Errorf("revision after updates: got %d, want more than %d", now, rev)
	}
}

func wantFeature(t *testing.T, got, want gis.Feature) {
	t.Helper()
	if got.Layer != want.Layer || got.Key != want.Key || got.ID != want.ID {
		t.Errorf("got %s %s %d, want %s %s %d", got.Layer.Name, got.Key, got.ID, want.Layer.Name, want.Key, want.ID)
	}
	if !orb.Equal(got.Geom, want.Geom) {
		t.Errorf("geometry of %s %s: got %v, want %v", want.Layer.Name, want.Key, got.Geom, want.Geom)
	}
	for i, f := range want.Layer.Fields {
		if got.Values[i] != want.Values[i] {
			t.Errorf("%s.%s: got %#v, want %#v", want.Layer.Name, f.Name, got.Values[i], want.Values[i])
		}
	}
}

// sampleShape returns a geometry a layer of the type takes, nil for none.
func sampleShape(g gis.GeomType) orb.Geometry {
	switch g {
	case gis.Point, gis.Any:
		return orb.Point{116.97000000123, 35.40000000456}
	case gis.Line:
		return orb.LineString{{116.9, 35.4}, {116.91, 35.41}, {116.92, 35.405}}
	case gis.Polygon:
		return orb.Polygon{
			{{116.9, 35.4}, {116.91, 35.4}, {116.91, 35.41}, {116.9, 35.41}, {116.9, 35.4}},
			{{116.902, 35.402}, {116.902, 35.404}, {116.904, 35.404}, {116.904, 35.402}, {116.902, 35.402}},
		}
	}
	return nil
}

// sampleValue returns a value of the type that is easily spoilt on the way.
func sampleValue(ft gis.FieldType, name string) any {
	switch ft {
	case gis.Int:
		return int64(1)<<53 + 1
	case gis.Real:
		return 0.1 + 0.2
	case gis.Bool:
		return true
	case gis.Date:
		return "2026-08-02"
	case gis.Time:
		return "2026-08-02T01:02:03.456Z"
	case gis.JSON:
		return `{"a":[1,"二",null]}`
	}
	return name + " 邹城 '\"\\\U00020BB7é"
}

func testRoundTrip(t *testing.T, s Store) {
	for _, l := range gis.Layers {
		full, bare := gis.NewFeature(l), gis.NewFeature(l)
		full.Geom = sampleShape(l.Geom)
		for i, f := range l.Fields {
			full.Values[i] = sampleValue(f.Type, f.Name)
		}
		if l.Key != "" {
			full.Set(l.Key, "K-1")
			bare.Set(l.Key, "K-2")
		}
		put(t, s, &full, &bare)
		for _, want := range []gis.Feature{full, bare} {
			got, err := s.Feature(t.Context(), l.Name, want.Key)
			if err != nil {
				t.Fatalf("%s: %v", l.Name, err)
			}
			wantFeature(t, got, want)
		}
		wantKeys(t, l.Name, keysOf(t, s.Features(t.Context(), l.Name, orb.Bound{})), full.Key, bare.Key)
	}
	write(t, s, func(tx data.Tx) error { _, err := tx.Clear("component"); return err }) // it names grids there are none of
	f := gis.NewFeature(gis.MustLayer("case"))
	f.Set("reported_at", "2026-08-02T10:00:00+08:00")
	put(t, s, &f)
	got, _ := s.Feature(t.Context(), "case", f.Key)
	if got.Text("reported_at") != "2026-08-02T02:00:00Z" {
		t.Errorf("a time with an offset: got %q, want it in UTC", got.Text("reported_at"))
	}
}

func testGeometry(t *testing.T, s Store) {
	square := func(x, y float64) orb.Polygon {
		return orb.Polygon{{{x, y}, {x + 0.01, y}, {x + 0.01, y + 0.01}, {x, y + 0.01}, {x, y}}}
	}
	line := orb.LineString{{116, 35}, {116.1, 35.1}}
	for _, c := range []struct {
		name, layer string
		in, want    orb.Geometry
	}{
		{"point", "component", orb.Point{116, 35}, orb.Point{116, 35}},
		{"zero point", "component", orb.Point{0, 0}, orb.Point{0, 0}},
		{"points", "component", orb.MultiPoint{{116, 35}, {117, 36}}, orb.MultiPoint{{116, 35}, {117, 36}}},
		{"points of one", "component", orb.MultiPoint{{116, 35}}, orb.Point{116, 35}},
		{"line", "component", line, line},
		{"polygon", "component", square(116, 35), square(116, 35)},
		{"polygons", "component", orb.MultiPolygon{square(116, 35), square(117, 35)}, orb.MultiPolygon{square(116, 35), square(117, 35)}},
		{"line layer", "road", line, line},
		{"lines", "road", orb.MultiLineString{line, {{1, 2}, {3, 4}}}, orb.MultiLineString{line, {{1, 2}, {3, 4}}}},
		{"lines of one", "road", orb.MultiLineString{line}, line},
		{"polygon layer", "building", square(-70, -33), square(-70, -33)},
		{"polygons of one", "building", orb.MultiPolygon{square(116, 35)}, square(116, 35)},
		{"two polygons", "building", orb.MultiPolygon{square(116, 35), square(117, 35)}, orb.MultiPolygon{square(116, 35), square(117, 35)}},
		{"ring", "building", square(116, 35)[0], square(116, 35)},
		{"bound", "building", square(116, 35).Bound(), square(116, 35).Bound().ToPolygon()},
		{"crossing itself", "building", orb.Polygon{{{0, 0}, {1, 1}, {1, 0}, {0, 1}, {0, 0}}}, orb.Polygon{{{0, 0}, {1, 1}, {1, 0}, {0, 1}, {0, 0}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := gis.NewFeature(gis.MustLayer(c.layer))
			f.Geom = c.in
			if c.layer == "component" {
				f.Set("code", c.name)
			}
			put(t, s, &f)
			got, err := s.Feature(t.Context(), c.layer, f.Key)
			if err != nil || !orb.Equal(got.Geom, c.want) {
				t.Errorf("got %v, %v, want %v", got.Geom, err, c.want)
			}
			write(t, s, func(tx data.Tx) error {
				if _, changed, err := tx.Put(&f); err != nil || changed {
					t.Errorf("put again: got changed %t, %v, want it unchanged", changed, err)
				}
				return nil
			})
		})
	}
}

func testRefused(t *testing.T, s Store) {
	bad := func(edit func(f *gis.Feature)) *gis.Feature {
		f := component("c", 116, 35)
		edit(f)
		return f
	}
	cases := map[string]*gis.Feature{
		"no key":          bad(func(f *gis.Feature) { f.Key = ""; f.Set("code", nil) }),
		"two keys":        bad(func(f *gis.Feature) { f.Set("code", "other") }),
		"NaN":             bad(func(f *gis.Feature) { f.Geom = orb.Point{math.NaN(), 35} }),
		"metres":          bad(func(f *gis.Feature) { f.Geom = orb.Point{500000, 3900000} }),
		"infinite":        bad(func(f *gis.Feature) { f.Geom = orb.Point{116, math.Inf(1)} }),
		"empty line":      bad(func(f *gis.Feature) { f.Geom = orb.LineString{} }),
		"one-point line":  bad(func(f *gis.Feature) { f.Geom = orb.LineString{{1, 2}} }),
		"open ring":       bad(func(f *gis.Feature) { f.Geom = orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}} }),
		"collection":      bad(func(f *gis.Feature) { f.Geom = orb.Collection{orb.Point{1, 2}} }),
		"wrong type":      bad(func(f *gis.Feature) { f.Values[f.Layer.Index("name")] = int64(4) }),
		"no date":         bad(func(f *gis.Feature) { f.Set("init_date", "2026/8/2") }),
		"no JSON":         bad(func(f *gis.Feature) { f.Set("extra", "{") }),
		"no UTF-8":        bad(func(f *gis.Feature) { f.Set("name", "\xc9\xcf") }),
		"too many values": bad(func(f *gis.Feature) { f.Values = append(f.Values, nil) }),
		"shape of a dept": bad(func(f *gis.Feature) { *f = *department("d", "n"); f.Geom = orb.Point{1, 2} }),
		"line as building": bad(func(f *gis.Feature) {
			*f = gis.NewFeature(gis.MustLayer("building"))
			f.Geom = orb.LineString{{1, 2}, {3, 4}}
		}),
		"a NUL":     bad(func(f *gis.Feature) { f.Set("name", "a\x00b") }),
		"NaN value": bad(func(f *gis.Feature) { *f = gis.NewFeature(gis.MustLayer("building")); f.Set("height_m", math.NaN()) }),
		"no layer":  {},
	}
	write(t, s, func(tx data.Tx) error {
		for name, f := range cases {
			_, _, err := tx.Put(f)
			wantKind(t, name, err, gis.Invalid)
		}
		return putAll(tx, component("good", 116, 35))
	})
	wantKeys(t, "after the refusals", keysOf(t, s.Features(t.Context(), "component", orb.Bound{})), "good")
	for _, l := range gis.Layers {
		if n, _ := s.Count(t.Context(), l.Name); n != 0 && l.Name != "component" {
			t.Errorf("%s: got %d rows, want none", l.Name, n)
		}
	}
}

func testIDs(t *testing.T, s Store) {
	a, b := component("a", 116, 35), component("b", 116, 35)
	put(t, s, a, b)
	del := func(key string) func(tx data.Tx) error {
		return func(tx data.Tx) error { return tx.Delete("component", key) }
	}
	write(t, s, del("b"))
	again := component("b", 116, 35)
	put(t, s, again)
	if again.ID <= b.ID {
		t.Errorf("id of the row put again: got %d, want more than %d", again.ID, b.ID)
	}
	write(t, s, func(tx data.Tx) error { _, err := tx.Clear("component"); return err })
	c := component("c", 116, 35)
	put(t, s, c)
	if c.ID <= again.ID {
		t.Errorf("id after clearing: got %d, want more than %d", c.ID, again.ID)
	}
	_, err := s.Write(t.Context(), data.WriteInfo{}, del("b"))
	wantKind(t, "delete what is gone", err, gis.NotFound)
}

func testMadeKeys(t *testing.T, s Store) {
	layer := gis.MustLayer("poi")
	made, given := gis.NewFeature(layer), gis.NewFeature(layer)
	made.Geom = orb.Point{116, 35}
	given.Key = "way/12"
	put(t, s, &made, &given)
	if made.Key == "" || made.Key[0] != 'p' {
		t.Errorf("made key: got %q, want p and the id", made.Key)
	}
	made.Set("name", "市民中心")
	write(t, s, func(tx data.Tx) error {
		if op, changed, err := tx.Put(&made); op != gis.Update || !changed || err != nil {
			t.Errorf("put by made key: got %s %t %v, want an update", op, changed, err)
		}
		given.Set("name", "图书馆")
		if op, changed, err := tx.Put(&given); op != gis.Update || !changed || err != nil {
			t.Errorf("put by given key: got %s %t %v, want an update", op, changed, err)
		}
		strange := gis.NewFeature(layer)
		strange.Key = "p4711"
		_, _, err := tx.Put(&strange)
		wantKind(t, "a made key that is not there", err, gis.NotFound)
		return nil
	})
	if n, _ := s.Count(t.Context(), "poi"); n != 2 {
		t.Errorf("rows: got %d, want 2", n)
	}
}

func testBounds(t *testing.T, s Store) {
	line := gis.NewFeature(gis.MustLayer("component"))
	line.Key = "line"
	line.Geom = orb.LineString{{116.1, 35.1}, {116.5, 35.5}}
	nowhere := component("nowhere", 0, 0)
	nowhere.Geom = nil
	put(t, s, component("e", 116.9, 35), component("b", 116.2, 35.2), &line, nowhere, component("a", 116.3, 35.30000000001))
	ctx := context.Background()
	for _, c := range []struct {
		name  string
		bound orb.Bound
		want  []string
	}{
		{"all, by id", orb.Bound{}, []string{"e", "b", "line", "nowhere", "a"}},
		{"west", orb.Bound{Min: orb.Point{116, 35}, Max: orb.Point{116.4, 36}}, []string{"b", "line", "a"}},
		{"edge counts", orb.Bound{Min: orb.Point{116.9, 35}, Max: orb.Point{117, 36}}, []string{"e"}},
		{"below a hair", orb.Bound{Min: orb.Point{116.25, 35.2}, Max: orb.Point{116.3, 35.3}}, []string{"line"}},
		{"nothing", orb.Bound{Min: orb.Point{10, 10}, Max: orb.Point{11, 11}}, nil},
	} {
		wantKeys(t, c.name, keysOf(t, s.Features(ctx, "component", c.bound)), c.want...)
		write(t, s, func(tx data.Tx) error {
			wantKeys(t, c.name+" in a write", keysOf(t, tx.Features("component", c.bound)), c.want...)
			return nil
		})
	}
	for range s.Features(ctx, "component", orb.Bound{}) {
		break // a caller may leave early
	}
}

func testExtent(t *testing.T, s Store) {
	want := func(b orb.Bound) {
		t.Helper()
		if got, err := s.Extent(t.Context(), "component"); err != nil || got != b {
			t.Errorf("extent: got %v, %v, want %v", got, err, b)
		}
	}
	put(t, s, component("a", 116, 35), component("b", 117, 36), component("c", 118, 34))
	want(orb.Bound{Min: orb.Point{116, 34}, Max: orb.Point{118, 36}})
	put(t, s, component("c", 116.5, 35.5))
	want(orb.Bound{Min: orb.Point{116, 35}, Max: orb.Point{117, 36}})
	write(t, s, func(tx data.Tx) error { return tx.Delete("component", "a") })
	want(orb.Bound{Min: orb.Point{116.5, 35.5}, Max: orb.Point{117, 36}})
	write(t, s, func(tx data.Tx) error {
		if err := tx.Delete("component", "b"); err != nil {
			return err
		}
		return tx.Delete("component", "c")
	})
	want(orb.Bound{})
}
