package archive

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"wanmi/gis"
	"wanmi/tiles/mbtiles"
	"wanmi/tiles/pmtiles"
)

// Meta is what an archive says of itself.
type Meta struct {
	Format      string // mbtiles or pmtiles
	Name        string
	Description string
	Attribution string
	Kind        string // overlay or baselayer
	Version     string // of the tiles
	Type        pmtiles.TileType
	// Compression of all tiles; 0 when each tile tells: always so with MBTiles.
	Compression pmtiles.Compression
	MinZoom     int
	MaxZoom     int
	Bounds      [4]float64                 // west, south, east, north in degrees
	Center      [3]float64                 // longitude, latitude, zoom
	Layers      json.RawMessage            // vector_layers of TileJSON; nil when there are none
	Other       map[string]json.RawMessage // all else
	Header      *pmtiles.Header            // of a PMTiles archive

	strange []string // what is not as it should be, for Verify
}

// world is what bounds are when nobody tells them.
var world = [4]float64{-180, -85.05112877980659, 180, 85.05112877980659}

func pmMeta(ctx context.Context, r *pmtiles.Reader) (Meta, error) {
	h := r.Header()
	m := Meta{
		Format: "pmtiles", Type: h.TileType, Compression: h.TileCompression, MinZoom: int(h.MinZoom), MaxZoom: int(h.MaxZoom),
		Bounds: h.Bounds, Center: [3]float64{h.Center[0], h.Center[1], float64(h.CenterZoom)}, Header: &h,
	}
	raw, err := r.Metadata(ctx)
	if err != nil {
		return m, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		m.strange = append(m.strange, "metadata: it is no JSON object")
	}
	m.take(all)
	return m, nil
}

// take sorts the values of a JSON object into their fields.
func (m *Meta) take(all map[string]json.RawMessage) {
	m.Other = map[string]json.RawMessage{}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		field := map[string]*string{
			"name": &m.Name, "description": &m.Description, "attribution": &m.Attribution, "type": &m.Kind, "version": &m.Version,
		}[k]
		switch {
		case string(all[k]) == "null": // as good as left out
		case k == "vector_layers":
			m.Layers = all[k]
		case field == nil:
			m.Other[k] = all[k]
		case json.Unmarshal(all[k], field) != nil:
			*field = string(all[k])
			m.strange = append(m.strange, "metadata: "+k+" is no text")
		}
	}
}

func mbMeta(ctx context.Context, r *mbtiles.Reader) (Meta, error) {
	m := Meta{Format: "mbtiles", Bounds: world}
	rows, err := r.SelectAllMetadata(ctx)
	if err != nil {
		return m, err
	}
	if rows["minzoom"] == "" || rows["maxzoom"] == "" {
		least, deepest, _, err := r.Zooms(ctx)
		if err != nil {
			return m, err
		}
		m.MinZoom, m.MaxZoom = int(least), int(deepest)
	}
	for v, to := range map[string]*int{"minzoom": &m.MinZoom, "maxzoom": &m.MaxZoom} {
		if n, err := strconv.Atoi(rows[v]); err == nil && n >= 0 && n <= 30 {
			*to = n
		}
	}
	if b, err := mbtiles.Numbers(rows["bounds"], 4); err == nil {
		m.Bounds = [4]float64(b)
	}
	m.Center = [3]float64{(m.Bounds[0] + m.Bounds[2]) / 2, (m.Bounds[1] + m.Bounds[3]) / 2, float64(m.MinZoom)}
	if c, err := mbtiles.Numbers(rows["center"], 3); err == nil {
		m.Center = [3]float64(c)
	}
	m.Type = typeOf(rows["format"])
	all := map[string]json.RawMessage{}
	for k, v := range rows {
		switch k {
		case "minzoom", "maxzoom", "bounds", "center", "format", "scheme", "json":
		default:
			all[k], _ = json.Marshal(v)
		}
	}
	inner := map[string]json.RawMessage{}
	if s := rows["json"]; s != "" && json.Unmarshal([]byte(s), &inner) != nil {
		m.strange = append(m.strange, "metadata: json is no JSON object")
	}
	for k, v := range inner {
		if _, ok := all[k]; !ok {
			all[k] = v
		}
	}
	m.take(all)
	return m, nil
}

func typeOf(format string) pmtiles.TileType {
	switch strings.ToLower(format) {
	case "pbf", "mvt":
		return pmtiles.MVT
	case "png":
		return pmtiles.PNG
	case "jpg", "jpeg":
		return pmtiles.JPEG
	case "webp":
		return pmtiles.WEBP
	case "avif":
		return pmtiles.AVIF
	}
	return pmtiles.UnknownType
}

// object is the metadata of a PMTiles archive.
func (m *Meta) object() map[string]any {
	out := map[string]any{}
	for k, v := range m.Other {
		out[k] = v
	}
	for k, v := range map[string]string{"name": m.Name, "description": m.Description, "attribution": m.Attribution, "type": m.Kind, "version": m.Version} {
		if v != "" {
			out[k] = v
		}
	}
	if m.Layers != nil {
		out["vector_layers"] = m.Layers
	}
	return out
}

// rows is the metadata of an MBTiles archive, in the order it is written.
func (m *Meta) rows() ([][2]string, error) {
	format := m.Type.String()
	if m.Type == pmtiles.MVT {
		format = "pbf" // every reader knows it; some know mvt
	}
	num := func(v ...float64) string {
		s := make([]string, len(v))
		for i, f := range v {
			s[i] = strconv.FormatFloat(f, 'f', -1, 64)
		}
		return strings.Join(s, ",")
	}
	name := m.Name
	if name == "" {
		name = "tiles" // it must not be missing
	}
	rows := [][2]string{
		{"name", name},
		{"format", format},
		{"description", m.Description},
		{"attribution", m.Attribution},
		{"type", m.Kind},
		{"version", m.Version},
		{"scheme", "tms"},
		{"bounds", num(m.Bounds[:]...)},
		{"center", num(m.Center[:]...)},
		{"minzoom", strconv.Itoa(m.MinZoom)},
		{"maxzoom", strconv.Itoa(m.MaxZoom)},
	}
	inner := map[string]json.RawMessage{}
	if m.Layers != nil {
		inner["vector_layers"] = m.Layers
	}
	for _, k := range slices.Sorted(maps.Keys(m.Other)) {
		var s string
		switch {
		case json.Unmarshal(m.Other[k], &s) == nil:
			rows = append(rows, [2]string{k, s})
		case len(inner) > 0: // as tilestats: beside the layers
			inner[k] = m.Other[k]
		default:
			rows = append(rows, [2]string{k, string(m.Other[k])})
		}
	}
	if len(inner) > 0 {
		b, err := json.Marshal(inner)
		if err != nil {
			return nil, err
		}
		rows = append(rows, [2]string{"json", string(b)})
	}
	return slices.DeleteFunc(rows, func(r [2]string) bool { return r[1] == "" }), nil
}

// clip narrows the zooms and bounds to those of a window and says so in the layers.
func (m *Meta) clip(w Window, layers []string) error {
	m.MinZoom, m.MaxZoom = max(m.MinZoom, int(w.MinZoom)), min(m.MaxZoom, int(w.MaxZoom))
	if m.MinZoom > m.MaxZoom {
		return gis.E(gis.Invalid, nil, "the archive has no zoom from %d to %d", w.MinZoom, w.MaxZoom)
	}
	if b := w.Bound; !b.IsZero() {
		m.Bounds = [4]float64{
			math.Max(m.Bounds[0], b.Min[0]), math.Max(m.Bounds[1], b.Min[1]), math.Min(m.Bounds[2], b.Max[0]), math.Min(m.Bounds[3], b.Max[1]),
		}
		if m.Bounds[0] > m.Bounds[2] || m.Bounds[1] > m.Bounds[3] {
			return gis.E(gis.Invalid, nil, "the archive has nothing in the bounds %v", b)
		}
		m.Center[0], m.Center[1] = (m.Bounds[0]+m.Bounds[2])/2, (m.Bounds[1]+m.Bounds[3])/2
	}
	m.Center[2] = min(max(m.Center[2], float64(m.MinZoom)), float64(m.MaxZoom))
	return m.keepLayers(layers)
}

// keepLayers leaves only the named layers in the list, all when none is named, with the zooms the archive has; those that begin below
// its deepest go.
func (m *Meta) keepLayers(names []string) error {
	if m.Layers == nil && len(names) == 0 {
		return nil
	}
	var all []map[string]any
	if m.Layers != nil && json.Unmarshal(m.Layers, &all) != nil {
		if len(names) == 0 {
			return nil
		}
		return gis.E(gis.Rejected, nil, "the archive's vector_layers are no list of objects")
	}
	out := []map[string]any{}
	for _, l := range all {
		id, _ := l["id"].(string)
		if len(names) > 0 && !slices.Contains(names, id) {
			continue
		}
		if z, ok := l["minzoom"].(float64); ok {
			if z > float64(m.MaxZoom) {
				continue
			}
			l["minzoom"] = max(z, float64(m.MinZoom))
		}
		if z, ok := l["maxzoom"].(float64); ok {
			l["maxzoom"] = min(z, float64(m.MaxZoom))
		}
		out = append(out, l)
	}
	for _, n := range names {
		if !slices.ContainsFunc(out, func(l map[string]any) bool { return l["id"] == n }) {
			return gis.E(gis.NotFound, nil, "the archive has no layer %q at these zooms", n)
		}
	}
	var err error
	m.Layers, err = json.Marshal(out)
	if len(names) > 0 {
		delete(m.Other, "tilestats") // of all layers
	}
	return err
}
