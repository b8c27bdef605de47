package grids

import (
	"context"

	"wanmi/gis"
)

// Options steer Build; the zero value divides every community at about 10,000 m² with balanced weights.
type Options struct {
	Target, Min, Max float64  // m²; 0: 10,000, 5,000, 20,000
	Communities      []string // divide only these (12-digit codes); nil: all
	Threads          int      // 0: as many as the machine has
	Progress         gis.Progress
	Weights          Weights
	Today            string                     // YYYY-MM-DD, the InitDate of new cells; "" leaves it empty
	Next             func(community string) int // first sequence number never used there; nil: 1
	Old              []Cell                     // the division before: unchanged cells keep their codes
}

// Weights price what a good cell is; the zero value is Balanced.
type Weights struct {
	Area    float64 // deviation from the target area (8)
	Shape   float64 // deviation from a round shape (0.6)
	Load    float64 // deviation from the community's mean number of components (0.2)
	Feature float64 // border off real features, per 100 m (1)
}

// Balanced are the weights the zero value stands for.
var Balanced = Weights{Area: 8, Shape: 0.6, Load: 0.2, Feature: 1}

// Lineage records what became of a code: From is gone or changed, To is fresh; Why is one of
// split merge change gone new.
type Lineage struct {
	From Code   `json:"from"`
	To   Code   `json:"to"`
	Why  string `json:"why"`
}

// Division is what Build made.
type Division struct {
	Cells    []Cell // by code; void ones (gone since Options.Old) come last
	Findings []gis.Finding
	Stats    Stats
	Lineage  []Lineage // only with Options.Old
}

// Build divides the communities of src into cells.
func Build(ctx context.Context, src Source, opt Options) (*Division, error) {
	return nil, gis.E(gis.Unavailable, nil, "the divider is not wired in yet")
}
