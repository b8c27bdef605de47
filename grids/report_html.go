package grids

import (
	"bytes"
	"cmp"
	_ "embed"
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
	maxListed   = 2000 // findings listed in the page; all are in the JSON
	maxPictures = 400  // communities with a picture of their own; those with the gravest findings first
)

// communityStat is a line of the table of communities.
type communityStat struct {
	Code     string  `json:"code"`
	Name     string  `json:"name,omitempty"`
	Cells    int     `json:"cells"`
	AreaM2   float64 `json:"area_m2"`
	MedianM2 float64 `json:"median_m2"`
	OutOf    int     `json:"out_of_range"`
	Errors   int     `json:"errors"`
	Warnings int     `json:"warnings"`
	cells    []Cell
	bound    orb.Bound
	spots    []gis.Finding
}

// byCommunity adds up cells and findings by community, in the order of codes.
func (d *Division) byCommunity(names map[string]string) []communityStat {
	at := map[string]*communityStat{}
	for _, c := range d.Cells {
		if c.Status == Void || len(c.Polygon) == 0 {
			continue
		}
		s := at[c.Community]
		if s == nil {
			s = &communityStat{Code: c.Community, Name: names[c.Community], bound: c.Polygon.Bound()}
			at[c.Community] = s
		}
		s.cells = append(s.cells, c)
		s.bound = s.bound.Union(c.Polygon.Bound())
	}
	for _, f := range d.Findings {
		if f.At == (orb.Point{}) {
			continue
		}
		if s := at[f.Key[:min(12, len(f.Key))]]; s != nil {
			s.spots = append(s.spots, f)
			switch f.Severity {
			case gis.SeverityError:
				s.Errors++
			case gis.SeverityWarning:
				s.Warnings++
			}
		}
	}
	out := make([]communityStat, 0, len(at))
	for _, s := range at {
		areas := make([]float64, len(s.cells))
		for i, c := range s.cells {
			areas[i] = c.AreaM2
			s.AreaM2 += c.AreaM2
			if len(d.Stats.Histogram) > 7 && (c.AreaM2 < d.Stats.Histogram[2].FromM2 || c.AreaM2 > d.Stats.Histogram[7].FromM2) {
				s.OutOf++
			}
		}
		slices.Sort(areas)
		s.Cells, s.MedianM2, s.AreaM2 = len(areas), math.Round(areas[len(areas)/2]), math.Round(s.AreaM2)
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b communityStat) int { return cmp.Compare(a.Code, b.Code) })
	return out
}

type spot struct {
	X, Y  float64
	Class string
	Text  string
	Link  string
}

type label struct {
	X, Y float64
	Text string
}

// picture is a map: shapes, findings, the last three characters of each code.
type picture struct {
	communityStat
	W, H   int
	Paths  []drawn
	Spots  []spot
	Labels []label
	BarX   int
	BarM   int
	Far    bool // too much to draw every border at full width
}

//go:embed report.html.tmpl
var reportText string

func (d *Division) writeHTML(w io.Writer, opt ReportOptions) error {
	base := cmp.Or(opt.MapURL, "/")
	link := func(p orb.Point, key string) string {
		l := fmt.Sprintf("%s#18/%.6f/%.6f", base, p[1], p[0])
		if _, err := ParseCode(key); err == nil {
			l += "/grid:" + key // the page selects it
		}
		return l
	}
	page, err := template.New("report").Funcs(template.FuncMap{
		"link": link,
		"pct":  func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) },
		"km2":  func(v float64) string { return fmt.Sprintf("%.3f", v/1e6) },
	}).Parse(reportText)
	if err != nil {
		return fmt.Errorf("grids: report: %w", err)
	}
	comms := d.byCommunity(opt.Names)
	type bar struct {
		Label, Class  string
		Cells, Height int
		X, Y          int
	}
	v := struct {
		Stats    Stats
		First    []lookAt
		Streets  []picture // of First
		Bars     []bar
		City     picture
		Pictures []picture
		Comms    []communityStat
		Findings []gis.Finding
		Total    int
	}{Stats: d.Stats, First: d.first(), Comms: comms, Findings: d.Findings[:min(maxListed, len(d.Findings))], Total: len(d.Findings)}
	most := 1
	for _, b := range d.Stats.Histogram {
		most = max(most, b.Cells)
	}
	for i, b := range d.Stats.Histogram {
		text := fmt.Sprintf("%g–%g", b.FromM2/1000, b.ToM2/1000)
		if b.ToM2 == 0 {
			text = fmt.Sprintf("> %g", b.FromM2/1000)
		}
		kind := "fit"
		if i < 2 {
			kind = "below"
		} else if i > 6 {
			kind = "above"
		}
		h := (b.Cells*150 + most - 1) / most
		v.Bars = append(v.Bars, bar{text, kind, b.Cells, h, 10 + 78*i, 175 - h})
	}
	v.Streets = d.streets(v.First, link)
	v.City = d.picture(d.Cells, d.Findings, link, 1200, false)
	order := slices.Clone(comms)
	slices.SortStableFunc(order, func(a, b communityStat) int {
		return cmp.Or(-cmp.Compare(a.Errors, b.Errors), -cmp.Compare(a.Warnings, b.Warnings), -cmp.Compare(a.OutOf, b.OutOf))
	})
	for _, c := range order[:min(maxPictures, len(order))] {
		p := d.picture(c.cells, c.spots, link, 720, true)
		p.communityStat = c
		v.Pictures = append(v.Pictures, p)
	}
	var buf bytes.Buffer
	if err := page.Execute(&buf, v); err != nil {
		return fmt.Errorf("grids: report: %w", err)
	}
	_, err = w.Write(buf.Bytes())
	return err
}

// picture draws cells, and inside a community also what they were made from and their numbers.
func (d *Division) picture(cells []Cell, spots []gis.Finding, link func(orb.Point, string) string, width float64, inner bool) picture {
	var bound orb.Bound
	first := true
	for _, c := range cells {
		switch {
		case c.Status == Void || len(c.Polygon) == 0:
		case first:
			bound, first = c.Polygon.Bound(), false
		default:
			bound = bound.Union(c.Polygon.Bound())
		}
	}
	c := newCanvas(bound, width)
	p := picture{W: c.W, H: c.H, Paths: d.cellPaths(c, cells)}
	p.Paths = append(p.Paths, d.ground.paths(c, bound, inner)...)
	var edges strings.Builder
	for _, cell := range cells {
		if cell.Status != Void {
			for _, r := range cell.Polygon {
				c.path(&edges, r, true)
			}
		}
	}
	p.Paths = append(p.Paths, drawn{"border", edges.String()}, rim(c, cells))
	for _, f := range slices.Backward(spots) { // the gravest on top
		if f.At == (orb.Point{}) || !bound.Pad(1e-4).Contains(f.At) {
			continue
		}
		x, y := c.xy(f.At)
		p.Spots = append(p.Spots, spot{x, y, string(f.Severity), f.TextZh + " " + f.Text, link(f.At, f.Key)})
	}
	if inner {
		for _, cell := range cells {
			x, y := c.xy(geom.LabelPoint(cell.Polygon))
			if slices.ContainsFunc(p.Spots, func(s spot) bool { return math.Hypot(s.X-x, s.Y-y) < 10 }) {
				y -= 12 // beside the dot, not under it
			}
			p.Labels = append(p.Labels, label{x, y, string(cell.Code[len(cell.Code)-3:])})
		}
	}
	p.Far = c.metres > 8
	p.bar(c)
	return p
}

// bar sets the bar of scale: the longest round length up to a third of the picture.
func (p *picture) bar(c canvas) {
	p.BarM = 1
	for _, m := range []int{2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000} {
		if float64(m)/c.metres < float64(p.W)/3 {
			p.BarM = m
		}
	}
	p.BarX = int(float64(p.BarM) / c.metres)
}
