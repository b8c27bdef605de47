package cql2

import (
	"slices"
	"strings"
)

// named reads what begins with a bare word: a property, or a call.
func (p *parser) named() (*node, error) {
	t := p.tok
	if slices.Contains(operators, strings.ToUpper(t.text)) {
		return nil, p.unexpected("a property or a value")
	}
	if err := p.step(); err != nil {
		return nil, err
	}
	word := strings.ToUpper(t.text)
	if geometryWord(word) && (p.tok.is("(") || p.tok.is("Z") || p.tok.is("EMPTY")) {
		return p.wkt(pos{off: t.at}, word)
	}
	if !p.tok.is("(") {
		return &node{op: opProperty, at: pos{off: t.at}, depth: 1, text: t.text}, nil
	}
	return p.call(t, word)
}

// operators are the words that stand between operands and so name no property unless in double quotes.
var operators = []string{"AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "DIV"}

func (p *parser) call(t token, word string) (*node, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	at := pos{off: t.at}
	switch word {
	case "DATE", "TIMESTAMP":
		return p.instantCall(at, word)
	case "INTERVAL":
		return p.intervalCall(at)
	}
	o, n := callOf(t.text)
	if n == 0 {
		return nil, p.unknownCall(at, t.text)
	}
	args, err := p.list()
	if err != nil {
		return nil, err
	}
	if len(args) != n {
		return nil, p.src.fault(at, "", "", "%s has %d arguments; %d are wanted", t.text, len(args), n)
	}
	return p.node(at, o, args...)
}

// callOf returns the operator a function of that name is, in any case, and how many arguments it takes; 0 for none.
func callOf(name string) (op, int) {
	for o := opCaseI; o <= opStarts; o++ {
		if strings.EqualFold(name, opNames[o]) {
			if o.textual() {
				return o, 1
			}
			return o, 2
		}
	}
	return 0, 0
}

func (m *maker) unknownCall(at pos, name string) error {
	if len(name) > 2 && strings.EqualFold(name[:2], "A_") {
		return m.src.fault(at, "'"+shown(name)+"'", "", "%s: array functions are not served", shown(name))
	}
	return m.src.fault(at, "'"+shown(name)+"'", "a function of CQL2",
		"there is no function %s; there are CASEI, ACCENTI, DATE, TIMESTAMP, INTERVAL, BBOX, the spatial S_INTERSECTS ... and the temporal T_AFTER ...", shown(name))
}

// instantCall reads DATE('...') or TIMESTAMP('...') from its parenthesis.
func (p *parser) instantCall(at pos, word string) (*node, error) {
	if err := p.must("("); err != nil {
		return nil, err
	}
	if p.tok.kind != tokText {
		return nil, p.unexpected("a text, as " + exampleOf(word) + ",")
	}
	n, err := p.instant(pos{off: p.tok.at}, p.tok.text, word)
	if err != nil {
		return nil, err
	}
	n.at = at
	if err := p.step(); err != nil {
		return nil, err
	}
	return n, p.must(")")
}

func (p *parser) intervalCall(at pos) (*node, error) {
	if err := p.must("("); err != nil {
		return nil, err
	}
	var ends [2]*node
	for i := range ends {
		if i == 1 {
			if err := p.must(","); err != nil {
				return nil, err
			}
		}
		t := p.tok
		var n *node
		var err error
		switch {
		case t.kind == tokText:
			n, err = p.instant(pos{off: t.at}, t.text, "")
		case t.kind == tokQuoted, t.kind == tokName && !slices.Contains(operators, strings.ToUpper(t.text)):
			n = &node{op: opProperty, at: pos{off: t.at}, depth: 1, text: t.text}
		default:
			err = p.unexpected("a property, '..', a date or a timestamp in single quotes")
		}
		if err != nil {
			return nil, err
		}
		if err := p.step(); err != nil {
			return nil, err
		}
		ends[i] = n
	}
	if err := p.must(")"); err != nil {
		return nil, err
	}
	return p.interval(at, ends[0], ends[1])
}
