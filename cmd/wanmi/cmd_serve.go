package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/cmd/wanmi/internal/shelf"
	"wanmi/cmd/wanmi/internal/webui"
	"wanmi/data/postgis"
	"wanmi/gis"
)

type serveFlags struct {
	db, addr, config, basePath, staging string
	public, trustProxy                  bool
}

func (a *app) cmdServe() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve",
		Short: "serve the map, vector tiles, look-ups and geocoding over HTTP",
		Long: `Holds the city in memory and answers from it. Reading is open to everybody unless --public=false; every write
needs a key ('wanmi key create'). Writes of other processes to the same database show within a second.
A signal (Ctrl-C, SIGTERM) lets running requests finish. Deliveries sent to POST /api/imports are kept in --staging over restarts,
for seven days after their last change; one that was being read when the server ended says so and can be started again.`,
		Example: `  wanmi serve --db city.gpkg
  wanmi serve --db city.gpkg --addr 0.0.0.0:80 --public=false
  wanmi serve --config /etc/wanmi.yaml`,
		Args: cobra.NoArgs,
	}
	fl := c.Flags()
	a.dbFlagVar(c, &f.db, dbUsage)
	fl.StringVar(&f.addr, "addr", "127.0.0.1:8080", "host and port to listen on")
	fl.StringVar(&f.config, "config", "", "a YAML file: addr, public, base_path, trust_proxy, staging, admin, synonyms, matters, title, attribution, examples, fonts, presets, land, compound, compound_max, tiles, archives")
	fl.StringVar(&f.basePath, "base-path", "", "the path a proxy mounts the server under, as /wanmi")
	fl.BoolVar(&f.public, "public", true, "reading needs no key")
	fl.StringVar(&f.staging, "staging", "", "the folder deliveries sent by HTTP wait in, with their reports (default: DATABASE-imports beside a file, a folder of the user's cache with a server)")
	fl.BoolVar(&f.trustProxy, "trust-proxy", false, "believe X-Forwarded-* headers")
	c.RunE = func(c *cobra.Command, _ []string) error {
		conf, err := readConfig(f.config)
		if err != nil {
			return err
		}
		conf.override(c, f)
		return a.withStore(c.Context(), f.db, mustExist, func(st store) error {
			conf.importer = a.newImporter(f.db)
			return a.serve(c.Context(), st, conf, func(addr string) { a.say("serving %s on http://%s/", f.db, addr) })
		})
	}
	return c
}

// override lets the flags that were given win over the file.
func (c *config) override(cmd *cobra.Command, f serveFlags) {
	given := cmd.Flags().Changed
	c.db = f.db
	if c.Addr == "" || given("addr") {
		c.Addr = f.addr
	}
	if c.Public == nil || given("public") {
		c.Public = &f.public
	}
	if given("base-path") {
		c.BasePath = f.basePath
	}
	if c.Staging == "" || given("staging") {
		c.Staging = f.staging
	}
	if c.Staging == "" {
		c.Staging = defaultStaging(f.db)
	}
	if given("trust-proxy") {
		c.TrustProxy = f.trustProxy
	}
}

// fonts returns the folder of glyph ranges, nil when there is none.
func (c *config) fonts() (fs.FS, error) {
	if c.Fonts == "" {
		return nil, nil
	}
	if st, err := os.Stat(c.Fonts); err != nil || !st.IsDir() {
		return nil, gis.E(gis.Invalid, err, "configuration %s: fonts: %s is no folder; it holds glyph ranges as FONT/0-255.pbf", c.file, c.Fonts)
	}
	return os.DirFS(c.Fonts), nil
}

// defaultStaging is the folder deliveries wait in when none is named: beside a file, so that it is on the same disk; for a
// server by its name, without the password.
func defaultStaging(db string) string {
	if !postgis.IsDSN(db) {
		return db + "-imports"
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	sum := sha256.Sum256([]byte(postgis.Shown(db)))
	return filepath.Join(cache, "wanmi", hex.EncodeToString(sum[:6])+"-imports")
}

// serve listens first, so that a taken port is told before the city is loaded,
// and returns when ctx ends and the running requests have finished.
func (a *app) serve(ctx context.Context, st store, conf config, ready func(addr string)) error {
	ln, err := listen(ctx, conf.Addr)
	if err != nil {
		return err
	}
	defer ln.Close()
	// A city is few, large blocks without pointers, which the collector marks in no time: letting garbage grow to half of what lives is
	// cheap, and a third less memory than the default.
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	live, err := a.loadCity(ctx, st, conf, false)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // what reading took is not needed again
	log, flush := a.logger()
	defer flush()
	presets, err := conf.presets()
	if err != nil {
		return err
	}
	tabled, err := a.openTables(ctx, conf, log)
	if err != nil {
		return err
	}
	defer tabled.Close()
	archives, err := a.openShelf(ctx, conf.Archives, live, tabled, log)
	if err != nil {
		return err
	}
	fonts, err := conf.fonts()
	if err != nil {
		return err
	}
	api, err := httpapi.New(httpapi.Config{
		Live: live, Store: st, UI: webui.FS(), Fonts: fonts, Archives: archives, Tables: tabled, Log: log, Public: conf.Public == nil || *conf.Public,
		BasePath: conf.BasePath, TrustProxy: conf.TrustProxy, Version: version, About: conf.about(), Presets: presets, Now: a.now,
		Land: conf.Land, Compound: conf.Compound, CompoundMax: conf.CompoundMax, Staging: conf.Staging, Importer: conf.importer,
	})
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	defer stop()
	go live.Follow(following, time.Second, func(err error) { log.Error("following the store", "error", err) })
	if err := keepWarm(following, live, conf, log); err != nil {
		return err
	}
	return a.serveHTTP(ctx, ln, api, archives, ready)
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, gis.E(gis.Unavailable, err, "cannot listen on %s; is another server running? choose another with --addr", addr)
	}
	return ln, nil
}

// serveHTTP answers on ln until ctx ends and the running requests have finished.
func (a *app) serveHTTP(ctx context.Context, ln net.Listener, api *httpapi.API, archives *shelf.Shelf, ready func(addr string)) error {
	srv := httpapi.NewServer(api)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	ready(ln.Addr().String())
	select {
	case err := <-failed:
		return errors.Join(err, api.Close())
	case <-ctx.Done():
	}
	a.say("stopping; running requests may finish")
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	closed := api.Close() // event streams end here; without it Shutdown would wait for them
	if err := srv.Shutdown(down); err != nil {
		return fmt.Errorf("shutdown: %w", err)
	}
	return errors.Join(closed, archives.Close())
}
