package geocode

// plate is a door as a search needs it. Its row is not looked at: among half a million each row is a miss of the cache, and so was each of
// the texts in it.
type plate struct {
	at    pt
	door  int32 // in source.doors
	areas int32 // in Geocoder.rowAreas
}

// areaPair is the street and the community that a row names, -1 where it names none on file.
type areaPair struct{ street, community int32 }

// filePlateAreas looks up once what the rows of doors say of where they lie, and in which street each community lies.
func (g *Geocoder) filePlateAreas() {
	type named struct{ street, community word }
	ids := make(map[named]int32)
	for k := range g.plates {
		d := &g.src.doors[g.plates[k].door]
		n := named{d.street, d.commCode}
		id, ok := ids[n]
		if !ok {
			id = int32(len(g.rowAreas))
			ids[n] = id
			g.rowAreas = append(g.rowAreas, areaPair{g.areaNamed("s", value(d.street)), g.areaNamed("c", value(d.commCode))})
		}
		g.plates[k].areas = id
	}
	g.streetOf = make([]int32, len(g.src.areas))
	for i, a := range g.src.areas {
		g.streetOf[i] = g.areaNamed("s", a.street, a.streetName)
	}
}

// areaNamed returns the area of the first of these codes and names that is on file, among the streets ("s") or the communities ("c"); -1
// when none is.
func (g *Geocoder) areaNamed(mark string, keys ...string) int32 {
	for _, k := range keys {
		if k != "" {
			if i, ok := g.areaOf[mark+k]; ok {
				return i
			}
		}
	}
	return -1
}
