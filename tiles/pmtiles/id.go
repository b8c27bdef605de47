package pmtiles

import "math"

// ID returns the number of a tile: zooms one after the other, along a Hilbert curve in each. y is counted from the north.
func ID(z uint8, x, y uint32) uint64 {
	id := base(z)
	for k := int(z) - 1; k >= 0; k-- {
		s := uint32(1) << k
		rx, ry := x>>k&1, y>>k&1
		id += uint64(3*rx^ry) << (2 * k)
		x, y = turn(s, x&(s-1), y&(s-1), rx, ry)
	}
	return id
}

// ZXY is the inverse of ID; ok is false past zoom 31.
func ZXY(id uint64) (z uint8, x, y uint32, ok bool) {
	if z = zoomOf(id); z > maxZoom {
		return 0, 0, 0, false
	}
	d := id - base(z)
	for k := range int(z) {
		s := uint32(1) << k
		q := uint32(d>>(2*k)) & 3
		rx := q >> 1
		ry := (q ^ rx) & 1
		x, y = turn(s, x, y, rx, ry)
		x, y = x|rx<<k, y|ry<<k
	}
	return z, x, y, true
}

// Parent returns the number of the tile one zoom above; that of zoom 0 is its own. Rising numbers of one zoom have parents that
// do not fall, because the curve enters each quadrant once.
func Parent(id uint64) uint64 {
	z := zoomOf(id)
	if z == 0 || z > maxZoom {
		return id
	}
	return base(z-1) + (id-base(z))>>2
}

// zoomOf returns the zoom of a number, maxZoom+1 past the last.
func zoomOf(id uint64) uint8 {
	z := uint8(0)
	for z <= maxZoom && id >= base(z+1) {
		z++
	}
	return z
}

// base is the number of the first tile of a zoom.
func base(z uint8) uint64 {
	if z > maxZoom { // 4^32 does not fit, a third of it does
		return math.MaxUint64 / 3
	}
	return (uint64(1)<<(2*z) - 1) / 3
}

// turn turns a quadrant of side s as the curve runs through it.
func turn(s, x, y, rx, ry uint32) (uint32, uint32) {
	if ry != 0 {
		return x, y
	}
	if rx != 0 {
		x, y = s-1-x, s-1-y
	}
	return y, x
}
