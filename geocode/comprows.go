package geocode

import (
	"hash/maphash"
	"slices"

	"wanmi/geocode/text"
	"wanmi/gis"
)

// compRec is a component as far as finding and naming it goes.
type compRec struct {
	key          string
	label, given string // the painted number and the survey team's own id
	name         string // of the thing, else of its class
	comm, street string // code of the community, name of the street
	at           pt
}

// compFields are the fields of a component that are read: where each stands is looked up once a layer, not once a row.
type compFields struct {
	layer *gis.Layer
	at    [6]int
}

func (c *compFields) of(f gis.Feature) (v [6]string) {
	if f.Layer != c.layer {
		c.layer = f.Layer
		for i, name := range [6]string{"name", "class_name", "label", "delivered_id", "community_code", "street_name"} {
			c.at[i] = f.Layer.Index(name)
		}
	}
	for i, k := range c.at {
		if k >= 0 && k < len(f.Values) {
			v[i], _ = f.Values[k].(string)
		}
	}
	return v
}

// rec reads a row; ok is false when it has no key or no place.
func (c *compFields) rec(f gis.Feature, fr frame) (r compRec, ok bool) {
	at, ok := pointOf(f.Geom, fr)
	if !ok || f.Key == "" {
		return compRec{}, false
	}
	v := c.of(f)
	r = compRec{key: f.Key, name: v[0], label: v[2], given: v[3], comm: v[4], street: v[5], at: at}
	if r.name == "" {
		r.name = v[1]
	}
	return r, true
}

// compRows is many components in little memory, none of it shared with what they were read from and none of it pointers the
// garbage collector must follow. Once packed it is never changed.
type compRows struct {
	namer
	n int

	key, label, given  texts
	name, comm, street words
	places             []pt
	refs               []uint64 // upper half of the hash of a name, row; sorted
}

// add appends a component.
func (t *compRows) add(r *compRec, f *text.Folded) {
	t.key.add(t.n, r.key)
	t.label.add(t.n, r.label)
	t.given.add(t.n, r.given)
	t.name.add(t.n, r.name)
	t.comm.add(t.n, r.comm)
	t.street.add(t.n, r.street)
	t.places = append(t.places, r.at)
	hs, n := t.names(r, f)
	for _, h := range hs[:n] {
		t.refs = append(t.refs, h>>32<<32|uint64(uint32(t.n)))
	}
	t.n++
}

// pack ends the adding of rows and makes them findable.
func (t *compRows) pack() {
	for _, c := range []*texts{&t.key, &t.label, &t.given} {
		c.pack()
	}
	for _, c := range []*words{&t.name, &t.comm, &t.street} {
		c.pack()
	}
	t.places = packed(t.places)
	t.refs = sortByUpper(t.refs)
}

// without returns the rows but those gone, to be added to and packed.
func (t *compRows) without(gone []bool, more int) *compRows {
	n := &compRows{
		namer: t.namer,
		key:   t.key.without(gone, more), label: t.label.without(gone, more), given: t.given.without(gone, more),
		name: t.name.without(gone), comm: t.comm.without(gone), street: t.street.without(gone),
		places: make([]pt, 0, t.n+more), refs: make([]uint64, 0, len(t.refs)+2*more),
	}
	now := make([]uint32, t.n) // the row each becomes
	for i, p := range t.places {
		if !gone[i] {
			now[i] = uint32(n.n)
			n.places = append(n.places, p)
			n.n++
		}
	}
	for _, ref := range t.refs {
		if i := uint32(ref); !gone[i] {
			n.refs = append(n.refs, ref>>32<<32|uint64(now[i]))
		}
	}
	return n
}

// rec returns a copy of a row.
func (t *compRows) rec(i int) *compRec {
	return &compRec{
		key: t.key.at(i), label: t.label.at(i), given: t.given.at(i),
		name: t.name.at(i), comm: t.comm.at(i), street: t.street.at(i), at: t.places[i],
	}
}

// like returns the refs of all names whose hashes begin like h, in the order of the rows.
func (t *compRows) like(h uint64) []uint64 {
	i, _ := slices.BinarySearch(t.refs, h>>32<<32)
	j := i
	for j < len(t.refs) && t.refs[j]>>32 == h>>32 {
		j++
	}
	return t.refs[i:j]
}

// find appends the components with a name of that hash and no newer record, in the order of the rows, until out holds most.
func (t *compRows) find(h uint64, newer func(key string) bool, out []*compRec, most int) []*compRec {
	for _, ref := range t.like(h) {
		if len(out) >= most {
			break
		}
		r := t.rec(int(uint32(ref)))
		if hs, n := t.names(r, nil); slices.Contains(hs[:n], h) && !newer(r.key) {
			out = append(out, r)
		}
	}
	return out
}

// namer hashes the names of components.
type namer struct{ seed maphash.Seed }

// names returns the hash of each name the component can be called by; f may be nil.
func (n namer) names(r *compRec, f *text.Folded) (hs [3]uint64, count int) {
	for _, s := range [3]string{r.key, r.label, r.given} {
		if h := n.hashText(s, f); h != 0 && !slices.Contains(hs[:count], h) {
			hs[count] = h
			count++
		}
	}
	return hs, count
}

// hashText is the hash of a text's folded runes. Most are plain ASCII, of which folding only changes the case.
func (n namer) hashText(s string, f *text.Folded) uint64 {
	var buf [128]byte
	b := buf[:0]
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c > '~' {
			if f == nil {
				f = new(text.Folded)
			}
			f.Set(s)
			return n.hash(f.Runes)
		}
		b = appendName(b, text.Rune(rune(c)))
	}
	return n.sum(b)
}

// hash is 0 when nothing is left of the runes.
func (n namer) hash(r []rune) uint64 {
	var buf [128]byte
	b := buf[:0]
	for _, x := range r {
		b = appendName(b, x)
	}
	return n.sum(b)
}

// appendName takes letters, digits and Han, not blanks and dashes: LD-0123 and LD0123 are one.
func appendName(b []byte, x rune) []byte {
	if x == '-' || x == ' ' || x == '_' || x == '.' || x == '#' {
		return b
	}
	return append(b, byte(x), byte(x>>8))
}

func (n namer) sum(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	return maphash.Bytes(n.seed, b)
}
