package cql2

import (
	"fmt"
	"strings"
	"sync"
	"unicode"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"wanmi/gis"
)

// folded is CASEI in SQL: upper and then lower case fold ß to ss; the sigma at the end of a word is one like the others.
func folded(sql string) string {
	const icu = ` COLLATE "und-x-icu"`
	return "(replace(lower(upper(" + sql + icu + ")" + icu + "), 'ς', 'σ')" + codePoints + ")"
}

// unaccented is ACCENTI in SQL.
func (w *sqlWriter) unaccented(sql string) string {
	marks := w.param(marksPattern(), "text")
	return "(normalize(regexp_replace(normalize(" + sql + ", NFD)" + codePoints + ", " + marks + ", '', 'g'), NFC)" + codePoints + ")"
}

// marksPattern is a regular expression of the characters unaccent takes away.
var marksPattern = sync.OnceValue(func() string {
	var b strings.Builder
	mark := func(r rune) bool { return unicode.Is(unicode.Mn, r) && unaccent(string(r)) == "" }
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !mark(r) {
			continue
		}
		first := r
		for mark(r + 1) {
			r++
		}
		fmt.Fprintf(&b, `\U%08X-\U%08X`, first, r)
	}
	return "[" + b.String() + "]"
})

// isReal reports whether a number is a real one.
func (w *sqlWriter) isReal(n *node) bool {
	return n.op == opReal || n.op.arithmetic() || n.op == opProperty && w.schema.Fields[w.schema.find(n.text)].Type == gis.Real
}

// quotient is a / b of numbers that are not infinite: NULL for a division by zero and what is too large, 0 for what is too small.
// PostgreSQL ends the statement for them.
const quotient = `CASE WHEN b = 0 THEN NULL WHEN a = 0 THEN 0 WHEN ln(abs(a)) - ln(abs(b)) BETWEEN -744 AND 709.78 THEN a / b WHEN ln(abs(a)) < ln(abs(b)) THEN 0 END`

// sumSQL are the operators of arithmetic on a and b, which are not infinite.
var sumSQL = map[op]string{
	opAdd:    `CASE WHEN abs(a) < 8e307 AND abs(b) < 8e307 THEN a + b END`,
	opSub:    `CASE WHEN abs(a) < 8e307 AND abs(b) < 8e307 THEN a - b END`,
	opMul:    `CASE WHEN a = 0 OR b = 0 THEN 0 WHEN ln(abs(a)) + ln(abs(b)) BETWEEN -744 AND 709.78 THEN a * b WHEN ln(abs(a)) + ln(abs(b)) < 0 THEN 0 END`,
	opDiv:    quotient,
	opIntDiv: `trunc(` + quotient + `)`,
	opMod:    `CASE WHEN abs(a) < 8e307 THEN a - b * trunc(` + quotient + `) END`,
	opPow: `CASE WHEN b = 0 THEN 1 WHEN a = 0 THEN CASE WHEN b > 0 THEN 0 END WHEN a < 0 AND b <> trunc(b) THEN NULL WHEN abs(b) > 1e290 THEN NULL
		WHEN abs(b) < 1e-290 THEN 1 WHEN b * ln(abs(a)) BETWEEN -744 AND 709.78 THEN power(a, b) WHEN b * ln(abs(a)) < 0 THEN 0 END`,
}

// sum writes arithmetic: a query, so that each operand is written and computed once, and nothing is before it has been looked at.
func (w *sqlWriter) sum(n *node) (v written, err error) {
	if w.sums++; w.sums > maxSums {
		return v, w.src.fault(n.at, "", "", "the filter has more than %d arithmetic operators; a table of a database is not asked for more", maxSums)
	}
	var sides [2]written
	for i, a := range n.args {
		if sides[i], err = w.value(a); err != nil {
			return v, err
		}
	}
	return written{`(SELECT CASE WHEN abs(a) < 'Infinity' AND abs(b) < 'Infinity' THEN ` + sumSQL[n.op] + ` END FROM (SELECT ` + sides[0].double() + ` AS a, ` + sides[1].double() +
		` AS b OFFSET 0) "wanmi:sum")`, true}, nil
}

// timeSQL is relatesInTime as SQL: A and B are the ends of the first span, C and D those of the second.
var timeSQL = map[op]string{
	opAfter: "A > D", opBefore: "B < C", opTDisjoint: "A > D OR B < C", opTIntersects: "A <= D AND B >= C", opTEquals: "A = C AND B = D",
	opTContains: "A < C AND B > D", opDuring: "A > C AND B < D", opFinishedBy: "A < C AND B = D", opFinishes: "A > C AND B = D", opMeets: "B = C", opMetBy: "A = D",
	opOverlappedBy: "A > C AND A < D AND B > D", opTOverlaps: "A < C AND B > C AND B < D", opStartedBy: "A = C AND B > D", opStarts: "A = C AND B < D",
}

func (w *sqlWriter) temporalSQL(n *node) (string, error) {
	var kinds [2]kind
	null := false // an end may be NULL that the comparison does not look at
	for i, a := range n.args {
		var err error
		if kinds[i], _, err = w.timeKind(a); err != nil {
			return "", err
		}
		null = null || a.op == opInterval && (a.args[0].op == opProperty || a.args[1].op == opProperty)
	}
	form := timeSQL[n.op]
	var ends [4]string
	for i, a := range n.args {
		k := kinds[i]
		if k == kInterval || kinds[1-i] == kDate { // without ends, or days meet moments
			k = kinds[1-i]
		}
		for e := range 2 {
			if !null && !strings.Contains(strings.ReplaceAll(form, "AND", ""), "ABCD"[2*i+e:2*i+e+1]) {
				continue // a parameter that is not used is an error
			}
			var err error
			if ends[2*i+e], err = w.end(a, e, k); err != nil {
				return "", err
			}
		}
	}
	if null {
		return "(CASE WHEN num_nulls(" + strings.Join(ends[:], ", ") + ") = 0 THEN " + filled(form, ends) + " END)", nil
	}
	return "(" + filled(form, ends) + ")", nil
}

// filled puts the ends of two spans into a form, whose AND is no letter of one.
func filled(form string, ends [4]string) string {
	return strings.NewReplacer("AND", "AND", "A", ends[0], "B", ends[1], "C", ends[2], "D", ends[3]).Replace(form)
}

// end writes the beginning (0) or the end (1) of an instant or an interval, as a day or, when k is kTime, as a moment.
func (w *sqlWriter) end(n *node, which int, k kind) (string, error) {
	typ := "::date"
	if k == kTime {
		typ = "::timestamptz"
	}
	if n.op == opInterval {
		n = n.args[which]
	}
	if n.op == opOpen {
		return [2]string{"'-infinity'", "'infinity'"}[which] + typ, nil
	}
	v, err := w.value(n)
	if one, _ := w.kind(n); one == kTime && k == kDate {
		v.sql = "(" + v.sql + ")::date"
	}
	return v.sql, err
}

// spatialNames are the functions of PostGIS.
var spatialNames = map[op]string{
	opContains: "ST_Contains", opCrosses: "ST_Crosses", opDisjoint: "ST_Disjoint", opEquals: "ST_Equals", opIntersects: "ST_Intersects",
	opOverlaps: "ST_Overlaps", opTouches: "ST_Touches", opWithin: "ST_Within",
}

func (w *sqlWriter) spatialSQL(n *node, only bool) (string, error) {
	var sides [2]string
	lit := ""
	for i, a := range n.args {
		if a.op == opProperty {
			sides[i] = w.table.Geometry
			if w.table.Areas {
				sides[i] = w.valid(sides[i])
			}
			continue
		}
		var err error
		if sides[i], err = w.shape(a); err != nil {
			return "", err
		}
		lit = sides[i]
	}
	s := w.table.PostGIS + spatialNames[n.op] + "(" + sides[0] + ", " + sides[1] + ")"
	if only && w.table.Column != "" && lit != "" && n.op != opDisjoint && (n.args[0].op == opProperty || n.args[1].op == opProperty) {
		s = "(" + w.table.Column + " OPERATOR(" + w.table.PostGIS + "&&) " + lit + " AND " + s + ")"
	}
	return s, nil
}

// valid makes a geometry one PostGIS can judge: areas whose border crosses itself follow the even-odd rule.
func (w *sqlWriter) valid(g string) string {
	return fmt.Sprintf("CASE WHEN %[1]sST_IsValid(%[2]s) THEN %[2]s ELSE %[1]sST_MakeValid(%[2]s) END", w.table.PostGIS, g)
}

// shape writes a geometry of the filter.
func (w *sqlWriter) shape(n *node) (string, error) {
	g, err := w.located(n)
	if err != nil {
		return "", err
	}
	if b, ok := g.(orb.Bound); ok { // one without width or height is a line or a point
		switch {
		case b.Min == b.Max:
			g = b.Min
		case b.Min[0] == b.Max[0] || b.Min[1] == b.Max[1]:
			g = orb.LineString{b.Min, b.Max}
		default:
			g = b.ToPolygon()
		}
	}
	raw, err := wkb.Marshal(g)
	if err != nil {
		return "", w.src.fault(n.at, "", "", "the geometry cannot be handed to a database")
	}
	return fmt.Sprintf("%[1]sST_MakeValid(%[1]sST_GeomFromWKB(%[2]s, %[3]d))", w.table.PostGIS, w.param(raw, "bytea"), w.table.SRID), nil
}
