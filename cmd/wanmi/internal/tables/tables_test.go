package tables_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"

	"wanmi/cmd/wanmi/internal/tables"
	"wanmi/data/postgis/pgtest"
	"wanmi/gis"
	"wanmi/tiles"
)

// centre is in Jining; the test's things lie around it.
var centre = orb.Point{116.58, 35.41}

// town makes tables of every sort and returns the connection string.
func town(t *testing.T) string {
	t.Helper()
	dsn := pgtest.DSN(t)
	pgtest.Exec(t, dsn,
		`CREATE SCHEMA "Ver messung"`,
		`CREATE DOMAIN lamp_code AS text`,
		`CREATE TABLE "Ver messung"."La""mp" (gid bigint PRIMARY KEY, geom geometry(Point, 4490), "名称" text, code lamp_code, height numeric(6,2), lit boolean, extra jsonb, since date, photo bytea)`,
		`COMMENT ON TABLE "Ver messung"."La""mp" IS '路灯'`,
		`COMMENT ON COLUMN "Ver messung"."La""mp".height IS '灯高'`,
		`INSERT INTO "Ver messung"."La""mp" SELECT i, ST_SetSRID(ST_MakePoint(116.58 + (i % 10 - 4.5) * 1e-4, 35.41 + (i / 10 - 4.5) * 1e-4), 4490), '灯' || i, 'L' || i, 8.25, i % 2 = 0, '{"a": {"b": 1}}', '2026-08-23', '\x00' FROM generate_series(0, 99) i`,
		`CREATE INDEX ON "Ver messung"."La""mp" USING gist (geom)`,
		// The same rows in the 3-degree zone 39 of CGCS2000, in a plain view of no stated system, and as geography.
		`CREATE TABLE public.zoned AS SELECT gid::int AS gid, ST_Transform(geom, 4527)::geometry(Point, 4527) AS shape, "名称" FROM "Ver messung"."La""mp"`,
		`CREATE VIEW public.seen AS SELECT gid, code, ST_SetSRID(ST_MakePoint(ST_X(geom), ST_Y(geom)), 4326) AS geom, height AS geom_height FROM "Ver messung"."La""mp"`,
		`CREATE TABLE public.globe AS SELECT gid, geom::geography(Point, 4326) AS spot FROM (SELECT gid, ST_SetSRID(geom, 4326) AS geom FROM "Ver messung"."La""mp") l`,
		`CREATE TABLE public.twins (id int PRIMARY KEY, a geometry(Point, 4326), b geometry(Point, 4326))`,
		`CREATE TABLE public.plain (id int PRIMARY KEY, name text)`,
		`CREATE TABLE public.ring (key text PRIMARY KEY, geom geometry(CurvePolygon, 3857))`,
		`INSERT INTO public.ring SELECT 'round', ST_SetSRID(ST_GeomFromText('CURVEPOLYGON(CIRCULARSTRING(' || x-100 || ' ' || y || ',' || x+100 || ' ' || y || ',' || x-100 || ' ' || y || '))'), 3857)
			FROM (SELECT ST_X(p) x, ST_Y(p) y FROM ST_Transform(ST_SetSRID(ST_MakePoint(116.58, 35.41), 4326), 3857) p) c`,
	)
	return dsn
}

func spec(name, dsn string, change func(*tables.Spec)) tables.Spec {
	s := tables.NewSpec(name)
	s.DSN = dsn
	if change != nil {
		change(&s)
	}
	return s
}

func lamps(dsn string, change func(*tables.Spec)) tables.Spec {
	return spec("lamp", dsn, func(s *tables.Spec) {
		s.Schema, s.Table = "Ver messung", `La"mp`
		if change != nil {
			change(s)
		}
	})
}

func open(t *testing.T, opt tables.Options, specs ...tables.Spec) *tables.Tables {
	t.Helper()
	all, err := tables.Open(t.Context(), specs, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { all.Close() })
	return all
}

func at(zoom int) maptile.Tile { return maptile.At(centre, maptile.Zoom(zoom)) }

// layerOf reads a tile, which must hold the one layer.
func layerOf(t *testing.T, a *tiles.Tile) *mvt.Layer {
	t.Helper()
	ls, err := mvt.Unmarshal(a.Raw())
	if err != nil {
		t.Fatal(err)
	}
	if len(ls) != 1 {
		t.Fatalf("%d layers in the tile, want 1", len(ls))
	}
	return ls[0]
}

func ask(t *testing.T, all *tables.Tables, name string, q tables.Request) tables.Answer {
	t.Helper()
	l, ok := all.Layer(name)
	if !ok {
		t.Fatalf("no layer %s", name)
	}
	a, err := l.Tile(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTile(t *testing.T) {
	dsn := town(t)
	all := open(t, tables.Options{}, lamps(dsn, nil),
		spec("zoned", dsn, func(s *tables.Spec) { s.Table = "zoned"; s.ID = "gid" }),
		spec("seen", dsn, func(s *tables.Spec) { s.Table, s.SRID, s.ID = "public.seen", 4326, "gid" }),
		spec("ring", dsn, func(s *tables.Spec) { s.Table = "ring" }))
	a := ask(t, all, "lamp", tables.Request{Addr: at(15)})
	l := layerOf(t, a.Tile)
	if l.Name != "lamp" || l.Extent != 4096 || len(l.Features) != 100 {
		t.Fatalf("layer %s of extent %d with %d features, want lamp, 4096, 100", l.Name, l.Extent, len(l.Features))
	}
	f := l.Features[7]
	want := map[string]any{"gid": 7.0, "名称": "灯7", "code": "L7", "height": 8.25, "lit": false, "extra": `{"a": {"b": 1}}`, "since": "2026-08-23"}
	if f.ID != 7.0 {
		t.Errorf("id %v, want 7", f.ID)
	}
	for k, v := range want {
		if got := f.Properties[k]; fmt.Sprint(got) != fmt.Sprint(v) {
			t.Errorf("property %s: got %#v, want %v", k, got, v)
		}
	}
	if len(f.Properties) != len(want) {
		t.Errorf("properties %v, want %d of them", f.Properties, len(want))
	}
	l.ProjectToWGS84(at(15))
	// Tile units at zoom 15 are 0.3 m wide.
	if p, q := l.Features[0].Geometry.(orb.Point), (orb.Point{116.58 - 4.5e-4, 35.41 - 4.5e-4}); max(abs(p[0]-q[0]), abs(p[1]-q[1])) > 3e-6 {
		t.Errorf("lamp 0 at %v, want %v", p, q)
	}
	for _, other := range []string{"zoned", "seen"} {
		o := layerOf(t, ask(t, all, other, tables.Request{Addr: at(15)}).Tile)
		o.ProjectToWGS84(at(15))
		if len(o.Features) != 100 {
			t.Errorf("%s: %d features, want 100", other, len(o.Features))
			continue
		}
		for i := range o.Features {
			p, q := o.Features[i].Geometry.(orb.Point), l.Features[i].Geometry.(orb.Point)
			if o.Features[i].ID != l.Features[i].ID || max(abs(p[0]-q[0]), abs(p[1]-q[1])) > 3e-6 {
				t.Errorf("%s: feature %v at %v, want %v at %v", other, o.Features[i].ID, p, l.Features[i].ID, q)
				break
			}
		}
	}
	round := layerOf(t, ask(t, all, "ring", tables.Request{Addr: at(15)}).Tile)
	if len(round.Features) != 1 || round.Features[0].ID != nil || len(round.Features[0].Geometry.(orb.Polygon)[0]) < 30 {
		t.Errorf("the circle: %v", round.Features)
	}
	// The whole world, the other side of it, the poles' corners, deep down.
	for _, tile := range []maptile.Tile{{}, maptile.New(0, 0, 1), maptile.New(1, 0, 1), maptile.New(0, 3, 2), maptile.New(8, 8, 4), at(22)} {
		for _, name := range []string{"lamp", "zoned", "seen", "ring"} {
			n := 0
			if a := ask(t, all, name, tables.Request{Addr: tile}); a.Tile.Size > 0 {
				n = len(layerOf(t, a.Tile).Features)
			}
			wantSome := tile.Bound().Contains(centre) && tile.Z < 20
			if name == "ring" { // a point at low zooms is no area
				continue
			}
			if wantSome != (n > 0) {
				t.Errorf("%s %v: %d features", name, tile, n)
			}
		}
	}
}

func abs(v float64) float64 { return max(v, -v) }

// TestGeographic compares a tile in longitude and latitude with where the rows are.
func TestGeographic(t *testing.T) {
	dsn := town(t)
	all := open(t, tables.Options{}, lamps(dsn, nil), spec("zoned", dsn, func(s *tables.Spec) { s.Table = "zoned"; s.ID = "gid" }))
	const z = 15
	side := 360.0 / (1 << z)
	x, y := uint32((centre[0]+180)/side), uint32((90-centre[1])/side)
	for _, name := range []string{"lamp", "zoned"} {
		l := layerOf(t, ask(t, all, name, tables.Request{Addr: maptile.New(x, y, z), Geographic: true}).Tile)
		if len(l.Features) != 100 {
			t.Fatalf("%s: %d features, want 100", name, len(l.Features))
		}
		p := l.Features[55].Geometry.(orb.Point)
		lon, lat := -180+(float64(x)+p[0]/4096)*side, 90-(float64(y)+p[1]/4096)*side
		if wlon, wlat := 116.58+0.5e-4, 35.41+0.5e-4; max(abs(lon-wlon), abs(lat-wlat)) > side/4096 {
			t.Errorf("%s: lamp 55 at %f %f, want %f %f", name, lon, lat, wlon, wlat)
		}
	}
}

func TestChoices(t *testing.T) {
	dsn := town(t)
	all := open(t, tables.Options{}, lamps(dsn, func(s *tables.Spec) {
		s.All, s.MinZoom, s.Limit = false, 12, 30
		s.Columns = []tables.Column{{Name: "code"}, {Name: "metres", From: "height", MinZoom: 16}}
	}))
	props := func(zoom int, p []string) string {
		var names []string
		for k := range layerOf(t, ask(t, all, "lamp", tables.Request{Addr: at(zoom), Properties: p}).Tile).Features[0].Properties {
			names = append(names, k)
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	for _, tc := range []struct {
		zoom int
		p    []string
		want string
	}{{15, nil, "code"}, {16, nil, "code metres"}, {15, []string{"metres"}, "metres"}, {15, []string{}, ""}, {15, []string{"colour", "code"}, "code"}} {
		if got := props(tc.zoom, tc.p); got != tc.want {
			t.Errorf("zoom %d, properties %v: got %q, want %q", tc.zoom, tc.p, got, tc.want)
		}
	}
	a := ask(t, all, "lamp", tables.Request{Addr: at(15)})
	if n := a.Tile.Counts; len(n) != 1 || n[0].Features != 30 || n[0].Thinned != 70 || a.Tile.Thinned != 70 {
		t.Errorf("counts %+v, want 30 features and 70 left out", n)
	}
	small := open(t, tables.Options{}, lamps(dsn, func(s *tables.Spec) { s.MaxBytes = 1000 }))
	cut := ask(t, small, "lamp", tables.Request{Addr: at(15)}).Tile
	n := layerOf(t, cut).Features
	if c := cut.Counts[0]; len(cut.Gzip) > 1000 || len(n) < 10 || c.Features != len(n) || c.Features+c.Thinned != 100 || c.Level < 1 || cut.Level != c.Level || n[len(n)-1].ID != float64(len(n)-1) {
		t.Errorf("a tile of at most 1000 bytes: %d bytes, %d features, %+v", len(cut.Gzip), len(n), c)
	}
	if b := ask(t, all, "lamp", tables.Request{Addr: at(15)}); b.Tile.ETag != a.Tile.ETag {
		t.Error("the same tile has another tag")
	}
	if n := ask(t, all, "lamp", tables.Request{Addr: at(11)}).Tile.Size; n != 0 {
		t.Errorf("a tile of %d bytes below minzoom, want none", n)
	}
	l, _ := all.Layer("lamp")
	in, err := l.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if in.En != "路灯" || in.Geometry != "point" || in.MinZoom != 12 || in.MaxZoom != 18 || len(in.Fields) != 2 || in.Fields[1].En != "灯高" || in.Fields[1].Type != gis.Real.String() || in.Fields[1].MinZoom != 16 {
		t.Errorf("info %+v", in)
	}
	if b := in.Bounds; b == nil || abs(b[0]-116.57955) > 1e-4 || abs(b[3]-35.41045) > 1e-4 {
		t.Errorf("bounds %v", in.Bounds)
	}
}

// TestLive changes rows between requests: a layer without cache time shows each change, one with it after the time.
func TestLive(t *testing.T) {
	dsn := town(t)
	const life = 2 * time.Second
	all := open(t, tables.Options{}, lamps(dsn, nil), spec("kept", dsn, func(s *tables.Spec) {
		s.Schema, s.Table, s.Cache = "Ver messung", `La"mp`, life
	}))
	q := tables.Request{Addr: at(15)}
	count := func(name string) (int, tables.Answer) {
		a := ask(t, all, name, q)
		return len(layerOf(t, a.Tile).Features), a
	}
	if n, a := count("kept"); n != 100 || a.Outcome != tiles.Miss || a.Left <= 0 || a.Left > life {
		t.Fatalf("kept: %d features, %s, %s left", n, a.Outcome, a.Left)
	}
	for i := range 20 {
		pgtest.Exec(t, dsn, fmt.Sprintf(`DELETE FROM "Ver messung"."La""mp" WHERE gid = %d`, i))
		if n, a := count("lamp"); n != 99-i || a.Left != 0 {
			t.Fatalf("after deleting %d lamps: %d features, %s left; want %d, 0", i+1, n, a.Left, 99-i)
		}
	}
	deadline := time.Now().Add(2 * life)
	for {
		n, a := count("kept")
		if n == 80 && a.Outcome != tiles.Hit {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("kept: %d features by %s after twice its time", n, a.Outcome)
		}
		time.Sleep(50 * time.Millisecond)
	}
	// A table that is made anew with another column is looked at anew.
	pgtest.Exec(t, dsn, `ALTER TABLE "Ver messung"."La""mp" RENAME COLUMN code TO "Code"`)
	if p := layerOf(t, ask(t, all, "lamp", q).Tile).Features[0].Properties; p["Code"] != "L20" || p["code"] != nil {
		t.Errorf("after a column was renamed: %v", p)
	}
}

// TestPatience holds the table: requests end with the time limit or with their client, and never more connections are open than allowed.
func TestPatience(t *testing.T) {
	dsn := town(t)
	pgtest.Exec(t, dsn, `CREATE FUNCTION slow(geometry) RETURNS geometry LANGUAGE sql VOLATILE AS 'SELECT $1 FROM pg_sleep(30)'`,
		`CREATE VIEW sleepy AS SELECT gid, slow(geom)::geometry(Point, 4490) AS geom FROM "Ver messung"."La""mp" WHERE gid = 1 OFFSET 0`)
	all := open(t, tables.Options{Connections: 2, Timeout: time.Second}, spec("sleepy", dsn, func(s *tables.Spec) {
		s.Table, s.ID, s.Bounds = "sleepy", "gid", &[4]float64{116, 35, 117, 36}
	}))
	l, _ := all.Layer("sleepy")
	const running = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%ST_AsMVT%' AND state = 'active' AND pid <> pg_backend_pid()`
	start := time.Now()
	if _, err := l.Tile(t.Context(), tables.Request{Addr: at(15)}); gis.KindOf(err) != gis.Unavailable || time.Since(start) > 5*time.Second {
		t.Errorf("a slow table: %v after %s, want unavailable after 1 s", err, time.Since(start))
	}
	ctx, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := l.Tile(ctx, tables.Request{Addr: at(15)}); !errors.Is(err, context.Canceled) {
				t.Errorf("a client that left: %v, want canceled", err)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	if n := pgtest.Value(t, dsn, running); n != "2" {
		t.Errorf("%s statements at once, want 2", n)
	}
	leave()
	wg.Wait()
	for range 40 {
		if pgtest.Value(t, dsn, running) == "0" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%s statements still run after their clients left", pgtest.Value(t, dsn, running))
}

// TestTogether asks for one slow tile of a layer with cache time: one statement serves all who wait, and ends when all have left.
func TestTogether(t *testing.T) {
	dsn := town(t)
	pgtest.Exec(t, dsn, `CREATE FUNCTION slow(geometry) RETURNS geometry LANGUAGE sql VOLATILE AS 'SELECT $1 FROM pg_sleep(3)'`,
		`CREATE VIEW sleepy AS SELECT gid, slow(geom)::geometry(Point, 4490) AS geom FROM "Ver messung"."La""mp" WHERE gid = 1 OFFSET 0`)
	all := open(t, tables.Options{}, spec("sleepy", dsn, func(s *tables.Spec) {
		s.Table, s.ID, s.Bounds, s.Cache = "sleepy", "gid", &[4]float64{116, 35, 117, 36}, time.Minute
	}))
	l, _ := all.Layer("sleepy")
	vague := open(t, tables.Options{}, spec("vague", dsn, func(s *tables.Spec) { s.Table, s.ID = "sleepy", "gid" })).Layers()[0]
	found := make(chan error, 2)
	for range 2 {
		go func() {
			in, err := vague.Info(t.Context())
			if err == nil && (in.Bounds == nil || in.Bounds[0] < 116.5) {
				err = fmt.Errorf("bounds %v", in.Bounds)
			}
			found <- err
		}()
	}
	time.Sleep(300 * time.Millisecond)
	began := time.Now()
	if in, err := vague.Known(); in == nil || err != nil || in.Bounds != nil || time.Since(began) > time.Second {
		t.Errorf("while its bounds are sought the layer is known as %+v, %v, after %s", in, err, time.Since(began))
	}
	if n := pgtest.Value(t, dsn, `SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%ST_Extent(%' AND datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()`); n != "1" {
		t.Errorf("%s statements look for the bounds, want 1", n)
	}
	for range 2 {
		if err := <-found; err != nil {
			t.Error(err)
		}
	}
	const running = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%ST_AsMVT%' AND state = 'active' AND pid <> pg_backend_pid()`
	ask := func(ctx context.Context, zoom, clients int, told func(tables.Answer, error)) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		for range clients {
			wg.Go(func() {
				a, err := l.Tile(ctx, tables.Request{Addr: at(zoom)})
				mu.Lock()
				defer mu.Unlock()
				told(a, err)
			})
		}
		wg.Wait()
	}
	how := map[tiles.Outcome]int{}
	ask(t.Context(), 15, 6, func(a tables.Answer, err error) {
		if err != nil || a.Tile.Size == 0 || a.Left <= 0 {
			t.Errorf("%+v, %v", a, err)
		}
		how[a.Outcome]++
	})
	if how[tiles.Miss] != 1 || how[tiles.Joined] != 5 {
		t.Errorf("outcomes of six at once: %v, want 1 miss and 5 joined", how)
	}
	ctx, leave := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, leave)
	ask(ctx, 14, 3, func(_ tables.Answer, err error) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a client that left: %v, want canceled", err)
		}
	})
	began = time.Now()
	for pgtest.Value(t, dsn, running) != "0" {
		if time.Since(began) > 2*time.Second { // of its three seconds it had 0.3
			t.Fatal("the statement runs on after all have left")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestFaults(t *testing.T) {
	dsn := town(t)
	pgtest.Exec(t, dsn, `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wanmi_test_blind') THEN CREATE ROLE wanmi_test_blind LOGIN PASSWORD 'secret'; END IF; END $$`)
	for _, tc := range []struct {
		name, field, want string
		change            func(*tables.Spec)
	}{
		{"no table", "table", "say which", func(s *tables.Spec) { s.Table = "" }},
		{"unknown table", "table", `no table or view public.lamps; with geometry there are Ver messung.La"mp, public.ring`, func(s *tables.Spec) { s.Schema, s.Table = "", "lamps" }},
		{"not readable", "table", `may not read Ver messung.La"mp; have it granted: GRANT USAGE ON SCHEMA "Ver messung"`, func(s *tables.Spec) {
			s.DSN = strings.Replace(dsn, "postgres:secret", "wanmi_test_blind:secret", 1)
		}},
		{"no geometry", "geometry", "has no geometry column", func(s *tables.Spec) { s.Schema, s.Table = "", "plain" }},
		{"geography", "geometry", `make a view of it with "spot"::geometry`, func(s *tables.Spec) { s.Schema, s.Table = "", "globe" }},
		{"two geometries", "geometry", "say which: a, b", func(s *tables.Spec) { s.Schema, s.Table = "", "twins" }},
		{"unknown geometry", "geometry", `no geometry column "c"; there is a, b`, func(s *tables.Spec) { s.Schema, s.Table, s.Geom = "", "twins", "c" }},
		{"no srid", "srid", "states no SRID", func(s *tables.Spec) { s.Schema, s.Table = "", "seen" }},
		{"unknown srid", "srid", "does not know SRID 123456", func(s *tables.Spec) { s.SRID = 123456 }},
		{"unknown id", "id", `no column "fid"; there are gid, `, func(s *tables.Spec) { s.ID = "fid" }},
		{"id of text", "id", "column code is text; ids are whole numbers", func(s *tables.Spec) { s.ID = "code" }},
		{"unknown column", "columns", `no column "colour"; there are gid, geom, 名称`, func(s *tables.Spec) { s.All, s.Columns = false, []tables.Column{{Name: "colour"}} }},
		{"bytes", "columns", "column photo is bytea", func(s *tables.Spec) { s.All, s.Columns = false, []tables.Column{{Name: "photo"}} }},
		{"twice", "columns", `"code" stands twice`, func(s *tables.Spec) { s.All, s.Columns = false, []tables.Column{{Name: "code"}, {Name: "code"}} }},
		{"zooms", "maxzoom", "10: a number from 12 to 24", func(s *tables.Spec) { s.MinZoom, s.MaxZoom = 12, 10 }},
		{"buffer", "buffer", "4000: a number from 0 to 2048", func(s *tables.Spec) { s.Buffer = 4000 }},
		{"limit", "limit", "0: a number from 1", func(s *tables.Spec) { s.Limit = 0 }},
		{"dsn", "dsn", "cannot be read", func(s *tables.Spec) { s.DSN = "postgres://a b@c/d" }},
	} {
		_, err := tables.Open(t.Context(), []tables.Spec{lamps(dsn, tc.change)}, tables.Options{})
		var f *tables.Fault
		if !errors.As(err, &f) || f.Layer != "lamp" || f.Field != tc.field || !strings.Contains(f.Error(), tc.want) || gis.KindOf(err) != gis.Invalid {
			t.Errorf("%s: got %v, want a fault of %s with %q", tc.name, err, tc.field, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is in %v", tc.name, err)
		}
	}
}

// TestAway opens tables of a database that is not there, and finds them when it is.
func TestAway(t *testing.T) {
	own := pgtest.StartOwn(t)
	pgtest.Exec(t, own.DSN, `CREATE TABLE spots (id int PRIMARY KEY, geom geometry(Point, 4326))`, `INSERT INTO spots VALUES (5, ST_SetSRID(ST_MakePoint(116.58, 35.41), 4326))`)
	own.Stop("immediate")
	var told []string
	all := open(t, tables.Options{Timeout: 5 * time.Second, Failed: func(layer string, _ error) { told = append(told, layer) }},
		spec("spots", own.DSN, func(s *tables.Spec) { s.Table = "spots" }), spec("more", own.DSN, func(s *tables.Spec) { s.Table = "spots" }))
	l, _ := all.Layer("spots")
	if _, err := l.Tile(t.Context(), tables.Request{Addr: at(15)}); gis.KindOf(err) != gis.Unavailable || strings.Contains(err.Error(), "secret") {
		t.Errorf("a database that is away: %v, want unavailable", err)
	}
	if _, err := l.Known(); err == nil {
		t.Error("the failure is not known")
	}
	if len(told) != 1 || told[0] != "spots" {
		t.Errorf("told of %v, want once of spots", told)
	}
	own.Start()
	deadline := time.Now().Add(30 * time.Second)
	for {
		a, err := l.Tile(t.Context(), tables.Request{Addr: at(15)})
		if err == nil {
			if n := len(layerOf(t, a.Tile).Features); n != 1 {
				t.Errorf("%d features, want 1", n)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}
