package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/division"
	"wanmi/gis"
	"wanmi/grids"
)

const editLong = `
The edit works on the millimetre lattice of the division and is held against every hard rule before it is written: one
that cuts a building, leaves a gap or makes an outline touch itself is refused with the rule and the place. The cells
replaced become void (作废) with the date, the new ones get numbers never used before, the lineage says which came from
which, and the components and cases in them are placed anew. "wanmi grid undo" takes the last edit back.`

// editCommands are the verbs of a planner's hand.
func (a *app) editCommands() []*cobra.Command {
	merge := a.cmdEdit(division.Merge, "merge CODE CODE...", "join neighbouring unit grids of one community into one", 2, false)
	merge.Example = `  wanmi grid merge --db city.gpkg 370883001001007 370883001001008`
	split := a.cmdEdit(division.Split, "split CODE --line LINE", "cut a unit grid in two along a line from border to border", 1, true)
	split.Example = `  wanmi grid split --db city.gpkg 370883001001007 --line "116.9701,35.4012 116.9720,35.4013"
  wanmi grid split --db city.gpkg 370883001001007 --line new-border.geojson`
	move := a.cmdEdit(division.MoveEdge, "move-edge CODE CODE --line LINE", "give two neighbouring unit grids a new common border", 2, true)
	move.Example = `  wanmi grid move-edge --db city.gpkg 370883001001007 370883001001008 --line "116.9701,35.4012 116.9720,35.4013"`
	move.Args = cobra.ExactArgs(2)
	split.Args = cobra.ExactArgs(1)
	lock := a.cmdEdit(division.Lock, "lock CODE...", "lock unit grids: no build and no edit changes them", 1, false)
	lock.Long, lock.Example = "Locked cells survive every build, a rebuild too, and are refused to edits until unlocked.", `  wanmi grid lock --db city.gpkg 370883001001007`
	unlock := a.cmdEdit(division.Unlock, "unlock CODE...", "unlock unit grids", 1, false)
	unlock.Long, unlock.Example = "Lets builds and edits change the unit grids again.", `  wanmi grid unlock --db city.gpkg 370883001001007`
	return []*cobra.Command{merge, split, move, lock, unlock, a.cmdGridUndo()}
}

func (a *app) cmdEdit(verb, use, short string, least int, withLine bool) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Long: strings.ToUpper(short[:1]) + short[1:] + ".\n" + editLong, Args: cobra.MinimumNArgs(least)}
	db := a.dbFlag(c)
	line := ""
	if withLine {
		c.Flags().StringVar(&line, "line", "", `the line: "LON,LAT LON,LAT ...", or a GeoJSON file with one LineString (required)`)
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		r := division.Request{Verb: verb, Actor: "command line", At: a.now()}
		for _, arg := range args {
			code, err := grids.ParseCode(arg)
			if err != nil {
				return err
			}
			r.Cells = append(r.Cells, code)
		}
		if withLine {
			var err error
			if r.Line, err = parseLine(line); err != nil {
				return err
			}
		}
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			res, err := division.Edit(c.Context(), st, r)
			if err != nil {
				return err
			}
			return a.tellEdit(res)
		})
	}
	return c
}

func (a *app) cmdGridUndo() *cobra.Command {
	c := &cobra.Command{
		Use:   "undo",
		Short: "take back the last edit (merge, split, move-edge, lock, unlock)",
		Long: `Writes the cells of the last edit as they were before it, with their old codes and shapes; the cells it had made
become void, and their codes stay used. Said again, it takes back the edit before. Refused when a build or an edit
has changed one of the cells since.`,
		Example: `  wanmi grid undo --db city.gpkg`,
		Args:    cobra.NoArgs,
	}
	db := a.dbFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			return a.gridUndo(c.Context(), st)
		})
	}
	return c
}

func (a *app) gridUndo(ctx context.Context, st store) error {
	res, err := division.Undo(ctx, st, st, 0, "command line", a.now())
	if err != nil {
		return err
	}
	return a.tellEdit(res)
}

func (a *app) tellEdit(r *division.Result) error {
	a.tellFindings(r.Findings, 10, "--json lists them")
	words := []string{r.Verb}
	for _, group := range []struct {
		what  string
		codes []string
	}{{"new", r.New}, {"void", r.Void}, {"changed", r.Changed}} {
		if len(group.codes) > 0 {
			words = append(words, group.what+" "+strings.Join(group.codes, " "))
		}
	}
	if len(words) == 1 {
		words = append(words, "nothing to change")
	}
	return a.result(r, "%s; %d components and cases placed anew", strings.Join(words, "; "), r.Placed)
}

// parseLine reads points in words, or a GeoJSON file.
func parseLine(s string) (orb.LineString, error) {
	if s == "" {
		return nil, usageError{errors.New(`give --line "LON,LAT LON,LAT ..." or a GeoJSON file`)}
	}
	if raw, err := os.ReadFile(s); err == nil {
		return lineOf(s, raw)
	}
	var out orb.LineString
	for _, word := range strings.Fields(strings.ReplaceAll(s, ";", " ")) {
		lon, lat, ok := strings.Cut(word, ",")
		x, err1 := strconv.ParseFloat(lon, 64)
		y, err2 := strconv.ParseFloat(lat, 64)
		if !ok || err1 != nil || err2 != nil || !(x >= -180 && x <= 180 && y >= -90 && y <= 90) {
			return nil, usageError{fmt.Errorf("--line: %q is neither a file nor LON,LAT", word)}
		}
		out = append(out, orb.Point{x, y})
	}
	return out, nil
}

// lineOf takes the LineString out of a GeoJSON geometry, feature or collection of one.
func lineOf(file string, raw []byte) (orb.LineString, error) {
	var head struct{ Type string }
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, gis.E(gis.Invalid, err, "%s is not GeoJSON", file)
	}
	var g orb.Geometry
	switch head.Type {
	case "FeatureCollection":
		fc, err := geojson.UnmarshalFeatureCollection(raw)
		if err != nil || len(fc.Features) != 1 {
			return nil, gis.E(gis.Invalid, err, "%s must hold one feature, a LineString", file)
		}
		g = fc.Features[0].Geometry
	case "Feature":
		f, err := geojson.UnmarshalFeature(raw)
		if err != nil {
			return nil, gis.E(gis.Invalid, err, "%s is not GeoJSON", file)
		}
		g = f.Geometry
	default:
		f, err := geojson.UnmarshalGeometry(raw)
		if err != nil {
			return nil, gis.E(gis.Invalid, err, "%s is not GeoJSON", file)
		}
		g = f.Geometry()
	}
	if m, ok := g.(orb.MultiLineString); ok && len(m) == 1 {
		g = m[0]
	}
	line, ok := g.(orb.LineString)
	if !ok {
		return nil, gis.E(gis.Invalid, nil, "%s holds no LineString", file)
	}
	return line, nil
}
