package postgis

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/lib/pq"

	"wanmi/gis"
)

// The SQLSTATE codes the store looks for.
const (
	lockNotAvailable = "55P03"
	uniqueViolation  = "23505"
	deadlock         = "40P01"
	tooLong          = "54000" // program_limit_exceeded: a key that fits in no index
	noPrivilege      = "42501"
	wrongPassword    = "28P01"
	noEntry          = "28000" // no pg_hba.conf entry, or no such role
	noDatabase       = "3D000"
	diskFull         = "53100"
	internalError    = "XX000"
	tooManyConns     = "53300"
	readOnlyServer   = "25006"
	queryCanceled    = "57014"
	adminShutdown    = "57P01"
	crashShutdown    = "57P02"
	cannotConnect    = "57P03"
	idleTimeout      = "25P03"
)

// code returns the SQLSTATE of err, "" when the server did not send it.
func code(err error) string {
	var pe *pq.Error
	if errors.As(err, &pe) {
		return string(pe.Code)
	}
	return ""
}

// wrap gives err the kind and the public sentence that fit it. Errors that have a kind keep it.
func (s *Store) wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	var kinded *gis.Error
	if errors.As(err, &kinded) {
		return err
	}
	cause := fmt.Errorf("postgis: %s: %w", doing, err)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || code(err) == queryCanceled && strings.Contains(err.Error(), "user request") {
		return gis.E(gis.Canceled, cause, "stopped before it was done")
	}
	if errors.Is(err, sql.ErrConnDone) || err.Error() == "sql: database is closed" {
		return gis.E(gis.Unavailable, cause, "the store is closed")
	}
	if c := code(err); c != "" {
		return s.serverError(c, err, cause)
	}
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.Is(err, pq.ErrSSLNotSupported):
		return gis.E(gis.Unavailable, cause, "%s does not encrypt connections; add ?sslmode=disable to the connection string where the network is safe", s.name)
	case errors.As(err, &dns), errors.As(err, &op) && op.Op == "dial":
		return gis.E(gis.Unavailable, cause, "%s cannot be reached: is the server running, are host and port right, does a firewall stand between?", s.name)
	case lost(err):
		return gis.E(gis.Unavailable, cause, "the connection to %s was lost; nothing was written: try again when the server answers", s.name)
	}
	return cause
}

// lost reports whether err says that the connection is gone.
func lost(err error) bool {
	var ne net.Error
	var op *net.OpError
	switch code(err) {
	case adminShutdown, crashShutdown, idleTimeout:
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, &op) || errors.As(err, &ne)
}

// serverError words what the server refused.
func (s *Store) serverError(c string, err, cause error) error {
	var pe *pq.Error
	errors.As(err, &pe)
	switch c {
	case wrongPassword:
		return gis.E(gis.Unavailable, cause, "%s does not accept this user and password; see the connection string, PGPASSWORD or ~/.pgpass", s.name)
	case noEntry:
		return gis.E(gis.Unavailable, cause, "%s does not let this user in from here (pg_hba.conf, or there is no such role)", s.name)
	case noDatabase:
		return gis.E(gis.Unavailable, cause, "there is no database %s; have it made: CREATE DATABASE … OWNER …; then CREATE EXTENSION postgis in it", s.name)
	case noPrivilege:
		return gis.E(gis.Unavailable, cause, "the role %s may not do this in %s (%s); have it granted: GRANT wanmi_writer TO %[1]s, or wanmi_reader to read",
			s.cfg.User, s.name, pe.Message)
	case lockNotAvailable:
		return gis.E(gis.Unavailable, cause, "another program holds a table of %s; try again when it is done", s.name)
	case internalError:
		// A new session writes its caches into the directory of the database; where it has no room for them PostgreSQL says no more than this.
		if strings.Contains(pe.Message, "could not write init file") {
			return s.serverError(diskFull, err, cause)
		}
	case diskFull:
		return gis.E(gis.Unavailable, cause, "no room left on the disk of %s; nothing was written: make room there and try again", s.name)
	case tooManyConns:
		return gis.E(gis.Unavailable, cause, "%s has no connection left (max_connections); try again, or raise it", s.name)
	case readOnlyServer:
		return gis.E(gis.Unavailable, cause, "%s is a standby or set to read only; write to the primary", s.name)
	case queryCanceled:
		return gis.E(gis.Unavailable, cause, "%s stopped a statement that took too long (statement_timeout)", s.name)
	case adminShutdown, crashShutdown, cannotConnect, idleTimeout:
		return gis.E(gis.Unavailable, cause, "%s ended the connection (%s); nothing was written: try again when it answers", s.name, pe.Message)
	case uniqueViolation:
		return gis.E(gis.Conflict, cause, "%s: %s", pe.Table, pe.Detail)
	case tooLong:
		return gis.E(gis.Invalid, cause, "a value is too long for %s: %s", s.name, pe.Message)
	}
	return cause
}

// noPostGIS words why PostGIS is not there.
func (s *Store) noPostGIS(err error) error {
	cause := fmt.Errorf("postgis: install PostGIS: %w", err)
	way := "have an administrator run CREATE EXTENSION postgis in it"
	if strings.Contains(err.Error(), "not available") || code(err) == "58P01" { // undefined_file: the package is missing on the server
		way = "install it on the server (Debian: postgresql-15-postgis-3, with the server's number), then run CREATE EXTENSION postgis in the database"
	}
	if c := code(err); c == "" || c == readOnlyServer {
		return s.wrap(err, "install PostGIS")
	}
	return gis.E(gis.Unavailable, cause, "%s has no PostGIS; %s", s.name, way)
}
