package census

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"iter"
	"path/filepath"
	"strconv"
	"strings"

	"wanmi/data"
	"wanmi/gis"
)

// apply writes a plan.
func (r *run) apply(tx data.Tx, layer string, p *plan) error {
	for _, key := range p.remove {
		if err := tx.Delete(layer, key); err != nil {
			return err
		}
	}
	if layer == "component" {
		if err := r.reserve(tx, p); err != nil {
			return err
		}
	}
	if layer == "unit_grid" {
		if err := reserveGrids(tx, p); err != nil {
			return err
		}
	}
	return r.put(tx, layer, p, p.puts)
}

// put writes records of a plan.
func (r *run) put(tx data.Tx, layer string, p *plan, which []int32) error {
	for i, n := range which {
		rec := p.record(n)
		f := rec.f
		if layer == "component" && f.Key == "" {
			if err := r.giveCode(tx, &f, p.m); err != nil {
				return err
			}
		}
		tx.From(r.fileName(rec.file), rec.row)
		if _, _, err := tx.Put(&f); err != nil {
			return err
		}
		if i%1000 == 999 {
			r.Progress.Tell("write "+layer, int64(i+1), int64(len(which)))
		}
	}
	return nil
}

// fileName is the name of a file as it was delivered, with what is inside an archive after it: the folder it lay in when it
// was read means nothing later.
func (r *run) fileName(file string) string {
	for _, f := range r.Files {
		if rest, ok := strings.CutPrefix(file, f); ok {
			return filepath.Base(f) + rest
		}
	}
	return file
}

// keys yields the keys of what is to be written, "" of what is to get one.
func (p *plan) keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, i := range p.puts {
			key := string(p.recs.key(int(i)))
			if j := p.to[i]; j >= 0 {
				key = string(p.m.rows.key(int(j)))
			}
			if !yield(key) {
				return
			}
		}
	}
}

// reserve raises the counters to the delivered codes before any is given.
func (r *run) reserve(tx data.Tx, p *plan) error {
	top := map[string]int64{}
	for key := range p.keys() {
		county, class, _, ok := componentCode(key, r.classes)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(key[len(key)-6:], 10, 64)
		if name := counterName(county, class); err == nil && n > top[name] {
			top[name] = n
		}
	}
	for _, name := range sortedKeys(top) {
		if err := tx.Reserve(name, top[name]); err != nil {
			return err
		}
	}
	return nil
}

// reserveGrids raises the counters of the communities to the numbers of delivered unit grids: a division goes on behind them.
func reserveGrids(tx data.Tx, p *plan) error {
	top := map[string]int64{}
	for key := range p.keys() {
		if n, err := strconv.ParseInt(key[max(0, len(key)-3):], 10, 64); err == nil && len(key) == 15 {
			top[key[:12]] = max(top[key[:12]], n)
		}
	}
	for _, community := range sortedKeys(top) {
		if err := tx.Reserve("grid/"+community, top[community]); err != nil {
			return err
		}
	}
	return nil
}

func counterName(county, class string) string { return "component/" + county + "/" + class }

// county returns the county a component without a code gets one of, "" when it is not known.
func (r *run) county(f *gis.Feature, m *matcher) string {
	for _, field := range [...]int{m.community, m.street} {
		if c, _ := f.Values[field].(string); len(c) >= 6 {
			return c[:6]
		}
	}
	return r.place.county
}

// tellCounty has a dry run say what giveCode is going to refuse.
func (r *run) tellCounty(p *plan) {
	if r.place.county != "" {
		return
	}
	for _, n := range p.puts {
		if rec := p.record(n); rec.f.Key == "" && r.county(&rec.f, p.m) == "" {
			r.remarkDelivery("no codes can be given yet: the county is not known before the street and community layers are imported, or --set community_code= is given" +
				" / 尚无街道、社区图层，县区未知，入库时无法编码")
			return
		}
	}
}

// giveCode gives a component delivered without a code the next one of its county and class. A code that is stored already
// (put there past the counter) is passed over.
func (r *run) giveCode(tx data.Tx, f *gis.Feature, m *matcher) error {
	county := r.county(f, m)
	if county == "" {
		return gis.E(gis.Invalid, nil, "the county of the components is not known: import the street and community layers first, or give --set community_code=")
	}
	class, _ := f.Values[m.class].(string)
	counter := r.counter(county, class)
	for {
		n, err := tx.Next(counter, 1)
		if err != nil {
			return err
		}
		if n > 999999 {
			return gis.E(gis.Conflict, nil, "county %s has no running numbers left for class %s", county, class)
		}
		code := make([]byte, 0, 24)
		code = append(append(code, county...), class...)
		code = strconv.AppendInt(code, 1000000+n, 10) // six digits and a one before them
		at := len(code) - 7
		f.Key = string(append(code[:at], code[at+1:]...))
		if m.byKey(f.Key) < 0 {
			break
		}
	}
	f.Set("code", f.Key)
	return nil
}

// counter is counterName, which the last rows asked for too.
func (r *run) counter(county, class string) string {
	name, ok := r.counters[[2]string{county, class}]
	if !ok {
		name = counterName(county, class)
		if r.counters == nil {
			r.counters = map[[2]string]string{}
		}
		r.counters[[2]string{strings.Clone(county), strings.Clone(class)}] = name
	}
	return name
}

// deriveKey makes the key of a feature of a layer that has no key field: from the source and what makes it that thing.
func deriveKey(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [4]byte
		binary.LittleEndian.PutUint32(n[:], uint32(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return "k-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:10]))
}
