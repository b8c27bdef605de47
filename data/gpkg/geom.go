package gpkg

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// srsCGCS2000 is the reference system of every geometry: CGCS2000, longitude before latitude inside a blob whatever EPSG says.
const srsCGCS2000 = 4490

// headerSize is the length of a GeoPackage header without an envelope; envelopeSize that of an XY envelope.
const (
	headerSize   = 8
	envelopeSize = 32
)

var errBlob = errors.New("gpkg: malformed geometry blob")

// encodeGeom appends the GeoPackage blob of g, which is canonical, to buf. Points carry no envelope, all else an XY one.
func encodeGeom(buf []byte, g orb.Geometry, layer gis.GeomType) []byte {
	const littleEndian, xyEnvelope = 1, 1 << 1
	flags := byte(littleEndian)
	_, point := g.(orb.Point)
	if !point {
		flags |= xyEnvelope
	}
	buf = append(buf, 'G', 'P', 0, flags)
	buf = binary.LittleEndian.AppendUint32(buf, srsCGCS2000)
	if !point {
		b := g.Bound()
		for _, v := range [...]float64{b.Min[0], b.Max[0], b.Min[1], b.Max[1]} {
			buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
		}
	}
	return kept.AppendWKB(buf, g, layer)
}
