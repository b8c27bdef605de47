//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReadBackByGeopandas: geopandas reads the store and every kind of export with the rows, fields, texts and coordinates that are
// stored. (scripts/readback.py qgis does the same with QGIS, by hand.)
func TestReadBackByGeopandas(t *testing.T) {
	python := filepath.Join(root, ".setup", "venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		missing(t, "geopandas (scripts/setup.sh test): %v", err)
	}
	db := filepath.Join(t.TempDir(), "city.gpkg")
	city := smallDelivery(t, 1)
	for _, layer := range []string{"street", "community", "department", "door", "component"} {
		if r := wanmi(t, append([]string{"import", "--quiet", "--db", db, layer}, city[layer]...)...); r.code != 0 {
			t.Fatalf("import %s: code %d\n%s", layer, r.code, tail(r.errOut))
		}
	}
	r := run(t, python, "-W", "ignore", filepath.Join(root, "scripts", "readback.py"), "geopandas", bin, db)
	if r.code != 0 {
		t.Errorf("exit code %d, want 0\n%s%s", r.code, r.out, tail(r.errOut))
	}
	t.Log(r.out)
}
