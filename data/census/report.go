package census

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"wanmi/gis"
)

func (r Result) writeReport(w io.Writer, format string) error {
	switch strings.ToLower(strings.TrimPrefix(format, ".")) {
	case "json":
		return r.reportJSON(w)
	case "xlsx":
		return r.reportXLSX(w)
	case "html", "htm":
		return r.reportHTML(w)
	}
	return gis.E(gis.Invalid, nil, "no report format %q; there are html, json and xlsx", format)
}

// jsonReport is the report for machines; names are stable.
type jsonReport struct {
	Batch      int64          `json:"batch,omitempty"`
	Layer      string         `json:"layer"`
	Source     string         `json:"source"`
	DryRun     bool           `json:"dry_run"`
	Summary    Summary        `json:"summary"`
	Generation gis.Generation `json:"generation,omitempty"`
	Files      []FileReport   `json:"files"`
	Profiles   []jsonProfile  `json:"profiles"`
	Counts     []RuleCount    `json:"counts"`      // exact, whatever is listed below
	Faults     []Fault        `json:"faults"`      // every fault with its row, the refused rows among them
	MoreFaults int64          `json:"more_faults"` // counted, not listed
	Rejected   []jsonRejected `json:"rejected"`
	Findings   []gis.Finding  `json:"findings"`
	Dropped    int64          `json:"dropped,omitempty"`
}

type jsonProfile struct {
	File string `json:"file"`
	YAML string `json:"yaml"`
}

type jsonRejected struct {
	File     string          `json:"file"`
	Row      int64           `json:"row"`
	Field    string          `json:"field"`
	Value    string          `json:"value"`
	Rule     string          `json:"rule"`
	Reason   string          `json:"reason"`
	ReasonZh string          `json:"reason_zh"`
	Raw      json.RawMessage `json:"raw,omitempty"`
}

func (r Result) reportJSON(w io.Writer) error {
	out := jsonReport{
		Batch: r.Batch.ID, Layer: r.Batch.Layer, Source: r.Batch.Source, DryRun: r.DryRun, Summary: r.Summary, Generation: r.Generation,
		Files: r.Files, Profiles: []jsonProfile{}, Rejected: []jsonRejected{}, Findings: r.Findings, Dropped: r.Dropped,
		Counts: r.Counts(), Faults: r.Faults, MoreFaults: r.MoreFaults,
	}
	for _, p := range r.Profiles {
		out.Profiles = append(out.Profiles, jsonProfile{p.File, p.Profile.YAML()})
	}
	for _, x := range r.Rejected {
		j := jsonRejected{File: x.File, Row: x.Row, Field: x.Field, Value: x.Value, Rule: x.Rule, Reason: x.Reason, ReasonZh: x.ReasonZh}
		if json.Valid([]byte(x.Raw)) {
			j.Raw = json.RawMessage(x.Raw)
		}
		out.Rejected = append(out.Rejected, j)
	}
	if out.Findings == nil {
		out.Findings = []gis.Finding{}
	}
	if out.Faults == nil {
		out.Faults = []Fault{}
	}
	if out.Files == nil {
		out.Files = []FileReport{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(out)
}

// Counts tells how often each rule struck, by file and class: the gravest first, then the commonest.
func (r Result) Counts() []RuleCount {
	rank := map[gis.Severity]int{gis.SeverityError: 0, gis.SeverityWarning: 1, gis.SeverityNote: 2}
	out := make([]RuleCount, 0, len(r.tally))
	for _, c := range r.tally {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b RuleCount) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), cmp.Compare(b.Count, a.Count),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Class, b.Class))
	})
	return out
}

// RenameFiles gives the files of a result other names, as an upload's without its folder.
func (r *Result) RenameFiles(name func(string) string) {
	for i := range r.Files {
		r.Files[i].File = name(r.Files[i].File)
	}
	for i := range r.Profiles {
		r.Profiles[i].File = name(r.Profiles[i].File)
	}
	for i := range r.Rejected {
		r.Rejected[i].File = name(r.Rejected[i].File)
	}
	for i := range r.Faults {
		r.Faults[i].File = name(r.Faults[i].File)
	}
	for _, c := range r.tally {
		c.File = name(c.File)
	}
}

// AddFindings adds findings of others to the report and to its map.
func (r *Result) AddFindings(fs []gis.Finding) {
	r.Findings = append(r.Findings, fs...)
	for _, f := range fs {
		r.book(Fault{Rule: f.Rule, Severity: f.Severity, Layer: f.Layer, Key: f.Key, At: f.At, Measure: f.Measure, Text: f.Text, TextZh: f.TextZh})
	}
}
