package census

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"

	"wanmi/gis"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
)

// same position and matching distances, metres.
const (
	sameMetres  = 0.02 // nearer than this is the same position: rounding of projected coordinates
	matchMetres = 0.5  // a row without a known id is the stored thing of its class this near
)

// plan is what a delivery does to one layer.
type plan struct {
	puts   []*gis.Feature
	remove []string
	taken  map[string]int // keys stored already: no new code may be one of them
	sum    Summary
}

func (r *run) count(p *plan) {
	s := &r.res.Summary
	s.Added += p.sum.Added
	s.Moved += p.sum.Moved
	s.Changed += p.sum.Changed
	s.Removed += p.sum.Removed
	s.Unchanged += p.sum.Unchanged
}

// stored is a row of the store while a delivery is matched.
type stored struct {
	f     gis.Feature
	at    orb.Point
	taken bool
}

// matcher finds the stored row of a delivered one.
type matcher struct {
	rows     []stored
	byKey    map[string]int
	byID     map[string]int   // source, class, delivered id
	byPlace  map[[2]int][]int // cells of about 1 m
	mx, my   float64
	isComp   bool
	volatile map[string]bool
}

func newMatcher(layer string, feats iter.Seq2[gis.Feature, error]) (*matcher, error) {
	m := &matcher{byKey: map[string]int{}, byID: map[string]int{}, byPlace: map[[2]int][]int{}, isComp: layer == "component"}
	for f, err := range feats {
		if err != nil {
			return nil, err
		}
		s := stored{f: f}
		if f.Geom != nil {
			s.at = geom.LabelPoint(f.Geom)
		}
		i := len(m.rows)
		m.rows = append(m.rows, s)
		m.byKey[f.Key] = i
		if !m.isComp {
			continue
		}
		if m.mx == 0 {
			m.mx, m.my = geom.MetresPerDegree(s.at[1])
		}
		if id := f.Text("delivered_id"); id != "" {
			m.byID[idKey(f.Text("source"), f.Text("class"), id)] = i
		}
		c := m.cell(s.at)
		m.byPlace[c] = append(m.byPlace[c], i)
	}
	return m, nil
}

func idKey(source, class, id string) string { return source + "\x00" + class + "\x00" + id }

func (m *matcher) cell(p orb.Point) [2]int {
	return [2]int{int(math.Floor(p[0] * m.mx)), int(math.Floor(p[1] * m.my))}
}

// metres between two points near each other.
func metres(a, b orb.Point) float64 {
	mx, my := geom.MetresPerDegree((a[1] + b[1]) / 2)
	return math.Hypot((a[0]-b[0])*mx, (a[1]-b[1])*my)
}

// nearest returns the stored component of that class nearest to p within [matchMetres] that no row has taken, -1 for none.
func (m *matcher) nearest(p orb.Point, class string) int {
	best, bestD := -1, matchMetres
	if m.mx == 0 {
		return -1
	}
	c := m.cell(p)
	for dx := -1; dx <= 1; dx++ {
		for dy := -1; dy <= 1; dy++ {
			for _, i := range m.byPlace[[2]int{c[0] + dx, c[1] + dy}] {
				s := &m.rows[i]
				if s.taken || s.f.Text("class") != class {
					continue
				}
				if d := metres(p, s.at); d < bestD {
					best, bestD = i, d
				}
			}
		}
	}
	return best
}

// match finds for every record the stored row it is, -1 for a new one: by key, by delivered id, then by position.
func (m *matcher) match(recs []record) []int {
	to := make([]int, len(recs))
	for i := range recs {
		to[i] = -1
		if key := recs[i].f.Key; key != "" {
			if j, ok := m.byKey[key]; ok && !m.rows[j].taken {
				to[i], m.rows[j].taken = j, true
			}
		}
	}
	if !m.isComp {
		return to
	}
	for i := range recs {
		f := &recs[i].f
		if id := f.Text("delivered_id"); to[i] < 0 && id != "" {
			if j, ok := m.byID[idKey(recs[i].source, f.Text("class"), id)]; ok && !m.rows[j].taken && (f.Key == "" || f.Key == m.rows[j].f.Key) {
				to[i], m.rows[j].taken = j, true
			}
		}
	}
	for i := range recs {
		f := &recs[i].f
		if to[i] < 0 && f.Key == "" {
			if j := m.nearest(recs[i].at, f.Text("class")); j >= 0 {
				to[i], m.rows[j].taken = j, true
			}
		}
	}
	return to
}

// plan works out what the delivery changes in a layer. It does not edit the records.
func (r *run) plan(layer string, feats iter.Seq2[gis.Feature, error]) (*plan, error) {
	r.Progress.Tell("match "+layer, 0, int64(len(r.records[layer])))
	m, err := newMatcher(layer, feats)
	if err != nil {
		return nil, err
	}
	recs := r.records[layer]
	to := m.match(recs)
	r.stamps(m, recs, to)
	p := &plan{taken: m.byKey}
	for i := range recs {
		rec := &recs[i]
		f := rec.f.Clone()
		if to[i] < 0 {
			p.sum.Added++
			if layer == "component" && f.Text("init_date") == "" && rec.conv.today != "" {
				f.Set("init_date", rec.conv.today)
			}
			p.puts = append(p.puts, &f)
			continue
		}
		old := m.rows[to[i]]
		moved, changed := merge(&f, old, rec, m.volatile)
		switch {
		case moved:
			p.sum.Moved++
		case changed:
			p.sum.Changed++
		default:
			p.sum.Unchanged++
			continue
		}
		p.puts = append(p.puts, &f)
	}
	r.removals(layer, m, p)
	return p, nil
}

// merge keeps of the stored row what the delivery says nothing about and tells what differs.
func merge(f *gis.Feature, old stored, rec *record, volatile map[string]bool) (moved, changed bool) {
	f.Key, f.ID = old.f.Key, old.f.ID
	if f.Layer.Key != "" {
		f.Set(f.Layer.Key, old.f.Key)
	}
	if sameShape(f.Geom, old.f.Geom) {
		f.Geom = old.f.Geom
	} else {
		moved = true
	}
	for i, field := range f.Layer.Fields {
		if i >= len(old.f.Values) {
			break
		}
		if f.Values[i] == nil && rec.conv.from[i] == nil {
			f.Values[i] = old.f.Values[i]
			continue
		}
		if f.Values[i] == old.f.Values[i] {
			continue
		}
		if field.Name == "extra" && sameExtra(f.Text("extra"), old.f.Text("extra"), volatile) {
			continue
		}
		changed = true
	}
	return moved, changed
}

// sameShape reports whether two geometries are equal but for the rounding of coordinates.
func sameShape(a, b orb.Geometry) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if p, ok := a.(orb.Point); ok {
		q, ok := b.(orb.Point)
		return ok && (p == q || metres(p, q) < sameMetres)
	}
	if a.GeoJSONType() != b.GeoJSONType() {
		return false
	}
	if orb.Equal(a, b) {
		return true
	}
	var pa, pb []orb.Point
	mapPoints(a, func(p orb.Point) orb.Point { pa = append(pa, p); return p })
	mapPoints(b, func(p orb.Point) orb.Point { pb = append(pb, p); return p })
	if len(pa) != len(pb) {
		return false
	}
	for i := range pa {
		if metres(pa[i], pb[i]) >= sameMetres {
			return false
		}
	}
	return true
}

func extraOf(s string) map[string]any {
	m := map[string]any{}
	if s != "" {
		_ = json.Unmarshal([]byte(s), &m)
	}
	return m
}

// sameExtra compares two extra objects without the volatile members.
func sameExtra(a, b string, volatile map[string]bool) bool {
	if a == b {
		return true
	}
	x, y := extraOf(a), extraOf(b)
	for k, v := range x {
		if !volatile[k] && fmt.Sprint(v) != fmt.Sprint(y[k]) {
			return false
		}
	}
	for k := range y {
		if _, ok := x[k]; !ok && !volatile[k] {
			return false
		}
	}
	return true
}

// stamps finds the columns that changed in nearly every matched row: they tell of the delivery, not of the things.
func (r *run) stamps(m *matcher, recs []record, to []int) {
	m.volatile = map[string]bool{}
	for i := range recs {
		for _, k := range recs[i].conv.profile.Volatile {
			m.volatile[k] = true
		}
	}
	pairs, differ := 0, map[string]int{}
	for i := range recs {
		if to[i] < 0 {
			continue
		}
		pairs++
		a, b := recs[i].f.Text("extra"), m.rows[to[i]].f.Text("extra")
		if recs[i].f.Layer.Index("extra") < 0 || a == b {
			continue
		}
		x, y := extraOf(a), extraOf(b)
		for k, v := range x {
			if w, ok := y[k]; ok && fmt.Sprint(v) != fmt.Sprint(w) {
				differ[k]++
			}
		}
	}
	for _, k := range sortedKeys(differ) {
		if pairs >= 20 && differ[k]*100 >= pairs*95 && !m.volatile[k] {
			m.volatile[k] = true
			if len(r.res.Files) > 0 {
				f := &r.res.Files[len(r.res.Files)-1]
				note := fmt.Sprintf("column %q differs in %d of %d rows already stored: taken as a stamp, its change alone is none / 该列几乎每行都变，不视为变更", k, differ[k], pairs)
				if !slices.Contains(f.Remarks, note) {
					f.Remarks = append(f.Remarks, note)
				}
			}
		}
	}
}

// removals lists the stored rows of the delivered sources that the delivery lacks.
func (r *run) removals(layer string, m *matcher, p *plan) {
	if r.Partial {
		return
	}
	sources := map[string]bool{}
	for _, s := range r.sources[layer] {
		sources[s] = true
	}
	for _, s := range m.rows {
		source := s.f.Text("source")
		if s.taken || !sources[source] || r.isKept(layer, source, s.f) {
			continue
		}
		p.remove = append(p.remove, s.f.Key)
		p.sum.Removed++
		if layer == "component" && p.sum.Removed <= 1000 {
			rec := &record{f: s.f, at: s.at, file: source}
			r.removed(rec)
		}
	}
}

func (r *run) removed(rec *record) {
	what := rec.f.Text("name")
	if id := rec.f.Text("delivered_id"); id != "" {
		what += " " + id
	}
	en := fmt.Sprintf("%s was in an earlier delivery of %s and is not in this one", what, rec.file)
	zh := fmt.Sprintf("%s 曾在 %s 的先前成果中，本次没有", what, rec.file)
	r.mark(rec, severityOf(RuleRemoved), flag{rule: RuleRemoved, en: en, zh: zh})
}

// isKept reports whether the delivery has the thing in a row that was rejected.
func (r *run) isKept(layer, source string, f gis.Feature) bool {
	if len(r.kept) == 0 {
		return false
	}
	for _, id := range []string{"code", "delivered_id", "number"} {
		if f.Layer.Index(id) >= 0 {
			if v := f.Text(id); v != "" && r.kept[identity(layer, source, id, v)] {
				return true
			}
		}
	}
	return false
}
