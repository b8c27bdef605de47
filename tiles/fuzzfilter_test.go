package tiles

import (
	"context"
	"errors"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/gis/cql2"
	"wanmi/gis/gistest"
)

var filterSeeds = []string{
	"state = '破损'", "state IN ('破损', '丢失') AND class LIKE '01%'", "code LIKE '%7'", "init_date >= DATE('2020-01-01') OR dept_name = '部门3'", "label <> 'x' OR NOT (label = 'x')",
	"CASEI(name) LIKE CASEI('部_') AND ACCENTI(class_name) <> ACCENTI('é')", "T_DURING(init_date, INTERVAL('2010-01-01', '..')) OR change_date < DATE('2026-06-01')", "name IS NOT NULL AND TRUE",
	"S_INTERSECTS(geometry, BBOX(116.965, 35.395, 116.975, 35.405))", "S_DISJOINT(geometry, POLYGON((116.96 35.39, 116.98 35.39, 116.97 35.41, 116.96 35.39)))",
	"S_WITHIN(geometry, BBOX(170, -10, -170, 10)) OR S_TOUCHES(geometry, LINESTRING(116.97 35.4, 116.971 35.4))", "seq > '900' AND area_m2 < 10100.5", "area_m2 / 0 = 1 OR area_m2 % 7 > 2 + 1",
	"width_m BETWEEN 4 AND 6 OR tunnel = TRUE", "S_CROSSES(geometry, MULTILINESTRING((116.96 35.4, 116.98 35.4), (116.97 35.39, 116.97 35.41)))", "class IN ('local', 'path') AND name LIKE '1_号路'",
	"S_EQUALS(geometry, POINT(116.97 35.40)) = FALSE", "class = 5", "height_m ^ 2 > 100", "S_OVERLAPS(geometry, GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(1 1, 2 2)))",
	`{"op":"=","args":[{"property":"state"},"破损"]}`, `{"op":"and","args":[{"op":"like","args":[{"property":"class"},"0%"]},{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[116.96,35.39,116.98,35.41]}]}]}`,
	`{"op":"not","args":[{"op":"in","args":[{"property":"state"},["完好",null]]}]}`, `{"op":"between","args":[{"property":"area_m2"},1e4,1e308]}`, `{"op":"t_after","args":[{"property":"init_date"},{"date":"2020-01-01"}]}`,
	`{"op":"isNull","args":[{"property":"label"}]}`, `{"op":">","args":[{"op":"+","args":[{"property":"width_m"},1]},5]}`, `{"op":"casei","args":[1]}`,
}

// FuzzFilter runs filters over the rows of a city as requests do: a tile is made of the rows for which the filter is TRUE when each is asked by itself,
// and the filter printed in either form and read again gives the same tile.
func FuzzFilter(f *testing.F) {
	for i, text := range filterSeeds {
		for layer := range uint8(4) {
			f.Add(text, layer, uint8(12+i%5))
			f.Add(text, layer+132, uint8(12+i%5))
		}
	}
	s := edited(f, build(f, city(f, 11, 1500, 300), func(c *Config) { c.CacheBytes = -1 }))
	names := []string{"component", "unit_grid", "road", "building"}
	f.Fuzz(func(t *testing.T, text string, which, zoom uint8) {
		gistest.Bounded(t)
		name, a := names[int(which)%len(names)], maptile.At(cityCentre, maptile.Zoom(zoom%20))
		q := FilterQuery{Text: text, JSON: len(text) > 0 && text[0] == '{'}
		flt, err := s.Filter(q)
		if err != nil {
			mustBeFilterFault(t, text, err)
			return
		}
		set := s
		if which >= 128 {
			set = s.Geographic()
			a = geographicAt(a.Z)
		}
		got, err := set.Tile(t.Context(), []string{name}, a, TileOptions{Filter: flt})
		if err != nil {
			mustBeFilterFault(t, text, err)
			return
		}
		for _, again := range []FilterQuery{{Text: flt.parsed.Text()}, {Text: string(flt.parsed.JSON()), JSON: true}} {
			if len(again.Text) > cql2.MaxBytes {
				continue // what is printed may be longer than what was read
			}
			other, err := set.Filter(again)
			if err != nil {
				t.Fatalf("%q\nprinted %q\nis not read: %v", text, again.Text, err)
			}
			tile, err := set.Tile(t.Context(), []string{name}, a, TileOptions{Filter: other})
			if err != nil || tile.ETag != got.ETag {
				t.Fatalf("%q\nprinted %q\ngives %+v, not %+v; %v", text, again.Text, tile, got, err)
			}
		}
		askEach(t, set.layers[set.byName[name]], flt, a)
	})
}

// edited moves some features and takes others out.
func edited(tb testing.TB, s *Set) *Set {
	tb.Helper()
	r := rand.New(rand.NewSource(3))
	var ups []Update
	for id := int64(3); id < 60; id += 3 {
		c, w := component(r, id, 1500), road(r, id, 1500)
		ups = append(ups, Update{Layer: "component", New: &c}, Update{Layer: "road", New: &w})
	}
	s, err := s.Apply(context.Background(), ups)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// mustBeFilterFault: what a filter is refused for has a place in it.
func mustBeFilterFault(t *testing.T, text string, err error) {
	t.Helper()
	var e *cql2.Error
	if !errors.As(err, &e) || gis.KindOf(err) != gis.Invalid || e.Offset < 0 || e.Offset > len(text) {
		t.Fatalf("%q: %v", text, err)
	}
}

// askEach holds the rows a tile is made of against those whose values and geometry, asked one by one, make the filter TRUE: without bounds, and
// without what is remembered of codes.
func askEach(t *testing.T, l *layer, flt *Filter, a maptile.Tile) {
	t.Helper()
	f, w := frameOf(a), new(writer)
	p, err := flt.predicate(l)
	if err != nil {
		t.Fatal(err)
	}
	r := request{layers: []*layer{l}, filters: []*cql2.Predicate{p}}
	k := r.keepers(t.Context())[0]
	w.keep, w.reach = k.keeps, k.reach
	w.lateRows(l, &f)
	if err := w.gather(t.Context(), l, &f); err != nil {
		t.Fatal(err)
	}
	want := []uint32{}
	for i := range l.alive(f.box) {
		if int(l.rows.from(i)) <= f.z && l.rows.bound(i).touches(f.box) && p.Run(bareRow{&tileRow{rows: &l.rows, grid: l.grid, cols: l.cols, i: i}}, 0).Keep() {
			want = append(want, i)
		}
	}
	got := slices.Sorted(slices.Values(w.is))
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Fatalf("%q: %d rows of %s are in %v; %d are TRUE by themselves", flt.name, len(got), l.rule.Name, a, len(want))
	}
}

// bareRow has the values and the geometry of a row, and nothing else predicates make use of.
type bareRow struct{ r *tileRow }

func (b bareRow) Value(field int) any    { return b.r.Value(field) }
func (b bareRow) Geometry() orb.Geometry { return b.r.Geometry() }

// geographicAt is the tile of the city's centre in a grid of degrees; zoom 0 has none of its own there.
func geographicAt(z maptile.Zoom) maptile.Tile {
	z = max(z, 1)
	side := 360 / math.Exp2(float64(z))
	return maptile.New(uint32((cityCentre[0]+180)/side), uint32((90-cityCentre[1])/side), z)
}
