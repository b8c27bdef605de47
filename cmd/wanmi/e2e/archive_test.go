//go:build e2e

package e2e

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// exportArgs choose enough tiles that PMTiles needs leaf directories.
func exportArgs(db, out string) []string {
	return []string{"tiles", "export", "--quiet", "--json", "--db", db, "--out", out, "--layers", "community,road,unit_grid,component", "--minzoom", "9", "--maxzoom", "21"}
}

// TestArchives exports the demo city in both formats, once killed on the way, and has the archives read by programs of other codebases:
// npm pmtiles with @mapbox/vector-tile, sqlite3, GDAL.
func TestArchives(t *testing.T) {
	t.Parallel()
	db, dir := demoDB(t), t.TempDir()
	pm, mb := filepath.Join(dir, "city.pmtiles"), filepath.Join(dir, "city.mbtiles")
	must(t, exportArgs(db, pm)...)
	must(t, exportArgs(db, mb)...)
	t.Run("killed", func(t *testing.T) { killedExport(t, db, filepath.Join(dir, "killed.pmtiles"), pm) })
	for _, f := range []string{pm, mb} {
		if r := wanmi(t, "tiles", "verify", f); r.code != 0 {
			t.Errorf("verify %s: %s%s", f, r.out, r.errOut)
		}
	}
	if r := wanmi(t, "tiles", "diff", pm, mb); r.code != 0 {
		t.Errorf("the formats differ: %s", r.out)
	}
	t.Run("npm pmtiles", func(t *testing.T) { readByNode(t, pm, mb) })
	t.Run("sqlite3", func(t *testing.T) {
		r := run(t, "sqlite3", mb, `PRAGMA integrity_check; PRAGMA application_id; SELECT value FROM metadata WHERE name = 'format'; SELECT count(*) > 1000 FROM tiles WHERE hex(substr(tile_data, 1, 2)) = '1F8B'`)
		if r.code != 0 || strings.Fields(r.out)[0] != "ok" || r.out != "ok\n1297105496\npbf\n1\n" {
			t.Errorf("sqlite3 says %q %s", r.out, r.errOut)
		}
	})
	t.Run("GDAL", func(t *testing.T) {
		r := run(t, "ogrinfo", "-ro", "-so", mb, "unit_grid", "-oo", "ZOOM_LEVEL=16")
		if r.code != 0 || !strings.Contains(r.out, "MBTiles' successful") || strings.Contains(r.out, "Feature Count: 0") || !strings.Contains(r.out, "code: String") {
			t.Errorf("ogrinfo says %s%s", r.out, r.errOut)
		}
	})
	t.Run("served", func(t *testing.T) { servedBeside(t, db, pm, mb) })
}

// killedExport kills an export that has begun to write, and starts it again.
func killedExport(t *testing.T, db, out, whole string) {
	cmd := exec.Command(bin, exportArgs(db, out)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if st, err := os.Stat(out + ".part.index"); err == nil && st.Size() > 20_000 {
			break
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if _, err := os.Stat(out); err == nil {
		t.Fatal("the export was over before it was killed")
	}
	if r := wanmi(t, "tiles", "info", out+".part"); r.code != 3 {
		t.Errorf("the unfinished file passes for an archive: %d %s", r.code, r.out)
	}
	var res struct{ Tiles, Resumed int64 }
	if err := json.Unmarshal([]byte(must(t, exportArgs(db, out)...).out), &res); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d tiles were there", res.Resumed, res.Tiles)
	if res.Resumed == 0 || res.Resumed >= res.Tiles {
		t.Errorf("%d of %d tiles were taken over", res.Resumed, res.Tiles)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := os.ReadFile(whole); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the bytes are not those of an export in one go (%v)", err)
	}
	if left, _ := filepath.Glob(out + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// readByNode reads a part of the tiles, of all zooms, and compares them with those the MBTiles file has, as sqlite3 gives them.
func readByNode(t *testing.T, pm, mb string) {
	count := strings.TrimSpace(run(t, "sqlite3", mb, `SELECT count(*) FROM tiles`).out)
	r := run(t, "sqlite3", mb, `SELECT zoom_level || '/' || tile_column || '/' || ((1 << zoom_level) - 1 - tile_row) || ' ' || hex(tile_data) FROM tiles
		WHERE zoom_level < 14 OR (tile_column * 31 + tile_row * 17) % 23 = 0`)
	want := map[string]string{}
	var list []string
	for line := range strings.Lines(r.out) {
		at, packed, _ := strings.Cut(strings.TrimSpace(line), " ")
		b, err := hex.DecodeString(packed)
		if err != nil {
			t.Fatal(err)
		}
		zr, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(zr)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(raw)
		want[at] = hex.EncodeToString(sum[:])
		list = append(list, at)
	}
	cmd := exec.Command("node", filepath.Join(root, "scripts", "webtest", "archive.mjs"), pm)
	cmd.Stdin = strings.NewReader(strings.Join(append(list, "3/0/0"), "\n"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("npm pmtiles: %v", err)
	}
	var doc struct {
		Header struct {
			LeafDirectoryLength, NumAddressedTiles, MinZoom, MaxZoom int
			Clustered                                                bool
		}
		Metadata struct {
			VectorLayers []struct{ ID string } `json:"vector_layers"`
		}
		Tiles map[string]*struct {
			SHA256 string
			Layers map[string]int
		}
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	if h := doc.Header; h.LeafDirectoryLength == 0 || fmt.Sprint(h.NumAddressedTiles) != count || !h.Clustered || h.MaxZoom != 21 || len(doc.Metadata.VectorLayers) != 4 {
		t.Errorf("header %+v, metadata %+v; there are %s tiles", h, doc.Metadata, count)
	}
	if doc.Tiles["3/0/0"] != nil {
		t.Error("a tile that is not there is found")
	}
	for _, at := range list {
		if got := doc.Tiles[at]; got == nil || got.SHA256 != want[at] || len(got.Layers) == 0 {
			t.Fatalf("tile %s: %+v, want %s", at, got, want[at])
		}
	}
	t.Logf("%d of %s tiles read by npm pmtiles and @mapbox/vector-tile", len(list), count)
}

// servedBeside serves both archives beside the city they were made of: equal tiles, and none by a layer's name.
func servedBeside(t *testing.T, db, pm, mb string) {
	config := filepath.Join(t.TempDir(), "wanmi.yaml")
	write := func(name string) {
		if err := os.WriteFile(config, []byte("archives:\n  base: "+pm+"\n  "+name+": "+mb+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("component")
	if r := wanmi(t, "serve", "--db", db, "--config", config, "--addr", "127.0.0.1:0"); r.code != 2 || !strings.Contains(r.errOut, "a layer of the city has that name") {
		t.Errorf("an archive by a layer's name: code %d %s", r.code, tail(r.errOut))
	}
	write("other")
	s := start(t, time.Minute, "serve", "--db", db, "--config", config, "--addr", "127.0.0.1:0")
	at := readTruth(t)[0]
	for _, z := range []int{10, 14, 17} {
		live := s.get(tileAt("community,road,unit_grid,component", at.lon, at.lat, z), "Accept-Encoding", "identity")
		for _, name := range []string{"base", "other"} {
			r := s.get(tileAt(name, at.lon, at.lat, z), "Accept-Encoding", "identity")
			if !bytes.Equal(r.body, live.body) {
				t.Errorf("%s zoom %d: not the tile of the layers", name, z)
			}
		}
	}
	var doc struct {
		Archives []struct{ Name, Format string }
	}
	s.get("/catalog").json(t, &doc)
	if !slices.Equal(doc.Archives, []struct{ Name, Format string }{{"base", "pmtiles"}, {"other", "mbtiles"}}) {
		t.Errorf("catalogue %+v", doc.Archives)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("stopped with code %d", code)
	}
	alone := start(t, time.Minute, "tiles", "serve-archive", "--addr", "127.0.0.1:0", "x="+pm)
	alone.get(tileAt("x", at.lon, at.lat, 14))
	if code := alone.stop(); code != 0 {
		t.Errorf("serve-archive stopped with code %d", code)
	}
}
