package division

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/grids"
)

// Sources of the writes of a division. After one of source built every cell of the city was in order with the base map
// of that moment, or was said not to be.
const (
	built      = "grid build"
	builtPart  = "grid build, some communities"
	builtForce = "grid build, forced"
)

// Reader is the part of a store a division is read from.
type Reader interface {
	grids.Source
	Changes(ctx context.Context, since int64) iter.Seq2[gis.Change, error]
	LastBy(ctx context.Context, source string) (gis.Change, error)
	Generation(ctx context.Context) (gis.Generation, error)
}

// Job is one division of the stored city.
type Job struct {
	Options grids.Options // Old, Next and Today are filled in here
	Force   bool          // write even with breaches of hard rules; the remark of each new cell says so
	Whole   bool          // look at the whole city, even where the change log says what changed
	Spare   bool          // while cells that were delivered since the last build of the city stand, divide only communities without cells
	Actor   string
	At      time.Time
	Saw     func(*grids.Division) error // called with a division of the whole city before it is written; nil: not
}

// Built tells what a Job has done. All lists are sorted.
type Built struct {
	Places   int            `json:"places"` // communities looked at, 0: all
	Kept     int            `json:"kept"`   // cells that keep their code, among those looked at
	New      []string       `json:"new"`
	Void     []string       `json:"void"`    // codes that are void now and were not
	Changed  []string       `json:"changed"` // codes that stay, with another outline
	Hard     int            `json:"hard"`    // breaches of hard rules at what was made
	Placed   int            `json:"placed"`  // components and cases that changed their cell
	Update   grids.Update   `json:"update"`
	Stats    grids.Stats    `json:"-"` // of what was looked at
	Findings []gis.Finding  `json:"findings"`
	Spared   int            `json:"spared,omitempty"` // cells of communities that were left alone because cells had been delivered, see Job.Spare
	Edit     gis.Generation `json:"edit,omitempty"`   // the write, 0 when there was nothing to write
}

// errTooWide ends a write that would update a section when the section is most of the city.
var errTooWide = errors.New("most of the city has changed")

// Build divides the stored city, or updates its cells, and writes what comes of it in one transaction. With mode repair
// or refresh only places are looked at where the change log tells of a new base map since the city was divided last,
// so that an update takes as long as its edit is large. With breaches of hard rules nothing is written unless
// Force: the error is gis.Rejected then, and Built holds the findings.
func Build(ctx context.Context, st Reader, w Writer, j Job) (*Built, error) {
	j.Options.Today = j.At.Format("2006-01-02")
	if j.Spare && j.Options.Mode == grids.Repair && j.Options.Communities == nil {
		if yes, err := deliveredSince(ctx, st); err != nil {
			return nil, err
		} else if yes {
			return j.spare(ctx, st, w)
		}
	}
	if j.Options.Mode != grids.Rebuild && j.Options.Communities == nil && !j.Whole {
		b, err := j.section(ctx, st, w)
		if !errors.Is(err, errTooWide) {
			return b, err
		}
	}
	return j.all(ctx, st, w)
}

// all looks at the whole city.
func (j *Job) all(ctx context.Context, st Reader, w Writer) (*Built, error) {
	gen, err := st.Generation(ctx)
	if err != nil {
		return nil, err
	}
	opt := j.Options
	if opt.Old, opt.Next, err = Old(ctx, st, nil); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(opt.Old, func(c grids.Cell) bool {
		return opt.Communities == nil || slices.Contains(opt.Communities, c.Community)
	}) {
		opt.Mode = grids.Rebuild // there is nothing to repair
	}
	d, err := grids.Build(ctx, st, opt)
	if err != nil {
		return nil, err
	}
	if j.Saw != nil {
		if err := j.Saw(d); err != nil {
			return nil, err
		}
	}
	if d.Update.Zones > 0 {
		if err := CheckChanged(ctx, st, opt.Old, d); err != nil {
			return nil, err
		}
	}
	b := tell(opt.Old, d)
	if err := j.accept(b, d, opt.Old); err != nil {
		return b, err
	}
	names, err := readNames(ctx, st)
	if err != nil {
		return b, err
	}
	places := placeAfter(ctx, st, d.Cells, names) // what it reads before the write begins is the same: the write looks whether it is
	defer places.end()
	b.Edit, err = w.Write(ctx, data.WriteInfo{Actor: j.Actor, Source: j.source(b), Bulk: true}, func(tx data.Tx) error {
		if now, err := st.Generation(ctx); err != nil {
			return err
		} else if now != gen {
			return gis.E(gis.Conflict, nil, "the city was written to while it was divided; divide it again")
		}
		if err := put(tx, d.Cells, d.Lineage, j.At); err != nil {
			return err
		}
		b.Placed, err = places.assign(tx)
		return err
	})
	return b, err
}

func (j *Job) source(b *Built) string {
	switch {
	case b.Hard > 0:
		return builtForce
	case j.Options.Communities != nil:
		return builtPart
	}
	return built
}

// section looks at what changed since the city was divided last; errTooWide when that cannot be told or is much.
func (j *Job) section(ctx context.Context, st Reader, w Writer) (*Built, error) {
	places, err := changedSince(ctx, st)
	if err != nil {
		return nil, err
	}
	if len(places) == 0 && j.Options.Mode == grids.Refresh {
		return nil, errTooWide // nothing has changed: what can be made better is sought everywhere
	}
	var b *Built
	gen, err := w.Write(ctx, data.WriteInfo{Actor: j.Actor, Source: built}, func(tx data.Tx) error {
		if places, err = changedSince(ctx, st); err != nil { // once more: now nobody else writes
			return err
		}
		s, ok, err := grids.NewSection(ctx, txSource{tx}, places)
		if err != nil {
			return err
		}
		if !ok {
			return errTooWide
		}
		b, err = j.update(ctx, tx, s)
		return err
	})
	if err == nil && b.changes() {
		b.Edit = gen
	}
	return b, err
}

func (b *Built) changes() bool { return len(b.New)+len(b.Void)+len(b.Changed) > 0 }

// update updates a section inside a write.
func (j *Job) update(ctx context.Context, tx data.Tx, s *grids.Section) (*Built, error) {
	if len(s.Inner) == 0 {
		return tell(nil, &grids.Division{}), nil
	}
	opt := j.Options
	var seqErr error
	opt.Old, opt.Communities = s.Cells, s.Inner
	opt.Next = func(community string) int {
		n, err := nextSeq(tx, community)
		seqErr = cmp.Or(seqErr, err)
		return n
	}
	d, err := grids.Build(ctx, s, opt)
	if err == nil {
		err = seqErr
	}
	if err != nil {
		return nil, err
	}
	if err := CheckChanged(ctx, s, s.Cells, d); err != nil {
		return nil, err
	}
	b := tell(s.Cells, d)
	b.Places = len(s.Inner)
	if b.Hard > 0 && j.Force {
		return b, errTooWide // what is written by force is written with the whole city in sight
	}
	if err := j.accept(b, d, s.Cells); err != nil {
		return b, err
	}
	var touched []grids.Cell
	for _, c := range d.Cells {
		code := string(c.Code)
		if slices.Contains(b.New, code) || slices.Contains(b.Void, code) || slices.Contains(b.Changed, code) {
			touched = append(touched, c)
		}
	}
	if err := put(tx, touched, d.Lineage, j.At); err != nil {
		return b, err
	}
	b.Placed, err = placeRound(ctx, tx, touched)
	return b, err
}

// tell compares a division with the cells before it.
func tell(old []grids.Cell, d *grids.Division) *Built {
	b := &Built{Update: d.Update, Stats: d.Stats, Findings: append([]gis.Finding{}, d.Findings...), New: []string{}, Void: []string{}, Changed: []string{}}
	was := make(map[grids.Code]*grids.Cell, len(old))
	for i := range old {
		was[old[i].Code] = &old[i]
	}
	for _, c := range d.Cells {
		o := was[c.Code]
		switch {
		case c.Status == grids.Void:
			if o != nil && o.Status != grids.Void {
				b.Void = append(b.Void, string(c.Code))
			}
		case o == nil:
			b.New = append(b.New, string(c.Code))
		default:
			b.Kept++
			if !orb.Equal(o.Polygon, c.Polygon) {
				b.Changed = append(b.Changed, string(c.Code))
			}
		}
	}
	for _, l := range [3][]string{b.New, b.Void, b.Changed} {
		slices.Sort(l)
	}
	for _, f := range d.Findings {
		if f.Severity == gis.SeverityError {
			b.Hard++
		}
	}
	return b
}

// accept refuses a division with hard faults; forced, each of its new and changed cells says so.
func (j *Job) accept(b *Built, d *grids.Division, old []grids.Cell) error {
	if b.Hard == 0 {
		return nil
	}
	if !j.Force {
		for _, f := range b.Findings {
			if f.Severity == gis.SeverityError {
				return gis.E(gis.Rejected, nil, "%d hard faults: nothing was written; mend the base map, or force it. The first, %s at %.7f,%.7f: %s", b.Hard, f.Rule, f.At[0], f.At[1], f.Text)
			}
		}
	}
	for i, c := range d.Cells {
		code := string(c.Code)
		if c.Status != grids.Void && (len(old) == 0 || slices.Contains(b.New, code) || slices.Contains(b.Changed, code)) {
			d.Cells[i].Remark = fmt.Sprintf("written by force with %d hard faults", b.Hard)
		}
	}
	return nil
}

// put writes cells and lineage.
func put(tx data.Tx, cells []grids.Cell, lineage []grids.Lineage, at time.Time) error {
	for _, c := range cells {
		f := c.Feature()
		if _, _, err := tx.Put(&f); err != nil {
			return fmt.Errorf("cell %s: %w", c.Code, err)
		}
		if err := tx.Reserve("grid/"+c.Community, int64(c.Code.Seq())); err != nil {
			return err
		}
	}
	for _, l := range lineage {
		if err := tx.AddLineage(data.Lineage{From: string(l.From), To: string(l.To), Why: l.Why, At: at}); err != nil {
			return err
		}
	}
	return nil
}

// mostPlaces is how many changed rows are looked at one by one.
const mostPlaces = 500

// dividedBy are the layers a division is made from, but for the components: they break no cell.
var dividedBy = map[string]bool{"community": true, "road": true, "rail": true, "water": true, "wall": true, "land": true, "building": true}

// changedSince returns where the base map changed since the whole city was divided last; errTooWide when that cannot be told:
// a layer was delivered anew in one piece, communities came or went, cells were delivered or written by force.
func changedSince(ctx context.Context, st Reader) ([]orb.Bound, error) {
	last, err := st.LastBy(ctx, built)
	if err != nil {
		return nil, err
	}
	if last.Seq == 0 {
		return nil, errTooWide
	}
	var places []orb.Bound
	for c, err := range st.Changes(ctx, last.Seq) {
		switch {
		case err != nil:
			return nil, err
		case c.Layer == "unit_grid" && !strings.HasPrefix(c.Source, sourcePrefix):
			return nil, errTooWide
		case !dividedBy[c.Layer]:
			continue
		case c.Op == gis.Reload, c.Layer == "community" && c.Op != gis.Update, len(places) > 2*mostPlaces:
			return nil, errTooWide
		}
		for _, b := range [2]orb.Bound{c.Old, c.New} {
			if b != (orb.Bound{}) {
				places = append(places, b)
			}
		}
	}
	return places, nil
}
