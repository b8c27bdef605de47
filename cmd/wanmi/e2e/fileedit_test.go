//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// editByGDAL edits the store as QGIS does, through OGR: one component gets another name and place, another goes, a third is
// to be added.
const editByGDAL = `
import sys
from osgeo import ogr
ogr.UseExceptions()
ds = ogr.Open(sys.argv[1], 1)
layer = ds.GetLayerByName("component")
def find(code):
    layer.SetAttributeFilter("code = '%s'" % code)
    return layer.GetNextFeature()
f = find(sys.argv[2])
f["name"] = "改过的井盖"
moved = ogr.Geometry(ogr.wkbPoint)
moved.AddPoint_2D(f.geometry().GetX() + 0.002, f.geometry().GetY())
f.SetGeometry(moved)
layer.SetFeature(f)
layer.DeleteFeature(find(sys.argv[3]).GetFID())
f = ogr.Feature(layer.GetLayerDefn())
f["code"] = "37088301001999999"
f.SetGeometry(moved)
try:
    layer.CreateFeature(f)
    print("added")
except RuntimeError as e:
    print(e)
`

// An edit of the file by a program of GDAL's is in the history and in the next tile of the server that runs on it.
func TestEditOfFile(t *testing.T) {
	const python = "/usr/bin/python3"
	if r := run(t, python, "-c", "from osgeo import ogr"); r.code != 0 {
		missing(t, "python3-gdal (scripts/setup.sh test): %s", r.errOut)
	}
	db := demoDB(t)
	s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	var list struct {
		Features []struct {
			Geometry   struct{ Coordinates [2]float64 }
			Properties struct{ Code string }
		}
	}
	s.get("/ogc/collections/component/items?limit=50&class=01001").json(t, &list)
	if len(list.Features) < 2 {
		t.Fatalf("manhole covers in the city: got %d, want two", len(list.Features))
	}
	edited, gone := list.Features[0], list.Features[1]
	code, was := edited.Properties.Code, edited.Geometry.Coordinates
	names := func(x, y float64) (out []string) {
		for _, l := range decode(t, s.get(tileAt("component", x, y, 18))) {
			for _, f := range l.Features {
				if f.Properties["code"] == code || f.Properties["code"] == gone.Properties.Code {
					name, _ := f.Properties["name"].(string)
					out = append(out, name)
				}
			}
		}
		return out
	}
	if got := names(was[0], was[1]); len(got) == 0 {
		t.Fatal("the tile does not show the cover")
	}
	tag := s.get("/api/components/" + code).header.Get("ETag")

	script := filepath.Join(t.TempDir(), "edit.py")
	if err := os.WriteFile(script, []byte(editByGDAL), 0o600); err != nil {
		t.Fatal(err)
	}
	r := run(t, python, script, db, code, gone.Properties.Code)
	if r.code != 0 || !strings.Contains(r.out, "wanmi import") {
		t.Fatalf("edit by GDAL: code %d, want 0 and the added row refused in words\n%s%s", r.code, r.out, tail(r.errOut))
	}
	until := time.Now().Add(20 * time.Second) // the server looks every second
	for len(names(was[0], was[1])) > 0 || !slices.Equal(names(was[0]+0.002, was[1]), []string{"改过的井盖"}) {
		if time.Now().After(until) {
			t.Fatalf("tiles 20 s after the edit: got %q in the old place and %q in the new", names(was[0], was[1]), names(was[0]+0.002, was[1]))
		}
		time.Sleep(100 * time.Millisecond)
	}
	for c, op := range map[string]string{code: "update", gone.Properties.Code: "delete"} {
		var h struct {
			Versions []struct{ Actor, Op string }
		}
		s.get("/api/components/"+c+"/history").json(t, &h)
		if n := len(h.Versions); n < 2 || h.Versions[n-1].Actor != "file" || h.Versions[n-1].Op != op || h.Versions[n-2].Actor == "file" {
			t.Errorf("history of %s: got %+v, want the last to be a %s by the file", c, h.Versions, op)
		}
	}
	if got := s.get("/api/components/" + code).header.Get("ETag"); got == tag {
		t.Error("the component has its old ETag after the edit")
	}
	if r := s.do(http.MethodGet, "/api/components/"+gone.Properties.Code, nil); r.status != http.StatusNotFound {
		t.Errorf("the deleted component: status %d, want 404", r.status)
	}
	s.stop()
	must(t, "check", "--db", db)
}
