package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/paulmach/orb"
	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/data/census"
	"wanmi/geocode"
	"wanmi/gis"
)

type geocodeFlags struct {
	db, batch, out, column, encoding, config string
	at, position                             string
	accuracy                                 float64
	when                                     *asked
}

func (a *app) cmdGeocode() *cobra.Command {
	var f geocodeFlags
	c := &cobra.Command{
		Use:   "geocode [TEXT...]",
		Short: "locate reports: place, cell, candidate components, department, score with reasons",
		Long: `Prints one line of JSON for each text. With --batch, reads a CSV file, finds the column with the texts
(--column overrides), keeps every column and row in its order, and adds longitude, latitude, result_label,
result_type, result_score, result_uncertainty_m, result_grid, result_community, result_street,
result_component, result_department, result_matter_code, result_matter_name,
result_reasons.

A position that came with a report, as a telephone's, is told by --at and --accuracy, in a file by the columns --position names. It decides
among readings, draws the point towards it by the two uncertainties, and a contradiction is said.

With --as-of or --valid-at the city of a past day is asked: its names, doors, cells, components and departments; synonyms are those of today.`,
		Example: `  wanmi geocode --db city.gpkg 太平东路与匡衡路路口东50米,路灯不亮
  wanmi geocode --db city.gpkg --at 116.9622,35.4024 --accuracy 20 光明西路的垃圾桶满了
  wanmi geocode --db city.gpkg --batch 工单.csv --out 工单_定位.csv
  wanmi geocode --db city.gpkg --batch 工单.csv --position 经度,纬度,精度 --out 工单_定位.csv
  cat texts.txt | wanmi geocode --db city.gpkg -
  wanmi geocode --db city.gpkg --as-of 2026-08-02 光明西路的垃圾桶满了`,
		RunE: func(c *cobra.Command, args []string) error {
			if (f.batch == "") == (len(args) == 0) {
				return usageError{errNoText}
			}
			if f.batch != "" && f.at != "" || f.batch == "" && f.position != "" || f.accuracy != 0 && f.at == "" {
				return usageError{errors.New("--at and --accuracy are for texts, --position is for --batch")}
			}
			if f.batch != "" && f.out == "" {
				return usageError{errors.New("--batch needs --out OUT.csv")}
			}
			return a.withStore(c.Context(), f.db, mustExist, func(st store) error { return a.geocode(c.Context(), st, f, args) })
		},
	}
	fl := c.Flags()
	a.dbFlagVar(c, &f.db, dbUsage)
	fl.StringVar(&f.batch, "batch", "", "a CSV file with one text a row")
	fl.StringVar(&f.out, "out", "", "the CSV file to write")
	fl.StringVar(&f.column, "column", "", "the column with the texts (default: found by its heading and values)")
	fl.StringVar(&f.at, "at", "", "where the reporter's device says it is: LON,LAT")
	fl.Float64Var(&f.accuracy, "accuracy", 0, "the radius around --at that holds it two times in three, metres (default 30)")
	fl.StringVar(&f.position, "position", "", "the batch's columns of such positions: LON,LAT or LON,LAT,ACCURACY")
	fl.StringVar(&f.encoding, "encoding", "", "text encoding of the CSV, as gbk (default: guessed)")
	fl.StringVar(&f.config, "config", "", "the server's configuration file, for its synonyms and names")
	f.when = askedFlags(c)
	c.AddCommand(a.cmdGeocodeEval(), a.cmdFeedback())
	return c
}

func (a *app) geocode(ctx context.Context, st store, f geocodeFlags, args []string) error {
	v, err := a.viewOf(ctx, st, f.config, *f.when)
	if err != nil {
		return err
	}
	if f.batch != "" {
		return a.geocodeBatch(ctx, v, f)
	}
	q := city.LocateQuery{AccuracyM: f.accuracy}
	if f.at != "" {
		lon, lat, _ := strings.Cut(f.at, ",")
		p, err := parsePoint(strings.TrimSpace(lon), strings.TrimSpace(lat))
		if err != nil {
			return err
		}
		q.Point = &p
	}
	if len(args) == 1 && args[0] == "-" {
		sc := bufio.NewScanner(a.in)
		for sc.Scan() {
			err := a.locateOne(ctx, v, q, sc.Text())
			if gis.KindOf(err) == gis.Invalid && err != nil { // a line's fault is its answer; the others go on
				err = a.printJSON(map[string]string{"text": sc.Text(), "error": gis.Public(err)})
			}
			if err != nil {
				return err
			}
		}
		return sc.Err()
	}
	for _, text := range args {
		if err := a.locateOne(ctx, v, q, text); err != nil {
			return err
		}
	}
	return nil
}

// viewOf reads the city without tiles, as of the moment asked for, with the synonyms and names of a configuration file.
func (a *app) viewOf(ctx context.Context, st store, config string, when asked) (*city.View, error) {
	conf, err := readConfig(config)
	if err != nil {
		return nil, err
	}
	at, valid, err := when.moment()
	if err != nil {
		return nil, err
	}
	from := city.Store(st)
	switch {
	case valid:
		from = city.ValidAt(st, at)
	case !at.IsZero():
		from = city.AsOf(st, at)
	}
	live, err := a.loadCity(ctx, from, conf, true)
	if err != nil {
		return nil, err
	}
	return live.View(), nil
}

func (a *app) locateOne(ctx context.Context, v *city.View, q city.LocateQuery, text string) error {
	q.Text = text
	loc, err := v.Locate(ctx, q)
	if err != nil {
		return err
	}
	return a.printJSON(struct {
		Text string `json:"text"`
		city.Located
	}{text, loc})
}

// table is a CSV file in memory: the batch keeps every row, also those that cannot be read as they should.
type table struct {
	columns []string
	rows    [][]string
	faults  map[int]string // rows that cannot be read as they should, and why
}

func readTable(file, encoding string) (table, error) {
	r, err := census.Open(file, census.ReadOptions{Encoding: encoding})
	if err != nil {
		return table{}, err
	}
	defer r.Close()
	t := table{columns: append([]string(nil), r.Columns()...), faults: map[int]string{}}
	for row, err := range r.Rows() {
		if err != nil {
			return table{}, err
		}
		if row.Err != nil { // a stray quote or comma: the row stays, with what could be read of it
			t.faults[len(t.rows)] = row.Err.Error()
		}
		vals := make([]string, len(t.columns))
		copy(vals, row.Values)
		t.rows = append(t.rows, vals)
	}
	return t, nil
}

// textColumn finds the column that holds the texts: by heading, else the one with the most Chinese characters a row.
func (t table) textColumn(want string) (int, error) {
	if want != "" {
		for i, c := range t.columns {
			if strings.EqualFold(c, want) {
				return i, nil
			}
		}
		return 0, gis.E(gis.Invalid, nil, "--column %s: there is no such column; the columns are %s", want, strings.Join(t.columns, ", "))
	}
	if i := t.column([]string{"text", "文本", "报告", "描述", "report", "description", "地址", "address", "位置", "location", "地点", "地點"}); i >= 0 {
		return i, nil
	}
	best, most := -1, 0
	for i := range t.columns {
		han := 0
		for r := 0; r < len(t.rows) && r < 200; r++ {
			for _, ch := range t.rows[r][i] {
				if unicode.Is(unicode.Han, ch) {
					han++
				}
			}
		}
		if han > most {
			best, most = i, han
		}
	}
	if best < 0 {
		return 0, gis.E(gis.Invalid, nil, "no column holds Chinese text; name it with --column (the columns are %s)", strings.Join(t.columns, ", "))
	}
	return best, nil
}

// resultColumns are what the batch adds, in order.
var resultColumns = []string{
	"longitude", "latitude", "result_label", "result_type", "result_score", "result_uncertainty_m", "result_grid",
	"result_community", "result_street", "result_component", "result_department", "result_matter_code", "result_matter_name", "result_reasons",
}

// positionColumns finds the columns of longitude, latitude and, when it is named, accuracy; none for "".
func (t table) positionColumns(names string) ([]int, error) {
	if names == "" {
		return nil, nil
	}
	var at []int
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(t.columns, func(c string) bool { return strings.EqualFold(c, strings.TrimSpace(name)) })
		if i < 0 {
			return nil, gis.E(gis.Invalid, nil, "--position %s: there is no column %s; the columns are %s", names, name, strings.Join(t.columns, ", "))
		}
		at = append(at, i)
	}
	if len(at) != 2 && len(at) != 3 {
		return nil, usageError{errors.New("--position names two or three columns: LON,LAT or LON,LAT,ACCURACY")}
	}
	return at, nil
}

// rowQuery is a row as a report. A position that cannot be read is said and left out; one that is empty is none.
func rowQuery(row []string, col int, pos []int) (q city.LocateQuery, unread string) {
	q.Text = row[col]
	if len(pos) < 2 || strings.TrimSpace(row[pos[0]]+row[pos[1]]) == "" {
		return q, ""
	}
	p, err := parsePoint(strings.TrimSpace(row[pos[0]]), strings.TrimSpace(row[pos[1]]))
	if err != nil {
		return q, gis.Public(err)
	}
	q.Point = &p
	if len(pos) == 3 && strings.TrimSpace(row[pos[2]]) != "" {
		m, err := strconv.ParseFloat(strings.TrimSpace(row[pos[2]]), 64)
		if err != nil || !(m >= 0 && m <= city.MaxAccuracyM) {
			return q, fmt.Sprintf("accuracy %q is no number of metres", row[pos[2]])
		}
		q.AccuracyM = m
	}
	return q, ""
}

func (a *app) cmdReverse() *cobra.Command {
	c := &cobra.Command{
		Use:   "reverse LON LAT",
		Short: "what is at a point: address, doors, crossings, roads, cell, community, components",
		Example: `  wanmi reverse --db city.gpkg 116.9731 35.4052
  wanmi reverse --db city.gpkg --as-of 2026-08-02 116.9731 35.4052`,
		Args: cobra.ExactArgs(2),
	}
	db := a.dbFlag(c)
	size := c.Flags().Int("size", 6, "how many places")
	when := askedFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		p, err := parsePoint(args[0], args[1])
		if err != nil {
			return err
		}
		return a.withStore(c.Context(), *db, mustExist, func(st store) error {
			v, err := a.viewOf(c.Context(), st, "", *when)
			if err != nil {
				return err
			}
			out, err := v.Around(c.Context(), p, geocode.ReverseQuery{Size: *size})
			if err != nil {
				return err
			}
			return a.printJSON(out)
		})
	}
	return c
}

func parsePoint(lon, lat string) (orb.Point, error) {
	x, err1 := strconv.ParseFloat(lon, 64)
	y, err2 := strconv.ParseFloat(lat, 64)
	if err1 != nil || err2 != nil || !(x >= -180 && x <= 180) || !(y >= -90 && y <= 90) {
		return orb.Point{}, gis.E(gis.Invalid, nil, "%s %s is no point: want longitude and latitude in degrees, as 116.9731 35.4052", lon, lat)
	}
	return orb.Point{x, y}, nil
}
