package gpkg

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// SQLite's R-tree module keeps a tree in three ordinary tables: NAME_node (nodeno, data), NAME_rowid (rowid, nodeno of the
// leaf), NAME_parent (nodeno, parentnode). A node's data is big-endian: 2 bytes depth of the tree (in the root, node 1,
// only), 2 bytes count, then cells of 8 bytes id (of the row, or the child node) and 4 float32 minx, maxx, miny, maxy.
// Row by row the module needs some 30 microseconds an entry; packing all leaves anew needs two, so that is what
// a bulk write does. PRAGMA integrity_check reads the result with the module's own eyes.
const (
	cellSize     = 24
	nodeHead     = 4
	rowsPerWrite = 128
)

// cell is an entry of a node.
type cell struct {
	id  int64
	box [4]float32 // min x, max x, min y, max y, rounded outward
}

// packTree replaces the R-tree of t by one packed from the rows there are, and returns their extent.
func packTree(ctx context.Context, tx *sql.Tx, t *table) (orb.Bound, bool, error) {
	leaves, extent, err := readCells(ctx, tx, t)
	if err != nil {
		return extent, false, err
	}
	rt := t.rtree()
	size, err := nodeSize(ctx, tx, rt)
	if err != nil {
		return extent, false, err
	}
	for _, suffix := range rtreeTables {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+quote(rt+suffix)); err != nil {
			return extent, false, err
		}
	}
	p := newTreePacker(size, func(suffix string, n int, row func(int) (int64, any)) error {
		return insertPairs(ctx, tx, rt+suffix, n, row)
	})
	return extent, len(leaves) > 0, p.pack(leaves)
}

// rtreeTables are the suffixes of the tables of an R-tree.
var rtreeTables = [...]string{"_node", "_rowid", "_parent"}

// nodeSize is how many bytes a node of the R-tree has.
func nodeSize(ctx context.Context, q querier, rtree string) (size int, err error) {
	err = q.QueryRowContext(ctx, `SELECT length(data) FROM `+quote(rtree+"_node")+` WHERE nodeno = 1`).Scan(&size)
	if err != nil {
		err = fmt.Errorf("root of %s: %w", rtree, err)
	}
	return size, err
}

// readCells returns a cell for every row with a geometry, by fid, and the extent of all.
func readCells(ctx context.Context, q rowQuerier, t *table) ([]cell, orb.Bound, error) {
	var cells []cell
	var extent orb.Bound
	err := eachBound(ctx, q, t, func(fid int64, b orb.Bound) {
		if len(cells) == 0 {
			extent = b
		}
		extent = extent.Union(b)
		cells = append(cells, cellOf(fid, b))
	})
	return cells, extent, err
}

// measureExtent returns the extent of all rows; false when none has a geometry.
func measureExtent(ctx context.Context, q rowQuerier, t *table) (orb.Bound, bool, error) {
	var extent orb.Bound
	found := false
	err := eachBound(ctx, q, t, func(_ int64, b orb.Bound) {
		if !found {
			extent, found = b, true
		}
		extent = extent.Union(b)
	})
	return extent, found, err
}

func eachBound(ctx context.Context, q rowQuerier, t *table, use func(fid int64, b orb.Bound)) error {
	rows, err := q.QueryContext(ctx, `SELECT fid, geom FROM `+quote(t.name)+` WHERE geom IS NOT NULL ORDER BY fid`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var fid int64
		var blob sql.RawBytes
		if err := rows.Scan(&fid, &blob); err != nil {
			return err
		}
		b, ok, err := boundOf(blob)
		if err != nil {
			return fmt.Errorf("%s %d: %w", t.name, fid, err)
		}
		if ok {
			use(fid, b)
		}
	}
	return rows.Err()
}

func down(v float64) float32 {
	f := float32(v)
	if float64(f) > v {
		f = math.Nextafter32(f, float32(math.Inf(-1)))
	}
	return f
}

func up(v float64) float32 {
	f := float32(v)
	if float64(f) < v {
		f = math.Nextafter32(f, float32(math.Inf(1)))
	}
	return f
}

// writeTable takes the n rows of a table of the tree, in the order of the first of their two columns.
type writeTable func(suffix string, n int, row func(i int) (int64, any)) error

type treePacker struct {
	size  int // bytes of a node
	full  int // cells a node holds
	write writeTable

	next    int64 // the last node number used; 1 is the root's
	parents [][2]int64
	nodes   [][]byte // of the numbers 2 and up, then the root
}

func newTreePacker(size int, write writeTable) *treePacker {
	return &treePacker{size: size, full: (size - nodeHead) / cellSize, write: write}
}

// pack writes the tree bottom up. Nodes are filled to four fifths, so that single inserts after it need not split at once.
func (p *treePacker) pack(level []cell) error {
	p.next = 1
	byFid := make([]int64, len(level)) // the leaf of each row, in the order of level
	depth := 0
	for ; len(level) > p.full; depth++ {
		groups := tile(level, p.full*4/5)
		above := make([]cell, 0, len(groups))
		for _, g := range groups {
			p.next++
			above = append(above, p.node(p.next, 0, level, g))
			for _, i := range g {
				if depth == 0 {
					byFid[i] = p.next
				} else {
					p.parents = append(p.parents, [2]int64{level[i].id, p.next})
				}
			}
		}
		if depth == 0 {
			if err := p.writeRows(level, byFid); err != nil {
				return err
			}
		}
		level = above
	}
	all := make([]int, len(level))
	for i := range all {
		all[i] = i
		if depth > 0 {
			p.parents = append(p.parents, [2]int64{level[i].id, 1})
		} else {
			byFid[i] = 1
		}
	}
	p.node(1, depth, level, all)
	if depth == 0 {
		if err := p.writeRows(level, byFid); err != nil {
			return err
		}
	}
	return p.flush()
}

// node makes the node of the cells members and returns the cell its parent keeps of it.
func (p *treePacker) node(no int64, depth int, cells []cell, members []int) cell {
	data := make([]byte, nodeHead, p.size)
	binary.BigEndian.PutUint16(data, uint16(depth))
	binary.BigEndian.PutUint16(data[2:], uint16(len(members)))
	out := cell{id: no}
	for n, i := range members {
		c := cells[i]
		data = binary.BigEndian.AppendUint64(data, uint64(c.id))
		for _, v := range c.box {
			data = binary.BigEndian.AppendUint32(data, math.Float32bits(v))
		}
		if n == 0 {
			out.box = c.box
		}
		out.box = [4]float32{min(out.box[0], c.box[0]), max(out.box[1], c.box[1]), min(out.box[2], c.box[2]), max(out.box[3], c.box[3])}
	}
	p.nodes = append(p.nodes, data[:p.size])
	return out
}

// tile parts the cells into groups of up to size near one another: strips by x, in each runs by y (sort-tile-recursive).
func tile(cells []cell, size int) [][]int {
	order := make([]int, len(cells))
	for i := range order {
		order[i] = i
	}
	by := func(k int) func(a, b int) int {
		return func(a, b int) int {
			x, y := cells[a].box[k]+cells[a].box[k+1], cells[b].box[k]+cells[b].box[k+1]
			switch {
			case x < y:
				return -1
			case x > y:
				return 1
			}
			return a - b
		}
	}
	slices.SortFunc(order, by(0))
	count := (len(cells) + size - 1) / size
	strip := size * int(math.Ceil(math.Sqrt(float64(count))))
	groups := make([][]int, 0, count)
	for s := range slices.Chunk(order, strip) {
		slices.SortFunc(s, by(2))
		for g := range slices.Chunk(s, size) {
			groups = append(groups, g)
		}
	}
	return groups
}

func (p *treePacker) writeRows(level []cell, leaf []int64) error {
	return p.write("_rowid", len(level), func(i int) (int64, any) { return level[i].id, leaf[i] })
}

func (p *treePacker) flush() error {
	last := len(p.nodes) - 1 // the root, made last, is number 1
	err := p.write("_node", len(p.nodes), func(i int) (int64, any) {
		if i == 0 {
			return 1, p.nodes[last]
		}
		return int64(i + 1), p.nodes[i-1]
	})
	if err != nil {
		return err
	}
	slices.SortFunc(p.parents, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	return p.write("_parent", len(p.parents), func(i int) (int64, any) { return p.parents[i][0], p.parents[i][1] })
}

// insertPairs writes the rows of a table of two columns, many to a statement.
func insertPairs(ctx context.Context, tx *sql.Tx, table string, n int, row func(i int) (int64, any)) error {
	query := func(n int) string {
		return `INSERT INTO ` + quote(table) + ` VALUES ` + strings.TrimSuffix(strings.Repeat("(?, ?), ", n), ", ")
	}
	stmt, err := tx.PrepareContext(ctx, query(rowsPerWrite))
	if err != nil {
		return err
	}
	defer stmt.Close()
	args := make([]any, 0, 2*rowsPerWrite)
	for i := range n {
		id, v := row(i)
		if args = append(args, id, v); len(args) < cap(args) && i < n-1 {
			continue
		}
		if len(args) == cap(args) {
			_, err = stmt.ExecContext(ctx, args...)
		} else {
			_, err = tx.ExecContext(ctx, query(len(args)/2), args...)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
		args = args[:0]
	}
	return nil
}
