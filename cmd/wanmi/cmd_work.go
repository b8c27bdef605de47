package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
  wanmi work set --db city.gpkg --code GL-01 --add 370883001001003 --name 古城片
  wanmi work list --db city.gpkg
  wanmi work show --db city.gpkg GL-01
  wanmi work delete --db city.gpkg GL-01`,
	}
	c.AddCommand(a.cmdWorkSet(), a.cmdWorkList(), a.cmdWorkShow(), a.cmdWorkDelete())
	return c
}

// workFlags say what of a work grid is to be set; what is not given stays as it is.
type workFlags struct {
	code, name, kind, department    string
	cells, communities, add, remove []string
	given                           func(flag string) bool
}

func (a *app) cmdWorkSet() *cobra.Command {
	var f workFlags
	c := &cobra.Command{
		Use:   "set",
		Short: "make a work grid, or give one other unit grids, a name or a department",
		Long: `Makes a work grid of unit grids, or changes one there is: what is not given stays. --cells and --community say which
unit grids it has, --add and --remove change a few. A management grid is of unit grids that hang together edge to edge.`,
		Args: cobra.NoArgs,
	}
	db := a.dbFlag(c)
	fl := c.Flags()
	fl.StringVar(&f.code, "code", "", "its code (required)")
	fl.StringVar(&f.name, "name", "", "its name")
	fl.StringVar(&f.kind, "kind", grids.Management, "management (管理, of adjacent cells) or evaluation (评价)")
	fl.StringVar(&f.department, "department", "", "code of the department that answers for it")
	fl.StringSliceVar(&f.cells, "cells", nil, "codes of its unit grids, separated by commas")
	fl.StringSliceVar(&f.communities, "community", nil, "all unit grids of these communities")
	fl.StringSliceVar(&f.add, "add", nil, "unit grids to add to those it has")
	fl.StringSliceVar(&f.remove, "remove", nil, "unit grids to take from it")
	f.given = fl.Changed
	c.RunE = func(c *cobra.Command, _ []string) error {
		if f.code == "" {
			return usageError{errors.New("give --code")}
		}
		return a.withStore(c.Context(), *db, mustExist, func(st store) error { return a.workSet(c.Context(), st, f) })
	}
	return c
}

func (a *app) workSet(ctx context.Context, st store, f workFlags) error {
	book, err := grids.NewBook(ctx, st)
	if err != nil {
		return err
	}
	w, err := workBefore(ctx, st, f)
	if err != nil {
		return err
	}
	if w.Members, err = f.members(book, w.Members); err != nil {
		return err
	}
	if f.given("name") {
		w.Name = f.name
	}
	if f.given("kind") || w.Kind == "" {
		if w.Kind, err = grids.ParseWorkKind(f.kind); err != nil {
			return err
		}
	}
	if f.given("department") {
		w.DepartmentCode, w.DepartmentName = f.department, ""
		if f.department != "" {
			d, err := st.Feature(ctx, "department", f.department)
			if err != nil {
				return err
			}
			w.DepartmentName = d.Text("name")
		}
	}
	if w, err = grids.Compose(book, w); err != nil {
		return err
	}
	also, err := shared(ctx, st, w)
	if err != nil {
		return err
	}
	row := w.Feature()
	if _, err := st.Write(ctx, data.WriteInfo{Actor: "command line", Source: "work set"}, func(tx data.Tx) error {
		_, _, err := tx.Put(&row)
		return err
	}); err != nil {
		return err
	}
	for _, s := range also {
		a.say("note: %s", s)
	}
	return a.result(map[string]any{"code": w.Code, "members": w.Members, "area_m2": w.AreaM2, "shared": also},
		"work grid %s: %d unit grids, %.0f m²", w.Code, len(w.Members), w.AreaM2)
}

// workBefore returns the work grid as it is stored; one that is not yet has only its code.
func workBefore(ctx context.Context, st store, f workFlags) (grids.WorkGrid, error) {
	row, err := st.Feature(ctx, "work_grid", f.code)
	switch {
	case gis.KindOf(err) == gis.NotFound:
		if len(f.cells)+len(f.communities)+len(f.add) == 0 {
			return grids.WorkGrid{}, gis.E(gis.NotFound, nil, "there is no work grid %s; to make it, give its unit grids by --cells or --community", f.code)
		}
		return grids.WorkGrid{Code: f.code}, nil
	case err != nil:
		return grids.WorkGrid{}, err
	}
	return grids.WorkGridOf(row)
}

// members returns the unit grids a work grid is to have, given those it had.
func (f workFlags) members(book *grids.Book, had []grids.Code) ([]grids.Code, error) {
	if len(f.cells)+len(f.communities) > 0 {
		had = nil
	}
	for _, s := range slices.Concat(f.cells, f.add) {
		code, err := grids.ParseCode(s)
		if err != nil {
			return nil, err
		}
		had = append(had, code)
	}
	for _, s := range f.communities {
		in := book.Community(s)
		if len(in) == 0 {
			return nil, gis.E(gis.NotFound, nil, "community %s has no unit grids", s)
		}
		for _, cell := range in {
			had = append(had, cell.Code)
		}
	}
	for _, s := range f.remove {
		if !slices.Contains(had, grids.Code(s)) {
			return nil, gis.E(gis.NotFound, nil, "work grid %s has no unit grid %s", f.code, s)
		}
		had = slices.DeleteFunc(had, func(c grids.Code) bool { return string(c) == s })
	}
	return had, nil
}

// shared says which other work grids of the kind have unit grids of w, too: two answer for one place, if that is meant.
func shared(ctx context.Context, st store, w grids.WorkGrid) ([]string, error) {
	out := []string{}
	for row, err := range st.Features(ctx, "work_grid", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		o, err := grids.WorkGridOf(row)
		if err != nil {
			return nil, err
		}
		if o.Code == w.Code || o.Kind != w.Kind {
			continue
		}
		n := 0
		for _, m := range w.Members {
			if slices.Contains(o.Members, m) {
				n++
			}
		}
		if n > 0 {
			out = append(out, fmt.Sprintf("%d of its unit grids are in work grid %s, too", n, o.Code))
		}
	}
	return out, nil
}

func (a *app) cmdWorkList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "list the work grids", Args: cobra.NoArgs}
	db := a.dbFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			var codes []string
			for f, err := range st.Features(c.Context(), "work_grid", orb.Bound{}) {
				if err != nil {
					return err
				}
				codes = append(codes, f.Key)
			}
			if len(codes) == 0 {
				a.say("there are no work grids yet; 'wanmi work set' makes one")
			}
			return a.workTell(c.Context(), st, codes, false)
		})
	}
	return c
}

func (a *app) cmdWorkShow() *cobra.Command {
	c := &cobra.Command{Use: "show CODE...", Short: "show work grids with their unit grids, and which of those are gone", Args: cobra.MinimumNArgs(1)}
	db := a.dbFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.withStore(c.Context(), *db, mustExist, func(st store) error { return a.workTell(c.Context(), st, args, true) })
	}
	return c
}

// workTell prints work grids, with all on request their unit grids; those that a division since has made void are told apart.
func (a *app) workTell(ctx context.Context, st store, codes []string, all bool) error {
	if len(codes) == 0 {
		return nil
	}
	book, err := grids.NewBook(ctx, st)
	if err != nil {
		return err
	}
	for _, code := range codes {
		row, err := st.Feature(ctx, "work_grid", code)
		if err != nil {
			return err
		}
		w, err := grids.WorkGridOf(row)
		if err != nil {
			return err
		}
		gone := []grids.Code{}
		for _, m := range w.Members {
			if _, ok := book.Cell(m); !ok {
				gone = append(gone, m)
			}
		}
		text := fmt.Sprintf("%s  %s  %s  %d unit grids  %.0f m²  %s", w.Code, w.Kind, w.Name, len(w.Members), w.AreaM2, w.DepartmentName)
		if len(gone) > 0 {
			text += fmt.Sprintf("  %d void since: compose it anew", len(gone))
		}
		if all {
			text += fmt.Sprintf("\n  %v", w.Members)
			if len(gone) > 0 {
				text += fmt.Sprintf("\n  void: %v", gone)
			}
		}
		if err := a.result(map[string]any{
			"code": w.Code, "name": w.Name, "kind": w.Kind, "department": w.DepartmentName, "department_code": w.DepartmentCode,
			"area_m2": w.AreaM2, "members": w.Members, "void": gone,
		}, "%s", strings.TrimRight(text, " ")); err != nil {
			return err
		}
	}
	return nil
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
			return a.result(map[string]int{"deleted": len(args)}, "work grids deleted: %d", len(args))
		})
	}
	return c
}
