package main

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"time"

	"github.com/paulmach/orb"
	"github.com/spf13/cobra"

	"wanmi/data"
	"wanmi/data/gpkg"
	"wanmi/data/postgis"
	"wanmi/gis"
)

// store is what the commands need of a store, whichever it is. data/storetest
// holds the contract; a second store fulfils this and gets a line in openStore.
type store interface {
	Close() error
	Generation(ctx context.Context) (gis.Generation, error)
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
	Feature(ctx context.Context, layer, key string) (gis.Feature, error)
	Rev(ctx context.Context, layer, key string) (int64, error)
	Count(ctx context.Context, layer string) (int64, error)
	Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error)
	Changes(ctx context.Context, since int64) iter.Seq2[gis.Change, error]
	LastBy(ctx context.Context, source string) (gis.Change, error)
	History(ctx context.Context, layer, key string) ([]data.Version, error)
	ValidAt(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error]
	AsOf(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error]
	After(ctx context.Context, layer string, bound orb.Bound, id int64) iter.Seq2[gis.Feature, error]
	Renames(ctx context.Context, layer string) iter.Seq2[data.Renamed, error]
	KeyNow(ctx context.Context, layer, former string) (string, error)
	Propose(ctx context.Context, p data.Proposal) (int64, error)
	ProposeAll(ctx context.Context, ps []data.Proposal) ([]int64, error)
	Proposals(ctx context.Context, state string) ([]data.Proposal, error)
	Proposal(ctx context.Context, id int64) (data.Proposal, error)
	Batches(ctx context.Context) ([]data.Batch, error)
	Batch(ctx context.Context, id int64) (data.Batch, error)
	Rejected(ctx context.Context, batch int64) iter.Seq2[data.Rejected, error]
	RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error)
	Lineage(ctx context.Context, code string) ([]data.Lineage, error)
	Check(ctx context.Context, p gis.Progress) iter.Seq2[gis.Finding, error]
	Backup(ctx context.Context, file string) error
	CreateKey(ctx context.Context, role, name string) (secret string, k data.Key, err error)
	Keys(ctx context.Context) ([]data.Key, error)
	RevokeKey(ctx context.Context, id string) error
	FindKey(ctx context.Context, secret string) (data.Key, error)
}

var (
	_ store = (*gpkg.Store)(nil)
	_ store = (*postgis.Store)(nil)
)

const dbUsage = "the database: a GeoPackage file or postgres://USER:PASSWORD@HOST/DATABASE (default from WANMI_DB)"

// dbFlag adds --db, which may come from WANMI_DB.
func (a *app) dbFlag(c *cobra.Command) *string {
	var db string
	a.dbFlagVar(c, &db, dbUsage)
	return &db
}

// dbFlagVar is dbFlag with another variable and explanation. Help shows a default without its password.
func (a *app) dbFlagVar(c *cobra.Command, db *string, usage string) {
	c.Flags().StringVar(db, "db", a.getenv("WANMI_DB"), usage)
	if f := c.Flags().Lookup("db"); f.DefValue != "" {
		f.DefValue = shown(f.DefValue)
	}
}

// shown returns the name of a database as it may be printed.
func shown(db string) string {
	if postgis.IsDSN(db) {
		return postgis.Shown(db)
	}
	return db
}

// openStore opens the database; create allows a file that is not there yet.
func (a *app) openStore(ctx context.Context, db string, create mode) (store, error) {
	switch {
	case db == "":
		return nil, usageError{errors.New("which database? give --db city.gpkg or set WANMI_DB")}
	case postgis.IsDSN(db):
		return postgis.Open(ctx, db, postgis.Options{Now: a.now, MustExist: create == mustExist, Promptly: a.promptly})
	}
	if create == mustExist {
		if _, err := os.Stat(db); errors.Is(err, fs.ErrNotExist) {
			return nil, gis.E(gis.NotFound, nil, "there is no database %s; 'wanmi import --db %s ...' makes one", db, db)
		}
	}
	return gpkg.Open(ctx, db, gpkg.Options{Now: a.now, Promptly: a.promptly})
}

type mode bool

const (
	mustExist mode = false
	mayCreate mode = true
)

// withStore opens the database, runs fn and closes; an error on closing counts.
func (a *app) withStore(ctx context.Context, db string, create mode, fn func(store) error) error {
	st, err := a.openStore(ctx, db, create)
	if err != nil {
		return err
	}
	return errors.Join(fn(st), st.Close())
}
