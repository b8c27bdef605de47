package httpapi

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorilla/mux"
	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/gis"
)

// call is one request with the View it is answered from.
type call struct {
	r     *http.Request
	w     http.ResponseWriter // for body limits and streams; replies are written by reply.write
	route *route
	view  *city.View
	id    string
	who   caller
	vars  map[string]string
	q     url.Values // nil without a query
}

// handle wraps a route's handler for the router.
func (a *API) handle(rt *route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, rt, mux.Vars(r)) })
}

// Values of headers that are the same in all replies. Nobody changes a value in place: Set and Add make new ones.
var (
	noSniff     = []string{"nosniff"}
	anyOrigin   = []string{"*"}
	exposed     = []string{"ETag, " + tileHeader + ", X-Wanmi-Generation, X-Request-Id, Link"}
	noCache     = []string{"no-cache"}
	varyCoding  = []string{"Accept-Encoding"}
	gzipCoding  = []string{gzipName}
	vectorTiles = []string{mvtType}
)

// serve does all that is the same for every request around a route's handler; vars are what the path names.
func (a *API) serve(rw http.ResponseWriter, r *http.Request, rt *route, vars map[string]string) {
	start := time.Now()
	w := &recorder{ResponseWriter: rw}
	c := &call{r: r, w: w, route: rt, view: a.view(), id: requestID(r), vars: vars}
	a.metrics.inFlight.Inc()
	defer a.metrics.inFlight.Dec()
	h := w.Header()
	h["X-Request-Id"] = []string{c.id}
	if a.cfg.Live != nil {
		h["X-Wanmi-Generation"] = a.generation(c.view.Gen)
	}
	h["X-Content-Type-Options"] = noSniff
	if rt.cors() {
		h["Access-Control-Allow-Origin"] = anyOrigin
		h["Access-Control-Expose-Headers"] = exposed
	}
	err := a.run(c, w)
	a.finish(c, w, err, start, time.Since(start))
}

// run calls the handler and writes its reply or its problem. The error returned is for the log.
func (a *API) run(c *call, w *recorder) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // net/http panics with this very value
				panic(p)
			}
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			if w.status == 0 {
				_ = c.problemReply(err).write(w, c.r)
			}
		}
	}()
	rp, err := a.answer(c)
	if err != nil {
		_ = c.problemReply(err).write(w, c.r)
		return err
	}
	defer rp.sentOff()
	return rp.write(w, c.r)
}

// answer goes through the checks in front of a handler: parameters, caller, body limit.
func (a *API) answer(c *call) (*reply, error) {
	var err error
	if c.r.URL.RawQuery != "" {
		if c.q, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
			return nil, gis.E(gis.Invalid, err, "the query string is not well formed")
		}
	}
	if c.who, err = a.identify(c); err != nil {
		return nil, err
	}
	if err := a.allow(c); err != nil {
		return nil, err
	}
	if err := c.knownParameters(); err != nil {
		return nil, err
	}
	if c.route.limit > 0 && c.r.Body != nil {
		c.r.Body = http.MaxBytesReader(c.w, c.r.Body, c.route.limit)
	}
	return c.route.serve(a, c)
}

// knownParameters refuses parameters an own endpoint does not have, naming them and those it has.
func (c *call) knownParameters() error {
	if c.route.tag == geocodingTag && (c.q.Has("as_of") || c.q.Has("valid_at")) {
		return onlyToday()
	}
	if c.route.compat {
		return nil
	}
	var unknown []string
	for name := range c.q {
		if name != "key" && !slices.ContainsFunc(c.route.params, func(p param) bool { return p.name == name && !p.header }) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	var known []string
	for _, p := range c.route.params {
		if !p.header {
			known = append(known, p.name)
		}
	}
	if len(known) == 0 {
		return gis.E(gis.Invalid, nil, "unknown query parameter %s: this endpoint has none", strings.Join(unknown, ", "))
	}
	return gis.E(gis.Invalid, nil, "unknown query parameter %s; this endpoint has %s", strings.Join(unknown, ", "), strings.Join(known, ", "))
}

// decode reads a JSON body into v, refusing unknown fields and trailing text.
func (c *call) decode(v any) error {
	body, err := c.body(v)
	if err != nil {
		return err
	}
	return unmarshal(body, v)
}

// body reads a body that is to become v.
func (c *call) body(v any) ([]byte, error) {
	if ct := c.r.Header.Get("Content-Type"); ct != "" && !strings.Contains(ct, "json") && !strings.Contains(ct, "text/plain") {
		return nil, &statusError{
			status: http.StatusUnsupportedMediaType, name: "media-type", title: "Another media type is needed",
			err: gis.E(gis.Invalid, nil, "send application/json, not %q", ct),
		}
	}
	body, err := io.ReadAll(c.r.Body)
	if err == nil {
		err = utf8Fault("the body", body)
	}
	if err != nil {
		return nil, jsonFault(err, v)
	}
	return body, nil
}

// unmarshal reads one JSON value, refusing unknown fields and trailing text.
func unmarshal(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return jsonFault(err, v)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return gis.E(gis.Invalid, err, "the body holds more than one JSON value")
	}
	return nil
}

// utf8Fault says where bytes are not UTF-8: JSON's decoder would put a mark of its own there and say nothing.
func utf8Fault(what string, b []byte) error {
	if utf8.Valid(b) {
		return nil
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(b[at:])
		if r == utf8.RuneError && n <= 1 {
			return gis.E(gis.Invalid, nil, "%s is not UTF-8: fault at byte %d", what, at)
		}
		at += n
	}
}

// jsonFault says in words what is wrong with a JSON body.
func jsonFault(err error, v any) error {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), gis.KindOf(err) == gis.Invalid:
		return err
	case errors.Is(err, io.EOF):
		return gis.E(gis.Invalid, err, "the body is empty; a JSON object is expected")
	case errors.As(err, &syntax):
		return gis.E(gis.Invalid, err, "the body is not JSON: fault at byte %d", syntax.Offset)
	case errors.As(err, &typ):
		return gis.E(gis.Invalid, err, "the body's field %q must be a JSON %s", typ.Field, jsonKind(typ.Type))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return gis.E(gis.Invalid, err, "the body ends in the middle of its JSON")
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if _, geocodes := v.(*locateRequest); geocodes && (field == `"as_of"` || field == `"valid_at"`) {
			return onlyToday()
		}
		return gis.E(gis.Invalid, err, "the body has an unknown field %s; it has %s", field, strings.Join(jsonFields(v), ", "))
	}
	return gis.E(gis.Invalid, err, "the body is not what this endpoint reads")
}

// jsonKind is the word of JSON for a type.
func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	}
	return "number"
}

// jsonFields lists the fields a body may have.
func jsonFields(v any) []string {
	if v == nil {
		return []string{"others"}
	}
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return []string{"others"}
	}
	var out []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			out = append(out, name)
		}
	}
	return out
}

// requestID keeps a caller's own id when it is harmless, and makes one otherwise.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); validID(id) {
		return id
	}
	return newID()
}

func validID(id string) bool { return id != "" && len(id) <= 64 && harmless(id) }

func newID() string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], rand.Uint64())
	var text [2 * len(b)]byte
	hex.Encode(text[:], b[:])
	return string(text[:])
}

func harmless(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// What a proxy may say: a name or an address with or without a port; a path of plain segments, which cannot lead to another server.
var (
	forwardedHost   = regexp.MustCompile(`^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$`)
	forwardedPrefix = regexp.MustCompile(`^(?:/[A-Za-z0-9._~-]+)*/?$`)
)

// origin returns scheme://host and the base path as the client sees them, without a slash at the end.
func (a *API) origin(r *http.Request) string {
	scheme, host, prefix := "http", r.Host, a.base
	if r.TLS != nil {
		scheme = "https"
	}
	if a.cfg.TrustProxy {
		if v := first(r.Header.Get("X-Forwarded-Proto")); v == "http" || v == "https" {
			scheme = v
		}
		if v := first(r.Header.Get("X-Forwarded-Host")); forwardedHost.MatchString(v) {
			host = v
		}
		if v := first(r.Header.Get("X-Forwarded-Prefix")); v != "" && forwardedPrefix.MatchString(v) {
			prefix = strings.TrimSuffix(v, "/")
		}
	}
	return scheme + "://" + host + prefix
}

func first(list string) string {
	v, _, _ := strings.Cut(list, ",")
	return strings.TrimSpace(v)
}

// text returns a query parameter; it must be UTF-8.
func (c *call) text(name string) (string, error) {
	v := c.q.Get(name)
	return v, utf8Fault(name, []byte(v))
}

// finite parses a number in lo..hi.
func finite(name, s string, lo, hi float64) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(v) || v < lo || v > hi {
		return 0, gis.E(gis.Invalid, err, "%s must be a number from %g to %g, not %q", name, lo, hi, clip(s))
	}
	return v, nil
}

// integer returns a whole number in lo..hi, def when the parameter is absent or empty.
func (c *call) integer(name string, def, lo, hi int) (int, error) {
	s := c.q.Get(name)
	if s == "" {
		return def, nil
	}
	v, err := strconv.Atoi(s)
	if err != nil || v < lo || v > hi {
		return 0, gis.E(gis.Invalid, err, "%s must be a whole number from %d to %d, not %q", name, lo, hi, clip(s))
	}
	return v, nil
}

// lonLat parses "LON,LAT".
func lonLat(name, s string) (orb.Point, error) {
	lon, lat, ok := strings.Cut(s, ",")
	if !ok {
		return orb.Point{}, gis.E(gis.Invalid, nil, "%s must be LON,LAT in degrees, not %q", name, clip(s))
	}
	x, err := finite(name+" longitude", lon, -180, 180)
	if err != nil {
		return orb.Point{}, err
	}
	y, err := finite(name+" latitude", lat, -90, 90)
	return orb.Point{x, y}, err
}

// bbox parses "minLon,minLat,maxLon,maxLat"; nil when the parameter is absent.
func (c *call) bbox(name string) (*orb.Bound, error) {
	s := c.q.Get(name)
	if s == "" {
		return nil, nil
	}
	parts := strings.Split(s, ",")
	if len(parts) == 6 { // OGC allows heights: minx,miny,minz,maxx,maxy,maxz
		parts = []string{parts[0], parts[1], parts[3], parts[4]}
	}
	if len(parts) != 4 {
		return nil, gis.E(gis.Invalid, nil, "%s must be minLon,minLat,maxLon,maxLat", name)
	}
	var v [4]float64
	for i, p := range parts {
		limit := 180.0
		if i%2 == 1 {
			limit = 90
		}
		var err error
		if v[i], err = finite(name, p, -limit, limit); err != nil {
			return nil, err
		}
	}
	if v[0] > v[2] || v[1] > v[3] {
		return nil, gis.E(gis.Invalid, nil, "%s has its corners the wrong way round: minLon,minLat,maxLon,maxLat", name)
	}
	return &orb.Bound{Min: orb.Point{v[0], v[1]}, Max: orb.Point{v[2], v[3]}}, nil
}

// clip shortens what is quoted back to a caller.
func clip(s string) string {
	if len(s) <= 40 {
		return s
	}
	r := []rune(s)
	if len(r) > 40 {
		r = append(r[:40], '…')
	}
	return string(r)
}
