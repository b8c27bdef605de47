package census

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"strconv"

	"wanmi/data"
	"wanmi/gis/geom"
)

// checkDelivery holds the taken components against each other and against the base map.
func (r *run) checkDelivery(ctx context.Context) error {
	recs := r.comps
	if recs.len() == 0 || recs.convs[0].checks == nil {
		return nil
	}
	r.Progress.Tell("check component", 0, int64(recs.len()))
	r.nearOnes()
	r.labels()
	r.lampRows()
	return r.sites(ctx)
}

// say records a fault of a taken row, unless its profile switches the rule off.
func (r *run) say(rec *record, x defect) {
	if rec.conv.checks.on(x.rule) {
		r.mark(rec, severityOf(x.rule), x)
	}
}

// spot is a point component while pairs are looked for: its class above its easting in centimetres.
type spot struct {
	key uint64
	i   int32
}

// nearOnes finds two of one class nearer than the tolerance of its accuracy class, and rows that are there twice. The points
// are sorted by class and easting, so each is held only against those within the tolerance east of it.
func (r *run) nearOnes() {
	recs := r.comps
	classes := map[string]int{}
	var tol []float64
	mx, my := geom.MetresPerDegree(recs.points[0][1])
	ci, ei := recs.layer.Index("class"), recs.layer.Index("edition")
	spots := make([]spot, 0, recs.len())
	for i := range recs.len() {
		if d := recs.dimensions(i); d < 0 || d == 1 {
			continue
		}
		code := recs.text(i, ci)
		n, ok := classes[code]
		if !ok {
			n = len(tol)
			classes[code] = n
			conv := recs.convOf(i)
			class, _ := conv.classes.Lookup(recs.text(i, ei), code)
			t := conv.checks.Near[class.Accuracy]
			if t == 0 {
				t = conv.checks.Near["B"]
			}
			tol = append(tol, t)
		}
		spots = append(spots, spot{uint64(n)<<40 | uint64((recs.points[i][0]+360)*mx*100), int32(i)})
	}
	slices.SortFunc(spots, func(a, b spot) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return cmp.Compare(a.i, b.i)
	})
	twins := map[int32]int32{} // later row -> the earliest one near it
	for i, a := range spots {
		t := tol[a.key>>40]
		reach := a.key + uint64(t*100) + 1
		p := recs.points[a.i]
		for j := i + 1; j < len(spots) && spots[j].key <= reach; j++ {
			b := spots[j]
			q := recs.points[b.i]
			if dx, dy := (p[0]-q[0])*mx, (p[1]-q[1])*my; dx*dx+dy*dy >= t*t || b.key>>40 != a.key>>40 {
				continue
			}
			early, late := min(a.i, b.i), max(a.i, b.i)
			if e, ok := twins[late]; !ok || early < e {
				twins[late] = early
			}
		}
	}
	r.sayNear(twins)
}

func (r *run) sayNear(twins map[int32]int32) {
	if len(twins) == 0 {
		return
	}
	recs := r.comps
	late := make([]int32, 0, len(twins))
	for i := range twins {
		late = append(late, i)
	}
	slices.Sort(late)
	var drop []int
	for _, i := range late {
		row, twin := recs.record(int(i)), recs.record(int(twins[i]))
		rec, other := &row, &twin
		d := metres(rec.at, other.at)
		where := "row " + strconv.FormatInt(other.row, 10)
		if other.file != rec.file {
			where = baseName(other.file) + " " + where
		}
		if d < sameMetres && sameRow(rec, other) {
			x := defect{rule: RuleRepeated, other: other.row, en: "the same as " + where, zh: "与 " + where + " 全部相同", fix: fixWords(RuleRepeated)}
			if r.Fix {
				drop = append(drop, int(i))
				r.rejectTaken(rec, data.Rejected{Rule: RuleRepeated, Reason: x.en + ": left out", ReasonZh: x.zh + "，未采用"})
				continue
			}
			r.say(rec, x)
			continue
		}
		r.say(rec, defect{
			rule: RuleNear, other: other.row, measure: d, en: sprint("%.2f m from %s of the same class: one thing twice?", d, where),
			zh: sprint("与同类的 %s 相距 %.2f 米，疑似重复", where, d),
		})
	}
	recs.without(drop)
}

// sameRow reports whether two rows say the same in everything but the code.
func sameRow(a, b *record) bool {
	key := a.f.Layer.Index("code")
	for i := range a.f.Values {
		if i != key && a.f.Values[i] != b.f.Values[i] {
			return false
		}
	}
	return true
}

// labels finds numbers painted on two things of one class. Bare short numbers are used anew on every road and are not looked at.
func (r *run) labels() {
	recs := r.comps
	li, ci := recs.layer.Index("label"), recs.layer.Index("class")
	type mark struct {
		hash uint64
		i    int32
	}
	var marks []mark
	if !recs.words[li].any {
		return
	}
	for i := range recs.len() {
		s := recs.text(i, li)
		if len(s) < 5 && digits(s) || s == "" {
			continue
		}
		h := fnv.New64a()
		h.Write([]byte(recs.text(i, ci)))
		h.Write([]byte{0})
		h.Write([]byte(s))
		marks = append(marks, mark{h.Sum64(), int32(i)})
	}
	slices.SortFunc(marks, func(a, b mark) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		return cmp.Compare(a.i, b.i)
	})
	for i := 1; i < len(marks); i++ {
		if marks[i].hash != marks[i-1].hash {
			continue
		}
		row, twin := recs.record(int(marks[i].i)), recs.record(int(marks[i-1].i))
		rec, other := &row, &twin
		s := text(rec, li)
		if s != text(other, li) {
			continue
		}
		r.say(rec, defect{
			rule: RuleLabel, field: "label", value: s, other: other.row, measure: metres(rec.at, other.at),
			en: sprint("the number %s is on row %d too, %.0f m away", s, other.row, metres(rec.at, other.at)), zh: sprint("现场编号 %s 与第 %d 行重复，相距 %.0f 米", s, other.row, metres(rec.at, other.at)),
		})
	}
}
