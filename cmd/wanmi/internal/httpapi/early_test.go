package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/cmd/wanmi/internal/logline"
	"wanmi/tiles"
)

// serving is an API behind a real listener.
type serving struct {
	addr string
	read atomic.Int64 // requests net/http has read
}

func serveAPI(t testing.TB, api *httpapi.API, early bool) *serving {
	t.Helper()
	s, srv := &serving{}, httpapi.NewServer(api)
	if early {
		srv.OnRequest(func() { s.read.Add(1) })
	} else {
		srv.Plain()
	}
	s.addr = listening(t, srv)
	return s
}

// listening has srv serve until the test ends and returns its address.
func listening(t testing.TB, srv *httpapi.Server) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln)
	}()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		<-done
	})
	return ln.Addr().String()
}

const (
	opening = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
	last    = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
)

var unlike = regexp.MustCompile(`(?m)^Date: .*\r$|^X-Request-Id: [0-9a-f]{16}\r$|"request_id":"[0-9a-f]{16}"`)

// talk opens a connection with a request that is net/http's, sends the pieces, each in a packet of its own, and returns all that is answered to
// them but dates and ids, and how the connection ended. When nothing comes any more it says that it has no more to send.
func (s *serving) talk(t testing.TB, pieces ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := conn.(*net.TCPConn)
	buf := make([]byte, 64<<10)
	if _, err := c.Write([]byte(opening)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(buf); err != nil { // one small reply comes in one piece
		t.Fatal(err)
	}
	for i, p := range pieces {
		if i > 0 {
			time.Sleep(2 * time.Millisecond)
		}
		if _, err := c.Write([]byte(p)); err != nil {
			break // the server has hung up: its answer tells
		}
	}
	var all bytes.Buffer
	wait, ended := 300*time.Millisecond, ""
	for {
		if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
			t.Fatal(err)
		}
		n, err := c.Read(buf)
		all.Write(buf[:n])
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded) && ended == "":
			ended, wait = "waits, ", 5*time.Second
			if err := c.CloseWrite(); err != nil {
				t.Fatal(err)
			}
		case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET): // which of the two depends on what has come when the server hangs up
			return string(unlike.ReplaceAll(all.Bytes(), nil)) + "\n[" + ended + "end]"
		default:
			return string(unlike.ReplaceAll(all.Bytes(), nil)) + fmt.Sprintf("\n[%s%T]", ended, err)
		}
	}
}

// earlyCases are requests, well formed, odd and malformed, by what is unusual about them; tile is the path of one in the cache.
func earlyCases(tile, empty, missing string) map[string]string {
	get := func(lines ...string) string {
		return "GET " + tile + " HTTP/1.1\r\nHost: a\r\nX-Request-Id: id\r\n" + strings.Join(append(lines, "\r\n"), "\r\n")
	}
	if get() != "GET "+tile+" HTTP/1.1\r\nHost: a\r\nX-Request-Id: id\r\n\r\n" {
		panic(get())
	}
	line := func(line string, lines ...string) string {
		return line + "\r\n" + strings.Join(append(lines, "\r\n"), "\r\n")
	}
	long := strings.Repeat("a", 5000)
	return map[string]string{
		"bare":        get(),
		"head":        strings.Replace(get("Accept-Encoding: gzip"), "GET", "HEAD", 1),
		"gzip":        get("Accept-Encoding: gzip"),
		"browser":     get("User-Agent: Mozilla/5.0 (X11; Linux x86_64)", "Accept: */*", "Accept-Language: zh-CN,zh;q=0.8", "Accept-Encoding: gzip, deflate, br, zstd", "Referer: http://a/", "Connection: keep-alive", "Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Priority: u=4"),
		"zstd":        get("Accept-Encoding: zstd"),
		"weights":     get("Accept-Encoding: gzip;q=0, *"),
		"none":        get("Accept-Encoding: identity;q=0"),
		"x-gzip":      get("Accept-Encoding:\tX-GZIP \t"),
		"empty value": get("Accept-Encoding:"),
		"twice":       get("Accept-Encoding: zstd", "Accept-Encoding: gzip"),
		"lower case":  get("accept-encoding: gzip"),
		"any tag":     get("If-None-Match: *"),
		"other tag":   get(`If-None-Match: "x", W/"y"`),
		"two tags":    get(`If-None-Match: "x"`, `If-None-Match: *`),
		"own id":      get("X-Request-Id: two"),
		"no id":       line("GET "+tile+" HTTP/1.1", "Host: a", "X-Request-Id: {\"a\"}"),
		"forwarded":   get("X-Forwarded-For: 10.0.0.1", "X-Forwarded-Host: b", "X-Forwarded-Prefix: /c", "Forwarded: for=1.2.3.4", "Via: 1.1 d"),
		"range":       get("Range: bytes=0-9"),
		"match":       get(`If-Match: "x"`),
		"expect":      get("Expect: 100-continue"),
		"expects":     get("Expect: more"),
		"upgrade":     get("Connection: Upgrade", "Upgrade: websocket"),
		"h2c":         get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
		"close":       get("Connection: close"),
		"close, keep": get("Connection: keep-alive, close"),
		"keys":        get("Authorization: Bearer none"),
		"api key":     get("X-API-Key: none"),
		"cookie":      get("Cookie: a=b; wanmi_session=none"),
		"cookies":     get("Cookie: a=b", "Cookie: c=d"),
		"bad cookie":  get("Cookie: ;;=;wanmi_session"),
		"folded":      get("Accept-Encoding: gzip,", " zstd"),
		"folded tab":  get("X-A: b", "\tc"),
		"space":       get("Accept-Encoding : gzip"),
		"before":      get(" Accept-Encoding: gzip"),
		"no colon":    get("Accept-Encoding"),
		"no name":     get(": gzip"),
		"odd name":    get("Acc(ept: gzip"),
		"control":     get("Accept: a\x01b"),
		"high":        get("Referer: http://a/\xe8\xb7\xaf"),
		"nul":         get("Referer: a\x00b"),
		"long":        get("Referer: " + long),
		"many":        get(strings.Repeat("X-A: b\r\n", 300) + "X-B: c"),
		"unknown":     get("X-Something: else", "Something: else"),
		"bare lf":     "GET " + tile + " HTTP/1.1\nHost: a\nX-Request-Id: id\n\n",
		"one lf":      get("Accept: a\nAccept-Encoding: gzip"),
		"bare cr":     get("Accept: a\rAccept-Encoding: gzip"),
		"lf cr":       get("Accept: a\n\rb"),
		"blank first": "\r\n" + get(),
		"space first": " " + get(),

		"no host":    line("GET " + tile + " HTTP/1.1"),
		"empty host": line("GET "+tile+" HTTP/1.1", "Host:"),
		"two hosts":  get("Host: b"),
		"odd host":   line("GET "+tile+" HTTP/1.1", "Host: a b"),
		"path host":  line("GET "+tile+" HTTP/1.1", "Host: a/b"),
		"ipv6":       line("GET "+tile+" HTTP/1.1", "Host: [::1]:80"),

		"HTTP/1.0":       line("GET "+tile+" HTTP/1.0", "Host: a"),
		"1.0, kept":      line("GET "+tile+" HTTP/1.0", "Host: a", "Connection: keep-alive"),
		"HTTP/1.2":       line("GET "+tile+" HTTP/1.2", "Host: a"),
		"HTTP/2.0":       line("GET "+tile+" HTTP/2.0", "Host: a"),
		"HTTP/0.9":       line("GET " + tile),
		"http/1.1":       line("GET "+tile+" http/1.1", "Host: a"),
		"preface":        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"get":            line("get "+tile+" HTTP/1.1", "Host: a"),
		"two spaces":     line("GET  "+tile+" HTTP/1.1", "Host: a"),
		"space after":    line("GET "+tile+"  HTTP/1.1", "Host: a"),
		"space last":     line("GET "+tile+" HTTP/1.1 ", "Host: a"),
		"tab":            line("GET\t"+tile+"\tHTTP/1.1", "Host: a"),
		"absolute":       line("GET http://a"+tile+" HTTP/1.1", "Host: b"),
		"no slash":       line("GET "+tile[1:]+" HTTP/1.1", "Host: a"),
		"two slashes":    line("GET /"+tile+" HTTP/1.1", "Host: a"),
		"query":          line("GET "+tile+"?properties=name HTTP/1.1", "Host: a"),
		"empty query":    line("GET "+tile+"? HTTP/1.1", "Host: a"),
		"fragment":       line("GET "+tile+"#a HTTP/1.1", "Host: a"),
		"escape":         line("GET "+strings.Replace(tile, "t", "%74", 1)+" HTTP/1.1", "Host: a"),
		"dots":           line("GET /tiles/.."+tile+" HTTP/1.1", "Host: a"),
		"post":           line("POST "+tile+" HTTP/1.1", "Host: a", "Content-Length: 0"),
		"options":        line("OPTIONS "+tile+" HTTP/1.1", "Host: a"),
		"delete":         line("DELETE "+tile+" HTTP/1.1", "Host: a"),
		"unknown method": line("FETCH "+tile+" HTTP/1.1", "Host: a"),

		"body":        get("Content-Length: 3") + "abc",
		"no body":     get("Content-Length: 0"),
		"short body":  get("Content-Length: 30") + "abc",
		"hidden":      get(fmt.Sprint("Content-Length: ", len(opening))) + opening,
		"two lengths": get("Content-Length: 3", "Content-Length: 4") + "abcd",
		"odd length":  get("Content-Length: +3") + "abc",
		"chunks":      get("Transfer-Encoding: chunked") + "3\r\nabc\r\n0\r\n\r\n",
		"both":        get("Content-Length: 3", "Transfer-Encoding: chunked") + "0\r\n\r\n",
		"odd chunks":  get("Transfer-Encoding: xchunked") + "0\r\n\r\n",
		"trailer":     get("Transfer-Encoding: chunked", "Trailer: X-A") + "0\r\nX-A: b\r\n\r\n",
		"post before": "POST /ogc/search HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("Accept-Encoding: gzip"),

		"empty tile":     line("GET "+empty+" HTTP/1.1", "Host: a", "Accept-Encoding: gzip"),
		"empty, tags":    line("GET "+empty+" HTTP/1.1", "Host: a", "If-None-Match: *"),
		"empty, head":    line("HEAD "+empty+" HTTP/1.1", "Host: a"),
		"not in cache":   line("GET "+missing+" HTTP/1.1", "Host: a"),
		"no layer":       line("GET /tiles/none/1/1/1.mvt HTTP/1.1", "Host: a"),
		"no zoom":        line("GET /tiles/road/99/1/1.mvt HTTP/1.1", "Host: a"),
		"no place":       line("GET /tiles/road/1/5/1.mvt HTTP/1.1", "Host: a"),
		"json":           line("GET /tiles/road.json HTTP/1.1", "Host: a"),
		"with base":      line("GET /wanmi"+tile+" HTTP/1.1", "Host: a", "Accept-Encoding: gzip"),
		"base, slashes":  line("GET /wanmi/"+tile+" HTTP/1.1", "Host: a"),
		"like the base":  line("GET /wanmix"+tile+" HTTP/1.1", "Host: a"),
		"base alone":     line("GET /wanmi HTTP/1.1", "Host: a"),
		"repeated":       get("Accept-Encoding: gzip") + get("Accept-Encoding: gzip") + get(),
		"other between":  get() + line("GET /readyz HTTP/1.1", "Host: a") + get("Accept-Encoding: gzip"),
		"wrong between":  get() + "GET\r\n\r\n" + get(),
		"part at end":    get() + get()[:40],
		"nothing":        "",
		"blank":          "\r\n\r\n",
		"blank, request": "\r\n\r\n" + get(),
	}
}

// Whatever is sent on a connection, the answer is that of a server that leaves every request to net/http, byte for byte, as are counts and log.
func TestEarly(t *testing.T) {
	tile := tilePath("component,unit_grid,road", citytest.Centre, 16)
	for name, change := range map[string]func(*httpapi.Config){
		"public": nil, "keys": func(c *httpapi.Config) { c.Public = false }, "base": func(c *httpapi.Config) { c.BasePath = "/wanmi" },
		"no cache": func(c *httpapi.Config) { c.Live = uncached(t, c.Store) }, // every tile is made, at both servers
	} {
		t.Run(name, func(t *testing.T) {
			reg, log := prometheus.NewRegistry(), &lockedBuffer{}
			s := start(t, func(c *httpapi.Config) {
				c.Metrics, c.Log = reg, slog.New(slog.NewJSONHandler(log, nil))
				if change != nil {
					change(c)
				}
			})
			early, plain := serveAPI(t, s.api, true), serveAPI(t, s.api, false)
			cases := earlyCases(tile, "/tiles/road/16/0/0.mvt", "/tiles/none/1/1/0.mvt")
			if name == "no cache" {
				cases["large"] = "GET " + tilePath("component,road", citytest.Centre, 12) + " HTTP/1.1\r\nHost: a\r\n\r\n"
			}
			for _, role := range []string{"viewer", "surveyor"} {
				set := s.do("GET", "/login?key="+s.keys[role], "").Header().Get("Set-Cookie")
				session, _, _ := strings.Cut(set, ";")
				cases["session of a "+role] = "GET " + tile + " HTTP/1.1\r\nHost: a\r\nCookie: a=b; " + session + "\r\n\r\n"
			}
			for _, target := range []string{tile, "/tiles/road/16/0/0.mvt", tile + "?properties=name"} { // into the cache
				tag := s.do("GET", target, "", "Accept-Encoding", "gzip", "Authorization", "Bearer "+s.keys["viewer"]).Header().Get("Etag")
				for _, tags := range []string{tag, "W/" + tag, `"a",` + tag, strings.Replace(tag, "-gzip", "", 1), strings.Replace(tag, "gzip", "zstd", 1), tag[1:]} {
					cases["tags "+tags+" "+target] = "GET " + target + " HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nIf-None-Match: " + tags + "\r\n\r\n"
				}
			}
			before := counted(t, reg)
			ask := func(v *serving, pieces []string) (answer, lines string, more map[string]float64) {
				log.mu.Lock()
				log.buf.Reset()
				log.mu.Unlock()
				answer, more = v.talk(t, pieces...), map[string]float64{}
				for line := range strings.Lines(log.String()) {
					lines += untimed(t, []byte(line)) + "\n"
				}
				after := counted(t, reg)
				for k, n := range after {
					if n != before[k] {
						more[k] = n - before[k]
					}
				}
				before = after
				return answer, unlike.ReplaceAllString(ids.ReplaceAllString(lines, ""), ""), more
			}
			if name == "public" || name == "no cache" {
				least := int64(9)
				for range 20 { // a request that comes before net/http is through with the first is its, too
					read := early.read.Load()
					early.talk(t, cases["gzip"], cases["head"]+cases["any tag"]+cases["empty tile"], cases["browser"]+last)
					least = min(least, early.read.Load()-read)
				}
				if least != 2 {
					t.Errorf("net/http has read %d requests, want the first and the last only", least)
				}
				before = counted(t, reg)
			}
			for name, text := range cases {
				for how, pieces := range map[string][]string{"": {text + last}, "in two packets": {text[:len(text)/2], text[len(text)/2:] + last}, "after another": {text, text + last}} {
					want, wantLog, wantCounts := ask(plain, pieces)
					got, gotLog, gotCounts := ask(early, pieces)
					if got != want {
						t.Errorf("%s %s:\ngot  %.2000q\nwant %.2000q", name, how, got, want)
					}
					if gotLog != wantLog {
						t.Errorf("%s %s: log:\n%swant\n%s", name, how, gotLog, wantLog)
					}
					if !reflect.DeepEqual(gotCounts, wantCounts) {
						t.Errorf("%s %s: counts %v, want %v", name, how, gotCounts, wantCounts)
					}
				}
			}
		})
	}
}

// TestGone: a client that hangs up while it is being answered is no error of the server's, whoever answers: it is logged and counted as one that left.
func TestGone(t *testing.T) {
	tile := tilePath("component,unit_grid,road", citytest.Centre, 16)
	for _, early := range []bool{true, false} {
		reg, log := prometheus.NewRegistry(), &lockedBuffer{}
		s := start(t, func(c *httpapi.Config) {
			c.Metrics, c.Log = reg, slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		v := serveAPI(t, s.api, early)
		conn, err := net.Dial("tcp", v.addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				if _, err := io.WriteString(conn, "GET "+tile+" HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
					return
				}
			}
		}()
		for seen, still := 0, 0; still < 10; { // until the server waits for the client to read
			time.Sleep(50 * time.Millisecond)
			n := len(log.String())
			if still++; n != seen || n == 0 {
				seen, still = n, 0
			}
		}
		before := counted(t, reg)
		if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
			t.Fatal(err)
		}
		conn.Close()
		const line = `"level":"DEBUG","msg":"request"`
		for deadline := time.Now().Add(10 * time.Second); !strings.Contains(log.String(), line); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("early %v: no line of a request whose client left", early)
			}
		}
		for l := range strings.Lines(log.String()) {
			if strings.Contains(l, "ERROR") || strings.Contains(l, line) != strings.Contains(l, `"status":499`) || strings.Contains(l, line) != strings.Contains(l, `"error":`) {
				t.Fatalf("early %v: %s", early, l)
			}
		}
		left := 0.0
		for k, n := range counted(t, reg) {
			if strings.Contains(k, "requests_total") && strings.Contains(k, "499") {
				left += n - before[k]
			}
		}
		if left == 0 {
			t.Errorf("early %v: no request is counted as left", early)
		}
	}
}

// uncached is the city of a store without a cache of tiles.
func uncached(t testing.TB, store httpapi.Store) *city.Live {
	t.Helper()
	cfg := tiles.DefaultConfig()
	cfg.CacheBytes = -1
	live, err := city.Load(t.Context(), store, city.Config{Geocode: citytest.Geocode(), Tiles: cfg}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return live
}

var ids = regexp.MustCompile(`"id":"[0-9a-f]{16}"`)

// FuzzEarly sends what it is given in two packets to a server that answers early and to one that does not.
func FuzzEarly(f *testing.F) {
	tile := tilePath("component,unit_grid,road", citytest.Centre, 16)
	for _, text := range earlyCases(tile, "/tiles/road/16/0/0.mvt", "/tiles/none/1/1/0.mvt") {
		f.Add([]byte(text), len(text))
	}
	s := start(f, func(c *httpapi.Config) { c.Live = uncached(f, c.Store) })
	for _, target := range []string{tile, "/tiles/road/16/0/0.mvt"} { // its plates
		s.api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, http.NoBody))
	}
	early, plain := serveAPI(f, s.api, true), serveAPI(f, s.api, false)
	f.Fuzz(func(t *testing.T, text []byte, at int) {
		// Not the same twice: figures, and a reply that goes on.
		if bytes.Contains(text, []byte("metrics")) || bytes.Contains(text, []byte("events")) || len(text) > 16<<10 {
			t.Skip()
		}
		at = min(max(at, 0), len(text))
		first, second := string(text[:at]), string(text[at:])+last
		var got, want string
		for range 5 { // on a busy machine an end may come later than talk waits for it
			want, got = plain.talk(t, first, second), early.talk(t, first, second)
			if got == want {
				return
			}
		}
		t.Errorf("got  %.2000q\nwant %.2000q", got, want)
	})
}

// nowhere takes what is written.
type nowhere struct{ net.Conn }

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkEarly is all of an early answer but the kernel's part.
func BenchmarkEarly(b *testing.B) {
	log := logline.New(io.Discard)
	s := start(b, func(c *httpapi.Config) { c.Log = slog.New(log.Handler(slog.LevelInfo)) })
	tile := tilePath("component,unit_grid,road", citytest.Centre, 16)
	one := tilePath("road", citytest.Centre, 16)
	for _, target := range []string{tile, one} {
		s.api.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, http.NoBody))
	}
	for name, text := range map[string]string{
		"one layer":    "GET " + one + " HTTP/1.1\r\nHost: a\r\nUser-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n\r\n",
		"three layers": earlyCases(tile, "", "")["browser"],
		"not modified": "GET " + one + " HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n",
	} {
		b.Run(name, func(b *testing.B) {
			answer, p := s.api.Answering(nowhere{}), []byte(text)
			b.ReportAllocs()
			for b.Loop() {
				if !answer(p) {
					b.Fatal("not answered")
				}
			}
		})
	}
}
