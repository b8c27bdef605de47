package main

import (
	"context"
	"database/sql"
	"flag"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	_ "modernc.org/sqlite"

	"wanmi/data/gpkg"
	"wanmi/geocode"
	"wanmi/geocode/geocodetest"
)

// askedTwice is how often all texts of a kind are asked; the second time counts.
const askedTwice = 2

// asked is how one kind of text fared.
type asked struct {
	Kind string `json:"kind"`
	times
	Allocs float64 `json:"allocs"`
	Right  float64 `json:"right"` // share within 20 m, or of the name meant; 0 of beginnings
}

// ask builds a geocoder from a store, as the server does, and asks it on one core.
func ask(args []string) error {
	fs := flag.NewFlagSet("ask", flag.ExitOnError)
	db := fs.String("db", "", "GeoPackage; empty: the synthetic city in memory")
	n := fs.Int("n", 1_000_000, "entries of the synthetic city")
	file := fs.String("texts", "", "texts.csv")
	_ = fs.Parse(args)
	ctx := context.Background()
	c := geocodetest.New(1000)
	cfg := geocode.Config{Synonyms: c.Synonyms(), ClassNames: c.ClassNames(), Admin: []string{"永兴市", "臺北市"}}
	var src geocode.Corpus
	texts := map[string][]geocodetest.Text{}
	if *db == "" {
		c = geocodetest.New(*n)
		src = c
		for _, kind := range geocodetest.Kinds {
			texts[kind] = c.Texts(kind, eachKind)
		}
	} else {
		st, err := gpkg.Open(ctx, *db, gpkg.Options{ReadOnly: true})
		if err != nil {
			return err
		}
		defer st.Close()
		src = st
		if texts, err = readTexts(*file); err != nil {
			return err
		}
	}
	before := heap()
	start := time.Now()
	g, err := geocode.Build(ctx, src, cfg, nil)
	if err != nil {
		return err
	}
	built := time.Since(start).Seconds()
	if err := tell(map[string]any{"build_s": built, "heap_mb": float64(heap()-before) / 1e6}); err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	for _, kind := range geocodetest.Kinds {
		if len(texts[kind]) > 0 {
			if err := tell(askKind(ctx, g, kind, texts[kind])); err != nil {
				return err
			}
		}
	}
	return nil
}

// heap is the memory in use, after what is unused has gone.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // strings interned and given up go with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func askKind(ctx context.Context, g *geocode.Geocoder, kind string, texts []geocodetest.Text) asked {
	find := g.Search
	if geocodetest.Prefixes(kind) {
		find = g.Autocomplete
	}
	took := make([]time.Duration, len(texts))
	var from, to runtime.MemStats
	right := 0
	for pass := range askedTwice {
		runtime.ReadMemStats(&from)
		for i, t := range texts {
			start := time.Now()
			a, err := find(ctx, geocode.Query{Text: t.Text, Size: 5})
			took[i] = time.Since(start)
			if err == nil && pass == 0 && len(a.Places) > 0 && meant(a.Places[0], t) {
				right++
			}
		}
		runtime.ReadMemStats(&to)
	}
	n := float64(len(texts))
	return asked{Kind: kind, times: timesOf(took), Allocs: float64(to.Mallocs-from.Mallocs) / n, Right: float64(right) / n}
}

func meant(p geocode.Place, t geocodetest.Text) bool {
	if t.Name != "" {
		return p.Name == t.Name
	}
	return t.At != orb.Point{} && geo.Distance(p.Point, t.At) <= 20
}

// fts asks SQLite's FTS5 with trigrams the same: every three characters of the text, the best by bm25. Its rows are the city's names and
// addresses as they would be filed there.
func fts(args []string) error {
	fs := flag.NewFlagSet("fts", flag.ExitOnError)
	n := fs.Int("n", 1_000_000, "entries")
	file := fs.String("db", "", "file to make")
	asks := fs.Int("asks", 200, "texts of a kind")
	_ = fs.Parse(args)
	_ = os.Remove(*file)
	db, err := sql.Open("sqlite", "file:"+*file+"?_pragma=journal_mode(off)&_pragma=synchronous(0)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	c := geocodetest.New(*n)
	start := time.Now()
	if err := fileFTS(db, c); err != nil {
		return err
	}
	if err := tell(map[string]any{"build_s": time.Since(start).Seconds()}); err != nil {
		return err
	}
	for _, kind := range []string{"door", "intersection", "poi", "poi_typo"} {
		texts := c.Texts(kind, eachKind)[:*asks]
		took, right := make([]time.Duration, len(texts)), 0
		for i, t := range texts {
			start := time.Now()
			var name string
			var at orb.Point
			err := db.QueryRow(`SELECT name, x, y FROM t WHERE t MATCH ? ORDER BY rank LIMIT 1`, trigrams(t.Text)).Scan(&name, &at[0], &at[1])
			took[i] = time.Since(start)
			if err == nil && meant(geocode.Place{Name: name, Point: at}, t) {
				right++
			}
		}
		if err := tell(asked{Kind: kind, times: timesOf(took), Right: float64(right) / float64(len(texts))}); err != nil {
			return err
		}
	}
	return nil
}

func fileFTS(db *sql.DB, c *geocodetest.City) error {
	if _, err := db.Exec(`CREATE VIRTUAL TABLE t USING fts5(name, x UNINDEXED, y UNINDEXED, tokenize='trigram', detail='none')`); err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	put, err := tx.Prepare(`INSERT INTO t VALUES (?, ?, ?)`)
	if err != nil {
		return err
	}
	for _, layer := range []string{"road", "door", "poi", "component"} {
		for f, err := range c.Features(context.Background(), layer, orb.Bound{}) {
			if err != nil {
				return err
			}
			name := f.Text("name")
			switch layer {
			case "door":
				name = f.Text("street_name") + f.Text("community_name") + f.Text("road") + f.Text("number") + "号"
			case "component":
				name = f.Key + " " + f.Text("label")
			}
			p := f.Geom.Bound().Center()
			if _, err := put.Exec(name, p[0], p[1]); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}

func trigrams(text string) string {
	r := []rune(text)
	var all []string
	for i := 2; i < len(r); i++ {
		all = append(all, `"`+string(r[i-2:i+1])+`"`)
	}
	return strings.Join(all, " OR ")
}
