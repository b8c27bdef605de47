package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/paulmach/orb"
	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/division"
	"wanmi/grids"
)

type buildFlags struct {
	db, report, mapURL string
	preset, config     string // a name that grids or the configuration knows
	communities        []string
	target, minA, maxA float64
	threads            int
	force              bool
	mode               string
	compound           string
	compoundMax        float64
	land               []string // KIND=TARGET:MIN:MAX
	effort             int
}

func (a *app) cmdGridBuild() *cobra.Command {
	var f buildFlags
	c := &cobra.Command{
		Use:   "build",
		Short: "divide the communities into unit grids",
		Long: `Divides each community into cells of about 10,000 m² along roads, rivers, walls and the gaps between
buildings, numbers them west to east and north to south, and places every component in its cell.

--preset weighs what a good cell is: balanced; area, nearer to the target area; load, like numbers of components;
feature, borders on roads, walls and banks even at the price of area; or a name from presets: in the file given by
--config. 'wanmi grid presets' lists them with their weights. --effort 2 and 3 search longer for better cells where
everything is divided anew.

Water, parks, farm land, forest and bare ground may have areas of their own: --land farm=80000:20000:150000, or land:
in the file given by --config. Water on which cells fit has cells of its own, with the banks as borders. Compounds
(land of class campus, compound or factory) are not cut up to --compound-max unless --compound split; the field
compound of the layer land, whole or split, says otherwise for one of them.

A city that has cells is repaired by default: only cells that break a hard rule on the new base map are divided anew,
together with their neighbours, and land that has no cells; all others keep code and shape. --mode refresh replaces
intact cells, too, where that gains enough; --mode rebuild divides everything anew, and cells that come out nearly as
they were keep their codes. New cells get numbers never used before, gone ones are kept as void (作废) with date and
lineage. Locked cells survive every build. After an import of unit grids (单元网格) a build without --mode divides only
communities that have no cells, and leaves what was delivered, faults and all. A division with a hard fault is not written unless --force.`,
		Example: `  wanmi grid build --db city.gpkg --report 网格.html
  wanmi grid build --db city.gpkg --mode refresh
  wanmi grid build --db city.gpkg --mode rebuild --land water=20000:5000:60000 --land park=15000::40000
  wanmi grid build --db city.gpkg --mode rebuild --compound split
  wanmi grid build --db city.gpkg --community 370883001004`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withStore(c.Context(), f.db, mustExist, func(st store) error { return a.gridBuild(c.Context(), st, f) })
		},
	}
	fl := c.Flags()
	a.dbFlagVar(c, &f.db, dbUsage)
	fl.StringSliceVar(&f.communities, "community", nil, "divide only these communities (12-digit codes)")
	fl.Float64Var(&f.target, "target", 10000, "area a cell should have, m²")
	f.areaFlags(c)
	fl.StringVar(&f.preset, "preset", "balanced", "what counts most: "+strings.Join(grids.PresetNames(), ", ")+", or a name from --config")
	f.landFlags(c)
	fl.IntVar(&f.threads, "threads", 0, "threads (default: as many as the machine has)")
	fl.StringVar(&f.mode, "mode", "", "what becomes of cells there are: repair (default; delivered cells stay as they are), refresh, rebuild")
	fl.IntVar(&f.effort, "effort", 1, fmt.Sprintf("how long to search for better cells, 1 to %d", grids.MaxEffort))
	fl.StringVar(&f.report, "report", "", "write the report to this file: .html or .json")
	fl.StringVar(&f.mapURL, "map-url", "http://127.0.0.1:8080/", "the map page the report's links lead into")
	fl.BoolVar(&f.force, "force", false, "write even with hard faults; the remark of each cell says so")
	return c
}

func (f *buildFlags) areaFlags(c *cobra.Command) {
	c.Flags().Float64Var(&f.minA, "min", 5000, "smallest area, m²")
	c.Flags().Float64Var(&f.maxA, "max", 20000, "largest area, m²")
}

func (f *buildFlags) landFlags(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.config, "config", "", "a YAML file: presets, land, compound, compound_max of the city's own")
	fl.StringVar(&f.compound, "compound", "", "compounds (院落): whole (default) or split")
	fl.Float64Var(&f.compoundMax, "compound-max", 0, "size up to which compounds are kept whole, m² (default: four fifths of --max)")
	fl.StringArrayVar(&f.land, "land", nil, "areas on other ground, KIND=TARGET:MIN:MAX in m²; kinds: "+strings.Join(grids.LandNames(), ", "))
}

// conf reads the configuration and puts what the flags say of land and compounds over it.
func (f *buildFlags) conf() (config, error) {
	conf, err := readConfig(f.config)
	if err == nil {
		err = conf.landFlags(*f)
	}
	return conf, err
}

// buildResult is the line of JSON that `grid build --json` ends with.
type buildResult struct {
	grids.Stats
	Kept     int `json:"kept"`
	New      int `json:"new"`
	Void     int `json:"void"`
	Changed  int `json:"changed"` // cells that stay, with another outline
	Findings int `json:"findings"`
	Hard     int `json:"hard"`
	Placed   int `json:"placed"`
	LookedAt int `json:"communities_looked_at"` // 0: all
}

// ballast is memory that is taken and never touched, so it costs none: the collector, which waits for the heap to double, runs over
// the 30 MiB of a city of 40 km² a dozen times instead of forty, for 40 MiB more, and a large city's it leaves as it is. A higher
// GOGC would gain the same and give a city of 1,500 km² a gigabyte more.
const ballast = 48 << 20

func (a *app) gridBuild(ctx context.Context, st store, f buildFlags) error {
	conf, err := f.conf()
	if err != nil {
		return err
	}
	presets, err := conf.presets()
	if err != nil {
		return err
	}
	weights, err := presets.Get(f.preset)
	if err != nil {
		return err
	}
	mode, err := grids.ParseMode(cmp.Or(f.mode, string(grids.Repair)))
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(make([]byte, ballast))
	p, end := a.progress()
	job := division.Job{
		Options: grids.Options{
			Target: f.target, Min: f.minA, Max: f.maxA, Communities: f.communities, Threads: f.threads, Progress: p, Weights: weights, Mode: mode,
			Land: conf.Land, Compound: conf.Compound, CompoundMax: conf.CompoundMax,
			Effort: f.effort,
		},
		Force: f.force, Whole: f.report != "", Spare: f.mode == "", Actor: "command line", At: a.now(),
	}
	if err := job.Options.Check(); err != nil {
		return err
	}
	if f.report != "" {
		job.Saw = func(div *grids.Division) error { return a.writeReport(ctx, st, div, f) }
	}
	b, err := division.Build(ctx, st, st, job)
	end()
	if b != nil {
		a.tellFindings(b.Findings, 15, "--report FILE.html or .json lists them")
	}
	if err != nil {
		return err
	}
	res := buildResult{
		Stats: b.Stats, Kept: b.Kept, New: len(b.New), Void: len(b.Void), Changed: len(b.Changed), Findings: len(b.Findings), Hard: b.Hard,
		Placed: b.Placed, LookedAt: b.Places,
	}
	where := ""
	if b.Edit == 0 || b.Places > 0 || b.Spared > 0 || f.communities != nil { // a section: the result tells of the whole city all the same
		cells, err := collectCells(ctx, st)
		if err != nil {
			return err
		}
		seconds := res.Seconds
		res.Stats = grids.StatsOf(cells, job.Options)
		res.Seconds, res.Kept = seconds, len(cells)-res.New
		where = fmt.Sprintf("; %d communities looked at, where the base map changed since the last build", b.Places)
		switch {
		case b.Spared > 0:
			where = fmt.Sprintf("; the %d cells of the communities that had some stay as they were delivered, --mode repair mends their faults", b.Spared)
		case f.communities != nil:
			where = "; only the communities named were looked at"
		case b.Places == 0:
			where = "; the base map has not changed since the last build"
		}
	}
	return a.result(res, "%d cells in %d communities: %d kept, %d new, %d void; median %.0f m², %.1f %% within %.0f-%.0f m²; %d components and cases placed anew%s",
		res.Cells, res.Communities, res.Kept, res.New, res.Void, res.MedianM2, 100*res.InRange, f.minA, f.maxA, res.Placed, where)
}

func (a *app) writeReport(ctx context.Context, st store, div *grids.Division, f buildFlags) error {
	names, err := namesOf(ctx, st, "community")
	if err != nil {
		return err
	}
	rep := grids.ReportOptions{Format: reportFormat(f.report), MapURL: f.mapURL, Names: names}
	return writeFileAtomic(f.report, func(w *os.File) error { return div.WriteReport(w, rep) })
}

// namesOf returns the names of a layer's features by key.
func namesOf(ctx context.Context, src grids.Source, layer string) (map[string]string, error) {
	names := map[string]string{}
	for f, err := range src.Features(ctx, layer, orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		names[f.Key] = f.Text("name")
	}
	return names, nil
}
