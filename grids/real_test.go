package grids

import (
	"context"
	"testing"
	"time"
)

func TestTaipei(t *testing.T) {
	src := taipei(t)
	start := time.Now()
	d, err := Build(context.Background(), src, Options{Progress: nil})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cells in %v", len(d.Cells), time.Since(start))
	for _, f := range d.Findings[:min(20, len(d.Findings))] {
		t.Log(f.Rule, f.Severity, f.Key, f.Text)
	}
	writeCells(t, "taipei", d.Cells)
}

func TestPlaces(t *testing.T) {
	for _, name := range []string{"bupt", "monaco", "nanjing", "nyc", "tsinghua"} {
		t.Run(name, func(t *testing.T) {
			src := place(t, name)
			start := time.Now()
			d, err := Build(context.Background(), src, Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d cells in %v", len(d.Cells), time.Since(start))
			for _, f := range d.Findings[:min(20, len(d.Findings))] {
				t.Log(f.Rule, f.Severity, f.Key, f.Text)
			}
			writeCells(t, name, d.Cells)
		})
	}
}
