package mvt

import (
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"testing"

	"github.com/paulmach/orb"
	orbmvt "github.com/paulmach/orb/encoding/mvt"
)

func cols(names ...string) []Column {
	c := make([]Column, len(names))
	for i, n := range names {
		c[i] = Column{Name: n, At: i}
	}
	return c
}

func TestTypedValuesAgainstOrb(t *testing.T) {
	d := NewDict()
	row := []uint32{
		d.Intern("井盖"), d.Intern(int64(7)), d.Intern(int64(-7)), d.Intern(2.5), d.Intern(true), d.Intern(nil), d.Intern(math.NaN()),
		d.Intern(int64(math.MinInt64)), d.Intern(int64(math.MaxInt64)), d.Intern(""),
	}
	var e Encoder
	e.Begin("thing", cols("s", "i", "n", "f", "b", "nil", "nan", "min", "max", "empty"), d.Values(), Values{})
	e.Tags(row)
	k := e.Key("point_count")
	e.TagInt(k, 12)
	e.Point(1<<53-1, -64, 4159)
	if n := e.End(); n != 1 {
		t.Fatalf("got %d features, want 1", n)
	}
	ls, err := orbmvt.Unmarshal(e.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	f := ls[0].Features[0]
	want := map[string]any{
		"s": "井盖", "i": 7.0, "n": -7.0, "f": 2.5, "b": true, "min": float64(math.MinInt64), "max": float64(math.MaxInt64), "empty": "", "point_count": 12.0,
	}
	if got := map[string]any(f.Properties); !reflect.DeepEqual(got, want) {
		t.Errorf("properties: got %v, want %v", got, want)
	}
	if got, want := f.Geometry, (orb.Point{-64, 4159}); got != want {
		t.Errorf("point: got %v, want %v", got, want)
	}
	if got := fmt.Sprint(f.ID); got != fmt.Sprint(float64(1<<53-1)) {
		t.Errorf("id: got %s", got)
	}
	if err := Validate(e.Bytes()); err != nil {
		t.Error(err)
	}
}

func TestLayersAndParts(t *testing.T) {
	d := NewDict()
	a := d.Intern("a")
	var e Encoder
	e.Begin("empty", cols("k"), d.Values(), Values{})
	if n := e.End(); n != 0 || len(e.Bytes()) != 0 {
		t.Fatalf("an empty layer left %d features, %d bytes", n, len(e.Bytes()))
	}
	e.Begin("poly", cols("k"), d.Values(), Values{})
	e.StartGeometry()
	e.RingPart([]int64{0, 0, 100, 0, 100, 100, 0, 100})
	e.RingPart([]int64{10, 10, 10, 20, 20, 20, 20, 10})
	e.RingPart([]int64{200, 200, 300, 200, 300, 300})
	e.Tags([]uint32{a})
	e.Feature(5, Polygon)
	e.End()
	e.Begin("line", cols("k"), d.Values(), Values{})
	e.StartGeometry()
	e.LinePart([]int64{0, 0, 5, 5})
	e.LinePart([]int64{-3, 7, 8, 9, 10, 4096})
	e.Tags([]uint32{0})
	e.Feature(6, Line)
	e.StartGeometry()
	if e.Feature(7, Line) {
		t.Error("a feature without geometry was written")
	}
	e.End()
	e.Begin("points", nil, Values{}, Values{})
	e.StartGeometry()
	e.Points([]int64{1, 2, 3, 4})
	e.Tags(nil)
	e.Feature(8, Point)
	e.End()
	ls, err := orbmvt.Unmarshal(e.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]orb.Geometry{}
	for _, l := range ls {
		if l.Version != 2 || l.Extent != 4096 {
			t.Errorf("layer %s: version %d extent %d", l.Name, l.Version, l.Extent)
		}
		got[l.Name] = l.Features[0].Geometry
	}
	want := map[string]orb.Geometry{
		"poly": orb.MultiPolygon{
			{{{0, 0}, {100, 0}, {100, 100}, {0, 100}, {0, 0}}, {{10, 10}, {10, 20}, {20, 20}, {20, 10}, {10, 10}}},
			{{{200, 200}, {300, 200}, {300, 300}, {200, 200}}},
		},
		"line":   orb.MultiLineString{{{0, 0}, {5, 5}}, {{-3, 7}, {8, 9}, {10, 4096}}},
		"points": orb.MultiPoint{{1, 2}, {3, 4}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if err := Validate(e.Bytes()); err != nil {
		t.Error(err)
	}
}

func TestDict(t *testing.T) {
	d := NewDict()
	vals := []any{"x", int64(1), 1.0, true, false, "1", "", int64(-1)}
	codes := map[uint32]any{}
	for _, v := range vals {
		c := d.Intern(v)
		if o, ok := codes[c]; ok || c == 0 {
			t.Errorf("%v and %v have the same code %d", v, o, c)
		}
		codes[c] = v
	}
	long := string(make([]byte, 200_000))
	lc := d.Intern(long)
	old := d.Values()
	many := map[string]uint32{}
	for i := range 50_000 {
		s := fmt.Sprintf("value %d", i)
		many[s] = d.Intern(s)
	}
	for s, c := range many {
		if got := d.Intern(s); got != c {
			t.Fatalf("%s: code %d, then %d", s, c, got)
		}
		v := d.Values()
		if got, want := string(v.Entry(c)), string(AppendValue(nil, s)); got != want {
			t.Fatalf("%s: got %q, want %q", s, got, want)
		}
	}
	if got := old.Entry(lc); string(got) != string(AppendValue(nil, long)) {
		t.Errorf("the long value reads back as %d bytes", len(got))
	}
	if a, b := d.Add("x"), d.Add("x"); a == b {
		t.Error("Add gave one code twice")
	}
}

func TestClipLine(t *testing.T) {
	box := Box{Lo: -64, Hi: 4160}
	for _, tc := range []struct {
		name string
		in   []int64
		want [][]int64
	}{
		{"inside", []int64{0, 0, 5, 5}, [][]int64{{0, 0, 5, 5}}},
		{"outside", []int64{-100, 0, -100, 50}, nil},
		{"through", []int64{-1000, 10, 5000, 10}, [][]int64{{-64, 10, 4160, 10}}},
		{"out and in", []int64{0, 0, 0, -200, 10, -200, 10, 0}, [][]int64{{0, 0, 0, -64}, {10, -64, 10, 0}}},
		{"touches a corner", []int64{-128, -64, -64, -64}, nil},
		{"outside corner", []int64{-100, 0, 0, -100}, [][]int64{{-64, -36, -36, -64}}},
		{"past the corner", []int64{-1000, 0, 0, -1000}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var c Clipper
			var got [][]int64
			c.Line(tc.in, box, func(p []int64) { got = append(got, append([]int64(nil), p...)) })
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			rev := append([]int64(nil), tc.in...)
			Reverse(rev)
			n := 0
			c.Line(rev, box, func(p []int64) { n += len(p) })
			m := 0
			for _, p := range tc.want {
				m += len(p)
			}
			if n != m {
				t.Errorf("reversed: %d numbers, want %d", n, m)
			}
		})
	}
}

func TestClipRingArea(t *testing.T) {
	// The cut of a ring has the area of its overlap with the box: compare with counting lattice squares of a rectangle, and with
	// convex polygons cut the other way round, by the box as subject.
	const seed = 7
	rnd := rand.New(rand.NewSource(seed))
	box := Box{Lo: 0, Hi: 100}
	var c Clipper
	for range 2000 {
		x0, y0 := rnd.Int63n(300)-150, rnd.Int63n(300)-150
		x1, y1 := x0+1+rnd.Int63n(200), y0+1+rnd.Int63n(200)
		got := Area2(c.Ring([]int64{x0, y0, x1, y0, x1, y1, x0, y1}, box))
		want := 2 * max(0, min(x1, 100)-max(x0, 0)) * max(0, min(y1, 100)-max(y0, 0))
		if got != want {
			t.Fatalf("seed %d: rectangle %d %d %d %d: area2 %d, want %d", seed, x0, y0, x1, y1, got, want)
		}
	}
}

func TestCleanRing(t *testing.T) {
	for _, tc := range []struct {
		name     string
		in, want []int64
		straight bool
	}{
		{"repeats", []int64{0, 0, 0, 0, 5, 0, 5, 5, 5, 5, 0, 0}, []int64{0, 0, 5, 0, 5, 5}, false},
		{"straight kept", []int64{0, 0, 2, 0, 5, 0, 5, 5}, []int64{0, 0, 2, 0, 5, 0, 5, 5}, false},
		{"straight dropped", []int64{0, 0, 2, 0, 4, 0, 5, 0, 5, 5}, []int64{0, 0, 5, 0, 5, 5}, true},
		{"spike kept", []int64{0, 0, 5, 0, 2, 0, 5, 5}, []int64{0, 0, 5, 0, 2, 0, 5, 5}, true},
		{"one point", []int64{3, 3, 3, 3, 3, 3}, []int64{3, 3}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := CleanRing(append([]int64(nil), tc.in...), tc.straight); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestSimplify(t *testing.T) {
	var c Clipper
	in := []int64{0, 0, 10, 1, 20, 0, 30, 9, 40, 0}
	if got, want := c.Simplify(append([]int64(nil), in...), 2), []int64{0, 0, 20, 0, 30, 9, 40, 0}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := c.Simplify([]int64{5, 5, 6, 5, 6, 6, 5, 5}, 2), []int64{5, 5}; !reflect.DeepEqual(got, want) {
		t.Errorf("a small loop: got %v, want %v", got, want)
	}
	if got := c.Simplify(append([]int64(nil), in...), 0); !reflect.DeepEqual(got, in) {
		t.Errorf("tolerance 0 changed the line: %v", got)
	}
}

func FuzzEncoder(f *testing.F) {
	f.Add([]byte{0, 0, 10, 0, 10, 10}, "name", int64(3))
	f.Add([]byte{255, 0, 0, 255, 3, 3, 3, 3}, "", int64(-1))
	f.Fuzz(func(t *testing.T, raw []byte, s string, n int64) {
		var xy []int64
		for i := 0; i+1 < len(raw); i += 2 {
			xy = append(xy, int64(int8(raw[i]))*80, int64(int8(raw[i+1]))*80)
		}
		d := NewDict()
		row := []uint32{d.Intern(s), d.Intern(n)}
		var e Encoder
		var c Clipper
		box := Box{Lo: -64, Hi: 4160}
		e.Begin("l", cols("s", "n"), d.Values(), Values{})
		e.StartGeometry()
		c.Line(xy, box, e.LinePart)
		if e.HasGeometry() {
			e.Tags(row)
			e.Feature(1, Line)
		}
		e.StartGeometry()
		r := c.Ring(CleanRing(append([]int64(nil), xy...), n&1 == 0), box)
		if a := Area2(r); a != 0 {
			if a < 0 {
				Reverse(r)
			}
			e.RingPart(r)
			e.Tags(row)
			e.Feature(2, Polygon)
		}
		e.End()
		if err := Validate(e.Bytes()); err != nil {
			t.Fatal(err)
		}
		if len(e.Bytes()) > 0 {
			if _, err := orbmvt.Unmarshal(e.Bytes()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
