package postgis

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// rowsIn collects new rows of a table. Only the columns that had a value so far are sent: most layers have many that a delivery
// says nothing about, and an absent value costs the server as much as a present one.
type rowsIn struct {
	copyBuf
	t     *table
	at    []int  // positions in t.columns of the columns sent
	taken []bool // parallel to t.columns
}

func newRowsIn(t *table) rowsIn {
	r := rowsIn{t: t, taken: make([]bool, len(t.columns))}
	r.into = r.target()
	return r
}

// widen takes in the columns of a row that had no value before; it reports whether there were any. Rows collected before go by the
// former target, those after by the new one.
func (r *rowsIn) widen(vals []any) bool {
	wider := false
	for i, v := range vals {
		if v != nil && !r.taken[i] {
			r.taken[i], wider = true, true
		}
	}
	return wider
}

// target is where the rows go from now on: table and columns. The order of columns is that of the table.
func (r *rowsIn) target() string {
	names := []string{"fid", "rev"}
	r.at = r.at[:0]
	for i, taken := range r.taken {
		if taken {
			r.at = append(r.at, i)
			names = append(names, quote(r.t.columns[i]))
		}
	}
	return fmt.Sprintf("%s (%s)", r.t.sql, strings.Join(names, ", "))
}

func (r *rowsIn) add(id, rev int64, vals []any) error {
	if r.wire != nil {
		return r.addBinary(id, rev, vals)
	}
	b := appendCopy(append(appendCopy(r.b, id), '\t'), rev)
	for _, i := range r.at {
		b = appendCopy(append(b, '\t'), vals[i])
	}
	r.b = append(b, '\n')
	r.rows++
	return nil
}

func (r *rowsIn) addBinary(id, rev int64, vals []any) error {
	b := appendInt64(appendInt64(binary.BigEndian.AppendUint16(r.b, uint16(2+len(r.at))), id), rev)
	var err error
	for _, i := range r.at {
		kind := gis.Text
		if i >= r.t.fields {
			kind = r.t.layer.Fields[i-r.t.fields].Type
		}
		if b, err = appendBinary(b, kind, vals[i]); err != nil {
			return fmt.Errorf("%s: %w", r.t.columns[i], err)
		}
	}
	r.b = b
	r.rows++
	return nil
}

// seenText is a text that was looked at, and how it is stored.
type seenText struct {
	text string
	as   any
}

// seenSlots is how many texts of a field are remembered: dates come again and again.
const seenSlots = 256

// slot spreads texts over the slots by their length and their last bytes.
func slot(s string) int {
	n := len(s)
	h := n
	if n >= 4 {
		h += int(s[n-1])*3 + int(s[n-2])*11 + int(s[n-4])*23
	}
	return h % seenSlots
}

// encodeField is encodeValue of a field's value, which does not check again the text it checked a moment ago.
func (l *layerTx) encodeField(i int, v any) (any, error) {
	s, ok := v.(string)
	switch kind := l.t.layer.Fields[i].Type; {
	case !ok, !l.tx.info.Bulk:
		return encodeValue(&l.t.layer.Fields[i], v)
	case kind == gis.Text && (s == "" || s[0] < utf8.RuneSelf) && kept.Storable(s): // sooner looked at than looked for
		return v, nil
	}
	if l.seen[i] == nil {
		l.seen[i] = make([]seenText, seenSlots)
	}
	seen := &l.seen[i][slot(s)]
	if seen.as != nil && seen.text == s {
		return seen.as, nil
	}
	as, err := encodeValue(&l.t.layer.Fields[i], v)
	if err == nil {
		seen.text, seen.as = s, as
	}
	return as, err
}
