package grids

import (
	"slices"
	"testing"
)

// What ends a run early loses no cut: with every bound taken away none is found that scores less.
func TestBoundsLoseNothing(t *testing.T) {
	w, faces := communityOf(t, place(t, "nanjing"), 3)
	cells := w.divide(w.pieces(faces, false)[0])
	regions := [][]int32{faces}
	for i := range cells {
		for k := range cells[:i] {
			if !w.touch(cells[i], cells[k]) {
				continue
			}
			two := slices.Concat(cells[i], cells[k])
			regions = append(regions, two)
			for m := range cells[:k] {
				if w.touch(cells[m], two) {
					regions = append(regions, slices.Concat(two, cells[m]))
				}
			}
		}
	}
	cut := 0
	for _, aim := range []aim{manyCells, fewCells, twoCells} {
		for _, fs := range regions {
			if !w.prepare(fs) {
				continue
			}
			j := &w.job
			j.aim = aim
			all := found{score: far, from: -1}
			none := reach{limit: far, kmax: 1e12, cells: 1e9}
			w.run.room(j.nodes)
			j.shutUntried()
			for i := range j.pos {
				j.shutUpTo(i, i-1)
				j.from(i, &none, &all)
			}
			j.open()
			ps := j.starts(1, far)
			switch {
			case len(ps) == 0:
				if all.from >= 0 {
					t.Errorf("aim %d, %d faces: no cut with bounds, one of %f without", aim, len(fs), all.score)
				}
				continue
			case ps[0].score > all.score+1e-9:
				t.Errorf("aim %d, %d faces: a cut of %f with bounds, one of %f without", aim, len(fs), ps[0].score, all.score)
			}
			cut++
		}
	}
	if cut < 100 {
		t.Errorf("only %d cuts", cut)
	}
}
