package logline

import (
	"context"
	"io"
	"log/slog"
	"math"
	"strconv"
	"sync"
	"time"
)

const (
	delay = time.Second // a line waits so long at most
	full  = 32 << 10    // bytes that wait at most
)

// Log gathers lines for a writer. It is safe for any number of goroutines.
type Log struct {
	mu    sync.Mutex
	out   io.Writer
	lines []byte
	timer *time.Timer // nil until the first line waits
}

// New returns a Log that writes to out. Flush it at the end.
func New(out io.Writer) *Log { return &Log{out: out, lines: make([]byte, 0, full+full/8)} }

// Handler returns what a slog.Logger writes to; lines below level are dropped.
func (l *Log) Handler(level slog.Leveler) slog.Handler {
	return &handler{log: l, level: level, json: slog.NewJSONHandler(l, &slog.HandlerOptions{Level: level}), bare: true}
}

// Write takes one line, or several. It never fails: there is nobody to be told.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, p...)
	l.wait()
	return len(p), nil
}

// Flush writes what waits.
func (l *Log) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
}

func (l *Log) flush() {
	if len(l.lines) > 0 {
		_, _ = l.out.Write(l.lines)
		l.lines = l.lines[:0]
	}
}

// wait sees to it that what waits goes out in time.
func (l *Log) wait() {
	switch {
	case len(l.lines) >= full:
		l.flush()
	case l.timer == nil:
		l.timer = time.AfterFunc(delay, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.flush()
			l.timer = nil
		})
	}
}

type handler struct {
	log   *Log
	level slog.Leveler
	json  slog.Handler
	bare  bool // without attributes or groups of its own
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level.Level() }

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		defer h.log.Flush()
	}
	if h.bare && h.log.plain(&r) {
		return nil
	}
	return h.json.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{log: h.log, level: h.level, json: h.json.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{log: h.log, level: h.level, json: h.json.WithGroup(name)}
}

// plain adds the line of a record of texts that need no escaping and of numbers; it reports false, and adds nothing, for others.
func (l *Log) plain(r *slog.Record) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.lines
	if !r.Time.IsZero() {
		b = append(b, `{"time":"`...)
		b = r.Time.Round(0).AppendFormat(b, time.RFC3339Nano)
		b = append(b, `","level":"`...)
	} else {
		b = append(b, `{"level":"`...)
	}
	b = append(b, r.Level.String()...)
	b = append(b, `","msg":`...)
	b, ok := appendText(b, r.Message)
	r.Attrs(func(a slog.Attr) bool {
		if ok = ok && a.Key != ""; ok {
			b = append(b, ',')
			if b, ok = appendText(b, a.Key); ok {
				b = append(b, ':')
				b, ok = appendValue(b, a.Value)
			}
		}
		return ok
	})
	if !ok {
		return false
	}
	l.lines = append(b, "}\n"...)
	l.wait()
	return true
}

func appendValue(b []byte, v slog.Value) ([]byte, bool) {
	switch v.Kind() {
	case slog.KindString:
		return appendText(b, v.String())
	case slog.KindInt64:
		return strconv.AppendInt(b, v.Int64(), 10), true
	case slog.KindUint64:
		return strconv.AppendUint(b, v.Uint64(), 10), true
	case slog.KindBool:
		return strconv.AppendBool(b, v.Bool()), true
	case slog.KindFloat64:
		// JSON has other numbers in another form.
		if f := v.Float64(); f == 0 || math.Abs(f) >= 1e-6 && math.Abs(f) < 1e21 {
			return strconv.AppendFloat(b, f, 'f', -1, 64), true
		}
	}
	return b, false
}

// appendText quotes a text of plain ASCII.
func appendText(b []byte, s string) ([]byte, bool) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return b, false
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"'), true
}
