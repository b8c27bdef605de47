package pmtiles

import (
	"context"
	"fmt"
	"slices"
)

// Verify looks at everything the specification says of an archive, and at every different content with check, and tells each
// fault; fault returns false to end. Metadata is the caller's to judge. An error is one of reading, not a fault of the archive.
func (a *Reader) Verify(ctx context.Context, check func(t Tile) error, fault func(string) bool) error {
	v := &verifier{a: a, check: check, tell: fault, going: true, least: maxZoom + 1}
	for _, f := range a.header.faults(a.raw, a.src.Size()) {
		v.fault("%s", f)
	}
	v.directory(ctx, a.root, 0, base(maxZoom+1), maxDepth)
	v.counts()
	if err := v.contents(ctx); err != nil {
		return err
	}
	return ctx.Err()
}

type verifier struct {
	a     *Reader
	check func(Tile) error
	tell  func(string) bool
	going bool

	next          uint64 // number after the last run
	end           uint64 // of the data runs have shown so far
	clustered     bool   // as the tiles are: said once
	addressed     uint64
	entries       uint64
	leafBytes     uint64
	least, most   uint8 // zooms
	outsideHeader int
	found         []content
}

type content struct {
	offset uint64
	length uint32
	id     uint64
}

func (v *verifier) fault(format string, args ...any) {
	if v.going {
		v.going = v.tell(fmt.Sprintf(format, args...))
	}
}

// directory looks at the entries of a directory of the numbers from lo to before hi.
func (v *verifier) directory(ctx context.Context, es []entry, lo, hi uint64, depth int) {
	h := &v.a.header
	for i, e := range es {
		if !v.going || ctx.Err() != nil {
			return
		}
		next := hi
		if i+1 < len(es) {
			next = es[i+1].id
		}
		if e.id < lo || e.id >= hi || next > hi || uint64(e.run) > hi-e.id {
			v.fault("directory: number %d with a run of %d stands in a directory of %d to %d", e.id, e.run, lo, hi-1)
			continue
		}
		if e.run > 0 {
			v.run(e)
			continue
		}
		if _, err := (section{h.LeafOffset, h.LeafLength}).in(e.offset, uint64(e.length)); err != nil {
			v.fault("directory: the leaf of number %d: %v", e.id, err)
			continue
		}
		v.leafBytes += uint64(e.length)
		if depth == 1 {
			v.fault("directory: the leaf of number %d nests more than %d deep", e.id, maxDepth)
			continue
		}
		leaf, err := v.a.leaf(ctx, e)
		if err != nil {
			v.fault("directory: the leaf of number %d: %v", e.id, err)
			continue
		}
		if leaf[0].id != e.id {
			v.fault("directory: the leaf of number %d begins with number %d", e.id, leaf[0].id)
		}
		v.directory(ctx, leaf, e.id, next, depth-1)
	}
}

// run looks at an entry of tiles.
func (v *verifier) run(e entry) {
	h := &v.a.header
	if e.id < v.next {
		v.fault("directory: number %d comes after number %d", e.id, v.next-1)
	}
	v.next = e.id + uint64(e.run)
	v.addressed += uint64(e.run)
	v.entries++
	first, last := zoomOf(e.id), zoomOf(v.next-1)
	v.least, v.most = min(v.least, first), max(v.most, last)
	if (first < h.MinZoom || last > h.MaxZoom) && v.outsideHeader < 10 {
		v.outsideHeader++
		v.fault("header: zooms are %d to %d, and there is a tile at zoom %d", h.MinZoom, h.MaxZoom, first)
	}
	if _, err := v.a.data().in(e.offset, uint64(e.length)); err != nil {
		v.fault("directory: the tile of number %d: %v", e.id, err)
		return
	}
	if h.Clustered && e.offset > v.end && !v.clustered {
		v.clustered = true
		v.fault("header: clustered is told, and number %d begins at byte %d of the data where %d is the next", e.id, e.offset, v.end)
	}
	v.end = max(v.end, e.offset+uint64(e.length))
	v.found = append(v.found, content{e.offset, e.length, e.id})
}

// counts compares the header with what was found.
func (v *verifier) counts() {
	if !v.going {
		return
	}
	h := &v.a.header
	slices.SortFunc(v.found, func(a, b content) int {
		switch {
		case a.offset != b.offset:
			if a.offset < b.offset {
				return -1
			}
			return 1
		case a.length != b.length:
			return int(int64(a.length) - int64(b.length))
		case a.id < b.id:
			return -1
		}
		return 1
	})
	same := func(a, b content) bool { return a.offset == b.offset && a.length == b.length }
	v.found = slices.CompactFunc(v.found, same)
	for i, c := range v.found {
		if i > 0 && v.found[i-1].offset+uint64(v.found[i-1].length) > c.offset {
			v.fault("directory: the contents of numbers %d and %d overlap", v.found[i-1].id, c.id)
		}
	}
	for _, c := range []struct {
		name      string
		told, got uint64
	}{
		{"addressed tiles", h.Addressed, v.addressed},
		{"tile entries", h.Entries, v.entries},
		{"tile contents", h.Contents, uint64(len(v.found))},
	} {
		if c.told != 0 && c.told != c.got {
			v.fault("header: %d %s are told, there are %d", c.told, c.name, c.got)
		}
	}
	if v.leafBytes != h.LeafLength {
		v.fault("header: %d bytes of leaf directories are told, the directories use %d", h.LeafLength, v.leafBytes)
	}
	if v.least <= maxZoom && (v.least > h.MinZoom || v.most < h.MaxZoom) {
		v.fault("header: zooms are %d to %d, the tiles are at %d to %d", h.MinZoom, h.MaxZoom, v.least, v.most)
	}
}

// contents hands every different content to check, in the order of the file.
func (v *verifier) contents(ctx context.Context) error {
	for len(v.found) > 0 && v.going {
		lo := v.found[0].offset
		hi, n := lo, 0
		for n < len(v.found) {
			c := v.found[n]
			end := c.offset + uint64(c.length)
			if n > 0 && (end-lo > maxGroup || c.offset > hi+maxGap) {
				break
			}
			hi = max(hi, end)
			n++
		}
		data, err := v.a.part(ctx, v.a.data(), lo, hi-lo, 4*MaxTile)
		if err != nil {
			v.fault("tiles: %v", err)
			return ctx.Err()
		}
		for _, c := range v.found[:n] {
			t := Tile{Data: data[c.offset-lo : c.offset-lo+uint64(c.length)]}
			t.Z, t.X, t.Y, _ = ZXY(c.id)
			if len(t.Data) > MaxTile {
				v.fault("tile %d/%d/%d has %d bytes", t.Z, t.X, t.Y, len(t.Data))
			} else if err := v.check(t); err != nil {
				v.fault("tile %d/%d/%d: %v", t.Z, t.X, t.Y, err)
			}
			if !v.going {
				break
			}
		}
		v.found = v.found[n:]
	}
	return nil
}
