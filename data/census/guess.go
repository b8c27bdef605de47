package census

import (
	"fmt"
	"path"
	"regexp"
	"sort"
	"strings"

	"wanmi/gis"
	"wanmi/gis/crs"
)

// GuessProfile finds which column of r is which field of the layer. The remarks say in words what was
// guessed and why. A [gis.Invalid] error names a mandatory field that no column can be.
func GuessProfile(layer *gis.Layer, r Reader, cat ClassGuesser) (Profile, []string, error) {
	if cat == nil {
		cat = StandardClasses{}
	}
	g, err := guess(layer, r, guessContext{classes: cat})
	return g.profile, g.remarks, err
}

// guessContext is what a guess may know beside the file.
type guessContext struct {
	classes ClassGuesser
	city    city
	crs     string // the user's word
	set     map[string]string
}

// guessed is a profile with the position found and the remarks.
type guessed struct {
	profile Profile
	pos     position
	remarks []string
}

type guesser struct {
	guessContext
	layer  *gis.Layer
	sample *sample
	file   string
	out    Profile
	used   map[string]bool // columns that a field has
	notes  []string
}

func guess(layer *gis.Layer, r Reader, ctx guessContext) (guessed, error) {
	s, err := takeSample(r)
	if err != nil {
		return guessed{}, err
	}
	g := &guesser{
		guessContext: ctx, layer: layer, sample: s, file: baseName(r.Name()), used: map[string]bool{},
		out: Profile{Layer: layer.Name, Fields: map[string]string{}},
	}
	if m, ok := r.(interface{ Remarks() []string }); ok {
		g.notes = append(g.notes, m.Remarks()...)
	}
	var pos position
	if layer.Geom != gis.NoGeom {
		if pos, err = guessPosition(s, r, ctx.crs, ctx.city); err != nil {
			return guessed{}, err
		}
		g.notes = append(g.notes, pos.remarks...)
		g.out.X, g.out.Y, g.out.WKT, g.out.Swap = pos.x, pos.y, pos.wkt, pos.swap
		g.takePosition(pos)
	}
	if r.Format() == "osm" {
		g.osmFields()
	} else {
		g.byHeading()
		g.byValues()
		g.special()
	}
	if layer.Name == "component" {
		g.class()
	}
	g.out.Volatile = g.stamps()
	res := guessed{profile: g.out, pos: pos, remarks: g.notes}
	return res, g.missing(r)
}

// baseName is the part of a reader's name that speaks of its content: the shapefile in an archive, the
// sheet when it has a name of its own, else the file.
func baseName(name string) string {
	parts := strings.Split(name, "!")
	last := strings.ReplaceAll(parts[len(parts)-1], `\`, "/")
	base := path.Base(last)
	if len(parts) > 1 && !strings.Contains(base, ".") && dullSheet.MatchString(base) {
		base = path.Base(strings.ReplaceAll(parts[len(parts)-2], `\`, "/"))
	}
	return base
}

var dullSheet = regexp.MustCompile(`(?i)^(sheet|工作表|表)\s*\d*$`)

// takePosition keeps coordinate columns, used or not, from becoming fields.
func (g *guesser) takePosition(pos position) {
	if c := pos.crs; c != nil {
		g.out.CRS = crs.Spec(c)
	}
	for i := range g.sample.cols {
		c := &g.sample.cols[i]
		for _, list := range []string{lonWords, latWords, xWords, yWords} {
			if headingRank(list, c.normal) >= 0 && (len(g.sample.points) > 0 || pos.x != "") {
				g.used[c.name] = true
				g.out.Skip = append(g.out.Skip, c.name)
			}
		}
		if c.name == pos.x || c.name == pos.y {
			g.used[c.name] = true
		}
	}
	if pos.wkt != "" {
		g.used[pos.wkt] = true
		g.out.Skip = append(g.out.Skip, pos.wkt)
	}
}

type candidate struct {
	field string
	col   *column
	score int
}

// byHeading gives each field the column whose heading is known best, the best pairs first.
func (g *guesser) byHeading() {
	var all []candidate
	for fi, f := range g.layer.Fields {
		if f.Name == "extra" || f.Name == "source" || g.set[f.Name] != "" {
			continue
		}
		list := wordsOf(g.layer.Name, f.Name) + " " + strings.ToLower(strings.ReplaceAll(f.Name, "_", "")) + " " + normalHeading(f.Zh)
		for i := range g.sample.cols {
			c := &g.sample.cols[i]
			if g.used[c.name] || c.filled == 0 {
				continue
			}
			if r := headingRank(list, c.normal); r >= 0 {
				all = append(all, candidate{f.Name, c, 1000 - 10*r - fi})
			} else if r := containsRank(list, c.normal); r >= 0 {
				all = append(all, candidate{f.Name, c, 500 - 10*r - fi})
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score > all[j].score })
	for _, c := range all {
		if g.out.Fields[c.field] != "" || g.used[c.col.name] || !g.plausible(c) {
			continue
		}
		g.out.Fields[c.field] = c.col.name
		g.used[c.col.name] = true
	}
}

// containsRank finds a Chinese heading of the list inside a longer heading (所在道路名称 holds 道路名称).
func containsRank(list, normal string) int {
	for i, w := range words(list) {
		if len(w) >= 6 && w[0] >= 0x80 && len(normal) <= 3*len(w) && strings.Contains(normal, w) {
			return i
		}
	}
	return -1
}

// plausible refuses a column whose values cannot be the field.
func (g *guesser) plausible(c candidate) bool {
	switch g.layer.Name + "." + c.field {
	case "component.code":
		return c.col.share(codeShaped) > 0.5
	case "component.grid_code", "unit_grid.code", "case.grid_code":
		return c.col.share(func(v string) bool { n := len(codeText(v)); return n == 15 || n == 14 }) > 0.5
	case "street.code", "community.street_code":
		return c.col.share(areaShaped(9)) > 0.5
	case "community.code":
		return c.col.share(areaShaped(12)) > 0.5
	case "door.number": // a whole address under 门牌号 is no number
		return c.col.share(func(v string) bool { return !addressShaped(v) }) > 0.5
	case "door.road":
		return c.col.share(func(v string) bool { _, err := parseReal(v); return err == nil }) < 0.5
	case "door.address":
		if rank := headingRank("门牌 门牌号 门牌号码", c.col.normal); rank >= 0 {
			return c.col.share(addressShaped) > 0.5
		}
	case "component.class": // by the class rule
		return false
	}
	if strings.HasSuffix(c.field, "_name") {
		return c.col.share(digits) < 0.5
	}
	f, _ := g.layer.Field(c.field)
	switch f.Type {
	case gis.Date, gis.Time:
		return c.col.share(func(v string) bool { _, err := parseTime(v); return err == nil }) > 0.5
	case gis.Int, gis.Real:
		return c.col.share(func(v string) bool { _, err := parseReal(v); return err == nil }) > 0.5
	}
	return true
}

// byValues finds codes under headings nobody knows.
func (g *guesser) byValues() {
	type rule struct {
		field string
		ok    func(string) bool
	}
	rules := map[string][]rule{
		"component":  {{"code", codeShaped}, {"grid_code", gridShaped}, {"dept_code", creditShaped}},
		"unit_grid":  {{"code", gridShaped}},
		"community":  {{"code", sized(12)}, {"code", areaShaped(12)}, {"street_code", sized(9)}},
		"street":     {{"code", sized(9)}, {"code", areaShaped(9)}},
		"department": {{"code", creditShaped}},
	}[g.layer.Name]
	for _, r := range rules {
		if g.out.Fields[r.field] != "" || g.set[r.field] != "" {
			continue
		}
		for i := range g.sample.cols {
			c := &g.sample.cols[i]
			if g.used[c.name] || len(c.values) == 0 || c.share(r.ok) < 0.9 {
				continue
			}
			g.out.Fields[r.field] = c.name
			g.used[c.name] = true
			g.note("column %q taken as %s by its values / 按数值识别", c.name, r.field)
			break
		}
	}
}

func (g *guesser) note(format string, args ...any) {
	g.notes = append(g.notes, fmt.Sprintf(format, args...))
}

// missing reports the mandatory fields without a column.
func (g *guesser) missing(r Reader) error {
	var lack []string
	for _, f := range g.layer.Fields {
		if !f.Must || g.out.Fields[f.Name] != "" || g.set[f.Name] != "" || f.Name == "class" && g.out.Class != nil {
			continue
		}
		lack = append(lack, fmt.Sprintf("%s (%s)", f.Name, f.Zh))
	}
	if g.layer.Geom != gis.NoGeom && g.out.X == "" && g.out.WKT == "" && g.sample.dims == [3]int{} && r.Format() != "osm" {
		lack = append(lack, "the position: no geometry and no coordinate columns (坐标)")
	}
	if len(lack) == 0 {
		return nil
	}
	hint := "Give a profile, or --set field=value"
	switch {
	case g.layer.Name == "component" && strings.HasPrefix(lack[0], "class "):
		hint = "Give the class by name or code, as --set class=路灯, or a profile"
	case g.layer.Name == "unit_grid" && strings.HasPrefix(lack[0], "code "):
		hint = "Unit grids need codes of 15 characters: name their column in a profile, or --set code=auto to number them within their communities"
	}
	return gis.E(gis.Invalid, nil, "%s: no column found for %s; the columns are %s. %s",
		r.Name(), strings.Join(lack, ", "), strings.Join(r.Columns(), ", "), hint)
}

// osmFields maps the fixed columns of an OSM file.
func (g *guesser) osmFields() {
	for _, m := range [][2]string{
		{"name", "name"},
		{"class", "class"},
		{"alias", "alt_name"},
		{"former_name", "old_name"},
		{"width_m", "width"},
		{"floors", "levels"},
		{"height_m", "height"},
		{"tunnel", "tunnel"},
		{"postcode", "postcode"},
		{"phone", "phone"},
		{"road", "street"},
		{"number", "housenumber"},
		{"building", "unit"},
		{"address", "address"},
		{"delivered_id", "osm_id"},
	} {
		if _, ok := g.layer.Field(m[0]); ok && (g.layer.Name != "component" || m[0] == "delivered_id" || m[0] == "name") {
			g.out.Fields[m[0]] = m[1]
		}
	}
	if g.layer.Name == "poi" || g.layer.Name == "building" {
		g.out.Fields["address"] = "{street}{housenumber}"
	}
	g.out.Skip = append(g.out.Skip, osmColumns...)
}

// special fills what takes more than one column, or the file's name.
func (g *guesser) special() {
	f := g.out.Fields
	col := func(list string) string {
		if c := g.sample.find(list); c != nil {
			return c.name
		}
		return ""
	}
	switch g.layer.Name {
	case "street", "community":
		g.areaFields()
	case "door":
		g.doorFields(col)
	case "poi":
		if f["class"] == "" {
			if c := poiClassOfFile(g.file); c != "" {
				f["class"] = "=" + c
				g.note("class %q taken from the file name / 类别取自文件名", c)
			}
		}
		if f["address"] == "" {
			if a := col(wordsOf("poi", "address")); a != "" {
				f["address"] = a
			}
		}
		if f["name"] == "" && f["address"] != "" && g.set["name"] == "" {
			f["name"] = f["address"]
			g.note("no column of names: the address serves as the name / 无名称列，以地址为名称")
		}
	case "road", "land", "water", "wall", "rail", "building":
		if f["class"] == "" {
			if c := classOfFile(g.layer.Name, g.file); c != "" {
				f["class"] = "=" + c
				g.note("class %q taken from the file name / 类别取自文件名", c)
			}
		}
	case "component":
		if f["delivered_id"] == f["label"] {
			delete(f, "label")
		}
	}
}

// doorFields understands addresses in parts: ROAD, SECTION, LANE, ALLEY, SUB_ALLEY, NUMBER.
func (g *guesser) doorFields(col func(string) string) {
	f := g.out.Fields
	if f["road"] != "" {
		parts := "{" + f["road"] + "}"
		n := 0
		for _, part := range [][2]string{{"section 段", "段"}, {"lane 巷", "巷"}, {"alley 弄", "弄"}, {"suballey 衖", "衖"}} {
			c := g.sample.find(part[0])
			if c == nil || g.used[c.name] {
				continue
			}
			if c.share(digits) > 0.5 || part[1] == "段" && c.share(func(v string) bool { return strings.HasSuffix(v, "段") }) < 0.5 { // 104 for 104巷
				parts += "{" + c.name + "|" + part[1] + "}"
			} else {
				parts += "{" + c.name + "}"
			}
			g.used[c.name] = true
			n++
		}
		if n > 0 {
			f["road"] = parts
			g.note("road made of %s / 街巷由多列拼成", parts)
		}
	}
	if f["number"] == "" && f["address"] == "" && g.set["address"] == "" {
		for i := range g.sample.cols {
			if c := &g.sample.cols[i]; !g.used[c.name] && c.share(addressShaped) > 0.7 {
				f["address"] = c.name
				g.used[c.name] = true
				g.note("column %q taken as address by its values / 按数值识别", c.name)
				break
			}
		}
	}
	if f["community_code"] == "" {
		if c := g.sample.find("village villagecode 里代码"); c != nil && c.share(func(v string) bool { return strings.Count(v, "-") == 1 && digits(strings.ReplaceAll(v, "-", "")) }) > 0.9 {
			f["community_code"] = c.name
			if f["community_name"] == c.name {
				delete(f, "community_name")
			}
		}
	}
}

// addressShaped reports whether a text is a whole address: a road or village and a number.
func addressShaped(s string) bool {
	i := strings.IndexAny(s, "路街道巷弄里村段鄉乡")
	return i >= 3 && strings.ContainsAny(s[i:], "0123456789０１２３４５６７８９一二三四五六七八九十") && strings.ContainsAny(s[i:], "号號")
}

// stamps finds columns that only tell when the row was written: a time under a heading that speaks of an update.
func (g *guesser) stamps() []string {
	var out []string
	for i := range g.sample.cols {
		c := &g.sample.cols[i]
		n := c.normal
		if (strings.Contains(n, "upd") || strings.Contains(n, "更新") || strings.Contains(n, "modif") || strings.Contains(n, "修改时间") || strings.Contains(n, "导出")) &&
			c.share(func(v string) bool { _, err := parseTime(v); return err == nil }) > 0.9 {
			out = append(out, c.name)
		}
	}
	return out
}
