package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/gis"
)

// recorder notes what was written.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, left(err)
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// metrics are labelled by route template, never by what a client typed.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	sent     *prometheus.CounterVec
	inFlight prometheus.Gauge
	tiles    *tileMetrics
	known    *handles[answered, counters]
}

func newMetrics(reg *prometheus.Registry, live *city.Live) *metrics {
	m := &metrics{
		registry: reg,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wanmi_http_requests_total", Help: "Requests answered, by route template, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wanmi_http_request_seconds", Help: "Time to answer, by route template.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wanmi_http_response_bytes_total", Help: "Bytes of bodies sent, by route template.",
		}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "wanmi_http_in_flight", Help: "Requests being answered.",
		}),
	}
	m.known = newHandles(m.countersOf)
	all := []prometheus.Collector{m.requests, m.seconds, m.sent, m.inFlight}
	if live != nil {
		of, more := newTileMetrics(live)
		m.tiles = of
		all = append(append(all, more...), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "wanmi_generation", Help: "Generation of the View being served.",
		}, func() float64 { return float64(live.View().Gen) }))
	}
	for _, c := range append(all,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	) {
		_ = reg.Register(c) // one the owner of the registry has put there already stays
	}
	return m
}

// answered is what a request is counted under.
type answered struct {
	route  *route
	method string
	status int
}

// counters are the metrics of one answered.
type counters struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
	sent     prometheus.Counter
}

func (m *metrics) countersOf(k answered) counters {
	return counters{
		m.requests.WithLabelValues(k.route.path, k.method, strconv.Itoa(k.status)),
		m.seconds.WithLabelValues(k.route.path), m.sent.WithLabelValues(k.route.path),
	}
}

// finish counts the request and writes its one line.
func (a *API) finish(c *call, w *recorder, err error, start time.Time, took time.Duration) {
	status := w.status
	if err != nil && statusOf(err) == statusClientGone {
		status = statusClientGone
	}
	m := a.metrics.known.get(answered{c.route, method(c.r), status})
	m.requests.Inc()
	m.seconds.Observe(took.Seconds())
	m.sent.Add(float64(w.bytes))

	level := slog.LevelInfo
	switch {
	case status >= 500, err != nil && gis.KindOf(err) == gis.Internal:
		level = slog.LevelError
	case status == statusClientGone:
		level = slog.LevelDebug
	}
	ctx := context.WithoutCancel(c.r.Context())
	if !a.cfg.Log.Enabled(ctx, level) {
		return
	}
	// Straight to the handler: the Logger would look up the caller's place in the source and the clock again.
	r := slog.NewRecord(start.Add(took), level, "request", 0)
	r.AddAttrs(
		slog.String("id", c.id), slog.String("method", method(c.r)), slog.String("route", c.route.path),
		slog.Int("status", status), slog.Int64("bytes", w.bytes),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.Uint64("generation", uint64(c.view.Gen)),
	)
	if c.who.name != "" {
		r.AddAttrs(slog.String("actor", c.who.name))
	}
	if err != nil {
		r.AddAttrs(slog.String("error", err.Error()))
	}
	_ = a.cfg.Log.Handler().Handle(ctx, r) // nobody can be told
}

// method returns the request's method, or "other" for one nobody has heard of: it becomes a label.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// serveMetrics is GET /metrics.
func (a *API) serveMetrics(c *call) (*reply, error) {
	h := promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{DisableCompression: true})
	rp := &reply{typ: "text/plain; version=0.0.4; charset=utf-8", cache: "no-store"}
	r := c.r.Clone(c.r.Context())
	r.Header.Del("Accept") // one format for all: what we say in Content-Type
	rp.stream = func(w http.ResponseWriter) error {
		h.ServeHTTP(&bodyOnly{ResponseWriter: w}, r)
		return nil
	}
	return rp, nil
}

// bodyOnly lets another handler write a body below a header that is out already.
type bodyOnly struct{ http.ResponseWriter }

func (bodyOnly) Header() http.Header { return http.Header{} }
func (bodyOnly) WriteHeader(int)     {}
