package httpapi

import (
	"log"
	"net"
	"net/http"
	"time"
)

// ByRouter answers as a does, but finds every route by the router.
func (a *API) ByRouter() http.Handler { return &API{base: a.base, router: a.router} }

// Plain makes s leave every request to net/http.
func (s *Server) Plain() { s.http.ConnState = nil }

// OnRequest has f called with every request net/http has read; not together with Plain.
func (s *Server) OnRequest(f func()) {
	next := s.http.ConnState
	s.http.ConnState = func(c net.Conn, state http.ConnState) {
		if state == http.StateActive {
			f()
		}
		next(c, state)
	}
}

// Waits sets how long s waits for a request and for its header.
func (s *Server) Waits(idle, header time.Duration) {
	s.http.IdleTimeout, s.http.ReadHeaderTimeout = idle, header
}

// ErrorsTo has what net/http complains of written elsewhere than to the API's log.
func (s *Server) ErrorsTo(l *log.Logger) { s.http.ErrorLog = l }

// Answering returns what answers the request p as a connection does before net/http has read it, and reports whether it has.
func (a *API) Answering(to net.Conn) func(p []byte) bool {
	var e early
	return func(p []byte) bool {
		n, err := a.answerEarly(to, &e, p)
		return n == len(p) && err == nil
	}
}
