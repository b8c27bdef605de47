// Package webui holds the map page: the files of dist, made by
// `npm ci && npm run build` from the TypeScript sources beside this file, and
// embedded here so that the server needs no file and no network for them.
//
//	index.html            the page; all its links are relative, so it may be served below any path
//	assets/               script, style sheet and MapLibre's worker; names carry a hash of the content
//	styles/{light,dark}.json   MapLibre styles; "{base}" in them stands for the server's own address
//	sprites/{light,dark}{,@2x}.{json,png}   the styles' symbols
//
// The styles name no glyphs: MapLibre GL JS then draws all text, Chinese and
// Latin, with fonts of the reader's own machine.
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
