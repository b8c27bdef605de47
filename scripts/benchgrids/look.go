package main

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"path/filepath"

	"github.com/paulmach/orb"
)

const (
	lookMetre  = 4.0    // pixels in a metre: street level
	lookMargin = 25.0   // metres round the cell
	lookMost   = 1600.0 // pixels, the longer side
)

var (
	inkLook = color.RGBA{208, 16, 16, 255}
	inkWall = color.RGBA{146, 84, 40, 255}
	inkPath = color.RGBA{168, 168, 150, 255}
	inkRail = color.RGBA{70, 70, 70, 255}
)

// look draws n cells of a division as someone in the street would see them, each with its neighbours and the base
// map, to out/NAME_look_CODE.png. The choice depends on the seed and on how many cells there are, nothing else.
func (p *place) look(out string, cells []outCell, n int, seed uint64) error {
	pick := rand.New(rand.NewPCG(seed, uint64(len(p.name))))
	for _, i := range pick.Perm(len(cells))[:min(n, len(cells))] {
		file := filepath.Join(out, fmt.Sprintf("%s_look_%s.png", p.name, cells[i].code))
		if err := p.lookAt(file, cells, i); err != nil {
			return err
		}
	}
	return nil
}

func (p *place) lookAt(file string, cells []outCell, i int) error {
	b := cells[i].poly.Bound()
	mx, my := 1.0, 1.0 // metres in a unit
	if p.tm == nil {
		my = 111_200
		mx = my * math.Cos(b.Center()[1]*math.Pi/180)
	}
	b = orb.Bound{Min: orb.Point{b.Min[0] - lookMargin/mx, b.Min[1] - lookMargin/my}, Max: orb.Point{b.Max[0] + lookMargin/mx, b.Max[1] + lookMargin/my}}
	w, h := (b.Max[0]-b.Min[0])*mx, (b.Max[1]-b.Min[1])*my
	k := min(lookMetre, lookMost/max(w, h))
	c := &canvas{org: orb.Point{b.Min[0], b.Max[1]}, sx: k * mx, sy: k * my}
	c.img = image.NewRGBA(image.Rect(0, 0, int(w*k)+1, int(h*k)+1))
	for j := range c.img.Pix {
		c.img.Pix[j] = 255
	}
	c.fill(cells[i].poly, tints[2])
	c.layer(p, inkWater, 0, "water")
	c.layer(p, inkBuilding, 0, "buildings")
	c.streets(p, b)
	for j, cell := range cells {
		if j != i && cell.poly.Bound().Intersects(b) {
			c.border(cell.poly, inkCell)
		}
	}
	c.layer(p, inkComm, 5, "communities")
	c.border(cells[i].poly, inkLook)
	c.layer(p, inkPoint, 0, "components")
	return c.save(file)
}

// border draws a cell's border with its corners.
func (c *canvas) border(p orb.Polygon, ink color.RGBA) {
	for _, r := range p {
		c.line(orb.LineString(r), ink, 2)
		for _, q := range r {
			x, y := c.at(q)
			c.dot(x, y, 3, ink)
		}
	}
}

// streets draws the lines of the base map by class.
func (c *canvas) streets(p *place, b orb.Bound) {
	for _, name := range []string{"roads", "lines", "levees"} {
		fc := p.raw[name]
		if fc == nil {
			continue
		}
		for _, f := range fc.Features {
			if f.Geometry == nil || !f.Geometry.Bound().Intersects(b) {
				continue
			}
			ink, width := inkRoad, 3.0
			switch f.Properties.MustString("class", "") {
			case "arterial":
				width = 9
			case "collector":
				width = 6
			case "rail":
				ink = inkRail
			case "wall", "levee":
				ink = inkWall
			case "river", "stream", "coast":
				ink = inkWater
			case "path", "covered":
				ink, width = inkPath, 1
			}
			c.geometry(f.Geometry, ink, width)
		}
	}
}
