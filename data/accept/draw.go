package accept

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"wanmi/data/catalog"
	"wanmi/gis"
	"wanmi/gis/crs"
	"wanmi/gis/geom"
)

// Plan says how a sample is drawn. The zero value takes the defaults.
type Plan struct {
	Seed       uint64  `json:"seed"`
	SheetM     float64 `json:"sheet_m"`     // side of a map sheet, m; 500: 1:1000 sheets of 50 cm
	SheetShare float64 `json:"sheet_share"` // of the sheets with components that are drawn; 0.3
	LeastSheet int     `json:"least_sheets"`
	Share      float64 `json:"share"` // of the components of a class in a drawn sheet; 0.1
	Least      int     `json:"least"` // of a stratum; all when it has fewer; 3
	Class      string  `json:"class,omitempty"`
}

func (p Plan) withDefaults() (Plan, error) {
	if p.SheetM == 0 {
		p.SheetM = 500
	}
	if p.SheetShare == 0 {
		p.SheetShare = 0.3
	}
	if p.LeastSheet == 0 {
		p.LeastSheet = 3
	}
	if p.Share == 0 {
		p.Share = 0.1
	}
	if p.Least == 0 {
		p.Least = 3
	}
	if !(p.SheetM >= 50 && p.SheetM <= 20000) || !(p.SheetShare > 0 && p.SheetShare <= 1) || !(p.Share > 0 && p.Share <= 1) || p.Least < 0 || p.LeastSheet < 0 {
		return p, gis.E(gis.Invalid, nil, "a sample takes sheets of 50 to 20,000 m, and shares above 0 and up to 1")
	}
	return p, nil
}

// Item is a sampled component.
type Item struct {
	No        int     `json:"no"`
	Sheet     string  `json:"sheet"`
	Code      string  `json:"code"`
	Class     string  `json:"class"`
	ClassName string  `json:"class_name"`
	Accuracy  string  `json:"accuracy"` // A, B, C
	Name      string  `json:"name,omitempty"`
	Dept      string  `json:"department,omitempty"`
	State     string  `json:"state,omitempty"`
	Address   string  `json:"address,omitempty"`
	X         float64 `json:"x"` // northing, m
	Y         float64 `json:"y"` // easting, m
	Lon       float64 `json:"longitude"`
	Lat       float64 `json:"latitude"`
}

// Stratum is a class in a drawn sheet.
type Stratum struct {
	Sheet     string `json:"sheet"`
	Class     string `json:"class"`
	ClassName string `json:"class_name"`
	Total     int    `json:"total"`
	Drawn     int    `json:"drawn"`
}

// Sample is what was drawn.
type Sample struct {
	Plan   Plan      `json:"plan"`
	CRS    string    `json:"crs"`    // of X and Y
	Sheets int       `json:"sheets"` // with components
	Total  int       `json:"total"`  // components in all
	Strata []Stratum `json:"strata"`
	Items  []Item    `json:"items"`
}

// DrawnSheets are the names of the sheets drawn.
func (s Sample) DrawnSheets() []string {
	var out []string
	for _, t := range s.Strata {
		if !slices.Contains(out, t.Sheet) {
			out = append(out, t.Sheet)
		}
	}
	return out
}

// random is the source of one purpose of a sample.
func random(seed uint64, purpose string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// choose returns n of the sorted texts, in their order.
func choose(r *rand.Rand, of []string, n int) []string {
	of = slices.Clone(of)
	n = min(n, len(of))
	for i := range n {
		j := i + r.IntN(len(of)-i)
		of[i], of[j] = of[j], of[i]
	}
	of = of[:n]
	slices.Sort(of)
	return of
}

// part is how many of n a share takes, at least least, all when there are fewer.
func part(n int, share float64, least int) int {
	return min(n, max(least, int(math.Ceil(float64(n)*share-1e-9))))
}

// Draw draws a sample of the components. gis.Rejected when there are none.
func Draw(feats iter.Seq2[gis.Feature, error], p Plan) (Sample, error) {
	p, err := p.withDefaults()
	if err != nil {
		return Sample{}, err
	}
	s := Sample{Plan: p}
	var sys crs.CRS
	strata := map[string]map[string][]string{} // sheet, class -> codes
	items := map[string]Item{}
	for f, err := range feats {
		if err != nil {
			return s, err
		}
		if f.Geom == nil || !strings.HasPrefix(f.Text("class"), p.Class) || slices.Contains([]string{"移除", "丢失"}, f.Text("state")) {
			continue
		}
		at := geom.LabelPoint(f.Geom)
		if sys == nil {
			sys = crs.GaussKruger3(at[0])
			s.CRS = sys.Name()
		}
		east, north := sys.FromLonLat(at[0], at[1])
		class, _ := catalog.Lookup(f.Text("edition"), f.Text("class"))
		it := Item{
			Sheet: sheetName(east, north, p.SheetM), Code: f.Key, Class: f.Text("class"), ClassName: f.Text("class_name"), Accuracy: cmp.Or(class.Accuracy, "B"),
			Name: f.Text("name"), Dept: f.Text("dept_name"), State: f.Text("state"), Address: f.Text("address"),
			X: round3(north), Y: round3(east), Lon: at[0], Lat: at[1],
		}
		if strata[it.Sheet] == nil {
			strata[it.Sheet] = map[string][]string{}
		}
		strata[it.Sheet][it.Class] = append(strata[it.Sheet][it.Class], it.Code)
		items[it.Code] = it
	}
	if s.Total = len(items); s.Total == 0 {
		return s, gis.E(gis.Rejected, nil, "there are no components to draw a sample of")
	}
	s.draw(strata, items)
	return s, nil
}

func (s *Sample) draw(strata map[string]map[string][]string, items map[string]Item) {
	p := s.Plan
	sheets := sorted(strata)
	s.Sheets = len(sheets)
	for _, sheet := range choose(random(p.Seed, "sheets"), sheets, part(len(sheets), p.SheetShare, p.LeastSheet)) {
		for _, class := range sorted(strata[sheet]) {
			codes := strata[sheet][class]
			slices.Sort(codes)
			drawn := choose(random(p.Seed, sheet+" "+class), codes, part(len(codes), p.Share, p.Least))
			s.Strata = append(s.Strata, Stratum{sheet, class, items[codes[0]].ClassName, len(codes), len(drawn)})
			for _, code := range drawn {
				it := items[code]
				it.No = len(s.Items) + 1
				s.Items = append(s.Items, it)
			}
		}
	}
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func sheetName(east, north, side float64) string {
	return fmt.Sprintf("%.2f-%.2f", math.Floor(north/side)*side/1000, math.Floor(east/side)*side/1000)
}

func round3(v float64) float64 { return math.Round(v*1000) / 1000 }
