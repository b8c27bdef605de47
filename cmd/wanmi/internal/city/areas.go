package city

import (
	"context"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/gis/geom"
	"wanmi/gis/index"
)

// Area is a street (街道) or a community (社区).
type Area struct {
	Code, Name             string
	StreetCode, StreetName string // of a community
	Geom                   orb.Geometry
}

// Areas finds the street or the community a point lies in. It is immutable.
type Areas struct {
	byCode map[string]*Area
	tree   *index.Tree[*Area]
}

func readAreas(ctx context.Context, src source, layer string) (*Areas, error) {
	a := &Areas{byCode: map[string]*Area{}, tree: &index.Tree[*Area]{}}
	for f, err := range src.Features(ctx, layer, orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		one := &Area{Code: f.Key, Name: f.Text("name"), Geom: f.Geom}
		if f.Layer.Index("street_code") >= 0 {
			one.StreetCode, one.StreetName = f.Text("street_code"), f.Text("street_name")
			if one.StreetCode == "" && len(one.Code) == 12 {
				one.StreetCode = one.Code[:9]
			}
		}
		a.byCode[one.Code] = one
		if b, ok := f.Bound(); ok {
			a.tree.Insert(b, one)
		}
	}
	return a, nil
}

// Len returns the number of areas.
func (a *Areas) Len() int { return len(a.byCode) }

// Get returns the area of that code.
func (a *Areas) Get(code string) (*Area, bool) {
	one, ok := a.byCode[code]
	return one, ok
}

// At returns the area holding p; the smaller code where administrative areas overlap.
func (a *Areas) At(p orb.Point) (*Area, bool) {
	var best *Area
	a.tree.Search(orb.Bound{Min: p, Max: p}, func(one *Area) bool {
		if (best == nil || one.Code < best.Code) && holds(one.Geom, p) {
			best = one
		}
		return true
	})
	return best, best != nil
}

func holds(g orb.Geometry, p orb.Point) bool {
	switch g := g.(type) {
	case orb.Polygon:
		return geom.PointInPolygon(p, g)
	case orb.MultiPolygon:
		return slices.ContainsFunc(g, func(poly orb.Polygon) bool { return geom.PointInPolygon(p, poly) })
	}
	return false
}

// Department is one that answers for something.
type Department struct {
	Code, Name, ShortName, Kind, Phone string
	Classes                            []string // prefixes of major+minor; 06 to 10 are matters
	Areas                              []string // street or community codes; none: the whole county
}

// Departments finds the one answerable. It is immutable.
type Departments struct {
	byCode map[string]*Department
	all    []*Department // by code
}

func readDepartments(ctx context.Context, src source) (*Departments, error) {
	d := &Departments{byCode: map[string]*Department{}}
	for f, err := range src.Features(ctx, "department", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		d.add(departmentOf(f))
	}
	slices.SortFunc(d.all, func(x, y *Department) int { return strings.Compare(x.Code, y.Code) })
	return d, nil
}

func departmentOf(f gis.Feature) *Department {
	return &Department{
		Code: f.Key, Name: f.Text("name"), ShortName: f.Text("short_name"), Kind: f.Text("kind"), Phone: f.Text("phone"),
		Classes: data.Codes(f.Text("classes")), Areas: data.Codes(f.Text("areas")),
	}
}

func (d *Departments) add(one *Department) {
	d.byCode[one.Code] = one
	d.all = append(d.all, one)
}

// Get returns the department of that code.
func (d *Departments) Get(code string) (*Department, bool) {
	one, ok := d.byCode[code]
	return one, ok
}

// Responsible returns the department that answers for things or matters of the class at a place in the community: the longest
// class prefix first, the smallest area next, the smaller code last.
func (d *Departments) Responsible(class, community string) (*Department, bool) {
	var best *Department
	var most data.Answer
	for _, one := range d.all {
		if a := data.Answers(one.Classes, one.Areas, class, community); a.Better(most) {
			best, most = one, a
		}
	}
	return best, best != nil
}
