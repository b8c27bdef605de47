package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wanmi/data"
	"wanmi/data/census"
	"wanmi/gis"
)

const validAtHelp = "what was so at that day's end or at that moment, by all that is known now: a delivery with a --date counts from that day on"

// asked is a moment somebody asks about: as the database was then, or as the city was then.
type asked struct{ asOf, validAt string }

// moment reads the one that was given; the zero time for none.
func (q asked) moment() (at time.Time, valid bool, err error) {
	if q.asOf != "" && q.validAt != "" {
		return at, false, usageError{errors.New("--as-of asks what was in the database, --valid-at what was so: give one of the two")}
	}
	if q.validAt == "" {
		at, err = parseMoment(q.asOf)
		return at, false, err
	}
	if at, err = gis.Moment(q.validAt); err != nil {
		err = usageError{fmt.Errorf("--valid-at: %w", err)}
	}
	return at, true, err
}

// askedFlags adds --as-of and --valid-at.
func askedFlags(c *cobra.Command) *asked {
	q := &asked{}
	c.Flags().StringVar(&q.asOf, "as-of", "", asOfHelp)
	c.Flags().StringVar(&q.validAt, "valid-at", "", validAtHelp)
	return q
}

const asOfHelp = "the state of that day's end (2026-08-02, local time) or of that moment (RFC 3339)"

// parseMoment reads a day, whose end is meant, or a moment; the zero time for "".
func parseMoment(s string) (time.Time, error) {
	at, err := gis.Moment(s)
	if err != nil {
		return at, usageError{fmt.Errorf("--as-of: %w", err)}
	}
	return at, nil
}

func (a *app) cmdHistory() *cobra.Command {
	c := &cobra.Command{
		Use:   "history CODE",
		Short: "every version of a feature: who, when, from which file and row, what changed",
		Long: `Lists the versions of a component, the oldest first, with what changed from one to the next. Codes it once had, before a
recoding, find it too, and so does the code of one that is gone. --layer names another layer.`,
		Example: `  wanmi history --db city.gpkg 37088301037000012
  wanmi history --db city.gpkg --as-of 2026-08-02 37088301037000012
  wanmi history --db city.gpkg --valid-at 2026-08-02 37088301037000012
  wanmi history --db city.gpkg --layer unit_grid 370883001001007`,
		Args: cobra.ExactArgs(1),
	}
	db := a.dbFlag(c)
	layer := c.Flags().String("layer", "component", "the layer")
	when := askedFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := gis.LayerByName(*layer); err != nil {
			return err
		}
		at, valid, err := when.moment()
		if err != nil {
			return err
		}
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			versions, err := st.History(c.Context(), *layer, args[0])
			if err != nil {
				return err
			}
			if !at.IsZero() {
				return a.tellState(versions, args[0], at, valid)
			}
			return a.tellVersions(versions, *layer, args[0])
		})
	}
	return c
}

// tellVersions prints the versions with what changed.
func (a *app) tellVersions(versions []data.Version, layer, code string) error {
	last := map[int64]*data.Version{} // by ID: a code may have been that of two rows
	for i := range versions {
		v := &versions[i]
		changed := changedFields(last[v.Feature.ID], v)
		last[v.Feature.ID] = v
		if a.json {
			err := a.printJSON(map[string]any{
				"seq": v.Seq, "at": v.At, "valid_from": v.ValidFrom, "undone": v.Undone, "actor": v.Actor, "source": v.Source, "batch": v.Batch, "file": v.File, "row": v.Row,
				"op": v.Op, "code": v.Feature.Key, "changed": changed,
			})
			if err != nil {
				return err
			}
			continue
		}
		from := v.Source
		if v.File != "" {
			from = fmt.Sprintf("%s row %d", v.File, v.Row)
		}
		if v.Batch > 0 {
			from += fmt.Sprintf(" (batch %d)", v.Batch)
		}
		if !v.ValidFrom.Equal(v.At) {
			from += ", valid from " + v.ValidFrom.Local().Format(time.DateOnly)
		}
		if v.Undone {
			from += ", undone"
		}
		if _, err := fmt.Fprintf(a.out, "%s  %-6s  %s  %s  %s\n", v.At.Local().Format(time.DateTime), v.Op, v.Feature.Key, v.Actor, from); err != nil {
			return err
		}
		for _, c := range changed {
			fmt.Fprintf(a.out, "    %s: %s -> %s\n", c.Field, c.From, c.To)
		}
	}
	return a.result(map[string]any{"layer": layer, "code": code, "versions": len(versions)}, "%s %s: %d versions", layer, code, len(versions))
}

// fieldChange is one value that differs between two versions.
type fieldChange struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

func changedFields(old, now *data.Version) []fieldChange {
	if old == nil || now.Op == gis.Delete {
		return nil
	}
	var out []fieldChange
	for i, f := range now.Feature.Layer.Fields {
		if old.Feature.Values[i] != now.Feature.Values[i] {
			out = append(out, fieldChange{f.Name, old.Feature.Text(f.Name), now.Feature.Text(f.Name)})
		}
	}
	if from, to := place(old.Feature), place(now.Feature); from != to {
		out = append(out, fieldChange{"position", from, to})
	}
	return out
}

// place says where a feature lies, for telling two versions apart.
func place(f gis.Feature) string {
	b, ok := f.Bound()
	if !ok {
		return ""
	}
	if b.Min == b.Max {
		return fmt.Sprintf("%.8f,%.8f", b.Min[0], b.Min[1])
	}
	return fmt.Sprintf("%.8f,%.8f,%.8f,%.8f", b.Min[0], b.Min[1], b.Max[0], b.Max[1])
}

// tellState prints the feature as it stood.
func (a *app) tellState(versions []data.Version, code string, at time.Time, valid bool) error {
	v, ok := data.At(versions, at)
	if valid {
		v, ok = data.ValidAt(versions, at)
	}
	if !ok {
		return gis.E(gis.NotFound, nil, "there was no %s at %s", code, at.Format(time.RFC3339))
	}
	values := map[string]any{}
	for i, f := range v.Feature.Layer.Fields {
		if v.Feature.Values[i] != nil {
			values[f.Name] = v.Feature.Values[i]
			if !a.json {
				fmt.Fprintf(a.out, "%s: %s\n", f.Name, v.Feature.Text(f.Name))
			}
		}
	}
	return a.result(map[string]any{"code": v.Feature.Key, "since": v.At, "valid_from": v.ValidFrom, "properties": values, "position": place(v.Feature)},
		"%s at %s, since %s", v.Feature.Key, place(v.Feature), v.At.Local().Format(time.DateTime))
}

func (a *app) cmdBatch() *cobra.Command {
	c := &cobra.Command{
		Use:   "batch",
		Short: "the imports: list them, show one, roll one back",
		Example: `  wanmi batch list --db city.gpkg
  wanmi batch show --db city.gpkg 12
  wanmi batch rollback --db city.gpkg 12 --dry-run`,
	}
	list := &cobra.Command{Use: "list", Short: "list all imports, the latest first", Args: cobra.NoArgs}
	listDB := a.dbFlag(list)
	list.RunE = func(c *cobra.Command, _ []string) error {
		return a.withStore(c.Context(), *listDB, mustExist, func(st store) error {
			all, err := st.Batches(c.Context())
			if err != nil {
				return err
			}
			for _, b := range all {
				if err := a.printBatch(b); err != nil {
					return err
				}
			}
			return a.result(map[string]int{"batches": len(all)}, "%d imports", len(all))
		})
	}
	show := &cobra.Command{Use: "show BATCH", Short: "show an import: counts, files, rejected rows", Args: cobra.ExactArgs(1)}
	showDB := a.dbFlag(show)
	show.RunE = func(c *cobra.Command, args []string) error {
		return a.withBatch(c.Context(), *showDB, args[0], func(st store, b data.Batch) error { return a.showBatch(c.Context(), st, b) })
	}
	back := &cobra.Command{
		Use: "rollback BATCH", Short: "undo exactly what an import did", Args: cobra.ExactArgs(1),
		Long: `Rows the import added are removed, rows it changed are as before, rows it removed come back with their codes. No code is
given again. When rows were edited after the import nothing is done, they are listed, and the exit code is 1;
--force leaves those rows as they are and undoes the rest.`,
	}
	backDB := a.dbFlag(back)
	force := back.Flags().Bool("force", false, "leave rows that were edited since as they are")
	dry := back.Flags().Bool("dry-run", false, "say what would be undone; write nothing")
	back.RunE = func(c *cobra.Command, args []string) error {
		return a.withBatch(c.Context(), *backDB, args[0], func(st store, b data.Batch) error {
			return a.rollBack(c.Context(), st, b.ID, census.RollBackOptions{Actor: "command line", Force: *force, DryRun: *dry})
		})
	}
	c.AddCommand(list, show, back)
	return c
}

// withBatch opens the database and finds the batch of that number.
func (a *app) withBatch(ctx context.Context, db, arg string, fn func(store, data.Batch) error) error {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		return usageError{fmt.Errorf("%q is no number of an import; 'wanmi batch list' tells them", arg)}
	}
	return a.withStore(ctx, db, mustExist, func(st store) error {
		b, err := st.Batch(ctx, id)
		if err != nil {
			return err
		}
		return fn(st, b)
	})
}

func (a *app) printBatch(b data.Batch) error {
	if a.json {
		return a.printJSON(b)
	}
	_, err := fmt.Fprintf(a.out, "%4d  %s  %-11s  %-10s  %s  %s: %d added, %d moved, %d changed, %d removed, %d unchanged, %d rejected\n", b.ID,
		b.StartedAt.Local().Format(time.DateTime), b.Status, b.Layer, b.Actor, b.Source, b.Added, b.Moved, b.Changed, b.Removed, b.Unchanged, b.Rejected)
	return err
}

func (a *app) showBatch(ctx context.Context, st store, b data.Batch) error {
	if err := a.printBatch(b); err != nil {
		return err
	}
	if !a.json {
		fmt.Fprintf(a.out, "files: %s\n", strings.Join(b.Files, ", "))
		if b.Surveyed != "" {
			fmt.Fprintf(a.out, "shows: %s\n", b.Surveyed)
		}
		if b.Extent != "" {
			fmt.Fprintf(a.out, "extent: %s\n", b.Extent)
		}
	}
	n := 0
	for r, err := range st.Rejected(ctx, b.ID) {
		if err != nil {
			return err
		}
		n++
		if a.json {
			if err := a.printJSON(r); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.out, "rejected: %s row %d, %s = %q: %s [%s]\n", r.File, r.Row, r.Field, r.Value, r.Reason, r.Rule)
	}
	return a.result(map[string]any{"batch": b.ID, "status": b.Status, "rejected": n}, "import %d is %s; %d rejected rows", b.ID, b.Status, n)
}

func (a *app) rollBack(ctx context.Context, st store, batch int64, o census.RollBackOptions) error {
	p, end := a.progress()
	o.Progress = p
	out, err := census.RollBack(ctx, st, batch, o)
	end()
	const most = 20
	for i, e := range out.Edited {
		if i == most {
			a.say("  … %d more", out.Skipped-most)
			break
		}
		a.say("  edited since: %s %s", e.Layer, e.Key)
	}
	if err != nil {
		return err
	}
	verb := "rolled back"
	if o.DryRun {
		verb = "could be rolled back; nothing written"
	}
	return a.result(out, "import %d %s: %d rows removed, %d as before, %d back, %d left as edited", batch, verb, out.Removed, out.Restored, out.Returned, out.Skipped)
}

func (a *app) cmdRecode() *cobra.Command {
	c := &cobra.Command{
		Use:   "recode --edition gbt47678|cjt214",
		Short: "give every component class and code of another edition of the standard",
		Long: `Components get the class that is the counterpart of theirs and a code of the edition: 17 digits (6+2+3+6) of GB/T 47678.5-2026
or 16 (6+2+2+6) of CJ/T 214-2007, with running numbers by county and class that were never given. One transaction,
kept as a batch that can be rolled back. Former codes are kept and still find the component: in the API, in
'wanmi history' and when a delivery names them. One that had a code of the edition before gets it back.
Components whose class has no counterpart stay as they are and are listed; --class 0602=01077 says one.`,
		Example: `  wanmi recode --db city.gpkg --edition gbt47678 --dry-run
  wanmi recode --db city.gpkg --edition gbt47678`,
		Args: cobra.NoArgs,
	}
	db := a.dbFlag(c)
	edition := c.Flags().String("edition", "", "gbt47678 or cjt214 (required)")
	dry := c.Flags().Bool("dry-run", false, "say what would become of every class; write nothing")
	classes := c.Flags().StringArray("class", nil, "former=new class code; may be repeated")
	c.RunE = func(c *cobra.Command, _ []string) error {
		name, err := census.EditionByName(*edition)
		if err != nil {
			return usageError{err}
		}
		o := census.RecodeOptions{Edition: name, Actor: "command line", DryRun: *dry, Classes: map[string]string{}}
		for _, s := range *classes {
			from, to, ok := strings.Cut(s, "=")
			if !ok {
				return usageError{fmt.Errorf("--class %s: want former=new", s)}
			}
			o.Classes[from] = to
		}
		return a.withStore(c.Context(), *db, mustExist, func(st store) error { return a.recode(c.Context(), st, o) })
	}
	return c
}

func (a *app) recode(ctx context.Context, st store, o census.RecodeOptions) error {
	p, end := a.progress()
	o.Progress = p
	out, err := census.Recode(ctx, st, o)
	end()
	if err != nil {
		return err
	}
	for _, k := range out.Classes {
		if k.To == "" {
			a.say("  %s %s: %d components, no class in %s; say one with --class %s=…", k.From, k.Name, k.Rows, out.Edition, k.From)
			continue
		}
		a.say("  %s %s -> %s: %d components, %s", k.From, k.Name, k.To, k.Rows, k.Example)
	}
	verb := "recoded"
	if o.DryRun {
		verb = "to be recoded; nothing written"
	}
	return a.result(out, "%s: %d components %s, %d are of it already, %d have no class in it", out.Edition, out.Recoded, verb, out.As, out.Left)
}
