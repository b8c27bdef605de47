package geocode

import "math"

// Roads of one name whose pieces lie over partsM apart are roads of their own, twins: two towns have a 人民路 each, with its own doors, ends and
// crossings. The first of them keeps the place of the name's road in the table; the others share its base and section.

// splitTwins makes a road of each group of pieces; the rows must all have been added. Lanes stay as they are: they hang on the first.
func (t *roadTable) splitTwins() {
	t.twins = make(map[int32][]int32)
	for id := range int32(len(t.roads)) {
		parts := partsOf(t.roads[id].geom)
		if len(parts) < 2 || t.roads[id].parent >= 0 {
			continue
		}
		all := make([]int32, 0, len(parts))
		for k, ls := range parts {
			to := id
			if k > 0 {
				to = int32(len(t.roads))
				t.roads = append(t.roads, t.roads[id])
				base := &t.bases[t.roads[id].base]
				base.roads = append(base.roads, to)
			}
			t.roads[to].geom = ls
			t.roads[to].key = t.keyOf[&ls[0][0]]
			all = append(all, to)
		}
		t.twins[id] = all
	}
	t.keyOf = nil
}

// nearestTwin returns which of the roads of a name a door at p stands on.
func (t *roadTable) nearestTwin(id int32, p pt) int32 {
	best := math.Inf(1)
	for _, k := range t.twins[id] {
		if s, ok := t.roads[k].geom.nearest(p); ok && s.dist < best {
			best, id = s.dist, k
		}
	}
	return id
}
