package division

import (
	"context"
	"fmt"
	"iter"
	"sync"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/gis/geom"
	"wanmi/grids"
)

// placedFields are the fields of a component that follow from where it lies, and those of a case.
var placedFields = map[string][]string{
	"component": {"grid_code", "community_code", "community_name", "street_code", "street_name"},
	"case":      {"grid_code"},
}

// placing finds the cells of all components and cases on another core while the write begins and puts the cells. It reads beside the
// write, from before its start on: whoever writes what it found must make sure that the store is at the generation it was at then.
type placing struct {
	rows map[string]chan []data.Assigned
	stop context.CancelFunc
	done sync.WaitGroup
	err  error
}

// placeAfter starts to place what is stored in the cells the write is about to leave: those given, and the stored ones of other codes.
func placeAfter(ctx context.Context, src grids.Source, cells []grids.Cell, areas map[string]names) *placing {
	ctx, stop := context.WithCancel(ctx)
	p := &placing{rows: map[string]chan []data.Assigned{}, stop: stop}
	layers := []string{"component", "case"}
	for _, layer := range layers {
		p.rows[layer] = make(chan []data.Assigned, 256)
	}
	p.done.Go(func() {
		defer func() {
			for _, layer := range layers {
				close(p.rows[layer])
			}
		}()
		book, err := bookAfter(ctx, src, cells)
		for _, layer := range layers {
			if err == nil {
				err = p.layer(ctx, src, layer, book, areas)
			}
		}
		p.err = err
	})
	return p
}

// bookAfter is the book of the cells and the stored ones of other codes.
func bookAfter(ctx context.Context, src grids.Source, cells []grids.Cell) (*grids.Book, error) {
	given := make(map[grids.Code]bool, len(cells))
	for _, c := range cells {
		given[c.Code] = true
	}
	all := cells[:len(cells):len(cells)]
	for f, err := range src.Features(ctx, "unit_grid", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		c, err := grids.CellOf(f)
		if err != nil {
			return nil, err
		}
		if !given[c.Code] {
			all = append(all, c)
		}
	}
	return grids.BookOf(all)
}

// layer sends the rows of a layer that are to change.
func (p *placing) layer(ctx context.Context, src grids.Source, layer string, book *grids.Book, areas map[string]names) error {
	fields := placedFields[layer]
	var rows iter.Seq2[gis.Feature, error]
	if s, ok := src.(grids.Selector); ok {
		rows = s.Select(ctx, layer, orb.Bound{}, fields...)
	} else {
		rows = src.Features(ctx, layer, orb.Bound{})
	}
	at := newPlacer(layer, book, areas)
	batch := make([]data.Assigned, 0, 512)
	send := func() error {
		select {
		case p.rows[layer] <- batch:
			batch = make([]data.Assigned, 0, 512)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for f, err := range rows {
		if err != nil {
			return err
		}
		to := at.place(f)
		if to == nil {
			continue
		}
		if batch = append(batch, data.Assigned{ID: f.ID, Values: to}); len(batch) == cap(batch) {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

// assign writes what was found, and returns how many rows of that changed.
func (p *placing) assign(tx data.Tx) (moved int, err error) {
	for _, layer := range []string{"component", "case"} {
		n, err := tx.Assign(layer, placedFields[layer], func(yield func(data.Assigned) bool) {
			for batch := range p.rows[layer] {
				for _, r := range batch {
					if !yield(r) {
						return
					}
				}
			}
		})
		if err != nil {
			return moved, fmt.Errorf("place the %ss: %w", layer, err)
		}
		moved += int(n)
	}
	p.done.Wait()
	return moved, p.err
}

// end stops what is still under way.
func (p *placing) end() {
	p.stop()
	p.done.Wait()
}

// placer derives the cell, community and street of a component, or the cell of a case.
// One outside all cells keeps what it had of community and street but loses a cell that is void now.
type placer struct {
	layer  string
	fields []int
	book   *grids.Book
	areas  map[string]names
	values map[grids.Code][]any // what is said of the rows in a cell
}

func newPlacer(layer string, book *grids.Book, areas map[string]names) *placer {
	p := &placer{layer: layer, book: book, areas: areas, values: map[grids.Code][]any{}}
	for _, name := range placedFields[layer] {
		p.fields = append(p.fields, gis.MustLayer(layer).Index(name))
	}
	return p
}

// place returns the values of placedFields the row is to have, nil when it stays as it is.
func (p *placer) place(f gis.Feature) []any {
	if f.Geom == nil {
		return nil
	}
	grid, _ := f.Values[p.fields[0]].(string)
	c, ok := p.book.At(geom.LabelPoint(f.Geom))
	if !ok {
		if _, live := p.book.Cell(grids.Code(grid)); live || grid == "" {
			return nil
		}
		to := make([]any, len(p.fields))
		for i, k := range p.fields[1:] {
			to[i+1] = f.Values[k]
		}
		return to
	}
	if string(c.Code) == grid && (p.layer != "component" || f.Values[p.fields[1]] == c.Community) {
		return nil
	}
	to, ok := p.values[c.Code]
	if !ok {
		n := p.areas[c.Community]
		for _, s := range []string{string(c.Code), c.Community, n.community, n.streetCode, n.street}[:len(p.fields)] {
			if s == "" {
				to = append(to, nil)
			} else {
				to = append(to, s)
			}
		}
		p.values[c.Code] = to
	}
	return to
}
