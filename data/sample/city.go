package sample

import (
	"math"
	"sort"

	"wanmi/gis/crs"
)

// doorWant is a house entrance that waits for its number.
type doorWant struct {
	road     *road
	p        pt
	building int // -1: a gate
	parcel   int
}

type wall struct {
	p     []pt
	class string
	name  string
}

// City is a made city.
type City struct {
	cfg         Config
	net         *net
	roads       *roads
	inner       []*road
	innerBy     map[int][]*road
	parcels     []*parcel // by face, nil: none
	buildings   []building
	walls       []wall
	wants       []doorWant
	streets     []district
	communities []district
	finder      *finder
	doors       []door
	pois        []poi
	departments []department
	components  []component
	reports     []report
	cases       []caseRow
	river       [][]pt           // water polygons, counter-clockwise
	damp        map[[2]int][]int // the rivers by cell of ground
	rail        path
	origin      pt // EPSG:4548 easting and northing of the plane's origin
	crs         crs.CRS
}

// cityLon and cityLat is where the middle of the city stands.
const (
	cityLon, cityLat = 116.97, 35.40
	epsg             = "EPSG:4548"
)

// locate places the plane on the ground.
func (c *City) locate() error {
	k, err := crs.ByName(epsg)
	if err != nil {
		return err
	}
	x, y := k.FromLonLat(cityLon, cityLat)
	c.crs = k
	c.origin = pt{math.Round(x - c.net.w/2), math.Round(y - c.net.h/2)}
	return nil
}

// grid returns the EPSG:4548 easting and northing of p.
func (c *City) grid(p pt) pt { return mm(add(p, c.origin)) }

// lonLat returns the CGCS2000 longitude and latitude of p, to 1e-8 degrees (1 mm).
func (c *City) lonLat(p pt) pt {
	g := c.grid(p)
	x, y := c.crs.ToLonLat(g[0], g[1])
	return pt{math.Round(x*1e8) / 1e8, math.Round(y*1e8) / 1e8}
}

// waters makes the river's polygons from bank to bank and the railway's line.
func (c *City) waters() {
	pl := c.net.plan
	for _, u := range pl.river {
		var west, east []pt
		width := func(v float64) float64 { return riverHalf - 1 + 2.2*math.Sin(v/83) + 1.4*math.Sin(v/37) }
		steps := int(pl.h / 12)
		for i := range steps + 1 {
			v := pl.h * float64(i) / float64(steps)
			west = append(west, pl.warp.ground(pt{u - width(v+200), v}))
			east = append(east, pl.warp.ground(pt{u + width(v), v}))
		}
		ring := append([]pt{}, east...)
		for i := len(west) - 1; i >= 0; i-- {
			ring = append(ring, west[i])
		}
		c.river = append(c.river, ring)
	}
	c.dampen()
	var rail []*edge
	for _, e := range c.net.edges {
		if c.net.carriers[e.tag].kind == onRail {
			rail = append(rail, e)
		}
	}
	west := func(e *edge) float64 { return math.Min(c.net.plans[e.a][0], c.net.plans[e.b][0]) }
	sort.Slice(rail, func(i, j int) bool { return west(rail[i]) < west(rail[j]) })
	var line []pt
	for _, e := range rail {
		p := side{e, c.net.plans[e.a][0] > c.net.plans[e.b][0]}.points()
		line = append(line, p...)
	}
	if n := len(rail); n > 0 {
		e := rail[n-1]
		end := e.b
		if c.net.plans[e.a][0] > c.net.plans[e.b][0] {
			end = e.a
		}
		c.rail = newPath(append(line, c.net.nodes[end]))
	}
}
