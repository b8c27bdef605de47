package webui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// FS returns the files of the page, index.html at its root. Before the
// front-end build has run it holds nothing but a .gitkeep; see [Built].
func FS() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path, fixed above
	}
	return sub
}

// Built reports whether the front-end build had run when the binary was made.
func Built() bool {
	_, err := fs.Stat(dist, "dist/index.html")
	return err == nil
}
