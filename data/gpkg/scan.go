package gpkg

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"slices"
	"strconv"

	"wanmi/gis"
)

// pageScan reads a whole table by its pages, which SQLite hands on as they are in the snapshot of a transaction.
type pageScan struct {
	ctx    context.Context
	get    *sql.Stmt
	many   *sql.Stmt
	reader pageReader
	sc     *scanner
	places []int // of the file's columns: the position in scanner.vals, or placeRev or placeBlank
	values []any
	words  []lastWords
	pages  int
	yield  func(gis.Feature, error) bool
	ended  bool // yield wants no more

	each func(id int64, record []byte) error // takes the rows as they are, nil: yield does
}

// lastWords are the texts a column had lately: of what comes again one copy does.
type lastWords [256]any

// scanPages yields all rows of the table, by ID. False: the table is none this program can read so, and nothing was yielded.
func (s *Store) scanPages(ctx context.Context, t *table, yield func(gis.Feature, error) bool) (bool, error) {
	return s.scan(&pageScan{ctx: ctx, sc: newScanner(t), yield: yield}, t)
}

// scan reads the rows of the table for p.
func (s *Store) scan(p *pageScan, t *table) (bool, error) {
	ctx := p.ctx
	own := context.WithoutCancel(ctx)
	tx, err := s.reader.BeginTx(own, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return false, err
	}
	defer tx.Rollback()
	var root uint32
	var kind string
	err = tx.QueryRowContext(own, `SELECT rootpage, sql FROM sqlite_master WHERE type = 'table' AND name = ?`, t.name).Scan(&root, &kind)
	if err != nil || root < 2 || !bytes.Contains([]byte(kind), []byte("AUTOINCREMENT")) { // so it is no table WITHOUT ROWID
		return false, err
	}
	if p.places, err = scanPlaces(own, tx, t); err != nil || p.places == nil {
		return false, err
	}
	if err := p.prepare(tx); err != nil {
		return false, err
	}
	first, err := p.page(1)
	if err != nil || len(first) < 100 {
		return false, err
	}
	p.reader = pageReader{usable: len(first) - int(first[20]), get: p.page}
	p.values, p.words = make([]any, len(p.places)), make([]lastWords, len(p.places))
	top, err := p.page(root)
	if err != nil {
		return true, err
	}
	return true, p.walk(top, 0)
}

// prepare makes the statements that read pages.
func (p *pageScan) prepare(tx *sql.Tx) (err error) {
	own := context.WithoutCancel(p.ctx)
	if p.get, err = tx.PrepareContext(own, `SELECT data FROM sqlite_dbpage WHERE pgno = ?`); err != nil {
		return err
	}
	// The list is the outer loop of a CROSS JOIN: the pages come in its order.
	p.many, err = tx.PrepareContext(own, `SELECT d.data FROM json_each(?) l CROSS JOIN sqlite_dbpage d ON d.pgno = l.value`)
	return err
}

// scanPlaces tells where each column of the file goes; nil when one is computed.
func scanPlaces(ctx context.Context, tx *sql.Tx, t *table) ([]int, error) {
	rows, err := tx.QueryContext(ctx, `SELECT name, hidden FROM pragma_table_xinfo(?)`, t.name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var places []int
	for rows.Next() {
		var name string
		var hidden bool
		if err := rows.Scan(&name, &hidden); err != nil {
			return nil, err
		}
		at := slices.Index(t.columns, name)
		switch {
		case hidden:
			return nil, nil
		case name == "rev":
			at = placeRev
		case at < 0:
			at = placeBlank
		}
		places = append(places, at)
	}
	return places, rows.Err()
}

func (p *pageScan) page(no uint32) ([]byte, error) {
	var b []byte
	err := p.get.QueryRowContext(context.WithoutCancel(p.ctx), int64(no)).Scan(&b)
	return b, err
}

// pagesAtOnce is how many pages one statement reads: the statement costs more than a page.
const pagesAtOnce = 64

// pagesOf reads pages, in order, into bufs, which it returns.
func (p *pageScan) pagesOf(numbers []uint32, bufs [][]byte) ([][]byte, error) {
	list := []byte{'['}
	for i, no := range numbers {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendUint(list, uint64(no), 10)
	}
	rows, err := p.many.QueryContext(context.WithoutCancel(p.ctx), string(append(list, ']')))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var page sql.RawBytes
		if err := rows.Scan(&page); err != nil {
			return nil, err
		}
		if n == len(bufs) {
			bufs = append(bufs, nil)
		}
		bufs[n] = append(bufs[n][:0], page...)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if n != len(numbers) {
		return nil, fault("%d of %d pages are there", n, len(numbers))
	}
	return bufs, nil
}

// mostDepth is more than a table of 2^31 pages has levels.
const mostDepth = 20

func (p *pageScan) walk(page []byte, depth int) error {
	if p.pages++; p.pages%16 == 0 && p.ctx.Err() != nil {
		return p.ctx.Err()
	}
	if len(page) < interiorHeader || depth > mostDepth {
		return fault("a page is no page of a table")
	}
	if page[0] == pageTableLeaf {
		if p.each != nil {
			return p.reader.rows(page, 0, p.each)
		}
		return p.reader.rows(page, 0, p.row)
	}
	children, err := childrenOf(page)
	if err != nil {
		return err
	}
	var bufs [][]byte
	for part := range slices.Chunk(children, pagesAtOnce) {
		if bufs, err = p.pagesOf(part, bufs); err != nil {
			return err
		}
		for i := range part {
			if err := p.walk(bufs[i], depth+1); err != nil || p.ended {
				return err
			}
		}
	}
	return nil
}

// childrenOf lists the pages below an interior page of a table.
func childrenOf(page []byte) ([]uint32, error) {
	n := int(binary.BigEndian.Uint16(page[3:]))
	if page[0] != pageTableInterior || interiorHeader+2*n > len(page) {
		return nil, fault("a page is no page of a table")
	}
	out := make([]uint32, 0, n+1)
	for i := range n {
		at := int(binary.BigEndian.Uint16(page[interiorHeader+2*i:]))
		if at+4 > len(page) {
			return nil, fault("a page has a cell beyond its end")
		}
		out = append(out, binary.BigEndian.Uint32(page[at:]))
	}
	return append(out, binary.BigEndian.Uint32(page[8:])), nil
}

func (p *pageScan) row(id int64, record []byte) error {
	if p.ended {
		return nil
	}
	if err := parseRecordWords(record, p.values, p.words); err != nil {
		return err
	}
	for i, at := range p.places {
		if at >= 0 {
			p.sc.vals[at] = p.values[i]
		}
	}
	p.sc.fid = id
	f, err := p.sc.feature()
	if err != nil {
		return err
	}
	p.ended = !p.yield(f, nil)
	return nil
}

// word returns b as text, the one of before where it came lately.
func (w *lastWords) word(b []byte) any {
	h := uint32(len(b))
	for _, c := range b[max(0, len(b)-8):] {
		h = h*31 + uint32(c)
	}
	slot := &w[(h^h>>8)%uint32(len(w))]
	if s, ok := (*slot).(string); ok && s == string(b) {
		return *slot
	}
	*slot = string(b)
	return *slot
}
