package tiles

import "github.com/paulmach/orb/maptile"

// A tile is made at once, see [Set.Prompt], when its layers have no more than so many rows near it, and their lines and polygons no more than
// so many points. Measured, that is under a millisecond: about 0.6 µs a component of twelve attributes, 0.3 µs a road of four points.
const (
	promptRows   = 1000
	promptPoints = 8000
)

// Prompt is Lookup without options that neither waits nor takes long: it returns a tile that is in the cache, or makes one of few features.
// It returns nil for all others, which are Lookup's: large ones, those that another call is making, those that cannot be made, wrong requests.
func (s *Set) Prompt(layers []string, t maptile.Tile) (*Tile, Outcome) {
	r, err := s.request(layers, TileOptions{})
	if err != nil || !s.has(t) {
		return nil, ""
	}
	f := frameOf(t)
	k := s.key(&r, t, f)
	if t := s.core.cached(k); t != nil {
		return t, Hit
	}
	left := amount{promptRows, promptPoints}
	for _, l := range r.layers {
		if !left.take(l, &f) {
			return nil, ""
		}
	}
	return s.core.tileNow(k, s.making(r, f)), Miss
}

// amount is how much may still stand in a tile.
type amount struct{ rows, points int }

// take takes off what of l may stand in the tile of f, by the nodes of the index, and reports whether there was enough. There never is
// where points stand for others, and where a plate would have to be made.
func (a *amount) take(l *layer, f *frame) bool {
	if f.z < l.rule.MinZoom {
		return true
	}
	if l.rule.lowAt(f.z, 0).Units > 0 {
		return false
	}
	l.base.amounts(f.box, func(lo, hi uint32, points int) bool {
		a.rows -= int(hi - lo)
		a.points -= points
		if a.enough() && points > 0 && !l.plated(f, lo, hi) {
			a.rows = -1
		}
		return a.enough()
	})
	if l.tree.Len() == 0 || !a.enough() {
		return a.enough()
	}
	lo, hi := f.box.rect()
	l.tree.Search(lo, hi, func(_, _ [2]float32, i uint32) bool {
		a.rows--
		if s := l.rows.shape(i); s != nil {
			a.points -= int(s.points())
		}
		return a.enough()
	})
	return a.enough()
}

func (a *amount) enough() bool { return a.rows >= 0 && a.points >= 0 }

// plated reports whether those of rows lo to before hi that stand in the tile of f are on plates, as far as they can be.
func (l *layer) plated(f *frame, lo, hi uint32) bool {
	if f.up > 0 || l.table.plated.Load() > plateBytes {
		return true
	}
	for i := lo; i < hi; i++ {
		p := l.rows.pages[i/pageRows].plates
		if p == nil || p[f.z].Load() != nil {
			i |= pageRows - 1 // to the next page
			continue
		}
		if l.rows.shape(i) != nil && l.rows.bound(i).touches(f.box) {
			return false
		}
	}
	return true
}
