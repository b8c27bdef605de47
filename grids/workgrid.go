package grids

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"wanmi/gis"
)

// The kinds of a work grid (责任网格).
const (
	Management = "management" // 管理网格: must be built of adjacent unit grids
	Evaluation = "evaluation" // 评价网格
)

// WorkGrid is a set of unit grids one party answers for. Polygon is in longitude and latitude, without the members' inner borders.
type WorkGrid struct {
	Code, Name, Kind               string
	DepartmentCode, DepartmentName string
	Members                        []Code
	Polygon                        orb.MultiPolygon
	AreaM2                         float64
}

// Compose fills the polygon and area of w from its members. Unknown members are a
// gis.NotFound error; a management grid whose members do not hang together edge
// to edge is gis.Invalid (GB/T 47678 drafts: 单元网格不相邻).
func Compose(b *Book, w WorkGrid) (WorkGrid, error) {
	if w.Kind == "" {
		w.Kind = Management
	}
	switch {
	case w.Code == "":
		return w, gis.E(gis.Invalid, nil, "a work grid needs a code")
	case w.Kind != Management && w.Kind != Evaluation:
		return w, gis.E(gis.Invalid, nil, "work grid %s: kind %q is neither %s nor %s", w.Code, w.Kind, Management, Evaluation)
	case len(w.Members) == 0:
		return w, gis.E(gis.Invalid, nil, "work grid %s has no unit grids", w.Code)
	}
	w.Members = slices.Compact(slices.Sorted(slices.Values(w.Members)))
	cells := make([]Cell, len(w.Members))
	w.AreaM2 = 0
	for i, code := range w.Members {
		c, ok := b.Cell(code)
		if !ok {
			return w, gis.E(gis.NotFound, nil, "work grid %s: there is no unit grid %s", w.Code, code)
		}
		cells[i] = c
		w.AreaM2 += c.AreaM2
	}
	if apart, ok := firstApart(b, w.Members); !ok && w.Kind == Management {
		return w, gis.E(gis.Invalid, nil, "work grid %s: unit grid %s does not touch the others (单元网格不相邻)", w.Code, apart)
	}
	w.AreaM2 = math.Round(w.AreaM2*100) / 100
	w.Polygon = Dissolve(cells)
	return w, nil
}

// firstApart returns a member that cannot be reached from the first over shared borders.
func firstApart(b *Book, members []Code) (Code, bool) {
	seen := map[Code]bool{members[0]: true}
	for queue := []Code{members[0]}; len(queue) > 0; queue = queue[1:] {
		for _, n := range b.Neighbours(queue[0]) {
			if _, member := slices.BinarySearch(members, n); member && !seen[n] {
				seen[n] = true
				queue = append(queue, n)
			}
		}
	}
	for _, m := range members {
		if !seen[m] {
			return m, false
		}
	}
	return "", true
}

// WorkGridOf returns the work grid of a row of its layer.
func WorkGridOf(f gis.Feature) (WorkGrid, error) {
	w := WorkGrid{
		Code: f.Text("code"), Name: f.Text("name"), Kind: f.Text("kind"), DepartmentCode: f.Text("department_code"),
		DepartmentName: f.Text("department_name"), AreaM2: f.Real("area_m2"),
	}
	if s := f.Text("members"); s != "" {
		if err := json.Unmarshal([]byte(s), &w.Members); err != nil {
			return w, fmt.Errorf("grids: members of work grid %s: %w", f.Key, err)
		}
	}
	switch g := f.Geom.(type) {
	case orb.MultiPolygon:
		w.Polygon = g
	case orb.Polygon:
		w.Polygon = orb.MultiPolygon{g}
	}
	return w, nil
}

// ParseWorkKind reads a kind of work grid, in English or Chinese; a gis.Invalid error says which there are.
func ParseWorkKind(s string) (string, error) {
	switch s {
	case Management, "管理", "管理网格", "责任网格":
		return Management, nil
	case Evaluation, "评价", "评价网格":
		return Evaluation, nil
	}
	return "", gis.E(gis.Invalid, nil, "a work grid is of kind management (管理) or evaluation (评价), not %q", s)
}

// Feature returns the work grid as a row of its layer.
func (w WorkGrid) Feature() gis.Feature {
	f := gis.NewFeature(gis.MustLayer("work_grid"))
	f.Key, f.Geom = w.Code, w.Polygon
	f.SetText("code", w.Code)
	f.SetText("name", w.Name)
	f.SetText("kind", w.Kind)
	f.SetText("department_code", w.DepartmentCode)
	f.SetText("department_name", w.DepartmentName)
	members, err := json.Marshal(w.Members)
	if err != nil {
		panic(err) // strings always marshal
	}
	f.SetText("members", string(members))
	f.Set("area_m2", w.AreaM2)
	return f
}

// Dissolve returns the union of cells that share vertices along shared borders, as
// the cells of a division do: an edge walked both ways is inside and falls away.
func Dissolve(cells []Cell) orb.MultiPolygon {
	type edge struct{ from, to orb.Point }
	edges := map[edge]bool{}
	for _, c := range cells {
		for _, ring := range c.Polygon {
			for i := 1; i < len(ring); i++ {
				e := edge{ring[i-1], ring[i]}
				if back := (edge{e.to, e.from}); edges[back] {
					delete(edges, back)
				} else {
					edges[e] = true
				}
			}
		}
	}
	out := map[orb.Point][]orb.Point{}
	starts := make([]edge, 0, len(edges))
	for e := range edges {
		out[e.from] = append(out[e.from], e.to)
		starts = append(starts, e)
	}
	slices.SortFunc(starts, func(a, b edge) int {
		return slices.Compare([]float64{a.from[0], a.from[1], a.to[0], a.to[1]}, []float64{b.from[0], b.from[1], b.to[0], b.to[1]})
	})
	var shells, holes []orb.Ring
	for _, s := range starts {
		if !slices.Contains(out[s.from], s.to) {
			continue
		}
		ring := orb.Ring{s.from}
		for at, next := s.from, s.to; ; {
			i := slices.Index(out[at], next)
			out[at] = slices.Delete(out[at], i, i+1)
			ring = append(ring, next)
			if next == s.from {
				break
			}
			at, next = next, turn(at, next, out[next])
		}
		for _, r := range split(ring) {
			if r.Orientation() == orb.CCW {
				shells = append(shells, r)
			} else {
				holes = append(holes, r)
			}
		}
	}
	mp := make(orb.MultiPolygon, len(shells))
	for i, s := range shells {
		mp[i] = orb.Polygon{s}
	}
	for _, h := range holes {
		for i, s := range shells {
			if s.Bound().Contains(h[0]) && holds(s, h) {
				mp[i] = append(mp[i], h)
				break
			}
		}
	}
	return mp
}

// holds reports whether the hole lies in the shell; the two may share vertices, so a vertex of its own decides.
func holds(shell, hole orb.Ring) bool {
	for _, p := range hole {
		if !slices.Contains(shell, p) {
			return planar.RingContains(shell, p)
		}
	}
	return true
}

// split cuts a ring that comes back to one of its own vertices into rings that do not.
func split(ring orb.Ring) (out []orb.Ring) {
	at := map[orb.Point]int{}
	var path orb.Ring
	for _, p := range ring {
		if i, seen := at[p]; seen {
			loop := append(slices.Clone(path[i:]), p)
			for _, q := range path[i+1:] {
				delete(at, q)
			}
			path = path[:i+1]
			out = append(out, loop)
			continue
		}
		at[p] = len(path)
		path = append(path, p)
	}
	return out
}

// turn picks, of the edges leaving b, the first clockwise from the way back to a:
// the inside lies between the two, so rings that only touch at b stay apart.
func turn(a, b orb.Point, to []orb.Point) orb.Point {
	back := math.Atan2(a[1]-b[1], a[0]-b[0])
	best, bestAngle := to[0], math.Inf(1)
	for _, p := range to {
		angle := back - math.Atan2(p[1]-b[1], p[0]-b[0])
		if angle <= 0 {
			angle += 2 * math.Pi
		}
		if angle < bestAngle {
			best, bestAngle = p, angle
		}
	}
	return best
}
