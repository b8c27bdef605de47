package archive

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"wanmi/gis"
	"wanmi/tiles/mbtiles"
	"wanmi/tiles/pmtiles"
)

// Writer writes an archive of the format its name's suffix tells. Both are gathered as [pmtiles.Writer] gathers them, so both can be
// resumed, and the same tiles give the same bytes however often the writing was broken off. It serves one goroutine.
type Writer struct {
	*pmtiles.Writer
	file    string
	mbtiles bool
}

// Create starts an archive anew.
func Create(file string) (*Writer, error) {
	mb, err := suffix(file)
	if err != nil {
		return nil, err
	}
	w, err := pmtiles.Create(file)
	if err != nil {
		return nil, err
	}
	return &Writer{w, file, mb}, nil
}

// Resume starts an archive or goes on with one; see [pmtiles.Resume].
func Resume(file string, key [32]byte) (*Writer, error) {
	mb, err := suffix(file)
	if err != nil {
		return nil, err
	}
	w, err := pmtiles.Resume(file, key)
	if err != nil {
		return nil, err
	}
	return &Writer{w, file, mb}, nil
}

func suffix(file string) (isMB bool, err error) {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".mbtiles":
		return true, nil
	case ".pmtiles":
		return false, nil
	}
	return false, gis.E(gis.Invalid, nil, "archive %s: the name must end in .mbtiles or .pmtiles", file)
}

// Finish writes the archive, which appears under its name when it is complete. After an error Suspend or Abort decide what becomes of
// what was added.
func (w *Writer) Finish(ctx context.Context, m Meta, p gis.Progress) error {
	if w.mbtiles {
		return w.finishMB(ctx, m, p)
	}
	return w.Close(pmtiles.Info{
		MinZoom: uint8(m.MinZoom), MaxZoom: uint8(m.MaxZoom), Bounds: m.Bounds, Center: [2]float64{m.Center[0], m.Center[1]}, CenterZoom: uint8(m.Center[2]),
		TileType: m.Type, Compression: m.Compression, Metadata: m.object(),
	})
}

func (w *Writer) finishMB(ctx context.Context, m Meta, p gis.Progress) (err error) {
	scratch := w.Scratch()
	if err := os.Remove(scratch); err != nil && !os.IsNotExist(err) { // of a run that was killed here
		return fmt.Errorf("archive: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(scratch)
		}
	}()
	out, err := mbtiles.Create(ctx, scratch)
	if err != nil {
		return err
	}
	if err := fill(ctx, out, w.Writer, p); err != nil {
		out.Close()
		return err
	}
	rows, err := m.rows()
	for _, r := range rows {
		if err == nil {
			err = out.InsertMetadata(ctx, r[0], r[1])
		}
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = sync(scratch)
	}
	if err == nil {
		err = os.Rename(scratch, w.file)
	}
	if err != nil {
		return fmt.Errorf("archive %s: %w", w.file, err)
	}
	w.Abort()
	return nil
}

// fill copies what was gathered into the database.
func fill(ctx context.Context, out *mbtiles.Writer, in *pmtiles.Writer, p gis.Progress) error {
	const most, bytes = 1000, 8 << 20
	total, _ := in.Counts()
	var batch []mbtiles.Tile
	size, done := 0, int64(0)
	flush := func() error {
		done += int64(len(batch))
		err := out.BulkInsertTile(ctx, batch)
		batch, size = batch[:0], 0
		p.Tell("into SQLite", done, total)
		return err
	}
	for t, err := range in.Tiles(ctx) {
		if err != nil {
			return err
		}
		batch = append(batch, mbtiles.Tile(t))
		if size += len(t.Data); len(batch) == most || size > bytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// sync brings a file to the disk.
func sync(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
