package geocode

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// prefixes finds the best of the keys that begin with some runes. What many keys begin with is a node, whose best are kept ready; a node leads
// on by its runes to others, and at last to a few keys, which are looked at: no list of all names is searched or sorted for a question.
type prefixes struct {
	edges []edge // as in trie; with leafBit, next is how many keys there are and names the first of them
	mask  uint64
	nodes []prefixNode
	best  []int32
}

// prefixNode is what more than fewKeys keys begin with.
type prefixNode struct {
	bestFrom, bestTo int32 // in prefixes.best, the best first
	more             bool  // begin leaves some out that all returns
}

const (
	fewKeys  = 32
	keptKeys = 64   // of a node
	mostKeys = 2000 // of what begins with three runes or more so many are weighed, in the order of the keys
)

// newPrefixes takes keys in their order.
func newPrefixes(keys []suggestKey) prefixes {
	var x prefixes
	var edges []edge
	type span struct {
		from, to  int
		depth, at int // runes and bytes of what the keys begin with
	}
	spans := []span{{0, len(keys), 0, 0}} // of each node, as they are made
	for n := 0; n < len(spans); n++ {
		s := spans[n]
		x.keep(keys, int32(s.from), int32(s.to), s.depth)
		for i := s.from; i < s.to; {
			if len(keys[i].key) == s.at {
				i++
				continue
			}
			r, size := utf8.DecodeRuneInString(keys[i].key[s.at:])
			p, j := keys[i].key[:s.at+size], i+1
			for j < s.to && strings.HasPrefix(keys[j].key, p) {
				j++
			}
			e := edge{key: uint64(n)<<32 | uint64(r), next: leafBit | uint32(j-i), names: uint32(i)}
			if j-i > fewKeys {
				e.next = uint32(len(spans))
				spans = append(spans, span{i, j, s.depth + 1, s.at + size})
			}
			edges = append(edges, e)
			i = j
		}
	}
	size := 1 << bits.Len(uint(len(edges)*4/3))
	x.edges, x.mask = make([]edge, size), uint64(size-1)
	for _, e := range edges {
		*findEdge(x.edges, x.mask, e.key, hashEdge(e.key)) = e
	}
	return x
}

// keep adds a node with its best keys.
func (x *prefixes) keep(keys []suggestKey, from, to int32, depth int) {
	n := prefixNode{bestFrom: int32(len(x.best))}
	if depth > 2 {
		to = min(to, from+mostKeys)
		n.more = to-from > keptKeys
	}
	if depth > 0 {
		for i := from; i < to; i++ {
			x.best = insertRanked(keys, x.best, int(n.bestFrom), keptKeys, i)
		}
	}
	n.bestTo = int32(len(x.best))
	x.nodes = append(x.nodes, n)
}

// insertRanked puts key i, which comes after those there, among ids[from:], best first, of which at most so many are kept.
func insertRanked(keys []suggestKey, ids []int32, from, most int, i int32) []int32 {
	if len(ids)-from == most {
		if keys[ids[len(ids)-1]].rank <= keys[i].rank {
			return ids
		}
		ids = ids[:len(ids)-1]
	}
	ids = append(ids, i)
	for k := len(ids) - 1; k > from && keys[ids[k-1]].rank > keys[i].rank; k-- {
		ids[k], ids[k-1] = ids[k-1], i
	}
	return ids
}

// begin returns the best keys that begin with p, in buf or elsewhere; they must not be changed. With more, all returns more of them.
func (x *suggestIndex) begin(p []rune, buf []int32) (ids []int32, more bool) {
	node, at := uint32(0), 0
	for i, r := range p {
		k := uint64(node)<<32 | uint64(uint32(r))
		e := findEdge(x.edges, x.mask, k, hashEdge(k))
		if e.key == 0 {
			return buf, false
		}
		at += utf8.RuneLen(r)
		if node = e.next; node < leafBit {
			continue
		}
		for id := e.names; id < e.names+node&^leafBit; id++ {
			if goesOn(x.keys[id].key[at:], p[i+1:]) {
				buf = insertRanked(x.keys, buf, 0, fewKeys, int32(id))
			}
		}
		return buf, false
	}
	n := &x.nodes[node]
	return x.best[n.bestFrom:n.bestTo], n.more
}

// goesOn reports whether s begins with these runes.
func goesOn(s string, p []rune) bool {
	for _, r := range p {
		c, size := utf8.DecodeRuneInString(s)
		if size == 0 || c != r {
			return false
		}
		s = s[size:]
	}
	return true
}

// all returns all keys that begin with p, of very many the first in their order, the best first.
func (x *suggestIndex) all(p []rune) []int32 {
	s := string(p)
	i, _ := slices.BinarySearchFunc(x.keys, s, func(k suggestKey, p string) int { return strings.Compare(k.key, p) })
	var ids []int32
	for ; i < len(x.keys) && strings.HasPrefix(x.keys[i].key, s) && len(ids) < mostKeys; i++ {
		ids = append(ids, int32(i))
	}
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Or(cmp.Compare(x.keys[a].rank, x.keys[b].rank), cmp.Compare(a, b)) })
	return ids
}
