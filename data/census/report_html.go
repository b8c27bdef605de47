package census

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"iter"
	"math"
	"path"
	"slices"

	"wanmi/gis"

	"github.com/paulmach/orb"
)

// The report page is one file: its script and style are written into it, and it asks for nothing outside.
var (
	//go:embed page/report.html
	reportPageText string
	//go:embed page/report.css
	reportStyle string
	//go:embed page/report.js
	reportScript string

	reportPage = template.Must(template.New("report").Funcs(template.FuncMap{
		"base": path.Base, "text": func(zh, en string) string { return zh + " / " + en },
	}).Parse(reportPageText))
)

// ReportScriptHash is the source expression for a Content-Security-Policy that lets the report's own script run, and no other.
func ReportScriptHash() string {
	h := sha256.Sum256([]byte(reportScript))
	return "'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'"
}

// backdrop is what the faults are drawn on: whole numbers of 1e-6 degrees, each vertex as the difference from the one before.
type backdrop struct {
	Origin [2]float64 `json:"origin"`
	Areas  [][]int32  `json:"areas"` // outlines of communities and streets
	Roads  [][]int32  `json:"roads"`
	Dots   []int32    `json:"dots"` // taken rows, some of them when there are many
}

// Most that a backdrop holds, so that a report stays a file one can mail.
const (
	backdropVertices = 120000
	backdropDots     = 12000
)

func (b *backdrop) steps(ps []orb.Point) []int32 {
	out := make([]int32, 0, 2*len(ps))
	var x, y int32
	for _, p := range ps {
		nx, ny := int32(math.Round((p[0]-b.Origin[0])*1e6)), int32(math.Round((p[1]-b.Origin[1])*1e6))
		if len(out) > 0 && nx == x && ny == y {
			continue
		}
		out = append(out, nx-x, ny-y)
		x, y = nx, ny
	}
	return out
}

// drawBackdrop keeps what the map of the report is drawn on: the city's areas and roads around the faults, and the taken rows.
func (r *run) drawBackdrop(ctx context.Context) error {
	if !r.ForReport || r.target == nil {
		return nil
	}
	b := &backdrop{}
	left := backdropVertices
	lines := func(seq iter.Seq2[gis.Feature, error], into *[][]int32) error {
		for f, err := range seq {
			if err != nil {
				return err
			}
			if f.Geom == nil {
				continue
			}
			parts := [][]orb.Point{}
			for _, l := range lineParts(f.Geom) {
				parts = append(parts, l)
			}
			for _, p := range polygonsOf(f.Geom) {
				for _, ring := range p {
					parts = append(parts, ring)
				}
			}
			for _, p := range parts {
				if left -= len(p); left < 0 {
					return nil
				}
				*into = append(*into, b.steps(p))
			}
		}
		return nil
	}
	origin := r.city.bound.Center()
	if !r.city.known && len(r.res.Faults) > 0 {
		origin = r.res.Faults[0].At
	}
	b.Origin = [2]float64{math.Round(origin[0]*100) / 100, math.Round(origin[1]*100) / 100}
	for _, x := range []struct {
		layer string
		into  *[][]int32
	}{{"community", &b.Areas}, {"street", &b.Areas}, {"road", &b.Roads}} {
		if x.layer == "street" && len(b.Areas) > 0 {
			continue
		}
		if err := lines(r.target.Features(ctx, x.layer, orb.Bound{}), x.into); err != nil {
			return gis.E(gis.KindOf(err), err, "census: reading layer %s for the report", x.layer)
		}
	}
	var dots []orb.Point
	spread := func(n int, at func(i int) orb.Point) {
		for i := 0; i < n; i += n/backdropDots + 1 {
			if p := at(i); p != (orb.Point{}) {
				dots = append(dots, p)
			}
		}
	}
	spread(r.comps.len(), func(i int) orb.Point { return r.comps.points[i] })
	for _, l := range sortedKeys(r.records) {
		spread(len(r.records[l]), func(i int) orb.Point { return r.records[l][i].at })
	}
	b.Dots = b.steps(dots)
	r.res.back = b
	return nil
}

// pageData is what the script of the report reads. Names are short, since there is one row a fault.
type pageData struct {
	Files   []string          `json:"files"`
	Rules   []Rule            `json:"rules"`
	Classes map[string]string `json:"classes"`
	Counts  [][6]any          `json:"counts"` // file, class, rule, severity, count, fixed
	Faults  [][]any           `json:"faults"` // see page/report.js
	More    int64             `json:"more"`
	Back    *backdrop         `json:"back,omitempty"`
}

// The bits of a fault's flags.
const (
	pageRefused = 1 << iota
	pageFixed
	pageWarning
	pageNote
)

func (r Result) pageData() pageData {
	d := pageData{Files: []string{}, Rules: []Rule{}, Classes: map[string]string{}, Counts: [][6]any{}, Faults: [][]any{}, More: r.MoreFaults, Back: r.back}
	about := ruleWords()
	files, rules := map[string]int{}, map[string]int{}
	file := func(name string) int {
		if _, ok := files[name]; !ok {
			files[name] = len(d.Files)
			d.Files = append(d.Files, name)
		}
		return files[name]
	}
	rule := func(id string) int {
		if _, ok := rules[id]; !ok {
			rules[id] = len(d.Rules)
			x, known := about[id]
			if !known { // of the division, for drawn unit grids
				x = Rule{ID: id, Severity: gis.SeverityWarning}
			}
			d.Rules = append(d.Rules, x)
		}
		return rules[id]
	}
	for _, c := range r.Counts() {
		d.Counts = append(d.Counts, [6]any{file(c.File), c.Class, rule(c.Rule), string(c.Severity), c.Count, c.Fixed})
		if c.Class != "" {
			d.Classes[c.Class] = r.classNames[c.Class]
		}
	}
	for _, f := range r.Faults {
		flags := 0
		for _, b := range []struct {
			on  bool
			bit int
		}{{f.Refused, pageRefused}, {f.Fixed, pageFixed}, {f.Severity == gis.SeverityWarning, pageWarning}, {f.Severity == gis.SeverityNote, pageNote}} {
			if b.on {
				flags |= b.bit
			}
		}
		d.Faults = append(d.Faults, []any{
			file(f.File), f.Row, f.Field, f.Value, rule(f.Rule), flags, f.Class, f.Key,
			math.Round(f.At[0]*1e7) / 1e7, math.Round(f.At[1]*1e7) / 1e7, f.Other, f.Fix, f.TextZh, f.Text,
		})
	}
	return d
}

func (r Result) reportHTML(w io.Writer) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b) // escapes <, > and &: nothing in a row can end the element it stands in
	if err := enc.Encode(r.pageData()); err != nil {
		return fmt.Errorf("census: writing the report: %w", err)
	}
	return reportPage.Execute(w, struct {
		Result
		Counts []RuleCount
		About  map[string]Rule
		Total  int64
		Style  template.CSS
		Script template.JS
		Data   template.JS
	}{
		r, r.byRule(), ruleWords(), int64(len(r.Faults)) + r.MoreFaults,
		template.CSS(reportStyle), template.JS(reportScript), template.JS(b.String()), //nolint:gosec // our own files, and JSON with <>& escaped
	})
}

// byRule adds the counts up by rule, for readers without a script.
func (r Result) byRule() []RuleCount {
	var out []RuleCount
	for _, c := range r.Counts() {
		i := slices.IndexFunc(out, func(o RuleCount) bool { return o.Rule == c.Rule && o.Severity == c.Severity })
		if i < 0 {
			out = append(out, RuleCount{Rule: c.Rule, Severity: c.Severity, Count: c.Count, Fixed: c.Fixed})
			continue
		}
		out[i].Count += c.Count
		out[i].Fixed += c.Fixed
	}
	return out
}
