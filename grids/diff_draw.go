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

func writeDiffSVG(out io.Writer, d Difference, was, is map[Code]Cell) error {
	var box orb.Bound
	first := true
	for _, m := range []map[Code]Cell{was, is} {
		for _, c := range m {
			if first {
				box, first = c.Polygon.Bound(), false
			}
			box = box.Union(c.Polygon.Bound())
		}
	}
	mx, my := geom.MetresPerDegree(box.Center()[1])
	width, height := (box.Max[0]-box.Min[0])*mx, (box.Max[1]-box.Min[1])*my
	k := diffWidth / math.Max(1, math.Max(width, height))
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" font-family=\"sans-serif\" font-size=\"13\">\n", k*width+20, k*height+46, k*width+20, k*height+46)
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
		fmt.Fprintf(w, "\" %s>", style)
	}
	x := 10
	for _, g := range diffGroups(d, was, is) {
		fmt.Fprintf(w, "<rect x=\"%d\" y=\"8\" width=\"16\" height=\"16\" fill=\"%s\" stroke=\"%s\"/><text x=\"%d\" y=\"21\">%d %s</text>\n", x, g.fill, g.stroke, x+22, len(g.codes), g.change)
		x += 130
		for _, code := range g.codes {
			path(g.cells[code].Polygon, fmt.Sprintf("fill=\"%s\" fill-opacity=\"0.8\" stroke=\"%s\" stroke-width=\"1\"", g.fill, g.stroke))
			fmt.Fprintf(w, "<title>%s %s</title></path>\n", code, g.change)
		}
	}
	for _, code := range slices.Sorted(slices.Values(d.Changed)) { // old outlines over the new ones
		path(was[code].Polygon, "fill=\"none\" stroke=\"#b3261e\" stroke-width=\"1\" stroke-dasharray=\"4 3\"")
		fmt.Fprintf(w, "<title>%s before</title></path>\n", code)
	}
	fmt.Fprintln(w, "</svg>")
	return w.Flush()
}
