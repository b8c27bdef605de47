package archive

import (
	"bytes"
	"context"
	"iter"

	"wanmi/tiles/pmtiles"
)

// Change is a tile that two archives do not have alike. Bytes are of the tile as stored, 0 where there is none.
type Change struct {
	Z      uint8
	X, Y   uint32
	What   string // added, removed, changed
	Before int
	After  int
}

// ZoomDiff counts the tiles of a zoom.
type ZoomDiff struct {
	Zoom    int   `json:"zoom"`
	Added   int64 `json:"added"`
	Removed int64 `json:"removed"`
	Changed int64 `json:"changed"`
	Same    int64 `json:"same"`
}

// Diff compares the tiles of two archives in a window and calls each, when it is not nil, for those that differ, in rising order of
// their numbers. Contents are compared unpacked: how they are compressed makes no difference.
func Diff(ctx context.Context, before, after Archive, w Window, each func(Change) error) ([]ZoomDiff, error) {
	next1, stop1 := iter.Pull2(before.Within(ctx, w))
	defer stop1()
	next2, stop2 := iter.Pull2(after.Within(ctx, w))
	defer stop2()
	m1, m2 := before.Meta(), after.Meta()
	var zooms [32]ZoomDiff
	t1, err, ok1 := next1()
	if err != nil {
		return nil, err
	}
	t2, err, ok2 := next2()
	if err != nil {
		return nil, err
	}
	for ok1 || ok2 {
		order := compare(t1, ok1, t2, ok2)
		c := Change{Z: t1.Z, X: t1.X, Y: t1.Y}
		at := &zooms[t1.Z]
		switch {
		case order < 0:
			c.What, c.Before = "removed", len(t1.Data)
			at.Removed++
		case order > 0:
			c = Change{Z: t2.Z, X: t2.X, Y: t2.Y, What: "added", After: len(t2.Data)}
			zooms[t2.Z].Added++
		default:
			same, err := equal(&m1, &m2, t1.Data, t2.Data)
			if err != nil {
				return nil, err
			}
			if same {
				at.Same++
				break
			}
			c.What, c.Before, c.After = "changed", len(t1.Data), len(t2.Data)
			at.Changed++
		}
		if c.What != "" && each != nil {
			if err := each(c); err != nil {
				return nil, err
			}
		}
		if order <= 0 {
			if t1, err, ok1 = next1(); err != nil {
				return nil, err
			}
		}
		if order >= 0 {
			if t2, err, ok2 = next2(); err != nil {
				return nil, err
			}
		}
	}
	var out []ZoomDiff
	for z, d := range zooms {
		if d != (ZoomDiff{}) {
			d.Zoom = z
			out = append(out, d)
		}
	}
	return out, nil
}

// compare says which of two tiles comes first; one that is not there comes last.
func compare(a Tile, okA bool, b Tile, okB bool) int {
	if !okA || !okB {
		if okA {
			return -1
		}
		return 1
	}
	ia, ib := pmtiles.ID(a.Z, a.X, a.Y), pmtiles.ID(b.Z, b.X, b.Y)
	switch {
	case ia < ib:
		return -1
	case ia > ib:
		return 1
	}
	return 0
}

func equal(m1, m2 *Meta, a, b []byte) (bool, error) {
	if bytes.Equal(a, b) && m1.Packed(a) == m2.Packed(b) {
		return true, nil
	}
	ra, err := m1.Unpack(a)
	if err != nil {
		return false, err
	}
	rb, err := m2.Unpack(b)
	return bytes.Equal(ra, rb), err
}
