package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/paulmach/orb"
	"github.com/spf13/cobra"

	"wanmi/data/export"
	"wanmi/gis"
	"wanmi/grids"
)

func (a *app) cmdGrid() *cobra.Command {
	c := &cobra.Command{
		Use:   "grid",
		Short: "build, check, edit, compare, export and show the unit grids (单元网格)",
		Example: `  wanmi grid build --db city.gpkg --report 网格.html
  wanmi grid check --db city.gpkg
  wanmi grid export --db city.gpkg --out 网格.geojson
  wanmi grid show --db city.gpkg 370883001001007`,
	}
	c.AddCommand(a.cmdGridBuild(), a.cmdGridCheck(), a.cmdGridDiff(), a.cmdGridExport(), a.cmdGridShow(), a.cmdGridPresets())
	c.AddCommand(a.editCommands()...)
	return c
}

func hardCount(fs []gis.Finding) (n int) {
	for _, f := range fs {
		if f.Severity == gis.SeverityError {
			n++
		}
	}
	return n
}

func (a *app) cmdGridCheck() *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "check the stored unit grids against every rule, by code apart from the builder's",
		Long: `Checks the stored unit grids by code apart from the builder's. Exit code 1 says that a hard rule is broken.

--config, --land, --compound, --compound-max, --min and --max are those of 'grid build': each cell is judged by the limits of the
ground it lies on. Without any of land, a lake, a field or a park of a size that docs/land.md names may be one cell.`,
		Example: `  wanmi grid check --db city.gpkg
  wanmi grid check --db city.gpkg --config wanmi.yaml
  wanmi grid check --db city.gpkg --land water=40000::100000 --json`,
		Args: cobra.NoArgs,
	}
	db := a.dbFlag(c)
	var f buildFlags
	f.landFlags(c)
	f.areaFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			conf, err := f.conf()
			if err != nil {
				return err
			}
			rules := conf.rules()
			rules.Min, rules.Max = f.minA, f.maxA
			p, end := a.progress()
			fs, stats, err := rules.Check(c.Context(), st, validCells(c.Context(), st), p)
			end()
			if err != nil {
				return err
			}
			hard := hardCount(fs)
			a.tellFindings(fs, 30, "--json lists them")
			if a.json {
				for _, f := range fs {
					if err := a.printJSON(f); err != nil {
						return err
					}
				}
			}
			err = a.result(map[string]any{"stats": stats, "findings": len(fs), "hard": hard},
				"%d cells checked: %d hard faults, %d findings in all", stats.Cells, hard, len(fs))
			if err == nil && hard > 0 {
				return exitCode(1)
			}
			return err
		})
	}
	return c
}

func validCells(ctx context.Context, src grids.Source) iter.Seq2[grids.Cell, error] {
	return func(yield func(grids.Cell, error) bool) {
		for f, err := range src.Features(ctx, "unit_grid", orb.Bound{}) {
			var c grids.Cell
			if err == nil {
				c, err = grids.CellOf(f)
			}
			if err == nil && c.Status == grids.Void {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

func collectCells(ctx context.Context, src grids.Source) ([]grids.Cell, error) {
	var out []grids.Cell
	for c, err := range validCells(ctx, src) {
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (a *app) cmdGridDiff() *cobra.Command {
	c := &cobra.Command{
		Use:   "diff OTHER.gpkg",
		Short: "compare the unit grids of two databases: what was kept, changed, is gone, is new",
		Example: `  wanmi backup --db city.gpkg --out before.gpkg
  wanmi grid build --db city.gpkg
  wanmi grid diff --db city.gpkg before.gpkg
  wanmi grid diff --db city.gpkg before.gpkg --out changes.svg`,
		Args: cobra.ExactArgs(1),
	}
	db := a.dbFlag(c)
	out := c.Flags().String("out", "", "write the comparison to this file, too: .geojson, or .svg for a picture")
	c.RunE = func(c *cobra.Command, args []string) error {
		ctx := c.Context()
		return a.withStore(ctx, *db, mustExist, func(st store) error {
			return a.withStore(ctx, args[0], mustExist, func(other store) error {
				after, err := collectCells(ctx, st)
				if err != nil {
					return err
				}
				before, err := collectCells(ctx, other)
				if err != nil {
					return err
				}
				if *out != "" {
					format := strings.TrimPrefix(strings.ToLower(filepath.Ext(*out)), ".")
					if err := writeFileAtomic(*out, func(w *os.File) error { return grids.WriteDiff(w, format, before, after) }); err != nil {
						return err
					}
				}
				d := grids.Diff(before, after)
				for _, group := range []struct {
					what  string
					codes []grids.Code
				}{{"changed", d.Changed}, {"gone", d.Gone}, {"new", d.New}} {
					for _, code := range group.codes {
						if !a.json {
							fmt.Fprintln(a.out, group.what, code)
						}
					}
				}
				return a.result(d, "%d kept, %d changed, %d gone, %d new", len(d.Kept), len(d.Changed), len(d.Gone), len(d.New))
			})
		})
	}
	return c
}

func (a *app) cmdGridExport() *cobra.Command {
	c := &cobra.Command{
		Use:   "export",
		Short: "write the unit grids to a file: gpkg, geojson, geojsonl, csv, xlsx, shp",
		Args:  cobra.NoArgs,
	}
	db := a.dbFlag(c)
	out := c.Flags().String("out", "", "the file to write (required)")
	void := c.Flags().Bool("void", false, "void cells (作废) too")
	when := askedFlags(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.exportLayer(c.Context(), *db, "unit_grid", *out, *when, *void)
	}
	return c
}

func (a *app) cmdExport() *cobra.Command {
	c := &cobra.Command{
		Use:   "export LAYER",
		Short: "write a layer to a file: gpkg, geojson, geojsonl, csv, xlsx, shp",
		Example: `  wanmi export --db city.gpkg component --out 部件.xlsx
  wanmi export --db city.gpkg unit_grid --out cells.geojson
  wanmi export --db city.gpkg component --as-of 2026-08-02 --out 部件0802.gpkg
  wanmi export --db city.gpkg component --valid-at 2026-08-02 --out 部件0802.gpkg`,
		Args: cobra.ExactArgs(1),
	}
	db := a.dbFlag(c)
	out := c.Flags().String("out", "", "the file to write; its suffix says the format (required)")
	void := c.Flags().Bool("void", false, "with unit_grid: void cells (作废) too")
	when := askedFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.exportLayer(c.Context(), *db, args[0], *out, *when, *void)
	}
	return c
}

func (a *app) exportLayer(ctx context.Context, db, layer, out string, when asked, void bool) error {
	if out == "" {
		return usageError{errors.New("give --out FILE; its suffix says the format: gpkg, geojson, geojsonl, csv, xlsx, shp")}
	}
	l, err := gis.LayerByName(layer)
	if err != nil {
		return err
	}
	at, valid, err := when.moment()
	if err != nil {
		return err
	}
	return a.withStore(ctx, db, mustExist, func(st store) error {
		feats := st.Features(ctx, layer, orb.Bound{})
		if !at.IsZero() {
			if feats = st.AsOf(ctx, layer, at, orb.Bound{}); valid {
				feats = st.ValidAt(ctx, layer, at, orb.Bound{})
			}
		}
		if layer == "unit_grid" && !void {
			feats = withoutVoid(feats)
		}
		p, end := a.progress()
		n, err := export.Write(ctx, out, l, feats, p)
		end()
		if err != nil {
			return err
		}
		return a.result(map[string]any{"layer": layer, "file": out, "rows": n}, "%s: %d rows written to %s", layer, n, out)
	})
}

func withoutVoid(in iter.Seq2[gis.Feature, error]) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		for f, err := range in {
			if err == nil && f.Text("status") == grids.Void {
				continue
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

func (a *app) cmdGridShow() *cobra.Command {
	c := &cobra.Command{
		Use:   "show CODE...",
		Short: "show unit grids: area, community, dates, neighbours, components",
		Args:  cobra.MinimumNArgs(1),
	}
	db := a.dbFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		ctx := c.Context()
		return a.withStore(ctx, *db, mustExist, func(st store) error {
			for _, arg := range args {
				if err := a.gridShow(ctx, st, arg); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return c
}

func (a *app) gridShow(ctx context.Context, st store, arg string) error {
	code, err := grids.ParseCode(arg)
	if err != nil {
		return err
	}
	f, err := st.Feature(ctx, "unit_grid", string(code))
	if err != nil {
		return err
	}
	cell, err := grids.CellOf(f)
	if err != nil {
		return err
	}
	book, err := grids.NewBook(ctx, st)
	if err != nil {
		return err
	}
	count := 0
	for c, err := range st.Features(ctx, "component", cell.Polygon.Bound()) {
		if err != nil {
			return err
		}
		if c.Text("grid_code") == string(code) {
			count++
		}
	}
	near := book.Neighbours(code)
	return a.result(map[string]any{
		"code": code, "community_code": cell.Community, "area_m2": cell.AreaM2, "status": cell.Status, "init_date": cell.InitDate,
		"end_date": cell.EndDate, "remark": cell.Remark, "neighbours": near, "components": count, "bbox": cell.Polygon.Bound(),
	}, "%s  %s  %.0f m²  community %s  from %s  %d components  neighbours %v", code, cell.Status, cell.AreaM2, cell.Community, cell.InitDate, count, near)
}
