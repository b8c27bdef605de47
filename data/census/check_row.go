package census

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"wanmi/data/catalog"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
)

// checkComponent looks at one row by itself, before its cell, community and street are derived from its position.
func (c *converter) checkComponent(rec *record, values []string, class *catalog.Class) error {
	if err := c.checkCode(rec, class); err != nil {
		return err
	}
	k := c.checks
	c.checkTexts(rec)
	c.checkState(rec)
	c.checkSource(rec)
	c.checkDates(rec)
	c.checkDepartments(rec, class)
	c.checkName(rec, class)
	for _, i := range k.must {
		if rec.f.Values[i] == nil {
			field := c.layer.Fields[i]
			c.flag(rec, defect{rule: RuleEmpty, field: field.Name, en: "the standard demands " + field.Name + ", it is empty", zh: "标准规定必填的“" + field.Zh + "”为空"})
		}
	}
	for _, l := range k.limits {
		if v := values[l.col]; v != "" {
			if n, err := parseReal(v); err == nil && (n < l.least || n > l.most) {
				x := defect{rule: RuleValue, field: l.name, value: v, measure: n}
				if c.tells(RuleValue) {
					x.en, x.zh = sprint("%s = %s; possible is %g to %g", l.name, v, l.least, l.most), sprint("%s 为 %s，合理范围 %g 至 %g", l.name, v, l.least, l.most)
				}
				c.flag(rec, x)
			}
		}
	}
	c.checkCoarse(rec, values, class)
	c.checkShape(rec, class)
	return nil
}

// checkCode checks a delivered component code: form, county, class and running number.
func (c *converter) checkCode(rec *record, class *catalog.Class) error {
	i := c.checks.f.code
	code := text(rec, i)
	if code == "" {
		return nil
	}
	if !codeShaped(code) {
		en, zh := "a component code has 17 digits (6+2+3+6), in the old edition 16", "部件标识码应为 17 位（旧标准 16 位）数字"
		if !c.fix {
			return &rowError{RuleCode, "code", code, en, zh}
		}
		c.mend(rec, i, nil, defect{rule: RuleCode, value: code, en: en, zh: zh})
		return nil
	}
	county, of, edition, _ := componentCode(code, c.classes)
	if c.place.county != "" && !c.place.hasCounty(county) {
		return &rowError{RuleCounty, "code", code, "the code begins with county " + county + ", the city has " + c.place.county, "标识码的区县前缀与本市不符"}
	}
	switch {
	case edition != class.Edition:
		c.flag(rec, defect{
			rule: RuleEdition, field: "code", value: code, en: sprint("the code is one of %s, the class %s of %s", edition, class.Code, class.Edition),
			zh: "标识码属 " + edition + "，类别属 " + class.Edition,
		})
	case of != class.Code:
		c.flag(rec, defect{
			rule: RuleCodeClass, field: "code", value: code, en: sprint("the code %s is one of class %s, the row says %s", code, of, class.Code),
			zh: "标识码中的类别 " + of + " 与行内类别 " + class.Code + " 不符",
		})
	case strings.HasSuffix(code, "000000"):
		c.mend(rec, i, nil, defect{rule: RuleRunning, value: code, en: "running numbers begin with 000001", zh: "顺序号应从 000001 开始"})
	}
	return nil
}

// fillers are words people write where there is nothing to write.
var fillers = []string{"无", "無", "/", "-", "--", "—", "——", "null", "NULL", "Null", "none", "None", "n/a", "N/A", "NA", "待定", "未知", "不详", "不明", "暂无", "空", "xxx", "XXX", "test", "测试", "0", "?", "？", "*", "."}

// checkTexts looks for words that stand for nothing, for text lost in conversions and for text that is too long.
func (c *converter) checkTexts(rec *record) {
	for n, i := range c.checks.texts {
		s, ok := rec.f.Values[i].(string)
		if !ok || s == "" || c.checks.sound[n].has(s) {
			continue
		}
		if len(s) <= 6 && slices.Contains(fillers, s) {
			c.mend(rec, i, nil, defect{rule: RuleFiller, value: s, en: sprint("%q stands for nothing", s), zh: "“" + s + "”不是有效内容"})
		} else if garbled(s) {
			c.flag(rec, defect{rule: RuleGarbled, field: c.layer.Fields[i].Name, value: s, en: sprint("%q was lost in a conversion", clip(s, 40)), zh: "文字在转换中损坏：" + clip(s, 40)})
		} else {
			c.checks.sound[n].keep(s)
		}
	}
	for _, l := range c.checks.lengths {
		s, ok := rec.f.Values[l.field].(string)
		if !ok || len(s) <= l.most {
			continue
		}
		if n := utf8.RuneCountInString(s); n > l.most {
			c.flag(rec, defect{
				rule: RuleLength, field: c.layer.Fields[l.field].Name, value: s, measure: float64(n),
				en: sprint("%d characters, the standard has %d", n, l.most), zh: sprint("%d 字，标准规定不超过 %d 字", n, l.most),
			})
		}
	}
}

// garbled reports whether text went through a conversion that had no room for it.
func garbled(s string) bool {
	if isASCII(s) && strings.IndexByte(s, '?') < 0 {
		return false
	}
	if strings.Contains(s, "锟斤拷") || strings.Contains(s, "烫烫烫") || strings.Contains(s, "\uFFFD") {
		return true
	}
	n := strings.Count(s, "?")
	return n >= 3 && n*2 > utf8.RuneCountInString(s)
}

func (c *converter) checkState(rec *record) {
	s := text(rec, c.checks.f.state)
	if s == "" || slices.Contains(states, s) || slices.Contains(c.checks.States, s) {
		return
	}
	if known := stateWords.find(s); known != "" {
		rec.f.Values[c.checks.f.state] = known
		return
	}
	c.flag(rec, defect{rule: RuleState, field: "state", value: s, en: sprint("the standard lists no state %q", s), zh: "部件状态不在标准所列之内：" + s})
}

// dataSources are those of GB/T 47678.5-2026 table 2, with what people write for them.
var (
	dataSources = []string{"实测", "地形图", "基础地理数据", "其他"}
	sourceWords = wordClass{
		{"实测", "实测"},
		{"测量", "实测"},
		{"普查", "实测"},
		{"gps", "实测"},
		{"rtk", "实测"},
		{"地形", "地形图"},
		{"基础地理", "基础地理数据"},
		{"影像", "其他"},
		{"人工", "其他"},
	}
)

func (c *converter) checkSource(rec *record) {
	i := c.checks.f.source
	s := text(rec, i)
	if s == "" || slices.Contains(dataSources, s) || slices.Contains(c.checks.Sources, s) {
		return
	}
	x := defect{rule: RuleSource, field: "data_source", value: s, en: sprint("the standard lists no data source %q", s), zh: "数据来源不在标准所列之内：" + s}
	if known := sourceWords.find(s); known != "" {
		c.mend(rec, i, known, x)
		return
	}
	c.flag(rec, x)
}

func (c *converter) checkDates(rec *record) {
	first, last := text(rec, c.checks.f.init), text(rec, c.checks.f.change)
	for _, x := range [2]struct {
		i int
		d string
	}{{c.checks.f.init, first}, {c.checks.f.change, last}} {
		switch {
		case x.d == "":
		case c.today != "" && x.d > c.today:
			c.flag(rec, defect{rule: RuleFuture, field: c.layer.Fields[x.i].Name, value: x.d, en: x.d + " is after the day of the import, " + c.today, zh: x.d + " 晚于入库日 " + c.today})
		case x.d < c.checks.Earliest:
			c.flag(rec, defect{rule: RuleBefore, field: c.layer.Fields[x.i].Name, value: x.d, en: x.d + " is before there was a census (" + c.checks.Earliest + ")", zh: x.d + " 早于普查开始的时间（" + c.checks.Earliest + "）"})
		}
	}
	if first != "" && last != "" && last < first {
		c.flag(rec, defect{rule: RuleOrder, field: "change_date", value: last, en: "changed on " + last + ", first surveyed on " + first, zh: "变更日期 " + last + " 早于初始日期 " + first})
	}
}

// checkName looks whether the name is the whole name of another class.
func (c *converter) checkName(rec *record, class *catalog.Class) {
	name := text(rec, c.checks.f.name)
	if name == "" || name == class.Zh {
		return
	}
	k := c.checks
	at, seen := k.names[name]
	if !seen {
		at = -1
		for _, m := range c.classes.Guess(name) {
			if m.Class.Zh == name && m.Class.Edition == class.Edition {
				at = int32(len(k.nameOf))
				k.nameOf = append(k.nameOf, m.Class.Code)
				break
			}
		}
		if len(k.names) < 100000 {
			k.names[strings.Clone(name)] = at
		}
	}
	if at >= 0 && k.nameOf[at] != class.Code {
		c.flag(rec, defect{
			rule: RuleName, field: "name", value: name, en: sprint("%s is the name of class %s, the row is of %s %s", name, k.nameOf[at], class.Code, class.Zh),
			zh: "“" + name + "”是类别 " + k.nameOf[at] + " 的名称，本行类别为 " + class.Code + " " + class.Zh,
		})
	}
}

// checkCoarse looks whether both coordinates are rounded so much that twice the accuracy of the class is lost: one decimal too
// few by chance happens in one row of a hundred, both and two decimals do not.
func (c *converter) checkCoarse(rec *record, values []string, class *catalog.Class) {
	if c.x < 0 {
		return
	}
	unit := min(unitOf(values[c.x]), unitOf(values[c.y]))
	metre := 1.0
	if c.sys != nil && c.sys.Geographic() {
		metre = 111320
	}
	allowed := 1.0
	switch class.Accuracy {
	case "A":
		allowed = 0.5
	case "C":
		allowed = 10
	}
	if err := unit * metre / 2; err > 2*allowed {
		c.flag(rec, defect{
			rule: RuleCoarse, field: c.columns[c.x] + ", " + c.columns[c.y], value: values[c.x] + ", " + values[c.y], measure: err,
			en: sprint("the coordinates are rounded to %.0f m, class %s asks for %g m", unit*metre, class.Code, allowed),
			zh: sprint("坐标取整到约 %.0f 米，精度等级要求 %g 米", unit*metre, allowed),
		})
	}
}

// unitOf is the unit a number is written to: 0.01 of 12.34, 10 of 120. What is not written in plain digits counts as fine.
func unitOf(s string) float64 {
	dot := strings.IndexByte(s, '.')
	end := len(s)
	if dot >= 0 {
		for end > dot+1 && s[end-1] == '0' {
			end--
		}
		if end > dot+1 {
			return math.Pow10(dot + 1 - end)
		}
		end = dot
	}
	if _, err := strconv.Atoi(s[:end]); err != nil {
		return 0
	}
	u := 1.0
	for end > 1 && s[end-1] == '0' {
		end--
		u *= 10
	}
	return u
}

// stated are the codes of the place that a row says.
type stated struct{ grid, community, street string }

func (c *converter) statedOf(rec *record) stated {
	f := c.checks.f
	return stated{text(rec, f.grid), text(rec, f.community), text(rec, f.street)}
}

// checkStated holds what the row says of its place against where it lies. Only codes of this city are held: those in the form of
// the standard, and those that begin with its county and are too short or too long. Others are of systems we cannot compare.
func (c *converter) checkStated(rec *record, said stated) {
	f := c.checks.f
	for _, x := range [3]struct {
		rule     string
		i, size  int
		said, zh string
	}{
		{RuleGrid, f.grid, 15, said.grid, "单元网格"},
		{RuleCommunity, f.community, 12, said.community, "社区"},
		{RuleStreet, f.street, 9, said.street, "街道"},
	} {
		is := text(rec, x.i)
		if x.said == "" || is == "" || x.said == is || len(x.said) != x.size && !c.miscopied(x.said, x.size) {
			continue
		}
		if len(x.said) == x.size && c.beside(rec.at, x.said) {
			continue
		}
		field := c.layer.Fields[x.i].Name
		c.flag(rec, defect{
			rule: x.rule, field: field, value: x.said, fix: is,
			en: sprint("the row says %s %s, its position lies in %s", field, x.said, is), zh: "所填" + x.zh + " " + x.said + " 与位置不符，位置在 " + is,
		})
	}
}

// miscopied reports whether a code of another length than the standard's is one of this city: of its county, and not a unit grid of the
// old edition, which has 14 digits.
func (c *converter) miscopied(said string, size int) bool {
	county := c.place.county
	return county != "" && len(said) > len(county) && strings.HasPrefix(said, county) && digits(said) && (size != 15 || len(said) != 14)
}

// borderMetres is how far from the line a thing may be said to stand on its other side: twice the accuracy of class A.
const borderMetres = 1

// beside reports whether the cell, community or street said holds a place within [borderMetres] of p.
func (c *converter) beside(p orb.Point, said string) bool {
	mx, my := geom.MetresPerDegree(p[1])
	for _, d := range [4]orb.Point{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
		grid, community, _, street, _, _ := c.place.placer.Place(orb.Point{p[0] + d[0]*borderMetres/mx, p[1] + d[1]*borderMetres/my})
		if said == grid || said == community || said == street {
			return true
		}
	}
	return false
}
