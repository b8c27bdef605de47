package geocode

import "slices"

// trie holds folded names. A node is a number, 0 the root; the edges lie in one open-addressing table, so a step is
// one probe, and an edge says itself whether a name ends there: in a city of a million names each further place looked at is a miss of the
// cache, and those were a third of a search. The root's edges, asked for each character of a text, are looked up by the character.
// entries[first[n]:first[n+1]] belong to node n.
type trie struct {
	edges []edge
	mask  uint64
	count int
	nodes uint32
	root  []edge // by rune below 0x10000, after freeze

	pending []pendingEntry
	first   []uint32
	entries []entry
}

// edge leads to node next; it is free when key is 0 (the root's edges have a rune).
type edge struct {
	key   uint64 // node<<32 | rune
	next  uint32
	named bool // next has entries; after freeze
}

type pendingEntry struct {
	node uint32
	e    entry
}

func newTrie() *trie {
	return &trie{edges: make([]edge, 1024), mask: 1023, nodes: 1}
}

func hashEdge(k uint64) uint64 {
	k ^= k >> 31
	k *= 0x9E3779B97F4A7C15
	return k ^ k>>29
}

// edge returns the edge of that key, or the free one in its place.
func (t *trie) edge(k uint64) *edge {
	i := hashEdge(k) & t.mask
	for {
		e := &t.edges[i]
		if e.key == k || e.key == 0 {
			return e
		}
		i = (i + 1) & t.mask
	}
}

// step follows the edge r from node, 0 when there is none, and tells whether names end there.
func (t *trie) step(node uint32, r rune) (next uint32, named bool) {
	if node == 0 && uint32(r) < uint32(len(t.root)) {
		e := &t.root[r]
		return e.next, e.named
	}
	e := t.edge(uint64(node)<<32 | uint64(uint32(r)))
	return e.next, e.named
}

func (t *trie) grow() {
	old := t.edges
	t.edges = make([]edge, 2*len(old))
	t.mask = uint64(len(t.edges) - 1)
	for _, e := range old {
		if e.key != 0 {
			*t.edge(e.key) = e
		}
	}
}

// add puts e under the folded name.
func (t *trie) add(name []rune, e entry) {
	if len(name) == 0 {
		return
	}
	node := uint32(0)
	for _, r := range name {
		if r <= 0 {
			return
		}
		k := uint64(node)<<32 | uint64(uint32(r))
		at := t.edge(k)
		if at.key == 0 {
			if 5*(t.count+1) > 3*len(t.edges) {
				t.grow()
				at = t.edge(k)
			}
			at.key, at.next = k, t.nodes
			t.nodes++
			t.count++
		}
		node = at.next
	}
	t.pending = append(t.pending, pendingEntry{node, e})
}

// freeze makes the entries findable; add must not be called after it.
func (t *trie) freeze() {
	slices.SortStableFunc(t.pending, func(a, b pendingEntry) int {
		if a.node != b.node {
			return int(a.node) - int(b.node)
		}
		return a.e.order() - b.e.order()
	})
	t.first = make([]uint32, t.nodes+1)
	t.entries = make([]entry, 0, len(t.pending))
	p := 0
	for n := uint32(0); n < t.nodes; n++ {
		t.first[n] = uint32(len(t.entries))
		q := p
		for q < len(t.pending) && t.pending[q].node == n {
			q++
		}
		taught := slices.ContainsFunc(t.pending[p:q], func(x pendingEntry) bool { return x.e.local() })
		for ; p < q; p++ {
			if e := t.pending[p].e; taught && !e.local() && e.kind == entryPOI {
				continue // what the city has taught goes before what files say; roads and areas score less by themselves
			}
			if k := len(t.entries); k > int(t.first[n]) && t.entries[k-1].same(t.pending[p].e) {
				continue
			}
			t.entries = append(t.entries, t.pending[p].e)
		}
	}
	t.first[t.nodes] = uint32(len(t.entries))
	t.pending = nil
	t.root = make([]edge, 0x10000)
	for i := range t.edges {
		e := &t.edges[i]
		if e.named = e.key != 0 && t.first[e.next] < t.first[e.next+1]; 0 < e.key && e.key < uint64(len(t.root)) {
			t.root[e.key] = *e
		}
	}
}

// at returns the entries of node.
func (t *trie) at(node uint32) []entry { return t.entries[t.first[node]:t.first[node+1]] }

// find returns the entries of exactly this name.
func (t *trie) find(name []rune) []entry {
	node := uint32(0)
	for _, r := range name {
		if node, _ = t.step(node, r); node == 0 {
			return nil
		}
	}
	return t.at(node)
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
	idx     int32
}

func (e entry) order() int { return int(e.kind)<<28 + int(e.idx)<<3 + int(e.how) }

// local reports whether the name was taught by the layer local_name.
func (e entry) local() bool { return e.how == nameLocal || e.how == nameRule }

func (e entry) same(o entry) bool {
	return e.kind == o.kind && e.idx == o.idx && e.section == o.section
}
