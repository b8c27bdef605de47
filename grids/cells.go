package grids

import "iter"

// Cells yields the cells of a list, as Check reads them.
func Cells(list []Cell) iter.Seq2[Cell, error] {
	return func(yield func(Cell, error) bool) {
		for _, c := range list {
			if !yield(c, nil) {
				return
			}
		}
	}
}
