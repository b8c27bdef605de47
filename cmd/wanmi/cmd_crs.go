package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"wanmi/data/census"
	"wanmi/gis"
	"wanmi/gis/crs"
)

func (a *app) cmdCRS() *cobra.Command {
	c := &cobra.Command{
		Use:   "crs",
		Short: "coordinate systems: convert coordinates, fit a city's local system from control points",
		Long: `Coordinate systems have names that --crs and the profile's crs take:
  ` + strings.ReplaceAll(crs.Known, "; ", "\n  "),
		Example: `  wanmi crs fit 控制点.csv --out local.yaml
  wanmi crs fit 控制点.csv --from EPSG:2436
  wanmi crs convert --from bd09 116.404,39.915
  wanmi crs convert --from EPSG:4548 --to EPSG:4527 < points.txt`,
	}
	c.AddCommand(a.cmdCRSFit(), a.cmdCRSConvert())
	return c
}

type fitFlags struct {
	to, from, columns, out, encoding string
	all                              bool
}

func (a *app) cmdCRSFit() *cobra.Command {
	var f fitFlags
	c := &cobra.Command{
		Use:   "fit POINTS.csv",
		Short: "find the parameters of a local system from control points",
		Long: `Reads control points: a name, the local x and y, and the same point as longitude and latitude or as coordinates of a zone;
the columns in this order, or named by --columns. Finds four parameters onto a zone by least squares, with --from the seven
of a datum. Which axis is the northing is found from the points. A point that the others disprove is left out and marked
(--all keeps every point).

The line "crs: ..." at the end goes into a profile, or behind --crs.`,
		Example: `  wanmi crs fit 控制点.csv
  wanmi crs fit 控制点.csv --to EPSG:4548 --columns 点号,X54,Y54,X2000,Y2000 --out local.yaml
  wanmi crs fit 控制点.csv --from "+proj=tmerc +lon_0=116.75 +x_0=50000 +ellps=krass" --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.fitCRS(f, args[0]) },
	}
	fl := c.Flags()
	fl.StringVar(&f.to, "to", "", "the zone that the target coordinates are in, or that four parameters lead to (default: the 3-degree zone of the points)")
	fl.StringVar(&f.from, "from", "", "projection and ellipsoid of the local system, to find seven parameters: EPSG:2436 or a PROJ string")
	fl.StringVar(&f.columns, "columns", "", "the five columns: name,x,y,target x,target y")
	fl.StringVar(&f.out, "out", "", "write the line for the profile to this file")
	fl.StringVar(&f.encoding, "encoding", "", "text encoding of the file (default: guessed)")
	fl.BoolVar(&f.all, "all", false, "use every point, outliers too")
	return c
}

// fitResult is the outcome as JSON.
type fitResult struct {
	CRS       string            `json:"crs"`
	Onto      string            `json:"onto"`
	Params    []crs.FitParam    `json:"parameters"`
	Points    []crs.FitResidual `json:"points"`
	Used      int               `json:"used"`
	RMS       float64           `json:"rms_m"`
	Max       float64           `json:"max_m"`
	NorthLast bool              `json:"x_is_easting"` // false: the file has the northing first
}

func (a *app) fitCRS(f fitFlags, file string) error {
	set, err := readControl(file, f)
	if err != nil {
		return err
	}
	var best crs.Fit
	var first error
	swapped := false
	for _, swap := range []bool{false, true} { // which of the local axes is the easting, the points themselves tell
		points := slices.Clone(set.points)
		for i := range points {
			if swap {
				points[i].X, points[i].Y = points[i].Y, points[i].X
			}
		}
		var g crs.Fit
		if f.from != "" {
			g, err = crs.FitHelmert(points, f.from, f.all)
		} else {
			g, err = crs.FitSimilarity(points, set.base, f.all)
		}
		switch {
		case err != nil:
			first = firstError(first, err)
		case best.System == nil || g.Used > best.Used || g.Used == best.Used && g.RMS < best.RMS:
			best, swapped = g, swap
		}
	}
	if best.System == nil {
		return first
	}
	return a.tellFit(f, set, best, swapped)
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (a *app) tellFit(f fitFlags, set controlSet, best crs.Fit, swapped bool) error {
	spec := crs.Spec(best.System)
	line := "crs: " + strconv.Quote(spec) + "\n"
	if f.out != "" {
		if err := writeFileAtomic(f.out, func(w *os.File) error { _, err := w.WriteString(line); return err }); err != nil {
			return err
		}
	}
	for _, r := range set.remarks {
		a.say("%s", r)
	}
	if swapped {
		a.say("the local axes stand as northing, easting (X = north): exchanged / 本地坐标轴为 X 北 Y 东，已对调")
	}
	onto := set.base.Name()
	if f.from != "" {
		onto = "CGCS2000, seven parameters from " + f.from
	}
	if a.json {
		return a.printJSON(fitResult{spec, onto, best.Params, best.Residuals, best.Used, best.RMS, best.Max, !swapped})
	}
	fmt.Fprintf(a.out, "local system onto %s: %s\n\n%-12s %10s %10s %10s\n", onto, best, "point", "east (m)", "north (m)", "off (m)")
	for _, r := range best.Residuals {
		mark := ""
		if r.Outlier {
			mark = "  outlier, left out / 粗差，未采用"
		}
		fmt.Fprintf(a.out, "%-12s %10.3f %10.3f %10.3f%s\n", r.Name, r.East, r.North, r.Dist, mark)
	}
	fmt.Fprintln(a.out)
	for _, p := range best.Params {
		fmt.Fprintf(a.out, "%-12s %.9f %s\n", p.Name, p.Value, p.Unit)
	}
	if best.Used <= len(best.Params)/2+1 {
		fmt.Fprintln(a.out, "no point is left over to check by: the residuals prove nothing / 无多余控制点，残差不能说明精度")
	}
	_, err := fmt.Fprintf(a.out, "\n%s", line)
	return err
}

// controlSet is what a file of control points holds.
type controlSet struct {
	points  []crs.ControlPoint
	base    crs.CRS // the plane of the fit
	remarks []string
}

func readControl(file string, f fitFlags) (controlSet, error) {
	t, err := readTable(file, f.encoding)
	if err != nil {
		return controlSet{}, err
	}
	t = withoutHeading(t)
	cols, err := controlColumns(t, f.columns)
	if err != nil {
		return controlSet{}, gis.E(gis.KindOf(err), nil, "%s: %v", file, err)
	}
	var set controlSet
	var names []string
	var v [4][]float64
	for i, row := range t.rows {
		var nums [4]float64
		bad := ""
		for k, c := range cols[1:] {
			n, err := census.ParseCoordinate(row[c])
			if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
				bad = t.columns[c]
			}
			nums[k] = n
		}
		if bad != "" {
			if strings.Join(row, "") != "" {
				set.remarks = append(set.remarks, fmt.Sprintf("row %d is left out: column %s holds no number / 该行无有效坐标", i+2, bad))
			}
			continue
		}
		names = append(names, nameOf(t, row, cols[0], i))
		for k := range v {
			v[k] = append(v[k], nums[k])
		}
	}
	if len(names) == 0 {
		return set, gis.E(gis.Rejected, nil, "%s holds no control points: rows of a name and four numbers", file)
	}
	lon, lat, err := set.targets(v[2], v[3], f)
	if err != nil {
		return set, gis.E(gis.KindOf(err), nil, "%s: %v", file, err)
	}
	for i, n := range names {
		set.points = append(set.points, crs.ControlPoint{Name: n, X: v[0][i], Y: v[1][i], Lon: lon[i], Lat: lat[i]})
	}
	return set, nil
}

func nameOf(t table, row []string, c, i int) string {
	if c >= 0 && row[c] != "" {
		return row[c]
	}
	return strconv.Itoa(i + 1)
}

// withoutHeading gives a file that begins with a point its first row back.
func withoutHeading(t table) table {
	numbers := 0
	for _, c := range t.columns {
		if _, err := strconv.ParseFloat(c, 64); err == nil {
			numbers++
		}
	}
	if numbers < 4 {
		return t
	}
	t.rows = slices.Insert(t.rows, 0, t.columns)
	names := make([]string, len(t.columns))
	for i := range names {
		names[i] = strconv.Itoa(i + 1)
	}
	t.columns = names
	return t
}

// controlColumns finds name, x, y and the two target columns; the name may be -1.
func controlColumns(t table, want string) (cols [5]int, err error) {
	if want != "" {
		names := strings.Split(want, ",")
		if len(names) != 5 {
			return cols, gis.E(gis.Invalid, nil, "--columns wants five names: name,x,y,target x,target y")
		}
		for i, n := range names {
			if cols[i] = slices.Index(t.columns, strings.TrimSpace(n)); cols[i] < 0 {
				return cols, gis.E(gis.Invalid, nil, "--columns %s: there is no such column; the columns are %s", n, strings.Join(t.columns, ", "))
			}
		}
		return cols, nil
	}
	var numeric []int
	for c := range t.columns {
		good, filled := 0, 0
		for _, row := range t.rows {
			if row[c] != "" {
				filled++
				if _, err := census.ParseCoordinate(row[c]); err == nil {
					good++
				}
			}
		}
		if filled > 0 && 10*good >= 8*filled {
			numeric = append(numeric, c)
		}
	}
	cols[0] = -1
	if len(numeric) < len(t.columns) && !slices.Contains(numeric, 0) {
		cols[0] = 0
	} else if len(numeric) > 4 { // points numbered 1, 2, 3
		cols[0], numeric = numeric[0], numeric[1:]
	}
	if len(numeric) < 4 {
		return cols, gis.E(gis.Invalid, nil, "%d columns of numbers, four are needed: local x, y and target x, y; the columns are %s", len(numeric), strings.Join(t.columns, ", "))
	}
	copy(cols[1:], numeric[:4])
	return cols, nil
}

// targets brings the second pair of coordinates to longitude and latitude and settles the plane of the fit.
func (s *controlSet) targets(x, y []float64, f fitFlags) (lon, lat []float64, err error) {
	if f.to != "" {
		if s.base, err = crs.ByName(f.to); err != nil {
			return nil, nil, err
		}
	}
	all := func(v []float64, from, to float64) bool {
		return !slices.ContainsFunc(v, func(f float64) bool { return f < from || f > to })
	}
	if all(x, -90, 90) && all(y, 60, 180) { // latitude first
		s.remarks = append(s.remarks, "the target coordinates stand as latitude, longitude: exchanged / 目标坐标为纬度、经度，已对调")
		x, y = y, x
	}
	if all(x, -180, 180) && all(y, -90, 90) {
		if s.base == nil || s.base.Geographic() {
			s.base = crs.GaussKruger3(middle(x))
		}
		return x, y, nil
	}
	if all(x, 1e6, 6.5e6) && all(y, 1e5, 4.6e7) && middle(y) < middle(x) || all(y, 1.3e7, 4.6e7) { // northing first: 3.9 million against half a million, or a zone number
		s.remarks = append(s.remarks, "the target coordinates stand as northing, easting: exchanged / 目标坐标为 X 北 Y 东，已对调")
		x, y = y, x
	}
	if zone := int(middle(x) / 1e6); s.base == nil && zone >= 25 && zone <= 45 {
		s.base, err = crs.ByName(fmt.Sprintf("EPSG:%d", 4513+zone-25))
	} else if s.base == nil && zone >= 13 && zone <= 23 {
		s.base, err = crs.ByName(fmt.Sprintf("EPSG:%d", 4491+zone-13))
	}
	if err != nil {
		return nil, nil, err
	}
	if s.base == nil || s.base.Geographic() {
		return nil, nil, gis.E(gis.Invalid, nil, "the target coordinates (as %.3f, %.3f) are of a zone that cannot be told from them; give --to, as EPSG:4548", x[0], y[0])
	}
	lon, lat = make([]float64, len(x)), make([]float64, len(x))
	for i := range x {
		lon[i], lat[i] = s.base.ToLonLat(x[i], y[i])
	}
	return lon, lat, nil
}

func middle(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func (a *app) cmdCRSConvert() *cobra.Command {
	var from, to string
	c := &cobra.Command{
		Use:   "convert [X,Y...]",
		Short: "convert coordinates between systems",
		Long: `Converts X,Y pairs (easting or longitude first), from the arguments or a line each on the standard input; prints easting
northing or longitude latitude. Degrees may have minutes and seconds.`,
		Example: `  wanmi crs convert --from gcj02 116.397,39.908
  cut -d, -f2,3 points.csv | wanmi crs convert --from EPSG:4548`,
		RunE: func(_ *cobra.Command, args []string) error { return a.convertCRS(from, to, args) },
	}
	c.Flags().StringVar(&from, "from", "EPSG:4490", "the system of the coordinates")
	c.Flags().StringVar(&to, "to", "EPSG:4490", "the system wanted")
	return c
}

func (a *app) convertCRS(from, to string, args []string) error {
	src, err := crs.ByName(from)
	if err != nil {
		return err
	}
	dst, err := crs.ByName(to)
	if err != nil {
		return err
	}
	decimals := 4
	if dst.Geographic() {
		decimals = 9
	}
	out := bufio.NewWriter(a.out)
	one := func(s string) error {
		f := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '\t' || r == ' ' || r == ';' })
		if len(f) < 2 {
			return gis.E(gis.Rejected, nil, "%q is no pair of coordinates", s)
		}
		x, errX := census.ParseCoordinate(f[0])
		y, errY := census.ParseCoordinate(f[1])
		if errX != nil || errY != nil {
			return gis.E(gis.Rejected, nil, "%q is no pair of coordinates", s)
		}
		x, y = dst.FromLonLat(src.ToLonLat(x, y))
		if a.json {
			_, err := fmt.Fprintf(out, "{\"x\":%.*f,\"y\":%.*f}\n", decimals, x, decimals, y)
			return err
		}
		_, err := fmt.Fprintf(out, "%.*f %.*f\n", decimals, x, decimals, y)
		return err
	}
	for _, s := range args {
		if err := one(s); err != nil {
			return err
		}
	}
	if len(args) == 0 {
		sc := bufio.NewScanner(a.in)
		for sc.Scan() {
			if strings.TrimSpace(sc.Text()) == "" {
				continue
			}
			if err := one(sc.Text()); err != nil {
				return err
			}
		}
		if err := sc.Err(); err != nil {
			return err
		}
	}
	return out.Flush()
}
