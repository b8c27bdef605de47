package geocode

// trie holds folded names. In a city of a million entries each place looked at is a miss of the cache, and those were a third of a search. So a
// node is a number, 0 the root, and no record; the edges lie in one open-addressing table, where a step is one probe; an edge says itself
// which names end at it; a name that shares no more beginning with others has no more edges but the rest of its characters (its tail);
// and some tells of nearly all steps that lead nowhere that they do. The root's edges, asked for each character of a text, are looked up by
// the character.
type trie struct {
	edges   []edge
	mask    uint64
	some    []uint64 // bits by hash: where none is set there is no such edge
	root    []edge   // by rune below 0x10000
	tails   []rune   // each rest once
	entries []entry  // of each name those that bear it, the last of them marked

	making *trieMaker // until freeze
}

// edge leads on from a node; it is free when key is 0 (the root's edges have a rune).
type edge struct {
	key   uint64 // node<<32 | rune
	next  uint32 // node, or with leafBit where the tail begins<<tailBits | its length
	names uint32 // 1 + the first entry of the names that end here or, of a leaf, behind its tail; 0 none
}

const (
	leafBit  = 1 << 31
	tailBits = 5
	tailMost = 1<<tailBits - 1
)

// cursor is how far a name has been followed; its zero value stands at the root.
type cursor struct{ next, names uint32 }

// named reports whether a name ends at the cursor.
func (c cursor) named() bool { return c.names != 0 && (c.next < leafBit || c.next&tailMost == 0) }

func hashEdge(k uint64) uint64 {
	k ^= k >> 31
	k *= 0x9E3779B97F4A7C15
	return k ^ k>>29
}

// someBit is where trie.some tells of an edge of that hash.
func (t *trie) someBit(h uint64) (word, bit uint64) {
	return h >> 38 & uint64(len(t.some)-1), 1 << (h >> 32 & 63)
}

// first is the step from the root.
func (t *trie) first(r rune) (cursor, bool) {
	if uint32(r) < uint32(len(t.root)) {
		e := &t.root[r]
		return cursor{e.next, e.names}, e.next != 0
	}
	return t.step(cursor{}, r)
}

// step follows r from the cursor; false when no name goes on so.
func (t *trie) step(c cursor, r rune) (cursor, bool) {
	if c.next >= leafBit {
		if c.next&tailMost == 0 || t.tails[(c.next&^leafBit)>>tailBits] != r {
			return c, false
		}
		c.next += 1<<tailBits - 1 // one on, one less to go
		return c, true
	}
	k := uint64(c.next)<<32 | uint64(uint32(r))
	h := hashEdge(k)
	if w, bit := t.someBit(h); t.some[w]&bit == 0 {
		return c, false
	}
	e := findEdge(t.edges, t.mask, k, h)
	return cursor{e.next, e.names}, e.key != 0
}

// findEdge returns the edge of that key, or the free one in its place.
func findEdge(edges []edge, mask, k, h uint64) *edge {
	for i := h & mask; ; i = (i + 1) & mask {
		if e := &edges[i]; e.key == k || e.key == 0 {
			return e
		}
	}
}

// at returns the entries of the names that end at a cursor.
func (t *trie) at(c cursor) []entry {
	from := int(c.names) - 1
	to := from
	for !t.entries[to].last {
		to++
	}
	return t.entries[from : to+1 : to+1]
}

// find returns the entries of exactly this name.
func (t *trie) find(name []rune) []entry {
	var c cursor
	for _, r := range name {
		var ok bool
		if c, ok = t.step(c, r); !ok {
			return nil
		}
	}
	if !c.named() {
		return nil
	}
	return t.at(c)
}

// entryKind says what a name in the gazetteer names.
type entryKind uint8

const (
	entryRoad entryKind = iota // idx: a base road
	entryStreet
	entryCommunity
	entryPOI
	entryAdmin
	entryClass // idx: a class word
)

// nameKind says how the name relates to its thing.
type nameKind uint8

const (
	nameOwn nameKind = iota
	nameAlias
	nameFormer
	nameShort  // without its 社区 or 街道
	nameFuzzy  // not a stored one: one character differs
	namePinyin // in Latin letters
	nameLocal  // an alias of the layer local_name
	nameRule   // the name of a place that is known by the layer local_name only
)

// entry is what a name may mean.
type entry struct {
	kind    entryKind
	how     nameKind
	section uint8 // of a road whose alias stands for one section only
	last    bool  // the last of its name in trie.entries
	idx     int32
}

func (e entry) order() int { return int(e.kind)<<28 + int(e.idx)<<3 + int(e.how) }

// local reports whether the name was taught by the layer local_name.
func (e entry) local() bool { return e.how == nameLocal || e.how == nameRule }

func (e entry) same(o entry) bool {
	return e.kind == o.kind && e.idx == o.idx && e.section == o.section
}
