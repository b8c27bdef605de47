package httpapi

import (
	"net/http"
	"strconv"
	"strings"
)

// Content codings.
const (
	identity = "identity"
	zstdName = "zstd"
	gzipName = "gzip"
)

// codings are those a reply can be had in, the preferred first. Of a tile gzip is there already, and zstd was from 1 % smaller
// to 9 % larger (BenchmarkZip of package tiles), so it is for clients that rank it higher or do not take gzip.
func (rp *reply) codings() []string {
	switch {
	case len(rp.gz) > 0 && rp.tile != nil:
		return withZstd
	case len(rp.gz) > 0 || len(rp.body) >= minGzip:
		return withGzip
	}
	return plainOnly
}

var (
	withZstd  = []string{gzipName, zstdName, identity}
	withGzip  = []string{gzipName, identity}
	plainOnly = []string{identity}
)

// coded is the body in one of the reply's codings, for gzip compressed already.
func (rp *reply) coded(coding string) []byte {
	switch {
	case coding == zstdName:
		return rp.tile.Zstd()
	case coding == gzipName:
		return rp.gz
	case rp.tile != nil:
		return rp.tile.Raw()
	}
	return rp.body
}

// tag returns the entity tag of the reply in a coding, "" when it has none, and whether a reading client has the content already. Then it is
// the tag the client has it under: the same content is as good in another coding, and a cache between goes on with what it has stored. list is what
// the client has, see noneMatch.
func (rp *reply) tag(coding, list string) (tag string, known bool) {
	if rp.hash == "" {
		return rp.etag, rp.etag != "" && matches(list, rp.etag)
	}
	if tag = strongTag(rp.hash, coding); list == "" || matches(list, tag) {
		return tag, list != ""
	}
	for _, other := range rp.codings() {
		if t := strongTag(rp.hash, other); matches(list, t) {
			return t, true
		}
	}
	return tag, false
}

// noneMatch is the list of tags a reading client has the content of.
func noneMatch(r *http.Request) string {
	if !reading(r) {
		return ""
	}
	return r.Header.Get("If-None-Match")
}

func strongTag(hash, coding string) string {
	if coding == identity {
		return `"` + hash + `"`
	}
	return `"` + hash + "-" + coding + `"`
}

// chosenCoding returns the one of the codings on offer that an Accept-Encoding header likes best (RFC 9110, 12.5.3), the first of those it
// likes as much. Identity is taken when nothing else is accepted, even if it is refused: an answer serves better than a 406.
func chosenCoding(accept string, offer []string) string {
	if !strings.ContainsAny(accept, ";*") { // as nearly all clients send it: without weights
		for _, coding := range offer {
			if named(accept, coding) {
				return coding
			}
		}
		return identity
	}
	best, most := identity, 0.0
	q := qualities(accept)
	for _, coding := range offer {
		v, named := q[coding]
		if !named {
			v, named = q["*"]
		}
		if !named && coding == identity {
			v = 1e-4 // acceptable, below all that is asked for
		}
		if v > most {
			best, most = coding, v
		}
	}
	return best
}

// named reports whether a list without weights has a coding.
func named(list, coding string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); strings.EqualFold(one, coding) || coding == gzipName && strings.EqualFold(one, "x-gzip") {
			return true
		}
	}
	return false
}

// qualities reads the weights of a list as Accept-Encoding has; what is no weight counts as a refusal.
func qualities(list string) map[string]float64 {
	q := map[string]float64{}
	for part := range strings.SplitSeq(list, ",") {
		name, params, _ := strings.Cut(part, ";")
		if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
			continue
		}
		if name == "x-gzip" {
			name = gzipName
		}
		q[name] = 1
		for p := range strings.SplitSeq(params, ";") {
			if key, value, ok := strings.Cut(p, "="); ok && strings.EqualFold(strings.TrimSpace(key), "q") {
				v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
				if err != nil || !(v >= 0 && v <= 1) {
					v = 0
				}
				q[name] = v
			}
		}
	}
	return q
}
