package gpkg

import (
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

func each(feats []gis.Feature) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		for _, f := range feats {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// TestWriteLayer writes files of one layer, by pages and by SQL, and reads them with SQLite: its own check, every row, the counter.
func TestWriteLayer(t *testing.T) {
	roads := func(n int) []gis.Feature {
		out := make([]gis.Feature, n)
		for i := range out {
			out[i] = gis.NewFeature(gis.MustLayer("road"))
			out[i].Geom = orb.LineString{{116.9 + float64(i)/1e5, 35.3}, {116.91, 35.31}}
			out[i].Set("name", fmt.Sprintf("%d路", i))
		}
		return out
	}
	departments := make([]gis.Feature, 3000)
	for i := range departments {
		departments[i] = gis.NewFeature(gis.MustLayer("department"))
		departments[i].Set("code", fmt.Sprint("D", i))
		departments[i].Key = fmt.Sprint("D", i)
	}
	numbered := func(n int, id func(i int) int64) []gis.Feature {
		feats := delivery(n)
		for i := range feats {
			feats[i].ID = id(i)
		}
		feats[n/2].Set("note", strings.Repeat("很长", 30000)) // more than a page
		feats[n/3].Geom = orb.LineString{{116.9, 35.3}, {116.91, 35.31}}
		feats[n/4].Geom = nil
		return feats
	}
	for name, feats := range map[string][]gis.Feature{
		"pages":           numbered(20000, func(i int) int64 { return int64(i + 1) }),
		"gaps":            numbered(5000, func(i int) int64 { return int64(3*i + 5) }),
		"no ids":          numbered(5000, func(int) int64 { return 0 }),
		"few":             numbered(loadLeast-1, func(i int) int64 { return int64(i + 1) }),
		"backward":        numbered(3000, func(i int) int64 { return int64(3000 - i) }),
		"backward at end": append(numbered(3000, func(i int) int64 { return int64(i + 10) }), delivery(3001)[3000]),
		"without a key":   roads(3000),
		"no geometry":     departments,
		"none":            nil,
	} {
		t.Run(name, func(t *testing.T) {
			l := gis.MustLayer("component")
			if len(feats) > 0 {
				l = feats[0].Layer
			}
			if name == "backward at end" {
				feats[3000].ID = 1
			}
			path := filepath.Join(t.TempDir(), "out.gpkg")
			n, err := WriteLayer(t.Context(), path, l, each(feats), nil)
			if err != nil || n != int64(len(feats)) {
				t.Fatalf("got %d rows, %v, want %d", n, err, len(feats))
			}
			mustHold(t, path, l, feats)
		})
	}
}

// mustHold reads the file by plain SQL and compares every row.
func mustHold(t *testing.T, path string, l *gis.Layer, feats []gis.Feature) {
	t.Helper()
	db := newPool(path, "ro", 0)
	defer db.Close()
	var said string
	if err := db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&said); err != nil || said != "ok" {
		t.Fatalf("integrity: %q, %v", said, err)
	}
	tab := newTable(l)
	want := make([]string, len(feats))
	var extent orb.Bound
	some, top := false, int64(0)
	for i, f := range feats {
		if f.ID == 0 {
			f.ID = int64(i + 1)
		}
		if f.Key == "" {
			f.Key = tab.madeKey(int64(i + 1))
		}
		top = max(top, f.ID)
		if b, ok := f.Bound(); ok {
			if !some {
				extent, some = b, true
			}
			extent = extent.Union(b)
		}
		want[i] = fmt.Sprintf("%08d %s %v %v", f.ID, f.Key, f.Geom, f.Values)
	}
	slices.Sort(want)
	rows, err := db.QueryContext(t.Context(), fmt.Sprintf(`SELECT fid, 0, %s FROM %s ORDER BY fid`, strings.Join(tab.selects, ", "), quote(l.Name)))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	i := 0
	for sc := newScanner(tab); rows.Next(); i++ {
		if err := rows.Scan(sc.dest...); err != nil {
			t.Fatal(err)
		}
		f, err := sc.feature()
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%08d %s %v %v", f.ID, f.Key, f.Geom, f.Values); i >= len(want) || got != want[i] {
			t.Fatalf("row %d: got %.300s\nwant %.300s", i, got, want[i])
		}
	}
	if i != len(want) {
		t.Fatalf("got %d rows, want %d", i, len(want))
	}
	have, ok, err := readExtent(t.Context(), db, tab)
	if err != nil || ok != some || have != extent {
		t.Errorf("extent: got %v, %v, want %v", have, err, extent)
	}
	if len(feats) > 0 {
		var seq int64
		if err := db.QueryRowContext(t.Context(), `SELECT seq FROM sqlite_sequence`).Scan(&seq); err != nil || seq != top {
			t.Errorf("the next id follows %d, %v, want %d", seq, err, top)
		}
	}
}

// A key that comes twice is an error though pages were under way.
func TestWriteLayerTwiceOneKey(t *testing.T) {
	feats := append(delivery(3000), delivery(1)...)
	if _, err := WriteLayer(t.Context(), filepath.Join(t.TempDir(), "out.gpkg"), gis.MustLayer("component"), each(feats), nil); err == nil {
		t.Error("a key twice: got no error")
	}
}

func TestWriteLayerValidates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.gpkg")
	if _, err := WriteLayer(t.Context(), path, gis.MustLayer("component"), each(delivery(5000)), nil); err != nil {
		t.Fatal(err)
	}
	mustValidate(t, path)
}
