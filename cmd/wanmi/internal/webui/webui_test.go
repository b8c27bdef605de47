package webui

import (
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"
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
