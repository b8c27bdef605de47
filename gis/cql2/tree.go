package cql2

import (
	"slices"

	"github.com/paulmach/orb"
)

// op is what a node does.
type op uint8

const (
	opAnd op = iota
	opOr
	opNot

	opEq
	opNe
	opLt
	opGt
	opLe
	opGe
	opLike
	opBetween
	opIn // the first argument, then the list
	opIsNull

	opAdd
	opSub
	opMul
	opDiv
	opMod
	opIntDiv
	opPow
	opCaseI
	opAccentI

	opContains
	opCrosses
	opDisjoint
	opEquals
	opIntersects
	opOverlaps
	opTouches
	opWithin

	opAfter
	opBefore
	opTContains
	opTDisjoint
	opDuring
	opTEquals
	opFinishedBy
	opFinishes
	opTIntersects
	opMeets
	opMetBy
	opOverlappedBy
	opTOverlaps
	opStartedBy
	opStarts

	opProperty // text
	opText     // text
	opInt      // int
	opReal     // real
	opBool     // int 0 or 1
	opDate     // int: days since 1970-01-01
	opTime     // int: microseconds since 1970-01-01T00:00:00Z
	opOpen     // ".." of an interval
	opInterval // two arguments
	opGeometry // geom
	opBBox     // geom, an orb.Bound; its Min may lie east of its Max
)

// names of the operators in JSON; in text they are the same in upper case.
var opNames = [...]string{
	opAnd: "and", opOr: "or", opNot: "not",
	opEq: "=", opNe: "<>", opLt: "<", opGt: ">", opLe: "<=", opGe: ">=",
	opLike: "like", opBetween: "between", opIn: "in", opIsNull: "isNull",
	opAdd: "+", opSub: "-", opMul: "*", opDiv: "/", opMod: "%", opIntDiv: "div", opPow: "^",
	opCaseI: "casei", opAccentI: "accenti",
	opContains: "s_contains", opCrosses: "s_crosses", opDisjoint: "s_disjoint", opEquals: "s_equals",
	opIntersects: "s_intersects", opOverlaps: "s_overlaps", opTouches: "s_touches", opWithin: "s_within",
	opAfter: "t_after", opBefore: "t_before", opTContains: "t_contains", opTDisjoint: "t_disjoint", opDuring: "t_during",
	opTEquals: "t_equals", opFinishedBy: "t_finishedBy", opFinishes: "t_finishes", opTIntersects: "t_intersects",
	opMeets: "t_meets", opMetBy: "t_metBy", opOverlappedBy: "t_overlappedBy", opTOverlaps: "t_overlaps",
	opStartedBy: "t_startedBy", opStarts: "t_starts",
}

func (o op) comparison() bool { return o >= opEq && o <= opGe }
func (o op) arithmetic() bool { return o >= opAdd && o <= opPow }
func (o op) textual() bool    { return o == opCaseI || o == opAccentI }
func (o op) spatial() bool    { return o >= opContains && o <= opWithin }
func (o op) temporal() bool   { return o >= opAfter && o <= opStarts }
func (o op) boolean() bool    { return o <= opIsNull || o.spatial() || o.temporal() }

// node is one step of the tree. It is never changed once made.
type node struct {
	op    op
	depth int
	at    pos
	args  []*node
	text  string
	int   int64
	real  float64
	geom  orb.Geometry
}

// Filter is a parsed filter, immutable.
type Filter struct {
	root *node
	src  source
}

// Equal reports whether two filters have the same tree; where they were written does not count.
func (f *Filter) Equal(g *Filter) bool { return same(f.root, g.root) }

func same(a, b *node) bool {
	if a.op != b.op || a.text != b.text || a.int != b.int || a.real != b.real || len(a.args) != len(b.args) {
		return false
	}
	if (a.geom == nil) != (b.geom == nil) || a.geom != nil && !orb.Equal(a.geom, b.geom) {
		return false
	}
	return slices.EqualFunc(a.args, b.args, same)
}

// Properties returns the names of the properties the filter uses, in the order of their first use.
func (f *Filter) Properties() []string {
	var names []string
	f.root.each(func(n *node) {
		if n.op == opProperty && !slices.Contains(names, n.text) {
			names = append(names, n.text)
		}
	})
	return names
}

func (n *node) each(do func(*node)) {
	do(n)
	for _, a := range n.args {
		a.each(do)
	}
}

// maker makes nodes and holds them to the rules both forms share.
type maker struct{ src source }

func (m *maker) node(at pos, o op, args ...*node) (*node, error) {
	n := &node{op: o, at: at, args: args, depth: 1}
	for _, a := range args {
		n.depth = max(n.depth, a.depth+1)
	}
	if n.depth > MaxDepth {
		return nil, m.src.fault(at, "", "", "the filter is nested deeper than %d levels", MaxDepth)
	}
	for i, a := range args {
		if want := m.wrongArg(n, i, a); want != "" {
			return nil, m.src.unexpected(a.at, m.phrase(a), want)
		}
	}
	return n, nil
}

// wrongArg says what is expected as argument i of n when a is none; "" when it is fine.
func (m *maker) wrongArg(n *node, i int, a *node) string {
	any := a.op == opProperty
	switch o := n.op; {
	case o <= opNot:
		if !a.op.boolean() && a.op != opBool {
			if any {
				return "a condition, as " + quoteName(a.text) + " = TRUE,"
			}
			return "a condition"
		}
	case o == opIsNull:
		if a.op == opOpen {
			return "a property or a value"
		}
	case o == opLike && i == 1:
		if !isPattern(a) {
			return "a pattern, as 'abc%',"
		}
	case o == opLike || o.textual():
		if !any && a.op != opText && !a.op.textual() {
			return "a property or a text"
		}
	case o.arithmetic():
		if !any && a.op != opInt && a.op != opReal && !a.op.arithmetic() {
			return "a number"
		}
	case o.comparison(), o == opIn, o == opBetween:
		scalar := a.op == opText || a.op == opInt || a.op == opReal || a.op == opBool || a.op == opDate || a.op == opTime
		if !any && !scalar && !a.op.arithmetic() && !a.op.textual() {
			return "a property or a value"
		}
	case o.spatial():
		if !any && a.op != opGeometry && a.op != opBBox {
			return "a property or a geometry"
		}
	case o.temporal():
		if !any && a.op != opDate && a.op != opTime && a.op != opInterval {
			return "a property, a date, a timestamp or an interval"
		}
	case o == opInterval:
		if !any && a.op != opDate && a.op != opTime && a.op != opOpen {
			return "a property, a date, a timestamp or '..'"
		}
	}
	return ""
}

func isPattern(n *node) bool {
	return n.op == opText || n.op.textual() && isPattern(n.args[0])
}

// interval makes an interval and holds its ends against each other.
func (m *maker) interval(at pos, from, to *node) (*node, error) {
	n, err := m.node(at, opInterval, from, to)
	if err != nil {
		return nil, err
	}
	known := func(n *node) bool { return n.op == opDate || n.op == opTime }
	if !known(from) || !known(to) {
		return n, nil
	}
	if from.op != to.op {
		return nil, m.src.fault(to.at, "", "", "an interval has two dates or two timestamps, not one of each")
	}
	if from.int > to.int {
		return nil, m.src.fault(at, "", "", "the interval ends before it begins")
	}
	return n, nil
}

// phrase names a node in a message.
func (m *maker) phrase(n *node) string {
	switch {
	case n.op == opProperty:
		return "the property " + quoteName(n.text)
	case n.op == opText:
		return "the text " + shown(quoteText(n.text))
	case n.op == opInt || n.op == opReal:
		return "the number " + numberText(n)
	case n.op == opBool, n.op == opDate, n.op == opTime:
		return textOf(n)
	case n.op == opInterval:
		return "an interval"
	case n.op == opGeometry || n.op == opBBox:
		return "a geometry"
	case n.op == opOpen:
		return "'..'"
	case n.op.boolean():
		return "a condition"
	}
	return "an expression"
}
