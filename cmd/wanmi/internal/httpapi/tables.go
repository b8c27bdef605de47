package httpapi

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"golang.org/x/sync/errgroup"

	"wanmi/cmd/wanmi/internal/tables"
	"wanmi/gis"
	"wanmi/gis/cql2"
	"wanmi/tiles"
)

// composed is what a tile is made of: layers of the city and, after them, tables asked live.
type composed struct {
	set    *tiles.Set // nil on a server without a map
	layers []string   // of the city
	live   []*tables.Layer
}

// compose tells the tables among names from the layers of the city.
func (a *API) compose(set *tiles.Set, names []string) composed {
	p := composed{set: set}
	for _, n := range names {
		if l, ok := a.cfg.Tables.Layer(n); ok {
			p.live = append(p.live, l)
		} else {
			p.layers = append(p.layers, n)
		}
	}
	return p
}

func (p *composed) names() []string {
	out := slices.Clone(p.layers)
	for _, l := range p.live {
		out = append(out, l.Name())
	}
	return out
}

// infos are the catalogue's entries, in drawing order.
func (p *composed) infos(c *call) ([]tiles.LayerInfo, error) {
	var out []tiles.LayerInfo
	if len(p.layers) > 0 {
		set, err := c.tiles()
		if err != nil {
			return nil, err
		}
		if out, err = set.Infos(p.layers); err != nil {
			return nil, err
		}
	}
	for _, l := range p.live {
		in, err := l.Info(c.r.Context())
		if err != nil {
			return nil, err
		}
		out = append(out, in)
	}
	return out, nil
}

// span returns the zooms and the bounds of layers; some is false when nothing is in them.
func span(infos []tiles.LayerInfo) (lo, hi int, b orb.Bound, some bool) {
	lo = tiles.MaxZoom
	for _, in := range infos {
		lo, hi = min(lo, in.MinZoom), max(hi, in.MaxZoom)
		if in.Bounds == nil {
			continue
		}
		one := orb.Bound{Min: orb.Point{in.Bounds[0], in.Bounds[1]}, Max: orb.Point{in.Bounds[2], in.Bounds[3]}}
		if some {
			one = one.Union(b)
		}
		b, some = one, true
	}
	return lo, hi, b, some
}

// liveTile answers with a tile in which tables stand, addr as the matrix sets number it.
func (a *API) liveTile(c *call, p composed, addr maptile.Tile, geographic bool) (*reply, error) {
	if len(p.layers) > 0 {
		if _, err := c.tiles(); err != nil {
			return nil, err
		}
	}
	city, live, err := p.properties(c)
	if err != nil {
		return nil, err
	}
	filters, err := p.filter(c, &city)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	parts := make([]tables.Answer, 1+len(p.live)) // the city's first
	work, ctx := errgroup.WithContext(c.r.Context())
	if len(p.layers) > 0 {
		set := p.set
		if geographic {
			set = set.Geographic()
		}
		work.Go(func() error {
			t, how, err := set.Lookup(ctx, p.layers, addr, city)
			parts[0] = tables.Answer{Tile: t, Outcome: how}
			return err
		})
	} else {
		parts = parts[1:]
	}
	first := len(parts) - len(p.live)
	for i, l := range p.live {
		work.Go(func() error {
			var err error
			parts[first+i], err = l.Tile(ctx, tables.Request{Addr: addr, Geographic: geographic, Properties: live, Filter: filters[i]})
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	whole, err := join(parts)
	if err != nil {
		return nil, err
	}
	rp := tileReply(whole.Tile)
	if s := int(whole.Left.Seconds()); s > 0 {
		rp.cache = "max-age=" + strconv.Itoa(s)
		if !a.cfg.Public {
			rp.cache = "private, " + rp.cache
		}
	}
	a.metrics.tiles.count(c.route, a.metrics.tiles.label(p.names()), whole.Tile, whole.Outcome, rp, noneMatch(c.r), time.Since(start))
	return rp, nil
}

// properties reads the fields wanted: those the city's layers have, and all for the tables. One that nobody has is an error.
func (p *composed) properties(c *call) (city tiles.TileOptions, live []string, err error) {
	if !c.q.Has("properties") {
		return city, nil, nil
	}
	live, city.Properties = fields(c.q.Get("properties")), []string{}
	for _, f := range live {
		has := len(p.layers) > 0 && p.set.HasProperty(p.layers, f)
		if has {
			city.Properties = append(city.Properties, f)
		}
		for i := 0; i < len(p.live) && !has; i++ {
			if has, err = p.live[i].HasProperty(c.r.Context(), f); err != nil {
				return city, nil, err
			}
		}
		if !has {
			return city, nil, gis.E(gis.Invalid, nil, "no property %q in %s", clip(f), strings.Join(p.names(), ","))
		}
	}
	return city, live, nil
}

// filter reads the filter of the request: that of the city's layers into city, and for each table its own, nil where it does not hold. Of several layers
// it holds for those that have all properties it names; one that holds for none is an error.
func (p *composed) filter(c *call, city *tiles.TileOptions) ([]*tables.Filter, error) {
	out := make([]*tables.Filter, len(p.live))
	q, asked, err := c.filterQuery()
	if err != nil || !asked {
		return out, err
	}
	parsed, err := parseFilter(q)
	if err != nil {
		return nil, err
	}
	var schemas []cql2.Schema
	some := false
	if len(p.layers) > 0 {
		if schemas, err = p.set.Schemas(p.layers); err != nil {
			return nil, err
		}
		if some = slices.ContainsFunc(schemas, parsed.Fits); some {
			if city.Filter, err = p.set.Filter(q); err != nil {
				return nil, err
			}
		}
	}
	f := &tables.Filter{CQL: parsed, CRS: q.CRS, Name: q.CRSName + " " + parsed.Text()}
	for i, l := range p.live {
		s, err := l.Schema(c.r.Context())
		if err != nil {
			return nil, err
		}
		schemas = append(schemas, s)
		if len(p.layers)+len(p.live) == 1 || parsed.Fits(s) {
			out[i], some = f, true
		}
	}
	if !some {
		return nil, parsed.Nowhere(schemas)
	}
	return out, nil
}

// join makes one tile of several, good for as long as the part that is so least.
func join(parts []tables.Answer) (tables.Answer, error) {
	whole := parts[0]
	if len(parts) == 1 {
		return whole, nil
	}
	var raw []byte
	var counts []tiles.LayerCount
	level := 0
	for _, p := range parts {
		raw, counts, level = append(raw, p.Tile.Raw()...), append(counts, p.Tile.Counts...), max(level, p.Tile.Level)
		whole.Left = min(whole.Left, p.Left)
		if p.Outcome == tiles.Miss || p.Outcome == tiles.Joined && whole.Outcome == tiles.Hit {
			whole.Outcome = p.Outcome
		}
	}
	var err error
	if whole.Tile, err = tiles.NewTile(raw, counts); err != nil {
		return whole, err
	}
	whole.Tile.Level = level
	return whole, nil
}

// tableList describes the tables as far as they are known: no database is asked for it.
func (a *API) tableList() []object {
	out := []object{}
	for _, l := range a.cfg.Tables.Layers() {
		o := object{"name": l.Name()}
		if s := int(l.Cache().Seconds()); s > 0 {
			o["cache_s"] = s
		}
		in, err := l.Known()
		switch {
		case err != nil:
			o["error"] = gis.Public(err)
		case in != nil:
			o["zh"], o["en"], o["geometry"], o["minzoom"], o["maxzoom"], o["fields"] = in.Zh, in.En, in.Geometry, in.MinZoom, in.MaxZoom, in.Fields
			if in.Bounds != nil {
				o["bounds"] = in.Bounds
			}
		}
		out = append(out, o)
	}
	return out
}

// tableCollection is a table as a collection of OGC API: it has tiles and no items.
func (a *API) tableCollection(c *call, l *tables.Layer) object {
	self, title := a.ogcBase(c)+"/collections/"+l.Name(), l.Name()
	in, _ := l.Known() // an error shows when tiles are asked for
	if in != nil {
		title = titleOf(in)
	}
	out := object{
		"id": l.Name(), "title": title, "dataType": "vector", "crs": []string{crs84},
		"links": []link{
			{self, "self", "application/json", ""},
			{self + "/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", "application/json", title},
		},
	}
	if in != nil && in.Bounds != nil {
		out["extent"] = object{"spatial": object{"bbox": [][4]float64{*in.Bounds}, "crs": crs84}}
	}
	return out
}

// titleOf names a layer in Chinese and English, once when they are the same.
func titleOf(in *tiles.LayerInfo) string {
	if in.Zh == in.En {
		return in.En
	}
	return in.Zh + " · " + in.En
}
