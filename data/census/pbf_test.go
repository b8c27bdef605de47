package census

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/paulmach/osm"
	"github.com/paulmach/osm/osmpbf"
)

// elements reads an OSM file and writes its elements of one kind down.
func elements(t *testing.T, b []byte, kind osm.Type) string {
	t.Helper()
	var out strings.Builder
	if err := scanPBF(bytes.NewReader(b), kind, func(o osm.Object) { writeElement(&out, o) }); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func writeElement(out *strings.Builder, o osm.Object) {
	switch o := o.(type) {
	case *osm.Node:
		fmt.Fprintf(out, "n%d %.7f %.7f %v\n", o.ID, o.Lon, o.Lat, o.Tags)
	case *osm.Way:
		fmt.Fprintf(out, "w%d %v %v\n", o.ID, o.Nodes.NodeIDs(), o.Tags)
	case *osm.Relation:
		fmt.Fprintf(out, "r%d %v", o.ID, o.Tags)
		for _, m := range o.Members {
			fmt.Fprintf(out, " %s%d %q", m.Type, m.Ref, m.Role)
		}
		out.WriteByte('\n')
	}
}

// The truth about real files is what the library's own reader says.
func TestPBFAgainstLibrary(t *testing.T) {
	for _, name := range []string{"osm_small/bayfront_singapore.osm.pbf", "osm_small/liechtenstein-latest.osm.pbf"} {
		b, err := os.ReadFile(shared(t, name))
		if err != nil {
			t.Fatal(err)
		}
		want := map[osm.Type]*strings.Builder{osm.TypeNode: {}, osm.TypeWay: {}, osm.TypeRelation: {}}
		scan := osmpbf.New(context.Background(), bytes.NewReader(b), 1)
		for scan.Scan() {
			writeElement(want[scan.Object().ObjectID().Type()], scan.Object())
		}
		if err := scan.Close(); err != nil || scan.Err() != nil {
			t.Fatal(err, scan.Err())
		}
		for kind, w := range want {
			if got := elements(t, b, kind); got != w.String() || len(got) < 1000 {
				t.Errorf("%s: the %ss are not what the library reads (%d and %d bytes)", name, kind, len(got), w.Len())
			}
		}
	}
}

// What the library's reader panics on: a node by itself.
func TestPBFPlain(t *testing.T) {
	for _, squeezed := range []bool{false, true} {
		b := append(pbfHeader(), pbfPart("OSMData", seedBlock(), squeezed)...)
		for kind, want := range map[osm.Type]string{
			osm.TypeNode: "n1 116.9700000 35.4000000 []\nn2 116.9700000 35.4010000 [{highway street_lamp}]\nn3 116.9710000 35.4010000 []\nn9 116.9700000 35.4000000 [{highway street_lamp}]\n",
			osm.TypeWay:  "w5 [1 2 3 1] [{building yes} {name 文化中心}]\n", osm.TypeRelation: "r7 [{type multipolygon} {building yes}] way5 \"outer\"\n",
		} {
			if got := elements(t, b, kind); got != want {
				t.Errorf("squeezed %v: got %q, want %q", squeezed, got, want)
			}
		}
		_, rows, geoms, err := readAll(t, temp(t, "a.osm.pbf", b), ReadOptions{})
		if err != nil || len(rows) < 2 || geoms[0] == nil {
			t.Errorf("squeezed %v: rows %q, %v, want a building twice at least", squeezed, rows, err)
		}
	}
}

func TestPBFRefused(t *testing.T) {
	whole := append(pbfHeader(), pbfPart("OSMData", seedBlock(), true)...)
	for name, b := range map[string][]byte{
		"cut off":               whole[:len(whole)-9],
		"a huge header":         {0x7F, 0xFF, 0xFF, 0xFF, 0},
		"a huge blob":           append([]byte{0, 0, 0, 6}, pb(nil, 3, 1<<30)...),
		"another feature":       pbfPart("OSMHeader", pb(nil, 4, "LocationsOnWays2"), false),
		"no header":             pbfPart("OSMData", seedBlock(), false),
		"text beyond its table": append(pbfHeader(), pbfPart("OSMData", pb(nil, 2, pb(nil, 1, pb(pb(nil, 2, []byte{99}), 3, []byte{1}))), false)...),
	} {
		if err := scanPBF(bytes.NewReader(b), osm.TypeNode, func(osm.Object) {}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
