package grids

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// chain is a city that is changed and updated and edited by hand again and again.
type chain struct {
	t     *testing.T
	r     *rand.Rand
	b     *board
	lat   lattice
	ever  map[Code]bool // codes that were ever used
	undo  map[Code]Cell // the state before the last edit by hand; nil: nothing to undo
	strip bool          // a community line was moved
	did   map[string]int
}

// TestChainOfEdits changes a real place at random some twenty times in a row, on the map and by hand, and holds each state
// to all that must hold at any time. WANMI_CHAINS says how many such chains: 2, and 30 were clean.
func TestChainOfEdits(t *testing.T) {
	long(t)
	did := map[string]int{}
	seeds, err := strconv.Atoi(cmp.Or(os.Getenv("WANMI_CHAINS"), "2"))
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			src := place(t, "bupt")
			d := build(t, src, Options{Today: "2026-01-01"})
			lat, err := latticeFrom(t.Context(), src)
			if err != nil {
				t.Fatal(err)
			}
			c := &chain{t: t, r: rand.New(rand.NewPCG(seed, 77)), b: newBoard(src, d.Cells), lat: lat, ever: map[Code]bool{}, did: did}
			for _, k := range d.Cells {
				c.ever[k.Code] = true
			}
			for turn := range 20 {
				if what := c.step(); t.Failed() {
					t.Fatalf("seed %d turn %d: %s", seed, turn, what)
				}
			}
		})
	}
	t.Log(did)
}

func (c *chain) step() (what string) {
	switch k := c.r.IntN(10); {
	case k < 5:
		what = c.change()
	case k < 8:
		what = c.byHand()
	case k == 8:
		what = c.lock()
	default:
		what = c.undone()
	}
	c.did[what]++
	if l := c.b.hard(c.t); len(l) > 0 {
		c.t.Errorf("%s: %s %s at %.7f: %s", what, l[0].Rule, l[0].Key, l[0].At, l[0].Text)
	}
	return what
}

// change changes the map and updates the cells; what the change cannot have to do with stays as it was.
func (c *chain) change() string {
	e := editOf(c.t, c.b.memory, c.b.valid())
	e.r = c.r
	layer := "building"
	what := []string{"buildings added", "buildings removed", "a building moved", "roads added", "a line moved"}[c.r.IntN(5)]
	if c.strip && what == "a line moved" {
		what = "buildings added"
	}
	moves := what == "a line moved"
	switch what {
	case "buildings added":
		e.addBuildings(1 + c.r.IntN(2))
	case "buildings removed":
		e.removeBuildings(min(3, len(e.src["building"])))
	case "a building moved":
		e.removeBuildings(min(1, len(e.src["building"])))
		e.addBuildings(1)
	case "roads added":
		layer = "road"
		e.addRoads(1 + c.r.IntN(2))
	default:
		layer = "community"
		e.moveStrip()
	}
	mode := []Mode{Repair, Repair, Refresh, Rebuild}[c.r.IntN(4)]
	old := c.b.all()
	opt := Options{Old: cloneCells(old), Mode: mode, Today: "2026-11-22", Next: func(community string) int { return c.b.highest[community] + 1 }}
	d := build(c.t, e.src, opt)
	opt.Threads = 1
	if again := build(c.t, e.src, opt); !bytes.Equal(said(c.t, d), said(c.t, again)) {
		c.t.Errorf("%s, %q: a repeat gives something else", what, mode)
	}
	if slices.ContainsFunc(d.Findings, func(f gis.Finding) bool { return f.Rule == "grid.locked_broken" }) {
		told := map[string]bool{}
		for _, f := range d.Findings {
			if text := f.Rule + f.Text; f.Rule == "grid.locked_broken" {
				if told[text] {
					c.t.Errorf("told twice: %s", f.Text)
				}
				told[text] = true
			}
		}
		return what + " against a lock" // an error: nothing is written
	}
	updated(c.t, e.src, old, d)
	if mode == Repair {
		c.untouched(old, d.Cells, c.reach(changed(c.b.memory[layer], e.src[layer]), layer == "community"))
	}
	c.b.memory, c.undo, c.strip = e.src, nil, c.strip || moves
	c.take(old, d.Cells, d.Lineage)
	return what + " " + string(mode)
}

// said is a division as it would be written.
func said(t *testing.T, d *Division) []byte {
	out, err := json.Marshal([]any{d.Cells, d.Lineage, d.Findings})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// changed returns where features came or went.
func changed(a, b []gis.Feature) (out []orb.Bound) {
	for _, l := range [2][2][]gis.Feature{{a, b}, {b, a}} {
		for _, f := range l[0] {
			if !slices.ContainsFunc(l[1], func(g gis.Feature) bool { return orb.Equal(f.Geom, g.Geom) }) {
				out = append(out, f.Geom.Bound())
			}
		}
	}
	return out
}

// reach lists the cells a repair may change: those at a change, their neighbours, which form a zone with them, and the
// neighbours of these, which get corners; where community lines moved, all of the communities there and theirs.
func (c *chain) reach(at []orb.Bound, whole bool) map[Code]bool {
	book, err := BookOf(c.b.valid())
	if err != nil {
		c.t.Fatal(err)
	}
	in := map[Code]bool{}
	for _, k := range c.b.valid() {
		in[k.Code] = slices.ContainsFunc(at, k.Polygon.Bound().Pad(1e-6).Intersects)
	}
	rings := 3
	if whole {
		rings = 1
	}
	for range rings {
		more := map[Code]bool{}
		for code, yes := range in {
			for _, n := range book.Neighbours(code) {
				more[n] = more[n] || yes
			}
		}
		for code, yes := range more {
			in[code] = in[code] || yes
		}
	}
	return in
}

func (c *chain) untouched(old, now []Cell, may map[Code]bool) {
	byCode := map[Code]Cell{}
	for _, k := range now {
		byCode[k.Code] = k
	}
	for _, k := range old {
		if !may[k.Code] && fmt.Sprint(k) != fmt.Sprint(byCode[k.Code]) {
			c.t.Errorf("the cell %s changed, which nothing touched", k.Code)
		}
	}
}

// take makes the cells the state, after it has held codes, locks and lineage against the state before.
func (c *chain) take(old, now []Cell, lineage []Lineage) {
	from, to := map[Code]bool{}, map[Code]bool{}
	for _, l := range lineage {
		from[l.From], to[l.To] = true, true
		if l.Why == "" || l.To != "" && !slices.ContainsFunc(now, func(k Cell) bool { return k.Code == l.To && k.Status == Valid }) {
			c.t.Errorf("lineage %v leads to no valid cell", l)
		}
	}
	was, is := map[Code]Cell{}, map[Code]Cell{}
	for _, k := range old {
		was[k.Code] = k
	}
	for _, k := range now {
		before, known := was[k.Code]
		switch {
		case !known && c.ever[k.Code]:
			c.t.Errorf("the code %s is used again", k.Code)
		case !known && !to[k.Code]:
			c.t.Errorf("the new code %s has no lineage", k.Code)
		case known && before.Status == Void && fmt.Sprint(before) != fmt.Sprint(k):
			c.t.Errorf("the void cell %s changed", k.Code)
		case known && before.Status == Valid && k.Status == Void && !from[k.Code]:
			c.t.Errorf("the code %s is gone without lineage", k.Code)
		case before.Locked && (!k.Locked || !sameShape(c.lat.ring(before.Polygon[0]), c.lat.ring(k.Polygon[0]))):
			c.t.Errorf("the locked cell %s changed", k.Code)
		}
		c.ever[k.Code], is[k.Code] = true, k
		c.b.highest[k.Community] = max(c.b.highest[k.Community], k.Code.Seq())
	}
	for code := range was {
		if _, ok := is[code]; !ok {
			c.t.Errorf("the code %s is lost", code)
		}
	}
	c.b.cells = is
}

// byHand merges, splits or moves an edge somewhere; many are refused.
func (c *chain) byHand() string {
	l := c.b.valid()
	k := l[c.r.IntN(len(l))]
	book, err := BookOf(l)
	if err != nil {
		c.t.Fatal(err)
	}
	var near []Cell
	for _, n := range book.Neighbours(k.Code) {
		if o, _ := book.Cell(n); o.Community == k.Community {
			near = append(near, o)
		}
	}
	verb := []string{"merge", "split", "move-edge"}[c.r.IntN(3)]
	if len(near) == 0 {
		verb = "split"
	}
	var e *Edit
	switch verb {
	case "merge":
		e, err = Merge(c.t.Context(), c.b, []Cell{k, near[c.r.IntN(len(near))]}, c.b.options())
	case "split":
		e, err = Split(c.t.Context(), c.b, k, chord(c.r, k.Polygon.Bound()), c.b.options())
	default:
		o := near[c.r.IntN(len(near))]
		e, err = MoveEdge(c.t.Context(), c.b, k, o, chord(c.r, k.Polygon.Bound().Union(o.Polygon.Bound())), c.b.options())
	}
	if err != nil {
		if kind := gis.KindOf(err); kind != gis.Rejected && kind != gis.Invalid && !k.Locked && !slices.ContainsFunc(near, func(o Cell) bool { return o.Locked }) {
			c.t.Errorf("%s: %v", verb, err)
		}
		return verb + " refused"
	}
	old := c.b.all()
	now, may := map[Code]Cell{}, map[Code]bool{}
	for _, o := range old {
		now[o.Code] = o
	}
	for _, l := range [][]Cell{e.New, e.Void, e.Touched} {
		for _, o := range l {
			now[o.Code], may[o.Code] = o, true
		}
	}
	list := make([]Cell, 0, len(now))
	for _, o := range now {
		list = append(list, o)
	}
	c.undo = c.b.cells
	c.untouched(old, list, may)
	c.take(old, list, e.Lineage)
	return verb
}

// lock locks or unlocks a cell.
func (c *chain) lock() string {
	l := c.b.valid()
	k := l[c.r.IntN(len(l))]
	k.Locked = !k.Locked
	c.b.cells[k.Code], c.undo = k, nil
	return "lock"
}

// undone takes the last edit by hand back: the cells are as before, the codes it gave stay used.
func (c *chain) undone() string {
	if c.undo == nil {
		return "nothing to undo"
	}
	c.b.cells, c.undo = c.undo, nil
	return "undo"
}
