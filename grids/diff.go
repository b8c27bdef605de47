package grids

// Difference is the comparison of two divisions.
type Difference struct {
	Kept    []Code // same code, same shape
	Changed []Code // same code, another shape
	Gone    []Code // only in the old one
	New     []Code // only in the new one
}

// Diff compares the valid cells of two divisions by code and shape.
func Diff(before, after []Cell) Difference { return Difference{} }
