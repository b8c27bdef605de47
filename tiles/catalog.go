package tiles

import (
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// FieldInfo describes a property of a layer's tiles.
type FieldInfo struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // as gis.FieldType names it
	Zh      string `json:"zh"`
	En      string `json:"en"`
	MinZoom int    `json:"minzoom"`
}

// LayerInfo describes a layer of the catalogue.
type LayerInfo struct {
	Name     string      `json:"name"`
	Zh       string      `json:"zh"`
	En       string      `json:"en"`
	Geometry string      `json:"geometry"` // point, line, polygon or any
	From     string      `json:"derived_from,omitempty"`
	Count    int         `json:"count"`              // features that stand in tiles
	Unplaced int         `json:"unplaced,omitempty"` // features without a usable geometry, in no tile
	Bounds   *[4]float64 `json:"bounds,omitempty"`   // west, south, east, north in degrees; none when empty
	MinZoom  int         `json:"minzoom"`
	MaxZoom  int         `json:"maxzoom"`
	// ThinnedBelow is the zoom below which features stand for several points and carry point_count; 0: never.
	ThinnedBelow int         `json:"thinned_below,omitempty"`
	Low          []LowInfo   `json:"low,omitempty"`
	Fields       []FieldInfo `json:"fields"`
}

// LowInfo says what stands for points below a zoom: thin, cluster or density, by squares of units tile units.
type LowInfo struct {
	Below int `json:"below"`
	As    Low `json:"as"`
	Units int `json:"units"`
}

// Catalog lists the layers in drawing order, derived ones last.
func (s *Set) Catalog() []LayerInfo {
	infos := make([]LayerInfo, len(s.layers))
	for i, l := range s.layers {
		infos[i] = l.info()
	}
	return infos
}

func (l *layer) info() LayerInfo {
	r := l.rule
	in := LayerInfo{
		Name: r.Name, Zh: l.def.Zh, En: l.def.En, Geometry: l.def.Geom.String(), From: r.From,
		Count: l.count(), Unplaced: l.lost, MinZoom: r.MinZoom, MaxZoom: r.MaxZoom, ThinnedBelow: r.lowest(),
		Fields: make([]FieldInfo, 0, len(r.Fields)+1),
	}
	if r.From != "" {
		in.Zh, in.En, in.Geometry = in.Zh+"注记", in.En+": label points", gis.Point.String()
	}
	if b, ok := l.bound(); ok {
		w := bounds(l.grid.bounds(b))
		in.Bounds = &w
	}
	for i, f := range r.Fields {
		d := l.def.Fields[l.src[i]]
		fi := FieldInfo{Name: f.Name, Type: d.Type.String(), Zh: d.Zh, En: d.En, MinZoom: max(f.MinZoom, r.MinZoom)}
		if f.Last > 0 {
			fi.Zh, fi.En = d.Zh+"末段", d.En+": the last characters"
		}
		in.Fields = append(in.Fields, fi)
	}
	in.lowFields(l)
	return in
}

// lowFields adds the properties of what stands for points at low zooms.
func (in *LayerInfo) lowFields(l *layer) {
	r := l.rule
	if len(r.Low) == 0 {
		return
	}
	number := func(name, zh, en string) {
		in.Fields = append(in.Fields, FieldInfo{Name: name, Type: gis.Int.String(), Zh: zh, En: en, MinZoom: r.MinZoom})
	}
	number(pointCount, "代表点数", "Points this one stands for, below zoom thinned_below")
	counts := false
	for _, low := range r.Low {
		in.Low = append(in.Low, LowInfo(low))
		counts = counts || low.As != Thin
		if low.As == Density {
			number(perKM2, "每平方公里点数", "Points per km², in squares of density")
		}
	}
	if counts {
		for _, c := range l.low.counted.sorted() {
			number(c.name, "其中"+strings.TrimPrefix(c.name, countOf), "Of them, those whose "+r.CountBy+" begins with or is "+strings.TrimPrefix(c.name, countOf))
		}
	}
}

// HasProperty reports whether one of the layers has the property in its tiles.
func (s *Set) HasProperty(layers []string, property string) bool {
	for _, name := range layers {
		if i, ok := s.byName[name]; ok && s.layers[i].has(property) {
			return true
		}
	}
	return false
}

// Has reports whether a layer is served.
func (s *Set) Has(layer string) bool {
	_, ok := s.byName[layer]
	return ok
}

// Zooms returns the first and the last zoom the rules of the layers offer.
func (s *Set) Zooms(layers []string) (lo, hi int, err error) {
	at, err := s.find(layers)
	if err != nil {
		return 0, 0, err
	}
	lo = MaxZoom
	for _, k := range at {
		r := s.layers[k].rule
		lo, hi = min(lo, r.MinZoom), max(hi, r.MaxZoom)
	}
	return lo, hi, nil
}

// Bounds returns where the features of the layers are, in degrees; ok is false when there are none.
func (s *Set) Bounds(layers []string) (b orb.Bound, ok bool, err error) {
	at, err := s.find(layers)
	if err != nil {
		return b, false, err
	}
	for _, k := range at {
		if w, some := s.layers[k].bound(); some {
			if g := s.grid.bounds(w); ok {
				b = b.Union(g)
			} else {
				b, ok = g, true
			}
		}
	}
	return b, ok, nil
}

func bounds(b orb.Bound) [4]float64 {
	return [4]float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
}

// VectorLayer is a layer of a TileJSON document.
type VectorLayer struct {
	ID          string            `json:"id"`
	Description string            `json:"description,omitempty"`
	MinZoom     int               `json:"minzoom"`
	MaxZoom     int               `json:"maxzoom"`
	Fields      map[string]string `json:"fields"` // String, Number or Boolean
}

// TileJSON is a TileJSON 3.0.0 document.
type TileJSON struct {
	TileJSON     string        `json:"tilejson"`
	Name         string        `json:"name"`
	Tiles        []string      `json:"tiles"`
	Scheme       string        `json:"scheme"`
	MinZoom      int           `json:"minzoom"`
	MaxZoom      int           `json:"maxzoom"`
	Bounds       [4]float64    `json:"bounds"`
	Center       [3]float64    `json:"center"`
	VectorLayers []VectorLayer `json:"vector_layers"`
}

// TileJSON describes the named layers. base is the address before /tiles, as https://host/prefix, with or without a final slash.
func (s *Set) TileJSON(layers []string, base string) (*TileJSON, error) {
	infos, err := s.Infos(layers)
	if err != nil {
		return nil, err
	}
	return NewTileJSON(infos, base), nil
}

// Infos returns the catalogue's entries of the named layers, in drawing order.
func (s *Set) Infos(layers []string) ([]LayerInfo, error) {
	at, err := s.find(layers)
	if err != nil {
		return nil, err
	}
	infos := make([]LayerInfo, len(at))
	for i, k := range at {
		infos[i] = s.layers[k].info()
	}
	return infos, nil
}

// NewTileJSON describes layers that stand in one tile in this order, whatever they are made from. base is as for [Set.TileJSON].
func NewTileJSON(infos []LayerInfo, base string) *TileJSON {
	names := make([]string, len(infos))
	for i := range infos {
		names[i] = infos[i].Name
	}
	path := strings.Join(names, ",")
	j := &TileJSON{
		TileJSON: "3.0.0", Name: path, Scheme: "xyz",
		Tiles: []string{strings.TrimSuffix(base, "/") + "/tiles/" + path + "/{z}/{x}/{y}.mvt"},
	}
	j.describe(infos)
	return j
}

// describe fills zooms, bounds, centre and layers.
func (j *TileJSON) describe(infos []LayerInfo) {
	j.MinZoom, j.MaxZoom = MaxZoom, 0
	j.Bounds = [4]float64{-180, -85.0511287798066, 180, 85.0511287798066}
	some := false
	for i := range infos {
		in := &infos[i]
		j.MinZoom, j.MaxZoom = min(j.MinZoom, in.MinZoom), max(j.MaxZoom, in.MaxZoom)
		if b := in.Bounds; b != nil && some {
			j.Bounds = [4]float64{min(j.Bounds[0], b[0]), min(j.Bounds[1], b[1]), max(j.Bounds[2], b[2]), max(j.Bounds[3], b[3])}
		} else if b != nil {
			j.Bounds, some = *b, true
		}
		j.VectorLayers = append(j.VectorLayers, in.vector())
	}
	zoom, b := j.MinZoom, j.Bounds
	if some {
		zoom = fitZoom(mercator.box(orb.Bound{Min: orb.Point{b[0], b[1]}, Max: orb.Point{b[2], b[3]}}), j.MinZoom, j.MaxZoom)
	}
	j.Center = [3]float64{(b[0] + b[2]) / 2, (b[1] + b[3]) / 2, float64(zoom)}
}

// fitZoom is the deepest zoom at which b is no wider than two tiles.
func fitZoom(b box, lo, hi int) int {
	side := uint64(max(b.x1-b.x0, b.y1-b.y0))
	z := lo
	for z < hi && side <= 2<<(32-(z+1)) {
		z++
	}
	return z
}

func (in *LayerInfo) vector() VectorLayer {
	v := VectorLayer{ID: in.Name, Description: in.En, MinZoom: in.MinZoom, MaxZoom: in.MaxZoom, Fields: map[string]string{}}
	for _, f := range in.Fields {
		switch f.Type {
		case gis.Int.String(), gis.Real.String():
			v.Fields[f.Name] = "Number"
		case gis.Bool.String():
			v.Fields[f.Name] = "Boolean"
		default:
			v.Fields[f.Name] = "String"
		}
	}
	return v
}
