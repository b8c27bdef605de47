package crs

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"wanmi/gis"
	"wanmi/gis/gistest"
)

// The truth is PROJ's cs2cs (package proj-bin), run on the same random points.
func TestAgainstPROJ(t *testing.T) {
	bin, err := exec.LookPath("cs2cs")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("cs2cs is missing: scripts/setup.sh installs proj-bin")
		}
		t.Skip("cs2cs (package proj-bin) is not installed")
	}
	const pts = 10000
	for _, tc := range []struct {
		name, from, to string // PROJ's words for a system with x first
		lon, lat, r    float64
	}{
		{"EPSG:4548", "+proj=longlat +ellps=GRS80", "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80", 117, 35.4, 1.5},
		{"EPSG:4527", "+proj=longlat +ellps=GRS80", "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=39500000 +y_0=0 +ellps=GRS80", 117, 35.4, 1.5},
		{"EPSG:4497", "+proj=longlat +ellps=GRS80", "+proj=tmerc +lat_0=0 +lon_0=111 +k=1 +x_0=19500000 +y_0=0 +ellps=GRS80", 111, 30, 3},
		{"EPSG:3826", "+proj=longlat +ellps=GRS80", "+proj=tmerc +lat_0=0 +lon_0=121 +k=0.9999 +x_0=250000 +y_0=0 +ellps=GRS80", 121, 24, 1.5},
		{"EPSG:32650", "+proj=longlat +datum=WGS84", "+proj=utm +zone=50 +datum=WGS84", 117, 35.4, 3},
		{"EPSG:4554", "+proj=longlat +ellps=GRS80", "+proj=tmerc +lat_0=0 +lon_0=135 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80", 135, 45, 3},
		{"EPSG:4499", "+proj=longlat +ellps=GRS80", "+proj=tmerc +lat_0=0 +lon_0=123 +k=1 +x_0=21500000 +y_0=0 +ellps=GRS80", 123, 20, 4},
		{
			"EPSG:2327+towgs84=-15.5,-3.2,8.4", "+proj=longlat +ellps=GRS80 +towgs84=0,0,0,0,0,0,0",
			"+proj=tmerc +lat_0=0 +lon_0=75 +k=1 +x_0=13500000 +y_0=0 +a=6378140 +rf=298.257 +towgs84=-15.5,-3.2,8.4", 75, 40, 3,
		},
		{
			"EPSG:21460+towgs84=-12.064,-131.46,-81.61,-0.24,0.23,2.31,-0.6", "+proj=longlat +ellps=GRS80 +towgs84=0,0,0,0,0,0,0",
			"+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +ellps=krass +towgs84=-12.064,-131.46,-81.61,-0.24,0.23,2.31,-0.6", 117, 35.4, 3,
		},
		{
			beijing + beijingParam, "+proj=longlat +ellps=GRS80 +towgs84=0,0,0,0,0,0,0", beijing + " " + beijingParam, 116.97, 35.4, 0.5,
		},
		{
			"+proj=utm +zone=50 +ellps=IAU76 +towgs84=3,-2,1,0.1,0.2,0.3,4", "+proj=longlat +ellps=GRS80 +towgs84=0,0,0,0,0,0,0",
			"+proj=utm +zone=50 +a=6378140 +rf=298.257 +towgs84=3,-2,1,0.1,0.2,0.3,4", 117, 35.4, 3,
		},
		{"EPSG:3857", "+proj=longlat +datum=WGS84", "+proj=webmerc +datum=WGS84", 117, 35.4, 20},
		{
			"EPSG:2384+towgs84=-15.5,-3.2,8.4,0.2,-0.3,1.1,-0.8", "+proj=longlat +ellps=GRS80 +towgs84=0,0,0,0,0,0,0",
			"+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +a=6378140 +rf=298.257 +towgs84=-15.5,-3.2,8.4,0.2,-0.3,1.1,-0.8", 117, 35.4, 1.5,
		},
		{
			"EPSG:2436+towgs84=-12.064,-131.46,-81.61,-0.24,0.23,2.31,-0.6", "+proj=longlat +ellps=GRS80 +towgs84=0,0,0,0,0,0,0",
			"+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +ellps=krass +towgs84=-12.064,-131.46,-81.61,-0.24,0.23,2.31,-0.6", 117, 35.4, 1.5,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := ByName(tc.name)
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			in, lls := strings.Builder{}, make([][2]float64, pts)
			for i := range lls {
				lls[i] = [2]float64{tc.lon + (2*rng.Float64()-1)*tc.r, tc.lat + (2*rng.Float64()-1)*tc.r}
				fmt.Fprintf(&in, "%.12f %.12f\n", lls[i][0], lls[i][1])
			}
			args := append(append([]string{"-f", "%.6f"}, strings.Fields(tc.from)...), "+to")
			cmd := exec.Command(bin, append(args, strings.Fields(tc.to)...)...)
			cmd.Stdin = strings.NewReader(in.String())
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("cs2cs: %v", err)
			}
			worst, back := 0.0, 0.0
			inverse := projInverse(t, bin, args, tc.to, string(out))
			for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
				var wx, wy float64
				if _, err := fmt.Sscan(line, &wx, &wy); err != nil {
					t.Fatalf("cs2cs line %q: %v", line, err)
				}
				x, y := c.FromLonLat(lls[i][0], lls[i][1])
				worst = math.Max(worst, math.Hypot(x-wx, y-wy))
				lon, lat := c.ToLonLat(wx, wy)
				worst = math.Max(worst, math.Hypot((lon-inverse[i][0])*111e3*math.Cos(lat*math.Pi/180), (lat-inverse[i][1])*111e3))
				lon, lat = c.ToLonLat(x, y)
				back = math.Max(back, math.Hypot(lon-lls[i][0], lat-lls[i][1])*111e3)
			}
			t.Logf("%d points: %.6f m from PROJ at worst, %.9f m from where they came", pts, worst, back)
			if worst > 0.001 {
				t.Errorf("worst difference from PROJ = %.6f m, want < 0.001", worst)
			}
			if back > 1e-5 {
				t.Errorf("round trip = %g m, want < 0.00001", back)
			}
		})
	}
}

// projInverse has cs2cs turn its own output back, so that our inverse is measured against PROJ's.
func projInverse(t *testing.T, bin string, args []string, to, lines string) [][2]float64 {
	t.Helper()
	from := args[2 : len(args)-1]
	cmd := exec.Command(bin, slices.Concat([]string{"-f", "%.13f"}, strings.Fields(to), []string{"+to"}, from)...)
	cmd.Stdin = strings.NewReader(lines)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cs2cs: %v", err)
	}
	var back [][2]float64
	for line := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		var p [2]float64
		if _, err := fmt.Sscan(line, &p[0], &p[1]); err != nil {
			t.Fatalf("cs2cs line %q: %v", line, err)
		}
		back = append(back, p)
	}
	return back
}

// Four parameters against PROJ's helmert in the plane, which takes the rotation clockwise.
func TestSimilarityAgainstPROJ(t *testing.T) {
	bin, err := exec.LookPath("cct")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("cct is missing: scripts/setup.sh installs proj-bin")
		}
		t.Skip("cct (package proj-bin) is not installed")
	}
	c, err := ByName(localSystem)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	in, local := strings.Builder{}, make([][2]float64, 10000)
	for i := range local {
		local[i] = [2]float64{rng.Float64() * 80000, rng.Float64() * 60000}
		fmt.Fprintf(&in, "%.4f %.4f 0 0\n", local[i][0], local[i][1])
	}
	cmd := exec.Command(bin, "-d", "6", "+proj=helmert", "+x=450123.456", "+y=3870987.654", "+theta=1234.5678", "+s=1.0000234")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("cct: %v", err)
	}
	base, _ := ByName("EPSG:4548")
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		var wx, wy float64
		if _, err := fmt.Sscan(line, &wx, &wy); err != nil {
			t.Fatalf("cct line %q: %v", line, err)
		}
		lon, lat := c.ToLonLat(local[i][0], local[i][1])
		x, y := base.FromLonLat(lon, lat)
		if d := math.Hypot(x-wx, y-wy); d > 0.001 {
			t.Fatalf("local %v is %.4f %.4f, PROJ says %.4f %.4f: %.4f m", local[i], x, y, wx, wy, d)
		}
		bx, by := c.FromLonLat(lon, lat)
		if d := math.Hypot(bx-local[i][0], by-local[i][1]); d > 0.0001 {
			t.Fatalf("local %v comes back %.5f m away", local[i], d)
		}
	}
}

// GCJ-02: a published pair (Tiananmen, WGS-84 to GCJ-02 of the widely used formula) and the inverse.
func TestOffsetSystems(t *testing.T) {
	x, y := GCJ02.FromLonLat(116.3913, 39.9075)
	if d := math.Hypot((x-116.397543)*85400, (y-39.908903)*111000); d > 2 {
		t.Errorf("GCJ-02 of 116.3913,39.9075 = %.6f,%.6f, %.2f m from the published point", x, y, d)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for _, c := range []CRS{GCJ02, BD09} {
		worst := 0.0
		for range 10000 {
			lon, lat := 75+rng.Float64()*58, 18+rng.Float64()*35
			x, y := c.FromLonLat(lon, lat)
			lo, la := c.ToLonLat(x, y)
			d := math.Hypot(lo-lon, la-lat) * 111e3
			if worst = max(worst, d); d > 0.001 {
				t.Fatalf("%s: %f,%f comes back %.4f m away", c.Name(), lon, lat, d)
			}
		}
		t.Logf("%s: 10000 points come back %.9f m away at worst", c.Name(), worst)
	}
}

func TestByName(t *testing.T) {
	for _, tc := range []struct {
		in   string
		epsg int
	}{
		{"EPSG:4548", 4548},
		{"4527", 4527},
		{"wgs84", 4326},
		{"TWD97", 3826},
		{" epsg:3857 ", 3857},
		{"CGCS2000", 4490},
		{"urn:ogc:def:crs:OGC:1.3:CRS84", 4326},
		{"urn:ogc:def:crs:EPSG::4490", 4490},
		{"gcj02", 0},
		{"BD-09", 0},
	} {
		c, err := ByName(tc.in)
		if err != nil || c.EPSG() != tc.epsg {
			t.Errorf("ByName(%q) = %v, %v, want EPSG %d", tc.in, c, err, tc.epsg)
		}
	}
	for _, in := range []string{
		"EPSG:4610+towgs84=1,2,3", "EPSG:4214+towgs84=1,2,3,4,5,6,7", localSystem, beijing, beijing + beijingParam, beijing + beijingParam + "+local4=1,2,3,1", "EPSG:4548+towgs84=1,2,3",
		"EPSG:2384+towgs84=-1.5,+2,3e1,0,0,0,0", "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs +type=crs", "+proj=utm +zone=50 +south", "gcj02", "EPSG:3826",
	} {
		c, err := ByName(in)
		if err != nil {
			t.Errorf("ByName(%q): %v", in, err)
			continue
		}
		same, err := ByName(Spec(c))
		if err != nil {
			t.Errorf("ByName(%q), the name of %q: %v", Spec(c), in, err)
			continue
		}
		x, y := c.FromLonLat(116.97, 35.4)
		if lon, lat := same.ToLonLat(x, y); math.Hypot(lon-116.97, lat-35.4) > 1e-9 {
			t.Errorf("%q is given back as %q, which is another system", in, Spec(c))
		}
	}
	for _, in := range []string{
		"EPSG:4548+local4=1,2,3", "EPSG:4548+local4=1,2,3,0", "EPSG:4490+local4=1,2,3,1", "moon+local4=1,2,3,1", "+proj=lcc +lat_1=30", "+proj=tmerc +lon_0=x", "+proj=tmerc +lon_0=500", "+proj=tmerc +units=ft",
		"+proj=tmerc +axis=neu", "+proj=tmerc +ellps=bessel", "+proj=tmerc +nadgrids=x", "+proj=utm +zone=61", "+proj=tmerc +lon_0=117 +lon_0=118", "+proj=tmerc +a=1 +rf=298", "EPSG:3857+towgs84=1,2,3", "+proj=", "+towgs84=1,2,3",
		"", "EPSG:9999", "moon", "EPSG:2384", "EPSG:2436", "EPSG:2384+towgs84=1,2", "EPSG:2384+towgs84=1,2,NaN",
	} {
		if c, err := ByName(in); gis.KindOf(err) != gis.Invalid {
			t.Errorf("ByName(%q) = %v, %v, want an Invalid error", in, c, err)
		}
	}
	if c := GaussKruger3(117.2); c.EPSG() != 4548 {
		t.Errorf("GaussKruger3(117.2) is EPSG:%d, want 4548", c.EPSG())
	}
}

func FuzzByName(f *testing.F) {
	for _, s := range []string{"EPSG:4548", "gcj02", "EPSG:2384+towgs84=1,2,3,4,5,6,7", "+towgs84="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ByName(s)
		if (c == nil) == (err == nil) {
			t.Fatalf("ByName(%q) = %v, %v", s, c, err)
		}
	})
}

// FuzzTransform: no coordinates may hang or crash a transform, and near the meridian of a system they come back.
func FuzzTransform(f *testing.F) {
	names := []string{"EPSG:4548", "EPSG:4527", "EPSG:3826", "EPSG:3857", "gcj02", "bd09", "EPSG:32650", "EPSG:2384+towgs84=-15.5,-3.2,8.4,0.2,-0.3,1.1,-0.8", localSystem, beijing + beijingParam, "EPSG:4610+towgs84=1,2,3"}
	for i := range names {
		f.Add(uint8(i), 116.97, 35.4, 499000.0, 3918000.0)
	}
	f.Add(uint8(0), math.Inf(1), math.NaN(), 1e308, -1e308)
	f.Add(uint8(4), 0.0, 90.0, 1e-320, 180.0)
	f.Fuzz(func(t *testing.T, i uint8, lon, lat, x, y float64) {
		gistest.Bounded(t)
		c, err := ByName(names[int(i)%len(names)])
		if err != nil {
			t.Fatal(err)
		}
		c.ToLonLat(x, y)
		fx, fy := c.FromLonLat(lon, lat)
		if !(lon > 114 && lon < 120 && lat > 3 && lat < 54) {
			return
		}
		if lo, la := c.ToLonLat(fx, fy); !(math.Hypot(lo-lon, la-lat) < 1e-8) {
			t.Errorf("%s: %v %v comes back as %v %v", c.Name(), lon, lat, lo, la)
		}
	})
}

// FuzzFit: any control points end in an answer or an error.
func FuzzFit(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 116.97, 35.4, 116.98, 35.41, 116.99, 35.4)
	f.Add(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, math.NaN(), 1e300, math.Inf(-1), 90.0)
	base, _ := ByName("EPSG:4548")
	f.Fuzz(func(t *testing.T, x1, y1, x2, y2, x3, y3, o1, a1, o2, a2, o3, a3 float64) {
		gistest.Bounded(t)
		p := []ControlPoint{{"a", x1, y1, o1, a1}, {"b", x2, y2, o2, a2}, {"c", x3, y3, o3, a3}}
		p = append(p, ControlPoint{"d", (x1 + x2) / 2, (y1 + y2) / 2, (o1 + o2) / 2, (a1 + a2) / 2}, ControlPoint{"e", x1, y2, o1, a2})
		for _, keep := range []bool{true, false} {
			if g, err := FitSimilarity(p, base, keep); err == nil && !(g.RMS >= 0 && g.RMS <= math.MaxFloat64) {
				t.Errorf("%v fits with RMS NaN", p)
			}
			if g, err := FitHelmert(p, "EPSG:2436", keep); err == nil && !(g.RMS >= 0 && g.RMS <= math.MaxFloat64) {
				t.Errorf("%v fits with RMS NaN", p)
			}
		}
	})
}

func BenchmarkGaussKruger(b *testing.B) {
	c := GaussKruger3(117)
	for i := 0; b.Loop(); i++ {
		x, y := c.FromLonLat(116.9+float64(i%100)*1e-4, 35.4)
		c.ToLonLat(x, y)
	}
}
