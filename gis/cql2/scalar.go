package cql2

import (
	"cmp"
	"math"
	"strings"

	"wanmi/gis"
)

// scalar is a value of a row: which of its parts counts its kind says.
type scalar struct {
	text string
	int  int64 // of whole numbers, truths (0, 1), dates and timestamps as in a node
	real float64
	frac bool // a number's value is real, not int
}

// valuer gives a value of a row; ok is false for NULL.
type valuer func(Row) (v scalar, ok bool)

func (v scalar) number() float64 {
	if v.frac {
		return v.real
	}
	return float64(v.int)
}

// scalar compiles a value. The operand's kind is known to be right for its place.
func (c *compiler) scalar(n *node) (valuer, error) {
	switch {
	case n.op == opProperty:
		return c.property(n)
	case n.op.textual():
		return c.textual(n)
	case n.op.arithmetic():
		return c.arithmetic(n)
	}
	v := scalar{text: n.text, int: n.int, real: n.real, frac: n.op == opReal}
	return func(Row) (scalar, bool) { return v, true }, nil
}

func (c *compiler) property(n *node) (valuer, error) {
	if _, err := c.kind(n); err != nil {
		return nil, err
	}
	i := c.schema.find(n.text)
	if i < 0 {
		return nil, c.src.fault(n.at, "a geometry", "a value", "%s is a geometry; a value is expected", n.text)
	}
	typ := c.schema.Fields[i].Type
	return func(row Row) (v scalar, ok bool) {
		switch x := row.Value(i).(type) {
		case string:
			if x == "" {
				return v, false
			}
			switch typ {
			case gis.Date:
				v.int, ok = parseDate(x)
			case gis.Time:
				v.int, ok = parseTime(x)
			default:
				v.text, ok = x, true
			}
		case int64:
			v.int, ok = x, true
		case float64:
			v.real, v.frac = x, true
			ok = !math.IsNaN(x)
		case bool:
			ok = true
			if x {
				v.int = 1
			}
		}
		return v, ok
	}, nil
}

func (c *compiler) textual(n *node) (valuer, error) {
	if err := c.mustBe(n.args[0], kText); err != nil {
		return nil, err
	}
	v, err := c.scalar(n.args[0])
	if err != nil {
		return nil, err
	}
	turn := fold
	if n.op == opAccentI {
		turn = unaccent
	}
	if n.args[0].op == opText {
		one, _ := v(nil)
		one.text = turn(one.text)
		return func(Row) (scalar, bool) { return one, true }, nil
	}
	return func(row Row) (scalar, bool) {
		s, ok := v(row)
		if ok {
			s.text = turn(s.text)
		}
		return s, ok
	}, nil
}

func (c *compiler) arithmetic(n *node) (valuer, error) {
	var sides [2]valuer
	for i, a := range n.args {
		if err := c.mustBe(a, kNumber); err != nil {
			return nil, err
		}
		var err error
		if sides[i], err = c.scalar(a); err != nil {
			return nil, err
		}
	}
	a, b, o := sides[0], sides[1], n.op
	return func(row Row) (scalar, bool) {
		x, ok := a(row)
		if !ok {
			return x, false
		}
		y, ok := b(row)
		if !ok {
			return y, false
		}
		v := compute(o, x.number(), y.number())
		return scalar{real: v, frac: true}, !math.IsNaN(v) && !math.IsInf(v, 0)
	}, nil
}

func compute(o op, x, y float64) float64 {
	switch o {
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opMul:
		return x * y
	case opDiv:
		return x / y
	case opMod:
		return math.Mod(x, y)
	case opIntDiv:
		return math.Trunc(x / y)
	}
	return math.Pow(x, y)
}

// order compares two values of a kind.
func order(k kind, a, b scalar) int {
	switch {
	case k == kText:
		return strings.Compare(a.text, b.text)
	case a.frac || b.frac:
		return cmp.Compare(a.number(), b.number())
	}
	return cmp.Compare(a.int, b.int)
}

// alike compiles operands that are compared with each other: they are of one kind, but that timestamps become days where a
// date is among them.
func (c *compiler) alike(args []*node) (kind, []valuer, error) {
	kinds := make([]kind, len(args))
	dates := false
	var err error
	for i, a := range args {
		if kinds[i], err = c.kind(a); err != nil {
			return 0, nil, err
		}
		dates = dates || kinds[i] == kDate
	}
	// A literal of the wrong type is the fault, not the property it is compared with.
	first := 0
	for i, a := range args {
		if a.op == opProperty {
			first = i
			break
		}
	}
	k := kinds[first]
	values := make([]valuer, len(args))
	for i, a := range args {
		if moment := func(k kind) bool { return k == kDate || k == kTime }; !moment(kinds[i]) || !moment(k) {
			if err := c.mustBe(a, k); err != nil {
				return 0, nil, err
			}
		}
		if kinds[i] == kGeometry || kinds[i] == kInterval {
			return 0, nil, c.src.fault(a.at, phrase(a), "a value", "%s is %s; a text, a number, a truth value, a date or a timestamp is expected", phrase(a), kinds[i])
		}
		v, err := c.scalar(a)
		if err != nil {
			return 0, nil, err
		}
		if kinds[i] == kTime && dates {
			v = c.dayed(v)
		}
		values[i] = v
	}
	if dates {
		k = kDate
	}
	return k, values, nil
}

// dayed makes the day of a timestamp.
func (c *compiler) dayed(v valuer) valuer {
	return func(row Row) (scalar, bool) {
		s, ok := v(row)
		if ok {
			s.int = dayOf(s.int, c.zone)
		}
		return s, ok
	}
}

func holds(o op, order int) bool {
	switch o {
	case opEq:
		return order == 0
	case opNe:
		return order != 0
	case opLt:
		return order < 0
	case opGt:
		return order > 0
	case opLe:
		return order <= 0
	}
	return order >= 0
}

func (c *compiler) comparison(n *node) (cond, error) {
	k, v, err := c.alike(n.args)
	if err != nil {
		return nil, err
	}
	o := n.op
	return func(r *Run) Truth {
		row := r.row
		a, ok := v[0](row)
		if !ok {
			return Null
		}
		b, ok := v[1](row)
		if !ok {
			return Null
		}
		return truthOf(holds(o, order(k, a, b)))
	}, nil
}

func (c *compiler) between(n *node) (cond, error) {
	k, v, err := c.alike(n.args)
	if err != nil {
		return nil, err
	}
	if k == kText || k == kBool {
		return nil, c.src.fault(n.args[0].at, k.String(), "a number, a date or a timestamp", "BETWEEN compares numbers, dates and timestamps; %s is %s", phrase(n.args[0]), k)
	}
	return func(r *Run) Truth {
		row := r.row
		a, ok := v[0](row)
		lo, okLo := v[1](row)
		hi, okHi := v[2](row)
		if !ok || !okLo || !okHi {
			return Null
		}
		return truthOf(order(k, lo, a) <= 0 && order(k, a, hi) <= 0)
	}, nil
}

// in compiles IN: a list of literals becomes a set.
func (c *compiler) in(n *node) (cond, error) {
	k, v, err := c.alike(n.args)
	if err != nil {
		return nil, err
	}
	set := map[scalar]bool{}
	var others []valuer
	for i, a := range n.args[1:] {
		if a.op == opProperty || a.op.arithmetic() || a.op.textual() && a.args[0].op != opText {
			others = append(others, v[i+1])
			continue
		}
		one, _ := v[i+1](nil)
		set[keyed(k, one)] = true
	}
	return func(r *Run) Truth {
		row := r.row
		a, ok := v[0](row)
		if !ok {
			return Null
		}
		if set[keyed(k, a)] {
			return True
		}
		t := False
		for _, o := range others {
			b, ok := o(row)
			if !ok {
				t = Null
			} else if order(k, a, b) == 0 {
				return True
			}
		}
		return t
	}, nil
}

// keyed makes equal values the same key: a whole number and the real one of its value.
func keyed(k kind, v scalar) scalar {
	if k != kNumber {
		return v
	}
	if i := int64(v.real); v.frac && float64(i) == v.real {
		return scalar{int: i}
	}
	return v
}
