package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"wanmi/tiles/mvt"
	"wanmi/tiles/pmtiles"
)

// Verify tells every fault of an archive: of its format, its metadata, and its tiles, each of which is unpacked and decoded. fault
// returns false to end. An error is one of reading, not a fault of the archive.
func Verify(ctx context.Context, a Archive, fault func(string) bool) error {
	m := a.Meta()
	going := true
	tell := func(s string) bool {
		going = going && fault(s)
		return going
	}
	for _, s := range m.strange {
		tell(s)
	}
	layers, faults := m.layers()
	for _, s := range faults {
		tell(s)
	}
	if !going {
		return nil
	}
	return a.Verify(ctx, func(t Tile) error { return m.checkTile(t, layers) }, tell)
}

// vectorLayer is an entry of vector_layers, with pointers where a value must be there.
type vectorLayer struct {
	ID          *string         `json:"id"`
	Description *string         `json:"description"`
	MinZoom     *float64        `json:"minzoom"`
	MaxZoom     *float64        `json:"maxzoom"`
	Fields      *map[string]any `json:"fields"`
}

// layers reads vector_layers and says what is wrong with them.
func (m *Meta) layers() (map[string]vectorLayer, []string) {
	if m.Type != pmtiles.MVT {
		return nil, nil
	}
	if m.Layers == nil {
		return nil, []string{"metadata: vector_layers are missing, which vector tiles need"}
	}
	var list []vectorLayer
	if err := json.Unmarshal(m.Layers, &list); err != nil {
		return nil, []string{fmt.Sprintf("metadata: vector_layers: %v", err)}
	}
	var faults []string
	out := map[string]vectorLayer{}
	for i, l := range list {
		name := fmt.Sprintf("metadata: vector_layers[%d]", i)
		if l.ID == nil || *l.ID == "" {
			faults = append(faults, name+" has no id")
			continue
		}
		if _, ok := out[*l.ID]; ok {
			faults = append(faults, fmt.Sprintf("%s: the id %q stands twice", name, *l.ID))
		}
		out[*l.ID] = l
		if l.Fields == nil {
			faults = append(faults, fmt.Sprintf("%s (%s) has no fields", name, *l.ID))
		} else if m.Format == "mbtiles" { // there the words are fixed; TileJSON lets any text stand
			for k, v := range *l.Fields {
				if v != "Number" && v != "Boolean" && v != "String" {
					faults = append(faults, fmt.Sprintf("%s (%s): the type of %q is %v; Number, Boolean or String are known", name, *l.ID, k, v))
				}
			}
		}
		for _, z := range []*float64{l.MinZoom, l.MaxZoom} {
			if z != nil && (*z < 0 || *z > 31 || *z != float64(int(*z))) {
				faults = append(faults, fmt.Sprintf("%s (%s): %v is no zoom", name, *l.ID, *z))
			}
		}
		if l.MinZoom != nil && l.MaxZoom != nil && *l.MinZoom > *l.MaxZoom {
			faults = append(faults, fmt.Sprintf("%s (%s): minzoom %v is above maxzoom %v", name, *l.ID, *l.MinZoom, *l.MaxZoom))
		}
	}
	return out, faults
}

// checkTile unpacks a tile and looks into it.
func (m *Meta) checkTile(t Tile, told map[string]vectorLayer) error {
	if m.Format == "mbtiles" && m.Type == pmtiles.MVT && m.Packed(t.Data) == pmtiles.None {
		return errors.New("it is not compressed")
	}
	data, err := m.Unpack(t.Data)
	if err != nil {
		return err
	}
	if m.Type != pmtiles.MVT {
		return isImage(m.Type, data)
	}
	names, err := mvt.Conforms(data)
	if err != nil {
		return err
	}
	for _, n := range names {
		l, ok := told[n]
		switch {
		case told == nil: // said once
		case !ok:
			return fmt.Errorf("layer %q is not in vector_layers", n)
		case l.MinZoom != nil && float64(t.Z) < *l.MinZoom, l.MaxZoom != nil && float64(t.Z) > *l.MaxZoom:
			return fmt.Errorf("layer %q is told for other zooms", n)
		}
	}
	return nil
}

// isImage looks at the first bytes.
func isImage(t pmtiles.TileType, data []byte) error {
	var ok bool
	switch t {
	case pmtiles.PNG:
		ok = bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n"))
	case pmtiles.JPEG:
		ok = bytes.HasPrefix(data, []byte("\xff\xd8\xff"))
	case pmtiles.WEBP:
		ok = len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP"
	case pmtiles.AVIF:
		ok = len(data) > 12 && string(data[4:8]) == "ftyp"
	default:
		return nil
	}
	if !ok {
		return fmt.Errorf("it is no %s", t)
	}
	return nil
}
