package httpapi

import (
	"net/http"
	"strings"
)

// hotRoutes are the routes found without the router: those of tiles, which a map asks for by the hundred and whose paths are taken apart by
// hand, and all whose path is always the same. The router holds a path against one regular expression after the other, which takes longer than
// finding a tile in the cache or a place in a text.
type hotRoutes struct {
	tile, dataset, collection *route // nil: this server does not have it
	fixed                     map[asked]*route
}

// asked is what a request is for.
type asked struct{ method, path string }

func newHotRoutes(routes []route) hotRoutes {
	h := hotRoutes{fixed: make(map[asked]*route)}
	for i := range routes {
		rt := &routes[i]
		for _, path := range append([]string{rt.path}, rt.also...) {
			if strings.Contains(path, "{") {
				continue
			}
			h.fixed[asked{rt.method, path}] = rt
			if rt.method == http.MethodGet {
				h.fixed[asked{http.MethodHead, path}] = rt
			}
		}
		switch rt.path {
		case "/tiles/{layers}/{z}/{x}/{y}.mvt":
			h.tile = rt
		case "/ogc/tiles/{tms}/{z}/{y}/{x}":
			h.dataset = rt
		case "/ogc/collections/{id}/tiles/{tms}/{z}/{y}/{x}":
			h.collection = rt
		}
	}
	return h
}

// find returns the route of a request and what its path names, as the router does. It returns nil for paths of other routes with something
// in them that varies, for a tile's path with anything unusual in it, and for what no route has: they are the router's.
func (h *hotRoutes) find(r *http.Request) (*route, map[string]string) {
	if rt := h.fixed[asked{r.Method, r.URL.Path}]; rt != nil {
		return rt, nil
	}
	if !reading(r) {
		return nil, nil
	}
	if p, ok := tilePath(r.URL.Path); ok && h.tile != nil {
		return h.tile, map[string]string{"layers": p[0], "z": p[1], "x": p[2], "y": p[3]}
	}
	var p [4]string
	rest, ok := strings.CutPrefix(r.URL.Path, "/ogc/")
	if !ok {
		return nil, nil
	}
	if rest, ok := strings.CutPrefix(rest, "tiles/"); ok {
		if h.dataset != nil && segments(rest, p[:]) {
			return h.dataset, map[string]string{"tms": p[0], "z": p[1], "y": p[2], "x": p[3]}
		}
		return nil, nil
	}
	if rest, ok = strings.CutPrefix(rest, "collections/"); ok && h.collection != nil {
		id, rest, _ := strings.Cut(rest, "/")
		if rest, ok = strings.CutPrefix(rest, "tiles/"); ok && plain(id) && segments(rest, p[:]) {
			return h.collection, map[string]string{"id": id, "tms": p[0], "z": p[1], "y": p[2], "x": p[3]}
		}
	}
	return nil, nil
}

// tilePath takes /tiles/{layers}/{z}/{x}/{y}.mvt apart.
func tilePath(path string) (p [4]string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/tiles/")
	if !ok {
		return p, false
	}
	rest, ok = strings.CutSuffix(rest, ".mvt")
	return p, ok && segments(rest, p[:])
}

// segments takes a path of exactly as many plain segments as to has apart.
func segments(path string, to []string) bool {
	last := len(to) - 1
	for i := range last {
		seg, rest, ok := strings.Cut(path, "/")
		if !ok || !plain(seg) {
			return false
		}
		to[i], path = seg, rest
	}
	to[last] = path
	return plain(path)
}

// plain reports whether a segment is what addresses of tiles are made of.
func plain(seg string) bool {
	for i := range len(seg) {
		c := seg[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && c != '_' && c != ',' && c != '.' {
			return false
		}
	}
	return seg != ""
}
