package export

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"wanmi/gis"
)

// dbfText is the greatest width of a column.
const dbfText = 254

// dbf is the table of a Shapefile. A column is as wide as its widest value, which is known at the end only: the values go
// to a scratch file first.
type dbf struct {
	path    string
	columns []dbfColumn
	records uint32
	scratch *os.File
	out     *bufio.Writer
}

type dbfColumn struct {
	name     string // of the column, up to 10 characters, unique
	field    int    // of the layer, -1 for the key
	kind     byte   // C text, N number, D date, L boolean
	decimals int
	width    int
}

func newDBF(path string, l *gis.Layer) (*dbf, error) {
	d := &dbf{path: path}
	taken := map[string]bool{}
	if l.Key == "" {
		d.columns = append(d.columns, dbfColumn{name: shortName("key", taken), field: -1, kind: 'C', width: 1})
	}
	for i, f := range l.Fields {
		c := dbfColumn{name: shortName(f.Name, taken), field: i, kind: 'C', width: 1}
		switch f.Type {
		case gis.Int:
			c.kind = 'N'
		case gis.Real:
			c.kind, c.decimals, c.width = 'N', 6, 8
		case gis.Bool:
			c.kind = 'L'
		case gis.Date:
			c.kind, c.width = 'D', 8
		}
		d.columns = append(d.columns, c)
	}
	var err error
	if d.scratch, err = os.CreateTemp("", "wanmi-dbf-*"); err != nil {
		return nil, err
	}
	d.out = bufio.NewWriterSize(d.scratch, 1<<16)
	return d, nil
}

// shortName cuts name to 10 characters no other column has.
func shortName(name string, taken map[string]bool) string {
	short := name
	if len(short) > 10 {
		short = short[:10]
	}
	for n := 1; taken[short]; n++ {
		tail := "_" + strconv.Itoa(n)
		short = name[:min(len(name), 10-len(tail))] + tail
	}
	taken[short] = true
	return short
}

func (d *dbf) write(f gis.Feature) error {
	d.records++
	var n [binary.MaxVarintLen64]byte
	for i := range d.columns {
		c := &d.columns[i]
		text := c.text(f)
		c.width = max(c.width, len(text))
		if _, err := d.out.Write(n[:binary.PutUvarint(n[:], uint64(len(text)))]); err != nil {
			return err
		}
		if _, err := d.out.WriteString(text); err != nil {
			return err
		}
	}
	return nil
}

// text returns the column's value of f as it stands in the file, without padding. Text is cut to 254 bytes between characters.
func (c *dbfColumn) text(f gis.Feature) string {
	if c.field < 0 {
		return cutBytes(f.Key, dbfText)
	}
	switch v := f.Values[c.field].(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		text := strconv.FormatFloat(v, 'f', c.decimals, 64)
		if len(text) > 30 {
			text = strconv.FormatFloat(v, 'e', 15, 64)
		}
		return text
	case bool:
		return map[bool]string{true: "T", false: "F"}[v]
	case string:
		if c.kind == 'D' {
			return strings.ReplaceAll(v, "-", "")
		}
		return cutBytes(v, dbfText)
	}
	return ""
}

func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// close writes the .dbf from the scratch file when the table is complete, and removes that.
func (d *dbf) close(complete bool) error {
	var err error
	if complete {
		err = d.finish()
	}
	return errors.Join(err, d.scratch.Close(), os.Remove(d.scratch.Name()))
}

func (d *dbf) finish() error {
	if err := d.out.Flush(); err != nil {
		return err
	}
	if _, err := d.scratch.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return writeText(d.path+".dbf", func(w *bufio.Writer) error {
		size := d.header(w)
		in := bufio.NewReaderSize(d.scratch, 1<<16)
		record := make([]byte, size)
		for range d.records {
			if err := d.record(in, record); err != nil {
				return err
			}
			if _, err := w.Write(record); err != nil {
				return err
			}
		}
		return w.WriteByte(0x1A)
	})
}

// header writes the header and returns the length of a record.
func (d *dbf) header(w *bufio.Writer) int {
	size := 1
	for _, c := range d.columns {
		size += c.width
	}
	var h [32]byte
	h[0] = 3
	h[1], h[2], h[3] = 126, 1, 1 // a fixed day: the same features make the same file
	binary.LittleEndian.PutUint32(h[4:], d.records)
	binary.LittleEndian.PutUint16(h[8:], uint16(32+32*len(d.columns)+1))
	binary.LittleEndian.PutUint16(h[10:], uint16(size))
	w.Write(h[:])
	for _, c := range d.columns {
		var f [32]byte
		copy(f[:11], c.name)
		f[11], f[16], f[17] = c.kind, byte(c.width), byte(c.decimals)
		w.Write(f[:])
	}
	w.WriteByte(0x0D)
	return size
}

// record fills the next record: text to the left, numbers to the right.
func (d *dbf) record(in *bufio.Reader, record []byte) error {
	for i := range record {
		record[i] = ' '
	}
	at := 1
	for _, c := range d.columns {
		n, err := binary.ReadUvarint(in)
		if err != nil {
			return fmt.Errorf("read back the table: %w", err)
		}
		cell := record[at : at+c.width]
		if c.kind == 'N' {
			cell = cell[c.width-int(n):]
		}
		if _, err := io.ReadFull(in, cell[:n]); err != nil {
			return fmt.Errorf("read back the table: %w", err)
		}
		at += c.width
	}
	return nil
}
