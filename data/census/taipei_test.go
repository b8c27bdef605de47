package census

import (
	"strings"
	"testing"
)

// TestTaipei takes every file of the real city without a profile. The counts of rows are those of the files.
func TestTaipei(t *testing.T) {
	m := newMem()
	for _, c := range []struct {
		layer, file    string
		added, refused int64
		class          string
	}{
		{"street", "base/streets.geojson", 2, 0, ""},
		{"community", "base/communities.geojson", 61, 0, ""},
		{"road", "base/roads.geojson", 633, 0, ""},
		{"building", "base/buildings.geojson", 7870, 0, ""},
		{"land", "base/green_land.geojson", 1, 0, "green"},
		{"land", "base/sidewalks.geojson", 109, 0, "sidewalk"},
		{"wall", "base/levees.geojson", 5, 0, "levee"},
		{"component", "census/street_trees_20260802.csv", 6542, 0, "04002"},
		{"component", "census/park_trees_20260823.csv", 5347, 0, "04999"},
		{"component", "census/pedestrian-bins.json", 158, 0, "03005"},
		{"component", "census/used-clothing-recycling-boxes.json", 99, 11, "01059"},
		{"component", "census/dog-waste-bag-boxes.json", 78, 0, "03015"},
		{"component", "census/public-toilets.json", 258, 0, "03001"},
		{"component", "census/direct-drinking-stations.json", 76, 0, "01025"},
		{"component", "census/designated-smoking-areas.json", 20, 0, "03999"},
		{"component", "census/cctv.geojson", 41, 0, "01050"},
		{"component", "census/traffic_bus_station_view.geojson", 253, 0, "02004"},
		{"component", "census/traffic_youbike.geojson", 125, 0, "02026"},
		{"poi", "places/heal_aed.geojson", 226, 0, "aed"},
		{"poi", "places/medical_institution.geojson", 344, 0, ""},
		{"poi", "places/police_station.geojson", 19, 0, "police"},
		{"poi", "places/refuge.geojson", 906, 0, "shelter"},
		{"poi", "places/garbage_truck.geojson", 561, 0, "refuse_stop"},
		{"case", "hotline_cases.geojson", 282, 0, ""},
	} {
		t.Run(c.file, func(t *testing.T) {
			file := shared(t, "taipei_west/"+c.file)
			res := mustImport(t, m, c.layer, file)
			if res.Summary != (Summary{Added: c.added, Rejected: c.refused}) {
				t.Errorf("got %+v, want %d added, %d rejected; %v", res.Summary, c.added, c.refused, res.Rejected)
			}
			for _, x := range res.Rejected {
				if x.Row == 0 || x.Field == "" || x.Value == "" || x.Reason == "" || x.ReasonZh == "" || x.Raw == "" {
					t.Errorf("a rejected row says too little: %+v", x)
				}
			}
			if again := mustImport(t, m, c.layer, file); again.Summary != (Summary{Unchanged: c.added, Rejected: c.refused}) {
				t.Errorf("the same file again: %+v", again.Summary)
			}
			if c.class == "" {
				return
			}
			for _, f := range m.layers[c.layer] {
				if f.Text("source") == res.Files[0].Source && f.Text("class") != c.class {
					t.Errorf("class %q, want %q", f.Text("class"), c.class)
					break
				}
			}
		})
	}
	second(t, m)
	codes(t, m)
}

// second is the delivery three weeks later: ten trees are gone, UpdDate is new in every row.
func second(t *testing.T, m *memStore) {
	res := mustImport(t, m, "component", shared(t, "taipei_west/census/street_trees_20260823.csv"))
	if want := (Summary{Removed: 10, Unchanged: 6532}); res.Summary != want {
		t.Errorf("second delivery: %+v, want %+v", res.Summary, want)
	}
}

// codes checks that every component has a code of its class and the place it lies in.
func codes(t *testing.T, m *memStore) {
	placed := 0
	for key, f := range m.layers["component"] {
		if len(key) != 17 || key[:6] != "630000" || key[6:11] != f.Text("class") {
			t.Fatalf("component code %q of class %s", key, f.Text("class"))
		}
		if c := f.Text("community_code"); c != "" {
			placed++
			if m.layers["community"][c].Text("name") != f.Text("community_name") || !strings.HasPrefix(c, f.Text("street_code")) {
				t.Fatalf("component %s: community %s %s, street %s", key, c, f.Text("community_name"), f.Text("street_code"))
			}
		}
	}
	if n := len(m.layers["component"]); placed*100 < n*95 {
		t.Errorf("%d of %d components lie in a community", placed, n)
	}
}

// TestTaipeiDoors takes 148,233 addresses; floors share a door.
func TestTaipeiDoors(t *testing.T) {
	m := base(t)
	res := mustImport(t, m, "door", shared(t, "taipei_west/places/addresses.csv.gz"))
	if n := len(m.layers["door"]); n < 37800 || n > 37900 || res.Files[0].Rows != 148233 || res.Summary.Rejected != 0 {
		t.Errorf("%d doors of %d rows, %+v; want about 37,845 of 148,233", n, res.Files[0].Rows, res.Summary)
	}
	var rows int64
	nameless := 0
	for _, f := range m.layers["door"] {
		rows += f.Int("count")
		c := f.Text("community_code")
		if _, ok := m.layers["community"][c]; !ok {
			t.Fatalf("door %v has community %q", f.Values, c)
		}
		if n := f.Text("number"); strings.ContainsAny(n, "號樓之") {
			t.Fatalf("door number %q", n)
		} else if n == "" { // one row has none: 廣州街
			nameless++
		}
	}
	if nameless > 1 {
		t.Errorf("%d doors without a number", nameless)
	}
	if rows != 148233 {
		t.Errorf("the doors count %d rows", rows)
	}
}
