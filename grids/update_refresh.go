package grids

// improve finds, for a refresh, the cells that are worth replacing: a trial lets the search go over each whole
// community from the old cells, and says which it gives up for a gain of Kappa each.
func (r *renewal) improve() error {
	if r.opt.Mode != Refresh {
		return nil
	}
	before := make([]standing, len(r.cells))
	zones := make([]*zoneOf, len(r.b.comms))
	for i, k := range r.cells {
		before[i] = k.is
		k.is = stays
		if k.locked || k.ring == nil || k.comm < 0 || before[i] == broken {
			continue
		}
		k.is, k.zone = broken, int(k.comm)
		if zones[k.comm] == nil {
			zones[k.comm] = &zoneOf{}
		}
		zones[k.comm].cells = append(zones[k.comm].cells, int32(i))
	}
	given := make([][]int32, len(zones))
	errs := make([]error, len(zones))
	each(len(zones), r.opt.Threads, func(c int) {
		if zones[c] == nil || r.ctx.Err() != nil {
			return
		}
		out, err := r.divideZone(zones[c], c, true)
		errs[c] = err
		for _, o := range out {
			given[c] = append(given[c], o.given...)
		}
	})
	for i, k := range r.cells {
		k.is, k.zone = before[i], -1
	}
	for c, err := range errs {
		if err != nil {
			return err
		}
		for _, i := range given[c] {
			r.cells[i].is = broken
		}
	}
	return r.ctx.Err()
}
