package httpapi

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"
	"golang.org/x/text/encoding/simplifiedchinese"

	"wanmi/geocode"
	"wanmi/gis"
)

// addokColumns are the columns addok adds, with ours behind them; result_status is ok, not-found, skipped or error, which result_error explains.
var addokColumns = []string{
	"latitude", "longitude", "result_label", "result_score", "result_type", "result_id", "result_housenumber", "result_name",
	"result_street", "result_city", "result_uncertainty_m", "result_grid", "result_community", "result_error", "result_status",
}

// addokTypes are addok's words for our layers; "" stands for all others.
var addokTypes = map[string]string{
	geocode.LayerAddress: "housenumber", geocode.LayerStreet: "street", geocode.LayerNeighbourhood: "locality",
	geocode.LayerLocaladmin: "municipality", "": "poi",
}

// maxTable is the largest table taken: it is held in memory while it is answered.
const maxTable = 50 << 20

// table is an uploaded CSV file with what the form says about it.
type table struct {
	name  string
	rows  [][]string // the heading first
	comma rune
	form  map[string][]string
}

// addokSearch is POST /search/csv/: columns=… names the columns that make the address; without them all are joined, as addok does.
func (a *API) addokSearch(c *call) (*reply, error) {
	t, err := readTable(c)
	if err != nil {
		return nil, err
	}
	from, err := t.named("columns")
	if err != nil {
		return nil, err
	}
	near, err := t.near()
	if err != nil {
		return nil, err
	}
	return a.answerTable(c, t, func(row []string) (geocode.Answer, error) {
		text := strings.Join(row, " ")
		if len(from) > 0 {
			parts := make([]string, 0, len(from))
			for _, i := range from {
				parts = append(parts, row[i])
			}
			text = strings.Join(parts, " ")
		}
		if strings.TrimSpace(text) == "" {
			return geocode.Answer{}, errSkipped
		}
		focus, err := near(row)
		if err != nil {
			return geocode.Answer{}, err
		}
		return c.view.Geo.Search(c.r.Context(), geocode.Query{Text: text, Size: 1, Focus: focus})
	})
}

// named returns the columns a field of the form names.
func (t *table) named(field string) ([]int, error) {
	var at []int
	for _, name := range t.form[field] {
		i := slices.Index(t.rows[0], name)
		if i < 0 {
			return nil, gis.E(gis.Invalid, nil, "%s: no column %q; the file has %s", field, clip(name), clip(strings.Join(t.rows[0], ", ")))
		}
		at = append(at, i)
	}
	return at, nil
}

// near reads the place a row's answer is preferred near: the fields lat and lon name its columns. A row without numbers there has none.
func (t *table) near() (func(row []string) (*orb.Point, error), error) {
	lat, err := t.named("lat")
	if err != nil {
		return nil, err
	}
	lon, err := t.named("lon")
	if err != nil {
		return nil, err
	}
	return func(row []string) (*orb.Point, error) {
		if len(lat) == 0 || len(lon) == 0 || strings.TrimSpace(row[lat[0]]+row[lon[0]]) == "" {
			return nil, nil
		}
		return rowPoint(row, lon[0], lat[0])
	}, nil
}

func rowPoint(row []string, lon, lat int) (*orb.Point, error) {
	x, err := finite("lon", row[lon], -180, 180)
	if err != nil {
		return nil, err
	}
	y, err := finite("lat", row[lat], -90, 90)
	return &orb.Point{x, y}, err
}

// errSkipped is said of a row with nothing in it.
var errSkipped = errors.New("nothing to look for")

// addokReverse is POST /reverse/csv/: the columns are lat or latitude, and lon, lng or longitude.
func (a *API) addokReverse(c *call) (*reply, error) {
	t, err := readTable(c)
	if err != nil {
		return nil, err
	}
	lat, lon := column(t.rows[0], "lat", "latitude"), column(t.rows[0], "lon", "lng", "long", "longitude")
	if lat < 0 || lon < 0 {
		return nil, gis.E(gis.Invalid, nil, "the file needs the columns lat (latitude) and lon (longitude)")
	}
	return a.answerTable(c, t, func(row []string) (geocode.Answer, error) {
		p, err := rowPoint(row, lon, lat)
		if err != nil {
			return geocode.Answer{}, err
		}
		return c.view.Geo.Reverse(c.r.Context(), *p, geocode.ReverseQuery{Size: 1})
	})
}

func column(heading []string, names ...string) int {
	return slices.IndexFunc(heading, func(h string) bool { return slices.Contains(names, strings.ToLower(strings.TrimSpace(h))) })
}

// answerTable adds the columns to every row, those result_columns names or all; a row that cannot be read says so in result_status and result_error.
func (a *API) answerTable(c *call, t *table, answer func([]string) (geocode.Answer, error)) (*reply, error) {
	var buf bytes.Buffer
	out := csv.NewWriter(&buf)
	out.Comma = t.comma
	heading, pick, err := t.wanted()
	if err != nil {
		return nil, err
	}
	_ = out.Write(append(slices.Clone(t.rows[0]), heading...)) // a bytes.Buffer takes everything
	for _, row := range t.rows[1:] {
		ans, err := answer(row)
		added := make([]string, len(addokColumns))
		fault, status := &added[len(added)-2], &added[len(added)-1]
		switch {
		case errors.Is(err, errSkipped):
			*status = "skipped"
		case err != nil && gis.KindOf(err) == gis.Invalid:
			*status, *fault = "error", gis.Public(err)
		case err != nil:
			return nil, err
		case len(ans.Places) == 0:
			*status = "not-found"
		default:
			addokRow(c, ans.Places[0], added)
			*status = "ok"
		}
		_ = out.Write(append(slices.Clone(row), pick(added)...))
	}
	out.Flush()
	rp := &reply{typ: "text/csv; charset=utf-8", body: buf.Bytes(), cache: "no-store"}
	rp.set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "geocoded.csv"}))
	return rp, out.Error()
}

// wanted returns the heading of the columns to add, and what takes them out of all.
func (t *table) wanted() (heading []string, pick func([]string) []string, err error) {
	if len(t.form["result_columns"]) == 0 {
		return addokColumns, func(all []string) []string { return all }, nil
	}
	var at []int
	for _, name := range t.form["result_columns"] {
		i := slices.Index(addokColumns, name)
		if i < 0 {
			return nil, nil, gis.E(gis.Invalid, nil, "result_columns: no column %q; there are %s", clip(name), strings.Join(addokColumns, ", "))
		}
		at, heading = append(at, i), append(heading, name)
	}
	return heading, func(all []string) []string {
		out := make([]string, 0, len(at))
		for _, i := range at {
			out = append(out, all[i])
		}
		return out
	}, nil
}

// addokRow writes a place into the columns.
func addokRow(c *call, p geocode.Place, to []string) {
	typ := addokTypes[p.Layer]
	if typ == "" {
		typ = addokTypes[""]
	}
	grid := ""
	p, g := c.view.InCell(p)
	if g != nil {
		grid = g.Code
	}
	copy(to, []string{
		fixed7(p.Point[1]), fixed7(p.Point[0]), p.Label, strconv.FormatFloat(p.Score, 'f', 3, 64), typ, p.ID, p.HouseNumber, nameOf(p),
		p.Road, p.Street, strconv.FormatFloat(p.UncertaintyM, 'f', 1, 64), grid, p.Community,
	})
}

// readTable reads the form: the file in data, everything else as text.
func readTable(c *call) (*table, error) {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxTable)
	form, err := c.r.MultipartReader()
	if err != nil {
		return nil, gis.E(gis.Invalid, err, "send multipart/form-data with the CSV file in the field data")
	}
	t := &table{form: map[string][]string{}}
	var body []byte
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, formFault(err)
		}
		if part.FormName() == "data" {
			t.name = part.FileName()
			if body, err = io.ReadAll(part); err != nil {
				return nil, formFault(err)
			}
			continue
		}
		v, err := formText(part)
		if err != nil {
			return nil, err
		}
		t.form[part.FormName()] = append(t.form[part.FormName()], v)
	}
	return t, t.parse(body)
}

// maxField is the longest text field of a form.
const maxField = 64 << 10

func formText(part *multipart.Part) (string, error) {
	b, err := io.ReadAll(io.LimitReader(part, maxField+1))
	if err != nil {
		return "", formFault(err)
	}
	if len(b) > maxField {
		return "", gis.E(gis.TooLarge, nil, "the form field %s is longer than %d bytes", clip(part.FormName()), maxField)
	}
	return string(b), nil
}

func formFault(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return gis.E(gis.Invalid, err, "the form ends too early or is not well formed")
}

// parse reads the rows: UTF-8, or GBK where it is not; the delimiter the form names, or the likeliest. Single rows of a UTF-8 file that are none stay
// as they are, and are answered as faults of their own.
func (t *table) parse(body []byte) error {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(body)) == 0 {
		return gis.E(gis.Invalid, nil, "the field data is missing or empty")
	}
	if !utf8.Valid(body) && !mostlyUTF8(body) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(body)
		if err != nil {
			return gis.E(gis.Invalid, err, "the file is neither UTF-8 nor GBK")
		}
		body = decoded
	}
	t.comma = ','
	head, _, _ := bytes.Cut(body, []byte("\n"))
	for _, d := range []byte{';', '\t', '|'} {
		if bytes.Count(head, []byte{d}) > bytes.Count(head, []byte{byte(t.comma)}) {
			t.comma = rune(d)
		}
	}
	if d := t.form["delimiter"]; len(d) > 0 && utf8.RuneCountInString(d[0]) == 1 {
		t.comma, _ = utf8.DecodeRuneInString(d[0])
	}
	r := csv.NewReader(bytes.NewReader(body))
	r.Comma, r.LazyQuotes = t.comma, true
	rows, err := r.ReadAll()
	if err != nil {
		return gis.E(gis.Invalid, err, "the CSV file is not well formed: every row needs as many fields as the heading")
	}
	t.rows = rows
	return nil
}

// mostlyUTF8 reports whether of the lines that are not plain ASCII more are UTF-8 than not.
func mostlyUTF8(body []byte) bool {
	good, bad := 0, 0
	for line := range bytes.Lines(body) {
		switch {
		case !utf8.Valid(line):
			bad++
		case bytes.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }):
			good++
		}
	}
	return good > bad
}
