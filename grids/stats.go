package grids

import (
	"math"
	"slices"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// Stats describe the valid cells of a division; areas in square metres, lengths in metres.
type Stats struct {
	Cells       int     `json:"cells"`
	Communities int     `json:"communities"`
	AreaM2      float64 `json:"area_m2"`
	MedianM2    float64 `json:"median_m2"`
	P5M2        float64 `json:"p5_m2"`
	P95M2       float64 `json:"p95_m2"`
	MinM2       float64 `json:"min_m2"`
	MaxM2       float64 `json:"max_m2"`
	InRange     float64 `json:"in_range_share"` // share of cells within Options.Min and Max
	Within50    float64 `json:"within_50_percent_share"`
	Below       int     `json:"below_min"`
	Above       int     `json:"above_max"`
	BorderM     float64 `json:"border_m"`                 // Build only, as the next
	OnFeatures  float64 `json:"border_on_features_share"` // of all borders, each counted once
	Compactness float64 `json:"polsby_popper_median"`
	Buildings   int     `json:"buildings"`
	Straddling  int     `json:"buildings_straddling_communities"`
	Components  int     `json:"components"`
	NearBorder  int     `json:"components_near_border"` // within half a metre; Check only
	Histogram   []Bin   `json:"area_histogram"`
	Errors      int     `json:"errors"`
	Warnings    int     `json:"warnings"`
	Seconds     float64 `json:"seconds"`
}

// Bin counts the cells with FromM2 <= area < ToM2.
type Bin struct {
	FromM2 float64 `json:"from_m2"`
	ToM2   float64 `json:"to_m2"` // 0: no upper end
	Cells  int     `json:"cells"`
}

// areas fills in what follows from the areas of the valid cells and their shapes.
func (s *Stats) areas(area, compact []float64, lo, target, hi float64) {
	s.Cells = len(area)
	if len(area) == 0 {
		return
	}
	sorted := slices.Sorted(slices.Values(area))
	at := func(share float64) float64 { return sorted[int(math.Round(share*float64(len(sorted)-1)))] }
	s.MedianM2, s.P5M2, s.P95M2, s.MinM2, s.MaxM2 = at(0.5), at(0.05), at(0.95), sorted[0], sorted[len(sorted)-1]
	edges := []float64{0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3}
	for i, e := range edges {
		b := Bin{FromM2: e * target}
		if i+1 < len(edges) {
			b.ToM2 = edges[i+1] * target
		}
		s.Histogram = append(s.Histogram, b)
	}
	in, within := 0, 0
	for _, a := range sorted {
		s.AreaM2 += a
		switch {
		case a < lo:
			s.Below++
		case a > hi:
			s.Above++
		default:
			in++
		}
		if math.Abs(a/target-1) <= 0.5 {
			within++
		}
		k := len(edges) - 1
		for k > 0 && a < s.Histogram[k].FromM2 {
			k--
		}
		s.Histogram[k].Cells++
	}
	s.InRange, s.Within50 = float64(in)/float64(len(area)), float64(within)/float64(len(area))
	slices.Sort(compact)
	s.Compactness = compact[len(compact)/2]
}

// count sums up the findings.
func (s *Stats) count(l []gis.Finding) {
	s.Errors, s.Warnings = 0, 0
	for _, f := range l {
		switch f.Severity {
		case gis.SeverityError:
			s.Errors++
		case gis.SeverityWarning:
			s.Warnings++
		}
	}
}

// measure fills in the builder's stats and lists cells out of range and buildings that straddle communities.
func (d *Division) measure(b *base, a *atoms, groups [][][]int32, opt *Options) {
	w := newCutter(a, &goal{})
	cell := make([]int32, len(a.owner))
	for f := range cell {
		cell[f] = -1
	}
	n := int32(0)
	for _, cells := range groups {
		for _, fs := range cells {
			for _, f := range fs {
				cell[f] = n
			}
			n++
		}
		if len(cells) > 0 {
			d.Stats.Communities++
		}
	}
	of := func(f int32) int32 {
		if f < 0 {
			return -1
		}
		return cell[f]
	}
	real := 0.0
	for e := range a.Edges {
		if of(a.Face[2*e]) != of(a.Face[2*e+1]) {
			d.Stats.BorderM += a.len[e]
			if class(a.Edges[e].Class).real() {
				real += a.len[e]
			}
		}
	}
	if d.Stats.BorderM > 0 {
		d.Stats.OnFeatures = real / d.Stats.BorderM
	}
	var area, compact []float64
	for c, cells := range groups {
		for _, fs := range cells {
			m2, p := w.sum(fs), w.length(w.outline(fs).outer)
			area, compact = append(area, m2), append(compact, 4*math.Pi*m2/(p*p))
			if m2 < opt.Min || m2 > opt.Max {
				d.outOfRange(b, w, c, fs, m2, opt)
			}
		}
	}
	d.Stats.areas(area, compact, opt.Min, opt.Target, opt.Max)
	d.Stats.Buildings, d.Stats.Components = len(b.buildings), len(b.comps)
	d.straddling(b, a)
	d.Stats.count(d.Findings)
}

func (d *Division) outOfRange(b *base, w *cutter, c int, fs []int32, m2 float64, opt *Options) {
	ring := w.Ring(w.outline(fs).outer)
	at := geom.LabelPoint(b.lat.polygon(ring))
	if m2 < opt.Min {
		d.Findings = append(d.Findings, finding("grid.area_below", gis.SeverityWarning, b.comms[c].code, at, m2,
			"a cell of community %s has %.0f m², less than %.0f", "社区 %s 有一个单元网格面积 %.0f 平方米，小于 %.0f", b.comms[c].code, m2, opt.Min))
		return
	}
	d.Findings = append(d.Findings, finding("grid.area_above", gis.SeverityWarning, b.comms[c].code, at, m2,
		"a cell of community %s has %.0f m², more than %.0f", "社区 %s 有一个单元网格面积 %.0f 平方米，大于 %.0f", b.comms[c].code, m2, opt.Max))
}

// straddling lists the buildings that a community line runs through: they are cut there, and only there.
func (d *Division) straddling(b *base, a *atoms) {
	var segs []geom.Seg
	for e := range a.Edges {
		if a.Edges[e].Class == uint8(clsCommunity) {
			l := a.Edges[e].Line
			for i := 1; i < len(l); i++ {
				segs = append(segs, geom.Seg{A: l[i-1], B: l[i]})
			}
		}
	}
	tab := geom.NewSegTable(segs, obstacleSide, 0)
	for k := range b.buildings {
		o := &b.buildings[k]
		through := 0.0
		seen := map[int32]bool{}
		tab.Box(o.box, func(q int) {
			for _, i := range tab.In(q) {
				if s := segs[i]; !seen[i] && s.Box().Meets(o.box) {
					seen[i] = true
					for _, x := range o.deep(s.A, s.B, judgeDepth) {
						through += (x.hi - x.lo) * s.A.Dist(s.B) / 1000
					}
				}
			}
		})
		if through > 0.5 {
			d.Stats.Straddling++
			d.Findings = append(d.Findings, finding("building.straddles", gis.SeverityNote, "", b.lat.lonLat(middle(o.rings[0])), through,
				"a community line runs %.1f m through a building of %.0f m²", "社区界线穿过建筑物 %.1f 米（建筑面积 %.0f 平方米）", through, o.m2))
		}
	}
}
