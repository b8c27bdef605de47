package cql2

import (
	"database/sql"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/lib/pq"
	"github.com/paulmach/orb"

	"wanmi/data/postgis/pgtest"
)

// asked are filters beyond those of truths: what PostgreSQL and this package are likely to see differently.
var asked = []string{
	"s = ''", "s <> ''", "s LIKE '%' AND NOT (s = 'x')", "s IN ('a', 'B')", "NOT s IN ('a', 'B')", "s NOT IN ('路灯 A-1', s2)", "s < 'b'", "s > 'B' AND s < '路'", `s LIKE '%\\'`, `s LIKE '\%%'`,
	"CASEI(s) = CASEI('STRASSE')", "CASEI(s) LIKE CASEI('%ΣΑΣ')", "CASEI(s) IN (CASEI('Ω'), CASEI('I'))", "ACCENTI(s) = ACCENTI('Bézier')", "ACCENTI(s) LIKE ACCENTI('%é%')", "ACCENTI(s) < 'z'",
	"CASEI(ACCENTI(s)) = 'bezier'", "ACCENTI(s) = 'はじめ'", "CASEI(s) = CASEI(s2)", "s = s2", "s = s2 OR s2 IS NULL", "'a''; DROP TABLE things; --' = s", `s = '"' OR s = '$1'`,
	"i > 3", "i < 2.5", "i = r", "r = 2.5", "r > 0", "r <> r", "i IN (1, 2.0, 2.5)", "r IN (1, 2.5)", "i = 9007199254740993", "i * 1.0 = 9007199254740993", "i BETWEEN r AND 6", "NOT i BETWEEN n0 AND 2", "r BETWEEN -1 AND 1",
	"i / (i - 3) > 0", "i % 3 = 1", "-i % 3 = -1", "i div 2 = 1", "-7 div 2 = i", "r * 1e308 > 1", "r * 1e-320 = 0", "i ^ 400 > 1", "i ^ -400 < 1", "(i - 4) ^ 0.5 > 1", "0 ^ (i - 3) = 1", "i + r - 1 > 4", "1e308 + 1e308 > i", "i ^ i >= 4",
	"b = FALSE", "b > FALSE", "b <> bn", "b IN (TRUE, bn)", "NOT (b = bn)",
	"d = d2", "d BETWEEN DATE('2026-08-01') AND d2", "d <= t", "t > d2", "NOT (t = d)", "t BETWEEN d AND d2", "t IN (DATE('2026-08-02'), DATE('2026-08-03'))", "t >= TIMESTAMP('2026-08-02T04:00:00+08:00')", "t = TIMESTAMP('2026-08-01T20:00:00.000001Z')",
	"T_DURING(INTERVAL(d, d2), INTERVAL('2026-07-01', '2026-12-31'))", "T_INTERSECTS(INTERVAL(d, d2), INTERVAL('2026-08-02', '..'))", "NOT T_OVERLAPS(INTERVAL(d, d2), INTERVAL('2026-08-02', '2026-08-03'))", "T_AFTER(t, d)", "T_BEFORE(t, INTERVAL(d2, '..'))",
	"T_DISJOINT(INTERVAL(t, t2), d)", "T_EQUALS(INTERVAL(t, t2), INTERVAL(d, d2))", "T_INTERSECTS(INTERVAL('..', '..'), t)", "T_MEETS(INTERVAL('..', d), INTERVAL(d2, '..'))", "INTERVAL(d, dn) IS NULL", "T_STARTS(INTERVAL(t, t2), INTERVAL(t, '..'))",
	"T_EQUALS(INTERVAL('..', '..'), INTERVAL('..', '..'))", "d < DATE('0001-01-02')", "t < TIMESTAMP('9999-12-31T00:00:00Z')",
	"S_INTERSECTS(geometry, BBOX(2, 2, 4, 4))", "NOT S_INTERSECTS(geometry, BBOX(2, 2, 4, 4))", "S_WITHIN(geometry, POLYGON((0 0, 6 0, 6 6, 0 6, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1)))", "S_CONTAINS(geometry, POINT(2 2))", "S_TOUCHES(geometry, LINESTRING(1 1, 5 1))",
	"S_CROSSES(LINESTRING(0 1, 6 5), geometry)", "S_OVERLAPS(geometry, BBOX(1, 1, 3, 3))", "S_DISJOINT(geometry, BBOX(2, 2, 2, 2))", "S_EQUALS(geometry, BBOX(1, 1, 2, 2))", "S_INTERSECTS(geometry, BBOX(3, 0, 3, 6))", "S_INTERSECTS(geometry, BBOX(5, -1, 1, 7))",
	"S_INTERSECTS(geometry, POLYGON((0 0, 6 6, 6 0, 0 6, 0 0)))", "S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(1 1), POLYGON((2 2, 6 2, 6 6, 2 6, 2 2))))", "S_INTERSECTS(geometry, MULTIPOINT((1 1), (3 3)))", "S_EQUALS(geometry, geometry)",
	"geometry IS NULL OR i = 3", "S_INTERSECTS(geometry, BBOX(0, 0, 3, 3)) AND s IS NOT NULL OR i > 5", "(s = 'a' OR i > 2) AND NOT (r > 1 AND b = TRUE)",
}

var texts = []string{"", "a", "A", "B", "b", "x", "路灯 A-1", "路灯 a-1", "STRASSE", "Straße", "straße", "ΟΔΟΣ", "οδος ΣΑΣ", "Bézier", "bezier", "BE\u0301ZIER", "はじめ", "50%_\\", `a\`, "\"", "$1", "I", "İ", "Ω", "a'; DROP TABLE things; --", "\U0001F6A6"}

// randomRow is a row of things, half of its values NULL in turn.
func randomRow(r *rand.Rand) *thing {
	row := &thing{schema: &testSchema, values: map[string]any{}}
	put := func(name string, v any) {
		if r.Intn(4) > 0 {
			row.values[name] = v
		}
	}
	date := func() string { return fmt.Sprintf("2026-08-%02d", 1+r.Intn(4)) }
	moment := func() string {
		return fmt.Sprintf("2026-08-%02dT%02d:00:00.%03dZ", 1+r.Intn(3), 4*r.Intn(6), r.Intn(2))
	}
	put("s", texts[r.Intn(len(texts))])
	put("s2", texts[r.Intn(len(texts))])
	put("i", []int64{int64(r.Intn(8)), 9007199254740993}[r.Intn(12)/11])
	put("r", []float64{float64(r.Intn(16))/4 - 1, 0.1, 1e200, -3}[r.Intn(6)%4])
	put("b", r.Intn(2) == 0)
	put("bn", r.Intn(2) == 0)
	put("d", date())
	put("d2", date())
	put("dn", date())
	put("t", moment())
	put("t2", moment())
	put("n0", int64(r.Intn(4)))
	for _, k := range []string{"none", "bad"} {
		delete(row.values, k)
	}
	m := shapeMaker{r, 7}
	switch r.Intn(8) {
	case 0, 1:
		row.geom = m.point()
	case 2:
		row.geom = orb.LineString{m.point(), m.point(), m.point()}
	case 3:
		row.geom = m.polygon()
	case 4:
		row.geom = m.polygon()[:1]
	case 5:
		p := m.point()
		row.geom = orb.Bound{Min: p, Max: orb.Point{p[0] + 1 + float64(r.Intn(3)), p[1] + 1}}.ToPolygon()
	case 6:
		row.geom = orb.MultiPoint{m.point(), m.point()}
	}
	return row
}

// things makes a table of n random rows.
func things(t *testing.T, db *sql.DB, r *rand.Rand, n int) []*thing {
	t.Helper()
	for _, s := range []string{
		`SET TIME ZONE 'Asia/Shanghai'`,
		`CREATE TEMP TABLE things (id int, s text, s2 varchar, "none" text, i int8, r float8, b bool, bn bool, d date, d2 date, dn date, t timestamptz, t2 timestamptz, bad date, n0 int2, geom geometry(Geometry, 4326))`,
	} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	rows := []*thing{one}
	for len(rows) < n {
		rows = append(rows, randomRow(r))
	}
	for id, row := range rows {
		v := row.values
		var wkt any
		if row.geom != nil {
			wkt = geometryText(row.geom)
		}
		if _, err := db.Exec(`INSERT INTO things VALUES ($1,$2,$3,NULL,$4,$5,$6,$7,$8,$9,$10,$11,$12,NULL,$13,ST_GeomFromText($14, 4326))`,
			id, v["s"], v["s2"], v["i"], v["r"], v["b"], v["bn"], v["d"], v["d2"], v["dn"], v["t"], v["t2"], v["n0"], wkt); err != nil {
			t.Fatalf("%v: %v", v, err)
		}
	}
	return rows
}

// testTable has the columns of testSchema.
var testTable = func() SQLTable {
	t := SQLTable{Geometry: `"geom"`, SRID: 4326, Column: `"geom"`, Areas: true, Params: 1}
	for _, f := range testSchema.Fields {
		t.Fields = append(t.Fields, `"`+f.Name+`"`)
	}
	return t
}()

// TestSQL: PostgreSQL finds the rows the predicate keeps.
func TestSQL(t *testing.T) {
	db, err := sql.Open("postgres", pgtest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	const seed = 7
	rows := things(t, db, rand.New(rand.NewSource(seed)), 300)
	filters := append([]string{}, asked...)
	for _, c := range truths {
		filters = append(filters, c.text)
	}
	lone, err := ParseJSON([]byte(`{"op": "like", "args": [{"property": "s"}, "a\\"]}`)) // a pattern that ends with a backslash
	if err != nil {
		t.Fatal(err)
	}
	filters = append(filters, lone.Text())
	// Invalid areas and lines that cross themselves are asked, too, without being compared: PostGIS judges them in its own way.
	var judged []int64
	if err := db.QueryRow(`SELECT array_agg(id ORDER BY id) FROM things WHERE geom IS NULL OR ST_IsValid(geom) AND ST_IsSimple(geom)`).Scan((*pq.Int64Array)(&judged)); err != nil {
		t.Fatal(err)
	}
	kept, some := 0, 0
	for _, text := range filters {
		for _, whole := range []string{text, "NOT (" + text + ")", "(" + text + ") IS NULL"} {
			f := mustParse(t, whole)
			p, err := f.Compile(testSchema, nil)
			if err != nil {
				t.Fatalf("%s: %v", whole, err)
			}
			var want, got []int64
			for _, id := range judged {
				row := rows[id]
				if p.Run(row, 0).Keep() {
					want = append(want, id)
				}
			}
			where, params, err := f.SQL(testSchema, nil, testTable)
			if err != nil {
				t.Fatalf("%s: %v", whole, err)
			}
			if err := db.QueryRow(`SELECT array_agg(id ORDER BY id) FROM things WHERE $1::int = 1 AND `+where, append([]any{1}, params...)...).Scan((*pq.Int64Array)(&got)); err != nil {
				t.Errorf("%s: %v\n%s", whole, err, where)
				continue
			}
			if got = less(got, less(got, judged)); !slices.Equal(got, want) {
				t.Errorf("seed %d: %s: PostgreSQL has rows %v, the predicate keeps %v\n%s", seed, whole, less(got, want), less(want, got), where)
				for _, id := range append(less(got, want), less(want, got)...)[:1] {
					t.Logf("row %d: %v %v", id, rows[id].values, rows[id].geom)
				}
			}
			kept += len(want)
			if len(want) > 0 && len(want) < len(judged) {
				some++
			}
		}
	}
	t.Logf("%d filters of %d rows, %d kept; %d conditions keep some rows and not all", len(filters), len(judged), kept, some)
	if len(judged) < 200 || some < 400 {
		t.Errorf("%d rows compared, %d conditions that tell them apart; want 200 and 400", len(judged), some)
	}
}

// less returns what is in a and not in b.
func less(a, b []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(a), func(id int64) bool { return slices.Contains(b, id) })
}
