package grids

import (
	"slices"
	"strings"

	"wanmi/gis"
)

// presets are the named weights, in the order they are told in.
var presets = []struct {
	name string
	w    Weights
}{
	{"balanced", Balanced},
	{"area", Weights{Area: 30, Shape: 1, Load: 0.2, Feature: 1.8}},
	{"load", Weights{Area: 4, Shape: 0.9, Load: 4, Feature: 2.2}},
	{"feature", Weights{Area: 4, Shape: 0.9, Load: 0.2, Feature: 5}},
}

// PresetNames lists the names that Preset knows.
func PresetNames() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}

// Preset returns named weights: balanced; area, cells nearer to the target area; load, cells with like numbers of
// components; feature, borders on roads, walls and banks even at the price of area. No name
// is balanced; another name is a gis.Invalid error.
func Preset(name string) (Weights, error) {
	if name == "" {
		return Balanced, nil
	}
	names := PresetNames()
	if i := slices.Index(names, name); i >= 0 {
		return presets[i].w, nil
	}
	return Weights{}, gis.E(gis.Invalid, nil, "there is no preset %q; known: %s", name, strings.Join(names, ", "))
}
