package shelf

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/tiles/archive"
)

const (
	// Patience is the longest a request for a tile waits for an archive.
	Patience = 10 * time.Second
	pause    = 5 * time.Second  // after an archive could not be opened
	breath   = 2 * time.Second  // after a server has failed to give a tile
	recheck  = 60 * time.Second // after which a server is asked whether the archive is still the same
)

// Item is an archive under the name it is served by.
type Item struct {
	Name     string
	location string
	client   *http.Client
	patience time.Duration
	failed   func(error) // told once for each failure to open

	turn   chan struct{} // held while volume and trouble are looked at or changed
	volume *volume
	trouble
}

// trouble is the last failure to open.
type trouble struct {
	err   error
	until time.Time
}

// volume is one generation of an archive. It is closed when it has been replaced and its last request is over.
type volume struct {
	archive archive.Archive
	meta    archive.Meta
	stamp   os.FileInfo // of a file
	src     *remote     // of a server's
	users   atomic.Int64
}

func (v *volume) release() {
	if v.users.Add(-1) == 0 {
		_ = v.archive.Close() // read only
	}
}

// Tile is a tile as an archive stores it.
type Tile struct {
	Data []byte // none: nothing is there
	Meta *archive.Meta
}

// Remote reports whether the archive is on a server.
func (it *Item) Remote() bool { return IsURL(it.location) }

// Tile returns a tile. Where the archive has none its Data is empty.
func (it *Item) Tile(ctx context.Context, a maptile.Tile) (Tile, error) {
	ctx, cancel := context.WithTimeout(ctx, it.patience)
	defer cancel()
	for again := true; ; again = false {
		t, v, err := it.read(ctx, a)
		if errors.Is(err, errChanged) && again {
			it.drop(v)
			continue
		}
		if errors.Is(err, errChanged) {
			err = gis.E(gis.Unavailable, err, "archive %s is being replaced", it.Name)
		}
		return t, it.blame(ctx, err)
	}
}

// blame turns the end of the time an archive has into its own fault, and what it did while the caller left into nobody's.
func (it *Item) blame(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return err
	case it.Remote():
		return gis.E(gis.Unavailable, errors.Join(ErrGateway, err), "archive %s: its server has not answered within %s", it.Name, it.patience)
	}
	return gis.E(gis.Unavailable, err, "archive %s: a tile took longer than %s", it.Name, it.patience)
}

func (it *Item) read(ctx context.Context, a maptile.Tile) (Tile, *volume, error) {
	v, err := it.current(ctx)
	if err != nil {
		return Tile{}, nil, err
	}
	defer v.release()
	t := Tile{Meta: &v.meta}
	t.Data, err = v.archive.Tile(ctx, uint8(a.Z), a.X, a.Y)
	if err == nil || gis.KindOf(err) == gis.NotFound {
		if v.stamp != nil && it.overwritten(v) {
			return t, v, errChanged
		}
		return t, v, nil
	}
	if err = it.describe(err); errors.Is(err, ErrGateway) && !errors.Is(err, errChanged) && !errors.Is(ctx.Err(), context.Canceled) {
		it.rest(err)
	}
	return t, v, err
}

// rest leaves a server that has just failed alone for a moment.
func (it *Item) rest(err error) {
	it.turn <- struct{}{}
	it.trouble = trouble{err, time.Now().Add(breath)}
	<-it.turn
}

// overwritten reports whether the very file that was opened has been written to.
func (it *Item) overwritten(v *volume) bool {
	now, err := os.Stat(it.location)
	return err == nil && os.SameFile(now, v.stamp) && !alike(now, v.stamp)
}

func alike(a, b os.FileInfo) bool { return a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() }

// Meta returns what the archive says of itself now.
func (it *Item) Meta(ctx context.Context) (archive.Meta, error) {
	ctx, cancel := context.WithTimeout(ctx, it.patience)
	defer cancel()
	v, err := it.current(ctx)
	if err != nil {
		return archive.Meta{}, it.blame(ctx, err)
	}
	defer v.release()
	return v.meta, nil
}

// Known returns what the archive said of itself when it was opened last, without asking anybody; nil with the failure when it could
// not be opened.
func (it *Item) Known() (*archive.Meta, error) {
	select {
	case it.turn <- struct{}{}:
		defer func() { <-it.turn }()
	default: // it is being opened
		return nil, nil
	}
	if it.volume == nil {
		return nil, it.trouble.err
	}
	return &it.volume.meta, nil
}

// current returns the generation there is now; release it.
func (it *Item) current(ctx context.Context) (*volume, error) {
	select {
	case it.turn <- struct{}{}:
		defer func() { <-it.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	stale, err := it.stale(ctx)
	if err != nil {
		return nil, err
	}
	if stale {
		if err := it.reopen(ctx); err != nil {
			return nil, err
		}
	}
	it.volume.users.Add(1)
	return it.volume, nil
}

// stale reports whether the archive must be opened, anew or at all.
func (it *Item) stale(ctx context.Context) (bool, error) {
	v := it.volume
	if (v == nil || v.src != nil) && time.Now().Before(it.until) {
		return false, it.trouble.err
	}
	if v == nil {
		return true, nil
	}
	if v.src != nil {
		if v.src.idle() < recheck {
			return false, nil
		}
		_, err := v.src.Range(ctx, 0, 1)
		return errors.Is(err, errChanged), nil // when it does not answer, the tile's own request says so
	}
	now, err := os.Stat(it.location)
	if err != nil { // it may be about to be replaced; what is open can still be read
		return false, nil
	}
	return !os.SameFile(now, v.stamp) || !alike(now, v.stamp), nil
}

// reopen puts a new generation in the place of the old. A file that cannot be opened leaves the old one when that is another file.
func (it *Item) reopen(ctx context.Context) error {
	old := it.volume
	if old != nil && time.Now().Before(it.until) && !it.overwritten(old) {
		return nil
	}
	v, err := it.open(ctx)
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) { // the caller left: that says nothing of the archive
			return err
		}
		it.trouble = trouble{err, time.Now().Add(pause)}
		it.failed(err)
		if old != nil && old.src == nil && !it.overwritten(old) {
			return nil
		}
		it.retire()
		return err
	}
	it.retire()
	v.users.Store(1) // the shelf's own
	it.volume, it.trouble = v, trouble{}
	return nil
}

func (it *Item) retire() {
	if it.volume != nil {
		it.volume.release()
		it.volume = nil
	}
}

// drop retires a generation that was seen to be over.
func (it *Item) drop(v *volume) {
	it.turn <- struct{}{}
	defer func() { <-it.turn }()
	if v != nil && it.volume == v {
		it.retire()
	}
}

func (it *Item) open(ctx context.Context) (*volume, error) {
	if it.Remote() {
		src, err := newRemote(it.location, it.client)
		if err != nil {
			return nil, err
		}
		a, err := archive.FromSource(ctx, src)
		if err != nil {
			return nil, it.describe(err)
		}
		return &volume{archive: a, meta: a.Meta(), src: src}, nil
	}
	f, err := os.Open(it.location)
	if err != nil {
		return nil, gis.E(gis.Unavailable, err, "archive %s: its file is not there", it.Name)
	}
	st, err := f.Stat()
	if err == nil {
		var a archive.Archive
		if a, err = archive.OpenFile(ctx, f); err == nil {
			return &volume{archive: a, meta: a.Meta(), stamp: st}, nil
		}
	}
	return nil, it.describe(errors.Join(err, f.Close()))
}

// describe makes what is wrong with an archive the server's fault, not that of who asks for a tile.
func (it *Item) describe(err error) error {
	kind := gis.KindOf(err)
	switch {
	case kind == gis.Canceled, errors.Is(err, errChanged):
		return err
	case it.Remote():
		return gis.E(gis.Unavailable, errors.Join(ErrGateway, err), "archive %s: %s", it.Name, gis.Public(err))
	}
	return gis.E(gis.Internal, err, "archive %s: %s", it.Name, gis.Public(err))
}
