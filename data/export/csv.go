package export

import (
	"bufio"
	"context"
	"encoding/csv"
	"iter"
	"path/filepath"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// writeCSV writes UTF-8 without a byte order mark, the fields' names as head. Points have the columns longitude and
// latitude, lines and polygons wkt; a layer of any geometry has all three, the first two filled for points only.
func writeCSV(_ context.Context, dir, base string, l *gis.Layer, feats iter.Seq2[gis.Feature, error]) error {
	return writeText(filepath.Join(dir, base+".csv"), func(buf *bufio.Writer) error {
		w := csv.NewWriter(buf)
		row := columns(l)
		if err := w.Write(row); err != nil {
			return err
		}
		for f, err := range feats {
			if err != nil {
				return err
			}
			row = row[:0]
			if l.Key == "" {
				row = append(row, f.Key)
			}
			for _, field := range l.Fields {
				row = append(row, f.Text(field.Name))
			}
			if err := w.Write(append(row, place(l.Geom, f.Geom)...)); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	})
}

// columns returns the names of what a table of l shows: the key where it is no field, the fields, the place.
func columns(l *gis.Layer) []string {
	var names []string
	if l.Key == "" {
		names = append(names, "key")
	}
	for _, f := range l.Fields {
		names = append(names, f.Name)
	}
	return append(names, placeColumns(l.Geom)...)
}

func placeColumns(t gis.GeomType) []string {
	switch t {
	case gis.NoGeom:
		return nil
	case gis.Point:
		return []string{"longitude", "latitude"}
	case gis.Any:
		return []string{"longitude", "latitude", "wkt"}
	}
	return []string{"wkt"}
}

// place returns the cells under placeColumns.
func place(t gis.GeomType, g orb.Geometry) []string {
	p, isPoint := g.(orb.Point)
	switch {
	case t == gis.NoGeom:
		return nil
	case t == gis.Point && isPoint:
		return []string{degrees(p[0]), degrees(p[1])}
	case t == gis.Point:
		return []string{"", ""}
	case t == gis.Any && isPoint:
		return []string{degrees(p[0]), degrees(p[1]), wellKnown(g)}
	case t == gis.Any:
		return []string{"", "", wellKnown(g)}
	}
	return []string{wellKnown(g)}
}

// wellKnown returns g as WKT with the decimals of the text formats, "" for nil.
func wellKnown(g orb.Geometry) string {
	if g == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(strings.ToUpper(g.GeoJSONType()) + " ")
	switch g := g.(type) {
	case orb.Point:
		wktPoints(&b, []orb.Point{g})
	case orb.MultiPoint:
		wktList(&b, len(g), func(i int) { wktPoints(&b, g[i:i+1]) })
	case orb.LineString:
		wktPoints(&b, g)
	case orb.MultiLineString:
		wktList(&b, len(g), func(i int) { wktPoints(&b, g[i]) })
	case orb.Polygon:
		wktPolygon(&b, g)
	case orb.MultiPolygon:
		wktList(&b, len(g), func(i int) { wktPolygon(&b, g[i]) })
	}
	return b.String()
}

func wktPolygon(b *strings.Builder, p orb.Polygon) {
	wktList(b, len(p), func(i int) { wktPoints(b, p[i]) })
}

func wktPoints(b *strings.Builder, pts []orb.Point) {
	wktList(b, len(pts), func(i int) {
		b.WriteString(degrees(pts[i][0]) + " " + degrees(pts[i][1]))
	})
}

func wktList(b *strings.Builder, n int, item func(i int)) {
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		item(i)
	}
	b.WriteByte(')')
}
