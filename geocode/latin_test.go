package geocode

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestLatin: pinyin and English, spaced or not, place like the Chinese they stand for, with the fault named.
func TestLatin(t *testing.T) {
	g := buildTown(t)
	tests := []struct{ text, chinese string }{
		{"puyanglu12hao", "普阳路12号"},
		{"puyang lu 12", "普阳路12号"},
		{"PuYangLu 12 Hao", "普阳路12号"},
		{"pu yang lu 12-1 hao", "普阳路12-1号"},
		{"No.12 Puyang Road", "普阳路12号"},
		{"12, Puyang Rd.", "普阳路12号"},
		{"puyangroad12", "普阳路12号"},
		{"No. 5, Lane 12, Taiping East Road", "太平东路12巷5号"},
		{"Taiping East Road Lane 12 No. 5", "太平东路12巷5号"},
		{"taipingdonglu 12 xiang 5 hao", "太平东路12巷5号"},
		{"No. 1, Sec. 2, Qianquan Avenue", "千泉大街2段1号"},
		{"Taiping East Road & Kuangheng Rd", "太平东路与匡衡路"},
		{"East Taiping Road 12", "太平东路12号"},
		{"taipingdonglu12hao", "太平东路12号"},
		{"taipingeastroad12", "太平东路12号"},
		{"taipingdongluyukuanghenglujiaochakou", "太平东路与匡衡路交叉口"},
		{"taiping dong lu yu kuangheng lu lukou dong 50 mi", "太平东路与匡衡路路口东50米"},
		{"intersection of Taiping East Road and Puyang Road", "太平东路与普阳路交叉口"},
		{"50m east of Taiping East Road and Kuangheng Road", "太平东路与匡衡路路口东50米"},
		{"puyanglu12hao路灯不亮", "普阳路12号路灯不亮"},
		{"hanlinfu2haolou", "翰林府2号楼"},
		{"hanlin fu", "翰林府"},
		{"tiexishequ", "铁西社区"},
		{"jiansheluyukuanghenglu", "建设路与匡衡路"},
	}
	for _, tt := range tests {
		want, _ := g.Search(context.Background(), Query{Text: tt.chinese})
		got, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil || len(got.Places) == 0 || len(want.Places) == 0 {
			t.Errorf("%q: got %d places, error %v; %q has %d", tt.text, len(got.Places), err, tt.chinese, len(want.Places))
			continue
		}
		p, w := got.Places[0], want.Places[0]
		if p.Point != w.Point || p.Level != w.Level {
			t.Errorf("%q: got %s %s, want what %q gives: %s %s", tt.text, p.Level, p.Label, tt.chinese, w.Level, w.Label)
		}
		pinyin := false
		for _, f := range p.Faults {
			pinyin = pinyin || f.Code == "name.pinyin"
		}
		if !pinyin || p.Score >= w.Score {
			t.Errorf("%q: got score %.2f and faults %v, want name.pinyin and less than %.2f", tt.text, p.Score, p.Faults, w.Score)
		}
	}
	for _, s := range []string{"hello world", "the lamp is broken", "wifi", "lu", "no", "12345 road"} {
		if a, err := g.Search(context.Background(), Query{Text: s}); err != nil || len(a.Places) > 0 {
			t.Errorf("%q: got %v, error %v, want no place", s, a.Places, err)
		}
	}
}

// TestLatinLong: letters without end take no more than the 5 ms a text may take; the bound is wide, for busy machines.
func TestLatinLong(t *testing.T) {
	g := buildTown(t)
	for _, s := range []string{strings.Repeat("lu", 79), strings.Repeat("puyanglu", 20), strings.Repeat("puyanglu ", 17), strings.Repeat("hao", 52), strings.Repeat("a b ", 80)} {
		best := time.Hour
		for range 5 {
			from := time.Now()
			if _, err := g.Search(context.Background(), Query{Text: s}); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(from))
		}
		t.Logf("%.16s... (%d): %v", s, len(s), best)
		if best > 20*time.Millisecond {
			t.Errorf("%.16s... (%d): got %v, want at most 20 ms", s, len(s), best)
		}
	}
}
