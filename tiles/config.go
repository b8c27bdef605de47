package tiles

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/tiles/mvt"
)

// Source gives the features of a layer that touch bound, all of them when bound is the zero Bound.
// A store implements it; one call reads one snapshot.
type Source interface {
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
}

// Config says what stands in the tiles. The zero value of MaxBytes and CacheBytes takes the defaults; no
// Layers means no layers.
type Config struct {
	Layers     []LayerRule
	MaxBytes   int   // a tile's size after gzip, above which it is thinned further; 0: 500,000
	CacheBytes int64 // memory for finished tiles; 0: 256 MiB, negative: no cache
}

// LayerRule says which features of a layer stand in which tiles, and with which fields.
type LayerRule struct {
	Name string // the layer's name in tiles
	From string // a derived layer: the layer its label points are made from; "" otherwise

	MinZoom, MaxZoom int // tiles above MaxZoom follow the rules of MaxZoom; TileJSON tells clients to overzoom instead

	Fields []FieldRule
	Hide   []Match // features with one of these values stand in no tile
	Need   string  // a field without which a feature stands in no tile: the name of a label

	// Zoom by value: a feature appears from ByValue[its value of By], Else when the value is not listed. "" in By: from MinZoom.
	By      string
	ByValue map[string]int
	Else    int

	// Low says what stands for points at low zooms, by rising Below; none: all are drawn at every zoom.
	Low []LowRule
	// CountBy is the text property whose values clusters and densities count, cut to its first CountPrefix characters (0: whole).
	CountBy     string
	CountPrefix int

	// Below SmallBelow lines and polygons whose bounds are under SmallUnits tile units both ways are left out.
	SmallBelow, SmallUnits int

	// Shared marks polygons that have borders in common, of which no vertex may be lost on one side only.
	Shared bool

	// Simplify is the tolerance for lines in tile units, below MaxZoom.
	Simplify float64
}

// FieldRule is one property of a layer's tiles.
type FieldRule struct {
	Name    string // the property
	From    string // the layer's field it is taken from; "" the same name
	Last    int    // only the last characters of the text; 0 all
	MinZoom int    // from this zoom; a request that names the property gets it at any
	Unique  bool   // every feature has another value: written without looking for equals
}

// Match names values of a text field.
type Match struct {
	Field  string
	Values []string
}

// Defaults of Config.
const (
	DefaultMaxBytes   = 500_000
	DefaultCacheBytes = 256 << 20
)

const lastZoom = 18 // the deepest zoom the product's rules offer; clients overzoom from there

// DefaultConfig returns the product's rules, in drawing order.
func DefaultConfig() Config {
	street := LayerRule{
		Name: "street", MinZoom: 5, MaxZoom: lastZoom, Shared: true,
		Fields: fields(0, "code", "name", "county_name"),
	}
	community := LayerRule{
		Name: "community", MinZoom: 9, MaxZoom: lastZoom, Shared: true,
		Fields: fields(0, "code", "name", "street_code", "street_name"),
	}
	land := LayerRule{
		Name: "land", MinZoom: 8, MaxZoom: lastZoom, Simplify: 2, SmallBelow: 14, SmallUnits: 12,
		Fields: fields(0, "class", "name"),
	}
	water := LayerRule{
		Name: "water", MinZoom: 8, MaxZoom: lastZoom, Simplify: 2, SmallBelow: 14, SmallUnits: 12,
		Fields: fields(0, "class", "name"),
	}
	building := LayerRule{
		Name: "building", MinZoom: 14, MaxZoom: lastZoom, SmallBelow: 16, SmallUnits: 16,
		Fields: append(fields(0, "class", "height_m"), fields(16, "name", "floors", "address")...),
	}
	rail := LayerRule{
		Name: "rail", MinZoom: 10, MaxZoom: lastZoom, Simplify: 2,
		Fields: fields(0, "class", "name"),
	}
	road := LayerRule{
		Name: "road", MinZoom: 10, MaxZoom: lastZoom, Simplify: 2,
		Fields: append(fields(0, "class", "name"), fields(13, "width_m", "tunnel")...),
		By:     "class", Else: 13,
		ByValue: map[string]int{"arterial": 10, "collector": 12, "local": 13, "link": 13, "service": 15, "path": 15},
	}
	void := []Match{{Field: "status", Values: []string{"void", "作废"}}}
	unitGrid := LayerRule{
		Name: "unit_grid", MinZoom: 12, MaxZoom: lastZoom, Shared: true, Hide: void,
		Fields: append([]FieldRule{{Name: "code", Unique: true}, {Name: "seq", From: "code", Last: 3}},
			fields(14, "community_code", "area_m2", "status", "locked", "init_date", "end_date")...),
	}
	workGrid := LayerRule{
		Name: "work_grid", MinZoom: 11, MaxZoom: lastZoom, Shared: true,
		Fields: fields(0, "code", "name", "kind", "department_name", "area_m2"),
	}
	component := LayerRule{
		Name: "component", MinZoom: 8, MaxZoom: lastZoom, Low: []LowRule{{13, Cluster, 512}, {15, Thin, 64}}, CountBy: "class", CountPrefix: 2,
		SmallBelow: 15, SmallUnits: 8,
		Fields: append(append(fields(0, "class", "state"), FieldRule{Name: "code", MinZoom: 15, Unique: true}),
			fields(15, "name", "class_name", "dept_name", "owner_name", "keeper_name", "grid_code", "community_name",
				"label", "init_date", "change_date")...),
	}
	door := LayerRule{
		Name: "door", MinZoom: 16, MaxZoom: lastZoom, Fields: fields(0, "number", "road", "building", "address"),
	}
	poi := LayerRule{
		Name: "poi", MinZoom: 14, MaxZoom: lastZoom, Low: []LowRule{{16, Thin, 128}}, Fields: fields(0, "class", "name", "address"),
	}
	kase := LayerRule{
		Name: "case", MinZoom: 12, MaxZoom: lastZoom, Low: []LowRule{{14, Thin, 64}},
		Fields: append([]FieldRule{{Name: "number", Unique: true}}, fields(0, "class", "state", "reported_at", "grid_code", "dept_name")...),
	}
	return Config{Layers: []LayerRule{
		street, community, land, water, building, rail, road, unitGrid, workGrid, component, door, poi, kase,
		label("street", 9, fields(0, "code", "name")),
		label("community", 11, fields(0, "code", "name")),
		label("land", 13, fields(0, "name", "class")),
		label("water", 12, fields(0, "name", "class")),
		label("building", 16, fields(0, "name")),
		{
			Name: "unit_grid_label", From: "unit_grid", MinZoom: 14, MaxZoom: lastZoom, Hide: void, Need: "code",
			Fields: []FieldRule{{Name: "seq", From: "code", Last: 3}, {Name: "code", Unique: true}},
		},
	}}
}

// label is the derived layer of a layer's names.
func label(from string, minZoom int, f []FieldRule) LayerRule {
	return LayerRule{Name: from + "_label", From: from, MinZoom: minZoom, MaxZoom: lastZoom, Need: "name", Fields: f}
}

func fields(minZoom int, names ...string) []FieldRule {
	f := make([]FieldRule, len(names))
	for i, n := range names {
		f[i] = FieldRule{Name: n, MinZoom: minZoom}
	}
	return f
}

// base is the name of the layer a rule's features are read from.
func (r *LayerRule) base() string {
	if r.From != "" {
		return r.From
	}
	return r.Name
}

// Check reports what is wrong with c: gis.Invalid, naming layer and field.
func (c Config) Check() error {
	c.Layers = slices.Clone(c.Layers)
	_, err := c.check()
	return err
}

// check completes c and says what is wrong with it.
func (c Config) check() (Config, error) {
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.CacheBytes == 0 {
		c.CacheBytes = DefaultCacheBytes
	}
	seen := map[string]bool{}
	for i := range c.Layers {
		r := &c.Layers[i]
		if !layerName(r.Name) || seen[r.Name] {
			return c, gis.E(gis.Invalid, nil, "tiles: layer rule %q has a bad name or stands twice", r.Name)
		}
		seen[r.Name] = true
		l, err := gis.LayerByName(r.base())
		if err != nil {
			return c, err
		}
		if l.Geom == gis.NoGeom {
			return c, gis.E(gis.Invalid, nil, "tiles: layer %s has no geometry", l.Name)
		}
		if r.MinZoom < 0 || r.MaxZoom > MaxZoom || r.MinZoom > r.MaxZoom {
			return c, gis.E(gis.Invalid, nil, "tiles: layer %s: zooms %d to %d", r.Name, r.MinZoom, r.MaxZoom)
		}
		if err := r.checkFields(l); err != nil {
			return c, err
		}
		if err := r.checkNumbers(); err != nil {
			return c, err
		}
		if err := r.checkLow(l); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (r *LayerRule) checkNumbers() error {
	if !(r.Simplify >= 0 && r.Simplify <= mvt.Extent) {
		return gis.E(gis.Invalid, nil, "tiles: layer %s: simplified by %g tile units; 0 to %d are wanted", r.Name, r.Simplify, mvt.Extent)
	}
	if r.CountPrefix < 0 || r.SmallUnits < 0 || r.SmallUnits > mvt.Extent {
		return gis.E(gis.Invalid, nil, "tiles: layer %s: a count prefix of %d or small features of %d units", r.Name, r.CountPrefix, r.SmallUnits)
	}
	zooms := map[string]int{"small": r.SmallBelow, "else": r.Else}
	for v, z := range r.ByValue {
		zooms[r.By+" "+v] = z
	}
	for _, f := range r.Fields {
		zooms["field "+f.Name] = f.MinZoom
		if f.Last < 0 {
			return gis.E(gis.Invalid, nil, "tiles: layer %s: field %s: the last %d characters", r.Name, f.Name, f.Last)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(zooms)) {
		if z := zooms[what]; z < 0 || z > MaxZoom {
			return gis.E(gis.Invalid, nil, "tiles: layer %s: %s from zoom %d; 0 to %d are wanted", r.Name, what, z, MaxZoom)
		}
	}
	return nil
}

func (r *LayerRule) checkLow(l *gis.Layer) error {
	below := 0
	for _, low := range r.Low {
		if low.As != Thin && low.As != Cluster && low.As != Density {
			return gis.E(gis.Invalid, nil, "tiles: layer %s: points below zoom %d as %q; thin, cluster or density is wanted", r.Name, low.Below, low.As)
		}
		if u := low.Units; u < 1 || u > mvt.Extent || u&(u-1) != 0 {
			return gis.E(gis.Invalid, nil, "tiles: layer %s: squares of %d units below zoom %d; a power of two up to %d is wanted", r.Name, u, low.Below, mvt.Extent)
		}
		if low.Below <= below || low.Below > MaxZoom {
			return gis.E(gis.Invalid, nil, "tiles: layer %s: points below zoom %d: rising zooms up to %d are wanted", r.Name, low.Below, MaxZoom)
		}
		below = low.Below
	}
	if n := r.CountBy; n != "" && !slices.ContainsFunc(r.Fields, func(f FieldRule) bool {
		return f.Name == n && !f.Unique && l.Fields[max(0, l.Index(f.source()))].Type == gis.Text
	}) {
		return gis.E(gis.Invalid, nil, "tiles: layer %s: counts by %q, which is no text property of its tiles that features share", r.Name, n)
	}
	return nil
}

func (r *LayerRule) checkFields(l *gis.Layer) error {
	names := map[string]bool{pointCount: true, perKM2: true}
	for _, f := range r.Fields {
		if names[f.Name] {
			return gis.E(gis.Invalid, nil, "tiles: layer %s: property %q stands twice", r.Name, f.Name)
		}
		names[f.Name] = true
		if f.Name == "" {
			return gis.E(gis.Invalid, nil, "tiles: layer %s: a property without a name", r.Name)
		}
		if l.Index(f.source()) < 0 {
			return gis.E(gis.Invalid, nil, "tiles: layer %s has no field %q", r.Name, f.source())
		}
	}
	wanted := []string{r.By, r.Need}
	for _, h := range r.Hide {
		wanted = append(wanted, h.Field)
		if i := l.Index(h.Field); h.Field == "" || i >= 0 && l.Fields[i].Type != gis.Text {
			return gis.E(gis.Invalid, nil, "tiles: layer %s: features are hidden by values of a text field; %q is none", r.Name, h.Field)
		}
	}
	for _, n := range wanted {
		if n != "" && l.Index(n) < 0 {
			return gis.E(gis.Invalid, nil, "tiles: layer %s has no field %q", r.Name, n)
		}
	}
	return nil
}

func (f FieldRule) source() string {
	if f.From != "" {
		return f.From
	}
	return f.Name
}
