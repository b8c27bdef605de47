package cql2

import (
	"slices"

	"github.com/paulmach/orb"
)

var geometryWords = []string{"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION", "BBOX"}

func geometryWord(word string) bool { return slices.Contains(geometryWords, word) }

// wkt reads a geometry from after its word, in upper case.
func (p *parser) wkt(at pos, word string) (*node, error) {
	if word == "BBOX" {
		return p.bbox(at)
	}
	g, err := p.shape(at, word)
	if err != nil {
		return nil, err
	}
	return &node{op: opGeometry, at: at, depth: 1, geom: g}, nil
}

func (p *parser) bbox(at pos) (*node, error) {
	var v []float64
	if err := p.parts(func() error {
		x, err := p.coordinate()
		v = append(v, x)
		return err
	}); err != nil {
		return nil, err
	}
	return p.boxOf(at, v)
}

// boxOf makes the node of a bounding box of four or six numbers.
func (m *maker) boxOf(at pos, v []float64) (*node, error) {
	if len(v) == 6 {
		v = []float64{v[0], v[1], v[3], v[4]}
	}
	if len(v) != 4 {
		return nil, m.src.fault(at, "", "", "a bounding box has four numbers (west, south, east, north) or six, not %d", len(v))
	}
	return &node{op: opBBox, at: at, depth: 1, geom: orb.Bound{Min: orb.Point{v[0], v[1]}, Max: orb.Point{v[2], v[3]}}}, nil
}

// parts reads "(" part { "," part } ")".
func (p *parser) parts(part func() error) error {
	if err := p.must("("); err != nil {
		return err
	}
	for {
		if err := part(); err != nil {
			return err
		}
		if ok, err := p.take(","); err != nil {
			return err
		} else if ok {
			continue
		}
		if !p.tok.is(")") {
			return p.unexpected("',' or ')'")
		}
		return p.step()
	}
}

func (p *parser) shape(at pos, word string) (orb.Geometry, error) {
	if p.tok.is("EMPTY") {
		return nil, p.src.fault(pos{off: p.tok.at}, "'EMPTY'", "'('", "an empty geometry is not taken")
	}
	if _, err := p.take("Z"); err != nil {
		return nil, err
	}
	switch word {
	case "POINT":
		return p.bracketed()
	case "LINESTRING":
		return p.line(at)
	case "POLYGON":
		return p.polygon()
	case "MULTIPOINT":
		var g orb.MultiPoint
		err := p.parts(func() error {
			pt, err := p.either()
			g = append(g, pt)
			return err
		})
		return g, err
	case "MULTILINESTRING":
		var g orb.MultiLineString
		err := p.parts(func() error {
			l, err := p.line(pos{off: p.tok.at})
			g = append(g, l)
			return err
		})
		return g, err
	case "MULTIPOLYGON":
		var g orb.MultiPolygon
		err := p.parts(func() error {
			l, err := p.polygon()
			g = append(g, l)
			return err
		})
		return g, err
	}
	var g orb.Collection
	err := p.parts(func() error {
		t := p.tok
		word := upper(t.text)
		if t.kind != tokName || !geometryWord(word) || word == "BBOX" || word == "GEOMETRYCOLLECTION" {
			return p.unexpected("a geometry, as POINT(116.97 35.4),")
		}
		if err := p.step(); err != nil {
			return err
		}
		one, err := p.shape(pos{off: t.at}, word)
		g = append(g, one)
		return err
	})
	return g, err
}

// either reads a point with its parentheses or, as many write it in a MULTIPOINT, without.
func (p *parser) either() (orb.Point, error) {
	if p.tok.is("(") {
		return p.bracketed()
	}
	return p.point()
}

func (p *parser) bracketed() (orb.Point, error) {
	if err := p.must("("); err != nil {
		return orb.Point{}, err
	}
	pt, err := p.point()
	if err != nil {
		return pt, err
	}
	return pt, p.must(")")
}

func (p *parser) point() (pt orb.Point, err error) {
	if pt[0], err = p.coordinate(); err != nil {
		return pt, err
	}
	if pt[1], err = p.coordinate(); err != nil {
		return pt, err
	}
	if p.tok.kind == tokNumber || p.tok.is("-") || p.tok.is("+") {
		_, err = p.coordinate() // the height
	}
	return pt, err
}

func (p *parser) coordinate() (float64, error) {
	at := p.tok.at
	minus, err := p.take("-")
	if err != nil {
		return 0, err
	}
	if !minus {
		if _, err := p.take("+"); err != nil {
			return 0, err
		}
	}
	if p.tok.kind != tokNumber {
		return 0, p.unexpected("a coordinate")
	}
	n, err := p.numeral(pos{off: at}, p.tok.text)
	if err != nil {
		return 0, err
	}
	v := n.real
	if n.op == opInt {
		v = float64(n.int)
	}
	if minus {
		v = -v
	}
	return v, p.step()
}

func (p *parser) line(at pos) (orb.LineString, error) {
	var l orb.LineString
	if err := p.parts(func() error {
		pt, err := p.point()
		l = append(l, pt)
		return err
	}); err != nil {
		return nil, err
	}
	return l, p.checkLine(at, l)
}

func (p *parser) polygon() (orb.Polygon, error) {
	var g orb.Polygon
	err := p.parts(func() error {
		at := pos{off: p.tok.at}
		var r orb.Ring
		if err := p.parts(func() error {
			pt, err := p.point()
			r = append(r, pt)
			return err
		}); err != nil {
			return err
		}
		g = append(g, r)
		return p.checkRing(at, r)
	})
	return g, err
}

func (m *maker) checkLine(at pos, l orb.LineString) error {
	if len(l) < 2 {
		return m.src.fault(at, "", "", "a line has two points or more")
	}
	return nil
}

func (m *maker) checkRing(at pos, r orb.Ring) error {
	if len(r) < 4 {
		return m.src.fault(at, "", "", "a ring has four points or more, the last equal to the first")
	}
	if r[0] != r[len(r)-1] {
		return m.src.fault(at, "", "", "the ring is not closed: its last point must equal its first")
	}
	return nil
}
