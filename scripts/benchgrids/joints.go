package main

import (
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/grids"
)

const (
	stepLeast = 2.0 // m, of a step
	stepMost  = 8.0
	stepReach = 15.0 // m before a joint in which a step counts
	stepTurn  = 30.0 // degrees, the least turn of one
	closeM    = 2.0  // m: corners nearer to each other are one too many
)

// corners counts what a planner would still change where borders inside communities meet each other or a community line.
type corners struct {
	Joints int `json:"joints"` // off the community lines
	Steps  int `json:"steps"`  // borders with a step of 2-8 m, two turns of 30 degrees or more to either side, within 15 m of a joint
	Hooks  int `json:"hooks"`  // borders whose last 2-8 m turn off by 30 degrees or more
	Jogs   int `json:"jogs"`   // such steps anywhere
	Close  int `json:"close"`  // segments of borders shorter than 2 m
	Knots  int `json:"knots"`  // joints off the community lines with two or more corners within 2 m
}

// streetEdge is an edge of cells, by its ends, and how it is used.
type streetEdge struct {
	comms []string
	mine  bool // both sides are cells of one community
}

// countCorners counts them in the cells of a division, in metres east and north of its middle.
func countCorners(cells []grids.Cell) corners {
	edges, at := streetEdges(cells)
	star := map[orb.Point][]orb.Point{}
	given := map[orb.Point]bool{}
	for e, x := range edges {
		if !x.mine {
			given[e[0]], given[e[1]] = true, true
		}
		star[e[0]], star[e[1]] = append(star[e[0]], e[1]), append(star[e[1]], e[0])
	}
	mine := func(p, q orb.Point) bool { return edges[edgeOf(p, q)].mine }
	far := func(p, q orb.Point) float64 { return dist(at(p), at(q)) }
	var n corners
	for e, x := range edges {
		if x.mine && far(e[0], e[1]) < closeM {
			n.Close++
		}
		if p, q := e[0], e[1]; x.mine && len(star[p]) == 2 && len(star[q]) == 2 && isStep(at(other(star[p], q)), at(p), at(q), at(other(star[q], p))) {
			n.Jogs++
		}
	}
	for p, near := range star {
		if len(near) < 3 {
			continue
		}
		if !given[p] {
			n.Joints++
		}
		if k := slices.DeleteFunc(slices.Clone(near), func(q orb.Point) bool { return far(p, q) >= closeM }); !given[p] && len(k) > 1 {
			n.Knots++
		}
		for _, q := range near {
			if !mine(p, q) {
				continue
			}
			way := []orb.Point{at(p), at(q)}
			for was, d := p, far(p, q); d < stepReach && len(star[q]) == 2; {
				next := other(star[q], was)
				if !mine(q, next) {
					break
				}
				d += far(q, next)
				was, q = q, next
				way = append(way, at(q))
			}
			n.look(way)
		}
	}
	return n
}

// other returns the one of two points that is not p.
func other(two []orb.Point, p orb.Point) orb.Point {
	if two[0] == p {
		return two[1]
	}
	return two[0]
}

// look counts what the way from a joint along a border shows.
func (n *corners) look(way []orb.Point) {
	d := dist(way[0], way[1])
	if len(way) > 2 && d >= stepLeast && d <= stepMost && math.Abs(turn(way[0], way[1], way[2])) >= stepTurn {
		n.Hooks++
	}
	for i := 1; i+2 < len(way); i++ {
		if d += dist(way[i], way[i+1]); d < stepReach && isStep(way[i-1], way[i], way[i+1], way[i+2]) {
			n.Steps++
			return
		}
	}
}

// isStep reports whether the second of three legs is a step.
func isStep(p, q, r, s orb.Point) bool {
	a, b, l := turn(p, q, r), turn(q, r, s), dist(q, r)
	return l >= stepLeast && l <= stepMost && a*b < 0 && min(math.Abs(a), math.Abs(b)) >= stepTurn
}

// turn returns by how many degrees a way turns to the left at q.
func turn(p, q, r orb.Point) float64 {
	ux, uy, vx, vy := q[0]-p[0], q[1]-p[1], r[0]-q[0], r[1]-q[1]
	return math.Atan2(ux*vy-uy*vx, ux*vx+uy*vy) * 180 / math.Pi
}

func edgeOf(p, q orb.Point) [2]orb.Point {
	if q[0] < p[0] || q[0] == p[0] && q[1] < p[1] {
		p, q = q, p
	}
	return [2]orb.Point{p, q}
}

// streetEdges returns the edges of the valid cells by their ends (longitude, latitude), and where a point lies in metres.
func streetEdges(cells []grids.Cell) (map[[2]orb.Point]streetEdge, func(orb.Point) orb.Point) {
	all := map[[2]orb.Point]streetEdge{}
	box := orb.Bound{Min: orb.Point{180, 90}, Max: orb.Point{-180, -90}}
	for _, c := range cells {
		if c.Status == grids.Void {
			continue
		}
		for _, r := range c.Polygon {
			for i := 1; i < len(r); i++ {
				e := edgeOf(r[i-1], r[i])
				x := all[e]
				x.comms = append(x.comms, c.Community)
				x.mine = len(x.comms) == 2 && x.comms[0] == x.comms[1]
				all[e] = x
				box = box.Extend(r[i])
			}
		}
	}
	o := box.Center()
	kx, ky := 111_320*math.Cos(o[1]*math.Pi/180), 111_200.0
	return all, func(p orb.Point) orb.Point { return orb.Point{(p[0] - o[0]) * kx, (p[1] - o[1]) * ky} }
}
