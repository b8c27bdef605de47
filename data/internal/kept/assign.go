package kept

import "wanmi/gis"

// Assignable returns the positions of the fields Tx.Assign may give values, gis.Invalid for none, unknown or repeated ones and
// for the key.
func Assignable(l *gis.Layer, fields []string) ([]int, error) {
	if len(fields) == 0 {
		return nil, gis.E(gis.Invalid, nil, "no field of %s to assign", l.Name)
	}
	at := make([]int, len(fields))
	seen := map[string]bool{}
	for i, name := range fields {
		at[i] = l.Index(name)
		if at[i] < 0 || name == l.Key || seen[name] {
			return nil, gis.E(gis.Invalid, nil, "%s is no field of %s that can be assigned, or comes twice", name, l.Name)
		}
		seen[name] = true
	}
	return at, nil
}
