package crs

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"wanmi/gis"
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
	const pts = 2000
	for _, tc := range []struct {
		name, from, to string // PROJ's words for a system with x first
		lon, lat, r    float64
	}{
		{"EPSG:4548", "+proj=longlat +ellps=GRS80", "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80", 117, 35.4, 1.5},
		{"EPSG:4527", "+proj=longlat +ellps=GRS80", "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=39500000 +y_0=0 +ellps=GRS80", 117, 35.4, 1.5},
		{"EPSG:4497", "+proj=longlat +ellps=GRS80", "+proj=tmerc +lat_0=0 +lon_0=111 +k=1 +x_0=19500000 +y_0=0 +ellps=GRS80", 111, 30, 3},
		{"EPSG:3826", "+proj=longlat +ellps=GRS80", "+proj=tmerc +lat_0=0 +lon_0=121 +k=0.9999 +x_0=250000 +y_0=0 +ellps=GRS80", 121, 24, 1.5},
		{"EPSG:32650", "+proj=longlat +datum=WGS84", "+proj=utm +zone=50 +datum=WGS84", 117, 35.4, 3},
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
			for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
				var wx, wy float64
				if _, err := fmt.Sscan(line, &wx, &wy); err != nil {
					t.Fatalf("cs2cs line %q: %v", line, err)
				}
				x, y := c.FromLonLat(lls[i][0], lls[i][1])
				worst = math.Max(worst, math.Hypot(x-wx, y-wy))
				lon, lat := c.ToLonLat(x, y)
				back = math.Max(back, math.Hypot(lon-lls[i][0], lat-lls[i][1])*111e3)
			}
			if worst > 0.001 {
				t.Errorf("worst difference from PROJ = %.6f m, want < 0.001", worst)
			}
			if back > 1e-5 {
				t.Errorf("round trip = %g m, want < 0.00001", back)
			}
		})
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
		for range 5000 {
			lon, lat := 75+rng.Float64()*58, 18+rng.Float64()*35
			x, y := c.FromLonLat(lon, lat)
			lo, la := c.ToLonLat(x, y)
			if d := math.Hypot(lo-lon, la-lat) * 111e3; d > 0.001 {
				t.Fatalf("%s: %f,%f comes back %.4f m away", c.Name(), lon, lat, d)
			}
		}
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
	for _, in := range []string{"", "EPSG:9999", "moon", "EPSG:2384", "EPSG:2436", "EPSG:2384+towgs84=1,2", "EPSG:2384+towgs84=1,2,NaN"} {
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

func BenchmarkGaussKruger(b *testing.B) {
	c := GaussKruger3(117)
	for i := 0; b.Loop(); i++ {
		x, y := c.FromLonLat(116.9+float64(i%100)*1e-4, 35.4)
		c.ToLonLat(x, y)
	}
}
