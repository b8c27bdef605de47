package gpkg

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// schemaVersion is the version of the bookkeeping tables this program writes. A layer's columns are not counted: they
// follow gis.Layers at every opening.
const schemaVersion = 4

const rtreeDefinition = "http://www.geopackage.org/spec/#extension_rtree"

// migrations[i] brings a file from version i to i+1. Entries are never edited once released; new ones are appended. One that changes rows
// of a layer says first that the write is the store's own (markSQL).
var migrations = [schemaVersion]struct{ note, sql string }{
	{note: "first", sql: geoPackageSQL + bookkeepingSQL},
	{note: "history by feature, former codes, origins of rows, proposals", sql: historySQL},
	{note: "extent and day of deliveries", sql: extentSQL},
	{note: "edits of the file by other programs", sql: ownWriteSQL},
}

// geoPackageSQL holds the tables the OGC standard asks for. The application id is "GPKG", the version 1.3.0.
const geoPackageSQL = `
PRAGMA application_id = 1196444487;
PRAGMA user_version = 10300;
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system'),
  ('WGS 84 geodetic', 4326, 'EPSG', 4326,
   'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]',
   'longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid'),
  ('China Geodetic Coordinate System 2000', 4490, 'EPSG', 4490,
   'GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4490"]]',
   'CGCS2000, longitude/latitude coordinates in decimal degrees');
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
`

// bookkeepingSQL holds Wanmi's own tables of version 1.
const bookkeepingSQL = `
CREATE TABLE wanmi_migration (version INTEGER PRIMARY KEY NOT NULL, note TEXT NOT NULL, applied_at DATETIME NOT NULL);
CREATE TABLE wanmi_state (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL);
INSERT INTO wanmi_state VALUES ('generation', 0);
CREATE TABLE wanmi_counter (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL);
CREATE TABLE wanmi_key (
  id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
  created_at DATETIME NOT NULL, revoked_at DATETIME, last_used DATETIME);
CREATE TABLE import_batch (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, layer TEXT NOT NULL, source TEXT NOT NULL, files TEXT NOT NULL,
  actor TEXT NOT NULL, started_at DATETIME NOT NULL, committed_at DATETIME,
  added INTEGER NOT NULL, moved INTEGER NOT NULL, changed INTEGER NOT NULL, removed INTEGER NOT NULL,
  unchanged INTEGER NOT NULL, rejected INTEGER NOT NULL, status TEXT NOT NULL, profile TEXT NOT NULL);
CREATE TABLE import_rejected (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, batch INTEGER NOT NULL REFERENCES import_batch(id),
  file TEXT NOT NULL, line INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, rule TEXT NOT NULL,
  reason TEXT NOT NULL, reason_zh TEXT NOT NULL, raw TEXT NOT NULL);
CREATE INDEX import_rejected_batch ON import_rejected(batch);
CREATE TABLE grid_lineage (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, from_code TEXT NOT NULL, to_code TEXT NOT NULL, why TEXT NOT NULL,
  at DATETIME NOT NULL);
CREATE INDEX grid_lineage_from ON grid_lineage(from_code);
CREATE INDEX grid_lineage_to ON grid_lineage(to_code);
CREATE TABLE change_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, gen INTEGER NOT NULL, layer TEXT NOT NULL, key TEXT NOT NULL,
  op TEXT NOT NULL, old_min_x DOUBLE, old_min_y DOUBLE, old_max_x DOUBLE, old_max_y DOUBLE,
  new_min_x DOUBLE, new_min_y DOUBLE, new_max_x DOUBLE, new_max_y DOUBLE,
  actor TEXT NOT NULL, source TEXT NOT NULL, batch INTEGER REFERENCES import_batch(id), at DATETIME NOT NULL);
CREATE TABLE feature_history (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, layer TEXT NOT NULL, key TEXT NOT NULL, feature INTEGER NOT NULL,
  rev INTEGER NOT NULL, op TEXT NOT NULL, shape BLOB, fields TEXT NOT NULL);
CREATE INDEX feature_history_key ON feature_history(layer, key);
`

// attributeTables are the bookkeeping tables other programs may look at.
var attributeTables = []struct{ name, description string }{
	{"import_batch", "导入批次 · Imports"},
	{"import_rejected", "退回记录 · Rejected rows"},
	{"grid_lineage", "网格沿革 · Lineage of unit grids"},
	{"change_log", "变更日志 · Change log"},
	{"feature_history", "历史版本 · Former versions of features"},
	{"feature_renamed", "曾用编码 · Former keys of features"},
	{"feature_origin", "来源行 · File and row each imported version came from"},
	{"proposal", "变更建议 · Proposed changes"},
}

// migrate brings the file of the connection to schemaVersion and to the columns of gis.Layers, in one transaction.
func (s *Store) migrate(ctx context.Context) error {
	tx, err := s.beginOn(ctx, s.writer)
	if err != nil {
		return s.wrap(err, "begin the migration")
	}
	defer tx.Rollback()
	version, err := s.version(ctx, tx)
	if err != nil {
		return err
	}
	for ; version < schemaVersion; version++ {
		m := migrations[version]
		if _, err := tx.ExecContext(ctx, m.sql); err != nil {
			return s.wrap(err, fmt.Sprintf("migrate to version %d", version+1))
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO wanmi_migration VALUES (?, ?, ?)`, version+1, m.note, kept.FormatTime(s.now()))
		if err != nil {
			return s.wrap(err, "note the migration")
		}
		s.log.InfoContext(ctx, "store migrated", "path", s.path, "version", version+1)
	}
	if err := s.ensureTables(ctx, tx); err != nil {
		return s.wrap(err, "make the layers' tables")
	}
	if err := tx.Commit(); err != nil {
		return s.wrap(err, "commit the migration")
	}
	return s.durable()
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// version returns the schema version of the file, 0 for an empty one; gis.Invalid for a file that is not Wanmi's or newer than this program.
func (s *Store) version(ctx context.Context, q querier) (int, error) {
	var tables, ours int
	err := q.QueryRowContext(ctx,
		`SELECT count(*), coalesce(sum(name = 'wanmi_migration'), 0) FROM sqlite_master WHERE type = 'table'`).Scan(&tables, &ours)
	if err != nil {
		return 0, s.wrap(err, "read the schema")
	}
	if tables == 0 {
		return 0, nil
	}
	if ours == 0 {
		return 0, gis.E(gis.Invalid, nil, "%s is a database of another program; import its layers into a new file instead", s.path)
	}
	var version int
	if err := q.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM wanmi_migration`).Scan(&version); err != nil {
		return 0, s.wrap(err, "read the schema version")
	}
	if version > schemaVersion {
		return 0, gis.E(gis.Invalid, nil,
			"%s was written by a newer Wanmi (schema %d, this program knows up to %d); update the program", s.path, version, schemaVersion)
	}
	return version, nil
}

// ensureTables makes the tables and columns of gis.Layers the file does not have yet, and registers all with the GeoPackage.
func (s *Store) ensureTables(ctx context.Context, tx *sql.Tx) error {
	for _, a := range attributeTables {
		_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description) VALUES (?, 'attributes', ?, ?)`,
			a.name, a.name, a.description)
		if err != nil {
			return err
		}
	}
	for _, t := range s.tables {
		have, err := columnsOf(ctx, tx, t.name)
		if err != nil {
			return err
		}
		if len(have) == 0 {
			if err := t.create(ctx, tx); err != nil {
				return err
			}
			continue
		}
		for _, c := range t.missing(have) {
			stmt := fmt.Sprintf(`ALTER TABLE %s ADD COLUMN %s %s`, quote(t.name), quote(c.Name), columnType(c.Type))
			if _, err := tx.ExecContext(ctx, stmt); err != nil {
				return err
			}
		}
	}
	if err := s.ensureEditTriggers(ctx, tx); err != nil {
		return err
	}
	return ensureStyles(ctx, tx, s.tables)
}

// columnsOf returns the names of a table's columns, none when there is no such table.
func columnsOf(ctx context.Context, q interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, table string,
) (map[string]bool, error) {
	rows, err := q.QueryContext(ctx, `SELECT name FROM pragma_table_info(?)`, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		have[name] = true
	}
	return have, rows.Err()
}

// quote returns name as an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
