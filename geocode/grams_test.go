package geocode

import (
	"context"
	"testing"
)

// The second school is not the first misspelt; a numeral heard as another word is.
func TestNumeralsOfNames(t *testing.T) {
	m := memCorpus{}
	m.put("poi", at(0, 0), "name", "第一实验小学")
	m.put("poi", at(900, 0), "name", "第三中学")
	m.put("poi", at(0, 900), "name", "城西第四人民医院门诊部")
	g, err := Build(context.Background(), m, Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, want string }{
		{"第二实验小学", ""},
		{"市第二实验小学门口路灯不亮", ""},
		{"城西第五人民医院门诊部", ""},
		{"第一实验小雪门口", "第一实验小学"},
		{"第山中学门口的井盖", "第三中学"},
		{"城西第四人民医院门珍部", "城西第四人民医院门诊部"},
		{"城西第西人民医院门诊部", "城西第四人民医院门诊部"},
	} {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(a.Places) > 0 {
			got = a.Places[0].Name
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.want)
		}
	}
}
