package geocode

import (
	"context"
	"iter"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// Corpus is where the places come from: the layers street, community, road, door, poi, component, land and building.
// It is what a store offers already.
type Corpus interface {
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
}

// Config is what the geocoder must be told beside the data. The zero value works.
type Config struct {
	Synonyms   map[string][]string // word as people write it -> component class codes
	ClassNames map[string]string   // class code -> name
	Admin      []string            // names above the streets: "山东省", "济宁市", "邹城市"
}

// Update is one changed row: Old nil for an insert, New nil for a delete. Only Layer set: the layer is read again
// by a new Build, which Apply refuses.
type Update struct {
	Layer string
	Key   string
	Old   *gis.Feature
	New   *gis.Feature
}

// Geocoder answers queries. It is immutable.
type Geocoder struct{}

// Build reads the corpus and returns a geocoder of it.
func Build(ctx context.Context, c Corpus, cfg Config, p gis.Progress) (*Geocoder, error) {
	return &Geocoder{}, nil
}

// Apply returns a geocoder with the updates made.
func (g *Geocoder) Apply(ctx context.Context, ups []Update) (*Geocoder, error) { return g, nil }

// Search places a text.
func (g *Geocoder) Search(ctx context.Context, q Query) (Answer, error) { return Answer{}, nil }

// Autocomplete offers names that begin with the text, pinyin or initials.
func (g *Geocoder) Autocomplete(ctx context.Context, q Query) (Answer, error) { return Answer{}, nil }

// Reverse names the places at and around p.
func (g *Geocoder) Reverse(ctx context.Context, p orb.Point, q ReverseQuery) (Answer, error) {
	return Answer{}, nil
}

// Structured places a request already cut into parts.
func (g *Geocoder) Structured(ctx context.Context, q StructuredQuery) (Answer, error) {
	return Answer{}, nil
}
