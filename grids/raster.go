package grids

import (
	"math"
	"runtime"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis/geom"
)

// raster finds the cell of a point with few cache misses. The extent is cut into
// squares. A square inside one cell names it. Any other points at a record that holds, for each cell that
// touches the square, the pieces of its outline there, and whether the square's
// reference point lies in the cell: from there a point is reached by a level and
// an upright stretch, and every outline crossed on the way changes sides.
//
// All coordinates are integers of unit degrees from the south-west corner.
type raster struct {
	org    orb.Point
	scale  float64 // units per degree
	side   int32   // of a square, units; both ways, so squares are a little narrower in metres than high
	nx, ny int
	square []int32 // 0: no cell; k > 0: cell k-1; -k < 0: the record at blob[k-1]
	blob   []int32 // record: reference x y, cells n; per cell: number, inside*2^16 + points p, p points with breaks
}

const (
	squareM   = 20.0 // metres high
	maxSquare = 24 << 20
	lineBreak = math.MinInt32 // instead of an x: the outline leaves the square here
	tolUnits  = 2             // onBorder and the rounding of a corner, in units
)

type ipt struct{ x, y int32 }

func (r *raster) pt(p orb.Point) ipt {
	return ipt{int32(math.Round((p[0] - r.org[0]) * r.scale)), int32(math.Round((p[1] - r.org[1]) * r.scale))}
}

func newRaster(cells []Cell) raster {
	r := raster{nx: 0, ny: 0, scale: 1e9, side: 1}
	if len(cells) == 0 {
		return r
	}
	all := cells[0].Polygon.Bound()
	for _, c := range cells {
		all = all.Union(c.Polygon.Bound())
	}
	all = all.Pad(1e-6)
	w, h := all.Max[0]-all.Min[0], all.Max[1]-all.Min[1]
	r.org = all.Min
	r.scale = min(1e9, (1<<31-1<<16)/max(w, h))
	_, my := geom.MetresPerDegree(all.Center()[1])
	side := max(squareM/my, math.Sqrt(w*h/maxSquare))
	r.side = int32(side*r.scale) + 1
	r.nx, r.ny = int(w*r.scale)/int(r.side)+1, int(h*r.scale)/int(r.side)+1
	r.square = make([]int32, r.nx*r.ny)
	r.fill(cells)
	return r
}

// touch is a cell that meets a square.
type touch struct {
	square, cell int32
	edges        bool
}

// fill finds the cells of all squares, in parts that all cores share: who places the components of a new division waits for it.
func (r *raster) fill(cells []Cell) {
	threads := runtime.GOMAXPROCS(0)
	rings := make([][][]ipt, len(cells))
	found := make([][]touch, (len(cells)+cellsPart-1)/cellsPart)
	each(len(found), threads, func(k int) {
		for i := k * cellsPart; i < min(len(cells), (k+1)*cellsPart); i++ {
			for _, ring := range cells[i].Polygon {
				q := make([]ipt, len(ring))
				for k, p := range ring {
					q[k] = r.pt(p)
				}
				rings[i] = append(rings[i], q)
			}
			found[k] = r.touching(int32(i), rings[i], found[k])
		}
	})
	count := make([]int32, len(r.square)+1)
	all := 0
	for _, l := range found {
		all += len(l)
		for _, t := range l {
			count[t.square+1]++
		}
	}
	for i := range r.square {
		count[i+1] += count[i]
	}
	sorted := make([]touch, all)
	next := slices.Clone(count)
	for _, l := range found {
		for _, t := range l {
			sorted[next[t.square]] = t
			next[t.square]++
		}
	}
	blobs := make([][]int32, min(squareParts, r.ny))
	part := func(k int) (from, to int) { return k * r.ny / len(blobs) * r.nx, (k + 1) * r.ny / len(blobs) * r.nx }
	each(len(blobs), threads, func(k int) {
		from, to := part(k)
		b := make([]int32, 0, 8*(count[to]-count[from]))
		for q := from; q < to; q++ {
			l := sorted[count[q]:count[q+1]]
			switch {
			case len(l) == 0:
			case len(l) == 1 && !l[0].edges:
				r.square[q] = l[0].cell + 1
			default:
				r.square[q] = -int32(len(b)) - 1
				b = r.record(b, q, l, rings)
			}
		}
		blobs[k] = b
	})
	at := int32(0)
	for k, b := range blobs {
		from, to := part(k)
		for q := from; q < to; q++ {
			if r.square[q] < 0 {
				r.square[q] -= at
			}
		}
		at += int32(len(b))
	}
	r.blob = slices.Concat(blobs...)
}

const (
	cellsPart   = 256 // cells that one core looks at together
	squareParts = 64  // of the rows of squares
)

// touching appends the squares the cell meets: those its edges pass, and those it holds whole.
func (r *raster) touching(cell int32, rings [][]ipt, to []touch) []touch {
	x0, y0, x1, y1 := int32(math.MaxInt32), int32(math.MaxInt32), int32(math.MinInt32), int32(math.MinInt32)
	for _, p := range slices.Concat(rings...) {
		x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
	}
	i0, i1, j0, j1 := r.index(x0-tolUnits), r.index(x1+tolUnits), r.index(y0-tolUnits), r.index(y1+tolUnits)
	for j := j0; j <= j1; j++ {
		for i := i0; i <= i1; i++ {
			if i < 0 || j < 0 || i >= r.nx || j >= r.ny {
				continue
			}
			s := r.box(i, j)
			passes := false
			for _, ring := range rings {
				for k := 1; k < len(ring) && !passes; k++ {
					passes = s.meets(ring[k-1], ring[k])
				}
			}
			if passes || inRings(rings, ipt{s.x0 + r.side/2, s.y0 + r.side/2}) {
				to = append(to, touch{int32(j*r.nx + i), cell, passes})
			}
		}
	}
	return to
}

func (r *raster) index(v int32) int {
	if v < 0 {
		return -1
	}
	return int(v / r.side)
}

type ibox struct{ x0, y0, x1, y1 int32 }

func (r *raster) box(i, j int) ibox {
	return ibox{int32(i) * r.side, int32(j) * r.side, int32(min(int64(i+1)*int64(r.side), math.MaxInt32-16)), int32(min(int64(j+1)*int64(r.side), math.MaxInt32-16))}
}

// meets reports whether the box of the edge meets the square, some units wider.
func (s ibox) meets(a, b ipt) bool {
	const w = 4 * tolUnits
	return min(a.x, b.x) <= s.x1+w && max(a.x, b.x) >= s.x0-w && min(a.y, b.y) <= s.y1+w && max(a.y, b.y) >= s.y0-w
}

// record appends to a blob what at needs to know of a square.
func (r *raster) record(blob []int32, q int, l []touch, rings [][][]ipt) []int32 {
	s := r.box(q%r.nx, q/r.nx)
	ref := r.reference(s, l, rings)
	blob = append(blob, ref.x, ref.y, int32(len(l)))
	for _, t := range l {
		head := len(blob)
		blob = append(blob, t.cell, 0)
		points := int32(0)
		for _, ring := range rings[t.cell] {
			open := false
			for k := 1; k < len(ring); k++ {
				if !s.meets(ring[k-1], ring[k]) {
					open = false
					continue
				}
				if !open {
					blob = append(blob, lineBreak, 0, ring[k-1].x, ring[k-1].y)
					points += 2
					open = true
				}
				blob = append(blob, ring[k].x, ring[k].y)
				points++
			}
		}
		if inRings(rings[t.cell], ref) {
			points |= 1 << 30
		}
		blob[head+1] = points
	}
	return blob
}

// reference picks a point of the square that shares its x with no corner near it and lies on no outline.
func (r *raster) reference(s ibox, l []touch, rings [][][]ipt) ipt {
	ref := ipt{s.x0 + (s.x1-s.x0)/2, s.y0 + (s.y1-s.y0)/2}
	for try := int32(1); try < 200; try++ {
		good := true
		for _, t := range l {
			for _, ring := range rings[t.cell] {
				for k := 1; k < len(ring) && good; k++ {
					a, b := ring[k-1], ring[k]
					good = a.x != ref.x && b.x != ref.x && !near(a, b, ref)
				}
			}
		}
		if good {
			break
		}
		ref = ipt{s.x0 + (s.x1-s.x0)/200*(try*37%200), s.y0 + (s.y1-s.y0)/200*(try*71%200)}
	}
	return ref
}

func icross(a, b, p ipt) int64 {
	return int64(b.x-a.x)*int64(p.y-a.y) - int64(b.y-a.y)*int64(p.x-a.x)
}

// near reports whether p lies on the edge, within the tolerance.
func near(a, b, p ipt) bool {
	x0, x1, y0, y1 := min(a.x, b.x), max(a.x, b.x), min(a.y, b.y), max(a.y, b.y)
	if p.x < x0-tolUnits || p.x > x1+tolUnits || p.y < y0-tolUnits || p.y > y1+tolUnits {
		return false
	}
	c, tol := icross(a, b, p), tolUnits*(int64(x1-x0)+int64(y1-y0))
	return c <= tol && c >= -tol
}

func inRings(rings [][]ipt, p ipt) bool {
	in := false
	for _, ring := range rings {
		for k := 1; k < len(ring); k++ {
			a, b := ring[k-1], ring[k]
			if (a.y > p.y) != (b.y > p.y) && (icross(a, b, p) > 0) == (b.y > a.y) {
				in = !in
			}
		}
	}
	return in
}

// at returns the number of the cell at p, the smallest where several have p on their border; -1 for none.
func (r *raster) at(p orb.Point) int32 {
	fx, fy := (p[0]-r.org[0])*r.scale, (p[1]-r.org[1])*r.scale
	if !(fx >= 0 && fy >= 0 && fx < math.MaxInt32 && fy < math.MaxInt32) {
		return -1
	}
	x, y := int32(fx+0.5), int32(fy+0.5)
	i, j := int(x/r.side), int(y/r.side)
	if i >= r.nx || j >= r.ny {
		return -1
	}
	k := r.square[j*r.nx+i]
	if k >= 0 {
		return k - 1
	}
	rec := r.blob[-k-1:]
	ref := ipt{rec[0], rec[1]}
	n := rec[2]
	rec = rec[3:]
	q, corner := ipt{x, y}, ipt{ref.x, y}
	for ; n > 0; n-- {
		cell, points := rec[0], int(rec[1]&(1<<30-1))
		in := rec[1]>>30 != 0
		line := rec[2 : 2+2*points]
		rec = rec[2+2*points:]
		hit := false
		a := ipt{}
		for m := 0; m+1 < len(line); m += 2 {
			b := ipt{line[m], line[m+1]}
			if b.x == lineBreak {
				a = ipt{line[m+2], line[m+3]}
				m += 2
				continue
			}
			level, upright := (a.y > y) != (b.y > y), (a.x > ref.x) != (b.x > ref.x)
			if near(a, b, q) {
				hit = true
				break
			}
			if level || upright {
				c := icross(a, b, corner) > 0
				if level && (icross(a, b, q) > 0) != c {
					in = !in
				}
				if upright && (icross(a, b, ref) > 0) != c {
					in = !in
				}
			}
			a = b
		}
		if hit || in {
			return cell
		}
	}
	return -1
}

// in returns the cells that touch the squares of a box, ascending.
func (r *raster) in(b orb.Bound) []int32 {
	lo, hi := r.clamp(b.Min), r.clamp(b.Max)
	var out []int32
	for j := int(lo.y / r.side); j <= int(hi.y/r.side) && j < r.ny; j++ {
		for i := int(lo.x / r.side); i <= int(hi.x/r.side) && i < r.nx; i++ {
			k := r.square[j*r.nx+i]
			if k > 0 {
				out = append(out, k-1)
			}
			if k >= 0 {
				continue
			}
			rec := r.blob[-k-1:]
			n := rec[2]
			for rec = rec[3:]; n > 0; n-- {
				out = append(out, rec[0])
				rec = rec[2+2*(rec[1]&(1<<30-1)):]
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (r *raster) clamp(p orb.Point) ipt {
	f := func(v float64) int32 { return int32(max(0, min(math.MaxInt32-1, v))) }
	return ipt{f((p[0] - r.org[0]) * r.scale), f((p[1] - r.org[1]) * r.scale)}
}
