package accept

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Limits are what a census may lack and be accepted.
type Limits struct {
	Omission float64 `json:"omission"` // rate, 0.05
	Error    float64 `json:"error"`    // rate, 0.05
	Position float64 `json:"position"` // rate of positions off by more than twice the accuracy of their class, 0.05
}

func (l Limits) withDefaults() Limits {
	for _, v := range []*float64{&l.Omission, &l.Error, &l.Position} {
		if *v == 0 {
			*v = 0.05
		}
	}
	return l
}

// Found is a row of a worksheet that came back.
type Found struct {
	Item
	Checked   bool    `json:"checked"`
	There     bool    `json:"there"`
	ClassGood bool    `json:"class_good"`
	AttrGood  bool    `json:"attributes_good"`
	Measured  bool    `json:"measured"`
	MeasuredX float64 `json:"measured_x,omitempty"`
	MeasuredY float64 `json:"measured_y,omitempty"`
	Off       float64 `json:"off_m,omitempty"` // distance of the measured position from the stored one
	Remark    string  `json:"remark,omitempty"`
}

// Omitted is a thing the census lacks.
type Omitted struct {
	Sheet  string  `json:"sheet"`
	Class  string  `json:"class"`
	X      float64 `json:"x,omitempty"`
	Y      float64 `json:"y,omitempty"`
	Remark string  `json:"remark,omitempty"`
}

// Results are the filled worksheets.
type Results struct {
	Seed    string
	Strata  []Stratum // with the totals that omissions are held against: the team looks through the whole sheet
	Rows    []Found
	Omitted []Omitted
}

// Rate is a share with what it is of, and its 95 % interval (Wilson).
type Rate struct {
	Bad  int     `json:"bad"`
	Of   int     `json:"of"`
	Rate float64 `json:"rate"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	Good bool    `json:"within_limit"`
}

func rate(bad, of int, limit float64) Rate {
	r := Rate{Bad: bad, Of: of, High: 1, Good: true}
	if of == 0 {
		return r
	}
	const z = 1.959964
	n, p := float64(of), float64(bad)/float64(of)
	mid, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	r.Rate, r.Low, r.High = p, max(0, (mid-half)/(1+z*z/n)), min(1, (mid+half)/(1+z*z/n))
	r.Good = p <= limit
	return r
}

// Line is the judgement of a class, an accuracy class or everything.
type Line struct {
	What     string  `json:"what"`
	Name     string  `json:"name,omitempty"`
	Drawn    int     `json:"drawn"`
	Checked  int     `json:"checked"`
	Absent   int     `json:"absent"` // not on the ground
	Class    int     `json:"wrong_class"`
	Attr     int     `json:"wrong_attributes"`
	Error    Rate    `json:"error"`
	Omission Rate    `json:"omission"`
	Measured int     `json:"measured"`
	RMSE     float64 `json:"rmse_m"` // of the measured positions
	Most     float64 `json:"largest_m"`
	Position Rate    `json:"position"`
}

// The verdicts.
const (
	Accepted   = "accepted"
	Refused    = "refused"
	Incomplete = "incomplete" // a row of the sample was not looked at, or no position was measured
)

// Verdict is the judgement of a sample.
type Verdict struct {
	Verdict    string    `json:"verdict"`
	Why        []Why     `json:"why"`
	Seed       string    `json:"seed"`
	Limits     Limits    `json:"limits"`
	All        Line      `json:"all"`
	Classes    []Line    `json:"classes"`
	Accuracies []Line    `json:"accuracy_classes"`
	Sheets     []Line    `json:"sheets"`
	Wrong      []Found   `json:"wrong"` // rows with an error or a position too far off
	Omitted    []Omitted `json:"omitted"`
}

// Why is one reason of a verdict.
type Why struct {
	Zh string `json:"zh"`
	En string `json:"en"`
}

// metresOf is the accuracy of a class of positions: GB/T 47678.5, standards section 3.4.
func metresOf(accuracy string) float64 {
	switch accuracy {
	case "A":
		return 0.5
	case "C":
		return 10
	}
	return 1
}

func (f Found) wrong() bool { return f.Checked && (!f.There || !f.ClassGood || !f.AttrGood) }

func (f Found) farOff() bool { return f.Measured && f.Off > 2*metresOf(f.Accuracy) }

// Judge gives the rates and the verdict.
func Judge(r Results, l Limits) Verdict {
	l = l.withDefaults()
	v := Verdict{Seed: r.Seed, Limits: l, Why: []Why{}, Wrong: []Found{}, Omitted: r.Omitted}
	if v.Omitted == nil {
		v.Omitted = []Omitted{}
	}
	v.All = line("all", "", r.Rows, len(r.Omitted), total(r.Strata, func(Stratum) bool { return true }), l)
	v.Classes = lines(r, l, func(f Found) (string, string) { return f.Class, f.ClassName }, func(o Omitted) string { return o.Class }, func(t Stratum) string { return t.Class })
	v.Accuracies = lines(r, l, func(f Found) (string, string) { return f.Accuracy, "" }, func(Omitted) string { return "" }, func(Stratum) string { return "" })
	v.Sheets = lines(r, l, func(f Found) (string, string) { return f.Sheet, "" }, func(o Omitted) string { return o.Sheet }, func(t Stratum) string { return t.Sheet })
	for _, f := range r.Rows {
		if f.wrong() || f.farOff() {
			v.Wrong = append(v.Wrong, f)
		}
	}
	v.decide()
	return v
}

func (v *Verdict) decide() {
	say := func(zh, en string) { v.Why = append(v.Why, Why{zh, en}) }
	a := v.All
	v.Verdict = Accepted
	if !a.Error.Good {
		v.Verdict = Refused
		say(sprint("错误率 %.1f%%，限 %.1f%%", 100*a.Error.Rate, 100*v.Limits.Error), sprint("error rate %.1f %%, limit %.1f %%", 100*a.Error.Rate, 100*v.Limits.Error))
	}
	if !a.Omission.Good {
		v.Verdict = Refused
		say(sprint("漏测率 %.1f%%，限 %.1f%%", 100*a.Omission.Rate, 100*v.Limits.Omission), sprint("omission rate %.1f %%, limit %.1f %%", 100*a.Omission.Rate, 100*v.Limits.Omission))
	}
	if !a.Position.Good {
		v.Verdict = Refused
		say(sprint("位置超限率 %.1f%%，限 %.1f%%", 100*a.Position.Rate, 100*v.Limits.Position), sprint("%.1f %% of the positions are off by more than twice their accuracy, limit %.1f %%", 100*a.Position.Rate, 100*v.Limits.Position))
	}
	for _, x := range v.Accuracies {
		if m := metresOf(x.What); x.RMSE > m {
			v.Verdict = Refused
			say(sprint("%s 级位置中误差 %.2f 米，限 %.1f 米", x.What, x.RMSE, m), sprint("positions of class %s: RMSE %.2f m, limit %.1f m", x.What, x.RMSE, m))
		}
	}
	if v.Verdict == Accepted && (a.Checked < a.Drawn || a.Measured == 0) {
		v.Verdict = Incomplete
		say(sprint("%d 个样本中 %d 个未检查，%d 个实测位置", a.Drawn, a.Drawn-a.Checked, a.Measured), sprint("%d of %d rows were not looked at, %d positions were measured", a.Drawn-a.Checked, a.Drawn, a.Measured))
	}
}

func lines(r Results, l Limits, of func(Found) (string, string), lacks func(Omitted) string, has func(Stratum) string) []Line {
	rows, names, lost := map[string][]Found{}, map[string]string{}, map[string]int{}
	for _, f := range r.Rows {
		k, name := of(f)
		rows[k] = append(rows[k], f)
		names[k] = name
	}
	for _, o := range r.Omitted {
		if k := lacks(o); k != "" {
			lost[k]++
			if _, ok := rows[k]; !ok {
				rows[k] = nil
			}
		}
	}
	out := make([]Line, 0, len(rows))
	for k := range rows {
		out = append(out, line(k, names[k], rows[k], lost[k], total(r.Strata, func(t Stratum) bool { return has(t) == k }), l))
	}
	slices.SortFunc(out, func(a, b Line) int { return cmp.Compare(a.What, b.What) })
	return out
}

func total(strata []Stratum, in func(Stratum) bool) (n int) {
	for _, t := range strata {
		if in(t) {
			n += t.Total
		}
	}
	return n
}

// line judges rows; population is how many components the drawn sheets have of them.
func line(what, name string, rows []Found, omitted, population int, l Limits) Line {
	x := Line{What: what, Name: name, Drawn: len(rows)}
	wrong, far, sum := 0, 0, 0.0
	for _, f := range rows {
		if !f.Checked {
			continue
		}
		x.Checked++
		if f.wrong() {
			wrong++
		}
		switch {
		case !f.There:
			x.Absent++
			continue
		case !f.ClassGood:
			x.Class++
		case !f.AttrGood:
			x.Attr++
		}
		if f.Measured {
			x.Measured++
			sum += f.Off * f.Off
			x.Most = max(x.Most, f.Off)
			if f.farOff() {
				far++
			}
		}
	}
	if x.Measured > 0 {
		x.RMSE = math.Sqrt(sum / float64(x.Measured))
	}
	x.Error, x.Omission, x.Position = rate(wrong, x.Checked, l.Error), rate(omitted, population+omitted, l.Omission), rate(far, x.Measured, l.Position)
	return x
}

func sprint(format string, args ...any) string { return fmt.Sprintf(format, args...) }
