package geocode

import (
	"context"
	"slices"

	"wanmi/gis"
)

// Update is one changed row: Old nil for an insert, New nil for a delete.
type Update struct {
	Layer string
	Key   string
	Old   *gis.Feature
	New   *gis.Feature
}

// Apply returns a geocoder with the updates made; g itself stays as it is. A component costs a small
// overlay, which a goroutine folds into the rest when some ten thousand have gathered; a row of another layer costs the indexes
// of all but the components. An update that names only its layer cannot be applied: read the layer again with Build.
func (g *Geocoder) Apply(ctx context.Context, ups []Update) (*Geocoder, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	comps := make(map[string]*compRec)
	var fields compFields
	src := *g.src
	rebuild := false
	for _, u := range ups {
		if u.Key == "" {
			return nil, gis.E(gis.Unavailable, nil, "geocode: layer %s must be read again", u.Layer)
		}
		if u.Layer == "component" {
			comps[u.Key] = nil
			if u.New != nil {
				if r, ok := fields.rec(*u.New, g.fr); ok {
					comps[u.Key] = &r
				}
			}
			continue
		}
		if u.Layer != "door" && !slices.Contains(sourceLayers, u.Layer) {
			continue // a layer the geocoder does not read
		}
		if poiLayer(u.Layer) && u.Layer != "water" && !hasName(u.Old) && !hasName(u.New) {
			continue // a nameless building or plot
		}
		rebuild = true
		src.remove(u.Layer, u.Key)
		if u.New != nil {
			src.add(u.Layer, *u.New)
		}
	}
	cs := g.comps
	if len(comps) > 0 {
		cs = cs.apply(comps)
	}
	if rebuild {
		src.sortGrids()
		src.bindLocals()
		cfg := g.cfg
		cfg.Alone = true // g is asked meanwhile
		n := assemble(cfg, &src, cs)
		n.matters = g.matters
		return n, nil
	}
	n := *g
	n.comps = cs
	return &n, nil
}

func hasName(f *gis.Feature) bool { return f != nil && f.Text("name") != "" }
