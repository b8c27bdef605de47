package census

import (
	"encoding/binary"
	"math"
	"slices"

	"wanmi/data"
	"wanmi/gis"

	"github.com/paulmach/orb"
)

// pack keeps many features in little memory: some 150 bytes a component instead of 1,500, and nothing for the garbage collector
// to look at. Values that come again and again, as classes and names of streets, are kept once.
type pack struct {
	layer  *gis.Layer
	order  []int    // the fields as they are packed
	place  []int    // of each field in order
	blocks [][]byte // of packBlock bytes, features one after the other
	refs   []uint64 // of each feature: block and place in it
	words  []fieldWords
	shapes []orb.Geometry // those that are no points
	points []orb.Point    // the label point of each
	convs  []*converter
	files  []string
	sent   []bool // of each feature, or of the first of them: it has been handed to the store already
	buf    []byte
}

const packBlock = 1 << 20

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

// askedOften are the fields that are looked at by themselves: they are packed first.
var askedOften = []string{"class", "delivered_id", "source", "label", "edition", "class_name", "extra", "name"}

func newPack(l *gis.Layer) *pack {
	p := &pack{layer: l, words: make([]fieldWords, len(l.Fields)), place: make([]int, len(l.Fields))}
	for _, name := range askedOften {
		if i := l.Index(name); i >= 0 {
			p.order = append(p.order, i)
		}
	}
	for i := range l.Fields {
		if !slices.Contains(p.order, i) {
			p.order = append(p.order, i)
		}
	}
	for at, i := range p.order {
		p.place[i] = at
	}
	return p
}

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
	b = p.addShape(b, rec.f.Geom, rec.at)
	for _, i := range p.order {
		var v any
		if i < len(rec.f.Values) {
			v = rec.f.Values[i]
		}
		b = p.addValue(b, i, v)
	}
	p.put(b, rec.at)
}

// addLent appends a stored row, which keeps its bytes.
func (p *pack) addLent(row *data.LentRow, at orb.Point) {
	b := append(binary.AppendUvarint(p.buf[:0], uint64(len(row.Key))), row.Key...)
	b = binary.AppendVarint(b, row.ID)
	b = binary.AppendVarint(binary.AppendVarint(b, 0), 0) // no row of a delivery
	b = binary.AppendUvarint(b, indexOf(&p.convs, nil))
	b = binary.AppendUvarint(b, indexOf(&p.files, ""))
	b = binary.AppendUvarint(b, 0)
	if row.IsPoint {
		b = append(b, shapeLabel)
	} else {
		b = p.addShape(b, row.Geom, at)
	}
	for _, i := range p.order {
		if v := row.Values[i]; v == nil {
			b = append(b, packNil)
		} else {
			b = p.addBytes(b, i, v)
		}
	}
	p.put(b, at)
}

// put appends the bytes of a feature.
func (p *pack) put(b []byte, at orb.Point) {
	p.buf = b
	last := len(p.blocks) - 1
	if last < 0 || cap(p.blocks[last])-len(p.blocks[last]) < len(b) {
		p.blocks = append(p.blocks, make([]byte, 0, max(packBlock, len(b))))
		last++
	}
	p.refs = append(p.refs, uint64(last)<<32|uint64(len(p.blocks[last])))
	p.blocks[last] = append(p.blocks[last], b...)
	p.points = append(p.points, at)
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
		return p.addText(b, field, v)
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

func (u *unpacker) skip(n int) { u.b = u.b[n:] }

func (u *unpacker) uvarint() uint64 {
	if v := u.b[0]; v < 0x80 {
		u.b = u.b[1:]
		return uint64(v)
	}
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

// shape is at the shape of a feature.
func (p *pack) shape(i int) unpacker {
	u := p.at(i)
	u.skip(int(u.uvarint())) // key
	for range 5 {
		u.uvarint() // ID, row, rows, converter, file
	}
	u.skip(int(u.uvarint())) // identity
	return u
}

// values is at the first value of a feature.
func (p *pack) values(i int) unpacker {
	u := p.shape(i)
	skipShape(&u)
	return u
}

func skipShape(u *unpacker) {
	kind := u.b[0]
	u.b = u.b[1:]
	switch kind {
	case shapePoint:
		u.skip(16)
	case shapeOther:
		u.uvarint()
	}
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
	switch kind := u.b[0]; kind {
	case shapeLabel:
		rec.f.Geom = rec.at
	case shapePoint:
		at := unpacker{u.b[1:]}
		rec.f.Geom = orb.Point{at.real(), at.real()}
	case shapeOther:
		at := unpacker{u.b[1:]}
		rec.f.Geom = p.shapes[at.uvarint()]
	}
	skipShape(&u)
	for _, k := range p.order {
		rec.f.Values[k] = p.value(&u, k)
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
	if !p.words[field].any {
		return ""
	}
	u := p.values(i)
	for range p.place[field] {
		skipPacked(&u)
	}
	s, _ := p.value(&u, field).(string)
	return s
}

// has reports whether a text field of a feature is s, which is not "".
func (p *pack) has(i, field int, s string) bool {
	if !p.words[field].any {
		return false
	}
	u := p.values(i)
	for range p.place[field] {
		skipPacked(&u)
	}
	kind := u.b[0]
	u.b = u.b[1:]
	switch kind {
	case packText:
		return string(u.bytes()) == s
	case packWord:
		return p.words[field].all[u.uvarint()].(string) == s
	}
	return false
}

func skipPacked(u *unpacker) {
	kind := u.b[0]
	u.b = u.b[1:]
	switch kind {
	case packInt:
		u.varint()
	case packReal:
		u.skip(8)
	case packText:
		u.skip(int(u.uvarint()))
	case packWord:
		u.uvarint()
	}
}

// dimensions returns those of a feature's shape, -1 when it has none.
func (p *pack) dimensions(i int) int {
	u := p.shape(i)
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
	u.skip(int(u.uvarint())) // key
	for range 3 {
		u.uvarint() // ID, row, rows
	}
	return p.convs[u.uvarint()]
}

// sourceOf returns where a delivered feature comes from.
func (p *pack) sourceOf(i int) string { return p.convOf(i).source }

// without leaves out the features of drop, which come in order.
func (p *pack) without(drop []int) {
	p.sent = append(p.sent, make([]bool, len(p.refs)-len(p.sent))...)
	kept := 0
	for i := range p.refs {
		if len(drop) > 0 && drop[0] == i {
			drop = drop[1:]
			continue
		}
		p.refs[kept], p.points[kept], p.sent[kept] = p.refs[i], p.points[i], p.sent[i]
		kept++
	}
	p.refs, p.points, p.sent = p.refs[:kept], p.points[:kept], p.sent[:kept]
}

// send notes that a feature is handed to the store; they come in order.
func (p *pack) send(i int) {
	p.sent = append(p.sent, make([]bool, i-len(p.sent))...)
	p.sent = append(p.sent, true)
}

// unsent returns the features that are not handed to the store yet.
func (p *pack) unsent() (out []int32) {
	for i := range p.refs {
		if i >= len(p.sent) || !p.sent[i] {
			out = append(out, int32(i))
		}
	}
	return out
}
