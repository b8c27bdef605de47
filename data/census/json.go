package census

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"wanmi/gis/crs"
)

// jsonReader reads a FeatureCollection, a sequence of features, or an array or sequence of plain objects.
// Opening it reads the file once: only then are all columns known, and the crs member, which may stand last.
type jsonReader struct {
	src     stream
	limits  Limits
	shape   jsonShape
	path    []string // of a holder: the members that lead to the array of rows
	columns []string
	index   map[string]int
	crs     crs.CRS
	crsHow  string
	values  []string
}

type jsonShape uint8

const (
	collection jsonShape = iota // {"type":"FeatureCollection","features":[...]}
	array                       // [...] of features or plain objects
	sequence                    // values one after another
	holder                      // {"data":[...]}, {"result":{"results":[...]}}: an object with an array of objects in it
)

func openJSON(src stream, opt ReadOptions) (Reader, error) {
	src, err := utf8Stream(src, opt.Encoding)
	if err != nil {
		return nil, err
	}
	j := &jsonReader{src: src, limits: opt.Limits, index: map[string]int{}}
	if err := j.sniff(); err != nil {
		return nil, err
	}
	n := 0
	for row, err := range j.raw() {
		if err != nil {
			return nil, err
		}
		n++
		_ = row.members(func(k string, _ []byte) { j.addColumn(k) })
	}
	if n == 0 {
		return nil, refuse(src.name, nil, "holds no rows")
	}
	j.values = make([]string, len(j.columns))
	return j, nil
}

// utf8Stream decodes JSON that is not UTF-8, against the standard but met with.
func utf8Stream(src stream, name string) (stream, error) {
	if name == "" {
		head, err := src.head(1 << 16)
		if err != nil {
			return src, refuse(src.name, err, "cannot be read")
		}
		name = sniffEncoding(head)
	}
	if name == "utf-8" {
		return src, nil
	}
	raw := src.open
	src.open = func() (io.ReadCloser, error) {
		r, err := raw()
		if err != nil {
			return nil, err
		}
		text, err := decode(r, name)
		if err != nil {
			r.Close()
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{text, r}, nil
	}
	return src, nil
}

func (j *jsonReader) addColumn(name string) {
	if _, ok := j.index[name]; !ok && len(j.columns) < 2000 {
		j.index[name] = len(j.columns)
		j.columns = append(j.columns, columnName(name, len(j.columns)))
	}
}

// sniff tells the shapes apart by the beginning.
func (j *jsonReader) sniff() error {
	r, err := j.src.open()
	if err != nil {
		return refuse(j.src.name, err, "cannot be read")
	}
	defer r.Close()
	s := newJSONScanner(r, j.limits.RowBytes)
	b, err := s.peek()
	switch {
	case err != nil:
		return refuse(j.src.name, err, "holds no JSON")
	case b == '[':
		j.shape = array
		return nil
	}
	if err := s.take('{'); err != nil {
		return refuse(j.src.name, err, "%v", err)
	}
	var arrays []jsonArray
	switch err := s.outline(nil, &arrays); {
	case errors.Is(err, errFeatures):
		j.shape = collection
		return nil
	case errors.Is(err, errFeature):
		j.shape = sequence
		return nil
	case err != nil:
		return refuse(j.src.name, err, "%v", err)
	}
	j.shape = sequence
	if _, err := s.peek(); !errors.Is(err, io.EOF) { // another value follows: rows that hold arrays of their own
		return nil
	}
	most := 0
	for _, a := range arrays {
		if a.objects > most {
			j.shape, j.path, most = holder, a.path, a.objects
		}
	}
	return nil
}

// rawRow is one feature or object as bytes.
type rawRow struct {
	num     int64
	raw     []byte
	feature bool
	props   []byte
	geom    []byte
	esri    bool // attributes and geometry as ArcGIS writes them
	id      string
	err     error
}

func parseRaw(num int64, raw []byte) rawRow {
	r := rawRow{num: num, raw: raw}
	kind := ""
	var attributes []byte
	r.err = walkObject(raw, func(k string, v []byte) {
		switch k {
		case "type":
			kind = jsonText(v)
		case "properties":
			r.props = v
		case "attributes":
			r.esri = len(v) > 0 && v[0] == '{'
			attributes = v
		case "geometry":
			r.geom = v
		case "id":
			r.id = jsonText(v)
		}
	})
	if r.esri = r.esri && kind == "" && r.props == nil; r.esri {
		r.props = attributes
	}
	r.feature = kind == "Feature" || r.esri
	return r
}

// members walks the properties, or the object itself when it is no feature.
func (r rawRow) members(fn func(string, []byte)) error {
	if r.err != nil {
		return r.err
	}
	if !r.feature {
		return walkObject(r.raw, func(k string, v []byte) {
			if len(v) > 0 && v[0] == '{' {
				if k == "geometry" {
					return
				}
				_ = walkObject(v, func(inner string, v []byte) { // {"position":{"lon":121.5,"lat":25.0}}
					if axisHeading(normalHeading(inner)) {
						fn(k+"."+inner, v)
					}
				})
			}
			fn(k, v)
		})
	}
	if r.id != "" {
		fn("@id", []byte(r.id))
	}
	if len(r.props) == 0 || string(r.props) == "null" {
		return nil
	}
	return walkObject(r.props, fn)
}

// raw cuts the file into features or objects; the bytes are valid until the next one.
func (j *jsonReader) raw() iter.Seq2[rawRow, error] {
	return func(yield func(rawRow, error) bool) {
		f, err := j.src.open()
		if err != nil {
			yield(rawRow{}, refuse(j.src.name, err, "cannot be read"))
			return
		}
		defer f.Close()
		s := newJSONScanner(f, j.limits.RowBytes)
		num := int64(0)
		stop := errors.New("stop")
		one := func() error {
			num++
			v, err := s.value()
			if err != nil {
				return fmt.Errorf("row %d: %w", num, err)
			}
			if !yield(parseRaw(num, v), nil) {
				return stop
			}
			return nil
		}
		switch j.shape {
		case array:
			if err = s.take('['); err == nil {
				err = each(s, ']', one)
			}
		case sequence:
			for err == nil {
				if _, err = s.peek(); errors.Is(err, io.EOF) {
					return
				} else if err == nil {
					err = one()
				}
			}
		case holder:
			err = j.inner(s, j.path, one)
		default:
			err = j.top(s, one)
		}
		if err != nil && !errors.Is(err, stop) {
			yield(rawRow{}, refuse(j.src.name, err, "is not whole JSON: %v", err))
		}
	}
}

func each(s *jsonScanner, end byte, one func() error) error {
	for first := true; ; first = false {
		more, err := s.next(end, first)
		if err != nil || !more {
			return err
		}
		if err := one(); err != nil {
			return err
		}
	}
}

// top walks the members of the outermost object: the rows, and the crs.
func (j *jsonReader) top(s *jsonScanner, one func() error) error {
	if err := s.take('{'); err != nil {
		return err
	}
	return each(s, '}', func() error {
		key, err := s.key()
		if err != nil {
			return err
		}
		b, err := s.peek()
		if err != nil {
			return cut(err)
		}
		if b == '[' && key == "features" {
			if err := s.take('['); err != nil {
				return err
			}
			return each(s, ']', one)
		}
		v, err := s.value()
		switch {
		case err != nil || j.crsHow != "":
		case key == "crs":
			j.readCRS(v)
		case key == "spatialReference":
			j.readReference(v)
		}
		return err
	})
}

// inner walks down the path to the array of rows.
func (j *jsonReader) inner(s *jsonScanner, path []string, one func() error) error {
	if err := s.take('{'); err != nil {
		return err
	}
	return each(s, '}', func() error {
		key, err := s.key()
		if err != nil {
			return err
		}
		b, err := s.peek()
		if err != nil {
			return cut(err)
		}
		switch {
		case key == path[0] && len(path) == 1 && b == '[':
			if err := s.take('['); err != nil {
				return err
			}
			return each(s, ']', one)
		case key == path[0] && len(path) > 1 && b == '{':
			return j.inner(s, path[1:], one)
		}
		_, err = s.value()
		return err
	})
}

// readCRS understands the crs member of old GeoJSON: {"type":"name","properties":{"name":"urn:..."}}.
func (j *jsonReader) readCRS(raw []byte) {
	name := ""
	_ = walkObject(raw, func(k string, v []byte) {
		if k == "properties" {
			_ = walkObject(v, func(k string, v []byte) {
				if k == "name" || k == "code" {
					name = jsonText(v)
				}
			})
		}
	})
	if name == "" {
		return
	}
	c, err := crs.ByName(crsName(name))
	if err != nil {
		j.crsHow = fmt.Sprintf("the crs member %q is not understood", name)
		return
	}
	j.crs, j.crsHow = c, "crs member"
}

// crsName brings urn:ogc:def:crs:EPSG:6.9:4548 and its like into the form crs.ByName takes.
func crsName(s string) string {
	s = strings.TrimSpace(s)
	if up := strings.ToUpper(s); strings.Contains(up, "EPSG") {
		return "EPSG:" + s[strings.LastIndexAny(s, ":/")+1:]
	}
	return s
}

func (j *jsonReader) Name() string { return j.src.name }

func (j *jsonReader) Format() string {
	switch {
	case j.shape == collection:
		return "geojson"
	case j.shape == sequence:
		return "geojsonl"
	}
	return "json"
}

func (j *jsonReader) Columns() []string      { return j.columns }
func (j *jsonReader) CRS() (crs.CRS, string) { return j.crs, j.crsHow }
func (j *jsonReader) Close() error           { return j.src.close() }

func (j *jsonReader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for raw, err := range j.raw() {
			if err != nil {
				yield(Row{}, err)
				return
			}
			if !yield(j.row(raw), nil) {
				return
			}
		}
	}
}

func (j *jsonReader) row(raw rawRow) Row {
	row := Row{File: j.src.name, Num: raw.num, Values: j.values}
	clear(j.values)
	err := raw.members(func(k string, v []byte) {
		if i, ok := j.index[k]; ok {
			j.values[i] = jsonText(v)
		}
	})
	if err != nil {
		row.Err = &rowError{Rule: RuleSyntax, Value: clip(string(raw.raw), 80), Text: "the row is not JSON: " + err.Error(), TextZh: "该行不是合法的 JSON：" + err.Error()}
		return row
	}
	if len(raw.geom) > 0 {
		parse := parseGeoJSON
		if raw.esri {
			parse = parseArcGIS
		}
		if row.Geom, err = parse(raw.geom); err != nil {
			row.Err = &rowError{Rule: RuleGeometry, Field: "geometry", Value: clip(string(raw.geom), 80), Text: "the geometry cannot be read: " + err.Error(), TextZh: "图形无法读取：" + err.Error()}
		}
	}
	return row
}
