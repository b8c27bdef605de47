package census

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"wanmi/data"
	"wanmi/gis"

	"github.com/paulmach/orb"
)

// fold settles the keys of a layer's records, folds rows that are one thing, and rejects second ones of a code.
func (r *run) fold(layer string) {
	recs := r.records[layer]
	if len(recs) == 0 {
		return
	}
	switch {
	case recs[0].f.Layer.Key != "":
		r.records[layer] = r.foldCodes(layer, recs)
	case layer == "door":
		r.records[layer] = foldDoors(recs)
	default:
		seen := make(map[string]int, len(recs))
		for i := range recs {
			key := recs[i].ownKey()
			if seen[key]++; seen[key] > 1 {
				key = deriveKey(key, strconv.Itoa(seen[key]))
			}
			recs[i].f.Key = key
		}
	}
}

// foldCodes rejects the second row of a code; of rows with the same delivered id the second is left without one.
func (r *run) foldCodes(layer string, recs []record) []record {
	first := make(map[string]int, len(recs))
	ids := map[string]int{}
	out := recs[:0]
	for i := range recs {
		rec := recs[i]
		code := rec.f.Text(rec.f.Layer.Key)
		rec.f.Key = code
		if code != "" && !r.adopts(layer) {
			if j, twice := first[code]; twice {
				if r.newCode(&rec, out[j]) {
					out = append(out, rec)
				} else if !r.joinParts(&out[j], &rec) {
					r.rejectTwice(&rec, out[j])
				}
				continue
			}
			first[code] = len(out)
		}
		if layer == "component" {
			if id := rec.f.Text("delivered_id"); id != "" {
				k := idKey(rec.source, rec.f.Text("class"), id)
				if ids[k]++; ids[k] > 1 {
					r.say(&rec, flag{rule: RuleDoubleID, field: "delivered_id", value: id, en: "the id " + id + " stands in more than one row", zh: "编号 " + id + " 在多行中出现"})
				}
			}
		}
		out = append(out, rec)
	}
	return out
}

// joinParts makes one area of two rows of a street or community that differ in their polygon only: parts of one.
func (r *run) joinParts(into, rec *record) bool {
	if areaDigits[rec.f.Layer.Name] == 0 || into.source != rec.source || into.f.Text("name") != rec.f.Text("name") || sameShape(into.f.Geom, rec.f.Geom) {
		return false
	}
	g, err := join(into.f.Geom, rec.f.Geom)
	if err != nil {
		return false
	}
	into.f.Geom = g
	into.rows++
	r.finding(RuleParts, gis.SeverityNote, rec, 0, fmt.Sprintf("the code %s stands in row %d too: taken as parts of one area", rec.f.Key, into.row), fmt.Sprintf("代码 %s 与第 %d 行相同，视为同一区域的多个部分", rec.f.Key, into.row))
	return true
}

func (r *run) rejectTwice(rec *record, other record) {
	n := strconv.FormatInt(other.row, 10)
	r.rejectTaken(rec, data.Rejected{
		Field: rec.f.Layer.Key, Value: rec.f.Text(rec.f.Layer.Key), Rule: RuleDouble,
		Reason: "the code is in row " + n + " of the delivery already", ReasonZh: "编码与第 " + n + " 行重复",
	})
}

// rejectTaken rejects a row that was taken before.
func (r *run) rejectTaken(rec *record, x data.Rejected) {
	for i := range r.res.Files {
		if r.res.Files[i].File == rec.file {
			r.res.Files[i].Taken--
			r.res.Files[i].Rejected++
			break
		}
	}
	b := []byte("{")
	for i, f := range rec.f.Layer.Fields {
		if s := rec.f.Text(f.Name); s != "" && rec.f.Values[i] != nil {
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = appendJSON(append(appendJSON(b, f.Name), ':'), s)
		}
	}
	x.File, x.Row, x.Raw = rec.file, rec.row, string(append(b, '}'))
	r.reject(x, rec.f.Layer.Name, rec.at)
}

// foldDoors makes one door of the rows of one address: floors share it. count adds up the rows.
func foldDoors(recs []record) []record {
	first := make(map[string]int, len(recs))
	out := recs[:0]
	for i := range recs {
		rec := recs[i]
		f := &rec.f
		area := f.Text("community_code")
		if len(area) > 9 {
			area = area[:9]
		}
		key := deriveKey(rec.source, area, f.Text("road"), f.Text("number"), f.Text("building"))
		if f.Text("road") == "" || f.Text("number") == "" {
			key = deriveKey(rec.source, area, f.Text("address"))
		}
		j, again := first[key]
		if !again {
			first[key] = len(out)
			f.Key = key
			out = append(out, rec)
			continue
		}
		old := &out[j]
		old.rows += rec.rows
		old.f.Set("count", old.f.Int("count")+f.Int("count"))
	}
	clear(recs[len(out):])
	return out
}

// ownKey is the identity of a row of a layer without codes: its number (cases), its id in the file (OSM),
// its name and address (points of interest), else its geometry and name.
func (rec *record) ownKey() string {
	f := &rec.f
	layer := f.Layer.Name
	switch {
	case layer == "case" && f.Text("number") != "":
		return deriveKey(rec.source, layer, f.Text("number"))
	case rec.id != "":
		return deriveKey(rec.source, layer, rec.id)
	case layer == "poi":
		return deriveKey(rec.source, layer, f.Text("name"), f.Text("address"), f.Text("class"))
	}
	return deriveKey(rec.source, layer, f.Text("name"), shapeText(f.Geom))
}

// shapeText is the geometry's coordinates, rounded to about a centimetre, as bytes.
func shapeText(g orb.Geometry) string {
	if g == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(g.GeoJSONType())
	mapPoints(g, func(p orb.Point) orb.Point {
		var n [16]byte
		binary.LittleEndian.PutUint64(n[:8], uint64(int64(math.Round(p[0]*1e7))))
		binary.LittleEndian.PutUint64(n[8:], uint64(int64(math.Round(p[1]*1e7))))
		b.Write(n[:])
		return p
	})
	return b.String()
}
