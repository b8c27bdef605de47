package city

import (
	"slices"

	"wanmi/data/catalog"
	"wanmi/geocode"
)

// matterOf returns what is wrong: the matter the text names, else that the component meant is out of order. Classes of the older edition
// have no matter of their own.
func matterOf(l *Located, named []geocode.ClassHit) *Matter {
	if len(named) > 0 && ofStreet(named[0].Code) {
		return &Matter{Code: named[0].Code, Name: named[0].Name, Word: named[0].Word}
	}
	if len(l.Components) > 0 {
		c := &l.Components[0]
		if m, ok := catalog.Matter(c.Class); ok {
			_, word := classWeight(c.Class, c.ClassName, l.Classes)
			if word == "" && len(named) > 0 {
				word = named[0].Word
			}
			return &Matter{Code: m.Code, Name: m.Zh, Word: word}
		}
	}
	if len(named) > 0 {
		return &Matter{Code: named[0].Code, Name: named[0].Name, Word: named[0].Word}
	}
	for _, h := range l.Classes {
		if m, ok := catalog.Matter(h.Code); ok {
			return &Matter{Code: m.Code, Name: m.Zh, Word: h.Word}
		}
	}
	return nil
}

// ofStreet reports whether a matter class is of a street, not of a component.
func ofStreet(code string) bool { return code >= "06" }

// withMatters adds the words for matters to the reasons.
func withMatters(reasons []geocode.Reason, matters []geocode.ClassHit) []geocode.Reason {
	if reasons == nil {
		reasons = []geocode.Reason{}
	}
	if len(matters) == 0 {
		return reasons
	}
	out := slices.Clone(reasons)
	for i := range matters {
		if i == 0 || matters[i].Word != matters[i-1].Word {
			out = append(out, geocode.Reason{Word: matters[i].Word, Use: "matter"})
		}
	}
	return out
}

// componentClasses are the classes of components whose like may be meant: those the text names, else those of a matter that is some component's, as
// of 积水 the grates.
func componentClasses(ans geocode.Answer) []geocode.ClassHit {
	if len(ans.Classes) > 0 || len(ans.Matters) == 0 {
		return ans.Classes
	}
	var out []geocode.ClassHit
	for _, m := range ans.Matters {
		if c, ok := catalog.Lookup(catalog.GB47678, m.Code); ok && !ofStreet(m.Code) {
			out = append(out, geocode.ClassHit{Code: c.Code, Name: c.Zh, Word: m.Word})
		}
	}
	return out
}
