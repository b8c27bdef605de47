package census

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"wanmi/gis/geom"
)

// lamps writes a delivery of lamps: id, metres east and north of a point in the town.
func lamps(t *testing.T, name string, rows ...[3]any) string {
	t.Helper()
	mx, my := geom.MetresPerDegree(35.4)
	s := "编号,部件名称,经度,纬度\n"
	for _, r := range rows {
		s += fmt.Sprintf("%v,路灯,%.9f,%.9f\n", r[0], 116.965+r[1].(float64)/mx, 35.4+r[2].(float64)/my)
	}
	return temp(t, name, []byte(s))
}

func delivered(t *testing.T, m *memStore, file string) Result {
	t.Helper()
	dry, err := Import(context.Background(), m, Options{Layer: "component", Files: []string{file}, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	res := mustImport(t, m, "component", file)
	if res.Summary != dry.Summary {
		t.Errorf("the dry run said %+v, the import did %+v", dry.Summary, res.Summary)
	}
	return res
}

func TestNastyDeliveries(t *testing.T) {
	const n = 40
	street := func(id func(i int) any, dx, dy, every float64) (rows [][3]any) {
		for i := range n {
			rows = append(rows, [3]any{id(i), dx + float64(i)*every, dy})
		}
		return rows
	}
	numbered := func(i int) any { return fmt.Sprintf("L%02d", i) }
	blank := func(int) any { return "" }
	for _, c := range []struct {
		name          string
		first, second [][3]any
		want          Summary
		says          string
		same          bool // every stored code stands where it stood
	}{
		{
			"two lamps have exchanged their ids", street(numbered, 0, 0, 30),
			street(func(i int) any { return numbered(map[int]int{3: 4, 4: 3}[i] + i*b2i(i != 3 && i != 4)) }, 0, 0, 30),
			Summary{Changed: 2, Unchanged: n - 2},
			"2 rows have the id of another", true,
		},
		{
			"all ids are new", street(numbered, 0, 0, 30), street(func(i int) any { return fmt.Sprintf("N%02d", i) }, 0, 0, 30),
			Summary{Changed: n},
			"", true,
		},
		{
			"ids counted from the other end", street(numbered, 0, 0, 30), street(func(i int) any { return numbered(n - 1 - i) }, 0, 0, 30),
			Summary{Changed: n},
			"rows have the id of another", true,
		},
		{
			"all moved by three metres, no ids", street(blank, 0, 0, 30), street(blank, 3, 0, 30),
			Summary{Moved: n},
			"3.00 m east", true,
		},
		{
			"all moved by three metres in a row of five", street(blank, 0, 0, 5), street(blank, 3, 0, 5),
			Summary{Moved: n},
			"3.00 m east", true,
		},
		{
			"all moved by three metres, with ids", street(numbered, 0, 0, 5), street(numbered, 3, 0, 5),
			Summary{Moved: n},
			"", true,
		},
		{
			"one moved far, its id with it", street(numbered, 0, 0, 30), append(street(numbered, 0, 0, 30)[1:], [3]any{"L00", 15.0, 40.0}),
			Summary{Moved: 1, Unchanged: n - 1},
			"", false,
		},
		// The nearest pair first would take 0.45 for 0.4 and leave 0 and 0.85 alone: two removed, two added.
		{
			"the nearest is not the right one",
			[][3]any{{"", 0.0, 0.0}, {"", 0.45, 0.0}},
			[][3]any{{"", 0.4, 0.0}, {"", 0.85, 0.0}},
			Summary{Moved: 2},
			"", false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := zoucheng(t)
			mustImport(t, m, "component", lamps(t, "路灯_20260801.csv", c.first...))
			before := map[string][2]float64{}
			for key, f := range m.layers["component"] {
				at, _ := firstPoint(f.Geom)
				before[key] = at
			}
			res := delivered(t, m, lamps(t, "路灯_20260901.csv", c.second...))
			if res.Summary != c.want {
				t.Errorf("got %+v, want %+v", res.Summary, c.want)
			}
			if remarks := strings.Join(res.Files[0].Remarks, "\n"); c.says != "" && !strings.Contains(remarks, c.says) {
				t.Errorf("remarks %q do not say %q", remarks, c.says)
			}
			for key, f := range m.layers["component"] {
				at, _ := firstPoint(f.Geom)
				if d := metres(at, before[key]); c.same && d > 3.1 {
					t.Errorf("%s has gone %.1f m", key, d)
				}
			}
		})
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// The assignment is the cheapest of all: held against trying every one.
func TestSolve(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for round := range 300 {
		recs, rows := 1+random.IntN(5), 1+random.IntN(5)
		var pairs []pair
		for i := range recs {
			for j := range rows {
				if random.IntN(3) > 0 {
					pairs = append(pairs, pair{i, 100 + j, float64(random.IntN(24)) / 10})
				}
			}
		}
		if len(pairs) == 0 {
			continue
		}
		got := 0.0
		seen := map[int]bool{}
		for _, p := range solve(pairs) {
			got += p.cost - 2*costAlone
			if seen[p.rec] || seen[p.row] {
				t.Fatalf("round %d: %+v comes twice", round, p)
			}
			seen[p.rec], seen[p.row] = true, true
		}
		if want := cheapest(pairs, map[int]bool{}); got > want+1e-9 || got < want-1e-9 {
			t.Fatalf("round %d: cost %v, the least is %v: %v", round, got, want, pairs)
		}
	}
}

// cheapest tries every choice of pairs.
func cheapest(pairs []pair, used map[int]bool) float64 {
	if len(pairs) == 0 {
		return 0
	}
	p := pairs[0]
	best := cheapest(pairs[1:], used)
	if !used[p.rec] && !used[p.row] {
		used[p.rec], used[p.row] = true, true
		best = min(best, p.cost-2*costAlone+cheapest(pairs[1:], used))
		delete(used, p.rec)
		delete(used, p.row)
	}
	return best
}

// A component that names no department gets the one that answers for its class in its community; what a delivery or a hand
// said stays.
func TestDepartmentByRule(t *testing.T) {
	m := zoucheng(t)
	mustImport(t, m, "department", temp(t, "部门.csv", []byte("统一社会信用代码,部门名称,负责部件类别,负责区域\n"+
		"113708830043123468,路灯所,01037,\n11370883004312345X,东关照明队,01037,370883001001\n113708830043120000,市政处,01,\n")))
	mustImport(t, m, "component", temp(t, "部件.csv", []byte("编号,部件名称,主管部门名称,经度,纬度\n"+
		"E,路灯,,116.965,35.4\nW,路灯,,116.975,35.4\nJ,雨水井盖,,116.975,35.401\nX,路灯,物业公司,116.965,35.402\nT,行道树,,116.965,35.403\n")))
	for id, want := range map[string]string{"E": "东关照明队", "W": "路灯所", "J": "市政处", "X": "物业公司", "T": ""} {
		if got := find(m, id).Text("dept_name"); got != want {
			t.Errorf("%s: got department %q, want %q", id, got, want)
		}
	}
}
