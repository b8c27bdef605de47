package cql2

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// jnode is a JSON value with its place. The standard decoder gives none, and takes an object that names a member twice.
type jnode struct {
	at      pos
	kind    byte // { [ " 0 (number) t (boolean) n (null)
	text    string
	list    []*jnode
	members map[string]*jnode
}

// jsonDepth bounds the nesting of the document: a level of the tree takes an object and a list, a geometry up to six more.
const jsonDepth = 2*MaxDepth + 8

type jreader struct {
	maker
	dec *json.Decoder
}

// document reads the whole of the filter as one JSON value.
func (r *jreader) document() (*jnode, error) {
	r.dec = json.NewDecoder(strings.NewReader(r.src.text))
	r.dec.UseNumber()
	n, err := r.value("", 0)
	if err != nil {
		return nil, err
	}
	at := r.start()
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, r.src.fault(pos{off: at}, "", "the end of the filter", "something follows the JSON value")
	}
	return n, nil
}

// start is where the next token begins.
func (r *jreader) start() int {
	i := int(r.dec.InputOffset())
	for i < len(r.src.text) && strings.IndexByte(" \t\r\n,:", r.src.text[i]) >= 0 {
		i++
	}
	return i
}

func (r *jreader) syntax(at pos, err error) error {
	at.off = r.start()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at.off = len(r.src.text)
		return r.src.fault(at, "the end of the filter", "JSON", "the JSON is not complete")
	}
	at.ptr = ""
	return r.src.fault(at, "", "JSON", "this is no JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
}

func (r *jreader) value(ptr string, depth int) (*jnode, error) {
	n := &jnode{at: pos{r.start(), ptr}}
	if depth > jsonDepth {
		return nil, r.src.fault(n.at, "", "", "the filter is nested deeper than %d levels", MaxDepth)
	}
	t, err := r.dec.Token()
	if err != nil {
		return nil, r.syntax(n.at, err)
	}
	switch t := t.(type) {
	case json.Delim:
		n.kind = byte(t)
		if t == '{' {
			return n, r.object(n, depth)
		}
		return n, r.array(n, depth)
	case string:
		n.kind, n.text = '"', t
	case json.Number:
		n.kind, n.text = '0', t.String()
	case bool:
		n.kind, n.text = 't', strconv.FormatBool(t)
	default:
		n.kind = 'n'
	}
	return n, nil
}

func (r *jreader) array(n *jnode, depth int) error {
	for r.dec.More() {
		v, err := r.value(n.at.ptr+"/"+itoa(len(n.list)), depth+1)
		if err != nil {
			return err
		}
		n.list = append(n.list, v)
	}
	_, err := r.dec.Token()
	if err != nil {
		return r.syntax(n.at, err)
	}
	return nil
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func (r *jreader) object(n *jnode, depth int) error {
	n.members = map[string]*jnode{}
	for r.dec.More() {
		at := r.start()
		t, err := r.dec.Token()
		if err != nil {
			return r.syntax(n.at, err)
		}
		name, _ := t.(string) // the decoder takes nothing else for a name
		ptr := n.at.ptr + "/" + pointerEscapes.Replace(name)
		if n.members[name] != nil {
			return r.src.fault(pos{at, ptr}, "", "", "the member %q stands twice", shown(name))
		}
		if n.members[name], err = r.value(ptr, depth+1); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	if err != nil {
		return r.syntax(n.at, err)
	}
	return nil
}

// shown names a JSON value in a message.
func (n *jnode) shown() string {
	switch n.kind {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "the text " + shown(jsonText(n.text))
	case '0':
		return "the number " + shown(n.text)
	case 't':
		return n.text
	}
	return "null"
}
