package httpapi

import (
	"bytes"
	"net/http"
	"strings"
)

// wants is what the header of a request says that the answer of a tile depends on.
type wants struct {
	accept    string // Accept-Encoding
	noneMatch string // If-None-Match
	id        string // X-Request-Id
	session   string // the cookie's value
}

// What becomes of a header's line.
const (
	lineElse   = iota // net/http has to look at it
	linePassed        // says nothing about a tile
	lineHost          // must be there
	lineAccept        // and those below: read
	lineNone
	lineID
	lineCookie
	lineConnection
)

// lineKinds are the names of headers, in lower case, that may stand in a request answered early; beside them all that begin with sec- or
// x-forwarded-. What frames a request, asks for something before or instead of its answer, or carries a key, is not among them.
var lineKinds = map[string]int{
	"host": lineHost, "accept-encoding": lineAccept, "if-none-match": lineNone, "x-request-id": lineID, "cookie": lineCookie, "connection": lineConnection,

	"accept": linePassed, "accept-language": linePassed, "cache-control": linePassed, "dnt": linePassed, "forwarded": linePassed, "if-modified-since": linePassed,
	"origin": linePassed, "pragma": linePassed, "priority": linePassed, "purpose": linePassed, "range": linePassed, "referer": linePassed, "save-data": linePassed,
	"traceparent": linePassed, "tracestate": linePassed, "user-agent": linePassed, "via": linePassed, "x-real-ip": linePassed, "x-requested-with": linePassed,
}

// read takes a header apart, lines that all end in CRLF, and reports whether there is nothing in it but what is known not to matter, and
// what is read: that once at most. All else, and all that is written in an unusual way, is for net/http to judge.
func (w *wants) read(header []byte) bool {
	*w = wants{}
	var seen [lineConnection + 1]bool
	for len(header) > 0 {
		line, rest, ended := bytes.Cut(header, crlf)
		name, value, ok := bytes.Cut(line, colon)
		if !ended || !ok {
			return false
		}
		header = rest
		kind := kindOf(name)
		if kind == lineElse || seen[kind] && kind != linePassed || !printable(value) {
			return false
		}
		seen[kind] = true
		value = bytes.TrimSpace(value) // spaces only: it is printable
		switch kind {
		case lineHost:
			if !plainHost(value) {
				return false
			}
		case lineAccept:
			w.accept = string(value)
		case lineNone:
			w.noneMatch = string(value)
		case lineID:
			w.id = string(value)
		case lineCookie:
			w.session = sessionIn(string(value))
		case lineConnection:
			if !strings.EqualFold(string(value), "keep-alive") {
				return false
			}
		}
	}
	return seen[lineHost]
}

var (
	crlf    = []byte("\r\n")
	headEnd = []byte("\r\n\r\n")
	colon   = []byte(":")
)

func kindOf(name []byte) int {
	var lower [40]byte
	if len(name) > len(lower) {
		return lineElse
	}
	for i, c := range name {
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-':
			return lineElse
		}
		lower[i] = c
	}
	n := lower[:len(name)]
	if kind := lineKinds[string(n)]; kind != lineElse {
		return kind
	}
	if bytes.HasPrefix(n, []byte("sec-")) || bytes.HasPrefix(n, []byte("x-forwarded-")) {
		return linePassed
	}
	return lineElse
}

func printable(value []byte) bool {
	for _, c := range value {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// plainHost reports whether a Host is a name or an address with or without a port, as far as its characters go.
func plainHost(host []byte) bool {
	for _, c := range host {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && c != '.' && c != '-' && c != '_' && c != ':' && c != '[' && c != ']' {
			return false
		}
	}
	return len(host) > 0
}

// sessionIn returns the session in a Cookie header, "" for none, as net/http reads it.
func sessionIn(header string) string {
	cookie, err := (&http.Request{Header: http.Header{"Cookie": {header}}}).Cookie(cookieName)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// requestLine takes "GET /path HTTP/1.1" apart, a HEAD too, with a path that stands for itself: without a query or escapes.
func requestLine(line []byte) (method string, path []byte, ok bool) {
	method = http.MethodGet
	path, ok = bytes.CutPrefix(line, []byte("GET "))
	if !ok {
		method = http.MethodHead
		if path, ok = bytes.CutPrefix(line, []byte("HEAD ")); !ok {
			return "", nil, false
		}
	}
	if path, ok = bytes.CutSuffix(path, []byte(" HTTP/1.1")); !ok {
		return "", nil, false
	}
	for _, c := range path {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && c != '/' && c != '_' && c != ',' && c != '.' && c != '-' && c != '~' {
			return "", nil, false
		}
	}
	return method, path, true
}
