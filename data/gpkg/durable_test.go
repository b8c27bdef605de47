package gpkg

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wanmi/data"
	"wanmi/gis"
)

// put stores one component by itself.
func put(t *testing.T, s *Store, f gis.Feature) error {
	t.Helper()
	_, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error {
		_, _, err := tx.Put(&f)
		return err
	})
	return err
}

func newDisk(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "city.gpkg"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestDurable: whatever is acknowledged was brought to the disk after it had been written.
func TestDurable(t *testing.T) {
	s := newDisk(t)
	var synced []byte // the WAL as it was when it was last brought to the disk
	s.disk.sync = func(path string) error {
		err := syncFile(path)
		synced, _ = os.ReadFile(path)
		return err
	}
	rows := delivery(3)
	for _, c := range []struct {
		name  string
		write func() error
	}{
		{"an edit", func() error { return put(t, s, rows[0]) }},
		{"a bulk write", func() error {
			_, err := s.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
				_, _, err := tx.Put(&rows[1])
				return err
			})
			return err
		}},
		{"a key", func() error { _, _, err := s.CreateKey(t.Context(), "editor", "x"); return err }},
		{"a refused import", func() error {
			_, err := s.RecordRejected(t.Context(), data.Batch{Layer: "component"}, nil)
			return err
		}},
	} {
		before := len(synced)
		if err := c.write(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		now, err := os.ReadFile(s.path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		if string(now) != string(synced) || len(now) == before {
			t.Errorf("%s: the WAL has %d bytes, %d of them on the disk (before it: %d)", c.name, len(now), len(synced), before)
		}
	}
}

// TestDurableTogether: those who wait for the disk at once are served by the next time it is asked, and nobody needs the lock meanwhile.
func TestDurableTogether(t *testing.T) {
	s := newDisk(t)
	var times atomic.Int32
	opened := s.disk.asked.Load()
	began, goOn := make(chan struct{}, 1), make(chan struct{})
	s.disk.sync = func(path string) error {
		if times.Add(1) == 1 {
			began <- struct{}{}
			<-goOn
		}
		return syncFile(path)
	}
	rows := delivery(9)
	var all sync.WaitGroup
	edit := func(f gis.Feature) {
		all.Go(func() {
			if err := put(t, s, f); err != nil {
				t.Error(err)
			}
		})
	}
	edit(rows[0])
	<-began
	for _, f := range rows[1:] {
		edit(f)
	}
	for s.disk.asked.Load() < opened+9 { // all are written although the first still waits for the disk
		time.Sleep(time.Millisecond)
	}
	close(goOn)
	all.Wait()
	if n := times.Load(); n != 2 {
		t.Errorf("the disk was asked %d times for 9 edits, want 2", n)
	}
}

// TestDiskFault: what the disk does not confirm is no success, nor is what comes after it.
func TestDiskFault(t *testing.T) {
	s := newDisk(t)
	rows := delivery(2)
	s.disk.sync = func(string) error { return errors.New("input/output error") }
	wantKind(t, "an edit", put(t, s, rows[0]), gis.Unavailable, "disk", "city.gpkg")
	s.disk.sync = syncFile
	wantKind(t, "the edit after it", put(t, s, rows[1]), gis.Unavailable, "disk")
	s.Close()
	again, err := Open(t.Context(), s.path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := put(t, again, rows[1]); err != nil {
		t.Errorf("an edit after opening anew: %v", err)
	}
}
