package httpapi

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"wanmi/data/census"
	"wanmi/gis"
)

// The states of an import. Waiting and running ones have an end; a checked one waits for commit or rollback, an interrupted or
// failed one for being started again or rolled back.
const (
	stateWaiting     = "waiting"
	stateRunning     = "running"
	stateChecked     = "checked"
	stateCommitted   = "committed"
	stateRejected    = "rejected"
	stateFailed      = "failed"
	stateDiscarded   = "discarded"
	stateInterrupted = "interrupted"

	stateRolledBack = "rolled_back"
)

// ProgressEvery is how often an import tells how far it is.
const ProgressEvery = 200 * time.Millisecond

// reportFormats are the reports kept of every import.
var reportFormats = []string{"html", "json", "xlsx"}

// job is one import: a folder of its own, and how far it is.
type job struct {
	id, dir   string
	opt       census.Options
	tolerance float64 // m, of drawn unit grids; 0: the usual one
	now       func() time.Time

	mu      sync.Mutex
	rec     jobRecord
	stage   string
	done    int64
	total   int64
	told    time.Time
	event   int64             // ID of the last change
	unkept  map[string][]byte // its reports, when they could not be put on disk
	changed chan struct{}     // closed and replaced at every change
}

// newJob makes the job of a record, whose form was read before.
func newJob(rec jobRecord, dir string, now func() time.Time) (*job, error) {
	j := &job{id: rec.ID, rec: rec, dir: dir, now: now, changed: make(chan struct{})}
	var err error
	if j.opt, j.tolerance, err = importOptions(rec.Fields); err != nil {
		return nil, err
	}
	if n := len(rec.Events); n > 0 {
		j.event = rec.Events[n-1].ID
	}
	return j, nil
}

// nextEvent numbers a change. The caller holds mu.
func (j *job) nextEvent() int64 {
	j.event = max(j.event+1, j.now().UnixMicro())
	return j.event
}

func (j *job) change(fn func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fn()
	j.nextEvent()
	close(j.changed)
	j.changed = make(chan struct{})
}

// move brings the job into a state, on disk first; edit, which may be nil, sets what goes with it. When the disk refuses the job
// stays as it was.
func (j *job) move(state string, edit func(*jobRecord)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.moveLocked(state, edit)
}

func (j *job) moveLocked(state string, edit func(*jobRecord)) error {
	rec := j.rec
	rec.State, rec.Since = state, j.now()
	if edit != nil {
		edit(&rec)
	}
	was := j.event
	rec.Events = append(slices.Clone(rec.Events), jobEvent{ID: j.nextEvent(), State: state, At: rec.Since})
	if err := rec.save(j.dir); err != nil {
		j.event = was
		return stagingFault(err)
	}
	j.rec = rec
	close(j.changed)
	j.changed = make(chan struct{})
	return nil
}

// end notes how the import went.
func (j *job) end(e ImportEnd) error {
	state, fault := stateFailed, e.Fault
	switch {
	case fault == nil && !j.rec.Writing:
		state = stateChecked
	case fault == nil:
		state = stateCommitted
	case fault.Kind == gis.Canceled:
		state, fault = stateInterrupted, j.fault(errInterrupted)
	case slices.Contains([]gis.Kind{gis.Rejected, gis.Invalid, gis.Conflict}, fault.Kind): // conflict: a locked cell would change
		state = stateRejected
	}
	edit := func(r *jobRecord) {
		r.Summary, r.Reports, r.Batch, r.Findings, r.Generation, r.Cells, r.Error = e.Summary, e.Reports, e.Batch, e.Findings, e.Generation, e.Cells, ""
		if fault != nil {
			r.Error = fault.Public
		}
	}
	j.mu.Lock()
	j.unkept = e.Bodies
	moved := j.moveLocked(state, edit)
	if moved != nil { // the state counts for this process at least
		rec := j.rec
		edit(&rec)
		rec.State, rec.Since = state, j.now()
		rec.Events = append(slices.Clone(rec.Events), jobEvent{ID: j.nextEvent(), State: state, At: rec.Since})
		j.rec = rec
		close(j.changed)
		j.changed = make(chan struct{})
	}
	j.mu.Unlock()
	if e.Unkept != "" {
		moved = errors.Join(errors.New(e.Unkept), moved)
	}
	if j.finished() {
		moved = errors.Join(moved, os.RemoveAll(filepath.Join(j.dir, filesDir)))
	}
	return moved
}

// errInterrupted is what an import says that the end of its server ended.
var errInterrupted = gis.E(gis.Canceled, nil, "the server stopped before the import had ended; nothing was written. POST …/start checks the delivery again")

// writeReports puts the reports into the job's folder.
func (j *job) writeReports(res *census.Result) error {
	for _, format := range reportFormats {
		err := writeFile(j.reportFile(format), func(f *os.File) error { return res.WriteReport(f, format) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (j *job) reportFile(format string) string { return filepath.Join(j.dir, "report."+format) }

// name takes the folder of the upload out of a path: nobody outside is to see it, and it means nothing later.
func (j *job) name(path string) string {
	return strings.TrimPrefix(path, filepath.Join(j.dir, filesDir)+string(filepath.Separator))
}

// progress notes how far the import is, a few times a second at most.
func (j *job) progress(stage string, done, total int64) {
	j.mu.Lock()
	quiet := stage == j.stage && time.Since(j.told) < ProgressEvery
	j.mu.Unlock()
	if quiet {
		return
	}
	j.change(func() { j.stage, j.done, j.total, j.told = stage, done, total, time.Now() })
}

// state returns the state and since when it is that.
func (j *job) state() (string, time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.rec.State, j.rec.Since
}

// resting reports whether a state waits for people.
func resting(state string) bool { return state != stateWaiting && state != stateRunning }

// startable reports whether the delivery of an import in that state may be checked again.
func startable(state string) bool {
	return state == stateChecked || state == stateInterrupted || state == stateFailed
}

// finished reports whether nothing more can happen to the job.
func (j *job) finished() bool {
	state, _ := j.state()
	return resting(state) && !startable(state)
}

// commit turns a checked job into one that writes.
func (j *job) commit(actor string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if startable(j.rec.State) && j.rec.State != stateChecked {
		return gis.E(gis.Conflict, nil, "the import is %s; POST …/start checks it again, then it can be committed", j.rec.State)
	}
	if j.rec.State != stateChecked {
		return gis.E(gis.Conflict, nil, "the import is %s; only a checked one can be committed", j.rec.State)
	}
	return j.moveLocked(stateWaiting, func(r *jobRecord) { r.Writing, r.Actor = true, actor })
}

// again has the delivery checked once more.
func (j *job) again() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !startable(j.rec.State) {
		return gis.E(gis.Conflict, nil, "the import is %s; only one that is checked, interrupted or failed can be started again", j.rec.State)
	}
	return j.moveLocked(stateWaiting, func(r *jobRecord) { r.Writing, r.Error = false, "" })
}

// committedBatch is the number of the batch of a committed job, 0 of any other.
func (j *job) committedBatch() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.rec.State != stateCommitted {
		return 0
	}
	return j.rec.Batch
}

// discard drops a job that nothing was written of.
func (j *job) discard() error {
	j.mu.Lock()
	if !startable(j.rec.State) {
		defer j.mu.Unlock()
		return gis.E(gis.Conflict, nil, "the import is %s; only a checked, interrupted or failed one can be dropped, only a committed one undone", j.rec.State)
	}
	err := j.moveLocked(stateDiscarded, nil)
	j.mu.Unlock()
	if err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(j.dir, filesDir))
}

// view is the job as JSON, the ID of its last change, and the channel the next one closes.
func (j *job) view() (object, int64, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := &j.rec
	out := object{
		"id": r.ID, "state": r.State, "layer": j.opt.Layer, "files": r.Names, "actor": r.Actor, "dry_run": !r.Writing,
		"created_at": rfc3339(r.Created), "since": rfc3339(r.Since), "progress": object{"stage": j.stage, "done": j.done, "total": j.total},
	}
	if resting(r.State) {
		out["expires_at"] = rfc3339(r.Since.Add(keepImports))
	}
	if r.Summary != nil {
		out["summary"], out["reports"], out["batch"], out["findings"] = r.Summary, r.Reports, r.Batch, r.Findings
		if r.Generation > 0 {
			out["generation"] = r.Generation
		}
	}
	if e := j.opt.Extent.Text(); e != "" {
		out["extent"] = e
	}
	if r.Cells != nil {
		out["unit_grids"] = r.Cells
	}
	if r.Error != "" {
		out["error"] = r.Error
	}
	return out, j.event, j.changed
}

// missed returns the changes of state after an ID, but for the last, which the view tells.
func (j *job) missed(after int64) []jobEvent {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []jobEvent
	for i, e := range j.rec.Events {
		if e.ID > after && i < len(j.rec.Events)-1 {
			out = append(out, e)
		}
	}
	return out
}

// token is what a batch of the job is known by in the store.
func (j *job) token() string { return "http import " + j.id }
