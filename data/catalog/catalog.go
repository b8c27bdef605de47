package catalog

import "slices"

// The editions that have a table of components.
const (
	GB47678 = "GB/T 47678.5-2026"
	CJT214  = "CJ/T 214-2007"
)

// Class is one minor class of components or matters.
type Class struct {
	Edition  string
	Code     string // major + minor: "01037", or "0118" in CJ/T 214-2007
	Major    string // 2 digits
	MajorZh  string
	Minor    string // 3 digits, 2 in CJ/T 214-2007
	Zh, En   string
	Geometry string // point, line or polygon; "" for matters
	Accuracy string // A, B or C; "" for matters
	Local    bool   // not of the standard: added by the city
}

// localRows are the classes cities deliver and GB/T 47678.5-2026 does not have.
var localRows = [...][8]string{
	{GB47678, "01", "市政公用设施", "999", "自动体外除颤器（自定义）", "automated external defibrillator", "point", "B"},
	{GB47678, "02", "交通设施", "999", "路口遮阳棚（自定义）", "sunshade at a crossing", "point", "B"},
	{GB47678, "03", "市容环卫设施", "997", "垃圾分类投放点（自定义）", "waste-sorting station", "point", "B"},
	{GB47678, "03", "市容环卫设施", "998", "垃圾收运点（自定义）", "refuse-truck collection point", "point", "B"},
	{GB47678, "03", "市容环卫设施", "999", "吸烟区（自定义）", "designated smoking area", "point", "B"},
	{GB47678, "04", "园林绿化设施", "999", "公园树木（自定义）", "park tree", "point", "B"},
}

type key struct{ edition, code string }

var (
	components = componentClasses()
	matters    = matterClasses()
	byKey      = indexClasses(components)
	mattersBy  = indexClasses(matters)
)

func componentClasses() []Class {
	var out []Class
	add := func(r [8]string, local bool) {
		out = append(out, Class{
			Edition: r[0], Code: r[1] + r[3], Major: r[1], MajorZh: r[2], Minor: r[3],
			Zh: r[4], En: r[5], Geometry: r[6], Accuracy: r[7], Local: local,
		})
	}
	for _, r := range componentRows {
		add(r, false)
	}
	for _, r := range localRows {
		add(r, true)
	}
	return out
}

func matterClasses() []Class {
	out := make([]Class, 0, len(matterRows))
	for _, r := range matterRows {
		out = append(out, Class{
			Edition: r[0], Code: r[1] + r[3], Major: r[1], MajorZh: r[2], Minor: r[3], Zh: r[4], En: r[5],
		})
	}
	return out
}

func indexClasses(classes []Class) map[key]Class {
	m := make(map[key]Class, len(classes))
	for _, c := range classes {
		m[key{c.Edition, c.Code}] = c
	}
	return m
}

// Lookup returns the component class of that code in the edition.
func Lookup(edition, code string) (Class, bool) {
	c, ok := byKey[key{edition, code}]
	return c, ok
}

// Matter returns the matter class of that code in GB/T 47678.5-2026. Those of the majors 01 to 05 are components out of order and have
// the code of the component's class.
func Matter(code string) (Class, bool) {
	c, ok := mattersBy[key{GB47678, code}]
	return c, ok
}

// Classes returns the component classes of the edition by code, local ones among them; empty for an unknown edition.
func Classes(edition string) []Class { return ofEdition(components, edition) }

// Matters returns the matter classes of the edition by code.
func Matters(edition string) []Class { return ofEdition(matters, edition) }

// Editions returns the editions that have a component table, newest first.
func Editions() []string { return []string{GB47678, CJT214} }

func ofEdition(all []Class, edition string) []Class {
	var out []Class
	for _, c := range all {
		if c.Edition == edition {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Class) int {
		switch {
		case a.Code < b.Code:
			return -1
		case a.Code > b.Code:
			return 1
		}
		return 0
	})
	return out
}
