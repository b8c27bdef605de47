package gpkg

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Check looks at everything stored and yields what is wrong; nothing is the good answer. Its rules:
//
//	store.file        SQLite's own integrity check: pages, indexes, R-trees, unique keys
//	store.reference   a bookkeeping row points at a row that is not there
//	store.geometry    a shape that cannot be read, or is not of its layer's type
//	store.key         a row without a key, or with another than its made one
//	store.index       an R-tree entry is missing, too much or does not cover its row
//	store.extent      the extent in gpkg_contents does not cover the layer
//	store.generation  generation, change log and revisions disagree, or edits by other programs would not be recorded
//	store.counter     a counter is below a number in use
//	store.batch       the counts of an import cannot be
//	store.grid        a component names a unit grid there is none of (warning)
//	store.community   a component names a community there is none of (warning)
func (s *Store) Check(ctx context.Context, p gis.Progress) iter.Seq2[gis.Finding, error] {
	return func(yield func(gis.Finding, error) bool) {
		tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			yield(gis.Finding{}, s.wrap(err, "check"))
			return
		}
		defer tx.Rollback()
		c := &checker{ctx: ctx, tx: tx, store: s, progress: p, yield: yield}
		steps := []func() error{c.file, c.references, c.layers, c.generation, c.counters, c.batches, c.places}
		for i, step := range steps {
			p.Tell("check", int64(i), int64(len(steps)))
			if err := step(); err != nil && !c.stopped {
				yield(gis.Finding{}, s.wrap(err, "check"))
				return
			}
			if c.stopped {
				return
			}
		}
		p.Tell("check", int64(len(steps)), int64(len(steps)))
	}
}

type checker struct {
	ctx      context.Context
	tx       *sql.Tx
	store    *Store
	progress gis.Progress
	yield    func(gis.Finding, error) bool
	stopped  bool
}

// found hands a finding on; its error ends the check when the caller wants no more.
func (c *checker) found(f gis.Finding) error {
	if f.Severity == "" {
		f.Severity = gis.SeverityError
	}
	if !c.yield(f, nil) {
		c.stopped = true
		return context.Canceled
	}
	return nil
}

// query calls use with every row of a query, scanned as text.
func (c *checker) query(query string, use func(v []string) error, args ...any) error {
	rows, err := c.tx.QueryContext(c.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	cols, dest, v := make([]sql.NullString, len(names)), make([]any, len(names)), make([]string, len(names))
	for i := range cols {
		dest[i] = &cols[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for i := range cols {
			v[i] = cols[i].String
		}
		if err := use(v); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (c *checker) file() error {
	return c.query(`PRAGMA integrity_check`, func(v []string) error {
		if v[0] == "ok" {
			return nil
		}
		return c.found(gis.Finding{Rule: "store.file", Text: "SQLite reports: " + v[0], TextZh: "数据库文件损坏：" + v[0]})
	})
}

func (c *checker) references() error {
	return c.query(`PRAGMA foreign_key_check`, func(v []string) error {
		return c.found(gis.Finding{
			Rule: "store.reference", Layer: v[0], Key: v[1],
			Text:   fmt.Sprintf("row %s of %s refers to a row of %s that is not there", v[1], v[0], v[2]),
			TextZh: fmt.Sprintf("表 %s 第 %s 行引用的 %s 记录不存在", v[0], v[1], v[2]),
		})
	})
}

func (c *checker) layers() error {
	for i, t := range c.store.tables {
		c.progress.Tell("check layers", int64(i), int64(len(c.store.tables)))
		if err := c.layer(t); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// layer checks the rows of one layer and its R-tree.
func (c *checker) layer(t *table) error {
	tree := map[int64][4]float64{}
	if t.hasGeom() {
		if err := c.readTree(t, tree); err != nil {
			return err
		}
	}
	var extent orb.Bound
	filled := false
	err := t.each(c.ctx, c.tx, orb.Bound{}, t.selectSQL("ORDER BY fid"), nil, func(sc *scanner) bool {
		b, ok := c.row(t, sc, tree)
		if ok {
			if !filled {
				extent, filled = b, true
			}
			extent = extent.Union(b)
		}
		return !c.stopped
	})
	if err != nil || c.stopped {
		return err
	}
	for id := range tree {
		if err := c.found(gis.Finding{
			Rule: "store.index", Layer: t.name, Text: fmt.Sprintf("the R-tree holds row %d, which has no shape", id),
			TextZh: fmt.Sprintf("空间索引含有不存在的第 %d 行", id),
		}); err != nil {
			return err
		}
	}
	return c.extent(t, extent, filled)
}

func (c *checker) readTree(t *table, tree map[int64][4]float64) error {
	rows, err := c.tx.QueryContext(c.ctx, `SELECT id, minx, maxx, miny, maxy FROM `+quote(t.rtree()))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var b [4]float64
		if err := rows.Scan(&id, &b[0], &b[1], &b[2], &b[3]); err != nil {
			return err
		}
		tree[id] = b
	}
	return rows.Err()
}

// row checks one row, takes its entry out of tree, and returns its bounds.
func (c *checker) row(t *table, sc *scanner, tree map[int64][4]float64) (orb.Bound, bool) {
	key, _ := sc.vals[t.keyColumn()].(string)
	if key == "" || t.isMadeKey(key) && key != t.madeKey(sc.fid) {
		c.found(kept.BadKey(t.layer, sc.fid, key))
	}
	entry, indexed := tree[sc.fid]
	delete(tree, sc.fid)
	blob := sc.blob()
	if len(blob) == 0 {
		if indexed {
			tree[sc.fid] = entry
		}
		return orb.Bound{}, false
	}
	g, err := decodeGeom(blob)
	if err == nil && g != nil {
		_, err = kept.Canonical(g, t.layer.Geom)
	}
	if err != nil || g == nil {
		c.found(kept.BadShape(t.layer, key, err))
		return orb.Bound{}, false
	}
	b := g.Bound()
	if !indexed || entry[0] > b.Min[0] || entry[1] < b.Max[0] || entry[2] > b.Min[1] || entry[3] < b.Max[1] {
		c.found(gis.Finding{
			Rule: "store.index", Layer: t.name, Key: key, At: b.Center(),
			Text: fmt.Sprintf("the R-tree does not cover %s %s", t.name, key), TextZh: fmt.Sprintf("空间索引缺少%s %s", t.layer.Zh, key),
		})
	}
	return b, true
}

// extentSlack, in degrees, is what an extent may lack: GDAL, which writes it after an edit, keeps 15 digits.
const extentSlack = 1e-11

func (c *checker) extent(t *table, extent orb.Bound, filled bool) error {
	if !filled {
		return nil
	}
	have, ok, err := readExtent(c.ctx, c.tx, t)
	if err != nil {
		return err
	}
	have = have.Pad(extentSlack)
	if ok && have.Contains(extent.Min) && have.Contains(extent.Max) {
		return nil
	}
	return c.found(gis.Finding{
		Rule: "store.extent", Severity: gis.SeverityWarning, Layer: t.name, At: extent.Center(),
		Text: "the extent noted for " + t.name + " does not cover all its rows", TextZh: t.layer.Zh + "图层登记的范围未覆盖全部数据",
	})
}

func (c *checker) generation() error {
	var state, logged, seq, steps, own int64
	err := c.tx.QueryRowContext(c.ctx, `SELECT (SELECT value FROM wanmi_state WHERE name = 'generation'),
		coalesce(max(gen), 0), coalesce(max(seq), 0), count(DISTINCT gen),
		coalesce((SELECT value FROM wanmi_state WHERE name = 'own_write'), 0) FROM change_log`).Scan(&state, &logged, &seq, &steps, &own)
	if err != nil {
		return err
	}
	if own != 0 {
		if err := c.found(gis.Finding{
			Rule: "store.generation", Text: "edits by other programs are taken for the store's own and not recorded", TextZh: "其他程序对文件的修改未被记录",
		}); err != nil {
			return err
		}
	}
	if state != logged || steps != logged {
		if err := c.found(kept.BadGeneration(state, logged, steps)); err != nil {
			return err
		}
	}
	for _, t := range c.store.tables {
		var rev int64
		if err := c.tx.QueryRowContext(c.ctx, `SELECT coalesce(max(rev), 0) FROM `+quote(t.name)).Scan(&rev); err != nil {
			return err
		}
		if rev > seq {
			if err := c.found(kept.BadRevision(t.layer, rev, seq)); err != nil {
				return err
			}
		}
	}
	return nil
}

// counters compares the counters with the highest numbers in component codes (6 + class + 6 digits; a delivered number that
// merely is as long says another class) and grid codes (community + 3 digits).
func (c *checker) counters() error {
	const below = `WITH used(name, n) AS (%s) SELECT used.name, max(n), coalesce(max(value), 0) FROM used
		LEFT JOIN wanmi_counter ON wanmi_counter.name = used.name GROUP BY used.name HAVING max(n) > coalesce(max(value), 0) ORDER BY 1`
	queries := map[string]string{
		"component": `SELECT 'component/' || substr(code, 1, 6) || '/' || substr(code, 7, length(code) - 12), CAST(substr(code, -6) AS INTEGER)
			FROM component WHERE length(code) IN (16, 17) AND code NOT GLOB '*[^0-9]*' AND substr(code, 7, length(code) - 12) = class`,
		"unit_grid": `SELECT 'grid/' || substr(code, 1, 12), CAST(substr(code, -3) AS INTEGER)
			FROM unit_grid WHERE length(code) = 15 AND substr(code, -3) NOT GLOB '*[^0-9]*'`,
	}
	for _, layer := range [...]string{"unit_grid", "component"} {
		err := c.query(fmt.Sprintf(below, queries[layer]), func(v []string) error {
			return c.found(kept.BadCounter(layer, strings.TrimPrefix(v[0], layer+"/"), v[0], v[1], v[2]))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) batches() error {
	query := fmt.Sprintf(`SELECT id, status FROM import_batch b WHERE min(added, moved, changed, removed, unchanged, rejected) < 0
		OR status NOT IN ('%s', '%s', '%s') OR status = '%s' AND committed_at IS NULL
		OR rejected = 0 AND EXISTS (SELECT 1 FROM import_rejected WHERE batch = b.id)
		ORDER BY id`, data.StatusCommitted, data.StatusRolledBack, data.StatusRejected, data.StatusCommitted)
	return c.query(query, func(v []string) error {
		return c.found(kept.BadBatch(v[0], v[1]))
	})
}

// places looks for components whose unit grid or community is not there, where such layers are filled at all.
func (c *checker) places() error {
	for _, p := range kept.Placings {
		query := fmt.Sprintf(`SELECT code, %[1]s FROM component WHERE %[1]s <> '' AND EXISTS (SELECT 1 FROM %[2]s)
			AND %[1]s NOT IN (SELECT code FROM %[2]s) ORDER BY fid`, p.Field, p.Layer)
		err := c.query(query, func(v []string) error {
			return c.found(p.Astray(v[0], v[1]))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
