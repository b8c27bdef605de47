package export

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"wanmi/data/gpkg"
	"wanmi/gis"
)

// format writes features into dir. The files it leaves there, all named base and a suffix of theirs, are the result.
type format func(ctx context.Context, dir, base string, l *gis.Layer, feats iter.Seq2[gis.Feature, error]) error

// formats holds the formats by the suffix of the file.
func formats() map[string]format {
	return map[string]format{
		".geojson":  writeGeoJSON,
		".json":     writeGeoJSON,
		".geojsonl": writeGeoJSONLines,
		".geojsons": writeGeoJSONLines,
		".ndjson":   writeGeoJSONLines,
		".csv":      writeCSV,
		".xlsx":     writeXLSX,
		".shp":      writeShapefile,
		".gpkg": func(ctx context.Context, dir, base string, l *gis.Layer, feats iter.Seq2[gis.Feature, error]) error {
			_, err := gpkg.WriteLayer(ctx, filepath.Join(dir, base+".gpkg"), l, feats, nil)
			return err
		},
	}
}

// Formats returns the suffixes Write knows, sorted.
func Formats() []string {
	var names []string
	for s := range formats() {
		names = append(names, s[1:])
	}
	slices.Sort(names)
	return names
}

// Write writes the features of l to file in the format its suffix names, replacing what was there, and returns how many
// there were. A suffix it does not know is gis.Invalid. A Shapefile is several files, and for a layer of mixed geometry
// one set for each type there is: NAME_point, NAME_line, NAME_polygon.
func Write(ctx context.Context, file string, l *gis.Layer, feats iter.Seq2[gis.Feature, error], p gis.Progress) (int64, error) {
	suffix := filepath.Ext(file)
	write, ok := formats()[strings.ToLower(suffix)]
	if !ok {
		return 0, gis.E(gis.Invalid, nil, "cannot tell a format from %q; the suffixes are %s", filepath.Base(file), strings.Join(Formats(), " "))
	}
	if gpkg.IsStore(ctx, file) {
		return 0, gis.E(gis.Conflict, nil, "%s is a Wanmi database; an export will not replace it", file)
	}
	folder := filepath.Dir(file)
	dir, err := os.MkdirTemp(folder, ".wanmi-export-*")
	if err != nil {
		return 0, gis.E(gis.Unavailable, err, "cannot write into %s", folder)
	}
	defer os.RemoveAll(dir)
	var n int64
	base := strings.TrimSuffix(filepath.Base(file), suffix)
	if err := write(ctx, dir, base, l, counted(ctx, feats, &n, p)); err != nil {
		return 0, describe(err, file)
	}
	if err := publish(dir, folder, suffix); err != nil {
		return 0, describe(err, file)
	}
	p.Tell("export", n, n)
	return n, nil
}

// counted hands the features on, counts them into n, and stops with ctx.
func counted(ctx context.Context, feats iter.Seq2[gis.Feature, error], n *int64, p gis.Progress) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		for f, err := range feats {
			if *n%256 == 0 {
				p.Tell("export", *n, 0)
				if err == nil {
					err = ctx.Err()
				}
			}
			if !yield(f, err) || err != nil {
				return
			}
			*n++
		}
	}
}

// publish syncs the files in dir and moves them to folder. suffix is how the caller spells the suffix of the main file.
func publish(dir, folder, suffix string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if ext := filepath.Ext(name); strings.EqualFold(ext, suffix) || slices.Contains([]string{".json", ".geojsons", ".ndjson"}, strings.ToLower(suffix)) {
			name = strings.TrimSuffix(name, ext) + suffix
		}
		if err := syncFile(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(dir, e.Name()), filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return syncFile(folder)
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// describe gives an error of the file system a sentence for the public; errors that have a kind keep it.
func describe(err error, file string) error {
	var kinded *gis.Error
	var path *fs.PathError
	switch {
	case errors.As(err, &kinded), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC):
		return gis.E(gis.Unavailable, err, "no room left on the disk that holds %s", file)
	case errors.As(err, &path):
		return gis.E(gis.Unavailable, err, "cannot write %s", file)
	}
	return err
}
