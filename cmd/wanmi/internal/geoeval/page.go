package geoeval

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

//go:embed page.html.tmpl
var pageText string

// maxMisses is how many wrong answers the page lists; the JSON has all.
const maxMisses = 500

// dot is a tenth of the scores in the plot: 300 units wide and high, right at the top.
type dot struct {
	X, Y, R float64
	Text    string
}

// WriteHTML writes the report as a page; mapURL is the address of the map the places link to, "" for the server's own.
func (r Report) WriteHTML(w io.Writer, title, mapURL string) error {
	base := cmp.Or(mapURL, "/")
	t, err := template.New("page").Funcs(template.FuncMap{
		"pct": percent,
		"m": func(v *float64) string {
			if v == nil {
				return "–"
			}
			return fmt.Sprintf("%.0f", *v)
		},
		"link": func(p orb.Point) string { return fmt.Sprintf("%s#18/%.6f/%.6f", base, p[1], p[0]) },
		"word": levelWord,
	}).Parse(pageText)
	if err != nil {
		return err
	}
	dots := make([]dot, 0, len(r.Calibration.Bins))
	for _, b := range r.Calibration.Bins {
		dots = append(dots, dot{
			X: 300 * b.Score, Y: 300 * (1 - b.Right), R: 3 + 12*math.Sqrt(float64(b.Cases)/float64(max(1, r.All.Placed))),
			Text: fmt.Sprintf("%.1f–%.1f: %d, score %.3f, right %.3f", b.From, b.To, b.Cases, b.Score, b.Right),
		})
	}
	r.Levels = slices.Clone(r.Levels)
	for i := range r.Levels {
		r.Levels[i].Name = strings.TrimSpace(levelWord(r.Levels[i].Name) + " " + r.Levels[i].Name)
	}
	misses := r.Misses[:min(len(r.Misses), maxMisses)]
	return t.Execute(w, struct {
		Report
		Title string
		Dots  []dot
		First []Miss
	}{r, title, dots, misses})
}

// WriteJSON writes the report, with all wrong answers.
func (r Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(r)
}

// percent writes a share, which may be a *float64, with a decimal.
func percent(v any) string {
	switch v := v.(type) {
	case float64:
		return fmt.Sprintf("%.1f %%", 100*v)
	case *float64:
		if v != nil {
			return percent(*v)
		}
	}
	return "–"
}

// levelWord is the Chinese word for what an answer claims to be.
func levelWord(level string) string {
	words := map[string]string{
		"": "未定位", "component": "部件", "grid": "单元网格", "coordinate": "坐标", "door": "门牌", "interpolated": "门牌（推算）", "poi": "兴趣点",
		"intersection": "路口", "offset": "方位距离", "between": "路段", "lane": "巷弄", "lane_mouth": "巷口", "road": "道路", "community": "社区", "street": "街道",
	}
	return cmp.Or(words[level], level)
}
