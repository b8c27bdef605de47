package division

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/gpkg"
	"wanmi/gis"
	"wanmi/grids"
)

const (
	chainSide  = 3   // communities a side
	chainMetre = 280 // a side of one
	chainTurns = 12
)

// storedChain is a stored city that is changed, divided anew and edited by hand again and again.
type storedChain struct {
	t    *testing.T
	r    *rand.Rand
	st   *gpkg.Store
	at   time.Time
	ever map[grids.Code]bool // codes that were ever used
	was  map[grids.Code]grids.Cell
	line float64 // where the line between the first two communities runs
}

// TestStoredChain takes a stored city through random chains of updates, locks, merges, splits, moved edges and undos. After
// each step the store holds what it must at any time: no code used again, locked cells as they were, what the step does not
// name the same to the byte, lineage for all that came and went, no breach of a hard rule. WANMI_CHAINS says how many
// chains: 20.
func TestStoredChain(t *testing.T) {
	chains, err := strconv.Atoi(cmp.Or(os.Getenv("WANMI_CHAINS"), "20"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, dir := context.Background(), t.TempDir()
	st := chainCity(t, filepath.Join(dir, "city.gpkg"))
	defer st.Close()
	did := map[string]int{}
	for seed := range uint64(chains) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			file := filepath.Join(dir, "chain.gpkg")
			if err := st.Backup(ctx, file); err != nil {
				t.Fatal(err)
			}
			defer os.Remove(file)
			own, err := gpkg.Open(ctx, file, gpkg.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer own.Close()
			c := &storedChain{t: t, r: rand.New(rand.NewPCG(seed, 11)), st: own, at: chainStart, ever: map[grids.Code]bool{}, was: storedCells(t, own), line: chainMetre}
			for code := range c.was {
				c.ever[code] = true
			}
			for turn := range chainTurns {
				if what := c.step(); t.Failed() {
					t.Fatalf("turn %d: %s", turn, what)
				} else {
					did[what]++
				}
			}
		})
	}
	t.Log(did)
}

var chainStart = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func chainCity(t *testing.T, file string) *gpkg.Store {
	st, err := gpkg.Open(context.Background(), file, gpkg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 11))
	var rows []gis.Feature
	for i := range chainSide * chainSide {
		x, y := float64(i%chainSide)*chainMetre, float64(i/chainSide)*chainMetre
		rows = append(rows, chainCommunity(i, square(x, y, x+chainMetre, y+chainMetre)))
		for k := range 8 {
			bx, by := x+20+r.Float64()*(chainMetre-60), y+20+r.Float64()*(chainMetre-60)
			rows = append(rows, row("building", square(bx, by, bx+8+r.Float64()*15, by+8+r.Float64()*10), "name", fmt.Sprint("old", i, "-", k)))
		}
	}
	deliver(t, st, rows...)
	if _, err := Build(context.Background(), st, st, Job{Actor: "test", At: chainStart}); err != nil {
		t.Fatal(err)
	}
	return st
}

func chainCommunity(i int, p orb.Polygon) gis.Feature {
	code := fmt.Sprintf("3708830010%02d", i+1)
	return row("community", p, "code", code, "name", code, "street_code", code[:9])
}

// storedCells are the rows of unit_grid, void ones too, by code.
func storedCells(t *testing.T, st *gpkg.Store) map[grids.Code]grids.Cell {
	m := map[grids.Code]grids.Cell{}
	for f, err := range st.Features(context.Background(), "unit_grid", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		k, err := grids.CellOf(f)
		if err != nil {
			t.Fatal(err)
		}
		m[k.Code] = k
	}
	return m
}

func (c *storedChain) step() string {
	c.at = c.at.Add(time.Hour)
	switch k := c.r.IntN(10); {
	case k < 4:
		return c.update()
	case k < 7:
		return c.byHand()
	case k < 9:
		return c.lock()
	default:
		res, err := Undo(context.Background(), c.st, c.st, 0, "test", c.at)
		if kind := gis.KindOf(err); err != nil && kind != gis.NotFound && kind != gis.Conflict {
			c.t.Error(err)
		}
		if err != nil {
			c.holds(nil, nil, nil, nil)
			return "undo refused"
		}
		c.holds(res.New, res.Void, res.Changed, res)
		return "undo"
	}
}

// update changes the base map and has the cells updated. A change that breaks a locked cell is refused, and taken back.
func (c *storedChain) update() string {
	var put []gis.Feature
	was := c.line
	what := []string{"building", "road", "line"}[c.r.IntN(3)]
	x, y := c.r.Float64()*chainSide*chainMetre, c.r.Float64()*chainSide*chainMetre
	switch what {
	case "building":
		put = append(put, row("building", square(x, y, x+10+c.r.Float64()*25, y+8+c.r.Float64()*12)))
	case "road":
		p := square(x, y, x+150, y+30)[0]
		put = append(put, row("road", orb.LineString{p[0], p[2]}, "class", "local"))
	default:
		c.line = chainMetre + float64(c.r.IntN(61)-30)
		put = chainPair(c.line)
	}
	deliver(c.t, c.st, put...)
	mode := []grids.Mode{grids.Repair, grids.Repair, grids.Refresh, grids.Rebuild}[c.r.IntN(4)]
	b, err := Build(context.Background(), c.st, c.st, Job{Actor: "test", At: c.at, Options: grids.Options{Mode: mode}})
	if err == nil {
		c.holds(b.New, b.Void, b.Changed, nil)
		if mode == grids.Repair && what != "line" {
			c.near(put[0].Geom.Bound(), slices.Concat(b.New, b.Void, b.Changed))
		}
		return fmt.Sprintf("%s, %s", what, cmp.Or(string(mode), "rebuild"))
	}
	locked := func(f gis.Finding) bool { return f.Rule == "grid.locked_broken" || f.Rule == "grid.locked_changed" }
	if gis.KindOf(err) != gis.Rejected || !slices.ContainsFunc(b.Findings, locked) {
		c.t.Errorf("%s, %s: %v", what, mode, err)
	}
	if c.holds(nil, nil, nil, nil); what == "line" {
		c.line = was
		deliver(c.t, c.st, chainPair(was)...)
	} else if _, err := c.st.Write(context.Background(), data.WriteInfo{Actor: "test", Source: "test"}, func(tx data.Tx) error {
		return tx.Delete(what, put[0].Key)
	}); err != nil {
		c.t.Error(err)
	}
	return what + " refused by a lock"
}

// chainPair are the first two communities with the line between them x metres east.
func chainPair(x float64) []gis.Feature {
	return []gis.Feature{chainCommunity(0, square(0, 0, x, chainMetre)), chainCommunity(1, square(x, 0, 2*chainMetre, chainMetre))}
}

func (c *storedChain) valid() []grids.Cell {
	var l []grids.Cell
	for _, k := range c.was {
		if k.Status != grids.Void {
			l = append(l, k)
		}
	}
	slices.SortFunc(l, func(a, b grids.Cell) int { return cmp.Compare(a.Code, b.Code) })
	return l
}

func (c *storedChain) lock() string {
	l := c.valid()
	k := l[c.r.IntN(len(l))]
	verb := Lock
	if k.Locked {
		verb = Unlock
	}
	res, err := Edit(context.Background(), c.st, Request{Verb: verb, Cells: []grids.Code{k.Code}, Actor: "test", At: c.at})
	if err != nil {
		c.t.Error(err)
		return verb
	}
	c.holds(res.New, res.Void, res.Changed, res)
	return verb
}

// byHand merges, splits or moves an edge somewhere; many are refused.
func (c *storedChain) byHand() string {
	l := c.valid()
	k := l[c.r.IntN(len(l))]
	book, err := grids.BookOf(l)
	if err != nil {
		c.t.Fatal(err)
	}
	cells, box := []grids.Code{k.Code}, k.Polygon.Bound()
	verb := []string{Merge, Split, MoveEdge}[c.r.IntN(3)]
	if verb != Split {
		for _, n := range book.Neighbours(k.Code) {
			if o, _ := book.Cell(n); o.Community == k.Community {
				cells, box = append(cells, n), box.Union(o.Polygon.Bound())
				break
			}
		}
	}
	r := Request{Verb: verb, Cells: cells, Actor: "test", At: c.at}
	if verb != Merge {
		a, b := c.r.Float64(), c.r.Float64()
		r.Line = orb.LineString{{box.Min[0] + a*(box.Max[0]-box.Min[0]), box.Min[1] - 1e-5}, {box.Min[0] + b*(box.Max[0]-box.Min[0]), box.Max[1] + 1e-5}}
	}
	res, err := Edit(context.Background(), c.st, r)
	if err != nil {
		if kind := gis.KindOf(err); kind != gis.Rejected && kind != gis.Invalid && kind != gis.Conflict {
			c.t.Errorf("%s: %v", verb, err)
		}
		c.holds(nil, nil, nil, nil)
		return verb + " refused"
	}
	c.holds(res.New, res.Void, res.Changed, res)
	return verb
}

// holds holds the store against the state before a step, by what the step says it did.
func (c *storedChain) holds(fresh, void, changed []string, edit *Result) {
	ctx := context.Background()
	undone := edit != nil && edit.Verb == undo
	unlocks := edit != nil && (edit.Verb == Unlock || undone)
	now := storedCells(c.t, c.st)
	for code, k := range now {
		before, known := c.was[code]
		named := slices.Contains(slices.Concat(fresh, void, changed), string(code))
		switch {
		case !known && c.ever[code]:
			c.t.Errorf("the code %s is used again", code)
		case known && before.Status == grids.Void && k.Status != grids.Void && !undone:
			c.t.Errorf("the void code %s is valid again", code)
		case !named && (!known || fmt.Sprint(before) != fmt.Sprint(k)):
			c.t.Errorf("the cell %s is another, which the step does not name", code)
		case before.Locked && !unlocks && (!k.Locked || k.Status == grids.Void || !sameLand(before, k)):
			c.t.Errorf("the locked cell %s did not survive", code)
		}
		came := k.Status != grids.Void && (!known || before.Status == grids.Void)
		went := k.Status == grids.Void && before.Status != grids.Void && known
		if came || went {
			l, err := c.st.Lineage(ctx, string(code))
			if err != nil || !slices.ContainsFunc(l, func(l data.Lineage) bool {
				return l.At.Equal(c.at) && (came && l.To == string(code) || went && l.From == string(code))
			}) {
				c.t.Errorf("%s came %v, went %v, without lineage: %v %v", code, came, went, l, err)
			}
		}
		c.ever[code] = true
	}
	for code := range c.was {
		if _, ok := now[code]; !ok {
			c.t.Errorf("the code %s is lost", code)
		}
	}
	if len(fresh)+len(void)+len(changed) > 0 {
		found, _, err := grids.Check(ctx, c.st, grids.Cells(slices.Collect(maps.Values(now))), nil)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, f := range found {
			if f.Severity == gis.SeverityError {
				c.t.Errorf("%s %s at %.7f: %s", f.Rule, f.Key, f.At, f.Text)
			}
		}
	}
	c.was = now
}

// sameLand reports whether a cell is what it was, but for corners more on its borders.
func sameLand(a, b grids.Cell) bool {
	for _, p := range a.Polygon[0] {
		if !slices.Contains(b.Polygon[0], p) {
			return false
		}
	}
	return a.AreaM2 == b.AreaM2
}

// near holds that what a repair names lies within four cells of the change.
func (c *storedChain) near(at orb.Bound, named []string) {
	for _, code := range named {
		if b := c.was[grids.Code(code)].Polygon.Bound(); !b.Intersects(at.Pad(0.004)) {
			c.t.Errorf("the cell %s is far from the change", code)
		}
	}
}
