package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/data/census"
	"wanmi/gis"
)

// pieceRows is how many rows are placed in one go: also those by which the column of the texts is found.
const pieceRows = 256

// geocoding is a batch under way: rows are read, placed on every core and written at the same time, so that a file of any length takes the
// memory of some pieces.
type geocoding struct {
	a       *app
	ctx     context.Context
	view    *city.View
	flags   geocodeFlags
	out     *os.File
	columns []string
	col     int   // of the texts
	pos     []int // of the position

	jobs, order  chan *piece
	free         chan *piece
	halted       atomic.Bool // it has failed
	rows, placed int         // written
}

// piece is some rows of the file and, when done is closed, what is written for them.
type piece struct {
	vals   []string // of all rows, one after the other
	faults []string // by row: why it cannot be read as it should
	out    bytes.Buffer
	placed int
	err    error
	done   chan struct{}
}

func (a *app) geocodeBatch(ctx context.Context, v *city.View, f geocodeFlags) error {
	g := geocoding{a: a, ctx: ctx, view: v, flags: f}
	if err := writeFileAtomic(f.out, g.run); err != nil {
		return err
	}
	return a.result(map[string]any{"rows": g.rows, "placed": g.placed, "file": f.out, "column": g.columns[g.col]},
		"%d rows, %d placed, written to %s", g.rows, g.placed, f.out)
}

func (g *geocoding) run(out *os.File) error {
	r, err := census.Open(g.flags.batch, census.ReadOptions{Encoding: g.flags.encoding})
	if err != nil {
		return err
	}
	defer r.Close()
	workers := runtime.GOMAXPROCS(0)
	g.out, g.columns = out, append([]string(nil), r.Columns()...)
	g.jobs, g.order, g.free = make(chan *piece, workers), make(chan *piece, 2*workers), make(chan *piece, 4*workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for p := range g.jobs {
				g.place(p)
			}
		})
	}
	written := make(chan error, 1)
	go func() { written <- g.write() }()
	err = g.read(r)
	close(g.jobs)
	close(g.order)
	wg.Wait()
	if e := <-written; err == nil {
		err = e
	}
	return err
}

// read cuts the file into pieces and hands them on.
func (g *geocoding) read(r census.Reader) error {
	p, started := g.some(), false
	hand := func() error {
		if !started {
			started = true
			if err := g.begin(p); err != nil {
				return err
			}
		}
		g.order <- p
		g.jobs <- p
		p = g.some()
		return nil
	}
	for row, err := range r.Rows() {
		if err != nil {
			return err
		}
		n := copy(p.grow(len(g.columns)), row.Values)
		clear(p.vals[len(p.vals)-len(g.columns)+n:])
		fault := ""
		if row.Err != nil { // a stray quote or comma: the row stays, with what could be read of it
			fault = row.Err.Error()
		}
		if p.faults = append(p.faults, fault); len(p.faults) == pieceRows {
			if err := hand(); err != nil {
				return err
			}
			if g.halted.Load() {
				return nil
			}
		}
	}
	return hand()
}

// grow adds room for one row and returns it.
func (p *piece) grow(n int) []string {
	for range n {
		p.vals = append(p.vals, "")
	}
	return p.vals[len(p.vals)-n:]
}

func (g *geocoding) some() *piece {
	p := &piece{}
	select {
	case p = <-g.free:
	default:
	}
	p.vals, p.faults, p.placed, p.err, p.done = p.vals[:0], p.faults[:0], 0, nil, make(chan struct{})
	p.out.Reset()
	return p
}

// row returns row i of the piece.
func (g *geocoding) row(p *piece, i int) []string {
	n := len(g.columns)
	return p.vals[i*n : (i+1)*n]
}

// begin finds the columns by the first rows and writes the heading.
func (g *geocoding) begin(first *piece) (err error) {
	t := table{columns: g.columns}
	for i := range first.faults {
		t.rows = append(t.rows, g.row(first, i))
	}
	if g.col, err = t.textColumn(g.flags.column); err != nil {
		return err
	}
	if g.pos, err = t.positionColumns(g.flags.position); err != nil {
		return err
	}
	g.a.say("%s: texts in column %q", g.flags.batch, g.columns[g.col])
	w := csv.NewWriter(g.out)
	if err := w.Write(append(append([]string(nil), g.columns...), resultColumns...)); err != nil {
		return err
	}
	w.Flush()
	return w.Error()
}

// place answers the rows of a piece.
func (g *geocoding) place(p *piece) {
	defer close(p.done)
	w := csv.NewWriter(&p.out)
	var record []string
	for i, fault := range p.faults {
		if g.halted.Load() {
			return
		}
		row := g.row(p, i)
		q, unread := rowQuery(row, g.col, g.pos)
		q.Brief = true
		res, ok, err := locateRow(g.ctx, g.view, q)
		if err != nil {
			p.err = err
			return
		}
		for _, why := range [2]string{unread, fault} {
			if last := len(res) - 1; why != "" {
				res[last] = strings.TrimSuffix(why+"; "+res[last], "; ")
			}
		}
		if ok {
			p.placed++
		}
		record = append(append(record[:0], row...), res...)
		if p.err = w.Write(record); p.err != nil {
			return
		}
	}
	w.Flush()
	p.err = w.Error()
}

// write puts the pieces into the file in their order.
func (g *geocoding) write() error {
	tell, end := g.a.progress()
	defer end()
	for p := range g.order {
		<-p.done
		err := p.err
		if err == nil {
			_, err = g.out.Write(p.out.Bytes())
		}
		if err != nil {
			g.halted.Store(true)
			for range g.order { // nobody is left waiting to hand one over
			}
			return err
		}
		g.rows, g.placed = g.rows+len(p.faults), g.placed+p.placed
		tell.Tell("geocoding", int64(g.rows), 0)
		select {
		case g.free <- p:
		default:
		}
	}
	return nil
}

// locateRow places one text. A text that is refused (too long, not UTF-8) says so in its reasons: the batch goes on.
func locateRow(ctx context.Context, v *city.View, q city.LocateQuery) ([]string, bool, error) {
	loc, err := v.Locate(ctx, q)
	if gis.KindOf(err) == gis.Invalid {
		out := make([]string, len(resultColumns))
		out[len(out)-1] = gis.Public(err)
		return out, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return resultRow(loc), loc.Place != nil, nil
}

func resultRow(l city.Located) []string {
	out := make([]string, len(resultColumns))
	if l.Matter != nil {
		out[11], out[12] = l.Matter.Code, l.Matter.Name
	}
	out[13] = reasonsText(l)
	if l.Place == nil {
		return out
	}
	out[0] = strconv.FormatFloat(l.Place.Point[0], 'f', 7, 64)
	out[1] = strconv.FormatFloat(l.Place.Point[1], 'f', 7, 64)
	out[2], out[3] = l.Place.Label, l.Place.Layer
	out[4] = strconv.FormatFloat(l.Score, 'f', 3, 64)
	out[5] = strconv.FormatFloat(l.UncertaintyM, 'f', 0, 64)
	if l.Grid != nil {
		out[6] = l.Grid.Code
	}
	if l.Community != nil {
		out[7] = l.Community.Name
	}
	if l.Street != nil {
		out[8] = l.Street.Name
	}
	if len(l.Components) > 0 {
		out[9] = l.Components[0].Code
	}
	if l.Department != nil {
		out[10] = l.Department.Name
	}
	return out
}

// reasonsText is "word=use; ... ; -cost fault; ... ; ask".
func reasonsText(l city.Located) string {
	b := make([]byte, 0, 256)
	for _, r := range l.Reasons {
		b = append(append(append(b, r.Word...), '='), r.Use...)
		if r.Years != "" {
			b = append(append(append(b, '('), r.Years...), ')')
		}
		b = append(b, "; "...)
	}
	for _, f := range l.Faults {
		b = strconv.AppendFloat(append(b, '-'), f.Cost, 'f', 2, 64)
		b = append(append(append(b, ' '), f.TextZh...), "; "...)
	}
	b = append(b, l.Ask...)
	return strings.TrimSuffix(string(b), "; ")
}
