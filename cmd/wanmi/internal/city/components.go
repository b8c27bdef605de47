package city

import (
	"cmp"
	"context"
	"iter"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"wanmi/gis"
	"wanmi/gis/geom"
	"wanmi/gis/index"
)

// Component is what locating needs of a component.
type Component struct {
	Code, Name, Class, ClassName, Label string
	DeptCode, DeptName                  string
	OwnerName, KeeperName               string
	GridCode, State                     string
	Point                               orb.Point // on the component, for a label or a pin
	Geom                                orb.Geometry
}

// Components is the index of all components by place. It is immutable; apply makes another.
type Components struct {
	base *census
	gone index.Marks             // rows of base that edits have taken out
	late *index.Tree[*Component] // what edits have put in
}

// maxLate is how many edited components are kept apart from the others: looking through more takes longer than reading all again.
const maxLate = 100_000

// source is the part of a store an index is read from.
type source interface {
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
}

func readComponents(ctx context.Context, src source) (*Components, error) {
	var b censusBuilder
	for f, err := range src.Features(ctx, "component", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		b.add(f)
	}
	return &Components{base: b.census(), late: &index.Tree[*Component]{}}, nil
}

// removed reports whether a component is no longer in the street: it is kept for its history and answers nothing.
func removed(state string) bool { return state == "移除" || state == "废弃" }

func (c *Components) insert(f gis.Feature) {
	b, ok := f.Bound()
	if !ok || removed(f.Text("state")) {
		return
	}
	c.late.Insert(b, &Component{
		Code: f.Key, Name: f.Text("name"), Class: f.Text("class"), ClassName: f.Text("class_name"), Label: f.Text("label"),
		DeptCode: f.Text("dept_code"), DeptName: f.Text("dept_name"),
		OwnerName: f.Text("owner_name"), KeeperName: f.Text("keeper_name"),
		GridCode: f.Text("grid_code"), State: f.Text("state"),
		Point: geom.LabelPoint(f.Geom), Geom: f.Geom,
	})
}

// apply returns the index with the component rows among rows brought up to date.
func (c *Components) apply(rows []row) *Components {
	n := &Components{base: c.base, gone: c.gone.Copy(), late: c.late.Copy()}
	for _, r := range rows {
		if r.layer != "component" {
			continue
		}
		for _, b := range r.bounds {
			n.remove(b, r.key)
		}
		if r.now != nil {
			if b, ok := r.now.Bound(); ok {
				n.remove(b, r.key) // met already when the row was written again meanwhile
			}
			n.insert(*r.now)
		}
	}
	return n
}

// remove takes the component of that code out wherever its box touches b.
func (c *Components) remove(b orb.Bound, code string) {
	c.base.in(b, func(i uint32) bool {
		if c.base.code(i) == code {
			c.gone.Set(int(i))
		}
		return true
	})
	var gone []*Component
	c.late.Search(b, func(o *Component) bool {
		if o.Code == code {
			gone = append(gone, o)
		}
		return true
	})
	for _, o := range gone {
		c.late.Delete(o.Geom.Bound(), o)
	}
}

// Len returns the number of components.
func (c *Components) Len() int { return c.base.len() - c.gone.Len() + c.late.Len() }

// Page returns the codes after one, in order and at most n, and whether more follow.
func (c *Components) Page(after string, n int) (codes []string, more bool) {
	var late []string
	c.late.All(func(o *Component) bool {
		if o.Code > after {
			late = append(late, o.Code)
		}
		return true
	})
	slices.Sort(late)
	rows := c.base.sorted()
	for k := c.base.after(after); len(codes) <= n; {
		for k < len(rows) && c.gone.Has(int(rows[k])) {
			k++
		}
		switch {
		case k < len(rows) && (len(late) == 0 || c.base.code(rows[k]) < late[0]):
			codes = append(codes, c.base.code(rows[k]))
			k++
		case len(late) > 0:
			codes, late = append(codes, late[0]), late[1:]
		default:
			return codes, false
		}
	}
	return codes[:n], true
}

// Near yields the components within metres of p that are wanted by code, class and its name (nil: all), nearest first, with their distance.
// What it yields is valid until the next.
func (c *Components) Near(p orb.Point, metres float64, wanted func(code, class, className string) bool) iter.Seq2[*Component, float64] {
	type found struct {
		i uint32
		o *Component // nil: row i of the base
		d float64
	}
	return func(yield func(*Component, float64) bool) {
		mx, my := geom.MetresPerDegree(p[1])
		b := orb.Bound{Min: orb.Point{p[0] - metres/mx, p[1] - metres/my}, Max: orb.Point{p[0] + metres/mx, p[1] + metres/my}}
		var all []found
		t := c.base
		t.in(b, func(i uint32) bool {
			// Nearly all are points and of no class asked for: told apart before anything is made of them.
			if d := t.distance(p, i, mx, my); d <= metres && !c.gone.Has(int(i)) &&
				(wanted == nil || wanted(t.code(i), t.texts[cClass].text(i), t.texts[cClassName].text(i))) {
				all = append(all, found{i: i, d: d})
			}
			return true
		})
		c.late.Search(b, func(o *Component) bool {
			if d := distance(p, o.Geom); d <= metres && (wanted == nil || wanted(o.Code, o.Class, o.ClassName)) {
				all = append(all, found{o: o, d: d})
			}
			return true
		})
		slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(a.d, b.d) })
		var o Component
		for _, f := range all {
			if f.o != nil {
				o = *f.o
			} else {
				t.fill(&o, f.i)
			}
			if !yield(&o, f.d) {
				return
			}
		}
	}
}

// In yields the components whose boxes touch b, in no particular order. What it yields is valid until the next.
func (c *Components) In(b orb.Bound) iter.Seq[*Component] {
	return func(yield func(*Component) bool) {
		var o Component
		more := true
		c.base.in(b, func(i uint32) bool {
			if c.gone.Has(int(i)) {
				return true
			}
			c.base.fill(&o, i)
			more = yield(&o)
			return more
		})
		if more {
			c.late.Search(b, func(l *Component) bool {
				o = *l
				return yield(&o)
			})
		}
	}
}

// distance returns the metres from p to g, 0 inside a polygon. The local scale of p is good to a millimetre over the
// few hundred metres it is used for.
func distance(p orb.Point, g orb.Geometry) float64 {
	mx, my := geom.MetresPerDegree(p[1])
	at := func(q orb.Point) orb.Point { return orb.Point{(q[0] - p[0]) * mx, (q[1] - p[1]) * my} }
	line := func(pts []orb.Point) float64 {
		best := math.Inf(1)
		for i, q := range pts {
			a := at(q)
			best = min(best, math.Hypot(a[0], a[1]))
			if i > 0 {
				best = min(best, planar.DistanceFromSegment(at(pts[i-1]), a, orb.Point{}))
			}
		}
		return best
	}
	best := math.Inf(1)
	switch g := g.(type) {
	case orb.Point:
		return line([]orb.Point{g})
	case orb.MultiPoint:
		for _, q := range g {
			best = min(best, distance(p, q))
		}
	case orb.LineString:
		return line(g)
	case orb.MultiLineString:
		for _, l := range g {
			best = min(best, line(l))
		}
	case orb.Polygon:
		if geom.PointInPolygon(p, g) {
			return 0
		}
		for _, r := range g {
			best = min(best, line(r))
		}
	case orb.MultiPolygon:
		for _, poly := range g {
			best = min(best, distance(p, poly))
		}
	case orb.Collection:
		for _, o := range g {
			best = min(best, distance(p, o))
		}
	}
	return best
}
