package grids

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// After the noding every community is a world of its own: its outline and the lines inside make a graph that
// no other community's graph knows of. One graph for the whole city spent a quarter of the time on one core, building
// and building again what held millions of edges; community by community all cores work,
// the graph stays in the cache, and its memory is given back before the next.

// divided is one community, divided.
type divided struct {
	fresh        []freshCell // in the order of their numbers
	compact      []float64   // of each cell, 4πA/P²
	fits         []int8      // of each cell, see mix.fits
	border, real float64     // m of borders between its cells, and of those on features
	findings     []gis.Finding
}

// divideAll divides every wanted community; the result goes by community. parts is given up on the way.
func (b *base) divideAll(ctx context.Context, parts [][]geom.Seg, want []bool, opt *Options) ([]divided, error) {
	var order []int
	for c := range parts {
		if want[c] && len(parts[c]) > 0 {
			order = append(order, c)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(len(parts[y]), len(parts[x])) }) // large ones first: even threads
	res := make([]divided, len(parts))
	errs := make([]error, len(parts))
	next := make(chan int, len(order))
	for _, c := range order {
		next <- c
	}
	close(next)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := int64(0)
	for range min(opt.Threads, max(1, len(order))) {
		wg.Go(func() {
			w := opt.cutter(ctx)
			for c := range next {
				if ctx.Err() != nil {
					return
				}
				res[c], errs[c] = b.divide(w, c, parts[c], opt)
				parts[c] = nil
				mu.Lock()
				done++
				opt.Progress.Tell("cut", done, int64(len(order)))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for c, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("community %s: %w", b.comms[c].code, err)
		}
	}
	return res, nil
}

// divide divides community c, whose outline and inner lines segs are.
func (b *base) divide(w *cutter, c int, segs []geom.Seg, opt *Options) (divided, error) {
	var d divided
	land := landOf(segs, int32(c))
	for i, s := range segs { // inside the graph there is this community, 0, and what is not it
		if s.Class == uint8(clsCommunity) {
			segs[i].L, segs[i].R = tagOf(s.L, c), tagOf(s.R, c)
		}
	}
	a, err := b.safeGraph(segs, &d, b.comms[c].code)
	if err != nil {
		return d, err
	}
	var faces []int32
	for f, o := range a.owner {
		if o == 0 {
			faces = append(faces, int32(f))
		}
	}
	if len(faces) == 0 {
		return d, nil
	}
	w.use(a)
	cells, raised := w.community(faces)
	if raised > 0 {
		code := b.comms[c].code
		d.findings = append(d.findings, finding("grid.target_raised", gis.SeverityNote, code, b.lat.lonLat(middle(b.comms[c].parts[0][0])), raised,
			"community %s is too large for %d unit grid numbers: its target area is %.0f m² instead of %.0f",
			"社区 %s 面积过大，单元网格顺序号不超过 %d，其目标面积为 %.0f 平方米（原为 %.0f）", code, MaxSeq, raised, opt.Target))
	}
	groups := [][][]int32{cells}
	if a, groups, err = b.finish(a, groups, opt); err != nil {
		return d, err
	}
	w.use(a)
	d.collect(b, w, c, groups[0], opt)
	d.measure(w, groups[0])
	d.tiled(b, c, land)
	return d, nil
}

// landOf returns twice the area of a community, mm², by its outline.
func landOf(segs []geom.Seg, c int32) int64 {
	var sum int64
	for _, s := range segs {
		if s.Class != uint8(clsCommunity) {
			continue
		}
		by := geom.Cross(segs[0].A, s.A, s.B)
		if s.L == c {
			sum += by
		}
		if s.R == c {
			sum -= by
		}
	}
	return sum
}

// tiled makes sure that the cells add up to the community, to the square millimetre.
func (d *divided) tiled(b *base, c int, land int64) {
	var sum int64
	for _, f := range d.fresh {
		sum += f.ring.Area2()
	}
	if sum != land {
		code := b.comms[c].code
		d.findings = append(d.findings, finding("grid.untiled", gis.SeverityError, code, b.lat.lonLat(middle(b.comms[c].parts[0][0])), float64(sum-land)/2e6,
			"the cells of community %s add up to %.6f m² more than its land", "社区 %s 的单元网格面积之和比社区多 %.6f 平方米", code, float64(sum-land)/2e6))
	}
}

func tagOf(community int32, c int) int32 {
	if community == int32(c) {
		return 0
	}
	return -1
}

// collect turns sets of faces into cells without a code.
func (d *divided) collect(b *base, w *cutter, c int, cells [][]int32, opt *Options) {
	code := b.comms[c].code
	rings := make([]geom.Ring, len(cells))
	compact := make([]float64, len(cells))
	fits := make([]int8, len(cells))
	for i, fs := range cells {
		o := w.outline(fs)
		rings[i] = startAtMin(w.Ring(o.outer))
		m2, p := w.sum(fs), w.length(o.outer)
		compact[i] = 4 * math.Pi * m2 / (p * p)
		if !o.simple() {
			d.findings = append(d.findings, finding("grid.not_simple", gis.SeverityError, code, b.lat.lonLat(middle(rings[i])), 0,
				"a cell of community %s could not be made a simple polygon", "社区 %s 有一个单元网格无法成为简单多边形", code))
		}
		m := w.groundOf(fs)
		if fits[i] = m.fits(m2, opt.Min, opt.Max); fits[i] != 0 {
			d.outOfRange(b, rings[i], code, m2, opt.Min/m.least, opt.Max/m.most)
		}
	}
	for _, i := range inOrder(rings) {
		d.compact, d.fits = append(d.compact, compact[i]), append(d.fits, fits[i])
		d.fresh = append(d.fresh, freshCell{ring: rings[i], Cell: Cell{
			Community: code, Polygon: b.lat.polygon(rings[i]), AreaM2: float64(rings[i].Area2()) / 2e6,
			InitDate: opt.Today, Status: Valid,
		}})
	}
}

// measure adds up the borders inside the community.
func (d *divided) measure(w *cutter, cells [][]int32) {
	cell := make([]int32, len(w.owner))
	for i, fs := range cells {
		for _, f := range fs {
			cell[f] = int32(i) + 1
		}
	}
	for e := range w.Edges {
		l, r := w.Face[2*e], w.Face[2*e+1]
		if l < 0 || r < 0 || cell[l] == cell[r] || cell[l] == 0 || cell[r] == 0 {
			continue // inside a cell, or a community line: those are added up once for all
		}
		d.border += w.len[e]
		if class(w.Edges[e].Class).real() {
			d.real += w.len[e]
		}
	}
}

func (d *divided) outOfRange(b *base, ring geom.Ring, code string, m2, lo, hi float64) {
	at := geom.LabelPoint(b.lat.polygon(ring))
	if m2 < lo {
		d.findings = append(d.findings, finding("grid.area_below", gis.SeverityWarning, code, at, m2,
			"a cell of community %s has %.0f m², less than %.0f", "社区 %s 有一个单元网格面积 %.0f 平方米，小于 %.0f", code, m2, lo))
		return
	}
	d.findings = append(d.findings, finding("grid.area_above", gis.SeverityWarning, code, at, m2,
		"a cell of community %s has %.0f m², more than %.0f", "社区 %s 有一个单元网格面积 %.0f 平方米，大于 %.0f", code, m2, hi))
}
