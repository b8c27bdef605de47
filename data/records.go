package data

import (
	"time"

	"wanmi/gis"
)

// WriteInfo says who writes, from what, and how it is to be recorded.
type WriteInfo struct {
	Actor  string
	Source string // "": the batch's, where there is one
	Bulk   bool   // log one Reload per layer instead of a Change per row
	Batch  *Batch // non-nil: an import batch is recorded with the write; its ID is filled in before fn runs, but see Ahead
	Ahead  *Ahead // non-nil: the write is long, and others are to wait for the last of it only
}

// Ahead lets a store do the long part of a bulk write before it takes the lock other writers wait for. The function of the write
// then runs on the state there is, sees its own rows no more, and nobody sees what it does; its batch has no ID yet. When the
// store has the lock, it calls Since, and brings everything in at once. A store may also pass over it and hold the lock
// throughout. The function runs again when it asked for more than this allows, and when Since wants it to.
type Ahead struct {
	Rows int64 // no more new rows than this are put; 0: that is not known
	// Since gets what other writers changed meanwhile, in the order of the log, in the layers the function read or wrote. Of the
	// rows of those keys what the function put and deleted is void: Since does it anew, by tx, on the rows as they are now,
	// and touches no others. It returns false, before it writes anything, when the rest of what the function did does not hold
	// any more either: then the function runs again with the lock held. It is called without changes, too.
	Since func(tx Tx, changes []gis.Change) (bool, error)
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
	// Extent is the area a partial delivery said it covers, as stated: codes, a bounding box or WKT in longitude and latitude; "" for all.
	Extent string
	// Surveyed is the day the delivery shows, as 2026-08-23: what it says has been so from then on; "" when it said none.
	Surveyed string
	Token    string // what the writer knows the import by, so that after a crash it finds out whether it was committed; "" for none
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
	Source  string // what the writer said the write came from: a delivery, "api", "grid build"
	Batch   int64  // 0: not by an import
	File    string // of the delivery, "" when the writer did not say; see Tx.From
	Row     int64  // in the file, as [Rejected] counts
	Op      gis.Op
	Feature gis.Feature

	ValidFrom time.Time // the day its delivery shows, from its beginning in local time; At when that said none
	Undone    bool      // its batch was rolled back: it never held
}

// Renamed says that a feature has another key since. A key may have been changed more than once: follow the chain.
type Renamed struct {
	From, To string
	At       time.Time
}

// Touched is what a batch did to one feature, and what became of it since. A nil state is none: not there.
type Touched struct {
	Layer string
	ID    int64
	Was   *gis.Feature // before the batch
	Made  *gis.Feature // as the batch left it
	Now   *gis.Feature // as it is
	Later bool         // another write touched it after the batch
}

// The states of a proposal.
const (
	ProposalOpen     = "open"
	ProposalApproved = "approved"
	ProposalRejected = "rejected"
)

// Proposal is a change of one feature that somebody wants and somebody else has to approve. The store fills ID, At and State.
type Proposal struct {
	ID         int64
	Layer, Key string
	Op         gis.Op
	Rev        int64  // of the row it was made for; 0 for an insert
	Body       string // JSON: what is to be, as the proposer sent it
	Actor      string
	At         time.Time
	State      string // ProposalOpen, ProposalApproved or ProposalRejected
	DecidedBy  string
	DecidedAt  time.Time // zero while open
	Why        string    // what the one who decided said
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

// ValidFrom is the moment from which on what a delivery shows holds, by its day (see [Batch]); zero when it said none.
func ValidFrom(surveyed string) time.Time {
	day, err := time.ParseInLocation(time.DateOnly, surveyed, time.Local)
	if err != nil {
		return time.Time{}
	}
	return day
}

// ValidAt returns the version that held at a moment by what is known now: the one written last of those that hold from then or
// before. A later write counts from its own day on, whatever was written about the time after it before. ok is false when there
// was none. Versions are as History returns them.
func ValidAt(versions []Version, at time.Time) (v Version, ok bool) {
	for _, x := range versions {
		if !x.Undone && !x.ValidFrom.After(at) {
			v, ok = x, x.Op != gis.Delete
		}
	}
	return v, ok
}

// At returns the version that stood at a moment; ok is false when there was none. Versions are as History returns them.
func At(versions []Version, at time.Time) (v Version, ok bool) {
	for _, x := range versions {
		if !x.At.After(at) {
			v, ok = x, x.Op != gis.Delete
		}
	}
	return v, ok
}
