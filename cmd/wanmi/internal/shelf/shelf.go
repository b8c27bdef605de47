package shelf

import (
	"context"
	"errors"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"wanmi/gis"
)

// Shelf holds the archives a server serves, by name. The nil Shelf holds none.
type Shelf struct {
	items map[string]*Item
}

var goodName = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)

// New opens archives: files, or http(s) addresses of PMTiles, by the names they are served by. A file that cannot be opened is an
// error; a server that does not answer is only told, and asked again when a tile is wanted. taken says which names are given
// already, and to what. failed is told what cannot be opened later.
func New(ctx context.Context, archives map[string]string, taken func(name string) string, failed func(name string, err error)) (*Shelf, error) {
	s := &Shelf{items: map[string]*Item{}}
	client := newClient()
	for _, name := range slices.Sorted(maps.Keys(archives)) {
		if !goodName.MatchString(name) {
			return nil, errors.Join(gis.E(gis.Invalid, nil, "archive name %q: 1 to 64 lower-case letters, digits, _ and - are wanted", name), s.Close())
		}
		if what := taken(name); what != "" {
			return nil, errors.Join(gis.E(gis.Invalid, nil, "archive %s (%s): %s has that name; give the archive another", name, archives[name], what), s.Close())
		}
		it := &Item{
			Name: name, location: archives[name], client: client, patience: Patience, turn: make(chan struct{}, 1),
			failed: func(err error) { failed(name, err) },
		}
		if _, err := it.Meta(ctx); err != nil && !it.Remote() {
			return nil, errors.Join(gis.E(gis.Invalid, err, "archive %s: %s cannot be served", name, archives[name]), s.Close())
		}
		s.items[name] = it
	}
	return s, nil
}

// Close closes all archives; nobody may ask for a tile any more.
func (s *Shelf) Close() error {
	if s == nil {
		return nil
	}
	for _, it := range s.items {
		it.turn <- struct{}{}
		it.retire()
		<-it.turn
	}
	return nil
}

// Item returns the archive of a name.
func (s *Shelf) Item(name string) (*Item, bool) {
	if s == nil {
		return nil, false
	}
	it, ok := s.items[name]
	return it, ok
}

// Items returns all archives by name.
func (s *Shelf) Items() []*Item {
	if s == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(s.items), func(a, b *Item) int { return strings.Compare(a.Name, b.Name) })
}

// NameOf makes a name of a location: its last part without suffix, in lower case, with - for what a name may not have.
func NameOf(location string) string {
	if IsURL(location) {
		location, _, _ = strings.Cut(location, "?")
	}
	base := path.Base(strings.ReplaceAll(location, `\`, "/"))
	base = strings.ToLower(strings.TrimSuffix(base, path.Ext(base)))
	name := strings.Trim(regexp.MustCompile(`[^a-z0-9_-]+`).ReplaceAllString(base, "-"), "-")
	if name == "" {
		return "archive"
	}
	return name[:min(len(name), 64)]
}
