package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis/geom"
)

// ridge is a piece of the line between two objects.
type ridge struct {
	end  [2]int32 // Voronoi vertices
	pt   [2]geom.Pt
	a, b int32   // the objects, a < b
	half float64 // mm from the line to each of them
	used bool
}

func (s *skeleton) ridges() []mapLine {
	d := &s.mesh
	d.Triangulate(s.pts)
	s.obj = s.obj[:0]
	for _, i := range d.From {
		s.obj = append(s.obj, s.objs[i])
	}
	obj := s.obj
	far := 4 * float64(s.face.box.Max.X-s.face.box.Min.X+s.face.box.Max.Y-s.face.box.Min.Y)
	o := d.Pts[0]
	round := func(x [2]float64) geom.Pt {
		return geom.Pt{X: o.X + int64(math.Round(max(-8*far, min(8*far, x[0])))), Y: o.Y + int64(math.Round(max(-8*far, min(8*far, x[1]))))}
	}
	all := s.all[:0]
	d.Ridges(func(p, q int32) bool { return obj[p] != obj[q] && obj[p] != -1 && obj[q] != -1 }, func(r geom.Ridge) {
		if r.V == r.W {
			return
		}
		all = append(all, ridge{
			end: [2]int32{r.V, r.W}, pt: [2]geom.Pt{round(r.X), round(r.Y)},
			a: min(obj[r.P], obj[r.Q]), b: max(obj[r.P], obj[r.Q]), half: d.Pts[r.P].Dist(d.Pts[r.Q]) / 2,
		})
	})
	s.all = all
	return s.chains(all)
}

// chains joins ridges between the same two objects into lines, and clips them to the block and to the buildings.
func (s *skeleton) chains(all []ridge) []mapLine {
	top := int32(0)
	for _, r := range all {
		top = max(top, r.end[0]+1, r.end[1]+1)
	}
	s.start = slices.Grow(s.start[:0], int(top)+2)[:top+2]
	clear(s.start)
	for _, r := range all {
		s.start[r.end[0]+2]++
		s.start[r.end[1]+2]++
	}
	for v := range top {
		s.start[v+2] += s.start[v+1]
	}
	s.ends = slices.Grow(s.ends[:0], 2*len(all))[:2*len(all)]
	for i, r := range all {
		for _, v := range r.end {
			s.ends[s.start[v+1]] = int32(i)
			s.start[v+1]++
		}
	}
	at := func(v int32) []int32 { return s.ends[s.start[v]:s.start[v+1]] }
	var line []geom.Pt
	var out []mapLine
	walk := func(v, i int32) {
		first := &all[i]
		half := math.Inf(1)
		line = line[:0]
		for i >= 0 {
			r := &all[i]
			r.used = true
			half = min(half, r.half)
			k := 0
			if r.end[0] != v {
				k = 1
			}
			if len(line) == 0 {
				line = append(line, r.pt[k])
			}
			if p := r.pt[1-k]; p != line[len(line)-1] {
				line = append(line, p)
			}
			v, i = r.end[1-k], -1
			if l := at(v); len(l) == 2 {
				for _, j := range l {
					if n := &all[j]; !n.used && n.a == first.a && n.b == first.b {
						i = j
					}
				}
			}
		}
		c := clsGap
		switch {
		case half < 750:
			c = clsParty
		case first.b < -1:
			c = clsOpen
		}
		s.clip(simplifyLine(line, min(800, max(50, (half-skin)/2))), c, &out)
	}
	for _, degree2 := range [2]bool{false, true} {
		for v := range top {
			if (len(at(v)) == 2) != degree2 {
				continue
			}
			for _, i := range at(v) {
				if !all[i].used {
					walk(v, i)
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y mapLine) int {
		return cmp.Or(cmp.Compare(x.class, y.class), slices.CompareFunc(x.pts, y.pts, geom.Pt.Cmp))
	})
	return out
}

// clip keeps what of a line lies in the block, with 5 cm more where it leaves it so that it meets the
// border, and in no building.
func (s *skeleton) clip(line []geom.Pt, c class, out *[]mapLine) {
	var cur []geom.Pt
	end := func() {
		if len(cur) > 1 {
			for _, part := range s.obs.clip(cur, func(int32) float64 { return skin }) {
				*out = append(*out, mapLine{class: c, pts: part})
			}
		}
		cur = nil
	}
	box := s.face.box.Pad(1000)
	for i := 1; i < len(line); i++ {
		p, q := line[i-1], line[i]
		if !box.Meets(geom.NoBox.Grow(p).Grow(q)) {
			end()
			continue
		}
		l := p.Dist(q)
		over := rayOverrun / l
		s.spans = s.face.insideTo(p, q, s.spans[:0])
		for _, in := range s.spans {
			lo, hi := max(0, in.lo-over), min(1, in.hi+over)
			if cur != nil && cur[len(cur)-1] != at(p, q, lo) {
				end()
			}
			if cur == nil {
				cur = []geom.Pt{at(p, q, lo)}
			}
			if x := at(p, q, hi); x != cur[len(cur)-1] {
				cur = append(cur, x)
			}
			if hi < 1 {
				end()
			}
		}
	}
	end()
}
