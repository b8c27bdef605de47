package geocode

import (
	"testing"

	"github.com/mozillazg/go-pinyin"
)

// The usual reading of every character there is, and of some there is none of, is the one go-pinyin gives.
func TestUsualReading(t *testing.T) {
	table, args := sounds(), pinyin.NewArgs()
	if len(pinyin.PinyinDict) < 20000 {
		t.Fatalf("only %d characters", len(pinyin.PinyinDict))
	}
	check := func(c rune) {
		want := ""
		if ps := pinyin.SinglePinyin(c, args); len(ps) > 0 {
			want = ps[0]
		}
		if got := table.usual(c); got != want {
			t.Errorf("%c (%U): got %q, want %q", c, c, got, want)
		}
	}
	for c := range pinyin.PinyinDict {
		check(rune(c))
	}
	for _, c := range []rune{0, 'a', '号', 0x4DFF, 0x4E00, 0x9FFF, 0xA000, -1, 0x10FFFF} {
		check(c)
	}
}
