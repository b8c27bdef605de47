package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/feedback"
	"wanmi/gis"
)

// deskFlags are what every command of feedback needs.
type deskFlags struct{ db, config string }

func (a *app) cmdFeedback() *cobra.Command {
	c := &cobra.Command{
		Use:   "feedback",
		Short: "corrections of dispatchers: handed in, reviewed, learned, taken back",
		Long: `A correction says where a report really is. It waits until the keeper of the data decides: accepted, its words become an alias of a stored
place or a local rule, the name of the point, and the next answer knows them, that of a running server too. The reasons of an answer name
what was used and whose it is. What is accepted is a row of the layer local_name (export, history and --as-of know it) and can be
taken back.

"list" shows to each correction what the geocoder answers today and how far off, the words it does not know, what is proposed to be
learned, and what speaks against it:
  name.vague      too general (门口)                      name.official   the name of a stored place far away
  name.taught     taught for another place already      name.address    exactly an address somewhere else
  name.disputed   another correction wants the same words elsewhere
  name.absent     the words do not stand in the text    place.far       the place lies far from the point
Such a one is refused, but for --force with a --reason.`,
		Example: `  wanmi geocode feedback add --db city.gpkg 老供销社门口垃圾满了 --at 116.9731,35.4052 --by 坐席7
  wanmi geocode feedback add --db city.gpkg 更正.csv --by 坐席班
  wanmi geocode feedback list --db city.gpkg
  wanmi geocode feedback accept --db city.gpkg 12 --by 张管理员
  wanmi geocode feedback accept --db city.gpkg 12 --name 老供销社 --place poi:p31 --by 张管理员 --reason 现百货大楼
  wanmi geocode feedback accept --db city.gpkg --all --by 张管理员
  wanmi geocode feedback reject --db city.gpkg 13 --by 张管理员 --reason 点位有误
  wanmi geocode feedback undo --db city.gpkg 12 --by 张管理员 --reason 已拆除
  wanmi geocode feedback list --db city.gpkg --csv 待审.csv      # fill in decision and reason, then:
  wanmi geocode feedback review --db city.gpkg 待审.csv --by 张管理员
  wanmi geocode feedback list --db city.gpkg --state accepted --csv 已学.csv && wanmi geocode eval --db city.gpkg 已学.csv`,
	}
	c.AddCommand(a.cmdFeedbackAdd(), a.cmdFeedbackList(), a.cmdFeedbackShow(), a.cmdFeedbackAccept(),
		a.cmdFeedbackDecide(feedback.Reject, "reject ID...", "close corrections from which nothing is to be learned"),
		a.cmdFeedbackDecide(feedback.Undo, "undo ID...", "take back what was learned"),
		a.cmdFeedbackReview())
	return c
}

func (a *app) deskFlags(c *cobra.Command) *deskFlags {
	var f deskFlags
	a.dbFlagVar(c, &f.db, dbUsage)
	c.Flags().StringVar(&f.config, "config", "", "the server's configuration file, for its synonyms and names")
	return &f
}

// withDesk opens the store, reads the city and runs fn.
func (a *app) withDesk(ctx context.Context, f *deskFlags, fn func(d *feedback.Desk) error) error {
	return a.withStore(ctx, f.db, mustExist, func(st store) error {
		conf, err := readConfig(f.config)
		if err != nil {
			return err
		}
		live, err := a.loadCity(ctx, st, conf, true)
		if err != nil {
			return err
		}
		return fn(&feedback.Desk{Live: live, Store: st})
	})
}

func (a *app) cmdFeedbackAdd() *cobra.Command {
	c := &cobra.Command{
		Use:   "add TEXT --at LON,LAT | add FILE.csv",
		Short: "hand in a correction, or those of a CSV file",
		Long: `Keeps a correction until it is decided. Of a CSV file the columns are found by their headings: text (文本, 描述, 地址 ...), lon and lat (经度, 纬度,
x, y), and where they are there place (地点: the stored place meant, as poi:p12), note (备注) and by (更正人). All rows are kept or none; a row
that waits already is not kept twice, so that a file may be handed in again.`,
		Example: `  wanmi geocode feedback add --db city.gpkg 老供销社门口垃圾满了 --at 116.9731,35.4052 --by 坐席7
  wanmi geocode feedback add --db city.gpkg 更正.csv`,
		Args: cobra.ExactArgs(1),
	}
	f := a.deskFlags(c)
	fl := c.Flags()
	at := fl.String("at", "", "the right point, longitude,latitude in degrees")
	place := fl.String("place", "", "the stored place meant, as poi:p12 (the id of an answer)")
	note := fl.String("note", "", "what else there is to say")
	by := fl.String("by", "", "who corrects")
	encoding := fl.String("encoding", "", "text encoding of the CSV, as gbk (default: guessed)")
	c.RunE = func(c *cobra.Command, args []string) error {
		var cs []feedback.Correction
		if *at == "" {
			if !strings.Contains(args[0], ".") {
				return usageError{errors.New("where is it? give --at LON,LAT with a text, or a CSV file")}
			}
			var err error
			if cs, err = readCorrections(args[0], *encoding, *by); err != nil {
				return err
			}
		} else {
			p, err := parseAt(*at)
			if err != nil {
				return err
			}
			cs = []feedback.Correction{{Text: args[0], Point: p, Place: *place, Note: *note, By: *by}}
		}
		return a.withDesk(c.Context(), f, func(d *feedback.Desk) error { return a.feedbackAdd(c.Context(), d, cs) })
	}
	return c
}

func (a *app) feedbackAdd(ctx context.Context, d *feedback.Desk, cs []feedback.Correction) error {
	added, err := d.Add(ctx, cs)
	if err != nil {
		return err
	}
	if len(cs) > 1 {
		return a.result(added, "%d corrections kept, %d of %d waited already", added.Fresh, len(cs)-added.Fresh, len(cs))
	}
	it, err := d.Item(ctx, added.IDs[0])
	if err != nil {
		return err
	}
	return a.printItem(it)
}

// parseAt reads LON,LAT.
func parseAt(s string) (orb.Point, error) {
	lon, lat, ok := strings.Cut(s, ",")
	if !ok {
		return orb.Point{}, usageError{fmt.Errorf("--at %s: want longitude,latitude, as 116.9731,35.4052", s)}
	}
	return parsePoint(strings.TrimSpace(lon), strings.TrimSpace(lat))
}

// readCorrections reads a CSV file; a row that is none is an error that names it.
func readCorrections(file, encoding, by string) ([]feedback.Correction, error) {
	t, err := readTable(file, encoding)
	if err != nil {
		return nil, err
	}
	text, err := t.textColumn("")
	if err != nil {
		return nil, err
	}
	lon, lat := t.column(caseColumns[0]), t.column(caseColumns[1])
	if lon < 0 || lat < 0 {
		return nil, gis.E(gis.Invalid, nil, "%s: the right points are wanted in columns named lon and lat (or 经度 and 纬度); the columns are %s", file, strings.Join(t.columns, ", "))
	}
	place, note, who := t.column([]string{"place", "地点编号"}), t.column([]string{"note", "备注"}), t.column([]string{"by", "更正人", "坐席", "人员"})
	out := make([]feedback.Correction, 0, len(t.rows))
	for i, row := range t.rows {
		get := func(k int) string {
			if k < 0 {
				return ""
			}
			return strings.TrimSpace(row[k])
		}
		p, err := parsePoint(get(lon), get(lat))
		if why := t.faults[i]; why != "" {
			err = errors.New(why)
		}
		if err != nil {
			return nil, gis.E(gis.Rejected, nil, "%s, row %d: %s", file, i+1, publicOr(err))
		}
		c := feedback.Correction{Text: get(text), Point: p, Place: get(place), Note: get(note), By: get(who)}
		if c.By == "" {
			c.By = by
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, gis.E(gis.Rejected, nil, "%s holds no rows", file)
	}
	return out, nil
}

// publicOr is the public sentence of an error, or all of it.
func publicOr(err error) string {
	var e *gis.Error
	if errors.As(err, &e) {
		return e.Msg
	}
	return err.Error()
}

func (a *app) cmdFeedbackList() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "list corrections with what they could teach and what speaks against it",
		Example: `  wanmi geocode feedback list --db city.gpkg
  wanmi geocode feedback list --db city.gpkg --state accepted --json
  wanmi geocode feedback list --db city.gpkg --csv 待审.csv`,
		Args: cobra.NoArgs,
	}
	f := a.deskFlags(c)
	state := c.Flags().String("state", feedback.Open, strings.Join(feedback.States, ", ")+", or all")
	file := c.Flags().String("csv", "", "write them to this CSV file, with columns to fill in for review")
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withDesk(c.Context(), f, func(d *feedback.Desk) error {
			s := *state
			if s == "all" {
				s = ""
			}
			items, err := d.List(c.Context(), s)
			if err != nil {
				return err
			}
			if *file != "" {
				if err := writeItems(*file, items); err != nil {
					return err
				}
				return a.result(map[string]any{"corrections": len(items), "file": *file}, "%d corrections written to %s", len(items), *file)
			}
			for _, it := range items {
				if err := a.printItem(it); err != nil {
					return err
				}
			}
			if len(items) == 0 && !a.json {
				a.say("no corrections are %s", *state)
			}
			return nil
		})
	}
	return c
}

func (a *app) cmdFeedbackShow() *cobra.Command {
	c := &cobra.Command{Use: "show ID", Short: "show one correction", Args: cobra.ExactArgs(1)}
	f := a.deskFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		ids, err := correctionIDs(args)
		if err != nil {
			return err
		}
		return a.withDesk(c.Context(), f, func(d *feedback.Desk) error {
			it, err := d.Item(c.Context(), ids[0])
			if err != nil {
				return err
			}
			return a.printItem(it)
		})
	}
	return c
}

// correctionIDs reads numbers, also as F12.
func correctionIDs(args []string) ([]int64, error) {
	ids := make([]int64, len(args))
	for i, s := range args {
		id, err := strconv.ParseInt(strings.TrimPrefix(s, "F"), 10, 64)
		if err != nil {
			return nil, usageError{fmt.Errorf("%q is no number of a correction", s)}
		}
		ids[i] = id
	}
	return ids, nil
}

// printItem shows a correction to people, or as JSON.
func (a *app) printItem(it feedback.Item) error {
	if a.json {
		return a.printJSON(it)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d  %s  %s  %s  “%s” -> %.6f,%.6f\n", it.ID, it.State, it.At.Local().Format(time.DateTime), it.By, it.Text, it.Point[0], it.Point[1])
	if it.Note != "" {
		fmt.Fprintf(&b, "    note: %s\n", it.Note)
	}
	if t := it.Today; t != nil {
		fmt.Fprintf(&b, "    today: %s (%s, score %.2f), %.0f m off\n", t.Label, t.Level, t.Score, t.DistanceM)
	} else {
		b.WriteString("    today: nothing is found\n")
	}
	if len(it.Unread) > 0 {
		fmt.Fprintf(&b, "    not understood: %s\n", strings.Join(it.Unread, " | "))
	}
	if l := it.Learn; l != nil {
		fmt.Fprintf(&b, "    to learn: %s\n", learnWords(l.Kind, l.Name, l.Place, l.PlaceName)+" ("+l.Why+")")
	}
	for _, c := range it.Conflicts {
		fmt.Fprintf(&b, "    against it: %s: %s\n", c.Code, c.Text)
	}
	if len(it.Same) > 0 {
		fmt.Fprintf(&b, "    the same say: %s\n", strings.Trim(fmt.Sprint(it.Same), "[]"))
	}
	for _, n := range it.Near {
		fmt.Fprintf(&b, "    near: %s %s, %.0f m\n", n.ID, n.Name, n.DistanceM)
	}
	if t := it.Taught; t != nil {
		kind := feedback.Rule
		if t.Place != "" {
			kind = feedback.Alias
		}
		fmt.Fprintf(&b, "    learned: %s as %s\n", learnWords(kind, t.Name, t.Place, t.PlaceName), t.Ref)
	}
	if it.DecidedAt != nil {
		fmt.Fprintf(&b, "    decided: %s  %s  %s\n", it.DecidedAt.Local().Format(time.DateTime), it.DecidedBy, it.Why)
	}
	if it.UndoneAt != nil {
		fmt.Fprintf(&b, "    taken back: %s  %s  %s\n", it.UndoneAt.Local().Format(time.DateTime), it.UndoneBy, it.UndoneWhy)
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// learnWords says what is learned.
func learnWords(kind, name, place, placeName string) string {
	switch kind {
	case feedback.Alias:
		return fmt.Sprintf("“%s” is %s (%s)", name, placeName, place)
	case feedback.Rule:
		return fmt.Sprintf("“%s” is the point", name)
	}
	return "nothing"
}
