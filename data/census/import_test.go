package census

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/gis"
	"wanmi/gis/crs"

	"github.com/paulmach/orb"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// zoucheng returns a store with one street and two communities around 116.97, 35.40.
func zoucheng(t testing.TB) *memStore {
	t.Helper()
	m := newMem()
	const poly = `{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[%g,35.39],[%g,35.39],[%g,35.41],[%g,35.41],[%g,35.39]]]}}`
	area := func(props string, w, e float64) string { return fmt.Sprintf(poly, props, w, e, e, w, w) }
	fc := func(parts ...string) []byte {
		return []byte(`{"type":"FeatureCollection","features":[` + strings.Join(parts, ",") + `]}`)
	}
	mustImport(t, m, "street", temp(t, "streets.geojson", fc(area(`"街道代码":"370883001","街道名称":"钢山街道"`, 116.96, 116.98))))
	mustImport(t, m, "community", temp(t, "communities.geojson", fc(
		area(`"社区代码":"370883001001","社区名称":"东关社区"`, 116.96, 116.97), area(`"社区代码":"370883001002","社区名称":"西关社区"`, 116.97, 116.98))))
	return m
}

func TestDelivery(t *testing.T) {
	m := zoucheng(t)
	const head = "部件标识码,部件名称,编号,主管部门名称,状态,初始日期,经度,纬度\n"
	file := func(name, rows string) string {
		return temp(t, name, encode(t, simplifiedchinese.GBK, head+rows))
	}
	first := mustImport(t, m, "component", file("路灯_20260801.csv", strings.Join([]string{
		"37088301037000007,路灯,L1,路灯所,完好,20260801,116.9651,35.4001",
		",路灯,L2,路灯所,正常,2026-08-01,116.9652,35.4002",
		",路灯,L3,路灯所,完好,2026/8/1,116.9753,35.4003",
		",路灯,L4,路灯所,完好,20260801,116.9754,35.4004",
		",路灯,L5,路灯所,完好,20260801,0,0",               // 0/0
		",路灯,L6,路灯所,完好,20260801,117.9,35.4",        // 80 km off
		"37088301037000007,路灯,L7,,,,116.9657,35.4", // code twice
		"3708830103700000,路灯,L8,,,,116.96,35.4,",   // 16 digits: old edition, fine
		"370883010370,路灯,L9,,,,116.96,35.4",        // malformed
		"11010101037000001,路灯,L10,,,,116.96,35.4",  // another county
		",路灯,L12,,完好,,abc,35.4",                    // no number
		",路灯,L13,,完好,,NaN,35.4",                    // not finite
		",路灯,L14,,完好,,116.9651,",                   // missing
	}, "\n")))
	want := map[string]int{RuleZero: 1, RuleFar: 1, RuleDouble: 1, RuleCode: 1, RuleCounty: 1, RuleNumber: 1, RuleFinite: 1, RuleGeomNone: 1}
	got := map[string]int{}
	for _, x := range first.Rejected {
		got[x.Rule]++
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || first.Summary.Added != 5 {
		t.Fatalf("got %+v %v, want 5 added and %v", first.Summary, got, want)
	}
	l2 := find(m, "L2")
	if l2.Key != "37088301037000008" || l2.Text("state") != "完好" || l2.Text("community_name") != "东关社区" || l2.Text("street_name") != "钢山街道" || l2.Text("init_date") != "2026-08-01" {
		t.Errorf("L2 is %s %v", l2.Key, l2.Values)
	}
	if f := find(m, "L3"); f.Text("community_code") != "370883001002" {
		t.Errorf("L3 lies in %s", f.Text("community_code"))
	}

	next := file("路灯_20260901.csv", strings.Join([]string{
		"37088301037000007,路灯,L1,路灯所,完好,20260801,116.9651,35.4001", // unchanged
		",路灯,L2,路灯所,破损,2026-08-01,116.9652,35.4002",                // changed
		",路灯,L3,路灯所,完好,2026-08-01,116.9754,35.4003",                // moved 9 m
		",路灯,N4,路灯所,完好,20260801,116.975401,35.4004",                // new number, 9 cm: the same thing
		",路灯,L20,路灯所,完好,20260801,116.9760,35.4005",                 // added
	}, "\n"))
	dry, err := Import(context.Background(), m, Options{Layer: "component", Files: []string{next}, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	gen := m.gen
	sum := Summary{Added: 1, Moved: 2, Changed: 1, Removed: 1, Unchanged: 1}
	if dry.Summary != sum || m.gen != gen {
		t.Errorf("dry run %+v, want %+v", dry.Summary, sum)
	}
	partial, err := Import(context.Background(), m, Options{Layer: "component", Files: []string{next}, DryRun: true, Partial: true})
	if err != nil || partial.Summary.Removed != 0 {
		t.Errorf("partial: %+v %v", partial.Summary, err)
	}
	if res := mustImport(t, m, "component", next); res.Summary != sum {
		t.Errorf("import %+v, the dry run said %+v", res.Summary, sum)
	}
	if f := find(m, "L20"); f.Key != "37088301037000011" {
		t.Errorf("a number came back: %s", f.Key)
	}
	if f := find(m, "N4"); f.Key != "37088301037000010" {
		t.Errorf("N4 is %s", f.Key)
	}
	for _, format := range []string{"html", "json", "xlsx"} {
		var b bytes.Buffer
		if err := first.WriteReport(&b, format); err != nil || b.Len() < 1000 {
			t.Errorf("report %s: %d bytes, %v", format, b.Len(), err)
		}
		switch format {
		case "html":
			if s := b.String(); !strings.Contains(s, RuleZero) || !strings.Contains(s, `<canvas id="map"`) || strings.Contains(s, "http://") || strings.Contains(s, "https://") {
				t.Errorf("the HTML report lacks the rule or the map, or refers outside")
			}
		case "json":
			if !json.Valid(b.Bytes()) {
				t.Error("the JSON report is none")
			}
		case "xlsx":
			f, err := excelize.OpenReader(&b)
			if err != nil {
				t.Fatal(err)
			}
			if rows, err := f.GetRows("拒收行 rejected"); err != nil || len(rows) != 9 {
				t.Errorf("the XLSX report has %d rejected rows, %v", len(rows), err)
			}
			if rows, err := f.GetRows("问题 faults"); err != nil || len(rows) != len(first.Faults)+1 || len(rows) < 9 {
				t.Errorf("the XLSX report has %d rows of faults, want %d: %v", len(rows), len(first.Faults)+1, err)
			}
		}
	}
}

func find(m *memStore, id string) gis.Feature {
	for _, f := range m.layers["component"] {
		if f.Text("delivered_id") == id {
			return f
		}
	}
	return gis.NewFeature(gis.MustLayer("component"))
}

// TestAxes takes the same three manholes in every way survey files write coordinates.
func TestAxes(t *testing.T) {
	gk, err := crs.ByName("EPSG:4548")
	if err != nil {
		t.Fatal(err)
	}
	zone, _ := crs.ByName("EPSG:4527")
	type xy struct{ x, y float64 }
	var lonlat, proj, zoned []xy
	for i := range 3 {
		lon, lat := 116.9651+float64(i)*0.001, 35.4001
		lonlat = append(lonlat, xy{lon, lat})
		x, y := gk.FromLonLat(lon, lat)
		proj = append(proj, xy{x, y})
		x, y = zone.FromLonLat(lon, lat)
		zoned = append(zoned, xy{x, y})
	}
	for _, c := range []struct {
		name, head string
		pts        []xy
		swap       bool
		says       string
	}{
		{"degrees", "编号,经度,纬度", lonlat, false, ""},
		{"degrees exchanged", "编号,经度,纬度", lonlat, true, "exchanged"},
		{"degrees as X, Y", "编号,X,Y", lonlat, false, ""},
		{"easting, northing", "编号,X坐标,Y坐标", proj, false, "city's 3-degree"},
		{"X is northing", "编号,X坐标,Y坐标", proj, true, "northing"},
		{"zone in the easting", "编号,X坐标,Y坐标", zoned, true, "northing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := zoucheng(t)
			s := c.head + "\n"
			for i, p := range c.pts {
				if c.swap {
					p.x, p.y = p.y, p.x
				}
				s += fmt.Sprintf("J%d,%.9f,%.9f\n", i, p.x, p.y)
			}
			res := mustImport(t, m, "component", temp(t, "雨水井盖.csv", []byte(s)))
			if res.Summary.Added != 3 || !strings.Contains(strings.Join(res.Files[0].Remarks, "\n"), c.says) {
				t.Fatalf("%+v %q", res.Summary, res.Files[0].Remarks)
			}
			for i, p := range lonlat {
				f := find(m, fmt.Sprintf("J%d", i))
				at, ok := firstPoint(f.Geom)
				if !ok || metres(at, [2]float64{p.x, p.y}) > 0.01 {
					t.Errorf("J%d lies at %v, want %v", i, at, p)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	m := zoucheng(t)
	gen := m.gen
	for _, c := range []struct {
		name, layer, body string
		opt               Options
		kind              gis.Kind
		says              string
	}{
		{"unknown class", "component", "编号,经度,纬度\n1,116.965,35.4\n", Options{}, gis.Invalid, "class"},
		{"no position", "component", "编号,类别\n1,路灯\n", Options{}, gis.Invalid, "position"},
		{"all bad", "component", "编号,类别,经度,纬度\n1,路灯,0,0\n2,路灯,0,0\n", Options{}, gis.Rejected, "no row"},
		{"wrong system", "component", "编号,类别,经度,纬度\n1,路灯,121.5,25.03\n", Options{CRS: "EPSG:4490"}, gis.Rejected, "5 km"},
		{"strict", "component", "编号,类别,经度,纬度\n1,路灯,0,0\n2,路灯,116.965,35.4\n", Options{Strict: true}, gis.Rejected, "strict"},
		{"no layer", "lamp", "a\n1\n", Options{}, gis.Invalid, "no layer"},
		{"no crs", "component", "编号,类别,经度,纬度\n1,路灯,116.965,35.4\n", Options{CRS: "EPSG:1"}, gis.Invalid, ""},
		{"missing column", "community", "人口,经度,纬度\n1200,116.965,35.4\n", Options{}, gis.Invalid, "name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := c.opt
			o.Layer, o.Files = c.layer, []string{temp(t, "t.csv", []byte(c.body))}
			_, err := Import(context.Background(), m, o)
			if err == nil || gis.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v (kind %d), want kind %d with %q", err, gis.KindOf(err), c.kind, c.says)
			}
		})
	}
	if m.gen != gen || len(m.layers["component"]) != 0 {
		t.Error("something was written")
	}
}

// TestUnknownClassRow keeps the good rows of a register of many classes and names the bad one.
func TestUnknownClassRow(t *testing.T) {
	m := zoucheng(t)
	body := "小类代码,经度,纬度\n"
	for i := range 12 {
		body += fmt.Sprintf("%s,116.96%02d,35.4\n", []string{"01037", "03005", "02012"}[i%3], i+10)
	}
	body += "09999,116.9651,35.4\n"
	res := mustImport(t, m, "component", temp(t, "普查.csv", []byte(body)))
	if res.Summary.Added != 12 || len(res.Rejected) != 1 || res.Rejected[0].Rule != RuleClass || res.Rejected[0].Row != 14 || res.Rejected[0].Value != "09999" {
		t.Errorf("%+v %+v", res.Summary, res.Rejected)
	}
}

// TestBadValue keeps a row whose number is none and says so; one with a date that is none is refused.
func TestBadValue(t *testing.T) {
	m := zoucheng(t)
	body := "编号,层数,建成日期,名称,geometry\n"
	for i := range 4 {
		body += fmt.Sprintf("%d,%s,x,楼,\"POLYGON((116.965 35.4,116.966 35.4,116.966 35.401,116.965 35.40%d,116.965 35.4))\"\n", i, []string{"6", "12层", "多", "3.0"}[i], i+1)
	}
	res := mustImport(t, m, "building", temp(t, "建筑.csv", []byte(body)))
	if res.Summary.Added != 4 || len(res.Findings) != 1 || res.Findings[0].Rule != RuleType || !strings.Contains(res.Findings[0].Text, "多") {
		t.Errorf("%+v %+v", res.Summary, res.Findings)
	}
	body = "编号,初始日期,经度,纬度\n1,三月五日,116.9651,35.4\n"
	for i := range 3 {
		body += fmt.Sprintf("%d,2026-08-0%d,116.965,35.40%d\n", i+2, i+1, i)
	}
	res = mustImport(t, m, "component", temp(t, "路灯.csv", []byte(body)))
	if res.Summary.Added != 3 || len(res.Rejected) != 1 || res.Rejected[0].Rule != RuleDate || res.Rejected[0].Value != "三月五日" {
		t.Errorf("%+v %+v", res.Summary, res.Rejected)
	}
}

// TestProfile gives a guessed profile back, edited.
func TestProfile(t *testing.T) {
	m := zoucheng(t)
	file := temp(t, "x.csv", []byte("甲,乙,丙\n1,116.965,35.4\n"))
	p, err := ParseProfile([]byte("layer: component\ncrs: EPSG:4490\nx: 乙\ny: 丙\nfields:\n  delivered_id: 甲\n  note: '={}'\nclass:\n  code: \"01037\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := Import(context.Background(), m, Options{Layer: "component", Files: []string{file}, Profile: &p, Set: map[string]string{"dept_name": "路灯所"}})
	if err != nil {
		t.Fatal(err)
	}
	if f := find(m, "1"); f.Text("class") != "01037" || f.Text("dept_name") != "路灯所" {
		t.Errorf("%v %+v", f.Values, res.Summary)
	}
	for _, bad := range []string{"layer: lamp", "layer: component\nfields:\n  nose: a", "layer: component\nx: a", ": :", "layer: [", "colour: red"} {
		if _, err := ParseProfile([]byte(bad)); gis.KindOf(err) != gis.Invalid {
			t.Errorf("profile %q: %v", bad, err)
		}
	}
	back, err := ParseProfile([]byte(res.Profiles[0].Profile.YAML()))
	if err != nil || back.X != "乙" {
		t.Errorf("a written profile reads back as %+v, %v", back, err)
	}
}

func TestDoors(t *testing.T) {
	for _, c := range []struct{ in, number, building string }{
		{"2號二樓", "2", ""},
		{"12之3號", "12-3", ""},
		{"12號之3", "12-3", ""},
		{"１２－１号", "12-1", ""},
		{"12甲号", "12甲", ""},
		{"12号附3号", "12附3", ""},
		{"12号院3号楼2单元", "12", "3号楼2单元"},
		{"3号楼", "", "3号楼"},
		{"九號四樓之9", "9", ""},
		{"八十六號", "86", ""},
		{"15", "15", ""},
	} {
		if got := parseDoorNumber(c.in); got.number != c.number || got.building != c.building {
			t.Errorf("%s: got %+v, want %s %s", c.in, got, c.number, c.building)
		}
	}
	m := zoucheng(t)
	mustImport(t, m, "door", temp(t, "门牌.csv", []byte("道路名称,门牌号,社区,经度,纬度\n太平路,12号,东关社区,116.965,35.4\n太平路,12号2楼,东关社区,116.965,35.4\n太平路,12-1号,东关社区,116.966,35.4\n")))
	if len(m.layers["door"]) != 2 {
		t.Fatalf("%d doors", len(m.layers["door"]))
	}
	for _, f := range m.layers["door"] {
		if f.Text("number") == "12" && (f.Int("count") != 2 || f.Text("address") != "太平路12号" || f.Text("road") != "太平路" || f.Text("community_code") != "370883001001") {
			t.Errorf("%v", f.Values)
		}
	}
}

func TestSourceName(t *testing.T) {
	for in, want := range map[string]string{
		"a/street_trees_20260802.csv": "street_trees", "b/street_trees_20260823.csv": "street_trees", "路灯2026年8月.xlsx": "路灯", "pedestrian-bins.json": "pedestrian-bins",
		"addresses.csv.gz": "addresses", "普查20260801.zip!市政/路灯.shp": "普查!市政/路灯", "路灯_2026-08-01.csv": "路灯", "20260801.csv": "20260801", "x.zip!a.shp": "x!a",
	} {
		if got := SourceName(in); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}

// TestAtomic aborts an import whose second file is broken: nothing of the first stays.
func TestAtomic(t *testing.T) {
	m := zoucheng(t)
	gen := m.gen
	dir := t.TempDir()
	a, b := filepath.Join(dir, "路灯.csv"), filepath.Join(dir, "井盖.geojson")
	_ = os.WriteFile(a, []byte("编号,经度,纬度\n1,116.965,35.4\n"), 0o600)
	_ = os.WriteFile(b, []byte(`{"type":"FeatureCollection","features":[{"type":"Feature"`), 0o600)
	if _, err := Import(context.Background(), m, Options{Layer: "component", Files: []string{a, b}}); gis.KindOf(err) != gis.Rejected {
		t.Errorf("got %v", err)
	}
	if m.gen != gen {
		t.Error("the first file was written")
	}
}

// TestPrj imports shapefiles whose .prj is right, impossible and wrong.
func TestPrj(t *testing.T) {
	gk, err := crs.ByName("EPSG:4548")
	if err != nil {
		t.Fatal(err)
	}
	var pts []orb.Point
	for i := range 3 {
		x, y := gk.FromLonLat(116.9651+float64(i)*0.001, 35.4001)
		pts = append(pts, orb.Point{x, y})
	}
	s, d := shapefile(pts, []string{"路灯", "路灯", "路灯"}, simplifiedchinese.GBK, t)
	const degrees = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]`
	for _, c := range []struct {
		name, prj string
		kind      gis.Kind
		says      string
	}{
		{"right", prj4548, 0, ""},
		{"none", "", 0, "found from the values"},
		{"degrees for metres", degrees, 0, "which they cannot be"},
		{"another zone", strings.ReplaceAll(prj4548, "117", "120"), gis.Rejected, "is the system stated wrongly"},
		{"old datum", strings.ReplaceAll(strings.ReplaceAll(prj4548, "D_China_2000", "D_Xian_1980"), "CGCS2000_3", "Xian_1980_3"), gis.Invalid, "seven parameters"},
		{"nonsense", "hello", 0, "not understood"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := zoucheng(t)
			parts := map[string][]byte{"lamp.shp": s, "lamp.dbf": d}
			if c.prj != "" {
				parts["lamp.prj"] = []byte(c.prj)
			}
			res, err := Import(context.Background(), m, Options{Layer: "component", Files: []string{temp(t, "路灯.zip", zipped(t, parts))}})
			if c.kind != 0 {
				if gis.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if res.Summary.Added != 3 || !strings.Contains(strings.Join(res.Files[0].Remarks, "\n"), c.says) {
				t.Errorf("%+v %q", res.Summary, res.Files[0].Remarks)
			}
		})
	}
}

// TestOSMImport splits one OSM file into layers, in one batch; again, nothing changes.
func TestOSMImport(t *testing.T) {
	m := newMem()
	file := shared(t, "nanjing/nanjing_xinjiekou.osm.pbf")
	res := mustImport(t, m, "osm", file)
	if len(m.layers["road"]) < 380 || len(m.layers["building"]) < 1200 || len(m.layers["land"]) < 100 || len(m.layers["poi"]) < 300 || len(m.layers["door"]) < 30 {
		t.Errorf("%+v", res.Summary)
	}
	if len(m.batches) != 1 {
		t.Errorf("%d batches", len(m.batches))
	}
	if again := mustImport(t, m, "osm", file); again.Summary.Unchanged != res.Summary.Added || again.Summary.Removed != 0 {
		t.Errorf("again: %+v, first %+v", again.Summary, res.Summary)
	}
	for _, f := range m.layers["road"] {
		if strings.Contains(f.Text("name"), "中山路") && f.Text("class") != "arterial" && f.Text("class") != "path" && f.Text("class") != "service" {
			t.Logf("%s is %s", f.Text("name"), f.Text("class"))
		}
	}
}
