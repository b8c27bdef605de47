package crs

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"wanmi/gis"
)

// control makes points of a known system: n of them within metres of a point of Zoucheng, with noise (metres, one sigma) on the local side.
func control(t testing.TB, system string, n int, noise float64) []ControlPoint {
	t.Helper()
	c, err := ByName(system)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, uint64(n)))
	out := make([]ControlPoint, n)
	for i := range out {
		lon, lat := 116.97+(rng.Float64()-0.5)*0.4, 35.4+(rng.Float64()-0.5)*0.3
		x, y := c.FromLonLat(lon, lat)
		out[i] = ControlPoint{fmt.Sprintf("K%d", i+1), x + noise*rng.NormFloat64(), y + noise*rng.NormFloat64(), lon, lat}
	}
	return out
}

const (
	localSystem  = "EPSG:4548+local4=450123.456,3870987.654,-1234.5678,1.0000234"
	beijingParam = "+towgs84=-12.064,-131.46,-81.61,-0.24,0.23,2.31,-0.6"
	beijing      = "+proj=tmerc +lon_0=116.75 +x_0=50000 +y_0=-3800000 +ellps=krass"
)

// The fit has to give back the system that the points were made with, by formulas checked against PROJ.
func TestFit(t *testing.T) {
	base, _ := ByName("EPSG:4548")
	four := func(p []ControlPoint, keep bool) (Fit, error) { return FitSimilarity(p, base, keep) }
	seven := func(p []ControlPoint, keep bool) (Fit, error) { return FitHelmert(p, beijing, keep) }
	for _, c := range []struct {
		name   string
		fit    func([]ControlPoint, bool) (Fit, error)
		system string
		n      int
		noise  float64
		shift  map[int]float64 // point -> metres its easting is wrong by
		within float64         // of the true system anywhere in the county, metres
	}{
		{"four, exact, two points", four, localSystem, 2, 0, nil, 0.0005},
		{"four, exact", four, localSystem, 12, 0, nil, 0.0005},
		{"four, a centimetre of noise", four, localSystem, 12, 0.01, nil, 0.03},
		{"four, one point 30 cm off", four, localSystem, 12, 0.01, map[int]float64{3: 0.3}, 0.03},
		{"four, three points off", four, localSystem, 12, 0.01, map[int]float64{0: 25, 3: 0.5, 7: -12}, 0.03},
		{"four, exact, one off in four", four, localSystem, 4, 0, map[int]float64{2: 5}, 0.0005},
		{"seven, exact, three points", seven, beijing + beijingParam, 3, 0, nil, 0.002},
		{"seven, exact", seven, beijing + beijingParam, 12, 0, nil, 0.002},
		{"seven, a centimetre of noise", seven, beijing + beijingParam, 12, 0.01, nil, 0.04},
		{"seven, two points off", seven, beijing + beijingParam, 12, 0.01, map[int]float64{1: 2, 6: -0.4}, 0.04},
	} {
		t.Run(c.name, func(t *testing.T) {
			points := control(t, c.system, c.n, c.noise)
			for i, d := range c.shift {
				points[i].X += d
			}
			f, err := c.fit(points, false)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range f.Residuals {
				if _, wrong := c.shift[i]; wrong != r.Outlier {
					t.Errorf("point %s: outlier %v, want %v (residual %.3f m)", r.Name, r.Outlier, wrong, r.Dist)
				}
			}
			truth, _ := ByName(c.system)
			found, err := ByName(Spec(f.System)) // as the profile will hold it
			if err != nil {
				t.Fatal(err)
			}
			worst := 0.0
			for _, p := range control(t, c.system, 200, 0) {
				lon, lat := found.ToLonLat(p.X, p.Y)
				tl, ta := truth.ToLonLat(p.X, p.Y)
				worst = math.Max(worst, math.Hypot((lon-tl)*90800, (lat-ta)*111000))
			}
			if worst > c.within {
				t.Errorf("%s is up to %.4f m from the truth, want within %g", Spec(found), worst, c.within)
			}
			if all, err := c.fit(points, true); err != nil || all.Used != len(points) {
				t.Errorf("with every point: %d used, %v", all.Used, err)
			}
		})
	}
}

func TestFitFaults(t *testing.T) {
	base, _ := ByName("EPSG:4548")
	good := control(t, localSystem, 5, 0)
	same := []ControlPoint{good[0], good[0], good[0]}
	line := control(t, localSystem, 3, 0)
	for i := range line {
		line[i].X, line[i].Y, line[i].Lon, line[i].Lat = 500000, 3900000, 117, 35
	}
	for name, c := range map[string]struct {
		err  error
		want gis.Kind
	}{
		"one point":           {fitErr(FitSimilarity(good[:1], base, false)), gis.Rejected},
		"one spot":            {fitErr(FitSimilarity(same, base, false)), gis.Rejected},
		"onto degrees":        {fitErr(FitSimilarity(good, WGS84, false)), gis.Invalid},
		"two points of seven": {fitErr(FitHelmert(good[:2], "EPSG:2436", false)), gis.Rejected},
		"one spot of seven":   {fitErr(FitHelmert(line, "EPSG:2436", false)), gis.Rejected},
		"another projection":  {fitErr(FitHelmert(good, "EPSG:2436", false)), gis.Rejected},
		"unknown system":      {fitErr(FitHelmert(good, "EPSG:1", false)), gis.Invalid},
		"parameters given":    {fitErr(FitHelmert(good, "EPSG:2436"+beijingParam, false)), gis.Invalid},
		"no projection":       {fitErr(FitHelmert(good, "EPSG:3857", false)), gis.Invalid},
	} {
		if gis.KindOf(c.err) != c.want {
			t.Errorf("%s: %v, want kind %d", name, c.err, c.want)
		}
	}
}

func fitErr(_ Fit, err error) error { return err }
