package text

import (
	"testing"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	tests := []struct{ in, want string }{
		{"臺北市萬華區寶興街１８２號", "台北市万华区宝兴街182号"},
		{"三里屯", "三里屯"},
		{"三十二號", "32号"},
		{"二二O巷五號", "220巷5号"},
		{"和平西路三段六四號", "和平西路3段64号"},
		{"重慶北路三段二一三號一樓", "重庆北路3段213号1楼"},
		{"61之1號", "61-1号"},
		{"280號之1", "280号-1"},
		{"三十之二號", "30-2号"},
		{"中山一路", "中山1路"},
		{"第二小学", "第2小学"},
		{"一百零五号", "105号"},
		{"百貨大樓", "百货大楼"},
		{"Nanjing  Road 12", "nanjing road 12"},
		{" 太平 东路 ", "太平东路"},
		{"①号", "1号"},
		{"十号", "10号"},
		{"廿三號", "23号"},
		{"五十来米", "50来米"},
		{"一百多米", "100多米"},
		{"三百m", "300m"},
		{"一百mm", "一百mm"},
		{"三来顺饭店", "三来顺饭店"},
		{"酒泉街八十六、八十八號", "酒泉街86、88号"},
		{"一、二小学", "一、二小学"},
		{"LD－0123", "ld-0123"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := Fold(tt.in); got != tt.want {
			t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestOriginal(t *testing.T) {
	var f Folded
	f.Set("  萬大路 三百一十六號 ")
	if got, want := string(f.Runes), "万大路316号"; got != want {
		t.Fatalf("folded %q, want %q", got, want)
	}
	if got, want := f.Original(0, 3), "萬大路 "; got != want {
		t.Errorf("Original(0, 3) = %q, want %q", got, want)
	}
	if got, want := f.Original(3, 7), "三百一十六號 "; got != want {
		t.Errorf("Original(3, 7) = %q, want %q", got, want)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"臺北市", "12之3號", "㎡①", "一二三四五六七八九十百千", "é", "\u0301", "二o之", "号之三"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		var fo Folded
		fo.Set(s)
		if len(fo.pos) != len(fo.Runes)+1 {
			t.Fatalf("%d positions for %d runes", len(fo.pos), len(fo.Runes))
		}
		for i := range fo.Runes {
			fo.Original(i, len(fo.Runes))
		}
	})
}
