package httpapi

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"wanmi/tiles"
)

// early is what a connection remembers of the requests it has answered itself: a client's header and layers are the same from tile to tile.
type early struct {
	header []byte // the last; its lines end in CRLF
	plain  bool   // there is nothing in it that net/http has to look at
	wants  wants

	text   string   // the last layers, as the path has them
	layers []string // nil: the path does not name layers of the city alone
	label  string   // of the layers, once a tile of them has been found

	// of the request being answered
	call  call
	reply reply
	wrote recorder
}

// answerEarly answers the request p begins with if it is a plain one for a tile that is in the cache or made at once, and returns the length of its head. It
// returns 0 for all others, which are for net/http: nothing has been read or counted of them then. The answer is the same, in every byte, in the metrics and in the log.
// What takes time is never done here: while net/http waits for a request it would not see that the client has left. Nor are errors told here: who
// asks anew meets them again.
func (a *API) answerEarly(to net.Conn, e *early, p []byte) (int, error) {
	end := bytes.Index(p, headEnd)
	if end < 0 {
		return 0, nil
	}
	head := p[:end+len(crlf)]
	line, header, _ := bytes.Cut(head, crlf)
	method, path, ok := requestLine(line)
	if !ok {
		return 0, nil
	}
	if e.header == nil || !bytes.Equal(header, e.header) {
		e.header = append(e.header[:0], header...)
		e.plain = e.wants.read(header)
	}
	if !e.plain {
		return 0, nil
	}
	start := time.Now()
	a.metrics.inFlight.Inc()
	defer a.metrics.inFlight.Dec()
	t, how := a.promptTile(e, string(path), method)
	defer e.forget()
	if t == nil {
		return 0, nil
	}
	c := &e.call
	if e.label == "" {
		e.label = a.metrics.tiles.label(e.layers)
	}
	e.reply.ofTile(t)
	a.metrics.tiles.count(c.route, e.label, t, how, &e.reply, e.wants.noneMatch, time.Since(start))
	err := a.writeEarly(to, e)
	lost := left(err)
	if e.wrote.status != http.StatusOK || c.r == earlyHead { // net/http sends what has no body when that has been logged
		lost = nil
	}
	a.finish(c, &e.wrote, lost, start, time.Since(start))
	return len(head) + len(crlf), err
}

// forget lets go of what must not live as long as a connection: a View, a tile.
func (e *early) forget() { e.call, e.reply = call{}, reply{} }

// Requests as far as a call that is answered early has one.
var (
	earlyGet  = &http.Request{Method: http.MethodGet}
	earlyHead = &http.Request{Method: http.MethodHead}
)

// promptTile finds or makes the tile of a path and makes e.call. It returns nil where [API.serve] has to look: for all that takes time, for all errors,
// for archives, for tables, for callers that must be looked up in the store.
func (a *API) promptTile(e *early, path, method string) (*tiles.Tile, tiles.Outcome) {
	if rest, ok := strings.CutPrefix(path, a.base); ok && a.base != "" && strings.HasPrefix(rest, "/") {
		path = rest
	}
	p, ok := tilePath(path)
	if !ok || a.hot.tile == nil {
		return nil, ""
	}
	if p[0] != e.text {
		e.text, e.label = p[0], ""
		e.layers = a.cityLayers(p[0])
	}
	c := &e.call
	*c = call{r: earlyGet, route: a.hot.tile, view: a.view()}
	if method == http.MethodHead {
		c.r = earlyHead
	}
	if e.layers == nil || c.view.Tiles == nil || !a.known(c, &e.wants) {
		return nil, ""
	}
	addr, err := tiles.ParseAddr(p[1], p[2], p[3])
	if err != nil {
		return nil, ""
	}
	if c.id = e.wants.id; !validID(c.id) {
		c.id = newID()
	}
	return c.view.Tiles.Prompt(e.layers, addr)
}

// cityLayers reads a path's list of layers; nil when one may not be the city's.
func (a *API) cityLayers(text string) []string {
	if _, ok := a.cfg.Archives.Item(text); ok {
		return nil
	}
	layers, err := tiles.ParseLayers(text)
	if err != nil || len(a.compose(nil, layers).live) > 0 {
		return nil
	}
	return layers
}

// known finds out who sent a request and reports whether they may have the answer, and that without asking the store.
func (a *API) known(c *call, w *wants) bool {
	if w.session != "" {
		if s, ok := a.sessions.find(w.session); ok {
			if a.cfg.Now().Sub(s.checked) >= recheck {
				return false
			}
			c.who = s.who
		}
	}
	return a.allow(c) == nil
}

// earlyReplies are buffers of replies.
var earlyReplies = sync.Pool{New: func() any { return new([]byte) }}

// smallReply is the length up to which a body is copied behind its header rather than sent from where it is: measured, a call of the kernel with
// two pieces takes less than copying 7 KB.
const smallReply = 1 << 10

// writeEarly does what [reply.write] and net/http do, and notes it in e.wrote.
func (a *API) writeEarly(to net.Conn, e *early) (err error) {
	rp := &e.reply
	sent := rp.sent(e.wants.accept, e.wants.noneMatch)
	var body []byte
	if sent.status != http.StatusNotModified {
		body = rp.coded(sent.coding)
	}
	buf := earlyReplies.Get().(*[]byte)
	defer earlyReplies.Put(buf)
	b := a.appendHead((*buf)[:0], &e.call, rp, sent, len(body))
	if e.call.r == earlyHead {
		body = nil
	}
	head, n := len(b), int64(0)
	if len(body) <= smallReply {
		b = append(b, body...)
		var m int
		m, err = to.Write(b)
		n = int64(m)
	} else {
		both := net.Buffers{b, body}
		n, err = both.WriteTo(to)
	}
	*buf = b
	e.wrote = recorder{status: sent.status, bytes: max(n-int64(head), 0)}
	return err
}

// appendHead adds the status line and the header, in net/http's order.
func (a *API) appendHead(b []byte, c *call, rp *reply, s sent, length int) []byte {
	line := func(name, value string) {
		b = append(b, name...)
		b = append(b, ": "...)
		b = append(b, value...)
		b = append(b, "\r\n"...)
	}
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(s.status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(s.status)...)
	b = append(b, "\r\n"...)
	line("Access-Control-Allow-Origin", anyOrigin[0])
	line("Access-Control-Expose-Headers", exposed[0])
	line("Cache-Control", noCache[0])
	if s.status == http.StatusOK {
		if s.coding != identity {
			line("Content-Encoding", s.coding)
		}
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, int64(length), 10)
		b = append(b, "\r\n"...)
		line("Content-Type", rp.typ)
	}
	line("Etag", s.tag)
	if s.vary {
		line("Vary", varyCoding[0])
	}
	if h := rp.header.Get(tileHeader); h != "" {
		line(tileHeader, h)
	}
	line("X-Content-Type-Options", noSniff[0])
	line("X-Request-Id", c.id)
	line("X-Wanmi-Generation", a.generation(c.view.Gen)[0])
	line("Date", a.date())
	return append(b, "\r\n"...)
}

// dated is a second and how the header Date tells it.
type dated struct {
	unix int64
	text string
}

// date returns the time of now for the header Date.
func (a *API) date() string {
	now := time.Now()
	d := a.second.Load()
	if d == nil || d.unix != now.Unix() {
		d = &dated{now.Unix(), now.UTC().Format(http.TimeFormat)}
		a.second.Store(d)
	}
	return d.text
}
