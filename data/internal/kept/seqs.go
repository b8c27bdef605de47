package kept

import (
	"time"

	"wanmi/data"
)

// Seqs is a set of changes by their number. What no log tells of is in every set: a row that another program made was always there.
type Seqs struct {
	known, in []uint64
}

// Add tells of a change whether it is in the set.
func (s *Seqs) Add(seq int64, in bool) {
	w := int(seq / 64)
	for len(s.known) <= w {
		s.known, s.in = append(s.known, 0), append(s.in, 0)
	}
	bit := uint64(1) << (seq % 64)
	s.known[w] |= bit
	if in {
		s.in[w] |= bit
	}
}

// Has reports whether the change is in the set.
func (s *Seqs) Has(seq int64) bool {
	w := int(seq / 64)
	if seq < 0 || w >= len(s.known) {
		return true
	}
	bit := uint64(1) << (seq % 64)
	return s.known[w]&bit == 0 || s.in[w]&bit != 0
}

// Held reports whether a change made at a moment, by a batch of that day and state or by none, holds at another.
func Held(made time.Time, surveyed, status string, at time.Time) bool {
	if status == data.StatusRolledBack {
		return false
	}
	if from := data.ValidFrom(surveyed); !from.IsZero() {
		made = from
	}
	return !made.After(at)
}

// NoteValid fills in from when on a version holds.
func NoteValid(v *data.Version, surveyed, status string) {
	v.ValidFrom, v.Undone = v.At, status == data.StatusRolledBack
	if from := data.ValidFrom(surveyed); !from.IsZero() {
		v.ValidFrom = from
	}
}
