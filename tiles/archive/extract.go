package archive

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/klauspost/compress/gzip"

	"wanmi/gis"
	"wanmi/tiles/mvt"
	"wanmi/tiles/pmtiles"
)

// ExtractOptions choose what of an archive is written.
type ExtractOptions struct {
	Window
	Layers   []string // none: all, and tiles keep their bytes
	Progress gis.Progress
}

// Extracted says what was written.
type Extracted struct {
	File    string `json:"file"`
	MinZoom int    `json:"minzoom"`
	MaxZoom int    `json:"maxzoom"`
	Tiles   int64  `json:"tiles"`
	Unique  int64  `json:"unique"`
	Bytes   int64  `json:"bytes"` // of the file
}

// Extract writes a part of an archive, or all of it, to another, of either format. Tiles keep their bytes but where layers are left
// out of them or the format wants another compression; those that lose all layers are not written.
func Extract(ctx context.Context, in Archive, file string, o ExtractOptions) (res Extracted, err error) {
	m := in.Meta()
	if len(o.Layers) > 0 && m.Type != pmtiles.MVT {
		return res, gis.E(gis.Invalid, nil, "the archive's tiles are %s: they have no layers to choose", m.Type)
	}
	if err := m.clip(o.Window, o.Layers); err != nil {
		return res, err
	}
	w, err := Create(file)
	if err != nil {
		return res, err
	}
	defer w.Abort() // after Finish it does nothing
	turn := m.turner(o.Layers, w.mbtiles)
	least, most, n := uint8(32), uint8(0), int64(0)
	for t, err := range in.Within(ctx, o.Window) {
		if err != nil {
			return res, err
		}
		data, err := turn(t.Data)
		if err != nil {
			return res, fmt.Errorf("tile %d/%d/%d: %w", t.Z, t.X, t.Y, err)
		}
		if n++; n&0xff == 0 {
			o.Progress.Tell("tiles", n, 0)
		}
		if len(data) == 0 {
			continue
		}
		least, most = min(least, t.Z), max(most, t.Z)
		if err := w.Add(t.Z, t.X, t.Y, data); err != nil {
			return res, err
		}
	}
	if least > most {
		return res, gis.E(gis.Invalid, nil, "the archive has no tile in what was chosen")
	}
	m.MinZoom, m.MaxZoom = int(least), int(most)
	m.Center[2] = min(max(m.Center[2], float64(least)), float64(most))
	if err := m.keepLayers(o.Layers); err != nil {
		return res, err
	}
	res = Extracted{File: file, MinZoom: m.MinZoom, MaxZoom: m.MaxZoom}
	res.Tiles, res.Unique = w.Counts()
	if err := w.Finish(ctx, m, o.Progress); err != nil {
		return res, err
	}
	st, err := os.Stat(file)
	if err != nil {
		return res, fmt.Errorf("archive: %w", err)
	}
	res.Bytes = st.Size()
	return res, nil
}

// turner returns what makes a stored tile of the archive one of the new, and sets the new one's compression.
func (m *Meta) turner(layers []string, toMB bool) func([]byte) ([]byte, error) {
	from := *m
	keep := func(data []byte) ([]byte, error) { return data, nil }
	if m.Type != pmtiles.MVT {
		if m.Compression == pmtiles.UnknownCompression {
			m.Compression = pmtiles.None
		}
		return keep
	}
	if !toMB && m.Compression != pmtiles.UnknownCompression && len(layers) == 0 {
		return keep
	}
	m.Compression = pmtiles.Gzip
	z := gzip.NewWriter(nil)
	return func(data []byte) ([]byte, error) {
		if len(layers) == 0 && from.Packed(data) == pmtiles.Gzip {
			return data, nil
		}
		raw, err := from.Unpack(data)
		if err != nil {
			return nil, err
		}
		if len(layers) > 0 {
			if raw, err = mvt.Pick(raw, func(name string) bool { return slices.Contains(layers, name) }); err != nil || len(raw) == 0 {
				return nil, err
			}
		}
		var out bytes.Buffer
		z.Reset(&out)
		if _, err := z.Write(raw); err != nil {
			return nil, err
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		return out.Bytes(), nil
	}
}
