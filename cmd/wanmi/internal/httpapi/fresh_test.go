package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/data"
	"wanmi/gis"
	"wanmi/tiles"
)

// state is the components after an edit.
type state []gis.Feature

func (s state) Features(_ context.Context, layer string, _ orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		for _, f := range s {
			if layer != "component" || !yield(f, nil) {
				return
			}
		}
	}
}

func (s *server) state() state {
	s.t.Helper()
	var out state
	for f, err := range s.store.Features(s.t.Context(), "component", orb.Bound{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// reading is a tile a client was given: at least as new as the edits acknowledged before it asked, at most as those begun when it had it.
type reading struct {
	tile        maptile.Tile
	acked, late int64
	tag         string
}

// TestEveryTileIsOfAnAcknowledgedState edits a town while eight clients read tiles: each tile has to be that of a map made anew from the rows after
// one of the edits that come into question. WANMI_EDITS says how many edits are made.
func TestEveryTileIsOfAnAcknowledgedState(t *testing.T) {
	const clients, seed = 8, 17
	edits := int64(200)
	if n, err := strconv.ParseInt(os.Getenv("WANMI_EDITS"), 10, 64); err == nil {
		edits = n
	}
	s := start(t, nil)
	s.populate(seed, 150)
	early := serveAPI(t, s.api, true).addr
	var acked, begun atomic.Int64
	states := []state{s.state()}
	readings := make([][]reading, clients)
	var wg sync.WaitGroup
	for k := range clients {
		wg.Go(func() {
			r := rand.New(rand.NewSource(seed + 1 + int64(k)))
			for acked.Load() < edits {
				a := maptile.At(citytest.At(r.Float64()*200-100, r.Float64()*200-100), maptile.Zoom(10+r.Intn(9)))
				before := acked.Load()
				status, tag := s.tagOf(fmt.Sprintf("/tiles/component/%d/%d/%d.mvt", a.Z, a.X, a.Y), early, k%2 == 0)
				if status != http.StatusOK && status != http.StatusNoContent {
					t.Errorf("%v: status %d", a, status)
					return
				}
				readings[k] = append(readings[k], reading{a, before, begun.Load(), tag})
			}
		})
	}
	r := rand.New(rand.NewSource(seed))
	for range edits {
		begun.Add(1)
		s.randomEdit(r, states[len(states)-1])
		states = append(states, s.state())
		acked.Add(1)
	}
	wg.Wait()
	compareReadings(t, states, slices.Concat(readings...))
}

// tagOf asks for a tile, by a handler alone or on a connection to addr, and returns status and tag, that of all codings.
func (s *server) tagOf(path, addr string, connected bool) (status int, tag string) {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	if connected {
		r, _ = http.NewRequest(http.MethodGet, "http://"+addr+path, http.NoBody)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	var h http.Header
	if connected {
		w, err := http.DefaultClient.Do(r)
		if err != nil {
			s.t.Error(err)
			return 0, ""
		}
		_, _ = io.Copy(io.Discard, w.Body) // or the connection is not used again
		_ = w.Body.Close()
		status, h = w.StatusCode, w.Header
	} else {
		w := httptest.NewRecorder()
		s.api.ServeHTTP(w, r)
		status, h = w.Code, w.Header()
	}
	tag, _, _ = strings.Cut(strings.Trim(h.Get("ETag"), `"`), "-")
	return status, tag
}

// populate puts n further components into the town.
func (s *server) populate(seed int64, n int) {
	s.t.Helper()
	r := rand.New(rand.NewSource(seed))
	_, err := s.live.Write(s.t.Context(), data.WriteInfo{Actor: "test"}, func(tx data.Tx) error {
		for i := range n {
			f := citytest.Component(fmt.Sprintf("37088301037%06d", 1000+i), "01037", "路灯", citytest.At(r.Float64()*200-100, r.Float64()*200-100), citytest.NorthEast, "")
			if _, _, err := tx.Put(&f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// randomEdit moves a component, changes its state or its name, or deletes it, as an editor does.
func (s *server) randomEdit(r *rand.Rand, now state) {
	s.t.Helper()
	path := "/api/components/" + now[r.Intn(len(now))].Key
	editor := []string{"Authorization", "Bearer " + s.keys[data.RoleEditor], "If-Match", "*", "Content-Type", "application/json"}
	if r.Intn(20) == 0 && len(now) > 50 {
		if w := s.do(http.MethodDelete, path, "", editor...); w.Code != http.StatusNoContent && w.Code != http.StatusOK {
			s.t.Fatalf("DELETE %s: %d %s", path, w.Code, w.Body)
		}
		return
	}
	p := citytest.At(r.Float64()*200-100, r.Float64()*200-100)
	body := []string{
		fmt.Sprintf(`{"geometry":{"type":"Point","coordinates":[%.7f,%.7f]}}`, p[0], p[1]),
		fmt.Sprintf(`{"state":%q}`, []string{"完好", "破损", "丢失"}[r.Intn(3)]),
		fmt.Sprintf(`{"name":"部件%d"}`, r.Intn(9)),
	}[r.Intn(3)]
	if w := s.do(http.MethodPatch, path, body, editor...); w.Code != http.StatusOK {
		s.t.Fatalf("PATCH %s %s: %d %s", path, body, w.Code, w.Body)
	}
}

func compareReadings(t *testing.T, states []state, all []reading) {
	t.Helper()
	sets := make([]*tiles.Set, len(states))
	tagOf := func(k int64, a maptile.Tile) string {
		if sets[k] == nil {
			cfg := tiles.DefaultConfig()
			cfg.CacheBytes = 8 << 20
			var err error
			if sets[k], err = tiles.Build(t.Context(), states[k], cfg, nil); err != nil {
				t.Fatal(err)
			}
		}
		tile, err := sets[k].Tile(t.Context(), []string{"component"}, a, tiles.TileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return tile.ETag
	}
	changed := 0
	for _, r := range all {
		ok := false
		for k := r.acked; k <= r.late && !ok; k++ {
			ok = tagOf(k, r.tile) == r.tag
		}
		if !ok {
			t.Fatalf("tile %v is %s, of none of the states %d to %d", r.tile, r.tag, r.acked, r.late)
		}
		if r.acked > 0 && tagOf(0, r.tile) != r.tag {
			changed++
		}
	}
	if len(all) < 2*len(states) || changed < len(all)/4 {
		t.Errorf("%d tiles read, %d of them changed by edits: too few to say anything", len(all), changed)
	}
}
