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
	if w, _ := Preset("balanced"); w != Balanced {
		t.Errorf("Preset(balanced) = %+v, want %+v", w, Balanced)
	}
	if _, err := Preset("pretty"); gis.KindOf(err) != gis.Invalid {
		t.Errorf("Preset(pretty): got %v, want an Invalid error", err)
	}
}
