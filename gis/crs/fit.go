package crs

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"wanmi/gis"
)

// ControlPoint is a point known in a local system and in CGCS2000.
type ControlPoint struct {
	Name     string
	X, Y     float64 // local, x = easting, metres
	Lon, Lat float64 // CGCS2000, degrees
}

// FitResidual tells how well a fit meets one control point, in metres: what the parameters give less what is given.
type FitResidual struct {
	Name    string  `json:"name"`
	East    float64 `json:"east"`
	North   float64 `json:"north"`
	Dist    float64 `json:"distance"`
	Outlier bool    `json:"outlier"` // left out of the fit
}

// Fit is a local system found by least squares.
type Fit struct {
	System    CRS
	Params    []FitParam
	Residuals []FitResidual // parallel to the control points
	Used      int           // points the parameters were found from
	RMS, Max  float64       // of the distances of the points used, metres
}

// FitParam is one parameter found.
type FitParam struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// fitModel finds a system from some of the points.
type fitModel struct {
	min   int // points it takes at least
	solve func(use []int) (CRS, []FitParam, error)
	plane CRS // residuals are told on this plane
}

// FitSimilarity finds the four parameters from the local system to base, a projected system, from two points or more.
// With keep, no point is left out; without, points that do not belong to the others are ([Fit.Residuals] says which).
// Fewer points, or all of them at one spot, are a gis.Rejected error.
func FitSimilarity(points []ControlPoint, base CRS, keep bool) (Fit, error) {
	if base.Geographic() {
		return Fit{}, gis.E(gis.Invalid, nil, "%s is no projected system", base.Name())
	}
	target := onto(base, points)
	return fitModel{2, func(use []int) (CRS, []FitParam, error) {
		s, ok := similarity(points, target, use)
		if !ok {
			return nil, nil, errSpot
		}
		return &local{base, s}, []FitParam{{"dx", s.DX, "m"}, {"dy", s.DY, "m"}, {"rotation", s.Rotation, "arc seconds"}, {"scale", s.Scale, ""}}, nil
	}, base}.fit(points, keep)
}

// FitHelmert finds the seven parameters (position vector, as PROJ's +towgs84) of a local system's datum, from three points or
// more. system names its projection and ellipsoid without them: EPSG:2436, or a PROJ string. Heights are taken as 0 on both sides.
func FitHelmert(points []ControlPoint, system string, keep bool) (Fit, error) {
	_, _, shifted := cutParam(system, "towgs84")
	plain, err := ByName(system + "+towgs84=0,0,0,0,0,0,0")
	p, ok := plain.(*projected)
	switch {
	case shifted:
		return Fit{}, gis.E(gis.Invalid, nil, "%s has its parameters already", system)
	case err != nil:
		return Fit{}, err
	case !ok:
		return Fit{}, gis.E(gis.Invalid, nil, "%s is no transverse Mercator system", system)
	}
	el := CGCS2000Ellipsoid
	if p.dat != nil {
		el = p.dat.el
	}
	from, to := make([][3]float64, len(points)), make([][3]float64, len(points))
	for i, c := range points {
		lon, lat := p.TransverseMercator.ToLonLat(c.X, c.Y)
		x, y, z := geocentric(el, lon, lat)
		from[i] = [3]float64{x, y, z}
		x, y, z = geocentric(CGCS2000Ellipsoid, c.Lon, c.Lat)
		to[i] = [3]float64{x, y, z}
	}
	plane := &projected{TransverseMercator: p.TransverseMercator, name: p.name}
	return fitModel{3, func(use []int) (CRS, []FitParam, error) {
		h, ok := helmert(from, to, use)
		if !ok {
			return nil, nil, errSpot
		}
		if math.Max(math.Abs(h.RX), math.Max(math.Abs(h.RY), math.Abs(h.RZ))) > 3600 || math.Abs(h.DS) > 1000 {
			return nil, nil, gis.E(gis.Rejected, nil, "the points ask for rotations over a degree or a scale over 1000 ppm: the local coordinates are not those of %s", system)
		}
		s, err := ByName(system + "+towgs84=" + h.String())
		return s, []FitParam{
			{"dx", h.DX, "m"}, {"dy", h.DY, "m"}, {"dz", h.DZ, "m"}, {"rx", h.RX, "arc seconds"}, {"ry", h.RY, "arc seconds"}, {"rz", h.RZ, "arc seconds"}, {"scale", h.DS, "ppm"},
		}, err
	}, plane}.fit(points, keep)
}

var errSpot = gis.E(gis.Rejected, nil, "the control points lie on one spot or on one line: no parameters can be found from them")

// onto projects the given positions.
func onto(base CRS, points []ControlPoint) [][2]float64 {
	out := make([][2]float64, len(points))
	for i, p := range points {
		out[i][0], out[i][1] = base.FromLonLat(p.Lon, p.Lat)
	}
	return out
}

// similarity solves Z = a·z + b in the complex plane, both sides taken from their middle.
func similarity(points []ControlPoint, target [][2]float64, use []int) (Similarity, bool) {
	var c complex128
	var d complex128
	n := complex(float64(len(use)), 0)
	z := func(i int) complex128 { return complex(points[i].X, points[i].Y) }
	w := func(i int) complex128 { return complex(target[i][0], target[i][1]) }
	for _, i := range use {
		c, d = c+z(i)/n, d+w(i)/n
	}
	var num complex128
	den := 0.0
	for _, i := range use {
		u := z(i) - c
		num += complex(real(u), -imag(u)) * (w(i) - d)
		den += real(u)*real(u) + imag(u)*imag(u)
	}
	if den < 1 || num == 0 {
		return Similarity{}, false
	}
	a := num / complex(den, 0)
	s := Similarity{Rotation: math.Atan2(imag(a), real(a)) / arcsec, Scale: math.Hypot(real(a), imag(a))}
	b := d - a*c
	s.DX, s.DY = real(b), imag(b)
	return s, s.Scale > 0.5 && s.Scale < 2
}

// helmert solves the seven parameters of the linear model that [datum] applies, both sides taken from their middle.
func helmert(from, to [][3]float64, use []int) (Helmert, bool) {
	var c, d [3]float64
	for _, i := range use {
		for k := range 3 {
			c[k] += from[i][k] / float64(len(use))
			d[k] += to[i][k] / float64(len(use))
		}
	}
	var m [3][4]float64 // normal equations of the rotations
	num, den := 0.0, 0.0
	for _, i := range use {
		u := [3]float64{from[i][0] - c[0], from[i][1] - c[1], from[i][2] - c[2]}
		v := [3]float64{to[i][0] - d[0], to[i][1] - d[1], to[i][2] - d[2]}
		uu := u[0]*u[0] + u[1]*u[1] + u[2]*u[2]
		num += u[0]*v[0] + u[1]*v[1] + u[2]*v[2]
		den += uu
		cross := [3]float64{u[1]*v[2] - u[2]*v[1], u[2]*v[0] - u[0]*v[2], u[0]*v[1] - u[1]*v[0]}
		for k := range 3 {
			for j := range 3 {
				m[k][j] -= u[k] * u[j]
			}
			m[k][k] += uu
			m[k][3] += cross[k]
		}
	}
	if den < 1 {
		return Helmert{}, false
	}
	a := num / den
	r, ok := solve3(m, 1e-9*den)
	if !ok || a < 0.5 || a > 2 {
		return Helmert{}, false
	}
	h := Helmert{RX: r[0] / a / arcsec, RY: r[1] / a / arcsec, RZ: r[2] / a / arcsec, DS: (a - 1) * 1e6}
	h.DX = d[0] - a*c[0] + r[2]*c[1] - r[1]*c[2]
	h.DY = d[1] - r[2]*c[0] - a*c[1] + r[0]*c[2]
	h.DZ = d[2] + r[1]*c[0] - r[0]*c[1] - a*c[2]
	return h, true
}

// solve3 solves three linear equations by elimination with pivots; a pivot below least means that there is no one answer.
func solve3(m [3][4]float64, least float64) (x [3]float64, ok bool) {
	for k := range 3 {
		p := k
		for i := k + 1; i < 3; i++ {
			if math.Abs(m[i][k]) > math.Abs(m[p][k]) {
				p = i
			}
		}
		if m[k], m[p] = m[p], m[k]; math.Abs(m[k][k]) <= least {
			return x, false
		}
		for i := k + 1; i < 3; i++ {
			f := m[i][k] / m[k][k]
			for j := k; j < 4; j++ {
				m[i][j] -= f * m[k][j]
			}
		}
	}
	for k := 2; k >= 0; k-- {
		x[k] = m[k][3]
		for j := k + 1; j < 3; j++ {
			x[k] -= m[k][j] * x[j]
		}
		x[k] /= m[k][k]
	}
	return x, true
}

// fit solves and, unless keep, leaves out one point after another that the others disprove.
func (m fitModel) fit(points []ControlPoint, keep bool) (Fit, error) {
	if len(points) < m.min {
		return Fit{}, gis.E(gis.Rejected, nil, "%d control points are too few: %d are needed, better twice as many", len(points), m.min)
	}
	use := make([]int, len(points))
	for i, p := range points {
		if !(math.Abs(p.Lon) <= 180 && math.Abs(p.Lat) <= 90 && math.Abs(p.X) < 1e8 && math.Abs(p.Y) < 1e8) {
			return Fit{}, gis.E(gis.Rejected, nil, "control point %s (%g, %g; %g, %g) lies nowhere on Earth", p.Name, p.X, p.Y, p.Lon, p.Lat)
		}
		use[i] = i
	}
	f, err := m.try(points, use)
	for err == nil && !keep && len(use) > m.min+1 {
		without, better, ok := m.worst(points, use, f)
		if !ok {
			break
		}
		use, f = without, better
	}
	return f, err
}

// try solves with the points of use and takes the residuals of all.
func (m fitModel) try(points []ControlPoint, use []int) (Fit, error) {
	sys, params, err := m.solve(use)
	if err != nil {
		return Fit{}, err
	}
	f := Fit{System: sys, Params: params, Residuals: make([]FitResidual, len(points)), Used: len(use)}
	for i, p := range points {
		e, n := m.plane.FromLonLat(p.Lon, p.Lat)
		ge, gn := m.plane.FromLonLat(sys.ToLonLat(p.X, p.Y))
		f.Residuals[i] = FitResidual{Name: p.Name, East: ge - e, North: gn - n, Dist: math.Hypot(ge-e, gn-n), Outlier: true}
	}
	for _, i := range use {
		r := &f.Residuals[i]
		r.Outlier = false
		f.RMS += r.Dist * r.Dist / float64(len(use))
		f.Max = math.Max(f.Max, r.Dist)
	}
	if f.RMS = math.Sqrt(f.RMS); math.IsNaN(f.RMS) || math.IsInf(f.RMS, 0) {
		return Fit{}, gis.E(gis.Rejected, nil, "the control points lie too far from %s to fit it", m.plane.Name())
	}
	return f, nil
}

// worst finds the point without which the rest fits best, and tells whether the rest disproves it: an F-test of its two
// coordinates at one in a thousand over all points, with residuals below a millimetre taken as one, and 2 cm at least.
func (m fitModel) worst(points []ControlPoint, use []int, f Fit) (without []int, best Fit, ok bool) {
	order := slices.Clone(use)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(f.Residuals[b].Dist, f.Residuals[a].Dist) })
	sum := func(f Fit) float64 { return f.RMS * f.RMS * float64(f.Used) }
	out := -1
	for _, i := range order[:min(len(order), 8)] { // the culprit is among the worst, whatever it drags along
		rest := slices.DeleteFunc(slices.Clone(use), func(j int) bool { return j == i })
		g, err := m.try(points, rest)
		if err == nil && (out < 0 || sum(g) < sum(best)) {
			without, best, out = rest, g, i
		}
	}
	if out < 0 {
		return nil, f, false
	}
	free := float64(2*len(without) - m.unknowns())
	noise := math.Max(sum(best)/free, 1e-6)
	ratio := (sum(f) - sum(best)) / 2 / noise
	chance := math.Pow(1+2*ratio/free, -free/2) // of so large an F with 2 and free degrees of freedom
	return without, best, chance*float64(len(use)) < 1e-3 && best.Residuals[out].Dist > 0.02
}

func (m fitModel) unknowns() int {
	if m.min == 2 {
		return 4
	}
	return 7
}

// String says in a line how good the fit is.
func (f Fit) String() string {
	return fmt.Sprintf("%d of %d points, RMS %.3f m, worst %.3f m", f.Used, len(f.Residuals), f.RMS, f.Max)
}
