package cql2

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// thing is a row of a map.
type thing struct {
	schema *Schema
	values map[string]any
	geom   orb.Geometry
}

func (r *thing) Value(i int) any        { return r.values[r.schema.Fields[i].Name] }
func (r *thing) Geometry() orb.Geometry { return r.geom }

var testSchema = Schema{
	Layer: "thing", Geometry: true, Zone: time.FixedZone("", 8*3600),
	Fields: []Field{
		{"s", gis.Text},
		{"s2", gis.Text},
		{"none", gis.Text},
		{"i", gis.Int},
		{"r", gis.Real},
		{"b", gis.Bool},
		{"bn", gis.Bool},
		{"d", gis.Date},
		{"d2", gis.Date},
		{"dn", gis.Date},
		{"t", gis.Time},
		{"t2", gis.Time},
		{"bad", gis.Date},
		{"n0", gis.Int},
	},
}

// one is i 7, r 2.5, a day and a moment of August 2026: 2026-08-01T20:00Z is the 2nd in China.
var one = &thing{schema: &testSchema, geom: orb.Point{10, 20}, values: map[string]any{
	"s": "路灯 A-1", "s2": "50%_\\", "i": int64(7), "r": 2.5, "b": true,
	"d": "2026-08-02", "d2": "2026-08-20", "t": "2026-08-02T04:00:00+08:00", "t2": "2026-08-03T00:00:00Z", "bad": "soon",
}}

func ask(tb testing.TB, text string, row Row) Truth {
	tb.Helper()
	p, err := mustParse(tb, text).Compile(testSchema, nil)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return p.Run(row, 0).Ask()
}

// truths are what filters say of one, by the rules of the standard, by clause.
var truths = []struct {
	text string
	want Truth
}{
	// comparisons
	{"s = '路灯 A-1'", True},
	{"s = '路灯 a-1'", False},
	{"s <> 'x'", True},
	{"s > '路'", True},
	{"'z' < s", True},
	{"s < s2", False},
	{"i = 7", True},
	{"i = 7.0", True},
	{"i <> 7", False},
	{"i < 7.5", True},
	{"i >= 8", False},
	{"r = 2.5", True},
	{"r > i", False},
	{"9007199254740993 = 9007199254740992", False},
	{"9223372036854775807 > 9223372036854775806", True},
	{"b = TRUE", True},
	{"b <> TRUE", False},
	{"FALSE < b", True},
	{"d = DATE('2026-08-02')", True},
	{"d < d2", True},
	{"d > DATE('2026-08-02')", False},
	{"t = TIMESTAMP('2026-08-01T20:00:00Z')", True},
	{"t < t2", True},
	{"t = TIMESTAMP('2026-08-01T20:00:00.000001Z')", False},
	// a timestamp that meets a date is its day, in China
	{"t = DATE('2026-08-02')", True},
	{"t > DATE('2026-08-01')", True},
	{"t = d", True},
	{"d2 > t2", True},
	{"d >= TIMESTAMP('2026-08-01T20:00:00Z')", True},
	// NULL
	{"none = 'x'", Null},
	{"none <> 'x'", Null},
	{"none IS NULL", True},
	{"none IS NOT NULL", False},
	{"s IS NULL", False},
	{"NOT (none = 'x')", Null},
	{"(none = 'x') IS NULL", True},
	{"n0 + 1 IS NULL", True},
	{"geometry IS NULL", False},
	{"bad IS NULL", True},
	{"none = 'x' AND FALSE", False},
	{"none = 'x' AND TRUE", Null},
	{"none = 'x' OR TRUE", True},
	{"none = 'x' OR FALSE", Null},
	{"TRUE AND none = 'x'", Null},
	{"FALSE OR none = 'x'", Null},
	{"none = 'x' OR none = 'x'", Null},
	{"none = 'x' OR i = 7", True},
	{"none = s", Null},
	{"bn = TRUE", Null},
	{"dn = DATE('2026-01-01')", Null},
	{"INTERVAL(d, dn) IS NULL", True},
	// LIKE
	{"s LIKE '路灯%'", True},
	{"s LIKE '%A%'", True},
	{"s LIKE '%a%'", False},
	{"s LIKE '路_ A-1'", True},
	{"s LIKE '路_A-1'", False},
	{"s LIKE '路灯 A-1'", True},
	{"s LIKE '路灯'", False},
	{"s LIKE '%'", True},
	{"s LIKE ''", False},
	{"s LIKE '%路灯 A-1%'", True},
	{"s LIKE '%%1'", True},
	{"s LIKE '%灯%-%'", True},
	{"s LIKE '%-%灯%'", False},
	{"s LIKE '_%_%_%_%_%_'", True},
	{"s LIKE '_%_%_%_%_%_%_'", False},
	{`s2 LIKE '50\%\__'`, True},
	{`s2 LIKE '50\%\_\\\\'`, True},
	{`s2 LIKE '50_\_%'`, True},
	{`s2 LIKE '5\%%'`, False},
	{"none LIKE '%'", Null},
	{"none NOT LIKE '%'", Null},
	{"s NOT LIKE '路%'", False},
	{"'abc' LIKE 'a%'", True},
	{"CASEI(s) LIKE CASEI('%a-1')", True},
	{"CASEI(s) = CASEI('路灯 a-1')", True},
	{"CASEI('STRASSE') = CASEI('Straße')", True},
	{"ACCENTI('Bézier') = ACCENTI('Bezier')", True},
	{"ACCENTI('はじめ') = 'はしめ'", False},
	{"ACCENTI(CASEI('ÉA')) = 'ea'", True},
	{"CASEI(none) = 'x'", Null},
	// BETWEEN, IN
	{"i BETWEEN 7 AND 8", True},
	{"i BETWEEN 6 AND 7", True},
	{"i BETWEEN 8 AND 9", False},
	{"i NOT BETWEEN 8 AND 9", True},
	{"n0 BETWEEN 1 AND 2", Null},
	{"i BETWEEN n0 AND 2", Null},
	{"5 BETWEEN r AND i", True},
	{"d BETWEEN DATE('2026-08-01') AND DATE('2026-08-02')", True},
	{"t BETWEEN DATE('2026-08-02') AND DATE('2026-08-02')", True},
	{"i IN (1, 7.0)", True},
	{"r IN (1, 2.5)", True},
	{"i IN (1, 2)", False},
	{"i NOT IN (1, 2)", True},
	{"n0 IN (1)", Null},
	{"i IN (1, i)", True},
	{"i IN (1, n0)", Null},
	{"i IN (7, n0)", True},
	{"s IN ('x', '路灯 A-1')", True},
	{"CASEI(s) IN (CASEI('路灯 A-1'))", True},
	{"d IN (DATE('2026-08-02'))", True},
	{"t IN (DATE('2026-08-02'))", True},
	{"b IN (TRUE)", True},
	// arithmetic
	{"i + 1 = 8", True},
	{"i - 1 * 2 = 5", True},
	{"(i - 1) * 2 = 12", True},
	{"i / 2 = 3.5", True},
	{"i div 2 = 3", True},
	{"-7 div 2 = -3", True},
	{"i % 4 = 3", True},
	{"2 ^ 3 = 8", True},
	{"-i = -7", True},
	{"i / 0 = 1", Null},
	{"i % 0 = 1", Null},
	{"10 ^ 400 > 1", Null},
	{"n0 * 0 = 0", Null},
	// time
	{"T_AFTER(d, DATE('2026-08-01'))", True},
	{"T_AFTER(d, DATE('2026-08-02'))", False},
	{"T_BEFORE(d, d2)", True},
	{"T_EQUALS(d, DATE('2026-08-02'))", True},
	{"T_EQUALS(t, DATE('2026-08-02'))", True},
	{"T_INTERSECTS(t, INTERVAL('2026-08-02', '2026-08-02'))", True},
	{"T_DISJOINT(t, INTERVAL('2026-08-03', '..'))", True},
	{"T_INTERSECTS(d, INTERVAL('..', '..'))", True},
	{"T_BEFORE(d, INTERVAL('2026-08-03', '2026-08-04'))", True},
	{"T_AFTER(dn, d)", Null},
	{"T_INTERSECTS(INTERVAL(d, dn), d)", Null},
	// space
	{"S_INTERSECTS(geometry, BBOX(9, 19, 11, 21))", True},
	{"S_INTERSECTS(geometry, BBOX(10, 20, 11, 21))", True},
	{"S_WITHIN(geometry, BBOX(10, 20, 11, 21))", False},
	{"S_TOUCHES(geometry, BBOX(10, 20, 11, 21))", True},
	{"S_DISJOINT(geometry, POINT(10 20))", False},
	{"S_EQUALS(geometry, POINT(10 20))", True},
	{"S_EQUALS(POINT(10 21), geometry)", False},
	{"S_CONTAINS(BBOX(9, 19, 11, 21), geometry)", True},
	{"S_WITHIN(geometry, LINESTRING(9 19, 11 21))", True},
	{"S_TOUCHES(geometry, LINESTRING(10 20, 11 21))", True},
	{"S_INTERSECTS(geometry, BBOX(170, 19, 11, 21))", True},
	{"S_INTERSECTS(geometry, BBOX(170, 19, 9, 21))", False},
	{"S_INTERSECTS(geometry, geometry)", True},
	{"S_CROSSES(LINESTRING(0 0, 2 2), LINESTRING(0 2, 2 0))", True},
	{"S_WITHIN(geometry, MULTIPOINT((1 1), (10 20)))", True},
	{"S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT(0 0), POLYGON((9 19, 11 19, 11 21, 9 19))))", True},
}

func TestTruth(t *testing.T) {
	for _, c := range truths {
		if got := ask(t, c.text, one); got != c.want {
			t.Errorf("%s: got %d, want %d", c.text, got, c.want)
		}
	}
	bare := &thing{schema: &testSchema}
	for text, want := range map[string]Truth{
		"S_INTERSECTS(geometry, BBOX(9, 19, 11, 21))": Null, "S_DISJOINT(geometry, BBOX(9, 19, 11, 21))": Null, "geometry IS NULL": True, "s = ''": Null,
	} {
		if got := ask(t, text, bare); got != want {
			t.Errorf("without geometry, %s: got %d, want %d", text, got, want)
		}
	}
}

// TestIntervals holds the relations of two intervals against Allen's: for each pair exactly those of the table hold.
func TestIntervals(t *testing.T) {
	day := func(n int) string { return fmt.Sprintf("2026-01-%02d", n) }
	for _, c := range []struct {
		a0, a1, b0, b1 int
		want           string
	}{
		{1, 3, 5, 8, "BEFORE DISJOINT"},
		{5, 8, 1, 3, "AFTER DISJOINT"},
		{1, 5, 5, 8, "INTERSECTS MEETS"},
		{5, 8, 1, 5, "INTERSECTS METBY"},
		{1, 6, 5, 8, "INTERSECTS OVERLAPS"},
		{5, 8, 1, 6, "INTERSECTS OVERLAPPEDBY"},
		{1, 3, 1, 8, "INTERSECTS STARTS"},
		{1, 8, 1, 3, "INTERSECTS STARTEDBY"},
		{2, 3, 1, 8, "DURING INTERSECTS"},
		{1, 8, 2, 3, "CONTAINS INTERSECTS"},
		{5, 8, 1, 8, "FINISHES INTERSECTS"},
		{1, 8, 5, 8, "FINISHEDBY INTERSECTS"},
		{1, 8, 1, 8, "EQUALS INTERSECTS"},
	} {
		var got []string
		for _, name := range []string{
			"AFTER", "BEFORE", "CONTAINS", "DISJOINT", "DURING", "EQUALS", "FINISHEDBY", "FINISHES", "INTERSECTS", "MEETS", "METBY", "OVERLAPPEDBY",
			"OVERLAPS", "STARTEDBY", "STARTS",
		} {
			text := fmt.Sprintf("T_%s(INTERVAL('%s', '%s'), INTERVAL('%s', '%s'))", name, day(c.a0), day(c.a1), day(c.b0), day(c.b1))
			if ask(t, text, one) == True {
				got = append(got, name)
			}
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%d-%d, %d-%d: got %s, want %s", c.a0, c.a1, c.b0, c.b1, g, c.want)
		}
	}
}

func TestCompileFaults(t *testing.T) {
	for _, c := range []struct {
		text   string
		offset int
		says   string
	}{
		{"i = 7 AND stat = 'x'", 10, "thing has no property stat; there are s, s2,"},
		{"s = 5", 4, "the number 5 stands where a text is expected, as '5'"},
		{"5 = s", 0, "as '5'"},
		{"i = '7'", 4, "as 7 without quotes"},
		{"i = s", 4, "s is a text; a number is expected"},
		{"d > '2026-01-01'", 4, "as DATE('2026-08-02')"},
		{"t > '2026-01-01'", 4, "as TIMESTAMP("},
		{"d = 5", 4, "a date"},
		{"b = 1", 4, "TRUE or FALSE"},
		{"i LIKE 'x%'", 0, "i is a number; a text is expected"},
		{"s BETWEEN 'a' AND 'b'", 0, "BETWEEN compares numbers, dates and timestamps; the property s is a text"},
		{"i IN (1, 'x')", 9, "the text 'x' stands where a number"},
		{"s + 1 = 2", 0, "s is a text; a number"},
		{"CASEI(i) = 'x'", 6, "a text"},
		{"geometry = 5", 0, ""},
		{"s = geometry", 4, "geometry is a geometry; a text is expected"},
		{"S_INTERSECTS(s, POINT(1 1))", 13, "s is a text; the property geometry or a geometry is expected"},
		{"S_INTERSECTS(geometry, POINT(35.4 116.97))", 23, "outside the world"},
		{"S_INTERSECTS(geometry, BBOX(1, 5, 2, 4))", 23, "south is larger"},
		{"T_AFTER(s, DATE('2026-01-01'))", 8, "s is a text; a date, a timestamp or an interval"},
		{"T_DURING(t, INTERVAL('2026-01-01', '..'))", 9, "T_DURING compares two intervals; the property t is an instant: use T_INTERSECTS"},
		{"T_AFTER(INTERVAL(d, t), d)", 20, "two dates or two timestamps"},
		{"s LIKE '" + strings.Repeat("x", 1001) + "'", 7, "at most 1000"},
	} {
		_, err := mustParse(t, c.text).Compile(testSchema, nil)
		expectFault(t, c.text, err, c.offset, "", c.says)
	}
}

// swapped is a system whose first axis is latitude; flat one of metres.
type swapped struct{}

func (swapped) ToLonLat(x, y float64) (lon, lat float64) { return y, x }
func (swapped) Geographic() bool                         { return true }

type flat struct{}

func (flat) ToLonLat(x, y float64) (lon, lat float64) { return x / 1000, y / 1000 }
func (flat) Geographic() bool                         { return false }

func TestCRS(t *testing.T) {
	for _, c := range []struct {
		crs  CRS
		text string
		want Truth
	}{
		{swapped{}, "S_INTERSECTS(geometry, POINT(20 10))", True},
		{swapped{}, "S_INTERSECTS(geometry, BBOX(19, 9, 21, 11))", True},
		{swapped{}, "S_INTERSECTS(geometry, BBOX(9, 19, 11, 21))", False},
		{flat{}, "S_WITHIN(geometry, BBOX(9000, 19000, 11000, 21000))", True},
		{flat{}, "S_INTERSECTS(geometry, POLYGON((0 0, 1000 0, 1000 1000, 0 0)))", False},
	} {
		p, err := mustParse(t, c.text).Compile(testSchema, c.crs)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Run(one, 0).Ask(); got != c.want {
			t.Errorf("%T %s: got %d, want %d", c.crs, c.text, got, c.want)
		}
	}
}

// TestBound: a feature that passes touches the filter's bounds.
func TestBound(t *testing.T) {
	a, b := orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{1, 1}}, orb.Bound{Min: orb.Point{5, 5}, Max: orb.Point{8, 8}}
	const inA, inB = "S_WITHIN(geometry, BBOX(0,0,1,1))", "S_INTERSECTS(BBOX(5,5,8,8), geometry)"
	for _, c := range []struct {
		text      string
		want      orb.Bound
		all, none bool
	}{
		{inA, a, false, false},
		{inB, b, false, false},
		{inA + " AND i = 7", a, false, false},
		{inA + " OR i = 7", orb.Bound{}, true, false},
		{inA + " OR " + inB, a.Union(b), false, false},
		{inA + " AND " + inB, a, false, false},
		{"NOT " + inA, orb.Bound{}, true, false},
		{"S_DISJOINT(geometry, BBOX(0,0,1,1))", orb.Bound{}, true, false},
		{"FALSE", orb.Bound{}, false, true},
		{"FALSE OR " + inA, a, false, false},
		{"TRUE AND " + inA, a, false, false},
		{"i = 7", orb.Bound{}, true, false},
	} {
		p, err := mustParse(t, c.text).Compile(testSchema, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, all, none := p.Bound(); all != c.all || none != c.none || !all && !none && got != c.want {
			t.Errorf("%s: got %v %v %v, want %v %v %v", c.text, got, all, none, c.want, c.all, c.none)
		}
	}
}

// coded is a row with a dictionary, that counts how often it is read.
type coded struct {
	thing
	code  map[string]uint32
	reads int
}

func (r *coded) Value(i int) any { r.reads++; return r.thing.Value(i) }
func (r *coded) Code(i int) (uint32, bool) {
	c, ok := r.code[r.schema.Fields[i].Name]
	return c, ok
}

func TestOncePerCode(t *testing.T) {
	p, err := mustParse(t, "(s LIKE '路%' OR s = 'x') AND i > 5").Compile(testSchema, nil)
	if err != nil {
		t.Fatal(err)
	}
	row := &coded{thing: *one, code: map[string]uint32{"s": 3, "i": 4}}
	run := p.Run(row, 5)
	for range 100 {
		if !run.Keep() {
			t.Fatal("it does not pass")
		}
	}
	if row.reads != 2 { // LIKE decides the first condition, i the second
		t.Errorf("read %d values for 100 rows of one code each, want 2", row.reads)
	}
	row.values = map[string]any{"s": "井盖", "i": int64(9)}
	row.code["s"] = 2
	if run.Keep() {
		t.Error("another code has the outcome of the first")
	}
}

// TestByBounds: what the bounds of a row decide is what its geometry says.
func TestByBounds(t *testing.T) {
	decided := 0
	r := rand.New(rand.NewSource(5))
	at := func() orb.Point { return orb.Point{float64(r.Intn(9)), float64(r.Intn(9))} }
	for range 3000 {
		box := orb.MultiPoint{at(), at()}.Bound()
		g := []orb.Geometry{orb.LineString{at(), at()}, orb.Polygon{{{2, 2}, {5, 2}, at(), {2, 2}}}, orb.MultiPoint{at(), at()}}[r.Intn(3)]
		if p, ok := g.(orb.Polygon); ok && twiceArea(p[0]) == 0 {
			continue
		}
		lit := newShape(box, true)
		for o := opContains; o <= opWithin; o++ {
			got, ok := byBounds(o, g.Bound(), lit)
			if want := truthOf(spatial(o, newShape(g, false), lit)); ok && got != want {
				t.Errorf("%s: bounds say %d, the shape %d: %s in %v", opNames[o], got, want, geometryText(g), box)
			}
			if ok {
				decided++
			}
		}
	}
	if decided < 1000 {
		t.Errorf("bounds decided %d times", decided)
	}
}
