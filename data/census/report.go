package census

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"path"
	"sort"
	"strings"

	"wanmi/gis"

	"github.com/paulmach/orb"
	"github.com/xuri/excelize/v2"
)

// reportPoint is where a rejected row or a finding lies.
type reportPoint struct {
	at  orb.Point
	bad bool
}

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
	if out.Files == nil {
		out.Files = []FileReport{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(out)
}

// ruleCount is one line of the report's overview.
type ruleCount struct {
	File, Rule, Kind, Text, TextZh string
	Count                          int
}

// counts tells how often each rule struck, by file.
func (r Result) counts() []ruleCount {
	m := map[string]*ruleCount{}
	add := func(file, rule, kind, text, zh string) {
		k := kind + "\x00" + file + "\x00" + rule
		if m[k] == nil {
			m[k] = &ruleCount{File: file, Rule: rule, Kind: kind, Text: text, TextZh: zh}
		}
		m[k].Count++
	}
	for _, x := range r.Rejected {
		add(path.Base(x.File), x.Rule, "rejected", x.Reason, x.ReasonZh)
	}
	for _, f := range r.Findings {
		file, text, _ := strings.Cut(f.Text, " row ")
		zhText := f.TextZh
		if _, rest, ok := strings.Cut(f.TextZh, "行："); ok {
			zhText = rest
		}
		if _, rest, ok := strings.Cut(text, ": "); ok {
			text = rest
		} else {
			file, text = f.Layer, f.Text
		}
		add(file, f.Rule, string(f.Severity), text, zhText)
	}
	out := make([]ruleCount, 0, len(m))
	for _, k := range sortedKeys(m) {
		out = append(out, *m[k])
	}
	sort.SliceStable(out, func(i, j int) bool {
		return out[i].Kind == "rejected" && out[j].Kind != "rejected"
	})
	return out
}

// AddFindings adds findings of others to the report and to its map.
func (r *Result) AddFindings(fs []gis.Finding) {
	r.Findings = append(r.Findings, fs...)
	for _, f := range fs {
		if f.At != (orb.Point{}) {
			r.points = append(r.points, reportPoint{f.At, f.Severity == gis.SeverityError})
		}
	}
}

func (r Result) reportHTML(w io.Writer) error {
	const most = 2000
	data := struct {
		Result
		Counts   []ruleCount
		Map      template.HTML
		More     int
		MoreFind int
	}{Result: r, Counts: r.counts(), Map: r.svg()}
	if len(r.Rejected) > most {
		data.More, data.Rejected = len(r.Rejected)-most, r.Rejected[:most]
	}
	if len(r.Findings) > most {
		data.Findings = firstOfEach(r.Findings, most/10)
		data.MoreFind = len(r.Findings) - len(data.Findings)
	}
	return reportPage.Execute(w, data)
}

// firstOfEach returns the first findings of each rule, n of each at most.
func firstOfEach(fs []gis.Finding, n int) []gis.Finding {
	var out []gis.Finding
	seen := map[string]int{}
	for _, f := range fs {
		if seen[f.Rule]++; seen[f.Rule] <= n {
			out = append(out, f)
		}
	}
	return out
}

// svg draws where the rejected rows (red) and the findings (amber) lie, north up, with a scale bar.
func (r Result) svg() template.HTML {
	if len(r.points) == 0 {
		return ""
	}
	b := orb.Bound{Min: r.points[0].at, Max: r.points[0].at}
	for _, p := range r.points {
		b = b.Extend(p.at)
	}
	lat := b.Center()[1] * math.Pi / 180
	const width, height, margin = 900.0, 520.0, 20.0
	w, h := max((b.Max[0]-b.Min[0])*math.Cos(lat), 1e-4), max(b.Max[1]-b.Min[1], 1e-4)
	scale := min((width-2*margin)/w, (height-2*margin)/h)
	x := func(p orb.Point) float64 { return margin + (p[0]-b.Min[0])*math.Cos(lat)*scale }
	y := func(p orb.Point) float64 { return height - margin - (p[1]-b.Min[1])*scale }
	var s strings.Builder
	fmt.Fprintf(&s, `<svg viewBox="0 0 %.0f %.0f" role="img" aria-label="map"><rect width="100%%" height="100%%" class="bg"/>`, width, height)
	for _, pass := range []bool{false, true} {
		for i, p := range r.points {
			if p.bad == pass && i < 20000 {
				fmt.Fprintf(&s, `<circle cx="%.1f" cy="%.1f" r="%s" class="%s"/>`, x(p.at), y(p.at), map[bool]string{true: "4", false: "2.5"}[pass], map[bool]string{true: "bad", false: "find"}[pass])
			}
		}
	}
	perMetre := scale / 111320
	bar := math.Pow(10, math.Floor(math.Log10(200/perMetre)))
	for bar*perMetre < 80 {
		bar *= 2
	}
	label := fmt.Sprintf("%.0f m", bar)
	if bar >= 1000 {
		label = fmt.Sprintf("%g km", bar/1000)
	}
	fmt.Fprintf(&s, `<path class="bar" d="M%.1f %.1fv6h%.1fv-6"/><text x="%.1f" y="%.1f">%s</text></svg>`, margin, height-14, bar*perMetre, margin+bar*perMetre+6, height-8, label)
	return template.HTML(s.String()) //nolint:gosec // numbers of our own only
}

func (r Result) reportXLSX(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	sheet := func(name string, widths []float64, rows func(add func(...any))) error {
		if _, err := f.NewSheet(name); err != nil {
			return err
		}
		sw, err := f.NewStreamWriter(name)
		if err != nil {
			return err
		}
		for i, wd := range widths {
			if err := sw.SetColWidth(i+1, i+1, wd); err != nil {
				return err
			}
		}
		n := 0
		var failed error
		rows(func(cells ...any) {
			n++
			if failed == nil && n <= excelize.TotalRows {
				failed = sw.SetRow(fmt.Sprintf("A%d", n), cells)
			}
		})
		if failed != nil {
			return failed
		}
		return sw.Flush()
	}
	steps := []func() error{
		func() error {
			return sheet("summary 概要", []float64{24, 60}, func(add func(...any)) {
				s := r.Summary
				add("layer 图层", r.Batch.Layer)
				add("source 来源", r.Batch.Source)
				add("dry run 试运行", r.DryRun)
				for _, x := range []struct {
					k string
					v int64
				}{{"added 新增", s.Added}, {"moved 移位", s.Moved}, {"changed 变更", s.Changed}, {"removed 移除", s.Removed}, {"unchanged 未变", s.Unchanged}, {"rejected 拒收", s.Rejected}} {
					add(x.k, x.v)
				}
				for _, x := range r.Files {
					add(x.File, fmt.Sprintf("rows %d, taken %d, rejected %d, %s %s", x.Rows, x.Taken, x.Rejected, x.CRS, x.Class))
					for _, m := range x.Remarks {
						add("", m)
					}
				}
			})
		},
		func() error {
			return sheet("rules 规则", []float64{30, 12, 26, 10, 60, 40}, func(add func(...any)) {
				add("file 文件", "kind 类别", "rule 规则", "count 数量", "text 说明", "说明")
				for _, c := range r.counts() {
					add(c.File, c.Kind, c.Rule, c.Count, c.Text, c.TextZh)
				}
			})
		},
		func() error {
			return sheet("rejected 拒收", []float64{40, 8, 20, 30, 24, 60, 40, 60}, func(add func(...any)) {
				add("file 文件", "row 行", "field 字段", "value 值", "rule 规则", "reason 原因", "原因", "raw 原始行")
				for _, x := range r.Rejected {
					add(x.File, x.Row, x.Field, x.Value, x.Rule, x.Reason, x.ReasonZh, clip(x.Raw, 30000))
				}
			})
		},
		func() error {
			return sheet("findings 提示", []float64{24, 12, 12, 24, 14, 14, 60, 40}, func(add func(...any)) {
				add("rule 规则", "severity 级别", "layer 图层", "key 编码", "longitude 经度", "latitude 纬度", "text 说明", "说明")
				for _, x := range r.Findings {
					add(x.Rule, string(x.Severity), x.Layer, x.Key, x.At[0], x.At[1], x.Text, x.TextZh)
				}
			})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("census: writing the report: %w", err)
		}
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		return fmt.Errorf("census: writing the report: %w", err)
	}
	return f.Write(w)
}
