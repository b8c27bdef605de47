package geocode

import (
	"cmp"
	"hash/maphash"
	"maps"
	"slices"
	"unique"

	"wanmi/geocode/text"
	"wanmi/gis"
)

// compRec is a component in as little memory as it takes to find and name it.
type compRec struct {
	key          string
	label, given string // the painted number and the survey team's own id
	name, class  word   // class code; name of the class or the thing
	comm, commNm word
	street       word
	at           pt
}

// compRef finds a component by the hash of a folded code, label or own id.
type compRef struct {
	hash uint64
	idx  int32
}

// components is the large, fixed part and, newest last, the overlays of what changed since.
type components struct {
	seed maphash.Seed
	recs []compRec
	refs []compRef // by hash
	over []*overlay
}

// overlay is a set of changes; it is never edited. Overlays grow by doubling: one that is no larger than the one laid
// over it is merged with it, so n changes make at most log n overlays and an edit costs little on average.
type overlay struct {
	recs map[string]*compRec // by key; nil: deleted
	refs map[uint64][]*compRec
}

// overlayMerge is the size from which an overlay is left as it is, so that no single edit takes more than milliseconds;
// overlayMax bounds the overlays together: beyond it they are folded into the fixed part.
const (
	overlayMerge = 2048
	overlayMax   = 100_000
)

func newCompRec(f gis.Feature, fr frame) (compRec, bool) {
	at, ok := pointOf(f.Geom, fr)
	if !ok || f.Key == "" {
		return compRec{}, false
	}
	name := f.Text("name")
	if name == "" {
		name = f.Text("class_name")
	}
	return compRec{
		key: f.Key, label: f.Text("label"), given: f.Text("delivered_id"), name: intern(name), class: intern(f.Text("class")),
		comm: intern(f.Text("community_code")), commNm: intern(f.Text("community_name")), street: intern(f.Text("street_name")),
		at: at,
	}, true
}

func newComponents(recs []compRec) *components {
	c := &components{seed: maphash.MakeSeed(), recs: recs}
	c.refs = make([]compRef, 0, 2*len(recs))
	var f text.Folded
	for i := range recs {
		c.names(&recs[i], &f, func(h uint64) { c.refs = append(c.refs, compRef{h, int32(i)}) })
	}
	slices.SortFunc(c.refs, func(a, b compRef) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.idx, b.idx)) })
	return c
}

// names calls yield with the hash of each name the component can be called by.
func (c *components) names(r *compRec, f *text.Folded, yield func(uint64)) {
	seen := [3]uint64{}
	for i, s := range [3]string{r.key, r.label, r.given} {
		if s == "" {
			continue
		}
		f.Set(s)
		h := c.hash(f.Runes)
		seen[i] = h
		if h == 0 || i > 0 && h == seen[0] || i > 1 && h == seen[1] {
			continue
		}
		yield(h)
	}
}

// hash covers letters, digits and Han, not blanks and dashes: LD-0123 and LD0123 are one.
func (c *components) hash(r []rune) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	n := 0
	for _, x := range r {
		if x == '-' || x == ' ' || x == '_' || x == '.' || x == '#' {
			continue
		}
		h.WriteByte(byte(x))
		h.WriteByte(byte(x >> 8))
		n++
	}
	if n == 0 {
		return 0
	}
	return h.Sum64()
}

// find appends the components called by exactly these runes, at most 64.
func (c *components) find(r []rune, out []*compRec) []*compRec {
	h := c.hash(r)
	if h == 0 {
		return out
	}
	i, _ := slices.BinarySearchFunc(c.refs, h, func(a compRef, h uint64) int { return cmp.Compare(a.hash, h) })
	for ; i < len(c.refs) && c.refs[i].hash == h && len(out) < 64; i++ {
		if rec := &c.recs[c.refs[i].idx]; !c.shadowed(rec.key, 0) {
			out = append(out, rec)
		}
	}
	for k, o := range c.over {
		for _, rec := range o.refs[h] {
			if !c.shadowed(rec.key, k+1) {
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
	n := *c
	n.over = slices.Clone(c.over)
	top := &overlay{recs: changes}
	for k := len(n.over) - 1; k >= 0 && len(n.over[k].recs) <= len(top.recs) && len(n.over[k].recs) < overlayMerge; k-- {
		merged := make(map[string]*compRec, len(n.over[k].recs)+len(top.recs))
		maps.Copy(merged, n.over[k].recs)
		maps.Copy(merged, top.recs)
		top = &overlay{recs: merged}
		n.over = n.over[:k]
	}
	n.over = append(n.over, top)
	total := 0
	for _, o := range n.over {
		total += len(o.recs)
	}
	if total > overlayMax {
		return n.compact()
	}
	n.index(top)
	return &n
}

func (c *components) index(o *overlay) {
	o.refs = make(map[uint64][]*compRec, 2*len(o.recs))
	var f text.Folded
	for _, r := range o.recs {
		if r != nil {
			c.names(r, &f, func(h uint64) { o.refs[h] = append(o.refs[h], r) })
		}
	}
	for _, rs := range o.refs {
		if len(rs) > 1 {
			slices.SortFunc(rs, func(a, b *compRec) int { return cmp.Compare(a.key, b.key) })
		}
	}
}

func (c *components) compact() *components {
	all := make(map[string]*compRec)
	for _, o := range c.over {
		maps.Copy(all, o.recs)
	}
	recs := make([]compRec, 0, len(c.recs)+len(all))
	for _, r := range c.recs {
		if _, changed := all[r.key]; !changed {
			recs = append(recs, r)
		}
	}
	for _, r := range all {
		if r != nil {
			recs = append(recs, *r)
		}
	}
	slices.SortFunc(recs, func(a, b compRec) int { return cmp.Compare(a.key, b.key) })
	return newComponents(recs)
}

func value(w word) string {
	if w == (unique.Handle[string]{}) {
		return ""
	}
	return w.Value()
}
