package city

import (
	"cmp"
	"fmt"
	"math"
	"slices"
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
	out := []Candidate{}
	radius := min(max(minRadiusM, reachShare*p.UncertaintyM), maxRadiusM)
	sigma := max(minSigmaM, sigmaShare*p.UncertaintyM)
	for c, d := range v.Components.Near(p.Point, radius) {
		score, why, whyZh := 0.0, "", ""
		switch {
		case p.Layer == geocode.LayerComponent && c.Code == p.Key:
			score, why, whyZh = 1, "the text names it", "文中直接指明"
		default:
			w, word := classWeight(c, hits)
			if w == 0 {
				continue
			}
			score = w * (farShare + (1-farShare)*math.Exp(-d*d/(2*sigma*sigma)))
			why = fmt.Sprintf("%q is a word for %s, %.0f m from the place", word, c.ClassName, d)
			whyZh = fmt.Sprintf("“%s”指%s，距该位置%.0f米", word, c.ClassName, d)
			if named(text, c.Label) {
				score, why, whyZh = max(score, labelScore), "its number "+c.Label+" stands in the text", "文中有其编号"+c.Label
			}
		}
		out = append(out, candidate(c, d, score, why, whyZh))
	}
	slices.SortFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.DistanceM, b.DistanceM), strings.Compare(a.Code, b.Code))
	})
	return out[:min(len(out), maxCandidates)]
}

func candidate(c *Component, d, score float64, why, whyZh string) Candidate {
	return Candidate{
		Code: c.Code, Name: c.Name, Class: c.Class, ClassName: c.ClassName, Label: c.Label, State: c.State,
		Department: c.DeptName, DeptCode: c.DeptCode, GridCode: c.GridCode, Point: c.Point,
		DistanceM: decimetres(d), Score: math.Round(score*1000) / 1000, Why: why, WhyZh: whyZh,
	}
}

// classWeight says how well a component's class fits the classes named, and by which word: 1 for the first word's,
// less for words further back, 0 for none. Classes of another edition's table are known by their name.
func classWeight(c *Component, hits []geocode.ClassHit) (float64, string) {
	weight, last := 1+laterWord, ""
	for _, h := range hits {
		if h.Word != last {
			weight, last = max(weight-laterWord, 0.5), h.Word
		}
		if sameClass(c.Class, h.Code) || h.Name != "" && h.Name == c.ClassName {
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

// answerable returns the department: the best candidate's own, otherwise the one responsible for the class in the area.
func (v *View) answerable(l Located) *DepartmentRef {
	class, why, whyZh := "", "", ""
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
		class, why, whyZh = l.Components[0].Class, l.Components[0].ClassName, l.Components[0].ClassName
	case len(l.Classes) > 0:
		class, why, whyZh = l.Classes[0].Code, l.Classes[0].Name, l.Classes[0].Name
	default:
		return nil
	}
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
		Why: "it answers for " + why + " here", WhyZh: "按职责分工负责此处的" + whyZh,
	}
}
