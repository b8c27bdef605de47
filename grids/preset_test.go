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
