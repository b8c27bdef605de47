package census

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"

	"wanmi/gis/crs"
)

// csvReader reads delimited text.
type csvReader struct {
	src      stream
	limits   Limits
	encoding string
	delim    delimiter
	heading  int // records before the first row of values
	columns  []string
	decimal  []int // columns whose numbers have a decimal comma
}

func openCSV(src stream, opt ReadOptions) (Reader, error) {
	head, err := src.head(1 << 20)
	if err != nil {
		return nil, refuse(src.name, err, "cannot be read")
	}
	enc := opt.Encoding
	if enc == "" {
		enc = sniffEncoding(head)
	}
	text, err := decode(bytes.NewReader(head), enc)
	if err != nil {
		return nil, err
	}
	sample, _ := io.ReadAll(text)
	if i := bytes.LastIndexAny(sample, "\r\n"); len(head) == 1<<20 && i >= 0 {
		sample = sample[:i+1]
	} else if len(head) == 1<<20 {
		return nil, refuse(src.name, nil, "no row ends within the first MiB: not a table, or a heading over any measure")
	}
	c := &csvReader{src: src, limits: opt.Limits, encoding: enc, delim: sniffDelimiter(sample)}
	first := firstRecords(c.delim.split(bytes.NewReader(sample)), c.delim.by, 200)
	all := first
	first = first[:min(len(first), 30)]
	at := findHeading(first)
	if at < 0 {
		return nil, refuse(src.name, nil, "no heading row found")
	}
	if bytes.ContainsRune([]byte(strings.Join(first[at], "")), '\uFFFD') {
		return nil, refuse(src.name, nil, "the heading row is not %s text; give the encoding (gbk, big5, utf-8)", enc)
	}
	c.heading, c.columns = at+1, nameColumns(first[at])
	c.decimal = decimalCommas(all[at+1:], len(c.columns))
	return c, nil
}

func (c *csvReader) Name() string           { return c.src.name }
func (c *csvReader) Format() string         { return "csv" }
func (c *csvReader) Columns() []string      { return c.columns }
func (c *csvReader) CRS() (crs.CRS, string) { return nil, "" }
func (c *csvReader) Close() error           { return c.src.close() }

func (c *csvReader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		raw, err := c.src.open()
		if err != nil {
			yield(Row{}, refuse(c.src.name, err, "cannot be read"))
			return
		}
		defer raw.Close()
		text, err := decode(raw, c.encoding)
		if err != nil {
			yield(Row{}, err)
			return
		}
		scan := newCSVScanner(c.delim.split(text), c.delim.by, c.limits.RowBytes)
		values := make([]string, len(c.columns))
		for num := int64(1); ; num++ {
			rec, err := scan.next()
			if errors.Is(err, io.EOF) {
				return
			}
			row := Row{File: c.src.name, Num: num}
			var bad *rowError
			switch {
			case errors.As(err, &bad):
				row.Err = bad
			case err != nil:
				yield(row, refuse(c.src.name, err, "row %d cannot be read: %v", num, err))
				return
			}
			if num <= int64(c.heading) || len(rec) == 1 && strings.TrimSpace(rec[0]) == "" {
				continue
			}
			if err := fillValues(values, rec); row.Err == nil {
				row.Err = err
			}
			for _, i := range c.decimal {
				values[i] = decimalPoint(values[i])
			}
			row.Values = values
			if !yield(row, nil) {
				return
			}
		}
	}
}

// fillValues copies a record into values. More values than columns are an error unless the surplus is empty.
func fillValues(values, rec []string) error {
	for i := range values {
		values[i] = ""
		if i < len(rec) {
			values[i] = strings.TrimSpace(rec[i])
		}
	}
	for i := len(values); i < len(rec); i++ {
		if strings.TrimSpace(rec[i]) != "" {
			return &rowError{
				Rule: RuleColumns, Value: rec[i],
				Text:   "the row has more values than the heading has columns",
				TextZh: "该行的值多于表头的列",
			}
		}
	}
	return nil
}

// csvScanner splits text into records by RFC 4180, with LF, CRLF or CR line ends, forgiving quotes inside unquoted values.
type csvScanner struct {
	r      *bufio.Reader
	delim  byte
	limit  int64
	buf    []byte
	bounds []int // pairs: start and end of each value in buf
	rec    []string
	done   bool
}

func newCSVScanner(r io.Reader, delim byte, limit int64) *csvScanner {
	if limit <= 0 {
		limit = 16 << 20
	}
	return &csvScanner{r: bufio.NewReaderSize(r, 1<<16), delim: delim, limit: limit}
}

var errRowTooLong = errors.New("it is longer than the limit for one row")

// next returns the next record, io.EOF after the last. The slice is used again by the next call.
func (s *csvScanner) next() ([]string, error) {
	if s.done {
		return nil, io.EOF
	}
	s.buf, s.bounds = s.buf[:0], s.bounds[:0]
	if s.plainLine() {
		return s.record(), nil
	}
	start, quoted, opened := 0, false, false
	endValue := func() { s.bounds = append(s.bounds, start, len(s.buf)); start = len(s.buf); opened = false }
	for {
		c, err := s.r.ReadByte()
		if err != nil {
			s.done = true
			switch {
			case !errors.Is(err, io.EOF):
				return nil, err
			case quoted:
				return s.record(), &rowError{
					Rule: RuleQuote, Text: "a quotation mark is opened and never closed",
					TextZh: "引号未闭合",
				}
			case len(s.buf) == 0 && len(s.bounds) == 0 && !opened:
				return nil, io.EOF
			}
			endValue()
			return s.record(), nil
		}
		if int64(len(s.buf)) >= s.limit {
			return nil, errRowTooLong
		}
		switch {
		case quoted && c == '"':
			if p, _ := s.r.Peek(1); len(p) == 1 && p[0] == '"' {
				_, _ = s.r.ReadByte()
				s.buf = append(s.buf, '"')
			} else {
				quoted = false
			}
		case quoted:
			s.buf = append(s.buf, c)
		case c == '"' && len(s.buf) == start && !opened:
			quoted, opened = true, true
		case c == s.delim:
			endValue()
		case c == '\n' || c == '\r':
			if c == '\r' {
				if p, _ := s.r.Peek(1); len(p) == 1 && p[0] == '\n' {
					_, _ = s.r.ReadByte()
				}
			}
			endValue()
			return s.record(), nil
		default:
			s.buf = append(s.buf, c)
		}
	}
}

// plainLine takes the next line when all of it is at hand and it has no quotation mark: most are so, and go in one piece.
func (s *csvScanner) plainLine() bool {
	if s.r.Buffered() == 0 {
		_, _ = s.r.Peek(1) // an error comes again where bytes are read one by one
	}
	ahead, _ := s.r.Peek(s.r.Buffered())
	end := bytes.IndexByte(ahead, '\n')
	if end < 0 || int64(end) >= s.limit {
		return false
	}
	line := bytes.TrimSuffix(ahead[:end], []byte{'\r'})
	if bytes.IndexByte(line, '"') >= 0 || bytes.IndexByte(line, '\r') >= 0 {
		return false
	}
	for rest := line; ; {
		n := bytes.IndexByte(rest, s.delim)
		start := len(s.buf)
		if n < 0 {
			s.buf = append(s.buf, rest...)
			s.bounds = append(s.bounds, start, len(s.buf))
			break
		}
		s.buf = append(s.buf, rest[:n]...)
		s.bounds = append(s.bounds, start, len(s.buf))
		rest = rest[n+1:]
	}
	_, _ = s.r.Discard(end + 1)
	return true
}

func (s *csvScanner) record() []string {
	text := string(s.buf)
	s.rec = s.rec[:0]
	for i := 0; i < len(s.bounds); i += 2 {
		s.rec = append(s.rec, text[s.bounds[i]:s.bounds[i+1]])
	}
	return s.rec
}

// Remarks tell what of the file's writing is not the usual.
func (c *csvReader) Remarks() (out []string) {
	if s := c.delim.String(); s != "" {
		out = append(out, "the values stand between "+s+" / 分隔符为 "+s)
	}
	if len(c.decimal) > 0 {
		names := make([]string, len(c.decimal))
		for i, k := range c.decimal {
			names[i] = c.columns[k]
		}
		out = append(out, "decimal commas in "+strings.Join(names, ", ")+" / 小数点写作逗号")
	}
	return out
}

// EncodingName is the encoding the file is read with.
func (c *csvReader) EncodingName() string { return c.encoding }
