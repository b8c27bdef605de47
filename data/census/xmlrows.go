package census

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of one row written as XML.
const (
	maxXMLDepth = 100
	maxXMLNodes = 300_000
)

var (
	errXMLDepth = errors.New("the XML is nested too deep")
	errXMLNodes = errors.New("a feature has too many elements")
)

// xmlNode is an element with what is in it. Names are without their name space.
type xmlNode struct {
	name string
	attr []xml.Attr
	text []byte
	kids []*xmlNode
}

// xmlRows reads XML one element at a time; only the element of a row is held.
type xmlRows struct {
	dec   *xml.Decoder
	left  *rowBytes
	depth int
	nodes int
	close func() error
}

// rowBytes ends a stream when one row takes more than it may.
type rowBytes struct {
	r           io.Reader
	left, limit int64
}

func (b *rowBytes) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// openXML begins to read a stream that utf8Stream has made UTF-8, whatever its XML declaration says.
func openXML(s stream, lim Limits) (*xmlRows, error) {
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	left := &rowBytes{f, lim.RowBytes, lim.RowBytes}
	x := &xmlRows{dec: xml.NewDecoder(left), left: left, close: f.Close}
	x.dec.Strict, x.dec.Entity = false, xml.HTMLEntity
	x.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	return x, nil
}

// next returns the next start or end of an element, io.EOF after the last.
func (x *xmlRows) next() (xml.Token, error) {
	for {
		x.left.left = x.left.limit
		t, err := x.dec.Token()
		if err != nil {
			return nil, err
		}
		switch t.(type) {
		case xml.StartElement:
			if x.depth++; x.depth > maxXMLDepth {
				return nil, errXMLDepth
			}
			return t, nil
		case xml.EndElement:
			x.depth--
			return t, nil
		}
	}
}

// node reads the element that start begins, to its end.
func (x *xmlRows) node(start xml.StartElement) (*xmlNode, error) {
	x.left.left, x.nodes = x.left.limit, 0
	x.depth--
	return x.inner(start, x.depth)
}

func (x *xmlRows) inner(start xml.StartElement, depth int) (*xmlNode, error) {
	if x.nodes++; x.nodes > maxXMLNodes {
		return nil, errXMLNodes
	}
	if depth > maxXMLDepth {
		return nil, errXMLDepth
	}
	n := &xmlNode{name: start.Name.Local, attr: start.Copy().Attr}
	for {
		t, err := x.dec.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			kid, err := x.inner(t, depth+1)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
		case xml.CharData:
			n.text = append(n.text, t...)
		case xml.EndElement:
			return n, nil
		}
	}
}

// kid returns the first element of that name inside n, nil for none.
func (n *xmlNode) kid(name string) *xmlNode {
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// value is the text of an element, trimmed.
func (n *xmlNode) value() string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(string(n.text))
}

// named returns an attribute, "" when it is not there.
func (n *xmlNode) named(name string) string {
	for _, a := range n.attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// brokenXML is the error of a file that cannot be read to its end.
func brokenXML(s stream, num int64, err error) error {
	return refuse(s.name, err, "breaks off after feature %d", num)
}

// columnSet numbers names in the order they first come.
type columnSet struct {
	names []string
	index map[string]int
}

// maxColumns is how many columns a file without a heading may come to.
const maxColumns = 2000

func (c *columnSet) add(name string) {
	if c.index == nil {
		c.index = map[string]int{}
	}
	if _, ok := c.index[name]; !ok && len(c.names) < maxColumns {
		c.index[name] = len(c.names)
		c.names = append(c.names, columnName(name, len(c.names)))
	}
}

// fill writes the fields into values; the first of a name counts.
func (c *columnSet) fill(values []string, fields []xmlField) {
	clear(values)
	for _, f := range fields {
		if i, ok := c.index[f.name]; ok && values[i] == "" {
			values[i] = f.value
		}
	}
}

// xmlField is a column's name and its text in one row.
type xmlField struct{ name, value string }

func geometryError(err error) *rowError {
	return &rowError{Rule: RuleGeometry, Field: "geometry", Text: "the geometry cannot be read: " + err.Error(), TextZh: fmt.Sprintf("图形无法读取：%v", err)}
}
