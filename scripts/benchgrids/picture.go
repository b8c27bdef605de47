package main

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"slices"

	"github.com/paulmach/orb"
)

// picturePx is the longer side of a picture.
const picturePx = 2400

// canvas draws in the folder's coordinates.
type canvas struct {
	img    *image.RGBA
	org    orb.Point
	sx, sy float64 // pixels per unit
}

var (
	inkBuilding = color.RGBA{216, 189, 148, 255}
	inkWater    = color.RGBA{191, 224, 255, 255}
	inkRoad     = color.RGBA{140, 140, 140, 255}
	inkCell     = color.RGBA{11, 61, 145, 255}
	inkComm     = color.RGBA{214, 0, 190, 255}
	inkPoint    = color.RGBA{30, 140, 30, 255}
	inkSmall    = color.RGBA{157, 195, 255, 255}
	inkLarge    = color.RGBA{255, 157, 157, 255}
	tints       = []color.RGBA{{243, 248, 230, 255}, {233, 243, 251, 255}, {253, 243, 225, 255}, {242, 236, 248, 255}, {232, 247, 241, 255}}
)

// draw writes a picture of the cells on the base map. Cells below 5,000 m² are blue, above 20,000 m² red.
func (p *place) draw(file string, cells []outCell) error {
	b := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for _, c := range cells {
		b = b.Union(c.poly.Bound())
	}
	return p.drawPart(file, cells, b, picturePx)
}

func (p *place) drawPart(file string, cells []outCell, b orb.Bound, px float64) error {
	w, h := b.Max[0]-b.Min[0], b.Max[1]-b.Min[1]
	narrow := 1.0 // of a unit of x against one of y
	if p.tm == nil {
		narrow = math.Cos(b.Center()[1] * math.Pi / 180)
	}
	k := px / max(w*narrow, h)
	c := &canvas{org: orb.Point{b.Min[0], b.Max[1]}, sx: k * narrow, sy: k}
	c.img = image.NewRGBA(image.Rect(0, 0, int(w*c.sx)+1, int(h*c.sy)+1))
	for i := range c.img.Pix {
		c.img.Pix[i] = 255
	}
	for i, cell := range cells {
		ink := tints[i%len(tints)]
		switch {
		case cell.m2 > 20_000:
			ink = inkLarge
		case cell.m2 < 5_000:
			ink = inkSmall
		}
		c.fill(cell.poly, ink)
	}
	c.layer(p, inkWater, 0, "water")
	c.layer(p, inkBuilding, 0, "buildings")
	c.layer(p, inkRoad, 1, "roads", "lines")
	for _, cell := range cells {
		for _, r := range cell.poly {
			c.line(orb.LineString(r), inkCell, 2)
		}
	}
	c.layer(p, inkComm, 3, "communities")
	c.layer(p, inkPoint, 0, "components")
	return c.save(file)
}

// save writes the picture as a PNG file.
func (c *canvas) save(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := png.Encode(f, c.img); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// layer draws files of the folder: areas filled when width is 0, lines and outlines else.
func (c *canvas) layer(p *place, ink color.RGBA, width float64, names ...string) {
	for _, name := range names {
		fc := p.raw[name]
		if fc == nil {
			continue
		}
		for _, f := range fc.Features {
			c.geometry(f.Geometry, ink, width)
		}
	}
}

func (c *canvas) geometry(g orb.Geometry, ink color.RGBA, width float64) {
	switch g := g.(type) {
	case orb.Point:
		x, y := c.at(g)
		c.dot(x, y, 1.2, ink)
	case orb.LineString:
		c.line(g, ink, max(width, 1))
	case orb.MultiLineString:
		for _, l := range g {
			c.line(l, ink, max(width, 1))
		}
	case orb.Polygon:
		if width == 0 {
			c.fill(g, ink)
			return
		}
		for _, r := range g {
			c.line(orb.LineString(r), ink, width)
		}
	case orb.MultiPolygon:
		for _, q := range g {
			c.geometry(q, ink, width)
		}
	}
}

func (c *canvas) at(p orb.Point) (x, y float64) {
	return (p[0] - c.org[0]) * c.sx, (c.org[1] - p[1]) * c.sy
}

// fill paints the inside of a polygon by the even-odd rule.
func (c *canvas) fill(poly orb.Polygon, ink color.RGBA) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, r := range poly {
		for _, p := range r {
			_, y := c.at(p)
			lo, hi = min(lo, y), max(hi, y)
		}
	}
	for y := max(0, int(lo)); y <= min(c.img.Rect.Max.Y-1, int(hi)+1); y++ {
		fy := float64(y) + 0.5
		var xs []float64
		for _, r := range poly {
			for i := 1; i < len(r); i++ {
				x1, y1 := c.at(r[i-1])
				x2, y2 := c.at(r[i])
				if (y1 > fy) != (y2 > fy) {
					xs = append(xs, x1+(fy-y1)/(y2-y1)*(x2-x1))
				}
			}
		}
		slices.Sort(xs)
		for i := 0; i+1 < len(xs); i += 2 {
			for x := max(0, int(math.Ceil(xs[i]-0.5))); x < min(c.img.Rect.Max.X, int(math.Ceil(xs[i+1]-0.5))); x++ {
				c.img.SetRGBA(x, y, ink)
			}
		}
	}
}

func (c *canvas) line(l orb.LineString, ink color.RGBA, width float64) {
	for i := 1; i < len(l); i++ {
		x1, y1 := c.at(l[i-1])
		x2, y2 := c.at(l[i])
		n := int(math.Hypot(x2-x1, y2-y1)*1.5) + 1
		for k := 0; k <= n; k++ {
			t := float64(k) / float64(n)
			c.dot(x1+t*(x2-x1), y1+t*(y2-y1), width/2, ink)
		}
	}
}

func (c *canvas) dot(x, y, r float64, ink color.RGBA) {
	for py := int(y - r); py <= int(y+r); py++ {
		for px := int(x - r); px <= int(x+r); px++ {
			if (image.Point{X: px, Y: py}).In(c.img.Rect) && math.Hypot(float64(px)+0.5-x, float64(py)+0.5-y) <= max(r, 0.75) {
				c.img.SetRGBA(px, py, ink)
			}
		}
	}
}
