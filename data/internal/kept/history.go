package kept

import (
	"encoding/json"
	"fmt"
	"strings"

	"wanmi/data"
	"wanmi/gis"
)

// CompleteVersions gives the versions kept in part what they share with the version after them.
func CompleteVersions(all []data.Version, partial map[int]string) error {
	for i := len(all) - 2; i >= 0; i-- {
		fields, ok := partial[i]
		if !ok {
			continue
		}
		f := all[i+1].Feature.Clone()
		f.ID = all[i].Feature.ID
		if err := FillFields(&f, fields); err != nil {
			return err
		}
		all[i].Feature = f
	}
	return nil
}

// FillFields sets those values of f a JSON object of field names has. Fields the layer no longer has are passed over.
func FillFields(f *gis.Feature, object string) error {
	dec := json.NewDecoder(strings.NewReader(object))
	dec.UseNumber()
	var values map[string]any
	if err := dec.Decode(&values); err != nil {
		return fmt.Errorf("former version of %s: %w", f.Key, err)
	}
	for i := range f.Layer.Fields {
		field := &f.Layer.Fields[i]
		v, ok := values[field.Name]
		if !ok {
			continue
		}
		if n, ok := v.(json.Number); ok {
			if whole, err := n.Int64(); err == nil {
				v = whole
			} else if v, err = n.Float64(); err != nil {
				return fmt.Errorf("former version of %s: %w", f.Key, err)
			}
		}
		f.Values[i] = nil
		if v != nil {
			f.Values[i] = Decode(field, v)
		}
	}
	return nil
}

// NameOps tells inserts from updates where only deletions are marked: the first version, and one after a deletion, is an insert.
func NameOps(all []data.Version) {
	for i := range all {
		if all[i].Op == "" {
			all[i].Op = gis.Update
			if i == 0 || all[i-1].Op == gis.Delete {
				all[i].Op = gis.Insert
			}
		}
	}
}

// Sort fills in the states of x from the versions of its row, the oldest first and the row as it is last, when it is there:
// before, by and since the changes numbered lo to hi.
func Sort(x *data.Touched, versions []data.Version, lo, hi int64) {
	for i := range versions {
		v := &versions[i]
		state := &v.Feature
		if v.Op == gis.Delete {
			state = nil
		}
		switch {
		case v.Seq < lo:
			x.Was, x.Made = state, nil
		case v.Seq <= hi:
			x.Made = state
		default:
			x.Later = true
		}
		x.Now = state
	}
}
