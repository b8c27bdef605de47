package gis

import (
	"time"

	"github.com/paulmach/orb"
)

// Generation counts the committed writes of a store; 0 is the empty store.
type Generation uint64

// Op is what a change did to a row.
type Op string

// The operations. Reload stands for so many rows of a layer that a reader had better read the layer again.
const (
	Insert Op = "insert"
	Update Op = "update"
	Delete Op = "delete"
	Reload Op = "reload"
)

// Change is one entry of a store's change log. Key, Old and New are empty for a Reload.
// Old and New are the bounds before and after, the zero Bound where there was no row. Of an edit another program made in the file of
// a store New is zero, too.
type Change struct {
	Seq   int64 // grows without gaps that matter: a reader remembers the last it saw
	Gen   Generation
	Layer string
	Key   string
	Op    Op
	Old   orb.Bound
	New   orb.Bound
	Actor string
	// Source is what the write came from, as its writer named it: "grid merge", "api".
	Source string
	At     time.Time
}

// Severity ranks a finding.
type Severity string

// The severities: an Error blocks the write or the row, a Warning is reported, a Note informs.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityNote    Severity = "note"
)

// Finding is a fault or a remark with its place, as checks and builders report it.
type Finding struct {
	Rule     string    `json:"rule"` // stable code, as grid.overlap
	Severity Severity  `json:"severity"`
	Layer    string    `json:"layer,omitempty"`
	Key      string    `json:"key,omitempty"`
	At       orb.Point `json:"at"` // longitude, latitude; zero when there is no place
	Measure  float64   `json:"measure,omitempty"`
	Text     string    `json:"text"`    // English
	TextZh   string    `json:"text_zh"` // Chinese
}

// Progress is called by long work with how much of total is done (total 0: unknown). Nil is allowed wherever one is taken.
type Progress func(stage string, done, total int64)

// Tell calls p when it is not nil.
func (p Progress) Tell(stage string, done, total int64) {
	if p != nil {
		p(stage, done, total)
	}
}
