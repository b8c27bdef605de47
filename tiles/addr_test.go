package tiles

import (
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
)

func TestParseAddr(t *testing.T) {
	for _, tc := range []struct {
		z, x, y string
		want    maptile.Tile
		ok      bool
	}{
		{"0", "0", "0", maptile.New(0, 0, 0), true},
		{"24", "16777215", "16777215", maptile.New(1<<24-1, 1<<24-1, 24), true},
		{"24", "16777216", "0", maptile.Tile{}, false},
		{"25", "0", "0", maptile.Tile{}, false},
		{"1", "2", "0", maptile.Tile{}, false},
		{"-1", "0", "0", maptile.Tile{}, false},
		{"+1", "0", "0", maptile.Tile{}, false},
		{"1", "01", "0", maptile.Tile{}, false},
		{"1", "", "0", maptile.Tile{}, false},
		{"1", "0", "0.0", maptile.Tile{}, false},
		{"1", "1e0", "0", maptile.Tile{}, false},
		{"1", "１", "0", maptile.Tile{}, false},
		{"9", "99999999999999999999", "0", maptile.Tile{}, false},
	} {
		got, err := ParseAddr(tc.z, tc.x, tc.y)
		if (err == nil) != tc.ok || got != tc.want {
			t.Errorf("%s/%s/%s: got %v, %v; want %v, ok %t", tc.z, tc.x, tc.y, got, err, tc.want, tc.ok)
		}
		if err != nil && gis.KindOf(err) != gis.Invalid {
			t.Errorf("%s/%s/%s: kind of %v", tc.z, tc.x, tc.y, err)
		}
	}
}

func FuzzParseAddr(f *testing.F) {
	f.Add("14", "13516", "6466")
	f.Add("24", "-1", "9999999999")
	f.Add("", "\x00", "𝟙")
	f.Fuzz(func(t *testing.T, z, x, y string) {
		if a, err := ParseAddr(z, x, y); err == nil && (!a.Valid() || a.Z > MaxZoom) {
			t.Errorf("%q/%q/%q: %v", z, x, y, a)
		} else if err != nil && len(err.Error()) > 1000 {
			t.Errorf("a message of %d bytes", len(err.Error()))
		}
	})
}

func TestParseLayers(t *testing.T) {
	for in, want := range map[string][]string{
		"road": {"road"}, "unit_grid,component": {"unit_grid", "component"}, "a,b,a": {"a", "b"},
		"": nil, "a,": nil, "A": nil, "a b": nil, "../x": nil, strings.Repeat("a,", 70) + "a": nil,
	} {
		got, err := ParseLayers(in)
		if !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%q: got %v, %v; want %v", in, got, err, want)
		}
	}
}
