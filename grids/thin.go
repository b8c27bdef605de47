package grids

import "wanmi/gis/geom"

const (
	thinReal = 120.0 // mm a border may leave the feature it runs along, for fewer corners
	thinSoft = 250.0 // mm, where it runs along none
)

// thin drops the corners that no one would miss: those of a map's dense digitising, and those where lines met that
// are no borders. No building, border or component comes nearer for it than it may.
func (s *smoother) thin() {
	for _, i := range s.order {
		l := s.lines[i]
		if l.fixed {
			continue
		}
		for hi := len(l.class); hi > 0; { // from the end: what is dropped moves only what was looked at
			lo := hi - 1
			for lo > 0 && alike(l.class[lo-1], l.class[hi-1]) {
				lo--
			}
			s.thinRun(l, lo, hi)
			hi = lo
		}
	}
}

// alike reports whether a border may run on from one class into the other without a corner there.
func alike(a, b class) bool {
	return a == b || a.real() && b.real() || a.soft() && b.soft()
}

// thinRun leads a border straight from point lo to point hi if that changes next to nothing, else does so with the
// parts before and after the point farthest from that.
func (s *smoother) thinRun(l *line, lo, hi int) {
	if hi-lo < 2 {
		return
	}
	far, mid := -1.0, lo+1
	cls := l.class[lo]
	for k := lo + 1; k < hi; k++ {
		cls = max(cls, l.class[k])
		if d := distSeg(l.pts[k], l.pts[lo], l.pts[hi]); d > far {
			far, mid = d, k
		}
	}
	tol, clear := thinReal, 0.0
	if cls.soft() {
		tol, clear = thinSoft, clearance
	}
	if far <= tol {
		c := change{l, lo, hi, []geom.Pt{l.pts[lo], l.pts[hi]}, []class{cls}, clear}
		if s.touching(c.pts) <= s.touching(c.old()) && s.fits(c) {
			s.apply(c)
			return
		}
	}
	s.thinRun(l, mid, hi)
	s.thinRun(l, lo, mid)
}
