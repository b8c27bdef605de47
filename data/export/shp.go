package export

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// The shape types of a Shapefile that are written.
const (
	shapeNull     = 0
	shapePoint    = 1
	shapePolyline = 3
	shapePolygon  = 5
)

const (
	shpHeader = 100
	shpLimit  = 1<<31 - 1 // what most readers take, the format itself twice as much
)

// prjCGCS2000 is EPSG:4490 as Esri spells it.
const prjCGCS2000 = `GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],` +
	`PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`

// writeShapefile writes .shp .shx .dbf .prj .cpg, text in UTF-8. A Shapefile holds one type of geometry: a layer of any
// becomes a set of files for each type there is. Several points of one feature become as many records.
func writeShapefile(_ context.Context, dir, base string, l *gis.Layer, feats iter.Seq2[gis.Feature, error]) (err error) {
	if l.Geom == gis.NoGeom {
		return gis.E(gis.Invalid, nil, "layer %s has no geometry; write csv or xlsx instead", l.Name)
	}
	files := map[gis.GeomType]*shapefile{}
	defer func() {
		for _, s := range files {
			err = errors.Join(err, s.close(err == nil))
		}
	}()
	file := func(t gis.GeomType) (*shapefile, error) {
		if s, ok := files[t]; ok {
			return s, nil
		}
		name := base
		if l.Geom == gis.Any {
			name += "_" + t.String()
		}
		s, err := newShapefile(filepath.Join(dir, name), l, t)
		if err == nil {
			files[t] = s
		}
		return s, err
	}
	first := l.Geom
	if first == gis.Any {
		first = gis.Point
	}
	for f, err := range feats {
		if err != nil {
			return err
		}
		s, err := file(shapeOf(f.Geom, first))
		if err != nil {
			return err
		}
		if err := s.write(f); err != nil {
			return err
		}
	}
	if len(files) == 0 {
		_, err := file(first) // an empty layer is a file without records
		return err
	}
	return nil
}

// shapeOf returns the type of file g goes to, none for features without geometry.
func shapeOf(g orb.Geometry, none gis.GeomType) gis.GeomType {
	switch g.(type) {
	case orb.Point, orb.MultiPoint:
		return gis.Point
	case orb.LineString, orb.MultiLineString:
		return gis.Line
	case orb.Polygon, orb.MultiPolygon:
		return gis.Polygon
	}
	return none
}

// shapefile is one set of files being written.
type shapefile struct {
	path     string // without suffix
	kind     gis.GeomType
	shp, shx *os.File
	out, idx *bufio.Writer
	size     int64 // bytes of the .shp so far
	records  int32
	bound    orb.Bound
	filled   bool
	table    *dbf
	buf      []byte
}

func newShapefile(path string, l *gis.Layer, kind gis.GeomType) (*shapefile, error) {
	s := &shapefile{path: path, kind: kind, size: shpHeader}
	var err error
	if s.shp, err = os.Create(path + ".shp"); err != nil {
		return nil, err
	}
	if s.shx, err = os.Create(path + ".shx"); err == nil {
		s.table, err = newDBF(path, l)
	}
	if err != nil {
		s.shp.Close()
		s.shx.Close()
		return nil, err
	}
	s.out, s.idx = bufio.NewWriterSize(s.shp, 1<<16), bufio.NewWriterSize(s.shx, 1<<16)
	var head [shpHeader]byte
	s.out.Write(head[:]) // the real ones are written by close
	s.idx.Write(head[:])
	return s, nil
}

// write appends f; its geometry is of the kind of s, or none.
func (s *shapefile) write(f gis.Feature) error {
	if points, ok := f.Geom.(orb.MultiPoint); ok {
		for _, p := range points {
			g := f
			g.Geom = p
			if err := s.write(g); err != nil {
				return err
			}
		}
		return nil
	}
	s.buf = appendShape(s.buf[:0], f.Geom)
	if f.Geom != nil {
		b := f.Geom.Bound()
		if !s.filled {
			s.bound, s.filled = b, true
		}
		s.bound = s.bound.Union(b)
	}
	words := int32(len(s.buf) / 2)
	var head [8]byte
	binary.BigEndian.PutUint32(head[:], uint32(s.size/2))
	binary.BigEndian.PutUint32(head[4:], uint32(words))
	if _, err := s.idx.Write(head[:]); err != nil {
		return err
	}
	s.records++
	binary.BigEndian.PutUint32(head[:], uint32(s.records))
	if _, err := s.out.Write(head[:]); err != nil {
		return err
	}
	if _, err := s.out.Write(s.buf); err != nil {
		return err
	}
	s.size += int64(len(head) + len(s.buf))
	if s.size > shpLimit {
		return gis.E(gis.TooLarge, nil, "a Shapefile holds 2 GB; write gpkg instead")
	}
	return s.table.write(f)
}

// appendShape appends the content of a record: the shape type and the shape.
func appendShape(buf []byte, g orb.Geometry) []byte {
	switch g := g.(type) {
	case orb.Point:
		return appendXY(binary.LittleEndian.AppendUint32(buf, shapePoint), g)
	case orb.LineString:
		return appendParts(buf, shapePolyline, g.Bound(), [][]orb.Point{g})
	case orb.MultiLineString:
		parts := make([][]orb.Point, len(g))
		for i := range g {
			parts[i] = g[i]
		}
		return appendParts(buf, shapePolyline, g.Bound(), parts)
	case orb.Polygon:
		return appendParts(buf, shapePolygon, g.Bound(), clockwise(nil, g))
	case orb.MultiPolygon:
		var parts [][]orb.Point
		for _, p := range g {
			parts = clockwise(parts, p)
		}
		return appendParts(buf, shapePolygon, g.Bound(), parts)
	}
	return binary.LittleEndian.AppendUint32(buf, shapeNull)
}

// clockwise appends the rings of p as a Shapefile turns them: outer rings clockwise, holes the other way.
func clockwise(parts [][]orb.Point, p orb.Polygon) [][]orb.Point {
	for i, r := range p {
		parts = append(parts, wound(r, i == 0, orb.CW))
	}
	return parts
}

func appendParts(buf []byte, typ uint32, b orb.Bound, parts [][]orb.Point) []byte {
	points := 0
	for _, p := range parts {
		points += len(p)
	}
	buf = binary.LittleEndian.AppendUint32(buf, typ)
	buf = appendXY(appendXY(buf, b.Min), b.Max)
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(parts)))
	buf = binary.LittleEndian.AppendUint32(buf, uint32(points))
	start := 0
	for _, p := range parts {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(start))
		start += len(p)
	}
	for _, part := range parts {
		for _, p := range part {
			buf = appendXY(buf, p)
		}
	}
	return buf
}

func appendXY(buf []byte, p orb.Point) []byte {
	buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(p[0]))
	return binary.LittleEndian.AppendUint64(buf, math.Float64bits(p[1]))
}

// close ends the files; complete says whether they are to be whole or are thrown away.
func (s *shapefile) close(complete bool) error {
	var errs []error
	if complete {
		errs = append(errs, s.out.Flush(), s.idx.Flush(),
			s.header(s.shp, s.size), s.header(s.shx, shpHeader+8*int64(s.records)),
			os.WriteFile(s.path+".prj", []byte(prjCGCS2000), 0o644), os.WriteFile(s.path+".cpg", []byte("UTF-8"), 0o644))
	}
	return errors.Join(append(errs, s.table.close(complete), s.shp.Close(), s.shx.Close())...)
}

// header writes the header of a .shp or .shx of size bytes.
func (s *shapefile) header(w io.WriterAt, size int64) error {
	types := map[gis.GeomType]uint32{gis.Point: shapePoint, gis.Line: shapePolyline, gis.Polygon: shapePolygon}
	h := binary.BigEndian.AppendUint32(nil, 9994)
	h = append(h, make([]byte, 20)...)
	h = binary.BigEndian.AppendUint32(h, uint32(size/2))
	h = binary.LittleEndian.AppendUint32(h, 1000)
	h = binary.LittleEndian.AppendUint32(h, types[s.kind])
	h = appendXY(appendXY(h, s.bound.Min), s.bound.Max)
	h = append(h, make([]byte, shpHeader-len(h))...)
	_, err := w.WriteAt(h, 0)
	return err
}
