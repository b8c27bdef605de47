package grids

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"wanmi/gis"
)

const (
	sectionTouch = 2e-5 // degrees: communities this near a changed place are of it
	sectionReach = 1e-3 // degrees round the communities of the places whose base map is read: beyond zoneReach
)

// Section is the part of a city round places where its base map changed: the communities there, those round them, and
// the base map and the cells of both. It is a Source for Build and for Check: with Options.Communities set to Inner
// and Options.Old to Cells an update makes of it what it would make of the city, in a time that depends on the places only.
type Section struct {
	Inner []string // the communities at the places, sorted
	Cells []Cell   // cells of those and of the communities round them, void ones too

	src    Source
	whole  orb.Bound // of all communities of the city
	inner  []orb.Bound
	layers map[string][]gis.Feature
}

// NewSection reads the section of a city round the places (longitude, latitude). ok is false when it would be most of the city.
func NewSection(ctx context.Context, src Source, places []orb.Bound) (s *Section, ok bool, err error) {
	s = &Section{src: src, layers: map[string][]gis.Feature{}}
	var all []gis.Feature
	for f, err := range src.Features(ctx, "community", orb.Bound{}) {
		if err != nil {
			return nil, false, err
		}
		if len(polygons(f.Geom)) == 0 || !finite(f.Geom) {
			continue
		}
		if len(all) == 0 {
			s.whole = f.Geom.Bound()
		}
		s.whole = s.whole.Union(f.Geom.Bound())
		all = append(all, f)
	}
	in := make([]bool, len(all))
	for i, f := range all {
		b := f.Geom.Bound().Pad(sectionTouch)
		in[i] = slices.ContainsFunc(places, func(p orb.Bound) bool { return b.Intersects(p) && meetsBox(f.Geom, p.Pad(sectionTouch)) })
		if in[i] {
			s.Inner = append(s.Inner, f.Text("code"))
			s.inner = append(s.inner, b)
		}
	}
	if 3*len(s.inner) > len(all) {
		return nil, false, nil
	}
	slices.Sort(s.Inner)
	s.Inner = slices.Compact(s.Inner)
	known := map[string]bool{}
	var round []orb.Bound
	for i, f := range all {
		b := f.Geom.Bound()
		if in[i] || slices.ContainsFunc(s.inner, b.Intersects) || slices.Contains(s.Inner, f.Text("code")) {
			s.layers["community"] = append(s.layers["community"], f)
			known[f.Text("code")] = true
			round = append(round, b)
		}
	}
	s.inner = Disjoint(s.inner, sectionReach)
	return s, true, s.readCells(ctx, Disjoint(round, 0), known)
}

func (s *Section) readCells(ctx context.Context, boxes []orb.Bound, known map[string]bool) error {
	rows, err := s.read(ctx, "unit_grid", boxes)
	if err != nil {
		return err
	}
	for _, f := range rows {
		if !known[f.Text("community_code")] {
			continue
		}
		c, err := CellOf(f)
		if err != nil {
			return err
		}
		s.Cells = append(s.Cells, c)
	}
	slices.SortFunc(s.Cells, func(x, y Cell) int { return cmp.Compare(x.Code, y.Code) })
	return nil
}

// read returns the rows of a layer that meet one of the boxes, each once.
func (s *Section) read(ctx context.Context, layer string, boxes []orb.Bound) ([]gis.Feature, error) {
	var out []gis.Feature
	seen := map[string]bool{}
	for _, b := range boxes {
		for f, err := range s.src.Features(ctx, layer, b) {
			if err != nil {
				return nil, err
			}
			if !seen[f.Key] {
				seen[f.Key] = len(boxes) > 1
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// Whole is the bound of all communities of the city: the projection goes by it.
func (s *Section) Whole() orb.Bound { return s.whole }

// Features implements Source: the communities of the section, and the base map round those at the places.
func (s *Section) Features(ctx context.Context, layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		rows, ok := s.layers[layer]
		if !ok {
			var err error
			if rows, err = s.read(ctx, layer, s.inner); err != nil {
				yield(gis.Feature{}, err)
				return
			}
			s.layers[layer] = rows
		}
		for _, f := range rows {
			if b != (orb.Bound{}) && (f.Geom == nil || !b.Intersects(f.Geom.Bound())) {
				continue
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

// part is what a Source has that is a part of a city.
type part interface{ Whole() orb.Bound }

// narrow is a Source with communities of another, but the base map only round some places, and no components.
type narrow struct {
	Source
	places []orb.Bound
	only   map[string]bool // communities by code; nil: all
}

// narrowed returns a source narrowed to the places and to some communities, all for nil; one that is part of a city stays that.
func narrowed(src Source, places []orb.Bound, only map[string]bool) Source {
	n := narrow{src, Disjoint(places, sectionTouch), only}
	if p, ok := src.(part); ok {
		return struct {
			narrow
			part
		}{n, p}
	}
	return n
}

// Features implements Source.
func (n narrow) Features(ctx context.Context, layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	if layer == "community" && n.only == nil {
		return n.Source.Features(ctx, layer, b)
	}
	if layer == "community" {
		return func(yield func(gis.Feature, error) bool) {
			for f, err := range n.Source.Features(ctx, layer, b) {
				if (err != nil || n.only[f.Text("code")]) && !yield(f, err) {
					return
				}
			}
		}
	}
	return func(yield func(gis.Feature, error) bool) {
		if layer == "component" {
			return
		}
		seen := map[string]bool{}
		all := b == (orb.Bound{})
		for _, p := range n.places {
			if !all && !p.Intersects(b) {
				continue
			}
			for f, err := range n.Source.Features(ctx, layer, p) {
				if err == nil && (seen[f.Key] || !all && (f.Geom == nil || !b.Intersects(f.Geom.Bound()))) {
					continue
				}
				seen[f.Key] = len(n.places) > 1
				if !yield(f, err) {
					return
				}
			}
		}
	}
}

// wholeOf returns the bound the projection goes by: what the source says of the city it is a part of, else b.
func wholeOf(src Source, b orb.Bound) orb.Bound {
	if s, ok := src.(part); ok {
		return s.Whole()
	}
	return b
}

// meetsBox reports whether an area and a box have a point in common, by the boxes of its edges.
func meetsBox(g orb.Geometry, b orb.Bound) bool {
	for _, p := range polygons(g) {
		for _, r := range p {
			for i := 1; i < len(r); i++ {
				if b.Intersects(orb.MultiPoint{r[i-1], r[i]}.Bound()) {
					return true
				}
			}
		}
		if planar.PolygonContains(p, b.Center()) {
			return true
		}
	}
	return false
}

// Disjoint pads boxes and joins those that meet, until none do.
func Disjoint(boxes []orb.Bound, pad float64) []orb.Bound {
	var out []orb.Bound
	for _, b := range boxes {
		b = b.Pad(pad)
		for i := 0; i < len(out); i++ {
			if out[i].Intersects(b) {
				b = b.Union(out[i])
				out = slices.Delete(out, i, i+1)
				i = -1
			}
		}
		out = append(out, b)
	}
	return out
}
