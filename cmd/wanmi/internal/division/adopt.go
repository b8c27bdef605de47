package division

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/grids"
)

// Target is what an import writes to.
type Target interface {
	Store
	Generation(ctx context.Context) (gis.Generation, error)
	RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error)
}

// Delivery stands between an import of unit grids drawn by hand and the store: the rows the import writes
// are repaired first, see [grids.Adopt], and what comes of that goes into the store in one write.
// The stored cells of the communities delivered that the delivery lacks become void, unless Partial; those it delivers as
// void (作废) do always. The code of a void cell, stored or delivered, goes to no other.
// After the import Division holds the cells and the findings, Summary what the write did.
type Delivery struct {
	Target
	Tolerance float64 // m, see grids.AdoptOptions
	Rules     grids.Rules
	DryRun    bool // repair and tell, write nothing
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

// errWritten ends a write when somebody else wrote after the delivery was repaired.
var errWritten = gis.E(gis.Conflict, nil, "the city was written to while the delivery was repaired; deliver it again")

// mostTries is how often a delivery is repaired for others having written meanwhile.
const mostTries = 4

// Write takes the rows, adopts them and writes the cells.
func (d *Delivery) Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	c := &catcher{}
	if err := fn(c); err != nil {
		return 0, err
	}
	for try := 1; ; try++ {
		gen, err := d.write(ctx, w, c)
		if !errors.Is(err, errWritten) || try == mostTries {
			return gen, err
		}
	}
}

func (d *Delivery) write(ctx context.Context, w data.WriteInfo, c *catcher) (gis.Generation, error) {
	gen, err := d.Target.Generation(ctx)
	if err != nil {
		return 0, err
	}
	old, err := readStored(ctx, d.Target, nil)
	if err != nil {
		return 0, err
	}
	void := maps.Clone(old.void)
	for _, x := range c.void {
		void[x.Code] = true
	}
	d.Division, err = grids.Adopt(ctx, d.Target, c.drawn, grids.AdoptOptions{
		Tolerance: d.Tolerance, Today: d.Now.Format(time.DateOnly), Next: old.next, Old: old.cells, Void: void, Rules: d.Rules, Progress: d.Progress,
	})
	if err != nil {
		return 0, err
	}
	d.retire(old, c.void)
	if err := d.count(old.cells); err != nil {
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
		if now, err := d.Target.Generation(ctx); err != nil {
			return err
		} else if now != gen {
			return errWritten
		}
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

// retire adds the cells that the delivery makes void, with their lineage: those it delivers as void, and, unless Partial,
// the stored ones of the delivered communities that it lacks. Void cells that were never stored keep their codes from being used.
func (d *Delivery) retire(old *stored, void []grids.Cell) {
	today := d.Now.Format(time.DateOnly)
	delivered, codes, gone := map[string]bool{}, map[grids.Code]bool{}, map[grids.Code]*grids.Cell{}
	for _, c := range d.Division.Cells {
		delivered[c.Community], codes[c.Code] = true, true
	}
	for i := range void {
		gone[void[i].Code] = &void[i]
	}
	for _, c := range old.cells {
		told := gone[c.Code]
		delete(gone, c.Code)
		if codes[c.Code] || told == nil && (d.Partial || !delivered[c.Community]) {
			continue
		}
		c.Status, c.EndDate = grids.Void, today
		if told != nil {
			c.EndDate = cmp.Or(told.EndDate, today)
		}
		d.Division.Cells = append(d.Division.Cells, c)
		d.Division.Lineage = append(d.Division.Lineage, grids.Lineage{From: c.Code, Why: "gone"})
	}
	for _, code := range slices.Sorted(maps.Keys(gone)) {
		if !codes[code] && !old.void[code] {
			d.Division.Cells = append(d.Division.Cells, *gone[code])
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
	void     []grids.Cell
	rejected []data.Rejected
}

func (c *catcher) Put(f *gis.Feature) (gis.Op, bool, error) {
	x := grids.Drawn{Code: f.Text("code"), Geom: f.Geom, InitDate: f.Text("init_date"), Remark: f.Text("remark")}
	if f.Text("status") != grids.Void {
		c.drawn = append(c.drawn, x)
	} else if code, ok := x.Settled(); ok {
		v := grids.Cell{
			Code: code, Community: code.Community(), Status: grids.Void, AreaM2: f.Real("area_m2"),
			InitDate: x.InitDate, EndDate: f.Text("end_date"), Remark: x.Remark,
		}
		switch g := f.Geom.(type) { // a void cell may be stored without an outline
		case orb.Polygon:
			v.Polygon = g
		case orb.MultiPolygon:
			if len(g) == 1 {
				v.Polygon = g[0]
			}
		}
		c.void = append(c.void, v)
	}
	return gis.Insert, true, nil
}

// Reserve does nothing: the write reserves the numbers of the cells that come of the rows.
func (c *catcher) Reserve(string, int64) error { return nil }

// From does nothing: a cell comes of several rows.
func (c *catcher) From(string, int64) {}

func (c *catcher) Reject(r data.Rejected) error {
	c.rejected = append(c.rejected, r)
	return nil
}

func (c *catcher) Features(string, orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(func(gis.Feature, error) bool) {}
}
