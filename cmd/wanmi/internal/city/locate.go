package city

import (
	"context"

	"github.com/paulmach/orb"

	"wanmi/geocode"
	"wanmi/gis"
)

// LocateQuery is a report: words, the reporter's position, or both.
type LocateQuery struct {
	Text      string
	Point     *orb.Point // where the reporter's device says it is
	AccuracyM float64    // of Point, one standard deviation; 0: 30 m
}

// Located is the answer to a report.
type Located struct {
	Generation   gis.Generation     `json:"generation"`
	Place        *geocode.Place     `json:"place"` // nil: nothing was found
	Grid         *GridRef           `json:"grid"`
	Community    *AreaRef           `json:"community"`
	Street       *AreaRef           `json:"street"`
	Classes      []geocode.ClassHit `json:"classes"`
	Components   []Candidate        `json:"components"` // best first
	Department   *DepartmentRef     `json:"department"`
	Score        float64            `json:"score"`
	UncertaintyM float64            `json:"uncertainty_m"`
	Reasons      []geocode.Reason   `json:"reasons"`
	Faults       []geocode.Fault    `json:"faults"`
	Parsed       map[string]string  `json:"parsed,omitempty"`
	Ask          string             `json:"ask,omitempty"` // what to ask the reporter
	Alternatives []Alternative      `json:"alternatives"`
}

// GridRef is the cell of a place.
type GridRef struct {
	Code      string  `json:"code"`
	AreaM2    float64 `json:"area_m2"`
	DistanceM float64 `json:"distance_m"` // 0: the place lies in it
}

// AreaRef is a community or a street.
type AreaRef struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Candidate is a component that may be the one meant.
type Candidate struct {
	Code       string    `json:"code"`
	Name       string    `json:"name"`
	Class      string    `json:"class"`
	ClassName  string    `json:"class_name"`
	Label      string    `json:"label,omitempty"`
	State      string    `json:"state,omitempty"`
	Department string    `json:"department,omitempty"`
	DeptCode   string    `json:"dept_code,omitempty"`
	GridCode   string    `json:"grid_code,omitempty"`
	Point      orb.Point `json:"point"`
	DistanceM  float64   `json:"distance_m"`
	Score      float64   `json:"score"`
	Why        string    `json:"why"`
}

// DepartmentRef is the department answerable, and by what.
type DepartmentRef struct {
	Code  string `json:"code,omitempty"`
	Name  string `json:"name"`
	Phone string `json:"phone,omitempty"`
	By    string `json:"by"` // component, responsibility
	Why   string `json:"why"`
}

// Alternative is another place the report may mean.
type Alternative struct {
	Place geocode.Place `json:"place"`
	Grid  *GridRef      `json:"grid"`
}

// Locate answers a report from this View.
func (v *View) Locate(ctx context.Context, q LocateQuery) (Located, error) {
	return Located{Generation: v.Gen}, nil
}
