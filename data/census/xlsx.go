package census

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"

	"wanmi/gis/crs"

	"github.com/xuri/excelize/v2"
)

// sheetReader reads one sheet of a workbook. Cells come as they are stored, not as they are shown: a
// coordinate shown with two decimals keeps all of them, and a date is the number of days Excel counts.
type sheetReader struct {
	src     stream
	limits  Limits
	sheet   string
	alone   bool // the workbook's only sheet
	heading int
	columns []string
	merged  mergedCells
}

// openBook opens the workbook; large sheets are unpacked to the temporary folder, not into memory.
func openBook(s stream, lim Limits) (*excelize.File, error) {
	b, err := s.all(lim.MemoryBytes)
	if err != nil {
		return nil, err
	}
	return excelize.OpenReader(bytes.NewReader(b), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: lim.FileBytes, UnzipXMLSizeLimit: 32 << 20,
	})
}

func openXLSX(s stream, opt ReadOptions) ([]Reader, error) {
	f, err := openBook(s, opt.Limits)
	if err != nil {
		return nil, refuse(s.name, err, "is a damaged workbook")
	}
	defer f.Close()
	var merged map[string]mergedCells
	if b, err := s.all(opt.Limits.MemoryBytes); err == nil {
		merged = readMerged(b, opt.Limits.FileBytes)
	}
	var out []Reader
	for _, name := range f.GetSheetList() {
		if opt.Sheet != "" && name != opt.Sheet {
			continue
		}
		r, err := openSheet(f, s, name, merged[name], opt.Limits)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, r)
		}
	}
	switch {
	case len(out) == 0 && opt.Sheet != "":
		return nil, refuse(s.name, nil, "has no sheet %q with rows; it has %s", opt.Sheet, strings.Join(f.GetSheetList(), ", "))
	case len(out) == 0:
		return nil, refuse(s.name, nil, "has no sheet with rows")
	case len(out) == 1:
		out[0].(*sheetReader).alone = true
	}
	return out, nil
}

// openSheet finds the heading; nil when the sheet has no table: a cover, an empty sheet.
func openSheet(f *excelize.File, s stream, name string, merged mergedCells, lim Limits) (*sheetReader, error) {
	rows, err := f.Rows(name)
	if err != nil {
		var chart excelize.ErrSheetNotExist
		if errors.As(err, &chart) || strings.Contains(err.Error(), "not a worksheet") {
			return nil, nil
		}
		return nil, refuse(s.name, err, "sheet %q cannot be read", name)
	}
	defer rows.Close()
	var first [][]string
	for len(first) < 30 && rows.Next() {
		cells, err := rows.Columns()
		if err != nil {
			return nil, refuse(s.name, err, "sheet %q cannot be read", name)
		}
		first = append(first, cells)
	}
	merged.fillHeading(first)
	at := findHeading(first)
	if at < 0 || at+1 >= len(first) {
		return nil, nil
	}
	return &sheetReader{src: s, limits: lim, sheet: name, heading: at + 1, columns: headingNames(first, at), merged: merged}, nil
}

func (x *sheetReader) Name() string {
	if x.alone {
		return x.src.name
	}
	return x.src.name + "!" + x.sheet
}
func (x *sheetReader) Format() string         { return "xlsx" }
func (x *sheetReader) Columns() []string      { return x.columns }
func (x *sheetReader) CRS() (crs.CRS, string) { return nil, "" }
func (x *sheetReader) Close() error           { return x.src.close() }

func (x *sheetReader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		f, err := openBook(x.src, x.limits)
		if err != nil {
			yield(Row{}, refuse(x.src.name, err, "is a damaged workbook"))
			return
		}
		defer f.Close()
		rows, err := f.Rows(x.sheet)
		if err != nil {
			yield(Row{}, refuse(x.src.name, err, "sheet %q cannot be read", x.sheet))
			return
		}
		defer rows.Close()
		values := make([]string, len(x.columns))
		num := int64(0)
		down := filler{merged: x.merged}
		for rows.Next() {
			num++
			cells, err := rows.Columns()
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Row{}, refuse(x.src.name, err, "row %d of sheet %q cannot be read", num, x.sheet))
				return
			}
			if num <= int64(x.heading) || blank(cells) {
				continue
			}
			if len(x.merged) > 0 {
				cells = down.fill(int(num), cells)
			}
			row := Row{File: x.Name(), Num: num, Values: values, Err: fillValues(values, cells)}
			if !yield(row, nil) {
				return
			}
		}
		if err := rows.Error(); err != nil {
			yield(Row{}, refuse(x.src.name, err, "sheet %q breaks off after row %d", x.sheet, num))
		}
	}
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}
