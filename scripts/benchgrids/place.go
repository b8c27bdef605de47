package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/project"

	"wanmi/gis"
	"wanmi/gis/crs"
	"wanmi/grids"
)

// place is a grids.Source over the files of a folder.
type place struct {
	name   string
	tm     *crs.TransverseMercator // nil: the files are in longitude and latitude
	layers map[string][]gis.Feature
	raw    map[string]*geojson.FeatureCollection // as delivered
}

// landClass is the land class of what a map calls an area, as wanmi import reads it from OpenStreetMap.
var landClass = map[string]string{
	"park": "park", "garden": "park", "playground": "park", "grass": "green", "meadow": "green", "village_green": "green", "flowerbed": "green",
	"forest": "forest", "farmland": "farm", "university": "campus", "school": "campus", "college": "campus", "kindergarten": "campus",
	"hospital": "campus", "parking": "other", "construction": "other", "brownfield": "other",
	"pitch": "sport", "stadium": "sport", "sports_centre": "sport", "cemetery": "cemetery", "industrial": "factory", "railway": "rail_yard",
}

func readPlace(dir, name string) (*place, error) {
	p := &place{name: name, layers: map[string][]gis.Feature{}, raw: map[string]*geojson.FeatureCollection{}}
	if data, err := os.ReadFile(filepath.Join(dir, "meta.json")); err == nil {
		var meta struct{ Lon0, Lat0 float64 }
		if err := json.Unmarshal(data, &meta); err != nil {
			return nil, fmt.Errorf("meta.json: %w", err)
		}
		p.tm = crs.TM(meta.Lon0, meta.Lat0, 1, 0, 0)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, name := range []string{"communities", "lines", "roads", "levees", "buildings", "areas", "green_land", "water", "components"} {
		data, err := os.ReadFile(filepath.Join(dir, name+".geojson"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		fc, err := geojson.UnmarshalFeatureCollection(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		p.raw[name] = fc
		for _, f := range fc.Features {
			p.take(name, f)
		}
	}
	if len(p.layers["community"]) == 0 {
		return nil, errors.New("no communities.geojson")
	}
	return p, nil
}

// take puts a feature of a file into its layer.
func (p *place) take(file string, f *geojson.Feature) {
	class := f.Properties.MustString("class", "")
	switch file {
	case "communities":
		p.add("community", f, "code", f.Properties.MustString("code", ""), "name", f.Properties.MustString("name", ""))
	case "roads":
		p.add("road", f, "class", class)
	case "levees":
		p.add("wall", f, "class", "levee")
	case "lines":
		layer := map[string]string{"rail": "rail", "river": "water", "stream": "water", "coast": "water", "wall": "wall"}[class]
		if layer == "" {
			layer = "road"
		}
		p.add(layer, f, "class", class)
	case "buildings":
		p.add("building", f)
	case "areas", "green_land":
		kind := landClass[f.Properties.MustString("kind", "park")]
		if kind == "" {
			kind = "compound"
		}
		p.add("land", f, "class", kind)
	case "water":
		p.add("water", f, "class", "lake")
	case "components":
		p.add("component", f, "class", "01001")
	}
}

func (p *place) add(layer string, from *geojson.Feature, kv ...string) {
	f := gis.NewFeature(gis.MustLayer(layer))
	f.ID = int64(len(p.layers[layer]) + 1)
	f.Geom = from.Geometry
	if p.tm != nil && f.Geom != nil {
		f.Geom = project.Geometry(orb.Clone(f.Geom), func(q orb.Point) orb.Point {
			lon, lat := p.tm.ToLonLat(q[0], q[1])
			return orb.Point{lon, lat}
		})
	}
	for i := 0; i+1 < len(kv); i += 2 {
		f.SetText(kv[i], kv[i+1])
	}
	f.Key = fmt.Sprintf("%s%d", layer, f.ID)
	if k := f.Layer.Key; k != "" && f.Text(k) != "" {
		f.Key = f.Text(k)
	}
	p.layers[layer] = append(p.layers[layer], f)
}

// Features implements grids.Source.
func (p *place) Features(_ context.Context, layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		for _, f := range p.layers[layer] {
			if b != (orb.Bound{}) && f.Geom != nil && !b.Intersects(f.Geom.Bound()) {
				continue
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

func each(cells []grids.Cell) iter.Seq2[grids.Cell, error] {
	return func(yield func(grids.Cell, error) bool) {
		for _, c := range cells {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// outCell is a cell in the folder's coordinates.
type outCell struct {
	code string
	m2   float64
	poly orb.Polygon
}

// snapM is how far, in metres, a corner may lie from a community line that it is put back onto: the builder's
// lattice of millimetres lies in another projection, so corners on a straight line of the folder come back beside it.
const snapM = 0.002

// back returns the cells in the folder's coordinates.
func (p *place) back(cells []grids.Cell) []outCell {
	var out []outCell
	var s *snapper
	if p.tm != nil {
		s = newSnapper(p.raw["communities"])
	}
	for _, c := range cells {
		if c.Status == grids.Void {
			continue
		}
		o := outCell{code: string(c.Code), m2: c.AreaM2, poly: c.Polygon}
		if p.tm != nil {
			o.poly = project.Polygon(c.Polygon.Clone(), func(q orb.Point) orb.Point {
				x, y := p.tm.FromLonLat(q[0], q[1])
				return s.snap(orb.Point{x, y})
			})
		}
		out = append(out, o)
	}
	return out
}

// snapper puts points back onto community lines.
type snapper struct {
	tab map[[2]int][][2]orb.Point // edges by squares of 20 m
}

const snapSquare = 20.0

func newSnapper(fc *geojson.FeatureCollection) *snapper {
	s := &snapper{tab: map[[2]int][][2]orb.Point{}}
	for _, f := range fc.Features {
		var rings []orb.Ring
		switch g := f.Geometry.(type) {
		case orb.Polygon:
			rings = g
		case orb.MultiPolygon:
			for _, q := range g {
				rings = append(rings, q...)
			}
		}
		for _, r := range rings {
			for i := 1; i < len(r); i++ {
				s.edge(r[i-1], r[i])
			}
		}
	}
	return s
}

func (s *snapper) edge(a, b orb.Point) {
	n := int(math.Hypot(b[0]-a[0], b[1]-a[1])/snapSquare*4) + 1
	seen := map[[2]int]bool{}
	for i := 0; i <= n; i++ {
		t := float64(i) / float64(n)
		x, y := a[0]+t*(b[0]-a[0]), a[1]+t*(b[1]-a[1])
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				k := [2]int{int(math.Floor(x/snapSquare)) + dx, int(math.Floor(y/snapSquare)) + dy}
				if !seen[k] {
					seen[k] = true
					s.tab[k] = append(s.tab[k], [2]orb.Point{a, b})
				}
			}
		}
	}
}

func (s *snapper) snap(p orb.Point) orb.Point {
	k := [2]int{int(math.Floor(p[0] / snapSquare)), int(math.Floor(p[1] / snapSquare))}
	best, to, corner := snapM, p, false
	for _, e := range s.tab[k] {
		for _, q := range e {
			if d := math.Hypot(p[0]-q[0], p[1]-q[1]); d < snapM && (!corner || d < best) {
				best, to, corner = d, q, true
			}
		}
		if corner {
			continue
		}
		dx, dy := e[1][0]-e[0][0], e[1][1]-e[0][1]
		l2 := dx*dx + dy*dy
		if l2 == 0 {
			continue
		}
		t := ((p[0]-e[0][0])*dx + (p[1]-e[0][1])*dy) / l2
		if t <= 0 || t >= 1 {
			continue
		}
		q := orb.Point{e[0][0] + t*dx, e[0][1] + t*dy}
		if d := math.Hypot(p[0]-q[0], p[1]-q[1]); d < best {
			best, to = d, q
		}
	}
	return to
}

func writeCells(file string, cells []outCell) error {
	fc := geojson.NewFeatureCollection()
	for _, c := range cells {
		f := geojson.NewFeature(c.poly)
		f.Properties["code"], f.Properties["area"] = c.code, c.m2
		fc.Append(f)
	}
	data, err := json.Marshal(fc)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
