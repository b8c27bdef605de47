package census

import (
	"context"
	"strings"
	"testing"

	"wanmi/gis"
)

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{
		"2026-08-23": "2026-08-23", " 20260823 ": "2026-08-23", "2026年8月23日": "2026-08-23", "2026/8/3": "2026-08-03", "guess": "guess",
		"2026-02-30": "", "tomorrow": "", "": "", "260823": "",
	} {
		if got, err := ParseDate(in); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"a/street_trees_20260823.csv": "2026-08-23", "路灯2026-08-23.xlsx": "2026-08-23", "2026.08.23_井盖.zip!井盖.shp": "", "井盖.zip!井盖_20260802.shp": "2026-08-02",
		"路灯.csv": "", "T120260823.csv": "", "20261301.csv": "", "20260231.csv": "",
	} {
		if got := dateOfName(name); got != want {
			t.Errorf("the day of %s: got %q, want %q", name, got, want)
		}
	}
}

// The day a delivery shows is kept with its batch when it was stated or asked for; a guess nobody asked for is only told.
func TestDeliveryDate(t *testing.T) {
	m := zoucheng(t)
	rows := []byte("名称,经度,纬度\n路灯,116.9651,35.4001\n")
	dated, plain := temp(t, "路灯_20260823.csv", rows), temp(t, "路灯.csv", rows)
	profile := Profile{Layer: "component", CRS: "EPSG:4490", X: "经度", Y: "纬度", Fields: map[string]string{"name": "名称"}, Class: &ClassRule{Code: "01037"}, Date: "2026-07-01"}
	for _, tt := range []struct {
		name   string
		o      Options
		file   string
		want   string // the day of the batch, or "!" and a part of the refusal
		remark string
	}{
		{"stated", Options{Date: "2026-08-20"}, dated, "2026-08-20", "shows 2026-08-20"},
		{"guessed", Options{Date: GuessDate}, dated, "2026-08-23", "by its file name"},
		{"not asked for", Options{}, dated, "", "--date 2026-08-23"},
		{"by the profile", Options{Profile: &profile}, plain, "2026-07-01", "shows 2026-07-01"},
		{"none there", Options{}, plain, "", ""},
		{"nothing to guess", Options{Date: GuessDate}, plain, "!cannot be guessed", ""},
		{"to come", Options{Date: "2026-09-02"}, plain, "!after today", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Layer, tt.o.Files, tt.o.Today, tt.o.DryRun = "component", []string{tt.file}, "2026-09-01", true
			res, err := Import(context.Background(), m, tt.o)
			if part, refused := strings.CutPrefix(tt.want, "!"); refused {
				if err == nil || gis.KindOf(err) != gis.Invalid || !strings.Contains(gis.Public(err), part) {
					t.Errorf("got %v, want it refused with %q", err, part)
				}
				return
			}
			remarks := ""
			if err == nil {
				remarks = strings.Join(res.Files[0].Remarks, "\n")
			}
			if err != nil || res.Batch.Surveyed != tt.want || !strings.Contains(remarks, tt.remark) || tt.remark == "" && strings.Contains(remarks, "--date") {
				t.Errorf("got %q, %v, %s; want %q and %q", res.Batch.Surveyed, err, remarks, tt.want, tt.remark)
			}
		})
	}
}
