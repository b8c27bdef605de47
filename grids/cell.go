package grids

import (
	"context"
	"iter"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// Source gives the layers a division is made from: community road rail water
// wall land building component, and unit_grid for a Book. Coordinates are
// longitude, latitude; a zero bound means everything. One method, so that a
// store, a test and a folder of files can all be one.
type Source interface {
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
}

// Selector is a Source that can leave out what is not asked for: its features come with their geometry and the named fields
// only, which is much faster. Of a Selector several layers may be read at the same time.
type Selector interface {
	Source
	Select(ctx context.Context, layer string, bound orb.Bound, fields ...string) iter.Seq2[gis.Feature, error]
}

// Status of a cell, as the store keeps it.
const (
	Valid = "valid" // 有效
	Void  = "void"  // 作废
)

// Cell is one unit grid.
type Cell struct {
	Code      Code
	Community string
	Polygon   orb.Polygon // longitude, latitude; one ring, counter-clockwise; neighbours share vertices exactly
	AreaM2    float64     // of the lattice polygon, in the 3-degree Gauss-Kruger zone of the data
	InitDate  string      // YYYY-MM-DD
	EndDate   string      // YYYY-MM-DD, "" while valid
	Status    string      // Valid or Void
	Remark    string
	Locked    bool
}

// Feature returns the cell as a row of the layer unit_grid.
func (c Cell) Feature() gis.Feature {
	f := gis.NewFeature(gis.MustLayer("unit_grid"))
	f.Key = string(c.Code)
	if len(c.Polygon) > 0 {
		f.Geom = c.Polygon
	}
	f.SetText("code", string(c.Code))
	f.Set("area_m2", c.AreaM2)
	f.SetText("community_code", c.Community)
	f.SetText("init_date", c.InitDate)
	f.SetText("end_date", c.EndDate)
	f.SetText("status", c.Status)
	f.Set("locked", c.Locked)
	f.SetText("remark", c.Remark)
	return f
}

// CellOf reads a row of the layer unit_grid. A multi-polygon of one part is taken as that part.
func CellOf(f gis.Feature) (Cell, error) {
	code, err := ParseCode(f.Text("code"))
	if err != nil {
		return Cell{}, err
	}
	locked, _ := f.Value("locked").(bool)
	c := Cell{
		Code: code, Community: f.Text("community_code"), AreaM2: f.Real("area_m2"),
		InitDate: f.Text("init_date"), EndDate: f.Text("end_date"), Status: f.Text("status"),
		Remark: f.Text("remark"), Locked: locked,
	}
	if c.Community == "" {
		c.Community = code.Community()
	}
	if c.Status == "" {
		c.Status = Valid
	}
	switch g := f.Geom.(type) {
	case orb.Polygon:
		c.Polygon = g
	case orb.MultiPolygon:
		if len(g) != 1 {
			return Cell{}, gis.E(gis.Rejected, nil, "unit grid %s has %d parts", code, len(g))
		}
		c.Polygon = g[0]
	case nil:
		if c.Status == Valid {
			return Cell{}, gis.E(gis.Rejected, nil, "unit grid %s has no geometry", code)
		}
	default:
		return Cell{}, gis.E(gis.Rejected, nil, "unit grid %s is a %s, not a polygon", code, f.Geom.GeoJSONType())
	}
	return c, nil
}
