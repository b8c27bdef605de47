package postgis

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Check looks at everything stored, as one state, and yields what is wrong; nothing is the good answer. References, keys and
// types are held by the server's own constraints. Its rules:
//
//	store.index       an index or a constraint is missing or not valid
//	store.geometry    a shape that cannot be read, or is not of its layer's type
//	store.key         a row with another key than its made one
//	store.generation  generation, change log and revisions disagree
//	store.counter     a counter is below a number in use
//	store.batch       the counts of an import cannot be
//	store.grid        a component names a unit grid there is none of (warning)
//	store.community   a component names a community there is none of (warning)
func (s *Store) Check(ctx context.Context, p gis.Progress) iter.Seq2[gis.Finding, error] {
	return func(yield func(gis.Finding, error) bool) {
		tx, err := s.snapshot(ctx)
		if err != nil {
			yield(gis.Finding{}, s.wrap(err, "check"))
			return
		}
		defer tx.Rollback()
		c := &checker{ctx: ctx, tx: tx, store: s, progress: p, yield: yield}
		steps := []func() error{c.indexes, c.layers, c.generation, c.counters, c.batches, c.places}
		for i, step := range steps {
			p.Tell("check", int64(i), int64(len(steps)))
			err := step()
			if c.stopped {
				return
			}
			if err != nil {
				yield(gis.Finding{}, s.wrap(err, "check"))
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

var errStopped = errors.New("the caller wants no more")

// found hands a finding on; its error ends the check when the caller wants no more.
func (c *checker) found(f gis.Finding) error {
	if !c.yield(f, nil) {
		c.stopped = true
		return errStopped
	}
	return nil
}

// query calls use with every row of a query of two or three texts.
func (c *checker) query(query string, columns int, use func(v []string) error, args ...any) error {
	v, dest := make([]string, columns), make([]any, columns)
	for i := range v {
		dest[i] = &v[i]
	}
	var bad error
	err := each(c.ctx, c.tx, dest, query, args, func() bool {
		bad = use(v)
		return bad == nil
	})
	return errors.Join(bad, err)
}

// indexes looks for indexes that are not valid and for layers without their keys or, when they have rows, the index on the shapes.
func (c *checker) indexes() error {
	finding := func(layer, name, en, zh string) error {
		return c.found(gis.Finding{
			Rule: "store.index", Severity: gis.SeverityError, Layer: layer, Key: name,
			Text: "the index " + name + " " + en, TextZh: "索引 " + name + " " + zh,
		})
	}
	valid := map[string]bool{}
	err := c.query(`SELECT c.relname, (i.indisvalid AND i.indisready)::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'wanmi') ORDER BY 1`, 2, func(v []string) error {
		valid[v[0]] = v[1] == "true"
		if !valid[v[0]] {
			return finding("", v[0], "is not valid; make it anew with REINDEX", "无效，请重建")
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range c.store.tables {
		want := []string{t.name + "_pkey", t.name + "_" + t.key + "_unique"}
		if t.hasGeom() {
			var filled bool
			if err := c.tx.QueryRowContext(c.ctx, `SELECT EXISTS (SELECT FROM `+t.sql+`)`).Scan(&filled); err != nil {
				return err
			}
			if filled {
				want = append(want, t.index())
			}
		}
		for _, name := range want {
			if _, ok := valid[name]; !ok {
				if err := finding(t.name, name, "is missing", "缺失"); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// layers reads every row.
func (c *checker) layers() error {
	for i, t := range c.store.tables {
		c.progress.Tell("check layers", int64(i), int64(len(c.store.tables)))
		where, args := t.whereBound(orb.Bound{})
		cols := []string{"fid", quote(t.key)}
		var fid int64
		var key string
		var shape sql.RawBytes
		dest := []any{&fid, &key}
		if t.hasGeom() {
			cols, dest = append(cols, geomExpr), append(dest, &shape)
		}
		var bad error
		err := each(c.ctx, c.tx, dest, fmt.Sprintf(`SELECT %s FROM %s %s`, strings.Join(cols, ", "), t.sql, where), args, func() bool {
			bad = c.row(t, fid, key, shape)
			return bad == nil
		})
		if err = errors.Join(bad, err); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

func (c *checker) row(t *table, fid int64, key string, shape []byte) error {
	if t.isMadeKey(key) && key != t.madeKey(fid) {
		if err := c.found(kept.BadKey(t.layer, fid, key)); err != nil {
			return err
		}
	}
	g, err := decodeShape(shape)
	if err == nil && g != nil {
		_, err = kept.Canonical(g, t.layer.Geom)
	}
	if err != nil {
		return c.found(kept.BadShape(t.layer, key, err))
	}
	return nil
}

func (c *checker) generation() error {
	var state, given, logged, seq, steps int64
	err := c.tx.QueryRowContext(c.ctx, `SELECT (SELECT value FROM wanmi.state WHERE name = 'generation'), (SELECT value FROM wanmi.state WHERE name = 'seq'),
		coalesce(max(gen), 0), coalesce(max(seq), 0), count(DISTINCT gen) FROM wanmi.change_log`).Scan(&state, &given, &logged, &seq, &steps)
	if err != nil {
		return err
	}
	if state != logged || steps != logged || given != seq {
		if err := c.found(kept.BadGeneration(state, logged, steps)); err != nil {
			return err
		}
	}
	for _, t := range c.store.tables {
		var rev int64
		if err := c.tx.QueryRowContext(c.ctx, `SELECT coalesce(max(rev), 0) FROM `+t.sql).Scan(&rev); err != nil {
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
	const below = `WITH used(name, n) AS (%s) SELECT used.name, max(n)::text, coalesce(max(value), 0)::text FROM used
		LEFT JOIN wanmi.counter c ON c.name = used.name GROUP BY used.name HAVING max(n) > coalesce(max(value), 0) ORDER BY 1`
	queries := map[string]string{
		"component": `SELECT 'component/' || substr(code, 1, 6) || '/' || substr(code, 7, length(code) - 12), right(code, 6)::bigint
			FROM wanmi.component WHERE length(code) IN (16, 17) AND code ~ '^[0-9]+$' AND substr(code, 7, length(code) - 12) = class`,
		"unit_grid": `SELECT 'grid/' || substr(code, 1, 12), right(code, 3)::bigint
			FROM wanmi.unit_grid WHERE length(code) = 15 AND right(code, 3) ~ '^[0-9]+$'`,
	}
	for _, layer := range [...]string{"unit_grid", "component"} {
		err := c.query(fmt.Sprintf(below, queries[layer]), 3, func(v []string) error {
			return c.found(kept.BadCounter(layer, strings.TrimPrefix(v[0], layer+"/"), v[0], v[1], v[2]))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// batches looks for what the table's constraints let pass.
func (c *checker) batches() error {
	return c.query(`SELECT id::text, status FROM wanmi.import_batch b WHERE status = '' OR status = 'committed' AND committed_at IS NULL
		OR rejected = 0 AND EXISTS (SELECT FROM wanmi.import_rejected WHERE batch = b.id) ORDER BY id`, 2, func(v []string) error {
		return c.found(kept.BadBatch(v[0], v[1]))
	})
}

// places looks for components whose unit grid or community is not there, where such layers are filled at all.
func (c *checker) places() error {
	for _, p := range kept.Placings {
		query := fmt.Sprintf(`SELECT code, %[1]s FROM wanmi.component c WHERE %[1]s <> '' AND EXISTS (SELECT FROM wanmi.%[2]s)
			AND NOT EXISTS (SELECT FROM wanmi.%[2]s o WHERE o.code = c.%[1]s) ORDER BY fid`, quote(p.Field), quote(p.Layer))
		if err := c.query(query, 2, func(v []string) error { return c.found(p.Astray(v[0], v[1])) }); err != nil {
			return err
		}
	}
	return nil
}
