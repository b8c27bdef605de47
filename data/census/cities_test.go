package census

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"wanmi/gis"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// The files of other cities: other codes, headings and ways to write a position.

// squares returns a FeatureCollection of squares side by side around 116.96, 35.39, with the given properties.
func squares(props ...string) []byte {
	parts := make([]string, len(props))
	for i, p := range props {
		w := 116.96 + 0.01*float64(i)
		parts[i] = fmt.Sprintf(`{"type":"Feature","properties":{%s},"geometry":{"type":"MultiPolygon","coordinates":[[[[%g,35.39],[%g,35.39],[%g,35.41],[%g,35.41],[%g,35.39]]]]}}`,
			p, w, w+0.01, w+0.01, w, w)
	}
	return []byte(`{"type":"FeatureCollection","features":[` + strings.Join(parts, ",") + `]}`)
}

func TestAreaCodes(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"370883001001", 12, "370883001001"},
		{"63000060025", 12, "630000600025"},
		{"6300700-006", 12, "630070000006"},
		{"6301200042", 12, "630120000042"},
		{"370883001001000", 12, "370883001001"},
		{"3708830010011", 12, ""},
		{"370883001", 12, ""},
		{"A01-003", 12, ""},
		{"63000060", 9, "630000600"},
		{"370883001000", 9, "370883001"},
		{"370883001001", 9, ""},
		{"37088", 9, ""},
		{"", 9, ""},
	} {
		got, ok := areaCodeOf(c.in, c.n)
		if !ok {
			got = ""
		}
		if got != c.want {
			t.Errorf("%q to %d digits: got %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestCommunitiesOfOtherCities(t *testing.T) {
	for _, c := range []struct {
		name        string
		props       []string
		codes, told string
	}{
		{
			"eleven digits",
			[]string{`"VILLCODE":"63000060025","TOWNNAME":"大同區","VILLNAME":"重慶里"`, `"VILLCODE":"63000060026","TOWNNAME":"大同區","VILLNAME":"保安里"`},
			"630000600025 630000600026", "filled up",
		},
		{
			"names only",
			[]string{`"里名":"重慶里","行政區":"大同區"`, `"里名":"保安里","行政區":"萬華區"`},
			"990000001001 990000002001", "gives codes",
		},
		{"letters", []string{`"LIE_CODE":"A01-001","LIE":"東里"`, `"LIE_CODE":"A01-002","LIE":"西里"`}, "990000001001 990000001002", "gives codes"},
		{"no names", []string{`"code":370883001001`, `"code":370883001002`}, "370883001001 370883001002", "serves as the name"},
		{"two parts", []string{`"code":370883001001,"name":"東里"`, `"code":370883001001,"name":"東里"`}, "370883001001", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMem()
			file := temp(t, "villages.geojson", squares(c.props...))
			res := mustImport(t, m, "community", file)
			codes := sortedKeys(m.layers["community"])
			if got := strings.Join(codes, " "); got != c.codes {
				t.Errorf("got codes %s, want %s", got, c.codes)
			}
			if told := strings.Join(res.Files[0].Remarks, "\n"); !strings.Contains(told, c.told) {
				t.Errorf("the remarks do not say %q: %s", c.told, told)
			}
			if again := mustImport(t, m, "community", file); again.Summary.Unchanged != int64(len(codes)) || again.Summary.Added+again.Summary.Changed+again.Summary.Moved != 0 {
				t.Errorf("the same again: %+v", again.Summary)
			}
		})
	}
}

// TestStreetsOfOtherCities: streets by name only, with communities that name their street.
func TestStreetsOfOtherCities(t *testing.T) {
	m := newMem()
	mustImport(t, m, "street", temp(t, "districts.geojson", squares(`"行政區":"大同區"`, `"行政區":"萬華區"`)))
	mustImport(t, m, "community", temp(t, "villages.geojson", squares(`"里名":"重慶里","行政區":"萬華區"`, `"里名":"保安里","行政區":"大同區"`)))
	got := strings.Join(append(sortedKeys(m.layers["street"]), sortedKeys(m.layers["community"])...), " ")
	if want := "990000001 990000002 990000001001 990000002001"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if f := m.layers["community"]["990000002001"]; f.Text("name") != "重慶里" || f.Text("street_code") != "990000002" {
		t.Errorf("got %v", f.Values)
	}
}

func TestPositionsOfOtherCities(t *testing.T) {
	m := zoucheng(t)
	for _, c := range []struct{ name, body string }{
		{"one column", "编号,座標\n1,\"116.965,35.4\"\n"},
		{"latitude first", "编号,坐标\n1,\"(35.4, 116.965)\"\n"},
		{"blank between", "编号,经纬度\n1,116.965 35.4\n"},
		{"wkt under any heading", "编号,位置\n1,POINT(116.965 35.4)\n"},
		{"ewkt", "编号,几何图形\n1,SRID=4326;POINT Z (116.965 35.4 12)\n"},
		{"gps", "编号,GPS_X,GPS_Y\n1,116.965,35.4\n"},
		{"system in the heading", "编号,WGS84經度,WGS84緯度\n1,116.965,35.4\n"},
		{"coordinate words", "编号,經度座標,緯度座標\n1,116.965,35.4\n"},
		{"two languages", "编号,緯度Latitude,經度Longitude\n1,35.4,116.965\n"},
		{"position words", "编号,PositionLat,PositionLon\n1,35.4,116.965\n"},
		{"degrees under metres' words", "编号,TWD97X,TWD97Y\n1,116.965,35.4\n"},
		{"by value", "编号,A,B\n1,116.965,35.4\n2,116.966,35.401\n"},
		{"result.results", `{"result":{"count":1,"results":[{"编号":"1","lng":"116.965","lat":"35.4"}]}}`},
		{"ckan", `{"success":true,"result":{"fields":[{"id":"lng"}],"records":[{"编号":"1","lng":116.965,"lat":35.4},{"编号":"2","lng":116.965,"lat":35.41}]}}`},
		{"nested position", `[{"编号":"1","position":{"PositionLon":116.965,"PositionLat":35.4}}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, err := Import(context.Background(), m, Options{Layer: "component", Files: []string{temp(t, "路燈.csv", []byte(c.body))}, DryRun: true})
			if err != nil || res.Summary.Added == 0 || res.Summary.Rejected != 0 {
				t.Errorf("got %+v %v, want every row taken", res.Summary, err)
			}
		})
	}
}

func TestDoorsOfOtherCities(t *testing.T) {
	for _, c := range []struct{ name, body string }{
		{"parts", "縣市,鄉鎮市區,村里,鄰,街路段,巷,弄,號,橫座標,縱座標\n某市,某區,東里,3鄰,三水街,104巷,,1號,116.965,35.4\n"},
		{"bare numbers", "鄉鎮市區代碼,村里,街、路段,巷,弄,號,X,Y\n63000070,東里,三水街,104,,1,116.965,35.4\n"},
		{"full address", "門牌,經度,緯度\n某市某區東里3鄰三水街104巷1號,116.965,35.4\n"},
		{"unknown heading", "資料,經度,緯度\n某市某區東里3鄰三水街104巷1號,116.965,35.4\n"},
		{"mainland", "区县,社区,街路巷,门牌号,经度,纬度\n某区,东关,三水街104巷,1号,116.965,35.4\n"},
		{"osm", "addr:street,addr:housenumber,lon,lat\n三水街104巷,1,116.965,35.4\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := zoucheng(t)
			var text encoding.Encoding = traditionalchinese.Big5
			if c.name == "mainland" {
				text = simplifiedchinese.GBK
			}
			mustImport(t, m, "door", temp(t, "doors.csv", encode(t, text, c.body)))
			for _, f := range m.layers["door"] {
				if f.Text("road") != "三水街104巷" || f.Text("number") != "1" || f.Text("community_name") != "东关社区" || f.Text("street_name") == "63000070" {
					t.Errorf("got %v", f.Values)
				}
			}
			if len(m.layers["door"]) != 1 {
				t.Errorf("got %d doors", len(m.layers["door"]))
			}
		})
	}
}

func TestUnitGridCodes(t *testing.T) {
	m := zoucheng(t)
	file := temp(t, "cells.geojson", squares(`"id":"a"`, `"id":"b"`))
	_, err := Import(context.Background(), m, Options{Layer: "unit_grid", Files: []string{file}})
	if gis.KindOf(err) != gis.Invalid || !strings.Contains(err.Error(), "code=auto") {
		t.Errorf("without codes: got %v, want the way out", err)
	}
	short := temp(t, "short.geojson", squares(`"code":"123"`))
	if _, err := Import(context.Background(), newMem(), Options{Layer: "unit_grid", Files: []string{short}, Set: map[string]string{"code": "123"}}); gis.KindOf(err) != gis.Rejected {
		t.Errorf("a code of three digits and no communities: got %v, want it rejected", err)
	}
	for i := range 2 {
		res, err := Import(context.Background(), m, Options{Layer: "unit_grid", Files: []string{file}, Set: map[string]string{"code": "auto"}})
		if err != nil {
			t.Fatal(err)
		}
		if want := (Summary{Added: 2}); i == 0 && res.Summary != want {
			t.Errorf("got %+v, want %+v", res.Summary, want)
		}
		if want := (Summary{Unchanged: 2}); i == 1 && res.Summary != want {
			t.Errorf("again: got %+v, want %+v", res.Summary, want)
		}
	}
	for _, key := range []string{"370883001001001", "370883001002001"} {
		if _, ok := m.layers["unit_grid"][key]; !ok {
			t.Errorf("there is no unit grid %s: %v", key, m.layers["unit_grid"])
		}
	}
}

func TestClassFromHeading(t *testing.T) {
	m := zoucheng(t)
	for body, want := range map[string]string{
		"路燈編號,lng,lat\n1,116.965,35.4\n":       "01037",
		"hydrant_no,lng,lat\n1,116.965,35.4\n": "01013",
	} {
		res, err := Import(context.Background(), m, Options{Layer: "component", Files: []string{temp(t, "list.csv", []byte(body))}, DryRun: true})
		if err != nil || !strings.HasPrefix(res.Files[0].Class, want) {
			t.Errorf("%q: got %v %v, want class %s", body, res.Files, err, want)
		}
	}
	_, err := Import(context.Background(), m, Options{Layer: "component", Files: []string{temp(t, "list.csv", []byte("編號,lng,lat\n1,116.965,35.4\n"))}, DryRun: true})
	if gis.KindOf(err) != gis.Invalid || !strings.Contains(err.Error(), "--set class=") {
		t.Errorf("no class to be told: got %v, want the way out", err)
	}
}

// TestUnknownCounty: what an import refuses for want of streets and communities its dry run tells, and still checks the file.
func TestUnknownCounty(t *testing.T) {
	for body, want := range map[string]bool{
		"编号,名称,lng,lat\nA1,路灯,116.965,35.4\n":                   true,
		"编码,名称,lng,lat\n37088301037000001,路灯,116.965,35.4\n":    false,
		"编号,名称,社区代码,lng,lat\nA1,路灯,370883001001,116.965,35.4\n": false,
	} {
		o := Options{Layer: "component", Files: []string{temp(t, "lamps.csv", []byte(body))}, DryRun: true}
		res, err := Import(context.Background(), newMem(), o)
		if err != nil || res.Summary.Added != 1 {
			t.Errorf("%q: got %+v, %v", body, res.Summary, err)
		}
		if told := strings.Contains(strings.Join(res.Files[0].Remarks, "\n"), "the county is not known"); told != want {
			t.Errorf("%q: told %v, want %v: %q", body, told, want, res.Files[0].Remarks)
		}
		o.DryRun = false
		if _, err := Import(context.Background(), newMem(), o); (err != nil) != want {
			t.Errorf("%q: the import: %v", body, err)
		}
	}
}
