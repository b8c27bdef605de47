package sample

import (
	"math"
	"slices"
	"sort"
)

// road is one road of the city, run in the sense its house numbers grow.
type road struct {
	id     int
	name   string // "" for the ways inside a compound
	class  string
	alias  string
	former string
	path
	nodes  []int     // of the net, in order; nil for inner ways
	nodeAt []float64 // their chainages
	inner  bool      // lies inside a parcel, not in the net
	parcel int       // of an inner way
}

func (r *road) section() section { return sections[r.class] }

// kerb returns half the carriageway.
func (r *road) kerb() float64 { return r.section().carriage / 2 }

// half returns half the road with its pavements.
func (r *road) half() float64 { return r.kerb() + r.section().walk }

// junction is a node where roads of different names meet.
type junction struct {
	node  int
	p     pt
	roads []int
	at    []float64 // chainage on each of roads
}

type roads struct {
	list      []*road
	ofEdge    map[*edge]int
	junctions []junction
	crossings map[int][]int // junction numbers by road
}

func makeRoads(n *net, seed uint64) *roads {
	rs := &roads{ofEdge: map[*edge]int{}, crossings: map[int][]int{}}
	byTag := make([][]*edge, len(n.carriers))
	for _, e := range n.edges {
		byTag[e.tag] = append(byTag[e.tag], e)
	}
	nm := newNames(stream(seed, "road names"))
	for t, c := range n.carriers {
		if c.kind == onRoad && len(byTag[t]) > 0 {
			rs.carrier(n, nm, t, byTag[t])
		}
	}
	rs.meet(n)
	return rs
}

// carrier turns the edges of one carrier into roads: one, or two where it crosses the main axis, or more where it has gaps.
func (rs *roads) carrier(n *net, nm *names, t int, edges []*edge) {
	c := n.carriers[t]
	dir := unit(sub(c.b, c.a))
	if math.Abs(dir[0]) >= math.Abs(dir[1]) && dir[0] < 0 || math.Abs(dir[1]) > math.Abs(dir[0]) && dir[1] < 0 {
		dir = mul(dir, -1)
	}
	along := func(id int) float64 { return dot(n.plans[id], dir) }
	sort.Slice(edges, func(i, j int) bool {
		return math.Min(along(edges[i].a), along(edges[i].b)) < math.Min(along(edges[j].a), along(edges[j].b))
	})
	eastWest := math.Abs(dir[0]) >= math.Abs(dir[1])
	axis := n.axisU
	if !eastWest {
		axis = n.axisV
	}
	onAxis := func(id int) bool {
		a := n.carriers[axis]
		return t != axis && math.Abs(cross(sub(n.plans[id], a.a), unit(sub(a.b, a.a)))) < 0.01
	}
	river := slices.ContainsFunc(n.river, func(u float64) bool { return !eastWest && math.Abs(math.Abs(u-c.a[0])-74) < 1 })
	splits := (c.class == "arterial" || c.class == "collector") && !river && math.Abs(dir[0]*dir[1]) < 0.2
	var runs [][]side
	var cut []bool // the run starts on the axis
	for i, e := range edges {
		s := side{e, along(e.a) > along(e.b)}
		joined := i > 0 && runs[len(runs)-1][len(runs[len(runs)-1])-1].to() == s.from()
		if joined && !(splits && onAxis(s.from())) {
			runs[len(runs)-1] = append(runs[len(runs)-1], s)
			continue
		}
		runs = append(runs, []side{s})
		cut = append(cut, joined)
	}
	base, suffix := rs.baseName(n, nm, c, eastWest, river)
	halves := [2]string{"西", "东"}
	if !eastWest {
		halves = [2]string{"南", "北"}
	}
	for i, run := range runs {
		name, back := base+suffix, false
		switch {
		case i+1 < len(runs) && cut[i+1]:
			name, back = base+halves[0]+suffix, true
		case cut[i]:
			name = base + halves[1] + suffix
		case i > 0 && !cut[i]:
			base, suffix = rs.baseName(n, nm, c, eastWest, river)
			name = base + suffix
		}
		rs.add(n, c.class, name, run, back)
	}
}

func (rs *roads) baseName(n *net, nm *names, c carrier, eastWest, river bool) (base, suffix string) {
	switch {
	case river:
		for i, u := range n.river {
			w := []string{"滨河", "沿河", "清河", "柳河"}[i%4]
			if math.Abs(u-c.a[0]) < 80 {
				if c.a[0] < u {
					w += "西"
				} else {
					w += "东"
				}
				if !nm.used[w] {
					nm.used[w] = true
					return w, "路"
				}
			}
		}
		return nm.word(nil, "路"), "路"
	case c.class == "arterial" && math.Abs(c.b[0]-c.a[0]) > 50 && math.Abs(c.b[1]-c.a[1]) > 50:
		return nm.word([]string{"迎宾", "世纪", "东方", "凤凰"}, "大道"), "大道"
	case c.class == "service":
		return nm.whole(laneWords, pick(nm.r, []string{"巷", "巷", "胡同"})), ""
	case c.class == "local" && nm.r.one(0.4):
		return nm.word(roadWords, "街"), "街"
	case !eastWest && c.class == "collector" && nm.r.one(0.25):
		return nm.word(roadWords, "街"), "街"
	}
	return nm.word(roadWords, "路"), "路"
}

func (rs *roads) add(n *net, class, name string, run []side, back bool) {
	id := len(rs.list)
	var p []pt
	nodes := []int{run[0].from()}
	for _, s := range run {
		p = append(p, s.points()...)
		nodes = append(nodes, s.to())
		rs.ofEdge[s.e] = id
	}
	p = append(p, n.nodes[nodes[len(nodes)-1]])
	if back {
		slices.Reverse(p)
		slices.Reverse(nodes)
	}
	r := &road{id: id, name: name, class: class, path: newPath(p), nodes: nodes}
	k := 0
	for i, q := range p {
		if k < len(nodes) && q == n.nodes[nodes[k]] {
			r.nodeAt = append(r.nodeAt, r.s[i])
			k++
		}
	}
	rs.list = append(rs.list, r)
}

// meet finds the junctions.
func (rs *roads) meet(n *net) {
	type on struct {
		road int
		at   float64
	}
	byNode := map[int][]on{}
	for _, r := range rs.list {
		for i, id := range r.nodes {
			byNode[id] = append(byNode[id], on{r.id, r.nodeAt[i]})
		}
	}
	for id := range n.nodes {
		ons := byNode[id]
		if len(ons) < 2 {
			continue
		}
		j := junction{node: id, p: n.nodes[id]}
		for _, o := range ons {
			j.roads, j.at = append(j.roads, o.road), append(j.at, o.at)
			rs.crossings[o.road] = append(rs.crossings[o.road], len(rs.junctions))
		}
		rs.junctions = append(rs.junctions, j)
	}
}

// clear reports whether chainage s of road r is at least margin metres off the mouths of the roads it meets.
func (rs *roads) clear(r *road, s, margin float64) bool {
	for _, k := range rs.crossings[r.id] {
		j := rs.junctions[k]
		var own, other float64
		for i, id := range j.roads {
			if id == r.id {
				own = j.at[i]
			} else {
				other = math.Max(other, rs.list[id].half())
			}
		}
		if math.Abs(s-own) < other+margin {
			return false
		}
	}
	return true
}

// aliases gives some roads another or an older name.
func (rs *roads) aliases(seed uint64) {
	r := stream(seed, "road aliases")
	nm := newNames(r)
	for _, x := range rs.list {
		nm.used[x.name] = true
	}
	old := []string{"红旗路", "工农路", "东风路", "跃进街", "向阳街", "曙光路", "前进路", "新建街", "劳动路", "勤俭街", "卫东路", "环城路", "老北街", "老西街"}
	for _, x := range rs.list {
		if x.class == "service" || x.inner {
			continue
		}
		switch {
		case len(old) > 0 && r.one(0.2):
			k := r.IntN(len(old))
			if !nm.used[old[k]] {
				x.former = old[k]
				nm.used[old[k]] = true
			}
			old = slices.Delete(old, k, k+1)
		case x.class == "arterial" && r.one(0.3):
			base := []rune(x.name)
			if a := "老" + string(base[:2]) + "路"; !nm.used[a] {
				x.alias = a
				nm.used[a] = true
			}
		}
	}
}
