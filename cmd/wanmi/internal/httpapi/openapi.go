package httpapi

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

type object = map[string]any

// openAPI makes the OpenAPI 3.0 document from the table of routes. Maps are encoded in the order of their keys, so the
// same table gives the same bytes.
func openAPI(routes []route, base, version string) ([]byte, error) {
	paths := object{}
	for _, rt := range routes {
		name := rt.name
		for i, p := range append([]string{rt.path}, rt.also...) {
			if i > 0 {
				rt.name = name + "-" + strconv.Itoa(i+1)
			}
			p = pathTemplate(p)
			item, _ := paths[p].(object)
			if item == nil {
				item = object{}
				paths[p] = item
			}
			item[strings.ToLower(rt.method)] = operation(rt)
		}
	}
	if base == "" {
		base = "/"
	}
	if version == "" {
		version = "0"
	}
	doc := object{
		"openapi": "3.0.3",
		"info": object{
			"title": "Wanmi", "version": version, "license": object{"name": "Apache-2.0"},
			"description": "Unit grids, components, vector tiles and geocoding of one city. Coordinates are longitude, latitude in WGS-84. " +
				"Errors are application/problem+json. Reading is public unless the server says otherwise; writes need a key.",
		},
		"servers": []any{object{"url": base}},
		"paths":   paths,
		"components": object{
			"schemas": schemas(),
			"securitySchemes": object{
				"bearer": object{"type": "http", "scheme": "bearer"},
				"header": object{"type": "apiKey", "in": "header", "name": "X-API-Key"},
				"query":  object{"type": "apiKey", "in": "query", "name": "key"},
				"cookie": object{"type": "apiKey", "in": "cookie", "name": cookieName},
			},
		},
	}
	out, err := json.MarshalIndent(doc, "", "  ")
	return append(out, '\n'), err
}

var placeholder = regexp.MustCompile(`\{([a-z]+)(:[^}]*)?\}`)

// pathTemplate takes the router's patterns out of a template.
func pathTemplate(p string) string { return placeholder.ReplaceAllString(p, "{$1}") }

func operation(rt route) object {
	params := []any{}
	for _, m := range placeholder.FindAllStringSubmatch(rt.path, -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range rt.params {
		one := object{"name": p.name, "in": "query", "schema": object{"type": p.typ}, "description": p.doc}
		if p.header {
			one["in"] = "header"
		}
		if p.must {
			one["required"] = true
		}
		if p.enum != nil {
			one["schema"].(object)["enum"] = p.enum
		}
		if p.def != "" {
			one["schema"].(object)["default"] = p.def
		}
		params = append(params, one)
	}
	op := object{
		"operationId": rt.name, "tags": []any{rt.tag}, "summary": rt.doc, "parameters": params,
		"responses": object{success(rt): successReply(rt), "default": object{
			"description": "An error in words.",
			"content":     object{"application/problem+json": object{"schema": ref("Problem")}},
		}},
	}
	if rt.in != "" {
		typ := rt.inType
		if typ == "" {
			typ = "application/json"
		}
		op["requestBody"] = object{"required": true, "content": object{typ: object{"schema": ref(rt.in)}}}
	}
	if rt.role != "" {
		op["security"] = []any{object{"bearer": []any{}}, object{"header": []any{}}, object{"query": []any{}}, object{"cookie": []any{}}}
		op["description"] = "Needs a key with the role " + rt.role + " or a greater one."
	}
	return op
}

func success(rt route) string {
	if rt.ok == 0 {
		return strconv.Itoa(http.StatusOK)
	}
	return strconv.Itoa(rt.ok)
}

func successReply(rt route) object {
	out := object{"description": rt.doc}
	if rt.typ == "-" || rt.ok == http.StatusNoContent {
		return out
	}
	typ, schema := rt.typ, object{"type": "string", "format": "binary"}
	if rt.out != "" {
		schema = ref(rt.out)
	}
	if typ == "" {
		typ = "application/json"
		if rt.out == "" {
			schema = object{"type": "object"}
		}
	}
	out["content"] = object{typ: object{"schema": schema}}
	return out
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }
