package census

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	errJSONCut   = errors.New("the JSON ends too early")
	errJSONLarge = errors.New("a JSON value is larger than the limit for one row")
	errJSONDepth = errors.New("the JSON is nested too deep")
)

const maxJSONDepth = 200

// jsonScanner cuts a JSON text into values without holding more than one. It goes by brackets and
// strings only, so a value with a word like NaN in it is delivered and refused as one row.
type jsonScanner struct {
	r     *bufio.Reader
	limit int64
	buf   []byte
}

func newJSONScanner(r io.Reader, limit int64) *jsonScanner {
	return &jsonScanner{r: bufio.NewReaderSize(r, 1<<16), limit: limit}
}

// peek skips blanks (and the record separators of GeoJSON sequences) and returns the next byte without taking it.
func (s *jsonScanner) peek() (byte, error) {
	for {
		b, err := s.r.ReadByte()
		if err != nil {
			return 0, err
		}
		switch b {
		case ' ', '\t', '\r', '\n', 0x1E:
		case 0xEF: // byte order mark
			if p, _ := s.r.Peek(2); bytes.Equal(p, []byte{0xBB, 0xBF}) {
				_, _ = s.r.Discard(2)
				continue
			}
			fallthrough
		default:
			return b, s.r.UnreadByte()
		}
	}
}

// take reads the given byte.
func (s *jsonScanner) take(want byte) error {
	b, err := s.peek()
	if err != nil {
		return cut(err)
	}
	if b != want {
		return fmt.Errorf("the JSON has %q where %q should be", b, want)
	}
	_, err = s.r.ReadByte()
	return err
}

func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return errJSONCut
	}
	return err
}

// value returns the bytes of the next value, valid until the next call.
func (s *jsonScanner) value() ([]byte, error) {
	b, err := s.peek()
	if err != nil {
		return nil, cut(err)
	}
	s.buf = s.buf[:0]
	if b == ',' || b == ':' || b == ']' || b == '}' {
		return nil, fmt.Errorf("the JSON has %q where a value should be", b)
	}
	depth, inString, escaped := 0, false, false
	for {
		b, err := s.r.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) && depth == 0 && !inString && len(s.buf) > 0 {
				return s.buf, nil
			}
			return nil, cut(err)
		}
		if int64(len(s.buf)) >= s.limit {
			return nil, errJSONLarge
		}
		if inString {
			s.buf = append(s.buf, b)
			switch {
			case escaped:
				escaped = false
			case b == '\\':
				escaped = true
			case b == '"':
				if inString = false; depth == 0 {
					return s.buf, nil
				}
			}
			continue
		}
		switch b {
		case '"':
			inString = true
		case '{', '[':
			if depth++; depth > maxJSONDepth {
				return nil, errJSONDepth
			}
		case '}', ']':
			if depth == 0 {
				return s.buf, s.r.UnreadByte()
			}
			if depth--; depth == 0 {
				return append(s.buf, b), nil
			}
		case ',', ' ', '\t', '\r', '\n', 0x1E:
			if depth == 0 {
				return s.buf, s.r.UnreadByte()
			}
		}
		s.buf = append(s.buf, b)
	}
}

// next reports whether another member follows in an array or object that closes with end; it takes commas and the end.
func (s *jsonScanner) next(end byte, first bool) (bool, error) {
	b, err := s.peek()
	if err != nil {
		return false, cut(err)
	}
	if b == end {
		_, err = s.r.ReadByte()
		return false, err
	}
	if first {
		return true, nil
	}
	return true, s.take(',')
}

// key reads a member's name and the colon.
func (s *jsonScanner) key() (string, error) {
	b, err := s.peek()
	if err != nil {
		return "", cut(err)
	}
	if b != '"' {
		return "", fmt.Errorf("the JSON has %q where a name should be", b)
	}
	raw, err := s.value()
	if err != nil {
		return "", err
	}
	name := unquote(raw)
	return name, s.take(':')
}

// jsonArray is an array of objects inside an object, with the members that lead to it.
type jsonArray struct {
	path    []string
	objects int
}

// What an outermost object turns out to be before all of it is read.
var (
	errFeatures = errors.New("a feature collection")
	errFeature  = errors.New("a feature")
)

// outline reads the members of an object whose brace is taken, three deep, and lists the arrays of objects in it.
func (s *jsonScanner) outline(path []string, arrays *[]jsonArray) error {
	for first := true; ; first = false {
		more, err := s.next('}', first)
		if err != nil || !more {
			return err
		}
		key, err := s.key()
		if err != nil {
			return err
		}
		b, err := s.peek()
		if err != nil {
			return cut(err)
		}
		at := append(path[:len(path):len(path)], key)
		switch {
		case b == '[' && key == "features" && len(path) == 0:
			return errFeatures
		case b == '[' && key != "coordinates" && key != "bbox":
			n, err := s.countObjects()
			if err != nil {
				return err
			}
			*arrays = append(*arrays, jsonArray{at, n})
		case b == '{' && len(path) < 3 && key != "geometry" && key != "properties" && key != "crs":
			if err := s.take('{'); err != nil {
				return err
			}
			if err := s.outline(at, arrays); err != nil {
				return err
			}
		default:
			v, err := s.value()
			if err != nil {
				return err
			}
			if len(path) == 0 && key == "type" && jsonText(v) == "Feature" {
				return errFeature
			}
		}
	}
}

// countObjects reads an array and tells how many of its values are objects.
func (s *jsonScanner) countObjects() (int, error) {
	if err := s.take('['); err != nil {
		return 0, err
	}
	n := 0
	for first := true; ; first = false {
		more, err := s.next(']', first)
		if err != nil || !more {
			return n, err
		}
		b, err := s.peek()
		if err != nil {
			return n, cut(err)
		}
		if b == '{' {
			n++
		}
		if _, err := s.value(); err != nil {
			return n, err
		}
	}
}

// walkObject calls fn for every member of a JSON object, in order, with the raw value.
func walkObject(raw []byte, fn func(key string, value []byte)) error {
	i := skipBlank(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return errors.New("it is not a JSON object")
	}
	i = skipBlank(raw, i+1)
	for i < len(raw) && raw[i] != '}' {
		if raw[i] != '"' {
			return fmt.Errorf("it has %q where a name should be", raw[i])
		}
		end := skipValue(raw, i)
		if end < 0 {
			return errJSONCut
		}
		key := unquote(raw[i:end])
		if i = skipBlank(raw, end); i >= len(raw) || raw[i] != ':' {
			return fmt.Errorf("the name %q has no value", key)
		}
		i = skipBlank(raw, i+1)
		if end = skipValue(raw, i); end < 0 || end == i {
			return fmt.Errorf("the value of %q cannot be read", key)
		}
		fn(key, raw[i:end])
		if i = skipBlank(raw, end); i < len(raw) && raw[i] == ',' {
			i = skipBlank(raw, i+1)
		} else if i < len(raw) && raw[i] != '}' {
			return fmt.Errorf("after %q stands %q", key, raw[i])
		}
	}
	if i >= len(raw) {
		return errJSONCut
	}
	return nil
}

func skipBlank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// skipValue returns the index behind the value at i, -1 when it does not end.
func skipValue(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if i >= len(b) {
				return -1
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	if depth > 0 {
		return -1
	}
	return i
}

// unquote returns the text of a JSON string.
func unquote(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return string(raw)
	}
	in := raw[1 : len(raw)-1]
	if bytes.IndexByte(in, '\\') < 0 {
		if !utf8.Valid(in) {
			return strings.ToValidUTF8(string(in), "\uFFFD")
		}
		return string(in)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return strings.ToValidUTF8(string(in), "\uFFFD")
	}
	return s
}

// jsonText is a raw JSON value as the text of a row: strings without quotes, null as "".
func jsonText(raw []byte) string {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case raw[0] == '"':
		return strings.TrimSpace(unquote(raw))
	case raw[0] == '{' || raw[0] == '[':
		var b bytes.Buffer
		if json.Compact(&b, raw) == nil {
			return b.String()
		}
	case len(raw) > 2 && bytes.HasSuffix(raw, []byte(".0")):
		return string(raw[:len(raw)-2])
	}
	return string(raw)
}

// parseNumber reads a JSON number, and NaN and Infinity, which are none.
func parseNumber(raw []byte) (float64, error) {
	return strconv.ParseFloat(string(bytes.TrimSpace(raw)), 64)
}
