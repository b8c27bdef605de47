package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/paulmach/orb"
	"github.com/spf13/cobra"

	"wanmi/data/accept"
	"wanmi/gis"
)

// cmdSample draws a sample for the acceptance of a census.
func (a *app) cmdSample() *cobra.Command {
	var db, out string
	var p accept.Plan
	c := &cobra.Command{
		Use:   "sample",
		Short: "draw a sample of the components per map sheet and class, with worksheets for the field",
		Long: `Draws map sheets, and in each a share of the components of every class. The same seed draws the same. Writes into --out:
抽样检查表.xlsx to fill in, 抽样图.html to print (each sheet with its roads and the numbers of the worksheet), 抽样.geojson.

Filled in, 'wanmi census accept' gives the rates of error, omission and position and the verdict.`,
		Example: `  wanmi census sample --db city.gpkg --out 验收 --seed 20261123
  wanmi census accept 验收/抽样检查表.xlsx --report 验收.html`,
		Args: cobra.NoArgs,
	}
	fl := c.Flags()
	fl.StringVar(&db, "db", a.getenv("WANMI_DB"), "the database (default from WANMI_DB)")
	fl.StringVar(&out, "out", "", "the directory to write to (required)")
	fl.Uint64Var(&p.Seed, "seed", 1, "another seed, another sample")
	fl.Float64Var(&p.SheetM, "sheet-size", 500, "side of a map sheet, m")
	fl.Float64Var(&p.SheetShare, "sheets", 0.3, "share of the sheets that are drawn, at least three")
	fl.Float64Var(&p.Share, "share", 0.1, "share of the components of a class in a drawn sheet")
	fl.IntVar(&p.Least, "least", 3, "at least so many of a class in a drawn sheet")
	fl.StringVar(&p.Class, "class", "", "only classes whose code begins so")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if out == "" {
			return usageError{errors.New("give --out DIR")}
		}
		return a.withStore(c.Context(), db, mustExist, func(st store) error { return a.drawSample(c.Context(), st, out, p) })
	}
	return c
}

func (a *app) drawSample(ctx context.Context, st store, out string, p accept.Plan) error {
	s, err := accept.Draw(st.Features(ctx, "component", orb.Bound{}), p)
	if err != nil {
		return err
	}
	var roads []gis.Feature
	for f, err := range st.Features(ctx, "road", orb.Bound{}) {
		if err != nil {
			return err
		}
		roads = append(roads, f)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return gis.E(gis.Invalid, err, "cannot make the directory %s", out)
	}
	for _, f := range []struct {
		name  string
		write func(*os.File) error
	}{
		{"抽样检查表.xlsx", func(w *os.File) error { return s.WriteXLSX(w) }},
		{"抽样图.html", func(w *os.File) error { return s.WriteMap(w, roads) }},
		{"抽样.geojson", func(w *os.File) error { return s.WriteGeoJSON(w) }},
	} {
		if err := writeFileAtomic(filepath.Join(out, f.name), f.write); err != nil {
			return err
		}
	}
	type drawn struct {
		Seed       uint64 `json:"seed"`
		Components int    `json:"components"`
		Drawn      int    `json:"drawn"`
		Sheets     int    `json:"sheets"`
		Chosen     int    `json:"sheets_drawn"`
	}
	d := drawn{s.Plan.Seed, s.Total, len(s.Items), s.Sheets, len(s.DrawnSheets())}
	return a.result(d, "%d of %d components in %d of %d map sheets drawn with seed %d; worksheets in %s", d.Drawn, d.Components, d.Chosen, d.Sheets, d.Seed, out)
}

// cmdAccept judges a census by filled worksheets.
func (a *app) cmdAccept() *cobra.Command {
	var report string
	var l accept.Limits
	c := &cobra.Command{
		Use:   "accept FILE.xlsx",
		Short: "judge a census by the worksheets of a sample, filled in",
		Long: `Gives the rates of errors, omissions and positions by class, accuracy class and sheet, with their 95 % intervals, and the
verdict: accepted, refused (exit code 3), or incomplete while rows are not filled in. The limits are those of usual acceptances;
a contract may name others.`,
		Args: cobra.ExactArgs(1),
	}
	fl := c.Flags()
	fl.StringVar(&report, "report", "", "write the verdict to this file: .html or .json")
	fl.Float64Var(&l.Error, "max-error", 0.05, "the most of the sampled components that may be absent, of another class or with wrong attributes")
	fl.Float64Var(&l.Omission, "max-omission", 0.05, "the most that the census may lack of what stands in the drawn sheets")
	fl.Float64Var(&l.Position, "max-off", 0.05, "the most of the measured positions that may be off by more than twice the accuracy of their class")
	c.RunE = func(_ *cobra.Command, args []string) error {
		format := reportFormat(report)
		if report != "" && format != "html" && format != "json" {
			return usageError{fmt.Errorf("--report %s: the name must end in .html or .json", report)}
		}
		b, err := os.ReadFile(args[0])
		if err != nil {
			return gis.E(gis.Invalid, err, "cannot read %s", args[0])
		}
		r, err := accept.ReadXLSX(bytes.NewReader(b))
		if err != nil {
			return err
		}
		return a.judge(accept.Judge(r, l), report, format)
	}
	return c
}

func (a *app) judge(v accept.Verdict, report, format string) error {
	if report != "" {
		err := writeFileAtomic(report, func(w *os.File) error {
			if format == "json" {
				return v.WriteJSON(w)
			}
			return v.WriteHTML(w)
		})
		if err != nil {
			return err
		}
	}
	x := v.All
	for _, w := range v.Why {
		a.say("%s / %s", w.Zh, w.En)
	}
	err := a.result(v, "%s: error %.1f %%, omission %.1f %%, position %.1f %% beyond twice the accuracy (RMSE %.2f m), %d of %d rows checked",
		v.Verdict, 100*x.Error.Rate, 100*x.Omission.Rate, 100*x.Position.Rate, x.RMSE, x.Checked, x.Drawn)
	if err == nil && v.Verdict == accept.Refused {
		return exitCode(3)
	}
	return err
}
