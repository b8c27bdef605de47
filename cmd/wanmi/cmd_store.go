package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wanmi/data"
	"wanmi/data/gpkg"
	"wanmi/data/postgis"
	"wanmi/gis"
)

func (a *app) cmdCheck() *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "check the integrity of everything stored",
		Args:  cobra.NoArgs,
	}
	db := a.dbFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			p, end := a.progress()
			n, hard := 0, 0
			for f, err := range st.Check(c.Context(), p) {
				if err != nil {
					end()
					return err
				}
				n++
				if f.Severity == gis.SeverityError {
					hard++
				}
				if a.json {
					if err := a.printJSON(f); err != nil {
						return err
					}
				} else {
					fmt.Fprintf(a.out, "%s %s %s %s: %s\n", f.Severity, f.Rule, f.Layer, f.Key, f.Text)
				}
			}
			end()
			err := a.result(map[string]int{"findings": n, "errors": hard}, "%s: %d findings, %d of them errors", shown(*db), n, hard)
			if err == nil && hard > 0 {
				return exitCode(1)
			}
			return err
		})
	}
	return c
}

func (a *app) cmdKey() *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "create, list and revoke the keys that let programs and people in",
		Long: `A key is shown once, when it is made; only its SHA-256 is stored. Roles, each with the rights of those before it:
viewer (reads a closed server), surveyor (proposes), editor (writes), admin (keys and settings).`,
		Example: `  wanmi key create --db city.gpkg --role editor --name 普查一队
  wanmi key list --db city.gpkg
  wanmi key revoke --db city.gpkg ID`,
	}
	create := &cobra.Command{Use: "create", Short: "make a key and print its secret, once", Args: cobra.NoArgs}
	createDB := a.dbFlag(create)
	role := create.Flags().String("role", "", "one of "+strings.Join(data.Roles(), ", ")+" (required)")
	name := create.Flags().String("name", "", "whose key it is")
	create.RunE = func(c *cobra.Command, _ []string) error {
		if !data.RoleAllows(*role, data.RoleViewer) {
			return usageError{fmt.Errorf("--role %q: want one of %s", *role, strings.Join(data.Roles(), ", "))}
		}
		return a.withStore(c.Context(), *createDB, mayCreate, func(st store) error {
			secret, k, err := st.CreateKey(c.Context(), *role, *name)
			if err != nil {
				return err
			}
			return a.result(map[string]string{"id": k.ID, "role": k.Role, "name": k.Name, "key": secret}, "%s", secret)
		})
	}
	list := &cobra.Command{Use: "list", Short: "list the keys, without their secrets", Args: cobra.NoArgs}
	listDB := a.dbFlag(list)
	list.RunE = func(c *cobra.Command, _ []string) error {
		return a.withStore(c.Context(), *listDB, mustExist, func(st store) error {
			keys, err := st.Keys(c.Context())
			if err != nil {
				return err
			}
			for _, k := range keys {
				if err := a.printKey(k); err != nil {
					return err
				}
			}
			return nil
		})
	}
	revoke := &cobra.Command{Use: "revoke ID...", Short: "end keys at once", Args: cobra.MinimumNArgs(1)}
	revokeDB := a.dbFlag(revoke)
	revoke.RunE = func(c *cobra.Command, args []string) error {
		return a.withStore(c.Context(), *revokeDB, mustExist, func(st store) error {
			for _, id := range args {
				if err := st.RevokeKey(c.Context(), id); err != nil {
					return err
				}
			}
			return a.result(map[string]int{"revoked": len(args)}, "%d keys revoked", len(args))
		})
	}
	c.AddCommand(create, list, revoke)
	return c
}

func (a *app) printKey(k data.Key) error {
	day := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Format("2006-01-02")
	}
	return a.result(map[string]string{
		"id": k.ID, "role": k.Role, "name": k.Name, "created": day(k.CreatedAt), "last_used": day(k.LastUsed), "revoked": day(k.RevokedAt),
	}, "%s  %-8s  created %s  last used %s  revoked %s  %s", k.ID, k.Role, day(k.CreatedAt), day(k.LastUsed), day(k.RevokedAt), k.Name)
}

func (a *app) cmdBackup() *cobra.Command {
	c := &cobra.Command{
		Use:     "backup",
		Short:   "write a whole and consistent copy of the database, also while it is served",
		Example: `  wanmi backup --db city.gpkg --out city-2026-11-22.gpkg`,
		Args:    cobra.NoArgs,
	}
	db := a.dbFlag(c)
	out := c.Flags().String("out", "", "the file to write (required)")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if *out == "" {
			return usageError{errors.New("give --out FILE")}
		}
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			if err := st.Backup(c.Context(), *out); err != nil {
				return err
			}
			return a.result(map[string]string{"file": *out}, "%s backed up to %s", shown(*db), *out)
		})
	}
	return c
}

func (a *app) cmdRestore() *cobra.Command {
	c := &cobra.Command{
		Use:     "restore BACKUP",
		Short:   "put a backup in the place of the database, after checking it",
		Example: `  wanmi restore --db city.gpkg city-2026-11-22.gpkg`,
		Args:    cobra.ExactArgs(1),
	}
	db := a.dbFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if *db == "" {
			return usageError{errors.New("which database? give --db city.gpkg or set WANMI_DB")}
		}
		if err := restore(c.Context(), args[0], *db); err != nil {
			return err
		}
		return a.result(map[string]string{"db": shown(*db), "from": args[0]}, "%s restored from %s", shown(*db), args[0])
	}
	return c
}

func restore(ctx context.Context, from, to string) error {
	if postgis.IsDSN(to) {
		return postgis.Restore(ctx, from, to)
	}
	return gpkg.Restore(ctx, from, to)
}
