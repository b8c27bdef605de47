package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"wanmi/gis"
	"wanmi/grids"
)

func main() {
	out := flag.String("out", ".", "folder for the results")
	presets := flag.String("presets", "balanced", "presets to divide with, the first is drawn; separated by commas")
	threads := flag.Int("threads", 0, "threads (0: as many as the machine has)")
	picture := flag.Bool("picture", true, "draw NAME.png")
	flag.Parse()
	for _, dir := range flag.Args() {
		if err := bench(dir, *out, strings.Split(*presets, ","), *threads, *picture); err != nil {
			fmt.Fprintf(os.Stderr, "benchgrids: %s: %v\n", dir, err)
			os.Exit(1)
		}
	}
}

// run is what is said of one division.
type run struct {
	Name    string         `json:"name"`
	Preset  string         `json:"preset"`
	File    string         `json:"file"`
	Seconds float64        `json:"seconds"`
	Hard    map[string]int `json:"hard"` // breaches of hard rules by rule, from grids.Check
	Stats   grids.Stats    `json:"stats"`
}

func bench(dir, out string, presets []string, threads int, picture bool) error {
	p, err := readPlace(dir)
	if err != nil {
		return err
	}
	for i, preset := range presets {
		weights, err := grids.Preset(preset)
		if err != nil {
			return err
		}
		r := run{Name: p.name, Preset: preset, File: p.name + ".geojson", Hard: map[string]int{}}
		if i > 0 {
			r.File = p.name + "_" + preset + ".geojson"
		}
		start := time.Now()
		d, err := grids.Build(context.Background(), p, grids.Options{Threads: threads, Weights: weights})
		if err != nil {
			return err
		}
		r.Seconds, r.Stats = time.Since(start).Seconds(), d.Stats
		found, _, err := grids.Check(context.Background(), p, each(d.Cells), nil)
		if err != nil {
			return err
		}
		for _, f := range found {
			if f.Severity == gis.SeverityError {
				r.Hard[f.Rule]++
			}
		}
		cells := p.back(d.Cells)
		if err := writeCells(filepath.Join(out, r.File), cells); err != nil {
			return err
		}
		if i == 0 && picture {
			if err := p.draw(filepath.Join(out, p.name+".png"), cells); err != nil {
				return err
			}
		}
		if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
			return err
		}
	}
	return nil
}
