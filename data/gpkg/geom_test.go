package gpkg

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

func TestEncodeMatchesOrb(t *testing.T) {
	ring := orb.Ring{{0, 0}, {1, 0}, {1, 1}, {0, 0}}
	for _, g := range []orb.Geometry{
		orb.Point{116.1, 35.2},
		orb.MultiPoint{{1, 2}, {3, 4}},
		orb.LineString{{1, 2}, {3, 4}, {5, 6}},
		orb.MultiLineString{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}},
		orb.Polygon{ring, ring},
		orb.MultiPolygon{{ring}, {ring, ring}},
	} {
		blob := encodeGeom(nil, g, gis.Any)
		_, got, _, err := splitBlob(blob)
		if want := wkb.MustMarshal(g); err != nil || !bytes.Equal(got, want) {
			t.Errorf("WKB of %v: got %x, %v, want %x", g, got, err, want)
		}
		back, err := decodeGeom(blob)
		if err != nil || !orb.Equal(back, g) {
			t.Errorf("decoded: got %v, %v, want %v", back, err, g)
		}
		if b, ok, err := boundOf(blob); b != g.Bound() || !ok || err != nil {
			t.Errorf("bound of %v: got %v %t %v", g, b, ok, err)
		}
	}
}

// What GDAL 3.6 wrote for POINT (1 2) and for an empty point, and a big-endian blob.
func TestDecodeForeign(t *testing.T) {
	for name, c := range map[string]struct {
		blob string
		want orb.Geometry
	}{
		"GDAL":       {"475000018a1100000101000000000000000000f03f0000000000000040", orb.Point{1, 2}},
		"empty":      {"475000118a1100000101000000000000000000f87f000000000000f87f", nil},
		"big-endian": {"475000000000118a00000000013ff00000000000004000000000000000", orb.Point{1, 2}},
	} {
		blob, err := hex.DecodeString(c.blob)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeGeom(blob)
		if err != nil || got != c.want {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, c.want)
		}
	}
}

func FuzzDecodeGeom(f *testing.F) {
	ring := orb.Ring{{0, 0}, {1, 0}, {1, 1}, {0, 0}}
	for _, g := range []orb.Geometry{orb.Point{1, 2}, orb.MultiPoint{{1, 2}, {3, 4}}, orb.LineString{{1, 2}, {3, 4}}, orb.MultiPolygon{{ring}, {ring, ring}}} {
		blob := encodeGeom(nil, g, gis.Any)
		f.Add(blob)
		f.Add(blob[:len(blob)-3])
	}
	f.Add([]byte{})
	f.Add([]byte("GP\x00\x01\x8a\x11\x00\x00\x01\x06\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, blob []byte) {
		boundOf(blob)
		g, err := decodeGeom(blob)
		if err != nil || g == nil {
			return
		}
		if g, err = kept.Canonical(g, gis.Any); err != nil {
			return
		}
		again, err := decodeGeom(encodeGeom(nil, g, gis.Any))
		if err != nil || !orb.Equal(again, g) {
			t.Errorf("got %v, %v, want %v", again, err, g)
		}
	})
}
