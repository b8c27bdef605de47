package httpapi

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Server answers requests on connections by an API: by net/http, but for what [conn] answers itself.
type Server struct {
	api      *API
	http     http.Server
	stopping atomic.Bool
	late     sync.WaitGroup // connections closed while a reply is being written, which close after it
}

// NewServer returns a server of an API. Its own troubles go to the API's log.
func NewServer(api *API) *Server {
	s := &Server{api: api}
	s.http = http.Server{
		Handler: api, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ConnContext: withConn,
		ConnState: func(c net.Conn, state http.ConnState) {
			if c, ok := c.(*conn); ok && state == http.StateIdle {
				c.between = true
			}
		},
		ErrorLog: slog.NewLogLogger(api.cfg.Log.Handler(), slog.LevelWarn),
	}
	return s
}

// Serve answers on ln until Shutdown, as [http.Server.Serve].
func (s *Server) Serve(ln net.Listener) error { return s.http.Serve(listener{ln, s}) }

// Shutdown takes no more requests and returns when the running ones have finished or ctx ends, as [http.Server.Shutdown].
func (s *Server) Shutdown(ctx context.Context) error {
	s.stopping.Store(true)
	if err := s.http.Shutdown(ctx); err != nil {
		return err
	}
	written := make(chan struct{})
	go func() {
		s.late.Wait()
		close(written)
	}()
	select {
	case <-written:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
