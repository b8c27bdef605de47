package httpapi

type imports struct{ api *API }

func newImports(a *API) *imports { return &imports{api: a} }

func (im *imports) close() error { return nil }

func importRoutes() []route { return nil }
func ogcRoutes() []route    { return nil }
