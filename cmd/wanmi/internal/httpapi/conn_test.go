package httpapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"wanmi/cmd/wanmi/internal/city/citytest"
)

// Replies over a real connection are those the handler writes, whatever their size, asked for one by one or all at once.
func TestConnections(t *testing.T) {
	s := start(t, nil)
	srv := serveAPI(t, s.api, true)
	tile := tilePath("component,unit_grid,road", citytest.Centre, 16)
	type asked struct{ method, target, header string }
	var all []asked
	for _, target := range []string{tile, "/healthz", "/openapi.json", "/tiles/road/16/0/0.mvt", "/catalog", "/none", "/worker.mjs"} {
		for _, header := range []string{"X-A: b", "Accept-Encoding: gzip", "If-None-Match: *"} {
			all = append(all, asked{http.MethodGet, target, header}, asked{http.MethodHead, target, header})
		}
	}
	for _, atOnce := range []bool{false, true} {
		c, err := net.Dial("tcp", srv.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		in := bufio.NewReader(c)
		var out bytes.Buffer
		for _, a := range all {
			fmt.Fprintf(&out, "%s %s HTTP/1.1\r\nHost: x\r\nX-Request-Id: one\r\n%s\r\n\r\n", a.method, a.target, a.header)
			if !atOnce {
				check(t, c, &out, in, s, a.method, a.target, a.header)
			}
		}
		if !atOnce {
			continue
		}
		if _, err := c.Write(out.Bytes()); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		for _, a := range all {
			check(t, c, &out, in, s, a.method, a.target, a.header)
		}
	}
}

// check sends what is in out and compares the next reply with what the handler answers to the same request.
func check(t *testing.T, c net.Conn, out *bytes.Buffer, in *bufio.Reader, s *server, method, target, header string) {
	t.Helper()
	if _, err := c.Write(out.Bytes()); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	name, value, _ := bytes.Cut([]byte(header), []byte(": "))
	want := s.do(method, target, "", "X-Request-Id", "one", string(name), string(value))
	r, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s %s %s: %v", method, target, header, err)
	}
	got, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("%s %s %s: %v", method, target, header, err)
	}
	if r.StatusCode != want.Code || !bytes.Equal(got, want.Body.Bytes()) || r.Header.Get("Etag") != want.Header().Get("Etag") || r.Header.Get("Content-Length") != want.Header().Get("Content-Length") {
		t.Errorf("%s %s %s: %d with %d bytes and %v; want %d with %d and %v", method, target, header, r.StatusCode, len(got), r.Header, want.Code, want.Body.Len(), want.Header())
	}
}
