package census

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// delimiter is what stands between the values of delimited text.
type delimiter struct {
	by   byte   // what the records are split at
	text string // what the file has in its place; "" when that is by itself
	runs bool   // several of them in a row are one
}

// unitSeparator stands for delimiters of more than one byte.
const unitSeparator = 0x1F

// The delimiters that are tried: the second list only where none of the first makes a table of the text.
var (
	usualDelimiters = []delimiter{{by: ','}, {by: '\t'}, {by: ';'}, {by: '|'}}
	rareDelimiters  = []delimiter{
		{by: '^'},
		{by: '~'},
		{by: '#'},
		{by: '@'},
		{by: '$'},
		{by: '!'},
		{by: '&'},
		{by: '*'},
		{by: 0x01},
		{by: unitSeparator},
		{by: unitSeparator, text: "，"},
		{by: unitSeparator, text: "；"},
		{by: unitSeparator, text: "、"},
		{by: unitSeparator, text: " ", runs: true},
		{by: ':'},
	}
)

// String names a delimiter that is not usual, "" otherwise.
func (d delimiter) String() string {
	switch {
	case d.runs:
		return "blanks"
	case d.text != "":
		return d.text
	case d.by < ' ' && d.by != '\t':
		return "\\x" + strconv.FormatUint(uint64(d.by)|0x100, 16)[1:]
	case strings.IndexByte(",\t;|", d.by) < 0:
		return string(d.by)
	}
	return ""
}

// split returns the text with its delimiters as single bytes.
func (d delimiter) split(r io.Reader) io.Reader {
	if d.text == "" {
		return r
	}
	return &replacer{r: bufio.NewReaderSize(r, 1<<16), from: []byte(d.text), to: d.by, runs: d.runs, start: true}
}

// replacer puts one byte in the place of a delimiter, quoted text aside.
type replacer struct {
	r      *bufio.Reader
	from   []byte
	to     byte
	runs   bool
	quoted bool
	start  bool // of a line: blanks that indent it delimit nothing
}

func (p *replacer) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		c, err := p.r.ReadByte()
		if err != nil {
			if n > 0 {
				err = nil
			}
			return n, err
		}
		if c == '"' {
			p.quoted = !p.quoted
		}
		if c == p.from[0] && !p.quoted {
			rest, _ := p.r.Peek(len(p.from) - 1)
			if bytes.Equal(rest, p.from[1:]) {
				_, _ = p.r.Discard(len(rest))
				for p.runs {
					next, _ := p.r.Peek(1)
					if len(next) == 0 || next[0] != p.from[0] {
						break
					}
					_, _ = p.r.Discard(1)
				}
				if p.runs && p.start {
					continue
				}
				c = p.to
			}
		}
		p.start = c == '\n' || c == '\r'
		b[n] = c
		n++
	}
	return n, nil
}

// firstRecords reads up to n records.
func firstRecords(text io.Reader, delim byte, n int) (out [][]string) {
	scan := newCSVScanner(text, delim, 0)
	for len(out) < n {
		rec, err := scan.next()
		if err != nil {
			break
		}
		out = append(out, append([]string(nil), rec...))
	}
	return out
}

// sniffDelimiter picks the delimiter that makes the best table of the first lines.
func sniffDelimiter(sample []byte) delimiter {
	best, most := usualDelimiters[0], 0.0
	for i, list := range [][]delimiter{usualDelimiters, rareDelimiters} {
		if i > 0 && most >= 0.5 {
			break
		}
		for _, d := range list {
			score := tableScore(firstRecords(d.split(bytes.NewReader(sample)), d.by, 40))
			if i > 0 && score < 1 { // a rare one has to make a table of nearly every line
				continue
			}
			if score > most {
				best, most = d, score
			}
		}
	}
	return best
}

// tableScore tells how much of a table records are: nearly all of one length, the first of these a heading, not numbers.
func tableScore(recs [][]string) float64 {
	counts := map[int]int{}
	lines := 0
	for _, r := range recs {
		if len(r) > 1 || strings.TrimSpace(r[0]) != "" {
			counts[len(r)]++
			lines++
		}
	}
	width, score := 0, 0.0
	for n, k := range counts {
		share := float64(k) / float64(lines)
		if s := share * share * share * float64(min(n-1, 30)); n > 1 && (s > score || s == score && n > width) {
			width, score = n, s
		}
	}
	for _, r := range recs {
		if len(r) != width {
			continue
		}
		numbers := 0
		for _, v := range r {
			if _, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
				numbers++
			}
		}
		if 2*numbers >= len(r) {
			score /= 4
		}
		break
	}
	return score
}

var (
	commaNumber  = regexp.MustCompile(`^[-+]?\d{1,9}(?:\.\d{3})*,\d+$`)
	surelyComma  = regexp.MustCompile(`^[-+]?(?:0,\d+|\d+,(?:\d{1,2}|\d{4,})|\d{4,},\d+|\d{1,3}(?:\.\d{3})+,\d+)$`)
	wholeNumber  = regexp.MustCompile(`^[-+]?\d+$`)
	groupedPoint = strings.NewReplacer(".", "", ",", ".")
)

// decimalCommas lists the columns whose numbers have a comma where others have a point: nearly every value is such a number
// or a whole one, and one in ten cannot be a number with thousands set apart.
func decimalCommas(recs [][]string, columns int) (out []int) {
	for c := range columns {
		filled, comma, sure := 0, 0, 0
		for _, r := range recs {
			if c >= len(r) || strings.TrimSpace(r[c]) == "" {
				continue
			}
			v := strings.TrimSpace(r[c])
			filled++
			switch {
			case surelyComma.MatchString(v):
				sure++
				comma++
			case commaNumber.MatchString(v):
				comma++
			case wholeNumber.MatchString(v):
				filled--
			}
		}
		if filled > 0 && comma*20 >= filled*19 && sure*10 >= filled {
			out = append(out, c)
		}
	}
	return out
}

// decimalPoint writes 3.918.000,5 and 116,97 as other numbers are written; anything else stays.
func decimalPoint(v string) string {
	if !commaNumber.MatchString(v) {
		return v
	}
	return groupedPoint.Replace(v)
}
