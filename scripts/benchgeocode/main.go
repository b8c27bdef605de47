// Command benchgeocode makes what bench_geocode.py measures geocoding with, and measures: a synthetic city as files of an import with texts
// about it (gen), texts about the roads and doors of a real one (texts), a geocoder built from a store and asked (ask), the same texts
// asked of SQLite's FTS5 (fts), and a server under load (load, batch). What it measures it prints as lines of JSON.
package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"wanmi/geocode/geocodetest"
)

func main() {
	log.SetFlags(0)
	commands := map[string]func([]string) error{"gen": gen, "texts": realTexts, "ask": ask, "fts": fts, "load": load, "batch": batch}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		log.Fatal("usage: benchgeocode gen|texts|ask|fts|load|batch FLAGS")
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		log.Fatal(os.Args[1], ": ", err)
	}
}

func tell(v any) error { return json.NewEncoder(os.Stdout).Encode(v) }

// writeCSV makes a file of the rows that are put into it.
func writeCSV(file string, rows func(put func(...string) error) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	err = rows(func(cells ...string) error { return w.Write(cells) })
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

var textColumns = []string{"kind", "text", "lon", "lat", "name"}

func textCells(t geocodetest.Text) []string {
	return []string{t.Kind, t.Text, strconv.FormatFloat(t.At[0], 'f', 7, 64), strconv.FormatFloat(t.At[1], 'f', 7, 64), t.Name}
}

func readTexts(file string) (map[string][]geocodetest.Text, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	out := map[string][]geocodetest.Text{}
	for _, r := range rows[1:] {
		x, err1 := strconv.ParseFloat(r[2], 64)
		y, err2 := strconv.ParseFloat(r[3], 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("%s: %q is no place", file, r)
		}
		out[r[0]] = append(out[r[0]], geocodetest.Text{Kind: r[0], Text: r[1], At: orb.Point{x, y}, Name: r[4]})
	}
	return out, nil
}

// times tells percentiles in microseconds.
type times struct {
	P50 float64 `json:"p50_us"`
	P99 float64 `json:"p99_us"`
}

func timesOf(took []time.Duration) times {
	slices.Sort(took)
	at := func(share float64) float64 { return float64(took[int(share*float64(len(took)-1))]) / 1e3 }
	return times{at(.5), at(.99)}
}
