package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/spf13/cobra"

	"wanmi/tiles"
)

func (a *app) cmdTiles() *cobra.Command {
	c := &cobra.Command{
		Use:     "tiles",
		Short:   "vector tiles into an archive",
		Example: `  wanmi tiles export --db city.gpkg --out city.pmtiles --layers unit_grid,component --minzoom 10 --maxzoom 16`,
	}
	c.AddCommand(a.cmdTilesExport())
	return c
}

type tilesFlags struct {
	db, out, bbox    string
	layers           []string
	minZoom, maxZoom int
}

func (a *app) cmdTilesExport() *cobra.Command {
	var f tilesFlags
	c := &cobra.Command{
		Use:   "export",
		Short: "write vector tiles to an MBTiles or PMTiles archive",
		Args:  cobra.NoArgs,
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
	return c
}

func (a *app) tilesExport(ctx context.Context, st store, f tilesFlags) error {
	var bound orb.Bound
	if f.bbox != "" {
		var err error
		if bound, err = parseBBox(f.bbox); err != nil {
			return err
		}
	}
	p, end := a.progress()
	defer end()
	set, err := tiles.Build(ctx, st, tiles.DefaultConfig(), p)
	if err != nil {
		return err
	}
	res, err := tiles.Export(ctx, set, f.out, tiles.ExportOptions{Layers: f.layers, MinZoom: f.minZoom, MaxZoom: f.maxZoom, Bound: bound, Progress: p})
	if err != nil {
		return err
	}
	end()
	return a.result(map[string]any{"file": res.File, "tiles": res.Tiles, "unique": res.Unique, "bytes": res.Bytes, "thinned": res.Thinned},
		"%d tiles (%d different, %d thinned), %d bytes written to %s", res.Tiles, res.Unique, res.Thinned, res.Bytes, res.File)
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
