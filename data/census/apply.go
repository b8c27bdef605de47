package census

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
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
	for i, f := range p.puts {
		if layer == "component" && f.Key == "" {
			if err := r.giveCode(tx, f, p.taken); err != nil {
				return err
			}
		}
		if _, _, err := tx.Put(f); err != nil {
			return err
		}
		if i%1000 == 999 {
			r.Progress.Tell("write "+layer, int64(i+1), int64(len(p.puts)))
		}
	}
	return nil
}

// reserve raises the counters to the delivered codes before any is given.
func (r *run) reserve(tx data.Tx, p *plan) error {
	top := map[string]int64{}
	for _, f := range p.puts {
		county, class, _, ok := componentCode(f.Key, r.classes)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(f.Key[len(f.Key)-6:], 10, 64)
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
	for _, f := range p.puts {
		if n, err := strconv.ParseInt(f.Key[max(0, len(f.Key)-3):], 10, 64); err == nil && len(f.Key) == 15 {
			top[f.Key[:12]] = max(top[f.Key[:12]], n)
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

// giveCode gives a component delivered without a code the next one of its county and class. A code that is stored already
// (put there past the counter) is passed over.
func (r *run) giveCode(tx data.Tx, f *gis.Feature, taken map[string]int) error {
	county := r.place.county
	for _, field := range []string{"community_code", "street_code"} {
		if c := f.Text(field); len(c) >= 6 {
			county = c[:6]
			break
		}
	}
	if county == "" {
		return gis.E(gis.Invalid, nil, "the county of the components is not known: import the street and community layers first, or give --set community_code=")
	}
	class := f.Text("class")
	for {
		n, err := tx.Next(counterName(county, class), 1)
		if err != nil {
			return err
		}
		if n > 999999 {
			return gis.E(gis.Conflict, nil, "county %s has no running numbers left for class %s", county, class)
		}
		f.Key = fmt.Sprintf("%s%s%06d", county, class, n)
		if _, is := taken[f.Key]; !is {
			break
		}
	}
	f.Set("code", f.Key)
	return nil
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
