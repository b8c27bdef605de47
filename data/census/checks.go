package census

import (
	"fmt"
	"strings"

	"wanmi/data/catalog"
	"wanmi/gis"
)

// Checks are the thresholds of the checks, in a profile under checks:. The zero value of each takes the default.
type Checks struct {
	Earliest string                `yaml:"earliest,omitempty"`       // no census is older: 2000-01-01
	Near     map[string]float64    `yaml:"near_m,omitempty"`         // accuracy class -> two of one class nearer than this are one: A 0.5, B 1, C 10
	Building float64               `yaml:"in_building_m,omitempty"`  // how deep inside a building is a fault: 2
	Water    float64               `yaml:"in_water_m,omitempty"`     // how far from the bank is a fault: 2
	LampGap  float64               `yaml:"lamp_gap,omitempty"`       // times the row's usual distance: 1.6
	LampOff  float64               `yaml:"lamp_outlier,omitempty"`   // times the row's usual distance: 1.8
	Values   map[string][2]float64 `yaml:"values,omitempty"`         // column -> least and most of its numbers
	States   []string              `yaml:"states,omitempty"`         // states beside those of the standard
	Sources  []string              `yaml:"data_sources,omitempty"`   // data sources beside those of the standard
	Classes  []LocalClass          `yaml:"local_classes,omitempty"`  // classes of the city that no table has
	Off      []string              `yaml:"off,omitempty"`            // rules that are not checked
	NoDept   bool                  `yaml:"no_department,omitempty"`  // the city keeps no list of departments that counts
	MaxLine  float64               `yaml:"longest_m,omitempty"`      // no line component is longer: 20,000
	MaxArea  float64               `yaml:"largest_m2,omitempty"`     // no area component is larger: 5,000,000
	Inside   []string              `yaml:"inside_allowed,omitempty"` // prefixes of classes that may stand in buildings and water, beside the usual
}

// LocalClass is a class a city added: of 47678.5 with 5 digits, of CJ/T 214 with 4.
type LocalClass struct {
	Code     string `yaml:"code"`
	Zh       string `yaml:"zh"`
	En       string `yaml:"en,omitempty"`
	Geometry string `yaml:"geometry,omitempty"` // point (the default), line, polygon
	Accuracy string `yaml:"accuracy,omitempty"` // A, B (the default), C
}

// withDefaults fills what the profile leaves open. Sources: accuracy classes A 0.5, B 1, C 10 m of GB/T 47678.5 (standards
// section 3.4); the first census of this kind was Beijing Dongcheng's of 2004, so 2000 is early enough; the others are ours.
func (k Checks) withDefaults() Checks {
	near := map[string]float64{"A": 0.5, "B": 1, "C": 10}
	for a, m := range k.Near {
		near[a] = m
	}
	k.Near = near
	set := func(p *float64, v float64) {
		if *p == 0 {
			*p = v
		}
	}
	if k.Earliest == "" {
		k.Earliest = "2000-01-01"
	}
	set(&k.Building, 2)
	set(&k.Water, 2)
	set(&k.LampGap, 1.6)
	set(&k.LampOff, 1.8)
	set(&k.MaxLine, 20000)
	set(&k.MaxArea, 5e6)
	return k
}

// valid reports what is wrong with the thresholds of a profile.
func (k Checks) valid() error {
	if k.Earliest != "" {
		if _, err := parseTime(k.Earliest); err != nil || len(k.Earliest) != 10 {
			return gis.E(gis.Invalid, err, "the profile's checks: earliest %q is no date as 2004-01-01", k.Earliest)
		}
	}
	for _, id := range k.Off {
		if _, ok := ruleSeverity[id]; !ok {
			return gis.E(gis.Invalid, nil, "the profile's checks switch off %q, which is no rule; `wanmi census checks` lists them", id)
		}
		if ruleSeverity[id] == gis.SeverityError {
			return gis.E(gis.Invalid, nil, "the profile's checks switch off %q, but without it the row cannot be stored", id)
		}
	}
	for a := range k.Near {
		if a != "A" && a != "B" && a != "C" {
			return gis.E(gis.Invalid, nil, "the profile's checks: near_m has %q; the accuracy classes are A, B and C", a)
		}
	}
	for _, v := range k.Values {
		if v[0] > v[1] {
			return gis.E(gis.Invalid, nil, "the profile's checks: the least value %g is above the most, %g", v[0], v[1])
		}
	}
	for _, c := range k.Classes {
		if len(c.Code) != 5 && len(c.Code) != 4 || !digits(c.Code) || c.Zh == "" {
			return gis.E(gis.Invalid, nil, "the profile's local class %q needs a code of 5 (old edition 4) digits and a name (zh)", c.Code)
		}
	}
	return nil
}

// cityClasses are the standards' classes and those a profile adds.
type cityClasses struct {
	ClassGuesser
	own []catalog.Class
}

// withLocal adds the classes of the profile.
func withLocal(base ClassGuesser, local []LocalClass) ClassGuesser {
	if len(local) == 0 {
		return base
	}
	k := cityClasses{ClassGuesser: base}
	for _, l := range local {
		c := catalog.Class{Edition: catalog.GB47678, Code: l.Code, Major: l.Code[:2], Minor: l.Code[2:], Zh: l.Zh, En: l.En, Geometry: l.Geometry, Accuracy: l.Accuracy, Local: true}
		if len(l.Code) == 4 {
			c.Edition = catalog.CJT214
		}
		if c.Geometry == "" {
			c.Geometry = "point"
		}
		if c.Accuracy == "" {
			c.Accuracy = "B"
		}
		k.own = append(k.own, c)
	}
	return k
}

// Lookup returns the city's class before the standard's.
func (k cityClasses) Lookup(edition, code string) (catalog.Class, bool) {
	for _, c := range k.own {
		if c.Code == code && c.Edition == edition {
			return c, true
		}
	}
	return k.ClassGuesser.Lookup(edition, code)
}

// Guess finds the city's classes by their whole name, the others as the tables do.
func (k cityClasses) Guess(text string) []catalog.Match {
	for _, c := range k.own {
		if strings.TrimSpace(text) == c.Zh || c.En != "" && strings.EqualFold(strings.TrimSpace(text), c.En) {
			return []catalog.Match{{Class: c, Score: 1}}
		}
	}
	return k.ClassGuesser.Guess(text)
}

// compFields are the positions of the fields of a component that the checks look at, so that no row looks names up.
type compFields struct {
	code, name, deptCode, deptName, ownerCode, ownerName, keeperCode, keeperName int
	grid, community, street, state, init, change, source, id, label, address     int
	note, class, className, edition, communityName, streetName                   int
}

// longest are the lengths of the fields in characters, GB/T 47678.5-2026 table 2.
type fieldLength struct{ field, most int }

// rowChecks is what the checks of a table's rows need, worked out once.
type rowChecks struct {
	Checks
	off     map[string]bool
	f       compFields
	lengths []fieldLength
	texts   []int            // fields that are looked through for fillers and garbled text
	sound   []latelySound    // of those fields
	must    []int            // fields the standard demands and the table has a column for
	limits  []valueLimit     // columns with numbers
	creds   map[string]int8  // department code -> what is wrong with it
	names   map[string]int32 // name of a component -> class it is the name of: index into nameOf, -1 none
	nameOf  []string
	answers map[string]bool // department code and class -> whether it answers
}

type valueLimit struct {
	col         int
	name        string
	least, most float64
}

// newRowChecks compiles the checks for a table of components; nil for other layers.
func (c *converter) newRowChecks() *rowChecks {
	if c.layer.Name != "component" {
		return nil
	}
	k := &rowChecks{off: map[string]bool{}, creds: map[string]int8{}, names: map[string]int32{}, answers: map[string]bool{}}
	if c.profile.Checks != nil {
		k.Checks = *c.profile.Checks
	}
	k.Checks = k.Checks.withDefaults()
	for _, id := range k.Off {
		k.off[id] = true
	}
	at := c.layer.Index
	k.f = compFields{
		code: at("code"), name: at("name"), deptCode: at("dept_code"), deptName: at("dept_name"), ownerCode: at("owner_code"), ownerName: at("owner_name"),
		keeperCode: at("keeper_code"), keeperName: at("keeper_name"), grid: at("grid_code"), community: at("community_code"), street: at("street_code"),
		state: at("state"), init: at("init_date"), change: at("change_date"), source: at("data_source"), id: at("delivered_id"), label: at("label"),
		address: at("address"), note: at("note"), class: at("class"), className: at("class_name"), edition: at("edition"),
		communityName: at("community_name"), streetName: at("street_name"),
	}
	f := k.f
	k.lengths = []fieldLength{{f.deptName, 100}, {f.ownerName, 100}, {f.keeperName, 100}, {f.state, 10}, {f.source, 30}, {f.note, 1000}}
	k.texts = []int{f.name, f.deptName, f.ownerName, f.keeperName, f.address, f.state, f.id, f.label}
	k.sound = make([]latelySound, len(k.texts))
	for i := range k.sound {
		k.sound[i] = make(latelySound, slots)
	}
	for _, i := range []int{f.deptCode, f.deptName, f.state, f.init} {
		if c.from[i] != nil {
			k.must = append(k.must, i)
		}
	}
	k.limits = c.valueLimits(k.Values)
	return k
}

// usualLimits are the limits of measures by words in the heading, in the unit of the heading or the usual one.
var usualLimits = []struct {
	words       string
	least, most float64
}{
	{"胸径 树径 樹胸徑 diameter dbh 直径 直徑 管径 管徑 口径", 0, 500}, // cm of trees, manholes and pipes; millimetres of pipes are named by 管径 with more than this: see below
	{"树高 樹高 杆高 灯高 高度 height treeheight", 0, 100},
	{"宽度 寬度 width", 0, 200},
	{"埋深 井深 深度 depth", 0, 60},
}

// valueLimits finds the columns whose numbers have limits: by the profile, else those whose heading names a measure.
func (c *converter) valueLimits(given map[string][2]float64) []valueLimit {
	var out []valueLimit
	for i, name := range c.columns {
		if v, ok := given[name]; ok {
			out = append(out, valueLimit{i, name, v[0], v[1]})
			continue
		}
		h := normalHeading(name)
		for _, u := range usualLimits {
			for w := range strings.FieldsSeq(u.words) {
				if strings.HasPrefix(h, w) && len(h)-len(w) <= 4 {
					most := u.most
					if strings.HasSuffix(h, "mm") || strings.HasPrefix(h, "管") {
						most *= 10
					}
					out = append(out, valueLimit{i, name, u.least, most})
				}
			}
			if n := len(out); n > 0 && out[n-1].col == i {
				break
			}
		}
	}
	return out
}

// on reports whether a rule is checked.
func (k *rowChecks) on(rule string) bool { return len(k.off) == 0 || !k.off[rule] }

// flag records a fault of the row with the table's severity.
func (c *converter) flag(rec *record, x defect) {
	if c.checks != nil && !c.checks.on(x.rule) {
		return
	}
	c.mark(rec, severityOf(x.rule), x)
}

// mend records a fault with its fix, and puts the value right when the import is asked to. now nil empties the field.
func (c *converter) mend(rec *record, i int, now any, x defect) {
	if c.checks != nil && !c.checks.on(x.rule) {
		return
	}
	x.field = c.layer.Fields[i].Name
	x.fix = "空 / empty"
	if s, ok := now.(string); ok && s != "" {
		x.fix = s
	}
	if x.fixed = c.fix; c.fix {
		rec.f.Values[i] = now
		noteFix(&rec.f, x.rule, x.field, x.value)
	}
	c.mark(rec, severityOf(x.rule), x)
}

func text(rec *record, i int) string {
	s, _ := rec.f.Values[i].(string)
	return s
}

// absent lists the fields of the standard that a whole table lacks, as one fault each.
func (c *converter) absent(r *run) {
	if c.checks == nil {
		return
	}
	f := c.checks.f
	rec := &record{f: gis.NewFeature(c.layer), file: c.name}
	for _, x := range []struct {
		fields []int
		field  string
		zh     string
		en     string
	}{
		{[]int{f.deptCode, f.deptName}, "dept_name", "没有主管部门列：入库后按部门职责表查找，或用 --set dept_name= 指定", "no column names the competent department: give --set dept_name=, or import the list of departments"},
		{[]int{f.state}, "state", "没有部件状态列：可用 --set state=完好 指定", "no column of the state: give --set state=完好 where that is so"},
		{[]int{f.init}, "init_date", "没有初始日期列：以入库日为准，可用 --set init_date= 指定", "no column of the initial date: the day of the import is taken, give --set init_date= otherwise"},
	} {
		has := false
		for _, i := range x.fields {
			has = has || c.from[i] != nil
		}
		if !has && c.checks.on(RuleAbsent) {
			r.mark(rec, severityOf(RuleAbsent), defect{rule: RuleAbsent, field: x.field, en: x.en, zh: x.zh})
		}
	}
}

func sprint(format string, args ...any) string { return fmt.Sprintf(format, args...) }
