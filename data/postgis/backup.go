package postgis

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"wanmi/gis"
)

// Backup writes the schema as it is now to file, while reads and writes go on, by the server's own pg_dump in its custom format.
// The file appears whole or not at all.
func (s *Store) Backup(ctx context.Context, file string) error {
	abs, err := filepath.Abs(file)
	if err != nil {
		return gis.E(gis.Invalid, err, "%q is no file name", file)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(abs), ".wanmi-copy-*")
	if err != nil {
		return gis.E(gis.Unavailable, err, "cannot write into %s", filepath.Dir(abs))
	}
	defer os.RemoveAll(tmp)
	part := filepath.Join(tmp, "copy.dump")
	if err := s.tool(ctx, "pg_dump", "--format=custom", "--schema=wanmi", "--no-password", "--file="+part); err != nil {
		return err
	}
	if err := errors.Join(syncPath(part), os.Rename(part, abs), syncPath(filepath.Dir(abs))); err != nil {
		return gis.E(gis.Unavailable, err, "cannot write %s", abs)
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Restore puts what Backup wrote to file in the place of what the database holds, in one transaction, by pg_restore: the
// database is as before or as the copy, never between.
func Restore(ctx context.Context, file, dsn string) error {
	if _, err := os.Stat(file); err != nil {
		return gis.E(gis.NotFound, err, "no file %s", file)
	}
	cfg, name, err := parseDSN(dsn)
	if err != nil {
		return err
	}
	s := &Store{cfg: cfg, name: name}
	if _, err := s.look(ctx); err != nil { // PostGIS is not in the copy
		return err
	}
	return s.tool(ctx, "pg_restore", "--clean", "--if-exists", "--single-transaction", "--exit-on-error", "--no-owner", "--no-password", "--dbname="+cfg.Database, file)
}

// tool runs one of PostgreSQL's programs on the database. The password goes by the environment, which other users do not see.
func (s *Store) tool(ctx context.Context, name string, args ...string) error {
	program, err := exec.LookPath(name)
	if err != nil {
		return gis.E(gis.Unavailable, err, "%s is not installed here; install PostgreSQL's client programs (Debian: postgresql-client)", name)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "PGHOST="+s.cfg.Host, "PGPORT="+strconv.Itoa(int(s.cfg.Port)), "PGUSER="+s.cfg.User,
		"PGPASSWORD="+s.cfg.Password, "PGDATABASE="+s.cfg.Database, "PGSSLMODE="+string(s.cfg.SSLMode))
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return s.wrap(ctx.Err(), name)
		}
		return gis.E(gis.Unavailable, err, "%s of %s failed: %s", name, s.name, lastLine(said.String()))
	}
	return nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
