package division

import (
	"context"
	"fmt"
	"iter"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/grids"
)

// Store is the part of a store a division is written to.
type Store interface {
	grids.Source
	Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error)
}

// stored are the unit grids of a store.
type stored struct {
	cells   []grids.Cell        // the valid ones
	void    map[grids.Code]bool // the codes of the others
	highest map[string]int      // the highest number ever used in each community
}

// next returns the first sequence number never used in the community.
func (s *stored) next(community string) int { return s.highest[community] + 1 }

// readStored reads the unit grids, the valid ones of the given communities only when any are given.
func readStored(ctx context.Context, src grids.Source, communities []string) (*stored, error) {
	want := map[string]bool{}
	for _, c := range communities {
		want[c] = true
	}
	s := &stored{void: map[grids.Code]bool{}, highest: map[string]int{}}
	for f, err := range src.Features(ctx, "unit_grid", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		c, err := grids.CellOf(f)
		if err != nil {
			return nil, err
		}
		s.highest[c.Code.Community()] = max(s.highest[c.Code.Community()], c.Code.Seq())
		if c.Status == grids.Void {
			s.void[c.Code] = true
		} else if len(want) == 0 || want[c.Community] {
			s.cells = append(s.cells, c)
		}
	}
	return s, nil
}

// Old returns the valid cells of the store, of the given communities only when
// any are given, and the first sequence number never used in each community.
func Old(ctx context.Context, src grids.Source, communities []string) (cells []grids.Cell, next func(community string) int, err error) {
	s, err := readStored(ctx, src, communities)
	if err != nil {
		return nil, nil, err
	}
	return s.cells, s.next, nil
}

// txSource lets the book be read from inside the write that makes it.
type txSource struct{ tx data.Tx }

func (s txSource) Features(_ context.Context, layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	return s.tx.Features(layer, b)
}

// names are what a component carries of the areas it lies in.
type names struct{ community, streetCode, street string }

func readNames(ctx context.Context, src grids.Source) (map[string]names, error) {
	streets, out := map[string]string{}, map[string]names{}
	for f, err := range src.Features(ctx, "street", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		streets[f.Key] = f.Text("name")
	}
	for f, err := range src.Features(ctx, "community", orb.Bound{}) {
		if err != nil {
			return nil, err
		}
		n := names{f.Text("name"), f.Text("street_code"), f.Text("street_name")}
		if n.streetCode == "" && len(f.Key) == 12 {
			n.streetCode = f.Key[:9]
		}
		if n.street == "" {
			n.street = streets[n.streetCode]
		}
		out[f.Key] = n
	}
	return out, nil
}

// place places the rows in the box anew, see [placer].
func place(tx data.Tx, book *grids.Book, areas map[string]names, box orb.Bound) (moved int, err error) {
	for _, layer := range []string{"component", "case"} {
		p := newPlacer(layer, book, areas)
		for f, err := range tx.Features(layer, box) {
			if err != nil {
				return moved, err
			}
			to := p.place(f)
			if to == nil {
				continue
			}
			g := f.Clone()
			for i, k := range p.fields {
				g.Values[k] = to[i]
			}
			if _, _, err := tx.Put(&g); err != nil {
				return moved, fmt.Errorf("%s %s: %w", layer, f.Key, err)
			}
			moved++
		}
	}
	return moved, nil
}
