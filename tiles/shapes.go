package tiles

import "wanmi/tiles/mvt"

// shape writes a line, a polygon or several points. It returns 1 when the feature was left out for its size.
func (w *writer) shape(l *layer, f *frame, i uint32, small int64) int {
	b := l.rows.bound(i)
	plate, laid := w.plate(l, f, i)
	var kind mvt.GeomType
	if laid != nil {
		kind = laid.kind
	} else {
		kind = l.rows.shape(i).kind
	}
	if kind != mvt.Point && f.units(b.x1-b.x0) < small && f.units(b.y1-b.y0) < small {
		return 1
	}
	inside := b.x0 >= f.box.x0 && b.y0 >= f.box.y0 && b.x1 <= f.box.x1 && b.y1 <= f.box.y1
	if laid != nil && inside { // nearly all: as it is on the plate
		if laid.n == 0 {
			return 1 // it has shrunk to nothing
		}
		x, y := laid.in(f)
		l.rows.tags(&w.enc, i)
		w.enc.Laid(uint64(l.rows.id(i)), kind, x, y, plate.bytes[laid.at:laid.at+laid.n])
		return 0
	}
	w.enc.StartGeometry()
	if laid == nil || !w.laid(l, f, i, plate, laid) {
		w.projected(l, f, l.rows.shape(i), inside)
	}
	if !w.enc.HasGeometry() {
		if inside {
			return 1
		}
		return 0
	}
	l.rows.tags(&w.enc, i)
	w.enc.Feature(uint64(l.rows.id(i)), kind)
	return 0
}

// projected writes the geometry of a shape.
func (w *writer) projected(l *layer, f *frame, s *shape, inside bool) {
	switch {
	case s.kind == mvt.Point:
		w.points(f, s)
	case s.kind == mvt.Line:
		w.lines(l, f, s, inside)
	case inside:
		w.rings(l, f, s)
	default:
		w.polygons(l, f, s)
	}
}

func (w *writer) points(f *frame, s *shape) {
	xy := w.xy[:0]
	p := s.parts[0]
	for k := 0; k < len(p); k += 2 {
		if b := (box{p[k], p[k+1], p[k], p[k+1]}); b.touches(f.box) {
			x, y := f.at(p[k], p[k+1])
			xy = append(xy, x, y)
		}
	}
	if w.xy = xy; len(xy) > 0 {
		w.enc.Points(xy)
	}
}

// project turns a part into tile units, without points that fall on the one before.
func (w *writer) project(f *frame, part []uint32) []int64 {
	xy := w.xy[:0]
	for k := 0; k+1 < len(part); k += 2 {
		x, y := f.at(part[k], part[k+1])
		if n := len(xy); n > 0 && xy[n-2] == x && xy[n-1] == y {
			continue
		}
		xy = append(xy, x, y)
	}
	w.xy = xy
	return xy
}

func (w *writer) lines(l *layer, f *frame, s *shape, inside bool) {
	for _, part := range s.parts {
		xy := w.project(f, part)
		if len(xy) < 4 {
			continue
		}
		if f.z < l.rule.MaxZoom {
			if xy = w.clip.Simplify(xy, l.rule.Simplify); len(xy) < 4 {
				continue
			}
		}
		if inside {
			w.enc.LinePart(xy)
		} else {
			w.clip.Line(xy, clipBox, w.enc.LinePart)
		}
	}
}

// rings writes polygons that need not be cut, and tells what became of their rings.
func (w *writer) rings(l *layer, f *frame, s *shape) form {
	rings := s.parts
	kept, round, lost := 0, 0, false
	for _, n := range s.polys {
		for k, part := range rings[:n] {
			xy := mvt.CleanRing(w.project(f, part), !l.rule.Shared)
			a := mvt.Area2(xy)
			if a == 0 {
				lost = true
				if k == 0 {
					break // nothing left of this polygon: its holes go too
				}
				continue
			}
			if kept++; (a > 0) != (k == 0) {
				mvt.Reverse(xy)
				round++
			}
			w.enc.RingPart(xy)
		}
		rings = rings[n:]
	}
	switch {
	case lost || round > 0 && round < kept:
		return mixed
	case round > 0:
		return turned
	}
	return forward
}

// polygons writes what of polygons lies in a tile.
func (w *writer) polygons(l *layer, f *frame, s *shape) {
	rings := s.parts
	for _, n := range s.polys {
		for k, part := range rings[:n] {
			xy := mvt.CleanRing(w.project(f, part), !l.rule.Shared)
			if !w.cutRing(xy, k) {
				break
			}
		}
		rings = rings[n:]
	}
}

// cutRing writes what of a ring lies in a tile. It returns false when that is nothing of an exterior ring: its holes go, too.
func (w *writer) cutRing(xy []int64, k int) bool {
	xy = w.clip.Ring(xy, clipBox)
	a := mvt.Area2(xy)
	if a == 0 {
		return k > 0
	}
	if (a > 0) != (k == 0) {
		mvt.Reverse(xy)
	}
	w.enc.RingPart(xy)
	return true
}

// cutRings is polygons of rings from a plate.
func (w *writer) cutRings(s *shape, bytes []byte, x, y int64, turned bool) {
	for _, n := range s.polys {
		some := true
		for k := range n {
			w.xy, bytes, x, y = mvt.DecodePart(w.xy[:0], bytes, x, y, true)
			if turned {
				mvt.Reverse(w.xy)
			}
			some = some && w.cutRing(w.xy, k)
		}
	}
}
