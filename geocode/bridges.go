package geocode

import (
	"cmp"
	"slices"
)

// barRec is what a road bridges or passes below: a railway or a water.
type barRec struct {
	layer, key string
	shape      lines
}

// bridge is where a road meets a railway or a water, sorted by road.
type bridge struct {
	road int32
	bar  int32
	at   pt
}

// bridgeSpan is the widest water or railway yard crossed at one place, in metres: meetings nearer to each other are one bridge.
const bridgeSpan = 120

// findBridges meets the roads with the railways and waters.
func findBridges(bars []barRec, segs []roadSeg, grid *buckets) []bridge {
	var out []bridge
	for k, b := range bars {
		from := len(out)
		for _, l := range b.shape {
			for i := 1; i < len(l); i++ {
				bar := roadSeg{-1, l[i-1], l[i]}
				grid.search(bar.box().pad(.5), func(j int32) bool {
					if p, ok := segmentsMeet(bar, segs[j]); ok {
						out = append(out, bridge{segs[j].road, int32(k), p})
					}
					return true
				})
			}
		}
		out = append(out[:from], mergeBridges(out[from:])...)
	}
	slices.SortStableFunc(out, func(a, b bridge) int { return cmp.Compare(a.road, b.road) })
	return out
}

// mergeBridges makes one of the two banks of a river, the two tracks of a railway.
func mergeBridges(raw []bridge) []bridge {
	slices.SortFunc(raw, func(a, b bridge) int {
		return cmp.Or(cmp.Compare(a.road, b.road), cmp.Compare(a.at.x, b.at.x), cmp.Compare(a.at.y, b.at.y))
	})
	var out []bridge
	var spans []box
next:
	for _, b := range raw {
		for k := len(out) - 1; k >= 0 && out[k].road == b.road; k-- {
			if s := &spans[k]; out[k].at.near(b.at, bridgeSpan) {
				*s = box{min(s.minX, b.at.x), min(s.minY, b.at.y), max(s.maxX, b.at.x), max(s.maxY, b.at.y)}
				out[k].at = pt{(s.minX + s.maxX) / 2, (s.minY + s.maxY) / 2}
				continue next
			}
		}
		out, spans = append(out, b), append(spans, box{b.at.x, b.at.y, b.at.x, b.at.y})
	}
	return out
}

// bridgeCands places X路桥下 and X路Y河桥 where the road meets a railway or a water, the one named when one is. A water that a road is
// said to bridge is then no place of its own.
func (g *Geocoder) bridgeCands(sc *scratch) {
	from := len(sc.cands)
	for i := range sc.phrases {
		if p := &sc.phrases[i]; p.has(entryRoad) && p.num == 0 && !p.course {
			g.bridgesOf(sc, int32(i))
		}
	}
	if len(sc.cands) == from {
		return
	}
	n := 0
	for _, c := range sc.cands {
		if c.poi >= 0 && g.src.pois[c.poi].layer == "water" {
			continue
		}
		sc.cands[n] = c
		n++
	}
	sc.cands = sc.cands[:n]
}

func (g *Geocoder) bridgesOf(sc *scratch, i int32) {
	g.phraseRoads(&sc.phrases[i], func(r onRoad, id int32, _ int) {
		k, _ := slices.BinarySearchFunc(g.bridges, id, func(b bridge, id int32) int { return cmp.Compare(b.road, id) })
		for ; k < len(g.bridges) && g.bridges[k].road == id; k++ {
			if !g.barMeant(sc, &g.src.bars[g.bridges[k].bar]) {
				continue
			}
			c := newCand(levelIntersection, g.bridges[k].at, 30)
			c.p, c.road, c.bridge = i, id, true
			g.addOnRoad(sc, c, r)
		}
	})
}

// barMeant reports whether the words about the bridge allow this railway or water: 铁路桥 is over a railway, 清源河桥 over that river.
func (g *Geocoder) barMeant(sc *scratch, b *barRec) bool {
	water := false
	for k := range sc.phrases {
		for _, e := range sc.phrases[k].m.entries {
			if e.kind == entryPOI && g.src.pois[e.idx].layer == "water" {
				water = true
				if b.layer == "water" && g.src.pois[e.idx].key == b.key {
					return true
				}
			}
		}
	}
	return !water && (!sc.railSaid || b.layer == "rail")
}
