package gpkg

import (
	"context"
	"database/sql"
	"fmt"
	"html"
	"strings"
)

// layerStylesSQL is the table QGIS keeps styles in and looks for a default style in when it opens a layer.
const layerStylesSQL = `
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
  ui TEXT(30), update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description) VALUES ('layer_styles', 'attributes', 'layer_styles', '图层样式 · Styles of the layers for QGIS');
`

// ensureStyles gives a file that has no styles those of our map. What is there stays: it may be the user's.
func ensureStyles(ctx context.Context, tx *sql.Tx, tables []*table) error {
	have, err := columnsOf(ctx, tx, "layer_styles")
	if err != nil || len(have) > 0 {
		return err
	}
	if _, err := tx.ExecContext(ctx, layerStylesSQL); err != nil {
		return err
	}
	for _, t := range tables {
		for _, d := range drawings[t.name] {
			_, err := tx.ExecContext(ctx, `INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner)
				VALUES ('', '', ?, 'geom', ?, ?, '', ?, ?, 'wanmi')`, t.name, d.name(), d.qml(), d.name() == styleName, t.layer.Zh+" · "+t.layer.En)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// styleName is the name of the default styles.
const styleName = "wanmi"

// symbol is how one kind of thing of a layer is drawn; sizes in millimetres, colours as #rrggbb. Without fill an area is its outline.
type symbol struct {
	value, label string // of the class; "" for all others
	fill, line   string
	width        float64 // of the line; of a point its size
	dash         string
	casing       string // a wider line below
}

// drawing is the style of a layer, in the colours of the map page.
type drawing struct {
	kind  string // marker, line, fill
	by    string // an expression the classes are values of; "" for one symbol
	kinds []symbol
	label string // an expression
	ink   string
	scale int    // labels show from this scale on
	extra string // not the default style: QGIS knows one for each table, and a style fits one kind of geometry
}

func (d drawing) name() string { return strings.TrimSpace(styleName + " " + d.extra) }

// majorKinds are the major classes of components.
func majorKinds(width float64, edge string) []symbol {
	return []symbol{
		{value: "01", label: "公用设施 · utilities", fill: "#2b6c9e", line: edge, width: width},
		{value: "02", label: "交通设施 · traffic", fill: "#b55a12", line: edge, width: width},
		{value: "03", label: "市容环卫 · environment", fill: "#6f4aa3", line: edge, width: width},
		{value: "04", label: "园林绿化 · green", fill: "#3b7f3f", line: edge, width: width},
		{label: "其他 · other", fill: "#6a645d", line: edge, width: width},
	}
}

// majorLines are the same for lines and outlines.
func majorLines(width float64) []symbol {
	kinds := majorKinds(width, "")
	for i := range kinds {
		kinds[i].line, kinds[i].fill = kinds[i].fill, ""
	}
	return kinds
}

// major is the major class of a component.
const major = `left("class", 2)`

var drawings = map[string][]drawing{
	"street":    {{"fill", "", []symbol{{line: "#7d6590", width: 0.9}}, "name", "#715c82", 200000, ""}},
	"community": {{"fill", "", []symbol{{line: "#9a86a8", width: 0.5, dash: "dash"}}, "name", "#715c82", 40000, ""}},
	"land": {{"fill", "class", []symbol{
		{value: "park", label: "公园", fill: "#d8e6c6"},
		{value: "green", label: "绿地", fill: "#e0ead2"},
		{value: "forest", label: "林地", fill: "#cbdcb8"},
		{value: "farm", label: "农田", fill: "#ecead3"},
		{value: "square", label: "广场", fill: "#eee7da"},
		{value: "campus", label: "校园", fill: "#f0e9da"},
		{fill: "#f0ece4", label: "其他"},
	}, "name", "#4c7a3c", 10000, ""}},
	"water":    {{"fill", "", []symbol{{fill: "#b5d3df", line: "#9cc0cf", width: 0.2}}, "name", "#3f7890", 20000, ""}},
	"building": {{"fill", "", []symbol{{fill: "#e6dfd5", line: "#cfc5b8", width: 0.15}}, "name", "#6c655d", 3000, ""}},
	"wall":     {{"line", "", []symbol{{line: "#8b8278", width: 0.25, dash: "dot"}}, "", "", 0, ""}},
	"rail":     {{"line", "", []symbol{{line: "#f7f5f1", width: 0.5, dash: "dash", casing: "#a29c94"}}, "", "", 0, ""}},
	"road": {{"line", "class", []symbol{
		{value: "arterial", label: "主干路", line: "#fbe6b5", width: 1.6, casing: "#dfbd7c"},
		{value: "collector", label: "次干路", line: "#fff6dc", width: 1.2, casing: "#dccfae"},
		{value: "path", label: "小路", line: "#cfc4b2", width: 0.4, dash: "dash"},
		{line: "#ffffff", label: "支路", width: 0.8, casing: "#d8d0c4"},
	}, "name", "#3a3632", 15000, ""}},
	"unit_grid": {{"fill", "status", []symbol{
		{value: "void", label: "作废 · void", line: "#b0b0b0", width: 0.2, dash: "dot"},
		{line: "#c2255c", label: "有效 · valid", width: 0.4},
	}, `right("code", 3)`, "#a61e4d", 6000, ""}},
	"work_grid": {{"fill", "", []symbol{{line: "#0b7285", width: 0.8}}, "name", "#0b7285", 40000, ""}},
	"component": {
		{kind: "marker", by: major, kinds: majorKinds(1.8, "#ffffff"), label: "name", ink: "#3a3632", scale: 1000},
		{kind: "line", by: major, kinds: majorLines(0.6), extra: "线 lines"},
		{kind: "fill", by: major, kinds: majorLines(0.5), label: "name", ink: "#3a3632", scale: 2000, extra: "面 areas"},
	},
	"door":       {{"marker", "", []symbol{{fill: "#8b8278", line: "#ffffff", width: 1.2}}, "number", "#6c655d", 2000, ""}},
	"poi":        {{"marker", "", []symbol{{fill: "#8a5a3c", line: "#ffffff", width: 1.6}}, "name", "#6d452c", 4000, ""}},
	"local_name": {{"marker", "", []symbol{{fill: "#6741d9", line: "#ffffff", width: 2}}, "name", "#5f3dc4", 4000, ""}},
	"case":       {{"marker", "", []symbol{{fill: "#d9301a", line: "#ffffff", width: 2.2}}, "", "", 0, ""}},
}

// qml is the style as QGIS writes it (read by QGIS 3).
func (d drawing) qml() string {
	kinds := map[string]int{"marker": 0, "line": 1, "fill": 2}
	var b strings.Builder
	b.WriteString(`<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>` + "\n" + `<qgis version="3.22.0" styleCategories="Symbology|Labeling"` + attr("labelsEnabled", bit(d.label != "")) + ">\n")
	if d.by == "" {
		b.WriteString(`<renderer-v2 type="singleSymbol" symbollevels="0"><symbols>` + d.kinds[0].xml(0, d.kind) + "</symbols></renderer-v2>\n")
	} else {
		b.WriteString(`<renderer-v2 type="categorizedSymbol" symbollevels="0"` + attr("attr", d.by) + `><categories>`)
		for i, k := range d.kinds {
			b.WriteString(`<category render="true"` + attr("value", k.value) + attr("label", k.label) + attr("symbol", fmt.Sprint(i)) + "/>")
		}
		b.WriteString("</categories><symbols>")
		for i, k := range d.kinds {
			b.WriteString(k.xml(i, d.kind))
		}
		b.WriteString("</symbols></renderer-v2>\n")
	}
	if d.label != "" {
		b.WriteString(labels(d))
	}
	fmt.Fprintf(&b, "<layerGeometryType>%d</layerGeometryType>\n</qgis>\n", kinds[d.kind])
	return b.String()
}

func (k symbol) xml(name int, kind string) string {
	layer := func(class string, props ...string) string {
		s := `<layer enabled="1" locked="0" pass="0"` + attr("class", class) + ">"
		for i := 0; i+1 < len(props); i += 2 {
			s += `<prop` + attr("k", props[i]) + attr("v", props[i+1]) + "/>"
		}
		return s + "</layer>"
	}
	dash := k.dash
	if dash == "" {
		dash = "solid"
	}
	width := fmt.Sprintf("%g", k.width)
	s := `<symbol clip_to_extent="1" force_rhr="0" alpha="1"` + attr("type", kind) + attr("name", fmt.Sprint(name)) + ">"
	switch kind {
	case "marker":
		s += layer("SimpleMarker", "name", "circle", "color", rgb(k.fill), "outline_color", rgb(k.line), "outline_width", "0.2", "size", width, "size_unit", "MM")
	case "line":
		if k.casing != "" {
			s += layer("SimpleLine", "line_color", rgb(k.casing), "line_width", fmt.Sprintf("%g", k.width+0.4), "line_width_unit", "MM", "capstyle", "round", "joinstyle", "round", "line_style", "solid")
		}
		s += layer("SimpleLine", "line_color", rgb(k.line), "line_width", width, "line_width_unit", "MM", "capstyle", "flat", "joinstyle", "round", "line_style", dash)
	default:
		fill, outline := "solid", dash
		if k.fill == "" {
			fill = "no"
		}
		if k.line == "" {
			outline = "no"
		}
		s += layer("SimpleFill", "color", rgb(k.fill), "style", fill, "outline_color", rgb(k.line), "outline_style", outline, "outline_width", width, "outline_width_unit", "MM", "joinstyle", "miter")
	}
	return s + "</symbol>"
}

// labels is the labelling of a layer: text with a light halo.
func labels(d drawing) string {
	isExpression := bit(strings.ContainsAny(d.label, `("`))
	return `<labeling type="simple"><settings>` +
		`<text-style fontSizeUnit="Point" namedStyle="Regular" fontFamily="Noto Sans CJK SC" fontSize="8" textOpacity="1"` + attr("fieldName", d.label) + attr("isExpression", isExpression) + attr("textColor", rgb(d.ink)) + `>` +
		`<text-buffer bufferDraw="1" bufferSize="0.7" bufferSizeUnits="MM" bufferOpacity="0.85"` + attr("bufferColor", rgb("#faf8f4")) + `/></text-style>` +
		`<placement placement="` + map[string]string{"marker": "6", "line": "3", "fill": "1"}[d.kind] + `" dist="1" placementFlags="9"/>` +
		`<rendering scaleVisibility="1" scaleMin="0"` + attr("scaleMax", fmt.Sprint(d.scale)) + ` obstacle="0" drawLabels="1"/></settings></labeling>` + "\n"
}

func attr(name, value string) string { return " " + name + `="` + html.EscapeString(value) + `"` }

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// rgb turns #rrggbb into the numbers QGIS writes; black for none.
func rgb(hex string) string {
	var r, g, b int
	if hex != "" {
		if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &r, &g, &b); err != nil {
			panic("no colour: " + hex)
		}
	}
	return fmt.Sprintf("%d,%d,%d,255", r, g, b)
}
