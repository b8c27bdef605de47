package grids

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

const (
	mapWidth    = 1200  // pixels of the report's map
	maxListed   = 2000  // findings listed in the page; all are in the JSON
	maxOutlines = 30000 // cells drawn
)

// reportCell is a cell in the JSON report.
type reportCell struct {
	Code      Code    `json:"code"`
	Community string  `json:"community"`
	AreaM2    float64 `json:"area_m2"`
	Status    string  `json:"status"`
}

// WriteReport writes the division as "json" (stats, findings, lineage, codes and areas) or as
// "html": one self-contained page with a map of the cells and the findings.
func (d *Division) WriteReport(w io.Writer, format string) error {
	switch format {
	case "json":
		return d.writeJSON(w)
	case "html":
		return d.writeHTML(w)
	}
	return gis.E(gis.Invalid, nil, "no report format %q; there are html and json", format)
}

func (d *Division) writeJSON(w io.Writer) error {
	r := struct {
		Stats    Stats         `json:"stats"`
		Findings []gis.Finding `json:"findings"`
		Lineage  []Lineage     `json:"lineage,omitempty"`
		Cells    []reportCell  `json:"cells"`
	}{d.Stats, append([]gis.Finding{}, d.Findings...), d.Lineage, make([]reportCell, len(d.Cells))}
	for i, c := range d.Cells {
		r.Cells[i] = reportCell{c.Code, c.Community, math.Round(c.AreaM2*100) / 100, c.Status}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(r)
}

// canvas maps longitude, latitude to pixels.
type canvas struct {
	org    orb.Point
	kx, ky float64
	W, H   int
}

func newCanvas(cells []Cell) canvas {
	c := canvas{W: mapWidth, H: mapWidth, kx: 1, ky: 1}
	first := true
	var b orb.Bound
	for _, cell := range cells {
		if len(cell.Polygon) == 0 {
			continue
		}
		if p := cell.Polygon.Bound(); first {
			b, first = p, false
		} else {
			b = b.Union(p)
		}
	}
	mx, my := geom.MetresPerDegree(b.Center()[1])
	wide, high := (b.Max[0]-b.Min[0])*mx, (b.Max[1]-b.Min[1])*my
	if scale := max(wide, high) / mapWidth; scale > 0 {
		c.kx, c.ky = mx/scale, my/scale
		c.W, c.H = int(wide/scale)+1, int(high/scale)+1
	}
	c.org = orb.Point{b.Min[0], b.Max[1]}
	return c
}

func (c canvas) xy(p orb.Point) (x, y float64) {
	return (p[0] - c.org[0]) * c.kx, (c.org[1] - p[1]) * c.ky
}

// path writes a ring as SVG path data in tenths of a pixel, leaving out points that fall on the one before.
func (c canvas) path(b *strings.Builder, r orb.Ring) {
	px, py := math.Inf(1), math.Inf(1)
	for i, p := range r {
		x, y := c.xy(p)
		x, y = math.Round(x*10)/10, math.Round(y*10)/10
		if x == px && y == py {
			continue
		}
		px, py = x, y
		cmd := 'L'
		if i == 0 {
			cmd = 'M'
		}
		fmt.Fprintf(b, "%c%g %g", cmd, x, y)
	}
	b.WriteByte('Z')
}

// drawn is one path of the map: all cells of a kind.
type drawn struct{ Class, Data string }

func (d *Division) drawing(c canvas) []drawn {
	kinds := []string{"below", "fit", "above"}
	paths := make([]strings.Builder, len(kinds))
	n := 0
	for _, cell := range d.Cells {
		if cell.Status == Void || len(cell.Polygon) == 0 || n == maxOutlines {
			continue
		}
		n++
		k := 1
		switch {
		case len(d.Stats.Histogram) > 2 && cell.AreaM2 < d.Stats.Histogram[2].FromM2:
			k = 0
		case len(d.Stats.Histogram) > 7 && cell.AreaM2 > d.Stats.Histogram[7].FromM2:
			k = 2
		}
		c.path(&paths[k], cell.Polygon[0])
	}
	out := make([]drawn, len(kinds))
	for i, k := range kinds {
		out[i] = drawn{k, paths[i].String()}
	}
	return out
}

type spot struct {
	X, Y  float64
	Class string
	Text  string
}

var reportPage = template.Must(template.New("report").Parse(`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>单元网格划分报告 · Unit grid report</title>
<style>
body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;margin:2rem auto;max-width:1240px;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .8rem;border-bottom:1px solid #ddd;text-align:left}td.n{text-align:right}
svg{width:100%;height:auto;border:1px solid #ccc;background:#fafaf7}
path{stroke:#a0207a;stroke-width:.6}.fit{fill:#eef4e4}.below{fill:#bcd6ff}.above{fill:#ffc4b8}
circle.error{fill:#d00}circle.warning{fill:#e80}circle.note{fill:#58a}
.bar{background:#a0207a;height:.8rem;display:inline-block}
</style></head><body>
<h1>单元网格划分报告 <small>Unit grid report</small></h1>
<table>
<tr><th>单元网格 cells</th><td class="n">{{.Stats.Cells}}</td><th>社区 communities</th><td class="n">{{.Stats.Communities}}</td></tr>
<tr><th>面积 area, km²</th><td class="n">{{printf "%.3f" .Km2}}</td><th>中位面积 median, m²</th><td class="n">{{printf "%.0f" .Stats.MedianM2}}</td></tr>
<tr><th>面积合规 in range</th><td class="n">{{printf "%.1f %%" .InRange}}</td><th>±50 % 之内</th><td class="n">{{printf "%.1f %%" .Within50}}</td></tr>
<tr><th>边界沿地物 border on features</th><td class="n">{{printf "%.1f %%" .OnFeatures}}</td><th>紧凑度 compactness (median)</th><td class="n">{{printf "%.2f" .Stats.Compactness}}</td></tr>
<tr><th>错误 errors</th><td class="n">{{.Stats.Errors}}</td><th>警告 warnings</th><td class="n">{{.Stats.Warnings}}</td></tr>
</table>
<h2>面积分布 <small>areas</small></h2>
<table>{{range .Bars}}<tr><td>{{.Label}}</td><td class="n">{{.Cells}}</td><td><span class="bar" style="width:{{.Width}}px"></span></td></tr>{{end}}</table>
<h2>地图 <small>map</small></h2>
<svg viewBox="0 0 {{.W}} {{.H}}" role="img" aria-label="unit grids">
{{range .Paths}}<path class="{{.Class}}" d="{{.Data}}"/>
{{end}}{{range .Spots}}<circle class="{{.Class}}" cx="{{.X}}" cy="{{.Y}}" r="3"><title>{{.Text}}</title></circle>
{{end}}</svg>
<h2>检查结果 <small>findings ({{.Total}})</small></h2>
<table><tr><th>规则 rule</th><th>级别</th><th>编码 key</th><th>经度, 纬度</th><th>说明</th></tr>
{{range .Findings}}<tr><td>{{.Rule}}</td><td>{{.Severity}}</td><td>{{.Key}}</td><td>{{printf "%.6f, %.6f" (index .At 0) (index .At 1)}}</td><td>{{.TextZh}}<br><small>{{.Text}}</small></td></tr>
{{end}}</table>
</body></html>
`))

func (d *Division) writeHTML(w io.Writer) error {
	c := newCanvas(d.Cells)
	type bar struct {
		Label        string
		Cells, Width int
	}
	v := struct {
		Stats                              Stats
		Km2, InRange, Within50, OnFeatures float64
		Bars                               []bar
		W, H, Total                        int
		Paths                              []drawn
		Spots                              []spot
		Findings                           []gis.Finding
	}{
		Stats: d.Stats, Km2: d.Stats.AreaM2 / 1e6, InRange: 100 * d.Stats.InRange, Within50: 100 * d.Stats.Within50, OnFeatures: 100 * d.Stats.OnFeatures,
		W: c.W, H: c.H, Total: len(d.Findings), Paths: d.drawing(c), Findings: d.Findings[:min(maxListed, len(d.Findings))],
	}
	most := 1
	for _, b := range d.Stats.Histogram {
		most = max(most, b.Cells)
	}
	for _, b := range d.Stats.Histogram {
		label := fmt.Sprintf("%.0f – %.0f m²", b.FromM2, b.ToM2)
		if b.ToM2 == 0 {
			label = fmt.Sprintf("> %.0f m²", b.FromM2)
		}
		v.Bars = append(v.Bars, bar{label, b.Cells, b.Cells * 400 / most})
	}
	for _, f := range slices.Backward(v.Findings) { // the gravest on top
		if f.At != (orb.Point{}) {
			x, y := c.xy(f.At)
			v.Spots = append(v.Spots, spot{math.Round(x*10) / 10, math.Round(y*10) / 10, string(f.Severity), f.TextZh})
		}
	}
	var buf bytes.Buffer
	if err := reportPage.Execute(&buf, v); err != nil {
		return fmt.Errorf("grids: report: %w", err)
	}
	_, err := w.Write(buf.Bytes())
	return err
}
