package postgis

import (
	"net"
	"net/url"
	"strings"

	"github.com/lib/pq"

	"wanmi/gis"
)

// IsDSN reports whether db names a PostgreSQL database and not a file.
func IsDSN(db string) bool {
	return strings.HasPrefix(db, "postgres://") || strings.HasPrefix(db, "postgresql://")
}

// Shown returns a connection string as it may be shown to anybody: host, port and database, without user, password and settings.
func Shown(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil || torn(u) { // the error holds the string, and that the password
		return "the PostgreSQL database"
	}
	host := u.Host
	if host == "" {
		host = u.Query().Get("host")
	}
	if h, port, err := net.SplitHostPort(host); err == nil && port == "5432" {
		host = h
	}
	return "postgres://" + strings.TrimSuffix(host, "/") + "/" + strings.Trim(u.Path, "/")
}

// torn reports whether a password with unescaped characters has been read as host, port or path.
func torn(u *url.URL) bool {
	return u.Fragment != "" || strings.Contains(u.Path, "@") || u.User == nil && strings.Contains(u.RawQuery, "@")
}

// parseDSN returns the settings of a connection string, and the database as it may be shown.
func parseDSN(dsn string) (pq.Config, string, error) {
	bad := func() error { // never with the cause: it quotes the string
		return gis.E(gis.Invalid, nil, "the connection string cannot be read; it looks like postgres://USER:PASSWORD@HOST:5432/DATABASE, "+
			"with special characters in the password as %%40 for @, %%2F for /, %%23 for #; or leave the password to PGPASSWORD or ~/.pgpass")
	}
	u, err := url.Parse(dsn)
	if err != nil || !IsDSN(dsn) || torn(u) {
		return pq.Config{}, "", bad()
	}
	if strings.Trim(u.Path, "/") == "" && !u.Query().Has("dbname") {
		return pq.Config{}, "", gis.E(gis.Invalid, nil, "the connection string names no database: it looks like postgres://USER:PASSWORD@HOST:5432/DATABASE")
	}
	cfg, err := pq.NewConfig(dsn)
	if err != nil {
		return pq.Config{}, "", bad()
	}
	if cfg.ConnectTimeout <= 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	if cfg.ApplicationName == "" {
		cfg.ApplicationName = "wanmi"
	}
	if cfg.Runtime == nil {
		cfg.Runtime = map[string]string{}
	}
	cfg.Runtime["TimeZone"] = "UTC"
	return cfg, Shown(dsn), nil
}
