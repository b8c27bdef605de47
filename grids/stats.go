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
	InRange     float64 `json:"in_range_share"` // share of cells within the limits of their ground
	Within50    float64 `json:"within_50_percent_share"`
	Below       int     `json:"below_min"`
	Above       int     `json:"above_max"`
	Thin        int     `json:"thin"`                     // of less mean width than 15 m, where their community is not; Check only
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

// areas fills in what follows from the areas of the valid cells and their shapes; fits says of each whether it is
// below (-1), within or above (1) the limits of its ground.
func (s *Stats) areas(area, compact []float64, fits []int8, target float64) {
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
	for _, f := range fits {
		switch {
		case f < 0:
			s.Below++
		case f > 0:
			s.Above++
		default:
			in++
		}
	}
	for _, a := range sorted {
		s.AreaM2 += a
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

// StatsOf measures the valid cells of a list by their areas, lengths and communities; opt gives the areas they should have,
// on built ground: what the cells lie on is not looked at.
func StatsOf(cells []Cell, opt Options) Stats {
	var s Stats
	if len(cells) == 0 || opt.settle() != nil {
		return s
	}
	var area, compact []float64
	var fits []int8
	comms := map[string]bool{}
	for _, c := range cells {
		if c.Status == Void || len(c.Polygon) == 0 {
			continue
		}
		mx, my := geom.MetresPerDegree(c.Polygon[0][0][1])
		p := 0.0
		for i, q := range c.Polygon[0][1:] {
			p += geom.Hypot(float64((q[0]-c.Polygon[0][i][0])*mx), float64((q[1]-c.Polygon[0][i][1])*my))
		}
		area, compact = append(area, c.AreaM2), append(compact, 4*math.Pi*c.AreaM2/(p*p))
		fits = append(fits, built.fits(c.AreaM2, opt.Min, opt.Max))
		comms[c.Community] = true
	}
	s.Communities = len(comms)
	s.areas(area, compact, fits, opt.Target)
	return s
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

// measure fills in the builder's stats and lists the buildings that straddle communities.
func (d *Division) measure(b *base, outlines []geom.Seg, res []divided, want []bool, opt *Options) {
	real := 0.0
	var area, compact []float64
	var fits []int8
	for c := range res {
		if len(res[c].fresh) == 0 {
			continue
		}
		d.Stats.Communities++
		d.Stats.BorderM += res[c].border
		real += res[c].real
		compact, fits = append(compact, res[c].compact...), append(fits, res[c].fits...)
		for i := range res[c].fresh {
			area = append(area, res[c].fresh[i].AreaM2)
		}
	}
	for _, s := range outlines {
		if (s.L >= 0 && want[s.L]) || (s.R >= 0 && want[s.R]) {
			d.Stats.BorderM += s.A.Dist(s.B) / 1000
			real += s.A.Dist(s.B) / 1000
		}
	}
	if d.Stats.BorderM > 0 {
		d.Stats.OnFeatures = real / d.Stats.BorderM
	}
	d.Stats.areas(area, compact, fits, opt.Target)
	d.Stats.Buildings, d.Stats.Components = len(b.buildings), len(b.comps)
	d.straddling(b, outlines, opt.Threads)
	d.Stats.count(d.Findings)
}

// straddling lists the buildings that a community line runs through: they are cut there, and only there.
func (d *Division) straddling(b *base, outlines []geom.Seg, threads int) {
	through := make([]float64, len(b.buildings))
	tab := geom.NewSegTable(outlines, obstacleSide, 0)
	each(len(b.buildings), threads, func(k int) {
		o := &b.buildings[k]
		var near []int32
		tab.Box(o.box, func(q int) {
			for _, i := range tab.In(q) {
				if outlines[i].Box().Meets(o.box) {
					near = append(near, i)
				}
			}
		})
		slices.Sort(near)
		for _, i := range slices.Compact(near) {
			s := &outlines[i]
			for _, x := range o.deep(s.A, s.B, judgeDepth) {
				through[k] += (x.hi - x.lo) * s.A.Dist(s.B) / 1000
			}
		}
	})
	for k, m := range through {
		if m > 0.5 {
			o := &b.buildings[k]
			d.Stats.Straddling++
			d.Findings = append(d.Findings, finding("building.straddles", gis.SeverityNote, "", b.lat.lonLat(middle(o.rings[0])), m,
				"a community line runs %.1f m through a building of %.0f m²", "社区界线穿过建筑物 %.1f 米（建筑面积 %.0f 平方米）", m, o.m2))
		}
	}
}
