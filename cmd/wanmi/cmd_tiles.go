package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/spf13/cobra"

	"wanmi/gis"
	"wanmi/tiles"
)

func (a *app) cmdTiles() *cobra.Command {
	c := &cobra.Command{
		Use:   "tiles",
		Short: "vector tiles into archives; look into, check, compare, cut and serve archives",
		Example: `  wanmi tiles export --db city.gpkg --out city.pmtiles --layers unit_grid,component --minzoom 10 --maxzoom 16
  wanmi tiles verify city.pmtiles
  wanmi tiles extract https://example.org/china.pmtiles 济宁.mbtiles --bbox 116.4,35.1,117.2,35.8 --maxzoom 12
  wanmi tiles serve-archive base.pmtiles --addr 127.0.0.1:8081`,
	}
	c.AddCommand(a.cmdTilesExport(), a.cmdTilesInfo(), a.cmdTilesVerify(), a.cmdTilesDiff(), a.cmdTilesExtract(), a.cmdTilesServe())
	return c
}

type tilesFlags struct {
	db, out, bbox, name, attribution string
	config                           string
	layers                           []string
	minZoom, maxZoom                 int
	fresh                            bool
}

func (a *app) cmdTilesExport() *cobra.Command {
	var f tilesFlags
	c := &cobra.Command{
		Use:   "export",
		Short: "write vector tiles to an MBTiles or PMTiles archive",
		Long: `Writes the tiles the server would give, compressed, to an archive: MBTiles 1.3 or PMTiles 3 by the suffix of --out.
The archive appears when it is complete; until then its tiles stand in OUT.part and OUT.part.index. An export that was broken off
goes on where it stopped when it is started again with the same options on the same state of the city; the same tiles give
the same bytes.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.out == "" {
				return usageError{errors.New("give --out FILE.mbtiles or FILE.pmtiles")}
			}
			return a.withStore(c.Context(), f.db, mustExist, func(st store) error { return a.tilesExport(c.Context(), st, f) })
		},
	}
	fl := c.Flags()
	a.dbFlagVar(c, &f.db, dbUsage)
	fl.StringVar(&f.out, "out", "", "the archive to write: .mbtiles or .pmtiles (required)")
	fl.StringSliceVar(&f.layers, "layers", nil, "layers, separated by commas (default: all)")
	fl.IntVar(&f.minZoom, "minzoom", 5, "smallest zoom")
	fl.IntVar(&f.maxZoom, "maxzoom", 16, "largest zoom")
	fl.StringVar(&f.bbox, "bbox", "", "only tiles that meet west,south,east,north (degrees)")
	fl.StringVar(&f.config, "config", "", "a YAML file whose tiles: says what stands in the tiles, as for wanmi serve")
	fl.StringVar(&f.name, "name", "", "the archive's name in its metadata (default: wanmi)")
	fl.StringVar(&f.attribution, "attribution", "", "whose data it is, in the metadata")
	fl.BoolVar(&f.fresh, "fresh", false, "begin anew; what an export that was broken off has left is dropped")
	return c
}

func (a *app) tilesExport(ctx context.Context, st store, f tilesFlags) error {
	bound, err := optionalBBox(f.bbox)
	if err != nil {
		return err
	}
	state, err := exportState(ctx, st, f.db)
	if err != nil {
		return err
	}
	conf, err := readConfig(f.config)
	if err != nil {
		return err
	}
	cfg, err := conf.Tiles.config()
	if err != nil {
		return err
	}
	state += fmt.Sprintf(" %+v", cfg)
	if f.fresh {
		state += " from " + a.now().String()
	}
	p, end := a.progress()
	defer end()
	if len(f.layers) > 0 { // the others need not be read
		cfg.Layers = slices.DeleteFunc(cfg.Layers, func(l tiles.LayerRule) bool { return !slices.Contains(f.layers, l.Name) })
	}
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // as when serving: what lives is cheap to mark
	set, err := tiles.Build(ctx, st, cfg, p)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // what reading took is not needed again
	res, err := tiles.Export(ctx, set, f.out, tiles.ExportOptions{
		Name: f.name, Attribution: f.attribution, Layers: f.layers, MinZoom: f.minZoom, MaxZoom: f.maxZoom, Bound: bound, State: state, Progress: p,
	})
	end()
	if err != nil {
		if gis.KindOf(err) == gis.Canceled {
			a.say("broken off; the same command goes on from here")
		}
		return err
	}
	if res.Resumed > 0 {
		a.say("%d tiles were there from an export that was broken off", res.Resumed)
	}
	return a.result(res, "%d tiles (%d different, %d features thinned), %d bytes written to %s", res.Tiles, res.Unique, res.Thinned, res.Bytes, res.File)
}

// exportState names the state of the city and the program that makes tiles of it.
func exportState(ctx context.Context, st store, db string) (string, error) {
	gen, err := st.Generation(ctx)
	if err != nil {
		return "", err
	}
	last := ""
	for c, err := range st.Changes(ctx, 0) {
		if err != nil {
			return "", err
		}
		last = fmt.Sprintf("%d at %s by %s", c.Seq, c.At.UTC(), c.Actor)
	}
	program := version
	if exe, err := os.Executable(); err == nil {
		if s, err := os.Stat(exe); err == nil {
			program += fmt.Sprintf(" %d %s", s.Size(), s.ModTime().UTC())
		}
	}
	return fmt.Sprintf("%s generation %d, change %s, program %s", shown(db), gen, last, program), nil
}

// optionalBBox reads --bbox; the zero Bound when it was not given.
func optionalBBox(s string) (orb.Bound, error) {
	if s == "" {
		return orb.Bound{}, nil
	}
	return parseBBox(s)
}

func parseBBox(s string) (orb.Bound, error) {
	parts := strings.Split(s, ",")
	var v [4]float64
	ok := len(parts) == 4
	for i := 0; ok && i < 4; i++ {
		f, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		ok, v[i] = err == nil && f >= -180 && f <= 180, f
	}
	if !ok || v[0] >= v[2] || v[1] >= v[3] {
		return orb.Bound{}, usageError{fmt.Errorf("--bbox %s: want west,south,east,north in degrees, as 116.9,35.3,117.0,35.5", s)}
	}
	return orb.Bound{Min: orb.Point{v[0], v[1]}, Max: orb.Point{v[2], v[3]}}, nil
}
