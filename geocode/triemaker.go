package geocode

import (
	"math/bits"
	"slices"
)

// trieMaker takes the names in; its trie has an edge for each of their characters.
type trieMaker struct {
	edges   []edge
	count   int
	nodes   uint32
	pending []pendingEntry
}

type pendingEntry struct {
	node uint32
	e    entry
}

func newTrie() *trie {
	return &trie{making: &trieMaker{edges: make([]edge, 1024), nodes: 1}}
}

func (m *trieMaker) edge(k uint64) *edge {
	return findEdge(m.edges, uint64(len(m.edges)-1), k, hashEdge(k))
}

func (m *trieMaker) grow() {
	old := m.edges
	m.edges = make([]edge, 2*len(old))
	for _, e := range old {
		if e.key != 0 {
			*m.edge(e.key) = e
		}
	}
}

// add puts e under the folded name; it must not be called after freeze.
func (t *trie) add(name []rune, e entry) {
	if len(name) == 0 {
		return
	}
	m, node := t.making, uint32(0)
	for _, r := range name {
		if r <= 0 {
			return
		}
		k := uint64(node)<<32 | uint64(uint32(r))
		at := m.edge(k)
		if at.key == 0 {
			if 5*(m.count+1) > 3*len(m.edges) {
				m.grow()
				at = m.edge(k)
			}
			at.key, at.next = k, m.nodes
			m.nodes++
			m.count++
		}
		node = at.next
	}
	m.pending = append(m.pending, pendingEntry{node, e})
}

// freeze makes the names findable.
func (t *trie) freeze() {
	m := t.making
	t.making = nil
	names, below := t.fileEntries(m), m.below()
	kept := make([]edge, 0, m.count/2)
	starts := make(map[string]uint32) // where each tail begins
	var tail []rune
	for _, e := range m.edges {
		if e.key == 0 || below[e.key>>32].tail >= 0 {
			continue // free, or part of a tail
		}
		if node := e.next; below[node].tail >= 0 {
			tail = tail[:0]
			for below[node].child != 0 {
				node = below[node].child
				tail = append(tail, below[node].by)
			}
			e.names, e.next = names[node], leafBit|t.fileTail(tail, starts)<<tailBits|uint32(len(tail))
		} else {
			e.names = names[node]
		}
		kept = append(kept, e)
	}
	t.fileEdges(kept)
}

// fileEntries makes t.entries and returns, for each node, 1 + the first entry of the name that ends there.
func (t *trie) fileEntries(m *trieMaker) []uint32 {
	slices.SortStableFunc(m.pending, func(a, b pendingEntry) int {
		if a.node != b.node {
			return int(a.node) - int(b.node)
		}
		return a.e.order() - b.e.order()
	})
	names := make([]uint32, m.nodes)
	t.entries = make([]entry, 0, len(m.pending))
	for p := 0; p < len(m.pending); {
		n, from, q := m.pending[p].node, len(t.entries), p
		for q < len(m.pending) && m.pending[q].node == n {
			q++
		}
		taught := slices.ContainsFunc(m.pending[p:q], func(x pendingEntry) bool { return x.e.local() })
		for ; p < q; p++ {
			e := m.pending[p].e
			if taught && !e.local() && e.kind == entryPOI {
				continue // what the city has taught goes before what files say; roads and areas score less by themselves
			}
			if k := len(t.entries); k > from && t.entries[k-1].same(e) {
				continue
			}
			t.entries = append(t.entries, e)
		}
		names[n] = uint32(from) + 1
		t.entries[len(t.entries)-1].last = true
	}
	return names
}

// below is what follows a node.
type below struct {
	by    rune   // the step that leads to the node
	child uint32 // the only child, 0 none
	tail  int8   // how many steps its only name goes on, -1 when there are more names or too many steps
}

func (m *trieMaker) below() []below {
	of, children := make([]below, m.nodes), make([]uint8, m.nodes)
	named := make([]bool, m.nodes)
	for _, p := range m.pending {
		named[p.node] = true
	}
	for _, e := range m.edges {
		if e.key != 0 {
			parent := e.key >> 32
			of[e.next].by = rune(uint32(e.key))
			of[parent].child = e.next
			children[parent] = min(children[parent], 1) + 1
		}
	}
	for n := int(m.nodes) - 1; n >= 0; n-- { // a child has a higher number than its parent
		b := &of[n]
		switch {
		case n == 0, children[n] > 1, children[n] == 1 && (named[n] || of[b.child].tail < 0 || of[b.child].tail == tailMost), m.nodes > 1<<(31-tailBits):
			b.tail = -1
		case children[n] == 1:
			b.tail = of[b.child].tail + 1
		}
	}
	return of
}

// fileTail returns where the tail begins in t.tails.
func (t *trie) fileTail(tail []rune, starts map[string]uint32) uint32 {
	if len(tail) == 0 {
		return 0
	}
	at, ok := starts[string(tail)]
	if !ok {
		at = uint32(len(t.tails))
		starts[string(tail)] = at
		t.tails = append(t.tails, tail...)
	}
	return at
}

// fileEdges makes the tables of edges. At most three in four places are taken: what is not there is mostly not looked for.
func (t *trie) fileEdges(kept []edge) {
	size := 1 << bits.Len(uint(len(kept)*4/3))
	t.edges, t.mask = make([]edge, size), uint64(size-1)
	t.some = make([]uint64, max(1, size/8))
	t.root = make([]edge, 0x10000)
	for _, e := range kept {
		h := hashEdge(e.key)
		*findEdge(t.edges, t.mask, e.key, h) = e
		w, bit := t.someBit(h)
		t.some[w] |= bit
		if e.key < uint64(len(t.root)) {
			t.root[e.key] = e
		}
	}
}
