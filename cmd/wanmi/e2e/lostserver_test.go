//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/data/postgis/pgtest"
)

// smallCity imports a synthetic city of 1 km² and returns the files of its next delivery of components.
func smallCity(t *testing.T, db string) (next []string) {
	t.Helper()
	city := smallDelivery(t, 1)
	for _, layer := range []string{"street", "community", "department", "component"} {
		r := wanmi(t, append([]string{"import", "--quiet", "--db", db, layer}, city[layer]...)...)
		if r.code != 0 && r.code != 3 { // 3: rows bad on purpose
			t.Fatalf("import %s: code %d\n%s", layer, r.code, tail(r.errOut))
		}
	}
	return smallDelivery(t, 2)["component"]
}

// editor edits one component through a server. The tile is one it is drawn in, which a server makes of what it has in memory.
type editor struct {
	s               *server
	path, tile, key string
}

func newEditor(t *testing.T, s *server, db string) editor {
	t.Helper()
	var list struct {
		Features []struct {
			Geometry   struct{ Coordinates orb.Point }
			Properties struct{ Code string }
		}
	}
	s.get("/ogc/collections/component/items?limit=1").json(t, &list)
	f := list.Features[0]
	at := maptile.At(f.Geometry.Coordinates, 17)
	return editor{
		s, "/api/components/" + f.Properties.Code, fmt.Sprintf("/tiles/component/17/%d/%d.mvt", at.X, at.Y),
		strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "editor").out),
	}
}

func (e editor) name(text string) reply {
	e.s.t.Helper()
	return e.s.do(http.MethodPatch, e.path, strings.NewReader(`{"name":"`+text+`"}`), "Content-Type", "application/merge-patch+json", "X-API-Key", e.key, "If-Match", "*")
}

// shows waits until a server's answer contains text, and returns how long that took.
func shows(t *testing.T, s *server, path, text string, limit time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	for !strings.Contains(string(s.get(path).body), text) {
		if time.Since(began) > limit {
			t.Fatalf("%s does not show %s after %v\n%s", path, text, limit, tail(s.log.String()))
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(began)
}

// An edit at one server is in the next answer of the other one from its memory within a tenth of a second, mostly, and nothing is
// lost when the connection that listens is ended between and during the edits.
func TestServerStoreFollow(t *testing.T) {
	db := pgtest.DSN(t)
	smallCity(t, db)
	a := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	b := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	e := newEditor(t, a, db)
	edit := func(n int) time.Duration {
		t.Helper()
		if r := e.name(fmt.Sprint("改", n)); r.status != http.StatusOK {
			t.Fatalf("PATCH: %d %s", r.status, r.body)
		}
		return shows(t, b, e.tile, fmt.Sprint("改", n), 10*time.Second)
	}
	edit(0)
	var took []time.Duration
	for n := range 41 {
		took = append(took, edit(n+1))
	}
	slices.Sort(took)
	t.Logf("an edit is seen by the other server after %v (median), %v (most)", took[len(took)/2], took[len(took)-1])
	if median := took[len(took)/2]; median > 100*time.Millisecond {
		t.Errorf("median %v, want at most 100 ms", median)
	}
	const endListeners = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'wanmi listening'`
	for n := range 4 {
		if got := pgtest.Value(t, db, endListeners); got == "0" {
			t.Errorf("round %d: nobody listens", n)
		}
		edit(100 + n)
		time.Sleep(700 * time.Millisecond) // until it listens again
	}
	for what, n := range map[string]string{"changes": `SELECT count(*) FROM wanmi.change_log WHERE op = 'update' AND source = 'api'`, "listeners": strings.Replace(endListeners, "pg_terminate_backend(pid)", "*", 1)} {
		want := map[string]string{"changes": "46", "listeners": "2"}[what]
		if got := pgtest.Value(t, db, n); got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	if code := a.stop() + b.stop(); code != 0 {
		t.Errorf("exit codes add up to %d, want 0", code)
	}
}

// A server whose database goes away says so where it needs it, answers the rest from memory, and goes on when it is back.
func TestServeWithoutServer(t *testing.T) {
	own := pgtest.StartOwn(t)
	smallCity(t, own.DSN)
	s := start(t, 60*time.Second, "serve", "--db", own.DSN, "--addr", "127.0.0.1:0")
	e := newEditor(t, s, own.DSN)
	for n, stop := range []func(){func() { own.Stop("immediate") }, own.Kill, func() { own.Stop("fast") }} {
		if r := e.name(fmt.Sprint("前", n)); r.status != http.StatusOK {
			t.Fatalf("round %d: PATCH before: %d %s", n, r.status, r.body)
		}
		tile := s.get(e.tile)
		stop()
		for began := time.Now(); s.do(http.MethodGet, "/readyz", nil).status == http.StatusOK && time.Since(began) < 10*time.Second; { // of a killed one the parts end by and by
			time.Sleep(20 * time.Millisecond)
		}
		for _, path := range []string{"/healthz", e.tile, "/tiles/component.json", "/v1/search?text=路灯", "/v1/reverse?point.lat=35.4&point.lon=116.97", "/", "/catalog"} {
			if r := s.do(http.MethodGet, path, nil); r.status != http.StatusOK || path == e.tile && !bytes.Equal(r.body, tile.body) {
				t.Errorf("round %d: GET %s without the database: %d %s, want the answer from memory", n, path, r.status, tail(string(r.body)))
			}
		}
		for path, r := range map[string]reply{
			"/readyz": s.do(http.MethodGet, "/readyz", nil), e.path + "/history": s.do(http.MethodGet, e.path+"/history", nil), "PATCH": e.name("无"),
		} {
			if r.status != http.StatusServiceUnavailable || r.header.Get("Content-Type") != "application/problem+json" || r.header.Get("Retry-After") == "" {
				t.Errorf("round %d: %s without the database: %d %s %s, want 503 as problem+json with Retry-After", n, path, r.status, r.header, r.body)
			}
			if strings.Contains(string(r.body), "secret") {
				t.Errorf("%s: the answer holds the password: %s", path, r.body)
			}
		}
		own.Start()
		began := time.Now()
		for s.do(http.MethodGet, "/readyz", nil).status != http.StatusOK {
			if time.Since(began) > 20*time.Second {
				t.Fatalf("round %d: not ready 20 s after the database is back\n%s", n, tail(s.log.String()))
			}
			time.Sleep(50 * time.Millisecond)
		}
		text := fmt.Sprint("后", n)
		if r := e.name(text); r.status != http.StatusOK {
			t.Errorf("round %d: PATCH after: %d %s", n, r.status, r.body)
		}
		shows(t, s, e.tile, text, 0)
	}
	if code := s.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	must(t, "check", "--db", own.DSN)
}

// A database that goes away in the middle of an import, a rollback or a recoding: exit code 1, words that say what to do, and the
// state before; or the work was done.
func TestLostServer(t *testing.T) {
	own := pgtest.StartOwn(t)
	next := smallCity(t, own.DSN)
	steps := []func() []string{
		func() []string { return append([]string{"import", "--quiet", "component"}, next...) },
		func() []string { return []string{"batch", "rollback", "--quiet", fmt.Sprint(lastImport(t, own.DSN))} },
		func() []string { return []string{"recode", "--quiet", "--edition", "cjt214"} },
	}
	const endWriters = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL`
	ways := []func(){
		func() { pgtest.Value(t, own.DSN, endWriters) },
		func() { own.Stop("immediate") },
		own.Kill,
	}
	rng := rand.New(rand.NewPCG(21, 2026))
	ends := map[string]int{}
	for round := range kills(t, 9) {
		step := append(steps[round/len(ways)%len(steps)](), "--db", own.DSN)
		before := components(t, own.DSN)
		cmd := exec.Command(bin, step...)
		var errOut bytes.Buffer
		cmd.Stderr = &errOut
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		waitForWriter(t, own.DSN, ended)
		time.Sleep(time.Duration(rng.IntN(60)) * time.Millisecond)
		way := round % len(ways)
		ways[way]()
		if way == 2 { // the client hears of it when the others have ended
			time.Sleep(100 * time.Millisecond)
		}
		if way > 0 {
			own.Start()
		}
		select {
		case <-ended:
		case <-time.After(90 * time.Second):
			t.Fatalf("round %d: %v does not end", round, step)
		}
		must(t, "check", "--db", own.DSN)
		now, code := components(t, own.DSN), cmd.ProcessState.ExitCode()
		switch {
		case code == 1 && bytes.Equal(now, before):
			ends["before"]++
			if text := errOut.String(); !strings.Contains(text, "nothing was written") || strings.Contains(text, "secret") {
				t.Errorf("round %d: %v says %q, want that nothing was written, and no password", round, step, text)
			}
		case code == 0 || code == 3:
			ends["after"]++
			if bytes.Equal(now, before) {
				t.Errorf("round %d: %v ended with %d and nothing changed", round, step, code)
			}
		default:
			t.Errorf("round %d: %v ended with %d, changed: %t\n%s", round, step, code, !bytes.Equal(now, before), errOut.String())
		}
		if way := steps[round/len(ways)%len(steps)]; code == 1 && round%len(ways) == len(ways)-1 { // the next step goes on from here
			must(t, append(way(), "--db", own.DSN)...)
		}
	}
	t.Logf("the state before %d times, the one after %d times", ends["before"], ends["after"])
	if ends["before"] == 0 {
		t.Error("the database was never lost in time: the test proves nothing")
	}
}

// waitForWriter waits until a transaction has written something, or the program has ended.
func waitForWriter(t *testing.T, db string, ended chan error) {
	t.Helper()
	const writers = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL`
	for pgtest.Value(t, db, writers) == "0" {
		select {
		case err := <-ended:
			ended <- err
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}
