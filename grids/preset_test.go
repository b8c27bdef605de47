package grids

import (
	"testing"

	"wanmi/gis"
)

func TestPreset(t *testing.T) {
	for _, name := range PresetNames() {
		w, err := Preset(name)
		if err != nil || w == (Weights{}) {
			t.Errorf("Preset(%q) = %+v, %v", name, w, err)
		}
	}
	for _, name := range []string{"balanced", ""} {
		if w, err := Preset(name); w != Balanced || err != nil {
			t.Errorf("Preset(%q) = %+v, %v, want %+v", name, w, err, Balanced)
		}
	}
	if _, err := Preset("pretty"); gis.KindOf(err) != gis.Invalid {
		t.Errorf("Preset(pretty): got %v, want an Invalid error", err)
	}
}

func TestPresetsOfACity(t *testing.T) {
	own := Presets{"old town": {Area: 1, Shape: 2, Load: 3, Feature: 4}, "area": {Area: 9}}
	for _, c := range []struct {
		name string
		want Weights
	}{{"old town", own["old town"]}, {"area", Weights{Area: 9}}, {"", Balanced}} {
		if got, err := own.Get(c.name); got != c.want || err != nil {
			t.Errorf("Get(%q) = %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
	if names := own.Names(); len(names) != 5 || names[4] != "old town" {
		t.Errorf("names: got %v, want the four and old town", names)
	}
	if err := (Weights{Area: -1}).Check(); gis.KindOf(err) != gis.Invalid {
		t.Errorf("a weight of -1: got %v, want an Invalid error", err)
	}
}
