package division

import (
	"context"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/grids"
)

// CheckChanged has an update checked and adds the breaches of hard rules at cells that it made or changed to its findings.
// Faults of cells that were not touched are no matter of an update.
func CheckChanged(ctx context.Context, src grids.Source, old []grids.Cell, div *grids.Division) error {
	was := map[grids.Code]orb.Polygon{}
	for _, c := range old {
		was[c.Code] = c.Polygon
	}
	changed := map[string]bool{}
	var boxes []orb.Bound
	for _, c := range div.Cells {
		if p, ok := was[c.Code]; c.Status != grids.Void && !(ok && orb.Equal(p, c.Polygon)) {
			changed[string(c.Code)] = true
			boxes = append(boxes, c.Polygon.Bound())
		}
	}
	found, _, err := grids.Check(ctx, src, grids.Cells(div.Cells), nil)
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.Severity != gis.SeverityError {
			continue
		}
		mine := changed[f.Key]
		for _, b := range boxes {
			mine = mine || f.Rule == "grid.building_cut" && b.Contains(f.At)
		}
		if mine {
			div.Findings = append(div.Findings, f)
			div.Stats.Errors++
		}
	}
	return nil
}
