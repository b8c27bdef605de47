package city

import (
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/geocode"
)

// chosen is the place an answer stands on, and what speaks for and against it.
type chosen struct {
	place   *geocode.Place
	others  []geocode.Place
	reasons []geocode.Reason
	faults  []geocode.Fault
}

// The rules by which words and position are brought together.
const (
	agreeSigmas   = 3.0  // words and position agree within so many of their joint standard deviations ...
	agreeFloorM   = 50.0 // ... and always within this
	agreeBonus    = 0.15 // what agreeing is worth when several places compete
	conflictCost  = 0.2  // what is taken off the score when they contradict each other
	trustWords    = 0.75 // from this score on the words win over a position that contradicts them
	maxPositionOf = 0.9  // score of a position without words, when it is good to 30 m
)

// choose picks the place. Words alone: the first. A position alone: itself. Both: the place that agrees with the
// position, drawn towards it by their uncertainties; when none agrees, the words if they are clear, and it is said.
func choose(places []geocode.Place, q LocateQuery, around string) chosen {
	if q.Point == nil {
		if len(places) == 0 {
			return chosen{}
		}
		return chosen{place: &places[0], others: places[1:]}
	}
	pos := position(*q.Point, q.AccuracyM, around)
	if len(places) == 0 {
		return chosen{place: &pos}
	}
	best := 0
	for i, p := range places {
		if worth(p, q) > worth(places[best], q) {
			best = i
		}
	}
	p := places[best]
	rest := slices.Delete(slices.Clone(places), best, best+1)
	apart := distance(p.Point, pos.Point)
	if agrees(p, q) {
		return fuse(p, q, apart, rest)
	}
	conflict := geocode.Fault{
		Code: "position.conflict", Cost: conflictCost,
		Text:   fmt.Sprintf("the words and the reporter's position lie %.0f m apart", apart),
		TextZh: fmt.Sprintf("文字所述位置与上报人定位相距%.0f米", apart),
	}
	if p.Score < trustWords {
		p, pos = pos, p
	}
	p.Score = max(0, p.Score-conflictCost)
	return chosen{place: &p, others: append([]geocode.Place{pos}, rest...), faults: []geocode.Fault{conflict}}
}

// worth is the score by which places compete when a position is known.
func worth(p geocode.Place, q LocateQuery) float64 {
	if agrees(p, q) {
		return p.Score + agreeBonus
	}
	return p.Score
}

func agrees(p geocode.Place, q LocateQuery) bool {
	within := max(agreeFloorM, agreeSigmas*math.Hypot(sigmaShare*p.UncertaintyM, q.AccuracyM))
	return distance(p.Point, *q.Point) <= within
}

// fuse draws an agreeing place towards the position, each weighted by the inverse square of its standard deviation. A component
// stays where the survey put it.
func fuse(p geocode.Place, q LocateQuery, apart float64, rest []geocode.Place) chosen {
	said := geocode.Reason{Word: fmt.Sprintf("%.6f,%.6f ±%.0f m", q.Point[0], q.Point[1], q.AccuracyM), Use: "position"}
	if p.Layer != geocode.LayerComponent {
		u, a := max(sigmaShare*p.UncertaintyM, 1), max(q.AccuracyM, 1)
		w := (1 / (a * a)) / (1/(a*a) + 1/(u*u)) // weight of the position
		p.Point = orb.Point{p.Point[0] + w*(q.Point[0]-p.Point[0]), p.Point[1] + w*(q.Point[1]-p.Point[1])}
		// Two that stand far apart are not as certain together as their figures say.
		p.UncertaintyM = decimetres(max(1/math.Sqrt(1/(u*u)+1/(a*a))/sigmaShare, apart*min(w, 1-w)))
	}
	p.Score = min(1, p.Score+(1-p.Score)/2)
	return chosen{place: &p, others: rest, reasons: []geocode.Reason{said}}
}

// position is the place of a report without words.
func position(p orb.Point, accuracy float64, around string) geocode.Place {
	score := maxPositionOf
	switch {
	case accuracy > 300:
		score = 0.3
	case accuracy > 100:
		score = 0.5
	case accuracy > 30:
		score = 0.7
	}
	label := fmt.Sprintf("%.6f, %.6f", p[0], p[1])
	if around != "" {
		label = around + "附近"
	}
	return geocode.Place{
		ID: fmt.Sprintf("coordinate:%.6f,%.6f", p[0], p[1]), Layer: geocode.LayerCoordinate, Level: "coordinate",
		Label: label, Name: label, Point: p, Score: score, Match: geocode.MatchExact, UncertaintyM: decimetres(accuracy / sigmaShare),
		Reasons: []geocode.Reason{{Word: fmt.Sprintf("%.6f,%.6f ±%.0f m", p[0], p[1], accuracy), Use: "position"}},
	}
}
