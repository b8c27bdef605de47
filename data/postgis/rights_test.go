package postgis

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"wanmi/data/postgis/pgtest"
	"wanmi/gis"
)

// rights is what the two roles may do with Wanmi's own tables; what is not here is a layer.
var rights = map[string]struct{ reader, writer string }{
	"migration":       {"SELECT", "SELECT"},
	"state":           {"SELECT", "SELECT UPDATE"},
	"counter":         {"SELECT", "SELECT INSERT UPDATE"},
	"access_key":      {"", "SELECT INSERT UPDATE"},
	"import_batch":    {"SELECT", "SELECT INSERT UPDATE"},
	"import_rejected": {"SELECT", "SELECT INSERT"},
	"grid_lineage":    {"SELECT", "SELECT INSERT"},
	"change_log":      {"SELECT", "SELECT INSERT"},
	"feature_history": {"SELECT", "SELECT INSERT UPDATE"},
	"feature_renamed": {"SELECT", "SELECT INSERT"},
	"feature_origin":  {"SELECT", "SELECT INSERT"},
	"proposal":        {"SELECT", "SELECT INSERT UPDATE"},
	"kept_number":     {"SELECT", "SELECT INSERT DELETE"},
}

// Every table of the schema lets the two roles do what they need and nothing else, and so does everything beside the tables.
func TestRights(t *testing.T) {
	dsn := pgtest.DSN(t)
	openTest(t, dsn)
	tables := strings.Fields(pgtest.Value(t, dsn, `SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'wanmi'`))
	if want := len(rights) + len(gis.Layers); len(tables) != want {
		t.Errorf("%d tables, want %d: %s", len(tables), want, tables)
	}
	for _, table := range tables {
		want, own := rights[table]
		if !own {
			want.reader, want.writer = "SELECT", "SELECT INSERT UPDATE DELETE"
		}
		for role, want := range map[string]string{readerRole: want.reader, writerRole: want.writer} {
			got := pgtest.Value(t, dsn, fmt.Sprintf(`SELECT string_agg(p, ' ' ORDER BY n) FROM unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])
				WITH ORDINALITY AS x(p, n) WHERE has_table_privilege(%s, %s, p)`, literal(role), literal("wanmi."+quote(table))))
			if got != want {
				t.Errorf("%s may %q with %s, want %q", role, got, table, want)
			}
		}
	}
	for query, want := range map[string]string{
		`SELECT string_agg(r || ' ' || p, ', ') FROM unnest(array['wanmi_reader', 'wanmi_writer']) r, unnest(array['CREATE']) p WHERE has_schema_privilege(r, 'wanmi', p) OR has_database_privilege(r, current_database(), p)`:   "",
		`SELECT count(*) FROM pg_class WHERE relnamespace = 'wanmi'::regnamespace AND CASE WHEN relkind = 'S' THEN has_sequence_privilege('wanmi_reader', oid, 'USAGE, UPDATE') END`:                                             "0",
		`SELECT string_agg(proname || ' ' || r, ', ' ORDER BY r) FROM pg_proc, unnest(array['wanmi_reader', 'wanmi_writer']) r WHERE pronamespace = 'wanmi'::regnamespace AND has_function_privilege(r, pg_proc.oid, 'EXECUTE')`: "index_layer wanmi_writer",
		`SELECT string_agg(rolname, ', ') FROM pg_roles WHERE rolname IN ('wanmi_reader', 'wanmi_writer') AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolcanlogin OR rolreplication OR rolbypassrls)`:                       "",
		`SELECT count(*) FROM pg_class c, aclexplode(relacl) a WHERE relnamespace = 'wanmi'::regnamespace AND a.grantee = 0`:                                                                                                     "0",
	} {
		if got := pgtest.Value(t, dsn, query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
}

// A login with the reader's role can change nothing, also past the program, which asks the server for sessions that only read.
func TestReaderWritesNothing(t *testing.T) {
	dsn := pgtest.DSN(t)
	s := openTest(t, dsn)
	db, err := sql.Open("postgres", role(t, dsn, "guest", "GRANT wanmi_reader TO ROLE"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var tables []string
	for _, l := range s.tables {
		tables = append(tables, l.sql)
	}
	for name := range rights {
		tables = append(tables, "wanmi."+name)
	}
	slices.Sort(tables)
	for _, table := range tables {
		for _, q := range []string{`INSERT INTO %s DEFAULT VALUES`, `DELETE FROM %s`, `TRUNCATE %s`, `DROP TABLE %s`, `ALTER TABLE %s ADD COLUMN x text`, `CREATE INDEX ON %s ((1))`} {
			if _, err := db.ExecContext(t.Context(), fmt.Sprintf(q, table)); code(err) != noPrivilege {
				t.Errorf(q+" by a reader: got %v, want it refused", table, err)
			}
		}
	}
	for _, q := range []string{`UPDATE wanmi.component SET name = ''`, `UPDATE wanmi.state SET value = 0`, `SELECT hash FROM wanmi.access_key`, `SELECT nextval('wanmi.component_fid_seq')`, `SELECT wanmi.index_layer('component')`, `CREATE TABLE wanmi.x ()`} {
		if _, err := db.ExecContext(t.Context(), q); code(err) != noPrivilege {
			t.Errorf("%s by a reader: got %v, want it refused", q, err)
		}
	}
}
