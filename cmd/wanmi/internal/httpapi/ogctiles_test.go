package httpapi_test

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"

	orbmvt "github.com/paulmach/orb/encoding/mvt"

	"wanmi/cmd/wanmi/internal/city/citytest"
)

// tms is what a client needs of a tile matrix set.
type tms struct {
	ID, CRS, URI string
	OrderedAxes  []string
	TileMatrices []tileMatrix
}

type tileMatrix struct {
	ID                        string
	ScaleDenominator          float64
	CellSize                  float64
	PointOfOrigin             [2]float64
	TileWidth, TileHeight     int
	MatrixWidth, MatrixHeight int64
}

type tileset struct {
	Title, DataType, CRS string
	TileMatrixSetURI     string
	Limits               []tileLimits `json:"tileMatrixSetLimits"`
	Layers               []struct{ ID, MinTileMatrix, MaxTileMatrix string }
	Links                []struct {
		Href, Rel, Type string
		Templated       bool
	}
}

type tileLimits struct {
	TileMatrix                                     string
	MinTileRow, MaxTileRow, MinTileCol, MaxTileCol int64
}

func (ts *tileset) link(t testing.TB, rel string) string {
	t.Helper()
	for _, l := range ts.Links {
		if l.Rel == rel {
			return strings.TrimPrefix(l.Href, "http://example.com")
		}
	}
	t.Fatalf("%s: no link %s", ts.Title, rel)
	return ""
}

const tilingScheme = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"

// TestMatrixSets holds the sets against figures of the OGC's register and of Tianditu's capabilities.
func TestMatrixSets(t *testing.T) {
	s := start(t, nil)
	for _, tc := range []struct {
		id, first         string
		n                 int
		scale, cell       float64
		origin            [2]float64
		width, height     int64
		deepest, deepest2 int64 // columns, rows of the last
	}{
		{"WebMercatorQuad", "0", 25, 559082264.028717, 156543.033928041, [2]float64{-20037508.342789244, 20037508.342789244}, 1, 1, 1 << 24, 1 << 24},
		{"WorldCRS84Quad", "0", 24, 279541132.014358, 0.703125, [2]float64{-180, 90}, 2, 1, 16777216, 8388608},
		{"CGCS2000Quad", "1", 24, 279541132.014358, 0.703125, [2]float64{90, -180}, 2, 1, 16777216, 8388608},
	} {
		var m tms
		s.get("/ogc/tileMatrixSets/"+tc.id, &m)
		a, z := m.TileMatrices[0], m.TileMatrices[len(m.TileMatrices)-1]
		if len(m.TileMatrices) != tc.n || a.ID != tc.first || math.Abs(a.ScaleDenominator/tc.scale-1) > 1e-9 || math.Abs(a.CellSize/tc.cell-1) > 1e-9 || a.PointOfOrigin != tc.origin ||
			a.MatrixWidth != tc.width || a.MatrixHeight != tc.height || z.MatrixWidth != tc.deepest || z.MatrixHeight != tc.deepest2 {
			t.Errorf("%s: %d matrices, first %+v, last %+v; want %+v", tc.id, len(m.TileMatrices), a, z, tc)
		}
	}
	s.problem(s.do(http.MethodGet, "/ogc/tileMatrixSets/GoogleMaps", ""), 404, "no matrix set")
}

// TestTilesByMatrixSet finds the tile of a place as a client does, from the documents alone, in each matrix set, of one collection and of several.
func TestTilesByMatrixSet(t *testing.T) {
	s := start(t, nil)
	const mercator = 20037508.342789244
	for _, path := range []string{"/ogc/collections/unit_grid/tiles", "/ogc/tiles", "/ogc/tiles?collections=unit_grid,http%3A%2F%2Fexample.com%2Fogc%2Fcollections%2Fcomponent"} {
		var list struct{ Tilesets []tileset }
		s.get(path, &list)
		if len(list.Tilesets) != 3 {
			t.Fatalf("%s: %d tile sets, want 3", path, len(list.Tilesets))
		}
		for _, one := range list.Tilesets {
			var m tms
			s.get(one.link(t, tilingScheme), &m)
			var ts tileset
			s.get(one.link(t, "self"), &ts)
			if ts.CRS != m.CRS || ts.TileMatrixSetURI != m.URI || ts.DataType != "vector" {
				t.Errorf("%s: crs %s, set %s, type %s; want %s, %s, vector", ts.Title, ts.CRS, ts.TileMatrixSetURI, ts.DataType, m.CRS, m.URI)
			}
			x, y := citytest.Centre[0], citytest.Centre[1]
			switch {
			case m.OrderedAxes[0] == "X":
				x, y = x/180*mercator, math.Log(math.Tan((90+y)*math.Pi/360))/math.Pi*mercator
			case m.OrderedAxes[0] == "Lat":
				for i := range m.TileMatrices {
					o := &m.TileMatrices[i].PointOfOrigin
					o[0], o[1] = o[1], o[0]
				}
			}
			for _, z := range m.TileMatrices {
				var lim *tileLimits
				for i := range ts.Limits {
					if ts.Limits[i].TileMatrix == z.ID {
						lim = &ts.Limits[i]
					}
				}
				side := z.CellSize * float64(z.TileWidth)
				col, row := int64((x-z.PointOfOrigin[0])/side), int64((z.PointOfOrigin[1]-y)/side)
				at := func(row, col int64) string {
					return strings.NewReplacer("{tileMatrix}", z.ID, "{tileRow}", fmt.Sprint(row), "{tileCol}", fmt.Sprint(col)).Replace(ts.link(t, "item"))
				}
				w := s.do(http.MethodGet, at(row, col), "")
				if lim == nil {
					s.problem(w, 404, "outside the zooms")
					continue
				}
				if w.Code == http.StatusNoContent && strings.Contains(w.Header().Get("Wanmi-Tile"), "left-out") {
					continue // all of it is too small to be seen
				}
				if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/vnd.mapbox-vector-tile" {
					t.Errorf("%s: status %d, %s; want a tile", at(row, col), w.Code, w.Header().Get("Content-Type"))
					continue
				}
				if row < lim.MinTileRow || row > lim.MaxTileRow || col < lim.MinTileCol || col > lim.MaxTileCol {
					t.Errorf("%s: outside the limits %+v", at(row, col), *lim)
				}
				ls, err := orbmvt.Unmarshal(w.Body.Bytes())
				if err != nil || len(ls) == 0 {
					t.Fatalf("%s: %v", at(row, col), err)
				}
				if lim.MinTileRow > 0 {
					s.problem(s.do(http.MethodGet, at(lim.MinTileRow-1, col), ""), 404, "north of the limits")
				}
				s.problem(s.do(http.MethodGet, at(z.MatrixHeight, col), ""), 404, "below the matrix")
				if lim.MaxTileCol-lim.MinTileCol > 4 { // an empty tile within the limits
					if w := s.do(http.MethodGet, at(lim.MaxTileRow, lim.MinTileCol), ""); w.Code != 204 && w.Code != 200 {
						t.Errorf("%s: status %d, want 200 or 204", at(lim.MaxTileRow, lim.MinTileCol), w.Code)
					}
				}
			}
		}
	}
	crs84 := s.get("/ogc/collections/unit_grid/tiles/WorldCRS84Quad/14/"+plate(14), nil)
	cgcs := s.get("/ogc/collections/unit_grid/tiles/CGCS2000Quad/15/"+plate(14)+".mvt", nil)
	if !bytes.Equal(crs84.Body.Bytes(), cgcs.Body.Bytes()) || crs84.Header().Get("ETag") != cgcs.Header().Get("ETag") {
		t.Error("matrix 14 of WorldCRS84Quad and 15 of CGCS2000Quad differ")
	}
	for _, bad := range []string{"0/0/0", "25/0/0", "x/0/0", "015/0/0", "15/-1/0", "15/0/99999999999"} {
		s.problem(s.do(http.MethodGet, "/ogc/tiles/CGCS2000Quad/"+bad, ""), 404, "no such tile")
	}
	s.problem(s.do(http.MethodGet, "/ogc/tiles?collections=unit_grid,nothing", ""), 400, "no such collection")
}

// plate is row and column of the centre's tile in a matrix of WorldCRS84Quad.
func plate(matrix int) string {
	side := 180 / math.Exp2(float64(matrix))
	return fmt.Sprintf("%d/%d", int((90-citytest.Centre[1])/side), int((citytest.Centre[0]+180)/side))
}
