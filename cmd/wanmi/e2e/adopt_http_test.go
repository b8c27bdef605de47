//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// upload is an import over HTTP.
type upload struct {
	ID, State, Error string
	DryRun           bool `json:"dry_run"`
	Findings         int
	Summary          struct{ Added, Changed, Unchanged, Removed, Rejected int }
	UnitGrids        *struct{ Void, Placed, Hard int } `json:"unit_grids"`
}

// upload posts a file and waits for the check of it, or with dry_run=false for the write.
func (s *server) upload(key, file string, fields ...string) upload {
	s.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			s.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", filepath.Base(file))
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	_, _ = part.Write(b) // to memory
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	r := s.do(http.MethodPost, "/api/imports", &form, "Content-Type", w.FormDataContentType(), "X-API-Key", key)
	if r.status != http.StatusAccepted {
		s.t.Fatalf("POST /api/imports: status %d\n%s", r.status, tail(string(r.body)))
	}
	var u upload
	r.json(s.t, &u)
	return s.settled(key, u.ID)
}

// settled follows the events of an import until nothing more will happen by itself.
func (s *server) settled(key, id string) upload {
	s.t.Helper()
	s.get("/api/imports/"+id+"/events", "X-API-Key", key)
	var u upload
	s.get("/api/imports/"+id, "X-API-Key", key).json(s.t, &u)
	return u
}

// A hand-drawn delivery by HTTP is what it is on the command line: the check tells the same findings and writes nothing,
// the commit stores the same cells, and of a void code neither makes a valid one.
func TestDrawnGridsByHTTP(t *testing.T) {
	db, cells := drawnCity(t)
	dir := t.TempDir()
	copied, report := filepath.Join(dir, "copy.gpkg"), filepath.Join(dir, "report.json")
	must(t, "backup", "--db", db, "--out", copied)
	must(t, "import", "--db", copied, "unit_grid", cells, "--report", report)
	var want, got struct{ Findings []reported }
	readJSON(t, report, &want)
	byCommand := exportGrids(t, copied)

	key := strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "editor").out)
	s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	u := s.upload(key, cells, "layer", "unit_grid")
	if u.State != "checked" || u.UnitGrids == nil || u.UnitGrids.Hard == 0 || u.Summary.Added != len(byCommand) || u.Findings != len(want.Findings) {
		t.Fatalf("the check: %+v, want %d cells to be added and %d findings", u, len(byCommand), len(want.Findings))
	}
	if n := len(exportGrids(t, db)); n != 0 {
		t.Errorf("the check wrote %d cells", n)
	}
	s.get("/api/imports/"+u.ID+"/report.json", "X-API-Key", key).json(t, &got)
	if !slices.Equal(got.Findings, want.Findings) {
		t.Errorf("the findings differ from those of the command line:\n%+v\n%+v", got.Findings, want.Findings)
	}
	if r := s.do(http.MethodPost, "/api/imports/"+u.ID+"/commit", nil, "X-API-Key", key); r.status != http.StatusAccepted {
		t.Fatalf("commit: status %d\n%s", r.status, r.body)
	}
	if u = s.settled(key, u.ID); u.State != "committed" || u.Summary.Added != len(byCommand) {
		t.Fatalf("the commit: %+v", u)
	}
	stored := exportGrids(t, db)
	for code, r := range byCommand {
		if stored[code] != r {
			t.Errorf("%s is not as the command line stores it", code)
		}
	}
	if len(stored) != len(byCommand) {
		t.Errorf("%d cells, want %d", len(stored), len(byCommand))
	}
	for code := range stored { // the server shows them at once
		s.get("/api/grids/" + code)
	}
	if u = s.upload(key, cells, "layer", "unit_grid", "dry_run", "false"); u.State != "committed" || u.Summary.Unchanged != len(stored) {
		t.Errorf("the second delivery: %+v, want %d unchanged", u, len(stored))
	}
	if u = s.upload(key, cells, "layer", "unit_grid", "tolerance", "0.1"); u.Findings <= len(want.Findings) {
		t.Errorf("with a tolerance of 10 cm %d findings, want more than %d", u.Findings, len(want.Findings))
	}
	if r := s.do(http.MethodPost, "/api/imports", strings.NewReader("x"), "X-API-Key", key); r.status != http.StatusBadRequest {
		t.Errorf("no form: status %d", r.status)
	}
}

// A code that is void is never valid again: neither by a delivery after the cell was merged away, nor where the delivery
// itself says 作废.
func TestDrawnVoidCodes(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "city.gpkg")
	must(t, "import", "--db", db, "community", writeGeoJSON(t, filepath.Join(dir, "社区.geojson"), with(box(0, 0, 400, 200), "社区代码", commA, "社区名称", "一")))
	code := func(n int) string { return fmt.Sprintf("%s%03d", commA, n) }
	file := writeGeoJSON(t, filepath.Join(dir, "网格.geojson"),
		with(box(0, 0, 100, 200), "网格编码", code(1)), with(box(100, 0, 200, 200), "网格编码", code(2)),
		with(box(200, 0, 300, 200), "网格编码", code(3)), with(box(300, 0, 400, 200), "网格编码", code(4)),
		with(box(300, 0, 350, 200), "网格编码", code(9), "状态", "作废"))
	must(t, "import", "--db", db, "unit_grid", file)
	if n := len(exportGrids(t, db)); n != 4 {
		t.Fatalf("%d valid cells, want 4", n)
	}
	must(t, "grid", "merge", "--db", db, code(3), code(4)) // gets 010: 009 was delivered as void
	after := exportGrids(t, db)
	if _, ok := after[code(10)]; !ok || len(after) != 3 {
		t.Fatalf("after the merge: %v, want %s among 3", after, code(10))
	}
	must(t, "grid", "undo", "--db", db)
	must(t, "grid", "merge", "--db", db, code(3), code(4))
	report := filepath.Join(dir, "report.json")
	r := must(t, "import", "--db", db, "unit_grid", file, "--report", report)
	var rep struct{ Findings []reported }
	readJSON(t, report, &rep)
	told := 0
	for _, f := range rep.Findings {
		if f.Rule == "adopt.void" && f.Severity == "error" && (f.Key == code(3) || f.Key == code(4)) && f.At[0] > 116 {
			told++
		}
	}
	if told != 2 {
		t.Errorf("%d findings of void codes, want 2\n%s", told, r.errOut)
	}
	after = exportGrids(t, db)
	for _, n := range []int{3, 4, 9} {
		if _, ok := after[code(n)]; ok {
			t.Errorf("the void code %s is valid again", code(n))
		}
	}
	if len(after) != 4 {
		t.Errorf("%d valid cells, want 4", len(after))
	}
	if again := must(t, "import", "--db", db, "unit_grid", file); !strings.Contains(again.out, "0 added, 0 changed, 4 unchanged, 0 void") {
		t.Errorf("the same once more: %s", again.out)
	}
	gone := writeGeoJSON(t, filepath.Join(dir, "作废.geojson"), with(box(0, 0, 100, 200), "网格编码", code(1), "状态", "作废"), with(box(100, 0, 200, 200), "网格编码", code(2)))
	if r := must(t, "import", "--db", db, "--partial", "unit_grid", gone); !strings.Contains(r.out, "1 void") {
		t.Errorf("a cell delivered as void: %s", r.out)
	}
}
