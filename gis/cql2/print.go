package cql2

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

func upper(s string) string { return strings.ToUpper(s) }

// Text returns the filter in CQL2 text: the same for equal trees, and read back to the same tree.
func (f *Filter) Text() string { return textOf(f.root) }

func textOf(n *node) string {
	var b strings.Builder
	writeText(&b, n)
	return b.String()
}

// writeText prints n; operands that bind less than their operator stand in parentheses.
func writeText(b *strings.Builder, n *node) {
	switch o := n.op; {
	case o == opAnd || o == opOr:
		for i, a := range n.args {
			if i > 0 {
				b.WriteString(" " + upper(opNames[o]) + " ")
			}
			writeArg(b, a, a.op == opOr || a.op == opAnd)
		}
	case o == opNot:
		writeNot(b, n.args[0])
	case o == opIsNull, o == opLike, o == opBetween, o == opIn:
		writePredicate(b, n, "")
	case o.comparison():
		writeArg(b, n.args[0], false)
		b.WriteString(" " + opNames[o] + " ")
		writeArg(b, n.args[1], false)
	case o.arithmetic():
		writeArg(b, n.args[0], n.args[0].op.arithmetic())
		b.WriteString(" " + opNames[o] + " ")
		writeArg(b, n.args[1], n.args[1].op.arithmetic())
	case o.textual(), o.spatial(), o.temporal():
		b.WriteString(upper(opNames[o]) + "(")
		for i, a := range n.args {
			if i > 0 {
				b.WriteString(", ")
			}
			writeText(b, a)
		}
		b.WriteByte(')')
	case o == opInterval:
		b.WriteString("INTERVAL(" + endText(n.args[0]) + ", " + endText(n.args[1]) + ")")
	default:
		b.WriteString(literalText(n))
	}
}

func writeArg(b *strings.Builder, n *node, brackets bool) {
	if brackets {
		b.WriteByte('(')
	}
	writeText(b, n)
	if brackets {
		b.WriteByte(')')
	}
}

// writeNot prints the negation of n, as NOT LIKE and its like where the language has a form for it.
func writeNot(b *strings.Builder, n *node) {
	switch n.op {
	case opLike, opBetween, opIn, opIsNull:
		writePredicate(b, n, "NOT ")
	default:
		b.WriteString("NOT ")
		writeArg(b, n, n.op == opAnd || n.op == opOr || n.op.comparison())
	}
}

func writePredicate(b *strings.Builder, n *node, not string) {
	a := n.args[0]
	if n.op == opIsNull {
		writeArg(b, a, a.op.boolean())
		b.WriteString(" IS " + not + "NULL")
		return
	}
	writeText(b, a)
	b.WriteString(" " + not + upper(opNames[n.op]) + " ")
	switch n.op {
	case opLike:
		writeText(b, n.args[1])
	case opBetween:
		writeText(b, n.args[1])
		b.WriteString(" AND ")
		writeText(b, n.args[2])
	case opIn:
		b.WriteByte('(')
		for i, a := range n.args[1:] {
			if i > 0 {
				b.WriteString(", ")
			}
			writeText(b, a)
		}
		b.WriteByte(')')
	}
}

func literalText(n *node) string {
	switch n.op {
	case opProperty:
		return quoteName(n.text)
	case opText:
		return quoteText(n.text)
	case opInt, opReal:
		return numberText(n)
	case opBool:
		if n.int != 0 {
			return "TRUE"
		}
		return "FALSE"
	case opDate:
		return "DATE('" + dateString(n.int) + "')"
	case opTime:
		return "TIMESTAMP('" + timeString(n.int) + "')"
	case opBBox:
		g := n.geom.(orb.Bound)
		return "BBOX(" + realText(g.Min[0]) + ", " + realText(g.Min[1]) + ", " + realText(g.Max[0]) + ", " + realText(g.Max[1]) + ")"
	case opGeometry:
		return geometryText(n.geom)
	}
	return "'..'" // opOpen
}

func endText(n *node) string {
	switch n.op {
	case opDate:
		return "'" + dateString(n.int) + "'"
	case opTime:
		return "'" + timeString(n.int) + "'"
	}
	return literalText(n)
}

// numberText prints a number so that a whole one is read as whole and a real one as real.
func numberText(n *node) string {
	if n.op == opInt {
		return strconv.FormatInt(n.int, 10)
	}
	s := realText(n.real)
	if !strings.ContainsAny(s, ".E") {
		s += ".0"
	}
	return s
}

func realText(f float64) string {
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e17) {
		format = 'E'
	}
	return strconv.FormatFloat(f, format, -1, 64)
}

// quoteName prints a property's name, bare when it can be.
func quoteName(s string) string {
	bare := !slices.Contains(operators, upper(s)) && upper(s) != "TRUE" && upper(s) != "FALSE" && !geometryWord(upper(s))
	for i, r := range s {
		bare = bare && (nameStart(r) || i > 0 && nameMore(r))
	}
	if bare {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

var textEscapes = strings.NewReplacer(`\`, `\\`, `'`, `''`, "\a", `\a`, "\b", `\b`, "\t", `\t`, "\n", `\n`, "\v", `\v`, "\f", `\f`, "\r", `\r`)

func quoteText(s string) string { return "'" + textEscapes.Replace(s) + "'" }

func geometryText(g orb.Geometry) string {
	switch g := g.(type) {
	case orb.Point:
		return "POINT(" + pointText(g) + ")"
	case orb.LineString:
		return "LINESTRING" + pointsText(g)
	case orb.Polygon:
		return "POLYGON" + listText(g, func(r orb.Ring) string { return pointsText(r) })
	case orb.MultiPoint:
		return "MULTIPOINT" + listText(g, func(p orb.Point) string { return "(" + pointText(p) + ")" })
	case orb.MultiLineString:
		return "MULTILINESTRING" + listText(g, func(l orb.LineString) string { return pointsText(l) })
	case orb.MultiPolygon:
		return "MULTIPOLYGON" + listText(g, func(p orb.Polygon) string {
			return listText(p, func(r orb.Ring) string { return pointsText(r) })
		})
	}
	return "GEOMETRYCOLLECTION" + listText(g.(orb.Collection), geometryText)
}

func pointText(p orb.Point) string    { return realText(p[0]) + " " + realText(p[1]) }
func pointsText(l []orb.Point) string { return listText(l, pointText) }
func listText[T any](all []T, one func(T) string) string {
	parts := make([]string, len(all))
	for i, v := range all {
		parts[i] = one(v)
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// JSON returns the filter in CQL2 JSON, in one line: read back to the same tree.
func (f *Filter) JSON() []byte {
	var b strings.Builder
	writeJSON(&b, f.root)
	return []byte(b.String())
}

func writeJSON(b *strings.Builder, n *node) {
	switch n.op {
	case opProperty:
		b.WriteString(`{"property":` + jsonText(n.text) + `}`)
	case opText:
		b.WriteString(jsonText(n.text))
	case opInt, opReal:
		b.WriteString(numberText(n))
	case opBool:
		b.WriteString(strconv.FormatBool(n.int != 0))
	case opDate:
		b.WriteString(`{"date":"` + dateString(n.int) + `"}`)
	case opTime:
		b.WriteString(`{"timestamp":"` + timeString(n.int) + `"}`)
	case opInterval:
		b.WriteString(`{"interval":[` + endJSON(n.args[0]) + "," + endJSON(n.args[1]) + "]}")
	case opBBox:
		g := n.geom.(orb.Bound)
		b.WriteString(`{"bbox":[` + realText(g.Min[0]) + "," + realText(g.Min[1]) + "," + realText(g.Max[0]) + "," + realText(g.Max[1]) + "]}")
	case opGeometry:
		writeGeoJSON(b, n.geom)
	case opIn:
		b.WriteString(`{"op":"in","args":[`)
		writeJSON(b, n.args[0])
		b.WriteString(",[")
		writeList(b, n.args[1:])
		b.WriteString("]]}")
	default:
		b.WriteString(`{"op":"` + opNames[n.op] + `","args":[`)
		writeList(b, n.args)
		b.WriteString("]}")
	}
}

func writeList(b *strings.Builder, all []*node) {
	for i, a := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		writeJSON(b, a)
	}
}

func endJSON(n *node) string {
	if n.op == opProperty {
		return `{"property":` + jsonText(n.text) + `}`
	}
	return `"` + strings.Trim(endText(n), "'") + `"`
}

func jsonText(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

func writeGeoJSON(b *strings.Builder, g orb.Geometry) {
	if c, ok := g.(orb.Collection); ok {
		b.WriteString(`{"type":"GeometryCollection","geometries":[`)
		for i, one := range c {
			if i > 0 {
				b.WriteByte(',')
			}
			writeGeoJSON(b, one)
		}
		b.WriteString("]}")
		return
	}
	b.WriteString(`{"type":"` + g.GeoJSONType() + `","coordinates":`)
	writeCoordinates(b, g)
	b.WriteByte('}')
}

func writeCoordinates(b *strings.Builder, g orb.Geometry) {
	switch g := g.(type) {
	case orb.Point:
		b.WriteString("[" + realText(g[0]) + "," + realText(g[1]) + "]")
	case orb.MultiPoint:
		writeEach(b, g)
	case orb.LineString:
		writeEach(b, orb.MultiPoint(g))
	case orb.Ring:
		writeEach(b, orb.MultiPoint(g))
	case orb.MultiLineString:
		writeEach(b, g)
	case orb.Polygon:
		writeEach(b, g)
	case orb.MultiPolygon:
		writeEach(b, g)
	}
}

func writeEach[T orb.Geometry](b *strings.Builder, all []T) {
	b.WriteByte('[')
	for i, g := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		writeCoordinates(b, g)
	}
	b.WriteByte(']')
}
