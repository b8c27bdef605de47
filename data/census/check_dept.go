package census

import (
	"context"
	"slices"
	"strings"

	"wanmi/data"
	"wanmi/data/catalog"
	"wanmi/gis"

	"github.com/paulmach/orb"
)

// office is a department of the stored list.
type office struct {
	code, name, short string
	classes           []string // prefixes it answers for, none: unknown
	areas             []string // codes of the streets and communities it answers for, none: everywhere
}

// directory is the stored list of departments.
type directory struct {
	byCode map[string]*office
	byName map[string]*office // nil: two of one name
	all    []*office          // by code
	rules  map[string]*office // class and community -> who answers, nil: nobody
}

func readDirectory(ctx context.Context, t Target) (*directory, error) {
	d := &directory{byCode: map[string]*office{}, byName: map[string]*office{}, rules: map[string]*office{}}
	for f, err := range t.Features(ctx, "department", orb.Bound{}) {
		if err != nil {
			return nil, gis.E(gis.KindOf(err), err, "census: reading the list of departments")
		}
		o := &office{code: f.Text("code"), name: f.Text("name"), short: f.Text("short_name")}
		o.classes, o.areas = data.Codes(f.Text("classes")), data.Codes(f.Text("areas"))
		d.all = append(d.all, o)
		d.byCode[o.code] = o
		for _, n := range []string{o.name, o.short} {
			if n == "" {
				continue
			}
			if other, twice := d.byName[n]; twice && other != o {
				d.byName[n] = nil
				continue
			}
			d.byName[n] = o
		}
	}
	slices.SortFunc(d.all, func(a, b *office) int { return strings.Compare(a.code, b.code) })
	return d, nil
}

// responsible returns who answers for things of a class in a community by the rules of the list, nil for nobody.
func (d *directory) responsible(class *catalog.Class, community string) *office {
	key := class.Edition + class.Code + "\x00" + community
	best, known := d.rules[key]
	if !known {
		codes := []string{class.Code}
		for _, e := range catalog.Editions() { // rules may be written in the words of the other edition
			if c, ok := catalog.Counterpart(*class, e); ok && c.Code != class.Code {
				codes = append(codes, c.Code)
			}
		}
		for _, code := range codes {
			var most data.Answer
			for _, o := range d.all {
				if a := data.Answers(o.classes, o.areas, code, community); a.Better(most) {
					best, most = o, a
				}
			}
			if best != nil {
				break
			}
		}
		d.rules[strings.Clone(key)] = best
	}
	return best
}

// answerFor gives a placed component that says no department the one that answers by the rules.
func (c *converter) answerFor(rec *record, class *catalog.Class) {
	f := &rec.f
	at := &c.checks.f
	if c.depts == nil || len(c.depts.all) == 0 || text(rec, at.deptCode) != "" || text(rec, at.deptName) != "" {
		return
	}
	if o := c.depts.responsible(class, text(rec, at.community)); o != nil {
		f.Set("dept_code", o.code)
		f.SetText("dept_name", o.name)
	}
}

// What a department code lacks.
const (
	credGood int8 = iota
	credForm
	credCheck
)

func credential(code string) int8 {
	switch {
	case !creditShaped(code):
		return credForm
	case catalog.CreditCheck(code) != code[17]:
		return credCheck
	}
	return credGood
}

// checkDepartments looks at the codes of the three bodies, and holds the competent one against the list of departments.
func (c *converter) checkDepartments(rec *record, class *catalog.Class) {
	k := c.checks
	sound := true
	for _, i := range [3]int{k.f.deptCode, k.f.ownerCode, k.f.keeperCode} {
		code := text(rec, i)
		if code == "" || class.Edition != catalog.GB47678 { // the old edition's codes have another form
			continue
		}
		wrong, seen := k.creds[code]
		if !seen {
			wrong = credential(code)
			if len(k.creds) < 10000 {
				k.creds[strings.Clone(code)] = wrong
			}
		}
		field := &c.layer.Fields[i]
		sound = sound && (wrong == credGood || i != k.f.deptCode)
		switch wrong {
		case credForm:
			c.flag(rec, defect{rule: RuleDept, field: field.Name, value: code, en: sprint("%s %q is no unified social credit code", field.Name, code), zh: field.Zh + "不是 18 位统一社会信用代码"})
		case credCheck:
			c.flag(rec, defect{
				rule: RuleDeptCheck, field: field.Name, value: code, en: sprint("%s %s: the check character should be %c", field.Name, code, catalog.CreditCheck(code)),
				zh: sprint("%s校验位应为 %c", field.Zh, catalog.CreditCheck(code)),
			})
		}
	}
	if d := c.depts; d != nil && len(d.byCode) > 0 && !k.NoDept && (sound || d.byCode[text(rec, k.f.deptCode)] != nil) {
		c.checkOffice(rec, class, d)
	}
}

func (c *converter) checkOffice(rec *record, class *catalog.Class, d *directory) {
	k := c.checks
	code, name := text(rec, k.f.deptCode), text(rec, k.f.deptName)
	if code == "" && name == "" {
		return
	}
	o := d.byCode[code]
	if o == nil && code == "" {
		if o = d.byName[name]; o != nil && o.name == name && rec.f.Values[k.f.deptCode] == nil { // the list gives the code
			rec.f.Values[k.f.deptCode] = o.code
		}
	}
	if o == nil {
		field, value, zh := "dept_code", code, "主管部门代码"
		if code == "" {
			field, value, zh = "dept_name", name, "主管部门"
		}
		c.flag(rec, defect{rule: RuleDeptNone, field: field, value: value, en: sprint("the list of departments has no %q", value), zh: zh + "“" + value + "”不在部门表中"})
		return
	}
	if code != "" && name != "" && name != o.name && name != o.short {
		c.mend(rec, k.f.deptName, o.name, defect{rule: RuleDeptName, value: name, en: sprint("%s is %s, the row says %q", code, o.name, name), zh: "代码 " + code + " 的部门是" + o.name + "，本行为“" + name + "”"})
	}
	if len(o.classes) == 0 {
		return
	}
	key := o.code + class.Code
	answers, seen := k.answers[key]
	if !seen {
		answers = slices.ContainsFunc(o.classes, func(p string) bool { return strings.HasPrefix(class.Code, p) })
		k.answers[key] = answers
	}
	if !answers {
		c.flag(rec, defect{rule: RuleDeptClass, field: "dept_code", value: o.name, en: sprint("%s does not answer for class %s %s", o.name, class.Code, class.Zh), zh: o.name + " 不负责 " + class.Code + " " + class.Zh})
	}
}
