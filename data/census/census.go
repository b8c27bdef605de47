package census

import (
	"context"
	"io"
	"iter"

	"wanmi/data"
	"wanmi/gis"

	"github.com/paulmach/orb"
)

// Target is the store an import writes to; data/gpkg and data/postgis fulfil it.
type Target interface {
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
	Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error)
	RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error)
}

// Placer tells which cell, community and street hold a point (longitude, latitude).
// ok is false when no community holds it; gridCode is "" when there is no cell there yet.
type Placer interface {
	Place(p orb.Point) (gridCode, communityCode, communityName, streetCode, streetName string, ok bool)
}

// Options say what is imported and how. The zero value of everything but Layer and Files is useful.
type Options struct {
	Layer     string            // a gis layer, or "osm": one OSM file into road rail water wall building land poi door
	Files     []string          // paths; one call is one batch
	Profile   *Profile          // nil: guessed per file
	CRS       string            // overrides what the file says, as "EPSG:4548" or "gcj02"
	Encoding  string            // overrides the guess for CSV and dBASE, as "gbk"
	Sheet     string            // XLSX: the sheet to read; "": all sheets with rows
	Set       map[string]string // field -> constant, for every row
	DryRun    bool              // compute the summary, write nothing
	Partial   bool              // the delivery is not complete: rows of its source that it lacks stay
	Extent    *Extent           // the area the delivery covers: what is stored outside it stays; nil: everything
	Date      string            // the day the delivery shows, see ParseDate; "": none is known
	Strict    bool              // one rejected row rejects the batch
	Fix       bool              // put right what a rule can put right safely, and write it into the row's history
	ForReport bool              // a report will be written: keep what its map is drawn on
	Actor     string
	Token     string // the batch is known by, see data.Batch
	Today     string // YYYY-MM-DD: initial date of components that come without one, "" leaves it empty

	Classes    ClassGuesser // nil: the standards' tables in data/catalog
	Place      Placer       // nil: built from the target's community, street and unit_grid
	Limits     Limits
	MaxRejects int // rejected rows and findings kept in the Result, 0: 10,000; the batch in the store keeps as many
	Progress   gis.Progress
}

// Summary counts what an import did, or would do.
type Summary struct {
	Added     int64 `json:"added"`
	Moved     int64 `json:"moved"`
	Changed   int64 `json:"changed"`
	Removed   int64 `json:"removed"`
	Unchanged int64 `json:"unchanged"`
	Rejected  int64 `json:"rejected"`
}

// FileReport tells what became of one file (one part of it, for archives and workbooks).
type FileReport struct {
	File     string   `json:"file"`
	Layer    string   `json:"layer"`
	Source   string   `json:"source"`
	Format   string   `json:"format"`
	Rows     int64    `json:"rows"`
	Taken    int64    `json:"taken"` // rows that became features, before duplicates are folded
	Rejected int64    `json:"rejected"`
	CRS      string   `json:"crs"`
	Class    string   `json:"class,omitempty"` // components: the class, or how it is found
	Remarks  []string `json:"remarks,omitempty"`
}

// UsedProfile is the profile a file was read with.
type UsedProfile struct {
	File    string
	Profile Profile
}

// Result is the outcome of an import.
type Result struct {
	Batch      data.Batch
	Summary    Summary
	Files      []FileReport
	Profiles   []UsedProfile
	Rejected   []data.Rejected
	Findings   []gis.Finding
	Dropped    int64 // rejected rows and findings beyond MaxRejects, counted but not kept
	Generation gis.Generation
	DryRun     bool

	Faults     []Fault // every fault with its row, rejected rows among them; see Rules for the kinds
	MoreFaults int64   // counted and not kept

	back       *backdrop         // what the report's map is drawn on
	classNames map[string]string // of the classes the faults are in
	tally      map[countKey]*RuleCount
	perRule    map[string]int
}

// Import reads the files, checks every row and commits what is good as one batch.
//
// Its errors: [gis.Invalid] when a mandatory field cannot be found or an option is wrong,
// [gis.Rejected] when a file cannot be read or no row of the delivery could be taken
// (the result then still tells why). Rejected rows alone are no error unless o.Strict.
func Import(ctx context.Context, t Target, o Options) (Result, error) {
	return runImport(ctx, t, o)
}

// WriteReport writes the result as "html", "json" or "xlsx".
func (r Result) WriteReport(w io.Writer, format string) error {
	return r.writeReport(w, format)
}
