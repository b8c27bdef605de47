//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wanmi/data/postgis/pgtest"
)

var serverOnce sync.Mutex

// serverCity is the demo's city in a database that stays as it is, "" before it is made.
var serverCity string

// demoOnServer returns the connection string of a copy of the demo's city on a PostgreSQL server, for a test to change.
func demoOnServer(t *testing.T) string {
	t.Helper()
	serverOnce.Lock()
	defer serverOnce.Unlock()
	if serverCity == "" {
		dsn := pgtest.Kept(t)
		s := start(t, 180*time.Second, "demo", "--addr", "127.0.0.1:0", "--dir", filepath.Join(t.TempDir(), "demo"), "--db", dsn)
		s.stop()
		serverCity = dsn
	}
	return pgtest.Copy(t, serverCity)
}

// What the synthetic city is in a file it is on a server, to the byte.
func TestServerStoreSame(t *testing.T) {
	db, file := demoOnServer(t), demoDB(t)
	dir := t.TempDir()
	for _, layer := range []string{"street", "community", "road", "building", "unit_grid", "department", "component", "door", "poi", "case"} {
		var got [2][]byte
		for i, from := range []string{file, db} {
			out := filepath.Join(dir, fmt.Sprint(i, layer, ".geojsonl"))
			must(t, "export", "--db", from, layer, "--out", out)
			b, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			got[i] = b
		}
		if len(got[0]) == 0 || !bytes.Equal(got[0], got[1]) {
			t.Errorf("%s: %d bytes from the file, %d from the server, want the same", layer, len(got[0]), len(got[1]))
		}
	}
	if r := must(t, "grid", "check", "--db", db); !strings.Contains(r.out, " 0 ") {
		t.Errorf("grid check: %s", r.out)
	}
	const text = "1号路灯不亮"
	if a, b := must(t, "geocode", "--db", file, text), must(t, "geocode", "--db", db, text); a.out != b.out {
		t.Errorf("geocode: got %s from the server, %s from the file", b.out, a.out)
	}
	r := must(t, "check", "--db", db)
	if strings.Contains(r.out+r.errOut, "secret") {
		t.Errorf("the output holds the password: %s%s", r.out, r.errOut)
	}
	if r := wanmi(t, "check", "--db", strings.Replace(db, "secret", "wrong-one", 1)); r.code != 1 || strings.Contains(r.errOut, "wrong-one") || !strings.Contains(r.errOut, "PGPASSWORD") {
		t.Errorf("a wrong password: exit code %d, %s", r.code, r.errOut)
	}
}

// Two servers on one database: an edit through one is seen by the other, and of two editors of one version one loses.
func TestServerStoreEdits(t *testing.T) {
	db := demoOnServer(t)
	key := strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "editor").out)
	a := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	b := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	var list struct {
		Features []struct{ Properties struct{ Code string } }
	}
	a.get("/ogc/collections/component/items?limit=1").json(t, &list)
	path := "/api/components/" + list.Features[0].Properties.Code
	etag := a.get(path).header.Get("ETag")
	patch := func(s *server, note string) reply {
		return s.do(http.MethodPatch, path, strings.NewReader(`{"note":"`+note+`"}`),
			"Content-Type", "application/merge-patch+json", "X-API-Key", key, "If-Match", etag)
	}
	if r := patch(a, "甲改"); r.status != http.StatusOK {
		t.Fatalf("PATCH: %d %s", r.status, r.body)
	}
	if r := patch(b, "乙改"); r.status != http.StatusPreconditionFailed {
		t.Errorf("PATCH of a version that is gone: %d %s, want 412", r.status, r.body)
	}
	deadline := time.Now().Add(10 * time.Second)
	for !strings.Contains(string(b.get(path).body), "甲改") {
		if time.Now().After(deadline) {
			t.Fatal("the other server does not see the edit after 10 s")
		}
		time.Sleep(100 * time.Millisecond)
	}
	if r := b.get(path + "/history"); strings.Count(string(r.body), `"op"`) < 2 {
		t.Errorf("history: %s", r.body)
	}
	if code := a.stop() + b.stop(); code != 0 {
		t.Errorf("exit codes add up to %d, want 0", code)
	}
	must(t, "check", "--db", db)

	dump := filepath.Join(t.TempDir(), "city.dump")
	must(t, "backup", "--db", db, "--out", dump)
	pgtest.Exec(t, db, `DELETE FROM wanmi.component`)
	must(t, "restore", "--db", db, dump)
	must(t, "check", "--db", db)
	if n := count(t, db, "component"); n < 10000 {
		t.Errorf("after the restore: %d components", n)
	}
	u, err := url.Parse(db)
	if err != nil || strings.Contains(must(t, "backup", "--db", db, "--out", dump).out, u.User.String()) {
		t.Error("the result of a backup holds the user and the password")
	}
}
