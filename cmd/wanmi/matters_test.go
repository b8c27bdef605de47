package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/data/catalog"
	"wanmi/data/gpkg"
	"wanmi/geocode"
)

// TestMatterWords holds the built-in words to what they are for: each class of streets is found by its name and by everyday words, each
// word that stands for one text is found as its own class.
func TestMatterWords(t *testing.T) {
	matters, err := config{}.matters()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	st, err := gpkg.Open(ctx, filepath.Join(t.TempDir(), "empty.gpkg"), gpkg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	g, err := geocode.Build(ctx, st, geocode.Config{Matters: matters}, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := func(text string) string {
		a, err := g.Search(ctx, geocode.Query{Text: text})
		if err != nil || len(a.Matters) == 0 {
			return ""
		}
		return a.Matters[0].Code
	}
	words := map[string]int{}
	for _, w := range catalog.MatterWords() {
		if err := geocode.CheckMatterWord(w.Word); err != nil {
			t.Errorf("%q: %v", w.Word, err)
		}
		for _, code := range w.Codes {
			if _, ok := catalog.Matter(code); !ok {
				t.Errorf("%q: no class %s", w.Word, code)
			}
			words[code]++
		}
		if !strings.ContainsAny(w.Word, "…(") {
			if got := found("有人反映" + w.Word); got != w.Codes[0] {
				t.Errorf("%q: got class %q, want %s", w.Word, got, w.Codes[0])
			}
		}
	}
	for _, m := range catalog.Matters(catalog.GB47678) {
		if m.Major < "06" {
			continue
		}
		if got := found(m.Zh); got != m.Code {
			t.Errorf("%s %s: got %q by its name", m.Code, m.Zh, got)
		}
		if words[m.Code] < 3 { // its name in both languages, and more
			t.Errorf("%s %s: only %d words", m.Code, m.Zh, words[m.Code])
		}
	}
}

func TestMattersConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wanmi.yaml")
	for _, tt := range []struct{ text, want string }{
		{`matters: {"乱摆(摊|卖)": ["09006"], 路霸: ["06036"]}`, ""},
		{`matters: {"": ["09006"]}`, "matters"},
		{`matters: {路霸: []}`, "name the class"},
		{`matters: {路霸: ["06099"]}`, `no matter class "06099"`},
		{`matters: {路霸: [01-36]}`, `no matter class "01-36"`},
		{`matters: {"路(霸": ["06036"]}`, "not closed"},
	} {
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(file)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.text, err)
		case tt.want == "" && len(c.Matters) != 2:
			t.Errorf("%s: got %v", tt.text, c.Matters)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "matters")):
			t.Errorf("%s: got %v, want an error with %q that names the key", tt.text, fmt.Sprint(err), tt.want)
		}
	}
}
