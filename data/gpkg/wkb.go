package gpkg

import (
	"encoding/binary"
	"math"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
)

// decodeGeom reads a GeoPackage blob of two dimensions, in either byte order. A multi-geometry of one part comes back as
// that part; nil and an empty geometry as nil.
func decodeGeom(blob []byte) (orb.Geometry, error) {
	if len(blob) == 0 {
		return nil, nil
	}
	_, wkb, empty, err := splitBlob(blob)
	if err != nil || empty {
		return nil, err
	}
	return kept.DecodeWKB(wkb)
}

// boundOf returns the bounds of a blob, from its envelope where it has one; ok is false for NULL and empty geometries.
func boundOf(blob []byte) (b orb.Bound, ok bool, err error) {
	if len(blob) == 0 {
		return b, false, nil
	}
	env, wkb, empty, err := splitBlob(blob)
	if err != nil || empty {
		return b, false, err
	}
	if env != nil {
		return *env, true, nil
	}
	g, err := kept.DecodeWKB(wkb)
	if err != nil || g == nil {
		return b, false, errBlob
	}
	return g.Bound(), true, nil
}

// splitBlob parts a blob into its envelope, nil when it has none, and its WKB.
func splitBlob(blob []byte) (env *orb.Bound, wkb []byte, empty bool, err error) {
	if len(blob) < headerSize || blob[0] != 'G' || blob[1] != 'P' || blob[2] != 0 {
		return nil, nil, false, errBlob
	}
	flags := blob[3]
	var order binary.ByteOrder = binary.BigEndian
	if flags&1 != 0 {
		order = binary.LittleEndian
	}
	kind := flags >> 1 & 7
	if kind > 4 || flags&0x20 != 0 { // 0x20: an extended geometry, not WKB
		return nil, nil, false, errBlob
	}
	size := [...]int{0, 32, 48, 48, 64}[kind]
	if len(blob) < headerSize+size {
		return nil, nil, false, errBlob
	}
	rest := blob[headerSize:]
	if size > 0 {
		at := func(i int) float64 { return math.Float64frombits(order.Uint64(rest[8*i:])) }
		env = &orb.Bound{Min: orb.Point{at(0), at(2)}, Max: orb.Point{at(1), at(3)}}
	}
	return env, rest[size:], flags&0x10 != 0, nil
}
