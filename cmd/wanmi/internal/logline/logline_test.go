package logline_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"wanmi/cmd/wanmi/internal/logline"
)

// The lines are those of slog.JSONHandler, byte for byte.
func TestSameAsJSONHandler(t *testing.T) {
	at := time.Date(2026, 11, 30, 2, 3, 4, 567891000, time.FixedZone("", 8*3600))
	attrs := [][]slog.Attr{
		nil,
		{slog.String("id", "a1b2"), slog.String("route", "/tiles/{layers}/{z}/{x}/{y}.mvt"), slog.Int("status", 200), slog.Int64("bytes", -1)},
		{slog.Float64("ms", 0.083), slog.Uint64("generation", math.MaxUint64), slog.Bool("on", true)},
		{slog.String("actor", "王芳"), slog.String("error", "a \"b\" \\ \n<c> & \x7f \u2028 \xff")},
		{slog.Float64("zero", 0), slog.Float64("tiny", 1e-7), slog.Float64("huge", 1e21), slog.Float64("large", 123456789e9)},
		{slog.Float64("nan", math.NaN()), slog.Float64("inf", math.Inf(-1))},
		{slog.Any("error", errors.New("no")), slog.Any("nil", nil), slog.Duration("d", time.Second), slog.Time("t", at)},
		{slog.Group("g", slog.Int("a", 1)), slog.Group("none")},
		{{}, slog.String("", "x"), slog.String("ключ", "y")},
	}
	for i, as := range attrs {
		for _, with := range []func(slog.Handler) slog.Handler{
			func(h slog.Handler) slog.Handler { return h },
			func(h slog.Handler) slog.Handler { return h.WithAttrs([]slog.Attr{slog.Int("n", 1)}) },
			func(h slog.Handler) slog.Handler { return h.WithGroup("g") },
		} {
			for _, when := range []time.Time{at, {}} {
				r := slog.NewRecord(when, slog.LevelInfo+slog.Level(i), "request", 0)
				r.AddAttrs(as...)
				var want, got bytes.Buffer
				log := logline.New(&got)
				for out, h := range map[*bytes.Buffer]slog.Handler{&want: slog.NewJSONHandler(&want, nil), &got: log.Handler(slog.LevelInfo)} {
					if err := with(h).Handle(t.Context(), r); err != nil {
						t.Fatalf("%d: %v after %s", i, err, out)
					}
				}
				log.Flush()
				if got.String() != want.String() {
					t.Errorf("%d: got  %swant %s", i, &got, &want)
				}
			}
		}
	}
}

// lines counts what has been written.
type lines struct {
	mu     sync.Mutex
	all    bytes.Buffer
	writes int
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes++
	return l.all.Write(p)
}

func (l *lines) seen() (n, writes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.all.String(), "\n"), l.writes
}

func TestWaiting(t *testing.T) {
	out := &lines{}
	log := logline.New(out)
	l := slog.New(log.Handler(slog.LevelInfo))
	l.Debug("not at this level")
	l.Info("one")
	if n, _ := out.seen(); n != 0 {
		t.Errorf("%d lines at once, want them to wait", n)
	}
	l.Error("two")
	if n, w := out.seen(); n != 2 || w != 1 {
		t.Errorf("%d lines in %d writes after an error, want 2 in 1", n, w)
	}
	l.Info("three")
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if n, _ := out.seen(); n == 3 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a line still waits after 5 s, want 1 s")
		}
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 1000 {
				l.Info("many", "writer", g, "line", i, "text", fmt.Sprint("t", i))
			}
		})
	}
	wg.Wait()
	log.Flush()
	if n, w := out.seen(); n != 8003 || w > 100 {
		t.Errorf("%d lines in %d writes, want 8003 in under 100", n, w)
	}
}
