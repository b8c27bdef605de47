package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/division"
	"wanmi/data"
	"wanmi/gis"
	"wanmi/grids"
)

// gridEditRoutes are the verbs of a planner's hand.
func gridEditRoutes() []route {
	const tag = "grids"
	const json = "application/json"
	const match = " If-Match lists the property rev of each cell named, as entity tags."
	post := func(name, path, doc, in string, serve func(*API, *call) (*reply, error)) route {
		rt := route{name: name, method: http.MethodPost, path: path, tag: tag, doc: doc, serve: serve}.gives("GridEdit").needs(data.RoleEditor)
		if in != "" {
			return rt.takes(in, json, smallBody)
		}
		return rt
	}
	return []route{
		post("merge-grids", "/api/grids/merge", "Joins neighbouring cells of one community into one."+match, "GridMerge", (*API).mergeGrids),
		post("split-grid", "/api/grids/split", "Cuts a cell in two along a line from border to border."+match, "GridSplit", (*API).splitGrid),
		post("move-grid-edge", "/api/grids/move-edge", "Gives two neighbouring cells a new common border."+match, "GridMoveEdge", (*API).moveGridEdge),
		post("undo-grid-edit", "/api/grids/undo", "Takes the last edit back. If-Match names it by the number edit of its reply, or is *.", "", (*API).undoGridEdit),
		post("lock-grid", "/api/grids/{code}/lock", "Locks a cell: no build and no edit changes it."+match, "", (*API).lockGrid),
		post("unlock-grid", "/api/grids/{code}/unlock", "Unlocks a cell."+match, "", (*API).unlockGrid),
	}
}

// lineBody is a line as its positions, or as a GeoJSON LineString.
type lineBody orb.LineString

// UnmarshalJSON reads either form.
func (l *lineBody) UnmarshalJSON(raw []byte) error {
	var positions [][]float64
	if err := json.Unmarshal(raw, &positions); err != nil {
		var g struct {
			Type        string      `json:"type"`
			Coordinates [][]float64 `json:"coordinates"`
		}
		if err := json.Unmarshal(raw, &g); err != nil || g.Type != "LineString" {
			return gis.E(gis.Invalid, err, "line must be an array of positions [lon, lat] or a GeoJSON LineString")
		}
		positions = g.Coordinates
	}
	for _, p := range positions {
		if len(p) < 2 || !(p[0] >= -180 && p[0] <= 180 && p[1] >= -90 && p[1] <= 90) {
			return gis.E(gis.Invalid, nil, "line: a position is [longitude, latitude]")
		}
		*l = append(*l, orb.Point{p[0], p[1]})
	}
	return nil
}

// mergeGrids is POST /api/grids/merge.
func (a *API) mergeGrids(c *call) (*reply, error) {
	var body struct {
		Cells []string `json:"cells"`
	}
	if err := c.decodeEdit(&body); err != nil {
		return nil, err
	}
	return a.editGrids(c, division.Merge, body.Cells, nil)
}

// splitGrid is POST /api/grids/split.
func (a *API) splitGrid(c *call) (*reply, error) {
	var body struct {
		Cell string   `json:"cell"`
		Line lineBody `json:"line"`
	}
	if err := c.decodeEdit(&body); err != nil {
		return nil, err
	}
	if body.Cell == "" {
		return nil, gis.E(gis.Invalid, nil, `the body lacks cell, the code of the unit grid to split: {"cell": CODE, "line": [[LON,LAT], [LON,LAT]]}`)
	}
	return a.editGrids(c, division.Split, []string{body.Cell}, body.Line)
}

// moveGridEdge is POST /api/grids/move-edge.
func (a *API) moveGridEdge(c *call) (*reply, error) {
	var body struct {
		Cells []string `json:"cells"`
		Line  lineBody `json:"line"`
	}
	if err := c.decodeEdit(&body); err != nil {
		return nil, err
	}
	return a.editGrids(c, division.MoveEdge, body.Cells, body.Line)
}

// lockGrid is POST /api/grids/{code}/lock.
func (a *API) lockGrid(c *call) (*reply, error) {
	return a.editGrids(c, division.Lock, []string{c.vars["code"]}, nil)
}

// unlockGrid is POST /api/grids/{code}/unlock.
func (a *API) unlockGrid(c *call) (*reply, error) {
	return a.editGrids(c, division.Unlock, []string{c.vars["code"]}, nil)
}

// undoGridEdit is POST /api/grids/undo.
func (a *API) undoGridEdit(c *call) (*reply, error) {
	match, err := c.ifMatch("send If-Match with the number of the edit to undo, or *")
	if err != nil {
		return nil, err
	}
	want := gis.Generation(0)
	if match != "*" {
		n, err := strconv.ParseUint(strings.Trim(match, `"`), 10, 63)
		if err != nil || n == 0 {
			return nil, gis.E(gis.Stale, err, "If-Match %q names no edit; it is a number, as the reply to the edit gave it", clip(match))
		}
		want = gis.Generation(n)
	}
	res, err := division.Undo(c.r.Context(), a.cfg.Live, a.cfg.Store, want, c.who.name, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	return a.editReply(c, res)
}

// ifMatch returns the header, or the error of an unconditional write.
func (c *call) ifMatch(what string) (string, error) {
	match := strings.TrimSpace(c.r.Header.Get("If-Match"))
	if match == "" {
		return "", &statusError{
			status: http.StatusPreconditionRequired, name: "precondition-required", title: "If-Match is needed", err: gis.E(gis.Invalid, nil, "%s", what),
		}
	}
	return match, nil
}

const sendRevs = `send If-Match with the property rev of each cell, as "370883001001001-17", "370883001001002-23"`

// gridRev names a state of a cell. The code stands in it because cells written together have one revision.
func gridRev(code grids.Code, rev int64) string { return fmt.Sprintf("%s-%d", code, rev) }

// decodeEdit asks for If-Match before it reads the body.
func (c *call) decodeEdit(body any) error {
	if _, err := c.ifMatch(sendRevs); err != nil {
		return err
	}
	return c.decode(body)
}

// editGrids carries out an edit when every cell still is as the caller has seen it.
func (a *API) editGrids(c *call, verb string, cells []string, line lineBody) (*reply, error) {
	match, err := c.ifMatch(sendRevs)
	if err != nil {
		return nil, err
	}
	r := division.Request{Verb: verb, Line: orb.LineString(line), Actor: c.who.name, At: a.cfg.Now()}
	for _, s := range cells {
		code, err := grids.ParseCode(s)
		if err != nil {
			return nil, err
		}
		r.Cells = append(r.Cells, code)
	}
	r.Hold = func(tx data.Tx) error {
		for _, code := range r.Cells {
			rev, err := tx.Rev("unit_grid", string(code))
			if err != nil {
				return notFound(err, "no grid %s", code)
			}
			if match != "*" && !strongly(match, `"`+gridRev(code, rev)+`"`) {
				return gis.E(gis.Stale, nil, "grid %s has changed since it was read: its rev is %s now; read it again, GET /api/grids/%[1]s", code, gridRev(code, rev))
			}
		}
		return nil
	}
	res, err := division.Edit(c.r.Context(), a.cfg.Live, r)
	if err != nil {
		return nil, err
	}
	return a.editReply(c, res)
}

func (a *API) editReply(c *call, res *division.Result) (*reply, error) {
	a.after(c)
	rp, err := jsonReply(res)
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}
