package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"wanmi/gis"
)

// param is a query parameter of a route, or a header it reads.
type param struct {
	name, typ, doc string // typ: string, number, integer, boolean
	must           bool
	header         bool
	enum           []string // the values there are; nil: any
	def            string   // the value taken when it is absent
}

// route is one row of the table everything is made from.
type route struct {
	name    string   // operationId
	method  string   // GET also answers HEAD
	path    string   // router template and metrics label
	also    []string // other paths it is served at
	serve   func(*API, *call) (*reply, error)
	tag     string
	doc     string
	params  []param
	role    string  // role a caller needs; "": reading
	open    bool    // needs no key even when reading is closed
	compat  bool    // unknown query parameters are ignored
	surface surface // whose clients it answers
	limit   int64   // bytes of body taken; 0: no limit here
	in      string  // schema of the body, "" for none
	inType  string  // its media type; "": application/json
	out     string  // schema of the reply, "" for none
	typ     string  // its media type; "": application/json
	ok      int     // status of success; 0: 200
}

// surface is another geocoder whose clients a route answers.
type surface uint8

const (
	own surface = iota
	likeNominatim
	likePhoton
	likePelias
	likeAddok
)

// cors reports whether pages of other origins may read the replies: all that only read, GET or POST.
func (rt *route) cors() bool { return !rt.writes() && rt.name != "login" && rt.name != "session" }

// writes reports whether the route changes something.
func (rt *route) writes() bool { return rt.role != "" || rt.name == "logout" }

// Limits of bodies.
const (
	smallBody = 1 << 20   // JSON documents
	batchBody = 512 << 20 // batches, read line by line
)

// routeTable is every route of the server, in the order of the contract.
func routeTable() []route {
	return slices.Concat(serviceRoutes(), tileRoutes(), rasterRoutes(), pageRoutes(), gridRoutes(), gridEditRoutes(), gridBuildRoutes(), componentRoutes(), proposalRoutes(), importRoutes(),
		geocodeRoutes(), feedbackRoutes(), compatRoutes(), ogcRoutes(), ogcWriteRoutes())
}

func get(name, path, tag, doc string, serve func(*API, *call) (*reply, error), params ...param) route {
	return route{name: name, method: http.MethodGet, path: path, tag: tag, doc: doc, serve: serve, params: params}
}

func (rt route) gives(schema string) route { rt.out = schema; return rt }
func (rt route) as(typ string) route       { rt.typ = typ; return rt }
func (rt route) public() route             { rt.open = true; return rt }
func (rt route) lenient() route            { rt.compat = true; return rt }
func (rt route) like(s surface) route      { rt.surface = s; return rt.lenient() }
func (rt route) at(paths ...string) route  { rt.also = paths; return rt }
func (rt route) needs(role string) route   { rt.role = role; return rt }
func (rt route) answers(status int) route  { rt.ok = status; return rt }
func (rt route) by(method string) route    { rt.method = method; return rt }
func (rt route) takes(schema, typ string, limit int64) route {
	rt.in, rt.inType, rt.limit = schema, typ, limit
	return rt
}

func serviceRoutes() []route {
	const tag = "service"
	return []route{
		get("healthz", "/healthz", tag, "The process is up.", (*API).healthz).gives("Status").public(),
		get("readyz", "/readyz", tag, "The city is loaded and the store answers.", (*API).readyz).gives("Status").public(),
		get("metrics", "/metrics", tag, "Figures in Prometheus' text format.", (*API).serveMetrics).as("text/plain"),
		get("openapi", "/openapi.json", tag, "This document.", (*API).serveOpenAPI).public(),
		get("login", "/login", tag, "Signs a browser in with a key and goes to the page.", (*API).login,
			param{name: "key", typ: "string", doc: "the key", must: true}).public().answers(http.StatusSeeOther).as("-"),
		get("logout", "/logout", tag, "Signs the browser out.", (*API).logout).by(http.MethodPost).public().answers(http.StatusNoContent).as("-"),
		get("session", "/api/session", tag, "Who is signed in, and whether they may edit.", (*API).sessionState).gives("Session").public(),
	}
}

// unknown answers every path no route has: with a file of the page when there is one, with the nearest routes otherwise.
func (a *API) unknown(c *call) (*reply, error) {
	if reading(c.r) {
		if rp, err := a.asset(strings.TrimPrefix(c.r.URL.Path, "/")); err == nil {
			c.route = &assetRoute
			return rp, nil
		} else if gis.KindOf(err) != gis.NotFound {
			return nil, err
		}
	}
	return nil, &statusError{
		status: http.StatusNotFound, name: "no-route", title: "No such address", see: a.nearby(c.r.URL.Path),
		err: gis.E(gis.NotFound, nil, "nothing is served at %s; /openapi.json lists what is", clip(c.r.URL.Path)),
	}
}

var assetRoute = route{name: "asset", method: http.MethodGet, path: "asset", open: true}

// wrongMethod answers a known path with an unknown method: preflights with what is allowed, the rest with 405.
func (a *API) wrongMethod(c *call) (*reply, error) {
	methods, cors := a.methodsAt(c.r)
	allow := strings.Join(append(methods, http.MethodOptions), ", ")
	if c.r.Method == http.MethodOptions {
		rp := &reply{status: http.StatusNoContent, cache: "max-age=3600"}
		rp.set("Allow", allow)
		if len(cors) > 0 {
			rp.set("Access-Control-Allow-Methods", strings.Join(cors, ", "))
			rp.set("Access-Control-Allow-Headers", "Authorization, X-API-Key, Content-Type, If-None-Match, X-Request-Id")
			rp.set("Access-Control-Max-Age", "3600")
		}
		return rp, nil
	}
	return nil, &statusError{
		status: http.StatusMethodNotAllowed, name: "method", title: "Not by this method",
		header: map[string]string{"Allow": allow},
		err:    gis.E(gis.Invalid, nil, "%s is not served here; %s are", method(c.r), allow),
	}
}

// methodsAt returns the methods the routes of a request's path have, and those of them pages of other origins may use.
func (a *API) methodsAt(r *http.Request) (all, cors []string) {
	for i := range a.routes {
		rt := &a.routes[i]
		if !matchesPath(rt.path, r.URL.Path) && !slices.Contains(rt.also, r.URL.Path) || slices.Contains(all, rt.method) {
			continue
		}
		all = append(all, rt.method)
		if rt.cors() {
			cors = append(cors, rt.method)
		}
		if rt.method == http.MethodGet {
			all = append(all, http.MethodHead)
			if rt.cors() {
				cors = append(cors, http.MethodHead)
			}
		}
	}
	return all, cors
}

// matchesPath holds a path against a template, {x} for any part of one segment, {x:.*} for the rest of the path.
func matchesPath(template, path string) bool {
	t, p := strings.Split(template, "/"), strings.Split(path, "/")
	for i, seg := range t {
		if strings.Contains(seg, ":.*") {
			return len(p) > i
		}
		if i >= len(p) || !matchesSegment(seg, p[i]) {
			return false
		}
	}
	return len(t) == len(p)
}

func matchesSegment(template, seg string) bool {
	before, rest, ok := strings.Cut(template, "{")
	if !ok {
		return template == seg
	}
	_, after, _ := strings.Cut(rest, "}")
	return len(seg) > len(before)+len(after) && strings.HasPrefix(seg, before) && strings.HasSuffix(seg, after)
}

// nearby returns up to five templates that look most like the path.
func (a *API) nearby(path string) []string {
	type near struct {
		path string
		cost int
	}
	var all []near
	seen := map[string]bool{}
	for _, rt := range a.routes {
		if seen[rt.path] {
			continue
		}
		seen[rt.path] = true
		if cost := routeDistance(rt.path, path); cost < 12 {
			all = append(all, near{a.base + rt.path, cost})
		}
	}
	slices.SortStableFunc(all, func(x, y near) int { return x.cost - y.cost })
	var out []string
	for _, n := range all[:min(5, len(all))] {
		out = append(out, n.path)
	}
	return out
}

// routeDistance adds the edits between the segments; a placeholder is near everything, a missing segment costs 3.
func routeDistance(template, path string) int {
	t, p := strings.Split(strings.Trim(template, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	cost := 3 * (max(len(t), len(p)) - min(len(t), len(p)))
	for i := range min(len(t), len(p)) {
		if strings.HasPrefix(t[i], "{") {
			cost++
			continue
		}
		cost += 2 * edits(t[i], p[i])
	}
	return cost
}

// edits is Levenshtein's distance in bytes of two short words, each cut at 32.
func edits(a, b string) int {
	a, b = a[:min(32, len(a))], b[:min(32, len(b))]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, diag+1)
		}
	}
	return row[len(b)]
}

// healthz is GET /healthz.
func (a *API) healthz(*call) (*reply, error) {
	rp, err := jsonReply(map[string]any{"status": "ok", "version": a.cfg.Version})
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}

// readyz is GET /readyz: it asks the store, because a View alone cannot take writes.
func (a *API) readyz(c *call) (*reply, error) {
	gen, err := a.cfg.Store.Generation(c.r.Context())
	if err != nil {
		return nil, gis.E(gis.Unavailable, err, "the store does not answer")
	}
	rp, err := jsonReply(map[string]any{"status": "ready", "generation": c.view.Gen, "store_generation": gen})
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}

// serveOpenAPI is GET /openapi.json.
func (a *API) serveOpenAPI(c *call) (*reply, error) {
	typ := c.route.typ
	if typ == "" {
		typ = "application/json"
	}
	return &reply{typ: typ, body: a.openapi, etag: bodyTag(a.openapi), cache: "max-age=300"}, nil
}
