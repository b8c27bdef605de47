package export

import (
	"bufio"
	"context"
	"encoding/json"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// decimals of a degree in the text formats: a tenth of a millimetre.
const decimals = 9

func writeGeoJSON(_ context.Context, dir, base string, l *gis.Layer, feats iter.Seq2[gis.Feature, error]) error {
	head := `{"type":"FeatureCollection","name":` + jsonText(l.Name) + `,"features":[` + "\n"
	return writeJSON(filepath.Join(dir, base+".geojson"), head, ",\n", "\n]}\n", feats)
}

func writeGeoJSONLines(_ context.Context, dir, base string, _ *gis.Layer, feats iter.Seq2[gis.Feature, error]) error {
	return writeJSON(filepath.Join(dir, base+".geojsonl"), "", "\n", "", feats)
}

// writeJSON writes head, the features with between in between, and tail.
func writeJSON(path, head, between, tail string, feats iter.Seq2[gis.Feature, error]) error {
	return writeText(path, func(w *bufio.Writer) error {
		w.WriteString(head)
		var buf []byte
		first := true
		for f, err := range feats {
			if err != nil {
				return err
			}
			if !first {
				w.WriteString(between)
			}
			first = false
			buf = appendFeature(buf[:0], f)
			if _, err := w.Write(buf); err != nil {
				return err
			}
		}
		if between == "\n" && !first { // the last line ends too
			w.WriteString("\n")
		}
		_, err := w.WriteString(tail)
		return err
	})
}

// writeText makes the file and hands write a buffered writer for it, whose errors come up at the latest at the end.
func writeText(path string, write func(w *bufio.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<16)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

// appendFeature appends f as RFC 7946 has it: the key as id, outer rings counter-clockwise. Fields of JSON stand as what they say.
func appendFeature(buf []byte, f gis.Feature) []byte {
	buf = append(buf, `{"type":"Feature","id":`...)
	buf = append(buf, jsonText(f.Key)...)
	buf = append(buf, `,"geometry":`...)
	buf = appendGeometry(buf, f.Geom)
	buf = append(buf, `,"properties":{`...)
	if f.Layer.Key == "" {
		buf = append(append(buf, `"key":`...), jsonText(f.Key)...)
		buf = append(buf, ',')
	}
	for i, field := range f.Layer.Fields {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(append(buf, jsonText(field.Name)...), ':')
		buf = appendValue(buf, field, f.Values[i])
	}
	return append(buf, `}}`...)
}

func appendValue(buf []byte, field gis.Field, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(buf, "null"...)
	case int64:
		return strconv.AppendInt(buf, v, 10)
	case float64:
		return strconv.AppendFloat(buf, v, 'g', -1, 64)
	case bool:
		return strconv.AppendBool(buf, v)
	case string:
		if field.Type == gis.JSON && json.Valid([]byte(v)) {
			return append(buf, strings.NewReplacer("\n", " ", "\r", " ").Replace(v)...) // line breaks stand between tokens only
		}
		return append(buf, jsonText(v)...)
	}
	return append(buf, "null"...)
}

func jsonText(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

func appendGeometry(buf []byte, g orb.Geometry) []byte {
	if g == nil {
		return append(buf, "null"...)
	}
	buf = append(append(append(buf, `{"type":"`...), g.GeoJSONType()...), `","coordinates":`...)
	switch g := g.(type) {
	case orb.Point:
		buf = appendPosition(buf, g)
	case orb.MultiPoint:
		buf = appendPositions(buf, g)
	case orb.LineString:
		buf = appendPositions(buf, g)
	case orb.MultiLineString:
		buf = appendList(buf, len(g), func(buf []byte, i int) []byte { return appendPositions(buf, g[i]) })
	case orb.Polygon:
		buf = appendPolygon(buf, g)
	case orb.MultiPolygon:
		buf = appendList(buf, len(g), func(buf []byte, i int) []byte { return appendPolygon(buf, g[i]) })
	default: // a store holds nothing else
		return append(buf, `[]}`...)
	}
	return append(buf, '}')
}

func appendPolygon(buf []byte, p orb.Polygon) []byte {
	return appendList(buf, len(p), func(buf []byte, i int) []byte {
		return appendPositions(buf, wound(p[i], i == 0, orb.CCW))
	})
}

// wound returns r turning the way outer rings turn, or the other when it is a hole. It does not touch r.
func wound(r orb.Ring, outer bool, way orb.Orientation) orb.Ring {
	if !outer {
		way = -way
	}
	if o := r.Orientation(); o == 0 || o == way {
		return r
	}
	r = r.Clone()
	r.Reverse()
	return r
}

func appendPositions(buf []byte, pts []orb.Point) []byte {
	return appendList(buf, len(pts), func(buf []byte, i int) []byte { return appendPosition(buf, pts[i]) })
}

func appendList(buf []byte, n int, item func([]byte, int) []byte) []byte {
	buf = append(buf, '[')
	for i := range n {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = item(buf, i)
	}
	return append(buf, ']')
}

func appendPosition(buf []byte, p orb.Point) []byte {
	buf = appendDegrees(append(buf, '['), p[0])
	buf = appendDegrees(append(buf, ','), p[1])
	return append(buf, ']')
}

// appendDegrees appends v with up to nine decimals and no zeros at the end.
func appendDegrees(buf []byte, v float64) []byte {
	start := len(buf)
	buf = strconv.AppendFloat(buf, v, 'f', decimals, 64)
	for buf[len(buf)-1] == '0' {
		buf = buf[:len(buf)-1]
	}
	if buf[len(buf)-1] == '.' {
		buf = buf[:len(buf)-1]
	}
	if string(buf[start:]) == "-0" {
		return append(buf[:start], '0')
	}
	return buf
}

func degrees(v float64) string { return string(appendDegrees(nil, v)) }
