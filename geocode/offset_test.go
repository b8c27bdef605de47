package geocode

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// The quarter of the offset test: streets 300 m apart, of names that hold the words of the grammar themselves.
var (
	eastWest   = []string{"和平路", "向阳街", "东关大街", "中山一路", "前进东路", "同仁路", "至善街", "北门里大街", "二七路"}
	northSouth = []string{"南门大街", "西和路", "口岸街", "对山路", "边防路", "内环路", "建国三路", "千米路", "人民路"}
	landmarks  = []string{"东方宾馆", "第一中学", "和谐家园", "北苑小区", "向阳商场", "路北幼儿园", "南门菜市场", "二十里铺卫生院", "人民医院", "城北公园"}
)

const block = 300.0

type quarter struct {
	corpus memCorpus
	poi    map[string]pt
	door   map[string]pt
	doors  []string
}

func newQuarter() quarter {
	q := quarter{memCorpus{}, map[string]pt{}, map[string]pt{}, nil}
	far := block * float64(len(eastWest))
	q.corpus.put("street", rect(-block, -block, far, far), "code", "370883001", "name", "城关街道")
	road := func(name string, a, b orb.Point) {
		f := q.corpus.put("road", orb.LineString{a, b}, "name", name)
		f.Set("width_m", 20.0)
	}
	for i, n := range eastWest {
		y := block * float64(i)
		road(n, at(-block, y), at(far, y))
		for k := 1; k < 20; k++ {
			p := pt{float64(k)*100 + 30, y + 14 - 28*float64(k%2)}
			q.put(fmt.Sprintf("%s%d号", n, k), p)
			q.corpus.put("door", townFrame.from(p), "road", n, "number", fmt.Sprint(k))
		}
	}
	for i, n := range northSouth {
		x := block * float64(i)
		road(n, at(x, -block), at(x, far))
	}
	for i, n := range landmarks { // in the middle of their blocks, away from every road
		p := pt{block * (float64(i%4) + .5), block * (float64(i/4) + .5)}
		q.poi[n] = p
		q.corpus.put("poi", townFrame.from(p), "name", n)
	}
	return q
}

func (q *quarter) put(name string, p pt) {
	q.door[name] = p
	q.doors = append(q.doors, name)
}

// saidOffset is a generated text and what it says.
type saidOffset struct {
	text      string
	from      pt
	dir, side int8
	metres    float64
	pattern   string
}

func one(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// where words a direction and a distance, and perhaps a side of the road.
func (o *saidOffset) where(r *rand.Rand) string {
	o.dir = int8(r.IntN(8))
	o.metres = []float64{50, 100, 150, 200, 30, 80, 120, 300}[r.IntN(8)]
	name := directionNames[o.dir]
	if o.dir%2 == 0 && r.IntN(8) == 0 {
		name = "正" + name
	}
	s := one(r, "", "", "", "向", "往", "以", "朝") + name + one(r, "", "", "", "侧", "方向", "边", "面", "方") + one(r, "", "", "约", "大约", "走", "近", "大概")
	n := fmt.Sprint(int(o.metres))
	switch r.IntN(8) {
	case 0:
		n = map[float64]string{50: "五十", 100: "一百", 150: "一百五十", 200: "二百", 30: "三十", 80: "八十", 120: "一百二十", 300: "三百"}[o.metres]
	case 1:
		n = strings.Map(func(c rune) rune { return c - '0' + '０' }, n)
	case 2:
		if strings.HasSuffix(s, "侧") || strings.HasSuffix(s, "向") {
			n = " " + n + " "
		}
	}
	s += n + one(r, "米", "米", "米", "米处", "米左右", "m", "公尺", "米的地方", "多米")
	if o.side = -1; o.dir%2 == 0 && r.IntN(3) == 0 { // the side lies across the way, never along it
		o.side = (o.dir + 2 + int8(4*r.IntN(2))) % 8
		d := directionNames[o.side]
		s += one(r, "路"+d, "路"+d, "路"+d+"侧", "马路"+d+"侧", "道路"+d+"侧", "，路"+d)
	}
	return s
}

func (q *quarter) crossing(r *rand.Rand) (string, pt) {
	i, k := r.IntN(len(eastWest)), r.IntN(len(northSouth))
	a, b := eastWest[i], northSouth[k]
	if r.IntN(2) == 0 {
		a, b = b, a
	}
	s := a + one(r, "与", "和", "、", "/", "同", "及", "跟") + b + one(r, "交叉口", "交叉口", "交叉口", "路口", "交汇处", "十字路口", "交叉路口", "交口")
	return s, pt{block * float64(k), block * float64(i)}
}

func (q *quarter) anchor(r *rand.Rand) (string, pt) {
	if r.IntN(2) == 0 {
		n := q.doors[r.IntN(len(q.doors))]
		return n, q.door[n]
	}
	n := landmarks[r.IntN(len(landmarks))]
	return n, q.poi[n]
}

// tell makes one text of the three patterns, in the shares they have in real strings, or of what real strings have beside them.
func (q *quarter) tell(r *rand.Rand) saidOffset {
	var o saidOffset
	open, shut := "（", "）"
	if r.IntN(2) == 0 {
		open, shut = "(", ")"
	}
	switch k := r.IntN(100); {
	case k < 50:
		o.pattern = "crossing"
		s, p := q.crossing(r)
		o.text, o.from = s+o.where(r), p
	case k < 82:
		o.pattern = "anchor"
		s, p := q.anchor(r)
		o.text, o.from = s+one(r, "", "", "", "门口")+o.where(r), p
	case k < 86:
		o.pattern = "parenthesised"
		s, p := q.crossing(r)
		o.text, o.from = one(r, "城关街道", "小李便利店", "鑫源汽修厂", "和平路", "对山路", "前进东路")+open+s+o.where(r)+shut, p
	case k < 89:
		o.pattern = "parenthesised"
		s, p := q.anchor(r)
		o.text, o.from = one(r, "城关街道", "小李便利店", "和平路", "西和路")+open+s+o.where(r)+shut, p
	case k < 94:
		o.pattern = "parenthesised"
		s, p := q.crossing(r)
		if r.IntN(2) == 0 {
			s, p = q.anchor(r)
		}
		o.text, o.from = s+open+o.where(r)+shut, p
	default: // a landmark that says which crossing, then the offset from the crossing
		o.pattern = "two anchors"
		s, p := q.crossing(r)
		o.text, o.from = s+one(r, "，", "的", "")+o.where(r)+one(r, "，", "、", " ")+one(r, "近", "靠近", "挨着")+landmarks[r.IntN(len(landmarks))], p
	}
	o.text = one(r, "", "", "", "您好，", "城关街道", "市民反映：", "请问") + o.text + one(r, "", "", "路灯不亮", "，井盖坏了", "有垃圾没人清", "的消防栓漏水")
	return o
}

// TestOffsetGrammar: texts made up of the three patterns of real strings and of what else was seen in them are read right: anchor, direction,
// distance, side.
func TestOffsetGrammar(t *testing.T) {
	q := newQuarter()
	g, err := Build(context.Background(), q.corpus, townConfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	const n, seed = 5000, 20261130
	r := rand.New(rand.NewPCG(seed, 1))
	all, right := map[string]int{}, map[string]int{}
	total, shown := 0, 0
	for range n {
		o := q.tell(r)
		all[o.pattern]++
		if why := g.readsAs(t, o); why != "" {
			if shown++; shown <= 40 {
				t.Logf("%s %q: %s", o.pattern, o.text, why)
			}
			continue
		}
		right[o.pattern]++
		total++
	}
	for p := range all {
		t.Logf("%-14s %4d of %4d right: %.2f %%", p, right[p], all[p], pct(right[p], all[p]))
	}
	if share := pct(total, n); share < 99.5 {
		t.Errorf("seed %d: got %.2f %% of %d texts right, want at least 99.5 %%", seed, share, n)
	}
}

// readsAs says how the reading of a saidOffset text differs from what it says, "" when it does not.
func (g *Geocoder) readsAs(t *testing.T, o saidOffset) string {
	t.Helper()
	a, err := g.Search(context.Background(), Query{Text: o.text})
	if err != nil || len(a.Places) == 0 {
		return fmt.Sprintf("no place, error %v", err)
	}
	p := a.Places[0]
	if p.Level != "offset" {
		return fmt.Sprintf("got %s %s, want an offset", p.Level, p.Label)
	}
	sc := new(scratch)
	sc.f.Set(o.text)
	g.understand(sc)
	g.judge(sc, &Query{Size: 1})
	c := &sc.cands[0]
	off := sc.phrases[max(c.p, c.q)].off
	if !off.used && c.p >= 0 {
		off = sc.phrases[c.p].off
	}
	if off.dir != o.dir || off.metres != o.metres || off.sideDir != o.side {
		return fmt.Sprintf("got direction %d, %g m, side %d, want %d, %g m, %d", off.dir, off.metres, off.sideDir, o.dir, o.metres, o.side)
	}
	want := o.from.add(heading(int(o.dir)).mul(o.metres))
	if o.side == 0 || o.side == 4 {
		if y := block * math.Round(want.y/block); math.Abs(want.y-y) < 40 { // along a road that runs east and west
			want.y = y + 10*heading(int(o.side)).y
		}
	}
	if d := townFrame.to(p.Point).dist(want); d > max(15, .2*o.metres) {
		return fmt.Sprintf("got %s, %.0f m off", p.Label, d)
	}
	return ""
}
