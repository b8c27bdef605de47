package cql2

import (
	"math/big"

	"github.com/paulmach/orb"
)

// orient returns 1 when c lies to the left of the line from a to b, -1 to the right, 0 on it: exactly, by Shewchuk's bound on
// the error of the short computation and rational numbers where that does not decide.
func orient(a, b, c orb.Point) int {
	l := (a[0] - c[0]) * (b[1] - c[1])
	r := (a[1] - c[1]) * (b[0] - c[0])
	det := l - r
	var sum float64
	switch {
	case l > 0:
		if r <= 0 {
			return sign(det)
		}
		sum = l + r
	case l < 0:
		if r >= 0 {
			return sign(det)
		}
		sum = -l - r
	default:
		return sign(det)
	}
	const bound = 3.3306690738754716e-16
	if det >= bound*sum || -det >= bound*sum {
		return sign(det)
	}
	return orientExact(a, b, c)
}

func sign(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

func orientExact(a, b, c orb.Point) int {
	rat := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	sub := func(p, q float64) *big.Rat { return new(big.Rat).Sub(rat(p), rat(q)) }
	l := new(big.Rat).Mul(sub(a[0], c[0]), sub(b[1], c[1]))
	r := new(big.Rat).Mul(sub(a[1], c[1]), sub(b[0], c[0]))
	return l.Cmp(r)
}

// within reports whether p lies in the box of a and b.
func within(p, a, b orb.Point) bool {
	return min(a[0], b[0]) <= p[0] && p[0] <= max(a[0], b[0]) && min(a[1], b[1]) <= p[1] && p[1] <= max(a[1], b[1])
}
