package cql2

import (
	"regexp"
	"testing"
	"time"

	"github.com/paulmach/orb"
)

var parameter = regexp.MustCompile(`\$[0-9]+::`)

// roundTrip prints f and reads it again, in both forms, and asks it for a row: nothing may panic, last, or give another tree.
func roundTrip(t *testing.T, f *Filter) {
	start := time.Now()
	text, js := f.Text(), f.JSON()
	if len(text) <= MaxBytes { // what is printed may be longer than what was read
		g, err := Parse(text)
		if err != nil {
			t.Fatalf("printed %q is not read: %v", text, err)
		}
		if !g.Equal(f) || g.Text() != text {
			t.Fatalf("printed %q is read as %q", text, g.Text())
		}
	}
	if len(js) <= MaxBytes {
		g, err := ParseJSON(js)
		if err != nil {
			t.Fatalf("printed %s is not read: %v", js, err)
		}
		if !g.Equal(f) {
			t.Fatalf("printed %s is read as %s", js, g.JSON())
		}
	}
	if p, err := f.Compile(testSchema, nil); err == nil {
		p.Bound()
		for _, g := range []orb.Geometry{nil, orb.Point{1, 1}, orb.LineString{{0, 0}, {3, 3}}, orb.Polygon{{{0, 0}, {4, 0}, {4, 4}, {0, 0}}}} {
			p.Run(&thing{schema: &testSchema, values: one.values, geom: g}, 0).Ask()
		}
		if where, params, err := f.SQL(testSchema, nil, testTable); err == nil {
			used := map[string]bool{} // PostgreSQL takes no parameter that is not
			for _, p := range parameter.FindAllString(where, -1) {
				used[p] = true
			}
			if len(used) != len(params) {
				t.Fatalf("%q: %d of %d parameters are used in %s", text, len(used), len(params), where)
			}
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Fatalf("%d bytes took %v", len(text), took)
	}
}

func FuzzText(f *testing.F) {
	for _, c := range forms {
		f.Add(c.text)
	}
	for _, s := range []string{"i + 1 = n0 OR T_AFTER(d, DATE('2026-01-01'))", "S_OVERLAPS(geometry, BBOX(1,1,0,2))", "s LIKE '%a_\\%' AND b = TRUE", "a = \u3000'x'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := Parse(text); err == nil {
			roundTrip(t, p)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, c := range forms {
		f.Add([]byte(c.json))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := ParseJSON(data); err == nil {
			roundTrip(t, p)
		}
	})
}
