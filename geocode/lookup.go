package geocode

import (
	"context"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/paulmach/orb"
)

// keyIndex finds rows by their keys, for which nothing else asks: it is made by the first who does, 8 bytes a row.
type keyIndex struct {
	once        sync.Once
	seed        maphash.Seed
	doors, pois []uint64 // upper half of a key's hash, row; sorted
}

func (x *keyIndex) made(s *source) *keyIndex {
	x.once.Do(func() {
		x.seed = maphash.MakeSeed()
		x.doors = make([]uint64, len(s.doors))
		for i := range s.doors {
			x.doors[i] = x.hash(s.doors[i].key) | uint64(i)
		}
		x.pois = make([]uint64, len(s.pois))
		for i := range s.pois {
			x.pois[i] = x.hash(s.pois[i].key) | uint64(i)
		}
		x.doors, x.pois = sortByUpper(x.doors), sortByUpper(x.pois)
	})
	return x
}

func (x *keyIndex) hash(key string) uint64 { return maphash.String(x.seed, key) >> 32 << 32 }

// row returns the first of the rows that is; -1 when none is.
func (x *keyIndex) row(of []uint64, key string, is func(int32) bool) int32 {
	h := x.hash(key)
	i, _ := slices.BinarySearch(of, h)
	for ; i < len(of) && of[i]>>32<<32 == h; i++ {
		if row := int32(uint32(of[i])); is(row) {
			return row
		}
	}
	return -1
}

// Lookup returns the place of an id as Place.ID gives it; ok is false where there is none, or no longer. Its score is 1: nothing was guessed.
func (g *Geocoder) Lookup(ctx context.Context, id string) (p Place, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return Place{}, false, err
	}
	layer, key, _ := strings.Cut(id, ":")
	if key == "" {
		return Place{}, false, nil
	}
	if c, ok := g.lookupRow(layer, key); ok {
		c.score = 1
		return g.place(nil, &c), true, nil
	}
	switch layer {
	case LayerIntersection, LayerAddress, LayerStreet, LayerVenue: // a crossing, a bridge, a mouth, a number between two: known by their words
	default:
		return Place{}, false, nil
	}
	ans, err := g.Search(ctx, Query{Text: key, Size: 40, Brief: true})
	if err != nil {
		return Place{}, false, err
	}
	for _, p := range ans.Places {
		if p.ID == id {
			return p, true, nil
		}
	}
	return Place{}, false, nil
}

// lookupRow is the candidate of a stored row.
func (g *Geocoder) lookupRow(layer, key string) (cand, bool) {
	switch layer {
	case LayerComponent:
		for _, r := range g.comps.find([]rune(strings.ToLower(key)), nil) {
			if r.key == key {
				c := newCand(levelComponent, r.at, 1)
				c.comp = r
				return c, true
			}
		}
	case LayerGrid:
		if k, ok := slices.BinarySearchFunc(g.src.grids, key, func(r gridRec, c string) int { return strings.Compare(r.code, c) }); ok {
			c := newCand(levelGrid, g.src.grids[k].at, 50)
			c.grid = int32(k)
			return c, true
		}
	case LayerCoordinate:
		x, y, _ := strings.Cut(key, ",")
		lon, err := strconv.ParseFloat(x, 64)
		lat, err2 := strconv.ParseFloat(y, 64)
		if err != nil || err2 != nil || !usable(orb.Point{lon, lat}) {
			return cand{}, false
		}
		return newCand(levelCoordinate, g.fr.to(orb.Point{lon, lat}), 10), true
	case LayerNeighbourhood, LayerLocaladmin:
		for i := range g.src.areas {
			if a := &g.src.areas[i]; a.key == key && a.isStreet == (layer == LayerLocaladmin) {
				k := entryCommunity
				if a.isStreet {
					k = entryStreet
				}
				return g.entryCand(entry{kind: k, idx: int32(i)})
			}
		}
	case LayerStreet:
		for i := range g.roads {
			if g.roads[i].key == key {
				at, unc, ok := g.roadMiddle(int32(i))
				c := newCand(levelRoad, at, unc)
				c.road, c.match = int32(i), MatchFallback
				return c, ok
			}
		}
	case "door":
		x := g.keys.made(g.src)
		if i := x.row(x.doors, key, func(i int32) bool { return g.src.doors[i].key == key }); i >= 0 {
			c := newCand(levelDoor, g.src.doors[i].at, 10)
			c.door, c.road = i, g.doorRoad[i]
			return c, true
		}
	default:
		x := g.keys.made(g.src)
		if i := x.row(x.pois, key, func(i int32) bool { return g.src.pois[i].key == key && g.src.pois[i].layer == layer }); i >= 0 {
			return g.entryCand(entry{kind: entryPOI, idx: i})
		}
	}
	return cand{}, false
}
