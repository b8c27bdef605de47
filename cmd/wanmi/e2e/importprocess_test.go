//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
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

// A server runs an import in a process of its own, which lets it go first. When that process is killed at random moments the server goes on, says
// what became of the import, and the components are those before or those after; when the server is ended, the process goes with it.
func TestImportProcess(t *testing.T) {
	t.Run("file", func(t *testing.T) { importProcess(t, filepath.Join(t.TempDir(), "city.gpkg")) })
	t.Run("server", func(t *testing.T) { importProcess(t, pgtest.DSN(t)) })
}

func importProcess(t *testing.T, db string) {
	next := smallCity(t, db)[0]
	key := strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "editor").out)
	staging := filepath.Join(t.TempDir(), "staging")
	serve := func() *server {
		return start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0", "--staging", staging)
	}
	s := serve()
	before := components(t, db)
	u := s.upload(key, next, "layer", "component")
	if u.State != "checked" {
		t.Fatalf("the check: %+v", u)
	}
	rng := rand.New(rand.NewPCG(5, 2026))
	written := false
	for round := 0; round < 5 && !written; round++ {
		s.post(key, u.ID, "commit")
		pid := s.importPID(t)
		if round == 0 {
			asBackground(t, pid, db)
		}
		time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
		_ = syscall.Kill(pid, syscall.SIGKILL)
		u = s.settled(key, u.ID)
		must(t, "check", "--db", db)
		switch same := bytes.Equal(components(t, db), before); {
		case u.State == "failed" && same && strings.Contains(u.Error, "nothing was written"):
			s.post(key, u.ID, "start")
			if u = s.settled(key, u.ID); u.State != "checked" {
				t.Fatalf("round %d, checked again: %+v", round, u)
			}
		case u.State == "committed" && !same:
			written = true
		default:
			t.Fatalf("round %d: %+v, components as before: %v", round, u, same)
		}
	}
	if !written {
		s.post(key, u.ID, "commit")
		if u = s.settled(key, u.ID); u.State != "committed" || bytes.Equal(components(t, db), before) {
			t.Fatalf("with nobody in its way: %+v", u)
		}
	}
	s.stopDuringImport(t, db, key, smallDelivery(t, 3)["component"][0], serve)
}

// stopDuringImport ends the server while it imports: it exits well, no process is left, and the next one says what became of the import.
func (s *server) stopDuringImport(t *testing.T, db, key, file string, serve func() *server) {
	t.Helper()
	u := s.upload(key, file, "layer", "component")
	before := components(t, db)
	s.post(key, u.ID, "commit")
	pid := s.importPID(t)
	if code := s.stop(); code != 0 {
		t.Errorf("the server stopped while it imported: exit code %d\n%s", code, tail(s.log.String()))
	}
	if err := syscall.Kill(pid, 0); err == nil {
		t.Errorf("process %d is still there", pid)
	}
	must(t, "check", "--db", db)
	same := bytes.Equal(components(t, db), before)
	next := serve()
	defer next.stop()
	if u = next.settled(key, u.ID); same != (u.State == "interrupted") || !same != (u.State == "committed") {
		t.Errorf("after the restart: %+v, components as before: %v", u, same)
	}
}

func (s *server) post(key, id, verb string) {
	s.t.Helper()
	if r := s.do(http.MethodPost, "/api/imports/"+id+"/"+verb, nil, "X-API-Key", key); r.status != http.StatusAccepted {
		s.t.Fatalf("%s: status %d\n%s", verb, r.status, r.body)
	}
}

// importPID waits for the process of an import to begin.
func (s *server) importPID(t *testing.T) int {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.cmd.Process.Pid))
		for _, list := range lists {
			text, _ := os.ReadFile(list) // a thread may have ended
			for _, child := range strings.Fields(string(text)) {
				if cmd, _ := os.ReadFile("/proc/" + child + "/cmdline"); bytes.Contains(cmd, []byte("run-import")) {
					pid, err := strconv.Atoi(child)
					if err != nil {
						t.Fatal(err)
					}
					return pid
				}
			}
		}
	}
	t.Fatal("no process of an import")
	return 0
}

// asBackground checks that the process lets others go first, but for the thread that holds the lock they wait for, and tells nobody the database, in
// whose name there may be a password.
func asBackground(t *testing.T, pid int, db string) {
	t.Helper()
	cmd, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || bytes.Contains(cmd, []byte(db)) {
		t.Errorf("the command line is %q, %v; want it without the database", cmd, err)
	}
	var nice []int
	ok := func() bool {
		prompt := 0
		for _, n := range nice {
			if n < 10 {
				prompt++
			}
		}
		return len(nice) > 1 && prompt <= 1
	}
	for end := time.Now().Add(5 * time.Second); !ok() && time.Now().Before(end); time.Sleep(time.Millisecond) {
		nice = nil
		stats, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		for _, stat := range stats {
			text, _ := os.ReadFile(stat) // a thread may have ended
			_, fields, _ := strings.Cut(string(text), ") ")
			if f := strings.Fields(fields); len(f) > 16 {
				n, err := strconv.Atoi(f[16])
				if err != nil {
					t.Fatal(err)
				}
				nice = append(nice, n)
			}
		}
	}
	if !ok() {
		t.Errorf("the threads have the niceness %v, want 10 at least of all but one", nice)
	}
}
