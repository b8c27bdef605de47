package census

import (
	"math"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
)

// looksMost is how many changed rows are looked for among the delivered ones, which takes milliseconds each.
const looksMost = 40

// since puts right what others changed in the stored components after a plan was made of them, so that the result is what the
// import makes of the components as they are now. It returns false when the matching of other rows may have been another.
func (r *run) since(tx data.Tx, p *plan, changes []gis.Change) (bool, error) {
	s := sinceThen{r: r, p: p, record: map[int]int{}}
	rows := map[int]bool{}
	seen := map[string]bool{}
	for _, c := range changes {
		if seen[c.Key] {
			continue
		}
		seen[c.Key] = true
		j := p.m.byKey(c.Key)
		now, err := tx.Feature("component", c.Key)
		if err != nil && gis.KindOf(err) != gis.NotFound {
			return false, err
		}
		e := edit{key: c.Key, row: j, gone: err != nil, now: now}
		if j < 0 && e.gone {
			continue
		}
		s.edits = append(s.edits, e)
		if j >= 0 {
			rows[j] = true
		}
	}
	for i, j := range p.to {
		if j >= 0 && rows[int(j)] {
			s.record[int(j)] = i
		}
	}
	for _, e := range s.edits {
		if !s.holds(e) {
			return false, nil
		}
	}
	for _, e := range s.edits {
		if err := s.decide(tx, e); err != nil {
			return false, err
		}
	}
	return true, nil
}

// edit is a stored row that others changed: its number in the plan, -1 for a new one, and what it is now.
type edit struct {
	key  string
	row  int
	gone bool
	now  gis.Feature
}

type sinceThen struct {
	r      *run
	p      *plan
	edits  []edit
	record map[int]int // stored row -> the record that is it
	looks  int
}

// holds reports whether the plan for all other rows is what it would be had the edit come first.
func (s *sinceThen) holds(e edit) bool {
	m := s.p.m
	if e.row < 0 { // new: it may be what a record is, or what the delivery lacks
		return s.r.Extent == nil && s.r.former[e.key] == "" && e.now.Text("delivered_id") == "" && !s.ours(e.now.Text("source")) && !s.near(e.now)
	}
	old := m.rows.record(e.row)
	i, matched := s.record[e.row]
	switch {
	case e.gone && matched:
		return false
	case e.gone:
		return s.r.Extent == nil && !s.near(old.f)
	case s.alike(old.f, e.now):
		return true
	case old.f.Text("source") != e.now.Text("source") || old.f.Text("class") != e.now.Text("class") || old.f.Text("delivered_id") != e.now.Text("delivered_id"):
		return false
	case !matched:
		return s.r.Extent == nil && !s.near(old.f) && !s.near(e.now)
	case old.f.Text("extra") != e.now.Text("extra"): // which columns are stamps goes by all of them
		return false
	}
	if key := s.p.recs.key(i); len(key) > 0 {
		return string(key) == e.key
	}
	// Matched by its id, and in its place, before and now.
	rec := s.p.recs.record(i)
	return rec.f.Text("delivered_id") != "" && rec.f.Text("delivered_id") == old.f.Text("delivered_id") && rec.source == old.f.Text("source") &&
		metres(rec.at, old.at) <= movedByID && metres(rec.at, labelOf(e.now)) <= movedByID
}

// alike reports whether two states of a row are the same to the matching.
func (s *sinceThen) alike(a, b gis.Feature) bool {
	for _, name := range [...]string{"source", "class", "delivered_id", "label", "name", "class_name", "extra"} {
		if a.Text(name) != b.Text(name) {
			return false
		}
	}
	return orb.Equal(a.Geom, b.Geom)
}

// ours reports whether the delivery says all there is of a source.
func (s *sinceThen) ours(source string) bool {
	for _, d := range s.r.sources["component"] {
		if d == source {
			return true
		}
	}
	return false
}

// near reports whether a record that was, or might have been, matched by its place lies where another thing could be it.
func (s *sinceThen) near(f gis.Feature) bool {
	if s.looks++; s.looks > looksMost {
		return true
	}
	const within = 20 * matchMetres // the furthest reach of a class, and that of the search for a shift
	at, m := labelOf(f), s.p.m
	dx, dy := within/m.mx, within/m.my
	for i, p := range s.p.recs.points {
		if math.Abs(p[0]-at[0]) > dx || math.Abs(p[1]-at[1]) > dy || len(s.p.recs.key(i)) > 0 {
			continue
		}
		return true
	}
	return false
}

// decide does for the row of an edit what the import does for it as it is now.
func (s *sinceThen) decide(tx data.Tx, e edit) error {
	sum := &s.r.res.Summary
	if e.row < 0 {
		return nil
	}
	i, matched := s.record[e.row]
	if !matched {
		if !s.removes(e.key) {
			return nil
		}
		if e.gone {
			sum.Removed--
			return nil
		}
		return tx.Delete("component", e.key)
	}
	rec := s.p.recs.record(i)
	before := s.outcome(&rec, s.p.m.rows.record(e.row).f)
	*before--
	rec = s.p.recs.record(i)
	after := s.outcome(&rec, e.now)
	*after++
	if after == &sum.Unchanged {
		return nil
	}
	tx.From(s.r.fileName(rec.file), rec.row)
	_, _, err := tx.Put(&rec.f)
	return err
}

// outcome makes of rec what is to be stored over old and returns where that counts.
func (s *sinceThen) outcome(rec *record, old gis.Feature) *int64 {
	sum := &s.r.res.Summary
	moved, changed := merge(&rec.f, old, rec, s.p.m.volatile)
	switch {
	case moved:
		return &sum.Moved
	case changed:
		return &sum.Changed
	}
	return &sum.Unchanged
}

func (s *sinceThen) removes(key string) bool {
	for _, k := range s.p.remove {
		if k == key {
			return true
		}
	}
	return false
}

// labelOf is the point a thing is matched by.
func labelOf(f gis.Feature) orb.Point {
	if f.Geom == nil {
		return orb.Point{}
	}
	return geom.LabelPoint(f.Geom)
}
