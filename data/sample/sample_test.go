package sample

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"wanmi/data/catalog"
)

// defaultCity is made once for the tests that only look at it.
var defaultCity = sync.OnceValue(func() *City { return Generate(Config{}) })

func TestDefaultCityHasWhatWasAsked(t *testing.T) {
	c := defaultCity()
	named, classes := map[string]bool{}, map[string]bool{}
	for _, r := range c.roads.list {
		named[r.name] = true
	}
	for _, x := range c.components {
		classes[x.class] = true
	}
	coded := 0
	for _, x := range c.components {
		if x.code != "" {
			coded++
		}
	}
	for _, tt := range []struct {
		what      string
		got, want int
	}{
		{"streets", len(c.streets), 2},
		{"communities", len(c.communities), 8},
		{"named roads", len(named), 40},
		{"classes", len(classes), 40},
		{"components", len(c.components), 30000},
		{"departments", len(c.departments), 12},
		{"reports", len(c.reports), 400},
		{"doors", len(c.doors), 1000},
		{"points of interest", len(c.pois), 300},
		{"buildings", len(c.buildings), 1000},
		{"components with a code", coded, 30000 * 4 / 10},
		{"components without", len(c.components) - coded, 30000 * 4 / 10},
		{"cases", len(c.cases), 20},
		{"walls", len(c.walls), 40},
	} {
		if tt.got < tt.want {
			t.Errorf("%s: got %d, want at least %d", tt.what, tt.got, tt.want)
		}
	}
	if n := len(c.components); n > 33000 {
		t.Errorf("components: got %d for 30,000 asked", n)
	}
}

func TestOtherSizesAndSeeds(t *testing.T) {
	for _, cfg := range []Config{{Km2: 0.6, Components: 1}, {Km2: 1, Seed: 7}, {Km2: 4, Components: 60000, Seed: 3}} {
		c := Generate(cfg)
		if len(c.components) < cfg.Components || len(c.streets) < 2 || len(c.communities) < 8 {
			t.Errorf("%+v: %d components, %d streets, %d communities", cfg, len(c.components), len(c.streets), len(c.communities))
		}
		checkTiling(t, c)
		checkBuildings(t, c)
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	read := func() map[string][]byte {
		dir := t.TempDir()
		if _, err := Generate(Config{Km2: 1, Components: 5000, Seed: 11}).WriteFiles(dir); err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				name, _ := filepath.Rel(dir, p)
				files[name], err = os.ReadFile(p)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	a, b := read(), read()
	if len(a) != len(b) || len(a) < 20 {
		t.Fatalf("%d and %d files", len(a), len(b))
	}
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s differs between two runs", name)
		}
	}
}

func TestBuildingsKeepClear(t *testing.T) { checkBuildings(t, defaultCity()) }

// checkBuildings holds each footprint against road surfaces, water and the others.
func checkBuildings(t *testing.T, c *City) {
	t.Helper()
	cells := map[[2]int][]int{}
	key := func(p pt) [2]int { return [2]int{int(math.Floor(p[0] / 100)), int(math.Floor(p[1] / 100))} }
	for i, b := range c.buildings {
		if area(b.ring) <= 0 || !simple(b.ring) {
			t.Errorf("building %d is no counter-clockwise simple ring", i)
		}
		cells[key(b.ring[0])] = append(cells[key(b.ring[0])], i)
	}
	overlap := func(a, b []pt) bool {
		for i := range a {
			if inside(a[i], b) {
				return true
			}
			for k := range b {
				if segsCross(a[i], a[(i+1)%len(a)], b[k], b[(k+1)%len(b)]) {
					return true
				}
			}
		}
		return inside(b[0], a)
	}
	faults := 0
	for i, b := range c.buildings {
		k := key(b.ring[0])
		for x := k[0] - 2; x <= k[0]+2; x++ {
			for y := k[1] - 2; y <= k[1]+2; y++ {
				for _, o := range cells[[2]int{x, y}] {
					if o > i && overlap(b.ring, c.buildings[o].ring) {
						faults++
						t.Errorf("buildings %d and %d overlap at %v", i, o, b.ring[0])
					}
				}
			}
		}
		for _, r := range append(append([]*road{}, c.roads.list...), c.inner...) {
			half := r.kerb()
			for s := range len(r.p) - 1 {
				a, z := r.p[s], r.p[s+1]
				if math.Abs(a[0]-b.ring[0][0]) > 250+math.Abs(a[0]-z[0]) || math.Abs(a[1]-b.ring[0][1]) > 250+math.Abs(a[1]-z[1]) {
					continue
				}
				for n, p := range b.ring {
					q := b.ring[(n+1)%len(b.ring)]
					if d, _ := segDist(p, a, z); d < half || segsCross(p, q, a, z) {
						faults++
						t.Errorf("building %d stands on road %s at %v", i, r.name, p)
						break
					}
				}
			}
		}
		for _, r := range c.river {
			if overlap(b.ring, r) {
				t.Errorf("building %d stands in the river", i)
			}
		}
		for _, p := range c.parcels {
			if p != nil {
				for _, r := range p.ponds {
					if overlap(b.ring, r) {
						t.Errorf("building %d stands in a pond", i)
					}
				}
			}
		}
		if faults > 10 {
			t.Fatal("and more")
		}
	}
}

func TestDistrictsTile(t *testing.T) { checkTiling(t, defaultCity()) }

// checkTiling holds that communities, and streets, cover the city and share every inner border segment exactly.
func checkTiling(t *testing.T, c *City) {
	t.Helper()
	whole := c.net.union(func(int) bool { return true })
	if len(whole) != 1 {
		t.Fatalf("the city has %d rims", len(whole))
	}
	type seg [2]pt
	for name, list := range map[string][]district{"communities": c.communities, "streets": c.streets} {
		seen := map[seg]int{}
		var sum float64
		for _, d := range list {
			if len(d.rings) != 1 || !simple(d.rings[0]) || area(d.rings[0]) <= 0 {
				t.Errorf("%s: %s is not one simple ring (%d)", name, d.code, len(d.rings))
			}
			for _, r := range d.rings {
				sum += area(r)
				for i := range r {
					seen[seg{r[i], r[(i+1)%len(r)]}]++
				}
			}
		}
		if a := area(whole[0]); math.Abs(sum-a) > 0.01 {
			t.Errorf("%s cover %.3f m² of %.3f", name, sum, a)
		}
		for i := range whole[0] {
			seen[seg{whole[0][(i+1)%len(whole[0])], whole[0][i]}]++
		}
		for s, n := range seen {
			if n != 1 || seen[seg{s[1], s[0]}] != 1 {
				t.Fatalf("%s: border %v is not shared exactly", name, s)
			}
		}
	}
}

func TestCreditCodes(t *testing.T) {
	// Published codes of two public bodies' kind: the check characters must come out of our arithmetic.
	for _, code := range []string{"91350100M000100Y43", "91110000600037341L"} {
		if got := CreditCode(code[:2], code[2:8], code[8:16]); got != code {
			t.Errorf("CreditCode(%s): got %s", code, got)
		}
	}
	seen := map[string]bool{}
	for _, d := range defaultCity().departments {
		if len(d.code) != 18 || catalog.CreditCheck(d.code[:17]) != d.code[17] || seen[d.code] {
			t.Errorf("%s: bad or repeated code %s", d.name, d.code)
		}
		seen[d.code] = true
	}
}

func TestComponents(t *testing.T) {
	c := defaultCity()
	codes, ids := map[string]bool{}, map[string]bool{}
	for i := range c.components {
		x := &c.components[i]
		cl, ok := catalog.Lookup(catalog.GB47678, x.class)
		if !ok {
			t.Fatalf("no class %s", x.class)
		}
		if k := c.finder.at(x.p); k < 0 || k != x.community {
			t.Errorf("%s at %v lies in community %d, says %d", x.id, x.p, k, x.community)
		}
		if (cl.Geometry == "line") != (x.line != nil) {
			t.Errorf("%s %s: class has geometry %s", x.id, cl.Zh, cl.Geometry)
		}
		if x.dept < 0 {
			t.Errorf("%s %s: nobody answers", x.id, cl.Zh)
		}
		if x.code != "" && (len(x.code) != 17 || !strings.HasPrefix(x.code, "370883"+x.class) || codes[x.code]) {
			t.Errorf("%s: bad or repeated code %q", x.id, x.code)
		}
		if ids[x.id] {
			t.Errorf("id %s stands twice", x.id)
		}
		codes[x.code], ids[x.id] = true, true
	}
}

func TestHouseNumbers(t *testing.T) {
	c := defaultCity()
	last := map[string]int{}
	for _, d := range c.doors {
		if d.building != "" {
			continue
		}
		n, err := strconv.Atoi(strings.Split(d.number, "-")[0])
		if err != nil {
			t.Fatalf("%s: %v", d.address(), err)
		}
		s, off := d.road.project(d.p)
		if odd := n%2 == 1; odd != (off > 0) {
			t.Errorf("%s stands on the wrong side", d.address())
		}
		if k := d.road.name + strconv.Itoa(n%2); n < last[k] {
			t.Errorf("%s at %.0f m: numbers do not grow", d.address(), s)
		} else {
			last[k] = n
		}
		if c.finder.at(d.p) < 0 {
			t.Errorf("%s lies outside", d.address())
		}
	}
}

func TestReportsAreTrue(t *testing.T) {
	c := defaultCity()
	kinds := map[string]int{}
	for _, r := range c.reports {
		kinds[r.kind]++
		if m, ok := catalog.Matter(r.matter); !ok {
			t.Errorf("%s: %s is about no matter: %q", r.id, r.text, r.matter)
		} else if r.component < 0 {
			if c.finder.at(r.p) < 0 || m.Major < "06" || r.kind != "matter" {
				t.Errorf("%s (%s, %s) lies outside or is about a component: %s", r.id, r.kind, r.matter, r.text)
			}
			continue
		}
		x := &c.components[r.component]
		limit := map[string]float64{"offset": 9.01, "code": 0.01}[r.kind]
		if limit == 0 {
			limit = 28.01
		}
		if d := dist(x.p, r.p); d > limit {
			t.Errorf("%s: the thing stands %.1f m off: %s", r.id, d, r.text)
		}
		if c.finder.at(r.p) < 0 {
			t.Errorf("%s lies outside: %s", r.id, r.text)
		}
		named := false
		for _, m := range catalog.Guess(r.text) {
			named = named || m.Code == x.class
		}
		if !named {
			t.Errorf("%s: %s does not name class %s", r.id, r.text, x.class)
		}
		if r.kind == "offset" {
			if x.road == nil {
				t.Fatalf("%s: no road", r.id)
			}
		}
	}
	for _, k := range strings.Fields("door intersection offset poi compound code alias former typo noise matter") {
		if kinds[k] < 15 {
			t.Errorf("kind %s: %d reports", k, kinds[k])
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	c := defaultCity()
	m, err := c.WriteFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	var back Manifest
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err == nil {
		err = json.Unmarshal(b, &back)
	}
	if err != nil || !back.Synthetic || back.BadRows != m.BadRows || back.BadRows < 8 || len(back.Imports) < 12 {
		t.Fatalf("manifest: %v %+v", err, back)
	}
	for _, i := range back.Imports {
		for _, f := range i.Files {
			if st, err := os.Stat(filepath.Join(dir, f)); err != nil || st.Size() == 0 {
				t.Errorf("%s: %v", f, err)
			}
		}
	}
	rows := func(name string) [][]string {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return r
	}
	reports, truth := rows(back.Reports), rows(back.Truth)
	if len(reports) != len(truth) || len(reports) != len(c.reports)+1 {
		t.Fatalf("%d reports, %d truths", len(reports), len(truth))
	}
	for i := range reports {
		if reports[i][0] != truth[i][0] || reports[i][1] != truth[i][2] {
			t.Errorf("row %d: report %v, truth %v", i, reports[i], truth[i])
		}
	}
}
