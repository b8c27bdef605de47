package httpapi

import "net/http"

// ByRouter answers as a does, but finds every route by the router.
func (a *API) ByRouter() http.Handler { return &API{base: a.base, router: a.router} }
