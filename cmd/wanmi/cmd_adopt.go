package main

import (
	"context"
	"errors"
	"os"

	"wanmi/cmd/wanmi/internal/division"
	"wanmi/data/census"
	"wanmi/gis"
)

// adoptResult is the line of JSON that an import of unit grids ends with.
type adoptResult struct {
	Added     int64 `json:"added"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
	Rejected  int64 `json:"rejected"`
	Findings  int   `json:"findings"`
	division.Delivered
}

// importLayer runs one import, prints what was guessed and what came of it, and writes the report.
func (a *app) importLayer(ctx context.Context, st store, opt census.Options, f importFlags) error {
	conf, err := readConfig(f.config)
	if err != nil {
		return err
	}
	p, end := a.progress()
	opt.Progress = p
	res, cells, err := division.Import(ctx, st, opt, division.Settings{Tolerance: f.tolerance, Rules: conf.rules(), Now: a.now()})
	end()
	if f.report != "" && (err == nil || gis.KindOf(err) == gis.Rejected) {
		err = errors.Join(err, writeFileAtomic(f.report, func(w *os.File) error { return res.WriteReport(w, reportFormat(f.report)) }))
	}
	a.tellImport(res)
	if err != nil {
		return err
	}
	verb := "imported"
	if opt.DryRun {
		verb = "dry run, nothing written"
	}
	if opt.Layer == "unit_grid" {
		a.tellFindings(res.Findings, 30, "--report FILE.html, .json or .xlsx lists them with their places")
	}
	s := res.Summary
	if cells == nil {
		return a.result(s, "%s %s: %d added, %d moved, %d changed, %d removed, %d unchanged, %d rejected",
			opt.Layer, verb, s.Added, s.Moved, s.Changed, s.Removed, s.Unchanged, s.Rejected)
	}
	sum := adoptResult{Added: s.Added, Changed: s.Changed, Unchanged: s.Unchanged, Rejected: s.Rejected, Findings: len(res.Findings), Delivered: *cells}
	return a.result(sum, "unit_grid %s: %d added, %d changed, %d unchanged, %d void, %d rows rejected; %d hard faults and %d findings in all; %d components and cases placed anew",
		verb, sum.Added, sum.Changed, sum.Unchanged, sum.Void, sum.Rejected, sum.Hard, sum.Findings, sum.Placed)
}
