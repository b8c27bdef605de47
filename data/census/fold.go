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
	if layer == "component" {
		r.foldComponents()
		return
	}
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

// foldComponents rejects the second row of a code and remarks on the second row of a delivered id.
func (r *run) foldComponents() {
	p := r.comps
	if p.len() == 0 {
		return
	}
	class, id := p.layer.Index("class"), p.layer.Index("delivered_id")
	var codes, ids finder
	for i := range p.len() {
		if key := p.key(i); len(key) > 0 {
			codes.add(hashOf(string(key)), i)
		}
	}
	codes.sort()
	var drop []int
	var anew []record // second things of a code that get one of their own: they stand last
	for i, before := range codes.again() {
		for _, e := range before {
			if string(p.key(int(e.at))) == string(p.key(i)) {
				rec, first := p.record(i), p.record(int(e.at))
				if r.newCode(&rec, first) {
					anew = append(anew, rec)
				} else {
					r.rejectTwice(&rec, first)
				}
				drop = append(drop, i)
				break
			}
		}
	}
	p.without(drop)
	for i := range anew {
		p.add(&anew[i])
	}
	for i := range p.len() {
		if d := p.text(i, id); d != "" {
			ids.add(hashOf(p.sourceOf(i), p.text(i, class), d), i)
		}
	}
	ids.sort()
	for i, before := range ids.again() {
		same := 0
		for _, e := range before {
			if j := int(e.at); p.text(j, id) == p.text(i, id) && p.text(j, class) == p.text(i, class) && p.sourceOf(j) == p.sourceOf(i) {
				same++
			}
		}
		if same > 0 {
			rec := p.record(i)
			d := rec.f.Text("delivered_id")
			r.say(&rec, defect{rule: RuleDoubleID, field: "delivered_id", value: d, en: "the id " + d + " stands in more than one row", zh: "编号 " + d + " 在多行中出现"})
		}
	}
}

// foldCodes rejects the second row of a code.
func (r *run) foldCodes(layer string, recs []record) []record {
	first := make(map[string]int, len(recs))
	out := recs[:0]
	for i := range recs {
		rec := recs[i]
		code := rec.f.Text(rec.f.Layer.Key)
		rec.f.Key = code
		if code != "" && !r.adopts(layer) {
			if j, twice := first[code]; twice {
				if !r.joinParts(&out[j], &rec) {
					r.rejectTwice(&rec, out[j])
				}
				continue
			}
			first[code] = len(out)
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
