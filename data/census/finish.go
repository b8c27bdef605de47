package census

import (
	"fmt"
	"strings"

	"wanmi/data/catalog"
	"wanmi/gis"
)

// finish fills what follows from other values, layer by layer, and checks it.
func (c *converter) finish(rec *record, values []string) error {
	switch c.layer.Name {
	case "component":
		return c.finishComponent(rec, values)
	case "door":
		return c.finishDoor(rec)
	case "street":
		return c.settleCode(rec)
	case "community":
		if err := c.settleCode(rec); err != nil {
			return err
		}
		if code, ok := areaCodeOf(rec.f.Text("street_code"), 9); ok {
			rec.f.Set("street_code", code)
		}
		if code := rec.f.Text("code"); rec.f.Text("street_code") == "" && len(code) == 12 {
			rec.f.Set("street_code", code[:9])
		}
		if rec.f.Text("street_name") == "" {
			rec.f.SetText("street_name", c.place.streets[rec.f.Text("street_code")])
		}
	case "unit_grid":
		return c.finishGrid(rec)
	case "road":
		rec.f.Set("class", roadClassOf(rec.f.Text("class"), rec.f.Text("name"), rec.f.Real("width_m")))
		if strings.Contains(rec.f.Text("name"), "隧道") && rec.f.Value("tunnel") == nil {
			rec.f.Set("tunnel", true)
		}
	case "land", "water", "wall", "rail", "building":
		c.finishBase(rec)
	case "poi":
		if t := rec.f.Text("class"); t != "" && !c.osm {
			if k := poiClasses.find(t); k != "" {
				rec.f.Set("class", k)
			}
		}
	case "case":
		if rec.f.Geom != nil {
			grid, _, _, _, _, _ := c.place.placer.Place(rec.at)
			if grid != "" {
				rec.f.Set("grid_code", grid)
			}
		}
	case "department":
		if code := rec.f.Text("code"); code != "" && !creditShaped(code) {
			c.flag(rec, defect{rule: RuleDept, field: "code", value: code, en: fmt.Sprintf("%q is no unified social credit code (18 characters)", code), zh: "不是 18 位统一社会信用代码"})
		}
	}
	return nil
}

// finishGrid checks the code of a unit grid and fills what follows from it.
func (c *converter) finishGrid(rec *record) error {
	code := rec.f.Text("code")
	if rec.f.Real("area_m2") == 0 {
		rec.f.Set("area_m2", squareMetres(rec.f.Geom))
	}
	if rec.f.Text("community_code") == "" && len(code) == 15 {
		rec.f.Set("community_code", code[:12])
	}
	switch s := rec.f.Text("status"); s {
	case "", "有效", "1":
		rec.f.Set("status", "valid")
	case "作废", "0":
		rec.f.Set("status", "void")
	}
	if code == "" || strings.EqualFold(code, autoCode) {
		return nil
	}
	if len(code) == 15 && strings.Trim(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return nil
	}
	if !c.adopted { // the adoption of drawn cells widens or replaces such codes, and tells of it
		return &rowError{
			RuleAreaCode, "code", code, "the code of a unit grid has 15 digits or capital letters; import the communities first, then --set code=auto numbers them within those",
			"单元网格标识码应为 15 位；可先导入社区，再用 --set code=auto 按社区编号",
		}
	}
	return nil
}

// finishBase brings the class of a base feature into our words; the delivered word stays in extra.
func (c *converter) finishBase(rec *record) {
	table := baseClasses[c.layer.Name]
	given := rec.f.Text("class")
	if c.osm {
		return
	}
	class := table.find(given)
	for _, p := range table { // one of ours as it is
		if p[1] == given {
			class = given
		}
	}
	if class == "" && c.layer.Name != "building" {
		class = classOfFile(c.layer.Name, c.file)
	}
	if class == "" && c.layer.Name != "building" {
		class = table.find(rec.f.Text("name"))
	}
	if class == "" {
		class = map[string]string{"land": "other", "water": "river", "wall": "wall", "rail": "rail"}[c.layer.Name]
	}
	if given != "" && given != class {
		c.addExtra(rec, "class", given)
	}
	rec.f.SetText("class", class)
}

// addExtra adds one member to the extra JSON.
func (c *converter) addExtra(rec *record, key, value string) {
	if c.layer.Index("extra") < 0 {
		return
	}
	b := []byte("{")
	if old := rec.f.Text("extra"); len(old) > 2 {
		b = append([]byte(strings.TrimSuffix(old, "}")), ',')
	}
	b = appendJSON(append(appendJSON(b, key), ':'), value)
	rec.f.Set("extra", string(append(b, '}')))
}

// classFinder tells the class of a component row.
type classFinder struct {
	constant *catalog.Class
	column   int
	edition  string
	seen     map[string]*catalog.Class // value of the column -> class, nil: none
}

func (c *converter) compileClass(set map[string]string, index func(string) int) error {
	if c.layer.Name != "component" {
		return nil
	}
	c.class = classFinder{column: -1, seen: map[string]*catalog.Class{}}
	if c.classes == nil {
		c.classes = StandardClasses{}
	}
	rule := c.profile.Class
	if rule == nil {
		rule = &ClassRule{}
	}
	c.class.edition = rule.Edition
	constant := rule.Code
	for _, m := range []map[string]string{c.profile.Set, set} {
		if m["class"] != "" {
			constant = m["class"]
		}
	}
	if constant != "" {
		k, ok := resolveClass(c.classes, rule.Edition, constant)
		if !ok {
			return gis.E(gis.Invalid, nil, "there is no component class %q", constant)
		}
		c.class.constant = &k
		return nil
	}
	if rule.Column == "" {
		if c.from[c.layer.Index("class")] == nil {
			return gis.E(gis.Invalid, nil, "the profile does not say where the class of the components comes from: give class.code or class.column")
		}
		return nil
	}
	if c.class.column = index(rule.Column); c.class.column < 0 {
		return gis.E(gis.Invalid, nil, "there is no class column %q", rule.Column)
	}
	for v, code := range rule.Values {
		k, ok := resolveClass(c.classes, rule.Edition, code)
		if !ok {
			return gis.E(gis.Invalid, nil, "the profile gives %q the component class %q, which no table has", v, code)
		}
		c.class.seen[v] = &k
	}
	return nil
}

// of finds the class of a row.
func (c *converter) classOf(rec *record, values []string) (*catalog.Class, error) {
	if c.class.constant != nil {
		return c.class.constant, nil
	}
	word, field := "", "class"
	if c.class.column >= 0 {
		word, field = values[c.class.column], c.columns[c.class.column]
	} else {
		word = text(rec, c.checks.f.class)
	}
	if word == "" {
		return nil, &rowError{RuleMust, field, "", "the class is empty", "类别为空"}
	}
	k, ok := c.class.seen[word]
	if !ok {
		if found, yes := resolveClass(c.classes, c.class.edition, word); yes {
			k = &found
		} else if found, yes := resolveClass(c.classes, "", word); yes {
			k = &found
		}
		if len(c.class.seen) < 100000 {
			c.class.seen[strings.Clone(word)] = k
		}
	}
	if k == nil {
		return nil, &rowError{RuleClass, field, word, fmt.Sprintf("no class table has %q", word), "部件类别不在分类表中"}
	}
	return k, nil
}

var (
	states     = []string{"完好", "破损", "丢失", "废弃", "移除"}
	stateWords = wordClass{
		{"完好", "完好"},
		{"正常", "完好"},
		{"良好", "完好"},
		{"normal", "完好"},
		{"good", "完好"},
		{"破损", "破损"},
		{"损坏", "破损"},
		{"damaged", "破损"},
		{"broken", "破损"},
		{"丢失", "丢失"},
		{"缺失", "丢失"},
		{"missing", "丢失"},
		{"lost", "丢失"},
		{"废弃", "废弃"},
		{"停用", "废弃"},
		{"abandoned", "废弃"},
		{"移除", "移除"},
		{"拆除", "移除"},
		{"removed", "移除"},
	}
)

func (c *converter) finishComponent(rec *record, values []string) error {
	class, err := c.classOf(rec, values)
	if err != nil {
		return err
	}
	at := &c.checks.f
	c.set(rec, at.class, class.Code)
	c.set(rec, at.className, class.Zh)
	c.set(rec, at.edition, class.Edition)
	if text(rec, at.name) == "" {
		c.set(rec, at.name, class.Zh)
		if c.from[c.checks.f.name] != nil {
			c.flag(rec, defect{rule: RuleEmpty, field: "name", fix: class.Zh, en: "the standard demands name, it is empty: that of the class is stored", zh: "标准规定必填的“部件名称”为空，入库时取类别名称"})
		}
	}
	if err := c.checkComponent(rec, values, class); err != nil {
		return err
	}
	said := c.statedOf(rec)
	if err := c.placeComponent(rec); err != nil {
		return err
	}
	c.answerFor(rec, class)
	c.checkStated(rec, said)
	return nil
}

func fitsClass(geometry string, dim int) bool {
	switch geometry {
	case "line":
		return dim == 1 || dim == 2
	case "point": // a delivery may draw the outline of what the standard draws as a point
		return dim == 0
	}
	return true // areas are often delivered as points
}

// hasCounty reports whether any stored street or community begins with the county.
func (p placement) hasCounty(county string) bool {
	if p.county == county {
		return true
	}
	for code := range p.streets {
		if strings.HasPrefix(code, county) {
			return true
		}
	}
	for code := range p.comms {
		if strings.HasPrefix(code, county) {
			return true
		}
	}
	return false
}

// placeComponent fills grid, community and street by position; what was delivered counts only where no community holds it.
func (c *converter) placeComponent(rec *record) error {
	if c.place.placer == nil {
		return nil
	}
	at := &c.checks.f
	var in placedIn
	if c.placed != nil && c.placed.at == rec.at {
		in = c.placed.area
	} else {
		in = placeOf(c.place.placer, rec.at)
	}
	c.set(rec, at.grid, in.grid)
	if !in.ok {
		if c.city.known {
			c.flag(rec, defect{rule: RuleOutside, field: "geometry", value: coordText(rec.at), en: "no community holds the position", zh: "位置不在任何社区内"})
		}
		if in.street != "" {
			c.set(rec, at.street, in.street)
			c.set(rec, at.streetName, in.streetName)
		}
		return nil
	}
	c.set(rec, at.community, in.community)
	c.set(rec, at.communityName, in.communityName)
	c.set(rec, at.street, in.street)
	c.set(rec, at.streetName, in.streetName)
	return nil
}

// className tells how the class of a table's rows is found.
func (c *converter) className() string {
	switch {
	case c.class.constant != nil:
		return c.class.constant.Code + " " + c.class.constant.Zh
	case c.class.column >= 0:
		return "by column " + c.columns[c.class.column]
	}
	return "by field class"
}
