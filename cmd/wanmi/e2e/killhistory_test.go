//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wanmi/data/postgis/pgtest"
)

// kill -9 at random moments of importing, committing by HTTP, rolling back and recoding: the check is clean, and the components are to the byte those
// before or those after. What comes after is known from the same step on a copy.
func TestKillDuringHistory(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		killDuringHistory(t, filepath.Join(t.TempDir(), "city.gpkg"), func(t *testing.T, db string) string {
			to := filepath.Join(t.TempDir(), "copy.gpkg")
			must(t, "backup", "--quiet", "--db", db, "--out", to)
			return to
		})
	})
	t.Run("server", func(t *testing.T) {
		killDuringHistory(t, pgtest.DSN(t), func(t *testing.T, db string) string { return pgtest.Copy(t, db) })
	})
}

// smallDelivery writes a synthetic city of 1 km² and returns its files by layer.
func smallDelivery(t *testing.T, seed int) map[string][]string {
	t.Helper()
	dir := t.TempDir()
	must(t, "synth", "--quiet", "--out", dir, "--km2", "1", "--components", "3000", "--seed", fmt.Sprint(seed))
	var manifest struct {
		Imports []struct {
			Layer string
			Files []string
		}
	}
	readJSON(t, filepath.Join(dir, "manifest.json"), &manifest)
	files := map[string][]string{}
	for _, im := range manifest.Imports {
		for _, f := range im.Files {
			files[im.Layer] = append(files[im.Layer], filepath.Join(dir, f))
		}
	}
	return files
}

// step is one write that is to be killed.
type step struct {
	name string
	// run does it on db to its end, or when after > 0 kills the process that long after the write was asked for. It returns how long
	// the write took.
	run func(t *testing.T, db string, after time.Duration) time.Duration
}

// command is a write by a command of its own.
func command(args ...string) step {
	return step{strings.TrimSuffix(strings.Join(args[:2], " "), " --quiet"), func(t *testing.T, db string, after time.Duration) time.Duration {
		t.Helper()
		args := append(slices.Clip(args), "--db", db)
		began := time.Now()
		if after > 0 {
			killAfter(t, after, args...)
		} else if out, err := exec.Command(bin, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v by itself: %v\n%s", args, err, tail(string(out)))
		}
		return time.Since(began)
	}}
}

// commitOver is the commit of a checked import by a server.
func commitOver(key, file string) step {
	return step{"commit", func(t *testing.T, db string, after time.Duration) time.Duration {
		t.Helper()
		s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
		u := s.upload(key, file, "layer", "component")
		if u.State != "checked" {
			t.Fatalf("the check: %+v", u)
		}
		began := time.Now()
		if r := s.do(http.MethodPost, "/api/imports/"+u.ID+"/commit", nil, "X-API-Key", key); r.status != http.StatusAccepted {
			t.Fatalf("commit: status %d\n%s", r.status, r.body)
		}
		if after > 0 {
			time.Sleep(after - time.Since(began))
			_ = s.cmd.Process.Kill()
			<-s.done
			return after
		}
		if u = s.settled(key, u.ID); u.State != "committed" {
			t.Fatalf("the commit: %+v", u)
		}
		took := time.Since(began)
		s.stop()
		return took
	}}
}

func killDuringHistory(t *testing.T, db string, copied func(*testing.T, string) string) {
	city := smallDelivery(t, 1)
	for _, layer := range []string{"street", "community", "department", "component"} {
		r := wanmi(t, append([]string{"import", "--quiet", "--db", db, layer}, city[layer]...)...)
		if r.code != 0 && r.code != 3 { // 3: rows bad on purpose
			t.Fatalf("import %s: code %d\n%s", layer, r.code, tail(r.errOut))
		}
	}
	key := strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "editor").out)
	next := smallDelivery(t, 2)["component"]
	rollback := func() step { return command("batch", "rollback", "--quiet", fmt.Sprint(lastImport(t, db))) }
	steps := []func() step{
		func() step { return command(append([]string{"import", "component", "--quiet"}, next...)...) },
		rollback,
		func() step { return commitOver(key, next[0]) },
		rollback,
		func() step { return command("recode", "--quiet", "--edition", "cjt214") },
		func() step { return command("recode", "--quiet", "--edition", "gbt47678") },
	}
	rng := rand.New(rand.NewPCG(12, 2026))
	ends := map[string]*[2]int{}
	before := components(t, db)
	for round := range kills(t, 6) {
		step := steps[round%len(steps)]()
		var whole time.Duration
		var after []byte
		if !t.Run(fmt.Sprint("whole ", round), func(t *testing.T) { // at whose end the copy is removed: a hundred fill a disk
			scratch := copied(t, db)
			whole = step.run(t, scratch, 0)
			after = components(t, scratch)
		}) {
			return
		}
		if bytes.Equal(before, after) {
			t.Fatalf("%s changes nothing: the test would prove nothing", step.name)
		}
		from := 0.0
		if round%2 == 1 { // every other kill falls into the last part: the writing and the commit
			from = 0.6
		}
		wait := max(time.Millisecond, time.Duration((from+(1.1-from)*rng.Float64())*float64(whole)))
		step.run(t, db, wait)
		must(t, "check", "--db", db)
		now := components(t, db)
		done := bytes.Equal(now, after)
		if !done && !bytes.Equal(now, before) {
			t.Fatalf("round %d: %s killed after %v of %v left neither the state before nor the one after, which is:\n%s", round, step.name, wait, whole, firstDifference(now, after))
		}
		if ends[step.name] == nil {
			ends[step.name] = new([2]int)
		}
		t.Logf("round %d: %s killed after %v of %v, written: %v", round, step.name, wait.Round(time.Millisecond), whole.Round(time.Millisecond), done)
		if done {
			ends[step.name][1]++
		} else {
			ends[step.name][0]++
			step.run(t, db, 0)
			if now = components(t, db); !bytes.Equal(now, after) {
				t.Fatalf("round %d: %s killed after %v of %v once more did not come to what it comes to without the kill:\n%s", round, step.name, wait, whole, firstDifference(now, after))
			}
		}
		before = now
	}
	for _, name := range slices.Sorted(maps.Keys(ends)) {
		t.Logf("%s: %d kills left the state before, %d the one after", name, ends[name][0], ends[name][1])
	}
}

// firstDifference shows the first lines that differ.
func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d of %d and %d:\n%s\n%s", i+1, len(g), len(w), g[i], w[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(g), len(w))
}

// components returns all components as GeoJSON lines.
func components(t *testing.T, db string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "components.geojsonl")
	must(t, "export", "--quiet", "--db", db, "component", "--out", out)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// lastImport is the number of the latest committed import of a delivery.
func lastImport(t *testing.T, db string) int64 {
	t.Helper()
	for line := range strings.Lines(must(t, "batch", "list", "--json", "--db", db).out) {
		var b struct {
			ID             int64
			Status, Source string
		}
		if err := json.Unmarshal([]byte(line), &b); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if b.Status == "committed" && !strings.HasPrefix(b.Source, "recode") {
			return b.ID
		}
	}
	t.Fatal("no committed import")
	return 0
}
