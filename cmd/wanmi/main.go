package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/logline"
	"wanmi/gis"
)

var version = "dev" // set by the linker

// app is what a sub-command needs of the world outside.
type app struct {
	out, err io.Writer
	in       io.Reader
	getenv   func(string) string
	now      func() time.Time
	json     bool // --json: machines read the output
	quiet    bool

	promptly func(fn func()) // of a process that lets others go first: runs what they wait for
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	a := &app{out: os.Stdout, err: os.Stderr, in: os.Stdin, getenv: os.Getenv, now: time.Now}
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run executes the command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	fmt.Fprintln(a.err, "wanmi:", err)
	return exitOf(err)
}

// exitCode ends the program with that code; what there was to say has been said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// usageError marks what cobra found wrong with the command line.
type usageError struct{ error }

func exitOf(err error) int {
	var u usageError
	switch {
	case errors.As(err, &u):
		return 2
	case gis.KindOf(err) == gis.Invalid:
		return 2
	case gis.KindOf(err) == gis.Rejected:
		return 3
	}
	return 1
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "wanmi",
		Short: "unit grids, component census, vector tiles and geocoding for a city (万米单元网格)",
		Long: `wanmi divides a city's communities into unit grids (单元网格, about 10,000 m²), keeps the
census of its components (管理部件), serves both as vector tiles, and geocodes reports
down to the cell, the component and the department that answers for it.

Most commands work on a database: --db city.gpkg (a GeoPackage file, made when absent) or
--db postgres://USER@HOST/DATABASE (PostgreSQL with PostGIS),
or the environment variable WANMI_DB.`,
		Example: `  wanmi demo                                              a synthetic city, built and served
  wanmi import --db city.gpkg community 社区.zip           survey files in
  wanmi grid build --db city.gpkg                         the unit grids
  wanmi import --db city.gpkg component 路灯.zip 井盖.xlsx   the census
  wanmi serve --db city.gpkg                              the map, tiles and API
  wanmi geocode --db city.gpkg 太平东路与匡衡路路口东50米路灯不亮`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print the result as JSON, one object a line")
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "no progress on the error output")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w\nrun '%s --help' for the flags and examples", err, c.CommandPath())}
	})
	root.AddCommand(a.cmdDemo(), a.cmdSynth(), a.cmdImport(), a.cmdCensus(), a.cmdGrid(), a.cmdWork(), a.cmdExport(), a.cmdTiles(),
		a.cmdCRS(), a.cmdHistory(), a.cmdBatch(), a.cmdRecode(), a.cmdGeocode(), a.cmdReverse(), a.cmdServe(), a.cmdCheck(), a.cmdKey(),
		a.cmdBackup(), a.cmdRestore(), a.cmdRunImport())
	strictArgs(root)
	return root
}

// strictArgs turns cobra's complaints about arguments into usage errors, and a
// group called with a word it does not know, or with none, into one too.
func strictArgs(c *cobra.Command) {
	check := c.Args
	if c.HasSubCommands() && c.RunE == nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				_ = c.Help()
				return exitCode(2)
			}
			return usageError{fmt.Errorf("unknown command %q; '%s --help' lists the commands", strings.Join(args, " "), c.CommandPath())}
		}
		check = cobra.ArbitraryArgs
	}
	if check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{fmt.Errorf("%w\nusage: %s", err, c.UseLine())}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		strictArgs(sub)
	}
}

// logger returns the structured log of a server, text on a terminal, JSON elsewhere; and what writes the lines that wait, to be called at
// the end.
func (a *app) logger() (log *slog.Logger, flush func()) {
	if isTerminal(a.err) {
		return slog.New(slog.NewTextHandler(a.err, nil)), func() {}
	}
	l := logline.New(a.err)
	return slog.New(l.Handler(slog.LevelInfo)), l.Flush
}
