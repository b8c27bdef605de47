package census

import (
	"context"
	"fmt"
	"slices"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/gis/geom"
)

// RollBackOptions say how a batch is rolled back.
type RollBackOptions struct {
	Actor    string
	Force    bool // rows that were edited since are left as they are; else they stop everything
	DryRun   bool // count, write nothing
	Progress gis.Progress
}

// Edited is a row that was edited after the batch.
type Edited struct {
	Layer string `json:"layer"`
	Key   string `json:"key"`
}

// RolledBack counts what rolling a batch back did, or would do.
type RolledBack struct {
	Batch    int64    `json:"batch"`
	Removed  int64    `json:"removed"`  // rows the batch had added
	Restored int64    `json:"restored"` // rows it had changed
	Returned int64    `json:"returned"` // rows it had removed, now back under their codes
	Skipped  int64    `json:"skipped"`  // rows edited since
	Edited   []Edited `json:"edited"`   // the first thousand of them

	Generation gis.Generation `json:"-"`
}

// maxEdited is how many edited rows are named.
const maxEdited = 1000

// derivedFields follow from where a row lies: another value of theirs is no edit, and what comes back takes those of today.
var derivedFields = map[string][]string{
	"component": {"grid_code", "community_code", "community_name", "street_code", "street_name"},
	"case":      {"grid_code"},
}

// RollBack undoes exactly what a committed batch did, in one write: rows it added go, rows it changed are as before, rows it
// removed come back with their codes and IDs. Counters stay, so no code is given again. Where rows were edited since it is
// gis.Conflict with the rows in the result, unless o.Force passes over them. A new cell after a division is no edit.
func RollBack(ctx context.Context, t interface {
	Target
	Batch(ctx context.Context, id int64) (data.Batch, error)
}, batch int64, o RollBackOptions,
) (RolledBack, error) {
	out := RolledBack{Batch: batch, Edited: []Edited{}}
	b, err := t.Batch(ctx, batch)
	if err != nil {
		return out, err
	}
	if b.Status != data.StatusCommitted {
		return out, gis.E(gis.Conflict, nil, "import %d is %s; only a committed one can be rolled back", batch, b.Status)
	}
	_, place, err := readCity(ctx, t, nil)
	if err != nil {
		return out, err
	}
	u := undoing{RollBackOptions: o, place: place, total: b.Added + b.Moved + b.Changed + b.Removed}
	info := data.WriteInfo{Actor: o.Actor, Source: fmt.Sprintf("rollback of import %d", batch), Bulk: u.total >= bulkRows}
	gen, err := t.Write(ctx, info, func(tx data.Tx) error {
		u.out = RolledBack{Batch: batch, Edited: []Edited{}} // a store may run the function again
		return u.run(tx, batch)
	})
	out = u.out
	out.Generation = gen
	if u.dry {
		err = nil
	}
	return out, err
}

// errDry ends the write of a dry run.
var errDry = gis.E(gis.Canceled, nil, "a dry run writes nothing")

type undoing struct {
	RollBackOptions
	place placement
	total int64
	out   RolledBack
	dry   bool
}

func (u *undoing) run(tx data.Tx, batch int64) error {
	if err := u.look(tx, batch); err != nil {
		return err
	}
	if u.DryRun {
		u.dry = true
		return errDry
	}
	if u.out.Skipped > 0 && !u.Force {
		return gis.E(gis.Conflict, nil, "%d rows of import %d were edited after it; roll it back with force to leave them as they are", u.out.Skipped, batch)
	}
	var back []*gis.Feature
	var done int64
	for x, err := range tx.Touched(batch) {
		if err != nil {
			return err
		}
		if done++; done%1000 == 0 {
			u.Progress.Tell("roll back", done, u.total)
		}
		if edited(x) {
			continue
		}
		switch {
		case x.Was == nil && x.Now != nil:
			err = tx.Delete(x.Layer, x.Now.Key)
		case x.Was != nil && x.Now != nil:
			err = u.restore(tx, x)
		case x.Was != nil:
			f := u.asOfToday(x.Was, nil)
			back = append(back, &f)
		}
		if err != nil {
			return err
		}
	}
	for _, f := range back { // last: a row the batch had put in their place has gone by now
		if err := tx.Restore(f); err != nil {
			return err
		}
	}
	return tx.RolledBack(batch)
}

// look counts what is to be done and finds the rows edited since.
func (u *undoing) look(tx data.Tx, batch int64) error {
	for x, err := range tx.Touched(batch) {
		switch {
		case err != nil:
			return err
		case edited(x):
			u.out.Skipped++
			if len(u.out.Edited) < maxEdited {
				f := x.Now
				if f == nil {
					f = x.Made
				}
				if f == nil {
					f = x.Was
				}
				u.out.Edited = append(u.out.Edited, Edited{x.Layer, f.Key})
			}
		case x.Was == nil && x.Now != nil:
			u.out.Removed++
		case x.Was != nil && x.Now != nil:
			u.out.Restored++
		case x.Was != nil:
			u.out.Returned++
		}
	}
	return nil
}

// edited reports whether somebody changed the row after the batch, otherwise than by what follows from its place.
func edited(x data.Touched) bool {
	if !x.Later || x.Was == nil && x.Now == nil {
		return false
	}
	if x.Made == nil || x.Now == nil {
		return true
	}
	return x.Made.Key != x.Now.Key || !sameShape(x.Made.Geom, x.Now.Geom) || !sameButDerived(x.Made, x.Now)
}

func sameButDerived(a, b *gis.Feature) bool {
	derived := derivedFields[a.Layer.Name]
	for i, f := range a.Layer.Fields {
		if a.Values[i] != b.Values[i] && !slices.Contains(derived, f.Name) {
			return false
		}
	}
	return true
}

// restore brings a changed row back to what it was.
func (u *undoing) restore(tx data.Tx, x data.Touched) error {
	if x.Now.Key != x.Was.Key {
		if err := tx.Rename(x.Layer, x.Now.Key, x.Was.Key); err != nil {
			return err
		}
	}
	f := *x.Was
	if x.Later {
		f = u.asOfToday(x.Was, x.Now)
	}
	_, _, err := tx.Put(&f)
	return err
}

// asOfToday gives a former row the cell, community and street its place has now.
func (u *undoing) asOfToday(was, now *gis.Feature) gis.Feature {
	f := was.Clone()
	derived := derivedFields[f.Layer.Name]
	if len(derived) == 0 || f.Geom == nil {
		return f
	}
	if now != nil && sameShape(was.Geom, now.Geom) {
		for _, name := range derived {
			f.Set(name, now.Value(name))
		}
		return f
	}
	if u.place.placer == nil {
		return f
	}
	grid, comm, commName, street, streetName, ok := u.place.placer.Place(geom.LabelPoint(f.Geom))
	if !ok {
		return f
	}
	for i, v := range []string{grid, comm, commName, street, streetName}[:len(derived)] {
		f.SetText(derived[i], v)
	}
	return f
}
