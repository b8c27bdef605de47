package shelf

import (
	"context"

	"wanmi/tiles/archive"
)

// Open opens a file, or the PMTiles archive at an http(s) address, for a command that looks at it once.
func Open(ctx context.Context, location string) (archive.Archive, error) {
	if !IsURL(location) {
		return archive.Open(ctx, location)
	}
	src, err := newRemote(location, newClient())
	if err != nil {
		return nil, err
	}
	return archive.FromSource(ctx, src)
}
