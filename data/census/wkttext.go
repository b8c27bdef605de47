package census

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// wktReader reads WKT of any writer: with Z, M or ZM, EMPTY, any case, a MULTIPOINT with or without inner brackets.
type wktReader struct{ s string }

var errWKTCut = errors.New("the WKT ends too early")

// parseWKTText reads one geometry; empty ones are nil. Heights and measures are dropped.
func parseWKTText(s string) (orb.Geometry, error) {
	r := wktReader{s}
	g, err := r.geometry(wkbDepth)
	if err != nil {
		return nil, err
	}
	if r.blank(); r.s != "" && r.s != ";" {
		return nil, fmt.Errorf("after the WKT stands %q", clip(r.s, 20))
	}
	return g, nil
}

func (r *wktReader) blank() { r.s = strings.TrimLeft(r.s, " \t\r\n") }

func (r *wktReader) word() string {
	r.blank()
	i := 0
	for i < len(r.s) && (r.s[i]|0x20 >= 'a' && r.s[i]|0x20 <= 'z') {
		i++
	}
	w := strings.ToUpper(r.s[:i])
	r.s = r.s[i:]
	return w
}

func (r *wktReader) take(b byte) bool {
	r.blank()
	if r.s == "" || r.s[0] != b {
		return false
	}
	r.s = r.s[1:]
	return true
}

func (r *wktReader) geometry(depth int) (orb.Geometry, error) {
	if depth == 0 {
		return nil, errors.New("the WKT is nested too deep")
	}
	kind := r.word()
	if rest := strings.TrimRight(kind, "ZM"); rest != kind && kind != "" { // POINTZ, POINTZM
		kind = rest
	}
	switch w := r.word(); w {
	case "", "Z", "M", "ZM":
		if w != "" && r.empty() {
			return nil, nil
		}
	case "EMPTY":
		return nil, nil
	default:
		return nil, fmt.Errorf("after %s stands %s", kind, clip(w, 20))
	}
	switch kind {
	case "POINT", "LINESTRING", "LINEARRING", "MULTIPOINT":
		ps, err := r.points()
		switch {
		case err != nil || len(ps) == 0:
			return nil, err
		case kind == "POINT" && len(ps) > 1:
			return nil, fmt.Errorf("a POINT of %d positions", len(ps))
		case kind == "POINT" || kind == "MULTIPOINT" && len(ps) == 1:
			return ps[0], nil
		case kind == "MULTIPOINT":
			return orb.MultiPoint(ps), nil
		}
		return orb.LineString(ps), nil
	case "POLYGON", "MULTILINESTRING", "TRIANGLE":
		parts, err := r.parts()
		if err != nil || len(parts) == 0 {
			return nil, err
		}
		if kind == "MULTILINESTRING" {
			return linesOf(parts), nil
		}
		return polygonOf(parts), nil
	case "MULTIPOLYGON", "POLYHEDRALSURFACE", "TIN":
		return r.polygons()
	case "GEOMETRYCOLLECTION", "MULTICURVE", "MULTISURFACE":
		return r.collection(depth)
	}
	return nil, fmt.Errorf("the geometry type %q is not known", clip(kind, 20))
}

// empty takes the word EMPTY.
func (r *wktReader) empty() bool {
	r.blank()
	if len(r.s) >= 5 && strings.EqualFold(r.s[:5], "EMPTY") {
		r.s = r.s[5:]
		return true
	}
	return false
}

// list reads ( one , one , ... ).
func (r *wktReader) list(one func() error) error {
	if r.empty() {
		return nil
	}
	if !r.take('(') {
		return fmt.Errorf("where a bracket should be stands %q", clip(r.s, 20))
	}
	for {
		if err := one(); err != nil {
			return err
		}
		switch {
		case r.take(','):
		case r.take(')'):
			return nil
		case r.s == "":
			return errWKTCut
		default:
			return fmt.Errorf("where a comma should be stands %q", clip(r.s, 20))
		}
	}
}

func (r *wktReader) points() (out []orb.Point, err error) {
	err = r.list(func() error {
		inner := r.take('(') // MULTIPOINT((1 2),(3 4))
		if !inner && r.empty() {
			return nil
		}
		var p orb.Point
		n := 0
		for ; n < 4; n++ {
			v, ok := r.number()
			if !ok {
				break
			}
			if n < 2 {
				p[n] = v
			}
			if n == 0 { // POINT(1,2), against the standard but met with
				if save := r.s; r.take(',') {
					if v, ok := r.number(); ok && strings.HasPrefix(strings.TrimLeft(r.s, " "), ")") && len(out) == 0 {
						p[1] = v
						n = 2
						break
					}
					r.s = save
				}
			}
		}
		if n < 2 {
			return fmt.Errorf("where a coordinate should be stands %q", clip(r.s, 20))
		}
		if inner && !r.take(')') {
			return errWKTCut
		}
		out = append(out, p)
		return nil
	})
	return out, err
}

// number reads one number; NaN and Infinity come through, for the row check to name.
func (r *wktReader) number() (float64, bool) {
	r.blank()
	i := 0
	for i < len(r.s) && strings.IndexByte(" \t\r\n,()", r.s[i]) < 0 {
		i++
	}
	if i == 0 || i > 40 {
		return 0, false
	}
	v, err := strconv.ParseFloat(r.s[:i], 64)
	if err != nil {
		return 0, false
	}
	r.s = r.s[i:]
	return v, true
}

func (r *wktReader) parts() (out [][]orb.Point, err error) {
	err = r.list(func() error {
		ps, err := r.points()
		if len(ps) > 0 {
			out = append(out, ps)
		}
		return err
	})
	return out, err
}

func (r *wktReader) polygons() (orb.Geometry, error) {
	var out orb.MultiPolygon
	err := r.list(func() error {
		parts, err := r.parts()
		if len(parts) > 0 {
			out = append(out, polygonOf(parts))
		}
		return err
	})
	switch {
	case err != nil || len(out) == 0:
		return nil, err
	case len(out) == 1:
		return out[0], nil
	}
	return out, nil
}

func (r *wktReader) collection(depth int) (out orb.Geometry, err error) {
	err = r.list(func() error {
		g, err := r.geometry(depth - 1)
		if err != nil || g == nil {
			return err
		}
		out, err = join(out, g)
		return err
	})
	return out, err
}
