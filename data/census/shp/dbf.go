package shp

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Column is a column of a .dbf.
type Column struct {
	Name     []byte // in the table's encoding, at most 10 bytes
	Type     byte   // C text, N and F number, L logical, D date YYYYMMDD, I int32, O double
	Size     int
	Decimals int
}

// Table reads a .dbf record by record.
type Table struct {
	Columns  []Column
	Records  int64 // as the header says
	Language byte  // language driver id: 0x4D GBK, 0x4F Big5, 0 unknown

	r    *bufio.Reader
	buf  []byte
	vals [][]byte
	num  int64
}

// NewTable reads the header.
func NewTable(r io.Reader) (*Table, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	var h [32]byte
	if _, err := io.ReadFull(br, h[:]); err != nil {
		return nil, fmt.Errorf("the header is cut off: %w", err)
	}
	t := &Table{r: br, Records: int64(binary.LittleEndian.Uint32(h[4:])), Language: h[29]}
	headLen, recLen := int(binary.LittleEndian.Uint16(h[8:])), int(binary.LittleEndian.Uint16(h[10:]))
	if headLen < 33 || recLen < 1 {
		return nil, errors.New("it does not begin as a dBASE table does")
	}
	desc := make([]byte, headLen-32)
	if _, err := io.ReadFull(br, desc); err != nil {
		return nil, errors.New("the header is cut off")
	}
	width := 1
	for len(desc) >= 32 && desc[0] != 0x0D {
		c := Column{Type: desc[11], Size: int(desc[16]), Decimals: int(desc[17])}
		c.Name = bytes.TrimRight(cutZero(desc[:11]), " ")
		if c.Type == 'C' && c.Decimals > 0 { // FoxPro's long text
			c.Size += c.Decimals << 8
		}
		width += c.Size
		t.Columns = append(t.Columns, c)
		desc = desc[32:]
	}
	if len(t.Columns) == 0 || width > recLen {
		return nil, fmt.Errorf("its columns take %d bytes, its rows have %d", width, recLen)
	}
	t.buf, t.vals = make([]byte, recLen), make([][]byte, len(t.Columns))
	return t, nil
}

func cutZero(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// Next returns the raw values of the next record, parallel to Columns and valid until the next call.
// deleted tells a row marked as deleted. io.EOF ends the table.
func (t *Table) Next() (values [][]byte, deleted bool, err error) {
	if t.num >= t.Records {
		return nil, false, io.EOF
	}
	if _, err := io.ReadFull(t.r, t.buf); err != nil {
		return nil, false, fmt.Errorf("the table is cut off: it has %d of %d rows", t.num, t.Records)
	}
	t.num++
	at := 1
	for i, c := range t.Columns {
		t.vals[i] = t.buf[at : at+c.Size]
		at += c.Size
	}
	return t.vals, t.buf[0] == '*', nil
}

// Text returns the value of a column that is not text: "" when empty, dates as YYYY-MM-DD, logicals as true or false.
func (c Column) Text(raw []byte) string {
	switch c.Type {
	case 'I':
		if len(raw) == 4 {
			return strconv.Itoa(int(int32(binary.LittleEndian.Uint32(raw))))
		}
	case 'O':
		if len(raw) == 8 {
			return strconv.FormatFloat(math.Float64frombits(binary.LittleEndian.Uint64(raw)), 'f', -1, 64)
		}
	}
	s := strings.Trim(string(cutZero(raw)), " ")
	switch c.Type {
	case 'N', 'F':
		if strings.HasPrefix(s, "*") { // overflow
			return ""
		}
		if strings.Contains(s, ".") && !strings.ContainsAny(s, "eE") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
	case 'D':
		if len(s) == 8 && s != "00000000" {
			return s[:4] + "-" + s[4:6] + "-" + s[6:]
		}
		return ""
	case 'L':
		switch s {
		case "T", "t", "Y", "y":
			return "true"
		case "F", "f", "N", "n":
			return "false"
		}
		return ""
	}
	return s
}
