package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/paulmach/orb"
	"gopkg.in/yaml.v3"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/data/catalog"
	"wanmi/geocode"
	"wanmi/gis"
	"wanmi/grids"
)

// config is the file of `wanmi serve --config` and of `wanmi grid build --config`. A flag given on the command line wins.
type config struct {
	Addr       string                `yaml:"addr"`        // 127.0.0.1:8080
	Public     *bool                 `yaml:"public"`      // reading needs no key; default true
	BasePath   string                `yaml:"base_path"`   // the path a proxy mounts the server under
	TrustProxy bool                  `yaml:"trust_proxy"` // believe X-Forwarded-*
	Staging    string                `yaml:"staging"`     // the folder deliveries wait in
	Admin      []string              `yaml:"admin"`       // province, prefecture, county as addresses begin with
	Synonyms   map[string][]string   `yaml:"synonyms"`    // word -> component class codes, beside the built-in ones
	Matters    map[string][]string   `yaml:"matters"`     // word -> matter codes of GB/T 47678.5-2026, beside the built-in ones
	Title      string                `yaml:"title"`       // the city's name on the page
	Attrib     string                `yaml:"attribution"` // whose data it is, on the page
	Examples   []string              `yaml:"examples"`    // reports the page offers to try
	Fonts      string                `yaml:"fonts"`       // a folder of glyph ranges, FONT/0-255.pbf, for clients that need them
	Presets    map[string]presetConf `yaml:"presets"`     // weights of the division by name, beside the built-in ones

	Land        map[string]grids.Limits `yaml:"land"`         // areas of cells on water, park, farm, forest, bare ground
	Compound    grids.Compound          `yaml:"compound"`     // whole or split
	CompoundMax float64                 `yaml:"compound_max"` // m² up to which compounds are kept whole

	Tiles    tilesConf         `yaml:"tiles"`    // what stands in the tiles of the layers
	Archives map[string]string `yaml:"archives"` // name -> file or http(s) address of an archive served beside the layers

	synthetic bool             // the demo: the page says that the city is made up
	importer  httpapi.Importer // nil: the server runs imports itself
	file      string           // it was read from
	db        string           // the store
}

// about is what the page is told of the city beside its layers.
func (c config) about() map[string]any {
	m := map[string]any{}
	for k, v := range map[string]string{"title": c.Title, "attribution": c.Attrib} {
		if v != "" {
			m[k] = v
		}
	}
	if len(c.Examples) > 0 {
		m["examples"] = c.Examples
	}
	if c.synthetic {
		m["synthetic"] = true
	}
	return m
}

func readConfig(file string) (config, error) {
	c := config{file: file}
	if file == "" {
		return c, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return c, gis.E(gis.Invalid, err, "cannot read the configuration %s", file)
	}
	defer f.Close()
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil {
		return c, gis.E(gis.Invalid, nil, "configuration %s: %v", file, err)
	}
	if _, err := c.presets(); err != nil {
		return c, gis.E(gis.Invalid, nil, "configuration %s: %v", file, err)
	}
	if _, err := c.Tiles.config(); err != nil {
		return c, gis.E(gis.Invalid, nil, "configuration %s: %v", file, err)
	}
	if _, err := c.Tiles.Postgres.specs(""); err != nil {
		return c, gis.E(gis.Invalid, nil, "configuration %s: %v", file, err)
	}
	if _, err := c.matters(); err != nil {
		return c, gis.E(gis.Invalid, nil, "configuration %s: %v", file, err)
	}
	return c, nil
}

// matters returns the city's own words for matters, then the built-in ones.
func (c config) matters() ([]geocode.MatterWord, error) {
	var out []geocode.MatterWord
	for _, w := range slices.Sorted(maps.Keys(c.Matters)) {
		if err := geocode.CheckMatterWord(w); err != nil {
			return nil, fmt.Errorf("matters: %q: %w", w, err)
		}
		if len(c.Matters[w]) == 0 {
			return nil, fmt.Errorf("matters: %q: name the class, as [\"06010\"]", w)
		}
		for _, code := range c.Matters[w] {
			if _, ok := catalog.Matter(code); !ok {
				return nil, fmt.Errorf("matters: %q: there is no matter class %q in %s; a code has five digits and stands in quotes, as \"06010\"", w, code, catalog.GB47678)
			}
		}
		out = append(out, geocode.MatterWord{Word: w, Codes: c.Matters[w]})
	}
	for _, w := range catalog.MatterWords() {
		out = append(out, geocode.MatterWord(w))
	}
	return out, nil
}

// cityConfig gives the geocoder the standards' class names, the words people use
// for them, and the names of the areas above the city.
func cityConfig(ctx context.Context, src grids.Source, c config) (city.Config, error) {
	words := map[string][]string{}
	for w, codes := range catalog.Synonyms() {
		words[w] = codes
	}
	for w, codes := range c.Synonyms {
		words[w] = codes
	}
	names := map[string]string{}
	for _, ed := range []string{catalog.CJT214, catalog.GB47678} {
		for _, cl := range catalog.Classes(ed) {
			names[cl.Code] = cl.Zh
		}
	}
	admin := c.Admin
	if len(admin) == 0 {
		seen := map[string]bool{}
		for f, err := range src.Features(ctx, "street", orb.Bound{}) {
			if err != nil {
				return city.Config{}, err
			}
			if n := f.Text("county_name"); n != "" && !seen[n] {
				seen[n] = true
				admin = append(admin, n)
			}
		}
	}
	matters, err := c.matters()
	if err != nil {
		return city.Config{}, err
	}
	matterNames := map[string]string{}
	for _, m := range catalog.Matters(catalog.GB47678) {
		matterNames[m.Code] = m.Zh
	}
	return city.Config{Geocode: geocode.Config{Synonyms: words, ClassNames: names, Matters: matters, MatterNames: matterNames, Admin: admin}}, nil
}

// loadCity reads the whole city; without tiles for commands that draw nothing.
func (a *app) loadCity(ctx context.Context, st city.Store, c config, noTiles bool) (*city.Live, error) {
	cfg, err := cityConfig(ctx, st, c)
	if err != nil {
		return nil, err
	}
	cfg.NoTiles, cfg.Aside = noTiles, aside
	if cfg.Tiles, err = c.Tiles.config(); err != nil {
		return nil, err
	}
	p, end := a.progress()
	defer end()
	return city.Load(ctx, st, cfg, p)
}

var errNoText = errors.New("give a text, or --batch IN.csv --out OUT.csv, or '-' to read texts from the standard input, one a line")
