package census

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"wanmi/data/census/shp"
	"wanmi/gis/crs"

	"golang.org/x/text/encoding"
)

// shapeReader reads a shapefile with its table.
type shapeReader struct {
	t        table
	limits   Limits
	encoding encoding.Encoding
	encName  string
	columns  []string
	crs      crs.CRS
	crsHow   string
	remarks  []string
}

func openShape(t table, opt ReadOptions) (Reader, error) {
	s := &shapeReader{t: t, limits: opt.Limits}
	if t.dbf == nil {
		s.columns = []string{}
	} else if err := s.openTable(opt.Encoding); err != nil {
		return nil, err
	}
	r, err := t.shp.open()
	if err != nil {
		return nil, refuse(t.shp.name, err, "cannot be read")
	}
	defer r.Close()
	if _, err := shp.NewScanner(r, opt.Limits.RowBytes); err != nil {
		return nil, refuse(t.shp.name, err, "is no shapefile: %v", err)
	}
	if t.prj == nil {
		s.crsHow = "no .prj"
		return s, nil
	}
	text, err := t.prj.all(1 << 16)
	if err != nil {
		return nil, refuse(t.prj.name, err, "cannot be read")
	}
	s.crs, err = crsOfWKT(string(text))
	s.crsHow = ".prj"
	if err != nil {
		s.crsHow = ".prj is not understood: " + err.Error()
	}
	return s, nil
}

// openTable reads the columns and decides on the encoding. What the .cpg or the header says is
// believed only when the bytes agree: many programs write UTF-8 into the .cpg of a GBK table.
func (s *shapeReader) openTable(forced string) error {
	r, err := s.t.dbf.open()
	if err != nil {
		return refuse(s.t.dbf.name, err, "cannot be read")
	}
	defer r.Close()
	tab, err := shp.NewTable(r)
	if err != nil {
		return refuse(s.t.dbf.name, err, "is no dBASE table: %v", err)
	}
	s.encName = forced
	if forced == "" {
		if s.encName, err = s.tableEncoding(tab); err != nil {
			return err
		}
	}
	if s.encoding, err = encodingByName(s.encName); err != nil {
		return err
	}
	names := make([]string, len(tab.Columns))
	for i, c := range tab.Columns {
		names[i] = columnName(s.text(c.Name), i) // the last ones, too, have values
	}
	s.columns = nameColumns(names)
	return nil
}

func (s *shapeReader) tableEncoding(tab *shp.Table) (string, error) {
	var sample []byte
	for _, c := range tab.Columns {
		sample = append(append(sample, c.Name...), '\n')
	}
	for len(sample) < 1<<18 {
		vals, _, err := tab.Next()
		if err != nil {
			break
		}
		for i, c := range tab.Columns {
			if c.Type == 'C' {
				sample = append(append(sample, bytes.TrimRight(vals[i], " \x00")...), '\n')
			}
		}
	}
	declared := ""
	if s.t.cpg != nil {
		b, err := s.t.cpg.all(256)
		if err != nil {
			return "", refuse(s.t.cpg.name, err, "cannot be read")
		}
		declared = strings.TrimSpace(string(b))
	}
	if declared == "" {
		declared = map[byte]string{0x4D: "gbk", 0x7A: "gbk", 0x4F: "big5", 0x78: "big5"}[tab.Language]
	}
	valid, wide := utf8Text(sample)
	isUTF8 := valid || wide > 0 && badUTF8(sample)*20 < wide // a value cut inside a character spoils a few
	found := "gb18030"
	switch {
	case isUTF8 && wide > 0:
		found = "utf-8"
	case wide == 0 && valid: // ASCII only: nothing to decide
		found = declared
		if _, err := encodingByName(found); err != nil {
			found = "gb18030"
		}
	default:
		found = sniffChinese(sample)
		if _, err := encodingByName(declared); err == nil && !strings.HasPrefix(strings.ToLower(declared), "utf") {
			if e, _ := encodingByName(declared); e != nil && !lossy(e, sample) {
				found = declared
			}
		}
	}
	if declared != "" && !sameEncoding(declared, found) {
		s.remarks = append(s.remarks, fmt.Sprintf("the .cpg or header says %s, the text is %s: read as %s / 声明的编码与内容不符", declared, found, found))
	}
	return found, nil
}

func badUTF8(b []byte) int {
	return bytes.Count(bytes.ToValidUTF8(b, []byte("\uFFFD")), []byte("\uFFFD"))
}

func lossy(e encoding.Encoding, b []byte) bool {
	out, err := e.NewDecoder().Bytes(b)
	return err != nil || bytes.Count(out, []byte("\uFFFD"))*200 > len(b)
}

func sameEncoding(a, b string) bool {
	x, errX := encodingByName(a)
	y, errY := encodingByName(b)
	return errX == nil && errY == nil && fmt.Sprintf("%v", x) == fmt.Sprintf("%v", y)
}

// text decodes a value; a character cut off at the end of a full column is dropped.
func (s *shapeReader) text(raw []byte) string {
	raw = bytes.TrimRight(raw, " \x00")
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		raw = raw[:i]
	}
	if asciiBytes(raw) {
		return strings.TrimSpace(string(raw))
	}
	out, err := s.encoding.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.TrimSpace(string(bytes.ToValidUTF8(raw, []byte("\uFFFD"))))
	}
	return strings.TrimSpace(strings.TrimRight(string(out), "\uFFFD"))
}

func asciiBytes(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

func (s *shapeReader) Name() string           { return s.t.shp.name }
func (s *shapeReader) Format() string         { return "shp" }
func (s *shapeReader) Columns() []string      { return s.columns }
func (s *shapeReader) CRS() (crs.CRS, string) { return s.crs, s.crsHow }
func (s *shapeReader) Close() error           { return s.t.shp.close() }
func (s *shapeReader) Remarks() []string      { return s.remarks }

func (s *shapeReader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		sr, err := s.t.shp.open()
		if err != nil {
			yield(Row{}, refuse(s.t.shp.name, err, "cannot be read"))
			return
		}
		defer sr.Close()
		scan, err := shp.NewScanner(sr, s.limits.RowBytes)
		if err != nil {
			yield(Row{}, refuse(s.t.shp.name, err, "is no shapefile: %v", err))
			return
		}
		var tab *shp.Table
		if s.t.dbf != nil {
			dr, err := s.t.dbf.open()
			if err != nil {
				yield(Row{}, refuse(s.t.dbf.name, err, "cannot be read"))
				return
			}
			defer dr.Close()
			if tab, err = shp.NewTable(dr); err != nil {
				yield(Row{}, refuse(s.t.dbf.name, err, "is no dBASE table: %v", err))
				return
			}
		}
		s.rows(scan, tab, yield)
	}
}

func (s *shapeReader) rows(scan *shp.Scanner, tab *shp.Table, yield func(Row, error) bool) {
	values := make([]string, len(s.columns))
	for {
		num, geom, err := scan.Next()
		row := Row{File: s.t.shp.name, Num: num, Values: values, Geom: geom}
		var bad *shp.RecordError
		switch {
		case errors.Is(err, io.EOF):
			if tab != nil && scan.Count() < tab.Records {
				yield(Row{}, refuse(path.Base(s.t.shp.name), nil, "has fewer shapes (%d) than its table has rows (%d)", scan.Count(), tab.Records))
			}
			return
		case errors.As(err, &bad):
			row.Err = &rowError{Rule: RuleGeometry, Field: "geometry", Text: "the shape cannot be read: " + bad.Msg, TextZh: "图形无法读取：" + bad.Msg}
		case err != nil:
			yield(Row{}, refuse(s.t.shp.name, err, "%v", err))
			return
		}
		if tab != nil {
			raw, deleted, err := tab.Next()
			if err != nil {
				yield(row, refuse(s.t.dbf.name, err, "has no row for shape %d: %v", num, err))
				return
			}
			if deleted {
				continue
			}
			for i, c := range tab.Columns {
				if c.Type == 'C' {
					values[i] = s.text(raw[i])
				} else {
					values[i] = c.Text(raw[i])
				}
			}
		}
		if !yield(row, nil) {
			return
		}
	}
}

// EncodingName is the encoding the table is read with.
func (s *shapeReader) EncodingName() string { return s.encName }
