package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// tellFindings prints the findings, the gravest first; of more than most a line for each kind, how often it is there, and
// the largest few of it. whole says where all of them are to be had.
func (a *app) tellFindings(fs []gis.Finding, most int, whole string) {
	rank := map[gis.Severity]int{gis.SeverityError: 0, gis.SeverityWarning: 1, gis.SeverityNote: 2}
	fs = slices.Clone(fs)
	slices.SortStableFunc(fs, func(x, y gis.Finding) int { return cmp.Compare(rank[x.Severity], rank[y.Severity]) })
	if len(fs) <= most {
		for _, f := range fs {
			a.say("%s %s%s: %s", f.Severity, f.Rule, whereOf(f), f.Text)
		}
		return
	}
	const few = 3
	for _, kind := range byKind(fs) {
		if len(kind) == 1 {
			a.say("%s %s%s: %s", kind[0].Severity, kind[0].Rule, whereOf(kind[0]), kind[0].Text)
			continue
		}
		first := "the first"
		switch {
		case strings.HasSuffix(kind[0].Rule, "_below"), strings.HasSuffix(kind[0].Rule, ".thin"): // the less, the worse
			first = "the smallest"
			slices.SortStableFunc(kind, func(x, y gis.Finding) int { return cmp.Compare(x.Measure, y.Measure) })
		case kind[0].Measure != 0:
			first = "the largest"
			slices.SortStableFunc(kind, func(x, y gis.Finding) int { return cmp.Compare(math.Abs(y.Measure), math.Abs(x.Measure)) })
		}
		if len(kind) <= few {
			first = "all"
		}
		a.say("%s %s, %d times, %s:", kind[0].Severity, kind[0].Rule, len(kind), first)
		for _, f := range kind[:min(few, len(kind))] {
			a.say("   %s: %s", whereOf(f), f.Text)
		}
	}
	a.say("%d findings in all; %s", len(fs), whole)
}

// byKind parts sorted findings by severity and rule, the commonest kinds of each severity first.
func byKind(fs []gis.Finding) [][]gis.Finding {
	var out [][]gis.Finding
	at := map[string]int{}
	for _, f := range fs {
		k := string(f.Severity) + " " + f.Rule
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], f)
	}
	slices.SortStableFunc(out, func(x, y []gis.Finding) int {
		if x[0].Severity != y[0].Severity {
			return 0
		}
		return cmp.Compare(len(y), len(x))
	})
	return out
}

// whereOf is the key and the place of a finding, where it has them.
func whereOf(f gis.Finding) string {
	s := ""
	if f.Key != "" {
		s = " " + f.Key
	}
	if f.At != (orb.Point{}) {
		s += fmt.Sprintf(" at %.6f,%.6f", f.At[0], f.At[1])
	}
	return s
}
