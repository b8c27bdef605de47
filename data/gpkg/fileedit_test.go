package gpkg

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/storetest"
	"wanmi/gis"
)

// edited is a store with two components and a department, and a connection to the file as another program has one.
type edited struct {
	*Store
	t     *testing.T
	other *sql.DB
	key   string
	since int64
}

func editedStore(t *testing.T, recursive int) *edited {
	t.Helper()
	path := filepath.Join(t.TempDir(), "city.gpkg")
	e := &edited{Store: openTest(t, path), t: t}
	e.other = newPool(path, "rw", time.Second, fmt.Sprintf("recursive_triggers(%d)", recursive)) // GDAL sets it
	e.other.SetMaxOpenConns(1)
	t.Cleanup(func() { e.other.Close() })
	feats := delivery(3)
	for i := range feats {
		feats[i].Set("grid_code", nil)
		feats[i].Set("community_code", nil)
		feats[i].Set("class", nil)
	}
	e.key = feats[0].Key
	dept := gis.NewFeature(gis.MustLayer("department"))
	dept.Key = "11370883004327123X"
	dept.Set(dept.Layer.Key, dept.Key)
	write(t, e.Store, data.WriteInfo{Actor: "survey", Batch: &data.Batch{Layer: "component"}}, func(tx data.Tx) error {
		for _, f := range append(feats, dept) {
			if _, _, err := tx.Put(&f); err != nil {
				return err
			}
		}
		return nil
	})
	e.mark()
	return e
}

// mark remembers the end of the change log.
func (e *edited) mark() {
	e.since = 0
	for c := range e.Changes(e.t.Context(), 0) {
		e.since = c.Seq
	}
}

func (e *edited) exec(query string, args ...any) {
	e.t.Helper()
	if _, err := e.other.Exec(query, args...); err != nil {
		e.t.Fatalf("%s: %v", query, err)
	}
}

// changes are those after the mark.
func (e *edited) changes() (out []gis.Change) {
	e.t.Helper()
	for c, err := range e.Changes(e.t.Context(), e.since) {
		if err != nil {
			e.t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func (e *edited) history(layer, key string) []data.Version {
	e.t.Helper()
	h, err := e.History(e.t.Context(), layer, key)
	if err != nil {
		e.t.Fatal(err)
	}
	return h
}

func eachRecursion(t *testing.T, test func(t *testing.T, e *edited)) {
	for recursive := range 2 {
		t.Run(fmt.Sprintf("recursive_triggers=%d", recursive), func(t *testing.T) {
			e := editedStore(t, recursive)
			test(t, e)
			storetest.NoFindings(t, e.Store)
		})
	}
}

// An edit of the file is a version with its number, its time and a generation, as an edit by the store is.
func TestFileEditKeepsHistory(t *testing.T) {
	eachRecursion(t, func(t *testing.T, e *edited) {
		before, err := e.Feature(t.Context(), "component", e.key)
		if err != nil {
			t.Fatal(err)
		}
		gen, _ := e.Generation(t.Context())
		start := time.Now().Add(-time.Second)
		e.exec(`UPDATE component SET name = '改名', note = NULL WHERE code = ?`, e.key)
		h := e.history("component", e.key)
		if len(h) != 2 {
			t.Fatalf("versions: got %d, want 2: %+v", len(h), h)
		}
		if got, want := fmt.Sprint(h[0].Feature), fmt.Sprint(before); got != want {
			t.Errorf("former version: got %s, want %s", got, want)
		}
		if v := h[1]; v.Actor != FileActor || v.Source != FileSource || v.Op != gis.Update || v.At.Before(start) || v.At.After(time.Now()) || v.Feature.Text("name") != "改名" {
			t.Errorf("version by the file: got %+v", v)
		}
		if got := h[0].Actor; got != "survey" {
			t.Errorf("who made the former version: got %q, want survey", got)
		}
		c := e.changes()
		if len(c) != 1 || c[0].Op != gis.Update || c[0].Key != e.key || c[0].Gen != gen+1 || !c[0].Old.Contains(before.Geom.(orb.Point)) {
			t.Errorf("change log: got %+v", c)
		}
		if now, _ := e.Generation(t.Context()); now != gen+1 {
			t.Errorf("generation: got %d, want %d", now, gen+1)
		}
		if rev, _ := e.Rev(t.Context(), "component", e.key); rev != c[0].Seq {
			t.Errorf("revision: got %d, want %d", rev, c[0].Seq)
		}
	})
}

// What changes nothing is no edit; a revision written by hand is not kept; a statement of many rows is as many changes.
func TestFileEditNumbers(t *testing.T) {
	eachRecursion(t, func(t *testing.T, e *edited) {
		e.exec(`UPDATE component SET name = name, geom = geom, rev = rev, code = code, fid = fid`)
		if c := e.changes(); len(c) != 0 {
			t.Errorf("an update that changes nothing: got %+v", c)
		}
		e.exec(`UPDATE component SET rev = 4711 WHERE code = ?`, e.key)
		if rev, _ := e.Rev(t.Context(), "component", e.key); rev != e.since+1 {
			t.Errorf("revision written by hand: got %d, want %d", rev, e.since+1)
		}
		e.mark()
		e.exec(`UPDATE component SET note = '批改'`)
		gens := map[gis.Generation]bool{}
		for _, c := range e.changes() {
			gens[c.Gen] = true
			if rev, _ := e.Rev(t.Context(), "component", c.Key); rev != c.Seq {
				t.Errorf("revision of %s: got %d, want %d", c.Key, rev, c.Seq)
			}
		}
		if len(gens) != 3 {
			t.Errorf("three rows at once: got generations %v, want three", gens)
		}
	})
}

// What an edit rolled back or a fault undoes leaves nothing.
func TestFileEditRolledBack(t *testing.T) {
	eachRecursion(t, func(t *testing.T, e *edited) {
		tx, err := e.other.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(`UPDATE component SET note = '批改'`); err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if _, err := e.other.Exec(`UPDATE component SET note = 'x', rev = NULL`); err == nil {
			t.Error("no revision: want an error")
		}
		if h := e.history("component", e.key); len(h) != 1 || len(e.changes()) != 0 {
			t.Errorf("after a rollback: got %d versions, changes %+v", len(h), e.changes())
		}
	})
}

func TestFileDelete(t *testing.T) {
	eachRecursion(t, func(t *testing.T, e *edited) {
		was, err := e.Feature(t.Context(), "component", e.key)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond) // the log counts in milliseconds
		before := time.Now()
		time.Sleep(2 * time.Millisecond)
		e.exec(`DELETE FROM component WHERE code = ?`, e.key)
		e.exec(`DELETE FROM department`)
		h := e.history("component", e.key)
		if len(h) != 2 || h[1].Op != gis.Delete || h[1].Actor != FileActor {
			t.Fatalf("versions of a row deleted in the file: got %+v", h)
		}
		if got, want := fmt.Sprint(h[1].Feature), fmt.Sprint(was); got != want {
			t.Errorf("deleted version: got %s, want %s", got, want)
		}
		c := e.changes()
		if len(c) != 2 || c[0].Op != gis.Delete || c[0].Key != e.key || !c[0].Old.Contains(was.Geom.(orb.Point)) || c[1].Layer != "department" {
			t.Errorf("change log: got %+v", c)
		}
		for at, want := range map[time.Time]int{before: 3, time.Now(): 2} {
			n := 0
			for _, err := range e.AsOf(t.Context(), "component", at, orb.Bound{}) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != want {
				t.Errorf("components as of %v: got %d, want %d", at, n, want)
			}
		}
	})
}

// Codes are the store's to give: a row is neither added nor given another key, number or a shape the store cannot read.
func TestFileRefuses(t *testing.T) {
	insert := `INSERT INTO component (code, rev) VALUES ('37088301001999999', %s)`
	shape := func(flags byte, envelope int, kind uint32) string {
		b := append([]byte{'G', 'P', 0, flags, 0x8a, 0x11, 0, 0}, make([]byte, envelope)...)
		b = binary.LittleEndian.AppendUint32(append(b, 1), kind)
		return fmt.Sprintf(`UPDATE component SET geom = x'%x' WHERE fid = 1`, append(b, make([]byte, 16)...))
	}
	eachRecursion(t, func(t *testing.T, e *edited) {
		for query, want := range map[string]string{
			fmt.Sprintf(insert, "0"):                                        "/ogc",
			fmt.Sprintf(insert, "NULL"):                                     "/ogc",
			fmt.Sprintf(insert, "1"):                                        "/ogc",
			fmt.Sprintf(insert, "4711"):                                     "/ogc",
			`INSERT INTO department DEFAULT VALUES`:                         "/ogc",
			`INSERT OR REPLACE INTO component SELECT * FROM component`:      "/ogc",
			`UPDATE component SET code = '37088301001999999' WHERE fid = 1`: "编码",
			`UPDATE OR REPLACE component SET code = (SELECT code FROM component WHERE fid = 2) WHERE fid = 1`: "编码",
			`UPDATE component SET fid = 99 WHERE fid = 1`:                                                     "编码",
			`UPDATE component SET geom = 'POINT(1 2)'`:                                                        "几何",
			`UPDATE component SET geom = x'00'`:                                                               "几何",
			shape(1, 0, 1001):                                                                                 "几何",
			shape(1, 0, 0x80000001):                                                                           "几何",
			shape(3, 32, 7):                                                                                   "几何",
			shape(5, 48, 1001):                                                                                "几何",
			shape(0x21, 0, 1):                                                                                 "几何",
			shape(11, 0, 1):                                                                                   "几何",
			shape(3, 0, 1):                                                                                    "几何",
			`UPDATE department SET rev = 4711, code = code || 'x'`:                                            "编码",
		} {
			if _, err := e.other.Exec(query); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want an error with %s in it", query, err, want)
			}
		}
		if c := e.changes(); len(c) != 0 {
			t.Errorf("changes after refusals: got %+v", c)
		}
	})
}

// Every shape the store reads it takes, with any envelope.
func TestFileTakesShapes(t *testing.T) {
	line, square := orb.LineString{{116.9, 35.4}, {116.91, 35.41}}, orb.Polygon{{{116.9, 35.4}, {116.91, 35.4}, {116.91, 35.41}, {116.9, 35.4}}}
	other := orb.Polygon{{{116.8, 35.4}, {116.81, 35.4}, {116.81, 35.41}, {116.8, 35.4}}}
	eachRecursion(t, func(t *testing.T, e *edited) {
		edits := 0
		for _, g := range []orb.Geometry{
			orb.Point{116.9, 35.4}, line, square, orb.MultiPoint{{116.9, 35.4}, {116.92, 35.4}}, orb.MultiLineString{line, {{116, 35}, {117, 35}}}, orb.MultiPolygon{square, other},
		} {
			blob := encodeGeom(nil, g, gis.Any)
			head := headerSize
			if blob[3] != 1 {
				head += envelopeSize
			}
			env := make([]byte, 0, 64)
			for _, v := range []float64{g.Bound().Min[0], g.Bound().Max[0], g.Bound().Min[1], g.Bound().Max[1], 0, 0, 0, 0} {
				env = binary.LittleEndian.AppendUint64(env, math.Float64bits(v))
			}
			for kind, size := range []int{0, 32, 48, 48, 64} {
				made := slices.Concat([]byte{'G', 'P', 0, byte(1 | kind<<1)}, blob[4:8], env[:size], blob[head:])
				e.exec(`UPDATE component SET geom = ? WHERE code = ?`, made, e.key)
				edits++
				f, err := e.Feature(t.Context(), "component", e.key)
				if err != nil || !orb.Equal(f.Geom, g) {
					t.Errorf("%T with envelope %d: got %v, %v", g, kind, f.Geom, err)
				}
			}
		}
		empty := append([]byte{'G', 'P', 0, 0x11, 0x8a, 0x11, 0, 0, 1}, make([]byte, 20)...)
		for _, none := range []any{empty, nil} {
			e.exec(`UPDATE component SET geom = ? WHERE code = ?`, none, e.key)
			edits++
			if f, err := e.Feature(t.Context(), "component", e.key); err != nil || f.Geom != nil {
				t.Errorf("no shape: got %v, %v", f.Geom, err)
			}
		}
		if got := len(e.history("component", e.key)); got != edits+1 {
			t.Errorf("versions: got %d, want %d", got, edits+1)
		}
	})
}

// The store's own writes are not taken for another program's, and go on where that left off.
func TestWritesAfterFileEdit(t *testing.T) {
	for _, bulk := range []bool{false, true} {
		t.Run(fmt.Sprintf("bulk=%v", bulk), func(t *testing.T) {
			e := editedStore(t, 1)
			e.exec(`UPDATE component SET name = '改名' WHERE code = ?`, e.key)
			e.mark()
			write(t, e.Store, data.WriteInfo{Actor: "editor", Bulk: bulk}, func(tx data.Tx) error {
				for i := range 3 { // the same row again and again: in bulk its number stays the same
					f, err := tx.Feature("component", e.key)
					if err != nil {
						return err
					}
					f.Set("note", fmt.Sprint(i))
					if _, _, err := tx.Put(&f); err != nil {
						return err
					}
				}
				return tx.Delete("component", delivery(2)[1].Key)
			})
			for _, c := range e.changes() {
				if c.Actor != "editor" {
					t.Errorf("change by %s: %+v", c.Actor, c)
				}
			}
			want := []string{"survey", FileActor, "editor", "editor", "editor"}
			if bulk {
				want = want[:3]
			}
			var who []string
			for _, v := range e.history("component", e.key) {
				who = append(who, v.Actor)
			}
			if fmt.Sprint(who) != fmt.Sprint(want) {
				t.Errorf("who made the versions: got %v, want %v", who, want)
			}
			storetest.NoFindings(t, e.Store)
		})
	}
}

// A batch over whose rows another program went has been touched since.
func TestFileEditAfterBatch(t *testing.T) {
	e := editedStore(t, 1)
	e.exec(`UPDATE component SET name = '改名' WHERE code = ?`, e.key)
	write(t, e.Store, data.WriteInfo{}, func(tx data.Tx) error {
		n := 0
		for x, err := range tx.Touched(1) {
			if err != nil {
				return err
			}
			if x.Layer != "component" {
				continue
			}
			n++
			if later := x.Now.Text("name") == "改名"; x.Later != later || x.Made.Text("name") != "路灯" {
				t.Errorf("touched: got %+v, want Later %v", x, later)
			}
		}
		if n != 3 {
			t.Errorf("components of the batch: got %d, want 3", n)
		}
		return nil
	})
}

// Triggers another program took away or altered are made anew at the next opening.
func TestFileTriggersReturn(t *testing.T) {
	path := filled(t)
	drop := dropEditTriggers()
	tamper(t, path, drop[0], drop[1], `DROP TRIGGER wanmi_edit_component_key`,
		`CREATE TRIGGER "wanmi_edit_component_key" BEFORE UPDATE ON component BEGIN SELECT 1; END`)
	s := openTest(t, path)
	if made, err := s.editTriggersMade(context.Background(), s.reader); !made || err != nil {
		t.Errorf("triggers after opening: got %v, %v, want all", made, err)
	}
}
