package division

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/grids"
)

// The verbs of a planner's hand, as the command line and the HTTP surface name them.
const (
	Merge    = "merge"
	Split    = "split"
	MoveEdge = "move-edge"
	Lock     = "lock"
	Unlock   = "unlock"
	undo     = "undo"
)

// sourcePrefix begins the source of a write by a planner's hand: what can be undone.
const sourcePrefix = "grid edit: "

// Writer is the part of a store an edit is written to.
type Writer interface {
	Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error)
}

// Log tells what was written before.
type Log interface {
	Changes(ctx context.Context, since int64) iter.Seq2[gis.Change, error]
	History(ctx context.Context, layer, key string) ([]data.Version, error)
}

// Request is one edit of a planner.
type Request struct {
	Verb  string
	Cells []grids.Code
	Line  orb.LineString // of split and move-edge, longitude and latitude
	Actor string
	At    time.Time
	Hold  func(tx data.Tx) error // looked at inside the write, before anything else; nil: no condition
}

// Result is what an edit has done. All lists are sorted.
type Result struct {
	Edit     gis.Generation  `json:"edit"`    // names the edit
	Verb     string          `json:"verb"`    // merge, split, move-edge, lock, unlock, undo
	New      []string        `json:"new"`     // codes that are valid now and were not
	Void     []string        `json:"void"`    // codes that are void now and were not
	Changed  []string        `json:"changed"` // codes whose row changed beside
	Lineage  []grids.Lineage `json:"lineage"`
	Findings []gis.Finding   `json:"findings"` // soft ones, at the new cells
	Placed   int             `json:"placed"`   // components and cases that changed their cell
	Undone   gis.Generation  `json:"undone,omitempty"`
}

// Edit carries out a planner's edit in one transaction: the cells, their void rows, lineage, and the components and
// cases in them, which are placed anew. A refusal says which rule would break, and where; nothing is written then.
func Edit(ctx context.Context, st Writer, r Request) (*Result, error) {
	res := &Result{Verb: r.Verb}
	gen, err := st.Write(ctx, data.WriteInfo{Actor: r.Actor, Source: sourcePrefix + r.Verb}, func(tx data.Tx) error {
		if r.Hold != nil {
			if err := r.Hold(tx); err != nil {
				return err
			}
		}
		cells, err := cellsOf(tx, r.Cells)
		if err != nil {
			return err
		}
		if r.Verb == Lock || r.Verb == Unlock {
			return lock(tx, cells, r.Verb == Lock, res)
		}
		e, err := r.make(ctx, tx, cells)
		if err != nil {
			return err
		}
		return e.write(ctx, tx, r.At, res)
	})
	res.Edit = gen
	res.tidy()
	return res, err
}

func (r *Result) tidy() {
	for _, l := range []*[]string{&r.New, &r.Void, &r.Changed} {
		slices.Sort(*l)
		*l = append([]string{}, *l...) // an empty list, not null
	}
	r.Lineage = append([]grids.Lineage{}, r.Lineage...)
	r.Findings = append([]gis.Finding{}, r.Findings...)
}

func cellsOf(tx data.Tx, codes []grids.Code) ([]grids.Cell, error) {
	var out []grids.Cell
	for _, code := range codes {
		f, err := tx.Feature("unit_grid", string(code))
		if err != nil {
			return nil, missing(err, code)
		}
		c, err := grids.CellOf(f)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func missing(err error, code grids.Code) error {
	if gis.KindOf(err) == gis.NotFound {
		return gis.E(gis.NotFound, err, "there is no unit grid %s", code)
	}
	return err
}

// edit is a grids.Edit to be written.
type edit struct{ *grids.Edit }

func (r *Request) make(ctx context.Context, tx data.Tx, cells []grids.Cell) (edit, error) {
	opt := grids.EditOptions{Today: r.At.Format("2006-01-02"), Next: func(community string) (int, error) { return nextSeq(tx, community) }}
	src := txSource{tx}
	want := map[string]int{Split: 1, MoveEdge: 2}[r.Verb]
	if want > 0 && len(cells) != want {
		return edit{}, gis.E(gis.Invalid, nil, "%s takes %d unit grid(s), not %d", r.Verb, want, len(cells))
	}
	var e *grids.Edit
	var err error
	switch r.Verb {
	case Merge:
		e, err = grids.Merge(ctx, src, cells, opt)
	case Split:
		e, err = grids.Split(ctx, src, cells[0], r.Line, opt)
	case MoveEdge:
		e, err = grids.MoveEdge(ctx, src, cells[0], cells[1], r.Line, opt)
	default:
		err = gis.E(gis.Invalid, nil, "there is no edit %q; merge, split, move-edge, lock and unlock are", r.Verb)
	}
	return edit{e}, err
}

// nextSeq returns a number no cell of the community ever had, delivered ones included.
func nextSeq(tx data.Tx, community string) (int, error) {
	for {
		n, err := tx.Next("grid/"+community, 1)
		if err != nil {
			return 0, err
		}
		code, err := grids.MakeCode(community, int(n))
		if err != nil {
			return 0, err
		}
		if _, err := tx.Feature("unit_grid", string(code)); gis.KindOf(err) == gis.NotFound && err != nil {
			return int(n), nil
		} else if err != nil {
			return 0, err
		}
	}
}

func (e edit) write(ctx context.Context, tx data.Tx, at time.Time, res *Result) error {
	for _, group := range []struct {
		cells []grids.Cell
		to    *[]string
	}{{e.Void, &res.Void}, {e.New, &res.New}, {e.Touched, &res.Changed}} {
		for _, c := range group.cells {
			f := c.Feature()
			if _, _, err := tx.Put(&f); err != nil {
				return fmt.Errorf("cell %s: %w", c.Code, err)
			}
			*group.to = append(*group.to, string(c.Code))
		}
	}
	for _, l := range e.Lineage {
		if err := tx.AddLineage(data.Lineage{From: string(l.From), To: string(l.To), Why: l.Why, At: at}); err != nil {
			return err
		}
	}
	res.Lineage, res.Findings = e.Lineage, e.Findings
	var err error
	res.Placed, err = placeRound(ctx, tx, slices.Concat(e.Void, e.New))
	return err
}

// placeRound places what stands in the boxes of the cells.
func placeRound(ctx context.Context, tx data.Tx, cells []grids.Cell) (int, error) {
	if len(cells) == 0 {
		return 0, nil
	}
	names, err := readNames(ctx, txSource{tx})
	if err != nil {
		return 0, err
	}
	moved := 0
	for _, box := range boxesOf(cells) {
		var round []grids.Cell
		for f, err := range tx.Features("unit_grid", box.Pad(1e-6)) {
			if err != nil {
				return moved, err
			}
			if c, err := grids.CellOf(f); err == nil {
				round = append(round, c)
			}
		}
		book, err := grids.BookOf(round)
		if err != nil {
			return moved, err
		}
		n, err := place(tx, book, names, box)
		if moved += n; err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// boxesOf returns the bounds of the cells, those that meet joined.
func boxesOf(cells []grids.Cell) []orb.Bound {
	var boxes []orb.Bound
	for _, c := range cells {
		boxes = append(boxes, c.Polygon.Bound())
	}
	return grids.Disjoint(boxes, 0)
}

func lock(tx data.Tx, cells []grids.Cell, locked bool, res *Result) error {
	if len(cells) == 0 {
		return gis.E(gis.Invalid, nil, "which unit grids?")
	}
	for _, c := range cells {
		if c.Status == grids.Void {
			return gis.E(gis.Conflict, nil, "unit grid %s is void", c.Code)
		}
		if c.Locked == locked {
			continue
		}
		c.Locked = locked
		f := c.Feature()
		if _, _, err := tx.Put(&f); err != nil {
			return fmt.Errorf("cell %s: %w", c.Code, err)
		}
		res.Changed = append(res.Changed, string(c.Code))
	}
	return nil
}

// last is the edit an undo takes back.
type last struct {
	gen  gis.Generation
	rows map[string]gis.Change // of unit_grid, by code
}

// lastEdit finds the last edit that was not undone; the log names those that were.
func lastEdit(ctx context.Context, log Log) (*last, error) {
	edits := map[gis.Generation]*last{}
	undone := map[gis.Generation]bool{}
	for c, err := range log.Changes(ctx, 0) {
		if err != nil {
			return nil, err
		}
		verb, ok := strings.CutPrefix(c.Source, sourcePrefix)
		if !ok || c.Layer != "unit_grid" {
			continue
		}
		if of, ok := strings.CutPrefix(verb, undo+" "); ok {
			n, err := strconv.ParseUint(of, 10, 64)
			if err != nil {
				return nil, gis.E(gis.Internal, err, "the change log holds a strange source %q", c.Source)
			}
			undone[gis.Generation(n)] = true
			continue
		}
		if edits[c.Gen] == nil {
			edits[c.Gen] = &last{c.Gen, map[string]gis.Change{}}
		}
		edits[c.Gen].rows[c.Key] = c
	}
	for _, gen := range slices.Backward(slices.Sorted(maps.Keys(edits))) {
		if !undone[gen] {
			return edits[gen], nil
		}
	}
	return nil, gis.E(gis.NotFound, nil, "there is no edit to undo")
}

// state is a row of unit_grid before and after an edit.
type state struct {
	before, after gis.Feature
	fresh         bool // there was no row before
}

func states(ctx context.Context, log Log, l *last) (map[string]state, error) {
	out := map[string]state{}
	for code, change := range l.rows {
		versions, err := log.History(ctx, "unit_grid", code)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(versions, func(v data.Version) bool { return v.Seq == change.Seq })
		if i < 0 {
			return nil, gis.E(gis.Conflict, nil, "the history of unit grid %s does not hold the edit any more", code)
		}
		s := state{after: versions[i].Feature, fresh: i == 0}
		if i > 0 {
			s.before = versions[i-1].Feature
		}
		out[code] = s
	}
	return out, nil
}

// Undo takes the last edit back, as a new write: the void cells of the edit become valid again with their old codes and
// shapes, the new ones void; their codes stay used. gis.Conflict when a cell of the edit was changed since.
// want names the edit the caller means, 0 for whichever is the last.
func Undo(ctx context.Context, st Writer, log Log, want gis.Generation, actor string, at time.Time) (*Result, error) {
	l, err := lastEdit(ctx, log)
	if err != nil {
		return nil, err
	}
	if want != 0 && l.gen != want {
		return nil, gis.E(gis.Stale, nil, "the last edit is %d, not %d; look again", l.gen, want)
	}
	rows, err := states(ctx, log, l)
	if err != nil {
		return nil, err
	}
	res := &Result{Verb: undo, Undone: l.gen}
	info := data.WriteInfo{Actor: actor, Source: fmt.Sprintf("%s%s %d", sourcePrefix, undo, l.gen)}
	res.Edit, err = st.Write(ctx, info, func(tx data.Tx) error {
		var box []grids.Cell
		for _, code := range slices.Sorted(maps.Keys(rows)) {
			c, err := restore(tx, code, rows[code], at, res)
			if err != nil {
				return err
			}
			box = append(box, c)
		}
		for _, to := range res.New {
			for _, from := range res.Void {
				l := grids.Lineage{From: grids.Code(from), To: grids.Code(to), Why: undo}
				res.Lineage = append(res.Lineage, l)
				if err := tx.AddLineage(data.Lineage{From: from, To: to, Why: undo, At: at}); err != nil {
					return err
				}
			}
		}
		var err error
		res.Placed, err = placeRound(ctx, tx, box)
		return err
	})
	res.tidy()
	return res, err
}

// restore puts one row back.
func restore(tx data.Tx, code string, s state, at time.Time, res *Result) (grids.Cell, error) {
	now, err := tx.Feature("unit_grid", code)
	if err != nil {
		return grids.Cell{}, missing(err, grids.Code(code))
	}
	if !same(now, s.after) {
		return grids.Cell{}, gis.E(gis.Conflict, nil, "unit grid %s was changed after the edit; it cannot be undone", code)
	}
	to := s.before
	if s.fresh {
		to = now.Clone()
		to.SetText("status", grids.Void)
		to.SetText("end_date", at.Format("2006-01-02"))
		to.Set("locked", false)
		res.Void = append(res.Void, code)
	} else if was, is := now.Text("status"), to.Text("status"); was != is {
		res.New = append(res.New, code)
	} else {
		res.Changed = append(res.Changed, code)
	}
	to.Key, to.ID = code, now.ID
	if _, _, err := tx.Put(&to); err != nil {
		return grids.Cell{}, fmt.Errorf("cell %s: %w", code, err)
	}
	return grids.CellOf(to)
}

// same compares what a planner sees of two states of a cell.
func same(a, b gis.Feature) bool {
	for _, field := range a.Layer.Fields {
		if fmt.Sprint(a.Value(field.Name)) != fmt.Sprint(b.Value(field.Name)) {
			return false
		}
	}
	return a.Geom != nil && b.Geom != nil && orb.Equal(a.Geom, b.Geom)
}
