package httpapi

import (
	"net/http"

	"wanmi/cmd/wanmi/internal/division"
	"wanmi/data"
	"wanmi/grids"
)

// gridBuildRoutes is the division of the city, after its base map or its community lines have changed.
func gridBuildRoutes() []route {
	return []route{
		route{
			name: "build-grids", method: http.MethodPost, path: "/api/grids/build", tag: "grids", serve: (*API).buildGrids,
			doc: "Updates the cells after the base map has changed: mode repair (the default) mends what breaks a rule, refresh improves where lines changed, " +
				"rebuild starts again. Without mode, once cells were delivered by an import, only communities without cells are divided. Locked cells stay. What the change log does not name as changed is not looked at by repair and refresh.",
		}.gives("GridBuilt").needs(data.RoleEditor).takes("GridBuild", "application/json", smallBody),
	}
}

// buildGrids is POST /api/grids/build.
func (a *API) buildGrids(c *call) (*reply, error) {
	var body struct {
		Mode        string   `json:"mode"`
		Preset      string   `json:"preset"`
		Communities []string `json:"communities"`
		Compound    string   `json:"compound"`
		Force       bool     `json:"force"`
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	opt := grids.Options{Communities: body.Communities, Mode: grids.Repair, Land: a.cfg.Land, Compound: a.cfg.Compound, CompoundMax: a.cfg.CompoundMax}
	if body.Compound != "" {
		opt.Compound = grids.Compound(body.Compound)
	}
	var err error
	if body.Mode != "" {
		if opt.Mode, err = grids.ParseMode(body.Mode); err != nil {
			return nil, err
		}
	}
	if body.Preset != "" {
		if opt.Weights, err = a.cfg.Presets.Get(body.Preset); err != nil {
			return nil, err
		}
	}
	if len(body.Communities) == 0 {
		opt.Communities = nil
	}
	if err := opt.Check(); err != nil {
		return nil, err
	}
	res, err := division.Build(c.r.Context(), a.cfg.Store, a.cfg.Live, division.Job{Options: opt, Force: body.Force, Spare: body.Mode == "", Actor: c.who.name, At: a.cfg.Now()})
	if err != nil {
		return nil, err
	}
	a.after(c)
	rp, err := jsonReply(res)
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}
