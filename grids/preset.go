package grids

import (
	"maps"
	"slices"
	"strings"

	"wanmi/gis"
)

// NamedWeights are weights with a name and what they are for.
type NamedWeights struct {
	Name    string
	Weights Weights
	For     string
	ForZh   string
}

// BuiltIn returns the weights everyone has, in the order they are told in.
func BuiltIn() []NamedWeights {
	return []NamedWeights{
		{"balanced", Balanced, "area, shape, borders on features and load in balance", "面积、形状、地物、部件数兼顾"},
		{"area", Weights{Area: 40, Shape: 1, Load: 0.2, Feature: 1.8, Open: 1}, "cells nearer to the target area", "面积更接近目标值"},
		{"load", Weights{Area: 6, Shape: 1.8, Load: 6, Feature: 4.2, Open: 1.3}, "like numbers of components in the cells of a community", "社区内各网格部件数更均衡"},
		{"feature", Weights{Area: 6, Shape: 1.8, Load: 0.2, Feature: 8, Open: 1.3}, "borders on roads, walls and banks even at the price of area", "界线更多沿道路、围墙、河岸，面积可让步"},
	}
}

// PresetNames lists the names that Preset knows.
func PresetNames() []string {
	var names []string
	for _, p := range BuiltIn() {
		names = append(names, p.Name)
	}
	return names
}

// Preset returns built-in weights by their name; no name is balanced, another a gis.Invalid error.
func Preset(name string) (Weights, error) { return Presets(nil).Get(name) }

// Presets are a city's own weights by name, beside the built-in ones; one named like those takes its place.
type Presets map[string]Weights

// Get returns weights by their name; no name is balanced, one nobody knows a gis.Invalid error.
func (p Presets) Get(name string) (Weights, error) {
	if name == "" {
		name = "balanced"
	}
	if w, ok := p[name]; ok {
		return w, nil
	}
	known := BuiltIn()
	if i := slices.IndexFunc(known, func(b NamedWeights) bool { return b.Name == name }); i >= 0 {
		return known[i].Weights, nil
	}
	return Weights{}, gis.E(gis.Invalid, nil, "there is no preset %q; known: %s", name, strings.Join(p.Names(), ", "))
}

// Names lists the names that Get knows: the built-in ones, then the city's own by alphabet.
func (p Presets) Names() []string {
	names := PresetNames()
	for _, n := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// Check returns a gis.Invalid error when a weight is out of range.
func (w Weights) Check() error {
	for _, v := range [5]float64{w.Area, w.Shape, w.Load, w.Feature, w.Open} {
		if !(v >= 0 && v < 1e6) {
			return gis.E(gis.Invalid, nil, "a weight must lie between 0 and 1,000,000, not %g", v)
		}
	}
	if w == (Weights{}) {
		return gis.E(gis.Invalid, nil, "all weights are 0")
	}
	return nil
}
