package city

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/geocode"
	"wanmi/gis"
	"wanmi/grids"
)

// LocateQuery is a report: words, the reporter's position, or both.
type LocateQuery struct {
	Text      string
	Point     *orb.Point // where the reporter's device says it is
	AccuracyM float64    // of Point: the radius that holds it two times in three, as telephones tell it; 0: 30 m
	Brief     bool       // leaves out Parsed, Alternatives and why a component is a candidate: a line of a file shows none of them
}

// Located is the answer to a report.
type Located struct {
	Generation   gis.Generation     `json:"generation"`
	Place        *geocode.Place     `json:"place"` // nil: nothing was found
	Grid         *GridRef           `json:"grid"`
	Community    *AreaRef           `json:"community"`
	Street       *AreaRef           `json:"street"`
	Classes      []geocode.ClassHit `json:"classes"`
	Matter       *Matter            `json:"matter"`     // what is wrong; nil: the text does not say
	Components   []Candidate        `json:"components"` // best first
	Department   *DepartmentRef     `json:"department"`
	Score        float64            `json:"score"`
	UncertaintyM float64            `json:"uncertainty_m"`
	Position     *geocode.Stand     `json:"position,omitempty"` // how the position stands to the words, when there are both
	Reasons      []geocode.Reason   `json:"reasons"`
	Faults       []geocode.Fault    `json:"faults"`
	Parsed       map[string]string  `json:"parsed,omitempty"`
	Ask          string             `json:"ask,omitempty"` // what to ask the reporter
	Alternatives []Alternative      `json:"alternatives"`
}

// Matter is the class of what is wrong, of GB/T 47678.5-2026: of a street (majors 06 to 10), else the component's own 异常.
type Matter struct {
	Code string `json:"code"` // 5 digits
	Name string `json:"name"`
	Word string `json:"word,omitempty"` // of the text; "" when its component is named by number alone
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
	WhyZh      string    `json:"why_zh"`

	metres float64 // DistanceM, not rounded
}

// DepartmentRef is the department answerable, and by what.
type DepartmentRef struct {
	Code  string `json:"code,omitempty"`
	Name  string `json:"name"`
	Phone string `json:"phone,omitempty"`
	By    string `json:"by"` // component, responsibility
	Why   string `json:"why"`
	WhyZh string `json:"why_zh"`
}

// Alternative is another place the report may mean.
type Alternative struct {
	Place geocode.Place `json:"place"`
	Grid  *GridRef      `json:"grid"`
}

// How far from a cell a place may lie and still be counted to it: points on the outer edge of the city, by survey error.
const nearCellM = 30

// defaultAccuracyM is believed of a position that comes without an accuracy: a telephone's in a street.
const defaultAccuracyM = 30

// MaxAccuracyM is the worst accuracy a position may come with.
const MaxAccuracyM = 1e6

// maxAlternatives limits Located.Alternatives.
const maxAlternatives = 4

// maxReadings is how many readings of the words a position may choose among.
const maxReadings = 20

// Locate answers a report from this View. A text nothing is found for is no error: Place is nil then.
func (v *View) Locate(ctx context.Context, q LocateQuery) (Located, error) {
	q.Text = strings.TrimSpace(q.Text)
	if err := q.check(); err != nil {
		return Located{}, err
	}
	size := 1 + maxAlternatives
	if q.Point != nil {
		size = maxReadings
	}
	var ans geocode.Answer
	if q.Text != "" {
		var err error
		if ans, err = v.Geo.Search(ctx, geocode.Query{Text: q.Text, Size: size, Focus: q.Point, Brief: q.Brief}); err != nil {
			return Located{}, err
		}
	}
	var around string
	if q.Point != nil {
		rev, err := v.Geo.Reverse(ctx, *q.Point, geocode.ReverseQuery{Size: 1, RadiusM: 150})
		if err != nil {
			return Located{}, err
		}
		if len(rev.Places) > 0 {
			around = rev.Places[0].Label
		}
	}
	return v.compose(q, ans, around), nil
}

// check refuses what is no report.
func (q *LocateQuery) check() error {
	if q.Text == "" && q.Point == nil {
		return gis.E(gis.Invalid, nil, "a report needs text, a point, or both")
	}
	if math.IsNaN(q.AccuracyM) || q.AccuracyM < 0 || q.AccuracyM > MaxAccuracyM {
		return gis.E(gis.Invalid, nil, "accuracy_m must be from 0 to 1000000 metres")
	}
	if q.AccuracyM == 0 {
		q.AccuracyM = defaultAccuracyM
	}
	if p := q.Point; p != nil && !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) {
		return gis.E(gis.Invalid, nil, "the point must be longitude, latitude in degrees")
	}
	return nil
}

// compose makes the answer from what the geocoder found and where the reporter stands; around names that place.
func (v *View) compose(q LocateQuery, ans geocode.Answer, around string) Located {
	out := Located{
		Generation: v.Gen, Classes: ans.Classes, Parsed: ans.Parsed, Ask: ans.Ask, Reasons: ans.Reasons,
		Components: []Candidate{}, Faults: []geocode.Fault{}, Alternatives: []Alternative{},
	}
	if out.Classes == nil {
		out.Classes = []geocode.ClassHit{}
	}
	var pos *geocode.Position
	if q.Point != nil {
		pos = &geocode.Position{Point: *q.Point, AccuracyM: q.AccuracyM, Near: around}
	}
	ch := geocode.Fuse(ans, pos)
	out.Position = ch.Stand
	if ch.Ask != "" || ch.Settled {
		out.Ask = ch.Ask
	}
	if n := min(len(ch.Others), maxAlternatives); n > 0 && !q.Brief {
		out.Alternatives = make([]Alternative, n)
		for i := range n {
			out.Alternatives[i] = Alternative{Place: ch.Others[i], Grid: v.GridOf(ch.Others[i])}
		}
	}
	if ch.Place != nil {
		p := *ch.Place
		if len(p.Reasons) > 0 {
			out.Reasons = p.Reasons
		}
		if len(ch.Reasons) > 0 {
			out.Reasons = slices.Concat(out.Reasons, ch.Reasons)
		}
		if len(p.Faults)+len(ch.Faults) > 0 {
			out.Faults = slices.Concat(p.Faults, ch.Faults)
		}
		p, out.Grid = v.InCell(p)
		out.Place, out.Score, out.UncertaintyM = &p, p.Score, p.UncertaintyM
		out.Community, out.Street = v.AreasAt(p.Point, out.Grid)
		out.Components = v.candidates(q, p, componentClasses(ans))
	}
	out.Matter = matterOf(&out, ans.Matters)
	out.Reasons = withMatters(out.Reasons, ans.Matters)
	out.Department = v.answerable(&out)
	if out.Ask == "" && q.Text != "" && len(out.Classes) == 0 && out.Matter == nil {
		out.Ask = "请说明是什么部件或什么问题（如井盖、路灯、行道树）"
	}
	return out
}

// GridOf returns the cell of a place: the cell it is, the cell it lies in, or the nearest within nearCellM.
func (v *View) GridOf(p geocode.Place) *GridRef {
	if p.Layer == geocode.LayerGrid {
		if c, ok := v.Grids.Cell(grids.Code(p.Key)); ok {
			return &GridRef{Code: string(c.Code), AreaM2: c.AreaM2}
		}
	}
	return v.GridAt(p.Point)
}

// InCell returns a place with the community and street of its cell: on their common border the three must agree. The cell is nil where there is none.
func (v *View) InCell(p geocode.Place) (geocode.Place, *GridRef) {
	g := v.GridOf(p)
	if g == nil || p.CommunityCode == grids.Code(g.Code).Community() || p.Layer == geocode.LayerLocaladmin || p.Layer == geocode.LayerNeighbourhood {
		return p, g
	}
	community, street := v.AreasAt(p.Point, g)
	if community == nil || street == nil {
		return p, g
	}
	if rest, ok := strings.CutPrefix(p.Label, p.Street); ok && p.Street != "" {
		p.Label = street.Name + rest
	}
	p.Community, p.CommunityCode, p.Street, p.StreetCode = community.Name, community.Code, street.Name, street.Code
	return p, g
}

// GridAt returns the cell holding p, the nearest within 30 m when none does, nil when there is none.
func (v *View) GridAt(p orb.Point) *GridRef {
	if c, ok := v.Grids.At(p); ok {
		return &GridRef{Code: string(c.Code), AreaM2: c.AreaM2}
	}
	if near := v.Grids.Near(p, nearCellM); len(near) > 0 {
		return &GridRef{Code: string(near[0].Code), AreaM2: near[0].AreaM2, DistanceM: decimetres(distance(p, near[0].Polygon))}
	}
	return nil
}

// AreasAt returns community and street of a point; those of its cell when it has one, so that the three agree. grid may be nil.
func (v *View) AreasAt(p orb.Point, grid *GridRef) (community, street *AreaRef) {
	var c *Area
	ok := false
	if grid != nil {
		c, ok = v.Communities.Get(grids.Code(grid.Code).Community())
	}
	if !ok {
		c, ok = v.Communities.At(p)
	}
	var s *Area
	if ok {
		community = &AreaRef{Code: c.Code, Name: c.Name}
		if s, ok = v.Streets.Get(c.StreetCode); ok {
			return community, &AreaRef{Code: s.Code, Name: s.Name}
		}
		if c.StreetName != "" {
			return community, &AreaRef{Code: c.StreetCode, Name: c.StreetName}
		}
	}
	if s, ok = v.Streets.At(p); ok {
		street = &AreaRef{Code: s.Code, Name: s.Name}
	}
	return community, street
}

// Place tells which cell, community and street hold a point, as an import wants to know.
func (v *View) Place(p orb.Point) (gridCode, communityCode, communityName, streetCode, streetName string, ok bool) {
	var grid *GridRef
	if c, in := v.Grids.At(p); in {
		grid = &GridRef{Code: string(c.Code)}
		gridCode = grid.Code
	}
	c, s := v.AreasAt(p, grid)
	if c == nil {
		return gridCode, "", "", "", "", false
	}
	if s != nil {
		streetCode, streetName = s.Code, s.Name
	}
	return gridCode, c.Code, c.Name, streetCode, streetName, true
}

func decimetres(m float64) float64 { return math.Round(m*10) / 10 }
