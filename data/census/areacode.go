package census

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
)

// Codes of streets and communities. The standard's have 9 and 12 digits: county 6, street 3, community 3. What other
// systems deliver is brought into that form where it can be:
//
//   - a community code of 10 or 11 digits (63000060025, 6300700-006): its last three digits stay the community, those
//     before are filled up with zeros to the nine of the street: 630000600025;
//   - a street code of 6 to 8 digits: filled up with zeros: 63000060 becomes 630000600;
//   - zeros behind a code that is too long (370883001000, 370883001001000): cut.
//
// Areas without such codes get theirs from the import (the field code is "=auto"): the street's nine digits and the
// next free three; of a street that is not known a made-up one under county 990000, which no real county has.

// autoCode as the value of a code field asks the import to give the codes.
const autoCode = "auto"

const madeUpCounty = "990000"

// areaDigits are the layers whose codes follow from the area; unit grids are numbered within their community.
var areaDigits = map[string]int{"street": 9, "community": 12}

// areaCodeOf brings the code of a street (n = 9) or community (n = 12) into the form of the standard.
func areaCodeOf(s string, n int) (string, bool) {
	d := codeMarks.Replace(codeText(s))
	if !digits(d) || d[0] == '0' {
		return "", false
	}
	switch l := len(d); {
	case l == n:
		return d, true
	case l > n:
		return d[:n], strings.Trim(d[n:], "0") == "" && (n == 9) == (l == 12)
	case n == 9 && l >= 6:
		return d + strings.Repeat("0", 9-l), true
	case n == 12 && l >= 10:
		return d[:l-3] + strings.Repeat("0", 12-l) + d[l-3:], true
	}
	return "", false
}

func areaShaped(n int) func(string) bool {
	return func(s string) bool { _, ok := areaCodeOf(s, n); return ok }
}

// areaNamed reports whether a text ends as the names of the layer's areas do.
func areaNamed(layer string) func(string) bool {
	ends := []string{"里", "村", "社区", "居委会", "委员会", "居", "小区"}
	if layer == "street" {
		ends = []string{"街道", "镇", "乡", "区", "办事处", "县", "市"}
	}
	return func(s string) bool {
		s = simplify.Replace(s)
		return slices.ContainsFunc(ends, func(e string) bool { return strings.HasSuffix(s, e) })
	}
}

// areaFields finds the name of a street or community by its values, and settles where the codes come from.
func (g *guesser) areaFields() {
	f := g.out.Fields
	if f["name"] == "" && g.set["name"] == "" {
		var best *column
		for i := range g.sample.cols {
			c := &g.sample.cols[i]
			if g.used[c.name] || c.share(areaNamed(g.layer.Name)) < 0.7 || best != nil && len(strings.Join(c.values, "")) >= len(strings.Join(best.values, "")) {
				continue
			}
			best = c
		}
		if best != nil {
			f["name"] = best.name
			g.used[best.name] = true
			g.note("column %q taken as name by its values / 按数值识别", best.name)
		}
	}
	if f["name"] == "" && g.set["name"] == "" && f["code"] != "" {
		f["name"] = f["code"]
		g.note("no column of names: the code serves as the name / 无名称列，以代码为名称")
	}
	n := areaDigits[g.layer.Name]
	if name := f["code"]; name != "" {
		c := g.sample.byName(name)
		if c == nil || c.share(sized(n)) > 0.5 {
			return
		}
		if code, ok := areaCodeOf(c.values[0], n); ok {
			g.note("the codes in %q do not have %d digits: filled up, as %s to %s / 代码不足 %d 位，已补位", name, n, c.values[0], code, n)
		}
		return
	}
	if g.set["code"] != "" || f["name"] == "" && g.set["name"] == "" {
		return
	}
	f["code"] = "=" + autoCode
	why := "there is no column of codes"
	if c := g.sample.find(wordsOf(g.layer.Name, "code")); c != nil && len(c.values) > 0 {
		why = fmt.Sprintf("the codes in %q (as %s) cannot be brought to %d digits", c.name, clip(c.values[0], 30), n)
	}
	g.note("%s: the import gives codes; the official ones with --profile or --set code= / 无法采用所供代码，由系统编码", why)
}

// settleCode brings the delivered code into the form of the standard; "auto" stays for giveAreaCodes.
func (c *converter) settleCode(rec *record) error {
	n := areaDigits[c.layer.Name]
	code := rec.f.Text("code")
	if code == "" || strings.EqualFold(code, autoCode) {
		return nil
	}
	whole, ok := areaCodeOf(code, n)
	if !ok {
		return &rowError{
			RuleAreaCode, "code", code, fmt.Sprintf("the code must have %d digits; --set code=auto lets the import give codes", n),
			fmt.Sprintf("代码应为 %d 位数字；可用 --set code=auto 由系统编码", n),
		}
	}
	rec.f.Set("code", whole)
	return nil
}

// areaBook is what the store knows of the areas of a layer when codes are given.
type areaBook struct {
	codes   map[string][]string // street and name -> codes, in order
	streets map[string]string   // name of a street -> its code
	top     map[string]int      // first digits -> highest number given
}

// giveAreaCodes gives the streets or communities that asked for it their codes: that of the stored one of the same
// street and name, else the next free one.
func (r *run) giveAreaCodes(ctx context.Context, layer string) error {
	recs := r.records[layer]
	if layer == "unit_grid" {
		return r.numberGrids(ctx)
	}
	if areaDigits[layer] == 0 || !slices.ContainsFunc(recs, asksCode) {
		return nil
	}
	book, err := r.readAreas(ctx, layer)
	if err != nil {
		return err
	}
	for i := range recs {
		if !asksCode(recs[i]) {
			book.note(&recs[i].f)
		}
	}
	for i := range recs {
		rec := &recs[i]
		if !asksCode(*rec) {
			continue
		}
		prefix := r.place.county
		if prefix == "" {
			prefix = madeUpCounty
		}
		if layer == "community" {
			prefix = r.streetOf(rec, book)
		}
		f := &rec.f
		key := areaKey(prefix, f.Text("name"))
		if free := book.codes[key]; len(free) > 0 {
			f.Set("code", free[0])
			book.codes[key] = free[1:]
		} else {
			if book.top[prefix]++; book.top[prefix] > 999 {
				return gis.E(gis.Rejected, nil, "%s has no three digits left for %q: give the streets' or the official codes", prefix, f.Text("name"))
			}
			f.Set("code", fmt.Sprintf("%s%03d", prefix, book.top[prefix]))
		}
		if layer == "community" {
			f.Set("street_code", prefix)
			if f.Text("street_name") == "" {
				f.SetText("street_name", r.place.streets[prefix])
			}
		}
	}
	return nil
}

func asksCode(rec record) bool { return strings.EqualFold(rec.f.Text("code"), autoCode) }

func areaKey(prefix, name string) string { return prefix + "\x00" + name }

// readAreas reads the codes that are given already.
func (r *run) readAreas(ctx context.Context, layer string) (*areaBook, error) {
	b := &areaBook{codes: map[string][]string{}, streets: map[string]string{}, top: map[string]int{}}
	for _, code := range sortedKeys(r.place.streets) {
		if name := r.place.streets[code]; b.streets[name] == "" {
			b.streets[name] = code
		}
	}
	if r.target == nil {
		return b, nil
	}
	var stored []gis.Feature
	for f, err := range r.target.Features(ctx, layer, orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		stored = append(stored, f)
	}
	slices.SortFunc(stored, func(x, y gis.Feature) int { return strings.Compare(x.Key, y.Key) })
	for i := range stored {
		f := &stored[i]
		b.note(f)
		prefix := f.Key[:max(0, len(f.Key)-3)]
		key := areaKey(prefix, f.Text("name"))
		b.codes[key] = append(b.codes[key], f.Key)
		if name := f.Text("street_name"); layer == "community" && b.streets[name] == "" {
			b.streets[name] = prefix
		}
	}
	return b, nil
}

// note keeps the number of a code from being given again.
func (b *areaBook) note(f *gis.Feature) {
	code := f.Text("code")
	if len(code) < 4 {
		return
	}
	if n, err := strconv.Atoi(code[len(code)-3:]); err == nil {
		prefix := code[:len(code)-3]
		b.top[prefix] = max(b.top[prefix], n)
	}
}

// streetOf is the nine digits a community's code begins with: its street's by code, by name or by position, else made up.
func (r *run) streetOf(rec *record, b *areaBook) string {
	if code, ok := areaCodeOf(rec.f.Text("street_code"), 9); ok {
		return code
	}
	name := rec.f.Text("street_name")
	if code := b.streets[name]; code != "" {
		return code
	}
	if name == "" && r.place.placer != nil {
		if _, _, _, street, _, _ := r.place.placer.Place(rec.at); sized(9)(street) {
			return street
		}
	}
	county := r.place.county
	if county == "" || !strings.HasPrefix(county, madeUpCounty[:2]) {
		county = madeUpCounty
	}
	for n := 1; ; n++ {
		code := fmt.Sprintf("%s%03d", county, n)
		taken := b.top[code] > 0
		for _, c := range b.streets {
			taken = taken || c == code
		}
		if !taken || n == 999 {
			b.streets[name] = code
			return code
		}
	}
}

// gridStore is a target that shows the import no unit grids, since it settles their codes itself, but has some.
type gridStore interface {
	StoredGrids(ctx context.Context) iter.Seq2[gis.Feature, error]
}

// adopts reports whether the target settles the codes of the layer, missing ones and those that two rows have, too.
func (r *run) adopts(layer string) bool {
	_, ok := r.target.(gridStore)
	return ok && layer == "unit_grid"
}

// numberGrids gives unit grids delivered with --set code=auto the next numbers of the communities that hold them;
// one that is stored in the same place keeps its code.
func (r *run) numberGrids(ctx context.Context) error {
	recs := r.records["unit_grid"]
	if !slices.ContainsFunc(recs, asksCode) {
		return nil
	}
	stored := r.target.Features(ctx, "unit_grid", orb.Bound{})
	if g, ok := r.target.(gridStore); ok {
		stored = g.StoredGrids(ctx)
	}
	var old areas
	top := map[string]int{}
	note := func(code string) {
		if n, err := strconv.Atoi(code[max(0, len(code)-3):]); err == nil && len(code) == 15 {
			top[code[:12]] = max(top[code[:12]], n)
		}
	}
	for f, err := range stored {
		if err != nil {
			return err
		}
		note(f.Key)
		if f.Geom != nil && f.Text("status") != "void" {
			old.add(&area{code: f.Key, parts: polygonsOf(f.Geom), label: geom.LabelPoint(f.Geom)}, f.Geom.Bound())
		}
	}
	used := map[string]bool{}
	kept := recs[:0]
	for i := range recs {
		rec := recs[i]
		f := &rec.f
		if !asksCode(rec) {
			note(f.Text("code"))
			kept = append(kept, rec)
			continue
		}
		code := ""
		if a := old.inPlaceOf(f.Geom, rec.at, used); a != nil {
			code = a.code
		} else if _, comm, _, _, _, ok := r.place.placer.Place(rec.at); ok && top[comm] < 999 {
			top[comm]++
			code = fmt.Sprintf("%s%03d", comm, top[comm])
		}
		if code == "" {
			r.rejectTaken(&rec, data.Rejected{
				Field: "code", Value: autoCode, Rule: RuleUnplaced,
				Reason: "no community holds the unit grid, or its 999 numbers are used up: it gets no code", ReasonZh: "单元网格不在任何社区内，或社区顺序号已用完，无法编码",
			})
			continue
		}
		used[code] = true
		f.Set("code", code)
		f.Set("community_code", code[:12])
		kept = append(kept, rec)
	}
	clear(recs[len(kept):])
	r.records["unit_grid"] = kept
	return nil
}
