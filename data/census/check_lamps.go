package census

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// lamp is a numbered lamp of a row.
type lamp struct {
	n int
	i int32
}

// lampRows looks along rows of numbered lamps (XYL-001, XYL-002 ...): a number that is left out where the distance leaves
// room for the lamp, and a lamp far off the line of its neighbours.
func (r *run) lampRows() {
	recs := r.comps
	layer := recs.layer
	li, ci, ni := layer.Index("label"), layer.Index("class"), layer.Index("class_name")
	rows := map[string][]lamp{}
	for i := range recs.len() {
		s := recs.text(i, li)
		if s == "" || !strings.Contains(recs.text(i, ni), "灯") {
			continue
		}
		head := strings.TrimRight(s, "0123456789")
		n, err := strconv.Atoi(s[len(head):])
		if err != nil || head == "" {
			continue
		}
		k := recs.sourceOf(i) + "\x00" + recs.text(i, ci) + "\x00" + head
		rows[k] = append(rows[k], lamp{n, int32(i)})
	}
	for _, k := range sortedKeys(rows) {
		if l := rows[k]; len(l) >= 5 {
			slices.SortStableFunc(l, func(a, b lamp) int { return cmp.Compare(a.n, b.n) })
			r.lampRow(slices.CompactFunc(l, func(a, b lamp) bool { return a.n == b.n }))
		}
	}
}

func (r *run) lampRow(l []lamp) {
	recs := r.comps
	at := func(i int) orb.Point { return recs.points[l[i].i] }
	var steps []float64
	for i := 1; i < len(l); i++ {
		if l[i].n == l[i-1].n+1 {
			steps = append(steps, metres(at(i-1), at(i)))
		}
	}
	if len(steps) < 4 {
		return
	}
	slices.Sort(steps)
	usual := steps[len(steps)/2]
	if usual < 3 {
		return
	}
	k := recs.convOf(int(l[0].i)).checks
	for i := 1; i < len(l); i++ {
		lack := l[i].n - l[i-1].n - 1 - r.refusedLamps(recs, l[i-1], l[i])
		d := metres(at(i-1), at(i))
		if lack < 1 || lack > 20 || d < k.LampGap*usual || d > 3*usual*float64(lack+1) {
			continue
		}
		rec, next := recs.record(int(l[i-1].i)), recs.record(int(l[i].i))
		r.say(&rec, defect{
			rule: RuleLampGap, field: "label", value: rec.f.Text("label"), other: next.row, measure: d,
			en: sprint("%d lamp(s) seem missing between %s and %s: %.0f m, usual are %.0f m", lack, rec.f.Text("label"), next.f.Text("label"), d, usual),
			zh: sprint("%s 与 %s 之间疑似漏测 %d 盏：相距 %.0f 米，通常 %.0f 米", rec.f.Text("label"), next.f.Text("label"), lack, d, usual),
		})
	}
	for i := 1; i+1 < len(l); i++ {
		a, b, across := metres(at(i-1), at(i)), metres(at(i), at(i+1)), metres(at(i-1), at(i+1))
		if l[i+1].n-l[i-1].n != 2 || min(a, b) < k.LampOff*usual || across > 2.6*usual || a+b < 1.5*across {
			continue
		}
		rec := recs.record(int(l[i].i))
		r.say(&rec, defect{
			rule: RuleLampOff, field: "label", value: rec.f.Text("label"), measure: min(a, b),
			en: sprint("%.0f m and %.0f m from the lamps beside it, which stand %.0f m apart", a, b, across), zh: sprint("距两侧路灯 %.0f 米和 %.0f 米，而两侧相距 %.0f 米", a, b, across),
		})
	}
}

// refusedLamps counts the lamps with numbers between two that the delivery has in rows that were refused: they lack nothing
// but a good row.
func (r *run) refusedLamps(recs *pack, a, b lamp) (n int) {
	if len(r.kept) == 0 || b.n == a.n+1 {
		return 0
	}
	rec := recs.record(int(a.i))
	s := rec.f.Text("label")
	head := strings.TrimRight(s, "0123456789")
	for k := a.n + 1; k < b.n && k < a.n+30; k++ {
		if r.kept[identity("component", rec.source, "label", head+sprint("%0*d", len(s)-len(head), k))] {
			n++
		}
	}
	return n
}
