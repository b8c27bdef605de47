package census

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"strconv"

	"wanmi/data"
	"wanmi/data/catalog"
	"wanmi/gis/geom"
)

// checkDelivery holds the taken components against each other and against the base map.
func (r *run) checkDelivery(ctx context.Context) error {
	recs := r.records["component"]
	if len(recs) == 0 || recs[0].conv == nil || recs[0].conv.checks == nil {
		return nil
	}
	r.Progress.Tell("check component", 0, int64(len(recs)))
	r.nearOnes()
	r.labels()
	r.lampRows()
	return r.sites(ctx)
}

// say records a fault of a taken row, unless its profile switches the rule off.
func (r *run) say(rec *record, x flag) {
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
	recs := r.records["component"]
	classes := map[string]int{}
	var tol []float64
	mx, my := geom.MetresPerDegree(recs[0].at[1])
	ci, ei := recs[0].f.Layer.Index("class"), recs[0].f.Layer.Index("edition")
	spots := make([]spot, 0, len(recs))
	for i := range recs {
		rec := &recs[i]
		if rec.f.Geom == nil || rec.f.Geom.Dimensions() == 1 {
			continue
		}
		code, edition := text(rec, ci), text(rec, ei)
		n, ok := classes[code]
		if !ok {
			n = len(tol)
			classes[code] = n
			class, _ := r.classOf(rec, edition, code)
			t := rec.conv.checks.Near[class.Accuracy]
			if t == 0 {
				t = rec.conv.checks.Near["B"]
			}
			tol = append(tol, t)
		}
		spots = append(spots, spot{uint64(n)<<40 | uint64((rec.at[0]+360)*mx*100), int32(i)})
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
		p := recs[a.i].at
		for j := i + 1; j < len(spots) && spots[j].key <= reach; j++ {
			b := spots[j]
			q := recs[b.i].at
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

// classOf is the class of a taken row.
func (r *run) classOf(rec *record, edition, code string) (catalog.Class, bool) {
	return rec.conv.classes.Lookup(edition, code)
}

func (r *run) sayNear(twins map[int32]int32) {
	if len(twins) == 0 {
		return
	}
	recs := r.records["component"]
	late := make([]int32, 0, len(twins))
	for i := range twins {
		late = append(late, i)
	}
	slices.Sort(late)
	drop := map[int32]bool{}
	for _, i := range late {
		rec, other := &recs[i], &recs[twins[i]]
		d := metres(rec.at, other.at)
		where := "row " + strconv.FormatInt(other.row, 10)
		if other.file != rec.file {
			where = baseName(other.file) + " " + where
		}
		if d < sameMetres && sameRow(rec, other) {
			x := flag{rule: RuleRepeated, other: other.row, en: "the same as " + where, zh: "与 " + where + " 全部相同", fix: fixWords(RuleRepeated)}
			if r.Fix {
				drop[i] = true
				r.rejectTaken(rec, data.Rejected{Rule: RuleRepeated, Reason: x.en + ": left out", ReasonZh: x.zh + "，未采用"})
				continue
			}
			r.say(rec, x)
			continue
		}
		r.say(rec, flag{
			rule: RuleNear, other: other.row, measure: d, en: sprint("%.2f m from %s of the same class: one thing twice?", d, where),
			zh: sprint("与同类的 %s 相距 %.2f 米，疑似重复", where, d),
		})
	}
	if len(drop) == 0 {
		return
	}
	kept := recs[:0]
	for i := range recs {
		if !drop[int32(i)] {
			kept = append(kept, recs[i])
		}
	}
	clear(recs[len(kept):])
	r.records["component"] = kept
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
	recs := r.records["component"]
	li, ci := recs[0].f.Layer.Index("label"), recs[0].f.Layer.Index("class")
	type mark struct {
		hash uint64
		i    int32
	}
	var marks []mark
	for i := range recs {
		s := text(&recs[i], li)
		if len(s) < 5 && digits(s) || s == "" {
			continue
		}
		h := fnv.New64a()
		h.Write([]byte(text(&recs[i], ci)))
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
		rec, other := &recs[marks[i].i], &recs[marks[i-1].i]
		s := text(rec, li)
		if s != text(other, li) {
			continue
		}
		r.say(rec, flag{
			rule: RuleLabel, field: "label", value: s, other: other.row, measure: metres(rec.at, other.at),
			en: sprint("the number %s is on row %d too, %.0f m away", s, other.row, metres(rec.at, other.at)), zh: sprint("现场编号 %s 与第 %d 行重复，相距 %.0f 米", s, other.row, metres(rec.at, other.at)),
		})
	}
}
