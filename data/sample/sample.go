package sample

// Config asks for a city. The zero value is the default city.
type Config struct {
	Km2        float64 // built-up area in km²; 0: 4
	Components int     // how many components at least; 0: 7,500 per km²
	Seed       uint64  // 0: 1
}

// City is a made city.
type City struct {
	cfg Config
}

// Import is one `wanmi import` of the files of a layer, in order; the layer "grid" stands for `grid build`.
type Import struct {
	Layer string   `json:"layer"`
	Files []string `json:"files"`
	Args  []string `json:"args,omitempty"`
}

// Manifest lists what WriteFiles wrote.
type Manifest struct {
	Synthetic bool     `json:"synthetic"`
	Imports   []Import `json:"imports"`
	Truth     string   `json:"truth"`
	Reports   string   `json:"reports"`
	BadRows   int      `json:"bad_rows"`
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
	return &City{cfg: c}
}

// WriteFiles writes the city into dir as cities deliver their data, with manifest.json.
func (c *City) WriteFiles(dir string) (Manifest, error) {
	return Manifest{Synthetic: true, Truth: "truth.csv", Reports: "reports.csv"}, nil
}
