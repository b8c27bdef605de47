package census

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/gis/crs"

	"github.com/paulmach/orb"
)

// bulkRows is from how many changed rows on the change log gets one Reload per layer.
const bulkRows = 2000

// foldRows is how many rows of doors come together before those of one door are folded.
const foldRows = 50000

// run is one import in progress.
type run struct {
	Options
	target  Target
	classes ClassGuesser
	city    city
	place   placement
	depts   *directory
	res     Result
	records map[string][]record // layer -> rows taken
	comps   *pack               // of components there are too many for that
	kept    map[string]bool     // identities of rejected rows: what is stored of them stays
	sources map[string][]string // layer -> sources delivered
	ahead   *ahead              // the stored components, in a dry run
	early   *early              // the write that begins before all is read; nil: there is none
	former  map[string]string   // codes components once had -> the codes they have

	counters map[[2]string]string // county, class -> the counter of their numbers; of who writes
}

func runImport(ctx context.Context, t Target, o Options) (Result, error) {
	r, err := newRun(ctx, t, o)
	if err != nil {
		return Result{}, err
	}
	started := time.Now()
	layers := []string{o.Layer}
	if o.Layer == "osm" {
		layers = osmLayers
	}
	if o.DryRun && t != nil && o.Layer == "component" {
		reading, stop := context.WithCancel(ctx)
		r.ahead = readAhead(reading, t)
		defer func() {
			stop()
			<-r.ahead.done
		}()
	}
	if r.early, err = r.newEarly(ctx); err != nil {
		return r.res, err
	}
	defer r.early.giveUp()
	for _, file := range o.Files {
		if err := r.readFile(ctx, file, layers); err != nil {
			return r.res, err
		}
	}
	r.early.allRead()
	if err := r.tellDate(); err != nil {
		return r.res, err
	}
	r.res.Batch = data.Batch{
		Layer: o.Layer, Source: strings.Join(r.sourceNames(), ", "), Actor: o.Actor, StartedAt: started,
		Profile: r.profileText(), Extent: r.Extent.Text(), Token: r.Token, Surveyed: r.Date,
	}
	for _, f := range o.Files {
		r.res.Batch.Files = append(r.res.Batch.Files, filepath.Base(f))
	}
	taken := 0
	for _, l := range layers {
		if err := r.giveAreaCodes(ctx, l); err != nil {
			return r.res, err
		}
		r.fold(l)
		r.checkExtent(l)
		taken += r.taken(l)
	}
	if err := r.checkDelivery(ctx); err != nil {
		return r.res, err
	}
	if err := r.drawBackdrop(ctx); err != nil {
		return r.res, err
	}
	if taken == 0 || o.Strict && r.res.Summary.Rejected > 0 {
		r.early.giveUp() // it may have the lock that refuseAll needs
		return r.refuseAll(ctx, taken)
	}
	if o.DryRun {
		err = r.dryRun(ctx, layers)
	} else {
		err = r.write(ctx, layers)
	}
	return r.res, err
}

func newRun(ctx context.Context, t Target, o Options) (*run, error) {
	if o.Layer != "osm" {
		if _, err := gis.LayerByName(o.Layer); err != nil {
			return nil, err
		}
	}
	if len(o.Files) == 0 {
		return nil, gis.E(gis.Invalid, nil, "no file to import")
	}
	if o.CRS != "" {
		if _, err := crs.ByName(o.CRS); err != nil {
			return nil, err
		}
	}
	if o.Encoding != "" {
		if _, err := encodingByName(o.Encoding); err != nil {
			return nil, err
		}
	}
	if o.Profile != nil && o.Profile.Layer != "" && o.Profile.Layer != o.Layer {
		return nil, gis.E(gis.Invalid, nil, "the profile is for layer %s, the import for %s", o.Profile.Layer, o.Layer)
	}
	if o.MaxRejects <= 0 {
		o.MaxRejects = 10000
	}
	o.Limits = o.Limits.withDefaults()
	r := &run{
		Options: o, target: t, classes: o.Classes, records: map[string][]record{}, kept: map[string]bool{},
		sources: map[string][]string{}, res: Result{DryRun: o.DryRun},
	}
	if r.classes == nil {
		r.classes = StandardClasses{}
	}
	var err error
	r.place.village = map[string][]string{}
	if o.Profile != nil && o.Profile.Checks != nil {
		r.classes = withLocal(r.classes, o.Profile.Checks.Classes)
	}
	if t != nil {
		if r.city, r.place, err = readCity(ctx, t, o.Place); err == nil && o.Layer == "component" {
			if r.depts, err = readDirectory(ctx, t); err == nil {
				r.former, err = codesNow(ctx, t)
			}
		}
	}
	if err == nil {
		err = r.settleExtent()
	}
	if err == nil {
		err = r.settleDate()
	}
	return r, err
}

// Guess returns the profile of every table of the files, as an import would guess it, with the remarks in
// the reports. t may be nil: then nothing is known of the city.
func Guess(ctx context.Context, t Target, o Options) ([]UsedProfile, []FileReport, error) {
	r, err := newRun(ctx, t, o)
	if err != nil {
		return nil, nil, err
	}
	layers := []string{o.Layer}
	if o.Layer == "osm" {
		layers = osmLayers
	}
	for _, file := range o.Files {
		rs, err := OpenAll(file, r.readOptions())
		if err != nil {
			return nil, nil, err
		}
		for _, rd := range rs {
			for _, l := range layers {
				_, rep, err := r.prepare(partOf(rd, l), gis.MustLayer(l))
				rd.Close()
				r.res.Files = append(r.res.Files, rep)
				if err != nil {
					return r.res.Profiles, r.res.Files, err
				}
			}
		}
	}
	return r.res.Profiles, r.res.Files, nil
}

func (r *run) readOptions() ReadOptions {
	return ReadOptions{Encoding: r.Encoding, Sheet: r.Sheet, Layer: r.Layer, Limits: r.Limits}
}

// partOf narrows an OSM file to one layer.
func partOf(rd Reader, layer string) Reader {
	if o, ok := rd.(*osmReader); ok {
		return o.only(layer)
	}
	return rd
}

func (r *run) readFile(ctx context.Context, file string, layers []string) error {
	rs, err := OpenAll(file, r.readOptions())
	if err != nil {
		return err
	}
	defer func() {
		for _, rd := range rs {
			_ = rd.Close()
		}
	}()
	for _, rd := range rs {
		if r.Layer == "osm" && rd.Format() != "osm" {
			return gis.E(gis.Invalid, nil, "%s is no OSM file; name the layer it belongs to", rd.Name())
		}
		for _, l := range layers {
			if err := r.readTable(ctx, partOf(rd, l), gis.MustLayer(l)); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepare guesses or takes the profile of a table and compiles it.
func (r *run) prepare(rd Reader, layer *gis.Layer) (*converter, FileReport, error) {
	rep := FileReport{File: rd.Name(), Layer: layer.Name, Source: SourceName(rd.Name()), Format: rd.Format()}
	g, err := guess(layer, rd, guessContext{classes: r.classes, city: r.city, crs: r.statedCRS(), set: r.constants()})
	profile, pos := g.profile, g.pos
	if r.Profile != nil {
		if pos, err = r.profilePosition(rd, layer, g); err == nil {
			profile = *r.Profile
			g.remarks = pos.remarks
		}
	}
	if err != nil {
		return nil, rep, err
	}
	profile.Encoding = r.Encoding
	if e, ok := rd.(interface{ EncodingName() string }); ok && profile.Encoding == "" {
		profile.Encoding = e.EncodingName()
	}
	rep.Remarks = g.remarks
	if pos.crs != nil {
		rep.CRS = pos.crs.Name()
	}
	profile.Layer = layer.Name
	r.res.Profiles = append(r.res.Profiles, UsedProfile{File: rd.Name(), Profile: profile})
	c, err := newConverterWith(layer, profile, rd, r.Set, r.classes)
	if err != nil {
		return nil, rep, err
	}
	c.sys, c.swap, c.city, c.place, c.today = pos.crs, pos.swap, r.city, r.place, r.Today
	if c.sys == nil {
		c.sys = crs.WGS84
	}
	c.remark, c.mark, c.tells, c.adopted = r.finding, r.mark, r.tells, r.adopts(c.layer.Name)
	c.name, c.fix, c.depts = rd.Name(), r.Fix, r.depts
	c.absent(r)
	if layer.Name == "component" {
		rep.Class = c.className()
	}
	return c, rep, nil
}

func (r *run) statedCRS() string {
	if r.CRS == "" && r.Profile != nil {
		return r.Profile.CRS
	}
	return r.CRS
}

func (r *run) constants() map[string]string {
	if r.Profile == nil {
		return r.Set
	}
	m := map[string]string{}
	for k, v := range r.Profile.Set {
		m[k] = v
	}
	for k, v := range r.Set {
		m[k] = v
	}
	return m
}

// profilePosition takes the coordinate columns from a given profile as they are: nothing is exchanged behind the user's back.
func (r *run) profilePosition(rd Reader, layer *gis.Layer, g guessed) (position, error) {
	p := r.Profile
	pos := position{x: p.X, y: p.Y, wkt: p.WKT, swap: p.Swap, crs: g.pos.crs}
	if layer.Geom == gis.NoGeom {
		return pos, nil
	}
	if name := r.statedCRS(); name != "" {
		c, err := crs.ByName(name)
		if err != nil {
			return pos, err
		}
		pos.crs = c
	}
	if pos.crs == nil {
		return pos, gis.E(gis.Invalid, nil, "%s: the profile names no coordinate system and none can be told from the values; give crs", rd.Name())
	}
	return pos, nil
}

// readTable converts every row of a table.
func (r *run) readTable(ctx context.Context, rd Reader, layer *gis.Layer) error {
	if o, ok := rd.(*osmReader); ok && r.Layer == "osm" && o.empty() {
		return nil
	}
	if hasRows, err := anyRow(rd); err != nil {
		return err
	} else if !hasRows {
		r.res.Files = append(r.res.Files, FileReport{
			File: rd.Name(), Layer: layer.Name, Source: SourceName(rd.Name()), Format: rd.Format(), Remarks: []string{"the table has no rows / 表中无数据"},
		})
		return nil
	}
	c, rep, err := r.prepare(rd, layer)
	if err != nil {
		r.res.Files = append(r.res.Files, rep)
		return err
	}
	before := len(r.res.Faults)
	foldAt := len(r.records[layer.Name]) + foldRows
	for row, err := range rowsAhead(rd.Rows(), c.placeAhead()) {
		if err != nil {
			r.res.Files = append(r.res.Files, rep)
			return err
		}
		if rep.Rows++; rep.Rows%1000 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			r.Progress.Tell("read "+path.Base(rd.Name()), rep.Rows, 0)
		}
		rec, err := c.convert(row)
		if err == nil {
			rep.Taken++
			r.take(rec)
			if layer.Name == "door" && len(r.records[layer.Name]) >= foldAt { // floors fold as they come: they are most of the rows
				r.records[layer.Name] = foldDoors(r.records[layer.Name])
				foldAt = 2*len(r.records[layer.Name]) + foldRows
			}
			continue
		}
		rep.Rejected++
		r.rejectRow(c, rec, row, asRowError(err))
	}
	// A file of which nothing could be taken says nothing about what is gone.
	if rep.Taken > 0 && !slices.Contains(r.sources[layer.Name], c.source) {
		r.sources[layer.Name] = append(r.sources[layer.Name], c.source)
	}
	r.wholeTable(before, rep.Rows)
	r.res.Files = append(r.res.Files, rep)
	return nil
}

// take keeps a row that became a feature.
func (r *run) take(rec record) {
	layer := rec.f.Layer
	if layer.Name != "component" {
		r.records[layer.Name] = append(r.records[layer.Name], rec)
		return
	}
	if r.comps == nil {
		r.comps = newPack(layer)
	}
	rec.f.Key = text(&rec, rec.conv.checks.f.code)
	r.comps.add(&rec)
	r.early.take(&rec)
}

// taken returns how many rows of a layer there are.
func (r *run) taken(layer string) int {
	if layer == "component" {
		return r.comps.len()
	}
	return len(r.records[layer])
}

// packed returns the rows of a layer.
func (r *run) packed(layer string) *pack {
	if layer == "component" {
		return r.comps
	}
	p := newPack(gis.MustLayer(layer))
	for i := range r.records[layer] {
		p.add(&r.records[layer][i])
	}
	return p
}

// anyRow reports whether the table has a row.
func anyRow(rd Reader) (bool, error) {
	for _, err := range rd.Rows() {
		return err == nil, err
	}
	return false, nil
}

// rejectRow records a refused row; what is stored of the same thing stays stored.
func (r *run) rejectRow(c *converter, rec record, row Row, e *rowError) {
	for _, id := range []string{"code", "delivered_id", "number", "label"} {
		if i := c.layer.Index(id); i >= 0 && c.from[i] != nil && len(row.Values) == len(c.columns) {
			if v := c.from[i].text(row.Values); v != "" {
				r.kept[identity(c.layer.Name, c.source, id, v)] = true
				if r.Extent != nil { // removals then do not go by sources
					r.kept[identity(c.layer.Name, "", id, v)] = true
				}
			}
		}
	}
	raw := map[string]string{}
	for i, v := range row.Values {
		if v != "" && i < len(c.columns) {
			raw[c.columns[i]] = clip(v, 500)
		}
	}
	js, _ := json.Marshal(raw)
	r.reject(data.Rejected{
		File: row.File, Row: row.Num, Field: e.Field, Value: clip(e.Value, 200), Rule: e.Rule, Reason: e.Text, ReasonZh: e.TextZh, Raw: string(js),
	}, c.layer.Name, rec.at)
}

func identity(layer, source, field, value string) string {
	return layer + "\x00" + source + "\x00" + field + "\x00" + value
}

func (r *run) reject(x data.Rejected, layer string, at orb.Point) {
	r.res.Summary.Rejected++
	r.refused(x, layer, at)
	if len(r.res.Rejected) >= r.MaxRejects {
		r.res.Dropped++
		return
	}
	r.res.Rejected = append(r.res.Rejected, x)
}

func (r *run) sourceNames() []string {
	var out []string
	for _, l := range sortedKeys(r.sources) {
		for _, s := range r.sources[l] {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

func (r *run) profileText() string {
	var b strings.Builder
	for i, p := range r.res.Profiles {
		if i > 0 {
			b.WriteString("---\n")
		}
		fmt.Fprintf(&b, "# %s\n%s", p.File, p.Profile.YAML())
	}
	return b.String()
}
