package postgis

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
)

// copyChunk is from how many bytes on collected rows are sent.
const copyChunk = 1 << 18

// copyBuf collects rows in the text format of COPY for one table, or in its binary format where it has a wire.
type copyBuf struct {
	into string // table and columns, as "wanmi.counter (name, value)"
	wire *wire
	b    []byte
	rows int
}

// row appends a row.
func (c *copyBuf) row(vals ...any) {
	for i, v := range vals {
		if i > 0 {
			c.b = append(c.b, '\t')
		}
		c.b = appendCopy(c.b, v)
	}
	c.b = append(c.b, '\n')
	c.rows++
}

// appendCopy appends one value: \N for nil, hexadecimal EWKB for the WKB of a shape.
func appendCopy(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, `\N`...)
	case string:
		return appendCopyText(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	case bool:
		if v {
			return append(b, 't')
		}
		return append(b, 'f')
	case []byte:
		return appendEWKB(b, v)
	}
	panic(fmt.Sprintf("postgis: no column takes a %T", v))
}

func appendCopyText(b []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		var esc byte
		switch s[i] {
		case '\\':
			esc = '\\'
		case '\n':
			esc = 'n'
		case '\r':
			esc = 'r'
		case '\t':
			esc = 't'
		default:
			continue
		}
		b = append(append(b, s[from:i]...), '\\', esc)
		from = i + 1
	}
	return append(b, s[from:]...)
}

// appendEWKB appends the little-endian WKB of a shape as hexadecimal EWKB.
func appendEWKB(b, wkb []byte) []byte {
	head := ewkbHead(wkb)
	return hex.AppendEncode(hex.AppendEncode(b, head[:]), wkb[5:])
}

// ewkbHead returns what EWKB has in the place of the first five bytes of WKB: with the reference system after the type.
func ewkbHead(wkb []byte) (head [9]byte) {
	head[0] = 1
	const hasSRID = 0x20000000
	binary.LittleEndian.PutUint32(head[1:], binary.LittleEndian.Uint32(wkb[1:])|hasSRID)
	binary.LittleEndian.PutUint32(head[5:], srsCGCS2000)
	return head
}

// param returns v as the argument of a statement.
func param(v any) any {
	if wkb, ok := v.([]byte); ok {
		return string(appendEWKB(nil, wkb))
	}
	return v
}

// copying is a COPY into a table, fed with chunks of rows.
type copying struct {
	into  string
	wire  *wire // nil: rows are text
	full  chan []byte
	empty chan []byte // chunks to be filled again
	done  chan struct{}
	err   error // valid when done is closed
}

// startCopy begins a COPY on c, which is in a transaction and takes nothing else until the COPY has ended.
func startCopy(ctx context.Context, c *sql.Conn, into string, w *wire) *copying {
	p := &copying{into: into, wire: w, full: make(chan []byte, 2), empty: make(chan []byte, 4), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		p.err = p.run(ctx, c)
	}()
	return p
}

// give hands over the collected rows. It is false when the COPY has ended with an error, which end returns.
func (p *copying) give(c *copyBuf) bool {
	select {
	case p.full <- c.b:
	case <-p.done:
		return false
	}
	c.rows = 0
	select {
	case c.b = <-p.empty:
	default:
		c.b = make([]byte, 0, copyChunk+copyChunk/16)
	}
	return true
}

// end waits until the server has taken all rows in, and returns what it has to say to them.
func (p *copying) end() error {
	close(p.full)
	<-p.done
	return p.err
}

func (p *copying) run(ctx context.Context, c *sql.Conn) (err error) {
	// Raw is not told: by the error of a lost connection it would close c, and wait for that until the transaction ends.
	end := c.Raw(func(dc any) error {
		err = p.feed(ctx, dc)
		return nil
	})
	return cmp.Or(err, end)
}

func (p *copying) feed(ctx context.Context, dc any) error {
	d, ok := dc.(driver.ConnPrepareContext)
	if !ok {
		return errors.New("the driver prepares no statements")
	}
	query := "COPY " + p.into + " FROM STDIN"
	if p.wire != nil {
		query += " WITH (FORMAT binary)"
		p.wire.beginBinary()
	}
	st, err := d.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	in, ok := st.(lineCopier)
	if !ok {
		return errors.New("the driver takes no lines for COPY")
	}
	send := func(rows []byte) error { return sendLines(ctx, in, rows) }
	if p.wire != nil {
		send = p.wire.sender(ctx)
	}
	for rows := range p.full {
		if err = send(rows); err != nil {
			break
		}
		select {
		case p.empty <- rows[:0]:
		default:
		}
	}
	if p.wire != nil && err == nil {
		err = send(binaryEnd)
	}
	if verdict := in.Close(); verdict != nil { // Close waits for the server
		return verdict
	}
	if errors.Is(err, errAnswered) { // what the server said was no refusal
		err = nil
	}
	return err
}

// lineCopier is lib/pq's statement of a COPY.
type lineCopier interface {
	driver.Stmt
	CopyData(ctx context.Context, line string) (driver.Result, error)
}

func sendLines(ctx context.Context, in lineCopier, rows []byte) error {
	for len(rows) > 0 {
		n := cut(rows)
		if _, err := in.CopyData(ctx, string(rows[:n-1])); err != nil { // it appends the line's end itself
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// cut returns the length of the lines to send in one message, about 60 kB.
func cut(rows []byte) int {
	const message = 60 << 10
	if len(rows) <= message {
		return len(rows)
	}
	for n := message; n < len(rows); n++ {
		if rows[n-1] == '\n' {
			return n
		}
	}
	return len(rows)
}
