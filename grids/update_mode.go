package grids

import (
	"context"
	"math"
	"slices"
	"time"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// Mode says what Build does with the cells of Options.Old.
type Mode string

// The modes of an update. Locked cells and their borders stay in each.
const (
	Rebuild Mode = ""        // divide everything anew; cells that come out (nearly) as they were keep their codes
	Repair  Mode = "repair"  // divide anew only round cells that break a hard rule on the new base map, and land without cells
	Refresh Mode = "refresh" // as Repair, and where the search finds cells that are better by Kappa
)

// Kappa is the gain, in units of the builder's price, for which an intact cell is given up: about what a cell of
// 14,000 m² costs more than one of 10,000.
const Kappa = 1.0

// ParseMode reads a mode as the command line names it.
func ParseMode(s string) (Mode, error) {
	switch s {
	case "rebuild":
		return Rebuild, nil
	case string(Repair), string(Refresh):
		return Mode(s), nil
	}
	return "", gis.E(gis.Invalid, nil, "there is no mode %q; repair, refresh and rebuild are", s)
}

// locks reports whether some valid cell of the communities to divide is locked.
func (o *Options) locks() bool {
	return slices.ContainsFunc(o.Old, func(c Cell) bool {
		return c.Locked && c.Status != Void && (o.Communities == nil || slices.Contains(o.Communities, c.Community))
	})
}

// renew is Build on a city that has cells, other than a rebuild without locked ones.
func (r *renewal) renew(start time.Time) (*Division, error) {
	b, opt := r.b, r.opt
	if !r.plain {
		r.conform()
	}
	r.examine()
	r.leaveAnew()
	if err := r.improve(); err != nil {
		return nil, err
	}
	if err := r.rebuild(); err != nil {
		return nil, err
	}
	if err := r.divideAnew(); err != nil {
		return nil, err
	}
	d := &Division{Findings: slices.Concat(b.findings, r.findings), ground: &backdrop{b.lat, b.lines, b.buildings}}
	if err := r.number(d); err != nil {
		return nil, err
	}
	if slices.Contains(r.anew, true) {
		d.seam(b, r.cov.segs, r.anew)
	}
	if r.fit != nil {
		r.fit.all(d)
	}
	r.measure(d)
	d.straddling(b, r.cov.segs, opt.Threads)
	d.nameCells()
	d.Stats.count(d.Findings)
	d.Stats.Seconds = math.Round(time.Since(start).Seconds()*100) / 100
	d.Update = r.told
	sortFindings(d.Findings)
	return d, nil
}

// Update tells what an update has touched.
type Update struct {
	Zones   int     `json:"zones"`
	Broken  int     `json:"broken"`     // cells that broke a hard rule, or were worth replacing
	InZones int     `json:"in_zones"`   // they and their neighbours
	Land    bool    `json:"land"`       // lines of communities moved, or land without cells was divided
	WorstMS float64 `json:"worst_zone"` // milliseconds the slowest zone took, of one thread
}

// state of an old cell in an update.
type standing uint8

const (
	stays  standing = iota // outside all zones
	beside                 // in a zone, unbroken: it may be given up for a neighbour
	broken
)

// former is a valid cell of the division before.
type former struct {
	*freshCell
	comm     int32 // by its code, -1 unknown
	now      int32 // community its inside lies in, -1 none
	thin     bool  // it holds no lattice point that could be looked up
	is       standing
	locked   bool // or outside the wanted communities: fixed
	zone     int
	faulty   []string  // rules it was told to break, as it is locked
	inserted []geom.Pt // corners new borders end in
	bent     bool      // a moved line of communities ends on a border of it, see conform
}

// renewal is the work of an update.
type renewal struct {
	ctx      context.Context
	b        *base
	cov      cover
	area2    []int64 // of the communities by the lines as delivered, see cover
	find     *coverFinder
	want     []bool
	opt      *Options
	u        *update
	cells    []*former
	edges    map[[2]geom.Pt]int32 // directed border to the cell left of it
	tab      *geom.Table          // squares to cells
	moved    []geom.Seg           // community lines that no old border runs along
	bare     [][2]geom.Pt         // old borders with land beyond that has no cell
	rim      []geom.Seg           // community lines between what is divided anew and land without cells that is not
	lostEdge map[[2]geom.Pt]bool  // old community lines that are none now
	cuts     map[int32][]int32    // buildings that borders of a broken cell cut
	fresh    [][]freshCell        // new cells by community
	index    map[string]int32     // communities by code
	anew     []bool               // communities to be divided as if they had no cells
	lay      bool                 // lay moved lines on the old ones even where none is shifted; not in a second try
	plain    bool                 // take all lines as they were delivered: the last try
	fit      *fit                 // where lines were delivered a little beside the old borders
	failed   []int32              // communities of a zone that could not be divided
	findings []gis.Finding
	told     Update
}

const formerSide = 50_000 // mm

func newRenewal(ctx context.Context, b *base, cov cover, want []bool, opt *Options) *renewal {
	r := &renewal{
		ctx: ctx, b: b, cov: cov, area2: cov.area2, find: newCoverFinder(cov), want: want, opt: opt, u: newUpdate(b.lat, opt),
		edges: map[[2]geom.Pt]int32{}, lostEdge: map[[2]geom.Pt]bool{}, cuts: map[int32][]int32{}, fresh: make([][]freshCell, len(b.comms)),
	}
	r.index = map[string]int32{}
	for i, c := range b.comms {
		r.index[c.code] = int32(i)
	}
	box := geom.NoBox
	for _, s := range cov.segs {
		box = box.Grow(s.A).Grow(s.B)
	}
	var codes []string
	for code := range r.u.old {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		for _, f := range r.u.old[code] {
			comm, ok := r.index[code]
			if !ok {
				comm = -1
			}
			k := &former{freshCell: f, comm: comm, now: -1, zone: -1}
			k.locked = f.Locked || (comm >= 0 && !want[comm]) || (comm < 0 && opt.Communities != nil)
			r.cells = append(r.cells, k)
			if f.ring != nil {
				box = box.Grow(f.box.Min).Grow(f.box.Max)
			}
		}
	}
	for i, k := range r.cells {
		for n, p := range k.ring {
			r.edges[[2]geom.Pt{p, k.ring[(n+1)%len(k.ring)]}] = int32(i)
		}
	}
	bins := geom.NewBins(box, formerSide)
	r.tab = geom.NewTable(bins, func(put func(int, int)) {
		for i, k := range r.cells {
			if k.ring != nil {
				bins.Box(k.box, func(q int) { put(q, i) })
			}
		}
	})
	return r
}

// near returns the old cells whose box meets the box, ascending.
func (r *renewal) near(box geom.Box) []int32 {
	var out []int32
	r.tab.Box(box, func(q int) {
		for _, i := range r.tab.In(q) {
			if r.cells[i].box.Meets(box) {
				out = append(out, i)
			}
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// twin returns the cell right of the border ab, -1 none.
func (r *renewal) twin(a, b geom.Pt) int32 {
	if i, ok := r.edges[[2]geom.Pt{b, a}]; ok {
		return i
	}
	return -1
}
