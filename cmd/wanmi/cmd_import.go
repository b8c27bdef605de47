package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"wanmi/data/census"
	"wanmi/data/postgis"
	"wanmi/gis"
)

type importFlags struct {
	db, crs, encoding, sheet, profile, report string
	set                                       []string
	dryRun, guess, partial, strict, fix       bool
	tolerance                                 float64
	config, extent, date                      string
}

func (a *app) cmdImport() *cobra.Command {
	var f importFlags
	c := a.cmdImportFlags(&f)
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.runImport(c.Context(), f, args[0], args[1:])
	}
	return c
}

// cmdImportFlags is the command without its action: the demo parses the flags of its manifest with it.
func (a *app) cmdImportFlags(f *importFlags) *cobra.Command {
	c := &cobra.Command{
		Use:   "import LAYER FILE...",
		Short: "read survey files into a layer: all of them or, on a fault that cannot be reported by row, none",
		Long: `Reads CSV, TSV, XLSX, GeoJSON, GeoJSON sequences, JSON arrays, Shapefiles (GBK or UTF-8), GeoPackages, KML, GML,
OpenStreetMap PBF and XML, folders and zips of these, each also gzipped. Which column is which field is guessed and printed; a guess that
is wrong is written out with --guess, edited, and given back with --profile.

Unit grids drawn by hand are repaired against the communities on the way in: outlines get common corners; gaps,
overlaps and strips across community lines below --tolerance are closed; every larger fault is listed with its
place. Codes of 15 characters stay; those of 14 get a 0 before their last two.

LAYER is one of ` + layerWords() + ` or osm (one OSM file into several layers).

Codes of streets and communities have 9 and 12 digits: shorter ones are filled up, areas without codes are given some;
--set code=auto asks for that, with unit_grid too.

A delivery replaces what is stored of its source. One that covers only part of the city says so with --extent: nothing outside
that area is removed. When no component of its source is stored yet, it replaces those of its classes there, whichever file they came
from, and that is told. Its own rows that lie outside are taken and told (delivery.extent). With --partial nothing is removed anywhere.

Rows that cannot be taken are kept in the database with file, row, field, value and reason; --report writes them
and every other fault as .html (a page with map, filters and rows), .json or .xlsx; 'wanmi census checks' lists the kinds of
faults and which of them --fix puts right. Exit code 3 means that nothing could be taken (with --strict: that some row could not).`,
		Example: `  wanmi import --db city.gpkg community 社区.shp
  wanmi import --db city.gpkg component 部件.zip 果皮箱.xlsx --report 部件.html
  wanmi import --db city.gpkg component 路灯.csv --crs EPSG:4548 --set dept_name=市政所 --dry-run
  wanmi import --db city.gpkg component 井盖_一期.csv --extent community:370883001001 --dry-run
  wanmi import --db city.gpkg unit_grid 网格.shp --dry-run --report 网格检查.html
  wanmi import --guess door 门牌.csv > door.yaml`,
		Args: cobra.MinimumNArgs(2),
	}
	fl := c.Flags()
	a.dbFlagVar(c, &f.db, "the database: a GeoPackage file, made when absent, or postgres://USER:PASSWORD@HOST/DATABASE (default from WANMI_DB)")
	fl.StringVar(&f.crs, "crs", "", "coordinate system of the files when they do not say or lie: EPSG:n, gcj02, bd09; wanmi crs --help lists all")
	fl.StringVar(&f.encoding, "encoding", "", "text encoding of CSV and dBASE files, as gbk (default: guessed)")
	fl.StringVar(&f.sheet, "sheet", "", "XLSX, GeoPackage: the sheet or table to read (default: every one with rows)")
	fl.StringVar(&f.profile, "profile", "", "a YAML profile that says which column is which field")
	fl.StringVar(&f.report, "report", "", "write the report to this file: .html, .json or .xlsx")
	fl.StringArrayVar(&f.set, "set", nil, "field=value for every row; may be repeated")
	fl.BoolVar(&f.dryRun, "dry-run", false, "say what would be added, moved, changed, removed; write nothing")
	fl.BoolVar(&f.guess, "guess", false, "only print the guessed profile as YAML")
	fl.BoolVar(&f.partial, "partial", false, "the delivery is not complete: rows of its source that it lacks stay")
	fl.StringVar(&f.extent, "extent", "", "the delivery covers only this area: minlon,minlat,maxlon,maxlat, codes (community:370883001001,…; street:, cell:),\na polygon as WKT, or a file with a GeoJSON or WKT polygon; what is stored outside it stays")
	fl.StringVar(&f.date, "date", "", "the day the delivery shows, as 2026-08-23: what it says holds from then on (export --valid-at); guess: that of the file name")
	fl.Float64Var(&f.tolerance, "tolerance", 1, "with unit_grid: gaps and overlaps narrower than this are closed, m")
	fl.StringVar(&f.config, "config", "", "with unit_grid: a YAML file whose land and compound the cells are judged by")
	fl.BoolVar(&f.fix, "fix", false, "put right what a rule can put right safely; the history of the component says which rule and what it was")
	fl.BoolVar(&f.strict, "strict", false, "one rejected row rejects the whole delivery")
	return c
}

func layerWords() string {
	names := make([]string, len(gis.Layers))
	for i, l := range gis.Layers {
		names[i] = l.Name
	}
	return strings.Join(names, ", ")
}

func (a *app) runImport(ctx context.Context, f importFlags, layer string, files []string) error {
	opt, err := a.importOptions(f, layer, files)
	if err != nil {
		return err
	}
	if f.guess {
		return a.guess(ctx, f.db, opt)
	}
	garbage := garbageFew
	if f.dryRun || postgis.IsDSN(f.db) {
		garbage = garbageMany
	}
	a.lean(garbage)
	create := mayCreate
	if f.dryRun {
		create = mustExist
	}
	return a.withStore(ctx, f.db, create, func(st store) error {
		return a.importLayer(ctx, st, opt, f)
	})
}

func (a *app) importOptions(f importFlags, layer string, files []string) (census.Options, error) {
	opt := census.Options{
		Layer: layer, Files: files, CRS: f.crs, Encoding: f.encoding, Sheet: f.sheet, DryRun: f.dryRun,
		Partial: f.partial, Strict: f.strict, Fix: f.fix, ForReport: f.report != "", Actor: "command line", Today: a.now().Format("2006-01-02"), Set: map[string]string{},
	}
	if layer != "osm" {
		if _, err := gis.LayerByName(layer); err != nil {
			return opt, err
		}
	}
	if f.date != "" {
		var err error
		if opt.Date, err = census.ParseDate(f.date); err != nil {
			return opt, usageError{fmt.Errorf("--date: %w", err)}
		}
	}
	if f.extent != "" {
		e, err := extentOf(f.extent)
		if err != nil {
			return opt, err
		}
		opt.Extent = e
	}
	for _, s := range f.set {
		k, v, ok := strings.Cut(s, "=")
		if !ok {
			return opt, usageError{fmt.Errorf("--set %s: want field=value", s)}
		}
		opt.Set[k] = v
	}
	if f.profile != "" {
		b, err := os.ReadFile(f.profile)
		if err != nil {
			return opt, gis.E(gis.Invalid, err, "cannot read the profile %s", f.profile)
		}
		p, err := census.ParseProfile(b)
		if err != nil {
			return opt, fmt.Errorf("%s: %w", f.profile, err)
		}
		opt.Profile = &p
	}
	if f.report != "" && reportFormat(f.report) == "" {
		return opt, usageError{fmt.Errorf("--report %s: the name must end in .html, .json or .xlsx", f.report)}
	}
	return opt, nil
}

// extentOf reads an extent as given, or the file of that name.
func extentOf(s string) (*census.Extent, error) {
	if info, err := os.Stat(s); err == nil && info.Mode().IsRegular() {
		b, err := os.ReadFile(s)
		if err != nil {
			return nil, gis.E(gis.Invalid, err, "cannot read the extent %s", s)
		}
		e, err := census.ParseExtent(string(b))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s, err)
		}
		return e, nil
	}
	e, err := census.ParseExtent(s)
	if err != nil {
		return nil, usageError{fmt.Errorf("--extent: %w", err)}
	}
	return e, nil
}

func reportFormat(file string) string {
	switch ext := strings.ToLower(filepath.Ext(file)); ext {
	case ".html", ".json", ".xlsx":
		return ext[1:]
	}
	return ""
}

// guess prints the profile of every table as YAML. With a database it knows the bounds of the city, and so which
// projected coordinates can be meant.
func (a *app) guess(ctx context.Context, db string, opt census.Options) error {
	if db == "" {
		return a.printGuess(ctx, nil, opt)
	}
	return a.withStore(ctx, db, mustExist, func(st store) error { return a.printGuess(ctx, st, opt) })
}

func (a *app) printGuess(ctx context.Context, t census.Target, opt census.Options) error {
	profiles, reports, err := census.Guess(ctx, t, opt)
	if err != nil {
		return err
	}
	for i, p := range profiles {
		fmt.Fprintf(a.out, "---\n# %s\n", p.File)
		if i < len(reports) {
			for _, remark := range reports[i].Remarks {
				fmt.Fprintf(a.out, "# %s\n", remark)
			}
		}
		if _, err := fmt.Fprint(a.out, p.Profile.YAML()); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) tellImport(res census.Result) {
	for _, f := range res.Files {
		a.say("%s: %d rows (%s, %s), %d taken, %d rejected", f.File, f.Rows, f.Format, f.CRS, f.Taken, f.Rejected)
		if f.Class != "" {
			a.say("  class: %s", f.Class)
		}
		for _, r := range f.Remarks {
			a.say("  %s", r)
		}
	}
	const most = 20
	for i, r := range res.Rejected {
		if i == most {
			a.say("  … %d more; --report FILE.html lists them all", len(res.Rejected)-most)
			break
		}
		a.say("  rejected: %s row %d, %s = %q: %s [%s]", r.File, r.Row, r.Field, r.Value, r.Reason, r.Rule)
	}
}

// writeFileAtomic writes beside the file and renames, so that a reader never sees half of it.
func writeFileAtomic(name string, write func(*os.File) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".wanmi-*")
	if err != nil {
		return gis.E(gis.Invalid, err, "cannot write %s", name)
	}
	defer os.Remove(tmp.Name())
	if err := errors.Join(write(tmp), tmp.Chmod(0o644), tmp.Sync(), tmp.Close()); err != nil { // a report is for others to read
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return os.Rename(tmp.Name(), name)
}
