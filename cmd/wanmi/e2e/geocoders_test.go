//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mozillazg/go-pinyin"
)

// asked is a question to a geocoding client, with where its answer lies and what the label shown must hold.
type asked struct {
	Name  string  `json:"name"`
	Text  string  `json:"text,omitempty"`
	Lon   float64 `json:"lon,omitempty"`
	Lat   float64 `json:"lat,omitempty"`
	words []string
	metre float64 // how near the answer must be
}

type askedOf struct {
	Texts      []asked `json:"texts"`
	Beginnings []asked `json:"beginnings"`
	Points     []asked `json:"points"`
}

func (a askedOf) named(name string) asked {
	all := slices.Concat(a.Texts, a.Beginnings, a.Points)
	return all[slices.IndexFunc(all, func(x asked) bool { return x.Name == name })]
}

// shown is what a client made of an answer.
type shown struct {
	Client, Way, Case string
	Labels            []string // best first
	Lon, Lat          *float64
}

var (
	reportCrossing = regexp.MustCompile(`^(\p{Han}+?路)[与和]?(\p{Han}+?[路街])(?:交叉口|路口|交汇处)`)
	reportDoor     = regexp.MustCompile(`街道(\p{Han}+?[路街])(\d+)号`)
)

// questions picks a door of the demo city, two of its reports with truth, the beginning and the initials of a road's name, and a point.
func questions(t *testing.T, s *server) askedOf {
	t.Helper()
	var doors struct {
		Features []struct {
			Geometry   struct{ Coordinates [2]float64 }
			Properties struct{ Address, Road, Number string }
		}
	}
	s.get("/ogc/collections/door/items?limit=500").json(t, &doors)
	var out askedOf
	for _, d := range doors.Features {
		p := d.Properties
		if p.Address != p.Road+p.Number+"号" || len([]rune(p.Road)) < 4 || strings.ContainsAny(p.Number, "-附") {
			continue
		}
		words, at := []string{p.Road, p.Number}, d.Geometry.Coordinates
		out.Texts = append(out.Texts, asked{"door", p.Address, 0, 0, words, 1})
		out.Texts[0].Lon, out.Texts[0].Lat = at[0], at[1]
		out.Points = []asked{{"point", "", at[0], at[1], words, 2}}
		road := []rune(p.Road)
		initials := ""
		for _, syllable := range pinyin.LazyConvert(p.Road, nil) {
			initials += syllable[:1]
		}
		out.Beginnings = []asked{{Name: "beginning", Text: string(road[:len(road)-1]), words: []string{p.Road}}, {Name: "initials", Text: initials, words: []string{p.Road}}}
		break
	}
	for _, want := range []struct {
		name, kind string
		re         *regexp.Regexp
	}{{"crossing", "intersection", reportCrossing}, {"report", "noise", reportDoor}} {
		for _, tr := range readTruth(t) {
			if m := want.re.FindStringSubmatch(tr.text); m != nil && tr.kind == want.kind {
				out.Texts = append(out.Texts, asked{want.name, tr.text, tr.lon, tr.lat, m[1:], 50})
				break
			}
		}
	}
	if len(out.Texts) != 3 || len(out.Points) != 1 {
		t.Fatalf("the demo city has no such things: %+v", out)
	}
	return out
}

// judge holds what clients showed against the questions; each of the clients must have been asked each of want, "way case".
func judge(t *testing.T, qs askedOf, program string, r result, clients, want []string) {
	t.Helper()
	var all []shown
	if err := json.Unmarshal([]byte(r.out), &all); err != nil || r.code != 0 {
		t.Fatalf("%s: exit code %d, %v\n%s%s", program, r.code, err, tail(r.out), tail(r.errOut))
	}
	seen := map[string]bool{}
	for _, a := range all {
		q := qs.named(a.Case)
		what := fmt.Sprintf("%s, %s of %q", a.Client, a.Way, q.Text)
		seen[a.Client+" "+a.Way+" "+a.Case] = true
		labels := a.Labels
		if a.Way == "suggest" { // the road may stand further down its list
			i := slices.IndexFunc(labels, func(l string) bool { return strings.Contains(l, q.words[0]) })
			labels = labels[max(i, 0):]
		}
		for _, w := range q.words {
			if len(labels) == 0 || !strings.Contains(labels[0], w) {
				t.Errorf("%s: shows %q, want %q in it", what, a.Labels, w)
			}
		}
		if a.Way == "suggest" {
			continue
		}
		if a.Lon == nil || a.Lat == nil {
			t.Errorf("%s: no point", what)
		} else if d := metres(*a.Lon, *a.Lat, q.Lon, q.Lat); d > q.metre {
			t.Errorf("%s: %.0f m away, want at most %.0f", what, d, q.metre)
		}
	}
	for _, c := range clients {
		for _, w := range want {
			if !seen[c+" "+w] {
				t.Errorf("%s was not asked for %s", c, w)
			}
		}
	}
}

// asking starts the server and writes the questions to a file.
func asking(t *testing.T) (*server, askedOf, string) {
	s := start(t, 60*time.Second, "serve", "--db", demoDB(t), "--addr", "127.0.0.1:0")
	qs := questions(t, s)
	file := filepath.Join(t.TempDir(), "cases.json")
	data, err := json.Marshal(qs)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return s, qs, file
}

var (
	bySearch  = []string{"geocode door", "geocode crossing", "geocode report"}
	byPoint   = []string{"reverse point"}
	bySuggest = []string{"suggest beginning", "suggest initials"}
)

// TestBrowserGeocoders types into the search boxes of Leaflet, MapLibre and OpenLayers in Chromium, and asks node-geocoder, all unchanged.
func TestBrowserGeocoders(t *testing.T) {
	t.Parallel()
	for _, need := range []string{"chromium", "node"} {
		if _, err := exec.LookPath(need); err != nil {
			missing(t, "%v", err)
		}
	}
	s, qs, file := asking(t)
	args := []string{filepath.Join(root, "scripts", "webtest", "geocoders.mjs"), s.url, file}
	if shots := os.Getenv("WANMI_SHOTS"); shots != "" {
		args = append(args, "--shots", shots)
	}
	r := run(t, "node", args...)
	both := []string{"node-geocoder", "leaflet-nominatim", "leaflet-photon", "leaflet-pelias", "maplibre-nominatim", "maplibre-carmen"}
	judge(t, qs, "geocoders.mjs", r, both, slices.Concat(bySearch, byPoint))
	judge(t, qs, "geocoders.mjs", r, []string{"ol-nominatim", "ol-photon"}, bySearch)
	judge(t, qs, "geocoders.mjs", r, []string{"leaflet-photon", "leaflet-pelias", "maplibre-carmen"}, bySuggest)
}

// TestGeopy asks by geopy, which scripts/setup.sh installs.
func TestGeopy(t *testing.T) {
	python := filepath.Join(root, ".setup", "venv", "bin", "python")
	if err := exec.Command(python, "-c", "import geopy").Run(); err != nil {
		missing(t, "no geopy; scripts/setup.sh test installs it")
	}
	s, qs, file := asking(t)
	r := run(t, python, filepath.Join(root, "scripts", "webtest", "geocoders.py"), s.url, file)
	judge(t, qs, "geocoders.py", r, []string{"geopy-nominatim", "geopy-photon", "geopy-pelias"}, slices.Concat(bySearch, byPoint))
}

// TestQGISGeocoder asks by QGIS's own geocoder, where QGIS's libraries are installed: they are no part of what the tests need.
func TestQGISGeocoder(t *testing.T) {
	python := pythonOfQGIS(t)
	s, qs, file := asking(t)
	r := run(t, python, filepath.Join(root, "scripts", "webtest", "geocoders_qgis.py"), s.url, file)
	for i := range qs.Texts { // the labels here end in |road|house number
		if name := qs.Texts[i].Name; name == "door" || name == "report" {
			qs.Texts[i].words = append(qs.Texts[i].words, "|"+strings.Join(qs.Texts[i].words[:1], "|"))
		}
	}
	judge(t, qs, "geocoders_qgis.py", r, []string{"qgis"}, bySearch)
}
