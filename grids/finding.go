package grids

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// finding makes a finding of the layer unit_grid; en and zh are formats over the same args.
func finding(rule string, sev gis.Severity, key string, at orb.Point, measure float64, en, zh string, args ...any) gis.Finding {
	return gis.Finding{
		Rule: rule, Severity: sev, Layer: "unit_grid", Key: key, At: at, Measure: measure,
		Text: fmt.Sprintf(en, args...), TextZh: fmt.Sprintf(zh, args...),
	}
}

// sortFindings orders errors before warnings before notes, then by rule, key, place and text.
func sortFindings(l []gis.Finding) {
	rank := map[gis.Severity]int{gis.SeverityError: 0, gis.SeverityWarning: 1, gis.SeverityNote: 2}
	slices.SortFunc(l, func(a, b gis.Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Key, b.Key),
			cmp.Compare(a.At[0], b.At[0]), cmp.Compare(a.At[1], b.At[1]), cmp.Compare(a.Text, b.Text))
	})
}
