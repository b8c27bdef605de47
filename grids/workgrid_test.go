package grids

import (
	"reflect"
	"testing"

	"github.com/paulmach/orb"
)

func square(x, y float64) Cell {
	return Cell{Polygon: orb.Polygon{{{x, y}, {x + 1, y}, {x + 1, y + 1}, {x, y + 1}, {x, y}}}}
}

func TestDissolve(t *testing.T) {
	for _, tc := range []struct {
		name         string
		cells        []Cell
		shells, hole int
		area         float64
	}{
		{"one", []Cell{square(0, 0)}, 1, 0, 1},
		{"two side by side", []Cell{square(0, 0), square(1, 0)}, 1, 0, 2},
		{"two that touch in a corner", []Cell{square(0, 0), square(1, 1)}, 2, 0, 2},
		{"apart", []Cell{square(0, 0), square(5, 5)}, 2, 0, 2},
		{"ring of eight", []Cell{square(0, 0), square(1, 0), square(2, 0), square(0, 1), square(2, 1), square(0, 2), square(1, 2), square(2, 2)}, 1, 1, 8},
		{"a hole that touches the border in a corner", []Cell{
			square(0, 0), square(1, 0), square(2, 0), square(0, 1), square(2, 1), square(0, 2), square(1, 2),
			square(3, 3), square(2, 3), square(3, 2),
		}, 2, 1, 10},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mp := Dissolve(tc.cells)
			holes, area := 0, 0.0
			for _, p := range mp {
				holes += len(p) - 1
				for i, r := range p {
					a := ringArea(r)
					if (a > 0) != (i == 0) {
						t.Errorf("ring %d of %v winds the wrong way", i, r)
					}
					area += a
				}
			}
			if len(mp) != tc.shells || holes != tc.hole {
				t.Errorf("got %d polygons with %d holes, want %d with %d", len(mp), holes, tc.shells, tc.hole)
			}
			if area != tc.area {
				t.Errorf("area = %v, want %v", area, tc.area)
			}
		})
	}
}

func ringArea(r orb.Ring) (a float64) {
	for i := 1; i < len(r); i++ {
		a += r[i-1][0]*r[i][1] - r[i][0]*r[i-1][1]
	}
	return a / 2
}

// TestWorkGridOf: what is stored of a work grid comes back as it was.
func TestWorkGridOf(t *testing.T) {
	d := build(t, town(), Options{})
	book, err := BookOf(d.Cells)
	if err != nil {
		t.Fatal(err)
	}
	first := d.Cells[0].Code
	w, err := Compose(book, WorkGrid{Code: "GL-01", Name: "东片", Members: []Code{first, book.Neighbours(first)[0]}, DepartmentCode: "1", DepartmentName: "市政所"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := WorkGridOf(w.Feature())
	if err != nil || !reflect.DeepEqual(got, w) {
		t.Errorf("got %+v, %v, want %+v", got, err, w)
	}
	for s, want := range map[string]string{"管理": Management, "evaluation": Evaluation, "评价网格": Evaluation, "好": ""} {
		if got, err := ParseWorkKind(s); got != want || (err != nil) != (want == "") {
			t.Errorf("ParseWorkKind(%q) = %q, %v, want %q", s, got, err, want)
		}
	}
}
