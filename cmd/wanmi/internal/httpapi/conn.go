package httpapi

import (
	"context"
	"errors"
	"net"
	"net/http"
)

// Listen returns a listener whose connections let a reply go out in one piece, with ConnContext as the http.Server's. Left to itself net/http
// sends what is larger than its buffer of 4 KiB in two: two calls of the kernel, and a client that is woken twice.
func Listen(ln net.Listener) net.Listener { return listener{ln} }

// ConnContext lets handlers find their connection.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*conn); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}

type connKey struct{}

type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		return &conn{TCPConn: tcp}, err
	}
	return c, err
}

// conn is a connection that can hold back what is written until there is more. One goroutine writes to it at a time, as net/http does.
type conn struct {
	*net.TCPConn
	holding bool
	held    []byte
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

// send writes a body whose length the header tells, and sees it off: the client need not wait until the request is counted and logged.
func send(w http.ResponseWriter, r *http.Request, body []byte) (err error) {
	c, ok := r.Context().Value(connKey{}).(*conn)
	if !ok {
		_, err = w.Write(body)
		return err
	}
	c.holding = true
	defer func() { err = errors.Join(err, c.release()) }()
	if _, err = w.Write(body); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}
