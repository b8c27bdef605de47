package data

import (
	"iter"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// Tx is a write in progress. It is valid inside the function given to Write only and is not safe for concurrent use.
type Tx interface {
	// Put inserts the feature or updates the row of the same key. It fills f.ID, and f.Key where the layer has no key
	// field and none was given. The bool is false when the stored row is identical: nothing was written.
	// Times come back in UTC. A key of the store's own making (initial of the layer and a number) must exist: gis.NotFound.
	Put(f *gis.Feature) (gis.Op, bool, error)
	// Assign gives rows other values in the named fields, which follow from something else, as the cell a component lies in;
	// the key is none of them. What has the values already, and an ID there is no row of, is passed over. It returns how many
	// rows changed. It is Put for many, in time that allows a whole city, and the change log and the history tell the same.
	// Each row comes once; where one is refused, those before it may have been changed.
	Assign(layer string, fields []string, rows iter.Seq[Assigned]) (int64, error)
	// Delete removes the row, gis.NotFound when there is none.
	Delete(layer, key string) error
	// Clear removes all rows of the layer and returns how many there were. Their ids do not come back.
	Clear(layer string) (int64, error)
	// Feature returns the row as this write sees it, gis.NotFound when there is none.
	Feature(layer, key string) (gis.Feature, error)
	// Features yields the rows there were at the call, by ID, as this write sees them; the zero bound is everything.
	// Rows may be put and deleted inside the loop.
	Features(layer string, b orb.Bound) iter.Seq2[gis.Feature, error]
	// Rev returns the Seq of the write that last touched the row, gis.NotFound when there is none.
	Rev(layer, key string) (int64, error)
	// Next returns max(last+1, floor) of the counter and remembers it: no number is given twice.
	Next(counter string, floor int64) (int64, error)
	// Reserve raises the counter to at least n, so that a delivered number is not given again.
	Reserve(counter string, n int64) error
	// Reject records a refused row with the batch of this write; gis.Invalid when the write has none.
	Reject(r Rejected) error
	// AddLineage records where a unit grid came from.
	AddLineage(l Lineage) error

	// From says which row of which file what is put next comes from, until it says another; "" for none. It counts in a write
	// with a batch only.
	From(file string, row int64)
	// Rename gives the row another key: its ID, its values and its history stay, and Store.Renames tells of it. gis.NotFound when
	// there is no such row, gis.Conflict when the new key is taken, gis.Invalid in a layer without a key field. The log says Reload.
	Rename(layer, key, to string) error
	// Restore puts back a row that is gone, under its former ID and key. gis.Conflict when there is a row with either.
	Restore(f *gis.Feature) error
	// Touched yields what a batch did, by layer and ID, as this write sees it: deleted and re-made rows too. Rows may be put
	// and deleted inside the loop. A batch that is not StatusCommitted, and no batch, touched nothing.
	Touched(batch int64) iter.Seq2[Touched, error]
	// RolledBack marks the batch as rolled back; gis.NotFound when there is none, gis.Conflict when it is not StatusCommitted.
	RolledBack(batch int64) error
	// Settle closes an open proposal; gis.NotFound when there is none, gis.Conflict when it is closed already.
	Settle(proposal int64, state, by, why string) error
}

// Assigned is a row by its ID and its values of the fields given to Tx.Assign, in that order; nil takes a value away.
// Rows with the same values may share the slice: that saves a store time.
type Assigned struct {
	ID     int64
	Values []any
}
