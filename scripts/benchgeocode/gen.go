package main

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"

	"wanmi/geocode/geocodetest"
	"wanmi/gis"
)

// layers of the city in the order they are imported, with the fields that are written.
var layers = []struct {
	name   string
	fields []string
}{
	{"street", []string{"code", "name"}},
	{"community", []string{"code", "name", "street_code", "street_name"}},
	{"department", []string{"code", "name", "classes"}},
	{"road", []string{"name", "class", "width_m"}},
	{"unit_grid", []string{"code", "community_code"}},
	{"door", []string{"road", "number", "community_code", "community_name", "street_name"}},
	{"poi", []string{"name"}},
	{"component", []string{"code", "name", "class", "class_name", "label", "dept_code", "community_code", "community_name", "street_code", "street_name", "state"}},
}

// eachKind is how many texts of a kind are asked.
const eachKind = 4000

func gen(args []string) error {
	fs := flag.NewFlagSet("gen", flag.ExitOnError)
	n := fs.Int("n", 1_000_000, "entries")
	out := fs.String("out", "", "folder")
	rows := fs.Int("rows", 0, "rows of batch.csv; 0: none")
	_ = fs.Parse(args)
	c := geocodetest.New(*n)
	for _, l := range layers {
		if err := genLayer(c, filepath.Join(*out, l.name+".csv"), l.name, l.fields); err != nil {
			return err
		}
	}
	err := writeCSV(filepath.Join(*out, "texts.csv"), func(put func(...string) error) error {
		err := put(textColumns...)
		for _, kind := range geocodetest.Kinds {
			for _, t := range c.Texts(kind, eachKind) {
				if err == nil {
					err = put(textCells(t)...)
				}
			}
		}
		return err
	})
	if err != nil || *rows == 0 {
		return err
	}
	return writeCSV(filepath.Join(*out, "batch.csv"), func(put func(...string) error) error { return genBatch(c, *rows, put) })
}

// genBatch writes reports as a hotline has them: doors, crossings and places in turns, one in ten with a wrong character.
func genBatch(c *geocodetest.City, rows int, put func(...string) error) error {
	kinds := []string{"door", "intersection", "poi", "door", "intersection", "door", "intersection", "poi", "code", "poi_typo"}
	var of [10][]geocodetest.Text
	for k, kind := range kinds {
		of[k] = c.Texts(kind, (rows+9)/10)
	}
	err := put("编号", "文本", "来源")
	for i := 0; i < rows && err == nil; i++ {
		err = put(fmt.Sprint(i+1), of[i%10][i/10].Text, "12345热线")
	}
	return err
}

func genLayer(c *geocodetest.City, file, layer string, fields []string) error {
	return writeCSV(file, func(put func(...string) error) error {
		l := gis.MustLayer(layer)
		var head []string
		for _, name := range fields {
			head = append(head, l.Fields[l.Index(name)].Zh)
		}
		if l.Geom != gis.NoGeom {
			head = append(head, "WKT")
		}
		if err := put(head...); err != nil {
			return err
		}
		for f, err := range c.Features(context.Background(), layer, orb.Bound{}) {
			if err != nil {
				return err
			}
			cells := make([]string, 0, len(head))
			for _, name := range fields {
				cells = append(cells, f.Text(name))
			}
			if l.Geom != gis.NoGeom {
				cells = append(cells, wkt.MarshalString(f.Geom))
			}
			if err := put(cells...); err != nil {
				return err
			}
		}
		return nil
	})
}

// realTexts makes texts from a file of addresses and one of roads: doors, and roads that share a vertex, with noise.
func realTexts(args []string) error {
	fs := flag.NewFlagSet("texts", flag.ExitOnError)
	addresses := fs.String("addresses", "", "addresses.csv.gz")
	roads := fs.String("roads", "", "roads.geojson")
	out := fs.String("out", "", "file")
	_ = fs.Parse(args)
	r := rand.New(rand.NewPCG(5, 5))
	doors, err := addressTexts(r, *addresses)
	if err != nil {
		return err
	}
	crossings, names, err := crossingTexts(r, *roads)
	if err != nil {
		return err
	}
	var typos, prefixes []geocodetest.Text
	for i := range eachKind {
		t := crossings[i%len(crossings)]
		s := []rune(t.Text)
		s[r.IntN(2)] = []rune("新华夏春秋冬月星河江湖山林木金玉")[r.IntN(16)]
		typos = append(typos, geocodetest.Text{Kind: "typo", Text: string(s), At: t.At})
		name := []rune(names[r.IntN(len(names))])
		prefixes = append(prefixes, geocodetest.Text{Kind: "prefix", Text: string(name[:min(len(name), 1+r.IntN(3))])})
	}
	return writeCSV(*out, func(put func(...string) error) error {
		err := put(textColumns...)
		for _, list := range [][]geocodetest.Text{doors, crossings, typos, prefixes} {
			for _, t := range list {
				if err == nil {
					err = put(textCells(t)...)
				}
			}
		}
		return err
	})
}

func addressTexts(r *rand.Rand, file string) ([]geocodetest.Text, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		return nil, err
	}
	col := map[string]int{}
	for i, h := range rows[0] {
		col[strings.TrimPrefix(h, "\ufeff")] = i
	}
	var out []geocodetest.Text
	for len(out) < eachKind {
		row := rows[1+r.IntN(len(rows)-1)]
		address, _, ok := strings.Cut(row[col["FULL_ADDR"]], "號")
		var at orb.Point
		if _, err := fmt.Sscan(row[col["X"]]+" "+row[col["Y"]], &at[0], &at[1]); err != nil || !ok || row[col["ROAD"]] == "" {
			continue
		}
		out = append(out, geocodetest.Text{Kind: "door", Text: "您好，" + address + "號門前路燈不亮，請儘快處理", At: at})
	}
	return out, nil
}

// crossingTexts names roads that share exactly one vertex, or several close together: where they meet is no matter of opinion.
func crossingTexts(r *rand.Rand, file string) (out []geocodetest.Text, names []string, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	fc := geojson.NewFeatureCollection()
	if err := json.Unmarshal(b, fc); err != nil {
		return nil, nil, err
	}
	at := map[orb.Point][]string{}
	for _, f := range fc.Features {
		name := f.Properties.MustString("name", "")
		names = append(names, name)
		for _, p := range points(f.Geometry) {
			if !slices.Contains(at[p], name) {
				at[p] = append(at[p], name)
			}
		}
	}
	meet := map[[2]string][]orb.Point{}
	for p, of := range at {
		slices.Sort(of)
		for i, a := range of {
			for _, b := range of[i+1:] {
				meet[[2]string{a, b}] = append(meet[[2]string{a, b}], p)
			}
		}
	}
	for pair, ps := range meet {
		if b := orb.MultiPoint(ps).Bound(); planar.Distance(b.Min, b.Max) < .0004 {
			out = append(out, geocodetest.Text{Kind: "intersection", Text: pair[0] + "與" + pair[1] + "路口路燈不亮，請派人來修", At: b.Center()})
		}
	}
	slices.SortFunc(out, func(a, b geocodetest.Text) int { return strings.Compare(a.Text, b.Text) })
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(len(out), eachKind)], names, nil
}

func points(g orb.Geometry) (out []orb.Point) {
	switch g := g.(type) {
	case orb.LineString:
		return g
	case orb.MultiLineString:
		for _, l := range g {
			out = append(out, l...)
		}
	}
	return out
}
