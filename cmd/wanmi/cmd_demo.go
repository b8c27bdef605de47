package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"wanmi/data"
	"wanmi/data/postgis"
	"wanmi/data/sample"
	"wanmi/gis"
)

type synthFlags struct {
	out        string
	km2        float64
	components int
	seed       uint64
	faults     int
}

func (a *app) cmdSynth() *cobra.Command {
	var f synthFlags
	c := &cobra.Command{
		Use:   "synth",
		Short: "write a synthetic city as the files that cities deliver, with reports and their true places",
		Long: `The same seed gives the same bytes. The city is invented: its place, names, people's reports and departments are
synthetic, only the shapes of the codes are real. manifest.json lists the imports in order, truth.csv the true places.`,
		Example: `  wanmi synth --out synth
  wanmi synth --out big --km2 40 --components 300000 --seed 7`,
		Args: cobra.NoArgs,
		RunE: func(_ *cobra.Command, _ []string) error {
			if f.out == "" {
				return usageError{errors.New("give --out DIR")}
			}
			m, err := writeSynth(f)
			if err != nil {
				return err
			}
			return a.result(m, "a synthetic city of %g km² (seed %d) written to %s: %d imports, %d rows bad on purpose", f.km2, f.seed, f.out, len(m.Imports), m.BadRows)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.out, "out", "", "the directory to write to (required)")
	fl.Float64Var(&f.km2, "km2", 4, "size of the city, km²")
	fl.IntVar(&f.components, "components", 0, "how many components (default: 7,500 per km²)")
	fl.Uint64Var(&f.seed, "seed", 1, "another seed, another city")
	fl.IntVar(&f.faults, "faults", 0, "also write deliveries with faults planted on purpose, so many of each kind, and faults.csv with their rows")
	return c
}

func writeSynth(f synthFlags) (sample.Manifest, error) {
	if !(f.km2 > 0 && f.km2 <= 2000) || f.components < 0 || f.faults < 0 {
		return sample.Manifest{}, usageError{errors.New("--km2 must lie above 0 and up to 2000, --components and --faults must not be negative")}
	}
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return sample.Manifest{}, gis.E(gis.Invalid, err, "cannot make the directory %s", f.out)
	}
	city := sample.Generate(sample.Config{Km2: f.km2, Components: f.components, Seed: f.seed})
	m, err := city.WriteFiles(f.out)
	if err == nil && f.faults > 0 {
		m.Faulty, _, err = city.WriteFaulty(f.out, f.faults)
	}
	return m, err
}

func (a *app) cmdDemo() *cobra.Command {
	c := &cobra.Command{
		Use:   "demo",
		Short: "make a synthetic city, build its grids, import its census, serve it with its map",
		Long: `Writes the files of a synthetic city, imports them as a city's own would be, divides it, and serves the map.
A city built before in the same directory is served as it is. Nothing else is needed: no database, no network. With --db
the city goes into an empty PostgreSQL database instead of a file.`,
		Args: cobra.NoArgs,
	}
	addr := c.Flags().String("addr", "127.0.0.1:8080", "host and port to listen on")
	dir := c.Flags().String("dir", "wanmi-demo", "the directory of the city")
	db := c.Flags().String("db", "", "build the city in this PostgreSQL database: postgres://USER:PASSWORD@HOST/DATABASE")
	c.RunE = func(c *cobra.Command, _ []string) error { return a.demo(c.Context(), *addr, *dir, *db) }
	return c
}

func (a *app) demo(ctx context.Context, addr, dir, db string) error {
	if db != "" && !postgis.IsDSN(db) {
		return usageError{errors.New("--db takes postgres://USER:PASSWORD@HOST/DATABASE; a file lies in --dir")}
	}
	if err := a.makeDemo(ctx, dir, db); err != nil {
		return err
	}
	if db == "" {
		db = demoFile(dir)
	}
	return a.withStore(ctx, db, mustExist, func(st store) error {
		secret, _, err := st.CreateKey(ctx, "admin", "demo "+a.now().Format("2006-01-02 15:04:05"))
		if err != nil {
			return err
		}
		conf := config{
			Addr: addr, Title: "合成示范城 (synthetic)", Attrib: "万米合成数据 Wanmi synthetic data",
			Examples: demoReports(filepath.Join(dir, "files", "reports.csv")), synthetic: true,
		}
		conf.Staging, conf.importer = defaultStaging(db), a.newImporter(db)
		return a.serve(ctx, st, conf, func(at string) {
			fmt.Fprintf(a.out, "The synthetic city is ready.\n  map:            http://%s/\n  administrator:  http://%s/login?key=%s\n  key for tools:  %s\n", at, at, secret, secret)
		})
	})
}

func demoFile(dir string) string { return filepath.Join(dir, "city.gpkg") }

// makeDemo builds the city where there is none yet.
func (a *app) makeDemo(ctx context.Context, dir, db string) error {
	start := time.Now()
	var err error
	built := false
	if db == "" {
		if _, err = os.Stat(demoFile(dir)); errors.Is(err, os.ErrNotExist) {
			built, err = true, a.buildDemo(ctx, dir)
		}
	} else {
		built, err = a.buildDemoIn(ctx, dir, db)
	}
	switch {
	case err != nil:
		return err
	case built:
		a.say("built in %.1f s", time.Since(start).Seconds())
	case db == "":
		a.say("serving the city built before in %s; remove the directory for a new one", dir)
	default:
		a.say("serving the city built before in %s; for a new one: DROP SCHEMA wanmi CASCADE", shown(db))
	}
	return nil
}

// demoFiles writes the files of the city and returns where they lie and the order of their imports.
func (a *app) demoFiles(dir string) (string, sample.Manifest, error) {
	files := filepath.Join(dir, "files")
	a.say("writing the synthetic city's files to %s", files)
	if _, err := writeSynth(synthFlags{out: files, km2: 4, seed: 1}); err != nil {
		return files, sample.Manifest{}, err
	}
	m, err := readManifest(files)
	return files, m, err
}

// buildDemoIn builds the city in a server's database, unless it holds one. A database with anything else is refused.
func (a *app) buildDemoIn(ctx context.Context, dir, db string) (built bool, err error) {
	quiet := *a
	quiet.out = a.err
	err = quiet.withStore(ctx, db, mayCreate, func(st store) error {
		batches, err := st.Batches(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(batches, func(b data.Batch) bool { return b.Layer == demoLast }) {
			return nil
		}
		if len(batches) > 0 {
			return gis.E(gis.Invalid, nil, "%s holds something else than the synthetic city, or a part of it; give an empty database, or DROP SCHEMA wanmi CASCADE", shown(db))
		}
		files, m, err := a.demoFiles(dir)
		if err != nil {
			return err
		}
		built = true
		return quiet.runManifest(ctx, st, files, m)
	})
	return built, err
}

// demoLast is the layer the manifest of the synthetic city imports last.
const demoLast = "case"

// buildDemo builds the city beside its name and renames it when all is in: a
// crash in the middle leaves nothing that looks like a city.
func (a *app) buildDemo(ctx context.Context, dir string) error {
	files, m, err := a.demoFiles(dir)
	if err != nil {
		return err
	}
	part := filepath.Join(dir, "building.gpkg")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(part + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	quiet := *a // the steps' result lines go with the progress: the demo's own output is the address
	quiet.out = a.err
	err = quiet.withStore(ctx, part, mayCreate, func(st store) error { return quiet.runManifest(ctx, st, files, m) })
	if err != nil {
		return err
	}
	return os.Rename(part, demoFile(dir))
}

func readManifest(dir string) (m sample.Manifest, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(b, &m)
}

// runManifest does what a person would type: each import in order, and `grid build` where the list says grid.
func (a *app) runManifest(ctx context.Context, st store, dir string, m sample.Manifest) error {
	for _, step := range m.Imports {
		if step.Layer == "grid" {
			if err := a.gridBuild(ctx, st, buildFlags{target: 10000, minA: 5000, maxA: 20000}); err != nil {
				return fmt.Errorf("grid build: %w", err)
			}
			continue
		}
		var f importFlags
		c := a.cmdImportFlags(&f)
		if err := c.ParseFlags(step.Args); err != nil {
			return fmt.Errorf("manifest: %s: %w", step.Layer, err)
		}
		names := make([]string, len(step.Files))
		for i, n := range step.Files {
			names[i] = filepath.Join(dir, n)
		}
		opt, err := a.importOptions(f, step.Layer, names)
		if err != nil {
			return err
		}
		if err := a.importLayer(ctx, st, opt, importFlags{}); err != nil {
			return fmt.Errorf("import %s: %w", step.Layer, err)
		}
	}
	return nil
}

// demoReports picks a report of each tenth of the list, which runs by kind, for the page to offer. None is no fault.
func demoReports(file string) []string {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil
	}
	var out []string
	for i := range 10 {
		if at := 1 + i*(len(rows)-1)/10; at < len(rows) && len(rows[at]) > 1 {
			out = append(out, rows[at][1])
		}
	}
	return out
}
