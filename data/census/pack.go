package census

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"iter"
	"math"
	"slices"
	"strings"

	"wanmi/gis"

	"github.com/paulmach/orb"
)

// pack keeps many features in little memory: some 150 bytes a component instead of 1,500, and nothing for the garbage collector
// to look at. Values that come again and again, as classes and names of streets, are kept once.
type pack struct {
	layer  *gis.Layer
	blocks [][]byte // of packBlock bytes, features one after the other
	refs   []uint64 // of each feature: block and place in it
	words  []fieldWords
	shapes []orb.Geometry // those that are no points
	points []orb.Point    // the label point of each
	convs  []*converter
	files  []string
	buf    []byte
}

const packBlock = 1 << 20

// fieldWords are the texts of a field that came so far. A field of too many different ones goes without.
type fieldWords struct {
	at  map[string]uint32
	all []any
	off bool
}

const mostWords = 1 << 16

// The kinds of a packed value.
const (
	packNil = iota
	packInt
	packReal
	packFalse
	packTrue
	packText
	packWord
)

// The kinds of a packed shape.
const (
	shapeNone  = iota
	shapeLabel // a point, the label point itself
	shapePoint
	shapeOther
)

func newPack(l *gis.Layer) *pack { return &pack{layer: l, words: make([]fieldWords, len(l.Fields))} }

func (p *pack) len() int {
	if p == nil {
		return 0
	}
	return len(p.refs)
}

// add appends a record; all of it is copied.
func (p *pack) add(rec *record) {
	b := binary.AppendUvarint(p.buf[:0], uint64(len(rec.f.Key)))
	b = append(b, rec.f.Key...)
	b = binary.AppendVarint(b, rec.f.ID)
	b = binary.AppendVarint(b, rec.row)
	b = binary.AppendVarint(b, rec.rows)
	b = binary.AppendUvarint(b, indexOf(&p.convs, rec.conv))
	b = binary.AppendUvarint(b, indexOf(&p.files, rec.file))
	b = binary.AppendUvarint(b, uint64(len(rec.id)))
	b = append(b, rec.id...)
	for i := range p.layer.Fields {
		var v any
		if i < len(rec.f.Values) {
			v = rec.f.Values[i]
		}
		b = p.addValue(b, i, v)
	}
	b = p.addShape(b, rec.f.Geom, rec.at)
	p.buf = b
	last := len(p.blocks) - 1
	if last < 0 || cap(p.blocks[last])-len(p.blocks[last]) < len(b) {
		p.blocks = append(p.blocks, make([]byte, 0, max(packBlock, len(b))))
		last++
	}
	p.refs = append(p.refs, uint64(last)<<32|uint64(len(p.blocks[last])))
	p.blocks[last] = append(p.blocks[last], b...)
	p.points = append(p.points, rec.at)
}

// indexOf returns where v stands in a short list, and adds it when it does not.
func indexOf[T comparable](list *[]T, v T) uint64 {
	if n := len(*list); n > 0 && (*list)[n-1] == v {
		return uint64(n - 1)
	}
	if i := slices.Index(*list, v); i >= 0 {
		return uint64(i)
	}
	*list = append(*list, v)
	return uint64(len(*list) - 1)
}

func (p *pack) addValue(b []byte, field int, v any) []byte {
	switch v := v.(type) {
	case int64:
		return binary.AppendVarint(append(b, packInt), v)
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, packReal), math.Float64bits(v))
	case bool:
		if v {
			return append(b, packTrue)
		}
		return append(b, packFalse)
	case string:
		w := &p.words[field]
		if n, ok := w.at[v]; ok {
			return binary.AppendUvarint(append(b, packWord), uint64(n))
		}
		if !w.off && len(w.all) < mostWords {
			if w.at == nil {
				w.at = map[string]uint32{}
			}
			own := strings.Clone(v)
			w.at[own] = uint32(len(w.all))
			w.all = append(w.all, own)
			return binary.AppendUvarint(append(b, packWord), uint64(len(w.all)-1))
		}
		if !w.off && len(p.refs) < 4*mostWords { // few come again: looking for them is not worth it
			w.off, w.at = true, nil
		}
		return append(binary.AppendUvarint(append(b, packText), uint64(len(v))), v...)
	}
	return append(b, packNil)
}

func (p *pack) addShape(b []byte, g orb.Geometry, at orb.Point) []byte {
	switch g := g.(type) {
	case nil:
		return append(b, shapeNone)
	case orb.Point:
		if g == at {
			return append(b, shapeLabel)
		}
		b = binary.LittleEndian.AppendUint64(append(b, shapePoint), math.Float64bits(g[0]))
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(g[1]))
	}
	p.shapes = append(p.shapes, g)
	return binary.AppendUvarint(append(b, shapeOther), uint64(len(p.shapes)-1))
}

// unpacker takes values from the front of b.
type unpacker struct{ b []byte }

func (u *unpacker) uvarint() uint64 {
	v, n := binary.Uvarint(u.b)
	u.b = u.b[n:]
	return v
}

func (u *unpacker) varint() int64 {
	v, n := binary.Varint(u.b)
	u.b = u.b[n:]
	return v
}

func (u *unpacker) bytes() []byte {
	n := u.uvarint()
	b := u.b[:n]
	u.b = u.b[n:]
	return b
}

func (u *unpacker) real() float64 {
	v := math.Float64frombits(binary.LittleEndian.Uint64(u.b))
	u.b = u.b[8:]
	return v
}

func (p *pack) at(i int) unpacker {
	r := p.refs[i]
	return unpacker{p.blocks[r>>32][uint32(r):]}
}

// values is at the first value of a feature.
func (p *pack) values(i int) unpacker {
	u := p.at(i)
	u.bytes()
	u.varint()
	u.varint()
	u.varint()
	u.uvarint()
	u.uvarint()
	u.bytes()
	return u
}

// key returns the key of a feature; the bytes are the pack's own.
func (p *pack) key(i int) []byte {
	u := p.at(i)
	return u.bytes()
}

// record returns what add took.
func (p *pack) record(i int) record {
	u := p.at(i)
	rec := record{f: gis.NewFeature(p.layer), at: p.points[i]}
	rec.f.Key = string(u.bytes())
	rec.f.ID, rec.row, rec.rows = u.varint(), u.varint(), u.varint()
	if rec.conv = p.convs[u.uvarint()]; rec.conv != nil {
		rec.source = rec.conv.source
	}
	rec.file = p.files[u.uvarint()]
	rec.id = string(u.bytes())
	for k := range rec.f.Values {
		rec.f.Values[k] = p.value(&u, k)
	}
	switch kind := u.b[0]; kind {
	case shapeLabel:
		rec.f.Geom = rec.at
	case shapePoint:
		u.b = u.b[1:]
		rec.f.Geom = orb.Point{u.real(), u.real()}
	case shapeOther:
		u.b = u.b[1:]
		rec.f.Geom = p.shapes[u.uvarint()]
	}
	return rec
}

func (p *pack) value(u *unpacker, field int) any {
	kind := u.b[0]
	u.b = u.b[1:]
	switch kind {
	case packInt:
		return u.varint()
	case packReal:
		return u.real()
	case packFalse, packTrue:
		return kind == packTrue
	case packText:
		return string(u.bytes())
	case packWord:
		return p.words[field].all[u.uvarint()]
	}
	return nil
}

// text returns a text field of a feature, "" when absent; field is its position. What is not yet kept as a word is made anew.
func (p *pack) text(i, field int) string {
	if field < 0 {
		return ""
	}
	u := p.values(i)
	for range field {
		skipPacked(&u)
	}
	s, _ := p.value(&u, field).(string)
	return s
}

func skipPacked(u *unpacker) {
	kind := u.b[0]
	u.b = u.b[1:]
	switch kind {
	case packInt:
		u.varint()
	case packReal:
		u.b = u.b[8:]
	case packText:
		u.bytes()
	case packWord:
		u.uvarint()
	}
}

// dimensions returns those of a feature's shape, -1 when it has none.
func (p *pack) dimensions(i int) int {
	u := p.values(i)
	for range p.layer.Fields {
		skipPacked(&u)
	}
	switch u.b[0] {
	case shapeNone:
		return -1
	case shapeOther:
		u.b = u.b[1:]
		return p.shapes[u.uvarint()].Dimensions()
	}
	return 0
}

// convOf returns what made a delivered feature of its row.
func (p *pack) convOf(i int) *converter {
	u := p.at(i)
	u.bytes()
	u.varint()
	u.varint()
	u.varint()
	return p.convs[u.uvarint()]
}

// sourceOf returns where a delivered feature comes from.
func (p *pack) sourceOf(i int) string { return p.convOf(i).source }

// without leaves out the features of drop, which come in order.
func (p *pack) without(drop []int) {
	kept := 0
	for i := range p.refs {
		if len(drop) > 0 && drop[0] == i {
			drop = drop[1:]
			continue
		}
		p.refs[kept], p.points[kept] = p.refs[i], p.points[i]
		kept++
	}
	p.refs, p.points = p.refs[:kept], p.points[:kept]
}

// finder finds features by the hash of something they have; what is found must be looked at, hashes may agree by chance.
type finder struct{ list []found }

type found struct {
	hash uint64
	at   int32
}

func (f *finder) add(hash uint64, at int) { f.list = append(f.list, found{hash, int32(at)}) }

func (f *finder) sort() {
	slices.SortFunc(f.list, func(a, b found) int {
		if c := cmp.Compare(a.hash, b.hash); c != 0 {
			return c
		}
		return cmp.Compare(a.at, b.at)
	})
}

// of returns those of that hash, in the order of the features.
func (f *finder) of(hash uint64) []found {
	i, ok := slices.BinarySearchFunc(f.list, hash, func(e found, h uint64) int { return cmp.Compare(e.hash, h) })
	if !ok {
		return nil
	}
	n := i
	for n < len(f.list) && f.list[n].hash == hash {
		n++
	}
	return f.list[i:n]
}

// again yields each feature that comes after another of its hash, with those before it, in the order of the features.
func (f *finder) again() iter.Seq2[int, []found] {
	type pair struct{ first, n int }
	var all []pair
	for i := 1; i < len(f.list); i++ {
		if f.list[i].hash == f.list[i-1].hash {
			first := i - 1
			for ; i < len(f.list) && f.list[i].hash == f.list[first].hash; i++ {
				all = append(all, pair{first, i})
			}
		}
	}
	slices.SortFunc(all, func(a, b pair) int { return cmp.Compare(f.list[a.n].at, f.list[b.n].at) })
	return func(yield func(int, []found) bool) {
		for _, p := range all {
			if !yield(int(f.list[p.n].at), f.list[p.first:p.n]) {
				return
			}
		}
	}
}

var packSeed = maphash.MakeSeed()

func hashOf(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(packSeed)
	for i, s := range parts {
		if i > 0 {
			_ = h.WriteByte(0)
		}
		_, _ = h.WriteString(s)
	}
	return h.Sum64()
}
