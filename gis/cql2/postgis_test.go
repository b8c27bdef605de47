package cql2

import (
	"database/sql"
	"fmt"
	"math"
	"math/rand"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data/postgis/pgtest"
)

// shapeMaker makes random geometries: on a small lattice, where they touch, overlap and share vertices all the time, or in
// degrees with nine digits, where lines meet between them.
type shapeMaker struct {
	r       *rand.Rand
	lattice int // its points a side; 0: degrees
}

func (m shapeMaker) point() orb.Point {
	if m.lattice > 0 {
		return orb.Point{float64(m.r.Intn(m.lattice)), float64(m.r.Intn(m.lattice))}
	}
	nine := func(v float64) float64 { return math.Round(v*1e9) / 1e9 }
	return orb.Point{nine(116.97 + m.r.Float64()/1000), nine(35.4 + m.r.Float64()/1000)}
}

func (m shapeMaker) line() orb.LineString {
	l := orb.LineString{m.point()}
	for n := 1 + m.r.Intn(4); len(l) <= n || l[0] == l[len(l)-1] && n < 3; {
		l = append(l, m.point())
	}
	if m.r.Intn(5) == 0 && len(l) > 3 {
		l = append(l, l[0])
	}
	return l
}

// ring is a triangle, a rectangle or a star about a point; some cross themselves, which PostGIS sorts out.
func (m shapeMaker) ring() orb.Ring {
	a, b := m.point(), m.point()
	switch m.r.Intn(3) {
	case 0:
		return orb.Ring{a, b, m.point(), a}
	case 1:
		return orb.Ring{a, {b[0], a[1]}, b, {a[0], b[1]}, a}
	}
	r := orb.Ring{a, b, m.point(), m.point(), m.point()}
	return append(r, a)
}

// star is a ring of many corners that does not cross itself: one whose edges are indexed.
func (m shapeMaker) star() orb.Ring {
	c, n := m.point(), 30+m.r.Intn(120)
	var r orb.Ring
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		d := (0.3 + m.r.Float64()) / 2000
		r = append(r, orb.Point{c[0] + d*cos, c[1] + d*sin})
	}
	return append(r, r[0])
}

// polygon has, at times, a second ring, which makes it valid where it lies in the first.
func (m shapeMaker) polygon() orb.Polygon {
	if m.lattice == 0 && m.r.Intn(2) == 0 {
		return orb.Polygon{m.star()}
	}
	p := orb.Polygon{m.ring()}
	if m.r.Intn(3) == 0 {
		p = append(p, m.ring())
	}
	return p
}

func (m shapeMaker) any() orb.Geometry {
	switch m.r.Intn(8) {
	case 0:
		return m.point()
	case 1:
		return orb.MultiPoint{m.point(), m.point(), m.point()}
	case 2:
		return m.line()
	case 3:
		return orb.MultiLineString{m.line(), m.line()}
	case 4:
		return orb.MultiPolygon{m.polygon(), m.polygon()}
	}
	return m.polygon()
}

// near is a geometry made of the parts of another, so that the two have edges in common.
func (m shapeMaker) near(g orb.Geometry) orb.Geometry {
	switch g := g.(type) {
	case orb.LineString:
		i := m.r.Intn(len(g) - 1)
		return append(orb.LineString{m.point()}, g[i:]...)
	case orb.Polygon:
		ring := append(orb.Ring{}, g[0]...)
		k := 1 + m.r.Intn(len(ring)-2)
		switch m.r.Intn(4) {
		case 0: // its border
			return orb.LineString(ring)
		case 1: // a stretch of its border
			return orb.LineString(ring[k-1 : k+1])
		case 2: // another corner
			ring[k] = m.point()
			return orb.Polygon{ring}
		}
		for a, b := 0, len(ring)-1; a < b; a, b = a+1, b-1 { // the same the other way round
			ring[a], ring[b] = ring[b], ring[a]
		}
		return orb.Polygon{ring}
	}
	return m.any()
}

// TestAgainstPostGIS holds the eight spatial functions against PostGIS on pairs of valid and simple geometries. Of lines that cross themselves
// PostGIS is no judge: it rounds the crossing, and says of LINESTRING(0 1, 2 2, 3 1, 0 2) that it is not within LINESTRING(1 3, 0 1, 2 2, 3 1, 0 2).
func TestAgainstPostGIS(t *testing.T) {
	db, err := sql.Open("postgres", pgtest.DSN(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TEMP TABLE pair (id int, a geometry, b geometry)`); err != nil {
		t.Fatal(err)
	}
	for _, m := range []shapeMaker{{rand.New(rand.NewSource(1)), 4}, {rand.New(rand.NewSource(2)), 7}, {rand.New(rand.NewSource(3)), 0}} {
		comparePairs(t, db, m, 3000)
	}
}

func comparePairs(t *testing.T, db *sql.DB, m shapeMaker, n int) {
	type pair struct{ a, b orb.Geometry }
	pairs := make([]pair, n)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing is left to undo after a commit
	if _, err := tx.Exec(`TRUNCATE pair`); err != nil {
		t.Fatal(err)
	}
	put, err := tx.Prepare(`INSERT INTO pair VALUES ($1, ST_GeomFromText($2), ST_GeomFromText($3))`)
	if err != nil {
		t.Fatal(err)
	}
	for i := range pairs {
		p := pair{a: m.any()}
		if p.b = m.any(); m.r.Intn(2) == 0 {
			p.b = m.near(p.a)
		}
		pairs[i] = p
		if _, err := put.Exec(i, geometryText(p.a), geometryText(p.b)); err != nil {
			t.Fatalf("%s, %s: %v", geometryText(p.a), geometryText(p.b), err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(`SELECT id, ST_Contains(a, b), ST_Crosses(a, b), ST_Disjoint(a, b), ST_Equals(a, b), ST_Intersects(a, b), ST_Overlaps(a, b),
		ST_Touches(a, b), ST_Within(a, b) FROM pair WHERE ST_IsValid(a) AND ST_IsValid(b) AND ST_IsSimple(a) AND ST_IsSimple(b) ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	valid, wrong := 0, 0
	var yes [8]int
	for rows.Next() {
		var id int
		var want [8]bool
		if err := rows.Scan(&id, &want[0], &want[1], &want[2], &want[3], &want[4], &want[5], &want[6], &want[7]); err != nil {
			t.Fatal(err)
		}
		valid++
		a, b := newShape(pairs[id].a, true), newShape(pairs[id].b, false)
		for k, w := range want {
			o := opContains + op(k)
			if w {
				yes[k]++
			}
			got := spatial(o, a, b)
			if p, ok := pairs[id].a.(orb.Point); ok && pointHolds(o, p, b) != got {
				t.Errorf("%s of a point: one way is not the other: %s, %s", opNames[o], geometryText(pairs[id].a), geometryText(pairs[id].b))
			}
			if got != w {
				if wrong++; wrong <= 10 {
					t.Errorf("lattice %d: %s: got %v, PostGIS says %v: %s, %s", m.lattice, opNames[o], got, w, geometryText(pairs[id].a), geometryText(pairs[id].b))
				}
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("lattice %d: %d pairs of valid and simple geometries, %d answers differ; true: %s", m.lattice, valid, wrong, fmt.Sprint(yes))
	if valid < n/5 {
		t.Errorf("only %d of %d pairs are valid", valid, n)
	}
	for k, n := range yes {
		if n == 0 && m.lattice > 0 {
			t.Errorf("no pair for %s", opNames[opContains+op(k)])
		}
	}
}
