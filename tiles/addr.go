package tiles

import (
	"slices"
	"strings"

	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
)

// MaxZoom is the deepest zoom a tile address may have.
const MaxZoom = 24

// ParseAddr reads a tile address from decimal digits: z 0 to 24, x and y below 2^z, y to the south.
func ParseAddr(z, x, y string) (maptile.Tile, error) {
	zz, ok := digits(z)
	if !ok || zz > MaxZoom {
		return maptile.Tile{}, gis.E(gis.Invalid, nil, "tile zoom %s: a whole number from 0 to %d is wanted", shown(z), MaxZoom)
	}
	xx, okx := digits(x)
	yy, oky := digits(y)
	if n := uint32(1) << zz; !okx || !oky || xx >= n || yy >= n {
		return maptile.Tile{}, gis.E(gis.Invalid, nil, "tile %s/%s/%s: x and y are whole numbers from 0 to %d at this zoom", z, shown(x), shown(y), n-1)
	}
	return maptile.New(xx, yy, maptile.Zoom(zz)), nil
}

// digits reads up to 9 decimal digits and nothing else: no sign, no space, no leading zero.
func digits(s string) (uint32, bool) {
	if s == "" || len(s) > 9 || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	var n uint32
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + uint32(c)
	}
	return n, true
}

// shown quotes what a caller sent, cut to a length fit for a message.
func shown(s string) string {
	r := []rune(strings.ToValidUTF8(s, "?"))
	if len(r) > 40 {
		r = append(r[:40], '…')
	}
	return `"` + string(r) + `"`
}

// ParseLayers splits a comma-separated list of layer names, drops repeated ones and keeps the order.
// It checks the form only; whether a layer exists is the Set's to say.
func ParseLayers(s string) ([]string, error) {
	parts := strings.Split(s, ",")
	if len(parts) > 64 {
		return nil, gis.E(gis.Invalid, nil, "more than 64 layers in one tile")
	}
	names := parts[:0]
	for _, p := range parts {
		if !layerName(p) {
			return nil, gis.E(gis.Invalid, nil, "layer name %s: lower-case letters, digits and _ are wanted, names separated by commas", shown(p))
		}
		if !slices.Contains(names, p) {
			names = append(names, p)
		}
	}
	return names, nil
}

func layerName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
