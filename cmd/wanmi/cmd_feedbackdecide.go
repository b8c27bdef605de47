package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/feedback"
	"wanmi/gis"
)

func (a *app) cmdFeedbackAccept() *cobra.Command {
	c := &cobra.Command{
		Use:   "accept ID... | --all",
		Short: "learn from corrections as proposed, or otherwise",
		Long: `Makes what is proposed an alias or a local rule; all of the corrections named, or none. With one correction --name, --place, --rule and --at
change what is learned. --all accepts those that teach something and that nothing speaks against, and names the rest.`,
		Example: `  wanmi geocode feedback accept --db city.gpkg 12 14 --by 张管理员
  wanmi geocode feedback accept --db city.gpkg 12 --name 老供销社 --rule --by 张管理员
  wanmi geocode feedback accept --db city.gpkg 15 --force --reason 医院已搬迁 --by 张管理员`,
	}
	f := a.deskFlags(c)
	fl := c.Flags()
	var x feedback.Decision
	by := byFlag(c)
	fl.StringVar(&x.Why, "reason", "", "why")
	fl.StringVar(&x.Name, "name", "", "the words to learn")
	fl.StringVar(&x.Place, "place", "", "the stored place they name, as poi:p12")
	fl.BoolVar(&x.Rule, "rule", false, "they name the point, whatever stands there")
	fl.BoolVar(&x.Force, "force", false, "in spite of what speaks against it; with --reason")
	at := fl.String("at", "", "a better point than the one handed in, longitude,latitude")
	all := fl.Bool("all", false, "every one that nothing speaks against")
	c.RunE = func(c *cobra.Command, args []string) error {
		ids, err := correctionIDs(args)
		if err != nil {
			return err
		}
		changed := x.Name != "" || x.Place != "" || x.Rule || *at != ""
		switch {
		case *all == (len(ids) > 0):
			return usageError{errors.New("give numbers of corrections, or --all")}
		case changed && len(ids) != 1:
			return usageError{errors.New("--name, --place, --rule and --at are for one correction")}
		case *all && x.Force:
			return usageError{errors.New("--force is for corrections that are named, not for --all")}
		}
		if *at != "" {
			p, err := parseAt(*at)
			if err != nil {
				return err
			}
			x.Point = &p
		}
		x.Verb = feedback.Accept
		return a.withDesk(c.Context(), f, func(d *feedback.Desk) error {
			if *all {
				return a.acceptAll(c.Context(), d, *by, x.Why)
			}
			return a.decide(c.Context(), d, *by, eachOf(ids, x))
		})
	}
	return c
}

func byFlag(c *cobra.Command) *string {
	return c.Flags().String("by", "", "who decides (required)")
}

func eachOf(ids []int64, x feedback.Decision) []feedback.Decision {
	ds := make([]feedback.Decision, len(ids))
	for i, id := range ids {
		ds[i] = x
		ds[i].ID = id
	}
	return ds
}

// cmdFeedbackDecide is reject and undo.
func (a *app) cmdFeedbackDecide(verb, use, short string) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.MinimumNArgs(1),
		Example: `  wanmi geocode feedback ` + verb + ` --db city.gpkg 13 --by 张管理员 --reason 点位有误`,
	}
	f := a.deskFlags(c)
	by := byFlag(c)
	why := c.Flags().String("reason", "", "why (required)")
	c.RunE = func(c *cobra.Command, args []string) error {
		ids, err := correctionIDs(args)
		if err != nil {
			return err
		}
		return a.withDesk(c.Context(), f, func(d *feedback.Desk) error {
			return a.decide(c.Context(), d, *by, eachOf(ids, feedback.Decision{Verb: verb, Why: *why}))
		})
	}
	return c
}

// decide carries decisions out and shows each correction as it is now.
func (a *app) decide(ctx context.Context, d *feedback.Desk, by string, ds []feedback.Decision) error {
	if err := d.Decide(ctx, by, ds); err != nil {
		return err
	}
	for _, x := range ds {
		it, err := d.Item(ctx, x.ID)
		if err != nil {
			return err
		}
		if err := a.printItem(it); err != nil {
			return err
		}
		if x.Verb == feedback.Accept && !it.Right() {
			a.say("note: the text of correction %d is still not answered within a few houses of its point", it.ID)
		}
	}
	return nil
}

func (a *app) acceptAll(ctx context.Context, d *feedback.Desk, by, why string) error {
	ds, left, err := d.Ready(ctx)
	if err != nil {
		return err
	}
	for i := range ds {
		ds[i].Why = why
	}
	if len(ds) > 0 {
		if err := d.Decide(ctx, by, ds); err != nil {
			return err
		}
	}
	ids := make([]int64, len(ds))
	for i, x := range ds {
		ids[i] = x.ID
	}
	return a.result(map[string]any{"accepted": ids, "left": left}, "%d accepted, %d left to be looked at%s", len(ds), len(left), listed(left))
}

func listed(ids []int64) string {
	if len(ids) == 0 {
		return ""
	}
	return ": " + strings.Trim(fmt.Sprint(ids), "[]")
}

func (a *app) cmdFeedbackReview() *cobra.Command {
	c := &cobra.Command{
		Use:   "review FILE.csv",
		Short: "decide by a CSV file: that of list --csv with its columns decision and reason filled in",
		Long: `Reads the columns id, decision (accept, reject, undo; 接受, 驳回, 撤销; empty: left open), reason, and where they are there name, place, lon, lat (what is
learned, if it is to be other than proposed) and force (yes: in spite of what speaks against it). All decisions are carried out or none.`,
		Example: `  wanmi geocode feedback list --db city.gpkg --csv 待审.csv
  wanmi geocode feedback review --db city.gpkg 待审.csv --by 张管理员`,
		Args: cobra.ExactArgs(1),
	}
	f := a.deskFlags(c)
	by := byFlag(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		ds, err := readDecisions(args[0])
		if err != nil {
			return err
		}
		return a.withDesk(c.Context(), f, func(d *feedback.Desk) error {
			if err := d.Decide(c.Context(), *by, ds); err != nil {
				return err
			}
			n := map[string]int{}
			for _, x := range ds {
				n[x.Verb]++
			}
			return a.result(map[string]int{"accepted": n[feedback.Accept], "rejected": n[feedback.Reject], "undone": n[feedback.Undo]},
				"%d accepted, %d rejected, %d taken back", n[feedback.Accept], n[feedback.Reject], n[feedback.Undo])
		})
	}
	return c
}

// itemColumns head the CSV file of list; the last three are for the keeper.
var itemColumns = []string{
	"id", "state", "text", "lon", "lat", "by", "at", "note", "today", "today_score", "today_off_m", "unread", "learn", "name", "place", "place_name",
	"why", "conflicts", "same", "near", "decision", "reason", "force",
}

func writeItems(file string, items []feedback.Item) error {
	return writeFileAtomic(file, func(w *os.File) error {
		if _, err := io.WriteString(w, "\uFEFF"); err != nil { // without it spreadsheets take UTF-8 for GBK
			return err
		}
		cw := csv.NewWriter(w)
		if err := cw.Write(itemColumns); err != nil {
			return err
		}
		for _, it := range items {
			if err := cw.Write(itemRow(it)); err != nil {
				return err
			}
		}
		cw.Flush()
		return cw.Error()
	})
}

func itemRow(it feedback.Item) []string {
	degrees := func(v float64) string { return strconv.FormatFloat(v, 'f', 7, 64) }
	r := make([]string, len(itemColumns))
	set := func(name, v string) { r[slices.Index(itemColumns, name)] = v }
	set("id", strconv.FormatInt(it.ID, 10))
	set("state", it.State)
	set("text", it.Text)
	set("lon", degrees(it.Point[0]))
	set("lat", degrees(it.Point[1]))
	set("by", it.By)
	set("at", it.At.Local().Format(time.DateTime))
	set("note", it.Note)
	set("unread", strings.Join(it.Unread, " | "))
	set("same", strings.Trim(fmt.Sprint(it.Same), "[]"))
	if t := it.Today; t != nil {
		set("today", t.Label)
		set("today_score", strconv.FormatFloat(t.Score, 'f', 2, 64))
		set("today_off_m", strconv.FormatFloat(t.DistanceM, 'f', 0, 64))
	}
	if l := it.Learn; l != nil {
		set("learn", l.Kind)
		set("name", l.Name)
		set("place", l.Place)
		set("place_name", l.PlaceName)
		set("why", l.WhyZh)
	} else if t := it.Taught; t != nil {
		set("name", t.Name)
		set("place", t.Place)
		set("place_name", t.PlaceName)
	}
	var against, near []string
	for _, c := range it.Conflicts {
		against = append(against, c.TextZh)
	}
	for _, n := range it.Near {
		near = append(near, fmt.Sprintf("%s %s %.0f m", n.ID, n.Name, n.DistanceM))
	}
	set("conflicts", strings.Join(against, "；"))
	set("near", strings.Join(near, " | "))
	return r
}

// decisionWords are how people write a decision.
var decisionWords = map[string]string{
	"accept": feedback.Accept, "接受": feedback.Accept, "通过": feedback.Accept, "同意": feedback.Accept,
	"reject": feedback.Reject, "驳回": feedback.Reject, "不通过": feedback.Reject, "拒绝": feedback.Reject,
	"undo": feedback.Undo, "撤销": feedback.Undo,
}

// readDecisions reads the file of review.
func readDecisions(file string) ([]feedback.Decision, error) {
	t, err := readTable(file, "")
	if err != nil {
		return nil, err
	}
	id, verb := t.column([]string{"id", "编号"}), t.column([]string{"decision", "决定"})
	if id < 0 || verb < 0 {
		return nil, gis.E(gis.Invalid, nil, "%s: want columns named id and decision; the columns are %s", file, strings.Join(t.columns, ", "))
	}
	why, name, place, learn := t.column([]string{"reason", "理由"}), t.column([]string{"name", "俗名"}), t.column([]string{"place"}), t.column([]string{"learn"})
	lon, lat, force := t.column(caseColumns[0]), t.column(caseColumns[1]), t.column([]string{"force", "强制"})
	var out []feedback.Decision
	for i, row := range t.rows {
		get := func(k int) string {
			if k < 0 {
				return ""
			}
			return strings.TrimSpace(row[k])
		}
		said := strings.ToLower(get(verb))
		if said == "" && t.faults[i] == "" {
			continue
		}
		x := feedback.Decision{Why: get(why), Name: get(name), Place: get(place), Force: get(force) != ""}
		var ok bool
		if x.Verb, ok = decisionWords[said]; !ok || t.faults[i] != "" {
			return nil, gis.E(gis.Rejected, nil, "%s, row %d: the decision %q is none of accept, reject, undo %s", file, i+1, said, t.faults[i])
		}
		if x.ID, err = strconv.ParseInt(strings.TrimPrefix(get(id), "F"), 10, 64); err != nil {
			return nil, gis.E(gis.Rejected, nil, "%s, row %d: %q is no number of a correction", file, i+1, get(id))
		}
		x.Rule = x.Place == "" && get(learn) == feedback.Rule
		if get(lon) != "" || get(lat) != "" {
			p, err := parsePoint(get(lon), get(lat))
			if err != nil {
				return nil, gis.E(gis.Rejected, nil, "%s, row %d: %s", file, i+1, publicOr(err))
			}
			x.Point = &p
		}
		out = append(out, x)
	}
	if len(out) == 0 {
		return nil, gis.E(gis.Rejected, nil, "%s decides nothing: its column decision is empty", file)
	}
	return out, nil
}
