package gpkg

import (
	"database/sql"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
)

// slicePages is how many pages a long write brings into the file at once: a quarter of a megabyte, a few milliseconds.
const slicePages = 64

// lay builds in the stages what the layers are going to be.
func (a *ahead) lay() error {
	for _, l := range a.order {
		if l.added == 0 && len(l.touched) == 0 {
			continue
		}
		trees, err := a.build(l)
		if err != nil {
			return l.errorf("lay out pages", err)
		}
		for _, g := range trees {
			for !g.done() {
				if err := a.bringSome(l, g); err != nil {
					return l.errorf("bring pages into the file", err)
				}
			}
		}
		if err := a.store.makeRTree(a.ctx, l.st); err != nil {
			return l.errorf("make the R-tree", err)
		}
		if err := a.archive(l); err != nil {
			return l.errorf("keep former versions", err)
		}
	}
	return nil
}

// bringSome brings some pages of a tree into the file and leaves others the time to do what they wait for.
func (a *ahead) bringSome(l *aheadLayer, g *grower) error {
	started := time.Now()
	err := a.store.slice(a.ctx, a.db, func(q *sql.Tx) error {
		started = time.Now()
		if err := l.st.still(a.own, q); err != nil {
			return err
		}
		w, err := newSlicer(a.own, q)
		if err != nil {
			return err
		}
		if err := g.some(w, slicePages); err != nil {
			return err
		}
		return w.end()
	})
	if err != nil {
		return err
	}
	a.slices++
	a.longest = max(a.longest, time.Since(started))
	return a.store.pause(a.ctx, started)
}

// build makes the leaves of all trees of the layer: the rows there are, as changed, and behind them the new ones.
func (a *ahead) build(l *aheadLayer) ([]*grower, error) {
	ld := l.load
	var trees []*grower
	grow := func(name string, index bool) *grower {
		g := &grower{s: ld.s, usable: ld.usable, index: index, root: l.st.own[name]}
		trees = append(trees, g)
		return g
	}
	rows := grow("", false)
	var behind level
	if ld.rows.rows > 0 {
		if err := ld.rows.endPage(); err != nil {
			return nil, err
		}
		behind = ld.rows.level
	}
	first := ld.s.pages
	fresh := len(ld.cells)
	base, last, err := a.buildBase(l)
	if err != nil {
		return nil, err
	}
	ld.cells = append(ld.cells[fresh:], ld.cells[:fresh]...) // by id
	rows.add(first, base.level, nil)
	rows.add(0, behind, appendVarint(nil, uint64(last)))
	add := func(name string, tr *tree, from uint32) error {
		if tr.rows == 0 {
			return nil
		}
		if err := tr.endPage(); err != nil {
			return err
		}
		grow(name, tr.index).add(from, tr.level, nil)
		return nil
	}
	if len(ld.ends) > 0 {
		from := ld.s.pages
		keys, err := ld.keyTree()
		if err != nil {
			return nil, err
		}
		if err := add("key", keys, from); err != nil {
			return nil, err
		}
	}
	if l.row.t.hasGeom() {
		from := ld.s.pages
		err := ld.pack(func(suffix string, tr *tree) error {
			err := add(suffix, tr, from)
			from = ld.s.pages
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	ld.arena, ld.ends, ld.ids, ld.cells = nil, nil, nil, nil
	for _, g := range trees {
		if g.most > ld.usable/8 {
			return nil, kept.ErrHold
		}
	}
	return trees, ld.s.w.Flush()
}

// buildBase makes the tree of the rows there are but for those removed, with the new records of those updated, and returns the last id of it.
func (a *ahead) buildBase(l *aheadLayer) (tr *tree, last int64, err error) {
	ld := l.load
	l.byID()
	if l.out != nil {
		if err := l.out.Flush(); err != nil {
			return nil, 0, err
		}
	}
	tr = newTree(ld.s, ld.usable, false)
	key, geom := l.columns()
	values := make([]any, len(ld.places))
	updates, removed := l.updates, l.removed
	var changed []byte
	for i := range ld.ends {
		ld.ids = append(ld.ids, ld.firstID+int64(i))
	}
	err = a.eachRecord(l, func(id int64, record []byte) error {
		if id >= l.st.first { // somebody else's, come since: it is brought over when the write has the lock
			return nil
		}
		for len(removed) > 0 && removed[0] < id {
			removed = removed[1:]
		}
		if len(removed) > 0 && removed[0] == id {
			return nil
		}
		for len(updates) > 0 && updates[0].id < id {
			updates = updates[1:]
		}
		if len(updates) > 0 && updates[0].id == id {
			changed = append(changed[:0], make([]byte, updates[0].size)...)
			if _, err := l.file.ReadAt(changed, updates[0].at); err != nil {
				return err
			}
			record = changed
		}
		if err := parseRecord(record, values[:max(key, geom)+1]); err != nil {
			return err
		}
		if err := tr.addRow(id, record); err != nil {
			return err
		}
		last = id
		return l.noteBase(id, values, key, geom)
	})
	if err == nil && tr.rows > 0 {
		err = tr.endPage()
	}
	return tr, last, err
}

// noteBase keeps of a row that stays what key index and R-tree need.
func (l *aheadLayer) noteBase(id int64, values []any, key, geom int) error {
	ld := l.load
	k, ok := values[key].(string)
	if !ok || !fitsIndex(ld.usable, len(k)+16) {
		return kept.ErrHold
	}
	ld.arena = append(ld.arena, k...)
	ld.ends = append(ld.ends, uint32(len(ld.arena)))
	ld.ids = append(ld.ids, id)
	if geom < 0 {
		return nil
	}
	blob, _ := values[geom].([]byte)
	b, filled, err := boundOf(blob)
	if err != nil {
		return kept.ErrHold
	}
	if filled {
		ld.cells = append(ld.cells, cellOf(id, b))
		l.row.bound, l.row.hasBound = b, true
		l.row.grow()
		l.row.bound, l.row.hasBound = orb.Bound{}, false
	}
	return nil
}
