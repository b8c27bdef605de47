package shelf

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/tiles/archive"
	"wanmi/tiles/pmtiles"
)

// make writes an archive of 16 picture tiles of zoom 2 whose bytes name the generation; generations differ in length, so that a
// directory of one does not fit the data of another.
func makeArchive(t *testing.T, file string, generation int) {
	t.Helper()
	w, err := archive.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint64(16) {
		z, x, y, _ := pmtiles.ZXY(pmtiles.ID(2, 0, 0) + i)
		if err := w.Add(z, x, y, []byte(content(x, y, generation))); err != nil {
			t.Fatal(err)
		}
	}
	m := archive.Meta{Type: pmtiles.PNG, Compression: pmtiles.None, MinZoom: 2, MaxZoom: 2, Name: fmt.Sprint("generation ", generation)}
	if err := w.Finish(context.Background(), m, nil); err != nil {
		t.Fatal(err)
	}
}

func content(x, y uint32, generation int) string {
	return fmt.Sprintf("%d %d of %d %s", x, y, generation, strings.Repeat("x", 7*generation+int(x)))
}

func shelfOf(t *testing.T, name, location string) *Item {
	t.Helper()
	s, err := New(t.Context(), map[string]string{name: location}, func(string) string { return "" }, func(name string, err error) { t.Logf("%s: %v", name, err) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	it, _ := s.Item(name)
	return it
}

func wantTile(t *testing.T, it *Item, x, y uint32, generation int) {
	t.Helper()
	got, err := it.Tile(t.Context(), maptile.New(x, y, 2))
	if err != nil || string(got.Data) != content(x, y, generation) {
		t.Errorf("tile %d/%d: got %q, %v; want that of generation %d", x, y, got.Data, err, generation)
	}
}

func TestFileIsReplaced(t *testing.T) {
	for _, suffix := range []string{".pmtiles", ".mbtiles"} {
		t.Run(suffix[1:], func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "a"+suffix)
			makeArchive(t, file, 1)
			it := shelfOf(t, "a", file)
			wantTile(t, it, 3, 1, 1)
			if got, err := it.Tile(t.Context(), maptile.New(0, 0, 3)); err != nil || len(got.Data) > 0 {
				t.Errorf("a tile that is not there: %q, %v", got.Data, err)
			}
			makeArchive(t, file, 2) // is renamed into place
			wantTile(t, it, 3, 1, 2)
			if m, err := it.Meta(t.Context()); err != nil || m.Name != "generation 2" {
				t.Errorf("metadata of %q, %v", m.Name, err)
			}
			// A file that is no archive leaves the old one in service, as does one that is taken away.
			if err := os.WriteFile(filepath.Join(dir, "bad"), []byte("half a copy"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(dir, "bad"), file); err != nil {
				t.Fatal(err)
			}
			wantTile(t, it, 1, 1, 2)
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			wantTile(t, it, 1, 2, 2)
			it.until = time.Time{}
			makeArchive(t, file, 3)
			wantTile(t, it, 3, 1, 3)
			// Written over in place: the bytes under the open file are another archive's.
			makeArchive(t, filepath.Join(dir, "next"+suffix), 4)
			b, err := os.ReadFile(filepath.Join(dir, "next"+suffix))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
			wantTile(t, it, 3, 1, 4)
		})
	}
}

// TestNoMixture replaces a file again and again while others read: every answer is whole and of a generation that was there.
func TestNoMixture(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.pmtiles")
	makeArchive(t, file, 1)
	it := shelfOf(t, "a", file)
	var least atomic.Int64
	least.Store(1)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for k := range uint32(4) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				select {
				case <-stop:
					return
				default:
				}
				before := int(least.Load())
				got, err := it.Tile(context.Background(), maptile.New(k, 2, 2))
				ok := false
				for g := before; g <= int(least.Load())+1 && !ok; g++ {
					ok = string(got.Data) == content(k, 2, g)
				}
				if err != nil || !ok {
					t.Errorf("at generation %d: got %q, %v", before, got.Data, err)
					return
				}
			}
		}()
	}
	for g := 2; g < 40; g++ {
		makeArchive(t, file, g)
		least.Store(int64(g))
	}
	close(stop)
	wg.Wait()
}

// origin is a server of one file, with an ETag of its content.
type origin struct {
	*httptest.Server
	mu    sync.Mutex
	data  []byte
	tag   string
	asked atomic.Int64
	serve func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
}

func newOrigin(t *testing.T) *origin {
	o := &origin{}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asked.Add(1)
		o.mu.Lock()
		data, tag, serve := o.data, o.tag, o.serve
		o.mu.Unlock()
		if serve != nil && serve(w, r) {
			return
		}
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
	}))
	t.Cleanup(o.Server.Close)
	return o
}

func (o *origin) put(t *testing.T, generation int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.pmtiles")
	makeArchive(t, file, generation)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.data, o.tag = b, fmt.Sprintf(`"g%d"`, generation)
}

func (o *origin) answer(serve func(w http.ResponseWriter, r *http.Request) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.serve = serve
}

func TestRemote(t *testing.T) {
	o := newOrigin(t)
	o.put(t, 1)
	it := shelfOf(t, "far", o.URL+"/a.pmtiles?secret=1")
	wantTile(t, it, 3, 1, 1)
	before := o.asked.Load()
	wantTile(t, it, 2, 1, 1)
	if n := o.asked.Load() - before; n != 1 {
		t.Errorf("a tile takes %d requests when the directories are known, want 1", n)
	}
	o.put(t, 2)
	wantTile(t, it, 3, 1, 2)
	// A server without If-Match: the ETag of the answer tells.
	o.answer(func(_ http.ResponseWriter, r *http.Request) bool { r.Header.Del("If-Match"); return false })
	o.put(t, 3)
	wantTile(t, it, 3, 1, 3)
}

func TestRemoteFaults(t *testing.T) {
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(code); return true }
	}
	for name, tc := range map[string]struct {
		serve func(http.ResponseWriter, *http.Request) bool
		want  string
	}{
		"500":           {status(500), "answers 500"},
		"404":           {status(404), "answers 404"},
		"no ranges":     {func(w http.ResponseWriter, r *http.Request) bool { r.Header.Del("Range"); return false }, "whole file"},
		"another range": {func(w http.ResponseWriter, r *http.Request) bool { r.Header.Set("Range", "bytes=5-9"); return false }, "another range"},
		"redirected": {func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
			return true
		}, "sends on to 169.254.169.254"},
		"breaks off": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Range", "bytes 0-16383/20000")
			w.Header().Set("Content-Length", "16384")
			w.WriteHeader(206)
			w.Write([]byte("PMTiles"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, "breaks off"},
		"no archive": {func(w http.ResponseWriter, r *http.Request) bool {
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(strings.Repeat("hello", 5000)))
			return true
		}, "no PMTiles archive"},
		"hangs": {func(w http.ResponseWriter, r *http.Request) bool {
			select {
			case <-r.Context().Done():
			case <-time.After(20 * time.Second):
			}
			return true
		}, "not answered"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t)
			o.put(t, 1)
			it := shelfOf(t, "far", o.URL+"/a.pmtiles?secret=1")
			it.patience = 300 * time.Millisecond
			// First when the archive is open, then when it is not.
			for _, opened := range []bool{true, false} {
				if !opened {
					it.retire()
				}
				it.trouble = trouble{}
				if opened {
					wantTile(t, it, 1, 1, 1)
				}
				o.answer(tc.serve)
				began := time.Now()
				_, err := it.Tile(t.Context(), maptile.New(2, 1, 2))
				if !errors.Is(err, ErrGateway) || gis.KindOf(err) != gis.Unavailable || strings.Contains(gis.Public(err), "secret") {
					t.Errorf("open %t: got %v", opened, err)
				}
				if !opened && !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %q", err, tc.want)
				}
				asked := o.asked.Load()
				if _, err := it.Tile(t.Context(), maptile.New(2, 1, 2)); !errors.Is(err, ErrGateway) || o.asked.Load() != asked {
					t.Errorf("open %t: right after a failure: %v, %d requests", opened, err, o.asked.Load()-asked)
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("open %t: took %s", opened, took)
				}
				o.answer(nil)
			}
			it.trouble = trouble{}
			wantTile(t, it, 2, 1, 1) // it recovers
		})
	}
}

// TestCallerLeaves: who leaves says nothing of the archive.
func TestCallerLeaves(t *testing.T) {
	o := newOrigin(t)
	o.put(t, 1)
	it := shelfOf(t, "far", o.URL)
	wantTile(t, it, 1, 1, 1)
	o.answer(func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true })
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := it.Tile(ctx, maptile.New(1, 1, 2)); gis.KindOf(err) != gis.Canceled {
		t.Errorf("got %v", err)
	}
	o.answer(nil)
	wantTile(t, it, 1, 1, 1)
}

func TestNames(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.pmtiles")
	makeArchive(t, file, 1)
	taken := func(name string) string {
		if name == "component" {
			return "a layer of the city"
		}
		return ""
	}
	for name, want := range map[string]string{"component": "a layer of the city has that name", "Ü": "lower-case letters", "": "lower-case letters", "a,b": "lower-case letters"} {
		if _, err := New(t.Context(), map[string]string{name: file}, taken, nil); gis.KindOf(err) != gis.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", name, err, want)
		}
	}
	if _, err := New(t.Context(), map[string]string{"a": filepath.Join(dir, "none")}, taken, func(string, error) {}); gis.KindOf(err) != gis.Invalid || !strings.Contains(err.Error(), "none") {
		t.Errorf("no file: %v", err)
	}
	if s, err := New(t.Context(), map[string]string{"a": "http://127.0.0.1:1/x"}, taken, func(string, error) {}); err != nil {
		t.Errorf("a server that is away: %v", err)
	} else if _, err := s.Items()[0].Known(); err == nil {
		t.Error("nothing is told of a server that is away")
	}
	for location, want := range map[string]string{
		"/data/Base Map.pmtiles": "base-map", "https://a.b/x/china_2026.pmtiles?key=1": "china_2026", "影像.mbtiles": "archive", `C:\x\b.mbtiles`: "b",
	} {
		if got := NameOf(location); got != want {
			t.Errorf("%s: got %q, want %q", location, got, want)
		}
	}
}
