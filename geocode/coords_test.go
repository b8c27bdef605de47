package geocode

import (
	"context"
	"math"
	"testing"
)

// The digits a coordinate is written with say how exact it is.
func TestCoordinateDigits(t *testing.T) {
	g := buildTown(t)
	for _, tt := range []struct {
		text  string
		unc   float64 // 0: no place
		score float64
		fault string
	}{
		{"116.980000,35.400000", 10, .99, ""},
		{"116.9800,35.4000", 10, .99, ""},
		{"116.98,35.4001", 10, .99, ""}, // zeros left out
		{"116.980,35.400", 79, .99, ""},
		{"116.98,35.40", 787, .69, "coordinate.coarse"},
		{"116.98 35.4路灯不亮", 787, .69, "coordinate.coarse"},
		{"东经116.98，北纬35.40", 787, .69, "coordinate.coarse"},
		{"116°58′48″E 35°24′0″N", 22, .99, ""},
		{"116°58′48.0″E 35°24′0.0″N", 10, .99, ""},
		{"116°58′E 35°24′N", 1311, .69, "coordinate.coarse"},
		{"花了116.98元买了35.40米", 0, 0, ""},
		{"118.50,39.25", 0, 0, ""}, // far away: two numbers
		{"118.500123,39.250123", 10, .59, "coordinate.outside"},
		{"35.40,116.98", 787, .69, "coordinate.coarse"},
	} {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Places) == 0 || a.Places[0].Level != "coordinate" {
			if tt.unc != 0 {
				t.Errorf("%q: no coordinate was read", tt.text)
			}
			continue
		}
		p := a.Places[0]
		if p.UncertaintyM != tt.unc || math.Abs(p.Score-tt.score) > 1e-9 {
			t.Errorf("%q: got %v m and score %v, want %v and %v", tt.text, p.UncertaintyM, p.Score, tt.unc, tt.score)
		}
		if fault := faultCodes(p); fault != tt.fault {
			t.Errorf("%q: got faults %q, want %q", tt.text, fault, tt.fault)
		}
		if asks := a.Ask != ""; asks != (tt.fault != "") {
			t.Errorf("%q: asks %q", tt.text, a.Ask)
		}
	}
}

func faultCodes(p Place) (codes string) {
	for _, f := range p.Faults {
		codes += f.Code
	}
	return codes
}
