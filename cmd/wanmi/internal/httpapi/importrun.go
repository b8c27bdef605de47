package httpapi

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wanmi/cmd/wanmi/internal/division"
	"wanmi/data"
	"wanmi/data/census"
	"wanmi/gis"
	"wanmi/grids"
)

// Importer runs imports in another process: an import keeps all cores and a garbage collector busy for seconds, and those who edit
// meanwhile are to have this process for themselves.
type Importer interface {
	// Import does what RunImport does and tells how far it is. The end of ctx ends the import. An error says that the other
	// process has not come to its end, not whether it has written.
	Import(ctx context.Context, task ImportTask, p gis.Progress) (ImportEnd, error)
}

// ImportTask says which import is to be run. It travels as JSON.
type ImportTask struct {
	Dir   string      // its folder under the staging folder
	Now   time.Time   // the server's
	Rules grids.Rules // drawn unit grids are judged by
}

// ImportEnd is what is known of an import that has ended. It travels as JSON.
type ImportEnd struct {
	Summary    *census.Summary
	Reports    []census.FileReport
	Batch      int64
	Findings   int
	Generation gis.Generation
	Cells      *division.Delivered
	Fault      *ImportFault      // nil: it succeeded
	Unkept     string            // why its reports are not in its folder, "" when they are
	Bodies     map[string][]byte // the reports by format, when they are not
}

// ImportFault is the error an import ended with.
type ImportFault struct {
	Kind   gis.Kind
	Public string // what may be shown
	Detail string // for the log
}

// ImportStore is what an import needs of a store.
type ImportStore interface {
	division.Target
	Batch(ctx context.Context, id int64) (data.Batch, error)
	Renames(ctx context.Context, layer string) iter.Seq2[data.Renamed, error]
}

// RunImport runs the import that the folder of the task keeps, on a store of its own: what an [Importer] has its process do.
func RunImport(ctx context.Context, st ImportStore, task ImportTask, p gis.Progress) (ImportEnd, error) {
	running, err := os.OpenFile(filepath.Join(task.Dir, runningFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return ImportEnd{}, stagingFault(err)
	}
	defer running.Close()
	if !tryLock(running) {
		return ImportEnd{}, gis.E(gis.Unavailable, nil, "another process runs this import")
	}
	rec, err := readRecord(task.Dir)
	if err != nil {
		return ImportEnd{}, err
	}
	j, err := newJob(*rec, task.Dir, time.Now)
	if err != nil {
		return ImportEnd{}, err
	}
	return j.do(ctx, target{ImportStore: st, job: j, write: st.Write}, task, p), nil
}

// runningFile is locked by the process that runs an import as long as it lives.
const runningFile = "running.lock"

// idle waits for the end of the process that runs the import in a folder: one killed with its server may still be in a call of the system.
func idle(dir string) error {
	file, err := os.Open(filepath.Join(dir, runningFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return stagingFault(err)
	}
	defer file.Close()
	for end := time.Now().Add(10 * time.Second); !tryLock(file); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return gis.E(gis.Unavailable, nil, "the import still runs in a process of an earlier server")
		}
	}
	return nil
}

// do imports the delivery and puts the reports into the job's folder.
func (j *job) do(ctx context.Context, t division.Target, task ImportTask, p gis.Progress) ImportEnd {
	opt := j.opt
	opt.DryRun, opt.Actor, opt.Token = !j.rec.Writing, j.rec.Actor, j.token()
	opt.Files, opt.Today, opt.Progress = j.files(), task.Now.Format(time.DateOnly), p
	res, cells, err := division.Import(ctx, t, opt, division.Settings{Tolerance: j.tolerance, Now: task.Now, Rules: task.Rules})
	res.RenameFiles(j.name)
	e := ImportEnd{Cells: cells, Fault: j.fault(err)}
	if e.Fault != nil && e.Fault.Kind == gis.Canceled {
		return e
	}
	e.Summary, e.Reports, e.Batch, e.Findings, e.Generation = &res.Summary, res.Files, res.Batch.ID, len(res.Findings), res.Generation
	if err := j.writeReports(&res); err != nil {
		e.Unkept, e.Bodies = err.Error(), map[string][]byte{}
		for _, format := range reportFormats {
			var b bytes.Buffer
			if res.WriteReport(&b, format) == nil { // into memory: it has not failed for the disk's sake
				e.Bodies[format] = b.Bytes()
			}
		}
	}
	return e
}

func (j *job) fault(err error) *ImportFault { return FaultOf(err, j.dir) }

// FaultOf words an error of the import that is kept in dir, without the folder of the upload.
func FaultOf(err error, dir string) *ImportFault {
	if err == nil {
		return nil
	}
	f := &ImportFault{Kind: gis.KindOf(err), Detail: err.Error()}
	if errors.Is(err, context.Canceled) {
		f.Kind = gis.Canceled
	}
	f.Public = strings.ReplaceAll(gis.Public(err), filepath.Join(dir, filesDir)+string(filepath.Separator), "")
	return f
}

// run does the import. The error is that of keeping how it went.
func (im *imports) run(ctx context.Context, j *job) error {
	if err := j.move(stateRunning, nil); err != nil {
		return errors.Join(err, j.end(ImportEnd{Fault: j.fault(err)}))
	}
	cfg := &im.api.cfg
	task := ImportTask{
		Dir: j.dir, Now: cfg.Now(), Rules: grids.Rules{Land: cfg.Land, Compound: cfg.Compound, CompoundMax: cfg.CompoundMax},
	}
	var e ImportEnd
	if cfg.Importer == nil {
		e = j.do(ctx, target{ImportStore: cfg.Store, job: j, write: cfg.Live.Write}, task, j.progress)
	} else {
		var err error
		if e, err = cfg.Importer.Import(ctx, task, j.progress); err != nil {
			return im.broken(ctx, j, err)
		}
		im.show(ctx, j)
	}
	if e.Fault != nil && e.Fault.Kind == gis.Internal {
		cfg.Log.Error("an import failed", "id", j.id, "error", e.Fault.Detail)
	}
	return j.end(e)
}

// show brings what another process has written into the View.
func (im *imports) show(ctx context.Context, j *job) {
	if !j.rec.Writing {
		return
	}
	if err := im.api.cfg.Live.CatchUp(context.WithoutCancel(ctx)); err != nil { // it is written, and the View is tried again every second
		im.api.cfg.Log.Error("showing an import", "id", j.id, "error", err)
	}
}

// broken settles an import whose process has not told how it ended: the store knows whether it has written.
func (im *imports) broken(ctx context.Context, j *job, cause error) error {
	own := context.WithoutCancel(ctx)
	if ctx.Err() == nil {
		im.api.cfg.Log.Error("the process of an import broke", "id", j.id, "error", cause)
	}
	err := im.barrier(own)
	var batches map[string]data.Batch
	if err == nil {
		batches, err = im.batches(own)
	}
	_, written := batches[j.token()]
	switch {
	case err != nil:
		err = gis.E(gis.Unavailable, err, "the import was cut off, and the store does not say now whether it was written; POST …/start checks the delivery again")
		return j.end(ImportEnd{Fault: j.fault(err)})
	case j.rec.Writing && written:
		im.show(ctx, j)
		return im.settle(j, batches)
	case ctx.Err() != nil:
		return im.settle(j, batches)
	}
	return j.end(ImportEnd{Fault: j.fault(gis.E(gis.Unavailable, cause, "the import was cut off; nothing was written. POST …/start checks the delivery again"))})
}

// barrier returns when what a process that is gone has begun in the store has come to its end: a server of a database may still be committing it.
func (im *imports) barrier(ctx context.Context) error {
	_, err := im.api.cfg.Store.Write(ctx, data.WriteInfo{Bulk: true}, func(data.Tx) error { return nil })
	return err
}

// batches returns the batches of imports by their tokens.
func (im *imports) batches(ctx context.Context) (map[string]data.Batch, error) {
	all, err := im.api.cfg.Store.Batches(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]data.Batch{}
	for _, b := range all {
		if b.Token != "" {
			out[b.Token] = b
		}
	}
	return out, nil
}

// target is the store as an import sees it: files have the names they were sent under.
type target struct {
	ImportStore
	job   *job
	write func(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error)
}

func (t target) Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	return t.write(ctx, w, func(tx data.Tx) error { return fn(namedTx{tx, t.job}) })
}

func (t target) RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error) {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].File = t.job.name(rows[i].File)
	}
	return t.ImportStore.RecordRejected(ctx, b, rows)
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
