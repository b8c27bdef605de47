package kept

import (
	"maps"
	"slices"
)

// Counters are the running numbers of one write. The zero value knows of none yet.
type Counters struct {
	last   map[string]int64
	raised map[string]bool
}

// Next returns max(last+1, floor) of a counter and remembers it. read asks the store for the last number given, once a counter.
func (c *Counters) Next(name string, floor int64, read func(name string) (int64, error)) (int64, error) {
	last, err := c.at(name, read)
	if err != nil {
		return 0, err
	}
	n := max(last+1, floor)
	c.raise(name, n)
	return n, nil
}

// Reserve raises a counter to at least n.
func (c *Counters) Reserve(name string, n int64, read func(name string) (int64, error)) error {
	last, err := c.at(name, read)
	if err == nil && n > last {
		c.raise(name, n)
	}
	return err
}

func (c *Counters) at(name string, read func(name string) (int64, error)) (int64, error) {
	if n, ok := c.last[name]; ok {
		return n, nil
	}
	n, err := read(name)
	if err != nil {
		return 0, err
	}
	if c.last == nil {
		c.last, c.raised = map[string]int64{}, map[string]bool{}
	}
	c.last[name] = n
	return n, nil
}

func (c *Counters) raise(name string, n int64) { c.last[name], c.raised[name] = n, true }

// Raised returns the names of the counters that are to be written, in order, and their numbers.
func (c *Counters) Raised() (names []string, last []int64) {
	names = slices.Sorted(maps.Keys(c.raised))
	for _, name := range names {
		last = append(last, c.last[name])
	}
	return names, last
}
