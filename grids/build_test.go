package grids

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

func build(t testing.TB, src Source, opt Options) *Division {
	t.Helper()
	d, err := Build(context.Background(), src, opt)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseCode(t *testing.T) {
	for _, tc := range []struct {
		in   string
		ok   bool
		comm string
		seq  int
	}{
		{"370883001001007", true, "370883001001", 7},
		{"37088300100100A", true, "370883001001", 0},
		{"37088300100100", false, "", 0},
		{"37088300100100a", false, "", 0},
		{"37088300100100 ", false, "", 0},
		{"", false, "", 0},
		{"三七零八八", false, "", 0},
	} {
		c, err := ParseCode(tc.in)
		if (err == nil) != tc.ok {
			t.Errorf("ParseCode(%q): got error %v, want ok %v", tc.in, err, tc.ok)
			continue
		}
		if tc.ok && (c.Community() != tc.comm || c.Seq() != tc.seq) {
			t.Errorf("ParseCode(%q): got %s %d, want %s %d", tc.in, c.Community(), c.Seq(), tc.comm, tc.seq)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"370883001001007", "", "37088300100100\x00", "单元网格单元网格单元网格单元网"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseCode(s); err == nil && (len(c) != 15 || c.Community()+string(c[12:]) != s) {
			t.Errorf("ParseCode(%q) gives %q", s, c)
		}
	})
}

// TestLattice: every corner maps back to exactly its lattice point and to itself, and neighbours share it bit for bit.
func TestLattice(t *testing.T) {
	src := place(t, "nyc")
	d := build(t, src, Options{})
	b, err := readBase(context.Background(), src, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := map[geom.Pt]orb.Point{}
	for _, c := range d.Cells {
		var ring geom.Ring
		for _, p := range c.Polygon[0] {
			q := b.lat.pt(p)
			if back := b.lat.lonLat(q); back != p {
				t.Fatalf("cell %s: corner %v goes to %v and back to %v", c.Code, p, q, back)
			}
			if o, ok := at[q]; ok && o != p {
				t.Fatalf("lattice point %v is %v in one cell and %v in another", q, o, p)
			}
			at[q] = p
			ring = append(ring, q)
		}
		ring = ring[:len(ring)-1]
		if got := float64(ring.Area2()) / 2e6; got != c.AreaM2 {
			t.Errorf("cell %s: AreaM2 %v, of the lattice ring (counter-clockwise) %v", c.Code, c.AreaM2, got)
		}
	}
	bookHolds(t, d.Cells)
}

// bookHolds compares the book with a search through all cells, on corners, middles of edges and random points.
func bookHolds(t *testing.T, cells []Cell) {
	b, err := BookOf(cells)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(8, 8))
	all := cells[0].Polygon.Bound()
	for _, c := range cells {
		all = all.Union(c.Polygon.Bound())
	}
	var pts []orb.Point
	for range 3000 {
		pts = append(pts, orb.Point{all.Min[0] + r.Float64()*(all.Max[0]-all.Min[0]), all.Min[1] + r.Float64()*(all.Max[1]-all.Min[1])})
	}
	for _, c := range cells {
		for i, p := range c.Polygon[0][1:] {
			q := c.Polygon[0][i]
			pts = append(pts, p, orb.Point{(p[0] + q[0]) / 2, (p[1] + q[1]) / 2})
		}
	}
	for _, p := range pts {
		want := Code("")
		for _, c := range cells {
			if c.Polygon.Bound().Pad(1e-8).Contains(p) && within(c.Polygon, p) && (want == "" || c.Code < want) {
				want = c.Code
			}
		}
		if got, _ := b.At(p); got.Code != want {
			t.Fatalf("At(%v): got %q, want %q", p, got.Code, want)
		}
	}
}

func BenchmarkBuildTaipei(b *testing.B) { benchmarkBuild(b, taipei(b)) }

func BenchmarkBuildNanjing(b *testing.B) { benchmarkBuild(b, place(b, "nanjing")) }

func benchmarkBuild(b *testing.B, src memory) {
	start := cpuTime()
	var d *Division
	for b.Loop() {
		var err error
		if d, err = Build(context.Background(), src, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime()-start)/float64(b.N)/1e6, "cpu-ms/op")
	b.ReportMetric(d.Stats.AreaM2/1e6, "km2")
	b.ReportMetric(float64(d.Stats.Cells), "cells")
}

// TestDeterminism builds and updates with one thread, with four, again, and with everything that comes in shuffled: all give the same bytes.
func TestDeterminism(t *testing.T) {
	src := place(t, "bupt")
	some := slices.Clone(src["land"])
	for i := range some {
		some[i] = some[i].Clone()
		some[i].SetText("class", []string{"park", "farm", "campus"}[i%3])
		some[i].SetText("compound", []string{"", "whole", "split"}[i/3%3])
	}
	src["land"] = some
	old := build(t, src, Options{Today: "2026-01-01"}).Cells
	old[len(old)/3].Locked = true
	e := editOf(t, src, old)
	e.moveStripOf(0.2, 0.7)
	e.addBuildings(2)
	e.addRoads(1)
	r := rand.New(rand.NewPCG(4, 4))
	plain := said(t, build(t, src, Options{Today: "2026-11-22"}))
	land := map[string]Limits{"farm": {Target: 30_000, Min: 8_000, Max: 60_000}, "park": {Target: 20_000, Max: 40_000}}
	for _, tc := range []struct {
		name string
		src  memory
		opt  Options
	}{
		{"build", src, Options{}},
		{"land", src, Options{Land: land, Compound: CompoundWhole}},
		{"compounds split", src, Options{Compound: CompoundSplit, Effort: 2}},
		{"repair", e.src, Options{Old: old, Mode: Repair}},
		{"refresh", e.src, Options{Old: old, Mode: Refresh}},
		{"rebuild", e.src, Options{Old: old}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opt := tc.opt
			opt.Threads, opt.Today = 1, "2026-11-22"
			one := said(t, build(t, tc.src, opt))
			if len(tc.opt.Land)+len(tc.opt.Compound) > 0 && bytes.Equal(one, plain) {
				t.Error("the options change nothing: the case tells nothing")
			}
			if again := said(t, build(t, tc.src, opt)); !bytes.Equal(one, again) {
				t.Error("a repeat gives other bytes")
			}
			opt.Threads = 4
			mixed := memory{}
			for layer, l := range tc.src {
				mixed[layer] = slices.Clone(l)
				r.Shuffle(len(l), func(i, j int) { mixed[layer][i], mixed[layer][j] = mixed[layer][j], mixed[layer][i] })
			}
			opt.Old = slices.Clone(opt.Old)
			r.Shuffle(len(opt.Old), func(i, j int) { opt.Old[i], opt.Old[j] = opt.Old[j], opt.Old[i] })
			if many := said(t, build(t, mixed, opt)); !bytes.Equal(one, many) {
				t.Error("shuffled input on four threads gives other bytes than one thread")
			}
		})
	}
}

func TestUpdateKeepsCodes(t *testing.T) {
	src := town()
	old := build(t, src, Options{Today: "2026-01-01"})
	same := build(t, src, Options{Today: "2026-11-22", Old: old.Cells})
	if len(same.Lineage) > 0 || !slices.EqualFunc(old.Cells, same.Cells, func(a, b Cell) bool {
		return a.Code == b.Code && a.InitDate == b.InitDate && slices.Equal(a.Polygon[0], b.Polygon[0])
	}) {
		t.Errorf("nothing changed, but the codes did: %v", same.Lineage)
	}
	// A wall of houses across borders of the second community.
	m := town()
	for y := 20.0; y < 280; y += 40 {
		m.add("building", orb.Polygon{rect(430, y, 470, y+39.5)})
	}
	next := 500
	d := build(t, m, Options{Today: "2026-11-22", Old: old.Cells, Next: func(string) int { return next }})
	diff := Diff(old.Cells, d.Cells)
	if len(diff.Gone) == 0 || len(diff.New) == 0 {
		t.Fatalf("the houses changed nothing: %+v", diff)
	}
	seen := map[Code]bool{}
	for i, c := range d.Cells {
		if seen[c.Code] {
			t.Errorf("code %s twice", c.Code)
		}
		seen[c.Code] = true
		if c.Status == Void {
			if c.EndDate != "2026-11-22" || !slices.Contains(diff.Gone, c.Code) {
				t.Errorf("void cell %s ends %q", c.Code, c.EndDate)
			}
		} else if i > 0 && d.Cells[i-1].Status == Void {
			t.Errorf("valid cell %s comes after void ones", c.Code)
		}
	}
	for _, c := range diff.New {
		if c.Seq() < next {
			t.Errorf("fresh code %s is below the next free number %d", c, next)
		}
		if !slices.ContainsFunc(d.Lineage, func(l Lineage) bool { return l.To == c }) {
			t.Errorf("fresh code %s has no lineage", c)
		}
	}
	for _, c := range diff.Gone {
		if c.Community() == code12(1) {
			t.Errorf("cell %s is gone, but nothing changed in its community", c)
		}
		if !slices.ContainsFunc(d.Lineage, func(l Lineage) bool { return l.From == c }) {
			t.Errorf("gone code %s has no lineage", c)
		}
	}
	// Without Next, numbers go on above the highest of the old ones, void ones included.
	again := build(t, town(), Options{Old: d.Cells})
	for _, c := range Diff(d.Cells, again.Cells).New {
		if seen[c] {
			t.Errorf("code %s was used before", c)
		}
	}
}

func TestOnlySomeCommunities(t *testing.T) {
	src := town()
	all := build(t, src, Options{})
	one := build(t, src, Options{Communities: []string{code12(2)}})
	want := slices.DeleteFunc(slices.Clone(all.Cells), func(c Cell) bool { return c.Community != code12(2) })
	if !slices.EqualFunc(one.Cells, want, func(a, b Cell) bool { return a.Code == b.Code }) {
		t.Errorf("got %d cells, want the %d of the community", len(one.Cells), len(want))
	}
	kept := build(t, src, Options{Communities: []string{code12(2)}, Old: all.Cells})
	if d := Diff(all.Cells, kept.Cells); len(d.Kept) != len(all.Cells) {
		t.Errorf("the other community's cells were touched: %+v", d)
	}
	if _, err := Build(context.Background(), src, Options{Communities: []string{"999999999999"}}); gis.KindOf(err) != gis.NotFound {
		t.Errorf("an unknown community: got %v, want not found", err)
	}
}

func TestRefusals(t *testing.T) {
	bad := memory{}
	bad.add("community", orb.Polygon{rect(0, 0, 300, 300)}, "code", "12", "name", "a")
	for _, tc := range []struct {
		name string
		src  memory
		opt  Options
		want gis.Kind
	}{
		{"no community", memory{}, Options{}, gis.Rejected},
		{"a code that is none", bad, Options{}, gis.Rejected},
		{"limits the wrong way round", town(), Options{Min: 20_000, Max: 5_000}, gis.Invalid},
		{"a negative weight", town(), Options{Weights: Weights{Area: -1}}, gis.Invalid},
		{"over 999 in a community", town(), Options{Next: func(string) int { return 995 }}, gis.Rejected},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := Build(context.Background(), tc.src, tc.opt); err == nil || gis.KindOf(err) != tc.want {
				t.Errorf("got %v, want an error of kind %d", err, tc.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Build(ctx, town(), Options{}); gis.KindOf(err) != gis.Canceled {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestCellFeature(t *testing.T) {
	d := build(t, town(), Options{Today: "2026-11-22"})
	for _, c := range d.Cells {
		c.Remark, c.Locked = "r", true
		got, err := CellOf(c.Feature())
		if err != nil {
			t.Fatal(err)
		}
		if got.Code != c.Code || got.AreaM2 != c.AreaM2 || got.InitDate != c.InitDate || got.Remark != "r" || !got.Locked || !slices.Equal(got.Polygon[0], c.Polygon[0]) {
			t.Errorf("got %+v, want %+v", got, c)
		}
	}
}

func TestReport(t *testing.T) {
	d := build(t, town(), Options{})
	d.Findings = append(d.Findings, finding("grid.test", gis.SeverityWarning, "k", metres(100, 100), 1, "<script>1%d", "<b>%d", 1))
	var html, js strings.Builder
	if err := d.WriteReport(&html, ReportOptions{}); err != nil {
		t.Fatal(err)
	}
	if s := html.String(); !strings.Contains(s, "<svg") || strings.Contains(s, "<script>1") || strings.Count(s, "Z") < len(d.Cells) {
		t.Error("the page lacks its map, or shows a finding unescaped")
	}
	if err := d.WriteReport(&js, ReportOptions{Format: "json"}); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Stats Stats
		Cells []struct{ Code string }
	}
	if err := json.Unmarshal([]byte(js.String()), &back); err != nil || len(back.Cells) != len(d.Cells) || back.Stats.Cells != d.Stats.Cells {
		t.Errorf("json report: %v, %d cells", err, len(back.Cells))
	}
	if err := d.WriteReport(&js, ReportOptions{Format: "pdf"}); gis.KindOf(err) != gis.Invalid {
		t.Errorf("format pdf: got %v", err)
	}
}

// TestReportLooks: what is out of range carries the code of its cell, so that the link selects it on the map, and is
// drawn at street level; the gravest of a rule come first, three at most.
func TestReportLooks(t *testing.T) {
	d := build(t, town(), Options{Target: 3000, Min: 2990, Max: 3010})
	var html strings.Builder
	if err := d.WriteReport(&html, ReportOptions{MapURL: "http://map/"}); err != nil {
		t.Fatal(err)
	}
	looks := d.first()
	if len(looks) == 0 || looks[0].Rule != "grid.area_above" {
		t.Fatalf("got %+v, want cells above the limit first", looks)
	}
	if _, err := ParseCode(looks[0].Key); err != nil {
		t.Errorf("the finding %+v carries no code of a cell", looks[0])
	}
	if want := "/grid:" + looks[0].Key + "\""; !strings.Contains(html.String(), want) || !strings.Contains(html.String(), `class="this"`) {
		t.Errorf("the page lacks the link %s or the picture of that cell", want)
	}
	n := map[string]int{}
	for _, l := range looks {
		if n[l.Rule]++; n[l.Rule] > looksOfRule {
			t.Errorf("more than %d of rule %s", looksOfRule, l.Rule)
		}
	}
}

// TestLargeCommunity: a community that would need more numbers than there are gets a larger target, and says so.
func TestLargeCommunity(t *testing.T) {
	long(t)
	m := memory{}
	const lon, lat, e = 116.97, 35.40, 0.012 // about 1.1 km by 1.3 km
	m.add("community", orb.Polygon{{{lon, lat}, {lon + e, lat}, {lon + e, lat + e}, {lon, lat + e}, {lon, lat}}}, "code", "370883001001", "name", "东关社区")
	d := build(t, m, Options{Target: 1000})
	raised := slices.ContainsFunc(d.Findings, func(f gis.Finding) bool { return f.Rule == "grid.target_raised" && f.Key == "370883001001" })
	if len(d.Cells) > fullSeq || len(d.Cells) < fullSeq/2 || !raised {
		t.Errorf("got %d cells, raised %v; want at most %d and a finding", len(d.Cells), raised, fullSeq)
	}
}
