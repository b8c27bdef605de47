package census

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// mergedCells are the merged ranges of a sheet, by the row they begin in; rows and columns count from 1.
type mergedCells map[int][]mergedRange

type mergedRange struct{ fromCol, toCol, toRow int }

// maxMerged is how many merged ranges of a sheet are kept.
const maxMerged = 200_000

var mergeRef = regexp.MustCompile(`mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}):([A-Z]{1,3}\d{1,7})"`)

// readMerged finds the merged ranges of the sheets of a workbook. The parts are read as streams: the list stands behind all
// rows. What cannot be read has none; reading the sheet itself tells what is wrong with it.
func readMerged(book []byte, limit int64) map[string]mergedCells {
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		return nil
	}
	out := map[string]mergedCells{}
	for name, part := range sheetParts(z) {
		f, err := z.Open(part)
		if err != nil {
			continue
		}
		if m := scanMerged(io.LimitReader(f, limit)); len(m) > 0 {
			out[name] = m
		}
		_ = f.Close()
	}
	return out
}

// sheetParts maps the names of the sheets to their parts in the archive.
func sheetParts(z *zip.Reader) map[string]string {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		Rel []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	for name, into := range map[string]any{"xl/workbook.xml": &book, "xl/_rels/workbook.xml.rels": &rels} {
		f, err := z.Open(name)
		if err != nil {
			return nil
		}
		b, err := io.ReadAll(io.LimitReader(f, 4<<20))
		_ = f.Close()
		if err != nil || xml.Unmarshal(b, into) != nil {
			return nil
		}
	}
	out := map[string]string{}
	for _, s := range book.Sheets {
		for _, r := range rels.Rel {
			if r.ID == s.ID {
				out[s.Name] = strings.TrimPrefix(path.Join("/xl", r.Target), "/")
				if strings.HasPrefix(r.Target, "/") {
					out[s.Name] = strings.TrimPrefix(path.Clean(r.Target), "/")
				}
			}
		}
	}
	return out
}

// scanMerged finds the references in the text of a sheet, piece by piece.
func scanMerged(r io.Reader) mergedCells {
	out := mergedCells{}
	n := 0
	buf := make([]byte, 0, 1<<17)
	for {
		old := len(buf)
		got, err := io.ReadFull(r, buf[old:cap(buf)])
		buf = buf[:old+got]
		end := 0
		for _, m := range mergeRef.FindAllSubmatchIndex(buf, -1) {
			end = m[1]
			if n++; n <= maxMerged {
				out.add(string(buf[m[2]:m[3]]), string(buf[m[4]:m[5]]))
			}
		}
		if err != nil {
			return out
		}
		keep := buf[max(end, len(buf)-256):]
		buf = append(buf[:0], keep...)
	}
}

func (m mergedCells) add(from, to string) {
	c0, r0, err0 := excelize.CellNameToCoordinates(from)
	c1, r1, err1 := excelize.CellNameToCoordinates(to)
	if errors.Join(err0, err1) == nil && c1 >= c0 && r1 >= r0 {
		m[r0] = append(m[r0], mergedRange{c0, c1, r1})
	}
}

// fillHeading writes the text of a merged range into all its cells within the first rows of a sheet.
func (m mergedCells) fillHeading(rows [][]string) {
	for r := range rows {
		for _, g := range m[r+1] {
			if g.fromCol > len(rows[r]) || g.toCol-g.fromCol > 1000 {
				continue
			}
			text := rows[r][g.fromCol-1]
			for i := r; i < g.toRow && i < len(rows); i++ {
				for len(rows[i]) < g.toCol {
					rows[i] = append(rows[i], "")
				}
				for c := g.fromCol; c <= g.toCol; c++ {
					rows[i][c-1] = text
				}
			}
		}
	}
}

// headingNames are the names of the columns when the heading is row at: where two columns of it have one name, what stands above
// them tells them apart (主管部门 over 名称, 代码).
func headingNames(rows [][]string, at int) []string {
	row := slices.Clone(rows[at])
	if at == 0 {
		return nameColumns(row)
	}
	count := map[string]int{}
	for _, c := range row {
		count[strings.TrimSpace(c)]++
	}
	for i, c := range row {
		if c = strings.TrimSpace(c); c != "" && count[c] > 1 && i < len(rows[at-1]) {
			if above := strings.TrimSpace(rows[at-1][i]); above != "" && above != c {
				row[i] = above + c
			}
		}
	}
	return nameColumns(row)
}

// filler carries the text of ranges merged downward into the rows below.
type filler struct {
	merged mergedCells
	open   map[int]mergedDown // by column from 0
}

type mergedDown struct {
	toRow int
	text  string
}

// fill completes the cells of a row (counted from 1) of a sheet. Rows must come in order.
func (f *filler) fill(num int, cells []string) []string {
	for c, d := range f.open {
		if num > d.toRow {
			delete(f.open, c)
			continue
		}
		for len(cells) <= c {
			cells = append(cells, "")
		}
		if cells[c] == "" {
			cells[c] = d.text
		}
	}
	for _, g := range f.merged[num] {
		if c := g.fromCol - 1; g.toRow > num && c < len(cells) && cells[c] != "" {
			if f.open == nil {
				f.open = map[int]mergedDown{}
			}
			f.open[c] = mergedDown{g.toRow, cells[c]}
		}
	}
	return cells
}
