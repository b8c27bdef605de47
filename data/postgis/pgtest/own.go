package pgtest

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Own is a server of a test's own, for it to stop. It goes with the test.
type Own struct {
	DSN string // of a new database with PostGIS, as superuser

	t    testing.TB
	bin  string // where PostgreSQL's programs lie
	dir  string
	port string
}

// StartOwn starts a server. Where [Server] has none the test is skipped or fails like there.
func StartOwn(t testing.TB) *Own {
	t.Helper()
	Server(t)
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(bins) == 0 {
		initdb, err := exec.LookPath("initdb")
		if err != nil {
			t.Fatal("there is a server but no initdb")
		}
		bins = []string{filepath.Dir(initdb)}
	}
	slices.Sort(bins)
	dir, err := os.MkdirTemp("", "wanmi-own") // short: a socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	o := &Own{t: t, bin: bins[len(bins)-1], dir: dir}
	t.Cleanup(func() {
		o.Stop("immediate")
		os.RemoveAll(dir)
	})
	o.must("chown", "chown", o.owner(), dir)
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	o.must("initdb", o.as("initdb", "-D", o.data(), "-U", "postgres", "-A", "scram-sha-256", "--pwfile="+password, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")...)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, o.port, _ = net.SplitHostPort(free.Addr().String())
	free.Close()
	o.Start()
	server := url.URL{Scheme: "postgres", User: url.UserPassword("postgres", "secret"), Host: "127.0.0.1:" + o.port, Path: "/postgres", RawQuery: "sslmode=disable"}
	Exec(t, server.String(), "CREATE DATABASE city TEMPLATE template0 ENCODING 'UTF8'")
	o.DSN = With(t, server.String(), func(u *url.URL) { u.Path = "/city" })
	Exec(t, o.DSN, "CREATE EXTENSION postgis")
	return o
}

// Start starts the server again.
func (o *Own) Start() {
	o.t.Helper()
	options := "-p " + o.port + " -k " + o.dir + " -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=100"
	args := o.as("pg_ctl", "-D", o.data(), "-l", filepath.Join(o.data(), "log"), "-w", "-t", "60", "-o", options, "start")
	var said []byte
	for range 50 { // what a killed one left takes a moment to go
		var err error
		if said, err = exec.Command(args[0], args[1:]...).CombinedOutput(); err == nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(o.data(), "log"))
	o.t.Fatalf("the server does not start: %s\n%s", said, log)
}

// Stop stops it in a mode of pg_ctl: "immediate" is without a word to the clients, "fast" ends their transactions.
func (o *Own) Stop(mode string) {
	args := o.as("pg_ctl", "-D", o.data(), "-m", mode, "-w", "stop")
	_ = exec.Command(args[0], args[1:]...).Run() // it may be stopped
}

// MoveLog puts the server's write-ahead log into a folder on another disk, which has to be the server's own. It is started anew.
func (o *Own) MoveLog(dir string) {
	o.t.Helper()
	o.Stop("fast")
	from, to := filepath.Join(o.data(), "pg_wal"), filepath.Join(dir, "pg_wal")
	o.must("cp", "cp", "-a", from, to)
	o.must("rm", "rm", "-r", from)
	o.must("ln", "ln", "-s", to, from)
	o.Start()
}

// Kill sends SIGKILL to the server's main process; the others end by themselves when they notice.
func (o *Own) Kill() {
	o.t.Helper()
	b, err := os.ReadFile(filepath.Join(o.data(), "postmaster.pid"))
	if err != nil {
		o.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.Split(string(b), "\n")[0])
	if err != nil || pid < 2 {
		o.t.Fatalf("postmaster.pid: %q", b)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		o.t.Fatal(err)
	}
}

func (o *Own) data() string { return filepath.Join(o.dir, "data") }

func (o *Own) owner() string {
	if os.Getuid() == 0 {
		return "postgres"
	}
	return strconv.Itoa(os.Getuid())
}

// as is the call of one of PostgreSQL's programs: as root it refuses to run.
func (o *Own) as(program string, args ...string) []string {
	call := append([]string{filepath.Join(o.bin, program)}, args...)
	if os.Getuid() != 0 {
		return call
	}
	return append([]string{"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "env", "-u", "XDG_RUNTIME_DIR", "HOME=/"}, call...)
}

func (o *Own) must(what string, call ...string) {
	o.t.Helper()
	cmd := exec.Command(call[0], call[1:]...)
	cmd.Dir = "/"
	if out, err := cmd.CombinedOutput(); err != nil {
		o.t.Fatalf("%s: %v\n%s", what, err, out)
	}
}
