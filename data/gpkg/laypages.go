package gpkg

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"slices"
	"strings"
)

// builtTree is a tree whose pages are in the spool but for the root, which goes to page root of the file.
type builtTree struct {
	root  uint32
	page  []byte
	fixes []pageFix
}

type finishedLoad struct {
	*load
	trees []builtTree
}

// layPages brings the pages of the loads into the file: new ones behind its end, and the roots in place of the empty ones.
// SQLite's pager does it, so it is part of the transaction; but the rest of this connection of SQLite does not know that the
// file has grown and what the roots hold. So it is the last thing before the commit, and the connection is closed after it.
func (t *tx) layPages() error {
	var count uint32
	if err := t.sql.QueryRowContext(t.own, `PRAGMA page_count`).Scan(&count); err != nil {
		return err
	}
	t.renew = true
	w := pageWriter{tx: t.sql, ctx: t.own}
	for _, ld := range t.loads {
		final := pageNumbers(count, ld.s.size)
		err := ld.s.each(final, func(no uint32, page []byte) error {
			if err := t.check(); err != nil {
				return err
			}
			return w.write(no, page)
		})
		if err != nil {
			return err
		}
		if ld.s.pages > 0 {
			count = final(ld.s.pages - 1)
		}
		for _, tr := range ld.trees {
			for _, f := range tr.fixes {
				binary.BigEndian.PutUint32(tr.page[f.off:], final(f.to))
			}
			if err := w.write(tr.root, tr.page); err != nil {
				return err
			}
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	first, err := t.page(1)
	if err != nil {
		return err
	}
	binary.BigEndian.PutUint32(first[28:], count)
	if err := w.write(1, first); err != nil {
		return err
	}
	return w.flush()
}

// pageNumbers numbers new pages of a file of count pages, from 0 on. The page at 1 GiB holds locks and never data.
func pageNumbers(count uint32, size int) func(uint32) uint32 {
	lock := uint32(1<<30/size) + 1
	return func(n uint32) uint32 {
		no := count + 1 + n
		if count < lock && no >= lock {
			no++
		}
		return no
	}
}

// closeLoads lets the spools go.
func (t *tx) closeLoads() {
	for _, l := range t.order {
		if l.load != nil {
			l.load.s.close()
		}
	}
}

// pageWriter writes pages by SQLite's table sqlite_dbpage, several to a statement.
type pageWriter struct {
	tx   *sql.Tx
	ctx  context.Context
	stmt *sql.Stmt
	args []any
	bufs [][]byte
}

const pagesPerWrite = 32

func (w *pageWriter) write(no uint32, page []byte) error {
	n := len(w.args) / 2
	if n == len(w.bufs) {
		w.bufs = append(w.bufs, make([]byte, len(page)))
	}
	copy(w.bufs[n], page)
	w.args = append(w.args, int64(no), w.bufs[n])
	if len(w.args) < 2*pagesPerWrite {
		return nil
	}
	if w.stmt == nil {
		var err error
		if w.stmt, err = w.tx.PrepareContext(w.ctx, pageSQL(pagesPerWrite)); err != nil {
			return err
		}
	}
	_, err := w.stmt.ExecContext(w.ctx, w.args...)
	w.args = w.args[:0]
	return err
}

func pageSQL(n int) string {
	return `INSERT INTO sqlite_dbpage (pgno, data) VALUES (?, ?)` + strings.Repeat(", (?, ?)", n-1)
}

func (w *pageWriter) flush() error {
	if len(w.args) == 0 {
		return nil
	}
	_, err := w.tx.ExecContext(w.ctx, pageSQL(len(w.args)/2), w.args...)
	w.args = w.args[:0]
	return err
}

// renewWriter closes the writing connection: the next write opens another.
func (s *Store) renewWriter(ctx context.Context) error {
	c, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	_ = c.Raw(func(any) error { return driver.ErrBadConn }) // that is how a pool is told to drop a connection
	_ = c.Close()
	return nil
}

// page returns a page of the file as this write sees it.
func (t *tx) page(no uint32) ([]byte, error) {
	var b []byte
	err := t.sql.QueryRowContext(t.own, `SELECT data FROM sqlite_dbpage WHERE pgno = ?`, int64(no)).Scan(&b)
	return b, err
}

// columnPlaces tells for every column of the table, as it stands in the file, what goes into it; nil when another program has changed it
// so that this one cannot say.
func (l *layerTx) columnPlaces() ([]int, error) {
	rows, err := l.tx.sql.QueryContext(l.tx.own, `SELECT name, hidden, "notnull" AND dflt_value IS NULL, dflt_value IS NOT NULL FROM pragma_table_xinfo(?)`, l.t.name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var places []int
	known := 0
	for rows.Next() {
		var name string
		var hidden, needed, preset bool
		if err := rows.Scan(&name, &hidden, &needed, &preset); err != nil {
			return nil, err
		}
		at := slices.Index(l.t.columns, name)
		switch {
		case hidden:
			return nil, nil
		case name == "fid" && len(places) == 0:
			places = append(places, placeBlank)
			continue
		case name == "rev":
			places = append(places, placeRev)
			known++
			continue
		case at < 0 && (needed || preset):
			return nil, nil
		case at < 0:
			at = placeBlank
		default:
			known++
		}
		places = append(places, at)
	}
	if known != len(l.t.columns)+1 {
		return nil, rows.Err()
	}
	return places, rows.Err()
}

// rootPages returns where the trees of the layer begin: the rows, "key" and, with geometry, the tables of the R-tree; nil
// when the table has indexes or triggers of another program.
func (l *layerTx) rootPages() (map[string]uint32, error) {
	of := map[string]string{l.t.name: "", "sqlite_autoindex_" + l.t.name + "_1": "key"}
	if l.t.hasGeom() {
		for _, suffix := range rtreeTables {
			of[l.t.rtree()+suffix] = suffix
		}
	}
	own := map[string]bool{}
	for _, n := range triggerNames {
		own[l.t.rtree()+"_"+n] = true
	}
	for _, e := range l.t.editTriggers() {
		own[e.name] = true
	}
	rows, err := l.tx.sql.QueryContext(l.tx.own, `SELECT name, type, rootpage, tbl_name FROM sqlite_master WHERE rootpage > 0 OR tbl_name = ?`, l.t.name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	roots := map[string]uint32{}
	for rows.Next() {
		var name, kind, table string
		var root uint32
		if err := rows.Scan(&name, &kind, &root, &table); err != nil {
			return nil, err
		}
		what, ours := of[name]
		switch {
		case ours && root > 1:
			roots[what] = root
		case table == l.t.name && !own[name] && !strings.HasPrefix(name, stagePrefix):
			return nil, nil
		}
	}
	if len(roots) != len(of) {
		return nil, rows.Err()
	}
	return roots, rows.Err()
}
