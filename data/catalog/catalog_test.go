package catalog

import (
	"strings"
	"testing"
)

func TestTablesHaveTheStandardsCounts(t *testing.T) {
	count := func(cs []Class, local bool) (n int) {
		for _, c := range cs {
			if c.Local == local {
				n++
			}
		}
		return n
	}
	for _, tt := range []struct {
		name      string
		got, want int
	}{
		{"components of GB/T 47678.5", count(Classes(GB47678), false), 153},
		{"components of CJ/T 214", count(Classes(CJT214), false), 85},
		{"local classes of CJ/T 214", count(Classes(CJT214), true), 0},
		{"matters of GB/T 47678.5", len(Matters(GB47678)), 250},
		{"matters of CJ/T 214", len(Matters(CJT214)), 50},
		{"unknown edition", len(Classes("GB/T 1-1")), 0},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, tt.got, tt.want)
		}
	}
}

func TestClassesAreWellFormed(t *testing.T) {
	seen := map[key]bool{}
	for _, e := range Editions() {
		minor := map[string]int{GB47678: 3, CJT214: 2}[e]
		for _, c := range Classes(e) {
			k := key{c.Edition, c.Code}
			if seen[k] {
				t.Errorf("%s %s stands twice", e, c.Code)
			}
			seen[k] = true
			if len(c.Major) != 2 || len(c.Minor) != minor || c.Code != c.Major+c.Minor {
				t.Errorf("%s: code %q is not major %q + minor %q", e, c.Code, c.Major, c.Minor)
			}
			if !strings.Contains("point line polygon", c.Geometry) || len(c.Accuracy) != 1 || c.Zh == "" || c.En == "" {
				t.Errorf("%s %s: incomplete: %+v", e, c.Code, c)
			}
			if c.Local != strings.HasSuffix(c.Zh, "（自定义）") {
				t.Errorf("%s %s: Local %v does not fit the name %s", e, c.Code, c.Local, c.Zh)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	if c, ok := Lookup(GB47678, "01037"); !ok || c.Zh != "路灯" || c.Geometry != "point" {
		t.Errorf("GB 01037: got %+v %v, want 路灯", c, ok)
	}
	if c, ok := Lookup(CJT214, "0118"); !ok || c.Zh != "路灯" {
		t.Errorf("CJ/T 0118: got %+v %v, want 路灯", c, ok)
	}
	if c, ok := Lookup(GB47678, "0118"); ok {
		t.Errorf("GB 0118: got %+v, want none", c)
	}
}

func TestGuess(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"路灯", "01037"},
		{"路燈", "01037"},
		{"路灯井盖", "01006"},
		{"人行道上的窨井盖丢了", "01023"},
		{"下水道盖", "01002"},
		{"雨水井盖破损", "01003"},
		{"垃圾桶满了没人收", "03005"},
		{"果皮箱", "03005"},
		{"台北市行人專用清潔箱資料", "03005"},
		{"行道樹", "04002"},
		{"消火栓漏水", "01013"},
		{"紅綠燈不亮", "02014"},
		{"變壓器", "01048"},
		{"变压器（箱）", "01048"},
		{"公园里的长椅坏了", "04007"},
		{"street_trees_20260823.csv", "04002"},
		{"park_trees_20260823.csv", "04999"},
		{"census/pedestrian-bins.json", "03005"},
		{"used-clothing-recycling-boxes.json", "01059"},
		{"dog-waste-bag-boxes.json", "03015"},
		{"public-toilets.json", "03001"},
		{"direct-drinking-stations.json", "01025"},
		{"designated-smoking-areas.json", "03999"},
		{"cctv.geojson", "01050"},
		{"traffic_bus_station_view.geojson", "02004"},
		{"traffic_youbike.geojson", "02026"},
		{"StreetLamps", "01037"},
		{"BUS STOPS", "02004"},
		{"01037", "01037"},
		{"", ""},
		{"太平东路12号", ""},
		{"x", ""},
	} {
		got := ""
		if m := Guess(tt.text); len(m) > 0 {
			got = m[0].Code
		}
		if got != tt.want {
			t.Errorf("Guess(%q): got %q, want %q (%v)", tt.text, got, tt.want, Guess(tt.text))
		}
	}
}

func TestGuessFindsEveryName(t *testing.T) {
	for _, c := range Classes(GB47678) {
		if m := Guess(c.Zh); len(m) == 0 || m[0].Code != c.Code {
			t.Errorf("Guess(%q): got %v, want %s first", c.Zh, m, c.Code)
		}
	}
}

func TestGuessScoresTheWholeNameHighest(t *testing.T) {
	whole, part := Guess("路灯")[0].Score, Guess("我家门口的路灯坏了三天")[0].Score
	if whole != 1 || part >= whole || part <= 0 {
		t.Errorf("scores: whole %v, part %v; want 1 and less", whole, part)
	}
}

func TestSynonymsNameKnownClasses(t *testing.T) {
	for w, codes := range Synonyms() {
		if len(codes) == 0 || len([]rune(w)) < 2 {
			t.Errorf("%q: codes %v; want a word of two characters or more with a class", w, codes)
		}
		if Fold(w) != strings.ToLower(w) {
			t.Errorf("%q is not simplified: %q", w, Fold(w))
		}
		for _, code := range codes {
			if _, ok := Lookup(GB47678, code); !ok {
				t.Errorf("%q: no class %s", w, code)
			}
		}
	}
	Synonyms()["路灯"][0] = "99999"
	if got := Synonyms()["路灯"][0]; got != "01037" {
		t.Errorf("a caller's edit reached the table: %s", got)
	}
}

func FuzzGuess(f *testing.F) {
	for _, s := range []string{"路灯", "street_trees", "路燈\xff", "", "ＡＢ灯"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, m := range Guess(s) {
			if m.Score <= 0 || m.Score > 1 {
				t.Fatalf("Guess(%q): score %v out of (0, 1]", s, m.Score)
			}
		}
	})
}

// TestGuessOtherCities: the words of other cities' file names; "" where no class of the standard is meant.
func TestGuessOtherCities(t *testing.T) {
	for word, want := range map[string]string{
		"人孔蓋": "01023", "污水人孔": "01002", "交通號誌": "02014", "號誌控制器": "02015", "停車計時器": "02003", "路邊停車格": "02001",
		"公共電話": "01041", "電話亭": "01041", "集水井": "01003", "狗便清潔箱": "03015", "珍貴老樹": "04001", "heritage_trees": "04001", "吸菸區": "03999",
		"charging_stations": "01054", "ebike_stations": "02026", "YouBike2.0": "02026", "payphones": "01041", "mail_box": "01042", "sewer_manhole": "01002",
		"水錶": "", "water_meters": "", "便利商店": "", "都市計畫樁": "", "points": "",
	} {
		got := ""
		if m := Guess(word); len(m) > 0 && m[0].Score >= 0.6 {
			got = m[0].Code
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}
