package geocode

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/paulmach/orb"
	"golang.org/x/sync/errgroup"

	"wanmi/geocode/text"
	"wanmi/gis"
)

// Corpus is where the places come from: the layers street, community, road, door, poi, land, water, building,
// unit_grid, rail and component. It is what a store offers already.
type Corpus interface {
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
}

// Config is what the geocoder must be told beside the data. The zero value works.
type Config struct {
	Synonyms   map[string][]string // word as people write it -> component class codes
	ClassNames map[string]string   // class code -> name
	// Matters are the words for what is wrong, of two for the same spelling the first; MatterNames the names of their classes by code.
	Matters     []MatterWord
	MatterNames map[string]string
	Admin       []string // names above the streets: "山东省", "济宁市", "邹城市"
	// Alone keeps Build in the goroutine that calls it. Otherwise it reads several layers of the corpus at once, and takes what cores there are.
	Alone bool
	// FormerKey returns the code a component has now that was once called former; ok is false when none was. It is asked for
	// texts with a code of 16 or 17 digits that no component has. nil: former codes find nothing.
	FormerKey func(ctx context.Context, former string) (now string, ok bool)
}

// Geocoder answers queries. It is immutable.
type Geocoder struct {
	cfg   Config
	src   *source
	fr    frame
	comps *components

	bases                    []base
	roads                    []road
	trunkList                []trunk // by base
	trunkFrom                []int32 // the first of each base, and one more
	roadIDs                  map[roadKey]int32
	mouths                   []laneMouth // by road
	style                    style
	crosses                  []crossing // by pair, lower road first
	crossList, crossListFrom []int32    // the crossings of each road
	crossFrom                []int32    // the first of each lower road, and one more
	bridges                  []bridge   // by road
	doorRoad                 []int32    // road of each door, -1 without
	plates                   []plate    // doors by road and number
	nums                     []number   // parallel to plates
	rowAreas                 []areaPair // what plate.areas counts
	streetOf                 []int32    // the street each area's row says it lies in, parallel to src.areas

	names   *trie
	classes []classWord
	matters *matters
	fuzzy   *fuzzyNames
	grams   *gramIndex
	suggest *suggestIndex
	areaOf  map[string]int32   // "s"+code or name, "c"+code -> areas
	locals  map[string][]int32 // folded name -> src.locals
	localTo []entry            // parallel to src.locals
	keys    *keyIndex
	kinds   *kindIndex

	doorGrid, crossGrid, poiGrid, segGrid, areaGrid *buckets
	segs                                            []roadSeg
	extent                                          box

	pool *sync.Pool
}

// classWord is a word for classes of components or of matters.
type classWord struct {
	word  string
	codes []string
	names []string // of the codes
}

// Build reads the corpus and returns a geocoder of it.
func Build(ctx context.Context, c Corpus, cfg Config, p gis.Progress) (*Geocoder, error) {
	fr, err := corpusFrame(ctx, c)
	if err != nil {
		return nil, err
	}
	src, comps, matters := &source{frame: fr}, newComponents(), (*matters)(nil)
	err = cfg.together(ctx,
		func(ctx context.Context) error { return src.read(ctx, c, []string{"door"}, nil) },
		func(ctx context.Context) error { return src.read(ctx, c, sourceLayers, p) },
		func(ctx context.Context) error { return comps.read(ctx, c, fr) },
		func(context.Context) error { matters = newMatters(&cfg); return nil })
	if err != nil {
		return nil, err
	}
	src.sortGrids()
	src.bindLocals()
	p.Tell("geocode: index", 0, 1)
	g := assemble(cfg, src, comps)
	g.matters = matters
	p.Tell("geocode: index", 1, 1)
	return g, nil
}

// together does several things at once, or one after the other where all is done alone, and ends with the first error.
func (c *Config) together(ctx context.Context, things ...func(ctx context.Context) error) error {
	if c.Alone {
		for _, do := range things {
			if err := do(ctx); err != nil {
				return err
			}
		}
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, do := range things {
		g.Go(func() error { return do(ctx) })
	}
	return g.Wait()
}

// assemble makes the indexes of a source.
func assemble(cfg Config, src *source, comps *components) *Geocoder {
	g := &Geocoder{cfg: cfg, src: src, fr: src.frame, comps: comps, keys: new(keyIndex), kinds: new(kindIndex), pool: &sync.Pool{New: func() any { return new(scratch) }}}
	t := newRoadTable()
	g.names = newTrie()
	g.fileRoads(t)
	g.fileDoors(t)
	g.bases, g.roads, g.roadIDs = t.bases, t.roads, t.byKey
	g.sortDoors()
	g.fileTrunks()
	g.fileRoadNames(t)
	g.fileAreas()
	g.filePlateAreas()
	g.filePOIs()
	g.fileClasses()
	g.fileLocals(t)
	g.names.freeze()
	g.style = styleOf(src)
	index := func(make func()) func(context.Context) error {
		return func(context.Context) error { make(); return nil }
	}
	_ = cfg.together(context.Background(), // nothing of it can fail
		index(func() { g.suggest = newSuggestIndex(g) }),
		index(func() { g.grams = newGramIndex(g.src.pois, g.src.poiAliases()) }),
		index(func() { g.fuzzy = newFuzzyNames(g); g.indexMap() }))
	return g
}

// indexMap makes what finds things by where they lie.
func (g *Geocoder) indexMap() {
	g.buildGrids()
	g.placePlates()
	g.crosses = findCrossings(g.roads, g.segs, g.segGrid)
	g.bridges = findBridges(g.src.bars, g.segs, g.segGrid)
	g.crossFrom = crossFromOf(g.crosses, len(g.roads))
	g.fileCrossings()
	g.crossGrid = newBuckets(len(g.crosses), 100, func(i int) box { p := g.crosses[i].at; return box{p.x, p.y, p.x, p.y} })
	g.mouths = make([]laneMouth, len(g.roads))
	for i := range g.roads {
		m := &g.mouths[i]
		m.at, m.unc, m.ok = g.laneMouth(int32(i))
	}
}

// crossFromOf returns where each road's crossings begin, as the lower of the two, and where the last's end.
func crossFromOf(crosses []crossing, roads int) []int32 {
	from, k := make([]int32, roads+1), 0
	for id := range roads {
		for k < len(crosses) && crosses[k].a <= int32(id) {
			k++
		}
		from[id+1] = int32(k)
	}
	return from
}

func (g *Geocoder) fileRoads(t *roadTable) {
	for _, r := range g.src.roads {
		t.addRow(r)
	}
	t.splitTwins()
}

// fileDoors gives each door its road; a door without one stands on its community, as in a village.
func (g *Geocoder) fileDoors(t *roadTable) {
	g.doorRoad = make([]int32, len(g.src.doors))
	ids := make(map[word]int32)
	for i, d := range g.src.doors {
		w := d.road
		if value(w) == "" {
			w = d.commName
		}
		id, ok := ids[w]
		if !ok {
			id = -1
			if s := strings.TrimSpace(value(w)); s != "" {
				id = t.get(s)
			}
			ids[w] = id
		}
		if t.twins[id] != nil {
			id = t.nearestTwin(id, d.at)
		}
		g.doorRoad[i] = id
	}
}

// sortDoors orders the doors by road and number and gives each road its range.
func (g *Geocoder) sortDoors() {
	type slot struct {
		road int32
		door int32
		num  number
	}
	slots := make([]slot, 0, len(g.src.doors))
	nums := make(map[word]number)
	var f text.Folded
	for i, d := range g.src.doors {
		n, ok := nums[d.number]
		if !ok {
			f.Set(value(d.number))
			n = parseNumber(f.Runes)
			nums[d.number] = n
		}
		if g.doorRoad[i] >= 0 && n != 0 {
			slots = append(slots, slot{g.doorRoad[i], int32(i), n})
		}
	}
	slices.SortFunc(slots, func(a, b slot) int {
		return cmp.Or(cmp.Compare(a.road, b.road), cmp.Compare(a.num, b.num),
			cmp.Compare(value(g.src.doors[a.door].building), value(g.src.doors[b.door].building)), cmp.Compare(a.door, b.door))
	})
	g.plates, g.nums = make([]plate, len(slots)), make([]number, len(slots))
	for i, s := range slots {
		g.plates[i], g.nums[i] = plate{at: g.src.doors[s.door].at, door: s.door}, s.num
		if r := &g.roads[s.road]; r.doorTo == 0 {
			r.doorFrom, r.doorTo = int32(i), int32(i)+1
		} else {
			r.doorTo = int32(i) + 1
		}
	}
}

func (g *Geocoder) fileRoadNames(t *roadTable) {
	var f text.Folded
	for i, b := range t.bases {
		f.Set(b.name)
		if len(f.Runes) > 1 || len(f.Runes) == 1 && text.Han(f.Runes[0]) {
			g.names.add(f.Runes, entry{kind: entryRoad, idx: int32(i)})
		}
	}
	for _, r := range g.src.roads {
		rd := &t.roads[t.byName[r.name]]
		for how, list := range map[nameKind]string{nameAlias: r.alias, nameFormer: r.former} {
			for _, n := range names(list) {
				f.Set(n)
				end, k := splitRoad(f.Runes)
				e := entry{kind: entryRoad, how: how, idx: rd.base, section: uint8(rd.section)}
				if k.section > 0 {
					end = len(f.Runes)
				} else if rd.section == 0 {
					e.section = 0
				}
				g.names.add(f.Runes[:end], e)
			}
		}
	}
}

// suffixes of streets and communities that people leave off.
var areaSuffixes = []string{"社区居民委员会", "村民委员会", "居民委员会", "社区居委会", "居委会", "村委会", "社区", "街道办事处", "街道", "办事处", "村", "里", "镇", "乡"}

func (g *Geocoder) fileAreas() {
	g.areaOf = make(map[string]int32)
	var f text.Folded
	for i, a := range g.src.areas {
		kind, mark := entryCommunity, "c"
		if a.isStreet {
			kind, mark = entryStreet, "s"
		}
		g.areaOf[mark+a.code] = int32(i)
		if _, dup := g.areaOf[mark+a.name]; !dup {
			g.areaOf[mark+a.name] = int32(i)
		}
		add := func(n string, how nameKind) {
			f.Set(n)
			if len(f.Runes) > 1 {
				g.names.add(f.Runes, entry{kind: kind, how: how, idx: int32(i)})
			}
		}
		add(a.name, nameOwn)
		for _, n := range names(a.alias) {
			add(n, nameAlias)
		}
		for _, n := range names(a.former) {
			add(n, nameFormer)
		}
		short := a.name
		for _, suf := range areaSuffixes {
			if s, ok := strings.CutSuffix(text.Fold(a.name), suf); ok && len([]rune(s)) >= 2 {
				short = s
				break
			}
		}
		if short != a.name {
			add(short, nameShort)
			full := []string{"街道", "街道办事处", "镇"}
			if !a.isStreet {
				full = []string{"社区", "社区居委会", "居委会", "村"}
			}
			for _, suf := range full {
				if short+suf != text.Fold(a.name) {
					add(short+suf, nameAlias)
				}
			}
		}
	}
	for i, n := range g.cfg.Admin {
		f.Set(n)
		g.names.add(f.Runes, entry{kind: entryAdmin, idx: int32(i)})
	}
}

// plainNumber reports whether a folded name is only a number with its unit, as 3号楼 or 12: no name to find a place by.
func plainNumber(r []rune) bool {
	for _, c := range r {
		if !text.Alnum(c) && !strings.ContainsRune("第号楼栋幢座单元-甲乙丙丁东西南北", c) {
			return false
		}
	}
	return len(r) > 0 && (text.Digit(r[0]) || len(r) > 1 && (text.Digit(r[1]) || strings.ContainsRune("楼栋幢座", r[len(r)-1]) && len(r) == 2))
}

func (g *Geocoder) filePOIs() {
	var f text.Folded
	for i, p := range g.src.pois {
		if f.Set(p.name); plainNumber(f.Runes) || p.layer == layerLocal {
			continue
		}
		add := func(n string, how nameKind) {
			f.Set(n)
			if len(f.Runes) > 1 {
				g.names.add(f.Runes, entry{kind: entryPOI, how: how, idx: int32(i)})
			}
		}
		add(p.name, nameOwn)
		for _, a := range g.cfg.Admin { // 邹城市人民医院 is 人民医院 to those who live there
			if rest, ok := strings.CutPrefix(p.name, a); ok && len([]rune(rest)) >= 3 {
				add(rest, nameAlias)
			}
		}
		for _, n := range names(p.alias) {
			add(n, nameAlias)
		}
		for _, n := range names(p.former) {
			add(n, nameFormer)
		}
		if stop, ok := strings.CutSuffix(p.name, "（公交站）"); ok {
			for _, w := range [...]string{"公交站", "公交车站", "站"} {
				add(stop+w, nameAlias)
			}
		}
	}
}

func (g *Geocoder) fileClasses() {
	codes := make(map[string][]string) // by word, the likeliest first
	add := func(word, code string) {
		if k := text.Fold(word); !slices.Contains(codes[k], code) {
			codes[k] = append(codes[k], code)
		}
	}
	for _, w := range slices.Sorted(maps.Keys(g.cfg.Synonyms)) {
		for _, c := range g.cfg.Synonyms[w] {
			add(w, c)
		}
	}
	for _, c := range slices.Sorted(maps.Keys(g.cfg.ClassNames)) {
		add(g.cfg.ClassNames[c], c)
	}
	words := make([]string, 0, len(codes))
	for w := range codes {
		words = append(words, w)
	}
	slices.Sort(words)
	for _, w := range words {
		cs := codes[w]
		r := []rune(w)
		if len(r) == 0 || len(r) == 1 && !text.Han(r[0]) {
			continue
		}
		g.names.add(r, entry{kind: entryClass, idx: int32(len(g.classes))})
		names := make([]string, len(cs))
		for i, c := range cs {
			names[i] = g.cfg.ClassNames[c]
		}
		g.classes = append(g.classes, classWord{w, cs, names})
	}
}

func (g *Geocoder) buildGrids() {
	point := func(p pt) box { return box{p.x, p.y, p.x, p.y} }
	g.segs = segmentsOf(g.roads)
	g.segGrid = newBuckets(len(g.segs), 50, func(i int) box { return g.segs[i].box() })
	g.doorGrid = newBuckets(len(g.src.doors), 50, func(i int) box { return point(g.src.doors[i].at) })
	g.poiGrid = newBuckets(len(g.src.pois), 100, func(i int) box { return point(g.src.pois[i].at) })
	g.areaGrid = newBuckets(len(g.src.areas), 200, func(i int) box {
		s := &g.src.areas[i].shape
		return box{s.minX, s.minY, s.maxX, s.maxY}
	})
	for _, b := range []*buckets{g.segGrid, g.doorGrid, g.poiGrid, g.areaGrid} {
		if len(b.items) > 0 {
			e := box{b.minX, b.minY, b.minX + float64(b.nx)*b.cell, b.minY + float64(b.ny)*b.cell}
			if g.extent == (box{}) {
				g.extent = e
			}
			g.extent = box{min(g.extent.minX, e.minX), min(g.extent.minY, e.minY), max(g.extent.maxX, e.maxX), max(g.extent.maxY, e.maxY)}
		}
	}
}

// areasAt returns the indexes of the street and the community holding p, -1 where none does.
func (g *Geocoder) areasAt(p pt) (street, community int32) {
	street, community = -1, -1
	g.areaGrid.search(box{p.x, p.y, p.x, p.y}, func(i int32) bool {
		a := &g.src.areas[i]
		if a.isStreet && street < 0 && a.shape.contains(p) {
			street = i
		}
		if !a.isStreet && community < 0 && a.shape.contains(p) {
			community = i
		}
		return street < 0 || community < 0
	})
	if street < 0 && community >= 0 {
		if s, ok := g.areaOf["s"+g.src.areas[community].street]; ok {
			street = s
		}
	}
	return street, community
}
