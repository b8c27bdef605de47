package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/gis"
)

// importCommand is the hidden command a server runs its imports with.
const importCommand = "run-import"

// importGrace is how long a process has to end an import that is broken off.
const importGrace = 20 * time.Second

// newImporter returns what runs the imports of a server into a database; nil where its own process has to.
func (a *app) newImporter(db string) httpapi.Importer {
	if ownProcess() == nil {
		return nil
	}
	return importer{db: db, stderr: a.err}
}

// importer runs imports, each in a process of its own that lets the server go first.
type importer struct {
	db     string
	stderr io.Writer
}

// importTask is what the process reads from its standard input, which has no password for others to see.
type importTask struct {
	DB   string
	Task httpapi.ImportTask
}

// importLine is what the process writes to its standard output, one a line.
type importLine struct {
	Stage       string             `json:",omitempty"`
	Done, Total int64              `json:",omitempty"`
	End         *httpapi.ImportEnd `json:",omitempty"`
}

// Import implements httpapi.Importer.
func (im importer) Import(ctx context.Context, task httpapi.ImportTask, p gis.Progress) (httpapi.ImportEnd, error) {
	// The thread that starts the process has to outlive it: the kernel ends the process with it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c := ownProcess(importCommand)
	c.Stderr = im.stderr
	in, err := c.StdinPipe()
	if err != nil {
		return httpapi.ImportEnd{}, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return httpapi.ImportEnd{}, errors.Join(err, in.Close())
	}
	if err := c.Start(); err != nil {
		return httpapi.ImportEnd{}, errors.Join(err, in.Close())
	}
	sent := json.NewEncoder(in).Encode(importTask{im.db, task})
	leave := context.AfterFunc(ctx, func() {
		in.Close() // it ends by itself
		time.AfterFunc(importGrace, func() { _ = c.Process.Kill() })
	})
	defer leave()
	end, said := readImport(out, p)
	if said != nil { // what it says makes no sense: it is not to go on
		_ = c.Process.Kill()
	}
	err = c.Wait()
	if end == nil {
		return httpapi.ImportEnd{}, errors.Join(errors.New("the process ended without a word"), sent, said, err)
	}
	return *end, nil
}

// readImport reads to the end of the lines.
func readImport(r io.Reader, p gis.Progress) (*httpapi.ImportEnd, error) {
	dec := json.NewDecoder(bufio.NewReader(r))
	var end *httpapi.ImportEnd
	for {
		var l importLine
		err := dec.Decode(&l)
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil {
			return nil, fmt.Errorf("what the process of the import says: %w", err)
		}
		if l.End != nil {
			end = l.End
			continue
		}
		p.Tell(l.Stage, l.Done, l.Total)
	}
}

// cmdRunImport is the process of an import. It ends with its server: the kernel sees to that, or else the end of its input.
func (a *app) cmdRunImport() *cobra.Command {
	c := &cobra.Command{
		Use: importCommand, Hidden: true, Args: cobra.NoArgs,
		Short: "run an import for the server that started this process",
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return a.runOwnImport(c.Context()) }
	return c
}

func (a *app) runOwnImport(ctx context.Context) error {
	in := bufio.NewReader(a.in)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return usageError{errors.New("a server runs this command; use wanmi import")}
	}
	var t importTask
	if err := json.Unmarshal(line, &t); err != nil {
		return usageError{err}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	a.lean(garbageFew) // the server is beside it
	tell, told := a.lines(), false
	err = a.withStore(ctx, t.DB, mustExist, func(st store) error {
		end, err := httpapi.RunImport(ctx, st, t.Task, every(httpapi.ProgressEvery, func(stage string, done, total int64) {
			_ = tell(importLine{Stage: stage, Done: done, Total: total}) // nobody listens any more: the input says so, too
		}))
		if err != nil {
			return err
		}
		told = true
		return tell(importLine{End: &end})
	})
	if err != nil && !told {
		return tell(importLine{End: &httpapi.ImportEnd{Fault: httpapi.FaultOf(err, t.Task.Dir)}})
	}
	return err
}

// lines returns what writes lines to the output, from any goroutine.
func (a *app) lines() func(importLine) error {
	var mu sync.Mutex
	enc := json.NewEncoder(a.out)
	return func(l importLine) error {
		mu.Lock()
		defer mu.Unlock()
		return enc.Encode(l)
	}
}

// every passes on each new stage, and of one stage something once a period at most.
func every(period time.Duration, p gis.Progress) gis.Progress {
	var mu sync.Mutex
	var last string
	var told time.Time
	return func(stage string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if stage == last && time.Since(told) < period {
			return
		}
		last, told = stage, time.Now()
		p(stage, done, total)
	}
}

// How much garbage may come together while an import runs, in hundredths of what lives. Most of what it holds is packed text nobody has to search
// for pointers, but to look for it four times as often costs a tenth to a fifth of the processor time: done where memory is short, as pages of a file
// are laid out beside the rows.
const (
	garbageFew  = 25
	garbageMany = 100
)

// lean makes this process one that imports and lets others go first, but where they wait for it.
func (a *app) lean(garbage int) {
	debug.SetGCPercent(garbage)
	a.promptly = yield()
}
