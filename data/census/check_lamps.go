package census

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"wanmi/gis/geom"

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
	if !recs.words[li].any {
		return
	}
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
	k, pair := recs.convOf(int(l[0].i)).checks, pairMetres(l, recs.points)
	for i := 1; i < len(l); i++ {
		lack := l[i].n - l[i-1].n - 1 - r.refusedLamps(recs, l[i-1], l[i])
		d := metres(at(i-1), at(i))
		if lack < 1 || lack > 20 || d < k.LampGap*usual && roomBeside(l, recs.points, i, pair) < k.LampGap-1 || d > 3*usual*float64(lack+1) {
			continue
		}
		rec, next := recs.record(int(l[i-1].i)), recs.record(int(l[i].i))
		r.say(&rec, defect{
			rule: RuleLampGap, field: "label", value: rec.f.Text("label"), other: next.row, measure: d,
			en: sprint("%d lamp(s) seem missing between %s and %s: %.0f m, usual are %.0f m", lack, rec.f.Text("label"), next.f.Text("label"), d, usual),
			zh: sprint("%s 与 %s 之间疑似漏测 %d 盏：相距 %.0f 米，通常 %.0f 米", rec.f.Text("label"), next.f.Text("label"), lack, d, usual),
		})
	}
	off := offsets(l, recs.points)
	aside := asides(off)
	for i := 1; i+1 < len(l); i++ {
		a, b, across := metres(at(i-1), at(i)), metres(at(i), at(i+1)), metres(at(i-1), at(i+1))
		along := l[i+1].n-l[i-1].n == 2 && min(a, b) >= k.LampOff*usual && across <= 2.6*usual && a+b >= 1.5*across
		if !along && !aside[i] {
			continue
		}
		x := defect{
			rule: RuleLampOff, field: "label", measure: min(a, b),
			en: sprint("%.0f m and %.0f m from the lamps beside it, which stand %.0f m apart", a, b, across), zh: sprint("距两侧路灯 %.0f 米和 %.0f 米，而两侧相距 %.0f 米", a, b, across),
		}
		if !along {
			x.measure = off[i]
			x.en, x.zh = sprint("%.0f m beside the line of the lamps before and after it", off[i]), sprint("偏离前后路灯连线 %.0f 米", off[i])
		}
		rec := recs.record(int(l[i].i))
		x.value = rec.f.Text("label")
		r.say(&rec, x)
	}
}

// pairMetres is the usual distance of a lamp from the one after the next: along the street, where the lamps change sides.
func pairMetres(l []lamp, points []orb.Point) float64 {
	var steps []float64
	for i := 2; i < len(l); i++ {
		if l[i].n == l[i-2].n+2 {
			steps = append(steps, metres(points[l[i-2].i], points[l[i].i]))
		}
	}
	if len(steps) < 3 {
		return 0
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// roomBeside is for how many lamps there is room between the lamps i-1 and i, by the distance of the two around them; 0 where the
// row does not tell. pair is by [pairMetres].
func roomBeside(l []lamp, points []orb.Point, i int, pair float64) float64 {
	if pair < 6 || i < 2 || i+1 >= len(l) || l[i-1].n != l[i-2].n+1 || l[i+1].n != l[i].n+1 {
		return 0
	}
	return metres(points[l[i-2].i], points[l[i+1].i])/(pair/2) - 3
}

// offsets gives for each lamp its distance from the line of the two before and the two after it, metres: less what those themselves
// are off it. -1 where the numbers are not whole or the row bends.
func offsets(l []lamp, points []orb.Point) []float64 {
	off := make([]float64, len(l))
	for i := range l {
		off[i] = -1
		if i < 2 || i+2 >= len(l) || l[i+2].n-l[i-2].n != 4 {
			continue
		}
		var q [5]orb.Point
		mx, my := geom.MetresPerDegree(points[l[i].i][1])
		for k := range q {
			p := points[l[i-2+k].i]
			q[k] = orb.Point{(p[0] - points[l[i].i][0]) * mx, (p[1] - points[l[i].i][1]) * my}
		}
		from := orb.Point{(q[0][0] + q[1][0]) / 2, (q[0][1] + q[1][1]) / 2}
		dx, dy := (q[3][0]+q[4][0])/2-from[0], (q[3][1]+q[4][1])/2-from[1]
		length := math.Hypot(dx, dy)
		if length < 1 {
			continue
		}
		away := func(p orb.Point) float64 { return math.Abs((p[0]-from[0])*dy-(p[1]-from[1])*dx) / length }
		if rest := max(away(q[0]), away(q[1]), away(q[3]), away(q[4])); rest < length/5 {
			off[i] = max(away(q[2])-rest, 0)
		}
	}
	return off
}

// asides tells which lamps are further off the line than any other of their row not beside them (lamps on both sides of a street are
// off it, too), by half as much and 8 m more, and further than those.
func asides(off []float64) []bool {
	type most struct {
		off float64
		n   int
	}
	with := func(m most, d float64) most {
		if d < 0 {
			return m
		}
		return most{max(m.off, d), m.n + 1}
	}
	n := len(off)
	before, behind := make([]most, n+1), make([]most, n+1) // of off[:i] and of off[i:]
	for i := range n {
		before[i+1] = with(before[i], off[i])
		behind[n-1-i] = with(behind[n-i], off[n-1-i])
	}
	out := make([]bool, n)
	for i, d := range off {
		a, b := before[max(i-2, 0)], behind[min(i+3, n)]
		out[i] = a.n+b.n >= 3 && d > 1.5*max(a.off, b.off)+8 && d >= slices.Max(off[max(i-2, 0):min(i+3, n)])
	}
	return out
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
