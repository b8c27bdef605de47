package cql2

import "strings"

// parser reads the text form by recursive descent.
type parser struct {
	maker
	tok   token
	depth int // of parentheses, NOT and calls that are open
}

// Parse reads a filter in CQL2 text. Errors are [*Error].
func Parse(text string) (*Filter, error) {
	p := &parser{maker: maker{source{text: text}}}
	if err := p.src.admit(); err != nil {
		return nil, err
	}
	if err := p.step(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokEnd {
		return nil, p.src.fault(pos{}, p.tok.shown(), "a condition", "the filter is empty")
	}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.unexpected(p.more(root))
	}
	return p.filter(root)
}

// filter holds the root to what a filter must be.
func (m *maker) filter(root *node) (*Filter, error) {
	if !root.op.boolean() && root.op != opBool {
		want := "a condition"
		if root.op == opProperty {
			want = "a condition, as " + quoteName(root.text) + " = TRUE,"
		}
		return nil, m.src.unexpected(root.at, m.phrase(root), want)
	}
	conditions := 0
	var last *node
	root.each(func(n *node) {
		if n.op > opNot && n.op.boolean() {
			if conditions++; conditions == MaxConditions+1 {
				last = n
			}
		}
	})
	if last != nil {
		return nil, m.src.fault(last.at, "", "", "the filter has %d conditions; at most %d are taken. A list of values is one: a IN (1, 2, 3)", conditions, MaxConditions)
	}
	return &Filter{root: root, src: m.src}, nil
}

// more says what may follow n.
func (p *parser) more(n *node) string {
	if n.op.boolean() || n.op == opBool {
		return "AND, OR or the end of the filter"
	}
	return "a comparison (=, <>, <, >, <=, >=, LIKE, BETWEEN, IN, IS NULL)"
}

func (p *parser) unexpected(want string) error {
	return p.src.unexpected(pos{off: p.tok.at}, p.tok.shown(), want)
}

// step goes to the next token.
func (p *parser) step() (err error) {
	p.tok, err = p.next(p.tok.end)
	return err
}

// take steps over the word or sign when it stands here.
func (p *parser) take(word string) (bool, error) {
	if !p.tok.is(word) {
		return false, nil
	}
	return true, p.step()
}

// must steps over the word or sign, or says that it is missing.
func (p *parser) must(word string) error {
	ok, err := p.take(word)
	if err == nil && !ok {
		err = p.unexpected("'" + word + "'")
	}
	return err
}

// deeper guards the recursion; the caller undoes it with p.depth--.
func (p *parser) deeper() error {
	if p.depth++; p.depth > MaxDepth {
		return p.src.fault(pos{off: p.tok.at}, "", "", "the filter is nested deeper than %d levels", MaxDepth)
	}
	return nil
}

func (p *parser) or() (*node, error)  { return p.chain("OR", opOr, p.and) }
func (p *parser) and() (*node, error) { return p.chain("AND", opAnd, p.not) }

// chain reads operands joined by one word; a single one is itself.
func (p *parser) chain(word string, o op, operand func() (*node, error)) (*node, error) {
	at := p.tok.at
	first, err := operand()
	if err != nil || !p.tok.is(word) {
		return first, err
	}
	args := []*node{first}
	for {
		ok, err := p.take(word)
		if err != nil {
			return nil, err
		}
		if !ok {
			return p.node(pos{off: at}, o, args...)
		}
		n, err := operand()
		if err != nil {
			return nil, err
		}
		args = append(args, n)
	}
}

func (p *parser) not() (*node, error) {
	at := pos{off: p.tok.at}
	ok, err := p.take("NOT")
	if err != nil {
		return nil, err
	}
	if !ok {
		return p.predicate()
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	n, err := p.not()
	if err != nil {
		return nil, err
	}
	return p.node(at, opNot, n)
}

// predicate reads an operand and, when one follows, its comparison.
func (p *parser) predicate() (*node, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	if p.tok.kind == tokSign {
		for o := opEq; o <= opGe; o++ {
			if p.tok.text != opNames[o] {
				continue
			}
			if err := p.step(); err != nil {
				return nil, err
			}
			right, err := p.sum()
			if err != nil {
				return nil, err
			}
			return p.node(left.at, o, left, right)
		}
		return left, nil
	}
	if is, err := p.take("IS"); is || err != nil {
		if err != nil {
			return nil, err
		}
		return p.isNull(left)
	}
	return p.ranged(left)
}

func (p *parser) isNull(left *node) (*node, error) {
	not, err := p.take("NOT")
	if err != nil {
		return nil, err
	}
	if err := p.must("NULL"); err != nil {
		return nil, err
	}
	n, err := p.node(left.at, opIsNull, left)
	return p.negated(not, n, err)
}

func (p *parser) negated(not bool, n *node, err error) (*node, error) {
	if err != nil || !not {
		return n, err
	}
	return p.node(n.at, opNot, n)
}

// ranged reads [NOT] LIKE, BETWEEN or IN after left, or nothing.
func (p *parser) ranged(left *node) (*node, error) {
	not, err := p.take("NOT")
	if err != nil {
		return nil, err
	}
	word := strings.ToUpper(p.tok.text)
	if p.tok.kind != tokName || word != "LIKE" && word != "BETWEEN" && word != "IN" {
		if not {
			return nil, p.unexpected("LIKE, BETWEEN or IN")
		}
		return left, nil
	}
	if err := p.step(); err != nil {
		return nil, err
	}
	args := []*node{left}
	var o op
	switch word {
	case "LIKE":
		o = opLike
		n, err := p.sum()
		if err != nil {
			return nil, err
		}
		args = append(args, n)
	case "BETWEEN":
		o = opBetween
		for i := range 2 {
			if i == 1 {
				if err := p.must("AND"); err != nil {
					return nil, err
				}
			}
			n, err := p.sum()
			if err != nil {
				return nil, err
			}
			args = append(args, n)
		}
	case "IN":
		o = opIn
		list, err := p.list()
		if err != nil {
			return nil, err
		}
		args = append(args, list...)
	}
	n, err := p.node(left.at, o, args...)
	return p.negated(not, n, err)
}

// list reads "(" operand { "," operand } ")".
func (p *parser) list() ([]*node, error) {
	if err := p.must("("); err != nil {
		return nil, err
	}
	var all []*node
	for {
		n, err := p.sum()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
		if ok, err := p.take(","); err != nil {
			return nil, err
		} else if ok {
			continue
		}
		if !p.tok.is(")") {
			return nil, p.unexpected("',' or ')'")
		}
		return all, p.step()
	}
}

var (
	sums     = map[string]op{"+": opAdd, "-": opSub}
	products = map[string]op{"*": opMul, "/": opDiv, "%": opMod, "DIV": opIntDiv}
	powers   = map[string]op{"^": opPow}
)

func (p *parser) sum() (*node, error)     { return p.left(sums, true, p.product) }
func (p *parser) product() (*node, error) { return p.left(products, true, p.power) }
func (p *parser) power() (*node, error)   { return p.left(powers, false, p.factor) }

// left reads a chain of operators of one rank, left to right; many is false where one is the most.
func (p *parser) left(ops map[string]op, many bool, operand func() (*node, error)) (*node, error) {
	n, err := operand()
	for err == nil {
		o, ok := ops[strings.ToUpper(p.tok.text)]
		if !ok || p.tok.kind != tokSign && p.tok.kind != tokName {
			return n, nil
		}
		if err := p.step(); err != nil {
			return nil, err
		}
		right, err := operand()
		if err != nil {
			return nil, err
		}
		if n, err = p.node(n.at, o, n, right); err != nil || !many {
			return n, err
		}
	}
	return nil, err
}

// factor reads an operand with or without a sign. "-name" is -1 * name, as in the JSON form.
func (p *parser) factor() (*node, error) {
	at := p.tok.at
	minus, err := p.take("-")
	if err != nil {
		return nil, err
	}
	plus := false
	if !minus {
		if plus, err = p.take("+"); err != nil {
			return nil, err
		}
	}
	if p.tok.kind == tokNumber {
		digits := p.tok.text
		if minus {
			digits = "-" + digits
		}
		n, err := p.numeral(pos{off: at}, digits)
		if err != nil {
			return nil, err
		}
		return n, p.step()
	}
	if plus {
		return nil, p.unexpected("a number")
	}
	n, err := p.primary()
	if err != nil || !minus {
		return n, err
	}
	one, err := p.numeral(pos{off: at}, "-1")
	if err != nil {
		return nil, err
	}
	return p.node(pos{off: at}, opMul, one, n)
}

func (p *parser) primary() (*node, error) {
	t := p.tok
	at := pos{off: t.at}
	switch {
	case t.kind == tokText:
		return &node{op: opText, at: at, depth: 1, text: t.text}, p.step()
	case t.kind == tokQuoted:
		return &node{op: opProperty, at: at, depth: 1, text: t.text}, p.step()
	case t.is("("):
		if err := p.deeper(); err != nil {
			return nil, err
		}
		defer func() { p.depth-- }()
		if err := p.step(); err != nil {
			return nil, err
		}
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		if !p.tok.is(")") {
			return nil, p.unexpected("')' for the '(' at character " + itoa(t.at+1))
		}
		return n, p.step()
	case t.is("TRUE"), t.is("FALSE"):
		n := &node{op: opBool, at: at, depth: 1}
		if t.is("TRUE") {
			n.int = 1
		}
		return n, p.step()
	case t.kind == tokName:
		return p.named()
	}
	return nil, p.unexpected("a property or a value")
}
