package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/tiles/mvt"
)

// asker puts requests to a handler over a real connection, and holds the answers against those of the router by itself.
type asker struct {
	addr  string
	alone http.Handler
	log   lockedBuffer // what net/http says
	c     net.Conn
	in    *bufio.Reader

	excused func(target string, status int) bool // which status of 500 and more is right; nil: none is
}

// answered is an answer as it came over the wire, or as the handler wrote it.
type answered struct {
	status int
	header http.Header
	body   []byte
}

func newAsker(tb testing.TB, api *httpapi.API) *asker {
	a := &asker{alone: api.ByRouter()}
	srv := httpapi.NewServer(api)
	srv.ErrorsTo(log.New(&a.log, "", 0))
	a.addr = listening(tb, srv)
	tb.Cleanup(func() {
		if a.c != nil {
			a.c.Close()
		}
	})
	return a
}

var methods = []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPost, http.MethodDelete, http.MethodPut, http.MethodPatch, "get"}

// framing are the headers by which a request ends elsewhere: what they do is net/http's.
var framing = []string{"Host", "Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Te", "Upgrade", "Expect", "X-Request-Id"}

// requestText is a request as bytes on a connection. What would end its line is escaped; lines of header that are none are left out.
func requestText(method, target, header string) []byte {
	var b bytes.Buffer
	b.WriteString(method + " ")
	if target = target[:min(len(target), 4<<10)]; target == "" {
		target = "/"
	}
	for _, c := range []byte(target) {
		if c <= ' ' || c == 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteString(" HTTP/1.1\r\nHost: city.example\r\nX-Request-Id: one\r\n")
	for line := range strings.SplitSeq(header[:min(len(header), 4<<10)], "\n") {
		name, value, ok := strings.Cut(line, ":")
		plain := func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}
		if !ok || name == "" || strings.ContainsFunc(name, plain) || slices.Contains(framing, http.CanonicalHeaderKey(name)) {
			continue
		}
		value = strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return -1
			}
			return r
		}, value)
		b.WriteString(name + ": " + strings.TrimSpace(value) + "\r\n")
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// ask sends a request and fails the test when the answer is a fault of the server, late, not what it says it is, another than the router's,
// or, of a reading client that has it already, not 304.
func (a *asker) ask(t *testing.T, method, target, header string) answered {
	t.Helper()
	text := requestText(method, target, header)
	began := time.Now()
	got := a.send(t, method, text)
	for range 2 { // a machine that is busy is no fault
		if time.Since(began) < time.Second {
			break
		}
		began = time.Now()
		got = a.send(t, method, text)
	}
	if took := time.Since(began); took >= time.Second {
		t.Errorf("%s\ntook %v", text, took)
	}
	if fault := a.fault(method, target, got); fault != "" {
		t.Errorf("%s\n%s\n%d %v\n%.2000q", text, fault, got.status, got.header, got.body)
	}
	if said := a.log.String(); strings.Contains(said, "panic") {
		t.Fatalf("%s\n%s", text, said)
	}
	a.compare(t, text, got)
	if tag := got.header.Get("Etag"); method == http.MethodGet && got.status == http.StatusOK && tag != "" {
		again := a.send(t, method, requestText(method, target, header+"\nIf-None-Match: "+tag))
		if !strings.Contains(strings.ToLower(header), "if-none-match") && (again.status != http.StatusNotModified || again.header.Get("Etag") != tag || len(again.body) > 0) {
			t.Errorf("%s\nasked again with %s: %d %v", text, tag, again.status, again.header)
		}
	}
	return got
}

// send writes a request and reads the answer, over a new connection when the server has closed the last.
func (a *asker) send(t *testing.T, method string, text []byte) answered {
	t.Helper()
	var err error
	for range 2 {
		if a.c == nil {
			if a.c, err = net.Dial("tcp", a.addr); err != nil {
				t.Fatal(err)
			}
			a.in = bufio.NewReader(a.c)
		}
		var got answered
		if got, err = a.exchange(method, text); err == nil {
			return got
		}
		if a.c != nil {
			a.c.Close()
			a.c = nil
		}
	}
	t.Fatalf("%s\n%v", text, err)
	return answered{}
}

func (a *asker) exchange(method string, text []byte) (got answered, err error) {
	if err = a.c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return got, err
	}
	if _, err = a.c.Write(text); err != nil {
		return got, err
	}
	r, err := http.ReadResponse(a.in, &http.Request{Method: method})
	if err != nil {
		return got, err
	}
	body, err := io.ReadAll(r.Body)
	if r.Close && r.ContentLength < 0 && errors.Is(err, syscall.ECONNRESET) {
		err = nil // net/http hangs up on what is no request without reading the rest of it
	}
	if r.Close {
		a.c.Close()
		a.c = nil
	}
	return answered{r.StatusCode, r.Header, body}, err
}

// fault says what is wrong with an answer by itself, "" for nothing.
func (a *asker) fault(method, target string, got answered) string {
	if got.status >= 500 && (a.excused == nil || !a.excused(target, got.status)) {
		return "a fault of the server"
	}
	if method == http.MethodHead || got.status == http.StatusNoContent || got.status == http.StatusNotModified {
		if len(got.body) > 0 {
			return "a body where none may be"
		}
		return ""
	}
	typ, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
	body, err := uncoded(got)
	switch {
	case strings.HasSuffix(target, ".pbf") || strings.Contains(target, ".pbf?"): // the town's glyphs are none
		return ""
	case err != nil:
		return "its coding: " + err.Error()
	case typ == "application/vnd.mapbox-vector-tile":
		if _, err := mvt.Conforms(body); err != nil {
			return err.Error()
		}
	case strings.Contains(typ, "json") && !strings.Contains(typ, "ndjson") && !json.Valid(body):
		return "no JSON"
	case typ == "image/png" && !bytes.HasPrefix(body, []byte("\x89PNG")):
		return "no PNG"
	}
	if typ == "application/problem+json" {
		return problemFault(got.status, body)
	}
	return ""
}

// problemFault says what a problem lacks or tells too much.
func problemFault(status int, body []byte) string {
	var p struct {
		Title, Detail string
		Status        int
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Status != status || p.Title == "" || p.Detail == "" {
		return fmt.Sprintf("the problem lacks something: %+v %v", p, err)
	}
	for _, inside := range []string{".go:", "goroutine", "/tmp/", "runtime error", "SQL"} {
		if strings.Contains(p.Detail, inside) {
			return "the problem shows " + inside
		}
	}
	return ""
}

// uncoded is the body without its content coding.
func uncoded(got answered) ([]byte, error) {
	switch coding := got.header.Get("Content-Encoding"); coding {
	case "":
		return got.body, nil
	case "gzip":
		z, err := gzip.NewReader(bytes.NewReader(got.body))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(z)
	case "zstd":
		z, err := zstd.NewReader(bytes.NewReader(got.body))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return io.ReadAll(z)
	default:
		return nil, fmt.Errorf("an unknown coding %q", coding)
	}
}

// compare holds an answer against that of the handler by itself to the same bytes, parsed as net/http parses them.
func (a *asker) compare(t *testing.T, text []byte, got answered) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	if err != nil {
		if got.status < 400 || got.status >= 500 {
			t.Errorf("%s\nis answered with %d; it is no request: %v", text, got.status, err)
		}
		return
	}
	if got.status == http.StatusBadRequest && strings.HasPrefix(got.header.Get("Content-Type"), "text/plain") || r.URL.Path == "/metrics" || r.Method == http.MethodOptions && r.RequestURI == "*" {
		return // refused by net/http; figures change; answered by net/http
	}
	w := httptest.NewRecorder()
	a.alone.ServeHTTP(w, r)
	if w.Code != got.status || r.Method != http.MethodHead && !bytes.Equal(w.Body.Bytes(), got.body) {
		t.Errorf("%s\nover the wire %d, %.1000q\nby the router %d, %.1000q", text, got.status, got.body, w.Code, w.Body.Bytes())
	}
	for name, want := range w.Header() {
		if name != "Set-Cookie" && !slices.Equal(got.header[name], want) {
			t.Errorf("%s\n%s over the wire %q, by the router %q", text, name, got.header[name], want)
		}
	}
}
