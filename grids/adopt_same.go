package grids

import (
	"cmp"
	"maps"
	"slices"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// narrow returns the area of a face in m² and whether it is below the tolerance: a crumb, or of less mean width and nowhere
// twice as wide. A room with a long thin strip hanging on it has little mean width, and is not narrow.
func (t *tracing) narrow(f int32) (m2 float64, yes bool) {
	m2, width := t.measure(f)
	return m2, m2 < crumb || width < t.tol && t.widest(f) < 2*t.tol
}

// widest returns the diameter of about the largest circle that fits in a face, mm: of those that touch the outline at places
// all along it.
func (t *tracing) widest(f int32) float64 {
	const places = 300.0
	ring := t.g.Ring(t.g.Cycle[f])
	step, best := max(t.tol/2, ring.Length()/places), 0.0
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		l := a.Dist(b)
		nx, ny := float64(a.Y-b.Y)/l, float64(b.X-a.X)/l // the face lies left
		n := int(l/step) + 1
		for k := range n {
			s := (float64(k) + 0.5) / float64(n)
			best = max(best, fitting(ring, i, float64(a.X)+s*float64(b.X-a.X), float64(a.Y)+s*float64(b.Y-a.Y), nx, ny, best))
		}
	}
	return 2 * best
}

// fitting returns the radius of the largest circle in a ring that touches its edge on at (x, y), where (nx, ny) points inward;
// 0 for one below least. All is reckoned from (x, y): from the centre of a large circle, what lies opposite a tip of a needle, a
// thousandth of a millimetre off, is as far as the touched place itself.
func fitting(ring geom.Ring, on int, x, y, nx, ny, least float64) float64 {
	r := 1e5
	for range 20 {
		next := r
		for i, a := range ring {
			if i == on {
				continue
			}
			b := ring[(i+1)%len(ring)]
			ax, ay := float64(a.X)-x, float64(a.Y)-y
			dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
			u := max(0, min(1, (float64((r*nx-ax)*dx)+float64((r*ny-ay)*dy))/(float64(dx*dx)+float64(dy*dy))))
			px, py := ax+float64(u*dx), ay+float64(u*dy) // of the edge, nearest to the centre
			if away := float64(px*nx) + float64(py*ny); away > 0 {
				next = min(next, (float64(px*px)+float64(py*py))/(2*away))
			}
		}
		if next < least {
			return 0
		}
		if next > r*(1-1e-6) {
			return next
		}
		r = next
	}
	return r
}

// common is the land that two drawn cells share.
type common struct {
	m2, most float64
	at       int32 // the face of the largest part, most m²
}

func (o common) with(f int32, m2 float64) common {
	if o.m2 += m2; m2 > o.most {
		o.most, o.at = m2, f
	}
	return o
}

// wholly is the share of a cell that lies in another when all of it does, but for the millimetres of who drew it.
const wholly = 0.99

// overlaps tells of every pair of cells that share land, once. A row that lies wholly in another of its own code says the same
// twice: it falls away. land is twice the area of each cell, mm².
func (t *tracing) overlaps(shared map[[2]int32]common, land []int64) {
	for _, pair := range slices.SortedFunc(maps.Keys(shared), func(x, y [2]int32) int {
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]))
	}) {
		o, a, b := shared[pair], pair[0], pair[1]
		if land[b] > land[a] {
			a, b = b, a
		}
		inside := o.m2 >= wholly*float64(land[b])/2e6
		switch {
		case inside && t.sameCode(a, b):
			for f := range t.in {
				t.in[f] = slices.DeleteFunc(t.in[f], func(k int32) bool { return k == b })
			}
			t.tell("adopt.repeated", gis.SeverityWarning, b, t.place(o.at), o.m2, "unit grid %s was delivered twice: one row lies wholly in the other and is left out", "单元网格 %s 重复交付：其中一条完全位于另一条之内，未采用", t.name(b))
		case inside:
			t.tell("adopt.overlap", gis.SeverityError, b, t.place(o.at), o.m2, "unit grid %s lies wholly in %s, %.1f m²; left as drawn", "单元网格 %s 完全位于 %s 之内（%.1f 平方米），保持原样", t.name(b), t.name(a), o.m2)
		default:
			t.tell("adopt.overlap", gis.SeverityError, b, t.place(o.at), o.m2, "unit grids %s and %s overlap by %.1f m² (%.2f m at the widest); left as drawn",
				"单元网格 %s 与 %s 重叠 %.1f 平方米（最宽 %.2f 米），保持原样", t.name(a), t.name(b), o.m2, t.widest(o.at)/1000)
		}
	}
}

// sameCode reports whether two rows bring one and the same code.
func (t *tracing) sameCode(a, b int32) bool {
	x, ok := t.drawn[a].Settled()
	y, also := t.drawn[b].Settled()
	return ok && also && x == y
}

// leastDrawn is the area, m², below which a row that adjoins a larger one of its code is a piece of that one: a cell that was
// digitised or cut in parts. Two rows large enough for cells of their own are a cell that somebody divided and forgot to number.
const leastDrawn = checkMin

// leastJoint is how long, in millimetres, the common border of two such rows is at least.
const leastJoint = 1000.0

// join makes one cell of rows of one code that adjoin, where all but one of them are too small for cells.
func (t *tracing) join() {
	groups := map[Code][]int32{}
	faces := t.faces()
	for k := range t.n {
		if code, ok := t.drawn[k].Settled(); ok && len(faces[k]) > 0 {
			groups[code] = append(groups[code], k)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(groups)) {
		group := groups[code]
		slices.SortStableFunc(group, func(x, y int32) int { return cmp.Compare(t.cut.sum(faces[y]), t.cut.sum(faces[x])) })
		to := group[0]
		for rest := group[1:]; len(rest) > 0; { // a piece may hang on a piece
			i := slices.IndexFunc(rest, func(k int32) bool {
				return t.home[k] == t.home[to] && t.cut.sum(faces[k]) < leastDrawn && t.joint(faces[k], to) >= leastJoint
			})
			if i < 0 {
				break
			}
			t.take(rest[i], to, faces[rest[i]])
			rest = slices.Delete(rest, i, i+1)
		}
	}
}

// joint returns the length of the border between faces and a cell, mm.
func (t *tracing) joint(faces []int32, cell int32) float64 {
	sum := 0.0
	for _, f := range faces {
		for _, h := range t.g.Cycle[f] {
			if g := t.g.Face[h^1]; g >= 0 && slices.Contains(t.in[g], cell) {
				sum += t.g.Edges[h>>1].Len
			}
		}
	}
	return sum
}

// take gives the faces of a cell to another.
func (t *tracing) take(k, to int32, faces []int32) {
	for _, f := range faces {
		t.in[f] = slices.DeleteFunc(t.in[f], func(c int32) bool { return c == k || c == to })
		t.in[f] = append(t.in[f], to)
	}
	m2, at := t.cut.sum(faces), geom.LabelPoint(t.base.lat.polygon(t.g.Ring(t.g.Cycle[faces[0]])))
	t.tell("adopt.joined", gis.SeverityWarning, k, at, m2, "two rows of unit grid %s adjoin; the piece of %.0f m² was joined with the larger one", "单元网格 %s 的两条记录相邻，%.0f 平方米的一块已并入较大的一块", t.name(k), m2)
}
