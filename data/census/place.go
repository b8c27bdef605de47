package census

import (
	"context"
	"strings"

	"wanmi/gis"

	"github.com/paulmach/orb"
)

// placement is where a point lies by the areas that are stored.
type placement struct {
	placer  Placer
	county  string              // the first six digits most street codes share, "" while there are none
	village map[string][]string // last six digits of the community codes
	streets map[string]string   // street code -> name
	comms   map[string]string   // community code -> name
}

// storedPlacer places points by the street, community and unit_grid layers of the target.
type storedPlacer struct {
	streets, communities, grids areas
	byCode                      map[string]*area // communities
}

// Place implements [Placer].
func (s *storedPlacer) Place(p orb.Point) (grid, community, communityName, street, streetName string, ok bool) {
	if g := s.grids.at(p); g != nil {
		grid = g.code
		// A unit grid lies in one community: beside a line where communities gape or overlap, the grid's counts.
		if c := g.community; c != nil {
			return grid, c.code, c.name, c.street, c.streetName, true
		}
	}
	if c := s.communities.at(p); c != nil {
		return grid, c.code, c.name, c.street, c.streetName, true
	}
	if t := s.streets.at(p); t != nil {
		street, streetName = t.code, t.name
	}
	return grid, "", "", street, streetName, false
}

// readCity reads the areas of the target: the city's bounds and the placer.
func readCity(ctx context.Context, t Target, given Placer) (city, placement, error) {
	var c city
	pl := placement{village: map[string][]string{}, streets: map[string]string{}, comms: map[string]string{}}
	own := &storedPlacer{byCode: map[string]*area{}}
	counties := map[string]int{}
	read := func(layer string, into *areas) error {
		for f, err := range t.Features(ctx, layer, orb.Bound{}) {
			if err != nil {
				return err
			}
			if f.Geom == nil || layer == "unit_grid" && f.Text("status") == "void" {
				continue
			}
			b := f.Geom.Bound()
			if layer != "unit_grid" {
				if !c.known {
					c.bound, c.known = b, true
				}
				c.bound = c.bound.Union(b)
				if len(f.Key) >= 6 {
					counties[f.Key[:6]]++
				}
			}
			a := &area{code: f.Key, name: f.Text("name"), street: f.Text("street_code"), streetName: f.Text("street_name"), parts: polygonsOf(f.Geom)}
			switch layer {
			case "unit_grid":
				if a.street = f.Text("community_code"); a.street == "" {
					a.street = f.Key[:min(12, len(f.Key))]
				}
				a.community = own.byCode[a.street] // communities are read before
			case "street":
				pl.streets[f.Key] = a.name
			case "community":
				pl.comms[f.Key], own.byCode[f.Key] = a.name, a
				if a.street == "" && len(f.Key) == 12 {
					a.street = f.Key[:9]
				}
				if a.streetName == "" {
					a.streetName = pl.streets[a.street]
				}
				if len(f.Key) == 12 {
					pl.village[f.Key[6:]] = append(pl.village[f.Key[6:]], f.Key)
				}
			}
			into.add(a, b)
		}
		return nil
	}
	for _, l := range []struct {
		name string
		into *areas
	}{{"street", &own.streets}, {"community", &own.communities}, {"unit_grid", &own.grids}} {
		if given != nil && l.name == "unit_grid" {
			continue
		}
		if err := read(l.name, l.into); err != nil {
			return c, pl, gis.E(gis.KindOf(err), err, "census: reading layer %s", l.name)
		}
		l.into.settle()
	}
	for _, k := range sortedKeys(counties) {
		if pl.county == "" || counties[k] > counties[pl.county] {
			pl.county = k
		}
	}
	if pl.placer = given; given == nil {
		pl.placer = own
	}
	return c, pl, nil
}

var codeMarks = strings.NewReplacer("-", "", " ", "")

// communityOf turns a delivered community code of another system (6300700-006) into the stored one with the
// same last six digits and the same first two, when there is exactly one; "" otherwise.
func (p placement) communityOf(code string) string {
	if sized(12)(code) {
		return code
	}
	d := codeMarks.Replace(foldDigits(code))
	if len(d) < 8 || !digits(d) {
		return ""
	}
	if whole, ok := areaCodeOf(d, 12); ok && p.comms[whole] != "" {
		return whole
	}
	found := ""
	for _, c := range p.village[d[len(d)-6:]] {
		if c[:2] == d[:2] {
			if found != "" {
				return ""
			}
			found = c
		}
	}
	return found
}
