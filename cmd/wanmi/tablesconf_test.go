package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wanmi/cmd/wanmi/internal/tables"
)

func TestTablesConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wanmi.yaml")
	read := func(text string) ([]tables.Spec, error) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(file)
		if err != nil {
			return nil, err
		}
		return c.Tiles.Postgres.specs("postgres://here/city")
	}
	got, err := read(`
tiles:
  postgres:
    connections: 8
    tables:
      work_area:
        table: survey.area
        cache: 300
      lamp:
        dsn: postgres://elsewhere/lamps
        schema: Ver.messung
        table: La"mp
        title: 路灯
        geometry: shape
        srid: 4527
        id: gid
        columns: [code, {name: kind, from: class_code, minzoom: 14}]
        minzoom: 10
        maxzoom: 16
        extent: 2048
        buffer: 0
        limit: 500
        bounds: [116, 35, 117, 36]
        cache: none
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Name != "work_area" || got[0].DSN != "postgres://here/city" || got[0].Cache != 5*time.Minute || !got[0].All || got[0].MaxZoom != 18 || got[0].Limit != 10000 {
		t.Errorf("the first table: %+v", got)
	}
	l := got[1]
	if l.DSN != "postgres://elsewhere/lamps" || l.Schema != "Ver.messung" || l.Table != `La"mp` || l.Title != "路灯" || l.Geom != "shape" || l.SRID != 4527 || l.ID != "gid" || l.All ||
		!slices.Equal(l.Columns, []tables.Column{{Name: "code"}, {Name: "kind", From: "class_code", MinZoom: 14}}) ||
		l.MinZoom != 10 || l.MaxZoom != 16 || l.Extent != 2048 || l.Buffer != 0 || l.Limit != 500 || *l.Bounds != [4]float64{116, 35, 117, 36} || l.Cache != 0 {
		t.Errorf("the second table: %+v", l)
	}
	const head = "tiles:\n  postgres:\n    tables:\n"
	for text, want := range map[string]string{
		head + "      lamp: {table: a.b, minzom: 3}":                                       `line 4: tiles.postgres.tables.lamp has no "minzom"; it has bounds, buffer, cache, `,
		head + "      lamp:\n        table: a.b\n        minzoom: low":                     `line 6: tiles.postgres.tables.lamp.minzoom: "low": a whole number is wanted`,
		head + "      lamp:\n        table: a.b\n        cache: 5m":                        `line 6: tiles.postgres.tables.lamp.cache: "5m": none or whole seconds are wanted`,
		head + "      lamp:\n        table: a.b\n        minzoom: 20\n        maxzoom: 19": `line 7: tiles.postgres.tables.lamp.maxzoom: 19: a number from 20 to 24 is wanted`,
		head + "      lamp:\n        table: a.b\n        limit: 0":                         `line 6: tiles.postgres.tables.lamp.limit: 0: a number from 1 to`,
		head + "      lamp:\n        table: a.b\n        table: a.c":                       `line 6: tiles.postgres.tables.lamp.table stands twice`,
		head + "      lamp:\n        table: a.b\n        bounds: [1, 2, 3]":                `line 6: tiles.postgres.tables.lamp.bounds: [west, south, east, north]`,
		head + "      lamp:\n        table: a.b\n        columns: [{name: a, last: 3}]":    `line 6: tiles.postgres.tables.lamp.columns: a: last and unique`,
		head + "      lamp: {minzoom: 3}":                                                  `line 4: tiles.postgres.tables.lamp.table: say which`,
		head + "      Lamp: {table: a.b}":                                                  `line 4: tiles.postgres.tables.Lamp: the layer's name "Lamp"`,
		head + "      road: {table: a.b}":                                                  `line 4: tiles.postgres.tables.road: a layer of the city has that name`,
		head + "      road_x: {table: a.b}\n      road_x: {table: a.c}":                    `line 5: tiles.postgres.tables.road_x stands twice`,
		"tiles: {postgres: {timeout: -1}}":                                                 `0 connections, -1 s`,
		"tiles: {postgres: {pool: 3}}":                                                     `field pool not found`,
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s:\ngot  %v\nwant the file and %s", text, err, want)
		}
	}
}
