package shelf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"wanmi/gis"
)

// ErrGateway is in the chain of every error that is the fault of another server, or of the way to it.
var ErrGateway = errors.New("the archive's server is at fault")

// errChanged says that a server has another archive now than the one that was opened.
var errChanged = errors.New("the archive has been replaced")

// Limits of what a remote archive may take.
const (
	dialTime    = 5 * time.Second
	headerTime  = 10 * time.Second
	requestTime = 60 * time.Second // of one range, read to its end
	atOnce      = 16               // ranges asked of one server
)

// remote is an archive on an HTTP server. It serves any number of goroutines.
type remote struct {
	url    string
	shown  string // without password and query
	client *http.Client
	slots  chan struct{}

	mu   sync.Mutex
	tag  string // ETag, else Last-Modified, of the first answer
	size int64
	seen time.Time // of the last answer
}

// IsURL reports whether a location is a server's.
func IsURL(location string) bool {
	return strings.HasPrefix(location, "http://") || strings.HasPrefix(location, "https://")
}

// newClient returns a client that stays with the host it is sent to and gives up in time.
func newClient() *http.Client {
	return &http.Client{
		Timeout: requestTime,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: dialTime}).DialContext,
			TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: headerTime,
			MaxIdleConnsPerHost: atOnce, IdleConnTimeout: 90 * time.Second, DisableCompression: true, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > 3 || req.URL.Host != via[0].URL.Host || via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
				return gis.E(gis.Unavailable, ErrGateway, "the server sends on to %s: give that address when it is to be trusted", req.URL.Host)
			}
			return nil
		},
	}
}

func newRemote(location string, client *http.Client) (*remote, error) {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" {
		return nil, gis.E(gis.Invalid, nil, "%s is no address of a server", location)
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return &remote{url: location, shown: shown.String(), client: client, slots: make(chan struct{}, atOnce), size: -1}, nil
}

// Size implements pmtiles.Source.
func (s *remote) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// idle is how long the server has not been heard.
func (s *remote) idle() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.seen)
}

func (s *remote) fault(cause error, format string, args ...any) error {
	return gis.E(gis.Unavailable, errors.Join(ErrGateway, cause), "%s: %s", s.shown, fmt.Sprintf(format, args...))
}

// Range implements pmtiles.Source. Every answer must come from the archive the first one came from.
func (s *remote) Range(ctx context.Context, offset uint64, length int) ([]byte, error) {
	if length == 0 {
		return nil, nil
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, s.fault(ctx.Err(), "the server has not answered in time")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, s.fault(err, "the address cannot be asked")
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+uint64(length)-1))
	req.Header.Set("Accept-Encoding", "identity")
	s.mu.Lock()
	if strings.HasPrefix(s.tag, `"`) {
		req.Header.Set("If-Match", s.tag)
	}
	s.mu.Unlock()
	resp, err := s.client.Do(req)
	if err != nil {
		var said *gis.Error
		if errors.As(err, &said) {
			return nil, said
		}
		return nil, s.fault(err, "the server does not answer")
	}
	defer resp.Body.Close()
	return s.answer(resp, offset, length)
}

// answer reads a range out of a reply.
func (s *remote) answer(resp *http.Response, offset uint64, length int) ([]byte, error) {
	switch resp.StatusCode {
	case http.StatusPartialContent:
	case http.StatusPreconditionFailed:
		return nil, errChanged
	case http.StatusRequestedRangeNotSatisfiable: // past the end
		return nil, nil
	case http.StatusOK:
		return nil, s.fault(nil, "the server sends the whole file instead of a range, so the archive cannot be read there")
	default:
		return nil, s.fault(nil, "the server answers %d", resp.StatusCode)
	}
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, s.fault(nil, "the server compresses ranges (%s)", e)
	}
	first, size, ok := contentRange(resp.Header.Get("Content-Range"))
	if !ok || first != offset {
		return nil, s.fault(nil, "the server answers with another range: %q", resp.Header.Get("Content-Range"))
	}
	tag := resp.Header.Get("ETag")
	if tag == "" {
		tag = resp.Header.Get("Last-Modified")
	}
	if err := s.same(tag, size); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, int64(length)))
	if err != nil {
		return nil, s.fault(err, "the server breaks off")
	}
	return b, nil
}

// same holds an answer against the first.
func (s *remote) same(tag string, size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen.IsZero() {
		s.tag, s.size = tag, size
	} else if tag != s.tag || size != s.size {
		return errChanged
	}
	s.seen = time.Now()
	return nil
}

// contentRange reads "bytes 0-99/1000"; size is -1 for "*".
func contentRange(h string) (first uint64, size int64, ok bool) {
	rest, ok := strings.CutPrefix(h, "bytes ")
	span, total, ok2 := strings.Cut(rest, "/")
	from, _, ok3 := strings.Cut(span, "-")
	first, err := strconv.ParseUint(from, 10, 64)
	if !ok || !ok2 || !ok3 || err != nil {
		return 0, 0, false
	}
	if total == "*" {
		return first, -1, true
	}
	size, err = strconv.ParseInt(total, 10, 64)
	return first, size, err == nil && size >= 0
}
