package geocode

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/osm"
	"github.com/paulmach/osm/osmpbf"
)

// osmStreets reads the named ways of an OSM file that are highways: their lines, and where the ways of two names share a node.
func osmStreets(tb testing.TB, file string) (memCorpus, map[[2]string][]orb.Point) {
	tb.Helper()
	nodes := map[osm.NodeID]orb.Point{}
	var ways []*osm.Way
	for _, kind := range []osm.Type{osm.TypeNode, osm.TypeWay} {
		f, err := os.Open(file)
		if err != nil {
			tb.Fatal(err)
		}
		s := osmpbf.New(context.Background(), f, 1)
		s.SkipNodes, s.SkipWays, s.SkipRelations = kind != osm.TypeNode, kind != osm.TypeWay, true
		for s.Scan() {
			switch o := s.Object().(type) {
			case *osm.Node:
				nodes[o.ID] = orb.Point{o.Lon, o.Lat}
			case *osm.Way:
				if o.Tags.Find("highway") != "" && o.Tags.Find("name") != "" {
					ways = append(ways, o)
				}
			}
		}
		if err := s.Err(); err != nil {
			tb.Fatal(err)
		}
		_ = s.Close()
		_ = f.Close()
	}
	m := memCorpus{}
	at := map[osm.NodeID][]string{}
	for _, w := range ways {
		name := w.Tags.Find("name")
		var line orb.LineString
		for _, n := range w.Nodes {
			p, ok := nodes[n.ID]
			if !ok {
				continue // beyond the edge of the extract
			}
			line = append(line, p)
			if !slices.Contains(at[n.ID], name) {
				at[n.ID] = append(at[n.ID], name)
			}
		}
		if len(line) > 1 {
			m.put("road", line, "name", name)
		}
	}
	meet := map[[2]string][]orb.Point{}
	for id, names := range at {
		for i, a := range names {
			for _, b := range names[:i] {
				k := [2]string{min(a, b), max(a, b)}
				meet[k] = append(meet[k], nodes[id])
			}
		}
	}
	return m, meet
}

// TestNanjing: in the OSM extract of Nanjing every two streets of different names that share a node are found as a crossing, within 30 m of such a
// node, whichever is said first and however it is said.
func TestNanjing(t *testing.T) {
	m, meet := osmStreets(t, dataDir(t, "nanjing/nanjing_xinjiekou.osm.pbf"))
	g, err := Build(context.Background(), m, Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range m["road"] {
		names[f.Text("name")] = true
	}
	asked, found := 0, 0
	for pair, nodes := range meet {
		for _, text := range []string{pair[0] + "与" + pair[1] + "交叉口", pair[1] + "和" + pair[0] + "路口", pair[0] + pair[1] + "交汇处", pair[0] + "/" + pair[1]} {
			asked++
			a, err := g.Search(context.Background(), Query{Text: text})
			if err != nil || len(a.Places) == 0 {
				t.Errorf("%q: got %d places, error %v", text, len(a.Places), err)
				continue
			}
			p, best := a.Places[0], 1e9
			for _, n := range nodes {
				best = min(best, g.fr.to(n).dist(g.fr.to(p.Point)))
			}
			if p.Level != "intersection" || best > 30 || !strings.Contains(p.Name, "交叉口") {
				t.Errorf("%q: got %s %s %v, %.0f m from a node they share", text, p.Level, p.Name, p.Faults, best)
				continue
			}
			found++
		}
	}
	t.Logf("%d ways of %d names, %d pairs that meet: %d of %d questions answered within 30 m", len(m["road"]), len(names), len(meet), found, asked)
	if len(meet) < 50 {
		t.Errorf("got only %d pairs of streets that meet, want at least 50: is the extract whole?", len(meet))
	}
}
