package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/shelf"
	"wanmi/gis"
	"wanmi/tiles/archive"
	"wanmi/tiles/pmtiles"
)

const locations = "FILE is an MBTiles or PMTiles file, or the http(s) address of a PMTiles archive, which is read by ranges."

func (a *app) cmdTilesInfo() *cobra.Command {
	return &cobra.Command{
		Use:   "info FILE|URL",
		Short: "what an archive says of itself, its tiles per zoom and the largest of them",
		Long:  "Sizes are bytes as stored, compressed. " + locations,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			in, err := shelf.Open(c.Context(), args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			return a.tilesInfo(c.Context(), args[0], in)
		},
	}
}

// archiveInfo is what `tiles info --json` prints.
type archiveInfo struct {
	File        string          `json:"file"`
	Format      string          `json:"format"`
	Type        string          `json:"type"`
	Compression string          `json:"compression,omitempty"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Attribution string          `json:"attribution,omitempty"`
	Kind        string          `json:"kind,omitempty"`
	Version     string          `json:"version,omitempty"`
	MinZoom     int             `json:"minzoom"`
	MaxZoom     int             `json:"maxzoom"`
	Bounds      [4]float64      `json:"bounds"`
	Center      [3]float64      `json:"center"`
	Header      *pmtiles.Header `json:"header,omitempty"`
	Layers      json.RawMessage `json:"vector_layers,omitempty"`
	Other       any             `json:"other,omitempty"`
	*archive.Info
}

func (a *app) tilesInfo(ctx context.Context, name string, in archive.Archive) error {
	m := in.Meta()
	d, err := archive.Describe(ctx, in)
	if err != nil {
		return err
	}
	out := archiveInfo{
		File: name, Format: m.Format, Type: m.Type.String(), Name: m.Name, Description: m.Description, Attribution: m.Attribution, Kind: m.Kind,
		Version: m.Version, MinZoom: m.MinZoom, MaxZoom: m.MaxZoom, Bounds: m.Bounds, Center: m.Center, Header: m.Header, Layers: m.Layers, Info: d,
	}
	if m.Compression != pmtiles.UnknownCompression {
		out.Compression = m.Compression.String()
	}
	if len(m.Other) > 0 {
		out.Other = m.Other
	}
	if a.json {
		return a.printJSON(out)
	}
	w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	out.print(w)
	return w.Flush()
}

// print writes the description for people, columns separated by tabs.
func (o *archiveInfo) print(w io.Writer) {
	line := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	line("file", "%s", o.File)
	line("format", "%s, tiles %s %s", o.Format, o.Type, o.Compression)
	for _, kv := range [][2]string{
		{"name", o.Name}, {"description", o.Description}, {"attribution", o.Attribution}, {"kind", o.Kind}, {"version", o.Version},
	} {
		if kv[1] != "" {
			line(kv[0], "%s", kv[1])
		}
	}
	line("zooms", "%d to %d", o.MinZoom, o.MaxZoom)
	line("bounds", "%g,%g,%g,%g", o.Bounds[0], o.Bounds[1], o.Bounds[2], o.Bounds[3])
	line("center", "%g,%g,%g", o.Center[0], o.Center[1], o.Center[2])
	if h := o.Header; h != nil {
		line("header", "%d tiles, %d entries, %d contents, clustered %t", h.Addressed, h.Entries, h.Contents, h.Clustered)
		line("sections", "root %d, metadata %d, leaves %d, tiles %d bytes; directories %s", h.RootLength, h.MetadataLength, h.LeafLength, h.DataLength, h.InternalCompression)
	}
	var layers []struct {
		ID      string         `json:"id"`
		MinZoom *int           `json:"minzoom"`
		MaxZoom *int           `json:"maxzoom"`
		Fields  map[string]any `json:"fields"`
	}
	if o.Layers != nil && json.Unmarshal(o.Layers, &layers) == nil {
		for _, l := range layers {
			zooms := ""
			if l.MinZoom != nil && l.MaxZoom != nil {
				zooms = fmt.Sprintf(", zooms %d to %d", *l.MinZoom, *l.MaxZoom)
			}
			line("layer", "%s, %d fields%s", l.ID, len(l.Fields), zooms)
		}
	}
	fmt.Fprintf(w, "\nzoom\ttiles\tbytes\tmean\tlargest\n")
	for _, z := range o.Zooms {
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%d\n", z.Zoom, z.Tiles, z.Bytes, z.Mean, z.Largest)
	}
	fmt.Fprintf(w, "all\t%d\t%d\n\nbytes of a tile\ttiles\n", o.Tiles, o.Info.Bytes)
	for _, b := range o.Histogram {
		fmt.Fprintf(w, "%d to %d\t%d\n", b.From, b.To-1, b.Tiles)
	}
	fmt.Fprintf(w, "\nlargest\tbytes\n")
	for _, t := range o.Largest {
		fmt.Fprintf(w, "%s\t%d\n", t.Tile, t.Bytes)
	}
}

func (a *app) cmdTilesVerify() *cobra.Command {
	most := 0
	c := &cobra.Command{
		Use:   "verify FILE|URL",
		Short: "hold an archive against its specification, every tile of it too; exit 1 with faults",
		Long: `Looks at the header, the directories, the counts, the metadata and its vector_layers, at the integrity of the
database, and unpacks and decodes every tile (Mapbox Vector Tile 2.1). Each fault is one line; with --json one object. ` + locations,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := a.tilesVerify(c.Context(), args[0], most)
			if err != nil {
				return err
			}
			if n > 0 {
				a.say("%s: %d faults", args[0], n)
				return exitCode(1)
			}
			return a.result(map[string]any{"file": args[0], "faults": 0}, "%s: no fault", args[0])
		},
	}
	c.Flags().IntVar(&most, "most", 1000, "faults after which it ends; 0: never")
	return c
}

// tilesVerify prints the faults and counts them. An archive that cannot be opened at all has one.
func (a *app) tilesVerify(ctx context.Context, name string, most int) (int, error) {
	n := 0
	out := bufio.NewWriter(a.out)
	tell := func(s string) bool {
		n++
		if a.json {
			b, _ := json.Marshal(map[string]string{"file": name, "fault": s})
			s = string(b)
		}
		fmt.Fprintln(out, s)
		return n != most
	}
	in, err := shelf.Open(ctx, name)
	if gis.KindOf(err) == gis.Rejected {
		tell(err.Error())
		return n, out.Flush()
	}
	if err != nil {
		return 0, err
	}
	defer in.Close()
	err = archive.Verify(ctx, in, tell)
	return n, errors.Join(err, out.Flush())
}

// windowFlags are the flags that choose tiles.
type windowFlags struct {
	bbox             string
	minZoom, maxZoom int
}

func (f *windowFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.bbox, "bbox", "", "only tiles that meet west,south,east,north (degrees)")
	fl.IntVar(&f.minZoom, "minzoom", 0, "smallest zoom")
	fl.IntVar(&f.maxZoom, "maxzoom", 31, "largest zoom")
}

func (f *windowFlags) window() (archive.Window, error) {
	bound, err := optionalBBox(f.bbox)
	if err != nil {
		return archive.Window{}, err
	}
	if f.minZoom < 0 || f.maxZoom > 31 || f.minZoom > f.maxZoom {
		return archive.Window{}, usageError{fmt.Errorf("zooms %d to %d: from 0 to 31, the smaller first", f.minZoom, f.maxZoom)}
	}
	return archive.Window{MinZoom: uint8(f.minZoom), MaxZoom: uint8(f.maxZoom), Bound: bound}, nil
}

func (a *app) cmdTilesDiff() *cobra.Command {
	var f windowFlags
	var list string
	c := &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: "tiles added, removed and changed between two archives, per zoom; exit 1 when there are any",
		Long:  "Contents are compared unpacked, so archives of different formats and compressions can be compared. " + locations,
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := f.window()
			if err != nil {
				return err
			}
			before, err := shelf.Open(c.Context(), args[0])
			if err != nil {
				return err
			}
			defer before.Close()
			after, err := shelf.Open(c.Context(), args[1])
			if err != nil {
				return err
			}
			defer after.Close()
			return a.tilesDiff(c.Context(), before, after, w, list)
		},
	}
	f.add(c)
	c.Flags().StringVar(&list, "list", "", "write the tiles that differ to this GeoJSON file")
	return c
}

func (a *app) tilesDiff(ctx context.Context, before, after archive.Archive, w archive.Window, list string) (err error) {
	var each func(archive.Change) error
	if list != "" {
		var end func() error
		if each, end, err = changeList(list); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, end()) }()
	}
	zooms, err := archive.Diff(ctx, before, after, w, each)
	if err != nil {
		return err
	}
	differ := int64(0)
	for _, z := range zooms {
		differ += z.Added + z.Removed + z.Changed
	}
	if a.json {
		err = a.printJSON(map[string]any{"zooms": zooms, "differ": differ})
	} else {
		tw := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(tw, "zoom\tadded\tremoved\tchanged\tsame")
		for _, z := range zooms {
			fmt.Fprintf(tw, "%d\t%d\t%d\t%d\t%d\n", z.Zoom, z.Added, z.Removed, z.Changed, z.Same)
		}
		err = tw.Flush()
	}
	if err == nil && differ > 0 {
		err = exitCode(1)
	}
	return err
}

// changeList writes changes as a GeoJSON FeatureCollection of the tiles' squares.
func changeList(file string) (each func(archive.Change) error, end func() error, err error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, nil, gis.E(gis.Invalid, err, "cannot write %s", file)
	}
	w := bufio.NewWriter(f)
	sep := `{"type":"FeatureCollection","features":[`
	each = func(c archive.Change) error {
		b := maptile.New(c.X, c.Y, maptile.Zoom(c.Z)).Bound()
		_, err := fmt.Fprintf(w, "%s\n"+`{"type":"Feature","properties":{"tile":"%d/%d/%d","what":%q,"bytes_before":%d,"bytes_after":%d},"geometry":{"type":"Polygon","coordinates":[[%s]]}}`,
			sep, c.Z, c.X, c.Y, c.What, c.Before, c.After, square(b))
		sep = ","
		return err
	}
	return each, func() error {
		if sep == "," {
			sep = ""
		}
		fmt.Fprintln(w, sep+"\n]}")
		return errors.Join(w.Flush(), f.Close())
	}, nil
}

func square(b orb.Bound) string {
	var parts []string
	for _, p := range []orb.Point{b.Min, {b.Max[0], b.Min[1]}, b.Max, {b.Min[0], b.Max[1]}, b.Min} {
		parts = append(parts, fmt.Sprintf("[%.7f,%.7f]", p[0], p[1]))
	}
	return strings.Join(parts, ",")
}

func (a *app) cmdTilesExtract() *cobra.Command {
	var f windowFlags
	var layers []string
	c := &cobra.Command{
		Use:   "extract IN OUT",
		Short: "write a part of an archive to another, of either format",
		Long: `Tiles keep their bytes but where --layers leaves layers out of them, or where the other format wants gzip.
Of a server's archive only the parts that are wanted are fetched. IN: ` + locations,
		Example: `  wanmi tiles extract city.pmtiles city.mbtiles
  wanmi tiles extract city.mbtiles 城区.pmtiles --bbox 116.95,35.38,117.02,35.43 --layers unit_grid,road`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			w, err := f.window()
			if err != nil {
				return err
			}
			if same(args[0], args[1]) {
				return usageError{errors.New("IN and OUT are the same file")}
			}
			in, err := shelf.Open(c.Context(), args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			p, end := a.progress()
			defer end()
			res, err := archive.Extract(c.Context(), in, args[1], archive.ExtractOptions{Window: w, Layers: layers, Progress: p})
			if err != nil {
				return err
			}
			end()
			return a.result(res, "%d tiles (%d different), %d bytes written to %s", res.Tiles, res.Unique, res.Bytes, res.File)
		},
	}
	f.add(c)
	c.Flags().StringSliceVar(&layers, "layers", nil, "layers, separated by commas (default: all)")
	return c
}

// same reports whether two names are one file.
func same(a, b string) bool {
	sa, err := os.Stat(a)
	if err != nil {
		return false
	}
	sb, err := os.Stat(b)
	return err == nil && os.SameFile(sa, sb) || filepath.Clean(a) == filepath.Clean(b)
}
