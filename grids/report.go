package grids

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// reportCell is a cell in the JSON report.
type reportCell struct {
	Code      Code    `json:"code"`
	Community string  `json:"community"`
	AreaM2    float64 `json:"area_m2"`
	Status    string  `json:"status"`
}

// ReportOptions steer WriteReport; the zero value is useful.
type ReportOptions struct {
	Format string            // "html" or "json"; "": html
	MapURL string            // the map page the links lead into; "": that of the same server, "/"
	Names  map[string]string // names of communities by code
}

// WriteReport writes the division as JSON (stats, what to look at first, findings, lineage, codes and areas) or as
// one self-contained HTML page: maps of the city and of each community, areas, findings with links into the map page.
func (d *Division) WriteReport(w io.Writer, opt ReportOptions) error {
	switch opt.Format {
	case "json":
		return d.writeJSON(w)
	case "html", "":
		return d.writeHTML(w, opt)
	}
	return gis.E(gis.Invalid, nil, "no report format %q; there are html and json", opt.Format)
}

func (d *Division) writeJSON(w io.Writer) error {
	r := struct {
		Stats       Stats           `json:"stats"`
		First       []lookAt        `json:"look_at_first"`
		Communities []communityStat `json:"communities"`
		Findings    []gis.Finding   `json:"findings"`
		Lineage     []Lineage       `json:"lineage,omitempty"`
		Cells       []reportCell    `json:"cells"`
	}{d.Stats, d.first(), d.byCommunity(nil), append([]gis.Finding{}, d.Findings...), d.Lineage, make([]reportCell, len(d.Cells))}
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
	kx, ky float64 // pixels per degree
	W, H   int
	round  float64 // points fall on multiples of 1/round pixels
	metres float64 // in a pixel
}

// newCanvas shows the bound as large as it fits into width x width pixels, with a margin.
func newCanvas(b orb.Bound, width float64) canvas {
	c := canvas{W: int(width), H: int(width), kx: 1, ky: 1, round: 10, metres: 1}
	mx, my := geom.MetresPerDegree(b.Center()[1])
	margin := 0.015 * max((b.Max[0]-b.Min[0])*mx, (b.Max[1]-b.Min[1])*my)
	b = orb.Bound{Min: orb.Point{b.Min[0] - margin/mx, b.Min[1] - margin/my}, Max: orb.Point{b.Max[0] + margin/mx, b.Max[1] + margin/my}}
	wide, high := (b.Max[0]-b.Min[0])*mx, (b.Max[1]-b.Min[1])*my
	if scale := max(wide, high*1.2) / width; scale > 0 { // no picture much higher than a screen
		c.kx, c.ky, c.metres = mx/scale, my/scale, scale
		c.W, c.H = int(wide/scale)+1, int(high/scale)+1
	}
	if c.metres > 15 {
		c.round = 1
	}
	c.org = orb.Point{b.Min[0], b.Max[1]}
	return c
}

// bound is what the picture shows.
func (c canvas) bound() orb.Bound {
	return orb.Bound{Min: orb.Point{c.org[0], c.org[1] - float64(c.H)/c.ky}, Max: orb.Point{c.org[0] + float64(c.W)/c.kx, c.org[1]}}
}

func (c canvas) xy(p orb.Point) (x, y float64) {
	x, y = (p[0]-c.org[0])*c.kx, (c.org[1]-p[1])*c.ky
	return math.Round(x*c.round) / c.round, math.Round(y*c.round) / c.round
}

// path writes points as SVG path data, leaving out those that fall on the one before; closed ends it at its start.
func (c canvas) path(b *strings.Builder, r []orb.Point, closed bool) {
	px, py, n := math.Inf(1), math.Inf(1), 0
	for _, p := range r {
		x, y := c.xy(p)
		if x == px && y == py {
			continue
		}
		switch n {
		case 0: // written with the second: a dot alone is nothing to see
		case 1:
			fmt.Fprintf(b, "M%g %gL%g %g", px, py, x, y)
		default:
			fmt.Fprintf(b, "L%g %g", x, y)
		}
		px, py = x, y
		n++
	}
	if closed && n > 1 {
		b.WriteByte('Z')
	}
}

// drawn is one path of a map: all shapes of a kind.
type drawn struct{ Class, Data string }

// cellPaths draws cells in three kinds: below, within and above the limits.
func (d *Division) cellPaths(c canvas, cells []Cell) []drawn {
	kinds := []string{"fit", "below", "above"}
	paths := make([]strings.Builder, len(kinds))
	for _, cell := range cells {
		if cell.Status == Void || len(cell.Polygon) == 0 {
			continue
		}
		k := 0
		switch {
		case len(d.Stats.Histogram) > 2 && cell.AreaM2 < d.Stats.Histogram[2].FromM2:
			k = 1
		case len(d.Stats.Histogram) > 7 && cell.AreaM2 > d.Stats.Histogram[7].FromM2:
			k = 2
		}
		for _, r := range cell.Polygon {
			c.path(&paths[k], r, true)
		}
	}
	var out []drawn
	for i, k := range kinds {
		if paths[i].Len() > 0 {
			out = append(out, drawn{k, paths[i].String()})
		}
	}
	return out
}

// rim draws the edges that two communities, or none beyond, have in common.
func rim(c canvas, cells []Cell) drawn {
	type edge struct{ a, b orb.Point }
	of := map[edge]string{}
	for _, cell := range cells {
		for _, r := range cell.Polygon {
			for i := 1; i < len(r); i++ {
				if comm, ok := of[edge{r[i], r[i-1]}]; ok && comm == cell.Community {
					delete(of, edge{r[i], r[i-1]})
				} else if !ok {
					of[edge{r[i-1], r[i]}] = cell.Community
				}
			}
		}
	}
	var b strings.Builder
	for _, cell := range cells { // in the order of cells, not of the map
		for _, r := range cell.Polygon {
			from := 0
			for i := 1; i <= len(r); i++ {
				if i < len(r) && of[edge{r[i-1], r[i]}] != "" {
					continue
				}
				if i-1 > from {
					c.path(&b, r[from:i], false)
				}
				from = i
			}
		}
	}
	return drawn{"rim", b.String()}
}

// backdrop is what the cells are drawn on: the features the division was made from.
type backdrop struct {
	lat       lattice
	lines     []mapLine
	buildings []building
}

// paths draws what of the backdrop meets the bound; inner says whether small things are drawn, too.
func (g *backdrop) paths(c canvas, bound orb.Bound, inner bool) []drawn {
	if g == nil {
		return nil
	}
	box := geom.NoBox.Grow(g.lat.pt(bound.Min)).Grow(g.lat.pt(bound.Max))
	var houses, water, roads, ways strings.Builder
	points := func(r []geom.Pt) []orb.Point {
		out := make([]orb.Point, len(r))
		for i, p := range r {
			out[i] = g.lat.lonLat(p)
		}
		return out
	}
	for _, b := range g.buildings {
		if inner && b.box.Meets(box) {
			c.path(&houses, points(b.rings[0]), true)
		}
	}
	for _, l := range g.lines {
		to := &ways
		switch l.class {
		case clsArterial, clsCollector, clsRail:
			to = &roads
		case clsRiver, clsCoast, clsStream, clsBank:
			to = &water
		default:
			if !inner {
				continue
			}
		}
		for _, part := range meeting(l.pts, box) {
			c.path(to, points(part), false)
		}
	}
	return []drawn{{"house", houses.String()}, {"way", ways.String()}, {"water", water.String()}, {"road", roads.String()}}
}
