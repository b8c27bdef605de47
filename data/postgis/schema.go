package postgis

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
const schemaVersion = 5

// migrations[i] brings a database from version i to i+1. Entries are never edited once released; new ones are appended, and the
// test of migrations gets the statements of the version before as a file.
var migrations = [schemaVersion]struct{ note, sql string }{
	{note: "first", sql: bookkeepingSQL},
	{note: "history by feature, former codes, origins of rows, proposals", sql: historySQL},
	{note: "extent and day of deliveries", sql: extentSQL},
	{note: "comments on all columns", sql: commentSQL},
	{note: "numbers kept by imports under way", sql: keptNumbersSQL},
}

// bookkeepingSQL holds Wanmi's own tables of version 1. In functions run with their owner's rights search_path is set by
// ownFunctions, which knows the schema PostGIS lies in.
const bookkeepingSQL = `
CREATE SCHEMA IF NOT EXISTS wanmi;
COMMENT ON SCHEMA wanmi IS '万米单元网格与部件普查 · Wanmi: unit grids and the census of components';

CREATE TABLE wanmi.migration (version integer PRIMARY KEY, note text NOT NULL, applied_at timestamptz(3) NOT NULL);
COMMENT ON TABLE wanmi.migration IS '结构版本 · Versions of the schema';

CREATE TABLE wanmi.state (name text PRIMARY KEY, value bigint NOT NULL CHECK (value >= 0));
COMMENT ON TABLE wanmi.state IS '数据版本与变更序号 · The generation and the last numbers given';
INSERT INTO wanmi.state VALUES ('generation', 0), ('seq', 0), ('batch', 0);

CREATE TABLE wanmi.counter (name text PRIMARY KEY, value bigint NOT NULL CHECK (value >= 0));
COMMENT ON TABLE wanmi.counter IS '流水号，永不重用 · Running numbers, never given twice';

CREATE TABLE wanmi.access_key (
  id text PRIMARY KEY, name text NOT NULL, role text NOT NULL CHECK (role IN ('viewer', 'surveyor', 'editor', 'admin')),
  hash text NOT NULL CHECK (length(hash) = 64), created_at timestamptz(3) NOT NULL, revoked_at timestamptz(3), last_used timestamptz(3));
COMMENT ON TABLE wanmi.access_key IS '访问密钥（仅存摘要） · Keys that let programs in; only the SHA-256 of the secret';

CREATE TABLE wanmi.import_batch (
  id bigint PRIMARY KEY, layer text NOT NULL, source text NOT NULL, files json NOT NULL, actor text NOT NULL,
  started_at timestamptz(3) NOT NULL, committed_at timestamptz(3),
  added bigint NOT NULL CHECK (added >= 0), moved bigint NOT NULL CHECK (moved >= 0), changed bigint NOT NULL CHECK (changed >= 0),
  removed bigint NOT NULL CHECK (removed >= 0), unchanged bigint NOT NULL CHECK (unchanged >= 0), rejected bigint NOT NULL CHECK (rejected >= 0),
  status text NOT NULL CHECK (status IN ('', 'committed', 'rolled_back', 'rejected')), profile text NOT NULL);
COMMENT ON TABLE wanmi.import_batch IS '导入批次 · Imports';

CREATE TABLE wanmi.import_rejected (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, batch bigint NOT NULL REFERENCES wanmi.import_batch(id),
  file text NOT NULL, line bigint NOT NULL, field text NOT NULL, value text NOT NULL, rule text NOT NULL,
  reason text NOT NULL, reason_zh text NOT NULL, raw text NOT NULL);
COMMENT ON TABLE wanmi.import_rejected IS '退回记录 · Rejected rows';
CREATE INDEX import_rejected_batch ON wanmi.import_rejected (batch);

CREATE TABLE wanmi.grid_lineage (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, from_code text NOT NULL, to_code text NOT NULL, why text NOT NULL,
  at timestamptz(3) NOT NULL);
COMMENT ON TABLE wanmi.grid_lineage IS '网格沿革 · Lineage of unit grids';
CREATE INDEX grid_lineage_from ON wanmi.grid_lineage (from_code);
CREATE INDEX grid_lineage_to ON wanmi.grid_lineage (to_code);

CREATE TABLE wanmi.change_log (
  seq bigint PRIMARY KEY, gen bigint NOT NULL, layer text NOT NULL, key text NOT NULL,
  op text NOT NULL CHECK (op IN ('insert', 'update', 'delete', 'reload')),
  old_min_x double precision, old_min_y double precision, old_max_x double precision, old_max_y double precision,
  new_min_x double precision, new_min_y double precision, new_max_x double precision, new_max_y double precision,
  actor text NOT NULL, source text NOT NULL, batch bigint REFERENCES wanmi.import_batch(id), at timestamptz(3) NOT NULL);
COMMENT ON TABLE wanmi.change_log IS '变更日志 · Change log: what every write did to features, in order';

CREATE TABLE wanmi.feature_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, layer text NOT NULL, key text NOT NULL, feature bigint NOT NULL,
  rev bigint NOT NULL, op text NOT NULL CHECK (op IN ('', 'delete', 'assign')), shape geometry(Geometry, 4490), fields json NOT NULL);
COMMENT ON TABLE wanmi.feature_history IS '历史版本 · Former versions of features; "assign": only the fields the next version has others of';
CREATE INDEX feature_history_key ON wanmi.feature_history (layer, key);
`

// ownFunctions are made anew at every migration.
const ownFunctions = `
CREATE OR REPLACE FUNCTION wanmi.index_layer(layer text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, %[1]s SET maintenance_work_mem = '128MB' SET client_min_messages = warning AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_class WHERE relname = layer || '_geom' AND relnamespace = 'wanmi'::regnamespace) THEN
    EXECUTE format('CREATE INDEX %%I ON wanmi.%%I USING gist (geom)', layer || '_geom', layer);
  END IF;
END $$;
COMMENT ON FUNCTION wanmi.index_layer(text) IS '为图层建立空间索引 · Makes the index on the shapes of a layer where it has none; run with its owner''s rights, so that a writer need not own the tables';
REVOKE ALL ON FUNCTION wanmi.index_layer(text) FROM PUBLIC;
`

// The roles that reading and writing are granted to.
const (
	readerRole = "wanmi_reader"
	writerRole = "wanmi_writer"
)

// grants says what the roles may do, beside reading and writing the layers' tables. A reader does not see the keys' hashes;
// a writer changes no schema and takes nothing back from the logs.
var grants = []string{
	`GRANT USAGE ON SCHEMA wanmi TO wanmi_reader, wanmi_writer`,
	`GRANT SELECT ON wanmi.migration, wanmi.state, wanmi.counter, wanmi.import_batch, wanmi.import_rejected, wanmi.grid_lineage,
	  wanmi.change_log, wanmi.feature_history, wanmi.feature_renamed, wanmi.feature_origin, wanmi.proposal TO wanmi_reader, wanmi_writer`,
	`GRANT INSERT ON wanmi.import_rejected, wanmi.grid_lineage, wanmi.change_log, wanmi.feature_renamed, wanmi.feature_origin TO wanmi_writer`,
	`GRANT INSERT, UPDATE ON wanmi.proposal TO wanmi_writer`,
	`GRANT INSERT, UPDATE ON wanmi.counter, wanmi.import_batch, wanmi.feature_history TO wanmi_writer`,
	`GRANT UPDATE ON wanmi.state TO wanmi_writer`,
	`GRANT SELECT, INSERT, UPDATE ON wanmi.access_key TO wanmi_writer`,
	`GRANT SELECT ON wanmi.kept_number TO wanmi_reader`,
	`GRANT SELECT, INSERT, DELETE ON wanmi.kept_number TO wanmi_writer`,
	`GRANT EXECUTE ON FUNCTION wanmi.index_layer(text) TO wanmi_writer`,
}

// migrate brings the database to schemaVersion and to the columns of gis.Layers, in one transaction under the writers' lock.
func (s *Store) migrate(ctx context.Context) error {
	c, tx, err := s.beginWrite(ctx)
	if err != nil {
		return s.wrap(err, "begin the migration")
	}
	defer c.Close()
	defer tx.Rollback()
	version, err := s.version(ctx, tx) // somebody else may have migrated while this waited
	if err != nil {
		return err
	}
	for ; version < schemaVersion; version++ {
		m := migrations[version]
		if _, err := tx.ExecContext(ctx, m.sql); err != nil {
			return s.migrationError(err, version+1)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO wanmi.migration VALUES ($1, $2, $3)`, version+1, m.note, kept.FormatTime(s.now()))
		if err != nil {
			return s.wrap(err, "note the migration")
		}
		s.log.InfoContext(ctx, "store migrated", "database", s.name, "version", version+1)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(ownFunctions, s.cfg.Runtime["search_path"])); err != nil {
		return s.migrationError(err, version)
	}
	if err := s.ensureTables(ctx, tx); err != nil {
		return s.migrationError(err, version)
	}
	if err := s.grant(ctx, tx); err != nil {
		return s.wrap(err, "grant rights")
	}
	return s.wrap(tx.Commit(), "commit the migration")
}

// migrationError words the refusal of a role that may not make tables.
func (s *Store) migrationError(err error, version int) error {
	if code(err) == noPrivilege {
		return gis.E(gis.Unavailable, err, "the role %s may not make or change Wanmi's tables in %s (schema version %d); "+
			"run any wanmi command once as the owner of the database, or: GRANT CREATE ON DATABASE … TO %[1]s", s.cfg.User, s.name, version)
	}
	return s.wrap(err, fmt.Sprintf("migrate to version %d", version))
}

type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// version returns the schema version of the database, 0 where there is nothing; gis.Invalid for one newer than this program
// and for a schema of the same name that is not Wanmi's.
func (s *Store) version(ctx context.Context, q rowQuerier) (int, error) {
	var tables, ours int
	err := q.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE tablename = 'migration') FROM pg_tables WHERE schemaname = 'wanmi'`).Scan(&tables, &ours)
	if err != nil {
		return 0, s.wrap(err, "read the schema")
	}
	if tables == 0 {
		return 0, nil
	}
	if ours == 0 {
		return 0, gis.E(gis.Invalid, nil, "the schema wanmi of %s belongs to another program; use another database", s.name)
	}
	var version int
	if err := q.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM wanmi.migration`).Scan(&version); err != nil {
		return 0, s.wrap(err, "read the schema version")
	}
	if version > schemaVersion {
		return 0, gis.E(gis.Invalid, nil,
			"%s was written by a newer Wanmi (schema %d, this program knows up to %d); update the program", s.name, version, schemaVersion)
	}
	return version, nil
}

// upToDate reports whether the database has the schema of this program and every column of gis.Layers, and the roles their
// rights where they exist and this role could give them.
func (s *Store) upToDate(ctx context.Context) (bool, error) {
	version, err := s.version(ctx, s.reader)
	if err != nil || version < schemaVersion {
		return false, err
	}
	have, err := columnsOf(ctx, s.reader)
	if err != nil {
		return false, s.wrap(err, "read the schema")
	}
	for _, t := range s.tables {
		if len(have[t.name]) == 0 || len(t.missing(have[t.name])) > 0 {
			return false, nil
		}
	}
	var lacking bool
	err = s.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_roles r, pg_namespace n WHERE r.rolname = ANY ($1) AND n.nspname = 'wanmi'
		AND NOT has_schema_privilege(r.oid, n.oid, 'USAGE') AND pg_has_role(n.nspowner, 'USAGE'))`, "{"+readerRole+","+writerRole+"}").Scan(&lacking)
	return !lacking, s.wrap(err, "read the rights")
}

// ensureTables makes the tables and columns of gis.Layers the database does not have yet.
func (s *Store) ensureTables(ctx context.Context, tx *sql.Tx) error {
	have, err := columnsOf(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range s.tables {
		var stmts []string
		if len(have[t.name]) == 0 {
			stmts = t.createSQL()
		} else {
			for _, f := range t.missing(have[t.name]) {
				stmts = append(stmts, fmt.Sprintf(`ALTER TABLE %s ADD COLUMN %s %s`, t.sql, quote(f.Name), columnType(f.Type)),
					comment("COLUMN", t.sql+"."+quote(f.Name), f.Zh, f.En))
			}
		}
		if len(stmts) == 0 {
			continue
		}
		if _, err := tx.ExecContext(ctx, strings.Join(stmts, ";\n")); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// columnsOf returns the names of the columns of every table of the schema.
func columnsOf(ctx context.Context, q querier) (map[string]map[string]bool, error) {
	rows, err := q.QueryContext(ctx, `SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'wanmi') AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[string]map[string]bool{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, err
		}
		if have[table] == nil {
			have[table] = map[string]bool{}
		}
		have[table][column] = true
	}
	return have, rows.Err()
}

// grant makes the roles where it may and gives them their rights where they exist.
func (s *Store) grant(ctx context.Context, tx *sql.Tx) error {
	var have int
	var may bool
	err := tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM pg_roles WHERE rolname = ANY ($1)),
		(SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user)`, "{"+readerRole+","+writerRole+"}").Scan(&have, &may)
	if err != nil {
		return err
	}
	if have < 2 && !may {
		s.log.InfoContext(ctx, "no roles to grant to; make them with CREATE ROLE wanmi_reader NOLOGIN; CREATE ROLE wanmi_writer NOLOGIN", "database", s.name)
		return nil
	}
	if have < 2 {
		for _, r := range [...]string{readerRole, writerRole} { // roles are the server's: another database may be making them now
			_, err := tx.ExecContext(ctx, fmt.Sprintf(`DO $$ BEGIN CREATE ROLE %s NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`, r))
			if err != nil {
				return err
			}
		}
	}
	layers, sequences := make([]string, len(s.tables)), make([]string, len(s.tables))
	for i, t := range s.tables {
		layers[i], sequences[i] = t.sql, t.sequence()
	}
	all := append(grants[:len(grants):len(grants)],
		`GRANT SELECT ON `+strings.Join(layers, ", ")+` TO wanmi_reader, wanmi_writer`,
		`GRANT INSERT, UPDATE, DELETE ON `+strings.Join(layers, ", ")+` TO wanmi_writer`,
		`GRANT SELECT, USAGE, UPDATE ON SEQUENCE `+strings.Join(sequences, ", ")+` TO wanmi_writer`)
	_, err = tx.ExecContext(ctx, strings.Join(all, ";\n"))
	return err
}
