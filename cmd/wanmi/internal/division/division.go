package division

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/gis/geom"
	"wanmi/grids"
)

// Store is the part of a store a division is written to.
type Store interface {
	grids.Source
	Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error)
}

// Old returns the valid cells of the store, of the given communities only when
// any are given, and the first sequence number never used in each community.
func Old(ctx context.Context, src grids.Source, communities []string) (cells []grids.Cell, next func(community string) int, err error) {
	want := map[string]bool{}
	for _, c := range communities {
		want[c] = true
	}
	highest := map[string]int{}
	for f, err := range src.Features(ctx, "unit_grid", orb.Bound{}) {
		if err != nil {
			return nil, nil, err
		}
		c, err := grids.CellOf(f)
		if err != nil {
			return nil, nil, err
		}
		highest[c.Community] = max(highest[c.Community], c.Code.Seq())
		if c.Status != grids.Void && (len(want) == 0 || want[c.Community]) {
			cells = append(cells, c)
		}
	}
	return cells, func(community string) int { return highest[community] + 1 }, nil
}

// Write commits the division in one transaction and places every component and case anew.
// It returns how many rows of those changed their cell.
func Write(ctx context.Context, st Store, div *grids.Division, actor string, at time.Time) (moved int, err error) {
	names, err := readNames(ctx, st)
	if err != nil {
		return 0, err
	}
	_, err = st.Write(ctx, data.WriteInfo{Actor: actor, Source: "grid build", Bulk: true}, func(tx data.Tx) error {
		for _, c := range div.Cells {
			f := c.Feature()
			if _, _, err := tx.Put(&f); err != nil {
				return fmt.Errorf("cell %s: %w", c.Code, err)
			}
			if err := tx.Reserve("grid/"+c.Community, int64(c.Code.Seq())); err != nil {
				return err
			}
		}
		for _, l := range div.Lineage {
			if err := tx.AddLineage(data.Lineage{From: string(l.From), To: string(l.To), Why: l.Why, At: at}); err != nil {
				return err
			}
		}
		book, err := grids.NewBook(ctx, txSource{tx})
		if err != nil {
			return err
		}
		moved, err = place(tx, book, names, orb.Bound{})
		return err
	})
	return moved, err
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

// place derives the cell, community and street of every component and the cell of every case.
// One outside all cells keeps what it had of community and street but loses a cell that is void now.
// Only the rows in the box are looked at; the zero one is everything.
func place(tx data.Tx, book *grids.Book, areas map[string]names, box orb.Bound) (moved int, err error) {
	for _, layer := range []string{"component", "case"} {
		for f, err := range tx.Features(layer, box) {
			if err != nil {
				return moved, err
			}
			if f.Geom == nil {
				continue
			}
			g := f.Clone()
			c, ok := book.At(geom.LabelPoint(f.Geom))
			if ok {
				g.SetText("grid_code", string(c.Code))
			} else if _, live := book.Cell(grids.Code(f.Text("grid_code"))); !live {
				g.Set("grid_code", nil)
			}
			if ok && layer == "component" {
				n := areas[c.Community]
				g.SetText("community_code", c.Community)
				g.SetText("community_name", n.community)
				g.SetText("street_code", n.streetCode)
				g.SetText("street_name", n.street)
			}
			if g.Text("grid_code") == f.Text("grid_code") && g.Text("community_code") == f.Text("community_code") {
				continue
			}
			if _, _, err := tx.Put(&g); err != nil {
				return moved, fmt.Errorf("%s %s: %w", layer, f.Key, err)
			}
			moved++
		}
	}
	return moved, nil
}
