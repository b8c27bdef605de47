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
	Added     int   `json:"added"`
	Changed   int   `json:"changed"`
	Unchanged int   `json:"unchanged"`
	Void      int   `json:"void"`
	Rejected  int64 `json:"rejected"`
	Placed    int   `json:"placed"`
	Findings  int   `json:"findings"`
	Hard      int   `json:"hard"`
}

// importGrids takes unit grids drawn by hand: the census reads the files, the division repairs what they hold.
func (a *app) importGrids(ctx context.Context, st store, opt census.Options, f importFlags) error {
	p, end := a.progress()
	opt.Progress = p
	d := &division.Delivery{Target: st, Tolerance: f.tolerance, DryRun: opt.DryRun, Partial: opt.Partial, Now: a.now(), Progress: p}
	opt.DryRun = false // the delivery sees to that: the cells have to be made to be judged
	res, err := census.Import(ctx, d, opt)
	end()
	res.DryRun = d.DryRun
	sum := adoptResult{Rejected: res.Summary.Rejected}
	if d.Division != nil {
		res.AddFindings(d.Division.Findings)
		s := d.Summary
		sum.Added, sum.Changed, sum.Unchanged, sum.Void, sum.Placed = s.Added, s.Changed, s.Unchanged, s.Void, s.Placed
		sum.Findings, sum.Hard = len(res.Findings), hardCount(res.Findings)
		res.Summary.Added, res.Summary.Changed, res.Summary.Unchanged, res.Summary.Removed = int64(s.Added), int64(s.Changed), int64(s.Unchanged), int64(s.Void)
	}
	if f.report != "" && (err == nil || gis.KindOf(err) == gis.Rejected) {
		err = errors.Join(err, writeFileAtomic(f.report, func(w *os.File) error { return res.WriteReport(w, reportFormat(f.report)) }))
	}
	a.tellImport(res)
	if err != nil {
		return err
	}
	a.tellFindings(res.Findings, 30, "--report FILE.html, .json or .xlsx lists them with their places")
	verb := "imported"
	if d.DryRun {
		verb = "dry run, nothing written"
	}
	return a.result(sum, "unit_grid %s: %d added, %d changed, %d unchanged, %d void, %d rows rejected; %d hard faults and %d findings in all; %d components and cases placed anew",
		verb, sum.Added, sum.Changed, sum.Unchanged, sum.Void, sum.Rejected, sum.Hard, sum.Findings, sum.Placed)
}
