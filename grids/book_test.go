package grids

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/paulmach/orb"
)

// checkerboard makes n x n cells of about 100 m whose common borders have four bends each.
func checkerboard(n int) []Cell {
	const deg = 0.001
	r := rand.New(rand.NewPCG(1, 1))
	node := func(i, j int) orb.Point { return orb.Point{117 + float64(i)*deg, 35 + float64(j)*deg} }
	across := func(a, b orb.Point) []orb.Point { // the points from a on to before b
		out := []orb.Point{a}
		for k := 1; k <= 4; k++ {
			t := float64(k) / 5
			out = append(out, orb.Point{a[0] + t*(b[0]-a[0]) + (r.Float64()-0.5)*deg/10, a[1] + t*(b[1]-a[1]) + (r.Float64()-0.5)*deg/10})
		}
		return out
	}
	level := make([][][]orb.Point, n+1) // level[j][i]: from node (i,j) to (i+1,j)
	upright := make([][][]orb.Point, n+1)
	for k := range n + 1 {
		level[k], upright[k] = make([][]orb.Point, n), make([][]orb.Point, n)
		for i := range n {
			level[k][i], upright[k][i] = across(node(i, k), node(i+1, k)), across(node(k, i), node(k, i+1))
		}
	}
	back := func(l []orb.Point, end orb.Point) []orb.Point {
		out := []orb.Point{end}
		for _, p := range slices.Backward(l[1:]) {
			out = append(out, p)
		}
		return out
	}
	var cells []Cell
	for j := range n {
		for i := range n {
			ring := orb.Ring(slices.Concat(level[j][i], upright[i+1][j], back(level[j+1][i], node(i+1, j+1)), back(upright[i][j], node(i, j+1))))
			ring = append(ring, ring[0])
			k := j*n + i
			comm := fmt.Sprintf("370883%06d", k/900)
			code, _ := MakeCode(comm, k%900+1)
			cells = append(cells, Cell{Code: code, Community: comm, Polygon: orb.Polygon{ring}, Status: Valid})
		}
	}
	return cells
}

func TestBook(t *testing.T) {
	const n = 12
	cells := checkerboard(n)
	b, err := BookOf(cells)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 5))
	for range 20000 {
		p := orb.Point{117 + (r.Float64()*1.1-0.05)*n*0.001, 35 + (r.Float64()*1.1-0.05)*n*0.001}
		want := Code("")
		for _, c := range cells {
			if within(c.Polygon, p) && (want == "" || c.Code < want) {
				want = c.Code
			}
		}
		if got, _ := b.At(p); got.Code != want {
			t.Fatalf("At(%v): got %q, want %q", p, got.Code, want)
		}
	}
	for _, c := range cells {
		ring := c.Polygon[0]
		for k := 1; k < len(ring); k++ {
			mid := orb.Point{(ring[k-1][0] + ring[k][0]) / 2, (ring[k-1][1] + ring[k][1]) / 2}
			for _, p := range []orb.Point{ring[k], mid} {
				want := c.Code
				for _, nb := range cells {
					if slices.Contains(nb.Polygon[0], p) || (p == mid && slices.Contains(nb.Polygon[0], ring[k-1]) && slices.Contains(nb.Polygon[0], ring[k])) {
						want = min(want, nb.Code)
					}
				}
				if got, _ := b.At(p); got.Code != want {
					t.Fatalf("point %v on a border: got %s, want the smaller code %s", p, got.Code, want)
				}
			}
		}
	}
	if got := len(b.Neighbours(cells[n+1].Code)); got != 4 {
		t.Errorf("neighbours of an inner cell: got %d, want 4", got)
	}
	if got := len(b.Neighbours(cells[0].Code)); got != 2 {
		t.Errorf("neighbours of the corner: got %d, want 2", got)
	}
	if _, ok := b.At(orb.Point{0, 0}); ok {
		t.Error("a point far away has a cell")
	}
	near := b.Near(cells[n+1].Polygon[0][0], 1)
	if len(near) != 4 {
		t.Errorf("cells at a corner: got %d, want 4", len(near))
	}
	if _, err := BookOf(append(cells, cells[3])); err == nil {
		t.Error("a code used twice was taken")
	}
	empty, err := BookOf(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := empty.At(orb.Point{117, 35}); ok || len(empty.Near(orb.Point{117, 35}, 100)) > 0 {
		t.Error("an empty book has cells")
	}
}

func BenchmarkBookAt(b *testing.B) {
	const n = 388 // 150,544 cells
	cells := checkerboard(n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	book, err := BookOf(cells)
	if err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	r := rand.New(rand.NewPCG(9, 9))
	pts := make([]orb.Point, 1<<16)
	for i := range pts {
		pts[i] = orb.Point{117 + r.Float64()*n*0.001, 35 + r.Float64()*n*0.001}
	}
	i := 0
	start := cpuTime()
	for b.Loop() {
		if _, ok := book.At(pts[i&(len(pts)-1)]); ok {
			i++
		} else {
			i += 3
		}
	}
	b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op")            // what counts on a busy machine
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-book") // the polygons are the caller's
	b.ReportMetric(float64(4*(len(book.raster.square)+len(book.raster.blob)))/(1<<20), "MiB-raster")
	runtime.KeepAlive(cells)
}

// cpuTime returns the nanoseconds of processor time used by this process.
func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
