package httpapi

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"github.com/paulmach/orb"
	"github.com/prometheus/client_golang/prometheus"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/shelf"
	"wanmi/cmd/wanmi/internal/tables"
	"wanmi/data"
	"wanmi/gis"
	"wanmi/grids"
)

// Keys knows the keys people sign in with; the store does.
type Keys interface {
	FindKey(ctx context.Context, secret string) (data.Key, error)
	Keys(ctx context.Context) ([]data.Key, error)
}

// Ledger tells what became of a row and of a code.
type Ledger interface {
	Rev(ctx context.Context, layer, key string) (int64, error)
	History(ctx context.Context, layer, key string) ([]data.Version, error)
	ValidAt(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error]
	AsOf(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error]
	KeyNow(ctx context.Context, layer, former string) (string, error)
	Renames(ctx context.Context, layer string) iter.Seq2[data.Renamed, error]
	Batch(ctx context.Context, id int64) (data.Batch, error)
	Batches(ctx context.Context) ([]data.Batch, error)
	Lineage(ctx context.Context, code string) ([]data.Lineage, error)
}

// Counter tells how many rows a layer has.
type Counter interface {
	Count(ctx context.Context, layer string) (int64, error)
}

// Refusals keeps what a delivery was refused for.
type Refusals interface {
	RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error)
}

// Pager reads a layer from an ID on.
type Pager interface {
	After(ctx context.Context, layer string, bound orb.Bound, id int64) iter.Seq2[gis.Feature, error]
}

// Proposals keeps what surveyors propose until an editor decides.
type Proposals interface {
	Propose(ctx context.Context, p data.Proposal) (int64, error)
	ProposeAll(ctx context.Context, ps []data.Proposal) ([]int64, error)
	Proposals(ctx context.Context, state string) ([]data.Proposal, error)
	Proposal(ctx context.Context, id int64) (data.Proposal, error)
}

// Store is what the HTTP surface needs of a store beside the View.
type Store interface {
	city.Store
	Keys
	Ledger
	Refusals
	Counter
	Pager
	Proposals
	LastBy(ctx context.Context, source string) (gis.Change, error) // the newest change of that source
}

// Config is what New needs. Live and Store must be set; everything else has a useful zero value.
type Config struct {
	Live     *city.Live
	Store    Store
	UI       fs.FS                // the page, styles and sprites; nil: no page
	Fonts    fs.FS                // glyph ranges, FONT/0-255.pbf; nil: none
	Archives *shelf.Shelf         // served beside the layers; nil: none
	Tables   *tables.Tables       // served beside the layers; nil: none
	Log      *slog.Logger         // nil: nothing is logged
	Metrics  *prometheus.Registry // nil: a private one
	Public   bool                 // reading needs no key
	BasePath string               // "" or "/wanmi": the path a proxy mounts us under
	// TrustProxy believes X-Forwarded-Proto, -Host and -Prefix; only for a server no one reaches but through its proxy.
	TrustProxy bool
	Version    string
	// About stands in /catalog beside the layers, as title, synthetic, notice, attribution, examples, reports.
	About   map[string]any
	Presets grids.Presets // weights of a division by name, beside the built-in ones

	Land        map[string]grids.Limits // areas of cells on ground other than built, see grids.Options
	Compound    grids.Compound
	CompoundMax float64 // m²
	// Staging is the folder deliveries wait in with their reports, over restarts; a second server takes NAME-2. "": a temporary
	// one, forgotten at the end.
	Staging   string
	Importer  Importer         // nil: imports run in this process
	MaxUpload int64            // bytes of one delivery; 0: 2 GiB
	Now       func() time.Time // nil: time.Now
}

// API is the handler. Close it after the server has stopped taking requests.
type API struct {
	cfg      Config
	router   *mux.Router
	routes   []route
	hot      hotRoutes
	base     string
	gen      atomic.Pointer[genHeader]
	second   atomic.Pointer[dated]
	metrics  *metrics
	sessions *sessions
	imports  *imports
	openapi  []byte
	done     context.Context // ends event streams and jobs at Close
	cancel   context.CancelFunc
}

// New checks the configuration and returns the handler.
func New(cfg Config) (*API, error) {
	if cfg.Live == nil || cfg.Store == nil {
		return nil, errors.New("httpapi: Config needs Live and Store")
	}
	a, err := newAPI(cfg, routeTable())
	if err != nil {
		return nil, err
	}
	if a.imports, err = newImports(a); err != nil {
		return nil, err
	}
	return a, nil
}

// NewArchives returns a handler that serves the archives of cfg and nothing else: it has no city and no store.
func NewArchives(cfg Config) (*API, error) { return newAPI(cfg, archiveRoutes()) }

func newAPI(cfg Config, routes []route) (*API, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = prometheus.NewRegistry()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxUpload == 0 {
		cfg.MaxUpload = 2 << 30
	}
	base := strings.TrimSuffix(cfg.BasePath, "/")
	if base != "" && !strings.HasPrefix(base, "/") {
		return nil, gis.E(gis.Invalid, nil, "the base path %q must begin with a slash", cfg.BasePath)
	}
	a := &API{cfg: cfg, base: base, sessions: newSessions(cfg.Now)}
	a.done, a.cancel = context.WithCancel(context.Background())
	a.metrics = newMetrics(cfg.Metrics, cfg.Live)
	a.routes = routes
	doc, err := openAPI(a.routes, base, cfg.Version)
	if err != nil {
		return nil, err
	}
	a.openapi = doc
	a.router, a.hot = a.mount(), newHotRoutes(a.routes)
	return a, nil
}

// genHeader is the header that tells a generation.
type genHeader struct {
	gen   gis.Generation
	value []string
}

// generation returns the header's value for a generation, the same for all requests it answers.
func (a *API) generation(gen gis.Generation) []string {
	h := a.gen.Load()
	if h == nil || h.gen != gen {
		h = &genHeader{gen, []string{strconv.FormatUint(uint64(gen), 10)}}
		a.gen.Store(h)
	}
	return h.value
}

// view returns the city to answer from, an empty one on a server of archives.
func (a *API) view() *city.View {
	if a.cfg.Live == nil {
		return &city.View{}
	}
	return a.cfg.Live.View()
}

// Close ends event streams and import jobs; what waits for a decision is there again at the next start.
func (a *API) Close() error {
	a.cancel()
	if a.imports == nil {
		return nil
	}
	return a.imports.close()
}

// mount makes the router from the table of routes.
func (a *API) mount() *mux.Router {
	r := mux.NewRouter().SkipClean(true)
	for i := range a.routes {
		rt := &a.routes[i]
		methods := []string{rt.method}
		if rt.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		r.Handle(rt.path, a.handle(rt)).Methods(methods...).Name(rt.name)
		for _, path := range rt.also {
			r.Handle(path, a.handle(rt)).Methods(methods...).Name(rt.name)
		}
	}
	r.NotFoundHandler = a.handle(&route{name: "not-found", method: "", path: "unknown", open: true, compat: true, serve: (*API).unknown})
	r.MethodNotAllowedHandler = a.handle(&route{name: "wrong-method", method: "", path: "wrong-method", open: true, compat: true, serve: (*API).wrongMethod})
	return r
}

// ServeHTTP takes the base path off and hands on to the route.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.base != "" {
		if r.URL.Path == a.base {
			http.Redirect(w, r, a.base+"/", http.StatusPermanentRedirect)
			return
		}
		// Both forms are served: a proxy may take the prefix off or leave it on.
		if strings.HasPrefix(r.URL.Path, a.base+"/") {
			http.StripPrefix(a.base, http.HandlerFunc(a.dispatch)).ServeHTTP(w, r)
			return
		}
	}
	a.dispatch(w, r)
}

// dispatch finds the route of a request: by hand where that can be done, otherwise by the router.
func (a *API) dispatch(w http.ResponseWriter, r *http.Request) {
	if rt, vars := a.hot.find(r); rt != nil {
		a.serve(w, r, rt, vars)
		return
	}
	a.router.ServeHTTP(w, r)
}
