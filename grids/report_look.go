package grids

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"wanmi/gis"
	"wanmi/gis/geom"
)

const (
	maxLooks        = 12
	looksOfRule     = 3    // of one rule
	oddShape        = 0.25 // compactness below which a cell is worth a look
	streetPx        = 360.0
	communityDigits = 12
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
	{"grid.target_raised", "Accept larger cells here, or have the community parted.", "接受较大的网格，或拆分该社区。", false},
	{"grid.shape", "Could its border run straighter, or the cell be shared out? wanmi grid move-edge, split, merge.", "可否拉直界线或并入相邻网格（wanmi grid move-edge、split、merge）。", true},
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

// first lists what a planner should look at first: of each rule the gravest, errors before warnings, then the cells of
// the worst shape.
func (d *Division) first() []lookAt {
	rank := map[gis.Severity]int{gis.SeverityError: 0, gis.SeverityWarning: 1, gis.SeverityNote: 2}
	byRule := map[string][]gis.Finding{}
	for _, f := range d.Findings {
		if adviceOn(f.Rule) >= 0 && f.At != (orb.Point{}) {
			byRule[f.Rule] = append(byRule[f.Rule], f)
		}
	}
	var rules []string
	for rule, fs := range byRule {
		rules = append(rules, rule)
		slices.SortStableFunc(fs, func(a, b gis.Finding) int {
			by := cmp.Compare(b.Measure, a.Measure)
			if advice[adviceOn(rule)].small {
				by = -by
			}
			return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), by)
		})
	}
	slices.SortFunc(rules, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank[byRule[a][0].Severity], rank[byRule[b][0].Severity]), cmp.Compare(adviceOn(a), adviceOn(b)), cmp.Compare(a, b))
	})
	out := []lookAt{}
	tell := func(fs []gis.Finding) {
		n := min(len(fs), looksOfRule, maxLooks-len(out))
		for i, f := range fs[:max(0, n)] {
			a := advice[adviceOn(f.Rule)]
			l := lookAt{At: f.At, Key: f.Key, Rule: f.Rule, What: f.Text, WhatZh: f.TextZh, Do: a.do, DoZh: a.zh}
			if i == n-1 {
				l.More = len(fs) - n
			}
			out = append(out, l)
		}
	}
	for _, rule := range rules {
		tell(byRule[rule])
	}
	tell(d.oddShapes())
	return out
}

// oddShapes lists the cells of the worst shape, the worst first. They keep every rule.
func (d *Division) oddShapes() []gis.Finding {
	var out []gis.Finding
	for _, c := range d.Cells {
		if c.Status == Void || len(c.Polygon) == 0 {
			continue
		}
		if v := compactness(c.Polygon); v < oddShape {
			out = append(out, finding("grid.shape", gis.SeverityNote, string(c.Code), geom.LabelPoint(c.Polygon), v,
				"cell %s is long or winding: compactness %.2f (a circle has 1, a square 0.79)", "单元网格 %s 形状狭长或曲折，紧凑度 %.2f（圆为 1，正方形为 0.79）", c.Code, v))
		}
	}
	slices.SortStableFunc(out, func(a, b gis.Finding) int { return cmp.Compare(a.Measure, b.Measure) })
	return out
}

// compactness returns 4πA/P² of a polygon in longitude and latitude.
func compactness(p orb.Polygon) float64 {
	mx, my := geom.MetresPerDegree(p.Bound().Center()[1])
	area, length := 0.0, 0.0
	for _, r := range p {
		for i := 1; i < len(r); i++ {
			x1, y1, x2, y2 := (r[i-1][0]-r[0][0])*mx, (r[i-1][1]-r[0][1])*my, (r[i][0]-r[0][0])*mx, (r[i][1]-r[0][1])*my
			area += (x1*y2 - x2*y1) / 2
			length += math.Hypot(x2-x1, y2-y1)
		}
	}
	return 4 * math.Pi * math.Abs(area) / max(length*length, 1e-9)
}

// nameCells gives the findings on single cells their codes: when they were found the cells had none.
func (d *Division) nameCells() {
	for i, f := range d.Findings {
		if !strings.HasPrefix(f.Rule, "grid.area_") || len(f.Key) != communityDigits {
			continue
		}
		for _, c := range d.Cells {
			if c.Community == f.Key && c.Status != Void && len(c.Polygon) > 0 && c.Polygon.Bound().Contains(f.At) && planar.PolygonContains(c.Polygon, f.At) {
				d.Findings[i].Key = string(c.Code)
				break
			}
		}
	}
}

// streets draws what is to be looked at first at street level: the cell with its neighbours on the base map.
func (d *Division) streets(looks []lookAt, link func(orb.Point, string) string) []picture {
	out := make([]picture, len(looks))
	for i, l := range looks {
		mx, my := geom.MetresPerDegree(l.At[1])
		around := func(m float64) orb.Bound {
			return orb.Bound{Min: orb.Point{l.At[0] - m/mx, l.At[1] - m/my}, Max: orb.Point{l.At[0] + m/mx, l.At[1] + m/my}}
		}
		view, found := around(60), false
		for _, c := range d.Cells {
			whole := l.Rule == "grid.target_raised" && c.Community == l.Key
			switch {
			case len(c.Polygon) == 0 || string(c.Code) != l.Key && !whole:
			case found:
				view = view.Union(c.Polygon.Bound())
			default:
				view, found = c.Polygon.Bound(), true
			}
		}
		out[i] = d.street(view, around(15).Union(view), link, gis.Finding{At: l.At, Key: l.Key, Text: l.What, TextZh: l.WhatZh, Severity: gis.SeverityWarning})
	}
	return out
}

func (d *Division) street(view, near orb.Bound, link func(orb.Point, string) string, f gis.Finding) picture {
	c := newCanvas(view.Union(near), streetPx)
	var cells []Cell
	for _, cell := range d.Cells {
		if cell.Status != Void && len(cell.Polygon) > 0 && cell.Polygon.Bound().Intersects(c.bound()) {
			cells = append(cells, cell)
		}
	}
	p := picture{W: c.W, H: c.H, Paths: d.cellPaths(c, cells)}
	p.Paths = append(p.Paths, d.ground.paths(c, c.bound(), true)...)
	for _, cell := range cells {
		class := "border"
		if string(cell.Code) == f.Key {
			class = "this"
		}
		var b strings.Builder
		for _, r := range cell.Polygon {
			c.path(&b, r, true)
		}
		p.Paths = append(p.Paths, drawn{class, b.String()})
		if x, y := c.xy(geom.LabelPoint(cell.Polygon)); x > 12 && y > 8 && x < float64(c.W)-12 && y < float64(c.H)-8 {
			p.Labels = append(p.Labels, label{x, y, string(cell.Code[len(cell.Code)-3:])})
		}
	}
	slices.SortStableFunc(p.Paths, func(a, b drawn) int { return cmp.Compare(boolInt(a.Class == "this"), boolInt(b.Class == "this")) })
	if _, err := ParseCode(f.Key); err != nil { // a place, not a cell
		x, y := c.xy(f.At)
		p.Spots = []spot{{x, y, string(f.Severity), f.TextZh + " " + f.Text, link(f.At, f.Key)}}
	}
	p.bar(c)
	return p
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
