package census

import (
	"wanmi/gis/crs"

	"github.com/paulmach/orb"
)

// relocate looks whether a position that is nowhere near the city is in it when read another way: with its two numbers
// exchanged, or in another zone or system. Such a row is refused by that name, or with --fix read that way.
func (c *converter) relocate(rec *record, raw orb.Geometry, name string, e *rowError) error {
	sys, swap, better := c.elsewhere(name, c.raw, e)
	if better == nil {
		return e
	}
	p := c.raw
	if swap {
		p[0], p[1] = p[1], p[0]
	}
	if lon, lat := sys.ToLonLat(p[0], p[1]); c.city.known {
		rec.at = orb.Point{lon, lat} // the report's map shows where it belongs
	}
	if !c.fix {
		return better
	}
	oldSys, oldSwap := c.sys, c.swap
	c.sys, c.swap = sys, c.swap != swap
	p, _ = firstPoint(raw)
	err := c.settle(rec, raw, name, p)
	c.sys, c.swap = oldSys, oldSwap
	if err != nil {
		return better
	}
	c.mended = append(c.mended, defect{rule: better.Rule, field: better.Field, value: better.Value, fix: coordText(rec.at), fixed: true, en: better.Text, zh: better.TextZh})
	return nil
}

// elsewhere tells how a position (easting first) is to be read so that it lies in the city; a nil error when there is no way.
func (c *converter) elsewhere(name string, raw orb.Point, e *rowError) (crs.CRS, bool, *rowError) {
	reach := 0.0 // a row that cannot stand as it is may lie where any row may
	if e.Rule == RuleRange {
		reach = farMetres
	}
	inside := func(sys crs.CRS, q orb.Point) bool {
		if !inRange(sys, q) {
			return false
		}
		lon, lat := sys.ToLonLat(q[0], q[1])
		return finite(orb.Point{lon, lat}) && c.city.known && c.city.near(orb.Point{lon, lat}, reach)
	}
	q := orb.Point{raw[1], raw[0]}
	// Without a city only degrees that cannot be latitudes show it.
	if inside(c.sys, q) || !c.city.known && e.Rule == RuleRange && c.sys.Geographic() && inRange(c.sys, q) {
		return c.sys, true, &rowError{RuleSwapped, name, coordText(raw), "the two coordinates are exchanged", "两坐标颠倒"}
	}
	if !c.city.known {
		return nil, false, nil
	}
	sys, _, swap := bestCRS([]orb.Point{raw}, c.city)
	if sys == nil || sys == c.sys || sys.Name() == c.sys.Name() {
		return nil, false, nil
	}
	if q = raw; swap {
		q = orb.Point{raw[1], raw[0]}
	}
	if !inside(sys, q) {
		return nil, false, nil
	}
	return sys, swap, &rowError{
		RuleZone, name, coordText(raw), "the coordinates are those of " + sys.Name() + ", the file's are " + c.sys.Name(),
		"坐标属于 " + sys.Name() + "，而文件为 " + c.sys.Name(),
	}
}
