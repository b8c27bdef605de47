package httpapi

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/tiles"
)

// tileMetrics count tiles by route template and by the layers in them. Only sets of layers that are served become labels, and of these
// the first maxLayerSets asked for: clients may ask for any combination.
type tileMetrics struct {
	answers *prometheus.CounterVec
	thinned *prometheus.CounterVec
	encode  *prometheus.HistogramVec
	known   *handles[tileAnswer, prometheus.Counter] // of answers

	mu   sync.Mutex
	sets map[string]bool
}

const maxLayerSets = 50

// tileAnswer is what a tile is counted under.
type tileAnswer struct {
	route   *route
	layers  string
	outcome string
}

func newTileMetrics(live *city.Live) (*tileMetrics, []prometheus.Collector) {
	labels := []string{"route", "layers"}
	m := &tileMetrics{
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wanmi_tiles_total",
			Help: "Tiles answered, by outcome: not_modified (304), or else how the tile was come by: hit (cache), miss (made for this request), joined (waited for one being made).",
		}, append(labels, "outcome")),
		thinned: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wanmi_tiles_thinned_total", Help: "Tiles answered that leave features out and say so in Wanmi-Tile; size: also beyond the layers' rules, for the limit of bytes.",
		}, append(labels, "reason")),
		encode: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "wanmi_tile_encode_seconds", Help: "Time to make a tile that was not in the cache: waiting for a free slot, encoding, compression.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1},
		}, labels),
		sets: map[string]bool{},
	}
	m.known = newHandles(func(k tileAnswer) prometheus.Counter {
		return m.answers.WithLabelValues(k.route.path, k.layers, k.outcome)
	})
	gauge := func(name, help string, of func(tiles.Stats) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			if s := live.View().Tiles; s != nil {
				return of(s.Stats())
			}
			return 0
		})
	}
	return m, []prometheus.Collector{
		m.answers, m.thinned, m.encode,
		gauge("wanmi_tile_cache_bytes", "Bytes of tiles in the cache, with room for their zstd form.", func(s tiles.Stats) float64 { return float64(s.Bytes) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "wanmi_tiles_warmed_total", Help: "Tiles written into the cache after a bulk import, before anybody asked for them.",
		}, func() float64 {
			if s := live.View().Tiles; s != nil {
				return float64(s.Stats().Warmed)
			}
			return 0
		}),
		gauge("wanmi_tile_cache_tiles", "Tiles in the cache.", func(s tiles.Stats) float64 { return float64(s.Tiles) }),
	}
}

// count records one answer to a client that has the tags of list; set is the label of layers that are known to be served.
func (m *tileMetrics) count(route *route, set string, t *tiles.Tile, how tiles.Outcome, rp *reply, list string, took time.Duration) {
	if how == tiles.Miss {
		m.encode.WithLabelValues(route.path, set).Observe(took.Seconds())
	}
	outcome := string(how)
	if list != "" {
		if _, known := rp.tag(identity, list); known {
			outcome = "not_modified"
		}
	}
	m.known.get(tileAnswer{route, set, outcome}).Inc()
	if t.Level > 0 {
		m.thinned.WithLabelValues(route.path, set, "size").Inc()
	} else if t.Thinned > 0 {
		m.thinned.WithLabelValues(route.path, set, "rule").Inc()
	}
}

// label names a set of layers in one way, whatever the order they were asked in, and always the same.
func (m *tileMetrics) label(layers []string) string {
	name := layers[0]
	if len(layers) > 1 {
		name = strings.Join(slices.Sorted(slices.Values(layers)), ",")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.sets[name] {
		if len(m.sets) == maxLayerSets {
			return "other"
		}
		m.sets[name] = true
	}
	return name
}
