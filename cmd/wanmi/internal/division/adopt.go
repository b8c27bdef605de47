package division

import (
	"context"
	"iter"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/grids"
)

// Target is what an import writes to.
type Target interface {
	Store
	RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error)
}

// Delivery stands between an import of unit grids drawn by hand and the store: the rows the import writes
// are repaired first, see [grids.Adopt], and what comes of that goes into the store in one write.
// The stored cells of the communities delivered that the delivery lacks become void, unless Partial.
// After the import Division holds the cells and the findings, Summary what the write did.
type Delivery struct {
	Target
	Tolerance float64 // m, see grids.AdoptOptions
	DryRun    bool    // repair and tell, write nothing
	Partial   bool
	Now       time.Time
	Progress  gis.Progress

	Division *grids.Division
	Summary  struct{ Added, Changed, Unchanged, Void, Placed int }
}

// Features is that of the store, but for unit grids: to the import each is new, their codes are settled afterwards.
func (d *Delivery) Features(ctx context.Context, layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	if layer == "unit_grid" {
		return func(func(gis.Feature, error) bool) {}
	}
	return d.Target.Features(ctx, layer, b)
}

// StoredGrids are the unit grids of the store, which Features hides: rows without a code are numbered behind them.
func (d *Delivery) StoredGrids(ctx context.Context) iter.Seq2[gis.Feature, error] {
	return d.Target.Features(ctx, "unit_grid", orb.Bound{})
}

// RecordRejected records nothing in a dry run.
func (d *Delivery) RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error) {
	if d.DryRun {
		return 0, nil
	}
	return d.Target.RecordRejected(ctx, b, rows)
}

// Write takes the rows, adopts them and writes the cells.
func (d *Delivery) Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	c := &catcher{}
	if err := fn(c); err != nil {
		return 0, err
	}
	old, next, err := Old(ctx, d.Target, nil)
	if err != nil {
		return 0, err
	}
	d.Division, err = grids.Adopt(ctx, d.Target, c.drawn, grids.AdoptOptions{
		Tolerance: d.Tolerance, Today: d.Now.Format("2006-01-02"), Next: next, Old: old, Progress: d.Progress,
	})
	if err != nil {
		return 0, err
	}
	if !d.Partial {
		d.retire(old)
	}
	if err := d.count(old); err != nil {
		return 0, err
	}
	if d.DryRun {
		return 0, nil
	}
	names, err := readNames(ctx, d.Target)
	if err != nil {
		return 0, err
	}
	return d.Target.Write(ctx, w, func(tx data.Tx) error {
		for _, x := range c.rejected {
			if err := tx.Reject(x); err != nil {
				return err
			}
		}
		places := placeAfter(ctx, d.Target, d.Division.Cells, names)
		defer places.end()
		if err := d.put(tx, places); err != nil {
			return err
		}
		if b := w.Batch; b != nil {
			b.Added, b.Changed, b.Unchanged, b.Removed = int64(d.Summary.Added), int64(d.Summary.Changed), int64(d.Summary.Unchanged), int64(d.Summary.Void)
		}
		return nil
	})
}

// retire adds the stored cells of the delivered communities that the delivery lacks, void, with their lineage.
func (d *Delivery) retire(old []grids.Cell) {
	delivered, codes := map[string]bool{}, map[grids.Code]bool{}
	for _, c := range d.Division.Cells {
		delivered[c.Community], codes[c.Code] = true, true
	}
	for _, c := range old {
		if delivered[c.Community] && !codes[c.Code] {
			c.Status, c.EndDate = grids.Void, d.Now.Format("2006-01-02")
			d.Division.Cells = append(d.Division.Cells, c)
			d.Division.Lineage = append(d.Division.Lineage, grids.Lineage{From: c.Code, Why: "gone"})
		}
	}
}

// count fills Summary with what a write will do; gis.Conflict when it would change or end a locked cell.
func (d *Delivery) count(old []grids.Cell) error {
	was := make(map[grids.Code]*grids.Cell, len(old))
	for i := range old {
		was[old[i].Code] = &old[i]
	}
	s := &d.Summary
	for i := range d.Division.Cells {
		c := &d.Division.Cells[i]
		o := was[c.Code]
		switch {
		case o != nil && o.Locked && (c.Status == grids.Void || !orb.Equal(o.Polygon, c.Polygon)):
			return gis.E(gis.Conflict, nil, "the delivery changes unit grid %s, which is locked: unlock it (wanmi grid unlock %[1]s), or leave community %s out of the delivery", c.Code, c.Community)
		case c.Status == grids.Void:
			s.Void++
		case o == nil:
			s.Added++
		case same(o.Feature(), c.Feature()):
			s.Unchanged++
		default:
			s.Changed++
		}
	}
	return nil
}

func (d *Delivery) put(tx data.Tx, places *placing) error {
	s := &d.Summary
	s.Added, s.Changed, s.Unchanged, s.Void = 0, 0, 0, 0 // a store may run the write again
	for _, c := range d.Division.Cells {
		f := c.Feature()
		op, changed, err := tx.Put(&f)
		switch {
		case err != nil:
			return err
		case c.Status == grids.Void:
			s.Void++
		case !changed:
			s.Unchanged++
		case op == gis.Insert:
			s.Added++
		default:
			s.Changed++
		}
		if err := tx.Reserve("grid/"+c.Code.Community(), int64(c.Code.Seq())); err != nil {
			return err
		}
	}
	for _, l := range d.Division.Lineage {
		if err := tx.AddLineage(data.Lineage{From: string(l.From), To: string(l.To), Why: l.Why, At: d.Now}); err != nil {
			return err
		}
	}
	var err error
	s.Placed, err = places.assign(tx)
	return err
}

// catcher is a transaction that keeps the rows put instead of writing them; an import of unit grids asks it for nothing else.
type catcher struct {
	data.Tx
	drawn    []grids.Drawn
	rejected []data.Rejected
}

func (c *catcher) Put(f *gis.Feature) (gis.Op, bool, error) {
	if f.Text("status") != grids.Void {
		c.drawn = append(c.drawn, grids.Drawn{Code: f.Text("code"), Geom: f.Geom, InitDate: f.Text("init_date"), Remark: f.Text("remark")})
	}
	return gis.Insert, true, nil
}

// Reserve does nothing: the write reserves the numbers of the cells that come of the rows.
func (c *catcher) Reserve(string, int64) error { return nil }

func (c *catcher) Reject(r data.Rejected) error {
	c.rejected = append(c.rejected, r)
	return nil
}

func (c *catcher) Features(string, orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(func(gis.Feature, error) bool) {}
}
