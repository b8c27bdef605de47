package grids

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"
)

// Difference is the comparison of two divisions; all lists are sorted.
type Difference struct {
	Kept    []Code `json:"kept"`    // same code, same outline
	Changed []Code `json:"changed"` // same code, another outline
	Gone    []Code `json:"gone"`    // only in the old one
	New     []Code `json:"new"`     // only in the new one
}

// Diff compares the valid cells of two divisions by code and outline. Where a
// ring starts and which way it runs makes no difference.
func Diff(before, after []Cell) Difference {
	var d Difference
	old := map[Code]Cell{}
	for _, c := range before {
		if c.Status != Void {
			old[c.Code] = c
		}
	}
	for _, c := range after {
		if c.Status == Void {
			continue
		}
		o, ok := old[c.Code]
		switch {
		case !ok:
			d.New = append(d.New, c.Code)
		case sameOutline(o.Polygon, c.Polygon):
			d.Kept = append(d.Kept, c.Code)
		default:
			d.Changed = append(d.Changed, c.Code)
		}
		delete(old, c.Code)
	}
	for code := range old {
		d.Gone = append(d.Gone, code)
	}
	for _, l := range [4][]Code{d.Kept, d.Changed, d.Gone, d.New} {
		slices.Sort(l)
	}
	return d
}

func sameOutline(p, q orb.Polygon) bool {
	return slices.EqualFunc(p, q, func(a, b orb.Ring) bool { return slices.Equal(turned(a), turned(b)) })
}

// turned returns the open ring from its smallest point on, counter-clockwise.
func turned(r orb.Ring) []orb.Point {
	if len(r) < 4 {
		return r
	}
	o := slices.Clone(r[:len(r)-1])
	if r.Orientation() == orb.CW {
		slices.Reverse(o)
	}
	k := 0
	for i, p := range o {
		if cmp.Or(cmp.Compare(p[0], o[k][0]), cmp.Compare(p[1], o[k][1])) < 0 {
			k = i
		}
	}
	return slices.Concat(o[k:], o[:k])
}
