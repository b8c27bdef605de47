package sample

import (
	"math"
	"slices"
)

// From where a rule measures its offset.
const (
	fromCentre = iota
	fromKerb
	fromEdge // the outer edge of the pavement
)

// Which sides of the road a rule serves.
const (
	both      = 2
	alternate = 3
	leftSide  = 1
	rightSide = -1
)

// rule places a class in a row along roads.
type rule struct {
	class  string
	roads  string  // initials: a arterial, c collector, l local, s service
	from   int     // fromCentre, fromKerb, fromEdge
	off    float64 // metres outward
	every  float64 // metres
	sides  int
	margin float64 // metres off the mouths of crossing roads
	scaled bool    // its number follows what was asked for
}

var rules = []rule{
	{"01037", "ac", fromKerb, 0.9, 33, both, 2, false},
	{"01037", "ls", fromKerb, 0.6, 34, leftSide, 1, false},
	{"01077", "a", fromKerb, 0.9, 310, both, 9, false},
	{"01006", "acl", fromKerb, 1.7, 100, leftSide, 3, false},
	{"04002", "ac", fromKerb, 1.5, 6.4, both, 5, true},
	{"04002", "l", fromKerb, 1.3, 7.5, both, 4, true},
	{"04004", "ac", fromKerb, 1.9, 95, both, 6, false},
	{"04011", "ac", fromKerb, 2.2, 40, both, 6, true},
	{"01002", "acls", fromCentre, -0.9, 34, leftSide, 0, true},
	{"01003", "acl", fromCentre, 2.1, 36, rightSide, 0, true},
	{"01001", "acl", fromCentre, 3.2, 48, leftSide, 1, true},
	{"01005", "acl", fromKerb, 2.4, 62, leftSide, 2, true},
	{"01007", "acls", fromKerb, 0.5, 58, rightSide, 1, true},
	{"01008", "acl", fromKerb, 1.1, 150, rightSide, 2, false},
	{"01009", "acl", fromKerb, 1.3, 180, leftSide, 2, false},
	{"01010", "ac", fromKerb, -3, 78, rightSide, 2, true},
	{"01011", "acl", fromCentre, 3.6, 66, rightSide, 1, true},
	{"01012", "ac", fromKerb, 1.0, 240, leftSide, 4, false},
	{"01014", "ac", fromKerb, 3.0, 160, rightSide, 4, false},
	{"01017", "ac", fromKerb, 2.8, 170, rightSide, 4, false},
	{"01019", "a", fromKerb, -4, 260, leftSide, 4, false},
	{"01023", "acls", fromCentre, 1.2, 330, rightSide, 2, false},
	{"01022", "a", fromKerb, -5, 620, leftSide, 4, false},
	{"01004", "acl", fromKerb, -0.3, 27, both, 1, true},
	{"03005", "a", fromKerb, 1.2, 72, both, 1, false},
	{"03005", "cl", fromKerb, 1.0, 95, both, 1, false},
	{"02010", "acl", fromKerb, 0.6, 105, both, 1.5, false},
	{"02043", "ls", fromCentre, 0, 130, leftSide, 9, false},
	{"01013", "acl", fromKerb, 0.8, 118, leftSide, 4, false},
	{"04007", "ac", fromEdge, -1.0, 125, both, 8, false},
	{"04005", "a", fromKerb, 3.6, 60, both, 8, false},
	{"01027", "acl", fromEdge, -0.6, 255, leftSide, 3, false},
	{"01028", "acl", fromEdge, -0.6, 285, rightSide, 3, false},
	{"01060", "ac", fromEdge, -0.6, 480, leftSide, 3, false},
	{"01048", "acl", fromEdge, -0.7, 430, rightSide, 4, false},
	{"01049", "acl", fromEdge, -0.7, 560, leftSide, 4, false},
	{"01050", "acl", fromKerb, 0.7, 270, alternate, 6, false},
	{"01030", "ls", fromKerb, 0.4, 46, rightSide, 1, false},
	{"01031", "ls", fromKerb, 0.5, 57, leftSide, 2, false},
	{"03006", "ac", fromEdge, -0.8, 260, alternate, 10, false},
	{"03008", "cl", fromEdge, -0.7, 330, leftSide, 5, false},
	{"01042", "ac", fromEdge, -0.8, 900, leftSide, 14, false},
	{"01040", "a", fromEdge, -1.6, 1100, rightSide, 18, false},
	{"01044", "ac", fromEdge, -1.6, 1300, leftSide, 18, false},
	{"01045", "ac", fromEdge, -0.8, 700, rightSide, 12, false},
	{"01041", "a", fromEdge, -1.2, 1500, leftSide, 12, false},
	{"02023", "a", fromKerb, 0.8, 1200, rightSide, 40, false},
	{"02034", "ac", fromKerb, 0.3, 210, both, 1, false},
	{"02027", "acl", fromEdge, -1.2, 300, rightSide, 9, false},
	{"02003", "cl", fromKerb, 0.4, 420, rightSide, 9, false},
	{"01065", "acl", fromEdge, -0.5, 520, leftSide, 6, false},
	{"01029", "ac", fromEdge, -0.5, 380, rightSide, 6, false},
	{"01036", "a", fromEdge, -0.4, 520, leftSide, 6, false},
	{"03002", "ac", fromKerb, 0.9, 640, rightSide, 9, false},
	{"03007", "c", fromEdge, -0.3, 240, alternate, 6, false},
	{"02018", "a", fromKerb, -0.8, 640, rightSide, 3, false},
}

// scaled holds the classes whose number follows what was asked for.
var scaled = scaledClasses()

func scaledClasses() map[string]bool {
	m := map[string]bool{"04999": true}
	for _, r := range rules {
		if r.scaled {
			m[r.class] = true
		}
	}
	return m
}

func (r *road) offset(from int, off float64) float64 {
	switch from {
	case fromKerb:
		return math.Max(0.3, r.kerb()+off)
	case fromEdge:
		return math.Max(0.3, r.half()+off)
	}
	return off
}

func (p *placer) alongRoads() {
	for _, rd := range p.c.roads.list {
		for _, u := range rules {
			if slices.Contains([]byte(u.roads), rd.class[0]) {
				p.row(rd, u)
			}
		}
		p.roadThings(rd)
	}
}

// row places one rule along one road, with the small irregularity of real life.
func (p *placer) row(rd *road, u rule) {
	step := u.every
	if u.scaled {
		step = math.Max(1.6, step*p.k)
	}
	n := 0
	for s := 3 + p.r.Float64()*math.Min(step, rd.length()); s < rd.length()-3; s += step {
		n++
		for _, side := range [2]float64{1, -1} {
			switch {
			case u.sides == alternate && (n%2 == 0) != (side > 0),
				u.sides == leftSide && side < 0, u.sides == rightSide && side > 0:
				continue
			}
			t := clamp(s+p.r.in(-0.06, 0.06)*math.Min(step, 20), 2, rd.length()-2)
			if u.sides == both && side < 0 {
				t = clamp(t+math.Min(step, 40)*0.4, 2, rd.length()-2)
			}
			if !p.c.roads.clear(rd, t, u.margin) {
				continue
			}
			d := rd.offset(u.from, u.off) * side
			if u.class == "02043" {
				k := rd.kerb() - 0.2
				p.linear(u.class, []pt{rd.off(t, -k), rd.off(t, k)}, rd, t, -1)
				continue
			}
			at := rd.off(t, d+p.r.in(-0.12, 0.12))
			if u.from != fromCentre && p.c.wet(at, 0) {
				continue
			}
			p.point(u.class, at, rd, t, -1)
		}
	}
}

// wet reports whether at lies in a river or within m metres (5 at most) of one.
func (c *City) wet(at pt, m float64) bool {
	for _, k := range c.damp[dampKey(at)] {
		if r := c.river[k]; inside(at, r) || m > 0 && ringDist(at, r) < m {
			return true
		}
	}
	return false
}

const dampCell = 50

func dampKey(p pt) [2]int {
	return [2]int{int(math.Floor(p[0] / dampCell)), int(math.Floor(p[1] / dampCell))}
}

// dampen notes the cells of ground that a river touches or comes near to.
func (c *City) dampen() {
	c.damp = map[[2]int][]int{}
	for k, ring := range c.river {
		for i := range ring {
			// The ring runs up one bank and down the other: vertex i faces vertex n-1-i.
			a, b := ring[i], ring[len(ring)-1-i]
			lo := dampKey(pt{math.Min(a[0], b[0]) - 20, math.Min(a[1], b[1]) - 20})
			hi := dampKey(pt{math.Max(a[0], b[0]) + 20, math.Max(a[1], b[1]) + 20})
			for x := lo[0]; x <= hi[0]; x++ {
				for y := lo[1]; y <= hi[1]; y++ {
					key := [2]int{x, y}
					if l := c.damp[key]; len(l) == 0 || l[len(l)-1] != k {
						c.damp[key] = append(l, k)
					}
				}
			}
		}
	}
}

// roadThings places what has length or breadth: guard rails, parking for bicycles, bus stops.
func (p *placer) roadThings(rd *road) {
	switch rd.class {
	case "arterial":
		for s := 40.0; s+70 < rd.length(); s += 80 {
			if p.c.roads.clear(rd, s, 12) && p.c.roads.clear(rd, s+70, 12) && p.c.roads.clear(rd, s+35, 25) && p.r.one(0.7) {
				p.linear("02017", rd.cut(s, s+70), rd, s+35, -1)
			}
		}
		fallthrough
	case "collector":
		p.busStops(rd)
		for s := 60 + p.r.Float64()*60; s+12 < rd.length(); s += 170 {
			side := float64(1 - 2*p.r.IntN(2))
			if !p.c.roads.clear(rd, s, 8) || !p.c.roads.clear(rd, s+10, 8) {
				continue
			}
			a, z := rd.off(s, side*(rd.kerb()+0.9)), rd.off(s+9, side*(rd.kerb()+0.9))
			e := unit(sub(z, a))
			if side < 0 {
				a, e = z, mul(e, -1)
			}
			class := "02025"
			if p.r.one(0.25) {
				class = "02026"
			}
			p.areal(class, box(a, e, 9, 1.8), rd, s+4.5, -1)
		}
	}
}

func (p *placer) busStops(rd *road) {
	for s := 130 + p.r.Float64()*120; s+20 < rd.length(); s += 430 {
		for _, side := range [2]float64{1, -1} {
			t := clamp(s+side*14, 5, rd.length()-5)
			if p.c.roads.clear(rd, t, 15) {
				p.point("02004", rd.off(t, side*(rd.kerb()+1.8)), rd, t, -1)
				p.point("01032", rd.off(t+4, side*(rd.kerb()+0.7)), rd, t+4, -1)
				p.point("03005", rd.off(t+6, side*(rd.kerb()+1.8)), rd, t+6, -1)
			}
		}
	}
}

// junctions places lights, plates and cameras at the corners where roads meet.
func (p *placer) junctions() {
	for _, j := range p.c.roads.junctions {
		var arms []int
		rank := 0
		for i, id := range j.roads {
			r := p.c.roads.list[id]
			arms = append(arms, i)
			rank += map[string]int{"arterial": 3, "collector": 2, "local": 1}[r.class]
		}
		if rank < 2 {
			continue
		}
		corners := p.corners(j)
		for k, q := range corners {
			rd := p.c.roads.list[j.roads[arms[k%len(arms)]]]
			s := j.at[arms[k%len(arms)]]
			if rank >= 4 {
				p.point("02014", q, rd, s, -1)
				p.point("02020", add(q, pt{0.9, 0.5}), rd, s, -1)
				p.point("02020", add(q, pt{-0.9, -0.6}), rd, s, -1)
				p.point("03005", add(q, pt{1.5, -1.6}), rd, s, -1)
			}
			if k%2 == 0 {
				p.point("02012", add(q, pt{-0.6, 0.8}), rd, s, -1)
			}
			if k == 1 && rank >= 3 {
				p.point("01050", add(q, pt{0.4, 0.9}), rd, s, -1)
			}
			if rank < 4 && rank >= 3 && k < 2 {
				p.point("02033", add(q, pt{0.3, 0.3}), rd, s, -1)
			}
		}
		if rank >= 4 && len(corners) > 0 {
			rd, s := p.c.roads.list[j.roads[0]], j.at[0]
			p.point("02015", add(corners[0], pt{1.3, 1.2}), rd, s, -1)
			p.point("01015", add(corners[0], pt{2.1, 0.4}), rd, s, -1)
			if rank >= 5 {
				p.point("02021", add(corners[0], pt{2.4, 2.0}), rd, s, -1)
				p.point("02021", add(corners[0], pt{3.4, 2.2}), rd, s, -1)
				p.point("02999", add(corners[len(corners)-1], pt{0.8, 2.2}), rd, s, -1)
				p.islands(j)
			}
		}
	}
}

// corners returns the points on the pavement between neighbouring arms of a junction.
func (p *placer) corners(j junction) []pt {
	type arm struct {
		a, kerb float64
	}
	var arms []arm
	for i, id := range j.roads {
		r := p.c.roads.list[id]
		for _, ds := range [2]float64{6, -6} {
			s := j.at[i] + ds
			if s < 0 || s > r.length() {
				continue
			}
			q, _ := r.at(s)
			d := sub(q, j.p)
			arms = append(arms, arm{math.Atan2(d[1], d[0]), r.kerb() + math.Min(1.2, r.section().walk*0.4)})
		}
	}
	slices.SortFunc(arms, func(a, b arm) int {
		if a.a < b.a {
			return -1
		}
		return 1
	})
	var out []pt
	for i, a := range arms {
		b := arms[(i+1)%len(arms)]
		gap := math.Mod(b.a-a.a+4*math.Pi, 2*math.Pi)
		if gap < 0.9 || gap > 2.4 {
			continue // too sharp, or straight on
		}
		ea, eb := pt{math.Cos(a.a), math.Sin(a.a)}, pt{math.Cos(b.a), math.Sin(b.a)}
		// On the left of arm a at its kerb, on the right of arm b at its own.
		x := 1 / cross(ea, eb)
		out = append(out, add(j.p, add(mul(ea, b.kerb*x), mul(eb, a.kerb*x))))
	}
	return out
}

func (p *placer) islands(j junction) {
	for i, id := range j.roads {
		r := p.c.roads.list[id]
		if r.class != "arterial" {
			continue
		}
		for _, ds := range [2]float64{21, -25} {
			s := j.at[i] + ds
			if s < 5 || s+4 > r.length()-5 {
				continue
			}
			a, z := r.off(s, -1), r.off(s+4, -1)
			p.areal("02019", box(a, unit(sub(z, a)), 4, 2), r, s+2, -1)
		}
	}
}
