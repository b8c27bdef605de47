package sample

import (
	"math"
	"slices"
)

// The kinds of carrier: what runs along a line of the plan.
const (
	onBorder = iota // the edge of the city
	onRoad
	onRiver
	onRail
	onLimit // between two parcels: a wall or nothing
)

// carrier is a straight line of the plan that splits faces and stays on their edges.
type carrier struct {
	kind  int
	class string // of a road: arterial, collector, local, service
	a, b  pt
}

// section is the make-up of a road class, in metres.
type section struct {
	carriage float64 // kerb to kerb
	walk     float64 // pavement on each side
}

var sections = map[string]section{
	"arterial":  {26, 6},
	"collector": {16, 4.5},
	"local":     {9, 3},
	"service":   {5.5, 0.8},
	"path":      {2.4, 0},
}

const (
	riverHalf = 20.0 // half the widest water, m
	railHalf  = 13.0 // half the fenced strip, m
)

// half returns the land a carrier takes on each side, in metres.
func (c carrier) half() float64 {
	switch c.kind {
	case onRoad:
		s := sections[c.class]
		return s.carriage/2 + s.walk
	case onRiver:
		return riverHalf
	case onRail:
		return railHalf
	}
	return 0
}

// face is a convex piece of the plan, counter-clockwise; tag[i] is the carrier under the edge from v[i].
type face struct {
	v   []pt
	tag []int
	use string
}

// plan is the division of the city's rectangle by carriers.
type plan struct {
	w, h     float64
	nx, ny   int // superblocks
	us, vs   []float64
	carriers []carrier
	faces    []face
	railV    float64
	river    []float64
	warp     warp
	axisU    int // carriers of the two main axes
	axisV    int
}

func round3(p pt) pt { return mm(p) }

// split cuts f by the line of carrier t; ok is false when it passes beside, or its chord is off the carrier's length.
func (pl *plan) split(f face, t int) (l, r face, ok bool) {
	c := pl.carriers[t]
	e := unit(sub(c.b, c.a))
	n := len(f.v)
	side := make([]float64, n)
	for i, p := range f.v {
		if d := cross(e, sub(p, c.a)); math.Abs(d) > 0.01 {
			side[i] = d
		}
	}
	if slices.Max(side) < 1 || slices.Min(side) > -1 {
		return l, r, false
	}
	l.use, r.use = f.use, f.use
	var chord []pt
	for i, p := range f.v {
		j := (i + 1) % n
		switch {
		case side[i] > 0:
			l.v, l.tag = append(l.v, p), append(l.tag, f.tag[i])
		case side[i] < 0:
			r.v, r.tag = append(r.v, p), append(r.tag, f.tag[i])
		default:
			chord = append(chord, p)
			pl.corner(&l, &r, p, side[j], f.tag[i], t)
		}
		if side[i]*side[j] < 0 {
			x := round3(lerp(p, f.v[j], side[i]/(side[i]-side[j])))
			chord = append(chord, x)
			pl.corner(&l, &r, x, side[j], f.tag[i], t)
		}
	}
	if len(chord) != 2 {
		return l, r, false
	}
	m := dot(sub(lerp(chord[0], chord[1], 0.5), c.a), e)
	return l, r, m > 0 && m < dist(c.a, c.b)
}

// corner adds the point where the cut meets the ring to both parts; next tells which side the ring goes on to.
func (pl *plan) corner(l, r *face, p pt, next float64, old, t int) {
	lt, rt := t, t
	if next > 0 {
		lt = old
	} else if next < 0 {
		rt = old
	}
	l.v, l.tag = append(l.v, p), append(l.tag, lt)
	r.v, r.tag = append(r.v, p), append(r.tag, rt)
}

// draw adds a carrier and cuts all faces it crosses.
func (pl *plan) draw(c carrier) int {
	c.a, c.b = round3(c.a), round3(c.b)
	pl.carriers = append(pl.carriers, c)
	t := len(pl.carriers) - 1
	for i, n := 0, len(pl.faces); i < n; i++ {
		if l, r, ok := pl.split(pl.faces[i], t); ok {
			pl.faces[i] = l
			pl.faces = append(pl.faces, r)
		}
	}
	return t
}

func (pl *plan) across(v float64) (a, b pt) { return pt{-1, v}, pt{pl.w + 1, v} }
func (pl *plan) along(u float64) (a, b pt)  { return pt{u, -1}, pt{u, pl.h + 1} }

// newPlan lays out the roads of a city of km2.
func newPlan(km2 float64, seed uint64) *plan {
	r := stream(seed, "plan")
	side := math.Sqrt(km2) * 1000
	pl := &plan{w: math.Round(side * 1.04), h: math.Round(side / 1.04), warp: newWarp(stream(seed, "warp"))}
	pl.nx, pl.ny = max(2, int(math.Round(pl.w/520))), max(2, int(math.Round(pl.h/510)))
	pl.carriers = []carrier{{kind: onBorder}}
	pl.faces = []face{{v: []pt{{0, 0}, {pl.w, 0}, {pl.w, pl.h}, {0, pl.h}}, tag: []int{0, 0, 0, 0}}}
	pl.arterials(r)
	pl.riverAndRail(r)
	pl.diagonals()
	pl.collectors(r)
	pl.reserve(r)
	pl.locals(r)
	pl.parcels(r)
	return pl
}

func (pl *plan) arterials(r rng) {
	pl.us, pl.vs = []float64{0}, []float64{0}
	for i := 1; i < pl.nx; i++ {
		u := math.Round(pl.w*float64(i)/float64(pl.nx) + r.in(-28, 28))
		pl.us = append(pl.us, u)
		a, b := pl.along(u)
		t := pl.draw(carrier{onRoad, "arterial", a, b})
		if i == (pl.nx+1)/2 {
			pl.axisU = t
		}
	}
	for j := 1; j < pl.ny; j++ {
		v := math.Round(pl.h*float64(j)/float64(pl.ny) + r.in(-28, 28))
		pl.vs = append(pl.vs, v)
		a, b := pl.across(v)
		t := pl.draw(carrier{onRoad, "arterial", a, b})
		if j == (pl.ny+1)/2 {
			pl.axisV = t
		}
	}
	pl.us, pl.vs = append(pl.us, pl.w), append(pl.vs, pl.h)
	for i := 1; i < pl.nx; i += 4 {
		for j := 1; j < pl.ny; j += 4 {
			pl.warp.centres = append(pl.warp.centres, pt{(pl.us[min(i+1, pl.nx)] + pl.us[min(i+2, pl.nx)]) / 2, (pl.vs[min(j+1, pl.ny)] + pl.vs[j]) / 2})
		}
	}
}

// riverAndRail lays a river with a road on each bank north to south through
// every sixth column of superblocks, and a railway west to east in the south.
func (pl *plan) riverAndRail(r rng) {
	for i := 0; i < pl.nx; i += 6 {
		u := math.Round((pl.us[min(i+1, pl.nx)]+pl.us[i])/2 + r.in(-20, 20))
		if i == 0 && pl.nx > 3 {
			u = math.Round((pl.us[1]+pl.us[2])/2 + r.in(-15, 15))
		}
		pl.river = append(pl.river, u)
		for _, d := range []float64{-74, 0, 74} {
			a, b := pl.along(u + d)
			if d == 0 {
				pl.draw(carrier{onRiver, "", a, b})
			} else {
				pl.draw(carrier{onRoad, "collector", a, b})
			}
		}
	}
	pl.warp.riverU = pl.river
	pl.railV = math.Round(pl.vs[1]*0.55 + r.in(-15, 15))
	a, b := pl.across(pl.railV)
	pl.draw(carrier{onRail, "", a, pt{b[0], b[1] + pl.w*0.02}})
}

// diagonals lays an avenue from corner to corner of two superblocks, clear of the river, one per 16 superblocks or so.
func (pl *plan) diagonals() {
	for i := 2; i+2 <= pl.nx; i += 6 {
		for j := 2; j+1 <= pl.ny; j += 5 {
			a, b := pt{pl.us[i], pl.vs[j]}, pt{pl.us[i+2], pl.vs[min(j+2, pl.ny)]}
			clear := true
			for _, u := range pl.river {
				clear = clear && (u+90 < a[0] || u-90 > b[0])
			}
			if clear {
				pl.draw(carrier{onRoad, "arterial", a, b})
			}
		}
	}
}

// collectors halve the columns and the rows of superblocks, each over a run of them.
func (pl *plan) collectors(r rng) {
	for i := range pl.nx {
		u := math.Round(pl.us[i] + (pl.us[i+1]-pl.us[i])*r.in(0.42, 0.58))
		wet := slices.ContainsFunc(pl.river, func(x float64) bool { return math.Abs(x-u) < 170 })
		if wet {
			continue
		}
		for j := 0; j < pl.ny; {
			k := min(pl.ny, j+2+r.IntN(4))
			pl.draw(carrier{onRoad, "collector", pt{u, pl.vs[j]}, pt{u, pl.vs[k]}})
			j = k
			u = math.Round(u + r.in(-30, 30))
		}
	}
	for j := range pl.ny {
		v := math.Round(pl.vs[j] + (pl.vs[j+1]-pl.vs[j])*r.in(0.42, 0.58))
		if math.Abs(v-pl.railV) < 90 {
			v = math.Round(pl.vs[j] + (pl.vs[j+1]-pl.vs[j])*0.8)
		}
		for i := 0; i < pl.nx; {
			k := min(pl.nx, i+2+r.IntN(4))
			pl.draw(carrier{onRoad, "collector", pt{pl.us[i], v}, pt{pl.us[k], v}})
			i = k
			v = math.Round(v + r.in(-35, 35))
		}
	}
}

func (pl *plan) has(f face, kind int) bool {
	return slices.ContainsFunc(f.tag, func(t int) bool { return pl.carriers[t].kind == kind })
}

// roadEdges counts the edges of f along a road of the classes.
func (pl *plan) roadEdges(f face, classes ...string) (n int) {
	for _, t := range f.tag {
		if c := pl.carriers[t]; c.kind == onRoad && slices.Contains(classes, c.class) {
			n++
		}
	}
	return n
}
