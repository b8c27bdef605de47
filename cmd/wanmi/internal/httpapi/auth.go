package httpapi

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"wanmi/data"
	"wanmi/gis"
)

// caller is who sent a request; the zero caller is anybody.
type caller struct {
	keyID, name, role string
	cookie            bool // known by cookie: a browser, which other pages can make send requests
}

// The cookie of a signed-in browser and how long it lasts.
const (
	cookieName  = "wanmi_session"
	sessionLife = 12 * time.Hour
	maxSessions = 10_000
)

// session is one signed-in browser.
type session struct {
	who     caller
	expires time.Time
	checked time.Time // when the key behind it was last seen valid
}

// sessions holds the signed-in browsers of this process; a restart signs them out. Only the hash of a cookie is kept.
type sessions struct {
	mu  sync.Mutex
	now func() time.Time
	all map[[sha256.Size]byte]session
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, all: map[[sha256.Size]byte]session{}}
}

// open starts a session and returns the cookie's value.
func (s *sessions) open(who caller) string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails
	token := hex.EncodeToString(b[:])
	who.cookie = true
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if len(s.all) >= maxSessions {
		s.sweep(now)
	}
	s.all[sha256.Sum256([]byte(token))] = session{who: who, expires: now.Add(sessionLife), checked: now}
	return token
}

// sweep drops what has expired, and the whole lot when that frees nothing.
func (s *sessions) sweep(now time.Time) {
	for k, v := range s.all {
		if now.After(v.expires) {
			delete(s.all, k)
		}
	}
	if len(s.all) >= maxSessions {
		clear(s.all)
	}
}

func (s *sessions) find(token string) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := sha256.Sum256([]byte(token))
	v, ok := s.all[k]
	if ok && s.now().After(v.expires) {
		delete(s.all, k)
		return session{}, false
	}
	return v, ok
}

func (s *sessions) close(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sha256.Sum256([]byte(token)))
}

// touch notes that the key behind a session was seen valid.
func (s *sessions) touch(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := sha256.Sum256([]byte(token))
	if v, ok := s.all[k]; ok {
		v.checked = s.now()
		s.all[k] = v
	}
}

// recheck is how long a reading session is believed before its key is looked up again; writes always look.
const recheck = 5 * time.Second

// identify finds out who sent the request: Authorization, X-API-Key, ?key=, then the cookie.
func (a *API) identify(c *call) (caller, error) {
	if c.route.open {
		return a.byCookie(c) // pages work signed out; who is signed in is still worth knowing
	}
	secret, fromQuery := secretOf(c)
	if secret == "" {
		return a.byCookie(c)
	}
	k, err := a.cfg.Store.FindKey(c.r.Context(), secret)
	switch {
	case err == nil:
		return caller{keyID: k.ID, name: k.Name, role: k.Role}, nil
	case gis.KindOf(err) != gis.NotFound && gis.KindOf(err) != gis.Denied:
		return caller{}, err
	case fromQuery && c.route.compat && a.cfg.Public && c.route.role == "":
		return caller{}, nil // another service's key parameter, of no meaning to us
	}
	return caller{}, unsigned("the key is unknown or revoked")
}

// secretOf returns the key a request carries, and whether it stood in the query.
func secretOf(c *call) (secret string, fromQuery bool) {
	if h := c.r.Header.Get("Authorization"); h != "" {
		scheme, rest, _ := strings.Cut(h, " ")
		if strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(rest), false
		}
	}
	if h := c.r.Header.Get("X-API-Key"); h != "" {
		return strings.TrimSpace(h), false
	}
	return c.q.Get("key"), true
}

// byCookie finds the session of a browser. A cookie nobody knows is as good as none.
func (a *API) byCookie(c *call) (caller, error) {
	cookie, err := c.r.Cookie(cookieName)
	if err != nil {
		return caller{}, nil //nolint:nilerr // no cookie
	}
	s, ok := a.sessions.find(cookie.Value)
	if !ok {
		return caller{}, nil
	}
	if reading(c.r) && a.cfg.Now().Sub(s.checked) < recheck {
		return s.who, nil
	}
	keys, err := a.cfg.Store.Keys(c.r.Context())
	if err != nil {
		return caller{}, err
	}
	for _, k := range keys {
		if k.ID == s.who.keyID && k.RevokedAt.IsZero() {
			a.sessions.touch(cookie.Value)
			return s.who, nil
		}
	}
	a.sessions.close(cookie.Value)
	return caller{}, nil
}

// allow holds a route's demand against the caller.
func (a *API) allow(c *call) error {
	need := c.route.role
	switch {
	case c.route.open:
	case need == "" && a.cfg.Public:
	case c.who.role == "":
		return unsigned("send a key as Authorization: Bearer KEY; `wanmi key create` makes one")
	case need != "" && !data.RoleAllows(c.who.role, need):
		return gis.E(gis.Denied, nil, "this needs the role %s; the key has %s", need, c.who.role)
	case need == "" && !data.RoleAllows(c.who.role, data.RoleViewer):
		return gis.E(gis.Denied, nil, "this needs the role %s; the key has %s", data.RoleViewer, c.who.role)
	}
	if c.who.cookie && !reading(c.r) && c.route.writes() && !ownPage(c.r, a.origin(c.r)) {
		return gis.E(gis.Denied, nil, "a signed-in browser may write from this server's own pages only")
	}
	return nil
}

// ownPage reports whether a browser's request comes from a page of ours: Sec-Fetch-Site where the browser sends it,
// Origin otherwise. Neither: refused, every browser that keeps SameSite cookies sends one of them with a write.
func ownPage(r *http.Request, origin string) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	from, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || from.Host == "" {
		return false
	}
	own, err := url.Parse(origin)
	return err == nil && strings.EqualFold(from.Host, own.Host) && from.Scheme == own.Scheme
}

// login is GET /login?key=SECRET: it signs the browser in and goes on to the page.
func (a *API) login(c *call) (*reply, error) {
	secret := c.q.Get("key")
	if secret == "" {
		return nil, unsigned("open /login?key=KEY with a key made by `wanmi key create`")
	}
	k, err := a.cfg.Store.FindKey(c.r.Context(), secret)
	if err != nil {
		if kind := gis.KindOf(err); kind == gis.NotFound || kind == gis.Denied {
			return nil, unsigned("the key is unknown or revoked")
		}
		return nil, err
	}
	token := a.sessions.open(caller{keyID: k.ID, name: k.Name, role: k.Role})
	origin := a.origin(c.r)
	rp := &reply{status: http.StatusSeeOther, cache: "no-store"}
	rp.set("Location", pathOf(origin)+"/")
	rp.set("Referrer-Policy", "no-referrer") // the key must not travel on
	rp.set("Set-Cookie", a.cookie(token, origin, int(sessionLife/time.Second)))
	return rp, nil
}

// cookie writes the session cookie; a negative age deletes it.
func (a *API) cookie(token, origin string, age int) string {
	return (&http.Cookie{
		Name: cookieName, Value: token, Path: pathOf(origin) + "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: strings.HasPrefix(origin, "https:"),
	}).String()
}

// pathOf returns the path of an origin made by API.origin, "" at the root.
func pathOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Path, "/")
}

// logout is POST /logout.
func (a *API) logout(c *call) (*reply, error) {
	if cookie, err := c.r.Cookie(cookieName); err == nil {
		a.sessions.close(cookie.Value)
	}
	rp := &reply{status: http.StatusNoContent, cache: "no-store"}
	rp.set("Set-Cookie", a.cookie("", a.origin(c.r), -1))
	return rp, nil
}

// sessionState is GET /api/session: what the page may show and offer.
func (a *API) sessionState(c *call) (*reply, error) {
	rp, err := jsonReply(map[string]any{
		"signed_in": c.who.role != "", "name": c.who.name, "role": c.who.role, "public": a.cfg.Public,
		"may_edit": data.RoleAllows(c.who.role, data.RoleEditor),
	})
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}
