package geocode

// plate is a door as a search needs it. Its row is not looked at: among half a million each row is a miss of the cache, and so was each of
// the texts in it.
type plate struct {
	at    pt
	door  int32 // in source.doors
	areas int32 // in Geocoder.rowAreas
}

// areaPair is the street and the community that a row names, else that it lies in; -1 where there is none on file.
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

// placePlates looks up once in which areas the doors lie whose rows name none: a search asked it of each door it found, an eighth of its time.
func (g *Geocoder) placePlates() {
	ids := make(map[areaPair]int32, len(g.rowAreas))
	for i, a := range g.rowAreas {
		ids[a] = int32(i)
	}
	for k := range g.plates {
		p := &g.plates[k]
		a := g.rowAreas[p.areas]
		if a.street >= 0 && a.community >= 0 {
			continue
		}
		a = g.within(a, p.at)
		id, ok := ids[a]
		if !ok {
			id = int32(len(g.rowAreas))
			ids[a] = id
			g.rowAreas = append(g.rowAreas, a)
		}
		p.areas = id
	}
}

// within completes what a row names by what the place lies in.
func (g *Geocoder) within(a areaPair, at pt) areaPair {
	if a.street >= 0 && a.community >= 0 {
		return a
	}
	s, c := g.areasAt(at)
	if a.street < 0 {
		a.street = s
	}
	if a.community < 0 {
		a.community = c
	}
	return a
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
