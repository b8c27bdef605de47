package feedback

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/data"
	"wanmi/geocode"
	"wanmi/gis"
)

// Layer is the layer of what is learned.
const Layer = "local_name"

// Store is what corrections wait in.
type Store interface {
	ProposeAll(ctx context.Context, ps []data.Proposal) ([]int64, error)
	Proposals(ctx context.Context, state string) ([]data.Proposal, error)
	Proposal(ctx context.Context, id int64) (data.Proposal, error)
	Feature(ctx context.Context, layer, key string) (gis.Feature, error)
	History(ctx context.Context, layer, key string) ([]data.Version, error)
}

// Desk is where corrections are handed in and decided.
type Desk struct {
	Live  *city.Live
	Store Store
}

// Correction says where a report really is.
type Correction struct {
	Text  string    `json:"text"`
	Point orb.Point `json:"point"`
	Place string    `json:"place,omitempty"` // the stored place meant, as poi:p12, where the dispatcher picked one
	Note  string    `json:"note,omitempty"`
	By    string    `json:"-"`
}

// The most that is taken.
const (
	maxNote  = 500  // characters of a note, a name or a reason
	MaxBatch = 5000 // corrections or decisions at once
)

// farFromAll is how far from everything the city has a point may lie, metres; farther it is a slip, mostly of latitude put first.
const farFromAll = 5000

// check refuses what is no correction in this city.
func (c *Correction) check(ctx context.Context, v *city.View) error {
	if c.Text, c.Note, c.Place = strings.TrimSpace(c.Text), strings.TrimSpace(c.Note), strings.TrimSpace(c.Place); c.Text == "" {
		return gis.E(gis.Invalid, nil, "a correction needs the text of the report")
	}
	if err := checkWords("note", c.Note); err != nil {
		return err
	}
	if _, err := v.Geo.Lesson(ctx, c.Text); err != nil {
		return err
	}
	around, err := v.Geo.Reverse(ctx, c.Point, geocode.ReverseQuery{Size: 1, RadiusM: farFromAll})
	if err != nil {
		return err
	}
	if len(around.Places) == 0 {
		return gis.E(gis.Invalid, nil, "%.6f, %.6f is not in this city: nothing is on the map within %d km (longitude comes first)", c.Point[0], c.Point[1], farFromAll/1000)
	}
	if c.Place != "" {
		_, err = v.Geo.Named(c.Place, c.Point)
	}
	return err
}

func checkWords(what, s string) error {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 && r != '\t' && r != '\n' && r != '\r' }) {
		return gis.E(gis.Invalid, nil, "%s is not plain text in UTF-8", what)
	}
	if utf8.RuneCountInString(s) > maxNote {
		return gis.E(gis.Invalid, nil, "%s has more than %d characters", what, maxNote)
	}
	return nil
}

// Added tells what became of corrections handed in.
type Added struct {
	IDs   []int64 `json:"ids"`   // in their order; of one that waited already, that one's
	Fresh int     `json:"fresh"` // how many are new
}

// Add keeps corrections, all or none. One that waits already, of the same text and point, is not kept twice: a file may be sent again.
func (d *Desk) Add(ctx context.Context, cs []Correction) (Added, error) {
	if len(cs) == 0 || len(cs) > MaxBatch {
		return Added{}, gis.E(gis.Invalid, nil, "1 to %d corrections are taken at once, not %d", MaxBatch, len(cs))
	}
	open, err := d.open(ctx)
	if err != nil {
		return Added{}, err
	}
	there := map[string]int64{}
	for _, p := range open {
		there[p.same()] = p.ID
	}
	v := d.Live.View()
	out := Added{IDs: make([]int64, len(cs))}
	var fresh []data.Proposal
	at := map[string]int{} // of those that are fresh
	for i := range cs {
		c := &cs[i]
		if err := c.check(ctx, v); err != nil {
			if len(cs) > 1 {
				err = gis.E(gis.KindOf(err), err, "correction %d (%s): %s", i+1, c.Text, gis.Public(err))
			}
			return Added{}, err
		}
		key := c.same()
		if _, ok := there[key]; ok {
			continue
		}
		if _, ok := at[key]; ok {
			continue
		}
		body, err := json.Marshal(c)
		if err != nil {
			return Added{}, err
		}
		at[key] = len(fresh)
		fresh = append(fresh, data.Proposal{Layer: Layer, Op: gis.Insert, Body: string(body), Actor: c.By})
	}
	ids, err := d.Store.ProposeAll(ctx, fresh)
	if err != nil {
		return Added{}, err
	}
	for i := range cs {
		key := cs[i].same()
		if k, ok := at[key]; ok {
			out.IDs[i] = ids[k]
		} else {
			out.IDs[i] = there[key]
		}
	}
	out.Fresh = len(fresh)
	return out, nil
}

// same is equal for corrections that say the same of the same report, to a metre.
func (c *Correction) same() string {
	return fmt.Sprintf("%.5f %.5f %s %s", c.Point[0], c.Point[1], c.Place, c.Text)
}

// keptCorrection is a correction as the store has it.
type keptCorrection struct {
	data.Proposal
	Correction
}

func readKept(p data.Proposal) (keptCorrection, error) {
	k := keptCorrection{Proposal: p}
	if err := json.Unmarshal([]byte(p.Body), &k.Correction); err != nil {
		return k, fmt.Errorf("feedback: correction %d: %w", p.ID, err)
	}
	k.By = p.Actor
	return k, nil
}

// all returns the corrections in a state of proposals, the latest first.
func (d *Desk) all(ctx context.Context, state string) ([]keptCorrection, error) {
	ps, err := d.Store.Proposals(ctx, state)
	if err != nil {
		return nil, err
	}
	var out []keptCorrection
	for _, p := range ps {
		if p.Layer != Layer {
			continue
		}
		k, err := readKept(p)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, nil
}

func (d *Desk) open(ctx context.Context) ([]keptCorrection, error) {
	return d.all(ctx, data.ProposalOpen)
}

// one returns a correction, gis.NotFound when there is none of that number.
func (d *Desk) one(ctx context.Context, id int64) (keptCorrection, error) {
	p, err := d.Store.Proposal(ctx, id)
	if gis.KindOf(err) == gis.NotFound || err == nil && p.Layer != Layer {
		return keptCorrection{}, gis.E(gis.NotFound, err, "there is no correction %d", id)
	}
	if err != nil {
		return keptCorrection{}, err
	}
	return readKept(p)
}

// keyOf is the key of the row a correction becomes.
func keyOf(id int64) string { return fmt.Sprintf("F%d", id) }
