package grids

import (
	"cmp"
	"slices"

	"wanmi/gis/geom"
)

// number gives the new cells their codes and puts the division together.
func (r *renewal) number(d *Division) error {
	byComm := map[string][]*former{}
	for _, k := range r.cells {
		if k.is == stays && (k.comm >= 0 || k.locked) {
			k.used = true
		}
		if k.used {
			byComm[k.Code.Community()] = append(byComm[k.Code.Community()], k)
		}
	}
	r.straight()
	r.corners()
	for c := range r.fresh {
		code := r.b.comms[c].code
		fs := r.fresh[c]
		rings := make([]geom.Ring, len(fs))
		for i := range fs {
			rings[i] = fs[i].ring
		}
		sorted := make([]freshCell, 0, len(fs))
		for _, i := range inOrder(rings) {
			sorted = append(sorted, fs[i])
		}
		r.fresh[c] = sorted
		if err := r.u.community(code, sorted); err != nil {
			r.failed = append(r.failed, int32(c))
			return err
		}
	}
	for _, l := range byComm {
		for _, k := range l {
			r.u.done[k.Code.Community()] = true
			r.u.out = append(r.u.out, k.Cell)
		}
	}
	r.gone()
	r.u.finish(d)
	r.heirs(d)
	return nil
}

// gone voids what is left of communities that are no more but for locked cells.
func (r *renewal) gone() {
	for _, k := range r.cells {
		if !k.used && k.comm < 0 && r.u.done[k.Code.Community()] {
			r.u.retire(k.freshCell)
			r.u.lineage = append(r.u.lineage, Lineage{k.Code, "", whyVanish})
		}
	}
}

// straight takes points out of the new cells in which no border ends and which lie straight between their
// neighbours: unused lines ended there.
func (r *renewal) straight() {
	count := map[geom.Pt]int{}
	for _, l := range r.fresh {
		for i := range l {
			for _, p := range l[i].ring {
				count[p]++
			}
		}
	}
	if len(count) == 0 {
		return
	}
	for _, k := range r.cells {
		for _, p := range k.ring {
			if count[p] > 0 {
				count[p]++
			}
		}
	}
	for _, l := range r.fresh {
		for i := range l {
			ring := l[i].ring
			n := len(ring)
			out := make(geom.Ring, 0, n)
			for k, p := range ring {
				if count[p] == 1 && onSegment(p, ring[(k+n-1)%n], ring[(k+1)%n]) {
					continue
				}
				out = append(out, p)
			}
			if len(out) < n {
				l[i].ring = startAtMin(out)
				l[i].Polygon = r.b.lat.polygon(l[i].ring)
			}
		}
	}
}

// corners gives the cells that stay the corners in which new borders end on theirs, exactly on it: their shape stays.
func (r *renewal) corners() {
	known := map[geom.Pt]bool{}
	for _, l := range r.fresh {
		for i := range l {
			for _, p := range l[i].ring {
				if known[p] {
					continue
				}
				known[p] = true
				r.corner(p)
			}
		}
	}
	for _, k := range r.cells {
		if !k.used || len(k.inserted) == 0 && !k.bent {
			continue
		}
		var ring geom.Ring
		for i, p := range k.ring {
			q := k.ring[(i+1)%len(k.ring)]
			ring = append(ring, p)
			n := len(ring)
			for _, c := range k.inserted {
				if onSegment(c, p, q) && !slices.Contains(ring[n:], c) {
					ring = append(ring, c)
				}
			}
			slices.SortFunc(ring[n:], func(x, y geom.Pt) int { return cmp.Compare(p.Dist(x), p.Dist(y)) })
		}
		k.ring = ring
		k.Polygon = r.b.lat.polygon(startAtMin(ring))
		if k.bent {
			k.AreaM2 = float64(ring.Area2()) / 2e6
		}
	}
}

func (r *renewal) corner(p geom.Pt) {
	for _, i := range r.near(geom.NoBox.Grow(p)) {
		k := r.cells[i]
		if !k.used {
			continue
		}
		for n, a := range k.ring {
			if b := k.ring[(n+1)%len(k.ring)]; onSegment(p, a, b) {
				k.inserted = append(k.inserted, p)
			}
		}
	}
}

// onSegment reports whether p lies exactly on ab, and is none of its ends.
func onSegment(p, a, b geom.Pt) bool {
	return p != a && p != b && geom.Cross(a, b, p) == 0 && geom.NoBox.Grow(a).Grow(b).Holds(p)
}

// heirs finds what became of cells whose land went to another community, and which cells that live on gave land for a new one.
func (r *renewal) heirs(d *Division) {
	void := map[Code]*former{}
	for _, k := range r.cells {
		if !k.used && k.ring != nil {
			void[k.Code] = k
		}
	}
	fresh := map[Code]*freshCell{}
	for c := range r.fresh {
		for i := range r.fresh[c] {
			fresh[r.fresh[c][i].Code] = &r.fresh[c][i]
		}
	}
	var out []Lineage
	parted := map[Code]bool{}
	for _, l := range d.Lineage {
		k := void[l.From]
		if l.Why != whyVanish || k == nil {
			out = append(out, l)
			continue
		}
		found := false
		for code, f := range fresh {
			if gaveLand(k, f) {
				out, found = append(out, Lineage{l.From, code, whyChange}), true
				parted[code] = true
			}
		}
		if !found {
			out = append(out, l)
		}
	}
	out = slices.DeleteFunc(out, func(l Lineage) bool { return l.From == "" && parted[l.To] })
	for i, l := range out {
		f := fresh[l.To]
		if l.From != "" || f == nil {
			continue
		}
		for _, n := range r.near(f.box) {
			if k := r.cells[n]; gaveLand(k, f) {
				if out[i].From == "" {
					out[i] = Lineage{k.Code, l.To, whySplit}
				} else {
					out = append(out, Lineage{k.Code, l.To, whySplit})
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y Lineage) int { return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To)) })
	d.Lineage = out
}

// gaveLand reports whether a good part of an old cell or of a new one lies in the other.
func gaveLand(k *former, f *freshCell) bool {
	if !f.box.Meets(k.box) {
		return false
	}
	x, a, b := overlap(k.ring, f.ring)
	return x > heirShare*min(a, b)
}
