package census

import (
	"bytes"
	"encoding/binary"
	"math"
	"runtime"
	"sync"
)

// alikeness compares delivered rows with the stored ones they are, packed as both lie, without making features of them. What it
// finds alike is what [merge] would leave as it is; for the rest merge has the word.
type alikeness struct {
	recs, rows *pack
	code       int       // the key field: merge keeps the stored one
	words      [][]int32 // of each field: the stored word that a delivered one is, noWord for none
}

const noWord = -1

func newAlikeness(recs, rows *pack) *alikeness {
	a := &alikeness{recs: recs, rows: rows, code: -1, words: make([][]int32, len(recs.words))}
	if recs.layer.Key != "" {
		a.code = recs.layer.Index(recs.layer.Key)
	}
	for f := range recs.words {
		stored := &rows.words[f]
		a.words[f] = make([]int32, len(recs.words[f].all))
		for n, w := range recs.words[f].all {
			a.words[f][n] = noWord
			if k, ok := stored.at[w.(string)]; ok {
				a.words[f][n] = int32(k)
			}
		}
	}
	return a
}

// of tells for every record whether it and its stored row, if it has one, are alike. All cores work at it.
func (a *alikeness) of(to []int32) []bool {
	out := make([]bool, len(to))
	var all sync.WaitGroup
	for _, part := range blocksOf(len(to)) {
		all.Go(func() {
			for i := part[0]; i < part[1]; i++ {
				out[i] = to[i] >= 0 && a.alike(i, int(to[i]))
			}
		})
	}
	all.Wait()
	return out
}

// blocksOf parts n things into a run for each core, from and to (exclusive).
func blocksOf(n int) [][2]int {
	out := make([][2]int, runtime.GOMAXPROCS(0))
	for c := range out {
		out[c] = [2]int{n * c / len(out), n * (c + 1) / len(out)}
	}
	return out
}

func (a *alikeness) alike(i, j int) bool {
	from := a.recs.convOf(i).from
	u, v := a.recs.shape(i), a.rows.shape(j)
	if !a.sameShape(u, v, i, j) {
		return false
	}
	skipShape(&u)
	skipShape(&v)
	for _, f := range a.recs.order {
		switch {
		case f == a.code || u.b[0] == packNil && from[f] == nil: // kept as it is stored
			skipPacked(&u)
			skipPacked(&v)
		case !a.sameValue(&u, &v, f):
			return false
		}
	}
	return true
}

// sameValue reports whether the next values, of a field, are the same, and goes past them.
func (a *alikeness) sameValue(u, v *unpacker, field int) bool {
	x, y := u.b[0], v.b[0]
	if x != packWord && x != packText || y != packWord && y != packText {
		n, m := len(u.b), len(v.b)
		p, q := u.b, v.b
		skipPacked(u)
		skipPacked(v)
		return bytes.Equal(p[:n-len(u.b)], q[:m-len(v.b)]) && (x != packReal || math.Float64frombits(binary.LittleEndian.Uint64(p[1:])) == math.Float64frombits(binary.LittleEndian.Uint64(q[1:])))
	}
	u.b, v.b = u.b[1:], v.b[1:]
	switch {
	case x == packText && y == packText:
		return bytes.Equal(u.bytes(), v.bytes())
	case x == packText:
		return string(u.bytes()) == a.rows.words[field].all[v.uvarint()].(string)
	case y == packText:
		return a.recs.words[field].all[u.uvarint()].(string) == string(v.bytes())
	}
	n, m := u.uvarint(), v.uvarint()
	if k := a.words[field][n]; k != noWord {
		return uint64(k) == m
	}
	return a.rows.words[field].at == nil && a.recs.words[field].all[n] == a.rows.words[field].all[m]
}

// sameShape compares the shapes that begin in u and v; those that are no points merge compares.
func (a *alikeness) sameShape(u, v unpacker, i, j int) bool {
	switch x, y := u.b[0], v.b[0]; {
	case x != y:
		return false
	case x == shapeNone:
		return true
	case x == shapeLabel:
		return a.recs.points[i] == a.rows.points[j]
	case x == shapeOther:
		u.b, v.b = u.b[1:], v.b[1:]
		return sameShape(a.recs.shapes[u.uvarint()], a.rows.shapes[v.uvarint()])
	}
	return false
}
