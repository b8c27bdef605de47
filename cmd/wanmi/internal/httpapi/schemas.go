package httpapi

import "maps"

// The schemas of the OpenAPI document. They name what a client may rely on; replies may carry more.

func text(doc string) object   { return object{"type": "string", "description": doc} }
func number(doc string) object { return object{"type": "number", "description": doc} }
func integer(doc string) object {
	return object{"type": "integer", "format": "int64", "description": doc}
}
func boolean(doc string) object { return object{"type": "boolean", "description": doc} }
func list(of object) object     { return object{"type": "array", "items": of} }

func record(doc string, must []any, properties object) object {
	o := object{"type": "object", "description": doc, "properties": properties}
	if len(must) > 0 {
		o["required"] = must
	}
	return o
}

func nullable(name string) object { return object{"nullable": true, "allOf": []any{ref(name)}} }

func schemas() object {
	point := object{"type": "array", "minItems": 2, "maxItems": 2, "items": object{"type": "number"}, "description": "longitude, latitude"}
	line := object{"type": "array", "minItems": 2, "items": point, "description": "positions, or a GeoJSON LineString"}
	o := object{
		"Problem": record("An error (RFC 9457).", []any{"type", "title", "status", "detail", "request_id"}, object{
			"type": text("urn:wanmi:problem:…, stable"), "title": text("the kind of error"), "status": integer("HTTP status"),
			"detail": text("what is wrong and what to do"), "instance": text("the path asked"), "request_id": text("stands in the server's log"),
			"see": list(text("a route near the one asked, or a row in the way")),
			"position": record("Where in a filter the fault is.", []any{"offset", "line", "column"}, object{
				"offset": integer("bytes before it, in UTF-8"), "line": integer("from 1"), "column": integer("characters, from 1"),
				"pointer": text("JSON pointer to the value, in CQL2 JSON"), "met": text("what stands there"), "expected": text("what was expected"),
			}),
			"error": text("the detail where Nominatim's clients look for it"), "message": text("where Photon's do"),
			"geocoding": object{"type": "object", "description": "Pelias': errors holds the detail"}, "features": list(object{"type": "object", "description": "none; Photon's and Pelias' clients read the list"}),
		}),
		"Status":   record("How the server is.", []any{"status"}, object{"status": text("ok or ready"), "version": text("of the program"), "generation": integer("of the View")}),
		"Session":  record("Who is signed in.", []any{"signed_in", "may_edit"}, object{"signed_in": boolean(""), "name": text("of the key"), "role": text("viewer, surveyor, editor or admin"), "public": boolean("reading needs no key"), "may_edit": boolean("components may be written")}),
		"Catalog":  record("The layers served.", []any{"layers"}, object{"generation": integer("of the View"), "layers": list(object{"type": "object"}), "archives": list(object{"type": "object", "description": "served beside the layers: name, format, type, minzoom, maxzoom, bounds, remote; error when it cannot be opened"}), "tables": list(object{"type": "object", "description": "tables of databases served live beside the layers: name, zh, en, geometry, minzoom, maxzoom, bounds, fields, cache_s; error when the database cannot be asked"})}),
		"TileJSON": record("TileJSON 3.0.0.", []any{"tilejson", "tiles"}, object{"tilejson": text("3.0.0"), "tiles": list(text("address template"))}),
		"Style":    record("A MapLibre style.", []any{"version", "sources", "layers"}, object{"version": integer("8"), "sources": object{"type": "object"}, "layers": list(object{"type": "object"})}),
		"Feature": record("A GeoJSON Feature.", []any{"type", "geometry", "properties"}, object{
			"type": text("Feature"), "id": object{"description": "number or text"}, "geometry": object{"type": "object", "nullable": true}, "properties": object{"type": "object", "nullable": true},
		}),
		"FeatureCollection": record("A GeoJSON FeatureCollection.", []any{"type", "features"}, object{
			"type": text("FeatureCollection"), "features": list(ref("Feature")), "links": list(object{"type": "object"}),
			"numberMatched": integer("features there are"), "numberReturned": integer("features in this reply"),
		}),
		"Lineage":   record("Where a cell's code came from and went.", []any{"code", "lineage"}, object{"code": text("15 characters"), "lineage": list(object{"type": "object"})}),
		"History":   record("The states of a component, oldest first.", []any{"versions"}, object{"versions": list(object{"type": "object"})}),
		"Component": record("A component to store: a GeoJSON Feature.", []any{"type", "geometry", "properties"}, object{"type": text("Feature"), "geometry": object{"type": "object"}, "properties": object{"type": "object"}}),
		"Patch":     record("A merge patch: geometry, and properties to set, under properties or flat; null clears one.", nil, object{"geometry": object{"type": "object"}, "properties": object{"type": "object"}}),
		"Import": record("An import under way or done.", []any{"id", "state"}, object{
			"id": text("of the import"), "state": text("waiting, running, checked, committed, rejected, failed, discarded, interrupted (by the end of the server), rolled_back"), "layer": text(""),
			"since": text("the state is that"), "expires_at": text("when it is forgotten if nobody does anything; not while it waits or runs"), "extent": text("as stated"),
			"dry_run": boolean("nothing is written until commit"), "summary": object{"type": "object"}, "batch": integer("of the store"), "error": text("in words"),
			"findings":   integer("beside the rejected rows; the report lists them"),
			"unit_grids": object{"type": "object", "description": "of drawn unit grids: void, cells that end; placed, components and cases that change their cell; hard, faults left"},
		}),
		"Delivery": object{"type": "object", "required": []any{"layer", "file"}, "properties": object{
			"layer": text("as wanmi import LAYER"), "file": list(object{"type": "string", "format": "binary"}),
			"dry_run": text("true (default) or false"), "crs": text("EPSG:n, gcj02, bd09"), "encoding": text("as gbk"),
			"partial":   text("true: nothing is removed"),
			"date":      text("the day the delivery shows, as 2026-08-23: what it says holds from then on (valid_at); guess: that of the file name"),
			"extent":    text("the area the delivery covers, nothing is removed outside it: minlon,minlat,maxlon,maxlat, codes as community:370883001001,…, WKT or GeoJSON; text or a file"),
			"tolerance": text("unit_grid: gaps and overlaps narrower than this are closed, m; 1 when left out"),
		}},
		"Proposed": record("A change to propose.", []any{"op"}, object{
			"op": text("insert, update or delete"), "code": text("of the component; none for an insert"),
			"change": object{"type": "object", "description": "insert: a GeoJSON feature; update: a merge patch"},
		}),
		"Proposal": record("A proposed change.", []any{"id", "op", "state"}, object{
			"id": integer(""), "op": text("insert, update or delete"), "code": text("of the component"), "rev": integer("revision it was made for"),
			"change": object{"type": "object"}, "actor": text("who proposes"), "at": text("when"), "state": text("open, approved or rejected"),
			"decided_by": text("who decided"), "decided_at": text("when"), "why": text("what was said"),
		}),
		"Decision":     record("What there is to say about it; the body may be left out.", nil, object{"why": text("")}),
		"Lines":        object{"type": "string", "description": "one JSON value a line"},
		"GridMerge":    record("Cells to join.", []any{"cells"}, object{"cells": list(text("15 characters"))}),
		"GridSplit":    record("A cell to cut.", []any{"cell", "line"}, object{"cell": text("15 characters"), "line": line}),
		"GridMoveEdge": record("Two cells and their new border.", []any{"cells", "line"}, object{"cells": list(text("15 characters")), "line": line}),
		"GridEdit": record("What an edit has done.", []any{"edit", "verb", "new", "void", "changed"}, object{
			"edit": integer("names the edit: If-Match of an undo"), "verb": text("merge, split, move-edge, lock, unlock, undo"),
			"new": list(text("codes valid now")), "void": list(text("codes void now")), "changed": list(text("codes whose row changed beside")),
			"lineage": list(object{"type": "object"}), "findings": list(object{"type": "object"}),
			"placed": integer("components and cases that changed their cell"), "undone": integer("the edit taken back"),
		}),
		"GridBuild": record("What is to be divided; {} repairs.", nil, object{
			"mode": text("repair, refresh or rebuild"), "preset": text("what counts most: balanced, area, load, feature, or a name from the configuration"),
			"compound":    text("whole or split: what becomes of compounds; else as the configuration says"),
			"communities": list(text("12 characters; none: all")), "force": object{"type": "boolean", "description": "write even with breaches of hard rules"},
		}),
		"GridBuilt": record("What the division has done.", []any{"places", "kept", "new", "void", "changed"}, object{
			"places": integer("communities looked at, 0: all"), "kept": integer("cells that keep their code, among those looked at"),
			"new": list(text("codes valid now")), "void": list(text("codes void now")), "changed": list(text("codes that stay with another outline")),
			"hard": integer("breaches of hard rules"), "placed": integer("components and cases that changed their cell"),
			"update": object{"type": "object"}, "findings": list(object{"type": "object"}), "edit": integer("the generation written"),
			"spared": integer("cells left alone because cells were delivered; name a mode to have them mended"),
		}),
		"Links": record("A page of links.", nil, object{"links": list(object{"type": "object"})}),
	}
	maps.Copy(o, geocodeSchemas(point))
	return o
}
