package data

import (
	"time"

	"wanmi/gis"
)

// WriteInfo says who writes, from what, and how it is to be recorded.
type WriteInfo struct {
	Actor  string
	Source string
	Bulk   bool   // log one Reload per layer instead of a Change per row
	Batch  *Batch // non-nil: an import batch is recorded with the write; its ID is filled in before fn runs
}

// The states of a batch.
const (
	StatusCommitted  = "committed"
	StatusRolledBack = "rolled_back"
	StatusRejected   = "rejected"
)

// Batch is the record of one import. The store fills ID, CommittedAt, Status, and StartedAt when it is zero;
// it fills Added, Changed, Removed and Unchanged from what it saw when the writer left all of them and Moved zero.
type Batch struct {
	ID                     int64
	Layer, Source          string
	Files                  []string
	Actor                  string
	StartedAt, CommittedAt time.Time

	Added, Moved, Changed, Removed, Unchanged, Rejected int64

	Status  string // StatusCommitted, StatusRolledBack or StatusRejected
	Profile string // the profile used, as YAML
}

// Rejected is one row of a delivery that was refused, with the reason in words.
type Rejected struct {
	Batch            int64
	File             string
	Row              int64 // as the file counts: the row of a spreadsheet or CSV file, whose heading is 1, else the record from 1
	Field, Value     string
	Rule             string // stable code, as component.position
	Reason, ReasonZh string
	Raw              string // JSON of the row
}

// Version is one state of a feature. The Feature of a Delete is the state that was deleted.
type Version struct {
	Seq     int64
	At      time.Time
	Actor   string
	Batch   int64 // 0: not by an import
	Op      gis.Op
	Feature gis.Feature
}

// Lineage says that the unit grid To came out of From, and why. Either may be empty (new, void).
type Lineage struct {
	From, To, Why string
	At            time.Time
}

// Key admits a program. Hash is the SHA-256 of the secret in hexadecimal; the secret itself is nowhere kept.
type Key struct {
	ID, Name, Role, Hash           string
	CreatedAt, RevokedAt, LastUsed time.Time // zero: never; LastUsed is coarse, to the hour
}
