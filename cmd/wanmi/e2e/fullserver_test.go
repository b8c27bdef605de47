//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"wanmi/data/postgis/pgtest"
)

// serverDisk mounts a disk in memory for the PostgreSQL servers, those of the tests and their own, which run on this machine under one user.
func serverDisk(t *testing.T, size int64) string {
	t.Helper()
	data := pgtest.Value(t, pgtest.Server(t), "SHOW data_directory")
	info, err := os.Stat(data)
	if err != nil {
		missing(t, "a PostgreSQL server on this machine: %v", err)
	}
	of := info.Sys().(*syscall.Stat_t)
	dir, err := os.MkdirTemp("", "wanmi-disk-") // t.TempDir is root's alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(dir) })
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,uid=%d,gid=%d,mode=0700", size, of.Uid, of.Gid)); err != nil {
		missing(t, "a small disk for the server (root may mount one): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fullDatabase returns a database on a small disk of its own.
func fullDatabase(t *testing.T, size int64) (db, disk string) {
	t.Helper()
	disk = serverDisk(t, size)
	server := pgtest.Server(t)
	space := strings.ReplaceAll(filepath.Base(disk), "-", "_")
	pgtest.Exec(t, server, fmt.Sprintf("CREATE TABLESPACE %s LOCATION '%s'", space, disk))
	t.Cleanup(func() { pgtest.Exec(t, server, "DROP TABLESPACE "+space) })
	db = pgtest.DSN(t)
	name := pgtest.Value(t, db, "SELECT current_database()")
	pgtest.Exec(t, server, "ALTER DATABASE "+name+" SET TABLESPACE "+space)
	return db, disk
}

// A disk of the database server that fills in the middle of a write ends it with code 1 and words that say so and what to do; the state is the one
// before, the check is clean, and once there is room the same command goes through.
func TestFullDiskOfServer(t *testing.T) {
	db, disk := fullDatabase(t, 256<<20)
	next := smallCity(t, db)
	delivery := append([]string{"import", "--quiet", "--db", db, "component"}, next...)
	full := func(free int64, args ...string) {
		t.Helper()
		before := components(t, db)
		filler := fill(t, disk, free)
		r := wanmi(t, args...)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if r.code != 1 || !strings.Contains(r.errOut, "no room left on the disk of ") || !strings.Contains(r.errOut, "make room there and try again") {
			t.Errorf("%s with %d kB free: code %d, want 1 and words about the room\n%s", args[0], free>>10, r.code, tail(r.errOut))
		}
		must(t, "check", "--db", db)
		if !bytes.Equal(components(t, db), before) {
			t.Errorf("%s with %d kB free: the components are not those before", args[0], free>>10)
		}
	}
	for _, free := range []int64{0, 200 << 10, 1 << 20} {
		full(free, delivery...)
	}
	must(t, delivery...) // there is room again
	full(0, "batch", "rollback", "--quiet", "--db", db, fmt.Sprint(lastImport(t, db)))
	full(0, "recode", "--quiet", "--db", db, "--edition", "cjt214")
	must(t, "recode", "--quiet", "--db", db, "--edition", "cjt214")
	must(t, "check", "--db", db)
	editFull(t, db, disk)
}

// editFull edits through a server until the disk of the database is full: what was answered with 200 is there, the first that was not is as before.
func editFull(t *testing.T, db, disk string) {
	s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	defer s.stop()
	e := newEditor(t, s, db)
	filler := fill(t, disk, 0)
	last, refused := "", reply{}
	for n := range 5000 {
		text := fmt.Sprint("改", n, strings.Repeat("长", 100))
		if refused = e.name(text); refused.status != http.StatusOK {
			break
		}
		last = text
	}
	if refused.status != http.StatusServiceUnavailable || !bytes.Contains(refused.body, []byte("no room left on the disk of ")) {
		t.Fatalf("an edit on a full disk: status %d, want 503\n%s", refused.status, refused.body)
	}
	if now := s.get(e.path); last != "" && !bytes.Contains(now.body, []byte(last)) {
		t.Errorf("after the refused edit the component is not what it was: %s", now.body)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	must(t, "check", "--db", db)
	if r := e.name("有地方了"); r.status != http.StatusOK {
		t.Errorf("with room again: status %d\n%s", r.status, r.body)
	}
}

// When the disk with the write-ahead log of the database server fills, the server itself breaks down. What was being written ends with code 1 and words that
// name the server, and once there is room and the server runs, everything is as before.
func TestFullLogOfServer(t *testing.T) {
	disk := serverDisk(t, 160<<20)
	own := pgtest.StartOwn(t)
	own.MoveLog(disk)
	next := smallCity(t, own.DSN)
	delivery := append([]string{"import", "--quiet", "--db", own.DSN, "component"}, next...)
	before := components(t, own.DSN)
	filler := fill(t, disk, 0)
	useUpLog(t, own.DSN, disk)
	r := wanmi(t, delivery...)
	if r.code != 1 || !strings.Contains(r.errOut, "127.0.0.1") || !strings.Contains(r.errOut, "nothing was written") {
		t.Errorf("code %d, want 1 and words about the server\n%s", r.code, tail(r.errOut))
	}
	t.Log(tail(r.errOut))
	own.Stop("immediate")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	own.Start()
	must(t, "check", "--db", own.DSN)
	if !bytes.Equal(components(t, own.DSN), before) {
		t.Error("the components are not those before")
	}
	must(t, delivery...)
}

// useUpLog fills the write-ahead log but for some 100 kB of its last file: the server cannot make another.
func useUpLog(t *testing.T, db, disk string) {
	t.Helper()
	const file = 16 << 20
	for range 100 {
		files, err := filepath.Glob(filepath.Join(disk, "pg_wal", "0*[0-9A-F]"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no log: %v", err)
		}
		used, err := strconv.Atoi(pgtest.Value(t, db, "SELECT ((pg_current_wal_insert_lsn() - '0/0') % 16777216)::int"))
		if err != nil {
			t.Fatal(err)
		}
		last := pgtest.Value(t, db, "SELECT pg_walfile_name(pg_current_wal_insert_lsn())") == filepath.Base(files[len(files)-1])
		if last && file-used < 150_000 {
			return
		}
		size := file - used - 100_000 // of what is left of this file
		if !last && size < 100_000 {
			size += 200_000 // into the next
		}
		pgtest.Exec(t, db, fmt.Sprintf("SELECT pg_logical_emit_message(false, 'x', repeat('x', %d))", size))
	}
	t.Fatal("the log does not get full")
}
