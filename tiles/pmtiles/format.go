package pmtiles

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/klauspost/compress/gzip"

	"wanmi/gis"
)

const (
	headerBytes = 127
	rootBytes   = 16_384 - headerBytes // most a root directory may have: readers fetch 16 KiB first
	maxDir      = 64 << 20             // largest directory a reader unpacks
)

// The compressions and tile types of the header that are used here.
const (
	compressionNone = 1
	compressionGzip = 2
	typeMVT         = 1
)

// Header is an archive's fixed part. Positions and lengths are bytes of the file.
type Header struct {
	RootOffset, RootLength         uint64
	MetadataOffset, MetadataLength uint64
	LeafOffset, LeafLength         uint64
	DataOffset, DataLength         uint64

	Addressed, Entries, Contents uint64 // tiles, directory entries, different tiles
	Clustered                    bool
	InternalCompression          uint8 // of directories and metadata
	TileCompression              uint8
	TileType                     uint8
	MinZoom, MaxZoom             uint8
	Bounds                       [4]float64 // west, south, east, north
	CenterZoom                   uint8
	Center                       [2]float64
}

func (h *Header) marshal() []byte {
	b := make([]byte, 0, headerBytes)
	b = append(b, "PMTiles\x03"...)
	for _, v := range []uint64{
		h.RootOffset, h.RootLength, h.MetadataOffset, h.MetadataLength, h.LeafOffset, h.LeafLength, h.DataOffset, h.DataLength,
		h.Addressed, h.Entries, h.Contents,
	} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	clustered := byte(0)
	if h.Clustered {
		clustered = 1
	}
	b = append(b, clustered, h.InternalCompression, h.TileCompression, h.TileType, h.MinZoom, h.MaxZoom)
	for _, v := range h.Bounds {
		b = appendE7(b, v)
	}
	b = append(b, h.CenterZoom)
	b = appendE7(b, h.Center[0])
	return appendE7(b, h.Center[1])
}

func appendE7(b []byte, deg float64) []byte {
	return binary.LittleEndian.AppendUint32(b, uint32(int32(math.Round(deg*1e7))))
}

func parseHeader(b []byte) (Header, error) {
	var h Header
	if len(b) < headerBytes || string(b[:7]) != "PMTiles" {
		return h, gis.E(gis.Rejected, nil, "the file is no PMTiles archive")
	}
	if b[7] != 3 {
		return h, gis.E(gis.Rejected, nil, "the archive is PMTiles version %d; version 3 is wanted", b[7])
	}
	for i, p := range []*uint64{
		&h.RootOffset, &h.RootLength, &h.MetadataOffset, &h.MetadataLength, &h.LeafOffset, &h.LeafLength, &h.DataOffset, &h.DataLength,
		&h.Addressed, &h.Entries, &h.Contents,
	} {
		*p = binary.LittleEndian.Uint64(b[8+8*i:])
	}
	h.Clustered, h.InternalCompression, h.TileCompression, h.TileType = b[96] == 1, b[97], b[98], b[99]
	h.MinZoom, h.MaxZoom, h.CenterZoom = b[100], b[101], b[118]
	deg := func(at int) float64 { return float64(int32(binary.LittleEndian.Uint32(b[at:]))) / 1e7 }
	for i := range h.Bounds {
		h.Bounds[i] = deg(102 + 4*i)
	}
	h.Center = [2]float64{deg(119), deg(123)}
	return h, nil
}

// entry is one line of a directory: run tiles from id on have the same content; run 0 points to a leaf directory.
type entry struct {
	id     uint64
	offset uint64
	length uint32
	run    uint32
}

func marshalDir(es []entry) ([]byte, error) {
	var b []byte
	b = binary.AppendUvarint(b, uint64(len(es)))
	last := uint64(0)
	for _, e := range es {
		b = binary.AppendUvarint(b, e.id-last)
		last = e.id
	}
	for _, e := range es {
		b = binary.AppendUvarint(b, uint64(e.run))
	}
	for _, e := range es {
		b = binary.AppendUvarint(b, uint64(e.length))
	}
	for i, e := range es {
		if i > 0 && e.offset == es[i-1].offset+uint64(es[i-1].length) {
			b = append(b, 0)
		} else {
			b = binary.AppendUvarint(b, e.offset+1)
		}
	}
	return pack(b)
}

// parseDir reads a directory. It refuses what no writer makes: entries out of order, lengths of 0.
func parseDir(raw []byte, compression uint8) ([]entry, error) {
	b, err := unpack(raw, compression)
	if err != nil {
		return nil, err
	}
	r := bytes.NewReader(b)
	n, err := binary.ReadUvarint(r)
	if err != nil || n > uint64(len(b)) { // an entry takes four bytes or more
		return nil, badDir(err)
	}
	es := make([]entry, n)
	id := uint64(0)
	for i := range es {
		d, err := binary.ReadUvarint(r)
		if err != nil || i > 0 && d == 0 || id+d < id {
			return nil, badDir(err)
		}
		id += d
		es[i].id = id
	}
	for _, set := range []func(*entry, uint32){
		func(e *entry, v uint32) { e.run = v },
		func(e *entry, v uint32) { e.length = v },
	} {
		for i := range es {
			v, err := binary.ReadUvarint(r)
			if err != nil || v > math.MaxUint32 {
				return nil, badDir(err)
			}
			set(&es[i], uint32(v))
		}
	}
	for i := range es {
		v, err := binary.ReadUvarint(r)
		switch {
		case err != nil || v == 0 && i == 0 || es[i].length == 0:
			return nil, badDir(err)
		case v == 0:
			es[i].offset = es[i-1].offset + uint64(es[i-1].length)
		default:
			es[i].offset = v - 1
		}
	}
	return es, nil
}

func badDir(err error) error {
	return gis.E(gis.Rejected, err, "a directory of the archive is damaged")
}

func pack(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func unpack(b []byte, compression uint8) ([]byte, error) {
	switch compression {
	case compressionNone:
		return b, nil
	case compressionGzip:
	default:
		return nil, gis.E(gis.Rejected, nil, "the archive's directories have compression %d; none or gzip is wanted", compression)
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, badDir(err)
	}
	out, err := io.ReadAll(io.LimitReader(r, maxDir+1))
	if err != nil {
		return nil, badDir(err)
	}
	if len(out) > maxDir {
		return nil, badDir(fmt.Errorf("over %d bytes unpacked", maxDir))
	}
	return out, nil
}

// ID returns the number of a tile: zooms one after the other, along a Hilbert curve in each. y is counted from the north.
func ID(z uint8, x, y uint32) uint64 {
	id := base(z)
	for k := int(z) - 1; k >= 0; k-- {
		s := uint32(1) << k
		rx, ry := x>>k&1, y>>k&1
		id += uint64(3*rx^ry) << (2 * k)
		x, y = turn(s, x&(s-1), y&(s-1), rx, ry)
	}
	return id
}

// ZXY is the inverse of ID; ok is false past zoom 31.
func ZXY(id uint64) (z uint8, x, y uint32, ok bool) {
	for ; z < 32; z++ {
		if n := uint64(1) << (2 * z); id-base(z) < n {
			break
		}
	}
	if z == 32 {
		return 0, 0, 0, false
	}
	d := id - base(z)
	for k := range int(z) {
		s := uint32(1) << k
		q := uint32(d>>(2*k)) & 3
		rx := q >> 1
		ry := (q ^ rx) & 1
		x, y = turn(s, x, y, rx, ry)
		x, y = x|rx<<k, y|ry<<k
	}
	return z, x, y, true
}

// base is the number of the first tile of a zoom.
func base(z uint8) uint64 { return (uint64(1)<<(2*z) - 1) / 3 }

// turn turns a quadrant of side s as the curve runs through it.
func turn(s, x, y, rx, ry uint32) (uint32, uint32) {
	if ry != 0 {
		return x, y
	}
	if rx != 0 {
		x, y = s-1-x, s-1-y
	}
	return y, x
}
