// Package pgtest gives tests databases of their own on the server that WANMI_TEST_POSTGRES names, which `make test` starts by
// itself (scripts/with_postgres.sh). Tests only.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver "postgres"
)

// Env names the variable with the connection string of a superuser.
const Env = "WANMI_TEST_POSTGRES"

// DSN returns the connection string of a new database with PostGIS, which goes with the test. Without a server the test is
// skipped; where CI=true it fails.
func DSN(t testing.TB) string {
	t.Helper()
	server := Server(t)
	admin := open(t, server)
	defer admin.Close()
	makeTemplate(t, admin, server)
	return database(t, server, template)
}

// Kept is DSN for a database that stays on the server when the test ends, for others to copy.
func Kept(t testing.TB) string {
	t.Helper()
	server := Server(t)
	admin := open(t, server)
	defer admin.Close()
	makeTemplate(t, admin, server)
	return create(t, admin, server, template)
}

// Bare returns the connection string of a new database without PostGIS, which goes with the test.
func Bare(t testing.TB) string {
	t.Helper()
	return database(t, Server(t), "template0")
}

// Copy returns the connection string of a copy of a database to which nothing is connected; it goes with the test.
func Copy(t testing.TB, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal("the connection string is no URL")
	}
	return database(t, Server(t), strings.TrimPrefix(u.Path, "/"))
}

// template is the database with PostGIS the tests copy: installing PostGIS takes seconds. It stays on the server.
const template = "wanmi_test_template"

func makeTemplate(t testing.TB, admin *sql.DB, server string) {
	t.Helper()
	ctx := t.Context()
	c, err := admin.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const lock = 7301 // the tests of several packages run at once
	if _, err := c.ExecContext(ctx, "SELECT pg_advisory_lock($1)", lock); err != nil {
		t.Fatal(err)
	}
	defer c.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", lock)
	var have bool
	if err := c.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", template).Scan(&have); err != nil {
		t.Fatal(err)
	}
	if have {
		return
	}
	const part = template + "_part"
	execIn(t, admin, "DROP DATABASE IF EXISTS "+part)
	execIn(t, admin, "CREATE DATABASE "+part+" TEMPLATE template0 ENCODING 'UTF8'")
	Exec(t, With(t, server, func(u *url.URL) { u.Path = "/" + part }), "CREATE EXTENSION postgis")
	execIn(t, admin, "ALTER DATABASE "+part+" RENAME TO "+template)
}

func database(t testing.TB, server, from string) string {
	t.Helper()
	admin := open(t, server)
	dsn := create(t, admin, server, from)
	u, _ := url.Parse(dsn) // create made it of one
	t.Cleanup(func() {
		execIn(t, admin, "DROP DATABASE IF EXISTS "+strings.TrimPrefix(u.Path, "/")+" WITH (FORCE)")
		admin.Close()
	})
	return dsn
}

func create(t testing.TB, admin *sql.DB, server, from string) string {
	t.Helper()
	random := make([]byte, 6)
	rand.Read(random) // never fails
	name := "wanmi_test_" + hex.EncodeToString(random)
	execIn(t, admin, "CREATE DATABASE "+name+" TEMPLATE "+from+" ENCODING 'UTF8'")
	return With(t, server, func(u *url.URL) { u.Path = "/" + name })
}

// Server returns the connection string of the server.
func Server(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Env)
	if server == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no PostgreSQL in CI: %s is not set (scripts/with_postgres.sh sets it)", Env)
		}
		t.Skipf("%s is not set; scripts/with_postgres.sh COMMAND runs a command with a server", Env)
	}
	return server
}

// With returns a connection string edited.
func With(t testing.TB, dsn string, edit func(u *url.URL)) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("%s holds no URL", Env)
	}
	edit(u)
	return u.String()
}

// Exec runs statements in the database of a connection string.
func Exec(t testing.TB, dsn string, stmts ...string) {
	t.Helper()
	db := open(t, dsn)
	defer db.Close()
	for _, s := range stmts {
		execIn(t, db, s)
	}
}

// Value returns the one text a query yields.
func Value(t testing.TB, dsn, query string) string {
	t.Helper()
	db := open(t, dsn)
	defer db.Close()
	var v sql.NullString
	if err := db.QueryRow(query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v.String
}

func open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func execIn(t testing.TB, db *sql.DB, stmt string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := db.ExecContext(ctx, stmt); err != nil {
		t.Fatalf("%s: %v", stmt, err)
	}
}
