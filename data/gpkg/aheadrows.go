package gpkg

import (
	"bufio"
	"cmp"
	"database/sql"
	"hash/maphash"
	"math"
	"os"
	"path/filepath"
	"slices"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

func (a *ahead) put(l *aheadLayer, f *gis.Feature) (gis.Op, bool, error) {
	if err := a.readKeys(l); err != nil {
		return "", false, err
	}
	t := l.row.t
	if f.Key != "" {
		if t.isMadeKey(f.Key) {
			return "", false, kept.ErrHold
		}
		if _, old := slices.BinarySearch(l.known, maphash.String(l.load.seed, f.Key)); old {
			found, changed, err := a.update(l, f)
			if err != nil || found {
				return gis.Update, changed, err
			}
		}
	}
	return gis.Insert, true, a.insert(l, f)
}

// insert lays a new row behind the others.
func (a *ahead) insert(l *aheadLayer, f *gis.Feature) error {
	ld, t := l.load, l.row.t
	id := l.st.first + l.added
	if id >= l.st.end {
		return kept.ErrHold
	}
	key := f.Key
	if key == "" {
		key = t.madeKey(id)
		l.row.args[t.keyColumn()] = key
	}
	h := maphash.String(ld.seed, key)
	if _, again := ld.seen[h]; again || !fitsIndex(ld.usable, len(key)+16) || uint64(len(ld.arena)+len(key)) > math.MaxUint32 {
		return kept.ErrHold
	}
	if err := l.record(); err != nil {
		return err
	}
	if err := ld.rows.addRow(id, ld.rec.record()); err != nil {
		return err
	}
	ld.seen[h] = struct{}{}
	ld.arena = append(ld.arena, key...)
	ld.ends = append(ld.ends, uint32(len(ld.arena)))
	if l.row.hasBound {
		ld.cells = append(ld.cells, cellOf(id, l.row.bound))
		l.row.grow()
	}
	l.added++
	f.ID, f.Key = id, key
	return nil
}

// record makes the record of the encoded row.
func (l *aheadLayer) record() (err error) {
	rec := &l.load.rec
	rec.begin()
	for _, at := range l.load.places {
		switch at {
		case placeBlank:
			err = rec.add(nil)
		case placeRev:
			err = rec.add(l.seq)
		default:
			err = rec.add(l.row.args[at])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// update keeps the new record of a row that is there, unless nothing changes.
func (a *ahead) update(l *aheadLayer, f *gis.Feature) (found, changed bool, err error) {
	sc := l.row.scan
	if found, err = a.find(l, f.Key); err != nil || !found {
		return found, false, err
	}
	f.ID = sc.fid
	if l.row.firstDifference(sc.vals) < 0 {
		l.unchanged++
		return true, false, nil
	}
	if l.touched[sc.fid] { // twice in one write
		return true, false, kept.ErrHold
	}
	l.touched[sc.fid] = true
	if err := l.record(); err != nil {
		return true, false, err
	}
	if l.file == nil {
		if l.file, err = nameless(filepath.Dir(a.store.path)); err != nil {
			return true, false, err
		}
		l.out = bufio.NewWriterSize(l.file, 1<<16)
	}
	b := l.load.rec.record()
	if _, err := l.out.Write(b); err != nil {
		return true, false, err
	}
	l.updates = append(l.updates, changedRow{sc.fid, l.written, len(b)})
	l.written += int64(len(b))
	l.updated++
	return true, true, nil
}

// find reads the stored row of a key into the layer's scanner.
func (a *ahead) find(l *aheadLayer, key string) (bool, error) {
	if l.byKey == nil {
		var err error
		if l.byKey, err = a.store.reader.PrepareContext(a.own, l.row.t.byKeySQL()); err != nil {
			return false, err
		}
	}
	return scanOne(l.byKey.QueryRowContext(a.own, key), l.row.scan)
}

// readKeys fills known.
func (a *ahead) readKeys(l *aheadLayer) error {
	if l.read {
		return nil
	}
	l.read = true
	key, _ := l.columns()
	values := make([]any, len(l.load.places))
	err := a.eachRecord(l, func(_ int64, record []byte) error {
		if err := parseRecord(record, values[:key+1]); err != nil {
			return err
		}
		k, _ := values[key].(string)
		l.known = append(l.known, maphash.String(l.load.seed, k))
		return nil
	})
	slices.Sort(l.known)
	return err
}

// columns returns where the key and the geometry stand in a record; -1 for no geometry.
func (l *aheadLayer) columns() (key, geom int) {
	key, geom = slices.Index(l.load.places, l.row.t.keyColumn()), -1
	if l.row.t.hasGeom() {
		geom = slices.Index(l.load.places, 0)
	}
	return key, geom
}

// eachRecord reads all rows of the layer as they are now, by ID. The record lives until the next.
func (a *ahead) eachRecord(l *aheadLayer, use func(id int64, record []byte) error) error {
	q, err := a.store.reader.BeginTx(a.own, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer q.Rollback()
	p := pageScan{ctx: a.ctx, each: use}
	if err := p.prepare(q); err != nil {
		return err
	}
	p.reader = pageReader{usable: l.st.usable, get: p.page}
	top, err := p.page(l.st.roots[""])
	if err != nil {
		return err
	}
	return p.walk(top, 0)
}

// nameless makes a file that has no name any more.
func nameless(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".wanmi-pages-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// byID puts the changed rows into the order of their ids.
func (l *aheadLayer) byID() {
	slices.SortFunc(l.updates, func(a, b changedRow) int { return cmp.Compare(a.id, b.id) })
	slices.Sort(l.removed)
}
