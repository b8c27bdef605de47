package geocode

import (
	"context"
	"maps"
	"math"
	"slices"
	"testing"
)

// told is a text with known place, what is answered to it and what the uncertainty of that answer is made of.
type told struct {
	placeText
	place  Place
	level  level
	reach  float64
	beside bool
	off    float64 // metres from the first place to the truth; infinite when there is none
}

// tell answers a text as Search does and keeps what stands behind the first place.
func (g *Geocoder) tell(tb testing.TB, p placeText) told {
	tb.Helper()
	q := Query{Text: p.text}
	if err := q.check(); err != nil {
		tb.Fatalf("row %d %q: %v", p.row, p.text, err)
	}
	sc := &scratch{ctx: context.Background()}
	sc.f.Set(p.text)
	g.understand(sc)
	g.judge(sc, &q)
	t := told{placeText: p, off: math.Inf(1)}
	if a := g.answer(sc, &q); len(a.Places) > 0 {
		c := &sc.cands[0]
		t.place, t.level, t.reach, t.beside = a.Places[0], c.level, g.reach(sc, c), c.said(sc)
		t.off = g.fr.to(t.place.Point).dist(g.fr.to(p.at))
	}
	return t
}

// loss is what a radius of u metres costs when the truth is d metres off, least where nine in ten lie inside; one wild label
// counts no more than 1000 m.
func loss(d, u float64) float64 {
	if d > u {
		return .9 * (min(d, 1000) - min(u, 1000))
	}
	return .1 * (u - d)
}

func (s spread) loss(ts []told) float64 {
	sum := 0.0
	for _, t := range ts {
		sum += loss(t.off, s.of(t))
	}
	return sum
}

func (s spread) of(t told) float64 {
	u := s.floor + s.slope*t.reach
	if t.beside {
		u += s.beside
	}
	return u
}

// fit returns the spread of the least loss for these, on a coarse grid: the table is no more exact than the labels.
func fit(ts []told) (best spread) {
	least := math.Inf(1)
	for floor := 2.0; floor <= 160; floor += 2 {
		for slope := 0.0; slope <= 2.5; slope += .1 {
			for beside := 0.0; beside <= 40; beside += 5 {
				s := spread{floor, math.Round(10*slope) / 10, beside}
				if l := s.loss(ts); l < least-1e-9 {
					best, least = s, l
				}
			}
		}
	}
	return best
}

// TestUncertainty holds the radius of answers to real texts against where their things are: of the rows never looked at, nine in
// ten lie inside, and the radius stays that of a place and not of a quarter.
func TestUncertainty(t *testing.T) {
	g, texts := taipei(t)
	var half [2][]told
	for _, p := range texts {
		if x := g.tell(t, p); !math.IsInf(x.off, 1) {
			half[p.row%2] = append(half[p.row%2], x)
		}
	}
	for _, k := range []struct {
		name   string
		levels []level
	}{
		{"door", []level{levelDoor}},
		{"interpolated", []level{levelInterpolated}},
		{"intersection", []level{levelIntersection}},
		{"lane mouth", []level{levelMouth}},
		{"lane", []level{levelLane, levelBetween}},
		{"road or area", []level{levelRoad, levelCommunity, levelStreet}},
	} {
		name, ls := k.name, k.levels
		of := func(h int) []told {
			return slices.DeleteFunc(slices.Clone(half[h]), func(x told) bool { return !slices.Contains(ls, x.level) })
		}
		even, s := of(0), spreads[ls[0]]
		f := fit(even)
		t.Logf("%s: fitted %v (loss %.0f), the table has %v (loss %.0f)", name, f, f.loss(even), s, s.loss(even))
		if s.loss(even) > 1.05*f.loss(even) {
			t.Errorf("%s: the table's %v fits the even rows worse than %v by over 5 %%; take that", name, s, f)
		}
		for h, which := range []string{"even", "odd"} {
			ts := of(h)
			t.Logf("%-14s %-4s %4d: inside %.1f %%, median %.0f m", name, which, len(ts), inside(ts), medianRadius(ts))
		}
	}
	for h, which := range []string{"even", "odd"} {
		sets := map[string][]told{}
		for _, x := range half[h] {
			sets[x.dataset] = append(sets[x.dataset], x)
		}
		for _, k := range slices.Sorted(maps.Keys(sets)) {
			ts := sets[k]
			t.Logf("%-30s %-4s %4d: inside %.1f %%, median %.0f m", k, which, len(ts), inside(ts), medianRadius(ts))
		}
		if ece := calibrationError(half[h]); ece > .05 {
			t.Errorf("%s rows: got a calibration error of %.3f, want at most 0.05", which, ece)
		} else {
			t.Logf("%s: calibration error %.3f", which, ece)
		}
		in, m := inside(half[h]), medianRadius(half[h])
		t.Logf("%s: inside %.1f %%, median %.0f m", which, in, m)
		if in < 88 || in > 93 {
			t.Errorf("%s rows within uncertainty_m: got %.1f %%, want 88 to 93 %%", which, in)
		}
		if m > 30 {
			t.Errorf("%s rows, median uncertainty_m: got %.0f m, want at most 30", which, m)
		}
	}
}

func inside(ts []told) float64 {
	n := 0
	for _, t := range ts {
		if t.off <= t.place.UncertaintyM {
			n++
		}
	}
	return pct(n, len(ts))
}

func medianRadius(ts []told) float64 {
	if len(ts) == 0 {
		return 0
	}
	us := make([]float64, len(ts))
	for i, t := range ts {
		us[i] = t.place.UncertaintyM
	}
	slices.Sort(us)
	return us[len(us)/2]
}

// calibrationError is how far the scores lie from the share of answers within 100 m, over ten bins, an answer a vote.
func calibrationError(ts []told) float64 {
	var score, right, n [10]float64
	for _, t := range ts {
		b := min(9, int(10*t.place.Score))
		score[b] += t.place.Score
		n[b]++
		if t.off <= 100 {
			right[b]++
		}
	}
	sum := 0.0
	for b := range n {
		sum += math.Abs(score[b] - right[b])
	}
	return sum / float64(max(1, len(ts)))
}
