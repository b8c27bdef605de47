package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"wanmi/gis"
)

// problem is the body of every error (RFC 9457).
type problem struct {
	Type      string   `json:"type"`
	Title     string   `json:"title"`
	Status    int      `json:"status"`
	Detail    string   `json:"detail"`
	Instance  string   `json:"instance"`
	RequestID string   `json:"request_id"`
	See       []string `json:"see,omitempty"` // routes near an unknown one

	Position *filterPlace `json:"position,omitempty"` // of the fault in a filter

	// What the clients of a surface read instead of detail.
	Error     string `json:"error,omitempty"`     // Nominatim's
	Message   string `json:"message,omitempty"`   // Photon's
	Geocoding object `json:"geocoding,omitempty"` // Pelias': errors
	Features  []any  `json:"features,omitzero"`   // Photon's and Pelias': none
}

// inWordsOf adds what the clients of a surface look for when something is wrong.
func (p problem) inWordsOf(s surface) problem {
	switch s {
	case likeNominatim:
		p.Error = p.Detail
	case likePhoton:
		p.Message, p.Features = p.Detail, []any{}
	case likePelias:
		p.Geocoding, p.Features = object{"errors": []string{p.Detail}}, []any{}
	}
	return p
}

// statusClientGone is nginx's number for a caller that left before the answer; it is seen in the log only.
const statusClientGone = 499

// kinds is the one table from a kind of error to its status and its title.
var kinds = map[gis.Kind]struct {
	status int
	name   string
	title  string
}{
	gis.Internal:    {http.StatusInternalServerError, "internal", "Internal error"},
	gis.Invalid:     {http.StatusBadRequest, "invalid", "The request is not valid"},
	gis.Rejected:    {http.StatusUnprocessableEntity, "rejected", "The data was refused"},
	gis.NotFound:    {http.StatusNotFound, "not-found", "No such thing"},
	gis.Conflict:    {http.StatusConflict, "conflict", "It conflicts with what is there"},
	gis.Stale:       {http.StatusPreconditionFailed, "stale", "It has changed since it was read"},
	gis.Denied:      {http.StatusForbidden, "denied", "Not allowed"},
	gis.TooLarge:    {http.StatusRequestEntityTooLarge, "too-large", "Too large"},
	gis.Unavailable: {http.StatusServiceUnavailable, "unavailable", "Not available now"},
	gis.Canceled:    {statusClientGone, "canceled", "The caller left"},
}

// statusError gives an error a status the table of kinds has no kind for (401, 405, 428), and headers of its own.
type statusError struct {
	status int
	name   string
	title  string
	header map[string]string
	see    []string
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// unsigned is the 401: there is no key, or nobody knows it.
func unsigned(format string, args ...any) error {
	return &statusError{
		status: http.StatusUnauthorized, name: "unsigned", title: "A key is needed",
		header: map[string]string{"WWW-Authenticate": `Bearer realm="wanmi"`},
		err:    gis.E(gis.Denied, nil, format, args...),
	}
}

// unconditional is the 428: a write to a row must say which revision it has seen.
func unconditional() error {
	return &statusError{
		status: http.StatusPreconditionRequired, name: "precondition-required", title: "If-Match is needed",
		err: gis.E(gis.Invalid, nil, "send If-Match with the ETag the component was read with"),
	}
}

// statusOf returns the status an error is answered with.
func statusOf(err error) int {
	var se *statusError
	if errors.As(err, &se) {
		return se.status
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return kinds[gis.KindOf(err)].status
}

// problemOf turns an error into its body and the headers that go with it. Nothing from inside is in it.
func problemOf(err error, instance, id string) (problem, map[string]string) {
	k := kinds[gis.KindOf(err)]
	p := problem{
		Type: "urn:wanmi:problem:" + k.name, Title: k.title, Status: k.status,
		Detail: gis.Public(err), Instance: instance, RequestID: id, Position: placeOf(err),
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		k = kinds[gis.TooLarge]
		p.Type, p.Title, p.Status = "urn:wanmi:problem:"+k.name, k.title, k.status
		p.Detail = "the body is larger than this endpoint takes"
	}
	var se *statusError
	if errors.As(err, &se) {
		p.Type, p.Title, p.Status, p.See = "urn:wanmi:problem:"+se.name, se.title, se.status, se.see
		return p, se.header
	}
	if p.Status == http.StatusServiceUnavailable {
		return p, map[string]string{"Retry-After": retryAfter}
	}
	return p, nil
}

// retryAfter is after how many seconds to ask again for what was not available: a database that restarts is back by then.
const retryAfter = "3"

// problemReply is the reply an error becomes.
func (c *call) problemReply(err error) *reply {
	p, header := problemOf(err, c.r.URL.Path, c.id)
	body, _ := json.Marshal(p.inWordsOf(c.route.surface)) // texts and lists of texts: cannot fail
	rp := &reply{status: p.Status, typ: "application/problem+json", body: append(body, '\n'), cache: "no-store"}
	for k, v := range header {
		rp.set(k, v)
	}
	return rp
}
