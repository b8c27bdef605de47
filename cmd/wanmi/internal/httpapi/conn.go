package httpapi

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"wanmi/gis"
)

type connKey struct{}

// listener gives net/http connections that let a reply go out in one piece and answer some requests themselves.
type listener struct {
	net.Listener
	srv *Server
}

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &conn{TCPConn: tcp, srv: l.srv}, err
	}
	return c, err
}

// conn is a connection that can hold back what is written until there is more, and that answers requests for tiles in the cache, and
// for small ones that are not, before net/http has read them. One goroutine reads and one writes at a time, as net/http does.
//
// It answers between two requests of net/http only: the first of a connection is always net/http's, and so is all that follows one that is
// not for here, up to the end of its reply.
type conn struct {
	*net.TCPConn
	srv     *Server
	holding bool
	held    []byte

	room    int  // of net/http's buffer when it is empty; 0 before the first Read
	between bool // net/http waits for a request
	early   early
	state   atomic.Int32 // connOpen, connAnswering, connClosing
}

// States of a connection.
const (
	connOpen      int32 = iota
	connAnswering       // a reply is being written by Read; Close waits for its end
	connClosing
)

// Read implements net.Conn. Whoever asks between two requests gets what is left when those for here are answered.
func (c *conn) Read(p []byte) (int, error) {
	// A buffer with less room than at first has bytes of the next request in it already.
	whole := c.between && len(p) == c.room
	if c.room == 0 {
		c.room = len(p)
	}
	c.between = false
	if !whole {
		return c.TCPConn.Read(p)
	}
	for {
		n, err := c.TCPConn.Read(p)
		if err != nil || n == 0 || c.srv.stopping.Load() {
			return n, err
		}
		done, err := c.answer(p[:n])
		if err != nil {
			return 0, err
		}
		if done < n {
			return copy(p, p[done:n]), nil
		}
		if err := c.SetReadDeadline(time.Now().Add(c.srv.http.IdleTimeout)); err != nil { // as after a request of net/http
			return 0, err
		}
	}
}

// answer answers the requests at the beginning of p and returns how many bytes they are.
func (c *conn) answer(p []byte) (done int, err error) {
	if !c.state.CompareAndSwap(connOpen, connAnswering) {
		return 0, net.ErrClosed
	}
	for done < len(p) {
		n, err := c.srv.api.answerEarly(c.TCPConn, &c.early, p[done:])
		if err != nil {
			_ = c.opened() // the reading fails already
			return done, err
		}
		if n == 0 {
			break
		}
		done += n
	}
	return done, c.opened()
}

// opened ends the answering; a Close that came meanwhile is done now.
func (c *conn) opened() error {
	if c.state.CompareAndSwap(connAnswering, connOpen) {
		return nil
	}
	defer c.srv.late.Done()
	return errors.Join(net.ErrClosed, c.TCPConn.Close())
}

// Close implements net.Conn. Server.Shutdown closes what it takes for idle: a reply that is being written goes out before.
func (c *conn) Close() error {
	for !c.state.CompareAndSwap(connOpen, connClosing) && c.state.Load() == connAnswering {
		c.srv.late.Add(1)
		if c.state.CompareAndSwap(connAnswering, connClosing) {
			return nil
		}
		c.srv.late.Done()
	}
	return c.TCPConn.Close()
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	switch {
	case !c.holding:
		return c.TCPConn.Write(p)
	case len(c.held) == 0 && len(p) <= 4<<10:
		c.held = append(c.held, p...)
		return len(p), nil
	}
	before := int64(len(c.held))
	both := net.Buffers{c.held, p}
	n, err := both.WriteTo(c.TCPConn)
	c.held = c.held[:0]
	return int(max(n-before, 0)), err
}

// release ends the holding back.
func (c *conn) release() error {
	c.holding = false
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.TCPConn.Write(c.held)
	c.held = c.held[:0]
	return err
}

// send writes a body whose length the header tells, and sees it off: the client need not wait until the request is counted and logged. Left to
// itself net/http sends what is larger than its buffer of 4 KiB in two: two calls of the kernel, and a client that is woken twice.
func send(w http.ResponseWriter, r *http.Request, body []byte) (err error) {
	c, ok := r.Context().Value(connKey{}).(*conn)
	if !ok {
		_, err = w.Write(body)
		return err
	}
	c.holding = true
	defer func() { err = errors.Join(err, left(c.release())) }()
	if _, err = w.Write(body); err != nil {
		return err
	}
	return left(http.NewResponseController(w).Flush())
}

// left makes the failure to write to a connection what it is: the caller's leaving, no fault of the server.
func left(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && gis.KindOf(err) != gis.Canceled {
		return gis.E(gis.Canceled, err, "the caller left")
	}
	return err
}

// withConn lets handlers find their connection.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*conn); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}
