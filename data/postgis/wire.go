package postgis

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// wire is the connection below lib/pq. The driver takes no binary rows for COPY, which cost the server a quarter less
// than text: so it is told that they are text, and the rows go past it. That needs a connection that is not encrypted.
type wire struct {
	net.Conn
	asked, encrypted bool        // the client asked for encryption, and got it
	binary           bool        // the server's next answer is to a COPY of binary rows
	copying          atomic.Bool // rows are being sent
	answered         atomic.Bool // the server said something while they were
}

var (
	binaryBegin = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	binaryEnd   = []byte{0xff, 0xff}
	sslRequest  = "\x00\x00\x00\x08\x04\xd2\x16\x2f"

	errAnswered = errors.New("the server has answered")
)

// Write implements net.Conn.
func (w *wire) Write(b []byte) (int, error) {
	if string(b) == sslRequest {
		w.asked = true
	}
	return w.Conn.Write(b)
}

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	if w.binary && len(b) >= 6 {
		n, err := io.ReadAtLeast(w.Conn, b, 6)
		w.asText(b[:n])
		return n, err
	}
	n, err := w.Conn.Read(b)
	if w.asked && n == 1 && b[0] == 'S' {
		w.encrypted = true
	}
	w.asked = w.asked && n == 0
	if n > 0 && w.copying.Load() {
		w.answered.Store(true)
	}
	return n, err
}

// asText makes the server's agreement to binary rows one to text. Notices may come before it.
func (w *wire) asText(b []byte) {
	for len(b) >= 6 {
		size := 1 + int(binary.BigEndian.Uint32(b[1:]))
		switch b[0] {
		case 'G': // CopyInResponse
			b[5], w.binary = 0, false
			w.answered.Store(false)
			w.copying.Store(true)
			return
		case 'E':
			w.binary = false
			return
		}
		if size > len(b) {
			return
		}
		b = b[size:]
	}
}

// beginBinary is called before a COPY of binary rows is asked for.
func (w *wire) beginBinary() { w.binary = true }

// sender returns what sends rows of a COPY. It stops when the server says something, and when ctx ends.
func (w *wire) sender(ctx context.Context) func(rows []byte) error {
	first := true
	return func(rows []byte) error {
		if err := ctx.Err(); err != nil {
			w.copying.Store(false)
			return err
		}
		if w.answered.Load() {
			return errAnswered
		}
		last := &rows[0] == &binaryEnd[0]
		if last {
			w.copying.Store(false)
		}
		head := append(make([]byte, 0, 5+len(binaryBegin)), 'd', 0, 0, 0, 0)
		if first {
			head, first = append(head, binaryBegin...), false
		}
		binary.BigEndian.PutUint32(head[1:], uint32(len(head)-1+len(rows)))
		stop := context.AfterFunc(ctx, func() { w.SetWriteDeadline(time.Unix(1, 0)) })
		defer stop()
		message := net.Buffers{head, rows}
		_, err := message.WriteTo(w.Conn)
		return err
	}
}

// wireDialer keeps hold of the first connection it makes.
type wireDialer struct {
	net.Dialer
	wire *wire
}

// DialContext implements pq.DialerContext.
func (d *wireDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil || d.wire != nil {
		return c, err
	}
	d.wire = &wire{Conn: c}
	return d.wire, nil
}

// DialTimeout implements pq.Dialer.
func (d *wireDialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// longPool returns a pool for the connection of a long write, and one beside it, with what knows the wire of the first.
func (s *Store) longPool() (*sql.DB, *wireDialer, error) {
	c, err := pq.NewConnectorConfig(s.cfg)
	if err != nil {
		return nil, nil, err
	}
	d := &wireDialer{}
	c.Dialer(d)
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(2)
	return db, d, nil
}

// plain returns the wire when rows can be sent by it.
func (d *wireDialer) plain() *wire {
	if d.wire == nil || d.wire.encrypted {
		return nil
	}
	return d.wire
}
