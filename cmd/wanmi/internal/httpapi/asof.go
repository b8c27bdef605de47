package httpapi

import (
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

// componentsThen is GET /api/components?as_of=: the page of the components that were there then and as they were.
func (a *API) componentsThen(c *call, at time.Time, box *orb.Bound, class, grid string, pg paging) (*reply, error) {
	var within orb.Bound
	if box != nil {
		within = *box
	}
	var codes []string
	found := map[string]gis.Feature{}
	for f, err := range a.cfg.Store.AsOf(c.r.Context(), "component", at, within) {
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
	at, err := gis.Moment(c.q.Get("as_of"))
	if err != nil {
		return nil, err
	}
	versions, err := a.cfg.Store.History(c.r.Context(), "component", code)
	if err != nil {
		return nil, notFound(err, "no component %s", clip(code))
	}
	v, ok := data.At(versions, at)
	if !ok {
		return nil, gis.E(gis.NotFound, nil, "there was no component %s at %s", clip(code), rfc3339(at))
	}
	out := featureObject(v.Feature)
	out["id"], out["since"] = v.Feature.Key, rfc3339(v.At)
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
