package geoeval

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"

	"wanmi/cmd/wanmi/internal/city"
)

// Case is a text with what is known of it. Grid, Department and Matter (code or name) and Component are "" where they are not known.
type Case struct {
	Row        int // of the file, from 1, the heading not counted
	Set, Text  string
	Point      orb.Point // longitude, latitude
	Grid       string
	Department string
	Component  string
	Matter     string
}

// Outcome is a case with its answer.
type Outcome struct {
	Case
	City      city.Located
	DistanceM float64 // from the first place to the true one; infinite when nothing was found
	TrueGrid  string  // the case's, else the cell its point lies in; "" without
}

// Judge compares an answer with its case; grid is the cell that holds the true point.
func Judge(c Case, l city.Located, grid string) Outcome {
	o := Outcome{Case: c, City: l, DistanceM: math.Inf(1), TrueGrid: cmp.Or(c.Grid, grid)}
	if l.Place != nil {
		o.DistanceM = geo.Distance(l.Place.Point, c.Point)
	}
	return o
}

// rank is which of the places lies within tolerance, from 1; 0 when none does.
func (o *Outcome) rank(tolerance float64) int {
	if o.DistanceM <= tolerance {
		return 1
	}
	for i, a := range o.City.Alternatives {
		if geo.Distance(a.Place.Point, o.Point) <= tolerance {
			return i + 2
		}
	}
	return 0
}

// component is which of the candidates the true component is, from 1; 0 when none.
func (o *Outcome) component() int {
	return 1 + slices.IndexFunc(o.City.Components, func(c city.Candidate) bool { return c.Code == o.Component })
}

// Report is what a file of cases says of the geocoder.
type Report struct {
	ToleranceM  float64     `json:"tolerance_m"`
	All         Figures     `json:"all"`
	Sets        []Figures   `json:"sets,omitempty"`   // by name
	Levels      []Figures   `json:"levels"`           // by the level the answers claim
	Calibration Calibration `json:"calibration"`      // of the placed
	Misses      []Miss      `json:"misses,omitempty"` // the placed wrong and the unplaced, highest score first
}

// Figures are the measures of some cases. Shares without a case that could show them are null.
type Figures struct {
	Name              string    `json:"name,omitempty"`
	Cases             int       `json:"cases"`
	Placed            int       `json:"placed"`
	Within20          float64   `json:"within_20_m"`
	Within50          float64   `json:"within_50_m"`
	Within100         float64   `json:"within_100_m"`
	MedianM           *float64  `json:"median_m"` // of the placed
	P95M              *float64  `json:"p95_m"`
	Recall            [3]Recall `json:"recall"`             // true place among the first 1, 3 and 5
	WithinUncertainty *float64  `json:"within_uncertainty"` // of the placed: point within uncertainty_m of the truth
	UncertaintyM      *float64  `json:"median_uncertainty_m"`
	Grid              *float64  `json:"right_grid"`
	Department        *float64  `json:"right_department"`
	Matter            *float64  `json:"right_matter"`
	ComponentFirst    *float64  `json:"right_component_first"`
	ComponentAmong3   *float64  `json:"right_component_among_3"`
}

// Recall is the share of cases with a right place among the first K.
type Recall struct {
	K     int     `json:"k"`
	Share float64 `json:"share"`
}

// Calibration holds the score against how often answers are right.
type Calibration struct {
	Error float64 `json:"error"` // expected calibration error over ten bins
	Bins  []Bin   `json:"bins"`  // those with answers
}

// Bin is a tenth of the scores.
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Cases int     `json:"cases"`
	Score float64 `json:"mean_score"`
	Right float64 `json:"right"`
}

// Miss is a case answered wrong.
type Miss struct {
	Row       int        `json:"row"`
	Set       string     `json:"set,omitempty"`
	Text      string     `json:"text"`
	Label     string     `json:"label,omitempty"`
	Level     string     `json:"level,omitempty"`
	Score     float64    `json:"score"`
	DistanceM *float64   `json:"distance_m"` // null: not placed
	Rank      int        `json:"rank"`       // of the right place among those offered, 0 when it is not
	Truth     orb.Point  `json:"truth"`
	Point     *orb.Point `json:"point"`
}

// NewReport adds up outcomes; an answer within tolerance, in metres, is right.
func NewReport(all []Outcome, tolerance float64) Report {
	r := Report{ToleranceM: tolerance, All: figuresOf("", all, tolerance), Calibration: calibrate(all, tolerance)}
	level := func(o *Outcome) string {
		if o.City.Place == nil {
			return ""
		}
		return o.City.Place.Level
	}
	r.Levels = split(all, level, tolerance)
	if sets := split(all, func(o *Outcome) string { return o.Set }, tolerance); len(sets) > 1 {
		r.Sets = sets
	}
	for i := range all {
		if all[i].DistanceM > tolerance {
			r.Misses = append(r.Misses, missOf(&all[i], tolerance))
		}
	}
	slices.SortStableFunc(r.Misses, func(a, b Miss) int { return -cmp.Compare(a.Score, b.Score) })
	return r
}

// split gives the figures of each name, in order.
func split(all []Outcome, name func(*Outcome) string, tolerance float64) (out []Figures) {
	by := map[string][]Outcome{}
	var names []string
	for i := range all {
		n := name(&all[i])
		if by[n] == nil {
			names = append(names, n)
		}
		by[n] = append(by[n], all[i])
	}
	slices.Sort(names)
	for _, n := range names {
		out = append(out, figuresOf(n, by[n], tolerance))
	}
	return out
}

// share counts those a question can be asked of, and those of them it is true for.
type share struct{ asked, right int }

func (s *share) see(right bool) {
	s.asked++
	if right {
		s.right++
	}
}

// plain is the share, 0 of none.
func (s *share) plain() float64 { return float64(s.right) / float64(max(1, s.asked)) }

// of is the share, nil of none.
func (s *share) of() *float64 {
	if s.asked == 0 {
		return nil
	}
	v := s.plain()
	return &v
}

func figuresOf(name string, all []Outcome, tolerance float64) Figures {
	f := Figures{Name: name, Cases: len(all), Recall: [3]Recall{{K: 1}, {K: 3}, {K: 5}}}
	var near, recall [3]share
	var within, grid, dept, matter, first, among3 share
	var dist, radius []float64
	for i := range all {
		o := &all[i]
		rank := o.rank(tolerance)
		for k, m := range [3]float64{20, 50, 100} {
			near[k].see(o.DistanceM <= m)
			recall[k].see(rank > 0 && rank <= f.Recall[k].K)
		}
		if o.City.Place != nil {
			dist, radius = append(dist, o.DistanceM), append(radius, o.City.UncertaintyM)
			within.see(o.DistanceM <= o.City.UncertaintyM)
		}
		if o.TrueGrid != "" {
			grid.see(o.City.Grid != nil && o.City.Grid.Code == o.TrueGrid)
		}
		if o.Department != "" {
			d := o.City.Department
			dept.see(d != nil && (d.Code == o.Department || d.Name == o.Department))
		}
		if o.Matter != "" {
			m := o.City.Matter
			matter.see(m != nil && (m.Code == o.Matter || m.Name == o.Matter))
		}
		if o.Component != "" {
			at := o.component()
			first.see(at == 1)
			among3.see(at > 0 && at <= 3)
		}
	}
	f.Placed = len(dist)
	for k, to := range [3]*float64{&f.Within20, &f.Within50, &f.Within100} {
		*to, f.Recall[k].Share = near[k].plain(), recall[k].plain()
	}
	slices.Sort(dist)
	slices.Sort(radius)
	f.UncertaintyM = quantile(radius, .5)
	f.MedianM, f.P95M = quantile(dist, .5), quantile(dist, .95)
	f.WithinUncertainty, f.Grid, f.Department, f.Matter = within.of(), grid.of(), dept.of(), matter.of()
	f.ComponentFirst, f.ComponentAmong3 = first.of(), among3.of()
	return f
}

// quantile returns the value at share q of the sorted values, to a decimetre.
func quantile(sorted []float64, q float64) *float64 {
	if len(sorted) == 0 {
		return nil
	}
	v := math.Round(10*sorted[int(q*float64(len(sorted)-1)+.5)]) / 10
	return &v
}

func calibrate(all []Outcome, tolerance float64) Calibration {
	bins := make([]Bin, 10)
	placed := 0
	for i := range all {
		o := &all[i]
		if o.City.Place == nil {
			continue
		}
		placed++
		b := &bins[min(9, int(10*o.City.Score))]
		b.Cases++
		b.Score += o.City.Score
		if o.DistanceM <= tolerance {
			b.Right++
		}
	}
	var c Calibration
	for i, b := range bins {
		if b.Cases == 0 {
			continue
		}
		b.From, b.To = float64(i)/10, float64(i+1)/10
		b.Score /= float64(b.Cases)
		b.Right /= float64(b.Cases)
		c.Error += math.Abs(b.Score-b.Right) * float64(b.Cases) / float64(placed)
		c.Bins = append(c.Bins, b)
	}
	return c
}

func missOf(o *Outcome, tolerance float64) Miss {
	m := Miss{Row: o.Row, Set: o.Set, Text: o.Text, Score: o.City.Score, Rank: o.rank(tolerance), Truth: o.Point}
	if p := o.City.Place; p != nil {
		d := math.Round(10*o.DistanceM) / 10
		m.Label, m.Level, m.Point, m.DistanceM = p.Label, p.Level, &p.Point, &d
	}
	return m
}
