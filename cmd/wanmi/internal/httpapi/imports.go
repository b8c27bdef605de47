package httpapi

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"wanmi/data"
	"wanmi/data/census"
	"wanmi/gis"
)

func importRoutes() []route {
	const tag, one = "imports", "/api/imports/{id}"
	return []route{
		get("imports", "/api/imports", tag, "The imports this process knows, newest first.", (*API).listImports).needs(data.RoleSurveyor),
		get("import-post", "/api/imports", tag, "Takes a delivery: every file in a field file. It is checked; commit writes it. With dry_run=false it is written at once. "+
			"Drawn unit grids are repaired against the communities: the check tells what would become of them, commit writes them repaired.", (*API).postImport).
			by(http.MethodPost).needs(data.RoleSurveyor).takes("Delivery", "multipart/form-data", 0).gives("Import").answers(http.StatusAccepted),
		get("import", one, tag, "How far an import is, and its summary.", (*API).getImport).needs(data.RoleSurveyor).gives("Import"),
		get("import-events", one+"/events", tag, "Server-sent events: the import at every change, until it ends.", (*API).importEvents).
			needs(data.RoleSurveyor).gives("Lines").as("text/event-stream"),
		get("import-report", one+"/report.{format}", tag, "The report: html, json or xlsx.", (*API).importReport).needs(data.RoleSurveyor).as("text/html"),
		get("import-commit", one+"/commit", tag, "Writes a checked import.", (*API).commitImport).
			by(http.MethodPost).needs(data.RoleEditor).gives("Import").answers(http.StatusAccepted),
		get("import-rollback", one+"/rollback", tag, "Drops a checked import and its files; undoes a committed one, named by its id or by its batch, as a whole (role editor). "+
			"409 with the rows in see when some were edited since.", (*API).rollbackImport,
			param{name: "force", typ: "boolean", doc: "leave rows edited since as they are and undo the rest"},
			param{name: "dry_run", typ: "boolean", doc: "of a committed import: only say what would be undone"}).
			by(http.MethodPost).needs(data.RoleSurveyor).gives("Import"),
	}
}

// maxFiles is the most files of one delivery.
const maxFiles = 200

// postImport is POST /api/imports.
func (a *API) postImport(c *call) (*reply, error) {
	dir, err := os.MkdirTemp(a.cfg.TempDir, "wanmi-import-")
	if err != nil {
		return nil, err
	}
	j := &job{dir: dir, actor: c.who.name, created: a.cfg.Now(), state: stateWaiting, changed: make(chan struct{}), id: randomID()}
	if err := a.receive(c, j); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := a.imports.add(j); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	rp, err := a.jobReply(j)
	if err == nil {
		rp.status = http.StatusAccepted
		rp.set("Location", a.origin(c.r)+"/api/imports/"+j.id)
	}
	return rp, err
}

func randomID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	return hex.EncodeToString(b[:])
}

// receive reads the form: files go to the job's folder as they come, text fields into its options.
func (a *API) receive(c *call, j *job) error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, a.cfg.MaxUpload)
	form, err := c.r.MultipartReader()
	if err != nil {
		return gis.E(gis.Invalid, err, "send multipart/form-data with the fields layer and file")
	}
	fields := map[string][]string{}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return formFault(err)
		}
		if part.FileName() != "" && part.FormName() != "profile" && part.FormName() != "extent" {
			if err := j.keep(part); err != nil {
				return err
			}
			continue
		}
		v, err := formText(part)
		if err != nil {
			return err
		}
		fields[part.FormName()] = append(fields[part.FormName()], v)
	}
	if len(j.names) == 0 {
		return gis.E(gis.Invalid, nil, "the form has no file; send each in a field named file")
	}
	if v, ok := fields["tolerance"]; ok {
		if j.tolerance, err = strconv.ParseFloat(strings.TrimSpace(v[len(v)-1]), 64); err != nil || !(j.tolerance > 0) {
			return gis.E(gis.Invalid, err, "tolerance must be metres over 0, not %q", clip(v[len(v)-1]))
		}
		delete(fields, "tolerance")
	}
	if j.opt, err = importOptions(fields); err != nil {
		return err
	}
	j.opt.Files, j.opt.Actor, j.opt.Today = j.files(), c.who.name, a.cfg.Now().Format(time.DateOnly)
	if !j.opt.DryRun && !data.RoleAllows(c.who.role, data.RoleEditor) {
		return gis.E(gis.Denied, nil, "dry_run=false needs the role %s; the key has %s", data.RoleEditor, c.who.role)
	}
	return nil
}

// keep writes a file of the form under its own name: the name tells the source of a delivery.
func (j *job) keep(part *multipart.Part) (err error) {
	name := filepath.Base(strings.ReplaceAll(part.FileName(), "\\", "/"))
	if name == "" || name == "." || name == ".." || name == "/" || strings.HasPrefix(name, ".") || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) || len(name) > 200 {
		return gis.E(gis.Invalid, nil, "%q is no file name", clip(part.FileName()))
	}
	if slices.Contains(j.names, name) {
		return gis.E(gis.Invalid, nil, "two files are called %s", clip(name))
	}
	if len(j.names) == maxFiles {
		return gis.E(gis.TooLarge, nil, "more than %d files", maxFiles)
	}
	f, err := os.OpenFile(filepath.Join(j.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, part); err != nil {
		var disk *os.PathError
		if errors.As(err, &disk) {
			return err
		}
		return formFault(err)
	}
	j.names = append(j.names, name)
	return nil
}

// sidecars are the parts of a Shapefile that are read along with its .shp.
var sidecars = []string{".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj"}

// files are the paths to import: all but the parts of a Shapefile whose .shp came too.
func (j *job) files() []string {
	stems := map[string]bool{}
	for _, n := range j.names {
		if ext := filepath.Ext(n); strings.EqualFold(ext, ".shp") {
			stems[strings.TrimSuffix(n, ext)] = true
		}
	}
	var out []string
	for _, n := range j.names {
		ext := filepath.Ext(n)
		if stems[strings.TrimSuffix(n, ext)] && slices.Contains(sidecars, strings.ToLower(ext)) || strings.HasSuffix(strings.ToLower(n), ".shp.xml") {
			continue
		}
		out = append(out, filepath.Join(j.dir, n))
	}
	return out
}

// importOptions reads the text fields of the form, as the flags of wanmi import are named.
func importOptions(fields map[string][]string) (census.Options, error) {
	o := census.Options{DryRun: true, ForReport: true}
	for name, values := range fields {
		v := strings.TrimSpace(values[len(values)-1])
		var err error
		switch name {
		case "layer":
			o.Layer = v
		case "crs":
			o.CRS = v
		case "encoding":
			o.Encoding = v
		case "sheet":
			o.Sheet = v
		case "dry_run":
			o.DryRun, err = formBool(name, v)
		case "partial":
			o.Partial, err = formBool(name, v)
		case "extent":
			o.Extent, err = census.ParseExtent(v)
		case "strict":
			o.Strict, err = formBool(name, v)
		case "set":
			o.Set, err = constants(values)
		case "profile":
			var p census.Profile
			p, err = census.ParseProfile([]byte(values[0]))
			o.Profile = &p
		default:
			err = gis.E(gis.Invalid, nil, "unknown form field %s; there are layer, file, dry_run, crs, encoding, sheet, partial, extent, strict, set, profile, tolerance", clip(name))
		}
		if err != nil {
			return o, err
		}
	}
	if o.Layer == "osm" {
		return o, nil
	}
	if o.Layer == "" {
		return o, gis.E(gis.Invalid, nil, "the form field layer is missing")
	}
	_, err := gis.LayerByName(o.Layer)
	return o, err
}

func formBool(name, v string) (bool, error) {
	b, err := strconv.ParseBool(v)
	if err != nil {
		return false, gis.E(gis.Invalid, err, "%s must be true or false, not %q", name, clip(v))
	}
	return b, nil
}

func constants(values []string) (map[string]string, error) {
	out := map[string]string{}
	for _, s := range values {
		field, v, ok := strings.Cut(s, "=")
		if !ok || field == "" {
			return nil, gis.E(gis.Invalid, nil, "set must be field=value, not %q", clip(s))
		}
		out[field] = v
	}
	return out, nil
}

func (a *API) jobReply(j *job) (*reply, error) {
	v, _ := j.view()
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
		v, _ := j.view()
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
	rp := &reply{typ: "text/event-stream", cache: "no-store"}
	rp.stream = func(w http.ResponseWriter) error { return a.tell(c, w, j) }
	return rp, nil
}

// keepAlive is how often a silent event stream says that it is still there.
const keepAlive = 15 * time.Second

// tell sends the job at every change until nothing more will happen by itself, the caller leaves, or the server stops.
func (a *API) tell(c *call, w http.ResponseWriter, j *job) error {
	flush := http.NewResponseController(w).Flush
	beat := time.NewTicker(keepAlive)
	defer beat.Stop()
	for {
		v, changed := j.view()
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", v["state"], raw); err != nil {
			return err
		}
		if err := flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if s := v["state"]; s != stateWaiting && s != stateRunning {
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

// importReport is GET /api/imports/{id}/report.{format}.
func (a *API) importReport(c *call) (*reply, error) {
	j, err := a.imports.find(c.vars["id"])
	if err != nil {
		return nil, err
	}
	typ := map[string]string{
		"html": "text/html; charset=utf-8", "json": "application/json",
		"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	}[c.vars["format"]]
	if typ == "" {
		return nil, gis.E(gis.NotFound, nil, "no report.%s; there are report.html, report.json and report.xlsx", clip(c.vars["format"]))
	}
	j.mu.Lock()
	res, state := j.result, j.state
	j.mu.Unlock()
	if res == nil {
		return nil, gis.E(gis.Conflict, nil, "the import is %s; there is no report yet", state)
	}
	var buf bytes.Buffer
	if err := res.WriteReport(&buf, c.vars["format"]); err != nil {
		return nil, err
	}
	rp := &reply{typ: typ, body: buf.Bytes(), cache: "no-store"}
	if c.vars["format"] == "html" { // what is in it came from a stranger's file
		rp.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src "+census.ReportScriptHash()+"; img-src data:; sandbox allow-scripts allow-downloads")
	}
	return rp, nil
}

// commitImport is POST /api/imports/{id}/commit.
func (a *API) commitImport(c *call) (*reply, error) {
	j, err := a.imports.find(c.vars["id"])
	if err != nil {
		return nil, err
	}
	if err := j.commit(c.who.name); err != nil {
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
	for name, to := range map[string]*bool{"force": &o.Force, "dry_run": &o.DryRun} {
		if v := c.q.Get(name); v != "" {
			var err error
			if *to, err = formBool(name, v); err != nil {
				return nil, err
			}
		}
	}
	out, err := census.RollBack(c.r.Context(), target{a, &job{}}, batch, o)
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
		j.set(stateRolledBack)
	}
	a.after(c)
	rp, err := jsonReply(object{"id": c.vars["id"], "state": map[bool]string{false: stateRolledBack, true: stateCommitted}[o.DryRun], "batch": batch, "undone": out})
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}
