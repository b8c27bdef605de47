package city

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"wanmi/geocode"
)

// How candidates are looked for and ranked.
const (
	minRadiusM    = 30.0  // a report is never more exact than this
	maxRadiusM    = 300.0 // beyond it a component is no longer "there"
	reachShare    = 1.5   // of the uncertainty: nine in ten lie within once, the tenth not far from it
	sigmaShare    = 0.466 // of the uncertainty is a standard deviation on each axis: 1/√(2 ln 10)
	minSigmaM     = 15.0  // the distance at which a candidate has lost 40 %
	farShare      = 0.25  // what is left of a class match at any distance within the radius
	labelScore    = 0.97  // the number painted on it stands in the text
	laterWord     = 0.2   // what a class word further back in the text weighs less
	maxCandidates = 10
)

// Candidates returns the components of the classes the text names near the place, best first. A place that is itself a
// component is the first candidate whatever the classes.
func (v *View) Candidates(text string, p geocode.Place, hits []geocode.ClassHit) []Candidate {
	return v.candidates(LocateQuery{Text: text}, p, hits)
}

func (v *View) candidates(q LocateQuery, p geocode.Place, hits []geocode.ClassHit) []Candidate {
	text := q.Text
	own := ""
	if p.Layer == geocode.LayerComponent {
		own = p.Key
	}
	if own == "" && len(hits) == 0 {
		return []Candidate{}
	}
	out := []Candidate{}
	radius := min(max(minRadiusM, reachShare*p.UncertaintyM), maxRadiusM)
	sigma := max(minSigmaM, sigmaShare*p.UncertaintyM)
	wanted := func(code, class, className string) bool {
		if own != "" && code == own {
			return true
		}
		w, _ := classWeight(class, className, hits)
		return w > 0
	}
	for c, d := range v.Components.Near(p.Point, radius, wanted) {
		score := 1.0
		if c.Code != own {
			w, _ := classWeight(c.Class, c.ClassName, hits)
			score = w * (farShare + (1-farShare)*math.Exp(-d*d/(2*sigma*sigma)))
			if named(text, c.Label) {
				score = max(score, labelScore)
			}
		}
		out = append(out, candidate(c, d, score))
	}
	slices.SortFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.DistanceM, b.DistanceM), strings.Compare(a.Code, b.Code))
	})
	out = out[:min(len(out), maxCandidates)]
	if q.Brief {
		return out
	}
	for i := range out {
		out[i].explain(text, own, hits)
	}
	return out
}

// explain says why c is one; only those that are kept are worth the words.
func (c *Candidate) explain(text, own string, hits []geocode.ClassHit) {
	switch _, word := classWeight(c.Class, c.ClassName, hits); {
	case c.Code == own:
		c.Why, c.WhyZh = "the text names it", "文中直接指明"
	case named(text, c.Label):
		c.Why, c.WhyZh = "its number "+c.Label+" stands in the text", "文中有其编号"+c.Label
	default:
		m := strconv.FormatFloat(c.metres, 'f', 0, 64)
		c.Why = strconv.Quote(word) + " is a word for " + c.ClassName + ", " + m + " m from the place"
		c.WhyZh = "“" + word + "”指" + c.ClassName + "，距该位置" + m + "米"
	}
}

func candidate(c *Component, d, score float64) Candidate {
	return Candidate{
		Code: c.Code, Name: c.Name, Class: c.Class, ClassName: c.ClassName, Label: c.Label, State: c.State,
		Department: c.DeptName, DeptCode: c.DeptCode, GridCode: c.GridCode, Point: c.Point,
		DistanceM: decimetres(d), Score: math.Round(score*1000) / 1000, metres: d,
	}
}

// classWeight says how well a component's class fits the classes named, and by which word: 1 for the first word's,
// less for words further back, 0 for none. Classes of another edition's table are known by their name.
func classWeight(class, className string, hits []geocode.ClassHit) (float64, string) {
	weight, last := 1+laterWord, ""
	for _, h := range hits {
		if h.Word != last {
			weight, last = max(weight-laterWord, 0.5), h.Word
		}
		if sameClass(class, h.Code) || h.Name != "" && h.Name == className {
			return weight, h.Word
		}
	}
	return 0, ""
}

// sameClass reports whether a class is the one named, or of the major class named (two digits). A minor class's code is
// never a prefix: 0103 of CJ/T 214 is a rain-water cover, 01037 of GB/T 47678.5 a street lamp.
func sameClass(class, named string) bool {
	return class == named && named != "" || len(named) == 2 && strings.HasPrefix(class, named)
}

// named reports whether the number painted on a thing stands in the text. Two characters are too common to mean it.
func named(text, label string) bool {
	return utf8.RuneCountInString(label) >= 3 && strings.Contains(strings.ToLower(text), strings.ToLower(label))
}

// answerable returns the department: that responsible in the area for the matter, when it is one of a street, then the best candidate's own, then
// that responsible for its class.
func (v *View) answerable(l *Located) *DepartmentRef {
	if l.Matter != nil && ofStreet(l.Matter.Code) {
		if d := v.responsible(l, l.Matter.Code, l.Matter.Name); d != nil {
			return d
		}
	}
	for _, c := range l.Components {
		if c.Department == "" && c.DeptCode == "" {
			continue
		}
		ref := &DepartmentRef{
			Code: c.DeptCode, Name: c.Department, By: "component",
			Why: "it is the department of component " + c.Code, WhyZh: "部件" + c.Code + "的主管部门",
		}
		if d, ok := v.Departments.Get(c.DeptCode); ok {
			ref.Name, ref.Phone = d.Name, d.Phone
		}
		return ref
	}
	switch {
	case len(l.Components) > 0:
		return v.responsible(l, l.Components[0].Class, l.Components[0].ClassName)
	case len(l.Classes) > 0:
		return v.responsible(l, l.Classes[0].Code, l.Classes[0].Name)
	case l.Matter != nil:
		return v.responsible(l, l.Matter.Code, l.Matter.Name)
	}
	return nil
}

// responsible returns the department that answers for a class of components or matters where the report is, nil when none does.
func (v *View) responsible(l *Located, class, name string) *DepartmentRef {
	area := ""
	switch {
	case l.Community != nil:
		area = l.Community.Code
	case l.Street != nil:
		area = l.Street.Code
	}
	d, ok := v.Departments.Responsible(class, area)
	if !ok {
		return nil
	}
	return &DepartmentRef{
		Code: d.Code, Name: d.Name, Phone: d.Phone, By: "responsibility",
		Why: "it answers for " + name + " here", WhyZh: "按职责分工负责此处的" + name,
	}
}
