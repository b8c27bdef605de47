package census

import (
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"

	"wanmi/gis"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
)

// same position and matching distances, metres.
const (
	sameMetres  = 0.02 // nearer than this is the same position: rounding of projected coordinates
	matchMetres = 0.5  // a row without a known id is the stored thing of its class this near, twice that for accuracy class B and more
	sameSpot    = 0.1  // a row this near to a stored one stands where that stood
	movedByID   = 5.0  // a thing whose id was matched further off than this, and on another's spot, has got another's id
)

// plan is what a delivery does to one layer.
type plan struct {
	recs   *pack
	m      *matcher
	to     []int32 // of each record: the stored row it is, -1 for a new one
	puts   []int32 // the records that are to be written
	remove []string
	sum    Summary
}

// record returns a record with the feature that is to be stored of it.
func (p *plan) record(i int32) record {
	rec := p.recs.record(int(i))
	if p.to[i] >= 0 {
		merge(&rec.f, p.m.rows.record(int(p.to[i])).f, &rec, p.m.volatile)
	} else {
		rec.conv.date(&rec.f)
	}
	return rec
}

// date gives a new component that comes without one its initial date.
func (c *converter) date(f *gis.Feature) {
	if c.layer.Name == "component" && c.today != "" && f.Text("init_date") == "" {
		f.Set("init_date", c.today)
	}
}

func (r *run) count(p *plan) {
	s := &r.res.Summary
	s.Added += p.sum.Added
	s.Moved += p.sum.Moved
	s.Changed += p.sum.Changed
	s.Removed += p.sum.Removed
	s.Unchanged += p.sum.Unchanged
}

// matcher finds the stored row of a delivered one.
type matcher struct {
	rows     *pack
	taken    []bool
	keys     finder
	ids      finder // source, class, delivered id
	places   finder // cells of about 1 m
	mx, my   float64
	isComp   bool
	volatile map[string]bool
	classes  map[string]string // classes of CJ/T 214-2007 -> their counterparts
	asked    sync.RWMutex      // of classes
	former   map[string]string // codes rows once had -> the codes they have

	source, class, id int // fields
	label, name       int
	className         int
	community, street int
}

// any reports whether some stored row is of that kind.
func (m *matcher) any(kind func(i int) bool) bool {
	for i := range m.taken {
		if kind(i) {
			return true
		}
	}
	return false
}

// cell numbers the square metre of p, or the one so many to the east and north of it.
func (m *matcher) cell(p orb.Point, east, north int) uint64 {
	return uint64(int(math.Floor(p[0]*m.mx))+east)<<32 | uint64(uint32(int(math.Floor(p[1]*m.my))+north))
}

// byKey returns the stored row of a key, -1 when there is none.
func (m *matcher) byKey(key string) int {
	if len(m.keys.list) == 0 {
		return -1
	}
	for _, e := range m.keys.of(hashOf(key)) {
		if string(m.rows.key(int(e.at))) == key {
			return int(e.at)
		}
	}
	return -1
}

// byID returns the stored row of a delivered id, -1 when there is none. An id that two things have is none: they are matched
// by position, else the same delivery again would exchange them.
func (m *matcher) byID(source, class, id string) int {
	last := -1
	class = m.common(class)
	for _, e := range m.ids.of(hashOf(source, class, id)) {
		i := int(e.at)
		if m.rows.has(i, m.id, id) && m.common(m.rows.text(i, m.class)) == class && m.rows.text(i, m.source) == source {
			if last >= 0 {
				return -1
			}
			last = i
		}
	}
	return last
}

// metres between two points near each other.
func metres(a, b orb.Point) float64 {
	mx, my := geom.MetresPerDegree((a[1] + b[1]) / 2)
	return math.Hypot((a[0]-b[0])*mx, (a[1]-b[1])*my)
}

// match finds for every record the stored row it is, -1 for a new one: by key, by delivered id, then by position. What it
// noticed about the delivery as a whole comes as remarks.
func (m *matcher) match(recs *pack) (to []int32, remarks []string) {
	to = make([]int32, recs.len())
	take := func(i int, j int32) {
		if j >= 0 && !m.taken[j] {
			to[i], m.taken[j] = j, true
		}
	}
	for i, j := range m.candidates(recs, m.storedKey) {
		to[i] = -1
		take(i, j)
	}
	if !m.isComp || m.rows.len() == 0 {
		return to, nil
	}
	var far []int // matched by an id with something that stood elsewhere
	for i, j := range m.candidates(recs, m.storedID) {
		if to[i] >= 0 || j < 0 {
			continue
		}
		if take(i, j); to[i] == j && metres(recs.points[i], m.rows.points[j]) > movedByID {
			far = append(far, i)
		}
	}
	return to, m.matchPlaces(recs, to, far)
}

// candidates asks for every record which stored row it might be. All cores work at it.
func (m *matcher) candidates(recs *pack, of func(recs *pack, i int) int) []int32 {
	out := make([]int32, recs.len())
	var all sync.WaitGroup
	for _, part := range blocksOf(len(out)) {
		all.Go(func() {
			for i := part[0]; i < part[1]; i++ {
				out[i] = int32(of(recs, i))
			}
		})
	}
	all.Wait()
	return out
}

// storedKey returns the stored row with the key of a record, or with the key that one has become, -1 for none.
func (m *matcher) storedKey(recs *pack, i int) int {
	key := string(recs.key(i))
	if key == "" {
		return -1
	}
	j := m.byKey(key)
	if j < 0 && len(m.former) > 0 {
		if now := m.former[key]; now != "" {
			j = m.byKey(now)
		}
	}
	return j
}

// storedID returns the stored row with the delivered id of a record, -1 for none.
func (m *matcher) storedID(recs *pack, i int) int {
	id := recs.text(i, m.id)
	if id == "" {
		return -1
	}
	j := m.byID(recs.sourceOf(i), recs.text(i, m.class), id)
	if key := recs.key(i); j >= 0 && len(key) > 0 && string(key) != string(m.rows.key(j)) {
		return -1
	}
	return j
}

// plan works out what the delivery changes in a layer. It does not edit the records.
func (r *run) plan(layer string, feats iter.Seq2[gis.Feature, error]) (*plan, error) {
	recs := r.packed(layer)
	r.Progress.Tell("match "+layer, 0, int64(recs.len()))
	m, err := r.ahead.wait(layer)
	if m == nil && err == nil {
		m, err = newMatcher(gis.MustLayer(layer), feats)
	}
	if err != nil {
		return nil, err
	}
	m.former = r.former
	to, remarks := m.match(recs)
	for _, note := range remarks {
		r.remarkDelivery(note)
	}
	same := newAlikeness(recs, m.rows).of(to)
	r.stamps(m, recs, to, same)
	p := &plan{recs: recs, m: m, to: to}
	for i, j := range to {
		if j < 0 {
			p.sum.Added++
			p.puts = append(p.puts, int32(i))
			continue
		}
		if same[i] {
			p.sum.Unchanged++
			continue
		}
		rec := recs.record(i)
		moved, changed := merge(&rec.f, m.rows.record(int(j)).f, &rec, m.volatile)
		switch {
		case moved:
			p.sum.Moved++
		case changed:
			p.sum.Changed++
		default:
			p.sum.Unchanged++
			continue
		}
		p.puts = append(p.puts, int32(i))
	}
	r.removals(layer, m, p)
	return p, nil
}

// merge keeps of the stored row what the delivery says nothing about and tells what differs.
func merge(f *gis.Feature, old gis.Feature, rec *record, volatile map[string]bool) (moved, changed bool) {
	f.Key, f.ID = old.Key, old.ID
	keepEdition(f, old)
	if f.Layer.Key != "" {
		f.Set(f.Layer.Key, old.Key)
	}
	if sameShape(f.Geom, old.Geom) {
		f.Geom = old.Geom
	} else {
		moved = true
	}
	for i, field := range f.Layer.Fields {
		if i >= len(old.Values) {
			break
		}
		byRule := (field.Name == "dept_code" || field.Name == "dept_name") && rec.conv.from[i] == nil && old.Values[i] != nil
		if f.Values[i] == nil && rec.conv.from[i] == nil || byRule { // what was put in by hand is not undone by a rule
			f.Values[i] = old.Values[i]
			continue
		}
		if f.Values[i] == old.Values[i] {
			continue
		}
		if field.Name == "extra" && sameExtra(f.Text("extra"), old.Text("extra"), volatile) {
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

// stamps finds the columns that changed in nearly every matched row: they tell of the delivery, not of the things. Rows that are
// the same have none.
func (r *run) stamps(m *matcher, recs *pack, to []int32, same []bool) {
	m.volatile = map[string]bool{}
	for _, c := range recs.convs {
		for _, k := range c.profile.Volatile {
			m.volatile[k] = true
		}
	}
	extra := recs.layer.Index("extra")
	pairs, differ := 0, map[string]int{}
	for i, j := range to {
		if j < 0 {
			continue
		}
		pairs++
		if same[i] {
			continue
		}
		a, b := recs.text(i, extra), m.rows.text(int(j), extra)
		if a == b {
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
			r.remarkDelivery(fmt.Sprintf("column %q differs in %d of %d rows already stored: taken as a stamp, its change alone is none / 该列几乎每行都变，不视为变更", k, differ[k], pairs))
		}
	}
}

// remarkDelivery tells something about the delivery as a whole, once, with its last file.
func (r *run) remarkDelivery(note string) {
	if len(r.res.Files) == 0 {
		return
	}
	if f := &r.res.Files[len(r.res.Files)-1]; !slices.Contains(f.Remarks, note) {
		f.Remarks = append(f.Remarks, note)
	}
}

// removals lists the stored rows of the delivered sources that the delivery lacks; with an extent, those in it.
func (r *run) removals(layer string, m *matcher, p *plan) {
	if r.Partial {
		return
	}
	replaced := r.replaced(layer, m, p.recs)
	others := map[string]int{} // sources the delivery replaces without bearing their name
	for i, taken := range m.taken {
		if taken || !replaced(i) {
			continue
		}
		source := m.rows.text(i, m.source)
		rec := m.rows.record(i)
		if r.isKept(layer, source, rec.f) {
			continue
		}
		if !slices.Contains(r.sources[layer], source) {
			others[source]++
		}
		p.remove = append(p.remove, rec.f.Key)
		p.sum.Removed++
		if layer == "component" && p.sum.Removed <= 1000 {
			rec.file = source
			r.removed(&rec)
		}
	}
	for _, source := range sortedKeys(others) {
		r.remarkDelivery(fmt.Sprintf("%d rows to be removed came with another delivery, %s / 其中 %[1]d 条待移除记录来自另一成果 %[2]s", others[source], source))
	}
}

// replaced tells which stored rows a delivery replaces: those of its sources; with an extent only in it, and there, when no
// component of its sources is stored yet, those of its classes, whichever delivery they came with: a part of the city surveyed
// again under another file name.
func (r *run) replaced(layer string, m *matcher, recs *pack) func(i int) bool {
	sources := map[string]bool{}
	for _, s := range r.sources[layer] {
		sources[s] = true
	}
	ofSource := func(i int) bool { return sources[m.rows.text(i, m.source)] }
	if r.Extent == nil {
		return ofSource
	}
	ours := ofSource
	if m.isComp && !m.any(ofSource) {
		classes := map[string]bool{}
		for i := range recs.len() {
			classes[m.classOf(recs, i)] = true
		}
		ours = func(i int) bool { return classes[m.classOf(m.rows, i)] }
	}
	return func(i int) bool { return ours(i) && r.Extent.holds(m.rows.points[i], r.place.placer) }
}

func (r *run) removed(rec *record) {
	what := rec.f.Text("name")
	if id := rec.f.Text("delivered_id"); id != "" {
		what += " " + id
	}
	en := fmt.Sprintf("%s was in an earlier delivery of %s and is not in this one", what, rec.file)
	zh := fmt.Sprintf("%s 曾在 %s 的先前成果中，本次没有", what, rec.file)
	r.mark(rec, severityOf(RuleRemoved), defect{rule: RuleRemoved, en: en, zh: zh})
}

// isKept reports whether the delivery has the thing in a row that was rejected.
func (r *run) isKept(layer, source string, f gis.Feature) bool {
	if len(r.kept) == 0 {
		return false
	}
	for _, id := range []string{"code", "delivered_id", "number"} {
		if f.Layer.Index(id) >= 0 {
			if v := f.Text(id); v != "" && (r.kept[identity(layer, source, id, v)] || r.kept[identity(layer, "", id, v)]) {
				return true
			}
		}
	}
	return false
}
