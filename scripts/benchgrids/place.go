package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
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
