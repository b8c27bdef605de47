package census

import (
	"encoding/json"
	"slices"
	"strings"

	"wanmi/gis"
	"wanmi/gis/crs"

	"github.com/paulmach/orb"
)

// record is a row that became a feature, with where it came from.
type record struct {
	f      gis.Feature
	at     orb.Point // longitude, latitude of its label point
	file   string
	row    int64
	source string
	conv   *converter
	rows   int64  // delivered rows folded into it (doors)
	id     string // its identity in the file, "" when the format gives none
}

// converter turns the rows of one table into features.
type converter struct {
	layer   *gis.Layer
	classes ClassGuesser
	profile Profile
	source  string
	file    string // the base name, for classes
	today   string
	name    string // of the table
	fix     bool   // put right what can safely be
	checks  *rowChecks
	depts   *directory
	raw     orb.Point // the row's first coordinates as delivered, easting first
	placed  *placedRow
	mended  []defect // of the row, before its other columns are known
	osm     bool
	adopted bool // drawn unit grids: the target settles their codes, missing ones and those of two cells, too

	columns   []string
	x, y, w   int    // -1: none
	placeName string // of the columns x and y
	sys       crs.CRS
	swap      bool
	city      city
	place     placement

	from   []*valueSource // parallel to layer.Fields, nil: no source
	extra  []int          // columns kept in the extra field
	keys   [][]byte       // their names as JSON
	class  classFinder
	sameID int // column of an identity in the file (OSM id, feature id), -1: none

	made    []latelyMade // of each field: the values its texts became
	boxes   []latelyMade // of each field: texts that finish puts into it
	scratch []any        // the values of the row under way, where the taker copies them
	extraAt int          // the fields extra and source, -1: none
	srcAt   int
	srcText any // what goes into the field source

	mark   func(rec *record, sev gis.Severity, x defect)
	tells  func(rule string) bool
	remark func(rule string, sev gis.Severity, rec *record, measure float64, en, zh string)
	buf    []byte
}

// valueSource is a compiled value of Profile.Fields.
type valueSource struct {
	constant string
	col      int // when parts is empty and constant is ""
	parts    []templatePart
}

type templatePart struct {
	text   string
	col    int    // -1: text
	suffix string // of a value that does not end so already
}

func (v *valueSource) text(values []string) string {
	switch {
	case len(v.parts) > 0:
		var b strings.Builder
		some := false
		for _, p := range v.parts {
			if p.col < 0 {
				b.WriteString(p.text)
			} else if values[p.col] != "" {
				some = true
				b.WriteString(values[p.col])
				if !strings.HasSuffix(values[p.col], p.suffix) {
					b.WriteString(p.suffix)
				}
			}
		}
		if !some {
			return ""
		}
		return b.String()
	case v.col >= 0:
		return values[v.col]
	}
	return v.constant
}

// compileSource reads one value of Profile.Fields; index gives the position of a column, -1 for none.
func compileSource(s string, index func(string) int) (*valueSource, error) {
	if rest, ok := strings.CutPrefix(s, "="); ok {
		return &valueSource{constant: rest, col: -1}, nil
	}
	if i := index(s); i >= 0 {
		return &valueSource{col: i}, nil
	}
	if !strings.Contains(s, "{") {
		return nil, gis.E(gis.Invalid, nil, "there is no column %q", s)
	}
	v := &valueSource{col: -1}
	for s != "" {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			v.parts = append(v.parts, templatePart{text: s, col: -1})
			break
		}
		if i > 0 {
			v.parts = append(v.parts, templatePart{text: s[:i], col: -1})
		}
		j := strings.IndexByte(s[i:], '}')
		if j < 0 {
			return nil, gis.E(gis.Invalid, nil, "the template %q has a { without }", s)
		}
		name := s[i+1 : i+j]
		c, suffix := index(name), ""
		if k := strings.LastIndexByte(name, '|'); c < 0 && k > 0 {
			c, suffix = index(name[:k]), name[k+1:]
		}
		if c < 0 {
			return nil, gis.E(gis.Invalid, nil, "there is no column %q", name)
		}
		v.parts = append(v.parts, templatePart{col: c, suffix: suffix})
		s = s[i+j+1:]
	}
	return v, nil
}

// newConverterWith compiles a profile against the columns of a reader.
func newConverterWith(layer *gis.Layer, p Profile, r Reader, set map[string]string, classes ClassGuesser) (*converter, error) {
	c := &converter{
		classes: classes,
		layer:   layer, profile: p, columns: r.Columns(), x: -1, y: -1, w: -1, sameID: -1, swap: p.Swap,
		source: SourceName(r.Name()), file: baseName(r.Name()), osm: r.Format() == "osm", from: make([]*valueSource, len(layer.Fields)),
	}
	index := func(name string) int { return slices.Index(c.columns, name) }
	used := map[string]bool{}
	for name, s := range p.Fields {
		i := layer.Index(name)
		if i < 0 {
			return nil, gis.E(gis.Invalid, nil, "layer %s has no field %q", layer.Name, name)
		}
		v, err := compileSource(s, index)
		if err != nil {
			return nil, gis.E(gis.Invalid, err, "%s: field %s", r.Name(), name)
		}
		c.from[i] = v
		used[s] = true
		for _, part := range v.parts {
			if part.col >= 0 {
				used[c.columns[part.col]] = true
			}
		}
	}
	for _, m := range []map[string]string{p.Set, set} {
		for name, text := range m {
			i := layer.Index(name)
			if i < 0 {
				return nil, gis.E(gis.Invalid, nil, "layer %s has no field %q", layer.Name, name)
			}
			c.from[i] = &valueSource{constant: text, col: -1}
		}
	}
	for _, pos := range []struct {
		name string
		at   *int
	}{{p.X, &c.x}, {p.Y, &c.y}, {p.WKT, &c.w}} {
		if pos.name == "" {
			continue
		}
		if *pos.at = index(pos.name); *pos.at < 0 {
			return nil, gis.E(gis.Invalid, nil, "%s: there is no coordinate column %q", r.Name(), pos.name)
		}
		used[pos.name] = true
	}
	if (c.x < 0) != (c.y < 0) {
		return nil, gis.E(gis.Invalid, nil, "%s: the profile names one coordinate column only (%s%s); x and y go together", r.Name(), p.X, p.Y)
	}
	if c.x >= 0 && c.y >= 0 {
		c.placeName = c.columns[c.x] + ", " + c.columns[c.y]
	}
	for _, s := range p.Skip {
		used[s] = true
	}
	c.keepExtra(used)
	c.remember()
	for _, id := range []string{"osm_id", "@id"} {
		if i := index(id); i >= 0 && c.sameID < 0 {
			c.sameID = i
		}
	}
	c.checks = c.newRowChecks()
	return c, c.compileClass(set, index)
}

// keepExtra lists the columns that go into the extra field: all that no field has. OSM has its tags.
func (c *converter) keepExtra(used map[string]bool) {
	if c.layer.Index("extra") < 0 {
		return
	}
	for i, name := range c.columns {
		if used[name] || c.osm {
			continue
		}
		c.extra = append(c.extra, i)
	}
	if c.profile.Class != nil && c.profile.Class.Column != "" { // the delivered word for the class stays
		if i := slices.Index(c.columns, c.profile.Class.Column); i >= 0 && !slices.Contains(c.extra, i) && !used[c.profile.Class.Column] {
			c.extra = append(c.extra, i)
		}
	}
	slices.Sort(c.extra)
	for _, i := range c.extra {
		k, _ := json.Marshal(c.columns[i])
		c.keys = append(c.keys, k)
	}
}

// remember makes room for what the rows before had.
func (c *converter) remember() {
	c.made, c.boxes = make([]latelyMade, len(c.layer.Fields)), make([]latelyMade, len(c.layer.Fields))
	for i := range c.made {
		if c.from[i] != nil {
			c.made[i] = make(latelyMade, slots)
		}
	}
	if c.layer.Name == "component" { // they are packed as they come
		c.scratch = make([]any, len(c.layer.Fields))
	}
	c.extraAt, c.srcAt, c.srcText = c.layer.Index("extra"), c.layer.Index("source"), c.source
}

// set puts a text into a field, nothing when it is empty.
func (c *converter) set(rec *record, i int, text string) {
	if c.boxes[i] == nil {
		c.boxes[i] = make(latelyMade, slots)
	}
	rec.f.Values[i] = c.boxes[i].boxed(text)
}

// convert makes the row a feature. The error is a *rowError; the record is filled as far as it went. The values of a component
// live until the next row.
func (c *converter) convert(row Row) (record, error) {
	rec := record{f: gis.Feature{Layer: c.layer, Values: c.scratch}, file: row.File, row: row.Num, source: c.source, conv: c, rows: 1}
	if c.scratch == nil {
		rec.f.Values = make([]any, len(c.layer.Fields))
	}
	clear(rec.f.Values)
	if row.Err != nil {
		return rec, row.Err
	}
	c.mended, c.placed = c.mended[:0], row.placed
	faults, err := c.fields(row, &rec)
	if err != nil {
		return rec, err
	}
	if err := c.locate(row, &rec); err != nil {
		return rec, err
	}
	if c.extraAt >= 0 {
		rec.f.Values[c.extraAt] = c.extraJSON(row.Values)
	}
	if c.sameID >= 0 {
		rec.id = row.Values[c.sameID]
	}
	if c.srcAt >= 0 {
		rec.f.Values[c.srcAt] = c.srcText
	}
	for _, x := range c.mended {
		noteFix(&rec.f, x.rule, x.field, x.value)
	}
	if err := c.finish(&rec, row.Values); err != nil {
		return rec, err
	}
	for i := range c.layer.Fields {
		if field := &c.layer.Fields[i]; field.Must && rec.f.Values[i] == nil && !(c.adopted && field.Name == "code") {
			return rec, &rowError{RuleMust, field.Name, "", "the mandatory field " + field.Name + " is empty", "必填项“" + field.Zh + "”为空"}
		}
	}
	for _, f := range faults {
		field, _ := c.layer.Field(f.Field)
		c.flag(&rec, defect{rule: f.Rule, field: f.Field, value: f.Value, en: f.Field + " left empty: " + f.Text, zh: field.Zh + "留空：" + f.TextZh + "（" + clip(f.Value, 40) + "）"})
	}
	for _, x := range c.mended {
		c.flag(&rec, x)
	}
	return rec, nil
}

// fields turns the texts of the row into values. Those left out are faults, told once the row is taken.
func (c *converter) fields(row Row, rec *record) (faults []*rowError, err error) {
	for i, src := range c.from {
		if src == nil {
			continue
		}
		text := src.text(row.Values)
		if text == "" {
			continue
		}
		if v := c.made[i].of(text); v != nil {
			rec.f.Values[i] = v
			continue
		}
		field := &c.layer.Fields[i]
		if strings.Contains(text, "\uFFFD") {
			return nil, &rowError{RuleEncoding, field.Name, text, "the text has characters the encoding does not know; is the encoding right?", "文字含无法解码的字符，编码可能有误"}
		}
		v, bad := fieldValue(field, text)
		if bad != nil {
			if c.fix && bad.Rule == RuleDate && field.Name == "change_date" {
				c.mended = append(c.mended, defect{rule: bad.Rule, field: field.Name, value: text, fix: "空 / empty", fixed: true, en: bad.Text, zh: bad.TextZh})
				continue
			}
			if field.Must || field.Type == gis.Date || field.Type == gis.Time {
				return nil, bad
			}
			faults = append(faults, bad)
			continue
		}
		rec.f.Values[i] = v
		if v != nil {
			c.made[i].keep(text, v)
		}
	}
	return faults, nil
}

// extraJSON is the JSON object of the columns no field has, nil when all are empty.
func (c *converter) extraJSON(values []string) any {
	if c.osm {
		return values[len(values)-1]
	}
	b := append(c.buf[:0], '{')
	for i, col := range c.extra {
		if values[col] == "" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(b, c.keys[i]...), ':')
		b = appendJSON(b, values[col])
	}
	c.buf = b
	if len(b) == 1 {
		return nil
	}
	return string(append(b, '}'))
}

func appendJSON(b []byte, s string) []byte {
	if plainJSON(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	js, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...)
	}
	return append(b, js...)
}

// plainJSON reports whether s needs no escapes in JSON.
func plainJSON(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == '"' || s[i] == '\\' || s[i] == 0xE2 || s[i] == '<' || s[i] == '>' || s[i] == '&' {
			return false
		}
	}
	return !strings.Contains(s, "\uFFFD")
}
