package accept

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"wanmi/gis"

	"github.com/xuri/excelize/v2"
)

// The sheets of the workbook, and the columns a team fills in.
const (
	sheetAbout = "说明 about"
	sheetWork  = "检查 worksheet"
	sheetLost  = "漏测 omissions"
	sheetAll   = "总体 population"
)

var (
	workHead = []string{
		"序号 no", "图幅 sheet", "编码 code", "类别 class", "类别名称 class name", "精度 accuracy", "名称 name", "主管部门 department", "状态 state", "位置 address",
		"X(北) northing", "Y(东) easting", "经度 longitude", "纬度 latitude",
		"存在 there", "类别正确 class right", "属性正确 attributes right", "实测X measured X", "实测Y measured Y", "备注 remark",
	}
	lostHead = []string{"图幅 sheet", "类别 class", "实测X measured X", "实测Y measured Y", "备注 remark"}
	allHead  = []string{"图幅 sheet", "类别 class", "类别名称 class name", "总数 total", "抽样 drawn"}
)

// the first column a team fills in.
const fillFrom = 14

// WriteXLSX writes the worksheets: what was drawn, with columns to fill in, and a sheet for what the census lacks.
func (s Sample) WriteXLSX(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := s.fill(f); err != nil {
		return fmt.Errorf("accept: writing the worksheets: %w", err)
	}
	return f.Write(w)
}

func (s Sample) fill(f *excelize.File) error {
	head, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Color: []string{"#E8EDF3"}, Pattern: 1}})
	if err != nil {
		return err
	}
	blank, err := f.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Color: []string{"#FFF6DA"}, Pattern: 1}})
	if err != nil {
		return err
	}
	row := func(sheet string, n int, cells []any) error {
		at, err := excelize.CoordinatesToCellName(1, n)
		if err != nil {
			return err
		}
		return f.SetSheetRow(sheet, at, &cells)
	}
	table := func(name string, heading []string, rows [][]any) error {
		if _, err := f.NewSheet(name); err != nil {
			return err
		}
		cells := make([]any, len(heading))
		for i, h := range heading {
			cells[i] = h
		}
		for i, r := range append([][]any{cells}, rows...) {
			if err := row(name, i+1, r); err != nil {
				return err
			}
		}
		last, _ := excelize.ColumnNumberToName(len(heading))
		if err := f.SetColWidth(name, "A", last, 15); err != nil {
			return err
		}
		if err := f.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
			return err
		}
		return f.SetCellStyle(name, "A1", last+"1", head)
	}
	var work, all [][]any
	for _, x := range s.Items {
		work = append(work, []any{x.No, x.Sheet, x.Code, x.Class, x.ClassName, x.Accuracy, x.Name, x.Dept, x.State, x.Address, x.X, x.Y, x.Lon, x.Lat})
	}
	for _, t := range s.Strata {
		all = append(all, []any{t.Sheet, t.Class, t.ClassName, t.Total, t.Drawn})
	}
	if err := table(sheetWork, workHead, work); err != nil {
		return err
	}
	last := strconv.Itoa(len(work) + 1)
	if err := f.SetCellStyle(sheetWork, "O2", "T"+last, blank); err != nil {
		return err
	}
	choice := excelize.NewDataValidation(true)
	choice.Sqref = "O2:Q" + last
	if err := choice.SetDropList([]string{"是", "否"}); err != nil {
		return err
	}
	if err := f.AddDataValidation(sheetWork, choice); err != nil {
		return err
	}
	if err := table(sheetLost, lostHead, nil); err != nil {
		return err
	}
	if err := table(sheetAll, allHead, all); err != nil {
		return err
	}
	if err := f.SetSheetName("Sheet1", sheetAbout); err != nil {
		return err
	}
	for i, r := range s.about() {
		if err := row(sheetAbout, i+1, r); err != nil {
			return err
		}
	}
	return f.SetColWidth(sheetAbout, "A", "B", 44)
}

func (s Sample) about() [][]any {
	p := s.Plan
	return [][]any{
		{"随机种子 seed", strconv.FormatUint(p.Seed, 10)},
		{"图幅边长 side of a sheet, m", p.SheetM},
		{"抽取图幅比例 share of sheets", p.SheetShare},
		{"每类抽样比例 share of a class in a sheet", p.Share},
		{"每类最少 least of a class in a sheet", p.Least},
		{"类别 classes", p.Class},
		{"坐标系 coordinates of X, Y", s.CRS},
		{"部件总数 components", s.Total},
		{"图幅总数 sheets with components", s.Sheets},
		{"抽中图幅 sheets drawn", len(s.DrawnSheets())},
		{"抽中部件 components drawn", len(s.Items)},
		{},
		{"填写 how to fill in", "“检查”：存在、类别正确、属性正确填 是 或 否；实测X、Y 填实测坐标（X 北 Y 东）。 worksheet: 是 (yes) or 否 (no); the measured position, X north, Y east."},
		{"", "“漏测”：在抽中图幅内发现而成果没有的部件，一件一行。 omissions: what stands in a drawn sheet and is not in the census, one a row."},
		{"", "填好后 when filled in: wanmi census accept FILE.xlsx --report 验收.html"},
	}
}

// ReadXLSX reads filled worksheets. gis.Rejected tells which row is wrong.
func ReadXLSX(r io.Reader) (Results, error) {
	var out Results
	f, err := excelize.OpenReader(r, excelize.Options{RawCellValue: true, UnzipXMLSizeLimit: 32 << 20, UnzipSizeLimit: 1 << 30})
	if err != nil {
		return out, gis.E(gis.Rejected, err, "the worksheets are no workbook that can be read")
	}
	defer f.Close()
	about, err := f.GetRows(sheetAbout)
	if err == nil && len(about) > 0 && len(about[0]) > 1 {
		out.Seed = about[0][1]
	}
	work, err := rowsOf(f, sheetWork, workHead)
	if err != nil {
		return out, err
	}
	for i, c := range work {
		x, err := readFound(c)
		if err != nil {
			return out, gis.E(gis.Rejected, nil, "%s row %d: %v", sheetWork, i+2, err)
		}
		out.Rows = append(out.Rows, x)
	}
	all, err := rowsOf(f, sheetAll, allHead)
	if err != nil {
		return out, err
	}
	for i, c := range all {
		n, err := strconv.Atoi(c[3])
		if err != nil {
			return out, gis.E(gis.Rejected, nil, "%s row %d: %q is no count", sheetAll, i+2, c[3])
		}
		drawn, _ := strconv.Atoi(c[4])
		out.Strata = append(out.Strata, Stratum{c[0], c[1], c[2], n, drawn})
	}
	lost, err := rowsOf(f, sheetLost, lostHead)
	if err != nil {
		return out, err
	}
	for _, c := range lost {
		o := Omitted{Sheet: c[0], Class: c[1], Remark: c[4]}
		o.X, _ = strconv.ParseFloat(c[2], 64)
		o.Y, _ = strconv.ParseFloat(c[3], 64)
		out.Omitted = append(out.Omitted, o)
	}
	if len(out.Rows) == 0 {
		return out, gis.E(gis.Rejected, nil, "the worksheets have no rows")
	}
	return out, nil
}

// rowsOf reads the rows below a heading, each as long as it; empty rows are passed over.
func rowsOf(f *excelize.File, sheet string, heading []string) ([][]string, error) {
	rows, err := f.GetRows(sheet)
	if err != nil || len(rows) == 0 {
		return nil, gis.E(gis.Rejected, err, "the workbook has no sheet %q: is it one of `wanmi census sample`?", sheet)
	}
	for i, h := range heading {
		if i >= len(rows[0]) || strings.TrimSpace(rows[0][i]) != h {
			return nil, gis.E(gis.Rejected, nil, "sheet %q: column %d should be %q", sheet, i+1, h)
		}
	}
	var out [][]string
	for _, r := range rows[1:] {
		c := make([]string, len(heading))
		some := false
		for i := range min(len(r), len(c)) {
			c[i] = strings.TrimSpace(r[i])
			some = some || c[i] != ""
		}
		if some {
			out = append(out, c)
		}
	}
	return out, nil
}

func readFound(c []string) (Found, error) {
	x := Found{Item: Item{Sheet: c[1], Code: c[2], Class: c[3], ClassName: c[4], Accuracy: c[5], Name: c[6], Dept: c[7], State: c[8], Address: c[9]}, Remark: c[19]}
	x.No, _ = strconv.Atoi(c[0])
	for _, v := range []struct {
		i  int
		to *float64
	}{{10, &x.X}, {11, &x.Y}, {12, &x.Lon}, {13, &x.Lat}} {
		n, err := strconv.ParseFloat(c[v.i], 64)
		if err != nil {
			return x, fmt.Errorf("%s %q is no number", workHead[v.i], c[v.i])
		}
		*v.to = n
	}
	there, said, err := yesNo(c[fillFrom])
	if err != nil {
		return x, err
	}
	x.Checked, x.There = said, there
	for _, v := range []struct {
		i  int
		to *bool
	}{{fillFrom + 1, &x.ClassGood}, {fillFrom + 2, &x.AttrGood}} {
		good, said, err := yesNo(c[v.i])
		if err != nil {
			return x, err
		}
		*v.to = good || !said // what nobody complains of is right
	}
	if c[17] == "" && c[18] == "" {
		return x, nil
	}
	var errX, errY error
	x.MeasuredX, errX = strconv.ParseFloat(c[17], 64)
	x.MeasuredY, errY = strconv.ParseFloat(c[18], 64)
	if errX != nil || errY != nil {
		return x, fmt.Errorf("the measured position %q, %q is no pair of numbers", c[17], c[18])
	}
	if x.Off = math.Hypot(x.MeasuredX-x.X, x.MeasuredY-x.Y); x.Off > 10000 {
		return x, fmt.Errorf("the measured position %s, %s is %.0f km from the component: are X (north) and Y (east) exchanged?", c[17], c[18], x.Off/1000)
	}
	x.Measured = true
	return x, nil
}

func yesNo(s string) (yes, said bool, err error) {
	switch strings.ToLower(s) {
	case "":
		return false, false, nil
	case "是", "有", "对", "y", "yes", "1", "true", "√", "✓":
		return true, true, nil
	case "否", "无", "错", "n", "no", "0", "false", "×", "x":
		return false, true, nil
	}
	return false, false, fmt.Errorf("%q is neither 是 (yes) nor 否 (no)", s)
}
