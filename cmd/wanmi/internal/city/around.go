package city

import (
	"context"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/geocode"
)

// Around is what is at and around a point.
type Around struct {
	Point      orb.Point       `json:"point"`
	Address    string          `json:"address"` // in one line, as callers say it and a search understands it
	Grid       *GridRef        `json:"grid"`
	Community  *AreaRef        `json:"community"`
	Street     *AreaRef        `json:"street"`
	Places     []geocode.Place `json:"places,omitempty"` // doors, crossings, roads, points of interest, then community and street
	Components []Nearby        `json:"components"`       // the nearest of each class, nearest first
}

// Nearby is the component of its class that is nearest to a point.
type Nearby struct {
	Code       string    `json:"code"`
	Name       string    `json:"name"`
	Class      string    `json:"class"`
	ClassName  string    `json:"class_name"`
	Label      string    `json:"label,omitempty"`
	State      string    `json:"state,omitempty"`
	Department string    `json:"department,omitempty"`
	Point      orb.Point `json:"point"`
	DistanceM  float64   `json:"distance_m"`
}

const (
	aroundM       = 50 // how far a component may stand and still be around a point
	aroundClasses = 12
)

// Around says what is at and around p; q narrows the places. It costs a look-up of each kind and one pass over the components within 50 m.
func (v *View) Around(ctx context.Context, p orb.Point, q geocode.ReverseQuery) (Around, error) {
	ans, err := v.Geo.Reverse(ctx, p, q)
	if err != nil {
		return Around{}, err
	}
	out := Around{Point: p, Places: ans.Places, Components: []Nearby{}, Grid: v.GridAt(p)}
	if out.Places == nil {
		out.Places = []geocode.Place{}
	}
	if out.Address, err = v.Geo.Describe(p); err != nil {
		return Around{}, err
	}
	out.Community, out.Street = v.AreasAt(p, out.Grid)
	var seen []string
	for c, d := range v.Components.Near(p, aroundM, nil) {
		if slices.Contains(seen, c.Class) {
			continue
		}
		if len(seen) == aroundClasses {
			break
		}
		seen = append(seen, c.Class)
		out.Components = append(out.Components, Nearby{
			Code: c.Code, Name: c.Name, Class: c.Class, ClassName: c.ClassName, Label: c.Label, State: c.State, Department: c.DeptName,
			Point: c.Point, DistanceM: decimetres(d),
		})
	}
	return out, nil
}
