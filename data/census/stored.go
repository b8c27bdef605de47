package census

import (
	"context"
	"iter"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
)

func newMatcher(l *gis.Layer, feats iter.Seq2[gis.Feature, error]) (*matcher, error) {
	m := emptyMatcher(l)
	for f, err := range feats {
		if err != nil {
			return nil, err
		}
		rec := record{f: f}
		if f.Geom != nil {
			rec.at = geom.LabelPoint(f.Geom)
		}
		m.rows.add(&rec)
		m.keys.add(hashOf(f.Key), m.rows.len()-1)
		if m.isComp {
			if id, _ := f.Values[m.id].(string); id != "" {
				source, _ := f.Values[m.source].(string)
				class, _ := f.Values[m.class].(string)
				m.ids.add(hashOf(source, m.common(class), id), m.rows.len()-1)
			}
			m.standsAt(rec.at)
		}
	}
	m.ready()
	return m, nil
}

func emptyMatcher(l *gis.Layer) *matcher {
	m := &matcher{rows: newPack(l), isComp: l.Name == "component", source: l.Index("source"), class: l.Index("class"), id: l.Index("delivered_id")}
	m.classes, m.label, m.name, m.className = map[string]string{}, l.Index("label"), l.Index("name"), l.Index("class_name")
	m.community, m.street = l.Index("community_code"), l.Index("street_code")
	return m
}

// standsAt notes where the component added last stands.
func (m *matcher) standsAt(p orb.Point) {
	if m.mx == 0 {
		m.mx, m.my = geom.MetresPerDegree(p[1])
	}
	m.places.add(m.cell(p, 0, 0), m.rows.len()-1)
}

// ready ends the adding of rows.
func (m *matcher) ready() {
	m.taken = make([]bool, m.rows.len())
	m.keys.sort()
	m.ids.sort()
	m.places.sort()
}

// lender is a store that hands on its rows as they stand.
type lender interface {
	Lend(ctx context.Context, layer string, use func(*data.LentRow) bool) (bool, error)
}

// lentMatcher is newMatcher of the components of a store that lends them; nil when it does not.
func lentMatcher(ctx context.Context, t Target) (*matcher, error) {
	s, ok := t.(lender)
	if !ok {
		return nil, nil
	}
	m := emptyMatcher(gis.MustLayer("component"))
	lent, err := s.Lend(ctx, "component", func(row *data.LentRow) bool {
		at := row.Point
		if !row.IsPoint {
			at = orb.Point{}
			if row.Geom != nil {
				at = geom.LabelPoint(row.Geom)
			}
		}
		m.rows.addLent(row, at)
		i := m.rows.len() - 1
		m.keys.add(hashOfBytes(row.Key), i)
		if id := row.Values[m.id]; len(id) > 0 {
			class := row.Values[m.class]
			if len(class) == 4 { // of the older edition
				class = []byte(m.common(string(class)))
			}
			m.ids.add(hashOfBytes(row.Values[m.source], class, id), i)
		}
		m.standsAt(at)
		return true
	})
	if err != nil || !lent {
		return nil, err
	}
	m.ready()
	return m, nil
}

// ahead reads the stored components on another core while the delivery is read: for a dry run, which matches them with what is
// stored at any moment of it.
type ahead struct {
	done chan struct{}
	m    *matcher
	err  error
}

func readAhead(ctx context.Context, t Target) *ahead {
	a := &ahead{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		if a.m, a.err = lentMatcher(ctx, t); a.m == nil && a.err == nil {
			a.m, a.err = newMatcher(gis.MustLayer("component"), t.Features(ctx, "component", orb.Bound{}))
		}
	}()
	return a
}

// wait returns what has been read, once; nil when nothing was read ahead of that layer.
func (a *ahead) wait(layer string) (*matcher, error) {
	if a == nil || layer != "component" {
		return nil, nil
	}
	<-a.done
	return a.m, a.err
}
