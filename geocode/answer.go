package geocode

import "github.com/paulmach/orb"

// Query is a request in words.
type Query struct {
	Text       string
	Size       int              // most places wanted; 0: 10, at most 40
	Focus      *orb.Point       // places near it are preferred among equals
	Bound      *orb.Bound       // places outside are left out
	Circle     *Circle          // the same
	Polygon    orb.MultiPolygon // the same; WGS 84
	Layers     []string         // wanted Place.Layer values; empty: all
	Categories []string         // wanted Place.Category values, in any case; empty: all
	Brief      bool             // leaves out Answer.Parsed, and Answer.Reasons when every place has its own
}

// ReverseQuery narrows a reverse look-up.
type ReverseQuery struct {
	Size    int      // 0: 10, at most 40
	RadiusM float64  // 0: 1000 m, at most 5000
	Layers  []string // wanted Place.Layer values; empty: all
}

// StructuredQuery is a request already cut into parts.
type StructuredQuery struct {
	Address       string // road and number, or any text
	Road          string
	HouseNumber   string
	Venue         string // name of a POI
	Neighbourhood string // community
	Locality      string // street office (街道)
	County        string
	Postcode      string
	Size          int
	Focus         *orb.Point
	Bound         *orb.Bound
	Circle        *Circle
	Polygon       orb.MultiPolygon
	Layers        []string
	Categories    []string
}

// The values of Place.Layer.
const (
	LayerComponent     = "component"
	LayerGrid          = "grid"
	LayerAddress       = "address"
	LayerVenue         = "venue"
	LayerIntersection  = "intersection"
	LayerStreet        = "street"        // a road
	LayerNeighbourhood = "neighbourhood" // a community
	LayerLocaladmin    = "localadmin"    // a street office
	LayerCoordinate    = "coordinate"
)

// The values of Place.Match.
const (
	MatchExact        = "exact"
	MatchInterpolated = "interpolated"
	MatchFallback     = "fallback"
)

// Answer is what a query found, best first. No place is no error.
type Answer struct {
	Places  []Place           `json:"places"`
	Classes []ClassHit        `json:"classes,omitempty"` // component classes the text names
	Matters []ClassHit        `json:"matters,omitempty"` // matter classes the text names, the likeliest first
	Reasons []Reason          `json:"reasons,omitempty"` // what the words were taken for
	Parsed  map[string]string `json:"parsed,omitempty"`
	Ask     string            `json:"ask,omitempty"` // Chinese sentence: what is missing to place it better
}

// ClassHit is a class of components or of matters found in the text.
type ClassHit struct {
	Code string `json:"code"`
	Name string `json:"name"`
	Word string `json:"word"`
}

// Fault is something forgiven, at a cost in score.
type Fault struct {
	Code   string  `json:"code"` // stable, as number.missing
	Text   string  `json:"text"`
	TextZh string  `json:"text_zh"`
	Cost   float64 `json:"cost"`
}

// Reason says what a word of the text was used for.
type Reason struct {
	Word  string `json:"word"`
	Use   string `json:"use"`             // road, number, lane, intersection, poi, community, street, offset, unknown_road, nearest_number, class, matter, code, former_code, coordinate, admin, local_rule, local_alias
	By    string `json:"by,omitempty"`    // of a local rule or alias: who corrected, and who accepted it
	Years string `json:"years,omitempty"` // of a former name: when it was borne, as the city files it
	Ref   string `json:"ref,omitempty"`   // of a local rule or alias: its row, as local_name:F12
}

// Place is one answer.
type Place struct {
	ID            string    `json:"id"`    // layer:key, stable while the stored row is
	Layer         string    `json:"layer"` // one of the Layer constants
	Label         string    `json:"label"`
	Name          string    `json:"name"`
	HouseNumber   string    `json:"house_number,omitempty"`
	Road          string    `json:"road,omitempty"`
	Community     string    `json:"community,omitempty"`
	CommunityCode string    `json:"community_code,omitempty"`
	Street        string    `json:"street,omitempty"`
	StreetCode    string    `json:"street_code,omitempty"`
	Key           string    `json:"key,omitempty"`      // key of the stored row, when the place is one
	Category      string    `json:"category,omitempty"` // of a point of interest: its class, in the city's words
	Point         orb.Point `json:"point"`
	Score         float64   `json:"score"`
	Match         string    `json:"match"`         // exact, interpolated, fallback
	Level         string    `json:"level"`         // component, grid, coordinate, door, poi, intersection, offset, lane, road, community, street
	UncertaintyM  float64   `json:"uncertainty_m"` // radius that holds what is meant nine times in ten, if the reading is right
	Faults        []Fault   `json:"faults,omitempty"`
	Reasons       []Reason  `json:"reasons,omitempty"`
	DistanceM     float64   `json:"distance_m,omitempty"` // from the focus or the point asked
}
