package census

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"wanmi/gis"
	"wanmi/gis/crs"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
)

// position says how the coordinates of a file are to be read.
type position struct {
	x, y    string // columns; "" with a file that has geometry
	wkt     string
	crs     crs.CRS
	swap    bool // of geometry and WKT only: columns are exchanged instead
	remarks []string
}

// city is what is known of the city before the import: the bounds of its streets and communities.
type city struct {
	bound orb.Bound // zero: nothing is stored yet
	known bool
}

// near reports whether p (longitude, latitude) lies within metres of the city's bounds; true while nothing is known.
func (c city) near(p orb.Point, metres float64) bool {
	if !c.known {
		return true
	}
	mx, my := geom.MetresPerDegree(c.bound.Center()[1])
	dx, dy := metres/mx, metres/my
	return p[0] >= c.bound.Min[0]-dx && p[0] <= c.bound.Max[0]+dx && p[1] >= c.bound.Min[1]-dy && p[1] <= c.bound.Max[1]+dy
}

// farMetres is how far outside the city's bounds a row may lie before it is taken for a mistake.
const farMetres = 5000

// fits returns which part of the points lies in the city (in China's wider surroundings while there is no city) in that system.
func (c city) fits(points []orb.Point, sys crs.CRS, swap bool) float64 {
	if len(points) == 0 || sys == nil {
		return 0
	}
	n := 0
	for _, p := range points {
		if swap {
			p[0], p[1] = p[1], p[0]
		}
		if !inRange(sys, p) {
			continue
		}
		lon, lat := sys.ToLonLat(p[0], p[1])
		q := orb.Point{lon, lat}
		if !finite(q) {
			continue
		}
		if c.known && c.near(q, farMetres) || !c.known && lon > 73 && lon < 136 && lat > 3 && lat < 54 {
			n++
		}
	}
	return float64(n) / float64(len(points))
}

// inRange reports whether coordinates can belong to the system at all.
func inRange(sys crs.CRS, p orb.Point) bool {
	if sys.Geographic() {
		return math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90
	}
	return math.Abs(p[0]) > 400 && math.Abs(p[1]) > 400 && math.Abs(p[0]) < 6e7 && math.Abs(p[1]) < 2.1e7
}

// rangeShare returns which part of the points the system can hold, either way round.
func rangeShare(points []orb.Point, sys crs.CRS) float64 {
	n := 0
	for _, p := range points {
		if inRange(sys, p) || inRange(sys, orb.Point{p[1], p[0]}) {
			n++
		}
	}
	return float64(n) / float64(max(len(points), 1))
}

// guessPosition finds where the coordinates are and in which system. stated is the user's word, "" for none.
func guessPosition(s *sample, r Reader, stated string, c city) (position, error) {
	var pos position
	var points []orb.Point
	fileCRS, how := r.CRS()
	hint := ""
	switch {
	case len(s.points) > 0:
		points = s.points
	case s.dims != [3]int{}:
		pos.crs = fileCRS
		if pos.crs == nil {
			pos.crs = crs.WGS84
		}
		return pos, nil // only empty or broken geometry: the rows say so
	default:
		var err error
		if points, hint, err = guessColumns(s, r, &pos, c); err != nil {
			return pos, err
		}
		if pos.x == "" && pos.wkt == "" {
			return pos, nil
		}
		if len(points) == 0 { // nothing to tell a system from: the rows say why
			pos.crs, err = crs.WGS84, error(nil)
			if hint != "" || stated != "" {
				pos.crs, err = crs.ByName(cmp.Or(stated, hint))
			}
			return pos, err
		}
	}
	sys, err := statedCRS(stated, fileCRS, how, hint, points, &pos)
	if err != nil {
		return pos, gis.E(gis.KindOf(err), nil, "%s: %v", r.Name(), err)
	}
	return pos, chooseCRS(&pos, sys, stated != "", points, c, r.Name())
}

// statedCRS is the system the user or the file names, nil for none. A file's word that its coordinates disprove is dropped.
func statedCRS(stated string, file crs.CRS, how, hint string, points []orb.Point, pos *position) (crs.CRS, error) {
	if stated != "" {
		return crs.ByName(stated)
	}
	if file == nil && strings.Contains(how, "towgs84") { // an old datum read as the new one would be off by a hundred metres
		return nil, gis.E(gis.Invalid, nil, "the %s; or --crs with a CGCS2000 system when the .prj is wrong", how)
	}
	if file == nil && how != "" && how != "no .prj" {
		pos.remarks = append(pos.remarks, how)
	}
	if file != nil && rangeShare(points, file) >= 0.5 {
		return file, nil
	}
	if file != nil {
		pos.remarks = append(pos.remarks, fmt.Sprintf("the file says its coordinates are %s, which they cannot be: its system is found from the values / 声明的坐标系与坐标值不符", file.Name()))
	}
	if hint == "" {
		return nil, nil
	}
	sys, err := crs.ByName(hint)
	if err == nil {
		pos.remarks = append(pos.remarks, fmt.Sprintf("the heading or the values of the coordinates name the system %s / 坐标列标明坐标系 %s", sys.Name(), sys.Name()))
	}
	return sys, err
}

// chooseCRS settles system and axes. Lon/lat the wrong way round and X = northing are set right and said.
func chooseCRS(pos *position, sys crs.CRS, forced bool, points []orb.Point, c city, name string) error {
	set := func(sys crs.CRS, swap bool) {
		pos.crs = sys
		if !swap {
			return
		}
		pos.remarks = append(pos.remarks, "the axes stand as northing, easting (X = north): exchanged / 坐标轴为 X 北 Y 东，已对调")
		if pos.x != "" {
			pos.x, pos.y = pos.y, pos.x
		} else {
			pos.swap = true
		}
	}
	if sys != nil {
		straight, swapped := c.fits(points, sys, false), c.fits(points, sys, true)
		set(sys, swapped > straight && swapped >= 0.5)
		if best, how, swap := bestCRS(points, c); !forced && c.known && straight < 0.1 && swapped < 0.1 && best != nil && c.fits(points, best, swap) >= 0.5 {
			pos.remarks = append(pos.remarks, fmt.Sprintf("in %s the rows lie outside the city, in %s (%s) they lie inside: is the system stated wrongly? give --crs / 坐标系可能声明有误", sys.Name(), best.Name(), how))
		}
		return nil
	}
	best, how, swap := bestCRS(points, c)
	if best == nil {
		return gis.E(gis.Invalid, nil, "%s: the coordinate system cannot be told from the values (as %g, %g); give --crs, as EPSG:4548", name, points[0][0], points[0][1])
	}
	pos.remarks = append(pos.remarks, fmt.Sprintf("coordinate system found from the values: %s (%s) / 坐标系由数值推定", best.Name(), how))
	set(best, swap)
	return nil
}

// candidate systems for a first point of given size.
func bestCRS(points []orb.Point, c city) (best crs.CRS, how string, swap bool) {
	bestFit := 0.0
	try := func(name, why string) {
		sys, err := crs.ByName(name)
		if err != nil {
			return
		}
		for _, sw := range []bool{false, true} {
			if f := c.fits(points, sys, sw); f > bestFit+0.05 && f >= 0.3 {
				best, how, swap, bestFit = sys, why, sw, f
			}
		}
	}
	try("EPSG:4326", "degrees")
	if best == nil && !c.known && len(points) > 0 && rangeShare(points, crs.WGS84) > 0.9 {
		return crs.WGS84, "degrees", false
	}
	if best != nil {
		return best, how, swap
	}
	if c.known {
		cm := 3 * int(math.Round(c.bound.Center()[0]/3))
		for _, m := range []int{cm, cm - 3, cm + 3} {
			if m >= 75 && m <= 135 {
				try(fmt.Sprintf("EPSG:%d", 4534+(m-75)/3), "the city's 3-degree Gauss-Kruger zone")
			}
		}
		try("EPSG:3826", "TWD97")
	}
	for _, p := range points[:min(len(points), 1)] {
		for _, v := range []float64{p[0], p[1]} {
			zone := int(v / 1e6)
			if zone >= 25 && zone <= 45 {
				try(fmt.Sprintf("EPSG:%d", 4513+zone-25), "zone number in the easting")
			}
			if zone >= 13 && zone <= 23 {
				try(fmt.Sprintf("EPSG:%d", 4491+zone-13), "zone number in the easting")
			}
		}
	}
	if c.known || best == nil && len(points) > 0 && math.Max(points[0][0], points[0][1]) > 8e6 {
		try("EPSG:3857", "web Mercator")
	}
	if !c.known && best == nil && allTWD97(points) {
		try("EPSG:3826", "the range of TWD97")
	}
	return best, how, swap
}

// allTWD97 reports whether all points lie in the range of TWD97 on Taiwan, narrow enough to be no zone of the mainland by chance.
func allTWD97(points []orb.Point) bool {
	for _, p := range points {
		e, n := math.Min(p[0], p[1]), math.Max(p[0], p[1])
		if e < 147000 || e > 352000 || n < 2422000 || n > 2800000 {
			return false
		}
	}
	return len(points) > 0
}

// guessColumns finds the coordinate columns: text geometry and pairs in one column go with the surest heading,
// longitude and latitude before projected ones; values under headings nobody knows come last.
func guessColumns(s *sample, r Reader, pos *position, c city) (points []orb.Point, hint string, err error) {
	for _, textual := range []func(*position) ([]orb.Point, string){s.textColumn, s.pairColumn} {
		if points, hint := textual(pos); pos.wkt != "" {
			return points, hint, nil
		}
	}
	numeric := func(c *column) bool {
		return c != nil && c.share(func(v string) bool { _, err := parseCoordinate(v); return err == nil }) > 0.5
	}
	for _, pair := range [][2]string{{lonWords, latWords}, {xWords, yWords}} {
		x, y := s.find(pair[0]), s.find(pair[1])
		if !numeric(x) || !numeric(y) || x == y {
			continue
		}
		pos.x, pos.y = x.name, y.name
		if pair[0] == xWords && headingRank("twd97x xtwd97 tm2x 97x x97 twdx", x.normal) >= 0 {
			hint = "EPSG:3826"
		}
		break
	}
	if pos.x == "" {
		x, y := s.axes(numeric)
		if x != nil {
			pos.x, pos.y = x.name, y.name
			if strings.Contains(x.normal, "97") || strings.Contains(x.normal, "tm2") {
				hint = "EPSG:3826"
			}
		}
	}
	if pos.x == "" {
		s.columnsByValue(pos, c)
	}
	if pos.x == "" {
		return nil, "", nil
	}
	if points, err = s.columnPoints(r, pos); err != nil {
		return nil, "", err
	}
	if len(points) == 0 {
		pos.remarks = append(pos.remarks, "no row of the sample has usable coordinates / 抽样行均无有效坐标")
		return nil, "", nil
	}
	if degrees := rangeShare(points, crs.WGS84) > 0.5; degrees && hint != "" { // degrees under a heading that speaks of metres
		hint = ""
	} else if degrees {
		hint = offsetHint(s.byName(pos.x))
	}
	return points, hint, nil
}

// columnPoints reads the coordinates of the first rows from the two columns.
func (s *sample) columnPoints(r Reader, pos *position) (points []orb.Point, err error) {
	xi, yi := s.index(pos.x), s.index(pos.y)
	n := 0
	for row, err := range r.Rows() {
		if err != nil {
			return nil, err
		}
		if row.Err == nil {
			x, errX := parseCoordinate(row.Values[xi])
			y, errY := parseCoordinate(row.Values[yi])
			if p := (orb.Point{x, y}); errX == nil && errY == nil && finite(p) && x != 0 && y != 0 {
				points = append(points, p)
			}
		}
		if n++; n >= sampleRows {
			break
		}
	}
	return points, nil
}

func (s *sample) index(name string) int {
	for i := range s.cols {
		if s.cols[i].name == name {
			return i
		}
	}
	return -1
}
