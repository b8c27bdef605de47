package grids

import (
	"context"
	"iter"

	"github.com/paulmach/orb"
)

// Book holds the valid cells for look-ups. It is immutable and safe for any number of readers.
type Book struct {
	cells []Cell
}

// NewBook reads the layer unit_grid; void cells are left out.
func NewBook(ctx context.Context, src Source) (*Book, error) {
	b := &Book{}
	for f, err := range src.Features(ctx, "unit_grid", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		c, err := CellOf(f)
		if err != nil {
			return nil, err
		}
		b.cells = append(b.cells, c)
	}
	return b, nil
}

// Len returns the number of cells.
func (b *Book) Len() int { return len(b.cells) }

// At returns the cell holding p (longitude, latitude). A point on a shared edge belongs to the cell with the smaller code.
func (b *Book) At(p orb.Point) (Cell, bool) { return Cell{}, false }

// Cell returns the cell of that code.
func (b *Book) Cell(code Code) (Cell, bool) { return Cell{}, false }

// Community returns the cells of a community, by code.
func (b *Book) Community(code string) []Cell { return nil }

// All yields the cells by code.
func (b *Book) All() iter.Seq[Cell] { return func(func(Cell) bool) {} }

// Near returns the cells with a point within metres of p, nearest first.
func (b *Book) Near(p orb.Point, metres float64) []Cell { return nil }

// Neighbours returns the codes of the cells that share a piece of border with code, sorted.
func (b *Book) Neighbours(code Code) []Code { return nil }
