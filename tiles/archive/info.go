package archive

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"

	"wanmi/tiles/pmtiles"
)

// Info describes an archive's content.
type Info struct {
	Tiles     int64   `json:"tiles"`
	Bytes     int64   `json:"bytes"` // of all tiles, one that stands for several counted for each
	Zooms     []Zoom  `json:"zooms"`
	Histogram []Bin   `json:"histogram"` // of the sizes, over all zooms
	Largest   []Sized `json:"largest"`   // the ten largest
}

// Zoom describes a zoom's tiles. Sizes are bytes as stored.
type Zoom struct {
	Zoom    int   `json:"zoom"`
	Tiles   int64 `json:"tiles"`
	Bytes   int64 `json:"bytes"`
	Mean    int64 `json:"mean"`
	Largest int64 `json:"largest"`
}

// Bin counts the tiles of at least From bytes and fewer than To.
type Bin struct {
	From  int64 `json:"from"`
	To    int64 `json:"to"`
	Tiles int64 `json:"tiles"`
}

// Sized is a tile with its size.
type Sized struct {
	Tile  string `json:"tile"` // z/x/y
	Bytes int64  `json:"bytes"`
	id    uint64
}

// Describe looks at the sizes of all tiles; it reads no tile.
func Describe(ctx context.Context, a Archive) (*Info, error) {
	in := &Info{}
	var zooms [32]Zoom
	var bins [65]int64
	for s, err := range a.Sizes(ctx, pmtiles.Whole()) {
		if err != nil {
			return nil, err
		}
		in.weigh(s)
		bins[bits.Len64(uint64(s.Bytes))] += int64(s.Count)
		for first, left := s.ID, uint64(s.Count); left > 0; {
			z, _, _, ok := pmtiles.ZXY(first)
			if !ok {
				break
			}
			n := left
			if z < 31 {
				n = min(left, pmtiles.ID(z+1, 0, 0)-first)
			}
			at := &zooms[z]
			at.Tiles += int64(n)
			at.Bytes += int64(n) * s.Bytes
			at.Largest = max(at.Largest, s.Bytes)
			first, left = first+n, left-n
		}
	}
	for z := range zooms {
		if at := zooms[z]; at.Tiles > 0 {
			at.Zoom, at.Mean = z, at.Bytes/at.Tiles
			in.Zooms = append(in.Zooms, at)
			in.Tiles += at.Tiles
			in.Bytes += at.Bytes
		}
	}
	for n, tiles := range bins {
		if tiles > 0 {
			from := int64(0)
			if n > 0 {
				from = 1 << (n - 1)
			}
			in.Histogram = append(in.Histogram, Bin{from, 1 << n, tiles})
		}
	}
	return in, nil
}

const mostLargest = 10

// weigh keeps the largest, of equal ones the first.
func (in *Info) weigh(s Stretch) {
	if n := len(in.Largest); n == mostLargest && in.Largest[n-1].Bytes >= s.Bytes {
		return
	}
	for i := range min(uint64(s.Count), mostLargest) {
		if z, x, y, ok := pmtiles.ZXY(s.ID + i); ok {
			in.Largest = append(in.Largest, Sized{fmt.Sprintf("%d/%d/%d", z, x, y), s.Bytes, s.ID + i})
		}
	}
	slices.SortFunc(in.Largest, func(a, b Sized) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.id, b.id))
	})
	in.Largest = in.Largest[:min(len(in.Largest), mostLargest)]
}
