package geocode

import (
	"cmp"
	"slices"

	"wanmi/geocode/text"
)

// base is a road's name without section, lane and alley: 和平西路.
type base struct {
	name  string // as stored
	roads []int32
}

// road is a line or a door road: base with section, lane and alley.
type road struct {
	name                      string // as stored
	key                       string // of its first row, "" when only doors name it
	base, parent              int32  // parent -1 for a road that is no lane
	section, lane, alley, sub int
	geom                      lines
	half                      float64 // half the width in metres
	doorFrom, doorTo          int32   // its range in doorOrder
}

type roadKey struct {
	base                      int32
	section, lane, alley, sub int
}

// roadTable gathers roads from rows and doors.
type roadTable struct {
	bases  []base
	roads  []road
	byBase map[string]int32
	byKey  map[roadKey]int32
	byName map[string]int32  // as stored
	keyOf  map[*pt]string    // the row of each piece, by its first point; for splitTwins
	twins  map[int32][]int32 // the roads of the name of a road that is split, itself first
}

func newRoadTable() *roadTable {
	return &roadTable{byBase: map[string]int32{}, byKey: map[roadKey]int32{}, byName: map[string]int32{}, keyOf: map[*pt]string{}}
}

// tail cuts a number and the rune u off the end of r; n is 0 when they are not there.
func tail(r []rune, u rune) (rest int, n int) {
	if len(r) == 0 || r[len(r)-1] != u {
		return len(r), 0
	}
	i := len(r) - 1
	for i > 0 && text.Digit(r[i-1]) {
		i--
	}
	if i == len(r)-1 || i == 0 || len(r)-1-i > 5 {
		return len(r), 0
	}
	v, _ := readDigits(r, i)
	return i, int(v)
}

// splitRoad cuts a folded road name: the length of its base and the numbers of section, lane, alley and sub-alley.
func splitRoad(r []rune) (end int, k roadKey) {
	end = len(r)
	end, k.sub = tail(r[:end], '衖')
	end, k.alley = tail(r[:end], '弄')
	end, k.lane = tail(r[:end], '巷')
	if k.alley == 0 { // 永吉路120巷81巷: a lane off a lane is what is called 弄 elsewhere
		if e, outer := tail(r[:end], '巷'); outer > 0 {
			end, k.lane, k.alley = e, outer, k.lane
		}
	}
	end, k.section = tail(r[:end], '段')
	return end, k
}

// get returns the road of that stored name, made when it is new, and its parents with it.
func (t *roadTable) get(name string) int32 {
	if id, ok := t.byName[name]; ok {
		return id
	}
	var f text.Folded
	f.Set(name)
	end, k := splitRoad(f.Runes)
	folded := string(f.Runes[:end])
	b, ok := t.byBase[folded]
	if !ok {
		b = int32(len(t.bases))
		t.byBase[folded] = b
		t.bases = append(t.bases, base{name: f.Original(0, end)})
	}
	k.base = b
	id := t.ensure(k, name)
	t.byName[name] = id
	return id
}

func (t *roadTable) ensure(k roadKey, name string) int32 {
	if id, ok := t.byKey[k]; ok {
		return id
	}
	parent := int32(-1)
	up := k
	switch {
	case k.sub > 0:
		up.sub = 0
	case k.alley > 0:
		up.alley = 0
	case k.lane > 0:
		up.lane = 0
	}
	if up != k {
		parent = t.ensure(up, t.label(up))
	}
	id := int32(len(t.roads))
	t.byKey[k] = id
	if name == "" {
		name = t.label(k)
	}
	t.roads = append(t.roads, road{
		name: name, base: k.base, parent: parent, section: k.section, lane: k.lane, alley: k.alley, sub: k.sub, half: 6,
	})
	if parent < 0 {
		t.bases[k.base].roads = append(t.bases[k.base].roads, id)
	}
	return id
}

var digitNames = [...]string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}

// label writes the name of a road that no row names.
func (t *roadTable) label(k roadKey) string {
	s := t.bases[k.base].name
	if k.section > 0 {
		if k.section < len(digitNames) {
			s += digitNames[k.section] + "段"
		} else {
			s += number(k.section<<24).String() + "段"
		}
	}
	for _, p := range []struct {
		n int
		u string
	}{{k.lane, "巷"}, {k.alley, "弄"}, {k.sub, "衖"}} {
		if p.n > 0 {
			s += number(p.n<<24).String() + p.u
		}
	}
	return s
}

// defaultHalf is half the usual width of a class of road in metres.
func defaultHalf(class string) float64 {
	switch class {
	case "arterial", "primary", "trunk", "motorway":
		return 15
	case "collector", "secondary":
		return 11
	case "local", "tertiary", "residential":
		return 7
	case "":
		return 8
	}
	return 4
}

// addRow adds the geometry and width of a stored road.
func (t *roadTable) addRow(r roadRec) int32 {
	id := t.get(r.name)
	rd := &t.roads[id]
	if rd.key == "" {
		rd.key = r.key
		rd.half = defaultHalf(r.class)
	}
	if r.width > 0 {
		rd.half = max(rd.half, r.width/2)
	}
	rd.geom = append(rd.geom, r.geom...)
	for _, l := range r.geom {
		t.keyOf[&l[0]] = r.key
	}
	return id
}

// crossing is where two roads meet; a < b.
type crossing struct {
	a, b int32
	at   pt
}

// roadSegs is every segment of every road, for the crossings and for reverse.
type roadSeg struct {
	road int32
	a, b pt
}

func (s roadSeg) box() box {
	return box{min(s.a.x, s.b.x), min(s.a.y, s.b.y), max(s.a.x, s.b.x), max(s.a.y, s.b.y)}
}

func segmentsOf(roads []road) []roadSeg {
	var segs []roadSeg
	for id := range roads {
		for _, l := range roads[id].geom {
			for i := 1; i < len(l); i++ {
				segs = append(segs, roadSeg{int32(id), l[i-1], l[i]})
			}
		}
	}
	return segs
}

// nearMissM is how far apart two roads may end and still be taken to meet.
const nearMissM = 25

// findCrossings nodes the roads: segments that cross or touch, and ends that stop short of another road by less than
// nearMissM. Points of one pair within 40 m (dual carriageways) are one crossing, at their mean.
func findCrossings(roads []road, segs []roadSeg, grid *buckets) []crossing {
	var raw []crossing
	meet := func(a, b int32, p pt) {
		raw = append(raw, crossing{min(a, b), max(a, b), p})
	}
	for i, s := range segs {
		grid.search(s.box().pad(.5), func(j int32) bool {
			o := segs[j]
			if int(j) > i && o.road != s.road {
				if p, ok := segmentsMeet(s, o); ok {
					meet(s.road, o.road, p)
				}
			}
			return true
		})
	}
	met := make(map[uint64][]pt, len(raw))
	for _, c := range raw {
		met[pairKey(c.a, c.b)] = append(met[pairKey(c.a, c.b)], c.at)
	}
	near := map[int32]spot{}
	for id := range roads {
		for _, l := range roads[id].geom {
			for _, end := range [2]pt{l[0], l[len(l)-1]} {
				clear(near)
				grid.search(box{end.x, end.y, end.x, end.y}.pad(nearMissM), func(j int32) bool {
					o := segs[j]
					if o.road == int32(id) {
						return true
					}
					q, _ := project(end, o.a, o.b)
					if d := q.dist(end); d < nearMissM {
						if n, ok := near[o.road]; !ok || d < n.dist {
							near[o.road] = spot{at: q, dist: d}
						}
					}
					return true
				})
				for other, n := range near {
					known := slices.ContainsFunc(met[pairKey(int32(id), other)], func(p pt) bool { return p.near(n.at, 2*nearMissM) })
					if !known {
						meet(int32(id), other, lerp(end, n.at, .5))
					}
				}
			}
		}
	}
	return mergeCrossings(raw)
}

func pairKey(a, b int32) uint64 { return uint64(uint32(min(a, b)))<<32 | uint64(uint32(max(a, b))) }

// segmentsMeet returns the point two segments share; parallel ones share an end or nothing.
func segmentsMeet(s, o roadSeg) (pt, bool) {
	d1, d2 := cross(o.a, o.b, s.a), cross(o.a, o.b, s.b)
	d3, d4 := cross(s.a, s.b, o.a), cross(s.a, s.b, o.b)
	if (d1 > 0) != (d2 > 0) && (d3 > 0) != (d4 > 0) && d1 != d2 {
		return lerp(s.a, s.b, d1/(d1-d2)), true
	}
	const touch = .3
	for _, p := range [2]pt{s.a, s.b} {
		if q, _ := project(p, o.a, o.b); q.near(p, touch) {
			return p, true
		}
	}
	for _, p := range [2]pt{o.a, o.b} {
		if q, _ := project(p, s.a, s.b); q.near(p, touch) {
			return p, true
		}
	}
	return pt{}, false
}

func mergeCrossings(raw []crossing) []crossing {
	slices.SortFunc(raw, func(x, y crossing) int {
		return cmp.Or(cmp.Compare(pairKey(x.a, x.b), pairKey(y.a, y.b)), cmp.Compare(x.at.x, y.at.x), cmp.Compare(x.at.y, y.at.y))
	})
	var out []crossing
	var count []float64
	from := 0
	for _, c := range raw {
		if len(out) > from && (out[from].a != c.a || out[from].b != c.b) {
			from = len(out)
		}
		merged := false
		for k := from; k < len(out); k++ {
			if out[k].at.near(c.at, 40) {
				n := count[k]
				out[k].at = out[k].at.mul(n).add(c.at).mul(1 / (n + 1))
				count[k]++
				merged = true
				break
			}
		}
		if !merged {
			out, count = append(out, c), append(count, 1)
		}
	}
	return out
}
