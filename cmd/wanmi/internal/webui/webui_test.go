package webui

import (
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"

	"wanmi/data/catalog"
)

// The page must come whole from the binary: what the built files name exists, and nothing names another server.
func TestBuiltFiles(t *testing.T) {
	if !Built() {
		if os.Getenv("CI") == "true" {
			t.Fatal("the map page is not built; run `npm ci && npm run build` in this folder")
		}
		t.Skip("the map page is not built; run `npm ci && npm run build` in this folder")
	}
	files := FS()
	for _, name := range []string{"light", "dark"} {
		t.Run(name, func(t *testing.T) {
			text, err := fs.ReadFile(files, "styles/"+name+".json")
			if err != nil {
				t.Fatal(err)
			}
			var style struct {
				Sprite  string
				Sources map[string]struct{ URL string }
				Layers  []struct{ ID string }
			}
			if err := json.Unmarshal(text, &style); err != nil {
				t.Fatal(err)
			}
			if got, want := style.Sprite, "{base}/sprites/"+name; got != want {
				t.Errorf("sprite: got %q, want %q", got, want)
			}
			for id, s := range style.Sources {
				if !strings.HasPrefix(s.URL, "{base}/tiles/") {
					t.Errorf("source %s: got url %q, want one below {base}/tiles/", id, s.URL)
				}
			}
			if got := len(style.Layers); got < 20 {
				t.Errorf("got %d layers, want at least 20", got)
			}
			for _, suffix := range []string{".json", ".png", "@2x.json", "@2x.png"} {
				if _, err := fs.Stat(files, "sprites/"+name+suffix); err != nil {
					t.Errorf("got %v, want the file", err)
				}
			}
			if strings.Contains(string(text), "http") {
				t.Error("got an absolute address in the style, want none")
			}
		})
	}
	page, err := fs.ReadFile(files, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(page), `"`) {
		if name, ok := strings.CutPrefix(part, "./"); ok {
			if _, err := fs.Stat(files, name); err != nil {
				t.Errorf("index.html: got %v, want the file", err)
			}
		}
	}
}

// TestSymbols: every class of both editions has a symbol on the sprites, and no two classes of an edition the same.
func TestSymbols(t *testing.T) {
	if !Built() {
		t.Skip("the map page is not built; TestBuiltFiles says so")
	}
	read := func(name string, to any) {
		t.Helper()
		b, err := fs.ReadFile(FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, to); err != nil {
			t.Fatal(err)
		}
	}
	for _, palette := range []string{"light", "dark"} {
		var style struct {
			Layers []struct {
				ID     string
				Layout map[string]any
			}
		}
		read("styles/"+palette+".json", &style)
		symbol := map[string]string{} // by class code
		for _, l := range style.Layers {
			match, _ := l.Layout["icon-image"].([]any)
			if l.ID != "component" || len(match) < 4 || match[0] != "match" {
				continue
			}
			for i := 2; i+1 < len(match); i += 2 {
				codes, _ := match[i].([]any)
				for _, c := range codes {
					symbol[c.(string)] = match[i+1].(string)
				}
			}
		}
		for _, suffix := range []string{"", "@2x"} {
			var sprite map[string]struct{ X, Y, Width, Height, PixelRatio int }
			read("sprites/"+palette+suffix+".json", &sprite)
			for _, edition := range catalog.Editions() {
				of := map[string]string{}
				for _, c := range catalog.Classes(edition) {
					s := symbol[c.Code]
					if e := sprite[s]; s == "" || e.Width != 24*e.PixelRatio || e.PixelRatio < 1 {
						t.Errorf("%s%s: class %s %s has symbol %q, which is not on the sprite: %+v", palette, suffix, c.Code, c.Zh, s, e)
					}
					if other := of[s]; other != "" {
						t.Errorf("%s: classes %s and %s have one symbol, %s", palette, other, c.Zh, s)
					}
					of[s] = c.Zh
				}
			}
		}
	}
}
