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
	maxLooks    = 12
)

// lookAt is a place a planner should look at, and why.
type lookAt struct {
	At     orb.Point `json:"at"`
	Key    string    `json:"key"`
	Rule   string    `json:"rule"`
	What   string    `json:"what"`
	WhatZh string    `json:"what_zh"`
	Do     string    `json:"do"`
	DoZh   string    `json:"do_zh"`
	More   int       `json:"more_of_this_rule"`
}

// advice says what to do about findings whose rule starts with a word; the order is that of their weight.
var advice = []struct {
	rule, do, zh string
	small        bool // the smallest measure is the gravest
}{
	{"adopt.overlap", "Decide whose land it is and correct the delivery, then import again.", "确定归属，修改交付数据后重新导入。", false},
	{"adopt.gap", "Add the land to a neighbour, or draw a cell for it.", "并入相邻网格，或补画网格。", false},
	{"adopt.crossing", "Cut the cell at the community line.", "沿社区界线切分网格。", false},
	{"adopt", "Correct the delivery and import again.", "修改交付数据后重新导入。", false},
	{"community.hole", "Ask for the community these people belong to; nothing is divided there.", "核实该处所属社区，目前未划分网格。", false},
	{"community.overlap", "Two communities claim this land: have the line settled.", "两个社区边界重叠，请核定界线。", false},
	{"community.gap", "No community claimed this land: have the line settled.", "社区之间有缝隙，请核定界线。", false},
	{"community", "Look at the delivered community.", "检查社区数据。", false},
	{"grid.building", "Move the border off the building: wanmi grid move-edge.", "将界线移出建筑物（wanmi grid move-edge）。", false},
	{"grid.area_above", "One building or a compound without mapped ways? If not, cut it: wanmi grid split.", "若非单体大型建筑或封闭大院，可拆分（wanmi grid split）。", false},
	{"grid.area_below", "Join it with a neighbour: wanmi grid merge.", "可与相邻网格合并（wanmi grid merge）。", true},
	{"grid.sliver", "Join the strip with a neighbour: wanmi grid merge.", "狭长网格，可与相邻网格合并（wanmi grid merge）。", true},
	{"building.straddles", "The community line runs through a building: have the line moved, or accept that two cells share it.", "社区界线穿过建筑物：调整界线，或确认由两个网格分管。", false},
	{"building", "Look at the building.", "检查该建筑物。", false},
	{"grid", "Look at the cell.", "检查该网格。", false},
}

func adviceOn(rule string) int {
	return slices.IndexFunc(advice, func(a struct {
		rule, do, zh string
		small        bool
	},
	) bool {
		return strings.HasPrefix(rule, a.rule)
	})
}

// first lists what a planner should look at first: of each rule the gravest, errors before warnings.
func (d *Division) first() []lookAt {
	rank := map[gis.Severity]int{gis.SeverityError: 0, gis.SeverityWarning: 1, gis.SeverityNote: 2}
	count := map[string]int{}
	worst := map[string]gis.Finding{}
	for _, f := range d.Findings {
		k := adviceOn(f.Rule)
		if k < 0 || f.At == (orb.Point{}) {
			continue
		}
		count[f.Rule]++
		w, ok := worst[f.Rule]
		if !ok || rank[f.Severity] < rank[w.Severity] || rank[f.Severity] == rank[w.Severity] && (f.Measure > w.Measure) != advice[k].small && f.Measure != w.Measure {
			worst[f.Rule] = f
		}
	}
	list := make([]gis.Finding, 0, len(worst))
	for _, f := range worst {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b gis.Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), cmp.Compare(adviceOn(a.Rule), adviceOn(b.Rule)), cmp.Compare(a.Rule, b.Rule))
	})
	out := []lookAt{}
	for _, f := range list[:min(maxLooks, len(list))] {
		a := advice[adviceOn(f.Rule)]
		out = append(out, lookAt{f.At, f.Key, f.Rule, f.Text, f.TextZh, a.do, a.zh, count[f.Rule] - 1})
	}
	return out
}

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
}

//go:embed report.html.tmpl
var reportText string

func (d *Division) writeHTML(w io.Writer, opt ReportOptions) error {
	base := cmp.Or(opt.MapURL, "/")
	link := func(p orb.Point) string { return fmt.Sprintf("%s#18/%.6f/%.6f", base, p[1], p[0]) }
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
func (d *Division) picture(cells []Cell, spots []gis.Finding, link func(orb.Point) string, width float64, inner bool) picture {
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
		p.Spots = append(p.Spots, spot{x, y, string(f.Severity), f.TextZh + " " + f.Text, link(f.At)})
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
	p.BarM = 1
	for _, m := range []int{20, 50, 100, 200, 500, 1000, 2000, 5000} {
		if float64(m)/c.metres < 0.25*width {
			p.BarM = m
		}
	}
	p.BarX = int(float64(p.BarM) / c.metres)
	return p
}
