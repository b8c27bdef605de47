package kept

import (
	"wanmi/data"
	"wanmi/gis"
)

// CheckProposal refuses what proposes no change of a row.
func CheckProposal(p data.Proposal) error {
	switch p.Op {
	case gis.Insert, gis.Update, gis.Delete:
		return nil
	}
	return gis.E(gis.Invalid, nil, "a proposal inserts, updates or deletes a row; %q does not", p.Op)
}
