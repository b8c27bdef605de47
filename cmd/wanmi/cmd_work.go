package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/paulmach/orb"
	"github.com/spf13/cobra"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/grids"
)

func (a *app) cmdWork() *cobra.Command {
	c := &cobra.Command{
		Use:   "work",
		Short: "work grids (责任网格): sets of adjacent unit grids a department answers for",
		Example: `  wanmi work set --db city.gpkg --code GL-01 --name 古城东片 --cells 370883001001001,370883001001002 --department 11370883004312345X
  wanmi work set --db city.gpkg --code GL-02 --community 370883001002
  wanmi work list --db city.gpkg
  wanmi work delete --db city.gpkg GL-01`,
	}
	c.AddCommand(a.cmdWorkSet(), a.cmdWorkList(), a.cmdWorkDelete())
	return c
}

func (a *app) cmdWorkSet() *cobra.Command {
	var w grids.WorkGrid
	var cells, communities []string
	c := &cobra.Command{
		Use:   "set",
		Short: "make a work grid, or give one other unit grids, a name or a department",
		Args:  cobra.NoArgs,
	}
	db := a.dbFlag(c)
	fl := c.Flags()
	fl.StringVar(&w.Code, "code", "", "its code (required)")
	fl.StringVar(&w.Name, "name", "", "its name")
	fl.StringVar(&w.Kind, "kind", grids.Management, "management (管理, of adjacent cells) or evaluation (评价)")
	fl.StringVar(&w.DepartmentCode, "department", "", "code of the department that answers for it")
	fl.StringSliceVar(&cells, "cells", nil, "codes of unit grids, separated by commas")
	fl.StringSliceVar(&communities, "community", nil, "all unit grids of these communities")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if w.Code == "" || len(cells)+len(communities) == 0 {
			return usageError{errors.New("give --code, and --cells or --community")}
		}
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			return a.workSet(c.Context(), st, w, cells, communities)
		})
	}
	return c
}

func (a *app) workSet(ctx context.Context, st store, w grids.WorkGrid, cells, communities []string) error {
	book, err := grids.NewBook(ctx, st)
	if err != nil {
		return err
	}
	for _, s := range cells {
		code, err := grids.ParseCode(s)
		if err != nil {
			return err
		}
		w.Members = append(w.Members, code)
	}
	for _, s := range communities {
		in := book.Community(s)
		if len(in) == 0 {
			return gis.E(gis.NotFound, nil, "community %s has no unit grids", s)
		}
		for _, cell := range in {
			w.Members = append(w.Members, cell.Code)
		}
	}
	if w.DepartmentCode != "" {
		d, err := st.Feature(ctx, "department", w.DepartmentCode)
		if err != nil {
			return err
		}
		w.DepartmentName = d.Text("name")
	}
	if w, err = grids.Compose(book, w); err != nil {
		return err
	}
	f := w.Feature()
	if _, err := st.Write(ctx, data.WriteInfo{Actor: "command line", Source: "work set"}, func(tx data.Tx) error {
		_, _, err := tx.Put(&f)
		return err
	}); err != nil {
		return err
	}
	return a.result(map[string]any{"code": w.Code, "members": w.Members, "area_m2": w.AreaM2},
		"work grid %s: %d unit grids, %.0f m²", w.Code, len(w.Members), w.AreaM2)
}

func (a *app) cmdWorkList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "list the work grids", Args: cobra.NoArgs}
	db := a.dbFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			for f, err := range st.Features(c.Context(), "work_grid", orb.Bound{}) {
				if err != nil {
					return err
				}
				if err := a.result(map[string]any{
					"code": f.Key, "name": f.Text("name"), "kind": f.Text("kind"), "department": f.Text("department_name"), "area_m2": f.Real("area_m2"),
				}, "%s  %s  %s  %.0f m²  %s", f.Key, f.Text("kind"), f.Text("name"), f.Real("area_m2"), f.Text("department_name")); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return c
}

func (a *app) cmdWorkDelete() *cobra.Command {
	c := &cobra.Command{Use: "delete CODE...", Short: "delete work grids; their unit grids stay", Args: cobra.MinimumNArgs(1)}
	db := a.dbFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			_, err := st.Write(c.Context(), data.WriteInfo{Actor: "command line", Source: "work delete"}, func(tx data.Tx) error {
				for _, code := range args {
					if err := tx.Delete("work_grid", code); err != nil {
						return fmt.Errorf("work grid %s: %w", code, err)
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			return a.result(map[string]int{"deleted": len(args)}, "%d work grids deleted", len(args))
		})
	}
	return c
}
