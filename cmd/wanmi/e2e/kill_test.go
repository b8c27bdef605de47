//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"wanmi/data/postgis/pgtest"
)

func count(t *testing.T, db, layer string) (n int) {
	t.Helper()
	r := must(t, "export", "--json", "--db", db, layer, "--out", filepath.Join(t.TempDir(), "x.csv"))
	var v struct{ Rows int }
	if err := json.Unmarshal([]byte(r.out), &v); err != nil {
		t.Fatalf("%q: %v", r.out, err)
	}
	return v.Rows
}

// kills is how often a test kills: WANMI_KILLS, else few.
func kills(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv("WANMI_KILLS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("WANMI_KILLS = %q, want a number", text)
	}
	return n
}

// kill -9 at random moments of an import: the next start is clean, and the state is the one before or the one after, on both stores.
func TestKillDuringImport(t *testing.T) {
	t.Run("file", func(t *testing.T) { killDuringImport(t, demoDB) })
	t.Run("server", func(t *testing.T) { killDuringImport(t, demoOnServer) })
}

func killDuringImport(t *testing.T, demoDB func(t *testing.T) string) {
	db := demoDB(t)
	before := count(t, db, "component")
	dir := t.TempDir()
	must(t, "synth", "--out", dir, "--seed", "2")
	var manifest struct {
		Imports []struct {
			Layer string
			Files []string
		}
	}
	readJSON(t, filepath.Join(dir, "manifest.json"), &manifest)
	args := []string{"import", "--quiet", "--db", db, "component"}
	for _, im := range manifest.Imports {
		if im.Layer == "component" {
			for _, f := range im.Files {
				args = append(args, filepath.Join(dir, f))
			}
		}
	}
	scratch := demoDB(t)
	began := time.Now()
	full := exec.Command(bin, replace(args, db, scratch)...)
	if out, err := full.CombinedOutput(); err != nil {
		t.Fatalf("the import by itself: %v\n%s", err, tail(string(out)))
	}
	whole := time.Since(began)
	after := count(t, scratch, "component")
	if after == before {
		t.Fatal("the import changes nothing: the test would prove nothing")
	}
	rng := rand.New(rand.NewPCG(11, 2026))
	for i := range kills(t, 10) {
		wait := time.Duration(rng.Float64() * float64(whole))
		killAfter(t, wait, args...)
		must(t, "check", "--db", db)
		if n := count(t, db, "component"); n != before && n != after {
			t.Fatalf("round %d, killed after %v: %d components, want %d or %d", i, wait, n, before, after)
		}
	}
}

// killAfter runs the program and kills it (SIGKILL) that long after its start.
func killAfter(t *testing.T, wait time.Duration, args ...string) {
	t.Helper()
	cmd := exec.Command(bin, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(wait)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

func replace(args []string, from, to string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = strings.ReplaceAll(a, from, to)
	}
	return out
}

// kill -9 while serving and editing: every acknowledged edit is there at the next start.
func TestKillWhileServing(t *testing.T) {
	db := demoDB(t)
	key := strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "editor").out)
	for round := range 3 {
		s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
		var list struct {
			Features []struct{ Properties struct{ Code string } }
		}
		s.get("/ogc/collections/component/items?limit=20").json(t, &list)
		acked := map[string]string{}
		for i, f := range list.Features {
			code := f.Properties.Code
			one := s.get("/api/components/" + code)
			note := fmt.Sprintf("round %d edit %d", round, i)
			r := s.do(http.MethodPatch, "/api/components/"+code, strings.NewReader(`{"note":"`+note+`"}`),
				"Content-Type", "application/merge-patch+json", "X-API-Key", key, "If-Match", one.header.Get("ETag"))
			if r.status != http.StatusOK {
				t.Fatalf("PATCH %s: %d %s", code, r.status, r.body)
			}
			acked[code] = note
		}
		_ = s.cmd.Process.Kill()
		<-s.done
		must(t, "check", "--db", db)
		s = start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
		for code, note := range acked {
			if r := s.get("/api/components/" + code); !strings.Contains(string(r.body), note) {
				t.Errorf("round %d: the acknowledged edit of %s is lost", round, code)
			}
		}
		if code := s.stop(); code != 0 {
			t.Errorf("exit code = %d, want 0", code)
		}
	}
}

// kill -9 at random moments of the first import into PostgreSQL, whose rows go there while others are read: nothing, or all of it, and nothing
// of what was left stands in the way of the next.
func TestKillDuringFirstImport(t *testing.T) {
	base, dir := pgtest.DSN(t), t.TempDir()
	must(t, "synth", "--quiet", "--out", dir, "--km2", "1", "--components", "9000", "--seed", "3")
	var manifest struct {
		Imports []struct {
			Layer string
			Files []string
		}
	}
	readJSON(t, filepath.Join(dir, "manifest.json"), &manifest)
	args := []string{"import", "--quiet", "component"}
	for _, im := range manifest.Imports {
		for _, f := range im.Files {
			switch im.Layer {
			case "component":
				args = append(args, filepath.Join(dir, f))
			case "street", "community":
				must(t, "import", "--quiet", "--db", base, im.Layer, filepath.Join(dir, f))
			}
		}
	}
	whole := pgtest.Copy(t, base)
	began := time.Now()
	if out, err := exec.Command(bin, append(args, "--db", whole)...).CombinedOutput(); err != nil {
		t.Fatalf("the import by itself: %v\n%s", err, tail(string(out)))
	}
	took, all := time.Since(began), count(t, whole, "component")
	rng := rand.New(rand.NewPCG(12, 2026))
	for i := range kills(t, 3) {
		db := pgtest.Copy(t, base)
		wait := time.Duration(rng.Float64() * float64(took))
		killAfter(t, wait, append(args, "--db", db)...)
		must(t, "check", "--db", db)
		if n := count(t, db, "component"); n != 0 && n != all {
			t.Fatalf("round %d, killed after %v: %d components, want 0 or %d", i, wait, n, all)
		}
		must(t, append(args, "--db", db)...)
		if n := count(t, db, "component"); n != all {
			t.Errorf("round %d, killed after %v: %d components when it was imported again, want %d", i, wait, n, all)
		}
	}
}
