package pmtiles

import (
	"math"

	"github.com/paulmach/orb"
)

// Window chooses tiles: those of its zooms that meet Bound.
type Window struct {
	MinZoom, MaxZoom uint8
	Bound            orb.Bound // degrees; the zero Bound: everywhere
}

// Whole is the window of all tiles.
func Whole() Window { return Window{MaxZoom: maxZoom} }

// Rect is a rectangle of tiles of one zoom, both corners in it. Y is counted from the north.
type Rect struct{ X0, Y0, X1, Y1 uint32 }

// Rect returns the tiles of a zoom; ok is false when there are none.
func (w Window) Rect(z uint8) (r Rect, ok bool) {
	if z < w.MinZoom || z > w.MaxZoom || z > maxZoom {
		return r, false
	}
	last := uint32(1)<<z - 1
	if w.Bound == (orb.Bound{}) {
		return Rect{0, 0, last, last}, true
	}
	n := float64(uint64(1) << z)
	at := func(v float64) uint32 { return uint32(min(max(math.Floor(v*n), 0), float64(last))) }
	x := func(lon float64) uint32 { return at(lon/360 + 0.5) }
	y := func(lat float64) uint32 {
		s := math.Sin(min(max(lat, -89), 89) * math.Pi / 180)
		return at(0.5 - math.Log((1+s)/(1-s))/(4*math.Pi))
	}
	return Rect{x(w.Bound.Min[0]), y(w.Bound.Max[1]), x(w.Bound.Max[0]), y(w.Bound.Min[1])}, true
}

// Has reports whether a tile is chosen.
func (w Window) Has(z uint8, x, y uint32) bool {
	r, ok := w.Rect(z)
	return ok && r.has(x, y)
}

func (r Rect) has(x, y uint32) bool { return x >= r.X0 && x <= r.X1 && y >= r.Y0 && y <= r.Y1 }

// meets reports whether one of the numbers from lo to before hi may be chosen.
func (w Window) meets(lo, hi uint64) bool {
	for z := w.MinZoom; z <= min(w.MaxZoom, maxZoom); z++ {
		first, past := base(z), base(z+1)
		if hi <= first || lo >= past {
			continue
		}
		r, _ := w.Rect(z)
		if r.meets(z, z, 0, max(lo, first)-first, min(hi, past)-first) {
			return true
		}
	}
	return false
}

// meets reports whether places lo to before hi of the curve of zoom z, within the square of side 2^k from place d on, touch r.
func (r Rect) meets(z, k uint8, d, lo, hi uint64) bool {
	size := uint64(1) << (2 * k)
	if lo >= d+size || hi <= d {
		return false
	}
	_, x, y, _ := ZXY(base(z) + d) // any tile of the square tells where it is
	x, y = x>>k<<k, y>>k<<k
	side := uint32(1)<<k - 1
	if x > r.X1 || x+side < r.X0 || y > r.Y1 || y+side < r.Y0 {
		return false
	}
	if lo <= d && hi >= d+size { // the whole square
		return true
	}
	for q := range uint64(4) {
		if r.meets(z, k-1, d+q*size/4, lo, hi) {
			return true
		}
	}
	return false
}
