package sample

import "math"

// warp bends the plan (u, v), where main roads are straight, into the ground:
// gentle waves everywhere, a meander along the river, and a swelling around each
// centre that turns the roads about it into a ring.
type warp struct {
	waves   [6]wave
	riverU  []float64
	meander [2]float64
	centres []pt
}

type wave struct{ amp, length, phase float64 }

func newWarp(r rng) warp {
	var w warp
	for i := range w.waves {
		w.waves[i] = wave{r.in(9, 19), r.in(1100, 2300), r.in(0, 2*math.Pi)}
	}
	w.meander = [2]float64{r.in(0, 2*math.Pi), r.in(0, 2*math.Pi)}
	return w
}

func (w wave) at(t float64) float64 { return w.amp * math.Sin(2*math.Pi*t/w.length+w.phase) }

// ground returns the place of the plan point p.
func (w warp) ground(p pt) pt {
	u, v := p[0], p[1]
	x := u + w.waves[0].at(v) + w.waves[1].at(u+0.4*v) + w.waves[2].at(0.7*v-0.5*u)
	y := v + w.waves[3].at(u) + w.waves[4].at(v-0.5*u) + w.waves[5].at(0.8*u+0.3*v)
	for _, ru := range w.riverU {
		g := math.Exp(-(u - ru) * (u - ru) / (260 * 260))
		x += g * (58*math.Sin(2*math.Pi*v/930+w.meander[0]) + 20*math.Sin(2*math.Pi*v/410+w.meander[1]))
	}
	for _, c := range w.centres {
		d := sub(p, c)
		k := 0.42 * math.Exp(-dot(d, d)/(2*330*330))
		x += k * d[0]
		y += k * d[1]
	}
	return mm(pt{x, y})
}
