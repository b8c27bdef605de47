package cql2

import "github.com/paulmach/orb"

// spatial compiles a spatial function. The geometry of a literal is made ready once.
func (c *compiler) spatial(n *node) (cond, reach, error) {
	all := reach{all: true}
	var literal [2]*shape
	for i, a := range n.args {
		k, err := c.kind(a)
		if err != nil {
			return nil, all, err
		}
		if k != kGeometry {
			want := "a geometry"
			if c.schema.Geometry {
				want = "the property " + GeometryName + " or a geometry"
			}
			return nil, all, c.src.fault(a.at, phrase(a)+", "+k.String(), want, "%s is %s; %s is expected", phrase(a), k, want)
		}
		if a.op == opProperty {
			continue
		}
		g, err := c.located(a)
		if err != nil {
			return nil, all, err
		}
		literal[i] = newShape(g, true)
	}
	o, a, b := n.op, literal[0], literal[1]
	switch {
	case a != nil && b != nil:
		t := truthOf(spatial(o, a, b))
		return func(*Run) Truth { return t }, reach{all: t == True, none: t != True}, nil
	case a == nil && b == nil:
		return func(r *Run) Truth {
			g := r.row.Geometry()
			if g == nil {
				return Null
			}
			s := newShape(g, true)
			return truthOf(spatial(o, s, s))
		}, all, nil
	case a != nil: // the row second: asked the other way round
		o, b = converse(o), a
	}
	if o != opDisjoint {
		all = reach{bound: b.bound}
	}
	return func(r *Run) Truth { return hold(o, r, b) }, all, nil
}

// converse is the operator that holds for b, a when o holds for a, b.
func converse(o op) op {
	switch o {
	case opContains:
		return opWithin
	case opWithin:
		return opContains
	}
	return o
}

// hold asks whether the geometry of a row stands to a literal as the operator says.
func hold(o op, r *Run, lit *shape) Truth {
	if r.pointed != nil {
		if at, ok := r.pointed.Point(); ok {
			return truthOf(pointHolds(o, at, lit))
		}
		if t, ok := byBounds(o, r.pointed.Bound(), lit); ok {
			return t
		}
	}
	g := r.row.Geometry()
	if g == nil {
		return Null
	}
	if p, ok := g.(orb.Point); ok {
		return truthOf(pointHolds(o, p, lit))
	}
	if t, ok := byBounds(o, g.Bound(), lit); ok {
		return t
	}
	return truthOf(spatial(o, newShape(g, false), lit))
}

// byBounds decides by the bounds of a row: away from the literal's, or wholly inside of a box.
func byBounds(o op, b orb.Bound, lit *shape) (t Truth, ok bool) {
	switch {
	case !b.Intersects(lit.bound):
		return truthOf(o == opDisjoint), true
	case lit.box && inBox(b.Min, lit.bound) == interior && inBox(b.Max, lit.bound) == interior:
		return truthOf(o == opIntersects || o == opWithin), true
	}
	return False, false
}

// pointHolds is spatial for a single point: one look at where it lies decides all but what a literal of points alone asks.
func pointHolds(o op, p orb.Point, lit *shape) bool {
	if lit.dim() == 0 {
		return spatial(o, &shape{points: []orb.Point{p}, bound: p.Bound()}, lit)
	}
	at := exterior
	if lit.box {
		at = inBox(p, lit.bound)
	} else {
		at = lit.locate(p)
	}
	switch o {
	case opIntersects:
		return at != exterior
	case opDisjoint:
		return at == exterior
	case opWithin:
		return at == interior
	case opTouches:
		return at == boundary
	}
	return false // a point contains, crosses, overlaps and equals no line and no area
}

func inBox(p orb.Point, b orb.Bound) place {
	switch {
	case p[0] < b.Min[0] || p[0] > b.Max[0] || p[1] < b.Min[1] || p[1] > b.Max[1]:
		return exterior
	case p[0] == b.Min[0] || p[0] == b.Max[0] || p[1] == b.Min[1] || p[1] == b.Max[1]:
		return boundary
	}
	return interior
}
