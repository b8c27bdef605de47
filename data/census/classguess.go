package census

import (
	"regexp"
	"strings"

	"wanmi/data/catalog"
)

// class finds how the class of a component is told, the surest way first:
// a column of codes or names of classes, the code of the component, the file's name, a column that names plants.
func (g *guesser) class() {
	if g.set["class"] != "" {
		return
	}
	if c := g.classColumn(); c != nil {
		return
	}
	if code := g.out.Fields["code"]; code != "" {
		col := g.sample.byName(code)
		if col != nil && col.share(func(v string) bool { _, _, _, ok := componentCode(codeText(v), g.classes); return ok }) > 0.5 {
			g.out.Class = &ClassRule{Column: code}
			g.note("class read from the component codes in %q / 类别取自标识码", code)
			return
		}
	}
	if m, ok := best(g.classes, g.file); ok {
		g.constantClass(m, "the file name")
		return
	}
	if m, col, ok := g.headingClass(); ok {
		g.constantClass(m, "the heading "+col)
		return
	}
	if c := g.sample.find("treetype 树种 树名 species 树木名称"); c != nil {
		if m, ok := best(g.classes, "street tree"); ok {
			g.constantClass(m, "the column of tree species "+c.name)
			return
		}
	}
	if n := g.out.Fields["name"]; n != "" { // a register of many classes that names each thing by its class
		g.useColumn(g.sample.byName(n))
	}
}

// idHeading is a heading that numbers or names the things of a table: 路灯编号, hydrant_no.
var idHeading = regexp.MustCompile(`(?i)^(.+?)[ _-]*(?:编号|編號|名称|名稱|代码|代碼|代号|代號|id|no|name|code|number)$`)

// headingClass takes the class from headings as 路灯编号, when all that name one name the same.
func (g *guesser) headingClass() (found catalog.Match, column string, ok bool) {
	for i := range g.sample.cols {
		m := idHeading.FindStringSubmatch(g.sample.cols[i].name)
		if m == nil {
			continue
		}
		k, yes := best(g.classes, m[1])
		if !yes || k.Score < 0.9 {
			continue
		}
		if ok && k.Code != found.Code {
			return found, "", false
		}
		found, column, ok = k, g.sample.cols[i].name, true
	}
	return found, column, ok
}

func (g *guesser) constantClass(m catalog.Match, why string) {
	g.out.Class = &ClassRule{Code: m.Code, Edition: m.Edition}
	g.note("class %s %s (%s), from %s: %q / 部件类别 %s %s", m.Code, m.Zh, m.En, why, m.Word, m.Code, m.Zh)
	if m.Local {
		g.note("the standard has no such class: %s is a local one, allotted from the top down / 标准无此小类，采用自定义小类", m.Code)
	}
}

func best(classes ClassGuesser, text string) (catalog.Match, bool) {
	ms := classes.Guess(text)
	if len(ms) == 0 || ms[0].Score < 0.6 {
		return catalog.Match{}, false
	}
	return ms[0], true
}

const classWords = "小类代码 类别代码 部件类别代码 部件小类代码 classcode 小类编码 类代码 部件类型代码 小类名称 smallclass 部件小类 部件类别 小类 部件类型 设施类型 设施类别 设备类型 设备类别 设施名称 类别 类型 type class 种类 category kind objecttype objtype facilitytype objname glbjmc 部件名称 名称 folder folderpath"

// classColumn takes the first column known to speak of classes whose values do.
func (g *guesser) classColumn() *column {
	for _, w := range words(classWords) {
		for i := range g.sample.cols {
			c := &g.sample.cols[i]
			if c.normal == w && g.useColumn(c) {
				return c
			}
		}
	}
	return nil
}

// useColumn makes the column the class column when nine in ten of the rows with a value resolve.
func (g *guesser) useColumn(c *column) bool {
	if c == nil || c.distinct == nil || c.filled == 0 {
		return false
	}
	values := map[string]string{}
	resolved, edition := 0, ""
	local := map[string]bool{}
	for v, n := range c.distinct {
		class, ok := resolveClass(g.classes, "", v)
		if !ok {
			continue
		}
		resolved += n
		values[v] = class.Code
		edition = class.Edition
		if class.Local {
			local[class.Code+" "+class.Zh] = true
		}
	}
	if float64(resolved) < 0.9*float64(c.filled) {
		return false
	}
	g.out.Class = &ClassRule{Column: c.name, Values: values, Edition: edition}
	if len(values) == 1 {
		for v, code := range values {
			k, _ := g.classes.Lookup(edition, code)
			g.note("class %s %s (%s), from %q in column %s / 部件类别 %s %s", code, k.Zh, k.En, v, c.name, code, k.Zh)
		}
	} else {
		g.note("class read from column %q: %d values / 类别取自该列", c.name, len(values))
	}
	for _, k := range sortedKeys(local) {
		g.note("the standard has no such class: %s is a local one, allotted from the top down / 标准无此小类，采用自定义小类", k)
	}
	return true
}

// resolveClass turns a text into a class: a class code of either edition, a component code, or a name.
func resolveClass(classes ClassGuesser, edition, text string) (catalog.Class, bool) {
	code := codeText(text)
	editions := []string{catalog.GB47678, catalog.CJT214}
	if edition != "" {
		editions = []string{edition}
	}
	if digits(code) {
		for _, e := range editions {
			if c, ok := classes.Lookup(e, code); ok {
				return c, true
			}
		}
		if _, class, e, ok := componentCode(code, classes); ok {
			return classes.Lookup(e, class)
		}
		return catalog.Class{}, false
	}
	if m, ok := best(classes, text); ok {
		return m.Class, true
	}
	return catalog.Class{}, false
}

// sourceDigits is a date or version in a file name.
var sourceDigits = regexp.MustCompile(`[_\-. (（]*(?:19|20)?\d{2,4}[-_.年]?(?:0?[1-9]|1[0-2])[-_.月]?(?:[0-3]?\d)?日?[)）]*$|[_\-. ]*(?:19|20)\d{6}[)）]*|[_\-. ]*(?:19|20)\d{2}[-_.年](?:0?[1-9]|1[0-2])(?:[-_.月](?:[0-3]?\d)日?)?`)

// SourceName is the name a delivery keeps from one time to the next: the file's name (the part's in an
// archive) without folder, endings and date.
func SourceName(name string) string {
	parts := strings.Split(name, "!")
	out := make([]string, 0, len(parts))
	for i, p := range parts {
		p = strings.ReplaceAll(p, `\`, "/")
		if j := strings.LastIndexByte(p, '/'); j >= 0 && i == 0 {
			p = p[j+1:]
		}
		for {
			j := strings.LastIndexByte(p, '.')
			if j <= 0 || !fileEndings[strings.ToLower(p[j+1:])] {
				break
			}
			p = p[:j]
		}
		if q := strings.Trim(sourceDigits.ReplaceAllString(p, ""), " _-."); q != "" {
			p = q
		}
		out = append(out, p)
	}
	return strings.Join(out, "!")
}

var fileEndings = map[string]bool{
	"csv": true, "tsv": true, "txt": true, "xlsx": true, "xlsm": true, "json": true, "geojson": true, "geojsonl": true, "ndjson": true, "geojsons": true,
	"shp": true, "dbf": true, "shx": true, "zip": true, "gz": true, "pbf": true, "osm": true, "xml": true, "gpkg": true,
	"kml": true, "kmz": true, "gml": true,
}
