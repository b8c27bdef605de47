package cql2

import (
	"maps"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// ParseJSON reads a filter in CQL2 JSON. Errors are [*Error].
func ParseJSON(data []byte) (*Filter, error) {
	r := &jreader{maker: maker{source{text: string(data), json: true}}}
	if err := r.src.admit(); err != nil {
		return nil, err
	}
	doc, err := r.document()
	if err != nil {
		return nil, err
	}
	root, err := r.expr(doc)
	if err != nil {
		return nil, err
	}
	return r.filter(root)
}

func (r *jreader) unexpected(n *jnode, want string) error {
	return r.src.unexpected(n.at, n.shown(), want)
}

// expr reads any operand but a list.
func (r *jreader) expr(n *jnode) (*node, error) {
	switch n.kind {
	case '"':
		return &node{op: opText, at: n.at, depth: 1, text: n.text}, nil
	case '0':
		return r.numeral(n.at, n.text)
	case 't':
		v := &node{op: opBool, at: n.at, depth: 1}
		if n.text == "true" {
			v.int = 1
		}
		return v, nil
	case '{':
		return r.objectExpr(n)
	case 'n':
		return nil, r.src.fault(n.at, "null", "", `null is no value; ask with {"op":"isNull"}`)
	}
	return nil, r.unexpected(n, "a condition or a value")
}

// kinds of objects, by the member that tells them apart.
var objectKinds = []string{"op", "property", "date", "timestamp", "interval", "bbox", "type"}

func (r *jreader) objectExpr(n *jnode) (*node, error) {
	kind := ""
	for _, k := range objectKinds {
		if n.members[k] != nil && (kind == "" || kind == "bbox") { // a geometry may carry its bbox
			kind = k
		}
	}
	if kind == "" {
		have := slices.Sorted(maps.Keys(n.members))
		return nil, r.src.fault(n.at, "an object", "", "the object has the members [%s]; one of %s is expected", shown(strings.Join(have, ", ")), strings.Join(objectKinds, ", "))
	}
	v := n.members[kind]
	switch kind {
	case "op":
		return r.operation(n)
	case "property":
		return r.property(n)
	case "date", "timestamp":
		if v.kind != '"' {
			return nil, r.unexpected(v, "a text, as "+exampleOf(upper(kind)))
		}
		one, err := r.instant(v.at, v.text, upper(kind))
		if err != nil {
			return nil, err
		}
		one.at = n.at
		return one, r.only(n, kind)
	case "interval":
		return r.intervalOf(n)
	case "bbox":
		nums, err := r.numbers(v)
		if err != nil {
			return nil, err
		}
		if err := r.only(n, kind); err != nil {
			return nil, err
		}
		return r.boxOf(n.at, nums)
	}
	g, err := r.geometry(n)
	if err != nil {
		return nil, err
	}
	return &node{op: opGeometry, at: n.at, depth: 1, geom: g}, nil
}

// only refuses members an object does not have.
func (r *jreader) only(n *jnode, known ...string) error {
	for _, name := range slices.Sorted(maps.Keys(n.members)) {
		if !slices.Contains(known, name) {
			return r.src.fault(n.members[name].at, "the member "+shown(jsonText(name)), "", "there is no member %s here, only %s", shown(jsonText(name)), strings.Join(known, " and "))
		}
	}
	return nil
}

func (r *jreader) property(n *jnode) (*node, error) {
	v := n.members["property"]
	if v.kind != '"' || v.text == "" {
		return nil, r.unexpected(v, "a name")
	}
	return &node{op: opProperty, at: n.at, depth: 1, text: v.text}, r.only(n, "property")
}

// opOf returns the operator of that name, and how many arguments it has: -1 two or more, 0 no such operator.
func opOf(name string) (op, int) {
	for o, s := range opNames {
		if s != name {
			continue
		}
		switch o := op(o); o {
		case opAnd, opOr:
			return o, -1
		case opNot, opIsNull, opCaseI, opAccentI:
			return o, 1
		case opBetween:
			return o, 3
		default:
			return o, 2
		}
	}
	return 0, 0
}

func (r *jreader) operation(n *jnode) (*node, error) {
	name := n.members["op"]
	if name.kind != '"' {
		return nil, r.unexpected(name, "the name of an operator")
	}
	o, count := opOf(name.text)
	if count == 0 {
		for known, s := range opNames {
			if strings.EqualFold(s, name.text) {
				return nil, r.src.fault(name.at, name.shown(), jsonText(opNames[known]), "operators are written in small letters: %s", jsonText(opNames[known]))
			}
		}
		return nil, r.unknownCall(name.at, name.text)
	}
	if err := r.only(n, "op", "args"); err != nil {
		return nil, err
	}
	args := n.members["args"]
	if args == nil {
		return nil, r.src.fault(n.at, "", "args", "the operator %s has no args", name.text)
	}
	if args.kind != '[' {
		return nil, r.unexpected(args, "a list of arguments")
	}
	if got := len(args.list); count > 0 && got != count || count < 0 && got < 2 {
		want := itoa(count)
		if count < 0 {
			want = "two or more"
		}
		return nil, r.src.fault(args.at, "", "", "%s has %d arguments; %s are wanted", name.text, got, want)
	}
	list := args.list
	if o == opIn {
		if list[1].kind != '[' || len(list[1].list) == 0 {
			return nil, r.unexpected(list[1], "a list of values")
		}
		list = append([]*jnode{list[0]}, list[1].list...)
	}
	nodes := make([]*node, len(list))
	for i, a := range list {
		var err error
		if nodes[i], err = r.expr(a); err != nil {
			return nil, err
		}
	}
	return r.node(n.at, o, nodes...)
}

func (r *jreader) intervalOf(n *jnode) (*node, error) {
	if err := r.only(n, "interval"); err != nil {
		return nil, err
	}
	v := n.members["interval"]
	if v.kind != '[' || len(v.list) != 2 {
		return nil, r.unexpected(v, "a list of a start and an end")
	}
	var ends [2]*node
	for i, e := range v.list {
		var err error
		switch {
		case e.kind == '"':
			ends[i], err = r.instant(e.at, e.text, "")
		case e.kind == '{' && e.members["property"] != nil:
			ends[i], err = r.property(e)
		default:
			err = r.unexpected(e, `a date, a timestamp, ".." or a property`)
		}
		if err != nil {
			return nil, err
		}
	}
	return r.interval(n.at, ends[0], ends[1])
}

func (r *jreader) numbers(n *jnode) ([]float64, error) {
	if n.kind != '[' {
		return nil, r.unexpected(n, "a list of numbers")
	}
	v := make([]float64, len(n.list))
	for i, e := range n.list {
		if e.kind != '0' {
			return nil, r.unexpected(e, "a number")
		}
		num, err := r.numeral(e.at, e.text)
		if err != nil {
			return nil, err
		}
		if v[i] = num.real; num.op == opInt {
			v[i] = float64(num.int)
		}
	}
	return v, nil
}

// geometry reads a GeoJSON geometry.
func (r *jreader) geometry(n *jnode) (orb.Geometry, error) {
	t := n.members["type"]
	if t.kind != '"' || !geometryWord(upper(t.text)) || upper(t.text) == "BBOX" {
		return nil, r.unexpected(t, "a GeoJSON geometry's type")
	}
	member := "coordinates"
	if t.text == "GeometryCollection" {
		member = "geometries"
	}
	c := n.members[member]
	if c == nil {
		return nil, r.src.fault(n.at, "", member, "the %s has no %s", shown(t.text), member)
	}
	if c.kind != '[' || len(c.list) == 0 {
		return nil, r.unexpected(c, "a list that is not empty")
	}
	if err := r.only(n, "type", member, "bbox"); err != nil {
		return nil, err
	}
	switch t.text {
	case "Point":
		return r.point(c)
	case "LineString":
		return r.line(c)
	case "Polygon":
		return r.polygon(c)
	case "MultiPoint":
		return each[orb.MultiPoint](r, c, r.point)
	case "MultiLineString":
		return each[orb.MultiLineString](r, c, r.line)
	case "MultiPolygon":
		return each[orb.MultiPolygon](r, c, r.polygon)
	case "GeometryCollection":
		return each[orb.Collection](r, c, func(e *jnode) (orb.Geometry, error) {
			if e.kind != '{' || e.members["type"] == nil || e.members["type"].text == t.text {
				return nil, r.unexpected(e, "a geometry that is no collection")
			}
			return r.geometry(e)
		})
	}
	return nil, r.unexpected(t, "a GeoJSON geometry's type, as Point or MultiPolygon,")
}

// each reads a list of parts.
func each[L ~[]T, T any](r *jreader, n *jnode, one func(*jnode) (T, error)) (L, error) {
	if n.kind != '[' || len(n.list) == 0 {
		return nil, r.unexpected(n, "a list of coordinates")
	}
	all := make(L, len(n.list))
	for i, e := range n.list {
		var err error
		if all[i], err = one(e); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (r *jreader) point(n *jnode) (orb.Point, error) {
	v, err := r.numbers(n)
	if err == nil && (len(v) < 2 || len(v) > 4) {
		err = r.src.fault(n.at, n.shown(), "", "a position has two numbers, and may have a height; this has %d", len(v))
	}
	if err != nil {
		return orb.Point{}, err
	}
	return orb.Point{v[0], v[1]}, nil
}

func (r *jreader) line(n *jnode) (orb.LineString, error) {
	l, err := each[orb.LineString](r, n, r.point)
	if err != nil {
		return nil, err
	}
	return l, r.checkLine(n.at, l)
}

func (r *jreader) ring(n *jnode) (orb.Ring, error) {
	l, err := each[orb.Ring](r, n, r.point)
	if err != nil {
		return nil, err
	}
	return l, r.checkRing(n.at, l)
}

func (r *jreader) polygon(n *jnode) (orb.Polygon, error) {
	return each[orb.Polygon](r, n, r.ring)
}
