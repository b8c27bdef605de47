package postgis

import (
	"context"
	"net/url"
	"time"

	"github.com/lib/pq"
)

// wakeChannel is the channel of NOTIFY on which every write that changed a feature tells its generation when it is committed.
const wakeChannel = "wanmi_change"

// How soon a lost listener tries to connect again, and how seldom when the server stays away.
const (
	soonest = 200 * time.Millisecond
	latest  = 10 * time.Second
)

// Woken returns a channel that gets something soon after anybody's write was committed, and after the connection that listens
// was lost and came back: who is woken reads the change log from where he stands, which is complete whatever he was told. Where
// the server does not let listen, as a standby, or cannot be reached, nothing comes: ask from time to time all the same. It ends
// with ctx.
func (s *Store) Woken(ctx context.Context) <-chan struct{} {
	out := make(chan struct{}, 1)
	wake := func() {
		select {
		case out <- struct{}{}:
		default: // it is awake already
		}
	}
	l := pq.NewListener(s.listening(), soonest, latest, func(e pq.ListenerEventType, err error) {
		switch e {
		case pq.ListenerEventDisconnected:
			s.log.WarnContext(ctx, "listening for writes was interrupted; polling", "database", s.name, "error", err)
		case pq.ListenerEventReconnected:
			s.log.InfoContext(ctx, "listening for writes again", "database", s.name)
		}
	})
	go func() {
		if err := l.Listen(wakeChannel); err != nil && ctx.Err() == nil {
			s.log.InfoContext(ctx, "the server does not let listen for writes; polling", "database", s.name, "error", err)
			l.Close()
			return
		}
		wake() // what was written before
	}()
	go func() {
		defer func() {
			l.Close()
			for range l.Notify { // until the listener has ended
			}
		}()
		for {
			select {
			case <-ctx.Done():
				return
			case _, open := <-l.Notify:
				if !open {
					return
				}
				wake()
			}
		}
	}()
	return out
}

// listening is the connection string with a name of its own for the connection that listens.
func (s *Store) listening() string {
	u, err := url.Parse(s.dsn)
	if err != nil {
		return s.dsn
	}
	q := u.Query()
	if !q.Has("application_name") {
		q.Set("application_name", "wanmi listening")
	}
	u.RawQuery = q.Encode()
	return u.String()
}
