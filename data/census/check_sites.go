package census

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"wanmi/gis"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
)

// Things of the street, by the name of their class: they stand in no building. Cabinets, cameras and bins do, in arcades.
var streetThings = []string{"井盖", "雨水箅", "路灯", "行道树", "独立树", "古树", "信号灯", "标志牌", "电杆", "立杆", "灯杆", "路名牌"}

// Things of the water, by the name of their class: all others stand on land.
var waterThings = []string{"水域", "水文", "水质", "防汛", "排放口", "闸", "泵", "桥", "码头", "船", "喷泉", "监测"}

// sites looks for things of the street inside buildings, and for things of the land in water.
func (r *run) sites(ctx context.Context) error {
	recs := r.comps
	type kind struct{ street, land bool }
	kinds := map[string]kind{}
	ci, ni := recs.layer.Index("class"), recs.layer.Index("class_name")
	k := recs.convs[0].checks
	var onStreet, onLand []int32
	for i := range recs.len() {
		if recs.dimensions(i) != 0 {
			continue
		}
		code := recs.text(i, ci)
		is, seen := kinds[code]
		if !seen {
			name := recs.text(i, ni)
			among := func(w string) bool { return strings.Contains(name, w) }
			is.land = !slices.ContainsFunc(waterThings, among) && !slices.ContainsFunc(k.Inside, func(p string) bool { return strings.HasPrefix(code, p) })
			is.street = is.land && slices.ContainsFunc(streetThings, among)
			kinds[code] = is
		}
		if is.street {
			onStreet = append(onStreet, int32(i))
		}
		if is.land {
			onLand = append(onLand, int32(i))
		}
	}
	if len(onLand) == 0 || r.target == nil {
		return nil
	}
	if len(onStreet) > 0 {
		in, err := r.within(ctx, newSpots(recs.points, onStreet), "building", k.Building)
		if err != nil {
			return err
		}
		for _, h := range in {
			rec := recs.record(int(h.i))
			r.say(&rec, defect{rule: RuleBuilding, field: "geometry", value: h.name, measure: h.depth, en: sprint("%.1f m inside a building %s", h.depth, h.name), zh: sprint("在建筑物%s内 %.1f 米", h.name, h.depth)})
		}
	}
	wet, err := r.within(ctx, newSpots(recs.points, onLand), "water", k.Water)
	if err != nil || len(wet) == 0 {
		return err
	}
	dry, err := r.onRoad(ctx, wet)
	if err != nil {
		return err
	}
	for _, h := range wet {
		if !dry[h.i] {
			rec := recs.record(int(h.i))
			r.say(&rec, defect{rule: RuleWater, field: "geometry", value: h.name, measure: h.depth, en: sprint("in the water of %s, %.1f m from the bank", h.name, h.depth), zh: sprint("在%s水面上，距岸 %.1f 米", h.name, h.depth)})
		}
	}
	return nil
}

// hit is a component inside an area of the base map.
type hit struct {
	i     int32
	name  string
	depth float64
}

// within finds which spots lie deeper than depth inside an area of the layer: of several the deepest counts.
func (r *run) within(ctx context.Context, s *spots, layer string, depth float64) ([]hit, error) {
	best := map[int32]hit{}
	for f, err := range r.target.Features(ctx, layer, s.bound) {
		if err != nil {
			return nil, gis.E(gis.KindOf(err), err, "census: reading layer %s", layer)
		}
		if f.Geom == nil {
			continue
		}
		for _, poly := range polygonsOf(f.Geom) {
			s.each(poly.Bound(), func(i int32) {
				if d := depthIn(s.points[i], poly); d > depth && d > best[i].depth {
					best[i] = hit{i, f.Text("name"), d}
				}
			})
		}
	}
	out := make([]hit, 0, len(best))
	for _, h := range best {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b hit) int { return cmp.Compare(a.i, b.i) })
	return out, nil
}

// onRoad tells which hits lie on or beside a road, as on a bridge: within half its width (6 m where it has none) and 6 m more.
func (r *run) onRoad(ctx context.Context, hits []hit) (map[int32]bool, error) {
	recs := r.comps
	pick := make([]int32, len(hits))
	for i, h := range hits {
		pick[i] = h.i
	}
	s := newSpots(recs.points, pick)
	mx, my := geom.MetresPerDegree(s.bound.Center()[1])
	out := map[int32]bool{}
	for f, err := range r.target.Features(ctx, "road", pad(s.bound, 60/mx, 60/my)) {
		if err != nil {
			return nil, gis.E(gis.KindOf(err), err, "census: reading layer road")
		}
		reach := 12.0
		if w := f.Real("width_m"); w > 0 {
			reach = w/2 + 6
		}
		for _, l := range lineParts(f.Geom) {
			for k := 1; k < len(l); k++ {
				b := pad(orb.MultiPoint{l[k-1], l[k]}.Bound(), reach/mx, reach/my)
				s.each(b, func(i int32) {
					out[i] = out[i] || segmentMetres(recs.points[i], l[k-1], l[k], mx, my) <= reach
				})
			}
		}
	}
	return out, nil
}

func pad(b orb.Bound, dx, dy float64) orb.Bound {
	return orb.Bound{Min: orb.Point{b.Min[0] - dx, b.Min[1] - dy}, Max: orb.Point{b.Max[0] + dx, b.Max[1] + dy}}
}

// spots finds components by place: a raster over their bounds, each cell with its rows.
type spots struct {
	points []orb.Point
	bound  orb.Bound
	w, h   int
	dx, dy float64
	start  []int32
	list   []int32
}

func newSpots(points []orb.Point, pick []int32) *spots {
	s := &spots{points: points, bound: points[pick[0]].Bound()}
	for _, i := range pick {
		s.bound = s.bound.Extend(points[i])
	}
	side := max(1, min(2000, int(math.Sqrt(float64(len(pick))))))
	s.w, s.h = side, side
	s.dx, s.dy = (s.bound.Max[0]-s.bound.Min[0])/float64(side), (s.bound.Max[1]-s.bound.Min[1])/float64(side)
	s.start = make([]int32, side*side+1)
	for _, i := range pick {
		s.start[s.cell(points[i])+1]++
	}
	for k := 1; k < len(s.start); k++ {
		s.start[k] += s.start[k-1]
	}
	s.list = make([]int32, len(pick))
	next := slices.Clone(s.start)
	for _, i := range pick {
		c := s.cell(points[i])
		s.list[next[c]] = i
		next[c]++
	}
	return s
}

func (s *spots) column(x float64) int { return gridIndex(x-s.bound.Min[0], s.dx, s.w) }
func (s *spots) line(y float64) int   { return gridIndex(y-s.bound.Min[1], s.dy, s.h) }

func gridIndex(v, step float64, n int) int {
	if step <= 0 || v <= 0 {
		return 0
	}
	return int(min(v/step, float64(n-1)))
}

func (s *spots) cell(p orb.Point) int { return s.line(p[1])*s.w + s.column(p[0]) }

// each calls fn with every spot in the bounds.
func (s *spots) each(b orb.Bound, fn func(i int32)) {
	if !b.Intersects(s.bound) {
		return
	}
	x0, x1 := s.column(b.Min[0]), s.column(b.Max[0])
	for y := s.line(b.Min[1]); y <= s.line(b.Max[1]); y++ {
		for _, i := range s.list[s.start[y*s.w+x0]:s.start[y*s.w+x1+1]] {
			if b.Contains(s.points[i]) {
				fn(i)
			}
		}
	}
}
