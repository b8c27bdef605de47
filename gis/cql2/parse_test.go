package cql2

import (
	"errors"
	"strings"
	"testing"

	"wanmi/gis"
)

// forms are filters in text, in JSON, and as text is printed; "" when it is printed as it stands.
var forms = []struct{ text, json, printed string }{
	{"state = '破损'", `{"op":"=","args":[{"property":"state"},"破损"]}`, ""},
	{"a <> 1 AND b >= 2.50 AND c < -3", `{"op":"and","args":[{"op":"<>","args":[{"property":"a"},1]},{"op":">=","args":[{"property":"b"},2.5]},{"op":"<","args":[{"property":"c"},-3]}]}`, "a <> 1 AND b >= 2.5 AND c < -3"},
	{"a = 1 and b = 2 or not c = 3", `{"op":"or","args":[{"op":"and","args":[{"op":"=","args":[{"property":"a"},1]},{"op":"=","args":[{"property":"b"},2]}]},{"op":"not","args":[{"op":"=","args":[{"property":"c"},3]}]}]}`, "(a = 1 AND b = 2) OR NOT (c = 3)"},
	{"a = 1 AND (b = 2 OR c = 3)", `{"op":"and","args":[{"op":"=","args":[{"property":"a"},1]},{"op":"or","args":[{"op":"=","args":[{"property":"b"},2]},{"op":"=","args":[{"property":"c"},3]}]}]}`, ""},
	{"(a = 1 AND b = 2) AND c = 3", `{"op":"and","args":[{"op":"and","args":[{"op":"=","args":[{"property":"a"},1]},{"op":"=","args":[{"property":"b"},2]}]},{"op":"=","args":[{"property":"c"},3]}]}`, ""},
	{"name NOT LIKE '%路灯_'", `{"op":"not","args":[{"op":"like","args":[{"property":"name"},"%路灯_"]}]}`, ""},
	{"NOT name LIKE 'a'", `{"op":"not","args":[{"op":"like","args":[{"property":"name"},"a"]}]}`, "name NOT LIKE 'a'"},
	{`name LIKE '50\%' OR name LIKE 'a\\b'`, `{"op":"or","args":[{"op":"like","args":[{"property":"name"},"50\\%"]},{"op":"like","args":[{"property":"name"},"a\\b"]}]}`, `name LIKE '50\\%' OR name LIKE 'a\\b'`},
	{`name = 'it''s' OR name = 'it\'s\n'`, `{"op":"or","args":[{"op":"=","args":[{"property":"name"},"it's"]},{"op":"=","args":[{"property":"name"},"it's\n"]}]}`, `name = 'it''s' OR name = 'it''s\n'`},
	{"class IN ('01001', '01018')", `{"op":"in","args":[{"property":"class"},["01001","01018"]]}`, ""},
	{"n NOT IN (1)", `{"op":"not","args":[{"op":"in","args":[{"property":"n"},[1]]}]}`, ""},
	{"n NOT BETWEEN 1 AND 1e3", `{"op":"not","args":[{"op":"between","args":[{"property":"n"},1,1000.0]}]}`, "n NOT BETWEEN 1 AND 1000.0"},
	{"label IS NOT NULL AND geometry IS NULL", `{"op":"and","args":[{"op":"not","args":[{"op":"isNull","args":[{"property":"label"}]}]},{"op":"isNull","args":[{"property":"geometry"}]}]}`, ""},
	{"(a = 1) IS NULL", `{"op":"isNull","args":[{"op":"=","args":[{"property":"a"},1]}]}`, ""},
	{"TRUE", "true", ""},
	{"CASEI(name) = casei('Straße')", `{"op":"=","args":[{"op":"casei","args":[{"property":"name"}]},{"op":"casei","args":["Straße"]}]}`, "CASEI(name) = CASEI('Straße')"},
	{"-a * 2 + b / 3 - c ^ 2 > d div 2 % 5", `{"op":">","args":[{"op":"-","args":[{"op":"+","args":[{"op":"*","args":[{"op":"*","args":[-1,{"property":"a"}]},2]},{"op":"/","args":[{"property":"b"},3]}]},{"op":"^","args":[{"property":"c"},2]}]},{"op":"%","args":[{"op":"div","args":[{"property":"d"},2]},5]}]}`, "(((-1 * a) * 2) + (b / 3)) - (c ^ 2) > (d div 2) % 5"},
	{`"and" = 1 AND "a b""c" = 2 AND 类别 = 3 AND eo:x.y = 4`, `{"op":"and","args":[{"op":"=","args":[{"property":"and"},1]},{"op":"=","args":[{"property":"a b\"c"},2]},{"op":"=","args":[{"property":"类别"},3]},{"op":"=","args":[{"property":"eo:x.y"},4]}]}`, ""},
	{"d > DATE('2026-08-02') OR t = TIMESTAMP('2026-08-02T10:00:00.5+08:00')", `{"op":"or","args":[{"op":">","args":[{"property":"d"},{"date":"2026-08-02"}]},{"op":"=","args":[{"property":"t"},{"timestamp":"2026-08-02T02:00:00.5Z"}]}]}`, "d > DATE('2026-08-02') OR t = TIMESTAMP('2026-08-02T02:00:00.5Z')"},
	{"t_during(interval(a, b), INTERVAL('..', '2026-01-01'))", `{"op":"t_during","args":[{"interval":[{"property":"a"},{"property":"b"}]},{"interval":["..","2026-01-01"]}]}`, "T_DURING(INTERVAL(a, b), INTERVAL('..', '2026-01-01'))"},
	{"T_FINISHEDBY(INTERVAL('2026-01-01T00:00:00Z', '..'), INTERVAL(a, b))", `{"op":"t_finishedBy","args":[{"interval":["2026-01-01T00:00:00Z",".."]},{"interval":[{"property":"a"},{"property":"b"}]}]}`, ""},
	{"S_INTERSECTS(geometry, BBOX(116.9, 35.3, 117, 35.5))", `{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[116.9,35.3,117,35.5]}]}`, ""},
	{"s_within(geometry, polygon((0 0, 1 0, 1 1, 0 0), (.1 .05, .2 .05, .2 .1, .1 .05)))", `{"op":"s_within","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]],[[0.1,0.05],[0.2,0.05],[0.2,0.1],[0.1,0.05]]]}]}`, "S_WITHIN(geometry, POLYGON((0 0, 1 0, 1 1, 0 0), (0.1 0.05, 0.2 0.05, 0.2 0.1, 0.1 0.05)))"},
	{"S_CROSSES(geometry, LINESTRING Z (0 0 5, 1 -1e-7 6))", `{"op":"s_crosses","args":[{"property":"geometry"},{"type":"LineString","coordinates":[[0,0],[1,-1E-07]]}]}`, "S_CROSSES(geometry, LINESTRING(0 0, 1 -1E-07))"},
	{"S_EQUALS(MULTIPOINT(0 0, (1 1)), geometry)", `{"op":"s_equals","args":[{"type":"MultiPoint","coordinates":[[0,0],[1,1]]},{"property":"geometry"}]}`, "S_EQUALS(MULTIPOINT((0 0), (1 1)), geometry)"},
	{"S_TOUCHES(geometry, GEOMETRYCOLLECTION(POINT(1 2), MULTILINESTRING((0 0, 1 1)), MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))))", `{"op":"s_touches","args":[{"property":"geometry"},{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"MultiLineString","coordinates":[[[0,0],[1,1]]]},{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}]}]}`, ""},
}

func TestForms(t *testing.T) {
	for _, c := range forms {
		f, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		want := c.printed
		if want == "" {
			want = c.text
		}
		if got := f.Text(); got != want {
			t.Errorf("%s printed: got %s, want %s", c.text, got, want)
		}
		j, err := ParseJSON([]byte(c.json))
		if err != nil {
			t.Errorf("%s: %v", c.json, err)
			continue
		}
		if !j.Equal(f) {
			t.Errorf("%s: the tree of %s is that of %s", c.text, c.json, j.Text())
		}
		for _, back := range []*Filter{mustParse(t, f.Text()), mustJSON(t, string(f.JSON()))} {
			if !back.Equal(f) {
				t.Errorf("%s: printed and read it is %s", c.text, back.Text())
			}
		}
	}
}

func mustParse(tb testing.TB, text string) *Filter {
	tb.Helper()
	f, err := Parse(text)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return f
}

func mustJSON(tb testing.TB, text string) *Filter {
	tb.Helper()
	f, err := ParseJSON([]byte(text))
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return f
}

// TestFaults: every fault has its place, and says what stands there and what is expected.
func TestFaults(t *testing.T) {
	deep := strings.Repeat("(", 200) + "a = 1" + strings.Repeat(")", 200)
	for _, c := range []struct {
		text   string
		offset int
		says   string
	}{
		{"", 0, "empty"},
		{"state", 0, "as state = TRUE,"},
		{"state = ", 8, "the end of the filter stands where a property or a value"},
		{"state = '破损", 8, "no closing quote"},
		{"state == 'x'", 7, "'=' stands where a property or a value"},
		{"state != 'x'", 6, "<>"},
		{"状态 = ‘破损’", 9, "'‘' has no meaning here"},
		{"a = 1 b = 2", 6, "'b' stands where AND, OR or the end"},
		{"a = 1 AND b", 10, "as b = TRUE,"},
		{"a = 1\nAND b = ;", 14, "(line 2, column 9)"},
		{"(a = 1", 6, "')' for the '(' at character 1"},
		{"a + 1", 0, "an expression stands where a condition"},
		{"a LIKE b", 7, "the property b stands where a pattern"},
		{"a LIKE 5", 7, "a pattern"},
		{"a IN ()", 6, "')' stands where a property or a value"},
		{"a IN (1 2)", 8, "',' or ')'"},
		{"a BETWEEN 1 OR 2", 12, "'AND'"},
		{"a NOT 5", 6, "LIKE, BETWEEN or IN"},
		{"a IS 5", 5, "'NULL'"},
		{"NULL = a", 0, "'NULL' stands where"},
		{"5a = 1", 1, "follows the number 5"},
		{"a = 1e999", 4, "no number a computer can hold"},
		{"a = 1e", 6, "exponent"},
		{"a + 'x' = 2", 4, "the text 'x' stands where a number"},
		{"NOT 5", 4, "the number 5 stands where a condition"},
		{"Foo(a) = 1", 0, "there is no function Foo"},
		{"A_CONTAINS(a, (1))", 0, "array functions are not served"},
		{"CASEI(a, b) = 'x'", 0, "CASEI has 2 arguments; 1 are wanted"},
		{"d = DATE('2026-02-30')", 9, "'2026-02-30' is not a day"},
		{"d = TIMESTAMP('2026-02-03')", 14, "is not a moment"},
		{"T_AFTER(d, INTERVAL('2026-02-03', '2026-02-01'))", 11, "ends before it begins"},
		{"T_AFTER(d, INTERVAL('2026-02-03', '2026-02-05T00:00:00Z'))", 34, "two dates or two timestamps"},
		{"T_AFTER(d, '2026-02-03')", 11, "the text '2026-02-03' stands where"},
		{"S_WITHIN(g, POLYGON((0 0, 1 0, 1 1, 0 1)))", 20, "not closed"},
		{"S_WITHIN(g, POLYGON((0 0, 1 0, 0 0)))", 20, "four points"},
		{"S_WITHIN(g, POINT(0))", 19, "')' stands where a coordinate"},
		{"S_WITHIN(g, LINESTRING(0 0))", 12, "two points"},
		{"S_WITHIN(g, POINT EMPTY)", 18, "empty geometry"},
		{"S_WITHIN(g, BBOX(1,2,3))", 12, "four numbers"},
		{"S_WITHIN(g, 5)", 12, "a property or a geometry"},
		{"\"\" = 1", 0, "empty"},
		{"a = 'x\xff'", 6, "not UTF-8"},
		{deep, 100, "deeper than 100"},
		{strings.Repeat("NOT ", 200) + "a = 1", 404, "deeper than 100"},
		{"a" + strings.Repeat("+1", 200) + "=1", 0, "deeper than 100"},
		{"a = 1" + strings.Repeat(" OR a = 1", 256), 9 * 256, "257 conditions; at most 256"},
		{strings.Repeat("x", MaxBytes+1), MaxBytes, "at most 65536"},
	} {
		_, err := Parse(c.text)
		expectFault(t, c.text, err, c.offset, "", c.says)
	}
}

func TestFaultsInJSON(t *testing.T) {
	for _, c := range []struct {
		json   string
		offset int
		ptr    string
		says   string
	}{
		{``, 0, "", "not complete"},
		{`{"op":"="`, 9, "", "not complete"},
		{`{"op":"=",}`, 10, "", "no JSON"},
		{`true false`, 5, "", "follows"},
		{`{"op":"==","args":[1,2]}`, 6, "/op", "no function =="},
		{`{"op":"AND","args":[true,true]}`, 6, "/op", `small letters: "and"`},
		{`{"op":"=","args":[{"property":"a"}]}`, 17, "/args", "= has 1 arguments; 2 are wanted"},
		{`{"op":"=","args":[{"property":"a"},null]}`, 35, "/args/1", "null is no value"},
		{`{"op":"=","args":[{"property":5},1]}`, 30, "/args/0/property", "the number 5 stands where a name"},
		{`{"op":"=","args":[{"prop":"a"},1]}`, 18, "/args/0", "[prop]"},
		{`{"op":"=","op":"<","args":[1,1]}`, 10, "/op", "twice"},
		{`{"op":"=","args":[1,1],"x/y":1}`, 29, "/x~1y", "no member"},
		{`{"op":"in","args":[{"property":"a"},5]}`, 36, "/args/1", "a list of values"},
		{`{"op":"like","args":[{"property":"a"},{"property":"b"}]}`, 38, "/args/1", "a pattern"},
		{`{"op":"and","args":[true,{"property":"b"}]}`, 25, "/args/1", "as b = TRUE,"},
		{`"text"`, 0, "", "a condition"},
		{`{"op":"=","args":[{"property":"a"},{"date":"2026-13-01"}]}`, 43, "/args/1/date", "is not a day"},
		{`{"op":"t_after","args":[{"property":"a"},{"interval":["2026-01-01"]}]}`, 53, "/args/1/interval", "a start and an end"},
		{`{"op":"s_within","args":[{"property":"g"},{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,"1"],[0,0]]]}]}`, 91, "/args/1/coordinates/0/2/1", "a number"},
		{`{"op":"s_within","args":[{"property":"g"},{"type":"Circle","coordinates":[0,0]}]}`, 50, "/args/1/type", "GeoJSON"},
		{`{"op":"s_within","args":[{"property":"g"},{"type":"Point","coordinates":[0]}]}`, 72, "/args/1/coordinates", "a position has two numbers"},
		{strings.Repeat(`{"op":"not","args":[`, 150) + "true" + strings.Repeat("]}", 150), -1, "", "deeper than 100"},
		{strings.Repeat("[", 60000), -1, "", "deeper than 100"},
	} {
		_, err := ParseJSON([]byte(c.json))
		expectFault(t, c.json, err, c.offset, c.ptr, c.says)
	}
}

// expectFault wants an error of the kind Invalid at the place; offset -1 is any.
func expectFault(t *testing.T, text string, err error, offset int, ptr, says string) {
	t.Helper()
	if len(text) > 80 {
		text = text[:80] + "…"
	}
	var e *Error
	if !errors.As(err, &e) || gis.KindOf(err) != gis.Invalid {
		t.Errorf("%s: got %v, want a fault", text, err)
		return
	}
	if offset >= 0 && (e.Offset != offset || e.Pointer != ptr) || !strings.Contains(gis.Public(err), says) {
		t.Errorf("%s: got %q at %d %s, want %q at %d %s", text, gis.Public(err), e.Offset, e.Pointer, says, offset, ptr)
	}
}
