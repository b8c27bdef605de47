package sample

// Config asks for a city. The zero value is the default city.
type Config struct {
	Km2        float64 `json:"km2"`        // built-up area in km²; 0: 4
	Components int     `json:"components"` // how many components at least; 0: 7,500 per km²
	Seed       uint64  `json:"seed"`       // 0: 1
}

// Import is one `wanmi import` of the files of a layer, in order; the layer "grid" stands for `grid build`.
type Import struct {
	Layer string   `json:"layer"`
	Files []string `json:"files"`
	Args  []string `json:"args,omitempty"`
}

// Manifest lists what WriteFiles wrote.
type Manifest struct {
	Synthetic bool           `json:"synthetic"` // always true: nothing here is surveyed
	Config    Config         `json:"config"`
	Imports   []Import       `json:"imports"`
	Truth     string         `json:"truth"`
	Reports   string         `json:"reports"`
	Counts    map[string]int `json:"counts"`   // good rows by layer
	BadRows   int            `json:"bad_rows"` // rows put in that an import must refuse
	Bad       []BadRow       `json:"bad"`
	Faulty    []Import       `json:"faulty,omitempty"` // deliveries with faults planted on purpose; 06含错成果/faults.csv is their truth
}

// BadRow is a deliberately bad row.
type BadRow struct {
	File string `json:"file"`
	Row  int    `json:"row"` // 1: the first after the heading
	What string `json:"what"`
	// Rejected is false for a fault an import may let pass with a remark.
	Rejected bool `json:"rejected"`
}

// Generate makes the city of c.
func Generate(c Config) *City {
	if c.Km2 <= 0 {
		c.Km2 = 4
	}
	if c.Components <= 0 {
		c.Components = int(c.Km2 * 7500)
	}
	if c.Seed == 0 {
		c.Seed = 1
	}
	city := &City{cfg: c, net: newNet(newPlan(c.Km2, c.Seed))}
	city.roads = makeRoads(city.net, c.Seed)
	city.roads.aliases(c.Seed)
	if err := city.locate(); err != nil {
		panic(err) // the projection is a constant of this package
	}
	city.waters()
	b := &builder{city, stream(c.Seed, "buildings")}
	for i := range city.net.faces {
		p := city.net.parcel(i, city.roads)
		city.parcels = append(city.parcels, p)
	}
	city.divide(c.Seed)
	city.nameParcels(c.Seed)
	for _, p := range city.parcels {
		if p != nil {
			b.fill(p)
		}
	}
	city.plates(c.Seed)
	city.makeDepartments(c.Seed)
	city.makePlaces(c.Seed)
	city.makeComponents(c.Seed)
	city.busStops()
	city.makeReports(c.Seed)
	return city
}
