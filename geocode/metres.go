package geocode

import (
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis/crs"
)

// plane is a system of eastings and northings in metres.
type plane interface {
	ToLonLat(x, y float64) (lon, lat float64)
}

// gridMetres reads metres of a plane system, easting and northing in either order: the one the text names (UTM, TWD97, Web Mercator, EPSG:4548),
// else CGCS2000 Gauss-Kruger with an easting of 6 digits (the city's zone) or 8 (zone number first, 6-degree 13-23 or 3-degree 24-45), else
// whichever of the others puts the point into the city.
func (g *Geocoder) gridMetres(a, b float64, all string) (orb.Point, bool) {
	if c := g.namedPlane(all); c != nil {
		return g.fromPlane([]plane{c}, a, b)
	}
	if p, ok := g.zonedMetres(a, b); ok {
		return p, true
	}
	return g.fromPlane(g.planes(), a, b)
}

// zone6 is the central meridian of the 6-degree zone of a longitude.
func zone6(lon float64) float64 { return math.Floor(lon/6)*6 + 3 }

// planes are the systems in which metres without a name may be meant, the likeliest first.
func (g *Geocoder) planes() []plane {
	out := []plane{crs.GaussKruger3(g.fr.lon), crs.TM(zone6(g.fr.lon), 0, 1, 500000, 0)}
	for _, n := range []string{"twd97", g.utm(), "EPSG:3857"} {
		if c, err := crs.ByName(n); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// utm names the UTM zone of the city.
func (g *Geocoder) utm() string { return "EPSG:" + strconv.Itoa(32600+int(math.Floor(g.fr.lon/6))+31) }

// namedPlane is the plane system a text names, nil when it names none.
func (g *Geocoder) namedPlane(all string) crs.CRS {
	name := ""
	for _, w := range [...]struct{ word, crs string }{{"twd97", "twd97"}, {"tm2", "twd97"}, {"utm", g.utm()}, {"墨卡托", "EPSG:3857"}, {"mercator", "EPSG:3857"}} {
		if strings.Contains(all, w.word) {
			name = w.crs
		}
	}
	if _, rest, ok := strings.Cut(all, "epsg:"); ok {
		n := 0
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		name = "EPSG:" + rest[:n]
	}
	if c, err := crs.ByName(name); err == nil && name != "" && !c.Geographic() {
		return c
	}
	return nil
}

// fromPlane takes the system and order that put the point into the city, else the first that puts it within reach.
func (g *Geocoder) fromPlane(systems []plane, a, b float64) (orb.Point, bool) {
	var far orb.Point
	found := false
	for _, c := range systems {
		for _, v := range [2][2]float64{{a, b}, {b, a}} {
			lon, lat := c.ToLonLat(v[0], v[1])
			p := orb.Point{lon, lat}
			if !usable(p) || !g.inReach(p) {
				continue
			}
			if g.inCity(p) {
				return p, true
			}
			if !found {
				far, found = p, true
			}
		}
	}
	return far, found
}

// inCity reports whether p lies within outsideM of what is on file.
func (g *Geocoder) inCity(p orb.Point) bool {
	return g.extent.pad(outsideM).holds(g.fr.to(p))
}

// zonedMetres reads an easting of 8 digits that begins with its zone.
func (g *Geocoder) zonedMetres(a, b float64) (orb.Point, bool) {
	for _, v := range [2][2]float64{{a, b}, {b, a}} {
		x, y := v[0], v[1]
		if x < 1e7 || y < 1e6 || y > 6.5e6 {
			continue
		}
		var c plane
		switch zone := int(x / 1e6); {
		case zone >= 24 && zone <= 45:
			c = crs.GaussKruger3(float64(zone) * 3)
		case zone >= 13 && zone <= 23:
			c = crs.TM(float64(zone)*6-3, 0, 1, 500000, 0)
		default:
			continue
		}
		lon, lat := c.ToLonLat(math.Mod(x, 1e6), y)
		if p := (orb.Point{lon, lat}); usable(p) && g.inReach(p) {
			return p, true
		}
	}
	return orb.Point{}, false
}

// oldDatum reports whether the text names a datum that can be brought to CGCS2000 only with parameters each city keeps to itself.
func oldDatum(all string) bool {
	for _, w := range [...]string{"西安80", "西安1980", "1980西安", "80西安", "北京54", "北京1954", "1954北京", "54北京", "xian80", "beijing54"} {
		if strings.Contains(all, w) {
			return true
		}
	}
	return false
}
