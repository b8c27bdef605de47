package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/paulmach/orb"
	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/geoeval"
	"wanmi/gis"
)

type evalFlags struct {
	geocodeFlags
	report, mapURL string
	within         float64
}

// cmdGeocodeEval judges the geocoder by a city's own labelled texts.
func (a *app) cmdGeocodeEval() *cobra.Command {
	var f evalFlags
	c := &cobra.Command{
		Use:   "eval FILE.csv",
		Short: "judge the geocoder by texts whose place is known: distances, cells, departments, calibration of the score",
		Long: `Locates each text of a CSV file and compares the answer with the true place of its row. Columns are found by their headings:
text (text, 文本, 描述, 地址 ...), lon and lat (经度, 纬度, lng, x, y), and where they are there: dataset or kind (the set a row belongs to), grid
(15 digits), department_code or department, component_code or component
(code or the survey team's own id), matter (事件; code or name of what is wrong).

Prints the share within 20, 50 and 100 m, median and 95th percentile, recall, right cells, departments, matters and components, how many lie within uncertainty_m, and how well the score
is calibrated: of the answers scored 0.9, 90 of a hundred should be right. --report writes a page with plots and the wrong answers, linked into the
map, --out the same as JSON.`,
		Example: `  wanmi geocode eval --db city.gpkg 样本.csv --report 评测.html --out 评测.json
  wanmi geocode eval --db city.gpkg 样本.csv --within 50 --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f.batch = args[0]
			return a.withStore(c.Context(), f.db, mustExist, func(st store) error { return a.geocodeEval(c.Context(), st, f) })
		},
	}
	fl := c.Flags()
	a.dbFlagVar(c, &f.db, dbUsage)
	fl.StringVar(&f.report, "report", "", "write the report as a page (HTML) to this file")
	fl.StringVar(&f.out, "out", "", "write the report as JSON to this file")
	fl.StringVar(&f.mapURL, "map", "", "address of the map the page links to (default: that of the server it lies on)")
	fl.Float64Var(&f.within, "within", 100, "an answer so near the true place, in metres, is right")
	fl.StringVar(&f.column, "column", "", "the column with the texts (default: found by its heading and values)")
	fl.StringVar(&f.encoding, "encoding", "", "text encoding of the CSV, as gbk (default: guessed)")
	fl.StringVar(&f.config, "config", "", "the server's configuration file, for its synonyms and names")
	return c
}

func (a *app) geocodeEval(ctx context.Context, st store, f evalFlags) error {
	if !(f.within > 0 && f.within <= 1e5) {
		return gis.E(gis.Invalid, nil, "--within must be over 0 and at most 100000 metres")
	}
	cases, err := readCases(f.batch, f.encoding, f.column)
	if err != nil {
		return err
	}
	if err := ownIDs(ctx, st, cases); err != nil {
		return err
	}
	v, err := a.viewOf(ctx, st, f.config, asked{})
	if err != nil {
		return err
	}
	outcomes, err := a.judgeAll(ctx, v, cases)
	if err != nil {
		return err
	}
	r := geoeval.NewReport(outcomes, f.within)
	if f.report != "" {
		title := filepath.Base(f.batch)
		if err := writeFileAtomic(f.report, func(w *os.File) error { return r.WriteHTML(w, title, f.mapURL) }); err != nil {
			return err
		}
	}
	if f.out != "" {
		if err := writeFileAtomic(f.out, func(w *os.File) error { return r.WriteJSON(w) }); err != nil {
			return err
		}
	}
	short := r
	short.Misses = nil
	m := r.All
	matters := ""
	if m.Matter != nil {
		matters = fmt.Sprintf("; right matter %.1f %%", 100**m.Matter)
	}
	return a.result(short, "%d texts, %d placed: within 20 m %.1f %%, 50 m %.1f %%, 100 m %.1f %%; %.1f %% within uncertainty_m (median %.0f m); calibration error %.3f; %d wrong by over %.0f m or not placed%s",
		m.Cases, m.Placed, 100*m.Within20, 100*m.Within50, 100*m.Within100, 100*orZero(m.WithinUncertainty), orZero(m.UncertaintyM), r.Calibration.Error, len(r.Misses), f.within, matters)
}

// orZero is what v points at, 0 for what no case could show.
func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// ownIDs turns components named by the survey team's own id into codes.
func ownIDs(ctx context.Context, st store, cases []geoeval.Case) error {
	codes := map[string]string{}
	for _, c := range cases {
		if c.Component != "" {
			codes[c.Component] = ""
		}
	}
	if len(codes) == 0 {
		return nil
	}
	for f, err := range st.Features(ctx, "component", orb.Bound{}) {
		if err != nil {
			return err
		}
		if id := f.Text("delivered_id"); id != "" {
			if _, asked := codes[id]; asked {
				codes[id] = f.Key
			}
		}
	}
	for i := range cases {
		cases[i].Component = cmp.Or(codes[cases[i].Component], cases[i].Component)
	}
	return nil
}

// judgeAll locates the cases on every core.
func (a *app) judgeAll(ctx context.Context, v *city.View, cases []geoeval.Case) ([]geoeval.Outcome, error) {
	p, end := a.progress()
	defer end()
	out := make([]geoeval.Outcome, len(cases))
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(cases); i += workers {
				c := cases[i]
				loc, err := v.Locate(ctx, city.LocateQuery{Text: c.Text})
				if err != nil && gis.KindOf(err) != gis.Invalid { // a text that is refused is one that is not placed
					errs[w] = err
					return
				}
				grid := ""
				if g := v.GridAt(c.Point); g != nil {
					grid = g.Code
				}
				out[i] = geoeval.Judge(c, loc, grid)
				if w == 0 && i%1024 == 0 {
					p.Tell("geocoding", int64(i), int64(len(cases)))
				}
			}
		})
	}
	wg.Wait()
	return out, errors.Join(errs...)
}

// caseColumns are the headings of what a case holds beside its text, the first that is there being taken.
var caseColumns = [7][]string{
	{"lon", "lng", "longitude", "经度", "x"},
	{"lat", "latitude", "纬度", "y"},
	{"dataset", "set", "kind", "来源", "类型"},
	{"grid", "grid_code", "网格", "单元网格"},
	{"department_code", "department", "部门代码", "责任部门", "部门"},
	{"component_code", "component", "部件标识码", "部件"},
	{"matter_code", "matter", "事件代码", "事件", "事项", "事件小类", "event"},
}

// readCases reads labelled texts. A row without text or place is an error that names it: a share over rows that were left out would be a lie.
func readCases(file, encoding, column string) ([]geoeval.Case, error) {
	t, err := readTable(file, encoding)
	if err != nil {
		return nil, err
	}
	text, err := t.textColumn(column)
	if err != nil {
		return nil, err
	}
	var at [7]int
	for i, words := range caseColumns {
		at[i] = t.column(words)
	}
	if at[0] < 0 || at[1] < 0 {
		return nil, gis.E(gis.Invalid, nil, "%s: the true places are wanted in columns named lon and lat (or 经度 and 纬度); the columns are %s", file, strings.Join(t.columns, ", "))
	}
	out := make([]geoeval.Case, 0, len(t.rows))
	for i, row := range t.rows {
		if why := t.faults[i]; why != "" {
			return nil, gis.E(gis.Rejected, nil, "%s, row %d: %s", file, i+1, why)
		}
		get := func(k int) string {
			if at[k] < 0 {
				return ""
			}
			return strings.TrimSpace(row[at[k]])
		}
		x, err1 := strconv.ParseFloat(get(0), 64)
		y, err2 := strconv.ParseFloat(get(1), 64)
		if err1 != nil || err2 != nil || !(math.Abs(x) <= 180 && math.Abs(y) <= 90) {
			return nil, gis.E(gis.Rejected, nil, "%s, row %d: %q, %q in %s, %s is no longitude and latitude in degrees", file, i+1, get(0), get(1), t.columns[at[0]], t.columns[at[1]])
		}
		c := geoeval.Case{Row: i + 1, Text: row[text], Point: orb.Point{x, y}, Set: get(2), Grid: get(3), Department: get(4), Component: get(5), Matter: get(6)}
		if strings.TrimSpace(c.Text) == "" {
			return nil, gis.E(gis.Rejected, nil, "%s, row %d: no text in %s", file, i+1, t.columns[text])
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, gis.E(gis.Rejected, nil, "%s holds no rows", file)
	}
	return out, nil
}

// column returns the column of the first word that heads one, -1 when none does.
func (t table) column(words []string) int {
	for _, word := range words {
		for i, c := range t.columns {
			if strings.EqualFold(strings.TrimSpace(c), word) {
				return i
			}
		}
	}
	return -1
}
