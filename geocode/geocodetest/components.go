package geocodetest

import (
	"fmt"
	"math/rand/v2"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// classes of GB/T 47678.5 and the departments that answer for them.
var classes = []struct{ code, name, dept string }{
	{"01037", "路灯", "11370883004001001A"},
	{"01002", "污水井盖", "11370883004002002B"},
	{"01003", "雨水井盖", "11370883004002002B"},
	{"04002", "行道树", "11370883004003003C"},
	{"02014", "交通信号灯", "11370883004004004D"},
	{"01013", "消防设施", "11370883004005005E"},
	{"03005", "垃圾箱", "11370883004006006F"},
	{"02004", "公交站亭", "11370883004007007G"},
}

// Synonyms and ClassNames are what a geocoder of the city must be told.
func (c *City) Synonyms() map[string][]string {
	return map[string][]string{
		"路灯": {"01037"}, "井盖": {"01002", "01003"}, "行道树": {"04002"}, "红绿灯": {"02014"}, "消火栓": {"01013"}, "垃圾": {"03005"},
		"垃圾箱": {"03005"}, "公交站": {"02004"},
	}
}

// ClassNames gives the name of each class.
func (c *City) ClassNames() map[string]string {
	m := map[string]string{}
	for _, k := range classes {
		m[k.code] = k.name
	}
	return m
}

func (c *City) componentCount() int { return c.N * 15 / 100 }

// component is the code, the painted number and the place of component i.
func (c *City) component(i int) (code, label string, x, y float64) {
	r := rand.New(rand.NewPCG(3, uint64(i)))
	aside := roadHalfM - 2
	if r.IntN(2) == 0 {
		aside = -aside
	}
	x, y = c.spot(r.IntN(len(c.roads)), r.Float64()*districtM, aside)
	return fmt.Sprintf("370883%s%06d", classes[i%len(classes)].code, i/len(classes)+1), fmt.Sprintf("LD-%07d", i+1), x, y
}

func (c *City) componentRows(yield func(gis.Feature) bool) {
	for i := range c.componentCount() {
		code, label, x, y := c.component(i)
		street, streetName, comm, commName := c.area(x, y)
		k := classes[i%len(classes)]
		if !yield(row("component", code, orb.Geometry(At(x, y)), "code", code, "name", k.name, "class", k.code, "class_name", k.name, "edition", "GB/T 47678.5",
			"label", label, "dept_code", k.dept, "community_code", comm, "community_name", commName, "street_code", street, "street_name", streetName, "state", "完好")) {
			return
		}
	}
}

func (c *City) departmentRows(yield func(gis.Feature) bool) {
	seen := map[string]bool{}
	for _, k := range classes {
		if !seen[k.dept] {
			seen[k.dept] = true
			if !yield(row("department", k.dept, nil, "code", k.dept, "name", k.name+"管理处", "classes", k.code)) {
				return
			}
		}
	}
}
