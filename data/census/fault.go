package census

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"wanmi/data"
	"wanmi/gis"

	"github.com/paulmach/orb"
)

// Fault is one fault of one row, as the report lists it. A refused row has severity error.
type Fault struct {
	File     string       `json:"file"`
	Row      int64        `json:"row"` // 0: of the whole file, or of something that is not in it
	Field    string       `json:"field,omitempty"`
	Value    string       `json:"value,omitempty"`
	Rule     string       `json:"rule"`
	Severity gis.Severity `json:"severity"`
	Refused  bool         `json:"refused,omitempty"` // the row is not stored
	Fix      string       `json:"fix,omitempty"`     // what would put it right: a value, or words
	Fixed    bool         `json:"fixed,omitempty"`   // --fix did so
	Layer    string       `json:"layer,omitempty"`
	Class    string       `json:"class,omitempty"` // of the component
	Key      string       `json:"key,omitempty"`   // code, or the team's own id
	At       orb.Point    `json:"at"`              // longitude, latitude; zero when unknown
	Other    int64        `json:"other,omitempty"` // the other row of a pair
	Measure  float64      `json:"measure,omitempty"`
	Text     string       `json:"text"`
	TextZh   string       `json:"text_zh"`
}

// RuleCount is how often a rule struck in a class of a file, kept rows of the report or not.
type RuleCount struct {
	File     string       `json:"file"`
	Class    string       `json:"class,omitempty"`
	Rule     string       `json:"rule"`
	Severity gis.Severity `json:"severity"`
	Count    int64        `json:"count"`
	Fixed    int64        `json:"fixed,omitempty"`
}

// How many faults a result keeps: of one rule, and in all. Counts are exact beyond.
const (
	faultsPerRule = 20000
	faultsInAll   = 100000
)

type countKey struct {
	file, class, rule string
	severity          gis.Severity
}

// book counts a fault and keeps it while there is room.
func (r *Result) book(f Fault) {
	if r.tally == nil {
		r.tally, r.perRule = map[countKey]*RuleCount{}, map[string]int{}
	}
	k := countKey{f.File, f.Class, f.Rule, f.Severity}
	c := r.tally[k]
	if c == nil {
		c = &RuleCount{File: f.File, Class: f.Class, Rule: f.Rule, Severity: f.Severity}
		r.tally[k] = c
	}
	c.Count++
	if f.Fixed {
		c.Fixed++
	}
	if r.perRule[f.Rule]++; r.perRule[f.Rule] > faultsPerRule || len(r.Faults) >= faultsInAll {
		r.MoreFaults++
		return
	}
	r.Faults = append(r.Faults, f)
}

// rewind takes back what planning has booked, before a store lets it plan again: only removals come that late.
func (r *Result) rewind(faults int, more int64) {
	r.Faults, r.MoreFaults = r.Faults[:faults], more
	delete(r.perRule, RuleRemoved)
	for k := range r.tally {
		if k.rule == RuleRemoved {
			delete(r.tally, k)
		}
	}
}

// defect is a fault a check has found in a row that is, or was, taken.
type defect struct {
	rule, field, value string
	fix                string // what would put it right
	fixed              bool
	other              int64
	measure            float64
	en, zh             string
}

// finding records a remark on a row that is taken.
func (r *run) finding(rule string, sev gis.Severity, rec *record, measure float64, en, zh string) {
	r.mark(rec, sev, defect{rule: rule, measure: measure, en: en, zh: zh})
}

// tells reports whether the next fault of a rule will be told, or only counted: then it needs no words.
func (r *run) tells(rule string) bool {
	return r.res.perRule[rule] < faultsPerRule && len(r.res.Faults) < faultsInAll || len(r.res.Findings) < r.MaxRejects
}

// mark records a fault of a row that is taken.
func (r *run) mark(rec *record, sev gis.Severity, x defect) {
	f := Fault{
		File: rec.file, Row: rec.row, Field: x.field, Value: clip(x.value, 200), Rule: x.rule, Severity: sev, Fix: x.fix, Fixed: x.fixed,
		Layer: rec.f.Layer.Name, Class: rec.f.Text("class"), Key: keyOf(&rec.f), At: rec.at, Other: x.other, Measure: x.measure, Text: x.en, TextZh: x.zh,
	}
	if f.Layer != "component" {
		f.Class = ""
	} else if _, named := r.res.classNames[f.Class]; !named && f.Class != "" {
		if r.res.classNames == nil {
			r.res.classNames = map[string]string{}
		}
		r.res.classNames[f.Class] = rec.f.Text("class_name")
	}
	r.res.book(f)
	if len(r.res.Findings) >= r.MaxRejects {
		r.res.Dropped++
		return
	}
	where := fmt.Sprintf("%s row %d: ", path.Base(rec.file), rec.row)
	whereZh := fmt.Sprintf("%s 第 %d 行：", path.Base(rec.file), rec.row)
	if rec.row == 0 { // of the whole file, or of a stored row
		where, whereZh = "", ""
	}
	r.res.Findings = append(r.res.Findings, gis.Finding{
		Rule: x.rule, Severity: sev, Layer: f.Layer, Key: rec.f.Text("code"), At: rec.at, Measure: x.measure, Text: where + x.en, TextZh: whereZh + x.zh,
	})
}

// keyOf is what a row is known by: its code, else the team's own id.
func keyOf(f *gis.Feature) string {
	if code := f.Text("code"); code != "" {
		return code
	}
	return f.Text("delivered_id")
}

// refused books the fault of a row that is not stored.
func (r *run) refused(x data.Rejected, layer string, at orb.Point) {
	r.res.book(Fault{
		File: x.File, Row: x.Row, Field: x.Field, Value: x.Value, Rule: x.Rule, Severity: gis.SeverityError, Refused: true, Layer: layer,
		At: at, Text: x.Reason, TextZh: x.ReasonZh, Fix: fixWords(x.Rule),
	})
}

// fixWords says what --fix would do about a rule.
func fixWords(rule string) string {
	for _, r := range ruleTable {
		if r.ID == rule && r.FixEn != "" {
			return "--fix: " + r.FixZh + " / " + r.FixEn
		}
	}
	return ""
}

// fixedKey is the member of the extra field that tells which values a rule put right, and so stands in the history.
const fixedKey = "fixed"

// noteFix writes into the row's extra field what was put right: "state: fixed by rule component.state, was 良好".
func noteFix(f *gis.Feature, rule, field, was string) {
	i := f.Layer.Index("extra")
	if i < 0 {
		return
	}
	text := field + ": fixed by rule " + rule + ", was " + clip(was, 200)
	if was == "" {
		text = field + ": fixed by rule " + rule + ", was empty"
	}
	old := f.Text("extra")
	if head, ok := strings.CutSuffix(old, `"}`); ok && strings.Contains(old, `"`+fixedKey+`":"`) { // it is the last member: see below
		quoted := appendJSON(nil, "; "+text)
		f.Values[i] = head + string(quoted[1:len(quoted)-1]) + `"}`
		return
	}
	b := []byte("{")
	if len(old) > 2 {
		b = append([]byte(strings.TrimSuffix(old, "}")), ',')
	}
	b = appendJSON(append(appendJSON(b, fixedKey), ':'), text)
	f.Values[i] = string(append(b, '}'))
}

// newCode lets --fix take the second row of a code when it is another thing: it stands elsewhere, and gets a code of its own.
func (r *run) newCode(rec *record, first record) bool {
	if !r.Fix || rec.f.Layer.Name != "component" || metres(rec.at, first.at) < 1 {
		return false
	}
	code := rec.f.Text("code")
	rec.f.Set("code", nil)
	rec.f.Key = ""
	noteFix(&rec.f, RuleDouble, "code", code)
	r.mark(rec, severityOf(RuleDouble), defect{
		rule: RuleDouble, field: "code", value: code, fix: "新码 / a new code", fixed: true, other: first.row,
		en: fmt.Sprintf("the code is in row %d of the delivery already", first.row), zh: fmt.Sprintf("编码与第 %d 行重复", first.row),
	})
	return true
}

// wholeTable makes one fault of the table of those that nearly every row has with the same few values, as a data source that
// is the name of the file: nobody works through 5,000 rows for that. from is where the table's faults begin.
func (r *run) wholeTable(from int, rows int64) {
	type group struct {
		first  Fault
		n      int64
		values map[string]bool
	}
	groups := map[string]*group{}
	for _, f := range r.res.Faults[from:] {
		if f.Refused || f.Fixed || f.Value == "" || f.Row == 0 {
			continue
		}
		g := groups[f.Rule]
		if g == nil {
			g = &group{first: f, values: map[string]bool{}}
			groups[f.Rule] = g
		}
		if g.n++; len(g.values) <= 3 {
			g.values[f.Value] = true
		}
	}
	for _, rule := range sortedKeys(groups) {
		g, all := groups[rule], int64(0)
		for k, c := range r.res.tally { // of more than are kept only the counts know
			if k.rule == rule && k.file == g.first.File {
				all += c.Count - c.Fixed
			}
		}
		if rows >= 10 && all*10 >= rows*9 && len(g.values) <= 3 {
			r.foldFaults(from, g.first, all, g.n)
		}
	}
}

// foldFaults puts the fault one, as a fault of the whole table, in the place of n of its rule, of which so many are kept from index from on.
func (r *run) foldFaults(from int, one Fault, n, keptNow int64) {
	res, rule := &r.res, one.Rule
	where := path.Base(one.File) + " row "
	res.Findings = slices.DeleteFunc(res.Findings, func(f gis.Finding) bool { return f.Rule == rule && strings.HasPrefix(f.Text, where) })
	kept := res.Faults[:from]
	for _, f := range res.Faults[from:] {
		if f.Rule != rule || f.Refused || f.Fixed {
			kept = append(kept, f)
		}
	}
	res.Faults = kept
	for k := range res.tally {
		if k.rule == rule && k.file == one.File && k.severity == one.Severity {
			delete(res.tally, k)
		}
	}
	res.perRule[rule] -= int(n)
	res.MoreFaults = max(0, res.MoreFaults-(n-keptNow))
	one.Row, one.Key, one.At, one.Class = 0, "", orb.Point{}, ""
	one.Text, one.TextZh = fmt.Sprintf("in %d rows of the file: %s", n, one.Text), fmt.Sprintf("文件中 %d 行：%s", n, one.TextZh)
	res.book(one)
	res.Findings = append(res.Findings, gis.Finding{Rule: rule, Severity: one.Severity, Layer: one.Layer, Text: path.Base(one.File) + ": " + one.Text, TextZh: path.Base(one.File) + "：" + one.TextZh})
}
