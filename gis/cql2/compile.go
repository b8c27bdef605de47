package cql2

import (
	"time"
	"unicode/utf8"

	"wanmi/gis"
)

// Compile checks the filter against a schema and makes it ready. crs is that of the filter's geometries, nil for CRS84. Errors
// are [*Error]: a property the schema does not have, operands of types that do not go together, a geometry outside the world.
func (f *Filter) Compile(s Schema, crs CRS) (*Predicate, error) {
	if crs == nil {
		crs = CRS84
	}
	c := &compiler{src: &f.src, schema: &s, crs: crs, zone: s.zone()}
	cond, reach, err := c.condition(f.root, false)
	if err != nil {
		return nil, err
	}
	return &Predicate{cond: cond, memos: c.memos, reach: reach}, nil
}

type compiler struct {
	src    *source
	schema *Schema
	crs    CRS
	zone   *time.Location
	memos  int
}

// kind is the type of an operand.
type kind uint8

const (
	kText kind = iota
	kNumber
	kBool
	kDate
	kTime
	kGeometry
	kInterval
)

func (k kind) String() string {
	return [...]string{"a text", "a number", "a truth value", "a date", "a timestamp", "a geometry", "an interval"}[k]
}

var kindOf = map[gis.FieldType]kind{
	gis.Text: kText, gis.Int: kNumber, gis.Real: kNumber, gis.Bool: kBool, gis.Date: kDate, gis.Time: kTime,
}

// kind returns the type of an operand; a property must be one of the schema's.
func (c *compiler) kind(n *node) (kind, error) {
	switch {
	case n.op == opText || n.op.textual():
		return kText, nil
	case n.op == opInt || n.op == opReal || n.op.arithmetic():
		return kNumber, nil
	case n.op == opBool || n.op.boolean():
		return kBool, nil
	case n.op == opDate:
		return kDate, nil
	case n.op == opTime:
		return kTime, nil
	case n.op == opInterval:
		return kInterval, nil
	case n.op == opGeometry || n.op == opBBox:
		return kGeometry, nil
	}
	if i := c.schema.find(n.text); i >= 0 {
		return kindOf[c.schema.Fields[i].Type], nil
	}
	if c.schema.Geometry && n.text == GeometryName {
		return kGeometry, nil
	}
	met := "the property " + shown(quoteName(n.text))
	return 0, c.src.fault(n.at, met, "one of "+c.schema.names(), "%s has no property %s; there are %s", c.schema.Layer, shown(quoteName(n.text)), c.schema.names())
}

// mustBe refuses an operand that is not of the type; hint says how to write one.
func (c *compiler) mustBe(n *node, want kind) error {
	k, err := c.kind(n)
	if err != nil || k == want {
		return err
	}
	if n.op != opProperty {
		return c.src.fault(n.at, phrase(n), want.String(), "%s stands where %s is expected%s", phrase(n), want, hint(n, want))
	}
	return c.src.fault(n.at, phrase(n)+", "+k.String(), want.String(), "%s is %s; %s is expected", phrase(n), k, want)
}

// hint says how a literal of another type is written.
func hint(n *node, want kind) string {
	switch {
	case want == kText && (n.op == opInt || n.op == opReal):
		return ", as '" + numberText(n) + "'"
	case want == kNumber && n.op == opText && isNumeral(n.text):
		return ", as " + n.text + " without quotes"
	case want == kDate && n.op == opText:
		return ", as DATE('2026-08-02')"
	case want == kTime && n.op == opText:
		return ", as TIMESTAMP('2026-08-02T02:00:00Z')"
	case want == kBool && n.op != opProperty:
		return ", TRUE or FALSE"
	}
	return ""
}

func isNumeral(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) && s[i] != '.' {
			return false
		}
	}
	return s != ""
}

func phrase(n *node) string { return (&maker{}).phrase(n) }

// oneField returns the only field a condition looks at: with a dictionary it is decided once per code.
func (c *compiler) oneField(n *node) (field int, ok bool) {
	field = -1
	ok = true
	n.each(func(n *node) {
		if n.op == opProperty {
			i := c.schema.find(n.text)
			if i < 0 || field >= 0 && field != i {
				ok = false
			}
			field = i
		}
	})
	return field, ok && field >= 0
}

// condition compiles what is TRUE, FALSE or NULL; remembering says that the outcome is remembered further up.
func (c *compiler) condition(n *node, remembering bool) (cond, reach, error) {
	field, one := c.oneField(n)
	if one && !remembering {
		cd, r, err := c.condition(n, true)
		if err != nil {
			return nil, r, err
		}
		c.memos++
		return remembered(cd, field, c.memos-1), r, nil
	}
	everywhere := reach{all: true}
	switch {
	case n.op == opBool:
		t := truthOf(n.int != 0)
		return func(*Run) Truth { return t }, reach{all: t == True, none: t != True}, nil
	case n.op == opAnd || n.op == opOr:
		return c.junction(n, remembering)
	case n.op == opNot:
		cd, _, err := c.condition(n.args[0], remembering)
		return func(r *Run) Truth { return cd(r).not() }, everywhere, err
	case n.op.spatial():
		return c.spatial(n)
	case n.op.temporal():
		cd, err := c.temporal(n)
		return cd, everywhere, err
	case n.op == opIsNull:
		cd, err := c.isNull(n, remembering)
		return cd, everywhere, err
	case n.op == opLike:
		cd, err := c.like(n)
		return cd, everywhere, err
	case n.op == opIn:
		cd, err := c.in(n)
		return cd, everywhere, err
	case n.op == opBetween:
		cd, err := c.between(n)
		return cd, everywhere, err
	}
	cd, err := c.comparison(n)
	return cd, everywhere, err
}

func (c *compiler) junction(n *node, remembering bool) (cond, reach, error) {
	conds := make([]cond, len(n.args))
	var all reach
	for i, a := range n.args {
		cd, r, err := c.condition(a, remembering)
		if err != nil {
			return nil, r, err
		}
		conds[i] = cd
		switch {
		case i == 0:
			all = r
		case n.op == opAnd:
			all = all.and(r)
		default:
			all = all.or(r)
		}
	}
	ends := truthOf(n.op == opOr) // FALSE decides an AND, TRUE an OR
	return func(r *Run) Truth {
		t := ends.not()
		for _, cd := range conds {
			switch cd(r) {
			case ends:
				return ends
			case Null:
				t = Null
			}
		}
		return t
	}, all, nil
}

func (c *compiler) isNull(n *node, remembering bool) (cond, error) {
	a := n.args[0]
	k, err := c.kind(a)
	if err != nil {
		return nil, err
	}
	switch {
	case a.op.boolean():
		cd, _, err := c.condition(a, remembering)
		return func(r *Run) Truth { return truthOf(cd(r) == Null) }, err
	case k == kGeometry && a.op == opProperty:
		return func(r *Run) Truth { return truthOf(r.row.Geometry() == nil) }, nil
	case k == kGeometry:
		return func(*Run) Truth { return False }, nil
	case k == kInterval:
		sp, err := c.span(a)
		return func(r *Run) Truth {
			_, ok := sp(r.row)
			return truthOf(!ok)
		}, err
	}
	v, err := c.scalar(a)
	return func(r *Run) Truth {
		_, ok := v(r.row)
		return truthOf(!ok)
	}, err
}

func (c *compiler) like(n *node) (cond, error) {
	if err := c.mustBe(n.args[0], kText); err != nil {
		return nil, err
	}
	v, err := c.scalar(n.args[0])
	if err != nil {
		return nil, err
	}
	want, err := c.scalar(n.args[1])
	if err != nil {
		return nil, err
	}
	text, _ := want(nil) // a pattern is a literal, folded or not
	if l := utf8.RuneCountInString(text.text); l > MaxPattern {
		return nil, c.src.fault(n.args[1].at, "", "", "the pattern has %d characters; at most %d are taken", l, MaxPattern)
	}
	p := newPattern(text.text)
	return func(r *Run) Truth {
		s, ok := v(r.row)
		if !ok {
			return Null
		}
		return truthOf(p.matches(s.text))
	}, nil
}
