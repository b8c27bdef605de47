package census

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// A register as offices draw it up: a merged title, a heading of two rows, departments merged down over their rows.
func TestMergedCells(t *testing.T) {
	f := excelize.NewFile()
	for i, row := range [][]any{
		{"路灯普查登记表"},
		{"日期：2026年8月"},
		{"序号", "灯杆号", "坐标", nil, "主管部门", nil, "权属单位", nil},
		{nil, nil, "经度", "纬度", "名称", "代码", "名称", "代码"},
		{1, "LD-1", 116.97, 35.4, "城管局", "A1", "市政处", "B1"},
		{2, "LD-2", 116.971, 35.4, nil, nil, "市政处"},
		{},
		{3, "LD-3", 116.972, 35.4, nil, nil, nil, "B3"},
		{4, "LD-4", 116.973, 35.4, "公路局", nil, nil, nil},
	} {
		if err := f.SetSheetRow("Sheet1", "A"+itoa(i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range [][2]string{{"A1", "H1"}, {"A2", "H2"}, {"A3", "A4"}, {"B3", "B4"}, {"C3", "D3"}, {"E3", "F3"}, {"G3", "H3"}, {"E5", "E8"}, {"F5", "F8"}, {"E9", "F9"}} {
		if err := f.MergeCell("Sheet1", r[0], r[1]); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "登记表.xlsx")
	if err := f.SaveAs(file); err != nil {
		t.Fatal(err)
	}
	cols, rows, _, err := readAll(t, file, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{strings.Join(cols, "|")}
	for _, r := range rows {
		got = append(got, strings.Join(r, "|"))
	}
	want := []string{
		"序号|灯杆号|经度|纬度|主管部门名称|主管部门代码|权属单位名称|权属单位代码",
		"1|LD-1|116.97|35.4|城管局|A1|市政处|B1", "2|LD-2|116.971|35.4|城管局|A1|市政处|", "3|LD-3|116.972|35.4|城管局|A1||B3", "4|LD-4|116.973|35.4|公路局|||",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The list of merged ranges may lie across the pieces a sheet is read in.
func TestMergedAcrossPieces(t *testing.T) {
	for _, pad := range []int{0, 1<<17 - 30, 1<<17 - 10, 1 << 17, 1<<18 - 300} {
		m := scanMerged(strings.NewReader(strings.Repeat(" ", pad) + `<mergeCells><mergeCell ref="A1:B2"/><x:mergeCell ref="C3:C9"/><mergeCell ref="D4"/></mergeCells>`))
		if len(m) != 2 || len(m[1]) != 1 || len(m[3]) != 1 || m[3][0] != (mergedRange{3, 3, 9}) {
			t.Errorf("after %d bytes: %v", pad, m)
		}
	}
}

func TestArcGIS(t *testing.T) {
	const body = `{"geometryType":"esriGeometryPolygon","features":[{"attributes":{"编号":1,"名称":"甲"},"geometry":{"x":116.97,"y":35.4}},{"attributes":{"编号":2},"geometry":{"rings":[[[0,0],[0,4],[4,4],[4,0],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}},
{"attributes":{"编号":3},"geometry":{"paths":[[[0,0,9],[1,1,9]]]}},{"attributes":{"编号":4},"geometry":null},{"attributes":{"编号":5},"geometry":{"x":"NaN"}},{"attributes":{"编号":6},"geometry":{"curvePaths":[]}}],"spatialReference":{"wkid":102100,"latestWkid":3857}}`
	const want = `:编号|名称
1|甲 POINT(116.97 35.4)
2| POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 2,2 1,1 1))
3| LINESTRING(0 0,1 1)
4|
5|
6| ERR
`
	file := temp(t, "a.json", []byte(body))
	if got := dump(t, file); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	r, err := Open(file, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if c, how := r.CRS(); c == nil || c.EPSG() != 3857 {
		t.Errorf("system %v %s, want EPSG:3857", c, how)
	}
}
