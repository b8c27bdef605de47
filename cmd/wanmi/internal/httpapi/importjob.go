package httpapi

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/division"
	"wanmi/data"
	"wanmi/data/census"
	"wanmi/gis"
	"wanmi/grids"
)

// The states of an import. Waiting and running ones have an end; a checked one waits for commit or rollback.
const (
	stateWaiting   = "waiting"
	stateRunning   = "running"
	stateChecked   = "checked"
	stateCommitted = "committed"
	stateRejected  = "rejected"
	stateFailed    = "failed"
	stateDiscarded = "discarded"

	stateRolledBack = "rolled_back"
)

// Limits of the list of imports.
const (
	maxJobs       = 100 // kept at once; the oldest finished one goes first
	progressEvery = 200 * time.Millisecond
)

// job is one import: files in a folder of their own, and how far it is.
type job struct {
	id, actor string
	opt       census.Options
	tolerance float64 // m, of drawn unit grids; 0: the usual one
	dir       string
	names     []string
	created   time.Time

	mu      sync.Mutex
	state   string
	stage   string
	done    int64
	total   int64
	told    time.Time
	result  *census.Result
	cells   *division.Delivered // of unit grids that were repaired on the way in
	err     error
	changed chan struct{} // closed and replaced at every change
}

// imports are the imports of this process; a restart forgets those that wait (their batches, once committed, the store keeps).
type imports struct {
	api  *API
	mu   sync.Mutex
	jobs []*job // oldest first
	turn chan struct{}
	wg   sync.WaitGroup
}

func newImports(a *API) *imports { return &imports{api: a, turn: make(chan struct{}, 1)} }

// close waits for the running import, which the API's end cancels, and removes all uploads.
func (im *imports) close() error {
	im.wg.Wait()
	im.mu.Lock()
	defer im.mu.Unlock()
	var errs []error
	for _, j := range im.jobs {
		errs = append(errs, os.RemoveAll(j.dir))
	}
	im.jobs = nil
	return errors.Join(errs...)
}

// find returns the import of that id.
func (im *imports) find(id string) (*job, error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	for _, j := range im.jobs {
		if j.id == id {
			return j, nil
		}
	}
	return nil, gis.E(gis.NotFound, nil, "no import %s; the server forgets imports when it restarts", clip(id))
}

// list returns the imports, newest first.
func (im *imports) list() []*job {
	im.mu.Lock()
	defer im.mu.Unlock()
	out := make([]*job, 0, len(im.jobs))
	for i := len(im.jobs) - 1; i >= 0; i-- {
		out = append(out, im.jobs[i])
	}
	return out
}

// add keeps the job and starts it. The oldest finished job makes room; when none is finished there is none.
func (im *imports) add(j *job) error {
	im.mu.Lock()
	defer im.mu.Unlock()
	for i := 0; len(im.jobs) >= maxJobs; i++ {
		if i == len(im.jobs) {
			return gis.E(gis.Unavailable, nil, "%d imports are waiting; commit or roll back some", maxJobs)
		}
		if old := im.jobs[i]; old.finished() {
			_ = os.RemoveAll(old.dir) // what stays behind is in the temporary folder
			im.jobs = append(im.jobs[:i:i], im.jobs[i+1:]...)
			i = -1
		}
	}
	im.jobs = append(im.jobs, j)
	im.start(j)
	return nil
}

// start runs the job as soon as the one before has ended: imports are one at a time.
func (im *imports) start(j *job) {
	im.wg.Go(func() {
		ctx := im.api.done
		select {
		case im.turn <- struct{}{}:
			defer func() { <-im.turn }()
		case <-ctx.Done():
			j.end(nil, nil, ctx.Err())
			return
		}
		j.set(stateRunning)
		opt := j.opt
		opt.Progress = j.progress
		cfg := &im.api.cfg
		res, cells, err := division.Import(ctx, target{im.api, j}, opt, division.Settings{
			Tolerance: j.tolerance, Now: cfg.Now(), Rules: grids.Rules{Land: cfg.Land, Compound: cfg.Compound, CompoundMax: cfg.CompoundMax},
		})
		j.rename(&res)
		j.end(&res, cells, err)
	})
}

func (j *job) change(fn func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fn()
	close(j.changed)
	j.changed = make(chan struct{})
}

func (j *job) set(state string) { j.change(func() { j.state = state }) }

// end notes how the import went.
func (j *job) end(res *census.Result, cells *division.Delivered, err error) {
	j.change(func() {
		j.result, j.cells, j.err = res, cells, err
		switch {
		case err == nil && j.opt.DryRun:
			j.state = stateChecked
		case err == nil:
			j.state = stateCommitted
		case slices.Contains([]gis.Kind{gis.Rejected, gis.Invalid, gis.Conflict}, gis.KindOf(err)): // conflict: a locked cell would change
			j.state = stateRejected
		default:
			j.state = stateFailed
		}
	})
	if j.finished() {
		_ = os.RemoveAll(j.dir)
	}
}

// name takes the folder of the upload out of a path: nobody outside is to see it, and it means nothing later.
func (j *job) name(path string) string {
	return strings.TrimPrefix(path, j.dir+string(filepath.Separator))
}

// rename takes the folder out of all a result says.
func (j *job) rename(r *census.Result) {
	r.RenameFiles(j.name)
}

// progress notes how far the import is, a few times a second at most.
func (j *job) progress(stage string, done, total int64) {
	j.mu.Lock()
	quiet := stage == j.stage && time.Since(j.told) < progressEvery
	j.mu.Unlock()
	if quiet {
		return
	}
	j.change(func() { j.stage, j.done, j.total, j.told = stage, done, total, time.Now() })
}

// finished reports whether nothing more can happen to the job.
func (j *job) finished() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state == stateCommitted || j.state == stateRejected || j.state == stateFailed || j.state == stateDiscarded || j.state == stateRolledBack
}

// commit turns a checked job into one that writes.
func (j *job) commit(actor string) error {
	var err error
	j.change(func() {
		if j.state != stateChecked {
			err = gis.E(gis.Conflict, nil, "the import is %s; only a checked one can be committed", j.state)
			return
		}
		j.opt.DryRun, j.opt.Actor, j.state = false, actor, stateWaiting
	})
	return err
}

// committedBatch is the number of the batch of a committed job, 0 of any other.
func (j *job) committedBatch() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != stateCommitted || j.result == nil {
		return 0
	}
	return j.result.Batch.ID
}

// discard drops a checked job.
func (j *job) discard() error {
	var err error
	j.change(func() {
		switch j.state {
		case stateChecked:
			j.state = stateDiscarded
		default:
			err = gis.E(gis.Conflict, nil, "the import is %s; only a checked one can be rolled back", j.state)
		}
	})
	if err != nil {
		return err
	}
	return os.RemoveAll(j.dir)
}

// view is the job as JSON, and the channel its next change closes.
func (j *job) view() (object, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := object{
		"id": j.id, "state": j.state, "layer": j.opt.Layer, "files": j.names, "actor": j.actor, "dry_run": j.opt.DryRun,
		"created_at": rfc3339(j.created), "progress": object{"stage": j.stage, "done": j.done, "total": j.total},
	}
	if r := j.result; r != nil {
		out["summary"], out["reports"], out["batch"] = r.Summary, r.Files, r.Batch.ID
		out["findings"] = len(r.Findings)
		if r.Generation > 0 {
			out["generation"] = r.Generation
		}
	}
	if j.cells != nil {
		out["unit_grids"] = j.cells
	}
	if j.err != nil {
		out["error"] = strings.ReplaceAll(gis.Public(j.err), j.dir+string(filepath.Separator), "")
	}
	return out, j.changed
}

// target is the store as an import sees it: what it writes is in the View when the write returns, and files have the names
// they were sent under.
type target struct {
	api *API
	job *job
}

func (t target) Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error] {
	return t.api.cfg.Store.Features(ctx, layer, bound)
}

func (t target) Batch(ctx context.Context, id int64) (data.Batch, error) {
	return t.api.cfg.Store.Batch(ctx, id)
}

func (t target) Renames(ctx context.Context, layer string) iter.Seq2[data.Renamed, error] {
	return t.api.cfg.Store.Renames(ctx, layer)
}

func (t target) Generation(ctx context.Context) (gis.Generation, error) {
	return t.api.cfg.Store.Generation(ctx)
}

func (t target) Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	return t.api.cfg.Live.Write(ctx, w, func(tx data.Tx) error { return fn(namedTx{tx, t.job}) })
}

func (t target) RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error) {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].File = t.job.name(rows[i].File)
	}
	return t.api.cfg.Store.RecordRejected(ctx, b, rows)
}

// namedTx is a write that records refused rows under the names their files were sent under.
type namedTx struct {
	data.Tx
	job *job
}

func (t namedTx) Reject(r data.Rejected) error {
	r.File = t.job.name(r.File)
	return t.Tx.Reject(r)
}
