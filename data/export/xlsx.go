package export

import (
	"bufio"
	"context"
	"iter"
	"path/filepath"
	"strconv"

	"github.com/xuri/excelize/v2"

	"wanmi/gis"
)

// The limits of a worksheet.
const (
	sheetRows = 1 << 20
	cellChars = 32767
)

// writeXLSX writes a register: the first sheet with Chinese headings and a row for each feature, the second with what each
// column is. Codes are text cells. A cell holds 32,767 characters: a longer WKT is left out, a longer text cut.
func writeXLSX(_ context.Context, dir, base string, l *gis.Layer, feats iter.Seq2[gis.Feature, error]) error {
	x := excelize.NewFile()
	defer x.Close()
	if err := x.SetSheetName("Sheet1", l.Zh); err != nil {
		return err
	}
	if err := writeFields(x, l); err != nil {
		return err
	}
	sheet, err := x.NewStreamWriter(l.Zh)
	if err != nil {
		return err
	}
	if err := sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := sheet.SetRow("A1", headings(l)); err != nil {
		return err
	}
	line := 1
	for f, err := range feats {
		if err != nil {
			return err
		}
		if line++; line > sheetRows {
			return gis.E(gis.TooLarge, nil, "a worksheet holds %d rows; write csv or gpkg instead", sheetRows-1)
		}
		cell, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		if err := sheet.SetRow(cell, register(l, f)); err != nil {
			return err
		}
	}
	if err := sheet.Flush(); err != nil {
		return err
	}
	return writeText(filepath.Join(dir, base+".xlsx"), func(w *bufio.Writer) error { return x.Write(w) })
}

var placeHeadings = map[string]string{"key": "标识", "longitude": "经度", "latitude": "纬度", "wkt": "图形"}

func headings(l *gis.Layer) []any {
	var row []any
	for _, name := range columns(l) {
		if f, ok := l.Field(name); ok {
			row = append(row, f.Zh)
		} else {
			row = append(row, placeHeadings[name])
		}
	}
	return row
}

// register returns the row of f.
func register(l *gis.Layer, f gis.Feature) []any {
	var row []any
	if l.Key == "" {
		row = append(row, f.Key)
	}
	for i := range l.Fields {
		switch v := f.Values[i].(type) {
		case string:
			row = append(row, cut(v))
		case bool:
			row = append(row, map[bool]string{true: "是", false: "否"}[v])
		default:
			row = append(row, v)
		}
	}
	for i, text := range place(l.Geom, f.Geom) {
		number, err := strconv.ParseFloat(text, 64)
		switch wkt := placeColumns(l.Geom)[i] == "wkt"; {
		case wkt && text != "" && len(text) <= cellChars: // WKT is ASCII
			row = append(row, text)
		case !wkt && err == nil:
			row = append(row, number)
		default:
			row = append(row, nil)
		}
	}
	return row
}

// cut shortens s to what a cell holds.
func cut(s string) string {
	if len(s) <= cellChars {
		return s
	}
	r := []rune(s)
	return string(r[:min(len(r), cellChars)])
}

// writeFields makes the second sheet.
func writeFields(x *excelize.File, l *gis.Layer) error {
	const name = "字段"
	if _, err := x.NewSheet(name); err != nil {
		return err
	}
	rows := [][]any{{"字段名", "中文名称", "English", "类型"}}
	for _, c := range columns(l) {
		if f, ok := l.Field(c); ok {
			rows = append(rows, []any{f.Name, f.Zh, f.En, f.Type.String()})
		} else {
			rows = append(rows, []any{c, placeHeadings[c], "", ""})
		}
	}
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := x.SetSheetRow(name, cell, &row); err != nil {
			return err
		}
	}
	return nil
}
