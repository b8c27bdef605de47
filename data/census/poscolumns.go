package census

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"wanmi/gis/crs"

	"github.com/paulmach/orb"
)

// textColumn finds a column of geometry written as text: by its heading, else by its values. hint is the system the texts name.
func (s *sample) textColumn(pos *position) (points []orb.Point, hint string) {
	w := s.find(wktWords)
	if w == nil || w.share(geometryShaped) <= 0.8 {
		w = nil
		for i := range s.cols {
			if w == nil && s.cols[i].share(geometryShaped) > 0.8 {
				w = &s.cols[i]
			}
		}
	}
	if w == nil {
		return nil, ""
	}
	pos.wkt = w.name
	for _, v := range w.values {
		g, srid, err := parseGeometryText(v)
		if err != nil || g == nil {
			continue
		}
		if srid > 0 && hint == "" {
			hint = fmt.Sprintf("EPSG:%d", srid)
		}
		if p, ok := firstPoint(g); ok {
			points = append(points, p)
		}
	}
	if hint != "" {
		if _, err := crs.ByName(hint); err != nil {
			pos.remarks = append(pos.remarks, hint+" is not known: the system is found from the values / 该坐标系未知，按数值推定")
			hint = ""
		}
	}
	return points, hint
}

// pairColumn finds a column that holds both coordinates, as 121.5,25.03 or (25.03, 121.5) or 东经117°00′12″，北纬35°24′05″.
func (s *sample) pairColumn(pos *position) (points []orb.Point, hint string) {
	for i := range s.cols {
		c := &s.cols[i]
		if c.share(func(v string) bool { _, ok := parsePair(v); return ok }) <= 0.8 {
			continue
		}
		pos.wkt = c.name
		for _, v := range c.values {
			if p, ok := parsePair(v); ok {
				points = append(points, p)
			}
		}
		return points, offsetHint(c)
	}
	return nil, ""
}

// offsetHint is the offset system that a heading names, "" for none: web maps of the mainland shift what they show.
func offsetHint(c *column) string {
	for _, w := range []struct{ word, crs string }{
		{"百度", "bd09"},
		{"baidu", "bd09"},
		{"bd09", "bd09"},
		{"bdlng", "bd09"},
		{"bdlon", "bd09"},
		{"bdlat", "bd09"},
		{"lngbd", "bd09"},
		{"lonbd", "bd09"},
		{"gcj", "gcj02"},
		{"火星", "gcj02"},
		{"高德", "gcj02"},
		{"amap", "gcj02"},
		{"腾讯", "gcj02"},
		{"騰訊", "gcj02"},
		{"国测局", "gcj02"},
	} {
		if strings.Contains(c.normal, w.word) {
			return w.crs
		}
	}
	return ""
}

// axisNoise is what headings of coordinates carry beside the axis.
var axisNoise = strings.NewReplacer("wgs84", "", "wgs", "", "twd97", "", "twd", "", "cgcs2000", "", "epsg4326", "", "epsg3826", "", "tm2", "", "tm", "", "97", "", "84", "", "gps", "", "positions", "",
	"position", "", "point", "", "coordinates", "", "coordinate", "", "coord", "", "location", "", "geo", "", "坐标", "", "座标", "", "点位", "", "中心点", "", "地点", "", "位置", "", "设备", "", "设施", "", "百度", "", "高德", "", "腾讯", "", "火星", "", "baidu", "", "amap", "", "gcj02", "", "gcj", "", "bd09", "", "值", "", "轴", "", "軸", "")

var axisWords = [][2]string{{"lng lon long longitude 经度 经 东经", "lat latitude 纬度 纬 北纬"}, {"x 横 e easting 东", "y 纵 n northing 北"}}

func axisHeading(normal string) bool {
	rest := axisNoise.Replace(normal)
	for _, pair := range axisWords {
		if headingRank(pair[0], rest) >= 0 || headingRank(pair[1], rest) >= 0 {
			return true
		}
	}
	return false
}

// axes finds two numeric columns by the axis that is left of their heading without systems and other words.
func (s *sample) axes(numeric func(*column) bool) (x, y *column) {
	for _, pair := range axisWords {
		find := func(list string) *column {
			for i := range s.cols {
				if rest := axisNoise.Replace(s.cols[i].normal); rest != "" && headingRank(list, rest) >= 0 && numeric(&s.cols[i]) {
					return &s.cols[i]
				}
			}
			return nil
		}
		if x, y = find(pair[0]), find(pair[1]); x != nil && y != nil {
			return x, y
		}
	}
	holding := func(words ...string) *column { // 緯度Latitude, 站點經度
		for i := range s.cols {
			if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s.cols[i].normal, w) }) && numeric(&s.cols[i]) {
				return &s.cols[i]
			}
		}
		return nil
	}
	if x, y = holding("经度", "longitude"), holding("纬度", "latitude"); x != nil && y != nil && x != y {
		return x, y
	}
	return nil, nil
}

// columnsByValue takes the only two columns whose numbers lie in the city as degrees, whatever their headings.
func (s *sample) columnsByValue(pos *position, c city) {
	if !c.known {
		return
	}
	my := 5000.0 / 111000
	within := func(k int) []*column {
		var out []*column
		for i := range s.cols {
			col := &s.cols[i]
			ok := func(v string) bool {
				f, err := parseCoordinate(v)
				return err == nil && f >= c.bound.Min[k]-my && f <= c.bound.Max[k]+my && f != math.Trunc(f)
			}
			if len(col.values) > 0 && col.share(ok) > 0.9 {
				out = append(out, col)
			}
		}
		return out
	}
	if x, y := within(0), within(1); len(x) == 1 && len(y) == 1 && x[0] != y[0] {
		pos.x, pos.y = x[0].name, y[0].name
		pos.remarks = append(pos.remarks, fmt.Sprintf("columns %q and %q taken as longitude and latitude by their values / 按数值识别为经纬度", pos.x, pos.y))
	}
}
