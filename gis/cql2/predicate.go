package cql2

import (
	"time"

	"github.com/paulmach/orb"
)

// Truth is the outcome of a condition.
type Truth uint8

// The truths. Their order is no order.
const (
	False Truth = iota
	True
	Null
)

func truthOf(b bool) Truth {
	if b {
		return True
	}
	return False
}

func (t Truth) not() Truth {
	switch t {
	case False:
		return True
	case True:
		return False
	}
	return Null
}

// Row is what a predicate sees of a feature.
type Row interface {
	// Value returns the value of a field by its place in Schema.Fields, in the types of gis.Feature; nil for none.
	Value(field int) any
	// Geometry is in longitude and latitude, nil for none.
	Geometry() orb.Geometry
}

// Coded is a Row whose values stand in a dictionary: conditions on one field are decided once for each of its codes.
type Coded interface {
	Row
	// Code returns the code of a field's value: equal codes are equal values, whatever the field's rows. ok is false for a
	// field without codes worth remembering.
	Code(field int) (code uint32, ok bool)
}

// Pointed is a Row that can tell a point, or the bounds of another geometry, for less than the geometry.
type Pointed interface {
	Row
	Point() (p orb.Point, ok bool)
	Bound() orb.Bound
}

// Predicate is a filter made ready for one schema, safe for any number of goroutines. Each of them asks through a Run of its own.
type Predicate struct {
	cond  cond
	memos int
	reach reach
}

// Run asks a predicate about one row after the other, which its Row stands for in turn. It belongs to one goroutine.
type Run struct {
	cond    cond
	row     Row
	coded   Coded // row, when it is one
	pointed Pointed
	codes   int
	memo    []memo
}

// memo holds the outcomes of a condition by code, plus 1; 0: nobody asked. A dictionary may have a million codes of which a tile
// shows few: pages are made when they are needed.
type memo []*[1 << memoBits]Truth

const memoBits = 10

// cond is a condition ready to be asked.
type cond func(*Run) Truth

// Run returns a new run over row, which the caller moves from feature to feature. codes is more than the largest code a Coded
// row will give.
func (p *Predicate) Run(row Row, codes int) *Run {
	r := &Run{cond: p.cond, row: row, codes: codes, memo: make([]memo, p.memos)}
	r.coded, _ = row.(Coded)
	r.pointed, _ = row.(Pointed)
	return r
}

// Keep reports whether the filter is TRUE for what the row stands for now.
func (r *Run) Keep() bool { return r.cond(r) == True }

// Ask returns the filter's truth for what the row stands for now.
func (r *Run) Ask() Truth { return r.cond(r) }

// remembered decides c, a condition on one field alone, once per code.
func remembered(c cond, field, number int) cond {
	return func(r *Run) Truth {
		if r.coded == nil {
			return c(r)
		}
		code, ok := r.coded.Code(field)
		if !ok || int(code) >= r.codes {
			return c(r)
		}
		m := r.memo[number]
		if m == nil {
			m = make(memo, r.codes>>memoBits+1)
			r.memo[number] = m
		}
		page := m[code>>memoBits]
		if page == nil {
			page = new([1 << memoBits]Truth)
			m[code>>memoBits] = page
		}
		t := &page[code&(1<<memoBits-1)]
		if *t == 0 {
			*t = c(r) + 1
		}
		return *t - 1
	}
}

// Bound returns the bounds outside of which no feature can pass the filter. all is true when the filter sets no bounds; none when
// no feature can pass it.
func (p *Predicate) Bound() (b orb.Bound, all, none bool) {
	return p.reach.bound, p.reach.all, p.reach.none
}

// reach is where features that pass a condition may lie.
type reach struct {
	bound     orb.Bound
	all, none bool
}

func (r reach) and(s reach) reach {
	switch {
	case r.none || s.all:
		return r
	case s.none || r.all:
		return s
	}
	// A geometry that touches both boxes need not touch what they have in common, if anything: the smaller of the two it is.
	if area(r.bound) <= area(s.bound) {
		return r
	}
	return s
}

func (r reach) or(s reach) reach {
	switch {
	case r.all || s.none:
		return r
	case s.all || r.none:
		return s
	}
	return reach{bound: r.bound.Union(s.bound)}
}

func area(b orb.Bound) float64 { return (b.Max[0] - b.Min[0]) * (b.Max[1] - b.Min[1]) }

// zone is where the day of a timestamp is taken.
func (s *Schema) zone() *time.Location {
	if s.Zone != nil {
		return s.Zone
	}
	return time.Local
}
