package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wanmi/tiles"
)

func TestTilesConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wanmi.yaml")
	read := func(text string) (tiles.Config, error) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(file)
		if err != nil {
			return tiles.Config{}, err
		}
		return c.Tiles.config()
	}
	cfg, err := read(`
tiles:
  max_bytes: 200000
  cache_bytes: -1
  layers:
    poi: {off: true}
    component:
      minzoom: 10
      fields: [class, {name: code, minzoom: 14, unique: true}, note]
      hide: {state: [移除]}
      low: [{below: 12, as: density, units: 256}]
      count_prefix: 5
`)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.MaxBytes != 200_000 || cfg.CacheBytes != -1 {
		t.Errorf("sizes: %d, %d", cfg.MaxBytes, cfg.CacheBytes)
	}
	for _, r := range cfg.Layers {
		switch r.Name {
		case "poi":
			t.Error("poi is off and still there")
		case "component":
			want := []tiles.FieldRule{{Name: "class"}, {Name: "code", MinZoom: 14, Unique: true}, {Name: "note"}}
			if r.MinZoom != 10 || r.MaxZoom != 18 || !slices.Equal(r.Fields, want) || r.CountBy != "class" || r.CountPrefix != 5 ||
				!slices.Equal(r.Low, []tiles.LowRule{{Below: 12, As: tiles.Density, Units: 256}}) || len(r.Hide) != 1 || r.Hide[0].Field != "state" {
				t.Errorf("component: %+v", r)
			}
		}
	}
	for text, want := range map[string]string{
		"tiles: {layers: {component: {fields: [class, {name: code, minzom: 14}]}}}":                                `no "minzom"; it has name, from, last, minzoom, unique`,
		"tiles: {layers: {component: {fields: [class, {name: code, minzoom: 99}]}}}":                               `layer component: field code from zoom 99`,
		"tiles: {layers: {road: {simplify: -1}}}":                                                                  `layer road: simplified by -1 tile units`,
		"tiles: {layers: {road: {simplify: .nan}}}":                                                                `layer road: simplified by NaN`,
		"tiles: {layers: {road: {small_units: -3}}}":                                                               `layer road: a count prefix of 0 or small features of -3 units`,
		"tiles: {layers: {component: {hide: {init_date: [a]}}}}":                                                   `layer component: features are hidden by values of a text field; "init_date"`,
		"tiles: {layers: {lamps: {minzoom: 3}}}":                                                                   `no layer "lamps"; there are street, `,
		"tiles: {layers: {component: {fields: [colour]}}}":                                                         `layer component has no field "colour"`,
		"tiles: {layers: {component: {low: [{below: 12, as: heat, units: 64}]}}}":                                  `points below zoom 12 as "heat"; thin, cluster or density is wanted`,
		"tiles: {layers: {component: {low: [{below: 12, as: thin, units: 100}]}}}":                                 `squares of 100 units`,
		"tiles: {layers: {component: {low: [{below: 12, as: thin, units: 64}, {below: 9, as: thin, units: 64}]}}}": `rising zooms`,
		"tiles: {layers: {component: {minzoom: 30}}}":                                                              `zooms 30 to 18`,
		"tiles: {layers: {component: {size: 30}}}":                                                                 `field size not found`,
		"tiles: {warm: {maxzoom: 25}}":                                                                             `0 tiles up to zoom 25`,
		"tiles: {warm: {tiles: 0}}":                                                                                `tiles.warm: 0 tiles up to zoom 0: 1 to 1000000`,
		"tiles: {layers: {component: {count_by: code}}}":                                                           `counts by "code"`,
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v, want the file and %s", text, err, want)
		}
	}
}
