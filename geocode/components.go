package geocode

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/paulmach/orb"

	"wanmi/geocode/text"
)

// components is the large, fixed part and, newest last, the overlays of what changed since.
type components struct {
	base *compRows
	over []*overlay
	fold *folding // nil: none is under way
}

// overlay is a set of changes; it is never edited. Overlays grow by doubling: one that is no larger than the one laid
// over it is merged with it, so n changes make at most log n overlays and an edit costs little on average.
type overlay struct {
	recs map[string]*compRec // by key; nil: deleted
	refs map[uint64][]*compRec
}

// folding is a fixed part in the making, of the one before and the first n overlays over it. It is made beside the edits, which would
// wait for it for tenths of a second, and taken by the first edit after it is done. Which of the two is asked makes no difference
// to an answer.
type folding struct {
	n    int
	done atomic.Pointer[compRows]
}

// overlayMerge is the size from which an overlay is left as it is, so that no single edit takes more than milliseconds;
// overlayMax is how many changes, of some 400 bytes each, are laid over the fixed part before they are folded into it.
const (
	overlayMerge = 2048
	overlayMax   = 32_768
)

// mostFound bounds the components found by one name.
const mostFound = 64

func newComponents() *components {
	return &components{base: &compRows{namer: namer{maphash.MakeSeed()}}}
}

// read files the components of a corpus.
func (c *components) read(ctx context.Context, from Corpus, fr frame) error {
	var fields compFields
	var fold text.Folded
	for f, err := range from.Features(ctx, "component", orb.Bound{}) {
		if err != nil {
			return fmt.Errorf("geocode: layer component: %w", err)
		}
		if r, ok := fields.rec(f, fr); ok {
			c.base.add(&r, &fold)
		}
	}
	c.base.pack()
	return ctx.Err()
}

// find appends the components called by exactly these runes, at most mostFound.
func (c *components) find(r []rune, out []*compRec) []*compRec {
	h := c.base.hash(r)
	if h == 0 {
		return out
	}
	out = c.base.find(h, func(key string) bool { return c.shadowed(key, 0) }, out, mostFound)
	for k, o := range c.over {
		for _, rec := range o.refs[h] {
			if len(out) < mostFound && !c.shadowed(rec.key, k+1) {
				out = append(out, rec)
			}
		}
	}
	return out
}

// shadowed reports whether an overlay from the k-th on says something else of the key.
func (c *components) shadowed(key string, k int) bool {
	for _, o := range c.over[k:] {
		if _, ok := o.recs[key]; ok {
			return true
		}
	}
	return false
}

// apply returns components with the changes made; nil stands for a deleted one. changes is kept.
func (c *components) apply(changes map[string]*compRec) *components {
	n := c.folded()
	fixed := 0 // overlays being folded are not merged with newer ones
	if n.fold != nil {
		fixed = n.fold.n
	}
	top := &overlay{recs: changes}
	for k := len(n.over) - 1; k >= fixed && len(n.over[k].recs) <= len(top.recs) && len(n.over[k].recs) < overlayMerge; k-- {
		merged := make(map[string]*compRec, len(n.over[k].recs)+len(top.recs))
		maps.Copy(merged, n.over[k].recs)
		maps.Copy(merged, top.recs)
		top = &overlay{recs: merged}
		n.over = n.over[:k]
	}
	n.index(top)
	n.over = append(n.over, top)
	total := 0
	for _, o := range n.over {
		total += len(o.recs)
	}
	if n.fold == nil && total > overlayMax {
		n.startFold()
	}
	return n
}

// folded returns a copy that stands on the folded part when that is done.
func (c *components) folded() *components {
	if c.fold != nil {
		if rows := c.fold.done.Load(); rows != nil {
			return &components{base: rows, over: slices.Clone(c.over[c.fold.n:])}
		}
	}
	return &components{base: c.base, over: slices.Clone(c.over), fold: c.fold}
}

func (c *components) startFold() {
	c.fold = &folding{n: len(c.over)}
	go func(f *folding, base *compRows, over []*overlay) { f.done.Store(base.with(over)) }(c.fold, c.base, c.over)
}

func (c *components) index(o *overlay) {
	o.refs = make(map[uint64][]*compRec, len(o.recs))
	var f text.Folded
	for _, r := range o.recs {
		if r != nil {
			hs, n := c.base.names(r, &f)
			for _, h := range hs[:n] {
				o.refs[h] = append(o.refs[h], r)
			}
		}
	}
	for _, rs := range o.refs {
		if len(rs) > 1 {
			slices.SortFunc(rs, func(a, b *compRec) int { return cmp.Compare(a.key, b.key) })
		}
	}
}

// with returns the rows with the overlays folded in: what they change stands behind the rows, in the order components.find gives it.
func (t *compRows) with(over []*overlay) *compRows {
	now := make(map[string]*compRec)
	for _, o := range over {
		maps.Copy(now, o.recs)
	}
	gone, f := make([]bool, t.n), new(text.Folded)
	for key := range now {
		for _, ref := range t.like(t.hashText(key, f)) {
			if i := uint32(ref); t.key.at(int(i)) == key {
				gone[i] = true
			}
		}
	}
	n := t.without(gone, len(now))
	for _, o := range over {
		for _, key := range slices.Sorted(maps.Keys(o.recs)) {
			if r := o.recs[key]; r != nil && now[key] == r {
				n.add(r, f)
			}
		}
	}
	n.pack()
	return n
}
