package kept

import (
	"errors"
	"iter"
	"maps"
	"slices"

	"wanmi/data"
	"wanmi/gis"
)

// ErrHold says that a write needs the lock of the writers.
var ErrHold = errors.New("the write needs the lock")

// SeqAhead is how many changes others may log during a long write: its own number in the log lies so far ahead, because the rows hold it
// before the numbers of the changes before it are known, and the log's numbers grow with time.
const SeqAhead = 1 << 16

// SyncMost is how many rows others may have changed during a long write; beyond it beginning again takes no longer.
const SyncMost = 5000

// Ahead is what every store does alike in a long write before it has the lock. It is a part of the data.Tx the writer gets: what it
// cannot do without the lock, it refuses, and the write begins again with the lock.
type Ahead struct {
	Info     data.WriteInfo
	Ready    func() error // says why the write takes no more calls
	Held     bool         // it was asked for what needs the lock
	Numbers  Blocks
	Rejected []data.Rejected
	Origin   Origin // of the rows put next
}

// Refuse notes that the write needs the lock.
func (a *Ahead) Refuse() error {
	a.Held = true
	return ErrHold
}

// Reject implements data.Tx.
func (a *Ahead) Reject(r data.Rejected) error {
	if err := a.Ready(); err != nil {
		return err
	}
	if a.Info.Batch == nil {
		return gis.E(gis.Invalid, nil, "a rejected row belongs to an import batch; this write has none")
	}
	a.Rejected = append(a.Rejected, r)
	return nil
}

// From implements data.Tx.
func (a *Ahead) From(file string, row int64) { a.Origin = Origin{File: file, Row: row} }

// What follows implements data.Tx, too, and needs the lock.

func (a *Ahead) Assign(string, []string, iter.Seq[data.Assigned]) (int64, error) {
	return 0, a.Refuse()
}
func (a *Ahead) Clear(string) (int64, error)                 { return 0, a.Refuse() }
func (a *Ahead) Feature(string, string) (gis.Feature, error) { return gis.Feature{}, a.Refuse() }
func (a *Ahead) Rev(string, string) (int64, error)           { return 0, a.Refuse() }
func (a *Ahead) AddLineage(data.Lineage) error               { return a.Refuse() }
func (a *Ahead) Rename(string, string, string) error         { return a.Refuse() }
func (a *Ahead) Restore(*gis.Feature) error                  { return a.Refuse() }
func (a *Ahead) RolledBack(int64) error                      { return a.Refuse() }
func (a *Ahead) Settle(int64, string, string, string) error  { return a.Refuse() }

func (a *Ahead) Touched(int64) iter.Seq2[data.Touched, error] {
	return func(yield func(data.Touched, error) bool) { yield(data.Touched{}, a.Refuse()) }
}

// Blocks are running numbers a long write keeps for itself, some of a counter at a time. The zero value has none.
type Blocks struct{ of map[string]*block }

type block struct{ last, end, more int64 } // from last+1 to end, and how many come next

// Block is what there is of a counter: the last number given, and the last kept.
type Block struct{ Given, Kept int64 }

// The first block of a counter is small, each is so many times as large as the one before, and none larger than the most.
const (
	blockFirst = 16
	blockGrows = 4
	blockMost  = 8192
)

// Len is how many counters there are numbers of.
func (b *Blocks) Len() int { return len(b.of) }

// Has reports whether numbers of the counter have been given.
func (b *Blocks) Has(counter string) bool { return b.of[counter] != nil }

// Next returns the number after the last given, or floor when that is larger. keep raises the counter in the store to more above what
// it is, or above atLeast when that is larger, and returns what it was and what it is.
func (b *Blocks) Next(counter string, floor int64, keep func(atLeast, more int64) (had, has int64, err error)) (int64, error) {
	n := b.of[counter]
	if n == nil {
		if b.of == nil {
			b.of = map[string]*block{}
		}
		n = &block{more: blockFirst}
		b.of[counter] = n
	}
	next := max(n.last+1, floor)
	if next > n.end || n.end == 0 {
		had, has, err := keep(floor-1, n.more)
		if err != nil {
			return 0, err
		}
		if had = max(had, floor-1); had != n.end || n.end == 0 { // not where the last block ends: somebody else took numbers
			n.last = had
		}
		n.end, n.more = has, min(blockGrows*n.more, blockMost)
		next = max(n.last+1, floor)
	}
	n.last = next
	return next, nil
}

// All yields the counters in order.
func (b *Blocks) All(yield func(counter string, of Block) bool) {
	for _, counter := range slices.Sorted(maps.Keys(b.of)) {
		if n := b.of[counter]; !yield(counter, Block{n.last, n.end}) {
			return
		}
	}
}
