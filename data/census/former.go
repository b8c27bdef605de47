package census

import (
	"context"
	"iter"

	"wanmi/data"
	"wanmi/data/catalog"
	"wanmi/gis"
)

// renamer is a store that knows the codes rows once had.
type renamer interface {
	Renames(ctx context.Context, layer string) iter.Seq2[data.Renamed, error]
}

// codesNow returns the codes components have by those they once had.
func codesNow(ctx context.Context, t Target) (map[string]string, error) {
	s, ok := t.(renamer)
	if !ok {
		return nil, nil
	}
	now, had := map[string]string{}, map[string][]string{}
	for x, err := range s.Renames(ctx, "component") {
		if err != nil {
			return nil, err
		}
		all := append(had[x.From], x.From)
		delete(had, x.From)
		had[x.To] = all
		for _, former := range all {
			now[former] = x.To
		}
		delete(now, x.To)
	}
	return now, nil
}

// keepEdition lets a row that was delivered with the class of another edition keep the stored class, where the two are
// counterparts: the census was recoded, the survey team's files were not.
func keepEdition(f *gis.Feature, old gis.Feature) {
	if f.Layer.Name != "component" || f.Text("edition") == old.Text("edition") || old.Text("edition") == "" {
		return
	}
	have, ok := catalog.Lookup(f.Text("edition"), f.Text("class"))
	if !ok {
		return
	}
	if c, ok := catalog.Counterpart(have, old.Text("edition")); !ok || c.Code != old.Text("class") {
		return
	}
	if f.Text("name") == f.Text("class_name") { // the name was that of the class
		f.Set("name", old.Value("name"))
	}
	for _, name := range []string{"class", "class_name", "edition"} {
		f.Set(name, old.Value(name))
	}
}
