package httpapi

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"wanmi/data"
	"wanmi/data/census"
	"wanmi/gis"
)

// maxFiles is the most files of one delivery.
const maxFiles = 200

// postImport is POST /api/imports.
func (a *API) postImport(c *call) (*reply, error) {
	dir, err := a.imports.room()
	if err != nil {
		return nil, err
	}
	if err := a.fits(c.r.ContentLength, dir); err != nil {
		return nil, err
	}
	rec := jobRecord{ID: randomID(), Actor: c.who.name, Created: a.cfg.Now()}
	dir = filepath.Join(dir, rec.ID)
	j, err := a.receive(c, rec, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir+partSuffix))
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

// fits refuses a body that is too large, or for which there is no room, before it is sent. length is -1 when nobody knows.
func (a *API) fits(length int64, dir string) error {
	if length > a.cfg.MaxUpload {
		return a.tooLarge()
	}
	if free, ok := roomIn(dir); ok && length > free {
		return noRoom(nil, "the delivery has %s and the server's disk has room for %s; free some, send it in parts, or name another folder with wanmi serve --staging",
			bytesText(length), bytesText(free))
	}
	return nil
}

func (a *API) tooLarge() error {
	return gis.E(gis.TooLarge, nil, "a delivery by HTTP has at most %s; send it in parts (a later part with partial=true or an extent), compressed, or run wanmi import where the database is",
		bytesText(a.cfg.MaxUpload))
}

func bytesText(n int64) string {
	if n >= 10<<20 {
		return strconv.FormatInt(n>>20, 10) + " MiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

// receive reads the form into a folder beside dir and calls it dir when it is whole. The files go to disk as they come.
func (a *API) receive(c *call, rec jobRecord, dir string) (*job, error) {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, a.cfg.MaxUpload)
	form, err := c.r.MultipartReader()
	if err != nil {
		return nil, gis.E(gis.Invalid, err, "send multipart/form-data with the fields layer and file")
	}
	part := dir + partSuffix
	if err := os.MkdirAll(filepath.Join(part, filesDir), 0o700); err != nil {
		return nil, stagingFault(err)
	}
	if err := rec.read(form, filepath.Join(part, filesDir)); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, a.tooLarge()
		}
		return nil, err
	}
	if len(rec.Names) == 0 {
		return nil, gis.E(gis.Invalid, nil, "the form has no file; send each in a field named file")
	}
	j, err := newJob(rec, dir, a.cfg.Now)
	if err != nil {
		return nil, err
	}
	if !j.opt.DryRun && !data.RoleAllows(c.who.role, data.RoleEditor) {
		return nil, gis.E(gis.Denied, nil, "dry_run=false needs the role %s; the key has %s", data.RoleEditor, c.who.role)
	}
	j.rec.State, j.rec.Since, j.rec.Writing = stateWaiting, rec.Created, !j.opt.DryRun
	j.rec.Events = []jobEvent{{ID: j.nextEvent(), State: stateWaiting, At: rec.Created}}
	if err := j.rec.save(part); err != nil {
		return nil, stagingFault(err)
	}
	if err := os.Rename(part, dir); err != nil {
		return nil, stagingFault(err)
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return nil, stagingFault(err)
	}
	return j, nil
}

// read takes the form apart: files into the folder, text fields into Fields.
func (r *jobRecord) read(form *multipart.Reader, dir string) error {
	r.Fields = map[string][]string{}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return formFault(err)
		}
		if name := part.FormName(); part.FileName() != "" && name != "profile" && name != "extent" {
			if err := r.keep(part, dir); err != nil {
				return err
			}
			continue
		}
		v, err := formText(part)
		if err != nil {
			return err
		}
		r.Fields[part.FormName()] = append(r.Fields[part.FormName()], v)
	}
}

// keep writes a file of the form under its own name: the name tells the source of a delivery.
func (r *jobRecord) keep(part *multipart.Part, dir string) (err error) {
	name := filepath.Base(strings.ReplaceAll(part.FileName(), "\\", "/"))
	if name == "" || name == "." || name == ".." || name == "/" || strings.HasPrefix(name, ".") || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) || len(name) > 200 {
		return gis.E(gis.Invalid, nil, "%q is no file name", clip(part.FileName()))
	}
	if slices.Contains(r.Names, name) {
		return gis.E(gis.Invalid, nil, "two files are called %s", clip(name))
	}
	if len(r.Names) == maxFiles {
		return gis.E(gis.TooLarge, nil, "more than %d files", maxFiles)
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return stagingFault(err)
	}
	if _, err := io.Copy(&steadyFile{file: f}, part); err != nil {
		_ = f.Close() // it is removed
		var disk *os.PathError
		if errors.As(err, &disk) {
			return stagingFault(err)
		}
		return formFault(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return stagingFault(err)
	}
	r.Names = append(r.Names, name)
	return nil
}

// steadyFile brings what is written to the disk as it comes, a few megabytes at a time: an edit that makes sure of its own would have to wait
// for all that others have written.
type steadyFile struct {
	file  *os.File
	waits int
}

func (f *steadyFile) Write(b []byte) (int, error) {
	n, err := f.file.Write(b)
	if f.waits += n; err == nil && f.waits >= 4<<20 {
		f.waits = 0
		err = f.file.Sync()
	}
	return n, err
}

// sidecars are the parts of a Shapefile that are read along with its .shp.
var sidecars = []string{".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj"}

// files are the paths to import: all but the parts of a Shapefile whose .shp came too.
func (j *job) files() []string {
	stems := map[string]bool{}
	for _, n := range j.rec.Names {
		if ext := filepath.Ext(n); strings.EqualFold(ext, ".shp") {
			stems[strings.TrimSuffix(n, ext)] = true
		}
	}
	var out []string
	for _, n := range j.rec.Names {
		ext := filepath.Ext(n)
		if stems[strings.TrimSuffix(n, ext)] && slices.Contains(sidecars, strings.ToLower(ext)) || strings.HasSuffix(strings.ToLower(n), ".shp.xml") {
			continue
		}
		out = append(out, filepath.Join(j.dir, filesDir, n))
	}
	return out
}

// importOptions reads the text fields of the form, as the flags of wanmi import are named.
func importOptions(fields map[string][]string) (o census.Options, tolerance float64, err error) {
	o = census.Options{DryRun: true, ForReport: true}
	for name, values := range fields {
		v := strings.TrimSpace(values[len(values)-1])
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
		case "date":
			o.Date, err = census.ParseDate(v)
		case "extent":
			o.Extent, err = census.ParseExtent(v)
		case "strict":
			o.Strict, err = formBool(name, v)
		case "set":
			o.Set, err = constants(values)
		case "tolerance":
			if tolerance, err = strconv.ParseFloat(v, 64); err != nil || !(tolerance > 0) {
				err = gis.E(gis.Invalid, err, "tolerance must be metres over 0, not %q", clip(v))
			}
		case "profile":
			var p census.Profile
			p, err = census.ParseProfile([]byte(values[0]))
			o.Profile = &p
		default:
			err = gis.E(gis.Invalid, nil, "unknown form field %s; there are layer, file, dry_run, crs, encoding, sheet, partial, extent, date, strict, set, profile, tolerance", clip(name))
		}
		if err != nil {
			return o, 0, err
		}
	}
	if o.Layer == "osm" {
		return o, tolerance, nil
	}
	if o.Layer == "" {
		return o, 0, gis.E(gis.Invalid, nil, "the form field layer is missing")
	}
	_, err = gis.LayerByName(o.Layer)
	return o, tolerance, err
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
