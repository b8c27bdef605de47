//go:build unix

package httpapi_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
)

// A reply that is being written when the server is told to stop goes out whole, and Shutdown waits for it, though net/http takes the connection for idle.
func TestShutdownWaits(t *testing.T) {
	// On a busy machine the requests may come before net/http has seen the first one off: then it answers them, and ends between two replies.
	for range 5 {
		if shutdownWaits(t) {
			return
		}
	}
	t.Error("the connection ended between two replies five times")
}

// shutdownWaits reports whether all replies came; that the connection ended within one is an error.
func shutdownWaits(t *testing.T) bool {
	s := start(t, nil)
	tile := tilePath("component,unit_grid,road", citytest.Centre, 16)
	s.get(tile, nil)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv, served := httpapi.NewServer(s.api), make(chan error, 1)
	go func() { served <- srv.Serve(narrow{inner}) }()
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error { // a small window from the beginning
		var set error
		err := raw.Control(func(fd uintptr) { set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10) })
		return errors.Join(err, set)
	}}
	c, err := dialer.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	reply := func() error {
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, r.Body)
		return err
	}
	if _, err := io.WriteString(c, opening); err != nil {
		t.Fatal(err)
	}
	if err := reply(); err != nil {
		t.Fatal(err)
	}
	one := "GET " + tile + " HTTP/1.1\r\nHost: a\r\n\r\n"
	n := 4096 / len(one) // what net/http's buffer takes: more than goes into the buffers of the kernel
	time.Sleep(20 * time.Millisecond)
	if _, err := io.WriteString(c, strings.Repeat(one, n)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	down := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		down <- srv.Shutdown(ctx)
	}()
	select {
	case err := <-down:
		t.Fatalf("Shutdown returned %v while a reply was being written", err)
	case <-time.After(300 * time.Millisecond):
	}
	for i := range n {
		if _, err := in.Peek(1); i > 0 && errors.Is(err, io.EOF) {
			return false
		}
		if err := reply(); err != nil {
			t.Fatalf("reply %d of %d: %v", i, n, err)
		}
	}
	if err := reply(); err == nil {
		t.Error("a reply to nothing")
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("Serve: %v", err)
	}
	return true
}

// narrow gives connections whose sending buffer in the kernel is small.
type narrow struct{ net.Listener }

func (l narrow) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		err = errors.Join(err, tcp.SetWriteBuffer(4<<10))
	}
	return c, err
}

// A connection whose requests are answered early is as idle as any other when none comes, and no longer than any other for half a header.
func TestWaits(t *testing.T) {
	s := start(t, nil)
	tile := tilePath("road", citytest.Centre, 16)
	s.get(tile, nil)
	ask := "HEAD " + tile + " HTTP/1.1\r\nHost: a\r\n\r\n"
	for name, tc := range map[string]struct {
		idle, header time.Duration
		then         string
	}{"idle": {400 * time.Millisecond, time.Hour, ""}, "half a header": {time.Hour, 400 * time.Millisecond, ask[:30]}} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			srv := httpapi.NewServer(s.api)
			srv.Waits(tc.idle, tc.header)
			go func() { _ = srv.Serve(ln) }()
			t.Cleanup(func() { _ = srv.Shutdown(context.Background()) })
			c, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			buf := make([]byte, 4096)
			for _, text := range append([]string{opening}, strings.SplitAfter(strings.Repeat(ask, 8), "\r\n\r\n")[:8]...) {
				if _, err := io.WriteString(c, text); err != nil {
					t.Fatal(err)
				}
				if _, err := c.Read(buf); err != nil {
					t.Fatalf("%q: %v", text, err)
				}
				time.Sleep(100 * time.Millisecond) // together twice the time
			}
			if _, err := io.WriteString(c, tc.then); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			_ = c.SetReadDeadline(begun.Add(20 * time.Second))
			if got, err := io.ReadAll(c); err != nil {
				t.Errorf("after %v: %q, %v, want the server to hang up", time.Since(begun), got, err)
			}
		})
	}
}
