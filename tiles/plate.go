package tiles

import (
	"sync/atomic"

	"wanmi/tiles/mvt"
)

// A plate is a page's lines and polygons as they stand in the tiles of one zoom: projected, simplified, encoded. Tiles differ in where their
// corner is, which moves the first point alone: all others are told from the one before. So a feature that lies in a tile is copied into it, and one
// that reaches out of it is cut from what is simplified already. Plates are made when a tile needs them first, of sorted rows only, until
// those of a table have plateBytes; what has none is projected for each tile, with the same result.
type plate struct {
	rows  [pageRows]plateRow
	bytes []byte // geometries without the first point
}

type plateRow struct {
	x, y uint32 // the first point, in tile units of the zoom from the world's corner
	at   uint32 // of its bytes
	n    uint32 // bytes
	kind mvt.GeomType
	form form
}

// form says what a geometry on a plate is.
type form uint8

const (
	unlaid  form = iota // not on the plate
	nothing             // shrunk to nothing at this zoom
	forward             // as projected
	turned              // polygons, every ring turned round
	mixed               // polygons some rings of which were turned or left out: of no use to be cut
)

// plateBytes bounds the plates of a table.
const plateBytes = 48 << 20

// plates are those of a page, by zoom.
type plates [unitZoom + 1]atomic.Pointer[plate]

// onPlate is the plate of a page at a zoom, nil for none: rows of a page follow one another.
type onPlate struct {
	page uint32 // and 1; 0: not looked for yet
	*plate
}

// plate returns the row's geometry at the zoom of f, nil when it is on no plate.
func (w *writer) plate(l *layer, f *frame, i uint32) (*plate, *plateRow) {
	if w.plated.page != i/pageRows+1 {
		w.plated = onPlate{i/pageRows + 1, w.plateOf(l, f, i/pageRows)}
	}
	if p := w.plated.plate; p != nil {
		if r := &p.rows[i%pageRows]; r.form != unlaid {
			return p, r
		}
	}
	return nil, nil
}

// plateOf finds the plate of a page, or makes it.
func (w *writer) plateOf(l *layer, f *frame, page uint32) *plate {
	if page*pageRows >= l.rows.sorted || f.up > 0 || l.rows.pages[page].plates == nil {
		return nil
	}
	at := &l.rows.pages[page].plates[f.z]
	p := at.Load()
	if p == nil {
		if p = w.newPlate(l, f.z, page); p != nil {
			at.Store(p) // should another have been as quick, they are alike
		}
	}
	return p
}

// newPlate makes the plate of a page, nil when the layer has enough of them.
func (w *writer) newPlate(l *layer, z int, page uint32) *plate {
	if l.table.plated.Load() > plateBytes {
		return nil
	}
	p := &plate{}
	f := frame{z: z, down: uint(unitZoom - z)}
	for k := range min(pageRows, l.rows.sorted-page*pageRows) {
		s := l.rows.shape(page*pageRows + k)
		if s == nil || s.kind == mvt.Point || max(f.units(s.bound.x1-s.bound.x0), f.units(s.bound.y1-s.bound.y0)) >= 1<<30 { // too long for a delta
			continue
		}
		// From the first point on, for coordinates small enough to be encoded.
		f.ox, f.oy = int64(s.parts[0][0]>>f.down<<f.down), int64(s.parts[0][1]>>f.down<<f.down)
		w.enc.StartGeometry()
		r := plateRow{kind: s.kind, form: forward, at: uint32(len(p.bytes))}
		if s.kind == mvt.Line {
			w.lines(l, &f, s, true)
		} else {
			r.form = w.rings(l, &f, s)
		}
		if w.enc.HasGeometry() {
			x, y, rest := w.enc.Geometry()
			r.x, r.y = uint32(f.ox>>f.down+x), uint32(f.oy>>f.down+y)
			p.bytes = append(p.bytes, rest...)
		} else if s.kind == mvt.Line || r.form == forward {
			r.form = nothing
		}
		r.n = uint32(len(p.bytes)) - r.at
		p.rows[k] = r
	}
	p.bytes = append(make([]byte, 0, len(p.bytes)), p.bytes...)
	l.table.plated.Add(int64(len(p.bytes)) + pageRows*int64(plateRowSize))
	return p
}

const plateRowSize = 20

// laid writes the geometry of a row on a plate that reaches out of a tile; false when it is of no use there.
func (w *writer) laid(l *layer, f *frame, i uint32, p *plate, r *plateRow) bool {
	bytes := p.bytes[r.at : r.at+r.n]
	x, y := r.in(f)
	switch {
	case r.form == nothing:
	case r.form == mixed:
		return false
	case r.kind == mvt.Line:
		for len(bytes) > 0 {
			w.xy, bytes, x, y = mvt.DecodePart(w.xy[:0], bytes, x, y, false)
			w.clip.Line(w.xy, clipBox, w.enc.LinePart)
		}
	default:
		w.cutRings(l.rows.shape(i), bytes, x, y, r.form == turned)
	}
	return true
}

// in is the first point in a tile's units.
func (r *plateRow) in(f *frame) (x, y int64) {
	return int64(r.x) - f.ox>>f.down, int64(r.y) - f.oy>>f.down
}
