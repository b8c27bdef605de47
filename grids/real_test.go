package grids

import (
	"context"
	"iter"
	"testing"
	"time"

	"wanmi/gis"
)

func seqOf(cells []Cell) iter.Seq2[Cell, error] {
	return func(yield func(Cell, error) bool) {
		for _, c := range cells {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// mustHold builds, checks, and fails on any breach of a hard rule.
func mustHold(t *testing.T, src Source, opt Options) *Division {
	t.Helper()
	start := time.Now()
	d, err := Build(context.Background(), src, opt)
	if err != nil {
		t.Fatal(err)
	}
	built := time.Since(start)
	start = time.Now()
	found, st, err := Check(context.Background(), src, seqOf(d.Cells), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cells in %v, checked in %v; in range %.3f, median %.0f m², on features %.3f, compactness %.3f; straddling %d (check %d), near a border %d of %d",
		d.Stats.Cells, built.Round(time.Millisecond), time.Since(start).Round(time.Millisecond), d.Stats.InRange, d.Stats.MedianM2, d.Stats.OnFeatures, d.Stats.Compactness,
		d.Stats.Straddling, st.Straddling, st.NearBorder, st.Components)
	shown := 0
	for _, f := range append(d.Findings, found...) {
		if f.Severity == gis.SeverityError {
			if shown++; shown < 6 {
				t.Errorf("%s %s at %.7f: %s", f.Rule, f.Key, f.At, f.Text)
			}
		}
	}
	if shown > 0 {
		t.Errorf("%d breaches of hard rules", shown)
	}
	if st.Cells != d.Stats.Cells || int(st.AreaM2) != int(d.Stats.AreaM2) {
		t.Errorf("Check counts %d cells of %.1f m², Build %d of %.1f", st.Cells, st.AreaM2, d.Stats.Cells, d.Stats.AreaM2)
	}
	return d
}

func TestTaipei(t *testing.T) {
	long(t)
	d := mustHold(t, taipei(t), Options{})
	writeCells(t, "taipei", d.Cells)
	if d.Stats.InRange < 0.98 {
		t.Errorf("share of cells in range: got %.3f, want 0.98 or more", d.Stats.InRange)
	}
}

func TestPlaces(t *testing.T) {
	long(t)
	for _, name := range []string{"bupt", "monaco", "nanjing", "nyc", "tsinghua"} {
		t.Run(name, func(t *testing.T) {
			d := mustHold(t, place(t, name), Options{})
			writeCells(t, name, d.Cells)
			if d.Stats.InRange < 0.98 {
				t.Errorf("share of cells in range: got %.3f, want 0.98 or more", d.Stats.InRange)
			}
		})
	}
}
