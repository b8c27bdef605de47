package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The arrows of ARCHITECTURE.md: which rooms a room may import. A room is the
// longest prefix listed; "std and modules" are free, but see banned below.
// It reads import lines, so no cached build can keep it green.
var mayImport = map[string][]string{
	"gis":                         {},
	"gis/crs":                     {"gis"},
	"gis/geom":                    {"gis"},
	"gis/index":                   {"gis", "gis/geom"},
	"gis/cql2":                    {"gis"},
	"grids":                       {"gis", "gis/crs", "gis/geom", "gis/index"},
	"tiles":                       {"gis", "gis/crs", "gis/geom", "gis/index", "gis/cql2"},
	"geocode":                     {"gis", "gis/crs", "gis/geom", "gis/index"},
	"data":                        {"gis", "gis/crs", "gis/geom", "gis/index"},
	"cmd/wanmi/internal/webui":    {},
	"cmd/wanmi/internal/city":     {"gis", "gis/crs", "gis/geom", "gis/index", "grids", "tiles", "geocode", "data"},
	"cmd/wanmi/internal/httpapi":  {"gis", "gis/crs", "gis/geom", "gis/index", "gis/cql2", "grids", "tiles", "geocode", "data", "cmd/wanmi/internal/city", "cmd/wanmi/internal/feedback", "cmd/wanmi/internal/division", "cmd/wanmi/internal/shelf", "cmd/wanmi/internal/tables"},
	"cmd/wanmi/internal/feedback": {"gis", "gis/geom", "geocode", "data", "cmd/wanmi/internal/city"},
	"cmd/wanmi/internal/shelf":    {"gis", "tiles"},
	"cmd/wanmi/internal/tables":   {"gis", "gis/cql2", "tiles", "data"},
	"cmd/wanmi/internal/division": {"gis", "gis/crs", "gis/geom", "gis/index", "grids", "data"},
	"cmd/wanmi":                   {"gis", "gis/crs", "gis/geom", "gis/index", "grids", "tiles", "geocode", "data", "cmd/wanmi"},
}

// Modules a room must not know: transport, terminal and configuration belong to cmd.
var banned = map[string][]string{
	"gis":     {"net/http", "github.com/gorilla/mux", "github.com/spf13/cobra", "log/slog", "database/sql", "flag"},
	"grids":   {"net/http", "github.com/gorilla/mux", "github.com/spf13/cobra", "log/slog", "database/sql", "flag"},
	"geocode": {"net/http", "github.com/gorilla/mux", "github.com/spf13/cobra", "log/slog", "database/sql", "flag"},
	"tiles":   {"net/http", "github.com/gorilla/mux", "github.com/spf13/cobra", "log/slog", "flag"},
	"data":    {"net/http", "github.com/gorilla/mux", "github.com/spf13/cobra", "flag"},
}

func room(dir string) string {
	best := ""
	for r := range mayImport {
		if (dir == r || strings.HasPrefix(dir, r+"/")) && len(r) > len(best) {
			best = r
		}
	}
	return best
}

func TestLayers(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		if strings.HasPrefix(dir, "scripts") {
			return nil
		}
		from := room(dir)
		if from == "" {
			t.Errorf("%s lies in no room; give %s a line in mayImport and in ARCHITECTURE.md", path, dir)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files++
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			checkImport(t, path, from, imp)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Fatalf("only %d Go files seen from %s: the test looks in the wrong place", files, root)
	}
}

func checkImport(t *testing.T, path, from, imp string) {
	t.Helper()
	for _, b := range banned[strings.SplitN(from, "/", 2)[0]] {
		if imp == b {
			t.Errorf("%s imports %s, which room %s must not know", path, imp, from)
		}
	}
	to, ok := strings.CutPrefix(imp, "wanmi/")
	if !ok {
		return
	}
	to = room(to)
	if to == from {
		return
	}
	for _, allowed := range mayImport[from] {
		if to == allowed || (allowed != "gis" && strings.HasPrefix(to, allowed+"/")) {
			return
		}
	}
	t.Errorf("%s: room %s must not import %s", path, from, imp)
}
