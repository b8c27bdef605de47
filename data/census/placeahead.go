package census

import (
	"wanmi/gis"

	"github.com/paulmach/orb"
)

// placedRow is what the core that reads has found out about the place of a row, for the one that checks.
type placedRow struct {
	raw  orb.Point // as delivered, in the order of the columns
	at   orb.Point // longitude, latitude
	area placedIn
}

// placedIn is what a [Placer] says of a point.
type placedIn struct {
	grid, community, communityName, street, streetName string
	ok                                                 bool
}

func placeOf(p Placer, at orb.Point) (in placedIn) {
	in.grid, in.community, in.communityName, in.street, in.streetName, in.ok = p.Place(at)
	return in
}

// placeAhead returns what places rows while they are read: false for a row of which that takes more than a look at two numbers. It is nil
// where nothing is placed. It changes nothing of the converter.
func (c *converter) placeAhead() func(row *Row, into *placedRow) bool {
	if c.layer.Name != "component" || c.layer.Geom == gis.NoGeom || c.place.placer == nil {
		return nil
	}
	sys, swap, placer := c.sys, c.swap, c.place.placer
	return func(row *Row, into *placedRow) bool {
		if row.Err != nil {
			return false
		}
		g := row.Geom
		switch {
		case c.x >= 0:
			var err error
			if g, err = c.pointOf(row.Values); err != nil {
				return false
			}
		case c.w >= 0:
			return false
		}
		p, ok := g.(orb.Point)
		if !ok {
			return false
		}
		into.raw = p
		if swap {
			p[0], p[1] = p[1], p[0]
		}
		if !finite(p) || p[0] == 0 && p[1] == 0 || !inRange(sys, p) {
			return false
		}
		into.at[0], into.at[1] = sys.ToLonLat(p[0], p[1])
		into.area = placeOf(placer, into.at)
		return true
	}
}
