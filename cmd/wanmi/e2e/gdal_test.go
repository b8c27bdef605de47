//go:build e2e

package e2e

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	ogrLayer  = regexp.MustCompile(`(?s)Layer name: (\w+)\n.*?Feature Count: (\d+)\n`)
	ogrExtent = regexp.MustCompile(`Extent: \((\S+), (\S+)\) - \((\S+), (\S+)\)`)
)

// TestGDALReadsTheServer has GDAL's drivers read features (OAPIF) and tiles (MVT) from a running server: as many as the server says, and a geographic
// tile, placed by the matrix set's figures alone, where the features are.
func TestGDALReadsTheServer(t *testing.T) {
	s := start(t, 60*time.Second, "serve", "--db", demoDB(t), "--addr", "127.0.0.1:0")
	count := map[string]int{}
	var catalog struct {
		Layers []struct {
			Name  string
			Count int
		}
	}
	s.get("/catalog").json(t, &catalog)
	for _, l := range catalog.Layers {
		count[l.Name] = l.Count
	}
	ogrinfo := func(args ...string) string {
		t.Helper()
		r := run(t, "ogrinfo", append([]string{"-ro", "-so"}, args...)...)
		if r.code != 0 || strings.Contains(r.errOut, "ERROR") {
			t.Fatalf("ogrinfo %s: code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.errOut)
		}
		return r.out
	}
	for _, layer := range []string{"unit_grid", "community", "door"} {
		out := ogrinfo("OAPIF:"+s.url+"/ogc", layer)
		if m := ogrLayer.FindStringSubmatch(out); m == nil || m[2] != fmt.Sprint(count[layer]) || count[layer] == 0 {
			t.Errorf("OAPIF %s: %v, want %d features\n%s", layer, m, count[layer], tail(out))
		}
	}

	at := readTruth(t)[0]
	path := tileAt("unit_grid,component,road", at.lon, at.lat, 16)
	want := map[string]string{}
	for _, l := range decode(t, s.get(path)) {
		want[l.Name] = fmt.Sprint(len(l.Features))
	}
	for _, m := range ogrLayer.FindAllStringSubmatch(ogrinfo("-al", "MVT:"+s.url+path), -1) {
		if m[2] != want[m[1]] {
			t.Errorf("MVT %s: %s features, want %s", m[1], m[2], want[m[1]])
		}
		delete(want, m[1])
	}
	if len(want) > 0 {
		t.Errorf("MVT: %v are not there", want)
	}
	geographicByGDAL(t, s, ogrinfo)
}

// geographicByGDAL takes the deepest tile of CGCS2000Quad that holds all unit grids and has GDAL say where they are.
func geographicByGDAL(t *testing.T, s *server, ogrinfo func(...string) string) {
	var ts struct {
		BoundingBox struct{ LowerLeft, UpperRight [2]float64 }
	}
	const set = "/ogc/collections/unit_grid/tiles/CGCS2000Quad"
	s.get(set).json(t, &ts)
	b := ts.BoundingBox
	for matrix := 18; matrix >= 12; matrix-- {
		side := 360 / math.Exp2(float64(matrix)) // Tianditu: 2 tiles of 180 degrees at matrix 1, from longitude -180, latitude 90
		col, row := math.Floor((b.LowerLeft[0]+180)/side), math.Floor((90-b.UpperRight[1])/side)
		if math.Floor((b.UpperRight[0]+180)/side) != col || math.Floor((90-b.LowerLeft[1])/side) != row {
			continue
		}
		file := filepath.Join(t.TempDir(), "tile.mvt")
		if err := os.WriteFile(file, s.get(fmt.Sprintf("%s/%d/%.0f/%.0f", set, matrix, row, col)).body, 0o600); err != nil {
			t.Fatal(err)
		}
		opt := func(name string, v float64) []string {
			return []string{"-oo", fmt.Sprintf("GEOREF_%s=%.12f", name, v)}
		}
		args := []string{"MVT:" + file, "unit_grid"}
		args = append(args, opt("TOPX", -180+col*side)...)
		args = append(args, opt("TOPY", 90-row*side)...)
		args = append(append(args, opt("TILEDIMX", side)...), opt("TILEDIMY", side)...)
		m := ogrExtent.FindStringSubmatch(ogrinfo(args...))
		if m == nil {
			t.Fatal("GDAL tells no extent")
		}
		for k, v := range []float64{b.LowerLeft[0], b.LowerLeft[1], b.UpperRight[0], b.UpperRight[1]} {
			if got, err := strconv.ParseFloat(m[1+k], 64); err != nil || math.Abs(got-v) > 1.5*side/4096 {
				t.Errorf("matrix %d: the unit grids' extent is %v, want %v to a tile unit of %.7f degrees", matrix, m[1:], b, side/4096)
			}
		}
		return
	}
	t.Fatalf("no tile holds all unit grids: %+v", b)
}
