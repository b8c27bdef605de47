package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"wanmi/gis"
)

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// progress returns a bar on a terminal; elsewhere a plain line for what takes
// longer than two seconds, and every ten seconds after. end erases the bar.
func (a *app) progress() (p gis.Progress, end func()) {
	if a.quiet {
		return nil, func() {}
	}
	if isTerminal(a.err) {
		return a.bar()
	}
	var mu sync.Mutex
	last, due := "", time.Now().Add(2*time.Second)
	var rate pace
	return func(stage string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		if stage != last {
			last, due = stage, now.Add(2*time.Second)
			rate = pace{now, done}
		}
		if now.Before(due) {
			return
		}
		due = now.Add(10 * time.Second)
		switch {
		case total > 0:
			fmt.Fprintf(a.err, "%s: %d of %d%s\n", stage, done, total, rate.words(now, done, total))
		case done > 0:
			fmt.Fprintf(a.err, "%s: %d\n", stage, done)
		default:
			fmt.Fprintln(a.err, stage)
		}
	}, func() {}
}

// pace is where a stage began: a rate counts from there, not from what was done before.
type pace struct {
	at   time.Time
	done int64
}

// words says how fast it goes and how long it will still take, nothing when nothing has been done yet.
func (p pace) words(now time.Time, done, total int64) string {
	took, n := now.Sub(p.at).Seconds(), done-p.done
	if took <= 0 || n <= 0 {
		return ""
	}
	rate := float64(n) / took
	left := time.Duration(float64(max(total-done, 0)) / rate * float64(time.Second))
	return fmt.Sprintf(", %.4g/s, about %s left", rate, left.Round(time.Second))
}

func (a *app) bar() (gis.Progress, func()) {
	var mu sync.Mutex
	var bar *progressbar.ProgressBar
	last := ""
	end := func() {
		mu.Lock()
		defer mu.Unlock()
		if bar != nil {
			_ = bar.Clear()
			bar = nil
		}
	}
	return func(stage string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if stage != last || bar == nil {
			if bar != nil {
				_ = bar.Clear()
			}
			if total <= 0 {
				total = -1
			}
			bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription(stage),
				progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
				progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(24))
			last = stage
		}
		_ = bar.Set64(done)
	}, end
}

// say prints a line for people on the error output, unless --quiet.
func (a *app) say(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.err, format+"\n", args...)
	}
}

// result ends a command: v as one line of JSON with --json, else the sentence.
func (a *app) result(v any, format string, args ...any) error {
	if a.json {
		return a.printJSON(v)
	}
	_, err := fmt.Fprintf(a.out, format+"\n", args...)
	return err
}

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
