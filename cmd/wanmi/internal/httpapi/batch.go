package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/gis"
)

const (
	maxLine   = 64 << 10 // the longest line of a batch
	someLines = 64       // how many lines are answered in one go
)

// batch is POST /v1/batch. Each line is answered by the code that answers POST /v1/locate, from one View for all, on every core,
// while others are read and answers sent. Answers go out whenever no further line is waiting, so that a client may ask one at a time.
func (a *API) batch(c *call) (*reply, error) {
	rc := http.NewResponseController(c.w)
	_ = rc.EnableFullDuplex() // answers go out while questions come in; a recorder in a test lacks it
	rp := &reply{typ: ndjson, cache: "no-store"}
	rp.stream = func(w http.ResponseWriter) error {
		b := batching{call: c, rc: rc, w: w, free: make(chan *lines, 4*runtime.GOMAXPROCS(0))}
		return b.run()
	}
	return rp, nil
}

// batching is one batch under way: run reads, workers answer, send writes in the order of the lines.
type batching struct {
	call   *call
	rc     *http.ResponseController
	w      http.ResponseWriter
	free   chan *lines // sent, to be used again
	halted atomic.Bool // nobody waits for answers any more
}

// lines are some lines of a batch and, when done is closed, their answers.
type lines struct {
	text   []byte // of all lines, one after the other
	ends   []int
	faults []error // of each line as bytes
	out    []byte
	err    error // ends the batch behind them
	done   chan struct{}
}

// add appends a line, which is not kept.
func (l *lines) add(line []byte, fault error) {
	if line = bytes.TrimSpace(line); len(line) > 0 {
		l.text = append(l.text, line...)
		l.ends = append(l.ends, len(l.text))
		l.faults = append(l.faults, fault)
	}
}

func (b *batching) run() error {
	workers := runtime.GOMAXPROCS(0)
	jobs, order, sent := make(chan *lines, workers), make(chan *lines, 2*workers), make(chan error, 1)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for l := range jobs {
				b.answer(l)
			}
		})
	}
	go func() { sent <- b.send(order) }()
	in := bufio.NewReaderSize(b.call.r.Body, maxLine)
	for end := false; !end && !b.halted.Load(); {
		l := b.some()
		end = l.read(in)
		order <- l
		jobs <- l
	}
	close(jobs)
	close(order)
	wg.Wait()
	return <-sent
}

// some returns room for lines.
func (b *batching) some() *lines {
	l := &lines{}
	select {
	case l = <-b.free:
	default:
	}
	*l = lines{text: l.text[:0], ends: l.ends[:0], faults: l.faults[:0], out: l.out[:0], done: make(chan struct{})}
	return l
}

// read takes what lines there are, after waiting for one; true says that it is the end.
func (l *lines) read(in *bufio.Reader) (end bool) {
	for len(l.ends) < someLines {
		line, fault, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			l.err = err
			return true
		}
		l.add(line, fault)
		if err != nil {
			return true
		}
		if waiting, _ := in.Peek(in.Buffered()); bytes.IndexByte(waiting, '\n') < 0 {
			break
		}
	}
	return false
}

// readLine reads a line, valid until the next one is read. Of one that is too long it returns the beginning, passes over the rest, and says so by fault.
func readLine(in *bufio.Reader) (line []byte, fault, err error) {
	line, err = in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, utf8Fault("the line", line), err
	}
	line = slices.Clone(line[:40])
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	return line, gis.E(gis.TooLarge, nil, "the line is longer than %d bytes", maxLine), err
}

// send writes the answers in order, and on when nothing else is to be written at once.
func (b *batching) send(order <-chan *lines) error {
	for l := range order {
		<-l.done
		var err error
		if len(l.out) > 0 {
			_, err = b.w.Write(l.out)
		}
		if err == nil {
			err = l.err
		}
		if err == nil && len(order) == 0 {
			if err = b.rc.Flush(); errors.Is(err, http.ErrNotSupported) {
				err = nil
			}
		}
		if err != nil {
			b.halted.Store(true)
			_ = b.rc.SetReadDeadline(time.Now()) // ends the waiting for a line
			for range order {                    // nobody is left waiting to hand one over
			}
			return err
		}
		select {
		case b.free <- l:
		default:
		}
	}
	return nil
}

// answer answers lines. A fault of the program in one of them ends this batch only, as it would a request's.
func (b *batching) answer(l *lines) {
	defer close(l.done)
	defer func() {
		if p := recover(); p != nil {
			l.err = fmt.Errorf("batch: %v", p)
		}
	}()
	ctx, from := b.call.r.Context(), 0
	for i, to := range l.ends {
		if b.halted.Load() {
			return
		}
		out, err := b.answerLine(ctx, l.out, l.text[from:to], l.faults[i])
		if err != nil {
			l.err = err
			return
		}
		l.out, from = append(out, '\n'), to
	}
	if l.err != nil { // of reading: said behind what was read before
		p, _ := problemOf(l.err, b.call.r.URL.Path, b.call.id)
		l.out = append(appendJSON(l.out, map[string]any{"error": p}), '\n')
	}
}

// answerLine appends the answer of one line, with the fault it has as bytes; what is wrong with it stands in its place, only the caller's leaving
// ends the batch.
func (b *batching) answerLine(ctx context.Context, out, line []byte, err error) ([]byte, error) {
	var in locateRequest
	if err == nil && !in.plain(line) {
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err = d.Decode(&in); err != nil {
			err = jsonFault(err, &in)
		}
	}
	var q city.LocateQuery
	if err == nil {
		q, err = in.query()
	}
	var found city.Located
	if err == nil {
		found, err = b.call.view.Locate(ctx, q)
	}
	if gis.KindOf(err) == gis.Canceled {
		return nil, err
	}
	if err != nil {
		p, _ := problemOf(err, b.call.r.URL.Path, b.call.id)
		return appendJSON(out, struct {
			ID    json.RawMessage `json:"id,omitempty"`
			Error problem         `json:"error"`
		}{in.ID, p}), nil
	}
	return appendAnswer(out, in.ID, &found), nil
}

// appendAnswer appends a report's answer with the id it came with.
func appendAnswer(out []byte, id json.RawMessage, l *city.Located) []byte {
	if len(id) == 0 {
		return l.AppendJSON(out)
	}
	out = append(out, `{"id":`...)
	if bytes.ContainsAny(id, " \t\r\n") {
		var b bytes.Buffer
		_ = json.Compact(&b, id) // it was read as JSON
		id = b.Bytes()
	}
	out = append(out, id...)
	at := len(out)
	out = l.AppendJSON(out)
	out[at] = ',' // for its brace
	return out
}

// appendJSON appends v; what is appended always encodes.
func appendJSON(out []byte, v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	return append(out, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

// plain reads a line as nearly all are: an object of a text without escapes and, perhaps, an id that is a whole number or such a text. False says
// that it is none, or no JSON at all: json.Decoder, which takes longer than most answers, tells.
func (l *locateRequest) plain(line []byte) bool {
	r := plainReader{line}
	if !r.take('{') {
		return false
	}
	text, id := []byte(nil), []byte(nil)
	for {
		key, ok := r.quoted()
		if !ok || !r.take(':') {
			return false
		}
		switch {
		case string(key) == `"text"` && text == nil:
			if text, ok = r.quoted(); !ok {
				return false
			}
		case string(key) == `"id"` && id == nil:
			if id, ok = r.quoted(); !ok {
				if id, ok = r.whole(); !ok {
					return false
				}
			}
		default:
			return false
		}
		if r.take(',') {
			continue
		}
		if !r.take('}') || len(r.rest) > 0 || text == nil {
			return false
		}
		l.Text, l.ID = string(text[1:len(text)-1]), slices.Clone(id)
		return true
	}
}

// plainReader reads the plainest JSON; line is UTF-8.
type plainReader struct{ rest []byte }

func (r *plainReader) take(c byte) bool {
	r.rest = bytes.TrimLeft(r.rest, " \t\r\n")
	if len(r.rest) == 0 || r.rest[0] != c {
		return false
	}
	r.rest = bytes.TrimLeft(r.rest[1:], " \t\r\n")
	return true
}

// quoted reads a string with its quotes; one that holds an escape or a control character is none.
func (r *plainReader) quoted() ([]byte, bool) {
	if len(r.rest) == 0 || r.rest[0] != '"' {
		return nil, false
	}
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			s := r.rest[:i+1]
			r.rest = r.rest[i+1:]
			return s, true
		case c == '\\' || c < ' ':
			return nil, false
		}
	}
	return nil, false
}

// whole reads a whole number as JSON writes it.
func (r *plainReader) whole() ([]byte, bool) {
	n := 0
	for n < len(r.rest) && r.rest[n] >= '0' && r.rest[n] <= '9' {
		n++
	}
	if n == 0 || n > 1 && r.rest[0] == '0' || n < len(r.rest) && (r.rest[n] == '.' || r.rest[n] == 'e' || r.rest[n] == 'E') {
		return nil, false
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s, true
}
