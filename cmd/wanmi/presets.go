package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"wanmi/gis"
	"wanmi/grids"
)

// presetConf is one of the configuration's presets: weights of a division under a name of the city's own.
type presetConf struct {
	From    string   `yaml:"from"` // the preset whose weights those left out have; balanced
	Area    *float64 `yaml:"area"`
	Shape   *float64 `yaml:"shape"`
	Load    *float64 `yaml:"load"`
	Feature *float64 `yaml:"feature"`
	Open    *float64 `yaml:"open"`
}

// presets settles the weights of the configuration.
func (c config) presets() (grids.Presets, error) {
	out := grids.Presets{}
	for _, name := range slices.Sorted(maps.Keys(c.Presets)) {
		p := c.Presets[name]
		w, err := grids.Preset(p.From)
		if err != nil {
			return nil, gis.E(gis.Invalid, nil, "preset %s: from: there is no built-in preset %q", name, p.From)
		}
		for _, set := range []struct{ to, v *float64 }{{&w.Area, p.Area}, {&w.Shape, p.Shape}, {&w.Load, p.Load}, {&w.Feature, p.Feature}, {&w.Open, p.Open}} {
			if set.v != nil {
				*set.to = *set.v
			}
		}
		if name == "" || strings.TrimSpace(name) != name {
			return nil, gis.E(gis.Invalid, nil, "preset %q: a name has no blanks round it", name)
		}
		if err := w.Check(); err != nil {
			return nil, gis.E(gis.Invalid, nil, "preset %s: %v", name, err)
		}
		out[name] = w
	}
	return out, nil
}

// presetsOf reads the weights of a configuration file; "" has none.
func presetsOf(file string) (grids.Presets, error) {
	conf, err := readConfig(file)
	if err != nil {
		return nil, err
	}
	return conf.presets()
}

func (a *app) cmdGridPresets() *cobra.Command {
	c := &cobra.Command{
		Use:   "presets",
		Short: "list the presets of 'grid build --preset' with their weights, as a configuration takes them",
		Long: `Lists the weights behind each preset in the form of a configuration file, so that a city's own can be made of
them: give one another name or other figures under presets: in the file, and the file by --config.

area weighs the distance from the target area, shape that from a round cell, load that from a like number of
components, feature the metres of border that run along no road, wall or bank; open is how many times the target area cells of
parks, farm land, forest and bare ground should have. What is left out of a preset is as in
the one named by from (balanced). docs/presets.md shows what each changes.`,
		Example: `  wanmi grid presets
  wanmi grid presets --config wanmi.yaml
  wanmi grid build --db city.gpkg --config wanmi.yaml --preset 老城`,
		Args: cobra.NoArgs,
	}
	file := c.Flags().String("config", "", "the configuration file, for the city's own presets")
	c.RunE = func(*cobra.Command, []string) error {
		own, err := presetsOf(*file)
		if err != nil {
			return err
		}
		notes := map[string]string{}
		for _, b := range grids.BuiltIn() {
			if _, changed := own[b.Name]; !changed {
				notes[b.Name] = "  # " + b.ForZh + "; " + b.For
			}
		}
		if !a.json {
			fmt.Fprintln(a.out, "presets:")
		}
		for _, name := range own.Names() {
			w, err := own.Get(name)
			if err != nil {
				return err
			}
			if err := a.result(map[string]any{"name": name, "area": w.Area, "shape": w.Shape, "load": w.Load, "feature": w.Feature, "open": w.Open},
				"  %s: {area: %g, shape: %g, load: %g, feature: %g, open: %g}%s", name, w.Area, w.Shape, w.Load, w.Feature, w.Open, notes[name]); err != nil {
				return err
			}
		}
		return nil
	}
	return c
}

// rules are what the cells are judged by.
func (c config) rules() grids.Rules {
	return grids.Rules{Land: c.Land, Compound: c.Compound, CompoundMax: c.CompoundMax}
}

// landFlags puts what the command line says of land and compounds over the configuration.
func (c *config) landFlags(f buildFlags) error {
	if f.compound != "" {
		c.Compound = grids.Compound(f.compound)
	}
	if f.compoundMax != 0 {
		c.CompoundMax = f.compoundMax
	}
	for _, s := range f.land {
		kind, areas, ok := strings.Cut(s, "=")
		parts := strings.Split(areas, ":")
		if !ok || len(parts) > 3 {
			return gis.E(gis.Invalid, nil, "--land %q is not KIND=TARGET:MIN:MAX", s)
		}
		var l grids.Limits
		for i, to := range [3]*float64{&l.Target, &l.Min, &l.Max} {
			if i >= len(parts) || parts[i] == "" {
				continue
			}
			v, err := strconv.ParseFloat(parts[i], 64)
			if err != nil {
				return gis.E(gis.Invalid, nil, "--land %q: %q is no area in m²", s, parts[i])
			}
			*to = v
		}
		if c.Land == nil {
			c.Land = map[string]grids.Limits{}
		}
		c.Land[kind] = l
	}
	return nil
}
