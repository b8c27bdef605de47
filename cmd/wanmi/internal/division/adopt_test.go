package division

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/gpkg"
	"wanmi/gis"
	"wanmi/gis/crs"
	"wanmi/grids"
)

func square(x0, y0, x1, y1 float64) orb.Polygon {
	zone := crs.GaussKruger3(117)
	at := func(x, y float64) orb.Point {
		lon, lat := zone.ToLonLat(500_000+x, 3_900_000+y)
		return orb.Point{lon, lat}
	}
	return orb.Polygon{{at(x0, y0), at(x1, y0), at(x1, y1), at(x0, y1), at(x0, y0)}}
}

func row(layer string, g orb.Geometry, kv ...string) gis.Feature {
	f := gis.NewFeature(gis.MustLayer(layer))
	f.Geom = g
	for i := 0; i+1 < len(kv); i += 2 {
		f.SetText(kv[i], kv[i+1])
	}
	f.Key = f.Text(f.Layer.Key)
	return f
}

func deliver(t *testing.T, w interface {
	Write(context.Context, data.WriteInfo, func(data.Tx) error) (gis.Generation, error)
}, rows ...gis.Feature,
) {
	t.Helper()
	if _, err := w.Write(context.Background(), data.WriteInfo{Actor: "test", Source: "test"}, func(tx data.Tx) error {
		for i := range rows {
			if _, _, err := tx.Put(&rows[i]); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestDelivery: cells go through the repair into the store, a second delivery changes nothing, one that lacks a cell makes it void.
func TestDelivery(t *testing.T) {
	ctx := context.Background()
	st, err := gpkg.Open(ctx, filepath.Join(t.TempDir(), "city.gpkg"), gpkg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	const comm = "370883001001"
	deliver(t, st, row("community", square(0, 0, 200, 100), "code", comm, "name", "a", "street_code", comm[:9]))
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	west := row("unit_grid", square(0.3, 0, 100.2, 100), "code", comm+"01")
	east := row("unit_grid", square(99.9, 0, 200, 99.8), "code", comm+"002")
	whole := row("unit_grid", square(0, 0, 200, 100), "code", comm+"003")
	for day, step := range []struct {
		name                            string
		dry                             bool
		rows                            []gis.Feature
		added, changed, unchanged, void int
	}{
		{"dry run", true, []gis.Feature{west, east}, 2, 0, 0, 0},
		{"first", false, []gis.Feature{west, east}, 2, 0, 0, 0},
		{"again", false, []gis.Feature{west, east}, 0, 0, 2, 0},
		{"dry run of the same", true, []gis.Feature{west, east}, 0, 0, 2, 0},
		{"one for two", false, []gis.Feature{whole}, 1, 0, 0, 2},
	} {
		d := &Delivery{Target: st, DryRun: step.dry, Now: now.AddDate(0, 0, day)}
		deliver(t, d, step.rows...)
		if s := d.Summary; s.Added != step.added || s.Changed != step.changed || s.Unchanged != step.unchanged || s.Void != step.void {
			t.Errorf("%s: got %+v, want %d added, %d changed, %d unchanged, %d void", step.name, s, step.added, step.changed, step.unchanged, step.void)
		}
		n, err := st.Count(ctx, "unit_grid")
		if err != nil {
			t.Fatal(err)
		}
		if day == 0 && n != 0 {
			t.Errorf("the dry run wrote %d cells", n)
		}
		for _, f := range d.Division.Findings {
			if f.Severity == gis.SeverityError {
				t.Errorf("%s: %s at %.7f: %s", step.name, f.Rule, f.At, f.Text)
			}
		}
	}
	f, err := st.Feature(ctx, "unit_grid", comm+"001")
	if err != nil {
		t.Fatal(err)
	}
	if f.Text("status") != "void" || f.Text("end_date") != "2026-11-26" || f.Text("remark") == "" {
		t.Errorf("the replaced cell: status %q, ends %q, remark %q", f.Text("status"), f.Text("end_date"), f.Text("remark"))
	}
	if _, err := Edit(ctx, st, Request{Verb: Lock, Cells: []grids.Code{comm + "003"}, At: now}); err != nil {
		t.Fatal(err)
	}
	d := &Delivery{Target: st, Now: now}
	_, err = d.Write(ctx, data.WriteInfo{Actor: "test", Source: "test"}, func(tx data.Tx) error {
		_, _, err := tx.Put(&west)
		return err
	})
	if gis.KindOf(err) != gis.Conflict || !strings.Contains(err.Error(), comm+"003") {
		t.Errorf("a delivery without a locked cell: %v", err)
	}
}
