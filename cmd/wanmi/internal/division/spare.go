package division

import (
	"context"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/grids"
)

// deliveredSince reports whether unit grids were delivered since the whole city was divided last: what somebody drew by hand,
// faults and all, is not for a build to replace that nobody asked to.
func deliveredSince(ctx context.Context, st Reader) (bool, error) {
	last, err := st.LastBy(ctx, built)
	if err != nil {
		return false, err
	}
	for c, err := range st.Changes(ctx, last.Seq) {
		if err != nil {
			return false, err
		}
		if c.Layer == "unit_grid" && !strings.HasPrefix(c.Source, sourcePrefix) && !strings.HasPrefix(c.Source, built) {
			return true, nil
		}
	}
	return false, nil
}

// spare divides the communities that have no cells.
func (j *Job) spare(ctx context.Context, st Reader, w Writer) (*Built, error) {
	cells, _, err := Old(ctx, st, nil)
	if err != nil {
		return nil, err
	}
	has := map[string]bool{}
	for _, c := range cells {
		has[c.Community] = true
	}
	none := []string{}
	for f, err := range st.Features(ctx, "community", orb.Bound{}) {
		switch {
		case gis.KindOf(err) == gis.NotFound && err != nil:
		case err != nil:
			return nil, err
		case !has[f.Text("code")]:
			none = append(none, f.Text("code"))
		}
	}
	if len(none) == 0 {
		b := tell(nil, &grids.Division{})
		b.Spared = len(cells)
		return b, nil
	}
	part := *j
	part.Options.Communities = none
	b, err := part.all(ctx, st, w)
	if b != nil {
		b.Spared = len(cells)
	}
	return b, err
}
