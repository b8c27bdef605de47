package grids

import (
	"context"
	"math"
	"runtime"
	"slices"
	"time"

	"wanmi/gis"
)

// Options steer Build; the zero value divides every community at about 10,000 m² with balanced weights.
type Options struct {
	Target, Min, Max float64  // m²; 0: 10,000, 5,000, 20,000
	Communities      []string // divide only these (12-digit codes); nil: all
	Threads          int      // 0: as many as the machine has
	Progress         gis.Progress
	Weights          Weights
	Effort           int                        // how long to search for better cells: 1 (0, too) to MaxEffort
	Today            string                     // YYYY-MM-DD, the InitDate of new cells; "" leaves it empty
	Next             func(community string) int // first sequence number never used there; nil: 1
	Old              []Cell                     // the division before: unchanged cells keep their codes
	Mode             Mode                       // what becomes of Old; the zero value divides everything anew
	Land             map[string]Limits          // limits of ground other than built, by the names of LandNames; see Weights.Open
	Compound         Compound                   // whether compounds are cut; the zero value is CompoundWhole
	CompoundMax      float64                    // m²: larger compounds are cut all the same; 0: four fifths of Max
}

// Weights price what a good cell is; the zero value is Balanced.
type Weights struct {
	Area    float64 // deviation from the target area (6)
	Shape   float64 // deviation from a round shape (1.8)
	Load    float64 // deviation from the community's mean number of components (0.2)
	Feature float64 // border off real features, per 100 m (5)
	Open    float64 // how many times the target area open ground should have, where Options.Land does not say (1.35); 0: 1
}

// Balanced are the weights the zero value stands for.
var Balanced = Weights{Area: 6, Shape: 1.8, Load: 0.2, Feature: 5, Open: 1.35}

// Compound says what becomes of compounds (院落): land of class campus, compound or factory.
type Compound string

// Land may say otherwise for itself, in its field compound.
const (
	CompoundWhole Compound = "whole" // not cut, up to Options.CompoundMax
	CompoundSplit Compound = "split" // cut as any ground
)

// Lineage records what became of a code: From is gone or changed, To is fresh; Why is one of
// split merge change gone new. To is empty for a code that is gone without a successor, From for a new one.
type Lineage struct {
	From Code   `json:"from"`
	To   Code   `json:"to"`
	Why  string `json:"why"`
}

// Division is what Build made.
type Division struct {
	Cells    []Cell // by code; void ones (gone since Options.Old) come last
	Findings []gis.Finding
	Stats    Stats
	Lineage  []Lineage // only with Options.Old
	Update   Update    // with Options.Mode Repair and Refresh, and where cells are locked

	ground *backdrop // what the report draws the cells on; nil when they were not built here
}

// Check returns a gis.Invalid error for options that no division can be made with.
func (o Options) Check() error { return o.settle() }

func (o *Options) settle() error {
	if o.Target == 0 {
		o.Target = 10_000
	}
	if o.Min == 0 {
		o.Min = o.Target / 2
	}
	if o.Max == 0 {
		o.Max = o.Target * 2
	}
	if !(o.Target >= 100 && o.Target <= 1e8 && o.Min > 0 && o.Min <= o.Target && o.Max >= o.Target) {
		return gis.E(gis.Invalid, nil, "the areas must be 0 < min <= target <= max with a target from 100 m², not min %g, target %g, max %g", o.Min, o.Target, o.Max)
	}
	if o.Weights == (Weights{}) {
		o.Weights = Balanced
	}
	if err := o.Weights.Check(); err != nil {
		return err
	}
	if o.Compound == "" {
		o.Compound = CompoundWhole
	}
	if o.CompoundMax == 0 {
		o.CompoundMax = compoundShare * o.Max
	}
	if o.Compound != CompoundWhole && o.Compound != CompoundSplit || !(o.CompoundMax > 0) {
		return gis.E(gis.Invalid, nil, "a compound is whole or split, up to a size over 0 m², not %q up to %g", o.Compound, o.CompoundMax)
	}
	if _, err := o.land(); err != nil {
		return err
	}
	if o.Effort < 0 || o.Effort > MaxEffort {
		return gis.E(gis.Invalid, nil, "the effort must lie between 1 and %d, not %d", MaxEffort, o.Effort)
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	return nil
}

// Build divides the communities of src into cells. The result depends on nothing
// but the features and the options other than Threads and Progress.
// A community that would need more than 999 numbers is a gis.Rejected error.
func Build(ctx context.Context, src Source, opt Options) (*Division, error) {
	start := time.Now()
	if err := opt.settle(); err != nil {
		return nil, err
	}
	opt.Progress.Tell("read", 0, 0)
	b, err := readCommunities(ctx, src)
	if err != nil {
		return nil, err
	}
	want, err := b.wanted(opt.Communities)
	if err != nil {
		return nil, err
	}
	rest := b.readRest(ctx, src)
	cov := b.coverage(opt.Threads)
	if err := rest(); err != nil {
		return nil, err
	}
	b.obs.huge = opt.Max
	comps := b.readLater(ctx, src)
	defer comps()
	if len(cov.segs) == 0 {
		return nil, gis.E(gis.Rejected, nil, "no community has an outline with an area")
	}
	if opt.Mode != Rebuild || opt.locks() {
		return b.update(ctx, src, cov, want, comps, &opt, start)
	}
	p, err := b.plan(ctx, cov, cov.withNeighbours(want), opt.Threads, opt.Progress)
	if err != nil {
		return nil, err
	}
	if err := comps(); err != nil {
		return nil, err
	}
	b.points = newPointTable(b.comps)
	b.terrain = newTerrain(b, &opt)
	res, err := b.divideAll(ctx, p.parts, want, &opt)
	if err != nil {
		return nil, err
	}
	d := &Division{Findings: b.findings, ground: &backdrop{b.lat, b.lines, b.buildings}}
	if err := d.number(b, res, &opt); err != nil {
		return nil, err
	}
	if opt.Communities != nil && len(opt.Old) > 0 {
		d.seam(b, cov.segs, want)
	}
	d.measure(b, p.outlines, res, want, &opt)
	d.Stats.Seconds = math.Round(time.Since(start).Seconds()*100) / 100
	d.nameCells()
	sortFindings(d.Findings)
	return d, nil
}

// wanted marks the communities to divide.
func (b *base) wanted(codes []string) ([]bool, error) {
	want := make([]bool, len(b.comms))
	for i := range want {
		want[i] = codes == nil
	}
	for _, code := range codes {
		i := slices.IndexFunc(b.comms, func(c community) bool { return c.code == code })
		if i < 0 {
			return nil, gis.E(gis.NotFound, nil, "there is no community %s", code)
		}
		want[i] = true
	}
	return want, nil
}

// compoundShare leaves room for the halves of streets round a compound that come with it: kept whole up to Max itself, its cell
// would be larger than that.
const compoundShare = 0.8

// fullSeq is how many cells a community may get at first: the rest of the numbers is left for later divisions,
// since no number is used twice.
const fullSeq = MaxSeq * 4 / 5

// community cuts one community. One too large for its numbers is cut with raised areas: raised is the target used then, else 0.
func (w *cutter) community(fs []int32) (cells [][]int32, raised float64) {
	all := w.total(fs)
	base := w.goal
	defer func() { w.goal = base }()
	for k := max(1, all.worth/base.target/fullSeq); ; k *= 1.2 {
		if k > 1 {
			g := *base
			g.target, g.min, g.max = k*g.target, k*g.min, k*g.max
			w.goal, raised = &g, g.target
		}
		if cells = w.cutWith(fs, &all); len(cells) <= fullSeq || k > 100 {
			return cells, raised
		}
	}
}

// cutWith cuts one community by the cutter's goal.
func (w *cutter) cutWith(fs []int32, all *sums) [][]int32 {
	w.mean = all.load / math.Max(1, math.Round(all.worth/w.goal.target))
	cells := w.cutOnce(fs)
	if most := w.effort; most != efforts[0] { // a longer search ends elsewhere, now and then higher up
		w.effort = efforts[0]
		if other := w.cutOnce(fs); w.objective(other) < w.objective(cells) {
			cells = other
		}
		w.effort = most
	}
	return cells
}

func (w *cutter) cutOnce(fs []int32) [][]int32 {
	var cells [][]int32
	for _, piece := range w.pieces(fs, true) {
		cells = append(cells, w.divide(piece)...)
	}
	return w.mend(w.improve(cells, w.own))
}

// pieces splits the faces of a community into those that hang together by edges; with zones, those of one zone.
func (w *cutter) pieces(fs []int32, zones bool) [][]int32 {
	w.epoch++
	for _, f := range fs {
		w.faceMark[f] = w.epoch
	}
	var out [][]int32
	for _, f0 := range fs {
		if w.faceMark[f0] != w.epoch {
			continue
		}
		w.faceMark[f0] = 0
		piece := []int32{f0}
		for i := 0; i < len(piece); i++ {
			for _, h := range w.Cycle[piece[i]] {
				if g := w.Face[h^1]; w.in(g) && (!zones || w.zone[g] == w.zone[f0]) {
					w.faceMark[g] = 0
					piece = append(piece, g)
				}
			}
		}
		slices.Sort(piece)
		out = append(out, piece)
	}
	return out
}

// number gives the cells their codes, community by community.
func (d *Division) number(b *base, res []divided, opt *Options) error {
	u := newUpdate(b.lat, opt)
	for c := range res {
		d.Findings = append(d.Findings, res[c].findings...)
		if len(res[c].fresh) == 0 {
			continue
		}
		if err := u.community(b.comms[c].code, res[c].fresh); err != nil {
			return err
		}
	}
	u.finish(d)
	return nil
}
