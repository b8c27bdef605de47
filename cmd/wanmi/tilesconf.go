package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"wanmi/gis"
	"wanmi/tiles"
)

// tilesConf is what the configuration changes in the tiles; what it does not name stays as built in.
type tilesConf struct {
	MaxBytes   int                  `yaml:"max_bytes"`   // a tile's size after gzip above which it is thinned further
	CacheBytes int64                `yaml:"cache_bytes"` // memory for finished tiles; negative: none are kept
	Layers     map[string]layerConf `yaml:"layers"`
	Postgres   postgresConf         `yaml:"postgres"` // tables served beside the layers
	Warm       warmConf             `yaml:"warm"`
}

// warmConf says which tiles are made in the background after a bulk import.
type warmConf struct {
	Off     bool `yaml:"off"`
	MaxZoom *int `yaml:"maxzoom"` // default 14
	Tiles   *int `yaml:"tiles"`   // at most; default 1000
}

func (c warmConf) options() (o tiles.WarmOptions, err error) {
	set(&o.MaxZoom, c.MaxZoom)
	set(&o.Tiles, c.Tiles)
	if c.MaxZoom != nil && (o.MaxZoom < 1 || o.MaxZoom > tiles.MaxZoom) || c.Tiles != nil && (o.Tiles < 1 || o.Tiles > 1_000_000) {
		return o, gis.E(gis.Invalid, nil, "tiles.warm: %d tiles up to zoom %d: 1 to 1000000 tiles and zooms from 1 to %d are wanted; off: true for none", o.Tiles, o.MaxZoom, tiles.MaxZoom)
	}
	return o, nil
}

// layerConf is tiles.LayerRule, every part of it optional.
type layerConf struct {
	Off         bool                `yaml:"off"` // not served
	MinZoom     *int                `yaml:"minzoom"`
	MaxZoom     *int                `yaml:"maxzoom"`
	Fields      []fieldConf         `yaml:"fields"` // all that stand in tiles, in this order
	Hide        map[string][]string `yaml:"hide"`   // field: values of features that stand in no tile
	Need        *string             `yaml:"need"`   // a field without which a feature stands in no tile
	Low         *[]lowConf          `yaml:"low"`    // what stands for points at low zooms; []: all are drawn at every zoom
	CountBy     *string             `yaml:"count_by"`
	CountPrefix *int                `yaml:"count_prefix"`
	Simplify    *float64            `yaml:"simplify"`    // of lines, in tile units
	SmallBelow  *int                `yaml:"small_below"` // below this zoom lines and areas under small_units are left out
	SmallUnits  *int                `yaml:"small_units"`
}

type lowConf struct {
	Below int       `yaml:"below"`
	As    tiles.Low `yaml:"as"`
	Units int       `yaml:"units"`
}

// fieldConf is a name, or a mapping when there is more to say.
type fieldConf struct {
	Name    string `yaml:"name"`
	From    string `yaml:"from"`
	Last    int    `yaml:"last"`
	MinZoom int    `yaml:"minzoom"`
	Unique  bool   `yaml:"unique"`
}

func (f *fieldConf) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&f.Name)
	}
	known := []string{"name", "from", "last", "minzoom", "unique"}
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 { // Decode would pass over others
		if k := n.Content[i]; !slices.Contains(known, k.Value) {
			return fmt.Errorf("line %d: a field of a layer has no %q; it has %s", k.Line, k.Value, strings.Join(known, ", "))
		}
	}
	type plain fieldConf
	return n.Decode((*plain)(f))
}

// config returns the built-in rules with the changes.
func (c tilesConf) config() (tiles.Config, error) {
	out := tiles.DefaultConfig()
	if _, err := c.Warm.options(); err != nil {
		return out, err
	}
	out.MaxBytes, out.CacheBytes = c.MaxBytes, c.CacheBytes
	for name, l := range c.Layers {
		i := slices.IndexFunc(out.Layers, func(r tiles.LayerRule) bool { return r.Name == name })
		if i < 0 {
			var names []string
			for _, r := range out.Layers {
				names = append(names, r.Name)
			}
			return out, gis.E(gis.Invalid, nil, "tiles.layers: there is no layer %q; there are %s", name, strings.Join(names, ", "))
		}
		l.change(&out.Layers[i])
	}
	out.Layers = slices.DeleteFunc(out.Layers, func(r tiles.LayerRule) bool { return c.Layers[r.Name].Off })
	return out, out.Check()
}

func (l layerConf) change(r *tiles.LayerRule) {
	set(&r.MinZoom, l.MinZoom)
	set(&r.MaxZoom, l.MaxZoom)
	set(&r.Need, l.Need)
	set(&r.CountBy, l.CountBy)
	set(&r.CountPrefix, l.CountPrefix)
	set(&r.Simplify, l.Simplify)
	set(&r.SmallBelow, l.SmallBelow)
	set(&r.SmallUnits, l.SmallUnits)
	if l.Fields != nil {
		r.Fields = make([]tiles.FieldRule, len(l.Fields))
		for i, f := range l.Fields {
			r.Fields[i] = tiles.FieldRule(f)
		}
	}
	if l.Hide != nil {
		r.Hide = nil
		for _, field := range slices.Sorted(maps.Keys(l.Hide)) {
			r.Hide = append(r.Hide, tiles.Match{Field: field, Values: l.Hide[field]})
		}
	}
	if l.Low != nil {
		r.Low = make([]tiles.LowRule, len(*l.Low))
		for i, low := range *l.Low {
			r.Low[i] = tiles.LowRule(low)
		}
	}
}

// set puts a value in when there is one.
func set[T any](to *T, v *T) {
	if v != nil {
		*to = *v
	}
}
