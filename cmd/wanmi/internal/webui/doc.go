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
