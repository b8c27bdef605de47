package census

import (
	"testing"
	"time"
)

func dump(t *testing.T, res Result) {
	t.Helper()
	t.Logf("%+v findings %d", res.Summary, len(res.Findings))
	for _, f := range res.Files {
		t.Logf("  %s [%s] rows %d taken %d rejected %d crs %s class %s source %s", f.File, f.Format, f.Rows, f.Taken, f.Rejected, f.CRS, f.Class, f.Source)
		for _, r := range f.Remarks {
			t.Logf("     - %s", r)
		}
	}
	for i, p := range res.Profiles {
		if i < 3 {
			t.Logf("%s", p.Profile.YAML())
		}
	}
	for i, x := range res.Rejected {
		if i < 5 {
			t.Logf("  REJ %+v", x)
		}
	}
	by := map[string]int{}
	for _, f := range res.Findings {
		if by[f.Rule]++; by[f.Rule] < 3 {
			t.Logf("  F %s %s", f.Rule, f.Text)
		}
	}
	t.Logf("  %v", by)
}

func TestDump(t *testing.T) {
	m := newMem()
	for _, x := range []struct{ layer, file string }{
		{"street", "base/streets.geojson"}, {"community", "base/communities.geojson"}, {"road", "base/roads.geojson"}, {"building", "base/buildings.geojson"},
		{"land", "base/green_land.geojson"}, {"land", "base/sidewalks.geojson"}, {"wall", "base/levees.geojson"},
		{"component", "census/street_trees_20260802.csv"}, {"component", "census/street_trees_20260823.csv"}, {"component", "census/park_trees_20260823.csv"},
		{"component", "census/pedestrian-bins.json"}, {"component", "census/used-clothing-recycling-boxes.json"}, {"component", "census/dog-waste-bag-boxes.json"},
		{"component", "census/public-toilets.json"}, {"component", "census/direct-drinking-stations.json"}, {"component", "census/designated-smoking-areas.json"},
		{"component", "census/cctv.geojson"}, {"component", "census/traffic_bus_station_view.geojson"}, {"component", "census/traffic_youbike.geojson"},
		{"door", "places/addresses.csv.gz"}, {"poi", "places/heal_aed.geojson"}, {"poi", "places/medical_institution.geojson"}, {"poi", "places/police_station.geojson"},
		{"poi", "places/refuge.geojson"}, {"poi", "places/garbage_truck.geojson"}, {"case", "hotline_cases.geojson"},
	} {
		file := shared(t, "taipei_west/"+x.file)
		t0 := time.Now()
		res := mustImport(t, m, x.layer, file)
		t.Logf("=== %s %s in %v", x.layer, x.file, time.Since(t0))
		dump(t, res)
		res = mustImport(t, m, x.layer, file)
		t.Logf("again: %+v", res.Summary)
	}
}
