package main

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"

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
