package grids

import "io"

// Stats describe a division; areas in square metres, lengths in metres.
type Stats struct {
	Cells       int     `json:"cells"`
	Communities int     `json:"communities"`
	AreaM2      float64 `json:"area_m2"`
	MedianM2    float64 `json:"median_m2"`
	P5M2        float64 `json:"p5_m2"`
	P95M2       float64 `json:"p95_m2"`
	MinM2       float64 `json:"min_m2"`
	MaxM2       float64 `json:"max_m2"`
	InRange     float64 `json:"in_range_share"` // share of cells within Options.Min and Max
	Within50    float64 `json:"within_50_percent_share"`
	Below       int     `json:"below_min"`
	Above       int     `json:"above_max"`
	BorderM     float64 `json:"border_m"`
	OnFeatures  float64 `json:"border_on_features_share"` // of all borders, each counted once
	Compactness float64 `json:"polsby_popper_median"`
	Buildings   int     `json:"buildings"`
	Straddling  int     `json:"buildings_straddling_communities"`
	Components  int     `json:"components"`
	Histogram   []Bin   `json:"area_histogram"`
	Errors      int     `json:"errors"`
	Warnings    int     `json:"warnings"`
	Seconds     float64 `json:"seconds"`
}

// Bin counts the cells with FromM2 <= area < ToM2.
type Bin struct {
	FromM2 float64 `json:"from_m2"`
	ToM2   float64 `json:"to_m2"` // 0: no upper end
	Cells  int     `json:"cells"`
}

// WriteReport writes the division as "json" (stats, findings, lineage) or as
// "html": one self-contained page with a map of the cells and the findings.
func (d *Division) WriteReport(w io.Writer, format string) error {
	return nil
}
