package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"

	"wanmi/tiles"
)

// reply is a finished answer; write is the only place that puts one on the wire.
type reply struct {
	status int    // 0 means 200
	typ    string // Content-Type
	body   []byte
	tile   *tiles.Tile // instead of body, in the coding that is sent
	buf    *[]byte     // holds body, goes back to bodies when that is sent; nil: body is nobody else's
	gz     []byte      // body compressed already; nil: write compresses what is worth it
	etag   string      // quoted, with W/ when weak; "" when there is none
	hash   string      // of body, instead of etag: makes a strong tag of each content encoding
	cache  string      // Cache-Control; "" means no-cache: ask again, a 304 costs nothing
	plain  bool        // never compressed: bytes that are small or compressed already
	header http.Header

	// stream, when set, writes the body itself after the header: event streams,
	// batches and uploads' long answers. An error after the first byte can only be logged.
	stream func(w http.ResponseWriter) error
}

func (rp *reply) set(key, value string) {
	if rp.header == nil {
		rp.header = http.Header{}
	}
	rp.header.Set(key, value)
}

// jsonReply encodes v. Text stays as it is (no \u003c), one newline at the end.
func jsonReply(v any) (*reply, error) { return typedJSON("application/json", v) }

// geoJSONReply is jsonReply with GeoJSON's own media type.
func geoJSONReply(v any) (*reply, error) { return typedJSON("application/geo+json", v) }

func typedJSON(typ string, v any) (*reply, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return &reply{typ: typ, body: buf.Bytes()}, nil
}

// minGzip is the body length from which compressing pays: below it the reply fits one packet anyway.
const minGzip = 1200

// bodies are buffers for replies that are made for one request.
var bodies = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// mostPooled is the largest buffer kept for the next request.
const mostPooled = 64 << 10

func giveBack(buf *[]byte) {
	if cap(*buf) <= mostPooled {
		bodies.Put(buf)
	}
}

// sentOff gives the buffer of the body back: it has been written.
func (rp *reply) sentOff() {
	if rp.buf != nil {
		giveBack(rp.buf)
		rp.buf, rp.body = nil, nil
	}
}

var gzips = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, 5); return w }}

func compressible(typ string) bool {
	return strings.HasPrefix(typ, "text/") || strings.Contains(typ, "json") || strings.Contains(typ, "javascript") ||
		strings.Contains(typ, "xml") || strings.Contains(typ, "svg") || strings.Contains(typ, "x-protobuf") || strings.Contains(typ, "vector-tile")
}

// squeeze appends body, compressed, to out.
func squeeze(out, body []byte) []byte {
	buf := bytes.NewBuffer(out)
	zw := gzips.Get().(*gzip.Writer)
	zw.Reset(buf)
	_, _ = zw.Write(body) // a bytes.Buffer takes everything
	_ = zw.Close()
	gzips.Put(zw)
	return buf.Bytes()
}

// sent is how a reply goes to one client.
type sent struct {
	status int
	coding string
	vary   bool   // another client may get another coding
	tag    string // "" for none
}

// sent chooses by the request's Accept-Encoding and the tags of what its client has.
func (rp *reply) sent(accept, list string) sent {
	s := sent{status: rp.status, coding: identity, vary: !rp.plain && rp.stream == nil && compressible(rp.typ)}
	if s.status == 0 {
		s.status = http.StatusOK
	}
	if s.vary {
		s.coding = chosenCoding(accept, rp.codings())
	}
	tag, known := rp.tag(s.coding, list)
	if s.tag = tag; tag != "" && known && s.status < 300 {
		s.status = http.StatusNotModified
	}
	return s
}

// write puts the reply on the wire: conditional headers first, then encoding, then the body unless it is a HEAD.
func (rp *reply) write(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	for k, vs := range rp.header {
		h[k] = vs
	}
	h["Cache-Control"] = noCache
	if rp.cache != "" {
		h["Cache-Control"] = []string{rp.cache}
	}
	s := rp.sent(r.Header.Get("Accept-Encoding"), noneMatch(r))
	if s.vary {
		if h["Vary"] == nil {
			h["Vary"] = varyCoding
		} else {
			h.Add("Vary", "Accept-Encoding")
		}
	}
	if s.tag != "" {
		h["Etag"] = []string{s.tag}
	}
	if s.status == http.StatusNotModified {
		w.WriteHeader(s.status)
		return nil
	}
	if rp.typ == mvtType {
		h["Content-Type"] = vectorTiles
	} else if rp.typ != "" {
		h["Content-Type"] = []string{rp.typ}
	}
	if rp.stream != nil {
		w.WriteHeader(s.status)
		if r.Method == http.MethodHead {
			return nil
		}
		return rp.stream(w)
	}
	if s.coding == gzipName && len(rp.gz) == 0 {
		buf := bodies.Get().(*[]byte)
		*buf = squeeze((*buf)[:0], rp.body)
		defer giveBack(buf)
		rp.gz = *buf
	}
	body := rp.coded(s.coding)
	if s.coding == gzipName {
		h["Content-Encoding"] = gzipCoding
	} else if s.coding != identity {
		h["Content-Encoding"] = []string{s.coding}
	}
	if s.status != http.StatusNoContent {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(s.status)
	if r.Method == http.MethodHead || s.status == http.StatusNoContent {
		return nil
	}
	return send(w, r, body)
}

func reading(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// matches reports whether a list of entity tags (If-None-Match, If-Match) names etag, weakly compared.
func matches(list, etag string) bool {
	if list == "" {
		return false
	}
	etag = strings.TrimPrefix(etag, "W/")
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == etag {
			return true
		}
	}
	return false
}
