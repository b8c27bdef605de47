package main

import (
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/mozillazg/go-pinyin"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"

	"wanmi/geocode/geocodetest"
)

// realTexts makes texts from a file of addresses and one of roads: doors, and roads that share a vertex, with noise; and rows for a batch.
func realTexts(args []string) error {
	fs := flag.NewFlagSet("texts", flag.ExitOnError)
	addresses := fs.String("addresses", "", "addresses.csv.gz")
	roads := fs.String("roads", "", "roads.geojson")
	out := fs.String("out", "", "file")
	rows := fs.Int("rows", 0, "rows of the batch; 0: none")
	batch := fs.String("batch", "", "file of the batch")
	_ = fs.Parse(args)
	r := rand.New(rand.NewPCG(5, 5))
	plates, err := readPlates(*addresses)
	if err != nil {
		return err
	}
	n, err := readNetwork(*roads)
	if err != nil {
		return err
	}
	all := n.crossings()
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	texts := map[string][]geocodetest.Text{}
	for i := range eachKind {
		texts["door"] = append(texts["door"], plates[r.IntN(len(plates))])
		texts["intersection"] = append(texts["intersection"], all[i%len(all)].text())
		name := []rune(n.names[r.IntN(len(n.names))])
		texts["prefix"] = append(texts["prefix"], geocodetest.Text{Kind: "prefix", Text: string(name[:min(len(name), 1+r.IntN(3))])})
		texts["initials"] = append(texts["initials"], geocodetest.Text{Kind: "initials", Text: initials(string(name), 2+r.IntN(3))})
	}
	for i := 0; len(texts["typo"]) < eachKind; i++ {
		if t, ok := n.misspelt(r, all[i%len(all)]); ok {
			texts["typo"] = append(texts["typo"], t)
		}
	}
	err = writeCSV(*out, func(put func(...string) error) error {
		err := put(textColumns...)
		for _, kind := range geocodetest.Kinds {
			for _, t := range texts[kind] {
				err = cmp.Or(err, put(textCells(t)...))
			}
		}
		return err
	})
	if err != nil || *rows == 0 {
		return err
	}
	return writeCSV(*batch, func(put func(...string) error) error {
		err := put("編號", "文字", "來源")
		for i := range *rows {
			t := plates[r.IntN(len(plates))]
			switch i % 10 {
			case 1, 3, 5, 7:
				t = all[r.IntN(len(all))].text()
			case 9:
				t = texts["typo"][r.IntN(eachKind)]
			}
			err = cmp.Or(err, put(fmt.Sprint(i+1), t.Text, "1999專線"))
		}
		return err
	})
}

// readPlates makes a text of each address.
func readPlates(file string) ([]geocodetest.Text, error) {
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
	for _, row := range rows[1:] {
		address, _, ok := strings.Cut(row[col["FULL_ADDR"]], "號")
		var at orb.Point
		if _, err := fmt.Sscan(row[col["X"]]+" "+row[col["Y"]], &at[0], &at[1]); err != nil || !ok || row[col["ROAD"]] == "" {
			continue
		}
		out = append(out, geocodetest.Text{Kind: "door", Text: "您好，" + address + "號門前路燈不亮，請儘快處理", At: at})
	}
	return out, nil
}

// network is the roads of a city, and which of them share a vertex.
type network struct {
	names  []string
	trunks map[string]bool // names without section, lane and alley
	at     map[orb.Point][]string
	meet   map[string][]string
}

func readNetwork(file string) (*network, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	fc := geojson.NewFeatureCollection()
	if err := json.Unmarshal(b, fc); err != nil {
		return nil, err
	}
	n := &network{trunks: map[string]bool{}, at: map[orb.Point][]string{}, meet: map[string][]string{}}
	for _, f := range fc.Features {
		name := f.Properties.MustString("name", "")
		n.names = append(n.names, name)
		n.trunks[trunkOf(name)] = true
		for _, p := range points(f.Geometry) {
			if !slices.Contains(n.at[p], name) {
				n.at[p] = append(n.at[p], name)
			}
		}
	}
	for _, of := range n.at {
		for _, a := range of {
			for _, b := range of {
				if a != b && !slices.Contains(n.meet[a], b) {
					n.meet[a] = append(n.meet[a], b)
				}
			}
		}
	}
	return n, nil
}

// meeting is two roads and where they meet.
type meeting struct {
	a, b string
	at   orb.Point
}

func (m meeting) text() geocodetest.Text {
	return geocodetest.Text{Kind: "intersection", Text: m.a + "與" + m.b + "路口路燈不亮，請派人來修", At: m.at}
}

// crossings are the roads that share exactly one vertex, or several close together: where they meet is no matter of opinion.
func (n *network) crossings() (out []meeting) {
	meet := map[[2]string][]orb.Point{}
	for p, of := range n.at {
		slices.Sort(of)
		for i, a := range of {
			for _, b := range of[i+1:] {
				meet[[2]string{a, b}] = append(meet[[2]string{a, b}], p)
			}
		}
	}
	for pair, ps := range meet {
		if b := orb.MultiPoint(ps).Bound(); planar.Distance(b.Min, b.Max) < .0004 {
			out = append(out, meeting{pair[0], pair[1], b.Center()})
		}
	}
	slices.SortFunc(out, func(x, y meeting) int { return cmp.Or(strings.Compare(x.a, y.a), strings.Compare(x.b, y.b)) })
	return out
}

// misspelt writes another character for one of the first two of the first road's name. False when nobody could tell what was meant: the
// name is another road's then, or one character from another road that meets the second.
func (n *network) misspelt(r *rand.Rand, m meeting) (geocodetest.Text, bool) {
	s := []rune(m.a)
	s[r.IntN(2)] = []rune("新华夏春秋冬月星河江湖山林木金玉")[r.IntN(16)]
	if n.trunks[trunkOf(string(s))] {
		return geocodetest.Text{}, false
	}
	for _, o := range n.meet[m.b] {
		if o != m.a && apart(s, []rune(o)) == 1 {
			return geocodetest.Text{}, false
		}
	}
	t := meeting{string(s), m.b, m.at}.text()
	t.Kind = "typo"
	return t, true
}

// trunkOf is a road's name without section, lane and alley.
func trunkOf(name string) string {
	r := []rune(name)
	for i := 1; i < len(r); i++ {
		if strings.ContainsRune("路街道橋", r[i]) {
			return string(r[:i+1])
		}
	}
	return name
}

// apart counts the characters two texts of one length differ in; of others it is the length.
func apart(a, b []rune) (n int) {
	if len(a) != len(b) {
		return max(len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

func initials(name string, most int) string {
	var s []byte
	for _, p := range pinyin.LazyPinyin(name, pinyin.NewArgs()) {
		s = append(s, p[0])
	}
	return string(s[:min(len(s), most)])
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
