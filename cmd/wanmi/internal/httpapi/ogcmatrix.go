package httpapi

import (
	"math"
	"strconv"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/tiles"
)

// matrixSet is a tile matrix set tiles are served in. Matrix i is as wide as zoom i+shift of web mercator.
type matrixSet struct {
	id, title, uri, crs, scaleSet string
	axes                          [2]string
	first, shift                  int
	geographic                    bool
	latFirst                      bool // the axes of crs are latitude, longitude
}

// The matrix sets, the first of them that of the map page.
//
// WebMercatorQuad and WorldCRS84Quad are those of the OGC's register (17-083r4, annex D). CGCS2000Quad is the set "c" of China's national map as its
// WMTS capabilities state it (t0.tianditu.gov.cn/vec_c/wmts: matrices 1 to 18, EPSG:4490, 2 x 1 tiles of 256 pixels at matrix 1, origin 90 -180),
// with our name, for it has none in a register: matrix, row and column are Tianditu's. Its pyramid is that of WorldCRS84Quad with
// numbers one higher. Tianditu counts scales at 96 dpi; here they are the standard's, at 0.28 mm a pixel.
var matrixSets = []matrixSet{
	{
		id: "WebMercatorQuad", title: "Google Maps Compatible for the World", uri: webMercator, crs: mercatorCRS,
		scaleSet: "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible", axes: [2]string{"X", "Y"},
	},
	{
		id: "WorldCRS84Quad", title: "CRS84 for the World", uri: "http://www.opengis.net/def/tilematrixset/OGC/1.0/WorldCRS84Quad", crs: crs84,
		scaleSet: "http://www.opengis.net/def/wkss/OGC/1.0/GoogleCRS84Quad", axes: [2]string{"Lon", "Lat"}, shift: 1, geographic: true,
	},
	{
		id: "CGCS2000Quad", title: "CGCS2000 经纬度,同天地图 c · CGCS2000 longitude and latitude, as Tianditu c", crs: "http://www.opengis.net/def/crs/EPSG/0/4490",
		axes: [2]string{"Lat", "Lon"}, first: 1, geographic: true, latFirst: true,
	},
}

// last is the deepest matrix.
func (m *matrixSet) last() int { return tiles.MaxZoom - m.shift }

// size is the number of columns and rows of a matrix.
func (m *matrixSet) size(matrix int) (cols, rows int64) {
	cols = 1 << (matrix + m.shift)
	if m.geographic {
		return cols, cols / 2
	}
	return cols, cols
}

// matrixSet returns the matrix set of the path.
func (c *call) matrixSet() (*matrixSet, error) {
	for i := range matrixSets {
		if matrixSets[i].id == c.vars["tms"] {
			return &matrixSets[i], nil
		}
	}
	return nil, gis.E(gis.NotFound, nil, "no matrix set %s; there are WebMercatorQuad, WorldCRS84Quad and CGCS2000Quad", clip(c.vars["tms"]))
}

// addr reads the address of a tile; one outside the matrices is not found.
func (m *matrixSet) addr(matrix, row, col string) (maptile.Tile, error) {
	n, err := strconv.ParseUint(matrix, 10, 8)
	z := int(n) + m.shift
	if err != nil || strconv.Itoa(int(n)) != matrix || int(n) < m.first || z > tiles.MaxZoom {
		return maptile.Tile{}, gis.E(gis.NotFound, nil, "no tile matrix %s in %s; there are %d to %d", clip(matrix), m.id, m.first, m.last())
	}
	cols, rows := m.size(int(n))
	y, erry := strconv.ParseUint(row, 10, 32)
	x, errx := strconv.ParseUint(col, 10, 32)
	if erry != nil || errx != nil || int64(y) >= rows || int64(x) >= cols {
		return maptile.Tile{}, gis.E(gis.NotFound, nil, "no tile in row %s, column %s; tile matrix %d of %s has %d rows and %d columns", clip(row), clip(col), n, m.id, rows, cols)
	}
	return maptile.New(uint32(x), uint32(y), maptile.Zoom(z)), nil
}

// limits are the rows and columns of a matrix whose tiles, with the buffer around them, b touches.
type limits struct {
	Matrix string `json:"tileMatrix"`
	MinRow int64  `json:"minTileRow"`
	MaxRow int64  `json:"maxTileRow"`
	MinCol int64  `json:"minTileCol"`
	MaxCol int64  `json:"maxTileCol"`
}

func (m *matrixSet) limits(matrix int, b orb.Bound) limits {
	z := maptile.Zoom(matrix + m.shift)
	cols, rows := m.size(matrix)
	place := func(p orb.Point) orb.Point {
		if m.geographic {
			side := 360 / math.Exp2(float64(z))
			return orb.Point{(p[0] + 180) / side, (90 - p[1]) / side}
		}
		return maptile.Fraction(p, z)
	}
	nw, se := place(orb.Point{b.Min[0], b.Max[1]}), place(orb.Point{b.Max[0], b.Min[1]})
	in := func(v float64, n int64) int64 { return min(max(int64(math.Floor(v)), 0), n-1) }
	return limits{
		Matrix: strconv.Itoa(matrix),
		MinRow: in(nw[1]-tiles.Buffer, rows), MaxRow: in(se[1]+tiles.Buffer, rows),
		MinCol: in(nw[0]-tiles.Buffer, cols), MaxCol: in(se[0]+tiles.Buffer, cols),
	}
}

func (l limits) has(t maptile.Tile) bool {
	return int64(t.Y) >= l.MinRow && int64(t.Y) <= l.MaxRow && int64(t.X) >= l.MinCol && int64(t.X) <= l.MaxCol
}

// ogcMatrixSets is GET /ogc/tileMatrixSets.
func (a *API) ogcMatrixSets(c *call) (*reply, error) {
	if err := c.format(); err != nil {
		return nil, err
	}
	all := []object{}
	for i := range matrixSets {
		m := &matrixSets[i]
		one := object{
			"id": m.id, "title": m.title, "crs": m.crs,
			"links": []link{{a.ogcBase(c) + "/tileMatrixSets/" + m.id, "self", "application/json", ""}},
		}
		if m.uri != "" {
			one["uri"] = m.uri
		}
		all = append(all, one)
	}
	return jsonReply(object{"tileMatrixSets": all})
}

// ogcMatrixSet is GET /ogc/tileMatrixSets/{tms}, as OGC 17-083r4 writes it, with tiles of 256 nominal pixels.
func (a *API) ogcMatrixSet(c *call) (*reply, error) {
	if err := c.format(); err != nil {
		return nil, err
	}
	m, err := c.matrixSet()
	if err != nil {
		return nil, err
	}
	const half, pixel = 20037508.342789244, 0.00028 // metres: half the equator, a pixel by the standard
	origin, width, metres := [2]float64{-half, half}, 2*half, 1.0
	if m.geographic {
		origin, width, metres = [2]float64{-180, 90}, 360, half/180
	}
	if m.latFirst {
		origin = [2]float64{90, -180}
	}
	matrices := []object{}
	for i := m.first; i <= m.last(); i++ {
		cols, rows := m.size(i)
		cell := width / 256 / float64(cols)
		matrices = append(matrices, object{
			"id": strconv.Itoa(i), "scaleDenominator": cell * metres / pixel, "cellSize": cell, "cornerOfOrigin": "topLeft",
			"pointOfOrigin": origin, "tileWidth": 256, "tileHeight": 256, "matrixWidth": cols, "matrixHeight": rows,
		})
	}
	out := object{"id": m.id, "title": m.title, "crs": m.crs, "orderedAxes": m.axes, "tileMatrices": matrices}
	if m.uri != "" {
		out["uri"], out["wellKnownScaleSet"] = m.uri, m.scaleSet
	}
	return jsonReply(out)
}
