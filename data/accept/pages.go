package accept

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"wanmi/gis"
	"wanmi/gis/crs"
)

var (
	//go:embed pages/map.html
	mapText string
	//go:embed pages/verdict.html
	verdictText string

	pageFuncs   = template.FuncMap{"pct": func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }}
	mapPage     = template.Must(template.New("map").Parse(mapText))
	verdictPage = template.Must(template.New("verdict").Funcs(pageFuncs).Parse(verdictText))
)

// WriteGeoJSON writes what was drawn, in longitude and latitude.
func (s Sample) WriteGeoJSON(w io.Writer) error {
	fc := geojson.NewFeatureCollection()
	for _, x := range s.Items {
		f := geojson.NewFeature(orb.Point{x.Lon, x.Lat})
		f.Properties = geojson.Properties{"no": x.No, "sheet": x.Sheet, "code": x.Code, "class": x.Class, "class_name": x.ClassName, "name": x.Name, "x": x.X, "y": x.Y, "address": x.Address}
		fc.Append(f)
	}
	b, err := json.Marshal(fc)
	if err != nil {
		return fmt.Errorf("accept: writing the map: %w", err)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// drawing is one sheet of the map: north up, 1,000 units to its side.
type drawing struct {
	Sheet string
	Items []dot
	Roads []string // paths
	Names []label
}

type dot struct {
	Item
	PX, PY float64
}

type label struct {
	X, Y float64
	Text string
}

// WriteMap writes the drawn sheets as one page to print: each with its roads and the numbers of the worksheet.
func (s Sample) WriteMap(w io.Writer, roads []gis.Feature) error {
	by := map[string]*drawing{}
	var list []*drawing
	for _, name := range s.DrawnSheets() {
		by[name] = &drawing{Sheet: name}
		list = append(list, by[name])
	}
	side := s.Plan.SheetM
	for _, x := range s.Items {
		d := by[x.Sheet]
		px, py := place(x.Y, x.X, side)
		d.Items = append(d.Items, dot{x, px, py})
	}
	if len(s.Items) > 0 {
		s.drawRoads(by, roads, crs.GaussKruger3(s.Items[0].Lon))
	}
	return mapPage.Execute(w, struct {
		Sample
		Drawings []*drawing
	}{s, list})
}

// place is where a position stands in its own sheet, of 1,000 units.
func place(east, north, side float64) (x, y float64) {
	u := func(v float64) float64 { return math.Round(10000*(v/side-math.Floor(v/side))) / 10 }
	return u(east), math.Round(10*(1000-u(north))) / 10
}

func (s Sample) drawRoads(by map[string]*drawing, roads []gis.Feature, sys crs.CRS) {
	side := s.Plan.SheetM
	for _, f := range roads {
		var lines []orb.LineString
		switch g := f.Geom.(type) {
		case orb.LineString:
			lines = []orb.LineString{g}
		case orb.MultiLineString:
			lines = g
		}
		for _, l := range lines {
			flat := make([][2]float64, len(l))
			named := map[*drawing]bool{}
			for i, p := range l {
				flat[i][0], flat[i][1] = sys.FromLonLat(p[0], p[1])
			}
			for i := 1; i < len(flat); i++ {
				a, b := flat[i-1], flat[i]
				var in []*drawing
				steps := int(math.Hypot(b[0]-a[0], b[1]-a[1])/(side/4)) + 1
				for k := 0; k <= steps; k++ {
					t := float64(k) / float64(steps)
					if d := by[sheetName(a[0]+t*(b[0]-a[0]), a[1]+t*(b[1]-a[1]), side)]; d != nil && !slices.Contains(in, d) {
						in = append(in, d)
					}
				}
				for _, d := range in {
					var n, e float64
					_, _ = fmt.Sscanf(d.Sheet, "%f-%f", &n, &e)
					at := func(p [2]float64) (float64, float64) {
						return (p[0] - e*1000) / side * 1000, 1000 - (p[1]-n*1000)/side*1000
					}
					x0, y0 := at(a)
					x1, y1 := at(b)
					d.Roads = append(d.Roads, fmt.Sprintf("M%.0f %.0fL%.0f %.0f", x0, y0, x1, y1))
					mx, my := (x0+x1)/2, (y0+y1)/2
					if name := f.Text("name"); name != "" && !named[d] && mx > 60 && mx < 880 && my > 30 && my < 980 {
						named[d] = true
						d.Names = append(d.Names, label{math.Round(mx), math.Round(my), name})
					}
				}
			}
		}
	}
}

// WriteJSON writes the verdict for programs.
func (v Verdict) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(v)
}

// WriteHTML writes the verdict as a page.
func (v Verdict) WriteHTML(w io.Writer) error { return verdictPage.Execute(w, v) }
