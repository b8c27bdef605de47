package census

import (
	"fmt"
	"strings"
	"testing"

	"wanmi/gis"
)

// complaints imports a table of components and returns the rules that complain of each row.
func complaints(t *testing.T, m *memStore, table string) map[int64][]string {
	t.Helper()
	res, err := Import(t.Context(), m, Options{Layer: "component", Files: []string{temp(t, "部件.csv", []byte(table))}, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64][]string{}
	for _, f := range res.Faults {
		if f.Row > 0 {
			out[f.Row] = append(out[f.Row], f.Rule+" "+f.Field)
		}
	}
	return out
}

// TestOtherHand holds faults that a second hand planted and the checks did not see at first.
func TestOtherHand(t *testing.T) {
	m := zoucheng(t)
	mustImport(t, m, "water", temp(t, "水.geojson", []byte(`{"type":"Feature","properties":{"名称":"白马河"},"geometry":{"type":"Polygon","coordinates":[[[116.965,35.395],[116.966,35.395],[116.966,35.396],[116.965,35.396],[116.965,35.395]]]}}`)))
	mustImport(t, m, "building", temp(t, "楼.geojson", []byte(`{"type":"Feature","properties":{"名称":"商场"},"geometry":{"type":"Polygon","coordinates":[[[116.967,35.395],[116.968,35.395],[116.968,35.396],[116.967,35.396],[116.967,35.395]]]}}`)))
	const head = "标识码,类别,部件名称,所在社区代码,状态,初始日期,主管部门名称,主管部门代码,经度,纬度\n"
	row := func(code, name, community string, lon, lat float64) string {
		return fmt.Sprintf("%s,%s,%s,%s,完好,20240102,城管局,11370883004321233Q,%.7f,%.7f\n", code, code[6:11], name, community, lon+1.3e-6, lat+1.7e-6)
	}
	const here = "370883001001"
	got := complaints(t, m, head+
		row("37088303005000001", "垃圾箱", here, 116.9611, 35.3955)+
		row("37088303005000002", "", here, 116.9613, 35.3955)+ // 3: no name
		row("37088303005000003", "垃圾箱", "370883001", 116.9615, 35.3955)+ // 4: cut off
		row("37088303005000004", "垃圾箱", here+"7", 116.9617, 35.3955)+ // 5: a digit too many
		row("37088303005000005", "垃圾箱", here, 116.9655, 35.3955)+ // 6: in the river
		row("37088304003000006", "独立树", here, 116.9675, 35.3955)+ // 7: in the building
		row("37088303005000007", "垃圾箱", here, 116.9676, 35.3956)+ // in an arcade
		row("37088301069000008", "水域附属设施", here, 116.9655, 35.3956)) // of the water
	want := map[int64][]string{3: {RuleEmpty + " name"}, 4: {RuleCommunity + " community_code"}, 5: {RuleCommunity + " community_code"}, 6: {RuleWater + " geometry"}, 7: {RuleBuilding + " geometry"}}
	for n, rules := range got {
		for i, r := range rules { // of the department and the name nothing is asked here
			if strings.HasPrefix(r, "department.") {
				rules[i] = ""
			}
		}
		got[n] = strings.Fields(strings.Join(rules, " "))
		if len(got[n]) == 0 {
			delete(got, n)
		}
	}
	for n, rules := range want {
		want[n] = strings.Fields(strings.Join(rules, " "))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestLampsOfBothSides: in a row that changes sides a lamp left out shows in the distance along the street only, and one off the
// row in its distance from the line. Row i+2 is the lamp i.
func TestLampsOfBothSides(t *testing.T) {
	lamps := func(bend bool, skip, off int) string {
		var b strings.Builder
		b.WriteString("灯杆号,部件名称,状态,初始日期,经度,纬度\n")
		for i := range 24 {
			x, y := float64(i)*17, float64(i%2)*18
			if bend && i >= 12 {
				x, y = 12*17+float64(i%2)*18, float64(i-12)*17
			}
			if i == off {
				y += 70
			}
			if i != skip {
				fmt.Fprintf(&b, "XYL-%03d,路灯,完好,20240102,%.7f,%.7f\n", i+1, 116.9620013+x/90800, 35.4000017+y/111000)
			}
		}
		return b.String()
	}
	for _, c := range []struct {
		name      string
		bend      bool
		skip, off int
		want      string
	}{
		{"whole", false, -1, -1, "map[]"},
		{"round a corner", true, -1, -1, "map[]"},
		{"one left out", false, 8, -1, "map[9:[lamp.gap label]]"},
		{"one off the row", false, -1, 8, "map[10:[lamp.outlier label]]"},
		{"one left out, round a corner", true, 5, -1, "map[6:[lamp.gap label]]"},
	} {
		if got := fmt.Sprint(complaints(t, zoucheng(t), lamps(c.bend, c.skip, c.off))); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestOneCoordinate: a profile with one coordinate column, and a coordinate column without a name, ended in a crash.
func TestOneCoordinate(t *testing.T) {
	p, err := ParseProfile([]byte("layer: component\nx: 经度\nfields: {name: 名称}\n"))
	if err == nil {
		_, err = Import(t.Context(), newMem(), Options{Layer: "component", Files: []string{temp(t, "a.csv", []byte("名称,经度,纬度\n路灯,116.97,35.4\n"))}, Profile: &p, DryRun: true})
	}
	if gis.KindOf(err) != gis.Invalid || !strings.Contains(err.Error(), "x and y") {
		t.Errorf("a profile without y: %v", err)
	}
	_, rows, _, err := readAll(t, temp(t, "a.json", []byte(`[{"":35.4,"名称":"井盖"},{"":"b"}]`)), ReadOptions{})
	if err != nil || len(rows) != 2 || rows[0][0] != "35.4" {
		t.Errorf("a member without a name: %q, %v", rows, err)
	}
}
