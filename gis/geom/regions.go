package geom

// Regions sorts noded, deduplicated segments by the regions 0..n-1 they lie in. The outlines of the regions are
// the segments that outline picks; their tags L and R say which region is beside them, -1 none. An outline comes
// to the regions on both its sides; any other segment to the region it runs through, which is
// found without measuring: by the outlines it leaves from, round a common end. What hangs on no
// outline, or lies in no region, comes to none. Each list is in the order of segs.
func Regions(segs []Seg, n int, outline func(Seg) bool) [][]Seg {
	const unknown = -2
	g := newNet(segs)
	region := make([]int32, len(segs))
	rim := make([]bool, len(g.pts))
	for i, s := range segs {
		region[i] = unknown
		if outline(s) {
			region[i] = -1
			rim[g.u[i]], rim[g.v[i]] = true, true
		}
	}
	var stack []int32
	for a := range g.pts {
		if !rim[a] {
			continue
		}
		for _, e := range g.at(int32(a)) {
			if region[e] != unknown {
				continue
			}
			region[e] = g.beside(int32(a), e, outline)
			stack = append(stack, e)
		}
		for len(stack) > 0 {
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, v := range [2]int32{g.u[e], g.v[e]} {
				if rim[v] {
					continue
				}
				for _, f := range g.at(v) {
					if region[f] == unknown {
						region[f] = region[e]
						stack = append(stack, f)
					}
				}
			}
		}
	}
	count := make([]int, n)
	in := func(i int, f func(c int32)) {
		switch s := &segs[i]; {
		case region[i] >= 0:
			f(region[i])
		case region[i] == -1 && outline(*s):
			if s.L >= 0 {
				f(s.L)
			}
			if s.R >= 0 && s.R != s.L {
				f(s.R)
			}
		}
	}
	for i := range segs {
		in(i, func(c int32) { count[c]++ })
	}
	out := make([][]Seg, n)
	for c := range out {
		out[c] = make([]Seg, 0, count[c])
	}
	for i := range segs {
		in(i, func(c int32) { out[c] = append(out[c], segs[i]) })
	}
	return out
}

// beside returns the region that segment e runs into from its end a: that right of the first outline
// counter-clockwise from it.
func (n *net) beside(a, e int32, outline func(Seg) bool) int32 {
	from := n.pts[a]
	dir := n.pts[n.other(e, a)].Sub(from)
	best, region := Pt{}, int32(-1)
	for _, f := range n.at(a) {
		s := n.segs[f]
		if !outline(s) {
			continue
		}
		if s.A != from {
			s = s.Flip()
		}
		if d := s.B.Sub(from); best == (Pt{}) || sooner(dir, d, best) {
			best, region = d, s.R
		}
	}
	return region
}

// sooner reports whether one comes to direction p before q, turning counter-clockwise from dir; neither runs along dir.
func sooner(dir, p, q Pt) bool {
	o := Pt{}
	far := func(d Pt) bool { return Cross(o, dir, d) < 0 } // beyond half a turn; half a turn itself is not
	if far(p) != far(q) {
		return far(q)
	}
	return Cross(o, p, q) > 0
}
