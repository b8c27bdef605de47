package httpapi

import (
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

var asOfParam = param{name: "as_of", typ: "string", doc: "the state at the end of that day (2026-08-02) or at that moment (RFC 3339)"}

var validAtParam = param{name: "valid_at", typ: "string", doc: "what was so at the end of that day or at that moment, by all that is known now: a delivery that states its date counts from that day on"}

// moment reads as_of, what was in the database then, or valid_at, what was so then; the zero time for neither.
func (c *call) moment() (at time.Time, valid bool, err error) {
	asOf, validAt := c.q.Get("as_of"), c.q.Get("valid_at")
	switch {
	case asOf != "" && validAt != "":
		return at, false, gis.E(gis.Invalid, nil, "as_of asks what was in the database, valid_at what was so: send one of the two")
	case validAt != "":
		at, err = gis.Moment(validAt)
		return at, true, err
	}
	at, err = gis.Moment(asOf)
	return at, false, err
}

// rowsThen are the rows of a layer at a moment.
func (a *API) rowsThen(c *call, layer string, at time.Time, valid bool, within orb.Bound) iter.Seq2[gis.Feature, error] {
	if valid {
		return a.cfg.Store.ValidAt(c.r.Context(), layer, at, within)
	}
	return a.cfg.Store.AsOf(c.r.Context(), layer, at, within)
}

// componentsThen is GET /api/components?as_of=: the page of the components that were there then and as they were.
func (a *API) componentsThen(c *call, at time.Time, valid bool, box *orb.Bound, class, grid string, pg paging) (*reply, error) {
	var within orb.Bound
	if box != nil {
		within = *box
	}
	var codes []string
	found := map[string]gis.Feature{}
	for f, err := range a.rowsThen(c, "component", at, valid, within) {
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(f.Text("class"), class) || grid != "" && f.Text("grid_code") != grid {
			continue
		}
		codes = append(codes, f.Key)
		if f.Key > pg.after {
			found[f.Key] = f
		}
	}
	matched := len(codes)
	slices.Sort(codes)
	codes, more := pg.of(codes)
	features := make([]object, 0, len(codes))
	for _, code := range codes {
		one := featureObject(found[code])
		one["id"] = code
		features = append(features, one)
	}
	return a.pageReply(c, features, matched, codes, more)
}

// componentThen is GET /api/components/{code}?as_of=.
func (a *API) componentThen(c *call, code string) (*reply, error) {
	at, valid, err := c.moment()
	if err != nil {
		return nil, err
	}
	versions, err := a.cfg.Store.History(c.r.Context(), "component", code)
	if err != nil {
		return nil, notFound(err, "no component %s", clip(code))
	}
	v, ok := data.At(versions, at)
	if valid {
		v, ok = data.ValidAt(versions, at)
	}
	if !ok {
		return nil, gis.E(gis.NotFound, nil, "there was no component %s at %s", clip(code), rfc3339(at))
	}
	out := featureObject(v.Feature)
	out["id"], out["since"], out["valid_from"] = v.Feature.Key, rfc3339(v.At), rfc3339(v.ValidFrom)
	return geoJSONReply(out)
}

// movedTo sends a caller who has a former code to the component's own address: under, with a slash at its end, and its code.
func movedTo(under, code string) (*reply, error) {
	rp, err := jsonReply(object{"code": code})
	if err == nil {
		rp.status = http.StatusMovedPermanently
		rp.cache = "no-store" // a recoding can be undone
		rp.set("Location", under+url.PathEscape(code))
	}
	return rp, err
}

// datetime reads the parameter of OGC API Features: an instant, or an interval, of which the end counts; the zero time for the
// present.
func (c *call) datetime() (time.Time, error) {
	s := c.q.Get("datetime")
	if from, to, interval := strings.Cut(s, "/"); interval {
		if from != "" && from != ".." {
			if _, err := gis.Moment(from); err != nil {
				return time.Time{}, err
			}
		}
		s = to
	}
	if s == ".." {
		s = ""
	}
	return gis.Moment(s)
}

// onlyToday refuses to geocode in the past: that would take an index of the whole city for one answer.
func onlyToday() error {
	return gis.E(gis.Invalid, nil, "the server geocodes in the city of today; `wanmi geocode --as-of` and --valid-at do in that of a past day, and /api/components takes as_of and valid_at")
}
