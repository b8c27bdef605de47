package division

import (
	"context"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data/census"
	"wanmi/gis"
	"wanmi/grids"
)

// Delivered is what an import of unit grids did, or in a dry run would do.
type Delivered struct {
	Void   int `json:"void"`   // cells that are void now
	Placed int `json:"placed"` // components and cases that changed their cell
	Hard   int `json:"hard"`   // findings of hard faults
}

// Settings say how drawn unit grids are repaired and judged.
type Settings struct {
	Tolerance float64 // m, see grids.AdoptOptions; 0: 1
	Rules     grids.Rules
	Now       time.Time
}

// Import imports a delivery, whatever its layer. Unit grids are repaired on the way in, see [Delivery]: the result holds the
// counts of what came of the rows and the findings, and Delivered is not nil. A store without communities takes
// them as they are, with a finding that says so.
func Import(ctx context.Context, t Target, opt census.Options, how Settings) (census.Result, *Delivered, error) {
	if opt.Layer != "unit_grid" {
		res, err := census.Import(ctx, t, opt)
		return res, nil, err
	}
	if any, err := hasCommunities(ctx, t); err != nil {
		return census.Result{}, nil, err
	} else if !any {
		res, err := census.Import(ctx, t, opt)
		res.AddFindings([]gis.Finding{{
			Rule: "adopt.unchecked", Severity: gis.SeverityWarning,
			Text:   "there are no communities in the database: the unit grids are taken as they are, unchecked",
			TextZh: "数据库中没有社区，单元网格未经检查，按原样采用",
		}})
		return res, nil, err
	}
	d := &Delivery{
		Target: t, Tolerance: how.Tolerance, Rules: how.Rules, DryRun: opt.DryRun, Partial: opt.Partial, Now: how.Now, Progress: opt.Progress,
	}
	opt.DryRun = false // the delivery sees to that: the cells have to be made to be judged
	res, err := census.Import(ctx, d, opt)
	res.DryRun = d.DryRun
	if d.Division == nil || err != nil {
		return res, nil, err
	}
	res.AddFindings(d.Division.Findings)
	s, sum := d.Summary, &res.Summary
	sum.Added, sum.Changed, sum.Unchanged, sum.Removed = int64(s.Added), int64(s.Changed), int64(s.Unchanged), int64(s.Void)
	done := &Delivered{Void: s.Void, Placed: s.Placed}
	for _, f := range res.Findings {
		if f.Severity == gis.SeverityError {
			done.Hard++
		}
	}
	return res, done, nil
}

func hasCommunities(ctx context.Context, src grids.Source) (bool, error) {
	for _, err := range src.Features(ctx, "community", orb.Bound{}) {
		if gis.KindOf(err) == gis.NotFound && err != nil {
			return false, nil
		}
		return err == nil, err
	}
	return false, nil
}
