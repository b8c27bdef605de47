package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"wanmi/cmd/wanmi/internal/division"
	"wanmi/data/census"
	"wanmi/gis"
)

// A staging folder holds a folder for each import, by its id: job.json, the files of the delivery under files/ as long as they
// can still be wanted, and the reports. An upload under way is called id.part and becomes id by being renamed when it is whole.
const (
	jobFile    = "job.json"
	filesDir   = "files"
	partSuffix = ".part"
)

// staging is the folder uploads wait in. One server at a time has it; another on the same database takes the next, NAME-2 and on.
type staging struct {
	dir  string
	lock *os.File // nil: a temporary folder, removed at the end
}

// maxStagings is how many servers may share a name.
const maxStagings = 20

// openStaging takes the folder, or the first of its successors that no other server has. With make false it takes only one
// that is there: nil when there is none. The name "" is a temporary folder.
func openStaging(name string, create bool) (*staging, error) {
	if name == "" {
		if !create {
			return nil, nil
		}
		dir, err := os.MkdirTemp("", "wanmi-imports-")
		return &staging{dir: dir}, err
	}
	for i := 1; i <= maxStagings; i++ {
		dir := name
		if i > 1 {
			dir += "-" + strconv.Itoa(i)
		}
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && !create {
			return nil, nil
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, stagingFault(err)
		}
		lock, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, stagingFault(err)
		}
		if tryLock(lock) {
			return &staging{dir: dir, lock: lock}, nil
		}
		_ = lock.Close()
	}
	return nil, gis.E(gis.Unavailable, nil, "%d servers hold the staging folders %s…; give this one its own", maxStagings, name)
}

// close lets the folder go.
func (s *staging) close() error {
	if s == nil {
		return nil
	}
	if s.lock == nil {
		return os.RemoveAll(s.dir)
	}
	return s.lock.Close()
}

// stagingFault words what the disk says: it is full (507), or the folder cannot be used.
func stagingFault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return noRoom(err, "there is no room on the server's disk for the delivery; nothing of it was kept. Free some, or name another folder with wanmi serve --staging")
	}
	return gis.E(gis.Unavailable, err, "the server cannot write into its staging folder for deliveries")
}

// noRoom is the 507.
func noRoom(err error, format string, args ...any) error {
	return &statusError{
		status: statusNoRoom, name: "no-room", title: "No room on the server's disk", err: gis.E(gis.Unavailable, err, format, args...),
	}
}

// statusNoRoom is 507 Insufficient Storage.
const statusNoRoom = 507

// jobRecord is what is kept of an import on disk.
type jobRecord struct {
	ID      string              `json:"id"`
	Actor   string              `json:"actor"`
	Fields  map[string][]string `json:"fields"` // text fields of the form
	Names   []string            `json:"files"`
	Created time.Time           `json:"created_at"`
	State   string              `json:"state"`
	Since   time.Time           `json:"since"`
	Writing bool                `json:"writing"` // what waits, runs or has ended writes; false: only checks

	Summary    *census.Summary     `json:"summary,omitempty"`
	Reports    []census.FileReport `json:"reports,omitempty"`
	Batch      int64               `json:"batch,omitempty"`
	Findings   int                 `json:"findings,omitempty"`
	Generation gis.Generation      `json:"generation,omitempty"`
	Cells      *division.Delivered `json:"unit_grids,omitempty"`
	Error      string              `json:"error,omitempty"`
	Events     []jobEvent          `json:"events"` // every change of state
}

// jobEvent is a change of state. IDs grow, over restarts too: they are microseconds since 1970, and one more where that is taken.
type jobEvent struct {
	ID    int64     `json:"id"`
	State string    `json:"state"`
	At    time.Time `json:"at"`
}

// readRecord reads what is kept of the import in a folder.
func readRecord(dir string) (*jobRecord, error) {
	raw, err := os.ReadFile(filepath.Join(dir, jobFile))
	if err != nil {
		return nil, err
	}
	var r jobRecord
	return &r, json.Unmarshal(raw, &r)
}

// save writes the record beside the old one and renames, so that a crash leaves the one or the other.
func (r *jobRecord) save(dir string) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, jobFile), func(f *os.File) error { _, err := f.Write(raw); return err })
}

// writeFile makes a file whole and durable, or not at all.
func writeFile(name string, write func(*os.File) error) error {
	tmp := name + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// load reads the records of the folder and removes what is half or no import. Problems with one are told to report.
func (s *staging) load(report func(dir string, err error)) ([]*jobRecord, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, stagingFault(err)
	}
	var out []*jobRecord
	for _, e := range entries {
		dir := filepath.Join(s.dir, e.Name())
		switch {
		case !e.IsDir():
			continue
		case strings.HasSuffix(e.Name(), partSuffix):
			if err := os.RemoveAll(dir); err != nil {
				report(dir, err)
			}
			continue
		}
		r, err := readRecord(dir)
		if err == nil && r.ID != e.Name() {
			err = fmt.Errorf("it calls itself %q", r.ID)
		}
		if err != nil { // not ours to remove: it may be anything
			report(dir, err)
			continue
		}
		out = append(out, r)
	}
	return out, nil
}
