package citytest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/gpkg"
	"wanmi/geocode"
	"wanmi/gis"
	"wanmi/gis/geom"
)

// Centre is where the four cells meet, longitude and latitude.
var Centre = orb.Point{116.97, 35.40}

// Codes of the town. Cells stand west before east, north before south.
const (
	Street    = "370883001"
	West      = "370883001001"
	East      = "370883001002"
	NorthWest = West + "001"
	SouthWest = West + "002"
	NorthEast = East + "001"
	SouthEast = East + "002"
	Cover     = "37088301002000001" // sewage manhole cover in NorthWest, 20 m from the crossing
	FarCover  = "37088301002000002" // another in SouthEast, 80 m away
	Lamp      = "37088301037000001" // street lamp LD-0815 in NorthEast, of no department
	Drainage  = "11370883004312345X"
	Lighting  = "113708830043123468"
	Cleaning  = "12370883004312347L"
)

// At returns the point so many metres east and north of the centre.
func At(east, north float64) orb.Point {
	mx, my := geom.MetresPerDegree(Centre[1])
	return orb.Point{Centre[0] + east/mx, Centre[1] + north/my}
}

// Box returns the rectangle between two corners in metres from the centre.
func Box(west, south, east, north float64) orb.Polygon {
	return orb.Polygon{{At(west, south), At(east, south), At(east, north), At(west, north), At(west, south)}}
}

// Line returns the line through points in metres from the centre.
func Line(p ...[2]float64) orb.LineString {
	var l orb.LineString
	for _, q := range p {
		l = append(l, At(q[0], q[1]))
	}
	return l
}

// Feature returns a row of the layer; values are texts.
func Feature(layer string, g orb.Geometry, values map[string]string) gis.Feature {
	f := gis.NewFeature(gis.MustLayer(layer))
	f.Geom = g
	for name, v := range values {
		f.SetText(name, v)
	}
	if f.Layer.Key != "" {
		f.Key = f.Text(f.Layer.Key)
	}
	return f
}

// Cell returns a row of unit_grid of 100 m by 100 m.
func Cell(code string, g orb.Polygon) gis.Feature {
	f := Feature("unit_grid", g, map[string]string{
		"code": code, "community_code": code[:12], "status": "valid", "init_date": "2026-01-01",
	})
	f.Set("area_m2", 10000.0)
	return f
}

// Component returns a row of component.
func Component(code, class, name string, at orb.Point, grid, department string) gis.Feature {
	f := Feature("component", at, map[string]string{
		"code": code, "class": class, "class_name": name, "name": name, "grid_code": grid, "state": "完好",
		"community_code": grid[:12], "street_code": Street, "street_name": "千泉街道", "init_date": "2026-01-01",
	})
	if department != "" {
		f.Set("dept_code", department)
		f.Set("dept_name", "排水管理处")
	}
	return f
}

// Rows are the rows of the town.
func Rows() []gis.Feature {
	lamp := Component(Lamp, "01037", "路灯", At(40, 15), NorthEast, "")
	lamp.Set("label", "LD-0815")
	door := func(n string, east float64) gis.Feature {
		return Feature("door", At(east, 12), map[string]string{"address": "普阳山路" + n + "号", "road": "普阳山路", "number": n, "community_code": West, "community_name": "铁西社区", "street_name": "千泉街道"})
	}
	return []gis.Feature{
		Feature("street", Box(-100, -100, 100, 100), map[string]string{"code": Street, "name": "千泉街道", "county_name": "邹城市"}),
		Feature("community", Box(-100, -100, 0, 100), map[string]string{"code": West, "name": "铁西社区", "street_code": Street, "street_name": "千泉街道"}),
		Feature("community", Box(0, -100, 100, 100), map[string]string{"code": East, "name": "铁东社区", "street_code": Street, "street_name": "千泉街道"}),
		Feature("road", Line([2]float64{-100, 0}, [2]float64{0, 0}, [2]float64{100, 0}), map[string]string{"name": "普阳山路", "class": "arterial"}),
		Feature("road", Line([2]float64{0, -100}, [2]float64{0, 0}, [2]float64{0, 100}), map[string]string{"name": "太平路", "class": "collector"}),
		Feature("building", Box(-60, 20, -40, 40), map[string]string{"class": "residential"}),
		door("1", -80), door("3", -60), door("5", -40), door("7", -20),
		Feature("poi", At(50, -50), map[string]string{"name": "邹城市第一中学", "class": "school", "alias": "邹城一中"}),
		Feature("department", nil, map[string]string{"code": Drainage, "name": "排水管理处", "classes": "01002,01003", "phone": "0537-5211234"}),
		Feature("department", nil, map[string]string{"code": Lighting, "name": "路灯管理所", "classes": "01037", "areas": Street}),
		Feature("department", nil, map[string]string{"code": Cleaning, "name": "环卫所", "classes": "06010,06042"}),
		Cell(NorthWest, Box(-100, 0, 0, 100)), Cell(SouthWest, Box(-100, -100, 0, 0)),
		Cell(NorthEast, Box(0, 0, 100, 100)), Cell(SouthEast, Box(0, -100, 100, 0)),
		Component(Cover, "01002", "污水井盖", At(-15, 13), NorthWest, Drainage),
		Component(FarCover, "01002", "污水井盖", At(60, -53), SouthEast, Drainage),
		lamp,
	}
}

// Geocode is what the geocoder is told in the town.
func Geocode() geocode.Config {
	return geocode.Config{
		Synonyms:   map[string][]string{"井盖": {"01002"}, "污水井盖": {"01002"}, "路灯": {"01037"}},
		ClassNames: map[string]string{"01002": "污水井盖", "01037": "路灯"},
		Admin:      []string{"山东省", "济宁市", "邹城市"},
	}
}

// Store returns a new store that holds the town.
func Store(tb testing.TB) *gpkg.Store {
	tb.Helper()
	s, err := gpkg.Open(context.Background(), filepath.Join(tb.TempDir(), "town.gpkg"), gpkg.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	_, err = s.Write(context.Background(), data.WriteInfo{Actor: "test", Bulk: true}, func(tx data.Tx) error {
		for _, f := range Rows() {
			if _, _, err := tx.Put(&f); err != nil {
				return err
			}
		}
		if err := tx.Reserve("component/370883/01002", 2); err != nil {
			return err
		}
		return tx.Reserve("component/370883/01037", 1)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
