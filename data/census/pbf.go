package census

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/paulmach/osm"
)

// The limits of the format, and of the text of one element: its texts are shared, so that a small file could stand for an endless one.
const (
	pbfMostHeader = 64 << 10
	pbfMostBlob   = 32 << 20
	pbfMostText   = 1 << 20
)

var errPBF = errors.New("it is not what the format says")

// scanPBF calls fn for every element of one kind of an OSM file in the PBF format. (osmpbf, the reader of the library the types are of,
// ends the process on a file it does not like: it decodes on goroutines of its own, and panics there.)
func scanPBF(r io.Reader, kind osm.Type, fn func(osm.Object)) error {
	var size [4]byte
	for first := true; ; first = false {
		if _, err := io.ReadFull(r, size[:]); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		name, block, err := readBlob(r, int64(binary.BigEndian.Uint32(size[:])))
		if err != nil {
			return err
		}
		switch {
		case name == "OSMHeader":
			err = pbfFeatures(block)
		case first:
			err = fmt.Errorf("it begins with %q", name)
		case name == "OSMData":
			b := pbfBlock{granularity: 100, kind: kind, fn: fn}
			err = b.read(block)
		}
		if err != nil {
			return err
		}
	}
}

// readBlob reads a blob with its header of the size given, and unpacks it.
func readBlob(r io.Reader, headerSize int64) (kind string, block []byte, err error) {
	if headerSize > pbfMostHeader {
		return "", nil, errPBF
	}
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(r, header); err != nil {
		return "", nil, cut(err)
	}
	size := uint64(0)
	if err := fields(header, func(field int, n uint64, b []byte) error {
		switch field {
		case 1:
			kind = string(b)
		case 3:
			size = n
		}
		return nil
	}); err != nil {
		return "", nil, err
	}
	if size > pbfMostBlob {
		return "", nil, errPBF
	}
	var blob bytes.Buffer // grows with what is there, not with what the header says
	if n, err := io.Copy(&blob, io.LimitReader(r, int64(size))); err != nil || n < int64(size) {
		return "", nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	err = fields(blob.Bytes(), func(field int, _ uint64, b []byte) error {
		switch field {
		case 1:
			block = b
		case 3:
			z, err := zlib.NewReader(bytes.NewReader(b))
			if err != nil {
				return err
			}
			var out bytes.Buffer
			if n, err := io.Copy(&out, io.LimitReader(z, pbfMostBlob+1)); err != nil || n > pbfMostBlob {
				return errors.Join(err, errPBF)
			}
			block = out.Bytes()
		case 4, 5, 6, 7:
			return errors.New("it is packed otherwise than by zlib; write it anew with osmium or osmosis")
		}
		return nil
	})
	return kind, block, err
}

// pbfFeatures refuses a file that needs what is not read.
func pbfFeatures(header []byte) error {
	return fields(header, func(field int, _ uint64, b []byte) error {
		if field != 4 {
			return nil
		}
		switch string(b) {
		case "OsmSchema-V0.6", "DenseNodes", "HistoricalInformation":
			return nil
		}
		return fmt.Errorf("it needs %q, which is not read", b)
	})
}

// fields calls fn for each field of a protocol buffer: with the number, or with the bytes of a field that has a length.
func fields(b []byte, fn func(field int, n uint64, b []byte) error) error {
	for len(b) > 0 {
		key, size := binary.Uvarint(b)
		if size <= 0 || key>>3 > 1<<29 {
			return errPBF
		}
		b = b[size:]
		var n uint64
		var part []byte
		switch key & 7 {
		case 0:
			n, size = binary.Uvarint(b)
		case 1:
			size = 8
		case 2:
			var length uint64
			if length, size = binary.Uvarint(b); size <= 0 || length > uint64(len(b)-size) {
				return errPBF
			}
			part = b[size : size+int(length)]
			size += int(length)
		case 5:
			size = 4
		default:
			return errPBF
		}
		if size <= 0 || size > len(b) {
			return errPBF
		}
		b = b[size:]
		if err := fn(int(key>>3), n, part); err != nil {
			return err
		}
	}
	return nil
}

// numbers are the rest of a packed list. Its methods give 0 behind the end and set bad where no number stands.
type numbers struct {
	b   []byte
	bad bool
}

func (p *numbers) more() bool { return len(p.b) > 0 && !p.bad }

func (p *numbers) next() uint64 {
	n, size := binary.Uvarint(p.b)
	if size <= 0 {
		p.bad = true
		return 0
	}
	p.b = p.b[size:]
	return n
}

func (p *numbers) signed() int64 { return zigzag(p.next()) }

func zigzag(n uint64) int64 { return int64(n>>1) ^ -int64(n&1) }

// pbfBlock decodes one block of elements.
type pbfBlock struct {
	kind                 osm.Type
	fn                   func(osm.Object)
	texts                []string
	granularity          int64
	latOffset, lonOffset int64
}

func (b *pbfBlock) read(block []byte) error {
	var groups [][]byte
	if err := fields(block, func(field int, n uint64, part []byte) error {
		switch field {
		case 1:
			return fields(part, func(field int, _ uint64, s []byte) error {
				if field == 1 {
					b.texts = append(b.texts, string(s))
				}
				return nil
			})
		case 2:
			groups = append(groups, part)
		case 17:
			b.granularity = int64(n)
		case 19:
			b.latOffset = int64(n)
		case 20:
			b.lonOffset = int64(n)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, g := range groups {
		if err := fields(g, b.group); err != nil {
			return err
		}
	}
	return nil
}

func (b *pbfBlock) group(field int, _ uint64, part []byte) error {
	switch {
	case field == 1 && b.kind == osm.TypeNode:
		return b.node(part)
	case field == 2 && b.kind == osm.TypeNode:
		return b.dense(part)
	case field == 3 && b.kind == osm.TypeWay:
		return b.way(part)
	case field == 4 && b.kind == osm.TypeRelation:
		return b.relation(part)
	}
	return nil
}

func (b *pbfBlock) degrees(offset, n int64) float64 { return 1e-9 * float64(offset+b.granularity*n) }

func (b *pbfBlock) text(i uint64) (string, error) {
	if i >= uint64(len(b.texts)) {
		return "", errPBF
	}
	return b.texts[i], nil
}

// tag appends a tag; length is the text of the element so far.
func (b *pbfBlock) tag(tags osm.Tags, key, value uint64, length *int) (osm.Tags, error) {
	k, err := b.text(key)
	if err != nil {
		return nil, err
	}
	v, err := b.text(value)
	if err != nil {
		return nil, err
	}
	if *length += len(k) + len(v) + 16; *length > pbfMostText {
		return nil, errors.New("an element has more text than can be true")
	}
	return append(tags, osm.Tag{Key: k, Value: v}), nil
}

func (b *pbfBlock) tags(keys, values []byte) (tags osm.Tags, err error) {
	k, v, length := numbers{b: keys}, numbers{b: values}, 0
	for k.more() {
		if tags, err = b.tag(tags, k.next(), v.next(), &length); err != nil {
			return nil, err
		}
	}
	if k.bad || v.bad || v.more() {
		return nil, errPBF
	}
	return tags, nil
}

// element reads what nodes, ways and relations have alike: the number, the lists by field, and the tags.
func (b *pbfBlock) element(part []byte) (id uint64, num [11]uint64, lists [11][]byte, tags osm.Tags, err error) {
	if err = fields(part, func(field int, n uint64, list []byte) error {
		if field < len(lists) {
			num[field], lists[field] = n, list
		}
		return nil
	}); err == nil {
		tags, err = b.tags(lists[2], lists[3])
	}
	return num[1], num, lists, tags, err
}

func (b *pbfBlock) node(part []byte) error {
	id, num, _, tags, err := b.element(part)
	if err != nil {
		return err
	}
	b.fn(&osm.Node{
		ID: osm.NodeID(zigzag(id)), Tags: tags, Visible: true,
		Lat: b.degrees(b.latOffset, zigzag(num[8])), Lon: b.degrees(b.lonOffset, zigzag(num[9])),
	})
	return nil
}

func (b *pbfBlock) dense(part []byte) error {
	var ids, lats, lons, words numbers
	if err := fields(part, func(field int, _ uint64, list []byte) error {
		switch field {
		case 1:
			ids.b = list
		case 8:
			lats.b = list
		case 9:
			lons.b = list
		case 10:
			words.b = list
		}
		return nil
	}); err != nil {
		return err
	}
	var id, lat, lon int64
	for ids.more() {
		id, lat, lon = id+ids.signed(), lat+lats.signed(), lon+lons.signed()
		n := &osm.Node{ID: osm.NodeID(id), Visible: true, Lat: b.degrees(b.latOffset, lat), Lon: b.degrees(b.lonOffset, lon)}
		for length := 0; words.more(); {
			key := words.next()
			if key == 0 { // ends the words of a node
				break
			}
			var err error
			if n.Tags, err = b.tag(n.Tags, key, words.next(), &length); err != nil {
				return err
			}
		}
		if ids.bad || lats.bad || lons.bad || words.bad {
			return errPBF
		}
		b.fn(n)
	}
	if ids.bad {
		return errPBF
	}
	return nil
}

func (b *pbfBlock) way(part []byte) error {
	id, _, lists, tags, err := b.element(part)
	if err != nil {
		return err
	}
	w := &osm.Way{ID: osm.WayID(id), Tags: tags, Visible: true}
	refs, at := numbers{b: lists[8]}, int64(0)
	for refs.more() {
		at += refs.signed()
		w.Nodes = append(w.Nodes, osm.WayNode{ID: osm.NodeID(at)})
	}
	if refs.bad {
		return errPBF
	}
	b.fn(w)
	return nil
}

func (b *pbfBlock) relation(part []byte) error {
	id, _, lists, tags, err := b.element(part)
	if err != nil {
		return err
	}
	r := &osm.Relation{ID: osm.RelationID(id), Tags: tags, Visible: true}
	roles, ids, kinds, at := numbers{b: lists[8]}, numbers{b: lists[9]}, numbers{b: lists[10]}, int64(0)
	for ids.more() {
		at += ids.signed()
		kind := kinds.next()
		role, err := b.text(roles.next())
		if err != nil || kind > 2 || ids.bad || kinds.bad || roles.bad {
			return errPBF
		}
		r.Members = append(r.Members, osm.Member{Type: []osm.Type{osm.TypeNode, osm.TypeWay, osm.TypeRelation}[kind], Ref: at, Role: role})
	}
	if ids.bad {
		return errPBF
	}
	b.fn(r)
	return nil
}
