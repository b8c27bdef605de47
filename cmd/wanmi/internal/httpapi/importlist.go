package httpapi

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"wanmi/data"
	"wanmi/data/census"
	"wanmi/gis"
)

// How long and how many imports are kept. An import that waits for nobody's work any more, and one that nobody decides about, is
// forgotten so long after its last change, files and reports with it; its batch, once committed, the store keeps for ever.
const (
	keepImports = 7 * 24 * time.Hour
	maxJobs     = 100 // the oldest finished one goes first
	sweepEvery  = time.Hour
)

// imports are the imports of a server. They are kept in its staging folder and are there again after a restart.
type imports struct {
	api    *API
	mu     sync.Mutex
	folder *staging // nil until there is something to keep
	jobs   []*job   // oldest first
	turn   chan struct{}
	wg     sync.WaitGroup
}

// newImports takes up what an earlier server has left.
func newImports(a *API) (*imports, error) {
	im := &imports{api: a, turn: make(chan struct{}, 1)}
	var err error
	if im.folder, err = openStaging(a.cfg.Staging, false); err != nil {
		return nil, err
	}
	if im.folder != nil {
		if err := im.restore(); err != nil {
			return nil, errors.Join(err, im.folder.close())
		}
	}
	im.wg.Go(func() {
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		for {
			select {
			case <-a.done.Done():
				return
			case <-tick.C:
				im.sweep()
			}
		}
	})
	return im, nil
}

// restore makes jobs of the records in the folder. What was under way has been interrupted, unless its batch is in the store.
func (im *imports) restore() error {
	log := im.api.cfg.Log
	records, err := im.folder.load(func(dir string, err error) {
		log.Warn("a folder of an import cannot be read", "dir", dir, "error", err)
	})
	if err != nil {
		return err
	}
	slices.SortFunc(records, func(a, b *jobRecord) int { return a.Created.Compare(b.Created) })
	records = slices.DeleteFunc(records, func(r *jobRecord) bool {
		if resting(r.State) {
			return false
		}
		err := idle(filepath.Join(im.folder.dir, r.ID))
		if err != nil {
			log.Warn("an import cannot be taken up again", "id", r.ID, "error", err)
		}
		return err != nil
	})
	batches := map[string]data.Batch{}
	if slices.ContainsFunc(records, func(r *jobRecord) bool { return r.Writing && !resting(r.State) }) {
		if err := im.barrier(im.api.done); err != nil { // another import is under way, or the store is away, which the next line tells
			log.Warn("the end of an earlier server's import was not waited for", "error", err)
		}
		if batches, err = im.batches(im.api.done); err != nil {
			return err
		}
	}
	for _, r := range records {
		dir := filepath.Join(im.folder.dir, r.ID)
		j, err := newJob(*r, dir, im.api.cfg.Now)
		if err == nil && !resting(r.State) {
			err = im.settle(j, batches)
		}
		if err != nil {
			log.Warn("an import cannot be taken up again", "id", r.ID, "error", err)
			continue
		}
		im.jobs = append(im.jobs, j)
	}
	im.sweep()
	return nil
}

// settle finds out how an import has ended that was under way when the server did.
func (im *imports) settle(j *job, batches map[string]data.Batch) error {
	b, written := batches[j.token()]
	if !j.rec.Writing || !written {
		return j.move(stateInterrupted, func(r *jobRecord) { r.Error = gis.Public(errInterrupted) })
	}
	state := stateCommitted
	switch b.Status {
	case data.StatusRejected:
		state = stateRejected
	case data.StatusRolledBack:
		state = stateRolledBack
	}
	err := j.move(state, func(r *jobRecord) {
		r.Batch = b.ID
		r.Summary = &census.Summary{Added: b.Added, Moved: b.Moved, Changed: b.Changed, Removed: b.Removed, Unchanged: b.Unchanged, Rejected: b.Rejected}
	})
	return errors.Join(err, os.RemoveAll(filepath.Join(j.dir, filesDir)))
}

// close waits for the running import, which the API's end cancels, and lets the folder go. Nothing is removed from it.
func (im *imports) close() error {
	im.wg.Wait()
	im.mu.Lock()
	defer im.mu.Unlock()
	im.jobs = nil
	return im.folder.close()
}

// room returns the staging folder, making it when this is the first delivery.
func (im *imports) room() (string, error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.folder == nil {
		s, err := openStaging(im.api.cfg.Staging, true)
		if err != nil {
			return "", err
		}
		im.folder = s
	}
	return im.folder.dir, nil
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
	return nil, gis.E(gis.NotFound, nil, "no import %s; imports are forgotten %d days after their last change", clip(id), keepImports/(24*time.Hour))
}

// list returns the imports, newest first.
func (im *imports) list() []*job {
	im.mu.Lock()
	defer im.mu.Unlock()
	out := slices.Clone(im.jobs)
	slices.Reverse(out)
	return out
}

// sweep forgets the imports whose time is over.
func (im *imports) sweep() {
	im.mu.Lock()
	defer im.mu.Unlock()
	now := im.api.cfg.Now()
	im.jobs = slices.DeleteFunc(im.jobs, func(j *job) bool {
		state, since := j.state()
		return resting(state) && now.Sub(since) > keepImports && im.forget(j)
	})
}

// forget removes what is kept of a job.
func (im *imports) forget(j *job) bool {
	if err := os.RemoveAll(j.dir); err != nil {
		im.api.cfg.Log.Warn("an import cannot be removed", "dir", j.dir, "error", err)
		return false
	}
	return true
}

// add keeps the job and starts it. The oldest finished job makes room; when none is finished there is none.
func (im *imports) add(j *job) error {
	im.sweep()
	im.mu.Lock()
	defer im.mu.Unlock()
	for len(im.jobs) >= maxJobs {
		i := slices.IndexFunc(im.jobs, (*job).finished)
		if i < 0 || !im.forget(im.jobs[i]) {
			return gis.E(gis.Unavailable, nil, "%d imports are waiting; commit or roll back some", maxJobs)
		}
		im.jobs = slices.Delete(im.jobs, i, i+1)
	}
	im.jobs = append(im.jobs, j)
	im.start(j)
	return nil
}

// start runs the job as soon as the one before has ended: imports are one at a time.
func (im *imports) start(j *job) {
	im.wg.Go(func() {
		var err error
		select {
		case im.turn <- struct{}{}:
			err = im.run(im.api.done, j)
			<-im.turn
		case <-im.api.done.Done():
			err = j.end(ImportEnd{Fault: j.fault(context.Canceled)})
		}
		if err != nil {
			im.api.cfg.Log.Error("keeping an import", "id", j.id, "error", err)
		}
	})
}
