//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a disk of its own in memory.
func smallDisk(t *testing.T, size int64) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprint("size=", size)); err != nil {
		missing(t, "a small disk (root may mount one): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves so many bytes of the disk free and returns the file that takes the rest.
func fill(t *testing.T, dir string, free int64) string {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "filler")
	if err := os.WriteFile(file, make([]byte, max(0, int64(st.Bavail)*st.Bsize-free)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A disk that fills in the middle of a write ends it with code 1 and words that name the file and the way out; the state is the one
// before, the check is clean, and once there is room the same command goes through.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, 64<<20)
	db := filepath.Join(dir, "city.gpkg")
	city := smallDelivery(t, 1)
	for _, layer := range []string{"street", "community", "department", "component"} {
		if r := wanmi(t, append([]string{"import", "--quiet", "--db", db, layer}, city[layer]...)...); r.code != 0 {
			t.Fatalf("import %s: code %d\n%s", layer, r.code, tail(r.errOut))
		}
	}
	delivery := append([]string{"import", "--quiet", "--db", db, "component"}, smallDelivery(t, 2)["component"]...)
	full := func(name string, free int64, args ...string) {
		t.Helper()
		before := components(t, db)
		filler := fill(t, dir, free)
		r := wanmi(t, args...)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if r.code != 1 || !strings.Contains(r.errOut, "no room left on the disk that holds ") || !strings.Contains(r.errOut, filepath.Base(name)) {
			t.Errorf("%s with %d kB free: code %d, want 1 and words about the room for %s\n%s", args[0], free>>10, r.code, name, tail(r.errOut))
		}
		must(t, "check", "--db", db)
		if !bytes.Equal(components(t, db), before) {
			t.Errorf("%s with %d kB free: the components are not those before", args[0], free>>10)
		}
		left, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(left) != 1 {
			t.Errorf("%s with %d kB free left files behind: %v", args[0], free>>10, left)
		}
	}
	for _, free := range []int64{0, 40 << 10, 200 << 10, 600 << 10, 1 << 20, 1500 << 10} {
		full(db, free, delivery...)
	}
	out := filepath.Join(dir, "部件")
	for _, suffix := range []string{".gpkg", ".geojson", ".csv", ".xlsx", ".shp"} {
		full(out+suffix, 200<<10, "export", "--quiet", "--db", db, "component", "--out", out+suffix)
	}
	full(out+".gpkg", 200<<10, "backup", "--quiet", "--db", db, "--out", out+".gpkg")
	must(t, delivery...) // there is room again
	full(db, 200<<10, "batch", "rollback", "--quiet", "--db", db, fmt.Sprint(lastImport(t, db)))
	full(db, 200<<10, "recode", "--quiet", "--db", db, "--edition", "cjt214")
	must(t, "recode", "--quiet", "--db", db, "--edition", "cjt214")
	must(t, "check", "--db", db)
	fullUpload(t, dir, db)
}

// fullUpload commits a checked import over HTTP on a full disk, and once more when there is room.
func fullUpload(t *testing.T, dir, db string) {
	t.Helper()
	key := strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "editor").out)
	s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	defer s.stop()
	file := smallDelivery(t, 3)["component"][0]
	commit := func() upload {
		u := s.upload(key, file, "layer", "component")
		if u.State != "checked" {
			t.Fatalf("the check: %+v", u)
		}
		filler := fill(t, dir, 200<<10)
		defer os.Remove(filler)
		if r := s.do("POST", "/api/imports/"+u.ID+"/commit", nil, "X-API-Key", key); r.status != 202 {
			t.Fatalf("commit: status %d\n%s", r.status, r.body)
		}
		return s.settled(key, u.ID)
	}
	before := components(t, db)
	if u := commit(); u.State != "failed" || !strings.Contains(u.Error, "no room left on the disk") {
		t.Errorf("the commit on a full disk: %+v", u)
	}
	if !bytes.Equal(components(t, db), before) {
		t.Error("the commit on a full disk changed the components")
	}
	if u := s.upload(key, file, "layer", "component", "dry_run", "false"); u.State != "committed" {
		t.Errorf("with room again: %+v", u)
	}
}
