package pmtiles

import (
	"encoding/binary"
	"fmt"
	"math"

	"wanmi/gis"
)

const (
	headerBytes = 127
	// rootBytes is the most a root directory may have: header and root together stay under 16 KiB, which readers fetch first.
	rootBytes = firstBytes - 1 - headerBytes
	// firstBytes is what readers fetch first.
	firstBytes = 16 << 10

	maxUnpacked = 16 << 20 // of a directory or the metadata
	maxEntries  = 1 << 20  // of a directory
	maxZoom     = 31       // numbers of deeper tiles do not fit

	// MaxTile is the most bytes a tile may have, packed or unpacked.
	MaxTile = 64 << 20
)

// Header is an archive's fixed part. Positions and lengths are bytes of the file.
type Header struct {
	RootOffset, RootLength         uint64
	MetadataOffset, MetadataLength uint64
	LeafOffset, LeafLength         uint64
	DataOffset, DataLength         uint64

	Addressed, Entries, Contents uint64 // tiles, directory entries, different tiles; 0: not told
	Clustered                    bool
	InternalCompression          Compression // of directories and metadata
	TileCompression              Compression
	TileType                     TileType
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
	b = append(b, clustered, byte(h.InternalCompression), byte(h.TileCompression), byte(h.TileType), h.MinZoom, h.MaxZoom)
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
	for i, s := range h.sections() {
		if s.offset+s.length < s.offset || s.offset+s.length > math.MaxInt64 {
			return h, gis.E(gis.Rejected, nil, "the archive's header is damaged: %s lies past any file", sectionNames[i])
		}
	}
	h.Clustered = b[96] == 1
	h.InternalCompression, h.TileCompression, h.TileType = Compression(b[97]), Compression(b[98]), TileType(b[99])
	h.MinZoom, h.MaxZoom, h.CenterZoom = b[100], b[101], b[118]
	deg := func(at int) float64 { return float64(int32(binary.LittleEndian.Uint32(b[at:]))) / 1e7 }
	for i := range h.Bounds {
		h.Bounds[i] = deg(102 + 4*i)
	}
	h.Center = [2]float64{deg(119), deg(123)}
	return h, nil
}

type section struct{ offset, length uint64 }

var sectionNames = [...]string{"the root directory", "the metadata", "the leaf directories", "the tile data"}

func (h *Header) sections() [4]section {
	return [4]section{{h.RootOffset, h.RootLength}, {h.MetadataOffset, h.MetadataLength}, {h.LeafOffset, h.LeafLength}, {h.DataOffset, h.DataLength}}
}

// in returns the place in the file of a stretch of a section, an error when it is not all in it.
func (s section) in(offset, length uint64) (uint64, error) {
	if offset > s.length || length > s.length-offset {
		return 0, gis.E(gis.Rejected, nil, "the archive is damaged: bytes %d to %d of a section of %d are wanted", offset, offset+length, s.length)
	}
	return s.offset + offset, nil
}

// faults says what is wrong with a header by itself. size is the file's length, -1 when nobody knows.
func (h *Header) faults(raw byte, size int64) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	all := h.sections()
	for i, s := range all {
		if s.length > 0 && s.offset < headerBytes {
			add("header: %s begins at byte %d, inside the header", sectionNames[i], s.offset)
		}
		if size >= 0 && s.offset+s.length > uint64(size) {
			add("header: %s ends at byte %d, the file at %d", sectionNames[i], s.offset+s.length, size)
		}
		for k, o := range all[:i] {
			if s.length > 0 && o.length > 0 && s.offset < o.offset+o.length && o.offset < s.offset+s.length {
				add("header: %s and %s overlap", sectionNames[k], sectionNames[i])
			}
		}
	}
	if h.RootLength == 0 {
		add("header: the root directory is empty")
	}
	if end := h.RootOffset + h.RootLength; end >= firstBytes {
		add("header: the root directory ends at byte %d; it must end within the first %d", end, firstBytes)
	}
	if raw > 1 {
		add("header: the clustered flag is %d; 0 or 1 is wanted", raw)
	}
	if h.InternalCompression == UnknownCompression || h.InternalCompression > Zstd {
		add("header: internal compression %d", h.InternalCompression)
	}
	if h.TileCompression > Zstd {
		add("header: tile compression %d", h.TileCompression)
	}
	if h.TileType > AVIF {
		add("header: tile type %d", h.TileType)
	}
	if h.MinZoom > h.MaxZoom || h.MaxZoom > maxZoom {
		add("header: zooms %d to %d", h.MinZoom, h.MaxZoom)
	}
	if b := h.Bounds; b[0] > b[2] || b[1] > b[3] || b[0] < -180 || b[2] > 180 || b[1] < -90 || b[3] > 90 {
		add("header: bounds %v", b)
	}
	if c := h.Center; math.Abs(c[0]) > 180 || math.Abs(c[1]) > 90 {
		add("header: center %v", c)
	}
	return out
}
