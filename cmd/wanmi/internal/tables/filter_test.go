package tables_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"wanmi/cmd/wanmi/internal/tables"
	"wanmi/data/postgis/pgtest"
	"wanmi/gis"
	"wanmi/gis/cql2"
	"wanmi/tiles"
)

func wanted(t *testing.T, text string) *tables.Filter {
	t.Helper()
	f, err := cql2.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return &tables.Filter{CQL: f, CRS: cql2.CRS84, Name: f.Text()}
}

// TestFilter asks tables in every system, with columns of every type; package cql2 holds the conditions against its own judgement.
func TestFilter(t *testing.T) {
	dsn := town(t)
	pgtest.Exec(t, dsn,
		`CREATE TYPE mood AS ENUM ('good', 'bad')`,
		`CREATE TABLE sorts (a int2 PRIMARY KEY, geom geometry(Geometry, 4490), b numeric(9,3), c float4, d timestamp, e timestamptz, f mood, g uuid, h char(6), i text[], j jsonb)`,
		`INSERT INTO sorts SELECT i, ST_SetSRID(ST_MakePoint(116.58 + i * 1e-5, 35.41), 4490), i / 4.0, i / 4.0, timestamp '2026-08-01 12:00' + i * interval '1 hour', timestamptz '2026-08-01 12:00Z' + i * interval '1 hour',
			(CASE WHEN i % 3 = 0 THEN 'bad' ELSE 'good' END)::mood, ('00000000-0000-0000-0000-0000000000' || to_char(i, 'FM00'))::uuid, 'h' || i, ARRAY['x', i::text], NULL FROM generate_series(1, 40) i`,
		`CREATE VIEW broken AS SELECT a, geom, (h::text)::int AS n FROM sorts`)
	all := open(t, tables.Options{}, lamps(dsn, func(s *tables.Spec) {
		s.All, s.Columns = false, []tables.Column{{Name: "name", From: "名称"}, {Name: "metres", From: "height", MinZoom: 17}, {Name: "since"}, {Name: "lit"}, {Name: "code"}, {Name: "geometry", From: "gid"}}
	}), lamps(dsn, func(s *tables.Spec) { s.Name, s.Cache = "kept", time.Minute }),
		spec("zoned", dsn, func(s *tables.Spec) { s.Table = "zoned"; s.ID = "gid" }),
		spec("seen", dsn, func(s *tables.Spec) { s.Table, s.SRID, s.ID = "public.seen", 4326, "gid" }),
		spec("ring", dsn, func(s *tables.Spec) { s.Table = "ring" }),
		spec("sorts", dsn, func(s *tables.Spec) { s.Table, s.ID = "sorts", "a" }),
		spec("broken", dsn, func(s *tables.Spec) { s.Table, s.ID = "broken", "a" }))
	// 25 lamps: the columns 0 to 4 of rows 0 to 4; the box is 0.2 of their distance wider.
	corner := fmt.Sprintf("BBOX(%f, %f, %f, %f)", 116.58-4.7e-4, 35.41-4.7e-4, 116.58-0.3e-4, 35.41-0.3e-4)
	for _, tc := range []struct {
		layer, filter string
		want          int
	}{
		{"lamp", "name = '灯7'", 1},
		{"lamp", "name IN ('灯7', '灯8', '灯') AND lit = TRUE", 1},
		{"lamp", "metres = 8.25 AND since = DATE('2026-08-23')", 100},
		{"lamp", "metres > 8.25 OR since > DATE('2026-08-23')", 0},
		{"lamp", "geometry % 10 = 3", 10}, // the property of that name
		{"lamp", "code LIKE 'L9_'", 10},
		{"lamp", `name = '灯7'' OR TRUE --'`, 0},
		{"kept", "S_WITHIN(geometry, " + corner + ")", 25},
		{"zoned", "S_WITHIN(geometry, " + corner + ")", 25},
		{"seen", "S_WITHIN(geometry, " + corner + ")", 25},
		{"seen", "NOT S_INTERSECTS(geometry, " + corner + ") AND geom_height > 8", 75},
		{"ring", "S_CONTAINS(geometry, POINT(116.58 35.41)) AND key = 'round'", 1},
		{"ring", "S_CONTAINS(geometry, POINT(116.59 35.41))", 0},
		{"sorts", "a < 11 AND b >= 0.5 AND c <= 1.25", 4},
		{"sorts", "a / b = 4 AND b = c", 40},
		{"sorts", "a BETWEEN 3 AND 5 AND f = 'bad'", 1},
		{"sorts", "d = DATE('2026-08-02')", 24},
		{"sorts", "e = DATE('2026-08-02') AND d = e", 24},
		{"sorts", "e > TIMESTAMP('2026-08-02T20:00:00+08:00')", 16},
		{"sorts", "g LIKE '%07' OR h = 'h8' OR i = '{x,9}' OR j IS NOT NULL", 3},
	} {
		a := ask(t, all, tc.layer, tables.Request{Addr: at(15), Filter: wanted(t, tc.filter)})
		n := 0
		if a.Tile.Size > 0 {
			n = len(layerOf(t, a.Tile).Features)
		}
		if n != tc.want {
			t.Errorf("%s: %s: %d features, want %d", tc.layer, tc.filter, n, tc.want)
		}
	}
	// With cache time each filter has its own tile.
	kept := func(filter string) (int, tiles.Outcome) {
		a := ask(t, all, "kept", tables.Request{Addr: at(15), Filter: wanted(t, filter)})
		return len(layerOf(t, a.Tile).Features), a.Outcome
	}
	for i, want := range []tiles.Outcome{tiles.Miss, tiles.Hit} {
		for filter, n := range map[string]int{"gid < 10": 10, "gid < 20": 20} {
			if got, how := kept(filter); got != n || how != want {
				t.Errorf("round %d, %s: %d features by %s, want %d by %s", i, filter, got, how, n, want)
			}
		}
	}
	// What is wrong is so below minzoom and away from all rows, too; what the database gives up at is the filter's fault.
	for _, tc := range []struct{ layer, filter string }{{"lamp", "gid = 1"}, {"lamp", "name = 5"}, {"zoned", "S_INTERSECTS(geometry, POINT(35 116))"}} {
		l, _ := all.Layer(tc.layer)
		for _, zoom := range []int{0, 15} {
			_, err := l.Tile(t.Context(), tables.Request{Addr: at(zoom), Filter: wanted(t, tc.filter)})
			if !errors.As(err, new(*cql2.Error)) {
				t.Errorf("%s: %s: %v, want a fault with its place", tc.layer, tc.filter, err)
			}
		}
	}
	l, _ := all.Layer("broken")
	if _, err := l.Tile(t.Context(), tables.Request{Addr: at(15), Filter: wanted(t, "n = 1")}); gis.KindOf(err) != gis.Invalid {
		t.Errorf("a view that cannot be evaluated: %v, want invalid", err)
	}
}
