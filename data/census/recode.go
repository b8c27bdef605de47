package census

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"wanmi/data"
	"wanmi/data/catalog"
	"wanmi/gis"

	"github.com/paulmach/orb"
)

// RecodeOptions say to which edition the components go.
type RecodeOptions struct {
	Edition  string            // catalog.GB47678 or catalog.CJT214
	Classes  map[string]string // class code -> class code of the edition, where the city knows better than the table of counterparts
	Actor    string
	DryRun   bool
	Progress gis.Progress
}

// Recoded is what a recoding did, or would do.
type Recoded struct {
	Edition string         `json:"edition"`
	Recoded int64          `json:"recoded"`
	As      int64          `json:"unchanged"` // components that are of the edition already
	Left    int64          `json:"left"`      // components whose class has no counterpart: they keep code and class
	Classes []RecodedClass `json:"classes"`
	Batch   int64          `json:"batch,omitempty"`
	Codes   []data.Renamed `json:"-"` // in the order of the former codes

	Generation gis.Generation `json:"-"`
}

// RecodedClass is what becomes of one class.
type RecodedClass struct {
	From    string `json:"from"`
	To      string `json:"to"` // "" when there is no counterpart
	Name    string `json:"name"`
	Rows    int64  `json:"rows"`
	Example string `json:"example,omitempty"`
}

// EditionByName returns the edition a user means by gbt47678 or cjt214, or by its full name.
func EditionByName(name string) (string, error) {
	plain := strings.NewReplacer("/", "", " ", "", ".", "", "-", "").Replace(strings.ToLower(name))
	for short, e := range map[string]string{"gbt47678": catalog.GB47678, "cjt214": catalog.CJT214} {
		if strings.HasPrefix(plain, short) {
			return e, nil
		}
	}
	return "", gis.E(gis.Invalid, nil, "no edition %q; there are gbt47678 (17 digits) and cjt214 (16 digits)", name)
}

// recodeTarget is the store of a recoding.
type recodeTarget interface {
	Target
	Renames(ctx context.Context, layer string) iter.Seq2[data.Renamed, error]
}

// Recode gives every component class and code of an edition, in one write that is a batch of its own. Running numbers come
// from the counter of county and class in the order of the codes there were; a component that had a code of the edition
// before gets that one back. Former codes are kept and found. What is of the edition already stays: a second call changes nothing.
func Recode(ctx context.Context, t recodeTarget, o RecodeOptions) (Recoded, error) {
	if !slices.Contains(catalog.Editions(), o.Edition) {
		return Recoded{}, gis.E(gis.Invalid, nil, "no edition %q", o.Edition)
	}
	_, place, err := readCity(ctx, t, nil)
	if err != nil {
		return Recoded{}, err
	}
	own, err := formerCodes(ctx, t)
	if err != nil {
		return Recoded{}, err
	}
	r := recoding{RecodeOptions: o, county: place.county, own: own, counterpart: map[string]*catalog.Class{}}
	rows, err := r.rows(ctx, t)
	if err != nil || len(rows) == 0 {
		return r.summary(), err
	}
	batch := &data.Batch{Layer: "component", Source: "recode " + o.Edition, Actor: o.Actor, Changed: int64(len(rows))}
	gen, err := t.Write(ctx, data.WriteInfo{Actor: o.Actor, Source: batch.Source, Bulk: true, Batch: batch}, func(tx data.Tx) error {
		r.out.Codes = nil
		if err := r.write(tx, rows); err != nil || !o.DryRun {
			return err
		}
		r.dry = true
		return errDry
	})
	if r.dry {
		return r.summary(), nil
	}
	r.out.Batch, r.out.Generation = batch.ID, gen
	return r.summary(), err
}

// formerCodes returns the codes components had, by the code they have.
func formerCodes(ctx context.Context, t recodeTarget) (map[string][]string, error) {
	had := map[string][]string{}
	for x, err := range t.Renames(ctx, "component") {
		if err != nil {
			return nil, err
		}
		had[x.To] = append(had[x.From], x.From)
		delete(had, x.From)
	}
	return had, nil
}

type recoding struct {
	RecodeOptions
	county      string
	own         map[string][]string
	counterpart map[string]*catalog.Class
	classes     map[[2]string]*RecodedClass
	out         Recoded
	dry         bool
}

// recodeRow is one component to be recoded.
type recodeRow struct {
	key  string
	from string // its class
	to   *catalog.Class
}

// rows lists the components that are to change, by their codes.
func (r *recoding) rows(ctx context.Context, t Target) (rows []recodeRow, err error) {
	r.out = Recoded{Edition: r.Edition}
	r.classes = map[[2]string]*RecodedClass{}
	for f, err := range t.Features(ctx, "component", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		to := r.classOf(f)
		switch {
		case to != nil && to.Code == f.Text("class") && r.fits(f.Key, to):
			r.out.As++
			continue
		case to == nil:
			r.out.Left++
			r.class(f, "").Rows++
			continue
		}
		c := r.class(f, to.Code)
		c.Rows++
		rows = append(rows, recodeRow{strings.Clone(f.Key), c.From, to})
	}
	slices.SortFunc(rows, func(a, b recodeRow) int { return cmp.Compare(a.key, b.key) })
	return rows, nil
}

func (r *recoding) class(f gis.Feature, to string) *RecodedClass {
	key := [2]string{f.Text("class"), to}
	c := r.classes[key]
	if c == nil {
		c = &RecodedClass{From: key[0], To: to, Name: f.Text("class_name")}
		r.classes[key] = c
	}
	return c
}

// fits reports whether a code is one of the class in its edition.
func (r *recoding) fits(code string, c *catalog.Class) bool {
	return len(code) == 12+len(c.Code) && digits(code) && code[6:6+len(c.Code)] == c.Code
}

// classOf returns the class of the edition a component gets, nil for none.
func (r *recoding) classOf(f gis.Feature) *catalog.Class {
	code, edition := f.Text("class"), f.Text("edition")
	if edition == "" {
		edition = catalog.GB47678
		if len(code) == 4 {
			edition = catalog.CJT214
		}
	}
	key := edition + "\x00" + code
	if c, ok := r.counterpart[key]; ok {
		return c
	}
	var found *catalog.Class
	have, known := catalog.Lookup(edition, code)
	if to := r.Classes[code]; to != "" {
		if c, ok := catalog.Lookup(r.Edition, to); ok {
			found = &c
		}
	} else if known {
		if c, ok := catalog.Counterpart(have, r.Edition); ok {
			found = &c
		}
	}
	r.counterpart[strings.Clone(key)] = found
	return found
}

// write gives the rows their classes first and their codes after: so a store sends many rows at once.
func (r *recoding) write(tx data.Tx, rows []recodeRow) error {
	tell := func(stage string, i int) {
		if i%1000 == 0 || i == len(rows)-1 {
			r.Progress.Tell(stage, int64(i+1), int64(len(rows)))
		}
	}
	for i, row := range rows {
		tell("classes", i)
		f, err := tx.Feature("component", row.key)
		if err != nil {
			return err
		}
		f = f.Clone()
		f.Set("class", row.to.Code)
		f.Set("class_name", row.to.Zh)
		f.Set("edition", row.to.Edition)
		if _, _, err := tx.Put(&f); err != nil {
			return err
		}
	}
	for i, row := range rows {
		tell("codes", i)
		if r.fits(row.key, row.to) {
			continue
		}
		code, err := r.code(tx, row)
		if err != nil {
			return err
		}
		if err := tx.Rename("component", row.key, code); err != nil {
			return err
		}
		r.out.Codes = append(r.out.Codes, data.Renamed{From: row.key, To: code})
		if c := r.classes[[2]string{row.from, row.to.Code}]; c.Example == "" {
			c.Example = row.key + " → " + code
		}
	}
	return nil
}

// code returns the code of the component in the edition: its own of former times, or the next of its county and class.
func (r *recoding) code(tx data.Tx, row recodeRow) (string, error) {
	for _, had := range slices.Backward(r.own[row.key]) {
		if r.fits(had, row.to) {
			return had, nil
		}
	}
	county := r.county
	if len(row.key) >= 6 && digits(row.key[:6]) {
		county = row.key[:6]
	}
	if county == "" {
		return "", gis.E(gis.Invalid, nil, "the county of component %s is not known: import the street layer first", row.key)
	}
	return NextCode(tx, county, row.to.Code)
}

// NextCode returns the next code of a county and class that no component has: from the counter, so it was never given.
func NextCode(tx data.Tx, county, class string) (string, error) {
	for {
		n, err := tx.Next(counterName(county, class), 1)
		if err != nil {
			return "", err
		}
		if n > 999999 {
			return "", gis.E(gis.Conflict, nil, "county %s has no running numbers left for class %s", county, class)
		}
		code := fmt.Sprintf("%s%s%06d", county, class, n)
		if _, err := tx.Rev("component", code); err != nil {
			if gis.KindOf(err) == gis.NotFound {
				return code, nil
			}
			return "", err
		}
	}
}

func (r *recoding) summary() Recoded {
	out := r.out
	out.Classes = []RecodedClass{}
	for _, c := range r.classes {
		out.Classes = append(out.Classes, *c)
		if c.To != "" {
			out.Recoded += c.Rows
		}
	}
	slices.SortFunc(out.Classes, func(a, b RecodedClass) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out
}
