package city

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"wanmi/geocode"
)

// AppendJSON appends what encoding/json writes of l without escaping HTML. By hand: by reflection the answer takes three times as long to
// write as to find, which a batch of a million would wait for. TestAppendJSON holds the two together, field by field.
func (l *Located) AppendJSON(b []byte) []byte {
	b = strconv.AppendUint(append(b, `{"generation":`...), uint64(l.Generation), 10)
	b = append(b, `,"place":`...)
	if l.Place == nil {
		b = append(b, "null"...)
	} else {
		b = appendPlace(b, l.Place)
	}
	b = appendGrid(append(b, `,"grid":`...), l.Grid)
	b = appendArea(append(b, `,"community":`...), l.Community)
	b = appendArea(append(b, `,"street":`...), l.Street)
	b = appendList(append(b, `,"classes":`...), l.Classes, appendClass)
	b = appendMatter(append(b, `,"matter":`...), l.Matter)
	b = appendList(append(b, `,"components":`...), l.Components, appendCandidate)
	b = appendDepartment(append(b, `,"department":`...), l.Department)
	b = appendFloat(append(b, `,"score":`...), l.Score)
	b = appendFloat(append(b, `,"uncertainty_m":`...), l.UncertaintyM)
	if l.Position != nil {
		b = appendStand(append(b, `,"position":`...), l.Position)
	}
	b = appendList(append(b, `,"reasons":`...), l.Reasons, appendReason)
	b = appendList(append(b, `,"faults":`...), l.Faults, appendFault)
	if len(l.Parsed) > 0 {
		b = append(b, `,"parsed":{`...)
		keys := make([]string, 0, 16)
		for k := range l.Parsed {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for i, k := range keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(append(appendText(b, k), ':'), l.Parsed[k])
		}
		b = append(b, '}')
	}
	b = optional(b, `,"ask":`, l.Ask)
	b = appendList(append(b, `,"alternatives":`...), l.Alternatives, appendAlternative)
	return append(b, '}')
}

func appendPlace(b []byte, p *geocode.Place) []byte {
	b = appendText(append(b, `{"id":`...), p.ID)
	b = appendText(append(b, `,"layer":`...), p.Layer)
	b = appendText(append(b, `,"label":`...), p.Label)
	b = appendText(append(b, `,"name":`...), p.Name)
	b = optional(b, `,"house_number":`, p.HouseNumber)
	b = optional(b, `,"road":`, p.Road)
	b = optional(b, `,"community":`, p.Community)
	b = optional(b, `,"community_code":`, p.CommunityCode)
	b = optional(b, `,"street":`, p.Street)
	b = optional(b, `,"street_code":`, p.StreetCode)
	b = optional(b, `,"key":`, p.Key)
	b = optional(b, `,"category":`, p.Category)
	b = appendPoint(append(b, `,"point":`...), p.Point)
	b = appendFloat(append(b, `,"score":`...), p.Score)
	b = appendText(append(b, `,"match":`...), p.Match)
	b = appendText(append(b, `,"level":`...), p.Level)
	b = appendFloat(append(b, `,"uncertainty_m":`...), p.UncertaintyM)
	if len(p.Faults) > 0 {
		b = appendList(append(b, `,"faults":`...), p.Faults, appendFault)
	}
	if len(p.Reasons) > 0 {
		b = appendList(append(b, `,"reasons":`...), p.Reasons, appendReason)
	}
	if p.DistanceM != 0 {
		b = appendFloat(append(b, `,"distance_m":`...), p.DistanceM)
	}
	return append(b, '}')
}

func appendGrid(b []byte, g *GridRef) []byte {
	if g == nil {
		return append(b, "null"...)
	}
	b = appendText(append(b, `{"code":`...), g.Code)
	b = appendFloat(append(b, `,"area_m2":`...), g.AreaM2)
	return append(appendFloat(append(b, `,"distance_m":`...), g.DistanceM), '}')
}

func appendArea(b []byte, a *AreaRef) []byte {
	if a == nil {
		return append(b, "null"...)
	}
	b = appendText(append(b, `{"code":`...), a.Code)
	return append(appendText(append(b, `,"name":`...), a.Name), '}')
}

func appendClass(b []byte, c *geocode.ClassHit) []byte {
	b = appendText(append(b, `{"code":`...), c.Code)
	b = appendText(append(b, `,"name":`...), c.Name)
	return append(appendText(append(b, `,"word":`...), c.Word), '}')
}

func appendMatter(b []byte, m *Matter) []byte {
	if m == nil {
		return append(b, "null"...)
	}
	b = appendText(append(b, `{"code":`...), m.Code)
	b = appendText(append(b, `,"name":`...), m.Name)
	return append(optional(b, `,"word":`, m.Word), '}')
}

func appendCandidate(b []byte, c *Candidate) []byte {
	b = appendText(append(b, `{"code":`...), c.Code)
	b = appendText(append(b, `,"name":`...), c.Name)
	b = appendText(append(b, `,"class":`...), c.Class)
	b = appendText(append(b, `,"class_name":`...), c.ClassName)
	b = optional(b, `,"label":`, c.Label)
	b = optional(b, `,"state":`, c.State)
	b = optional(b, `,"department":`, c.Department)
	b = optional(b, `,"dept_code":`, c.DeptCode)
	b = optional(b, `,"grid_code":`, c.GridCode)
	b = appendPoint(append(b, `,"point":`...), c.Point)
	b = appendFloat(append(b, `,"distance_m":`...), c.DistanceM)
	b = appendFloat(append(b, `,"score":`...), c.Score)
	b = appendText(append(b, `,"why":`...), c.Why)
	return append(appendText(append(b, `,"why_zh":`...), c.WhyZh), '}')
}

func appendDepartment(b []byte, d *DepartmentRef) []byte {
	if d == nil {
		return append(b, "null"...)
	}
	b = append(b, '{')
	if d.Code != "" {
		b = append(appendText(append(b, `"code":`...), d.Code), ',')
	}
	b = appendText(append(b, `"name":`...), d.Name)
	b = optional(b, `,"phone":`, d.Phone)
	b = appendText(append(b, `,"by":`...), d.By)
	b = appendText(append(b, `,"why":`...), d.Why)
	return append(appendText(append(b, `,"why_zh":`...), d.WhyZh), '}')
}

func appendReason(b []byte, r *geocode.Reason) []byte {
	b = appendText(append(b, `{"word":`...), r.Word)
	b = appendText(append(b, `,"use":`...), r.Use)
	b = optional(b, `,"by":`, r.By)
	b = optional(b, `,"years":`, r.Years)
	return append(optional(b, `,"ref":`, r.Ref), '}')
}

func appendStand(b []byte, s *geocode.Stand) []byte {
	b = appendFloat(append(b, `{"distance_m":`...), s.DistanceM)
	b = appendFloat(append(b, `,"allowed_m":`...), s.AllowedM)
	b = strconv.AppendBool(append(b, `,"agrees":`...), s.Agrees)
	b = appendText(append(b, `,"believed":`...), s.Believed)
	return append(optional(b, `,"datum":`, s.Datum), '}')
}

func appendFault(b []byte, f *geocode.Fault) []byte {
	b = appendText(append(b, `{"code":`...), f.Code)
	b = appendText(append(b, `,"text":`...), f.Text)
	b = appendText(append(b, `,"text_zh":`...), f.TextZh)
	return append(appendFloat(append(b, `,"cost":`...), f.Cost), '}')
}

func appendAlternative(b []byte, a *Alternative) []byte {
	b = appendPlace(append(b, `{"place":`...), &a.Place)
	return append(appendGrid(append(b, `,"grid":`...), a.Grid), '}')
}

func appendList[T any](b []byte, list []T, one func([]byte, *T) []byte) []byte {
	if list == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, &list[i])
	}
	return append(b, ']')
}

// optional appends name and s, nothing when s is empty.
func optional(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return appendText(append(b, name...), s)
}

func appendPoint(b []byte, p orb.Point) []byte {
	b = appendFloat(append(b, '['), p[0])
	return append(appendFloat(append(b, ','), p[1]), ']')
}

// appendFloat writes as encoding/json does: an exponent only for the very large and the very small.
func appendFloat(b []byte, v float64) []byte {
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) || a != a || a > math.MaxFloat64 {
		s, err := json.Marshal(v)
		if err != nil {
			return append(b, "null"...) // no number: nothing of ours is, and the answer stays JSON
		}
		return append(b, s...)
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

// appendText quotes s. Control characters and what is not UTF-8 go the long way; no text that was taken holds any.
func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		return appendEscaped(b, s)
	}
	start := len(b)
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(append(append(b, s[from:i]...), '\\'), c)
			from = i + 1
		case c < ' ':
			return appendEscaped(b[:start], s)
		case c == 0xE2 && s[i+1] == 0x80 && s[i+2]&^1 == 0xA8: // U+2028 and U+2029
			b = append(append(b, s[from:i]...), `\u202`...)
			b = append(b, '8'+s[i+2]&1)
			from = i + 3
		}
	}
	return append(append(b, s[from:]...), '"')
}

func appendEscaped(b []byte, s string) []byte {
	w := buffer(b)
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return w[:len(w)-1]
}

// buffer is a writer that appends.
type buffer []byte

func (w *buffer) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), nil
}
