//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOpenLayers draws our tiles by OpenLayers in Chromium, by XYZ and by OGC API Tiles in three matrix sets.
func TestOpenLayers(t *testing.T) {
	for _, need := range []string{"chromium", "node"} {
		if _, err := exec.LookPath(need); err != nil {
			missing(t, "%v", err)
		}
	}
	s := start(t, 60*time.Second, "serve", "--db", demoDB(t), "--addr", "127.0.0.1:0")
	args := []string{filepath.Join(root, "scripts", "webtest", "openlayers.mjs"), s.url, "116.97", "35.4"}
	if shots := os.Getenv("WANMI_SHOTS"); shots != "" {
		args = append(args, "--shots", shots)
	}
	r := run(t, "node", args...)
	var ways []struct {
		Name                  string
		Loaded, Drawn, Differ int
	}
	if err := json.Unmarshal([]byte(r.out), &ways); err != nil || r.code != 0 {
		t.Fatalf("openlayers.mjs: exit code %d, %v\n%s%s", r.code, err, tail(r.out), tail(r.errOut))
	}
	var names []string
	const all = 512 * 512
	degrees := 0
	for _, w := range ways {
		names = append(names, w.Name)
		if w.Loaded < 4 || w.Drawn < all*99/100 { // the city fills the picture
			t.Errorf("%s: %d tiles, %d of %d pixels drawn", w.Name, w.Loaded, w.Drawn, all)
		}
		if w.Name == "ogc" && w.Differ > all/1000 {
			t.Errorf("by OGC API Tiles %d pixels differ from those by XYZ", w.Differ)
		}
		switch w.Name { // longitude and latitude look other than web mercator, and the same in both sets
		case "crs84":
			degrees = w.Differ
		case "cgcs2000":
			if d := w.Differ - degrees; d > all/1000 || d < -all/1000 {
				t.Errorf("CGCS2000Quad: %d pixels differ from web mercator's, WorldCRS84Quad: %d", w.Differ, degrees)
			}
		}
	}
	if want := []string{"xyz", "ogc", "collection", "crs84", "cgcs2000"}; !slices.Equal(names, want) {
		t.Errorf("ways to the tiles: %v, want %v", names, want)
	}
}

// pythonOfQGIS is the interpreter that has QGIS's libraries; where they are not installed the test is skipped.
func pythonOfQGIS(t *testing.T) string {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import qgis.core").Run(); err != nil {
		t.Skip("no python3-qgis here")
	}
	return python
}

// TestQGIS opens our tiles and features with QGIS's libraries, where they are installed: they are no part of what the tests need.
func TestQGIS(t *testing.T) {
	python := pythonOfQGIS(t)
	s := start(t, 60*time.Second, "serve", "--db", demoDB(t), "--addr", "127.0.0.1:0")
	r := run(t, python, filepath.Join(root, "scripts", "webtest", "in_qgis.py"), s.url, "116.97", "35.4")
	var got struct {
		Tiles    bool `json:"tiles_valid"`
		Features bool `json:"features_valid"`
		Read     int  `json:"features"`
		Fill     int
		Edge     int
		Pixels   int
		Fields   []string
		Codes    int
		Matched  int
	}
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.code != 0 {
		t.Fatalf("in_qgis.py: exit code %d, %v\n%s%s", r.code, err, tail(r.out), tail(r.errOut))
	}
	if !got.Tiles || got.Fill < got.Pixels*8/10 || got.Edge < 1000 || got.Fill+got.Edge < got.Pixels*99/100 {
		t.Errorf("vector tiles: %+v", got)
	}
	if !got.Features || got.Read < 100 || got.Read != got.Matched || got.Codes != got.Read || !slices.Contains(got.Fields, "area_m2") {
		t.Errorf("features: %+v", got)
	}
	if strings.Contains(r.errOut, "Traceback") {
		t.Errorf("%s", tail(r.errOut))
	}
}
