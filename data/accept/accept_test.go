package accept

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/xuri/excelize/v2"

	"wanmi/gis"
)

// town is 4,000 components of two classes in about 2 km².
func town() []gis.Feature {
	var out []gis.Feature
	for i := range 4000 {
		f := gis.NewFeature(gis.MustLayer("component"))
		class, name := "01037", "路灯"
		if i%4 == 0 {
			class, name = "04002", "行道树"
		}
		f.Key = fmt.Sprintf("370883%s%06d", class, i+1)
		f.Geom = orb.Point{116.97 + float64(i%80)*0.0002, 35.40 + float64(i/80)*0.00025}
		for k, v := range map[string]string{"code": f.Key, "class": class, "class_name": name, "edition": "GB/T 47678.5-2026", "state": "完好"} {
			f.Set(k, v)
		}
		out = append(out, f)
	}
	return out
}

func seq(fs []gis.Feature) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		for _, f := range fs {
			if !yield(f, nil) {
				return
			}
		}
	}
}

func draw(t *testing.T, fs []gis.Feature, p Plan) Sample {
	t.Helper()
	s, err := Draw(seq(fs), p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDraw: the sizes are those asked for, the same seed draws the same from any order, another seed draws others.
func TestDraw(t *testing.T) {
	fs := town()
	s := draw(t, fs, Plan{Seed: 7})
	if s.Total != 4000 || len(s.DrawnSheets()) != part(s.Sheets, 0.3, 3) {
		t.Errorf("%d components, %d of %d sheets", s.Total, len(s.DrawnSheets()), s.Sheets)
	}
	for _, x := range s.Strata {
		if want := min(x.Total, max(3, int(math.Ceil(float64(x.Total)/10)))); x.Drawn != want {
			t.Errorf("%s %s: %d of %d drawn, want %d", x.Sheet, x.Class, x.Drawn, x.Total, want)
		}
	}
	codes := func(s Sample) (out []string) {
		for _, x := range s.Items {
			out = append(out, x.Code)
		}
		return out
	}
	slices.Reverse(fs)
	if again := draw(t, fs, Plan{Seed: 7}); !slices.Equal(codes(again), codes(s)) {
		t.Error("the same seed draws another sample from another order")
	}
	if other := draw(t, fs, Plan{Seed: 8}); slices.Equal(codes(other), codes(s)) {
		t.Error("another seed draws the same sample")
	}
	var a, b bytes.Buffer
	if err := s.WriteGeoJSON(&a); err != nil || !strings.Contains(a.String(), s.Items[0].Code) {
		t.Errorf("the GeoJSON lacks the first component: %v", err)
	}
	if err := s.WriteMap(&b, nil); err != nil || strings.Count(b.String(), "<circle") != len(s.Items) {
		t.Errorf("the map has %d points, want %d: %v", strings.Count(b.String(), "<circle"), len(s.Items), err)
	}
}

// filled writes the worksheets and fills them in as a team would.
func filled(t *testing.T, s Sample, fill func(f *excelize.File, i int, x Item), lost ...[]any) Results {
	t.Helper()
	var b bytes.Buffer
	if err := s.WriteXLSX(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range s.Items {
		fill(f, i+2, x)
	}
	for i, l := range lost {
		if err := f.SetSheetRow(sheetLost, fmt.Sprintf("A%d", i+2), &l); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	r, err := ReadXLSX(&out)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func put(f *excelize.File, row int, there, class, attr any, x, y float64) {
	_ = f.SetSheetRow(sheetWork, fmt.Sprintf("O%d", row), &[]any{there, class, attr, x, y})
}

// TestJudge: rates counted by hand. Every position is 0.3 m off in each direction (0.424 m), as class A allows.
func TestJudge(t *testing.T) {
	s := draw(t, town(), Plan{Seed: 7})
	n := len(s.Items)
	r := filled(t, s, func(f *excelize.File, row int, x Item) {
		there, class, attr := "是", "是", "是"
		switch row {
		case 2:
			there = "否"
		case 3:
			class = "否"
		case 4:
			attr = "no"
		}
		put(f, row, there, class, attr, x.X+0.3, x.Y-0.3)
	}, []any{s.Items[0].Sheet, "01037", s.Items[0].X + 5, s.Items[0].Y, "灯杆"}, []any{s.Items[0].Sheet, "04002", "", "", ""})
	v := Judge(r, Limits{})
	population := 0
	for _, x := range s.Strata {
		population += x.Total
	}
	all := v.All
	if v.Seed != "7" || all.Drawn != n || all.Checked != n || all.Absent != 1 || all.Class != 1 || all.Attr != 1 || all.Error.Bad != 3 || all.Error.Of != n ||
		all.Omission.Bad != 2 || all.Omission.Of != population+2 || all.Measured != n-1 || math.Abs(all.RMSE-0.4243) > 0.001 || all.Position.Bad != 0 {
		t.Errorf("got %+v", all)
	}
	if good := 3.0/float64(n) <= 0.05; (v.Verdict == Accepted) != good {
		t.Errorf("%s with %d of %d wrong: %v", v.Verdict, 3, n, v.Why)
	}
	if len(v.Wrong) != 3 || len(v.Omitted) != 2 || len(v.Classes) != 2 {
		t.Errorf("%d wrong, %d omitted, %d classes", len(v.Wrong), len(v.Omitted), len(v.Classes))
	}
	var page, js bytes.Buffer
	if err := v.WriteHTML(&page); err != nil || !strings.Contains(page.String(), s.Items[0].Code) {
		t.Errorf("the page does not name what is wrong: %v", err)
	}
	if err := v.WriteJSON(&js); err != nil || !strings.Contains(js.String(), `"verdict": "`+v.Verdict+`"`) {
		t.Errorf("the JSON does not give the verdict: %v", err)
	}
}

// TestVerdicts: each limit refuses by itself, and a sample nobody looked at is no acceptance.
func TestVerdicts(t *testing.T) {
	s := draw(t, town(), Plan{Seed: 3})
	if v := Judge(filled(t, s, func(*excelize.File, int, Item) {}), Limits{}); v.Verdict != Incomplete {
		t.Errorf("nothing filled in: %s", v.Verdict)
	}
	for _, c := range []struct {
		name string
		fill func(f *excelize.File, row int, x Item)
		want string
	}{
		{"all good", func(f *excelize.File, row int, x Item) { put(f, row, "是", "", "", x.X, x.Y) }, Accepted},
		{"a tenth absent", func(f *excelize.File, row int, x Item) {
			put(f, row, map[bool]string{true: "否", false: "是"}[row%10 == 0], "", "", x.X, x.Y)
		}, Refused},
		{"all 0.8 m off", func(f *excelize.File, row int, x Item) { put(f, row, "是", "", "", x.X+0.8, x.Y) }, Refused},
		{"a tenth 3 m off", func(f *excelize.File, row int, x Item) {
			put(f, row, "是", "", "", x.X+map[bool]float64{true: 3}[row%10 == 0], x.Y)
		}, Refused},
	} {
		if v := Judge(filled(t, s, c.fill), Limits{}); v.Verdict != c.want {
			t.Errorf("%s: %s %v", c.name, v.Verdict, v.Why)
		}
	}
	var lost [][]any
	for range 400 {
		lost = append(lost, []any{s.Items[0].Sheet, "01037", "", "", "x"})
	}
	if v := Judge(filled(t, s, func(f *excelize.File, row int, x Item) { put(f, row, "是", "", "", x.X, x.Y) }, lost...), Limits{}); v.Verdict != Refused {
		t.Errorf("400 omissions: %s", v.Verdict)
	}
}

// TestBadSheets: what cannot be read is refused with its row.
func TestBadSheets(t *testing.T) {
	s := draw(t, town(), Plan{Seed: 3})
	for name, edit := range map[string]func(f *excelize.File){
		"neither 是":    func(f *excelize.File) { _ = f.SetCellValue(sheetWork, "O2", "也许") },
		"no pair":      func(f *excelize.File) { _ = f.SetCellValue(sheetWork, "R2", "12") },
		"exchanged":    func(f *excelize.File) { put(f, 2, "是", "", "", s.Items[0].Y, s.Items[0].X) },
		"should be":    func(f *excelize.File) { _ = f.SetCellValue(sheetWork, "C1", "别的") },
		"has no sheet": func(f *excelize.File) { _ = f.DeleteSheet(sheetAll) },
		"have no rows": func(f *excelize.File) {
			_ = f.DeleteSheet(sheetWork)
			_, _ = f.NewSheet(sheetWork)
			h := workHead
			_ = f.SetSheetRow(sheetWork, "A1", &h)
		},
		"is no count":   func(f *excelize.File) { _ = f.SetCellValue(sheetAll, "D2", "many") },
		"no workbook t": nil,
	} {
		var b, out bytes.Buffer
		if err := s.WriteXLSX(&b); err != nil {
			t.Fatal(err)
		}
		if edit != nil {
			f, err := excelize.OpenReader(&b)
			if err != nil {
				t.Fatal(err)
			}
			edit(f)
			if err := f.Write(&out); err != nil {
				t.Fatal(err)
			}
		} else {
			out.WriteString("PK\x03\x04 nonsense")
		}
		if _, err := ReadXLSX(&out); gis.KindOf(err) != gis.Rejected || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
