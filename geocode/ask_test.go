package geocode

import (
	"context"
	"strings"
	"testing"
)

// What an answer asks for names what was said and is not on file.
func TestAskNames(t *testing.T) {
	g := buildTown(t)
	for _, tt := range []struct{ text, ask string }{
		{"37088301009999999的井盖塌了", "“37088301009999999”"},
		{"网格370883001001999", "“370883001001999”"},
		{"编号LD-9999的路灯不亮", "“LD-9999”"},
		{"杆号0999", "“0999”"},
		{"电话13812345678", "未能识别地点"},
		{"路灯不亮", "未能识别地点"},
		{"太平东路9巷3号", "没有这条巷弄"},
		{"", "请输入"},
		{"37088301001000123", ""},
		{"118.500123,39.250123", "不在本市范围内"},
		{"116.98,35.40", "787米"},
	} {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(a.Ask, tt.ask) || tt.ask == "" && a.Ask != "" {
			t.Errorf("%q: asks %q, want a question with %q", tt.text, a.Ask, tt.ask)
		}
	}
}
