package geocode

import (
	"context"
	"iter"
	"os"
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// memCorpus is a corpus in memory.
type memCorpus map[string][]gis.Feature

func (m memCorpus) Features(_ context.Context, layer string, _ orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		for _, f := range m[layer] {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// put adds a row of the layer with the fields given as name, value pairs.
func (m memCorpus) put(layer string, g orb.Geometry, pairs ...string) gis.Feature {
	l := gis.MustLayer(layer)
	f := gis.NewFeature(l)
	f.Geom = g
	f.ID = int64(len(m[layer]) + 1)
	f.Key = layer[:1] + strconv.Itoa(len(m[layer])+1)
	for i := 0; i < len(pairs); i += 2 {
		f.SetText(pairs[i], pairs[i+1])
		if pairs[i] == l.Key {
			f.Key = pairs[i+1]
		}
	}
	m[layer] = append(m[layer], f)
	return f
}

// dataDir is where the shared real data lies; the test is skipped where it is absent, but not in CI.
func dataDir(tb testing.TB, rel string) string {
	tb.Helper()
	dir := "../../shared/data/" + rel
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("%s is missing: %v", dir, err)
		}
		tb.Skipf("%s is not here: %v", dir, err)
	}
	return dir
}
