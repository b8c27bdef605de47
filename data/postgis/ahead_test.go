package postgis

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/postgis/pgtest"
	"wanmi/data/storetest"
	"wanmi/gis"
)

// components returns n components with the values a delivery has.
func components(n int) []gis.Feature {
	out := make([]gis.Feature, n)
	for i := range out {
		out[i] = *component(i, "")
		f := &out[i]
		f.Key = f.Text("code")
		f.Set("class", "01001")
		f.Set("init_date", fmt.Sprintf("19%02d-0%d-1%d", i%100, 1+i%9, i%10))
		f.Set("address", fmt.Sprintf("太平西路%d号\t\"东\\侧\"\n", i))
		if i%3 == 0 {
			f.Set("extra", fmt.Sprintf(`{"h": %d}`, i))
		}
	}
	return out
}

func putComponents(t *testing.T, s *Store, n int) {
	t.Helper()
	feats := components(n)
	if _, err := s.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error { return putEach(tx, feats) }); err != nil {
		t.Fatal(err)
	}
}

func putEach(tx data.Tx, feats []gis.Feature) error {
	for i := range feats {
		if _, _, err := tx.Put(&feats[i]); err != nil {
			return err
		}
	}
	return nil
}

func redelivery(base, added int) func(data.Tx) error {
	return storetest.Redelivery{Base: base, Feats: components(base + added)}.Write
}

// TestAhead makes the same delivery ahead of the lock and under it: the stores must be alike.
func TestAhead(t *testing.T) {
	for _, c := range []struct{ base, added int }{{0, 1}, {0, 5000}, {1, 0}, {3000, 0}, {2500, 1}, {700, 9000}} {
		t.Run(fmt.Sprintf("%d and %d", c.base, c.added), func(t *testing.T) {
			var stores [2]*Store
			for i := range stores {
				s := openTest(t, pgtest.DSN(t))
				putComponents(t, s, c.base)
				w := data.WriteInfo{Actor: "survey", Source: "later", Bulk: true, Batch: &data.Batch{Layer: "component", Source: "later"}}
				if i == 0 {
					w.Ahead = &data.Ahead{Rows: int64(c.base + c.added), Since: storetest.NobodyElse(t)}
				}
				fn := redelivery(c.base, c.added)
				if _, err := s.Write(t.Context(), w, func(tx data.Tx) error {
					if _, ahead := tx.(*ahead); ahead != (i == 0) {
						t.Errorf("run by %T", tx)
					}
					return fn(tx)
				}); err != nil {
					t.Fatal(err)
				}
				storetest.NoFindings(t, s)
				nothingKept(t, s)
				stores[i] = s
			}
			sameStores(t, stores[0], stores[1])
			if c.added == 0 { // under the lock an id is tried, and lost, before the first row turns out to be known
				return
			}
			for _, s := range stores { // both go on alike
				putComponents(t, s, c.base+c.added+3)
				storetest.NoFindings(t, s)
			}
			sameStores(t, stores[0], stores[1])
		})
	}
}

// Rows sent in the binary format are those sent as text, of every layer and type.
func TestAheadTypes(t *testing.T) {
	var stores [2]*Store
	for i := range stores {
		stores[i] = openTest(t, pgtest.DSN(t))
	}
	for _, l := range gis.Layers {
		var feats []gis.Feature
		for n := range 4 {
			f := gis.NewFeature(l)
			f.Key = fmt.Sprintf("k-%d", n)
			switch l.Geom {
			case gis.Point:
				f.Geom = orb.Point{116.1 + float64(n)/7, 35}
			case gis.Line:
				f.Geom = orb.LineString{{116, 35}, {116.1 + float64(n)/7, 35.3}}
			case gis.Polygon:
				f.Geom = orb.Polygon{{{116, 35}, {116.5, 35}, {116.5, 35.1 + float64(n)/7}, {116, 35}}}
			}
			for i, field := range l.Fields {
				if n == 3 && field.Name != l.Key { // a row without values
					continue
				}
				f.Values[i] = map[gis.FieldType]any{
					gis.Text: []any{"", "万米\\\t\n", f.Key}[n%3], gis.Int: int64(n-1) << 40, gis.Real: -1.5e-7 * float64(n), gis.Bool: n%2 == 0,
					gis.Date: []string{"0001-01-01", "1999-12-31", "9999-12-31"}[n%3], gis.Time: []string{"1999-12-31T23:59:59.999Z", "2026-11-29T01:02:03.004Z", "0044-03-15T12:00:00Z"}[n%3],
					gis.JSON: `{ "a": [1, "\u00e9" ] }`,
				}[field.Type]
				if field.Name == l.Key {
					f.Values[i] = f.Key
				}
			}
			feats = append(feats, f)
		}
		for i, s := range stores {
			w := data.WriteInfo{Bulk: true}
			if i == 0 {
				w.Ahead = &data.Ahead{Rows: 9, Since: storetest.NobodyElse(t)}
			}
			own := make([]gis.Feature, len(feats))
			for n := range feats {
				own[n] = feats[n].Clone()
			}
			if _, err := s.Write(t.Context(), w, func(tx data.Tx) error { return putEach(tx, own) }); err != nil {
				t.Fatalf("%s: %v", l.Name, err)
			}
		}
		a, b := rowsOf(t, stores[0], l.Name), rowsOf(t, stores[1], l.Name)
		if len(a) != len(feats) || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("%s: got %d rows\n%v\nahead,\n%v\nunder the lock", l.Name, len(a), a, b)
		}
	}
}

func rowsOf(t *testing.T, s *Store, layer string) (out []string) {
	t.Helper()
	for f, err := range s.Features(t.Context(), layer, orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(f.ID, f.Key, f.Geom, f.Values))
	}
	return out
}

func nothingKept(t *testing.T, s *Store) {
	t.Helper()
	var left int
	if err := s.reader.QueryRow(`SELECT count(*) FROM wanmi.kept_number`).Scan(&left); err != nil || left > 0 {
		t.Errorf("%d blocks of numbers are kept, %v", left, err)
	}
}

func sameStores(t *testing.T, a, b *Store) {
	t.Helper()
	x, y := rowsOf(t, a, "component"), rowsOf(t, b, "component")
	if len(x) != len(y) {
		t.Fatalf("got %d rows ahead, %d under the lock", len(x), len(y))
	}
	for i := range x {
		if x[i] != y[i] {
			t.Fatalf("got %.300s ahead, %.300s under the lock", x[i], y[i])
		}
	}
	for _, q := range []string{
		`SELECT string_agg(x, E'\n') FROM (SELECT key || feature || op || ST_AsText(shape) || fields x FROM wanmi.feature_history ORDER BY feature, rev, op) y`,
		`SELECT string_agg(name || value, ' ' ORDER BY name) FROM wanmi.counter`,
		`SELECT string_agg(first || ' ' || last || ' ' || line || file, ',' ORDER BY first) FROM wanmi.feature_origin`,
		`SELECT string_agg(added || ' ' || changed || ' ' || removed || ' ' || unchanged || ' ' || rejected, ',' ORDER BY id) FROM wanmi.import_batch`,
		`SELECT value || '' FROM wanmi.state WHERE name = 'generation'`,
		`SELECT last_value || '' FROM wanmi.component_fid_seq`,
	} {
		var got [2]string
		for i, s := range [...]*Store{a, b} {
			if err := s.reader.QueryRow(`SELECT coalesce((` + q + `), '')`).Scan(&got[i]); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		if got[0] != got[1] {
			t.Errorf("%s:\ngot %.500s\nahead, %.500s\nunder the lock", q, got[0], got[1])
		}
	}
}

// What others do that a long write cannot put right has it begin again with the lock, and the outcome is that of a write begun after it.
func TestAheadAgain(t *testing.T) {
	const base, added = 500, 3000
	feats := components(base + added)
	for name, other := range map[string]func(t *testing.T, s *Store){
		"another program changes a row": func(t *testing.T, s *Store) {
			pgtest.Exec(t, s.dsn, `UPDATE wanmi.component SET address = 'by hand' WHERE code = '`+feats[4].Key+`'`)
		},
		"another program removes a row": func(t *testing.T, s *Store) {
			pgtest.Exec(t, s.dsn, `DELETE FROM wanmi.component WHERE code = '`+feats[14].Key+`'`)
		},
		"an editor makes a row of the delivery": func(t *testing.T, s *Store) {
			f := feats[base+added-1].Clone()
			if _, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { _, _, err := tx.Put(&f); return err }); err != nil {
				t.Error(err)
			}
		},
		"an editor renames a row": func(t *testing.T, s *Store) {
			if _, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { return tx.Rename("component", feats[4].Key, "x4") }); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTest(t, pgtest.DSN(t))
			putComponents(t, s, base)
			runs := 0
			fn := storetest.Redelivery{Base: base, Feats: components(base + added), Gone: 1, Before: func(i int) {
				if i == base+added-2 && runs == 1 {
					other(t, s)
				}
			}}.Write
			w := data.WriteInfo{Bulk: true, Batch: &data.Batch{}, Ahead: &data.Ahead{Rows: base + added, Since: func(data.Tx, []gis.Change) (bool, error) { return true, nil }}}
			before := numbersOf(t, s)
			if _, err := s.Write(t.Context(), w, func(tx data.Tx) error {
				if runs++; runs == 2 {
					if strings.Contains(name, "makes a row") { // behind the ids kept, which do not come back then
						before["sequence"] = base + base + added + 1
					}
					if now := numbersOf(t, s); !maps.Equal(now, before) {
						t.Errorf("got the numbers %v at the second run, want %v", now, before)
					}
				}
				return fn(tx)
			}); err != nil {
				t.Fatal(err)
			}
			storetest.NoFindings(t, s)
			nothingKept(t, s)
			if runs != 2 {
				t.Errorf("%d runs, want 2", runs)
			}
			if f, err := s.Feature(t.Context(), "component", feats[4].Key); err != nil || f.Text("note") != "改" {
				t.Errorf("got %v, %v", f.Values, err)
			}
		})
	}
}

// A bulk write waits until a long write is done, and does not make the others wait for it.
func TestAheadAndBulk(t *testing.T) {
	dsn := pgtest.DSN(t)
	s, other := openTest(t, dsn), openTest(t, dsn)
	putComponents(t, s, 50)
	var order []string
	done := make(chan error, 1)
	w := data.WriteInfo{Bulk: true, Ahead: &data.Ahead{Rows: 100, Since: storetest.NobodyElse(t)}}
	_, err := s.Write(t.Context(), w, func(tx data.Tx) error {
		if err := putEach(tx, components(100)); err != nil {
			return err
		}
		go func() {
			_, err := s.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
				order = append(order, "bulk")
				_, _, err := tx.Put(component(3, "x"))
				return err
			})
			done <- err
		}()
		time.Sleep(100 * time.Millisecond)
		for _, s := range []*Store{s, other} {
			start := time.Now()
			if _, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { return tx.Reserve("x", 1) }); err != nil || time.Since(start) > 2*time.Second {
				t.Errorf("an edit beside both took %v, %v", time.Since(start), err)
			}
		}
		if _, err := open(t, dsn).Write(t.Context(), data.WriteInfo{Bulk: true}, func(data.Tx) error { return nil }); gis.KindOf(err) != gis.Unavailable {
			t.Errorf("a bulk write of another program: got %v, want it told to try again", err)
		}
		order = append(order, "long")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || len(order) != 2 || order[0] != "long" {
		t.Errorf("got %v, %v", order, err)
	}
}

// aheadChild is the child of TestAheadGivesBack: it dies in a long write.
func aheadChild(t *testing.T, s *Store) {
	w := data.WriteInfo{Bulk: true, Batch: &data.Batch{}, Ahead: &data.Ahead{Rows: 9000, Since: storetest.NobodyElse(t)}}
	_, err := s.Write(t.Context(), w, func(tx data.Tx) error {
		if err := redelivery(40, 4000)(tx); err != nil {
			return err
		}
		fmt.Println(1)
		time.Sleep(time.Minute)
		return nil
	})
	t.Fatal(err)
}

// Whoever opens the database after a long write that died gives back the ids and running numbers it had kept, and no others; while one
// lives they stay its own.
func TestAheadGivesBack(t *testing.T) {
	dsn := pgtest.DSN(t)
	s := openTest(t, dsn)
	putComponents(t, s, 40)
	number := func(counter string) {
		if _, err := s.Write(t.Context(), data.WriteInfo{Actor: "editor"}, func(tx data.Tx) error {
			_, err := tx.Next(counter, 1)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	number("component/370883/01001")
	number("component/370883/02001")
	before := numbersOf(t, s)
	storetest.KilledChild(t, 50*time.Millisecond, "WANMI_CRASH_DATABASE="+dsn, "WANMI_CRASH_AHEAD=1")
	if now := numbersOf(t, s); maps.Equal(now, before) {
		t.Error("a long write kept no numbers")
	}
	number("component/370883/02001") // somebody else goes on taking numbers
	before["component/370883/02001"]++
	for range 100 { // the server takes a moment to notice
		openTest(t, dsn)
		if maps.Equal(numbersOf(t, s), before) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if now := numbersOf(t, s); !maps.Equal(now, before) {
		t.Errorf("got %v after the write that died, want %v", now, before)
	}
	nothingKept(t, s)
	if n := len(rowsOf(t, s, "component")); n != 40 {
		t.Errorf("got %d rows, want 40", n)
	}

	w := data.WriteInfo{Bulk: true, Batch: &data.Batch{}, Ahead: &data.Ahead{Rows: 5000, Since: storetest.NobodyElse(t)}}
	if _, err := s.Write(t.Context(), w, func(tx data.Tx) error {
		if err := redelivery(40, 4000)(tx); err != nil {
			return err
		}
		kept := numbersOf(t, s)
		openTest(t, dsn)
		if now := numbersOf(t, s); !maps.Equal(now, kept) {
			t.Errorf("opening the store took %v from a long write that lives: %v", kept, now)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if now := numbersOf(t, s); now["component/370883/01001"] != 4006 || now["sequence"] != 4040 {
		t.Errorf("got %v after the write that did not, want 4006 numbers and 4040 ids", now)
	}
	storetest.NoFindings(t, s)
}

// numbersOf returns the running numbers, and the ids given to components as "sequence".
func numbersOf(t *testing.T, s *Store) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	var name string
	var n int64
	err := each(t.Context(), s.reader, []any{&name, &n}, `SELECT name, value FROM wanmi.counter WHERE value > 0 UNION ALL SELECT 'sequence', last_value FROM wanmi.component_fid_seq`, nil, func() bool {
		out[name] = n
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Who has only the rights of wanmi_writer can do a long write.
func TestAheadByWriter(t *testing.T) {
	dsn := pgtest.DSN(t)
	putComponents(t, openTest(t, dsn), 50)
	s := openTest(t, role(t, dsn, "clerk", "GRANT wanmi_writer TO ROLE"))
	w := data.WriteInfo{Bulk: true, Batch: &data.Batch{}, Ahead: &data.Ahead{Rows: 3050, Since: storetest.NobodyElse(t)}}
	runs := 0
	fn := redelivery(50, 3000)
	if _, err := s.Write(t.Context(), w, func(tx data.Tx) error { runs++; return fn(tx) }); err != nil || runs != 1 {
		t.Errorf("%v, %d runs", err, runs)
	}
	nothingKept(t, s)
	storetest.NoFindings(t, s)
}
