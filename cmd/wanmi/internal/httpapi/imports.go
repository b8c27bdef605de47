package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"wanmi/data"
	"wanmi/data/census"
	"wanmi/gis"
)

func importRoutes() []route {
	const tag, one = "imports", "/api/imports/{id}"
	return []route{
		get("imports", "/api/imports", tag, "The imports, newest first. They are kept over restarts of the server, and for seven days after their last change.", (*API).listImports).needs(data.RoleSurveyor),
		get("import-post", "/api/imports", tag, "Takes a delivery: every file in a field file. It is checked; commit writes it. With dry_run=false it is written at once. "+
			"It is kept, with its reports, over restarts and for seven days after its last change. "+
			"Drawn unit grids are repaired against the communities: the check tells what would become of them, commit writes them repaired.", (*API).postImport).
			by(http.MethodPost).needs(data.RoleSurveyor).takes("Delivery", "multipart/form-data", 0).gives("Import").answers(http.StatusAccepted),
		get("import", one, tag, "How far an import is, and its summary.", (*API).getImport).needs(data.RoleSurveyor).gives("Import"),
		get("import-events", one+"/events", tag, "Server-sent events: the import at every change, until it rests. With Last-Event-ID: the changes of state "+
			"since that event, each as id, state and at, and the import as it is; 204 when nothing has changed and nothing will by itself.", (*API).importEvents,
			param{name: "Last-Event-ID", typ: "integer", header: true, doc: "the id of the last event seen"}).
			needs(data.RoleSurveyor).gives("Lines").as("text/event-stream"),
		get("import-report", one+"/report.{format}", tag, "The report: html, json or xlsx.", (*API).importReport).needs(data.RoleSurveyor).as("text/html"),
		get("import-commit", one+"/commit", tag, "Writes a checked import.", (*API).commitImport).
			by(http.MethodPost).needs(data.RoleEditor).gives("Import").answers(http.StatusAccepted),
		get("import-start", one+"/start", tag, "Checks a delivery again that is kept: one that was interrupted by the end of the server, has failed, or was checked before.", (*API).startImport).
			by(http.MethodPost).needs(data.RoleSurveyor).gives("Import").answers(http.StatusAccepted),
		get("import-rollback", one+"/rollback", tag, "Drops a checked, interrupted or failed import and its files; undoes a committed one, named by its id or by its batch, as a whole (role editor). "+
			"409 with the rows in see when some were edited since.", (*API).rollbackImport,
			param{name: "force", typ: "boolean", doc: "leave rows edited since as they are and undo the rest"},
			param{name: "dry_run", typ: "boolean", doc: "of a committed import: only say what would be undone"}).
			by(http.MethodPost).needs(data.RoleSurveyor).gives("Import"),
	}
}

func (a *API) jobReply(j *job) (*reply, error) {
	v, _, _ := j.view()
	rp, err := jsonReply(v)
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}

// listImports is GET /api/imports.
func (a *API) listImports(*call) (*reply, error) {
	all := []object{}
	for _, j := range a.imports.list() {
		v, _, _ := j.view()
		all = append(all, v)
	}
	rp, err := jsonReply(object{"imports": all})
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}

// getImport is GET /api/imports/{id}.
func (a *API) getImport(c *call) (*reply, error) {
	j, err := a.imports.find(c.vars["id"])
	if err != nil {
		return nil, err
	}
	return a.jobReply(j)
}

// importEvents is GET /api/imports/{id}/events.
func (a *API) importEvents(c *call) (*reply, error) {
	j, err := a.imports.find(c.vars["id"])
	if err != nil {
		return nil, err
	}
	seen := int64(0)
	if s := c.r.Header.Get("Last-Event-ID"); s != "" {
		if seen, err = strconv.ParseInt(s, 10, 64); err != nil || seen < 0 {
			return nil, gis.E(gis.Invalid, err, "Last-Event-ID must be the id of an event, not %q", clip(s))
		}
	}
	v, last, _ := j.view()
	if state, _ := v["state"].(string); seen >= last && resting(state) { // 204 tells an EventSource not to come again
		return &reply{status: http.StatusNoContent, cache: "no-store"}, nil
	}
	rp := &reply{typ: "text/event-stream", cache: "no-store"}
	rp.stream = func(w http.ResponseWriter) error { return a.tell(c, w, j, seen) }
	return rp, nil
}

// keepAlive is how often a silent event stream says that it is still there.
const keepAlive = 15 * time.Second

// tell sends the changes of state a caller has missed since the event seen, then the job at every change until nothing more will
// happen by itself, the caller leaves, or the server stops.
func (a *API) tell(c *call, w http.ResponseWriter, j *job, seen int64) error {
	flush := http.NewResponseController(w).Flush
	beat := time.NewTicker(keepAlive)
	defer beat.Stop()
	if seen > 0 {
		for _, e := range j.missed(seen) {
			if err := sendEvent(w, e.ID, e.State, object{"id": j.id, "state": e.State, "at": rfc3339(e.At)}); err != nil {
				return err
			}
		}
	}
	for {
		v, id, changed := j.view()
		state, _ := v["state"].(string)
		if err := sendEvent(w, id, state, v); err != nil {
			return err
		}
		if err := flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if resting(state) {
			return nil
		}
		for waiting := true; waiting; {
			select {
			case <-changed:
				waiting = false
			case <-beat.C:
				if _, err := io.WriteString(w, ": still here\n\n"); err != nil {
					return err
				}
				_ = flush() // an error shows at the next write
			case <-c.r.Context().Done():
				return c.r.Context().Err()
			case <-a.done.Done():
				return nil
			}
		}
	}
}

func sendEvent(w io.Writer, id int64, name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", id, name, raw)
	return err
}

// importReport is GET /api/imports/{id}/report.{format}.
func (a *API) importReport(c *call) (*reply, error) {
	j, err := a.imports.find(c.vars["id"])
	if err != nil {
		return nil, err
	}
	format := c.vars["format"]
	if !slices.Contains(reportFormats, format) {
		return nil, gis.E(gis.NotFound, nil, "no report.%s; there are report.html, report.json and report.xlsx", clip(format))
	}
	rp := &reply{cache: "no-store", typ: map[string]string{
		"html": "text/html; charset=utf-8", "json": "application/json",
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}[format]}
	if rp.body, err = j.report(format); err != nil {
		return nil, err
	}
	if format == "html" { // what is in it came from a stranger's file
		rp.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src "+census.ReportScriptHash()+"; img-src data:; sandbox allow-scripts allow-downloads")
	}
	return rp, nil
}

// report returns the report as it was written when the import rested last.
func (j *job) report(format string) ([]byte, error) {
	j.mu.Lock()
	body, state := j.unkept[format], j.rec.State
	j.mu.Unlock()
	if body != nil {
		return body, nil
	}
	raw, err := os.ReadFile(j.reportFile(format))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, gis.E(gis.Conflict, nil, "the import is %s; there is no report yet", state)
	}
	return raw, err
}

// startImport is POST /api/imports/{id}/start.
func (a *API) startImport(c *call) (*reply, error) {
	return a.setOff(c, (*job).again)
}

// commitImport is POST /api/imports/{id}/commit.
func (a *API) commitImport(c *call) (*reply, error) {
	return a.setOff(c, func(j *job) error { return j.commit(c.who.name) })
}

// setOff brings an import into the queue by ready.
func (a *API) setOff(c *call, ready func(*job) error) (*reply, error) {
	j, err := a.imports.find(c.vars["id"])
	if err != nil {
		return nil, err
	}
	if err := ready(j); err != nil {
		return nil, err
	}
	a.imports.start(j)
	rp, err := a.jobReply(j)
	if err == nil {
		rp.status = http.StatusAccepted
	}
	return rp, err
}

// rollbackImport is POST /api/imports/{id}/rollback.
func (a *API) rollbackImport(c *call) (*reply, error) {
	j, err := a.imports.find(c.vars["id"])
	if err != nil {
		batch, isNumber := strconv.ParseInt(c.vars["id"], 10, 64)
		if isNumber != nil {
			return nil, err
		}
		return a.undoBatch(c, nil, batch)
	}
	if batch := j.committedBatch(); batch > 0 {
		return a.undoBatch(c, j, batch)
	}
	if err := j.discard(); err != nil {
		return nil, err
	}
	return a.jobReply(j)
}

// undoBatch rolls a committed batch back.
func (a *API) undoBatch(c *call, j *job, batch int64) (*reply, error) {
	if !data.RoleAllows(c.who.role, data.RoleEditor) {
		return nil, gis.E(gis.Denied, nil, "undoing a committed import needs the role %s; the key has %s", data.RoleEditor, c.who.role)
	}
	o := census.RollBackOptions{Actor: c.who.name}
	for _, p := range []struct {
		name string
		to   *bool
	}{{"force", &o.Force}, {"dry_run", &o.DryRun}} {
		if v := c.q.Get(p.name); v != "" {
			var err error
			if *p.to, err = formBool(p.name, v); err != nil {
				return nil, err
			}
		}
	}
	out, err := census.RollBack(c.r.Context(), target{ImportStore: a.cfg.Store, job: &job{}, write: a.cfg.Live.Write}, batch, o)
	if gis.KindOf(err) == gis.Conflict && err != nil && len(out.Edited) > 0 {
		see := make([]string, len(out.Edited))
		for i, e := range out.Edited {
			see[i] = e.Layer + " " + e.Key
		}
		return nil, &statusError{status: http.StatusConflict, name: "conflict", title: "It conflicts with what is there", see: see, err: err}
	}
	if err != nil {
		return nil, err
	}
	if j != nil && !o.DryRun {
		if err := j.move(stateRolledBack, nil); err != nil { // the rows are undone all the same
			a.cfg.Log.Error("keeping an import", "id", j.id, "error", err)
		}
	}
	a.after(c)
	rp, err := jsonReply(object{"id": c.vars["id"], "state": map[bool]string{false: stateRolledBack, true: stateCommitted}[o.DryRun], "batch": batch, "undone": out})
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}
