package grids

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// WriteDiff writes the comparison of two divisions as "geojson" (a feature for each cell: code and change, which is
// kept, changed, gone or new; a changed one with its old outline as before) or as "svg" (a picture, north up).
func WriteDiff(w io.Writer, format string, before, after []Cell) error {
	was, is := validByCode(before), validByCode(after)
	d := Diff(before, after)
	switch format {
	case "geojson":
		return writeDiffJSON(w, d, was, is)
	case "svg":
		return writeDiffSVG(w, d, was, is)
	}
	return gis.E(gis.Invalid, nil, "a comparison is written as .geojson or .svg, not %q", format)
}

func validByCode(l []Cell) map[Code]Cell {
	out := map[Code]Cell{}
	for _, c := range l {
		if c.Status != Void {
			out[c.Code] = c
		}
	}
	return out
}

// diffGroup is one kind of change, with the state its cells are drawn in.
type diffGroup struct {
	change, fill, stroke string
	codes                []Code
	cells                map[Code]Cell
}

func diffGroups(d Difference, was, is map[Code]Cell) []diffGroup {
	return []diffGroup{
		{"kept", "#f4f4f2", "#b9b9b4", d.Kept, is},
		{"gone", "#f2b8b5", "#b3261e", d.Gone, was},
		{"changed", "#fbe3a2", "#a86b00", d.Changed, is},
		{"new", "#b7e1c0", "#1b7f3b", d.New, is},
	}
}

func writeDiffJSON(w io.Writer, d Difference, was, is map[Code]Cell) error {
	fc := geojson.NewFeatureCollection()
	for _, g := range diffGroups(d, was, is) {
		for _, code := range g.codes {
			f := geojson.NewFeature(g.cells[code].Polygon)
			f.ID = string(code)
			f.Properties = geojson.Properties{"code": string(code), "change": g.change, "area_m2": g.cells[code].AreaM2}
			if g.change == "changed" {
				f.Properties["before"] = geojson.NewGeometry(was[code].Polygon)
			}
			fc.Append(f)
		}
	}
	return json.NewEncoder(w).Encode(fc)
}

const diffWidth = 1200.0 // pixels

// With more than mostLabels cells that are new or changed none is labelled, with more than fullLabels by its number in the community only.
const (
	mostLabels = 80
	fullLabels = 12
)

// diffBox is what the picture shows: the cells that are not as they were and a third of that round them, or all where none is.
func diffBox(d Difference, was, is map[Code]Cell) orb.Bound {
	var box orb.Bound
	first := true
	add := func(c Cell) {
		if first {
			box, first = c.Polygon.Bound(), false
		}
		box = box.Union(c.Polygon.Bound())
	}
	for _, m := range []map[Code]Cell{was, is} {
		for _, c := range m {
			add(c)
		}
	}
	all := box
	first = true
	for _, code := range slices.Concat(d.Gone, d.Changed) {
		add(was[code])
	}
	for _, code := range slices.Concat(d.Changed, d.New) {
		add(is[code])
	}
	if first {
		return all
	}
	box = box.Pad(max(box.Max[0]-box.Min[0], box.Max[1]-box.Min[1]) / 3)
	for i := range 2 {
		box.Min[i], box.Max[i] = max(box.Min[i], all.Min[i]), min(box.Max[i], all.Max[i])
	}
	return box
}

func writeDiffSVG(out io.Writer, d Difference, was, is map[Code]Cell) error {
	box := diffBox(d, was, is)
	mx, my := geom.MetresPerDegree(box.Center()[1])
	width, height := (box.Max[0]-box.Min[0])*mx, (box.Max[1]-box.Min[1])*my
	k := diffWidth / math.Max(1, math.Max(width, height))
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" font-size=\"13\">\n", math.Max(k*width, 600)+20, k*height+46, math.Max(k*width, 600)+20, k*height+46)
	fmt.Fprintf(w, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n")
	path := func(p orb.Polygon, style string) {
		fmt.Fprint(w, "<path d=\"")
		for _, r := range p {
			for i, q := range r {
				op := 'L'
				if i == 0 {
					op = 'M'
				}
				fmt.Fprintf(w, "%c%.1f %.1f", op, 10+k*(q[0]-box.Min[0])*mx, 36+k*(box.Max[1]-q[1])*my)
			}
			fmt.Fprint(w, "Z")
		}
		fmt.Fprintf(w, "\" clip-path=\"url(#map)\" %s>", style)
	}
	fmt.Fprintf(w, "<clipPath id=\"map\"><rect x=\"10\" y=\"36\" width=\"%.0f\" height=\"%.0f\"/></clipPath>\n", k*width, k*height)
	x := 10
	for _, g := range diffGroups(d, was, is) {
		fmt.Fprintf(w, "<rect x=\"%d\" y=\"8\" width=\"16\" height=\"16\" fill=\"%s\" stroke=\"%s\"/><text x=\"%d\" y=\"21\">%d %s</text>\n", x, g.fill, g.stroke, x+22, len(g.codes), g.change)
		x += 130
		for _, code := range g.codes {
			if !g.cells[code].Polygon.Bound().Intersects(box) {
				continue
			}
			path(g.cells[code].Polygon, fmt.Sprintf("fill=\"%s\" fill-opacity=\"0.8\" stroke=\"%s\" stroke-width=\"1\"", g.fill, g.stroke))
			fmt.Fprintf(w, "<title>%s %s</title></path>\n", code, g.change)
		}
	}
	fmt.Fprintf(w, "<text x=\"%d\" y=\"21\" fill=\"#b3261e\">- - before</text>\n", x)
	for _, code := range slices.Concat(d.Gone, d.Changed) { // old outlines over the new ones
		path(was[code].Polygon, "fill=\"none\" stroke=\"#b3261e\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\"")
		fmt.Fprintf(w, "<title>%s before</title></path>\n", code)
	}
	if labels := slices.Concat(d.Changed, d.New); len(labels) <= mostLabels {
		for _, code := range labels {
			at, label := geom.LabelPoint(is[code].Polygon), string(code)
			if len(labels) > fullLabels {
				label = label[12:]
			}
			fmt.Fprintf(w, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"11\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">%s</text>\n",
				10+k*(at[0]-box.Min[0])*mx, 36+k*(box.Max[1]-at[1])*my, label)
		}
	}
	fmt.Fprintln(w, "</svg>")
	return w.Flush()
}
