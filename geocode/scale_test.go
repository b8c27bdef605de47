package geocode

import (
	"encoding/csv"
	"os"
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/geocode/geocodetest"
)

// BenchmarkScale asks taipei_scale, 217,281 doors and 4,074 roads of a real city, the texts of WANMI_BENCH_TEXTS as `benchgeocode texts` makes
// them; only finding and weighing the places.
func BenchmarkScale(b *testing.B) {
	file := os.Getenv("WANMI_BENCH_TEXTS")
	if file == "" {
		b.Skip("WANMI_BENCH_TEXTS is not set")
	}
	dir := dataDir(b, "taipei_scale")
	m := memCorpus{}
	for _, l := range []struct{ layer, file, name string }{{"road", "roads", "name"}, {"community", "villages", "VNAME"}} {
		for _, f := range geojsonOf(b, dir+"/"+l.file+".geojson") {
			m.put(l.layer, f.Geometry, "name", f.Properties.MustString(l.name, ""))
		}
	}
	addDoors(b, m, dir+"/addresses.csv.gz", false)
	g, err := Build(b.Context(), m, Config{Admin: []string{"臺北市"}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	texts := textsOf(b, file)
	for _, kind := range []string{"door", "intersection", "typo"} {
		b.Run(kind+"/search", func(b *testing.B) { searchAlone(b, g, texts[kind]) })
	}
}

// textsOf reads texts by their kind: columns kind, text, lon, lat.
func textsOf(tb testing.TB, file string) map[string][]geocodetest.Text {
	tb.Helper()
	f, err := os.Open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	out := map[string][]geocodetest.Text{}
	for _, r := range rows[1:] {
		x, _ := strconv.ParseFloat(r[2], 64)
		y, _ := strconv.ParseFloat(r[3], 64)
		out[r[0]] = append(out[r[0]], geocodetest.Text{Kind: r[0], Text: r[1], At: orb.Point{x, y}})
	}
	return out
}
