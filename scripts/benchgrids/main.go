package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wanmi/gis"
	"wanmi/grids"
)

func main() {
	out := flag.String("out", ".", "folder for the results")
	names := flag.String("names", "", "names of the folders, separated by commas (default: their own)")
	presets := flag.String("presets", "balanced", "presets to divide with, the first is drawn; separated by commas")
	threads := flag.Int("threads", 0, "threads (0: as many as the machine has)")
	picture := flag.Bool("picture", true, "draw NAME.png")
	look := flag.Int("look", 0, "draw so many cells of each place at street level, too: NAME_look_CODE.png")
	seed := flag.Uint64("seed", 1, "chance by which those cells are chosen")
	mode := flag.String("update", "", "repair or refresh: divide the first folder and update its cells to each of the others")
	flag.Parse()
	if *mode != "" && flag.NArg() > 0 {
		if err := update(flag.Arg(0), flag.Args()[1:], *out, *mode); err != nil {
			fmt.Fprintf(os.Stderr, "benchgrids: %v\n", err)
			os.Exit(1)
		}
		return
	}
	called := strings.Split(*names, ",")
	if *names == "" {
		called = nil
		for _, dir := range flag.Args() {
			called = append(called, filepath.Base(filepath.Clean(dir)))
		}
	}
	if len(called) != flag.NArg() || len(slices.Compact(slices.Sorted(slices.Values(called)))) != len(called) {
		fmt.Fprintln(os.Stderr, "benchgrids: each folder needs a name of its own: -names")
		os.Exit(2)
	}
	for i, dir := range flag.Args() {
		if err := bench(dir, called[i], job{*out, strings.Split(*presets, ","), *threads, *picture, *look, *seed}); err != nil {
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
	Thin    int            `json:"thin"` // strips, from it, too
	Corners corners        `json:"corners"`
	Stats   grids.Stats    `json:"stats"`
}

// job is what to make of a folder.
type job struct {
	out     string
	presets []string
	threads int
	picture bool
	look    int
	seed    uint64
}

func bench(dir, name string, j job) error {
	p, err := readPlace(dir, name)
	if err != nil {
		return err
	}
	for i, preset := range j.presets {
		weights, err := grids.Preset(preset)
		if err != nil {
			return err
		}
		r := run{Name: p.name, Preset: preset, File: p.name + ".geojson", Hard: map[string]int{}}
		if i > 0 {
			r.File = p.name + "_" + preset + ".geojson"
		}
		start := time.Now()
		d, err := grids.Build(context.Background(), p, grids.Options{Threads: j.threads, Weights: weights})
		if err != nil {
			return err
		}
		r.Seconds, r.Stats, r.Corners = time.Since(start).Seconds(), d.Stats, countCorners(d.Cells)
		found, seen, err := grids.Check(context.Background(), p, each(d.Cells), nil)
		if err != nil {
			return err
		}
		r.Thin = seen.Thin
		for _, f := range found {
			if f.Severity == gis.SeverityError {
				r.Hard[f.Rule]++
			}
		}
		cells := p.back(d.Cells)
		if err := writeCells(filepath.Join(j.out, r.File), cells); err != nil {
			return err
		}
		if i == 0 && j.picture {
			if err := p.draw(filepath.Join(j.out, p.name+".png"), cells); err != nil {
				return err
			}
		}
		if i == 0 && j.look > 0 {
			if err := p.look(j.out, cells, j.look, j.seed); err != nil {
				return err
			}
		}
		if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
			return err
		}
	}
	return nil
}
