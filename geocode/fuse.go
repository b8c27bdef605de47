package geocode

import (
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis/crs"
	"wanmi/gis/geom"
)

// Position is where a device says the reporter stands.
type Position struct {
	Point     orb.Point
	AccuracyM float64 // the radius that holds it two times in three, as telephones tell it
	Near      string  // what is there, for its label; may be empty
}

// Fused is what words and a position say together.
type Fused struct {
	Place   *Place // nil: neither says anything
	Others  []Place
	Reasons []Reason // beside the place's own
	Faults  []Fault
	Stand   *Stand // nil: not both were there
	Ask     string
	Settled bool // the position said which of several places of one name is meant: nobody need be asked
}

// Stand is how a position stands to the words.
type Stand struct {
	DistanceM float64 `json:"distance_m"` // between the two
	AllowedM  float64 `json:"allowed_m"`  // what both uncertainties allow
	Agrees    bool    `json:"agrees"`
	Believed  string  `json:"believed"`        // both, words or position
	Datum     string  `json:"datum,omitempty"` // gcj02 or bd09: the position agrees when it is taken for that
}

// The rules by which words and a position are brought together. Both are taken for spread evenly around their points; a standard
// deviation here is that of one axis.
const (
	perNine      = 2.146 // the radius that holds nine in ten, in standard deviations
	perTwoThirds = 1.515 // the radius that holds 68 in a hundred
	allowed      = 3.717 // ... 999 in a thousand: farther apart they contradict each other ...
	allowedFloor = 50.0  // ... but never within these metres
	besideM      = 10.0  // who reports a thing stands by it, not on it: standard deviation, metres
	agreeBonus   = .15   // what agreeing is worth when several readings compete
	conflictCost = .2    // what is taken off the score when they contradict each other ...
	tensionCost  = .05   // ... when they lie farther apart than nine in ten do ...
	datumCost    = .1    // ... when they agree as closely as nine in ten do once the position is taken for another datum's
	trustWords   = .75   // from this score on the words win over a position that contradicts them ...
	trustCode    = .99   // ... and over a coordinate written among them
	writtenM     = 10.0  // believed of a coordinate in the text
)

// spreadOfWords is how answers by words lie around what is meant, as shares with deviations in parts of UncertaintyM: most are far nearer than the
// radius that holds nine in ten. Of the even rows of Taipei's texts 30, 50, 70, 80 and 90 in a hundred lie within .14, .27, .44, .63 and 1.0
// of it; these say .13, .24, .42, .59 and .92.
var spreadOfWords = [3]struct{ share, deviation float64 }{{.3, .08}, {.4, .22}, {.3, .62}}

func (p Position) deviation() float64 { return math.Hypot(max(p.AccuracyM, 1)/perTwoThirds, besideM) }

func (p *Place) deviation() float64 { return max(p.UncertaintyM, 1) / perNine }

// joint is the standard deviation of the distance between a place and a position that are one, in one axis.
func (p *Place) joint(pos Position) float64 { return math.Hypot(p.deviation(), pos.deviation()) }

// reach is how far apart a place and a position may lie and still be one.
func (p *Place) reach(pos Position) float64 { return max(allowedFloor, allowed*p.joint(pos)) }

func metresBetween(a, b orb.Point) float64 {
	mx, my := geom.MetresPerDegree((a[1] + b[1]) / 2)
	return math.Hypot((a[0]-b[0])*mx, (a[1]-b[1])*my)
}

// Fuse brings the readings of a text together with a position, nil for none; a coordinate in the text stands for one then. The reading that
// agrees with the position is preferred and drawn towards it, each by its uncertainty; when none agrees it is said, with who is believed.
func Fuse(ans Answer, pos *Position) Fused {
	places, written := ans.Places, false
	if pos == nil {
		if pos, places = writtenPosition(places); pos == nil {
			if len(places) == 0 {
				return Fused{}
			}
			return Fused{Place: &places[0], Others: places[1:]}
		}
		written = true
	}
	if len(places) == 0 {
		p := pos.place()
		return Fused{Place: &p}
	}
	best, at := 0, *pos
	var datum string
	for _, d := range datums(*pos) {
		k := bestReading(places, d.pos)
		apart := metresBetween(places[k].Point, d.pos.Point)
		if d.name == "" {
			best = k
			if apart <= places[k].reach(*pos) {
				break
			}
		} else if apart <= max(allowedFloor, perNine*places[k].joint(d.pos)) {
			best, at, datum = k, d.pos, d.name
			break
		}
	}
	p := places[best]
	rest := slices.Delete(slices.Clone(places), best, best+1)
	stand := &Stand{DistanceM: round(metresBetween(p.Point, at.Point), 1), AllowedM: round(p.reach(at), 1), Datum: datum}
	if stand.DistanceM <= p.reach(at) {
		settled := p.settle(rest, at)
		stand.Agrees, stand.Believed = true, "both"
		out := agreed(p, at, rest, stand)
		out.Settled = settled
		return out
	}
	return contradicted(p, *pos, rest, stand, written)
}

// writtenPosition takes a coordinate out of the readings of a text, if there are others beside it.
func writtenPosition(places []Place) (*Position, []Place) {
	i := slices.IndexFunc(places, func(p Place) bool { return p.Layer == LayerCoordinate })
	if i < 0 || len(places) < 2 {
		return nil, places
	}
	return &Position{Point: places[i].Point, AccuracyM: writtenM}, slices.Delete(slices.Clone(places), i, i+1)
}

type datedPosition struct {
	name string
	pos  Position
}

// datums are the position as it is said, and as it is if it was meant in one of the shifted systems of Chinese maps.
func datums(pos Position) []datedPosition {
	out := []datedPosition{{"", pos}}
	for _, name := range [2]string{"gcj02", "bd09"} {
		c, err := crs.ByName(name)
		if err != nil {
			continue
		}
		shifted := pos
		shifted.Point[0], shifted.Point[1] = c.ToLonLat(pos.Point[0], pos.Point[1])
		if usable(shifted.Point) && metresBetween(shifted.Point, pos.Point) > allowedFloor {
			out = append(out, datedPosition{name, shifted})
		}
	}
	return out
}

// bestReading is the reading with the highest score, agreeing counted; near ones first among equals.
func bestReading(places []Place, pos Position) int {
	worth := func(p *Place) float64 {
		d, reach := metresBetween(p.Point, pos.Point), p.reach(pos)
		if d > reach {
			return p.Score
		}
		return p.Score + agreeBonus - .03*d/reach
	}
	best := 0
	for k := range places {
		if worth(&places[k]) > worth(&places[best]) {
			best = k
		}
	}
	return best
}

// settle forgives a place that its name is another's, too, when only it is near the position.
func (p *Place) settle(rest []Place, pos Position) bool {
	name := faultTexts[faultAmbiguous].code
	i := slices.IndexFunc(p.Faults, func(f Fault) bool { return f.Code == name })
	if i < 0 || slices.ContainsFunc(rest, func(o Place) bool {
		return o.Level == p.Level && o.Name == p.Name && metresBetween(o.Point, pos.Point) <= o.reach(pos)
	}) {
		return false
	}
	p.Score += p.Faults[i].Cost
	p.Faults = slices.Delete(slices.Clone(p.Faults), i, i+1)
	return true
}

// agreed draws a reading towards a position that agrees with it, each weighted by the inverse square of its deviation. A component stays where
// the survey put it. A position that may be anywhere within hundreds of metres makes the words little surer.
func agreed(p Place, pos Position, rest []Place, stand *Stand) Fused {
	out := Fused{Place: &p, Others: rest, Reasons: []Reason{pos.reason()}, Stand: stand}
	g := pos.deviation()
	tension := stand.DistanceM / p.joint(pos)
	if p.Layer != LayerComponent {
		w, s := p.between(pos, stand.DistanceM)
		p.Point = orb.Point{p.Point[0] + w*(pos.Point[0]-p.Point[0]), p.Point[1] + w*(pos.Point[1]-p.Point[1])}
		p.UncertaintyM = perNine * s
		if tension > perTwoThirds { // it is nearer to one of the two than their figures say, and nobody knows to which
			p.UncertaintyM = max(p.UncertaintyM, 1.1*stand.DistanceM*max(w, 1-w))
		}
		p.UncertaintyM = round(p.UncertaintyM, 1)
	}
	p.Score += (1 - p.Score) / 2 * min(1, 100/g)
	if tension > perNine {
		out.fault(Fault{
			"position.apart", fmt.Sprintf("the words and the position lie %.0f m apart, just within what both allow (%.0f m)", stand.DistanceM, stand.AllowedM),
			fmt.Sprintf("文字所述位置与定位相距%.0f米，勉强在允许范围（%.0f米）内", stand.DistanceM, stand.AllowedM), tensionCost,
		})
	}
	if stand.Datum != "" {
		name := map[string]string{"gcj02": "GCJ-02", "bd09": "BD-09"}[stand.Datum]
		out.fault(Fault{"position.datum", "the position agrees with the words when it is taken for " + name, "定位按" + name + "坐标理解才与文字相符", datumCost})
	}
	p.Score = round(max(.01, min(1, p.Score)), 3)
	return out
}

// between returns how far from the place towards a position d metres away the truth is expected, as a share of d, and its standard deviation. The
// words are the more likely to be close by the nearer the position is.
func (p *Place) between(pos Position, d float64) (w, deviation float64) {
	g2 := pos.deviation() * pos.deviation()
	var sum, mean, square, variance float64
	for _, k := range spreadOfWords {
		t := max(p.UncertaintyM, 1) * k.deviation
		joint := t*t + g2
		like := k.share / joint * math.Exp(-d*d/2/joint)
		x := t * t / joint * d // expected, from the place
		sum += like
		mean += like * x
		square += like * x * x
		variance += like * t * t * g2 / joint
	}
	mean, square, variance = mean/sum, square/sum, variance/sum
	return mean / max(d, 1e-9), math.Sqrt(variance + (square-mean*mean)/2)
}

// fault takes what had to be forgiven off the score.
func (f *Fused) fault(x Fault) {
	f.Faults = append(f.Faults, x)
	f.Place.Score -= x.Cost
}

// contradicted says that the two are no one place, and believes clear words, and a coordinate written on purpose, before a device.
func contradicted(p Place, pos Position, rest []Place, stand *Stand, written bool) Fused {
	other, d := pos.place(), stand.DistanceM
	trust := trustWords
	if written {
		trust = trustCode
	}
	stand.Believed = "words"
	not := Reason{Word: pos.reason().Word, Use: "position_not_believed"}
	if p.Score < trust {
		not = Reason{Word: p.Label, Use: "words_not_believed"}
		p, other, stand.Believed = other, p, "position"
	}
	p.Score = round(max(.01, p.Score-conflictCost), 3)
	return Fused{
		Place: &p, Others: append([]Place{other}, rest...), Reasons: []Reason{not}, Stand: stand,
		Faults: []Fault{{
			"position.conflict", fmt.Sprintf("the words and the position lie %.0f m apart, %.0f m would be allowed; the %s %s believed", d, stand.AllowedM, stand.Believed, isAre[stand.Believed]),
			fmt.Sprintf("文字所述位置与定位相距%.0f米（允许%.0f米），以%s为准", d, stand.AllowedM, believedZh[stand.Believed]), conflictCost,
		}},
		Ask: fmt.Sprintf("文字所述位置与定位相距%.0f米，请确认是“%s”还是定位处", d, wordsOf(&p, &other)),
	}
}

var (
	isAre      = map[string]string{"words": "are", "position": "is"}
	believedZh = map[string]string{"words": "文字", "position": "定位"}
)

// wordsOf is the label of the one of two places that is not the position.
func wordsOf(a, b *Place) string {
	if a.Layer == LayerCoordinate {
		return b.Label
	}
	return a.Label
}

func (p Position) reason() Reason {
	return Reason{Word: fmt.Sprintf("%.6f,%.6f ±%.0f m", p.Point[0], p.Point[1], p.AccuracyM), Use: "position"}
}

// place is the position by itself: its score says how far the accuracy lets it be believed.
func (p Position) place() Place {
	score := .9
	switch {
	case p.AccuracyM > 300:
		score = .3
	case p.AccuracyM > 100:
		score = .5
	case p.AccuracyM > 30:
		score = .7
	}
	name := fmt.Sprintf("%.6f,%.6f", p.Point[0], p.Point[1])
	label := fmt.Sprintf("%.6f, %.6f", p.Point[0], p.Point[1])
	if p.Near != "" {
		label = p.Near + "附近"
	}
	return Place{
		ID: "coordinate:" + name, Layer: LayerCoordinate, Level: "coordinate", Label: label, Name: label, Point: p.Point, Score: score, Match: MatchExact,
		UncertaintyM: round(perNine*p.deviation(), 1), Reasons: []Reason{p.reason()},
	}
}
