package geocode

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/geocode/text"
	"wanmi/gis/crs"
)

// From which error on a coordinate is too coarse to find a thing by, and how far from all that is on file it is none of the city's.
const (
	coarseM  = 100
	outsideM = 3000
)

// metresPerDegree is the length of a degree of latitude, on the mean sphere of 6,371,009 m.
const metresPerDegree = 111195

// figure is a number with a fraction or many digits, as coordinates are written.
type figure struct {
	v       float64
	s, e    int
	decimal int     // digits behind the point
	whole   int     // digits before it
	step    float64 // of its last digit, in degrees when it is degrees
	axis    byte    // 'e' or 'n' when a word or letter says so
}

// figures reads the numbers that may be coordinates, degrees with minutes and seconds among them.
func figures(r []rune) []figure {
	var out []figure
	for i := 0; i < len(r); {
		if !text.Digit(r[i]) || i > 0 && (text.Alnum(r[i-1]) && r[i-1] != 'e' && r[i-1] != 'n' && r[i-1] != 'x' && r[i-1] != 'y' || r[i-1] == '.') {
			i++
			continue
		}
		f, end := readFigure(r, i)
		if f.decimal > 0 || f.whole >= 6 && f.whole <= 8 {
			f.axis = axisOf(r, i, end)
			out = append(out, f)
		}
		i = end
	}
	return out
}

func readFigure(r []rune, i int) (figure, int) {
	f := figure{s: i}
	j := i
	for j < len(r) && text.Digit(r[j]) && j-i < 16 {
		j++
	}
	f.whole = j - i
	if j+1 < len(r) && r[j] == '.' && text.Digit(r[j+1]) {
		k := j + 1
		for k < len(r) && text.Digit(r[k]) && k-j < 20 {
			k++
		}
		f.decimal = k - j - 1
		j = k
	}
	f.v, _ = strconv.ParseFloat(string(r[i:j]), 64)
	f.step = math.Pow10(-f.decimal)
	if f.decimal == 0 && f.whole <= 3 && j < len(r) && (r[j] == '°' || r[j] == '度') {
		scale := 60.0
		k := j + 1
		for k < len(r) && text.Digit(r[k]) && scale <= 3600 {
			from := k
			for k < len(r) && (text.Digit(r[k]) || r[k] == '.') && k-from < 12 {
				k++
			}
			v, err := strconv.ParseFloat(string(r[from:k]), 64)
			if err != nil {
				break
			}
			f.v += v / scale
			f.step = 1 / scale
			if dot := slices.Index(r[from:k], '.'); dot >= 0 {
				f.step *= math.Pow10(dot + 1 - (k - from))
			}
			scale *= 60
			f.decimal = 3
			for k < len(r) && (r[k] == '\'' || r[k] == '′' || r[k] == '"' || r[k] == '″' || r[k] == '分' || r[k] == '秒' || r[k] == '’' || r[k] == '”') {
				k++
			}
		}
		j = k
	} else if j < len(r) && (r[j] == '°' || r[j] == '度') {
		j++
	}
	f.e = j
	return f, j
}

func axisOf(r []rune, i, j int) byte {
	before := string(r[max(0, i-3):i])
	switch {
	case strings.Contains(before, "经") || strings.HasSuffix(before, "e") || strings.Contains(before, "lng") || strings.Contains(before, "lon"):
		return 'e'
	case strings.Contains(before, "纬") || strings.HasSuffix(before, "n") || strings.Contains(before, "lat"):
		return 'n'
	}
	if j < len(r) && (r[j] == 'e' || r[j] == 'n') {
		return byte(r[j])
	}
	return 0
}

// coordCands finds a pair of coordinates: longitude and latitude in either order, by range, or metres of the
// Gauss-Kruger grid. GCJ-02 and BD-09 are undone only when the text says so.
func (g *Geocoder) coordCands(sc *scratch) (from, to int) {
	r := sc.f.Runes
	if !couldHoldCoords(r) {
		return 0, 0
	}
	fs := figures(r)
	if len(fs) < 2 {
		return 0, 0
	}
	all := string(r)
	for k := 0; k+1 < len(fs); k++ {
		a, b := fs[k], fs[k+1]
		if b.s-a.e > 8 {
			continue
		}
		p, ok := g.coordPair(a, b, r, all)
		if !ok {
			continue
		}
		c := newCand(levelCoordinate, g.fr.to(p), 10)
		c.match = MatchExact
		if oldDatum(all) {
			c.fault(faultDatum, .05)
			c.unc = 150
		}
		if a.whole < 6 {
			// A digit left out is one that was zero: the finer of the two says how exact both are. Half a step to either side, to the corner.
			if half := min(a.step, b.step) / 2 * metresPerDegree * math.Sqrt2; half > c.unc {
				c.unc = math.Ceil(half)
			}
		}
		if c.unc > coarseM {
			c.fault(faultCoarse, .3)
		}
		if g.extent != (box{}) && !g.inCity(p) {
			c.fault(faultOutside, .4)
		}
		sc.addCand(c)
		return a.s, b.e
	}
	return 0, 0
}

func couldHoldCoords(r []rune) bool {
	n := 0
	for _, c := range r {
		if text.Digit(c) {
			n++
		}
	}
	return n >= 8
}

func (g *Geocoder) coordPair(a, b figure, r []rune, all string) (orb.Point, bool) {
	if a.whole >= 6 && b.whole >= 6 {
		return g.gridMetres(a.v, b.v, all)
	}
	if a.decimal == 0 || b.decimal == 0 || a.v > 180 || b.v > 180 {
		return orb.Point{}, false
	}
	p := orb.Point{a.v, b.v}
	swapped := orb.Point{b.v, a.v}
	switch {
	case a.axis == 'n' && b.axis != 'n' || b.axis == 'e' && a.axis != 'e':
		p = swapped
	case a.axis == 'e' || b.axis == 'n':
	case p[1] > 90:
		p = swapped
	case swapped[1] <= 90 && !g.inReach(p) && g.inReach(swapped):
		p = swapped
	}
	if p[1] > 90 {
		return p, false
	}
	if min(a.decimal, b.decimal) < 3 && !g.roundPair(a, b, r, p) {
		return p, false
	}
	for _, w := range [...]struct{ word, crs string }{
		{"gcj", "gcj02"},
		{"火星", "gcj02"},
		{"高德", "gcj02"},
		{"amap", "gcj02"},
		{"腾讯", "gcj02"},
		{"map.qq", "gcj02"},
		{"bd09", "bd09"},
		{"bd-09", "bd09"},
		{"百度", "bd09"},
		{"baidu", "bd09"},
	} {
		if strings.Contains(all, w.word) {
			if c, err := crs.ByName(w.crs); err == nil {
				p[0], p[1] = c.ToLonLat(p[0], p[1])
			}
			break
		}
	}
	return p, usable(p)
}

// roundPair reports whether two numbers of few decimals are a place all the same, 116.97,35.4, and not a price and a length: only blanks
// and marks stand between them, or words that say which is which, and they fall near the city.
func (g *Geocoder) roundPair(a, b figure, r []rune, p orb.Point) bool {
	if max(a.decimal, b.decimal) < 2 || !g.inReach(p) {
		return false
	}
	return a.axis != 0 && b.axis != 0 || !slices.ContainsFunc(r[a.e:b.s], text.Han)
}

// inReach reports whether p lies within 100 km of the city.
func (g *Geocoder) inReach(p orb.Point) bool {
	return g.extent.pad(100_000).holds(g.fr.to(p))
}
