package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"wanmi/cmd/wanmi/internal/tables"
	"wanmi/data/postgis"
	"wanmi/gis"
	"wanmi/tiles"
)

// postgresConf names tables and views of PostgreSQL databases that are served as layers.
type postgresConf struct {
	DSN         string     `yaml:"dsn"`         // of tables that have none; default: the store's own
	Connections int        `yaml:"connections"` // of each database at most; default 4
	Timeout     int        `yaml:"timeout"`     // seconds a statement may take; default 10
	CacheBytes  int64      `yaml:"cache_bytes"` // memory for tiles of tables with a cache time; default 64 MiB
	Tables      tablesConf `yaml:"tables"`
}

// tablesConf are the tables in the order of the file.
type tablesConf []tableConf

// tableConf is a spec as written, with the line of each of its keys.
type tableConf struct {
	spec    tables.Spec
	columns *[]fieldConf
	cache   cacheTime
	lines   map[string]int
}

// cacheTime is "none" or seconds.
type cacheTime time.Duration

func (c *cacheTime) UnmarshalYAML(n *yaml.Node) error {
	if n.Value == "none" {
		*c = 0
		return nil
	}
	s, err := strconv.ParseUint(n.Value, 10, 31)
	*c = cacheTime(time.Duration(s) * time.Second)
	return err
}

func (t *tablesConf) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: tiles.postgres.tables: NAME: {table: SCHEMA.TABLE} is wanted", n.Line)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, one := n.Content[i].Value, tableConf{spec: tables.NewSpec(n.Content[i].Value), lines: map[string]int{"": n.Content[i].Line}}
		if slices.ContainsFunc(*t, func(o tableConf) bool { return o.spec.Name == name }) {
			return fmt.Errorf("line %d: tiles.postgres.tables.%s stands twice", n.Content[i].Line, name)
		}
		if err := one.decode(n.Content[i+1]); err != nil {
			return err
		}
		*t = append(*t, one)
	}
	return nil
}

// wanted says in words what a value of the configuration must be.
func wanted(to any) string {
	switch to.(type) {
	case *int:
		return "a whole number is wanted"
	case *string:
		return "a text is wanted"
	case *cacheTime:
		return "none or whole seconds are wanted"
	case **[4]float64:
		return "[west, south, east, north] in degrees are wanted"
	}
	return "a list of columns is wanted, as [name, {name: kind, from: class_code, minzoom: 14}]"
}

func (t *tableConf) decode(n *yaml.Node) error {
	where := "tiles.postgres.tables." + t.spec.Name
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: %s: {table: SCHEMA.TABLE} is wanted", n.Line, where)
	}
	s := &t.spec
	keys := map[string]any{
		"dsn": &s.DSN, "schema": &s.Schema, "table": &s.Table, "title": &s.Title, "geometry": &s.Geom, "srid": &s.SRID, "id": &s.ID, "columns": &t.columns,
		"minzoom": &s.MinZoom, "maxzoom": &s.MaxZoom, "extent": &s.Extent, "buffer": &s.Buffer, "limit": &s.Limit, "max_bytes": &s.MaxBytes, "bounds": &s.Bounds, "cache": &t.cache,
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		to, ok := keys[k.Value]
		switch {
		case !ok:
			return fmt.Errorf("line %d: %s has no %q; it has %s", k.Line, where, k.Value, strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
		case t.lines[k.Value] != 0:
			return fmt.Errorf("line %d: %s.%s stands twice", k.Line, where, k.Value)
		}
		t.lines[k.Value] = k.Line
		if err := v.Decode(to); err != nil {
			if v.Kind == yaml.ScalarNode {
				return fmt.Errorf("line %d: %s.%s: %q: %s", k.Line, where, k.Value, v.Value, wanted(to))
			}
			return fmt.Errorf("line %d: %s.%s: %s (%w)", k.Line, where, k.Value, wanted(to), err)
		}
	}
	if t.lines["maxzoom"] == 0 {
		s.MaxZoom = max(s.MaxZoom, s.MinZoom)
	}
	if t.columns == nil {
		return nil
	}
	s.All = false
	for _, f := range *t.columns {
		if f.Last != 0 || f.Unique {
			return fmt.Errorf("line %d: %s.columns: %s: last and unique are for the layers of the city; a column has name, from, minzoom", t.lines["columns"], where, f.Name)
		}
		s.Columns = append(s.Columns, tables.Column{Name: f.Name, From: f.From, MinZoom: f.MinZoom})
	}
	return nil
}

// specs returns the layers, with their databases: db is the store. An error names the line.
func (c postgresConf) specs(db string) ([]tables.Spec, error) {
	if c.Connections < 0 || c.Connections > 100 || c.Timeout < 0 || c.Timeout > 3600 {
		return nil, gis.E(gis.Invalid, nil, "tiles.postgres: %d connections, %d s: up to 100 connections and 3600 seconds are wanted", c.Connections, c.Timeout)
	}
	var out []tables.Spec
	for _, t := range c.Tables {
		s := t.spec
		s.Cache = time.Duration(t.cache)
		if s.DSN == "" {
			s.DSN = c.DSN
		}
		if s.DSN == "" && postgis.IsDSN(db) {
			s.DSN = db
		}
		if err := s.Check(); err != nil {
			return nil, c.located(err)
		}
		if what := builtIn(s.Name); what != "" {
			return nil, c.located(&tables.Fault{Layer: s.Name, Err: gis.E(gis.Invalid, nil, "%s has that name; give the table another", what)})
		}
		out = append(out, s)
	}
	return out, nil
}

// builtIn says what of the product has a name, "" when nothing has.
func builtIn(name string) string {
	if _, err := gis.LayerByName(name); err == nil || slices.ContainsFunc(tiles.DefaultConfig().Layers, func(r tiles.LayerRule) bool { return r.Name == name }) {
		return "a layer of the city"
	}
	return ""
}

// located gives a fault the line it is in.
func (c postgresConf) located(err error) error {
	var f *tables.Fault
	if !errors.As(err, &f) {
		return err
	}
	where, line := "tiles.postgres.tables."+f.Layer, 0
	for _, t := range c.Tables {
		if t.spec.Name == f.Layer {
			if line = t.lines[f.Field]; line == 0 {
				line = t.lines[""]
			}
		}
	}
	if f.Field != "" {
		where += "." + f.Field
	}
	return gis.E(gis.Invalid, nil, "line %d: %s: %s", line, where, gis.Public(f.Err))
}

// openTables opens the tables the configuration names; a server whose store is db.
func (a *app) openTables(ctx context.Context, conf config, log *slog.Logger) (*tables.Tables, error) {
	pg := conf.Tiles.Postgres
	specs, err := pg.specs(conf.db)
	for _, s := range specs {
		if s.DSN == "" {
			err = pg.located(&tables.Fault{Layer: s.Name, Field: "dsn", Err: gis.E(gis.Invalid, nil,
				"which database? The city is stored in a file; say dsn: postgres://USER:PASSWORD@HOST/DATABASE here or under tiles.postgres")})
			break
		}
	}
	if err != nil {
		return nil, gis.E(gis.Invalid, nil, "configuration %s: %v", conf.file, err)
	}
	open, err := tables.Open(ctx, specs, tables.Options{
		Connections: pg.Connections, Timeout: time.Duration(pg.Timeout) * time.Second, CacheBytes: pg.CacheBytes,
		Failed: func(layer string, err error) { log.Warn("table cannot be served", "layer", layer, "error", err) },
	})
	if errors.As(err, new(*tables.Fault)) {
		return nil, gis.E(gis.Invalid, nil, "configuration %s: %v", conf.file, pg.located(err))
	}
	return open, err
}
