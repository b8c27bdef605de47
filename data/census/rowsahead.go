package census

import "iter"

// rowBatch is a run of rows on its way from the core that reads to the one that checks.
type rowBatch struct {
	rows   []Row
	values []string // of all rows: a reader uses its own again
	placed []placedRow
	err    error // what ended the rows
}

const batchRows = 256

// rowsAhead yields the rows another core reads ahead, a few batches at most; place, where there is one, is asked there about each. A loop that
// ends early stops the reading, and what the reader holds is free again when it returns.
func rowsAhead(rows iter.Seq2[Row, error], place func(*Row, *placedRow) bool) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		full, empty, quit := make(chan *rowBatch, 4), make(chan *rowBatch, 6), make(chan struct{})
		for range cap(empty) {
			empty <- &rowBatch{}
		}
		go readBatches(rows, place, full, empty, quit)
		defer func() {
			close(quit)
			for range full { // until the reading has ended
			}
		}()
		for b := range full {
			for i := range b.rows {
				if !yield(b.rows[i], nil) {
					return
				}
			}
			if b.err != nil {
				yield(Row{}, b.err)
				return
			}
			empty <- b
		}
	}
}

// readBatches fills batches until the rows or the loop end; then it closes full.
func readBatches(rows iter.Seq2[Row, error], place func(*Row, *placedRow) bool, full chan<- *rowBatch, empty <-chan *rowBatch, quit <-chan struct{}) {
	defer close(full)
	next := func() *rowBatch {
		select {
		case b := <-empty:
			b.rows, b.values = b.rows[:0], b.values[:0]
			return b
		case <-quit:
			return nil
		}
	}
	send := func(b *rowBatch) bool {
		select {
		case full <- b:
			return true
		case <-quit:
			return false
		}
	}
	b := next()
	for row, err := range rows {
		if b == nil {
			return
		}
		if err != nil {
			b.err = err
			break
		}
		n := len(b.values)
		b.values = append(b.values, row.Values...)
		row.Values = b.values[n:len(b.values):len(b.values)]
		if b.rows = append(b.rows, row); len(b.rows) == batchRows {
			if b.place(place); !send(b) {
				return
			}
			b = next()
		}
	}
	if b != nil {
		b.place(place)
		send(b)
	}
}

func (b *rowBatch) place(place func(*Row, *placedRow) bool) {
	if place == nil {
		return
	}
	if b.placed == nil {
		b.placed = make([]placedRow, batchRows)
	}
	for i := range b.rows {
		if place(&b.rows[i], &b.placed[i]) {
			b.rows[i].placed = &b.placed[i]
		}
	}
}
