package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/cmd/wanmi/internal/shelf"
	"wanmi/cmd/wanmi/internal/tables"
)

func (a *app) cmdTilesServe() *cobra.Command {
	var addr, basePath string
	var trustProxy bool
	c := &cobra.Command{
		Use:   "serve-archive [NAME=]FILE|URL...",
		Short: "serve archives over HTTP, without a city",
		Long: `Serves each archive as /tiles/NAME.json and /tiles/NAME/{z}/{x}/{y}.mvt (or .png, .jpg, .webp, .avif); /catalog lists them. Without
NAME= an archive is served by its file's name in lower case. A file that is replaced is opened anew; so is a server's archive. To have
archives beside the layers of a city name them under archives: in the configuration of 'wanmi serve'.
` + locations,
		Example: `  wanmi tiles serve-archive base.pmtiles 影像=imagery.mbtiles`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			named := map[string]string{}
			for _, arg := range args {
				name, at, ok := strings.Cut(arg, "=")
				if !ok || shelf.IsURL(arg) || strings.ContainsAny(name, `/\.`) {
					name, at = shelf.NameOf(arg), arg
				}
				if other, ok := named[name]; ok {
					return usageError{fmt.Errorf("%s and %s would both be served as %s; give one another name: NAME=%s", other, at, name, at)}
				}
				named[name] = at
			}
			return a.serveArchives(c.Context(), named, httpapi.Config{BasePath: basePath, TrustProxy: trustProxy, Public: true, Version: version}, addr)
		},
	}
	fl := c.Flags()
	fl.StringVar(&addr, "addr", "127.0.0.1:8080", "host and port to listen on")
	fl.StringVar(&basePath, "base-path", "", "the path a proxy mounts the server under, as /wanmi")
	fl.BoolVar(&trustProxy, "trust-proxy", false, "believe X-Forwarded-* headers")
	return c
}

func (a *app) serveArchives(ctx context.Context, named map[string]string, cfg httpapi.Config, addr string) error {
	ln, err := listen(ctx, addr)
	if err != nil {
		return err
	}
	defer ln.Close()
	log, flush := a.logger()
	defer flush()
	cfg.Log = log
	if cfg.Archives, err = a.openShelf(ctx, named, nil, nil, cfg.Log); err != nil {
		return err
	}
	api, err := httpapi.NewArchives(cfg)
	if err != nil {
		return err
	}
	return a.serveHTTP(ctx, ln, api, cfg.Archives, func(addr string) { a.say("serving %d archives on http://%s/catalog", len(named), addr) })
}

// openShelf opens the archives; their names must be none of the layers of live, nor of the tables.
func (a *app) openShelf(ctx context.Context, named map[string]string, live *city.Live, tabled *tables.Tables, log *slog.Logger) (*shelf.Shelf, error) {
	layers := map[string]bool{}
	if live != nil {
		if set := live.View().Tiles; set != nil {
			for _, l := range set.Catalog() {
				layers[l.Name] = true
			}
		}
	}
	taken := func(name string) string {
		if layers[name] {
			return "a layer of the city"
		}
		if _, ok := tabled.Layer(name); ok {
			return "a table under tiles.postgres"
		}
		return ""
	}
	return shelf.New(ctx, named, taken, func(name string, err error) { log.Warn("archive cannot be opened", "archive", name, "error", err) })
}
