package gpkg

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// tool returns the path of a program of GDAL's; absent, the test is skipped, in CI it fails.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// filled makes a file with a row in every layer, components packed in bulk and edited row by row, and closes it.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "city.gpkg")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	square := orb.Polygon{{{116.9, 35.4}, {116.91, 35.4}, {116.91, 35.41}, {116.9, 35.41}, {116.9, 35.4}}}
	shapes := map[gis.GeomType]orb.Geometry{
		gis.Point: orb.Point{116.97, 35.4}, gis.Line: orb.LineString{{116.9, 35.4}, {116.91, 35.41}}, gis.Polygon: square, gis.Any: square,
	}
	values := map[gis.FieldType]any{
		gis.Text: "文字", gis.Int: int64(7), gis.Real: 1.5, gis.Bool: true, gis.Date: "2026-08-02", gis.Time: "2026-08-02T10:00:00+08:00", gis.JSON: `{"a":1}`,
	}
	feats := delivery(2700) // enough for pages laid out by this program
	write(t, s, data.WriteInfo{Bulk: true, Batch: &data.Batch{Layer: "component"}}, func(tx data.Tx) error {
		for _, l := range gis.Layers {
			f := gis.NewFeature(l)
			f.Geom = shapes[l.Geom]
			for i, field := range l.Fields {
				f.Values[i] = values[field.Type]
			}
			feats = append(feats, f)
		}
		for _, f := range feats {
			if _, _, err := tx.Put(&f); err != nil {
				return err
			}
		}
		return tx.Reject(data.Rejected{File: "a.csv", Row: 3})
	})
	write(t, s, data.WriteInfo{}, func(tx data.Tx) error {
		f := feats[0].Clone()
		f.Geom = orb.LineString{{116.9, 35.4}, {116.91, 35.41}}
		if _, _, err := tx.Put(&f); err != nil {
			return err
		}
		return tx.Delete("component", feats[1].Key)
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func write(t *testing.T, s *Store, w data.WriteInfo, fn func(tx data.Tx) error) gis.Generation {
	t.Helper()
	gen, err := s.Write(t.Context(), w, fn)
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	return gen
}

func TestOgrinfoOpensWithoutWarning(t *testing.T) {
	path := filled(t)
	for _, args := range [][]string{{"-al", "-so", path}, {"-ro", "-al", "-q", path}} {
		out, err := exec.Command(tool(t, "ogrinfo"), args...).CombinedOutput()
		if err != nil {
			t.Fatalf("ogrinfo %v: %v\n%s", args, err, out)
		}
		for line := range strings.Lines(string(out)) {
			if strings.HasPrefix(line, "Warning") || strings.HasPrefix(line, "ERROR") {
				t.Errorf("ogrinfo %v complains: %s", args, line)
			}
		}
		for _, want := range []string{"component", "department", "import_batch", "change_log"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("ogrinfo %v does not show %s", args, want)
			}
		}
	}
}

func TestValidatorOfGDAL(t *testing.T) { mustValidate(t, filled(t)) }

// mustValidate holds a file against GDAL's own validator of GeoPackages.
func mustValidate(t *testing.T, path string) {
	t.Helper()
	const script = "/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_gpkg.py"
	if _, err := os.Stat(script); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3-gdal is missing: scripts/setup.sh installs it")
		}
		t.Skip("python3-gdal is not installed")
	}
	out, err := exec.Command("/usr/bin/python3", script, "-k", path).CombinedOutput()
	if err != nil || strings.Contains(string(out), "Req") {
		t.Errorf("validate_gpkg: %v\n%s", err, out)
	}
}

// GDAL edits the file as QGIS would, while the store is open: the standard's triggers, which it runs with its own functions, keep the
// R-tree right, ours the history.
func TestEditByGDAL(t *testing.T) {
	path := filled(t)
	ogrinfo := tool(t, "ogrinfo")
	s := openTest(t, path)
	was := map[int64]string{}
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		was[f.ID] = f.Key
	}
	for i, c := range []struct {
		sql string
		id  int64
		op  gis.Op
	}{
		{`UPDATE component SET geom = (SELECT geom FROM road LIMIT 1) WHERE fid = 5`, 5, gis.Update},
		{`DELETE FROM component WHERE fid = 6`, 6, gis.Delete},
		{`UPDATE component SET geom = NULL WHERE fid = 7`, 7, gis.Update},
		{`UPDATE component SET name = '改名', note = 'x' WHERE fid = 8`, 8, gis.Update},
	} {
		if out, err := exec.Command(ogrinfo, path, "-sql", c.sql).CombinedOutput(); err != nil || strings.Contains(string(out), "ERROR") {
			t.Fatalf("%s: %v\n%s", c.sql, err, out)
		}
		h, err := s.History(t.Context(), "component", was[c.id])
		if err != nil || len(h) != 2 || h[1].Op != c.op || h[1].Actor != FileActor {
			t.Errorf("%s: got the versions %+v, %v", c.sql, h, err)
		}
		if gen, err := s.Generation(t.Context()); int(gen) != 3+i {
			t.Errorf("%s: got generation %d, %v, want %d", c.sql, gen, err, 3+i)
		}
	}
	out, err := exec.Command(ogrinfo, path, "-sql", `INSERT INTO component (code) VALUES ('37088301001999999')`).CombinedOutput()
	if !strings.Contains(string(out), "wanmi import") {
		t.Errorf("a row added: got %v\n%s\nwant it refused in words", err, out)
	}
	for f, err := range s.Check(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		switch f.Rule {
		case "store.index", "store.file", "store.extent", "store.generation", "store.reference":
			t.Errorf("%s: %s", f.Rule, f.Text)
		}
	}
	mustValidate(t, path)
}
