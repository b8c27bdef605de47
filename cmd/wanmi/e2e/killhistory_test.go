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
		killDuringHistory(t, demoDB, func(t *testing.T, db string) string {
			b, err := os.ReadFile(db)
			if err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(t.TempDir(), "copy.gpkg")
			if err := os.WriteFile(to, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return to
		})
	})
	t.Run("server", func(t *testing.T) {
		killDuringHistory(t, demoOnServer, func(t *testing.T, db string) string { return pgtest.Copy(t, db) })
	})
}

func killDuringHistory(t *testing.T, open func(*testing.T) string, copied func(*testing.T, string) string) {
	db := open(t)
	dir := t.TempDir()
	must(t, "synth", "--out", dir, "--seed", "2")
	var manifest struct {
		Imports []struct {
			Layer string
			Files []string
		}
	}
	readJSON(t, filepath.Join(dir, "manifest.json"), &manifest)
	delivery := []string{"import", "--quiet", "component"}
	for _, im := range manifest.Imports {
		if im.Layer == "component" {
			for _, f := range im.Files {
				delivery = append(delivery, filepath.Join(dir, f))
			}
		}
	}
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
