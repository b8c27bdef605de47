package sample

import (
	"fmt"
	"math"
	"sort"
)

// district is a street or a community.
type district struct {
	code   string
	name   string
	former string
	street int // of a community
	rings  [][]pt
	seed   pt // of the plan
}

// divide makes streets and communities out of whole faces, so that borders run
// along roads, river, railway and walls and are shared vertex by vertex.
func (c *City) divide(seed uint64) {
	pl, r := c.net.plan, stream(seed, "communities")
	cols, rows := max(3, int(math.Round(pl.w/640))), max(3, int(math.Round(pl.h/490)))
	sc := max(1, int(math.Round(float64(cols)/3)))
	sr := max(1, int(math.Round(float64(rows)/5)))
	if sc*sr < 2 {
		sc = 2
	}
	nm := newNames(stream(seed, "district names"))
	for s := range sc * sr {
		list := []string{"岗山", "平阳", "铁山", "泉源", "护驾", "宏河", "凫南", "峄北"}
		c.streets = append(c.streets, district{code: fmt.Sprintf("370883%03d", s+1), name: nm.whole(list, "街道")})
	}
	count := make([]int, sc*sr)
	for j := rows - 1; j >= 0; j-- {
		for i := range cols {
			s := (j*sr/rows)*sc + i*sc/cols
			count[s]++
			d := district{
				code: fmt.Sprintf("%s%03d", c.streets[s].code, count[s]), name: nm.whole(communityWords, "社区"), street: s,
				seed: pt{pl.w * (float64(i) + r.in(0.35, 0.65)) / float64(cols), pl.h * (float64(j) + r.in(0.35, 0.65)) / float64(rows)},
			}
			if r.one(0.25) {
				d.former = nm.whole(nil, "村")
			}
			c.communities = append(c.communities, d)
		}
	}
	c.assign()
}

// assign gives each face to the nearest community and mends those that fall apart.
func (c *City) assign() {
	n := c.net
	of := make([]int, len(n.faces))
	for i, f := range n.faces {
		m, best := centroid(f.v), math.Inf(1)
		for k, d := range c.communities {
			if g := dist(m, d.seed); g < best {
				best, of[i] = g, k
			}
		}
	}
	near := n.neighbours()
	for range 8 {
		if !mend(of, near, len(c.communities)) {
			break
		}
	}
	for k := range c.communities {
		c.communities[k].rings = n.union(func(f int) bool { return of[f] == k })
	}
	for s := range c.streets {
		c.streets[s].rings = n.union(func(f int) bool { return c.communities[of[f]].street == s })
	}
	for i, p := range c.parcels {
		if p != nil {
			p.community = of[i]
		}
	}
	c.finder = newFinder(c.communities)
}

// neighbours lists, by face, the faces it shares an edge with.
func (n *net) neighbours() [][]int {
	by := map[*edge][]int{}
	for i, ring := range n.rings {
		for _, s := range ring {
			by[s.e] = append(by[s.e], i)
		}
	}
	out := make([][]int, len(n.rings))
	for _, e := range n.edges {
		if f := by[e]; len(f) == 2 {
			out[f[0]] = append(out[f[0]], f[1])
			out[f[1]] = append(out[f[1]], f[0])
		}
	}
	return out
}

// mend hands the smaller pieces of a community in several pieces to a neighbour; false when there was none.
func mend(of []int, near [][]int, communities int) bool {
	piece := make([]int, len(of))
	var sizes, owner []int
	for i := range of {
		if piece[i] != 0 {
			continue
		}
		sizes, owner = append(sizes, 0), append(owner, of[i])
		id := len(sizes)
		stack := []int{i}
		piece[i] = id
		for len(stack) > 0 {
			f := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			sizes[id-1]++
			for _, g := range near[f] {
				if piece[g] == 0 && of[g] == of[f] {
					piece[g] = id
					stack = append(stack, g)
				}
			}
		}
	}
	keep := make([]int, communities)
	for id, k := range owner {
		if keep[k] == 0 || sizes[id] > sizes[keep[k]-1] {
			keep[k] = id + 1
		}
	}
	changed := false
	for i := range of {
		if piece[i] == keep[of[i]] {
			continue
		}
		for _, g := range near[i] {
			if of[g] != of[i] && piece[g] == keep[of[g]] {
				of[i] = of[g]
				changed = true
				break
			}
		}
	}
	return changed
}

// finder tells the community of a point.
type finder struct {
	list  []district
	cells map[[2]int][]int
}

const finderCell = 200

func newFinder(list []district) *finder {
	f := &finder{list, map[[2]int][]int{}}
	for k, d := range list {
		x0, y0, x1, y1 := extent(d.rings[0], pt{1, 0})
		for x := int(math.Floor(x0 / finderCell)); x <= int(math.Floor(x1/finderCell)); x++ {
			for y := int(math.Floor(y0 / finderCell)); y <= int(math.Floor(y1/finderCell)); y++ {
				f.cells[[2]int{x, y}] = append(f.cells[[2]int{x, y}], k)
			}
		}
	}
	return f
}

// at returns the index of the community that holds p, -1 outside the city.
func (f *finder) at(p pt) int {
	for _, k := range f.cells[[2]int{int(math.Floor(p[0] / finderCell)), int(math.Floor(p[1] / finderCell))}] {
		in := false
		for _, ring := range f.list[k].rings {
			if inside(p, ring) {
				in = !in
			}
		}
		if in {
			return k
		}
	}
	return -1
}

// door is a house number plate.
type door struct {
	road     *road
	number   string
	building string // 3号楼
	p        pt
	s        float64 // chainage along the road
	parcel   int
	house    int // building index, -1 for a gate
}

func (d door) address() string { return d.road.name + d.number + "号" + d.building }

// plates numbers the doors: odd on the left of a road, even on the right, growing with the chainage.
func (c *City) plates(seed uint64) {
	r := stream(seed, "plates")
	for _, p := range c.parcels {
		if p == nil {
			continue
		}
		for _, g := range p.gates {
			c.wants = append(c.wants, doorWant{road: g.road, p: g.p, building: -1, parcel: p.face})
		}
	}
	byRoad := make([][]door, len(c.roads.list))
	for _, w := range c.wants {
		s, d := w.road.project(w.p)
		byRoad[w.road.id] = append(byRoad[w.road.id], door{road: w.road, p: mm(w.p), s: s, parcel: w.parcel, house: w.building, number: map[bool]string{true: "l", false: "r"}[d > 0]})
	}
	for id, list := range byRoad {
		sort.SliceStable(list, func(i, j int) bool { return list[i].s < list[j].s })
		step := map[string]float64{"arterial": 10, "collector": 9, "local": 8, "service": 6}[c.roads.list[id].class]
		last := map[string]int{"l": -1, "r": 0}
		sub := map[string]int{}
		for _, d := range list {
			side := d.number
			n := last[side] + 2
			if m := 2*int(d.s/step) + 1; side == "l" && m > n {
				n = m
			} else if m := 2*int(d.s/step) + 2; side == "r" && m > n {
				n = m
			}
			if d.house >= 0 && last[side] > 0 && r.one(0.05) {
				sub[side]++
				d.number = fmt.Sprintf("%d-%d", last[side], sub[side])
			} else {
				d.number = fmt.Sprint(n)
				last[side], sub[side] = n, 0
			}
			c.enter(d)
		}
	}
	c.compoundDoors()
}

// enter adds a door and tells the gate or the building of it.
func (c *City) enter(d door) {
	c.doors = append(c.doors, d)
	if d.house >= 0 {
		if b := &c.buildings[d.house]; b.addr == "" {
			b.addr, b.door = d.address(), d.p
		}
		return
	}
	p := c.parcels[d.parcel]
	for i := range p.gates {
		if p.gates[i].door < 0 && dist(p.gates[i].p, d.p) < 0.01 {
			p.gates[i].door = len(c.doors) - 1
		}
	}
}

// compoundDoors adds a plate to every numbered building of a compound: the gate's number and the building's.
func (c *City) compoundDoors() {
	for _, p := range c.parcels {
		if p == nil || len(p.gates) == 0 || p.gates[0].door < 0 {
			continue
		}
		g := c.doors[p.gates[0].door]
		for _, id := range p.buildings {
			b := &c.buildings[id]
			if b.number > 0 {
				b.name = fmt.Sprintf("%d号楼", b.number)
				b.addr = g.address() + b.name
				c.doors = append(c.doors, door{road: g.road, number: g.number, building: b.name, p: mm(b.door), s: g.s, parcel: p.face, house: id})
				if p.face%2 == 0 { // half the compounds' houses are delivered under their full name, half as 3号楼
					b.name = p.name + b.name
				}
			} else if b.addr == "" {
				b.addr = g.address()
			}
		}
	}
}
