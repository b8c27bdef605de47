package geocode

import (
	"context"
	"math"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

func TestInvalid(t *testing.T) {
	g := buildTown(t)
	long := ""
	for range 513 {
		long += "路"
	}
	for _, s := range []string{long, "a\xff", "路\x00灯", "\x1b[0m"} {
		for name, f := range map[string]func(context.Context, Query) (Answer, error){"search": g.Search, "autocomplete": g.Autocomplete} {
			if _, err := f(context.Background(), Query{Text: s}); gis.KindOf(err) != gis.Invalid {
				t.Errorf("%s %.10q: got error %v, want an Invalid one", name, s, err)
			}
		}
	}
	if _, err := g.Reverse(context.Background(), orb.Point{math.NaN(), 0}, ReverseQuery{}); gis.KindOf(err) != gis.Invalid {
		t.Errorf("reverse at NaN: got %v, want an Invalid error", err)
	}
	if _, err := g.Search(context.Background(), Query{Text: ""}); err != nil {
		t.Errorf("empty text: got error %v, want none", err)
	}
	digits := make([]byte, 500)
	for i := range digits {
		digits[i] = byte('0' + i%10)
	}
	if _, err := g.Search(context.Background(), Query{Text: string(digits)}); err != nil {
		t.Errorf("500 digits: got error %v, want none", err)
	}
}

func TestAutocomplete(t *testing.T) {
	g := buildTown(t)
	tests := []struct{ text, want string }{
		{"普", "普阳社区"},
		{"普阳路", "普阳路"},
		{"pyl", "普阳路"},
		{"puyanglu", "普阳路"},
		{"tai ping", "太平东路"},
		{"孟子", "孟子湖购物广场"},
		{"mzh", "孟子湖购物广场"},
		{"建设", "太平东路"},
		{"普阳路12号", "普阳路12号"},
	}
	for _, tt := range tests {
		a, err := g.Autocomplete(context.Background(), Query{Text: tt.text})
		if err != nil || len(a.Places) == 0 || a.Places[0].Name != tt.want {
			t.Errorf("%q: got %v, error %v, want %s first", tt.text, a.Places, err, tt.want)
		}
	}
	a, _ := g.Autocomplete(context.Background(), Query{Text: "普阳路1", Size: 20})
	if n := len(a.Places); n < 10 {
		t.Errorf("doors of a road: got %d, want at least 10", n)
	}
}

func TestReverse(t *testing.T) {
	g := buildTown(t)
	a, err := g.Reverse(context.Background(), at(60, 40), ReverseQuery{Size: 20})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range a.Places {
		if _, dup := got[p.Layer]; !dup {
			got[p.Layer] = p.Name
		}
	}
	want := map[string]string{
		LayerAddress: "太平东路50号", LayerStreet: "太平东路", LayerIntersection: "太平东路与匡衡路交叉口东北72米",
		LayerNeighbourhood: "普阳社区", LayerLocaladmin: "钢山街道", LayerVenue: "邹城市人民医院",
	}
	for l, n := range want {
		if got[l] != n {
			t.Errorf("%s: got %q, want %q", l, got[l], n)
		}
	}
}

func TestStructured(t *testing.T) {
	g := buildTown(t)
	a, err := g.Structured(context.Background(), StructuredQuery{Road: "普阳路", HouseNumber: "12", Locality: "钢山街道"})
	if err != nil || len(a.Places) == 0 || a.Places[0].Level != "door" {
		t.Errorf("got %v, error %v, want the door", a.Places, err)
	}
}

func TestApply(t *testing.T) {
	m := town()
	g, err := Build(context.Background(), m, townConfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	find := func(g *Geocoder, s string) string {
		a, err := g.Search(ctx, Query{Text: s})
		if err != nil || len(a.Places) == 0 {
			return ""
		}
		return a.Places[0].Level
	}
	old := m["component"][0]
	moved := old.Clone()
	moved.Geom = at(333, 333)
	moved.SetText("label", "LD-9999")
	g2, err := g.Apply(ctx, []Update{{Layer: "component", Key: old.Key, Old: &old, New: &moved}})
	if err != nil {
		t.Fatal(err)
	}
	if got := find(g2, "LD-9999"); got != "component" {
		t.Errorf("the new label: got %q, want component", got)
	}
	if find(g2, "LD-0123") == "component" || find(g, "LD-0123") != "component" {
		t.Error("the old label must be gone in the new geocoder and stay in the old one")
	}
	g3, err := g2.Apply(ctx, []Update{{Layer: "component", Key: old.Key, Old: &moved}})
	if err != nil || find(g3, old.Key) == "component" {
		t.Errorf("a deleted component is still found, error %v", err)
	}
	door := m.put("door", at(0, -900), "road", "匡衡路", "number", "88")
	g4, err := g3.Apply(ctx, []Update{{Layer: "door", Key: door.Key, New: &door}})
	if err != nil || find(g4, "匡衡路88号") != "door" || find(g3, "匡衡路88号") == "door" {
		t.Errorf("a new door: %q after, %q before, error %v", find(g4, "匡衡路88号"), find(g3, "匡衡路88号"), err)
	}
	g5, err := g4.Apply(ctx, []Update{{Layer: "door", Key: door.Key, Old: &door}})
	if err != nil || find(g5, "匡衡路88号") == "door" {
		t.Errorf("a deleted door is still found, error %v", err)
	}
	if _, err := g.Apply(ctx, []Update{{Layer: "door"}}); err == nil {
		t.Error("a whole layer: got no error, want one")
	}
}

// TestConcurrent asks one geocoder from several goroutines while others are derived from it.
func TestConcurrent(t *testing.T) {
	g := buildTown(t)
	want, _ := g.Search(context.Background(), Query{Text: "太平东路与匡恒路路口东50米"})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 50 {
				a, err := g.Search(context.Background(), Query{Text: "太平东路与匡恒路路口东50米"})
				if err != nil || len(a.Places) == 0 || a.Places[0].Point != want.Places[0].Point {
					t.Errorf("got %v, error %v, want %v", a.Places, err, want.Places)
					return
				}
				_, _ = g.Autocomplete(context.Background(), Query{Text: "pyl"})
				f := town()["component"][0]
				if i%10 == 0 {
					if _, err := g.Apply(context.Background(), []Update{{Layer: "component", Key: f.Key, New: &f}}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}
