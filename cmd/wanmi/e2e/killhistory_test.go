//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wanmi/data/postgis/pgtest"
)

// kill -9 at random moments of importing, rolling back and recoding: the check is clean, and the components are to the byte those
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

func killDuringHistory(t *testing.T, db string, copied func(*testing.T, string) string) {
	city := smallDelivery(t, 1)
	for _, layer := range []string{"street", "community", "department", "component"} {
		r := wanmi(t, append([]string{"import", "--quiet", "--db", db, layer}, city[layer]...)...)
		if r.code != 0 && r.code != 3 { // 3: rows bad on purpose
			t.Fatalf("import %s: code %d\n%s", layer, r.code, tail(r.errOut))
		}
	}
	delivery := append([]string{"import", "--quiet", "component"}, smallDelivery(t, 2)["component"]...)
	steps := []func() []string{
		func() []string { return delivery },
		func() []string { return []string{"batch", "rollback", "--quiet", fmt.Sprint(lastImport(t, db))} },
		func() []string { return []string{"recode", "--quiet", "--edition", "cjt214"} },
		func() []string { return []string{"recode", "--quiet", "--edition", "gbt47678"} },
	}
	rng := rand.New(rand.NewPCG(12, 2026))
	ends := map[bool]int{}
	for round := range kills(t, 4) {
		step := steps[round%len(steps)]()
		run := func(db string) *exec.Cmd { return exec.Command(bin, append(step, "--db", db)...) }
		scratch := copied(t, db)
		began := time.Now()
		if out, err := run(scratch).CombinedOutput(); err != nil {
			t.Fatalf("%v by itself: %v\n%s", step, err, tail(string(out)))
		}
		whole := time.Since(began)
		before, after := components(t, db), components(t, scratch)
		if bytes.Equal(before, after) {
			t.Fatalf("%v changes nothing: the test would prove nothing", step)
		}
		cmd := run(db)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		wait := time.Duration(rng.Float64() * float64(whole) * 1.1)
		time.Sleep(wait)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		must(t, "check", "--db", db)
		now := components(t, db)
		done := bytes.Equal(now, after)
		if !done && !bytes.Equal(now, before) {
			t.Fatalf("round %d: %v killed after %v of %v left neither the state before nor the one after", round, step, wait, whole)
		}
		ends[done]++
		if !done {
			if out, err := run(db).CombinedOutput(); err != nil {
				t.Fatalf("%v after the kill: %v\n%s", step, err, tail(string(out)))
			}
			if !bytes.Equal(components(t, db), after) {
				t.Fatalf("round %d: %v once more did not come to what it comes to without the kill", round, step)
			}
		}
	}
	t.Logf("%d kills left the state before, %d the one after", ends[false], ends[true])
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
