package tiles

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/tiles/mvt"
)

// FuzzShapes draws lines and polygons of any form, some far larger than the tiles: every tile must follow the specification, and be the same with
// plates and without.
func FuzzShapes(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 50, 0, 50, 0, 0, 0, 0, 0}, uint8(14))
	f.Add([]byte{2, 0, 0, 255, 255, 0, 128, 128, 0, 10, 10, 10, 10, 10, 11, 10, 11, 10, 10}, uint8(20))
	f.Add([]byte{0, 7, 7, 7, 7, 7, 7, 7, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, uint8(3))
	f.Fuzz(func(t *testing.T, raw []byte, zoom uint8) {
		if len(raw) < 9 || len(raw) > 4000 {
			return
		}
		step := []float64{0.5, 30, 4000}[raw[0]%3] // metres
		var ps []orb.Point
		for b := raw[1:]; len(b) >= 4; b = b[4:] {
			x, y := int16(binary.LittleEndian.Uint16(b)), int16(binary.LittleEndian.Uint16(b[2:]))
			ps = append(ps, at(float64(x)/256*step, float64(y)/256*step))
		}
		half := len(ps) / 2
		m := newMemory()
		m.put(feature("building", 1, orb.Polygon{ps[:half], ps[half:]}, nil))
		m.put(feature("unit_grid", 1, orb.MultiPolygon{{ps}, {ps[half:]}}, nil))
		m.put(feature("road", 1, orb.LineString(ps), nil))
		m.put(feature("road", 2, orb.MultiLineString{ps[:half], append(orb.LineString(ps), ps[0])}, nil))
		m.put(feature("component", 1, orb.Collection{orb.MultiPoint(ps), orb.LineString(ps)}, nil))
		s := build(t, m, func(c *Config) { c.CacheBytes = -1 })
		bare := unplated(t, m)
		for _, p := range []orb.Point{cityCentre, ps[0], ps[half]} {
			a := maptile.At(p, maptile.Zoom(zoom%25))
			layers := []string{"building", "unit_grid", "road", "component", "building_label", "unit_grid_label"}
			raw := mustTile(t, s, layers, a).Raw()
			if err := mvt.Validate(raw); err != nil {
				t.Fatalf("%v: %v", a, err)
			}
			if want := mustTile(t, bare, layers, a).Raw(); !bytes.Equal(raw, want) {
				t.Fatalf("%v: %d bytes with plates, %d without, or others", a, len(raw), len(want))
			}
		}
	})
}
