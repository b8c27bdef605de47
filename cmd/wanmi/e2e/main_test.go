//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// bin is the binary under test; root the checkout; shared the real data beside it.
var bin, root, shared string

func TestMain(m *testing.M) {
	bin = os.Getenv("WANMI_BIN")
	wd, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	root = filepath.Join(wd, "..", "..", "..")
	shared = filepath.Join(root, "..", "shared")
	if bin == "" {
		bin = filepath.Join(root, "bin", "wanmi")
	}
	if _, err := os.Stat(bin); err != nil {
		fmt.Fprintln(os.Stderr, "e2e: no binary; run `make e2e`:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// missing ends the test: skipped with the reason, or failed where CI demands everything.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("missing in CI: "+format, args...)
	}
	t.Skipf(format, args...)
}

// realData returns the path of a file or folder of ../shared/data.
func realData(t *testing.T, name string) string {
	t.Helper()
	p := filepath.Join(shared, "data", name)
	if _, err := os.Stat(p); err != nil {
		missing(t, "real data: %v", err)
	}
	return p
}

type result struct {
	code        int
	out, errOut string
}

// wanmi runs the binary to its end.
func wanmi(t *testing.T, args ...string) result {
	t.Helper()
	return run(t, bin, args...)
}

func run(t *testing.T, name string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatalf("%s: %v", name, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// must runs the binary and fails the test unless it ends with code 0.
func must(t *testing.T, args ...string) result {
	t.Helper()
	r := wanmi(t, args...)
	if r.code != 0 {
		t.Fatalf("wanmi %s: exit code %d, want 0\n%s%s", strings.Join(args, " "), r.code, r.out, tail(r.errOut))
	}
	return r
}

func tail(s string) string {
	const most = 3000
	if len(s) > most {
		return "…" + s[len(s)-most:]
	}
	return s
}

// server is a running `wanmi serve` or `wanmi demo`.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	log  *lockedBuffer
	done chan error
}

var addrRE = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/`)

// start runs the binary until it prints its address.
func start(t *testing.T, limit time.Duration, args ...string) *server {
	t.Helper()
	s := &server{t: t, cmd: exec.Command(bin, args...), log: &lockedBuffer{}, done: make(chan error, 1)}
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.done <- s.cmd.Wait() }()
	t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	deadline := time.After(limit)
	for {
		if m := addrRE.FindStringSubmatch(s.log.String()); m != nil {
			s.url = "http://" + m[1]
			return s
		}
		select {
		case err := <-s.done:
			t.Fatalf("wanmi %s ended before it was ready: %v\n%s", strings.Join(args, " "), err, tail(s.log.String()))
		case <-deadline:
			t.Fatalf("wanmi %s was not ready after %v\n%s", strings.Join(args, " "), limit, tail(s.log.String()))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop sends SIGTERM and returns the exit code.
func (s *server) stop() int {
	s.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(40 * time.Second):
		s.t.Fatalf("still running 40 s after SIGTERM\n%s", tail(s.log.String()))
	}
	return s.cmd.ProcessState.ExitCode()
}

// reply is an HTTP answer read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (s *server) do(method, path string, body io.Reader, header ...string) reply {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{res.StatusCode, res.Header, b}
}

// get fails the test unless the answer is 200.
func (s *server) get(path string, header ...string) reply {
	s.t.Helper()
	r := s.do(http.MethodGet, path, nil, header...)
	if r.status != http.StatusOK {
		s.t.Fatalf("GET %s: status %d, want 200\n%s", path, r.status, tail(string(r.body)))
	}
	return r
}

// json reads the answer into v.
func (r reply) json(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, tail(string(r.body)))
	}
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(bin)+string(os.PathListSeparator)+os.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			// exitcode N PROGRAM ARG...: runs and wants that exit code.
			"exitcode": func(ts *testscript.TestScript, _ bool, args []string) {
				err := ts.Exec(args[1], args[2:]...)
				got := 0
				if ee, ok := err.(*exec.ExitError); ok {
					got = ee.ExitCode()
				} else if err != nil {
					ts.Fatalf("%v", err)
				}
				if fmt.Sprint(got) != args[0] {
					ts.Fatalf("exit code %d, want %s", got, args[0])
				}
			},
		},
	})
}
