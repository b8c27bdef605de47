package census

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"
)

// Degrees as people write them: 117°00′12.3″E, 东经117度0分12.3秒, E117 00 12.3, 117:00:12.3, 117-00-12.3, 117°00.205′,
// 117d00m12.3s, 117.0034E; and two of them in one text, in either order.

// angle is one number of degrees, or a bare number.
type angle struct {
	parts  [3]float64 // degrees, minutes, seconds
	n      int        // how many of them stand
	whole  bool       // the last of them has no decimal point
	marked bool       // with signs of degrees, minutes or seconds
	ended  bool       // the sign of seconds stands
	minus  bool
	hemi   byte // 'E', 'W', 'N', 'S'; 0 for none
}

// degrees returns the value; ok is false when the parts cannot be degrees, minutes and seconds.
func (a angle) degrees() (float64, bool) {
	v := a.parts[0]
	if a.n > 1 && (a.parts[0] != math.Trunc(a.parts[0]) || a.parts[1] > 60 || a.parts[2] > 60 || v > 180) {
		return 0, false
	}
	v += a.parts[1]/60 + a.parts[2]/3600
	if a.minus || a.hemi == 'W' || a.hemi == 'S' {
		v = -v
	}
	return v, true
}

// bare reports whether it is nothing but a number.
func (a angle) bare() bool { return a.n == 1 && !a.marked && a.hemi == 0 }

// angleWords are the words and signs of an angle and what they mean: d m s the units, E W N S the half of the globe,
// ',' parts two angles, ' ' is nothing. Longer ones stand before those they begin with.
var angleWords = []struct {
	word string
	is   byte
}{
	{"东经", 'E'},
	{"東經", 'E'},
	{"西经", 'W'},
	{"西經", 'W'},
	{"北纬", 'N'},
	{"北緯", 'N'},
	{"南纬", 'S'},
	{"南緯", 'S'},
	{"经度", 'E'},
	{"經度", 'E'},
	{"纬度", 'N'},
	{"緯度", 'N'},
	{"longitude", 'E'},
	{"latitude", 'N'},
	{"long", 'E'},
	{"lng", 'E'},
	{"lon", 'E'},
	{"lat", 'N'},
	{"deg", 'd'},
	{"min", 'm'},
	{"sec", 's'},
	{"°", 'd'},
	{"º", 'd'},
	{"˚", 'd'},
	{"度", 'd'},
	{"分", 'm'},
	{"秒", 's'},
	{"''", 's'},
	{"′′", 's'},
	{"´´", 's'},
	{"’’", 's'},
	{"″", 's'},
	{`"`, 's'},
	{"”", 's'},
	{"“", 's'},
	{"〃", 's'},
	{"′", 'm'},
	{"'", 'm'},
	{"’", 'm'},
	{"‘", 'm'},
	{"´", 'm'},
	{"`", 'm'},
	{"e", 'E'},
	{"w", 'W'},
	{"n", 'N'},
	{"d", 'd'},
	{"m", 'm'},
	{"s", '?'},
	{",", ','},
	{"，", ','},
	{";", ','},
	{"；", ','},
	{"、", ','},
	{"/", ','},
	{"|", ','},
	{"\u00a0", ' '},
	{"\u3000", ' '},
	{" ", ' '},
	{"\t", ' '},
	{"(", ' '},
	{")", ' '},
	{"[", ' '},
	{"]", ' '},
	{"{", ' '},
	{"}", ' '},
	{"（", ' '},
	{"）", ' '},
	{"=", ' '},
	{":", ':'},
	{"：", ':'},
	{"-", '-'},
	{"+", ' '},
	{"–", ':'},
	{"—", ':'},
}

// readAngles returns the angles a text is made of, at most two; ok is false for a text that holds anything else.
func readAngles(s string) (out [2]angle, n int, ok bool) {
	if len(s) > 120 || !strings.ContainsAny(s, "0123456789０１２３４５６７８９") {
		return out, 0, false
	}
	s = strings.ToLower(foldDigits(s))
	r := angleReader{open: true}
	for i := 0; i < len(s); {
		if c := s[i]; c >= '0' && c <= '9' {
			end := i
			for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.') {
				end++
			}
			v, err := strconv.ParseFloat(s[i:end], 64)
			if err != nil || !r.number(v, !strings.Contains(s[i:end], "."), startsDegrees(s[end:])) {
				return out, 0, false
			}
			i = end
			continue
		}
		is, size := angleWord(s[i:])
		if size == 0 || !r.sign(is) {
			return out, 0, false
		}
		i += size
	}
	if r.n == 0 || r.minus || r.hemi != 0 {
		return out, 0, false
	}
	return r.out, r.n, true
}

func angleWord(s string) (is byte, size int) {
	for _, w := range angleWords {
		if strings.HasPrefix(s, w.word) {
			return w.is, len(w.word)
		}
	}
	return 0, 0
}

// startsDegrees reports whether the sign of degrees comes next.
func startsDegrees(s string) bool {
	is, _ := angleWord(strings.TrimLeft(s, " "))
	return is == 'd'
}

type angleReader struct {
	out   [2]angle
	n     int
	open  bool // the next number begins an angle
	hemi  byte // stands before the angle that comes next
	minus bool
	glued bool // nothing stands between the last number or unit and here
}

// number takes a number; false when there is no place for it.
func (r *angleReader) number(v float64, whole, degrees bool) bool {
	if !r.open && r.n > 0 {
		a := &r.out[r.n-1]
		r.open = degrees || a.n == 3 || !a.whole || r.minus
	}
	r.glued = true
	if r.open {
		if r.n == 2 {
			return false
		}
		r.out[r.n] = angle{parts: [3]float64{v}, n: 1, whole: whole, hemi: r.hemi, minus: r.minus}
		r.n++
		r.open, r.hemi, r.minus = false, 0, false
		return true
	}
	a := &r.out[r.n-1]
	a.parts[a.n], a.whole = v, whole
	a.n++
	return true
}

// sign takes anything but a number.
func (r *angleReader) sign(is byte) bool {
	inside := r.n > 0 && !r.open
	switch is {
	case ' ':
		r.glued = false
		return true
	case ',':
		r.open, r.glued = true, false
		return !r.minus && r.hemi == 0
	case ':':
		return r.n > 0 || r.hemi != 0
	case '-':
		if !inside || !r.glued {
			r.minus = true
		}
		return true
	case '?': // seconds or south
		if is = 'S'; inside && r.out[r.n-1].n == 3 && !r.out[r.n-1].ended && r.glued {
			is = 's'
		}
	}
	if unit := strings.IndexByte("dms", is); unit >= 0 {
		if !inside || r.out[r.n-1].n != unit+1 || r.out[r.n-1].ended {
			return false
		}
		a := &r.out[r.n-1]
		a.marked, r.glued = true, true
		if unit == 2 {
			a.ended, a.whole = true, false
		}
		return true
	}
	if inside && (r.out[r.n-1].hemi == 0 || r.out[r.n-1].hemi == is) {
		r.out[r.n-1].hemi, r.open = is, true
		return true
	}
	if r.hemi != 0 && r.hemi != is {
		return false
	}
	r.hemi, r.open = is, true
	return true
}

// parsePair reads a point written as its two coordinates. They come out in the order they stand, longitude first when
// they say which is which. Two numbers that can be no coordinates of the region (degrees of China's surroundings, or
// metres of a projection) are no point.
func parsePair(s string) (orb.Point, bool) {
	as, n, ok := readAngles(s)
	if !ok || n != 2 {
		return orb.Point{}, false
	}
	a, okA := as[0].degrees()
	b, okB := as[1].degrees()
	if !okA || !okB {
		return orb.Point{}, false
	}
	north := func(h byte) bool { return h == 'N' || h == 'S' }
	switch {
	case as[0].hemi != 0 && as[1].hemi != 0 && north(as[0].hemi) == north(as[1].hemi):
		return orb.Point{}, false
	case north(as[0].hemi) || as[1].hemi != 0 && !north(as[1].hemi):
		return orb.Point{b, a}, math.Abs(b) <= 180 && math.Abs(a) <= 90
	case as[0].hemi != 0 || as[1].hemi != 0:
		return orb.Point{a, b}, math.Abs(a) <= 180 && math.Abs(b) <= 90
	}
	big, small := math.Max(a, b), math.Min(a, b)
	fine := func(x angle) bool { return !x.whole || x.n > 1 }
	degrees := big > 70 && big < 140 && small > 0 && small < 60 && fine(as[0]) && fine(as[1])
	return orb.Point{a, b}, degrees || small > 1e5 && as[0].n == 1 && as[1].n == 1 && !as[0].marked
}

// parseAngle reads one angle; ok is false for a bare number, which may be anything.
func parseAngle(s string) (float64, bool) {
	if utf8.RuneCountInString(s) > 60 {
		return 0, false
	}
	as, n, ok := readAngles(s)
	if !ok || n != 1 || as[0].bare() {
		return 0, false
	}
	return as[0].degrees()
}

// ParseCoordinate reads a coordinate as an import does: a number, or degrees with minutes and seconds as people write them.
func ParseCoordinate(s string) (float64, error) { return parseCoordinate(s) }
