package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"wanmi/gis"
)

func pageRoutes() []route {
	const tag = "page"
	return []route{
		get("page", "/", tag, "The map page.", (*API).page).as("text/html").lenient().public(),
		get("style", "/styles/{name}.json", tag, "A MapLibre style; its addresses are absolute.", (*API).style).gives("Style").public(),
		get("sprite", "/sprites/{path:.*}", tag, "Sprites of the styles.", folder("sprites/")).as("image/png").public(),
		get("font", "/fonts/{stack}/{range}.pbf", tag, "A range of 256 glyphs of a font the configuration has; of several, separated by commas, the first there is. The page needs none.", (*API).font).
			as("application/x-protobuf").public(),
	}
}

// contentTypes by suffix: the machine's own table is not to be trusted with .mjs.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
	".json": "application/json", ".geojson": "application/geo+json", ".map": "application/json",
	".webmanifest": "application/manifest+json", ".pbf": "application/x-protobuf", ".wasm": "application/wasm",
	".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp", ".jpg": "image/jpeg",
	".woff2": "font/woff2", ".woff": "font/woff", ".ttf": "font/ttf", ".txt": "text/plain; charset=utf-8",
}

// contentSecurity lets the page do what a map needs and nothing else. MapLibre styles elements and starts workers from blobs.
const contentSecurity = "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; " +
	"connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'"

// page is GET /.
func (a *API) page(*call) (*reply, error) {
	rp, err := a.asset("index.html")
	if gis.KindOf(err) == gis.NotFound && err != nil {
		return nil, gis.E(gis.NotFound, err, "the map page is not built into this program; `make build` builds it")
	}
	return rp, err
}

// asset returns a file of the page.
func (a *API) asset(name string) (*reply, error) {
	body, err := a.file(name)
	if err != nil {
		return nil, err
	}
	typ := contentTypes[strings.ToLower(path.Ext(name))]
	if typ == "" {
		typ = "application/octet-stream"
	}
	rp := &reply{typ: typ, body: body, etag: bodyTag(body)}
	if hashed.MatchString(path.Base(name)) {
		rp.cache = "public, max-age=31536000, immutable"
	}
	if strings.HasPrefix(typ, "text/html") {
		rp.set("Content-Security-Policy", contentSecurity)
		rp.set("Referrer-Policy", "same-origin")
	}
	return rp, nil
}

// hashed matches names that change with their content, as main-WNBI6B46.js or worker-bbb86182.mjs.
var hashed = regexp.MustCompile(`[-.](?:[0-9a-f]{8,}|[0-9A-Z]{8})\.(?:m?js|css|woff2?|png|svg|wasm|map)$`)

func (a *API) file(name string) ([]byte, error) {
	missing := func(err error) error { return gis.E(gis.NotFound, err, "no file %s", clip(name)) }
	if a.cfg.UI == nil || !fs.ValidPath(name) || strings.HasPrefix(path.Base(name), ".") {
		return nil, missing(nil)
	}
	body, err := fs.ReadFile(a.cfg.UI, name)
	if err != nil {
		if info, serr := fs.Stat(a.cfg.UI, name); errors.Is(err, fs.ErrNotExist) || serr == nil && info.IsDir() {
			return nil, missing(err)
		}
		return nil, err
	}
	return body, nil
}

// folder serves the files of one folder of the page.
func folder(dir string) func(*API, *call) (*reply, error) {
	return func(a *API, c *call) (*reply, error) { return a.asset(dir + c.vars["path"]) }
}

// font is GET /fonts/{stack}/{range}.pbf: a file STACK/RANGE.pbf of the folder of fonts, as it is or compressed with gzip.
func (a *API) font(c *call) (*reply, error) {
	name := c.vars["range"] + ".pbf"
	for font := range strings.SplitSeq(c.vars["stack"], ",") {
		font = strings.TrimSpace(font)
		if a.cfg.Fonts == nil || font == "" || strings.HasPrefix(font, ".") || strings.HasPrefix(name, ".") || !fs.ValidPath(font+"/"+name) || strings.Contains(font, "/") {
			continue
		}
		body, err := fs.ReadFile(a.cfg.Fonts, font+"/"+name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		rp := &reply{typ: "application/x-protobuf", body: body, etag: bodyTag(body), cache: "max-age=86400"}
		if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
			rp.set("Content-Encoding", "gzip") // every client of glyphs takes it
			rp.plain = true
		}
		return rp, nil
	}
	return nil, gis.E(gis.NotFound, nil, "no glyphs %s of %s; fonts: in the configuration names a folder of them, docs/tiles.md says when they are needed", clip(name), clip(c.vars["stack"]))
}

// style is GET /styles/{name}.json: the token {base} becomes the address the request came by.
func (a *API) style(c *call) (*reply, error) {
	body, err := a.file("styles/" + c.vars["name"] + ".json")
	if err != nil {
		return nil, err
	}
	if c.view.Tiles != nil {
		if body, err = served(body, c.view.Tiles.Has); err != nil {
			return nil, err
		}
	}
	body = bytes.ReplaceAll(body, []byte("{base}"), []byte(a.origin(c.r)))
	rp := &reply{typ: "application/json", body: body, etag: bodyTag(body)}
	rp.set("Vary", "Host")
	return rp, nil
}

// served takes the layers of tiles that this server is configured not to serve out of a style: of a source with one of them nothing would be
// drawn. A style that names none of them stays as it is.
func served(style []byte, has func(layer string) bool) ([]byte, error) {
	var doc map[string]any
	if err := json.Unmarshal(style, &doc); err != nil {
		return nil, err
	}
	changed := false
	sources, _ := doc["sources"].(map[string]any)
	for id, s := range sources {
		one, _ := s.(map[string]any)
		url, _ := one["url"].(string)
		before, list, ok := strings.Cut(url, "/tiles/")
		names := strings.Split(strings.TrimSuffix(list, ".json"), ",")
		there := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !has(n) })
		if !ok || len(there) == len(names) {
			continue
		}
		changed = true
		if one["url"] = before + "/tiles/" + strings.Join(there, ",") + ".json"; len(there) == 0 {
			delete(sources, id)
		}
	}
	if !changed {
		return style, nil
	}
	layers, _ := doc["layers"].([]any)
	doc["layers"] = slices.DeleteFunc(layers, func(l any) bool {
		one, _ := l.(map[string]any)
		name, ok := one["source-layer"].(string)
		return ok && !has(name)
	})
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(doc)
	return out.Bytes(), err
}

// bodyTag returns a weak entity tag made from a body.
func bodyTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}
