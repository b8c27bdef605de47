package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strings"
	"time"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/webui"
	"wanmi/gis"
	"wanmi/tiles"
)

// keepWarm starts filling the cache of tiles after bulk imports, with the tiles the page asks for.
func keepWarm(ctx context.Context, live *city.Live, conf config, log *slog.Logger) error {
	set := live.View().Tiles
	if conf.Tiles.Warm.Off || conf.Tiles.CacheBytes < 0 || set == nil {
		return nil
	}
	o, err := conf.Tiles.Warm.options()
	if err != nil {
		return err
	}
	if o.Sets, err = styleSets(webui.FS(), set.Has); err != nil || len(o.Sets) == 0 {
		return err
	}
	go live.KeepWarm(ctx, o, func(w tiles.Warmed, took time.Duration, err error) {
		args := []any{"tiles", w.Written, "there_already", w.There, "bytes", w.Bytes, "zoom", w.Zoom, "cut", w.Cut, "ms", took.Milliseconds()}
		switch {
		case err == nil:
			log.Info("tiles warmed after an import", args...)
		case gis.KindOf(err) == gis.Canceled:
			log.Info("warming tiles broken off", args...)
		default:
			log.Error("warming tiles", append(args, "error", err)...)
		}
	})
	return nil
}

// styleSets returns the layers the sources of the page's styles ask for together, of those that are served.
func styleSets(page fs.FS, has func(layer string) bool) ([][]string, error) {
	files, err := fs.Glob(page, "styles/*.json")
	if err != nil {
		return nil, err
	}
	var sets [][]string
	for _, f := range files {
		body, err := fs.ReadFile(page, f)
		if err != nil {
			return nil, err
		}
		var style struct {
			Sources map[string]struct{ URL string }
		}
		if err := json.Unmarshal(body, &style); err != nil {
			return nil, err
		}
		for _, s := range style.Sources {
			names := strings.Split(strings.TrimSuffix(path.Base(s.URL), ".json"), ",")
			names = slices.DeleteFunc(names, func(n string) bool { return !has(n) })
			if slices.Sort(names); len(names) > 0 && !slices.ContainsFunc(sets, func(o []string) bool { return slices.Equal(o, names) }) {
				sets = append(sets, names)
			}
		}
	}
	slices.SortFunc(sets, slices.Compare)
	return sets, nil
}
