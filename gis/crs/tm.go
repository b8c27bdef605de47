package crs

import "math"

// Ellipsoid is a reference ellipsoid: semi-major axis in metres and inverse flattening.
type Ellipsoid struct{ A, InvF float64 }

// The ellipsoids of the systems this package knows.
var (
	CGCS2000Ellipsoid = Ellipsoid{6378137, 298.257222101} // also GRS80, hence TWD97
	WGS84Ellipsoid    = Ellipsoid{6378137, 298.257223563}
	IAG75             = Ellipsoid{6378140, 298.257} // Xi'an 80
	Krassovsky        = Ellipsoid{6378245, 298.3}   // Beijing 54
)

// TransverseMercator is a transverse Mercator projection. The zero value is of no use; see [TM].
type TransverseMercator struct {
	lon0, k0, fe, fn float64 // radians, metres
	e, a, m0         float64 // eccentricity, k0 x rectifying radius, northing of the origin
	alpha, beta      [6]float64
}

// TM returns the projection on the CGCS2000 ellipsoid with central meridian lon0 and
// origin latitude lat0 in degrees, scale k0, false easting fe and northing fn in metres.
func TM(lon0, lat0, k0, fe, fn float64) *TransverseMercator {
	return tmOn(CGCS2000Ellipsoid, lon0, lat0, k0, fe, fn)
}

func tmOn(el Ellipsoid, lon0, lat0, k0, fe, fn float64) *TransverseMercator {
	f := 1 / el.InvF
	n := f / (2 - f)
	n2, n3, n4, n5, n6 := n*n, n*n*n, n*n*n*n, n*n*n*n*n, n*n*n*n*n*n
	t := &TransverseMercator{
		lon0: lon0 * math.Pi / 180, k0: k0, fe: fe, fn: fn,
		e: math.Sqrt(f * (2 - f)),
		a: k0 * el.A / (1 + n) * (1 + n2/4 + n4/64 + n6/256),
		alpha: [6]float64{
			n/2 - n2*2/3 + n3*5/16 + n4*41/180 - n5*127/288 + n6*7891/37800,
			n2*13/48 - n3*3/5 + n4*557/1440 + n5*281/630 - n6*1983433/1935360,
			n3*61/240 - n4*103/140 + n5*15061/26880 + n6*167603/181440,
			n4*49561/161280 - n5*179/168 + n6*6601661/7257600,
			n5*34729/80640 - n6*3418889/1995840,
			n6 * 212378941 / 319334400,
		},
		beta: [6]float64{
			n/2 - n2*2/3 + n3*37/96 - n4/360 - n5*81/512 + n6*96199/604800,
			n2/48 + n3/15 - n4*437/1440 + n5*46/105 - n6*1118711/3870720,
			n3*17/480 - n4*37/840 - n5*209/4480 + n6*5569/90720,
			n4*4397/161280 - n5*11/504 - n6*830251/7257600,
			n5*4583/161280 - n6*108847/3991680,
			n6 * 20648693 / 638668800,
		},
	}
	_, t.m0 = t.FromLonLat(lon0, lat0)
	t.m0 -= fn
	return t
}

// FromLonLat projects degrees to metres: x easting, y northing.
func (t *TransverseMercator) FromLonLat(lon, lat float64) (x, y float64) {
	dl := lon*math.Pi/180 - t.lon0
	sin := math.Sin(lat * math.Pi / 180)
	tau := math.Sinh(math.Atanh(sin) - t.e*math.Atanh(t.e*sin))
	sl, cl := math.Sincos(dl)
	xi, eta := math.Atan2(tau, cl), math.Asinh(sl/math.Hypot(tau, cl))
	dxi, deta := series(&t.alpha, xi, eta)
	return t.fe + t.a*(eta+deta), t.fn + t.a*(xi+dxi) - t.m0
}

// ToLonLat turns metres back into degrees.
func (t *TransverseMercator) ToLonLat(x, y float64) (lon, lat float64) {
	xi, eta := (y-t.fn+t.m0)/t.a, (x-t.fe)/t.a
	dxi, deta := series(&t.beta, xi, eta)
	xi, eta = xi-dxi, eta-deta
	sx, cx := math.Sincos(xi)
	sh := math.Sinh(eta)
	tau := conformalToTan(sx/math.Hypot(sh, cx), t.e)
	return (t.lon0 + math.Atan2(sh, cx)) * 180 / math.Pi, math.Atan(tau) * 180 / math.Pi
}

// series returns the sums of c[j] sin(2j xi) cosh(2j eta) and c[j] cos(2j xi) sinh(2j eta),
// by multiples of one angle: two calls of sin and sinh instead of twelve.
func series(c *[6]float64, xi, eta float64) (dxi, deta float64) {
	s2, c2 := math.Sincos(2 * xi)
	sh2, ch2 := math.Sinh(2*eta), math.Cosh(2*eta)
	s, co, sh, ch := s2, c2, sh2, ch2
	for j := range c {
		dxi += c[j] * s * ch
		deta += c[j] * co * sh
		s, co = s*c2+co*s2, co*c2-s*s2
		sh, ch = sh*ch2+ch*sh2, ch*ch2+sh*sh2
	}
	return dxi, deta
}

// conformalToTan returns the tangent of the geographic latitude from that of the
// conformal one, by Newton's method (Karney 2011, section 2); two steps reach rounding.
func conformalToTan(taup, e float64) float64 {
	e2m := 1 - e*e
	tau := taup / e2m
	for range 5 {
		h := math.Hypot(1, tau)
		sig := math.Sinh(e * math.Atanh(e*tau/h))
		tp := math.Hypot(1, sig)*tau - sig*h
		d := (taup - tp) * (1 + e2m*tau*tau) / (e2m * h * math.Hypot(1, tp))
		tau += d
		if math.Abs(d) <= 1e-15*math.Max(1, math.Abs(tau)) {
			break
		}
	}
	return tau
}
