package cql2

import (
	"strings"
	"time"
)

// SQLTable is a table of a PostgreSQL database with PostGIS, as the condition made of a filter names its parts.
type SQLTable struct {
	Fields   []string // the values by their place in Schema.Fields, as SQL: text, a whole number, double precision, boolean, date, timestamptz
	Geometry string   // the geometry in longitude and latitude, without curves, as SQL
	SRID     int      // that Geometry has
	Column   string   // the column an index may be on, in the coordinates of Geometry; "": none
	Areas    bool     // there may be areas, which may be invalid
	PostGIS  string   // the schema PostGIS is in, quoted, with its dot
	Params   int      // parameters the statement has besides
}

// maxSums bounds the arithmetic of a filter that is asked of a database, where each operator is a query of its own.
const maxSums = 64

// SQL returns the filter as a condition of PostgreSQL 13 or newer that is true for the rows the predicate of the same schema keeps, and its
// parameters, numbered from t.Params+1. What the filter says is in the parameters alone. Errors are those of [Filter.Compile], and few more for what no database can be asked.
//
// It differs from the predicate where PostgreSQL and PostGIS do: the day of a timestamp is that in the time zone of the session, CASEI goes by ICU's
// upper and lower case, PostGIS judges lines that cross themselves, the remainder of fractions may differ in the last digit.
func (f *Filter) SQL(s Schema, crs CRS, t SQLTable) (condition string, params []any, err error) {
	if _, err := f.Compile(s, crs); err != nil {
		return "", nil, err
	}
	if crs == nil {
		crs = CRS84
	}
	w := &sqlWriter{compiler: compiler{src: &f.src, schema: &s, crs: crs, zone: s.zone()}, table: &t}
	condition, err = w.truth(f.root, true)
	return condition, w.params, err
}

// sqlWriter writes a filter that has been compiled without fault.
type sqlWriter struct {
	compiler
	table  *SQLTable
	params []any
	sums   int
}

func (w *sqlWriter) param(v any, typ string) string {
	w.params = append(w.params, v)
	return "$" + itoa(w.table.Params+len(w.params)) + "::" + typ
}

// text makes a parameter of a text of the filter.
func (w *sqlWriter) text(n *node, s string) (string, error) {
	if strings.IndexByte(s, 0) >= 0 {
		return "", w.src.fault(n.at, phrase(n), "", "the text has a character U+0000; no text of a database has")
	}
	return w.param(s, "text"), nil
}

// truth writes a condition. only says that FALSE may stand for NULL: the row is not taken either way.
func (w *sqlWriter) truth(n *node, only bool) (string, error) {
	switch {
	case n.op == opBool:
		return boolSQL(n), nil
	case n.op == opAnd || n.op == opOr:
		parts := make([]string, len(n.args))
		for i, a := range n.args {
			var err error
			if parts[i], err = w.truth(a, only); err != nil {
				return "", err
			}
		}
		return "(" + strings.Join(parts, " "+upper(opNames[n.op])+" ") + ")", nil
	case n.op == opNot:
		s, err := w.truth(n.args[0], false)
		return "(NOT " + s + ")", err
	case n.op.spatial():
		return w.spatialSQL(n, only)
	case n.op.temporal():
		return w.temporalSQL(n)
	}
	switch n.op {
	case opIsNull:
		return w.isNullSQL(n)
	case opLike:
		return w.likeSQL(n)
	case opIn:
		return w.inSQL(n, only)
	case opBetween:
		return w.betweenSQL(n)
	}
	return w.comparisonSQL(n, only)
}

func boolSQL(n *node) string {
	if n.int != 0 {
		return "TRUE"
	}
	return "FALSE"
}

// written is an operand as SQL.
type written struct {
	sql  string
	real bool // of a number: double precision, not a whole one
}

func (v written) double() string {
	if v.real {
		return v.sql
	}
	return "(" + v.sql + ")::float8"
}

// value writes a value. Texts have the collation of their code points.
func (w *sqlWriter) value(n *node) (v written, err error) {
	switch {
	case n.op == opProperty:
		return w.field(n), nil
	case n.op.textual():
		v, err = w.value(n.args[0])
		if n.op == opCaseI {
			v.sql = folded(v.sql)
		} else {
			v.sql = w.unaccented(v.sql)
		}
		return v, err
	case n.op.arithmetic():
		return w.sum(n)
	}
	switch n.op {
	case opText:
		v.sql, err = w.text(n, n.text)
		v.sql = "(" + v.sql + codePoints + ")"
	case opInt:
		v.sql = w.param(n.int, "int8")
	case opReal:
		v = written{w.param(n.real, "float8"), true}
	case opBool:
		v.sql = boolSQL(n)
	case opDate:
		v.sql = "('1970-01-01'::date + " + w.param(n.int, "int4") + ")"
	case opTime:
		v.sql = w.param(time.UnixMicro(n.int).UTC(), "timestamptz")
	}
	return v, err
}

const codePoints = ` COLLATE "C"`

// field writes a property. What is NULL to a filter is so here.
func (w *sqlWriter) field(n *node) written {
	i := w.schema.find(n.text)
	sql := w.table.Fields[i]
	switch k := kindOf[w.schema.Fields[i].Type]; {
	case k == kText:
		return written{sql: "(NULLIF(" + sql + codePoints + ", '')" + codePoints + ")"}
	case w.isReal(n):
		return written{"NULLIF(" + sql + ", 'NaN'::float8)", true}
	}
	return written{sql: sql}
}

// operands writes values that are compared with each other; days says that they are days.
func (w *sqlWriter) operands(args []*node) (vs []written, err error) {
	kinds := make([]kind, len(args))
	dates := false
	for i, a := range args {
		if kinds[i], err = w.kind(a); err != nil {
			return nil, err
		}
		dates = dates || kinds[i] == kDate
	}
	vs = make([]written, len(args))
	for i, a := range args {
		if vs[i], err = w.value(a); err != nil {
			return nil, err
		}
		if kinds[i] == kTime && dates {
			vs[i].sql = "(" + vs[i].sql + ")::date"
		}
	}
	return vs, nil
}

// pair returns two operands as SQL of one type.
func pair(a, b written) (string, string) {
	if a.real != b.real {
		return a.double(), b.double()
	}
	return a.sql, b.sql
}

func (w *sqlWriter) comparisonSQL(n *node, only bool) (string, error) {
	vs, err := w.operands(n.args)
	if err != nil {
		return "", err
	}
	a, b := pair(vs[0], vs[1])
	s := "(" + a + " " + opNames[n.op] + " " + b + ")"
	if n.op == opEq && only {
		for i, p := range n.args {
			if column, ok := w.sought(p, n.args[1-i]); ok {
				return "(" + column + " = " + bare(vs[1-i]) + " AND " + s + ")", nil
			}
		}
	}
	return s, nil
}

// sought returns the column of a text that is compared with a literal, for an index to be used: that has the collation of the column.
func (w *sqlWriter) sought(property, literal *node) (column string, ok bool) {
	if property.op != opProperty || literal.op != opText {
		return "", false
	}
	return w.table.Fields[w.schema.find(property.text)], true
}

// bare is a text of the filter without its collation.
func bare(v written) string {
	return strings.TrimSuffix(strings.TrimPrefix(v.sql, "("), codePoints+")")
}

func (w *sqlWriter) betweenSQL(n *node) (string, error) {
	vs, err := w.operands(n.args)
	if err != nil {
		return "", err
	}
	lo, a := pair(vs[1], vs[0])
	b, hi := pair(vs[0], vs[2])
	s := lo + " <= " + a + " AND " + b + " <= " + hi
	if literal(n.args[1]) && literal(n.args[2]) {
		return "(" + s + ")", nil
	}
	return "(CASE WHEN num_nulls(" + vs[0].sql + ", " + vs[1].sql + ", " + vs[2].sql + ") = 0 THEN " + s + " END)", nil
}

func literal(n *node) bool { return n.op >= opText && n.op <= opTime }

func (w *sqlWriter) inSQL(n *node, only bool) (string, error) {
	vs, err := w.operands(n.args)
	if err != nil {
		return "", err
	}
	var same, other []string // as the first operand, and of the other type of numbers
	texts := make([]string, 0, len(vs))
	plain := only
	for i, v := range vs[1:] {
		if v.real == vs[0].real {
			same = append(same, v.sql)
		} else {
			other = append(other, v.double())
		}
		if _, ok := w.sought(n.args[0], n.args[i+1]); ok {
			texts = append(texts, bare(v))
		} else {
			plain = false
		}
	}
	var parts []string
	if len(same) > 0 {
		parts = append(parts, vs[0].sql+" IN ("+strings.Join(same, ", ")+")")
	}
	if len(other) > 0 {
		parts = append(parts, vs[0].double()+" IN ("+strings.Join(other, ", ")+")")
	}
	s := "(" + strings.Join(parts, " OR ") + ")"
	if plain {
		column, _ := w.sought(n.args[0], n.args[1])
		return "(" + column + " IN (" + strings.Join(texts, ", ") + ") AND " + s + ")", nil
	}
	return s, nil
}

func (w *sqlWriter) likeSQL(n *node) (string, error) {
	v, err := w.value(n.args[0])
	if err != nil {
		return "", err
	}
	want, err := w.scalar(n.args[1])
	if err != nil {
		return "", err
	}
	one, _ := want(nil) // a pattern is a literal, folded or not
	s := one.text
	if tail := len(s) - len(strings.TrimRight(s, `\`)); tail%2 == 1 {
		s += `\` // the last one stands for itself, which PostgreSQL wants to be told
	}
	p, err := w.text(n.args[1], s)
	for a := n.args[1]; a.op.textual(); a = a.args[0] {
		if a.op == opCaseI {
			p = folded(p)
			break
		}
	}
	return "(" + v.sql + " LIKE " + p + ")", err
}

func (w *sqlWriter) isNullSQL(n *node) (string, error) {
	a := n.args[0]
	k, err := w.kind(a)
	if err != nil {
		return "", err
	}
	switch {
	case a.op == opBool:
		return "FALSE", nil
	case a.op.boolean():
		s, err := w.truth(a, false)
		return "(" + s + " IS NULL)", err
	case k == kGeometry && a.op == opProperty:
		return "(" + w.table.Geometry + " IS NULL)", nil
	case k == kGeometry:
		return "FALSE", nil
	case k == kInterval:
		from, err := w.end(a, 0, kDate)
		if err != nil {
			return "", err
		}
		to, err := w.end(a, 1, kDate)
		return "(num_nulls(" + from + ", " + to + ") > 0)", err
	}
	v, err := w.value(a)
	return "(" + v.sql + " IS NULL)", err
}
