package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"wanmi/gis"
	"wanmi/grids"
)

// lineage is a line of the judge's file.
type lineage struct {
	From []string `json:"from"`
	To   []string `json:"to"`
	Why  string   `json:"why"`
}

// update divides the folder before and updates its cells to each of the folders after. It leaves before.geojson, and
// AFTER.geojson and AFTER.lineage.json of each, and tells how long each took and what the check found.
func update(before string, after []string, out, mode string) error {
	m, err := grids.ParseMode(mode)
	if err != nil {
		return err
	}
	ctx := context.Background()
	p, err := readPlace(before, "before")
	if err != nil {
		return err
	}
	d, err := grids.Build(ctx, p, grids.Options{Today: "2026-01-01"})
	if err != nil {
		return err
	}
	if err := writeCells(filepath.Join(out, "before.geojson"), p.back(d.Cells)); err != nil {
		return err
	}
	for _, dir := range after {
		p, err := readPlace(dir, filepath.Base(dir))
		if err != nil {
			return err
		}
		start := time.Now()
		n, err := grids.Build(ctx, p, grids.Options{Old: d.Cells, Mode: m, Today: "2026-11-22"})
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		seconds := time.Since(start).Seconds()
		if err := writeCells(filepath.Join(out, p.name+".geojson"), p.back(n.Cells)); err != nil {
			return err
		}
		lines := []lineage{}
		for _, l := range n.Lineage {
			lines = append(lines, lineage{[]string{string(l.From)}, []string{string(l.To)}, l.Why})
		}
		data, err := json.Marshal(lines)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, p.name+".lineage.json"), data, 0o644); err != nil {
			return err
		}
		found, _, err := grids.Check(ctx, p, each(n.Cells), nil)
		if err != nil {
			return err
		}
		hard := 0
		for _, f := range found {
			if f.Severity == gis.SeverityError {
				hard++
			}
		}
		if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"name": p.name, "seconds": seconds, "hard": hard, "update": n.Update}); err != nil {
			return err
		}
	}
	return nil
}
