package city

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
	"wanmi/gis/index"
)

// The texts of a Component that many share.
const (
	cName = iota
	cClass
	cClassName
	cLabel
	cDeptCode
	cDeptName
	cOwnerName
	cKeeperName
	cGridCode
	cState
	nTexts
)

var textFields = [nTexts]string{"name", "class", "class_name", "label", "dept_code", "dept_name", "owner_name", "keeper_name", "grid_code", "state"}

// census is the large, fixed part of Components: columns of rows in Morton order, under a packed index. A million components take 70 MB;
// as structures of strings under an R-tree they took 300.
type census struct {
	codes string // one after the other
	ends  []uint32
	texts [nTexts]column
	at    []orb.Point             // of a point; of others the middle of their bounds
	geoms map[uint32]orb.Geometry // of those that are no points
	other index.Marks             // the rows of geoms: asked of every row, where a map would take longest
	index *index.Packed[float32]

	once   sync.Once
	byCode []uint32
}

// column is the texts of one field, by a number for each that occurs.
type column struct {
	words []string
	small []uint16 // by row, when the numbers fit
	wide  []uint32
}

func (c *column) text(i uint32) string {
	if c.small != nil {
		return c.words[c.small[i]]
	}
	return c.words[c.wide[i]]
}

// censusBuilder gathers rows in any order.
type censusBuilder struct {
	codes strings.Builder
	ends  []uint32
	texts [nTexts]struct {
		known map[string]uint32
		words []string
		rows  []uint32
		last  uint32
	}
	at    []orb.Point
	geoms map[uint32]orb.Geometry
}

func (b *censusBuilder) add(f gis.Feature) {
	bound, ok := f.Bound()
	if !ok || removed(f.Text("state")) {
		return
	}
	if p, ok := f.Geom.(orb.Point); ok {
		b.at = append(b.at, p)
	} else {
		if b.geoms == nil {
			b.geoms = map[uint32]orb.Geometry{}
		}
		b.geoms[uint32(len(b.at))] = f.Geom
		b.at = append(b.at, bound.Center())
	}
	b.codes.WriteString(f.Key)
	b.ends = append(b.ends, uint32(b.codes.Len()))
	for k := range b.texts {
		c := &b.texts[k]
		s := f.Text(textFields[k])
		if len(c.words) == 0 || c.words[c.last] != s { // neighbours in the store have much in common
			n, ok := c.known[s]
			if !ok {
				if c.known == nil {
					c.known = map[string]uint32{}
				}
				s = strings.Clone(s)
				n = uint32(len(c.words))
				c.known[s] = n
				c.words = append(c.words, s)
			}
			c.last = n
		}
		c.rows = append(c.rows, c.last)
	}
}

func (b *censusBuilder) census() *census {
	n := len(b.at)
	order := mortonOrder(b.at)
	c := &census{ends: make([]uint32, n), at: make([]orb.Point, n), geoms: map[uint32]orb.Geometry{}}
	old := b.codes.String()
	var codes strings.Builder
	codes.Grow(len(old))
	for i, o := range order {
		codes.WriteString(cut(old, b.ends, o))
		c.ends[i] = uint32(codes.Len())
		c.at[i] = b.at[o]
		if g, ok := b.geoms[o]; ok {
			c.geoms[uint32(i)] = g
			c.other.Set(i)
		}
	}
	c.codes = codes.String()
	for k := range b.texts {
		from, to := &b.texts[k], &c.texts[k]
		to.words = from.words
		if len(from.words) <= math.MaxUint16 {
			to.small = make([]uint16, n)
			for i, o := range order {
				to.small[i] = uint16(from.rows[o])
			}
		} else {
			to.wide = make([]uint32, n)
			for i, o := range order {
				to.wide[i] = from.rows[o]
			}
		}
		from.known, from.rows = nil, nil
	}
	c.index = index.NewPacked(n, func(i int) index.Box[float32] { return box32(c.bound(uint32(i))) })
	return c
}

// cut returns the i-th of texts that stand one after the other.
func cut(all string, ends []uint32, i uint32) string {
	from := uint32(0)
	if i > 0 {
		from = ends[i-1]
	}
	return all[from:ends[i]]
}

// mortonOrder returns the numbers of the points so that neighbours stand near each other; those at one place in the order given.
func mortonOrder(ps []orb.Point) []uint32 {
	type key struct {
		m uint64
		i uint32
	}
	keys := make([]key, len(ps))
	for i, p := range ps {
		x := uint32(min(max((p[0]+180)/360*math.MaxUint32, 0), math.MaxUint32))
		y := uint32(min(max((p[1]+90)/180*math.MaxUint32, 0), math.MaxUint32))
		keys[i] = key{geom.Morton(x, y), uint32(i)}
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(cmp.Compare(a.m, b.m), cmp.Compare(a.i, b.i)) })
	order := make([]uint32, len(ps))
	for k := range keys {
		order[k] = keys[k].i
	}
	return order
}

// box32 is b rounded outwards.
func box32(b orb.Bound) index.Box[float32] {
	down := func(v float64) float32 {
		if f := float32(v); float64(f) <= v {
			return f
		}
		return math.Nextafter32(float32(v), float32(math.Inf(-1)))
	}
	return index.Box[float32]{X0: down(b.Min[0]), Y0: down(b.Min[1]), X1: -down(-b.Max[0]), Y1: -down(-b.Max[1])}
}

func (c *census) len() int { return len(c.at) }

func (c *census) code(i uint32) string { return cut(c.codes, c.ends, i) }

func (c *census) bound(i uint32) orb.Bound {
	if c.other.Has(int(i)) {
		return c.geoms[i].Bound()
	}
	return orb.Bound{Min: c.at[i], Max: c.at[i]}
}

// distance is [distance] from p to row i; mx and my are the metres of a degree at p.
func (c *census) distance(p orb.Point, i uint32, mx, my float64) float64 {
	if c.other.Has(int(i)) {
		return distance(p, c.geoms[i])
	}
	q := c.at[i]
	return math.Hypot((q[0]-p[0])*mx, (q[1]-p[1])*my)
}

// fill makes o row i.
func (c *census) fill(o *Component, i uint32) {
	t := &c.texts
	*o = Component{
		Code: c.code(i), Name: t[cName].text(i), Class: t[cClass].text(i), ClassName: t[cClassName].text(i), Label: t[cLabel].text(i),
		DeptCode: t[cDeptCode].text(i), DeptName: t[cDeptName].text(i), OwnerName: t[cOwnerName].text(i), KeeperName: t[cKeeperName].text(i),
		GridCode: t[cGridCode].text(i), State: t[cState].text(i), Point: c.at[i], Geom: c.at[i],
	}
	if c.other.Has(int(i)) {
		g := c.geoms[i]
		o.Geom, o.Point = g, geom.LabelPoint(g)
	}
}

// in yields the rows whose boxes touch b.
func (c *census) in(b orb.Bound, yield func(i uint32) bool) {
	c.index.Search(box32(b), func(lo, hi int, _ bool) bool {
		for i := uint32(lo); i < uint32(hi); i++ {
			touches := false
			if c.other.Has(int(i)) {
				touches = c.geoms[i].Bound().Intersects(b)
			} else {
				touches = b.Contains(c.at[i]) // nearly all: the bounds of a point, made and compared, were half of a search
			}
			if touches && !yield(i) {
				return false
			}
		}
		return true
	})
}

// sorted returns the rows by code.
func (c *census) sorted() []uint32 {
	c.once.Do(func() {
		c.byCode = make([]uint32, c.len())
		for i := range c.byCode {
			c.byCode[i] = uint32(i)
		}
		slices.SortFunc(c.byCode, func(a, b uint32) int { return cmp.Compare(c.code(a), c.code(b)) })
	})
	return c.byCode
}

// after returns the place among sorted of the first code after one.
func (c *census) after(code string) int {
	s := c.sorted()
	return sort.Search(len(s), func(k int) bool { return c.code(s[k]) > code })
}
