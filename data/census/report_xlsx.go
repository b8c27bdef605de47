package census

import (
	"fmt"
	"io"
	"path"

	"github.com/paulmach/orb"
	"github.com/xuri/excelize/v2"
)

// sheets writes a workbook sheet by sheet, in a stream.
type sheets struct {
	f    *excelize.File
	head int // style of a heading
	n    int
	err  error
}

func newSheets() *sheets {
	s := &sheets{f: excelize.NewFile()}
	s.head, s.err = s.f.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Color: []string{"#E8EDF3"}, Pattern: 1},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"},
	})
	return s
}

// sheet adds a sheet with a frozen heading, a filter over its columns, and rows as add is called with them.
func (s *sheets) sheet(name string, heading []string, widths []float64, rows func(add func(...any))) {
	if s.err != nil {
		return
	}
	if _, s.err = s.f.NewSheet(name); s.err != nil {
		return
	}
	w, err := s.f.NewStreamWriter(name)
	if s.err = err; err != nil {
		return
	}
	for i, wd := range widths {
		if s.err == nil {
			s.err = w.SetColWidth(i+1, i+1, wd)
		}
	}
	n := 0
	row := func(cells ...any) {
		if n++; s.err == nil && n <= excelize.TotalRows {
			s.err = w.SetRow(fmt.Sprintf("A%d", n), cells)
		}
	}
	if len(heading) > 0 {
		if s.err == nil {
			s.err = w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
		}
		cells := make([]any, len(heading))
		for i, h := range heading {
			cells[i] = excelize.Cell{StyleID: s.head, Value: h}
		}
		row(cells...)
	}
	rows(row)
	if s.err == nil {
		s.err = w.Flush()
	}
	if s.err == nil && len(heading) > 0 && n > 1 {
		last, _ := excelize.CoordinatesToCellName(len(heading), min(n, excelize.TotalRows))
		s.err = s.f.AutoFilter(name, "A1:"+last, nil)
	}
	s.n++
}

// write ends the workbook.
func (s *sheets) write(w io.Writer, what string) error {
	defer s.f.Close()
	if s.err == nil {
		s.err = s.f.DeleteSheet("Sheet1")
	}
	if s.err == nil {
		s.err = s.f.Write(w)
	}
	if s.err != nil {
		return fmt.Errorf("census: writing %s: %w", what, s.err)
	}
	return nil
}

func (r Result) reportXLSX(w io.Writer) error {
	b := newSheets()
	b.sheet("概要 summary", nil, []float64{30, 90}, r.summaryRows)
	b.sheet("规则 rules", []string{"级别 severity", "规则 rule", "类别 class", "数量 count", "已修正 fixed", "文件 file", "说明", "meaning", "可作的修正 fix"},
		[]float64{12, 28, 10, 10, 10, 36, 50, 50, 40}, func(add func(...any)) {
			about := ruleWords()
			for _, c := range r.Counts() {
				x := about[c.Rule]
				add(string(c.Severity), c.Rule, c.Class, c.Count, c.Fixed, c.File, x.Zh, x.En, joinWords(x.FixZh, x.FixEn))
			}
		})
	b.sheet("问题 faults", []string{
		"文件 file", "行 row", "字段 field", "值 value", "规则 rule", "级别 severity", "拒收 refused", "说明", "text", "修正建议 fix", "已修正 fixed",
		"类别 class", "编码 code", "经度 longitude", "纬度 latitude", "相关行 other row",
	}, []float64{40, 8, 18, 30, 26, 10, 9, 44, 50, 30, 10, 9, 22, 13, 13, 10}, func(add func(...any)) {
		for _, f := range r.Faults {
			var lon, lat, other, row any
			if f.At != (orb.Point{}) {
				lon, lat = f.At[0], f.At[1]
			}
			if f.Other != 0 {
				other = f.Other
			}
			if f.Row != 0 {
				row = f.Row
			}
			add(f.File, row, f.Field, f.Value, f.Rule, string(f.Severity), yes(f.Refused), f.TextZh, f.Text, f.Fix, yes(f.Fixed), f.Class, f.Key, lon, lat, other)
		}
	})
	b.sheet("拒收行 rejected", []string{"文件 file", "行 row", "字段 field", "值 value", "规则 rule", "原因", "reason", "原始行 raw"},
		[]float64{40, 8, 20, 30, 24, 40, 60, 60}, func(add func(...any)) {
			for _, x := range r.Rejected {
				add(x.File, x.Row, x.Field, x.Value, x.Rule, x.ReasonZh, x.Reason, clip(x.Raw, 30000))
			}
		})
	return b.write(w, "the report")
}

func (r Result) summaryRows(add func(...any)) {
	s := r.Summary
	add("图层 layer", r.Batch.Layer)
	add("来源 source", r.Batch.Source)
	add("试运行 dry run", yes(r.DryRun))
	for _, x := range []struct {
		k string
		v int64
	}{{"新增 added", s.Added}, {"移位 moved", s.Moved}, {"变更 changed", s.Changed}, {"移除 removed", s.Removed}, {"未变 unchanged", s.Unchanged}, {"拒收 rejected", s.Rejected}} {
		add(x.k, x.v)
	}
	add("问题 faults", int64(len(r.Faults))+r.MoreFaults)
	if r.MoreFaults > 0 {
		add("其中未列出 of these not listed", r.MoreFaults)
	}
	for _, x := range r.Files {
		add(path.Base(x.File), fmt.Sprintf("行 rows %d, 采用 taken %d, 拒收 rejected %d, %s %s", x.Rows, x.Taken, x.Rejected, x.CRS, x.Class))
		for _, m := range x.Remarks {
			add("", m)
		}
	}
}

func yes(b bool) string {
	if b {
		return "是 yes"
	}
	return ""
}

func joinWords(zh, en string) string {
	if zh == "" {
		return ""
	}
	return zh + " / " + en
}

// ruleWords are the rules by their id.
func ruleWords() map[string]Rule {
	m := make(map[string]Rule, len(ruleTable))
	for _, r := range ruleTable {
		m[r.ID] = r
	}
	return m
}
