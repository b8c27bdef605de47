package tiles

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/tiles/archive"
	"wanmi/tiles/pmtiles"
)

// ExportOptions choose what goes into an archive.
type ExportOptions struct {
	Name             string    // the archive's name in its metadata; "" wanmi
	Layers           []string  // none: every layer of the catalogue, derived ones too
	MinZoom, MaxZoom int       // MaxZoom 0: the deepest of the layers
	Bound            orb.Bound // tiles that touch it; the zero Bound: all
	Attribution      string    // whose data it is; "" is left out
	Threads          int       // 0: all cores
	// State names what the Set was made of: the database, its generation, the program. An export that was broken off goes on where it
	// stopped when State, the other options and the places of the features are the same. "": nothing is kept of one broken off.
	State    string
	Progress gis.Progress
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
	Resumed  int64         `json:"resumed"` // tiles taken over from an export that was broken off
	Duration time.Duration `json:"-"`
}

// Export writes an archive of s: MBTiles or PMTiles by the suffix of file. Tiles are those a server of the Set would give, compressed; empty
// ones, and those that only the buffer of a neighbour reaches into, are not written. The same Set and options give the same bytes, also when the
// export was broken off and taken up again. file appears when it is complete; one that was there before is replaced only then.
//
// In memory stand the numbers of the tiles (8 bytes each, 16 while they are gathered) and what [pmtiles.Writer] and, for MBTiles,
// [mbtiles.Writer] keep.
func Export(ctx context.Context, s *Set, file string, o ExportOptions) (res ExportResult, err error) {
	start := time.Now()
	res.File = file
	e, err := s.plan(o)
	if err != nil {
		return res, err
	}
	ids, err := e.addresses(ctx)
	if err != nil {
		return res, err
	}
	out, err := e.open(file, o.State, ids)
	if err != nil {
		return res, err
	}
	defer func() {
		if n, _ := out.Counts(); n > 0 && err != nil && o.State != "" {
			err = errors.Join(err, out.Suspend())
			return
		}
		out.Abort() // after Finish it does nothing
	}()
	res.Resumed, _ = out.Counts()
	if err := e.run(ctx, out, ids); err != nil {
		return res, err
	}
	if res.Tiles, res.Unique = out.Counts(); res.Tiles == 0 {
		return res, gis.E(gis.Invalid, nil, "archive %s: there is no tile in what was chosen", file)
	}
	least, deepest := out.Zooms()
	m, err := e.meta(int(least), int(deepest))
	if err != nil {
		return res, err
	}
	thinned := out.Notes()
	if err := out.Finish(ctx, m, o.Progress); err != nil {
		return res, err
	}
	st, err := os.Stat(file)
	if err != nil {
		return res, fmt.Errorf("tiles: export: %w", err)
	}
	res.Bytes, res.Thinned, res.Duration = st.Size(), int64(thinned), time.Since(start)
	res.MinZoom, res.MaxZoom = e.json.MinZoom, e.json.MaxZoom
	for _, l := range e.req.layers {
		res.Layers = append(res.Layers, l.rule.Name)
	}
	return res, nil
}

// open starts the archive, or goes on with one of the same state, options and addresses.
func (e *export) open(file, state string, ids []uint64) (*archive.Writer, error) {
	if state == "" {
		return archive.Create(file)
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%d\n%+v\n", state, e.req.spec, e.set.cfg.MaxBytes, *e.json)
	for _, l := range e.req.layers {
		fmt.Fprintf(h, "%+v\n", *l.rule)
	}
	var b [8]byte
	for _, id := range ids {
		binary.LittleEndian.PutUint64(b[:], id)
		h.Write(b[:])
	}
	return archive.Resume(file, [32]byte(h.Sum(nil)))
}

// meta is what the archive says of itself. Its zooms are those that have tiles.
func (e *export) meta(least, deepest int) (archive.Meta, error) {
	j := e.json
	j.MinZoom, j.MaxZoom = max(j.MinZoom, least), min(j.MaxZoom, deepest)
	j.Center[2] = min(max(j.Center[2], float64(j.MinZoom)), float64(j.MaxZoom))
	here := []VectorLayer{}
	for _, v := range j.VectorLayers {
		if v.MinZoom, v.MaxZoom = max(v.MinZoom, j.MinZoom), j.MaxZoom; v.MinZoom <= v.MaxZoom {
			here = append(here, v)
		}
	}
	layers, err := json.Marshal(here)
	if err != nil {
		return archive.Meta{}, fmt.Errorf("tiles: metadata: %w", err)
	}
	return archive.Meta{
		Name: j.Name, Kind: "overlay", Version: "1", Attribution: e.attribution, Type: pmtiles.MVT, Compression: pmtiles.Gzip,
		Description: "Wanmi: " + strings.TrimSuffix(strings.ReplaceAll(e.req.spec, ",", ", "), ", "),
		MinZoom:     j.MinZoom, MaxZoom: j.MaxZoom, Bounds: j.Bounds, Center: j.Center, Layers: layers,
	}, nil
}

// export is an archive to be written.
type export struct {
	set      *Set
	req      request
	json     *TileJSON
	bound    box
	threads  int
	progress gis.Progress

	attribution string
}

func (s *Set) plan(o ExportOptions) (*export, error) {
	names := o.Layers
	if len(names) == 0 {
		for i := range s.cfg.Layers {
			names = append(names, s.cfg.Layers[i].Name)
		}
	}
	infos, err := s.Infos(names)
	if err != nil {
		return nil, err
	}
	e := &export{set: s, json: &TileJSON{TileJSON: "3.0.0", Name: cmp.Or(o.Name, "wanmi"), Scheme: "xyz"}, progress: o.Progress, attribution: o.Attribution}
	if e.req, err = s.request(names, TileOptions{}); err != nil {
		return nil, err
	}
	e.json.describe(infos)
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
	if e.threads = o.Threads; e.threads <= 0 {
		e.threads = runtime.GOMAXPROCS(0)
	}
	return e, nil
}
