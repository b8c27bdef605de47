package grids

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/crs"
)

// metres turns metres from a place in the zone of 117 degrees east into longitude, latitude.
func metres(x, y float64) orb.Point {
	lon, lat := crs.GaussKruger3(117).ToLonLat(500_000+x, 3_900_000+y)
	return orb.Point{lon, lat}
}

func ringOf(pts ...[2]float64) orb.Ring {
	var r orb.Ring
	for _, p := range pts {
		r = append(r, metres(p[0], p[1]))
	}
	return append(r, r[0])
}

func rect(x0, y0, x1, y1 float64) orb.Ring {
	return ringOf([2]float64{x0, y0}, [2]float64{x1, y0}, [2]float64{x1, y1}, [2]float64{x0, y1})
}

func code12(i int) string { return fmt.Sprintf("370883001%03d", i) }

// randomCity makes a small city with the faults real data have, and some they had better not have.
func randomCity(r *rand.Rand) memory { return randomCityOf(r, 3) }

// randomCityOf is randomCity with up to most communities a side and so many houses in proportion.
func randomCityOf(r *rand.Rand, most int) memory {
	m := memory{}
	nx, ny := 1+r.IntN(most), 1+r.IntN(most)
	noise := []float64{0, 0.001, 0.01, 0.3}[r.IntN(4)]
	node := map[[2]int][2]float64{}
	for i := range nx + 1 {
		for j := range ny + 1 {
			node[[2]int{i, j}] = [2]float64{float64(i)*260 + r.Float64()*60, float64(j)*240 + r.Float64()*60}
		}
	}
	at := func(i, j int) [2]float64 {
		p := node[[2]int{i, j}]
		return [2]float64{p[0] + (r.Float64()-0.5)*noise, p[1] + (r.Float64()-0.5)*noise}
	}
	mid := func(a, b [2]float64, t float64) [2]float64 {
		return [2]float64{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}
	}
	n := 0
	comm := func(g orb.Geometry) {
		n++
		m.add("community", g, "code", code12(n), "name", "n")
	}
	for i := range nx {
		for j := range ny {
			a, b, c, d := at(i, j), at(i+1, j), at(i+1, j+1), at(i, j+1)
			pts := [][2]float64{a, b, c, d}
			if r.IntN(2) == 0 { // a corner only this one has
				pts = [][2]float64{a, mid(a, b, r.Float64()), b, c, mid(c, d, 0.5), d}
			}
			poly := orb.Polygon{ringOf(pts...)}
			cx, cy := (a[0]+c[0])/2, (a[1]+c[1])/2
			switch r.IntN(6) {
			case 0: // an enclave with a hole round it
				h := rect(cx-40, cy-40, cx+40, cy+40)
				comm(orb.Polygon{poly[0], h})
				comm(orb.Polygon{h})
			case 1: // an enclave drawn over it
				comm(poly)
				comm(orb.Polygon{rect(cx-50, cy-30, cx+50, cy+30)})
			case 2: // a strip of a millimetre or a metre is another's
				w := []float64{0.001, 0.02, 1, 12}[r.IntN(4)]
				comm(orb.MultiPolygon{poly})
				comm(orb.Polygon{rect(cx-60, cy, cx+60, cy+w)})
			case 3: // an enclave that touches the outline in a corner
				comm(poly)
				comm(orb.Polygon{ringOf(a, [2]float64{a[0] + 70, a[1] + 40}, [2]float64{a[0] + 40, a[1] + 70})})
			default:
				comm(poly)
			}
		}
	}
	if r.IntN(3) == 0 { // an island of its own, and one in two parts
		comm(orb.Polygon{rect(-500, 0, -300, 200)})
		comm(orb.MultiPolygon{{rect(-500, 300, -400, 400)}, {rect(-400, 400, -300, 480)}, {rect(-250, 300, -249, 301)}})
	}
	w, h := float64(nx)*260+60, float64(ny)*240+60
	for range r.IntN(4 * most) {
		l := orb.LineString{metres(r.Float64()*w, r.Float64()*h), metres(r.Float64()*w, r.Float64()*h)}
		if r.IntN(3) == 0 { // beside or on a community line
			a, b := at(r.IntN(nx+1), 0), at(r.IntN(nx+1), ny)
			l = orb.LineString{metres(a[0]+r.Float64()*2, a[1]), metres(b[0], b[1])}
		}
		m.add("road", orb.MultiLineString{l, {l[1], metres(r.Float64()*w, r.Float64()*h)}}, "class", []string{"arterial", "local", "path", "service", ""}[r.IntN(5)])
	}
	house := func(x, y float64) {
		wd, ht, t := 5+r.Float64()*30, 5+r.Float64()*15, r.Float64()*math.Pi
		s, c := math.Sincos(t)
		p := func(u, v float64) [2]float64 { return [2]float64{x + u*c - v*s, y + u*s + v*c} }
		ring := ringOf(p(0, 0), p(wd, 0), p(wd, ht), p(0, ht))
		if r.IntN(8) == 0 { // crosses itself
			ring = ringOf(p(0, 0), p(wd, ht), p(wd, 0), p(0, ht))
		}
		m.add("building", orb.Polygon{ring})
		if r.IntN(8) == 0 {
			m.add("building", orb.Polygon{ring})
		}
	}
	for range r.IntN(80 * most * most / 9) {
		house(r.Float64()*w, r.Float64()*h)
	}
	if r.IntN(3) == 0 { // a comb of touching houses
		x, y := r.Float64()*w, r.Float64()*h
		for k := range 30 {
			m.add("building", orb.Polygon{rect(x+float64(k)*6, y, x+float64(k+1)*6, y+12+float64(k%3))})
		}
	}
	for range r.IntN(60) {
		m.add("component", metres(r.Float64()*w, r.Float64()*h), "class", "01001")
	}
	if r.IntN(2) == 0 {
		m.add("water", orb.Polygon{rect(r.Float64()*w, 10, r.Float64()*w+30, 90)}, "class", "lake")
	}
	m.add("wall", orb.LineString{metres(5, 5), metres(5, 5)}) // no length
	m.add("land", nil, "class", "park")                       // no geometry
	return m
}

// worstCity is a random city with faults.
func worstCity(r *rand.Rand, most int) memory {
	m := randomCityOf(r, most)
	faults(r, m, 260*float64(most), 240*float64(most))
	return m
}

func TestRandomCities(t *testing.T) {
	cases := 40
	if testing.Short() {
		cases = 15
	}
	for seed := range cases {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			randomHolds(t, uint64(seed), 3, randomCityOf)
		})
	}
}

// TestWorstCities is TestRandomCities with faults; WANMI_WORST says how many, 60 unless told.
func TestWorstCities(t *testing.T) {
	cases := 60
	if n, err := strconv.Atoi(os.Getenv("WANMI_WORST")); err == nil {
		cases = n
	} else if testing.Short() {
		cases = 20
	}
	for seed := range cases {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			randomHolds(t, uint64(seed), 1+seed%2, worstCity)
		})
	}
}

func randomHolds(t *testing.T, seed uint64, most int, city func(*rand.Rand, int) memory) {
	r := rand.New(rand.NewPCG(seed, 20261122))
	src := city(r, most)
	d, err := Build(context.Background(), src, Options{Threads: 1})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	found, _, err := Check(context.Background(), src, seqOf(d.Cells), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(slices.Clone(d.Findings), found...) {
		if f.Rule == "community.geometry" {
			continue
		}
		if f.Severity == gis.SeverityError {
			t.Errorf("seed %d: %s %s at %.7f: %s (%g)", seed, f.Rule, f.Key, f.At, f.Text, f.Measure)
		}
	}
	for layer := range src {
		r.Shuffle(len(src[layer]), func(i, j int) { src[layer][i], src[layer][j] = src[layer][j], src[layer][i] })
	}
	again, err := Build(context.Background(), src, Options{Threads: 3})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(d.Cells, again.Cells, func(a, b Cell) bool {
		return a.Code == b.Code && a.AreaM2 == b.AreaM2 && slices.Equal(a.Polygon[0], b.Polygon[0])
	}) {
		t.Errorf("seed %d: shuffled input on three threads gives other cells", seed)
	}
}

// FuzzBuild divides random cities of one or two communities, which takes some milliseconds, and checks the hard rules.
func FuzzBuild(f *testing.F) {
	for _, seed := range []uint64{0, 1, 2, 1000, 1 << 40} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { randomHolds(t, seed, 1+int(seed%2), worstCity) })
}

// seedsOf returns the seeds below n, or those an environment variable names as COUNT or FROM-TO.
func seedsOf(t *testing.T, variable string, n uint64) []uint64 {
	from, to := uint64(0), n
	if said := os.Getenv(variable); said != "" {
		a, b, span := strings.Cut(said, "-")
		var err, also error
		if !span {
			a, b = "0", a
		}
		from, err = strconv.ParseUint(a, 10, 64)
		to, also = strconv.ParseUint(b, 10, 64)
		if err != nil || also != nil || to <= from {
			t.Fatalf("%s=%q is neither COUNT nor FROM-TO", variable, said)
		}
	}
	seeds := make([]uint64, to-from)
	for i := range seeds {
		seeds[i] = from + uint64(i)
	}
	return seeds
}
