package city

import (
	"context"
	"iter"
	"math"
	"slices"
	"sync"

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
	tree  *index.Tree[*Component]
	once  sync.Once
	codes []string // sorted, from the first call of Codes on
}

// source is the part of a store an index is read from.
type source interface {
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
}

func readComponents(ctx context.Context, src source) (*Components, error) {
	c := &Components{tree: &index.Tree[*Component]{}}
	for f, err := range src.Features(ctx, "component", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		c.insert(f)
	}
	return c, nil
}

// removed reports whether a component is no longer in the street: it is kept for its history and answers nothing.
func removed(state string) bool { return state == "移除" || state == "废弃" }

func (c *Components) insert(f gis.Feature) {
	b, ok := f.Bound()
	if !ok || removed(f.Text("state")) {
		return
	}
	c.tree.Insert(b, &Component{
		Code: f.Key, Name: f.Text("name"), Class: f.Text("class"), ClassName: f.Text("class_name"), Label: f.Text("label"),
		DeptCode: f.Text("dept_code"), DeptName: f.Text("dept_name"),
		OwnerName: f.Text("owner_name"), KeeperName: f.Text("keeper_name"),
		GridCode: f.Text("grid_code"), State: f.Text("state"),
		Point: geom.LabelPoint(f.Geom), Geom: f.Geom,
	})
}

// apply returns the index with the component rows among rows brought up to date.
func (c *Components) apply(rows []row) *Components {
	n := &Components{tree: c.tree.Copy()}
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
	var gone []*Component
	c.tree.Search(b, func(o *Component) bool {
		if o.Code == code {
			gone = append(gone, o)
		}
		return true
	})
	for _, o := range gone {
		c.tree.Delete(o.Geom.Bound(), o)
	}
}

// Len returns the number of components.
func (c *Components) Len() int { return c.tree.Len() }

// Codes returns the codes of all components, sorted; nobody may edit them.
func (c *Components) Codes() []string {
	c.once.Do(func() {
		c.codes = make([]string, 0, c.Len())
		for o := range c.In(orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}) {
			c.codes = append(c.codes, o.Code)
		}
		slices.Sort(c.codes)
	})
	return c.codes
}

// Near yields the components within metres of p, nearest first, with their distance.
func (c *Components) Near(p orb.Point, metres float64) iter.Seq2[*Component, float64] {
	return func(yield func(*Component, float64) bool) {
		c.tree.Nearby(p, func(o *Component) float64 { return distance(p, o.Geom) }, func(o *Component, d float64) bool {
			return d <= metres && yield(o, d)
		})
	}
}

// In yields the components whose boxes touch b, in no particular order.
func (c *Components) In(b orb.Bound) iter.Seq[*Component] {
	return func(yield func(*Component) bool) { c.tree.Search(b, yield) }
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
