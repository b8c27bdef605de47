package tiles

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/tiles/mbtiles"
	"wanmi/tiles/pmtiles"
)

// ExportOptions choose what goes into an archive.
type ExportOptions struct {
	Name             string    // the archive's name in its metadata; "" wanmi
	Layers           []string  // none: every layer of the catalogue, derived ones too
	MinZoom, MaxZoom int       // MaxZoom 0: the deepest of the layers
	Bound            orb.Bound // tiles that touch it; the zero Bound: all
	Threads          int       // 0: all cores
	Progress         gis.Progress
}

// ExportResult says what an archive holds.
type ExportResult struct {
	File     string        `json:"file"`
	Layers   []string      `json:"layers"`
	MinZoom  int           `json:"minzoom"`
	MaxZoom  int           `json:"maxzoom"`
	Tiles    int64         `json:"tiles"`
	Unique   int64         `json:"unique"`  // different contents
	Bytes    int64         `json:"bytes"`   // of the file
	Thinned  int64         `json:"thinned"` // features left out, summed over the tiles
	Duration time.Duration `json:"-"`
}

// archive is what Export writes to. Tiles come in rising order of their pmtiles number.
type archive interface {
	add(ctx context.Context, a maptile.Tile, zipped []byte) error
	finish(ctx context.Context, j *TileJSON) (tiles, unique int64, err error)
	abort()
}

// Export writes an archive of s: MBTiles or PMTiles by the suffix of file. Tiles are those a server of the Set would give, compressed; empty
// ones, and those that only the buffer of a neighbour reaches into, are not written. The same Set and options give the same bytes. file appears when it is complete; one
// that was there before is replaced only then.
func Export(ctx context.Context, s *Set, file string, o ExportOptions) (ExportResult, error) {
	start := time.Now()
	res := ExportResult{File: file}
	suffix := strings.ToLower(filepath.Ext(file))
	if suffix != ".mbtiles" && suffix != ".pmtiles" {
		return res, gis.E(gis.Invalid, nil, "archive %s: the name must end in .mbtiles or .pmtiles", file)
	}
	e, err := s.plan(o)
	if err != nil {
		return res, err
	}
	tmp, err := tempName(file)
	if err != nil {
		return res, err
	}
	defer os.Remove(tmp) // when it is not renamed
	var out archive
	if suffix == ".mbtiles" {
		out, err = newMBTiles(ctx, tmp)
	} else {
		out, err = newPMTiles(tmp)
	}
	if err != nil {
		return res, err
	}
	if err := e.run(ctx, out); err != nil {
		out.abort()
		return res, err
	}
	if res.Tiles, res.Unique, err = out.finish(ctx, e.json); err != nil {
		return res, err
	}
	if err := moveInto(tmp, file); err != nil {
		return res, fmt.Errorf("tiles: export %s: %w", file, err)
	}
	st, err := os.Stat(file)
	if err != nil {
		return res, fmt.Errorf("tiles: export: %w", err)
	}
	res.Bytes, res.Thinned, res.Duration = st.Size(), e.thinned, time.Since(start)
	res.MinZoom, res.MaxZoom = e.json.MinZoom, e.json.MaxZoom
	for _, l := range e.req.layers {
		res.Layers = append(res.Layers, l.rule.Name)
	}
	return res, nil
}

// tempName reserves a name beside file.
func tempName(file string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return "", gis.E(gis.Invalid, err, "archive %s cannot be written", file)
	}
	return f.Name(), f.Close()
}

// moveInto makes tmp, once it is on the disk, the file of that name.
func moveInto(tmp, file string) error {
	f, err := os.OpenFile(tmp, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}

// export is an archive to be written.
type export struct {
	set      *Set
	req      request
	json     *TileJSON
	bound    box
	threads  int
	progress gis.Progress
	thinned  int64
}

func (s *Set) plan(o ExportOptions) (*export, error) {
	names := o.Layers
	if len(names) == 0 {
		for i := range s.cfg.Layers {
			names = append(names, s.cfg.Layers[i].Name)
		}
	}
	at, err := s.find(names)
	if err != nil {
		return nil, err
	}
	e := &export{set: s, json: &TileJSON{TileJSON: "3.0.0", Name: cmp.Or(o.Name, "wanmi"), Scheme: "xyz"}, progress: o.Progress}
	if e.req, err = s.request(names, TileOptions{}); err != nil {
		return nil, err
	}
	s.describe(e.json, at)
	j := e.json
	if o.MinZoom < 0 || o.MaxZoom < 0 || o.MaxZoom > MaxZoom || o.MaxZoom > 0 && o.MaxZoom < o.MinZoom {
		return nil, gis.E(gis.Invalid, nil, "zooms %d to %d: from 0 to %d, the smaller first", o.MinZoom, o.MaxZoom, MaxZoom)
	}
	if o.MaxZoom > 0 {
		j.MaxZoom = o.MaxZoom
	}
	j.MinZoom = min(max(j.MinZoom, o.MinZoom), j.MaxZoom)
	e.bound = box{0, 0, 1<<32 - 1, 1<<32 - 1}
	if o.Bound != (orb.Bound{}) {
		x0, y0, ok := toWorld(orb.Point{o.Bound.Min[0], o.Bound.Max[1]})
		x1, y1, ok2 := toWorld(orb.Point{o.Bound.Max[0], o.Bound.Min[1]})
		if !ok || !ok2 || x0 > x1 || y0 > y1 {
			return nil, gis.E(gis.Invalid, nil, "bounds %v: west, south, east, north in degrees are wanted", bounds(o.Bound))
		}
		e.bound = box{x0, y0, x1, y1}
		for i, v := range bounds(o.Bound) { // the smaller of both
			if i < 2 {
				j.Bounds[i] = max(j.Bounds[i], v)
			} else {
				j.Bounds[i] = min(j.Bounds[i], v)
			}
		}
		j.Center[0], j.Center[1] = (j.Bounds[0]+j.Bounds[2])/2, (j.Bounds[1]+j.Bounds[3])/2
	}
	j.Center[2] = min(max(j.Center[2], float64(j.MinZoom)), float64(j.MaxZoom))
	for i := range j.VectorLayers {
		v := &j.VectorLayers[i]
		v.MinZoom, v.MaxZoom = max(v.MinZoom, j.MinZoom), min(v.MaxZoom, j.MaxZoom)
	}
	if e.threads = o.Threads; e.threads <= 0 {
		e.threads = runtime.GOMAXPROCS(0)
	}
	return e, nil
}

// addresses lists, for each zoom, the numbers of the tiles the bounds of features reach, in rising order.
func (e *export) addresses(ctx context.Context) ([][]uint64, error) {
	last := e.json.MaxZoom
	deepest := map[[2]uint32]struct{}{}
	for _, l := range e.req.layers {
		n := 0
		for i := range l.alive(e.bound) {
			b := l.rows.bound(i)
			if !b.touches(e.bound) || int(l.rows.from(i)) > last {
				continue
			}
			b = box{max(b.x0, e.bound.x0), max(b.y0, e.bound.y0), min(b.x1, e.bound.x1), min(b.y1, e.bound.y1)}
			down := 32 - last
			for x := b.x0 >> down; x <= b.x1>>down; x++ {
				for y := b.y0 >> down; y <= b.y1>>down; y++ {
					deepest[[2]uint32{x, y}] = struct{}{}
				}
			}
			if n++; n&0xfff == 0 && ctx.Err() != nil {
				break
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	zooms := make([][]uint64, last+1)
	for z := last; z >= e.json.MinZoom; z-- {
		ids := make([]uint64, 0, len(deepest))
		above := make(map[[2]uint32]struct{}, len(deepest)/3)
		for a := range deepest {
			ids = append(ids, pmtiles.ID(uint8(z), a[0], a[1]))
			above[[2]uint32{a[0] / 2, a[1] / 2}] = struct{}{}
		}
		slices.Sort(ids)
		zooms[z] = ids
		deepest = above
	}
	return zooms, nil
}

// run writes all tiles: workers make batches of them, which are added in order.
func (e *export) run(ctx context.Context, out archive) error {
	zooms, err := e.addresses(ctx)
	if err != nil {
		return err
	}
	ids := slices.Concat(zooms...)
	total := int64(len(ids))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	const size = 32
	type batch struct {
		ids   []uint64
		tiles []*Tile
		err   error
		done  chan struct{}
	}
	jobs := make(chan *batch)
	order := make(chan *batch, 4*e.threads) // bounds what lies in memory
	for range e.threads {
		go func() {
			w := new(writer)
			for b := range jobs {
				b.tiles, b.err = e.write(ctx, w, b.ids)
				close(b.done)
			}
		}()
	}
	go func() {
		defer close(order)
		defer close(jobs)
		for part := range slices.Chunk(ids, size) {
			b := &batch{ids: part, done: make(chan struct{})}
			select {
			case order <- b:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- b:
			case <-ctx.Done():
				b.err = ctx.Err()
				close(b.done)
				return
			}
		}
	}()
	done := int64(0)
	for b := range order {
		<-b.done
		if b.err != nil {
			return b.err
		}
		for i, t := range b.tiles {
			if len(t.Gzip) == 0 {
				continue
			}
			z, x, y, _ := pmtiles.ZXY(b.ids[i])
			if err := out.add(ctx, maptile.New(x, y, maptile.Zoom(z)), t.Gzip); err != nil {
				return err
			}
			e.thinned += int64(t.Thinned)
		}
		done += int64(len(b.ids))
		e.progress.Tell("tiles", done, total)
	}
	return ctx.Err()
}

func (e *export) write(ctx context.Context, w *writer, ids []uint64) ([]*Tile, error) {
	ts := make([]*Tile, len(ids))
	for i, id := range ids {
		z, x, y, _ := pmtiles.ZXY(id)
		t, err := e.set.write(ctx, w, e.req, frameOf(maptile.New(x, y, maptile.Zoom(z))))
		if err != nil {
			return nil, err
		}
		t.Data = nil
		ts[i] = t
	}
	return ts, nil
}

type mbArchive struct {
	w       *mbtiles.Writer
	pending []mbtiles.Tile
}

func newMBTiles(ctx context.Context, file string) (*mbArchive, error) {
	w, err := mbtiles.Create(ctx, file)
	if err != nil {
		return nil, err
	}
	return &mbArchive{w: w}, nil
}

func (m *mbArchive) add(ctx context.Context, a maptile.Tile, zipped []byte) error {
	m.pending = append(m.pending, mbtiles.Tile{Z: uint8(a.Z), X: a.X, Y: a.Y, Data: zipped})
	if len(m.pending) < 1000 {
		return nil
	}
	return m.flush(ctx)
}

func (m *mbArchive) flush(ctx context.Context) error {
	err := m.w.BulkInsertTile(ctx, m.pending)
	m.pending = m.pending[:0]
	return err
}

func (m *mbArchive) finish(ctx context.Context, j *TileJSON) (tiles, unique int64, err error) {
	defer func() { err = errors.Join(err, m.w.Close()) }()
	if err := m.flush(ctx); err != nil {
		return 0, 0, err
	}
	if err := m.w.CreateTileIndex(ctx); err != nil {
		return 0, 0, err
	}
	layers, err := json.Marshal(map[string]any{"vector_layers": j.VectorLayers})
	if err != nil {
		return 0, 0, fmt.Errorf("tiles: metadata: %w", err)
	}
	num := func(v ...float64) string {
		s := make([]string, len(v))
		for i, f := range v {
			s[i] = strconv.FormatFloat(f, 'f', -1, 64)
		}
		return strings.Join(s, ",")
	}
	for _, kv := range [][2]string{
		{"name", j.Name},
		{"format", "pbf"},
		{"type", "overlay"},
		{"version", "1"},
		{"bounds", num(j.Bounds[:]...)},
		{"center", num(j.Center[:]...)},
		{"minzoom", strconv.Itoa(j.MinZoom)},
		{"maxzoom", strconv.Itoa(j.MaxZoom)},
		{"json", string(layers)},
	} {
		if err := m.w.InsertMetadata(ctx, kv[0], kv[1]); err != nil {
			return 0, 0, err
		}
	}
	return m.w.Counts(ctx)
}

func (m *mbArchive) abort() { m.w.Close() }

type pmArchive struct{ w *pmtiles.Writer }

func newPMTiles(file string) (*pmArchive, error) {
	w, err := pmtiles.Create(file)
	if err != nil {
		return nil, err
	}
	return &pmArchive{w}, nil
}

func (p *pmArchive) add(_ context.Context, a maptile.Tile, zipped []byte) error {
	return p.w.Add(uint8(a.Z), a.X, a.Y, zipped)
}

func (p *pmArchive) finish(_ context.Context, j *TileJSON) (tiles, unique int64, err error) {
	tiles, unique = p.w.Counts()
	return tiles, unique, p.w.Close(pmtiles.Info{
		MinZoom: uint8(j.MinZoom), MaxZoom: uint8(j.MaxZoom), Bounds: j.Bounds,
		Center: [2]float64{j.Center[0], j.Center[1]}, CenterZoom: uint8(j.Center[2]),
		Metadata: map[string]any{"name": j.Name, "type": "overlay", "version": "1", "vector_layers": j.VectorLayers},
	})
}

func (p *pmArchive) abort() { p.w.Abort() }
