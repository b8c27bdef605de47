package census

import (
	"math"
	"strings"

	"wanmi/data/catalog"

	"github.com/paulmach/orb"
)

// sampleRows is how many rows a guess looks at.
const sampleRows = 3000

// column is what the sample shows of one column.
type column struct {
	name, normal string
	filled       int
	values       []string       // the first 500 that are not empty
	distinct     map[string]int // up to 300 values with their counts; nil when there are more
}

// share returns which part of the values ok holds for.
func (c *column) share(ok func(string) bool) float64 {
	if len(c.values) == 0 {
		return 0
	}
	n := 0
	for _, v := range c.values {
		if ok(v) {
			n++
		}
	}
	return float64(n) / float64(len(c.values))
}

// sample is the beginning of a table.
type sample struct {
	rows   int
	cols   []column
	points []orb.Point // one of each geometry, as delivered
	dims   [3]int      // geometries by dimension
}

func takeSample(r Reader) (*sample, error) {
	s := &sample{cols: make([]column, len(r.Columns()))}
	for i, name := range r.Columns() {
		s.cols[i] = column{name: name, normal: normalHeading(name), distinct: map[string]int{}}
	}
	for row, err := range r.Rows() {
		if err != nil {
			return nil, err
		}
		s.rows++
		for i, v := range row.Values {
			s.cols[i].add(v)
		}
		if row.Geom != nil {
			if p, ok := firstPoint(row.Geom); ok && finite(p) && p != (orb.Point{}) {
				s.points = append(s.points, p)
			}
			s.dims[row.Geom.Dimensions()]++
		}
		if s.rows >= sampleRows {
			break
		}
	}
	return s, nil
}

func (c *column) add(v string) {
	if v == "" {
		return
	}
	c.filled++
	if len(c.values) < 500 {
		c.values = append(c.values, v)
	}
	if c.distinct != nil {
		if c.distinct[v]++; len(c.distinct) > 300 {
			c.distinct = nil
		}
	}
}

// find returns the column whose heading stands first in the list.
func (s *sample) find(list string) *column {
	var best *column
	bestRank := math.MaxInt
	for i := range s.cols {
		if r := headingRank(list, s.cols[i].normal); r >= 0 && r < bestRank && s.cols[i].filled > 0 {
			best, bestRank = &s.cols[i], r
		}
	}
	return best
}

func (s *sample) byName(name string) *column {
	for i := range s.cols {
		if s.cols[i].name == name {
			return &s.cols[i]
		}
	}
	return nil
}

// firstPoint returns the first vertex of a geometry.
func firstPoint(g orb.Geometry) (orb.Point, bool) {
	switch g := g.(type) {
	case orb.Point:
		return g, true
	case orb.MultiPoint:
		if len(g) > 0 {
			return g[0], true
		}
	case orb.LineString:
		if len(g) > 0 {
			return g[0], true
		}
	case orb.Ring:
		if len(g) > 0 {
			return g[0], true
		}
	case orb.MultiLineString:
		if len(g) > 0 {
			return firstPoint(g[0])
		}
	case orb.Polygon:
		if len(g) > 0 {
			return firstPoint(g[0])
		}
	case orb.MultiPolygon:
		if len(g) > 0 {
			return firstPoint(g[0])
		}
	}
	return orb.Point{}, false
}

func finite(p orb.Point) bool {
	return !math.IsNaN(p[0]) && !math.IsInf(p[0], 0) && !math.IsNaN(p[1]) && !math.IsInf(p[1], 0)
}

// componentCode splits a component code: 17 digits 6+2+3+6 or 16 digits 6+2+2+6. class is checked against the tables.
func componentCode(s string, classes ClassGuesser) (county, class, edition string, ok bool) {
	if !digits(s) {
		return "", "", "", false
	}
	switch len(s) {
	case 17:
		county, class, edition = s[:6], s[6:11], catalog.GB47678
	case 16:
		county, class, edition = s[:6], s[6:10], catalog.CJT214
	default:
		return "", "", "", false
	}
	_, ok = classes.Lookup(edition, class)
	return county, class, edition, ok
}

// codeShaped reports whether s has the form of a component code, whatever its class.
func codeShaped(s string) bool {
	s = codeText(s)
	return (len(s) == 17 || len(s) == 16) && digits(s) && s[0] != '0'
}

func gridShaped(s string) bool {
	s = codeText(s)
	return len(s) == 15 && digits(s[:6]) && s[8] != 'T' && strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func sized(n int) func(string) bool {
	return func(s string) bool { s = codeText(s); return len(s) == n && digits(s) }
}

func creditShaped(s string) bool {
	s = codeText(s)
	return len(s) == 18 && strings.Trim(s, "0123456789ABCDEFGHJKLMNPQRTUWXY") == ""
}
