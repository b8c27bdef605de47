package sample

import (
	"fmt"
	"math"
	"strings"

	"wanmi/data/catalog"
)

// report is what somebody says, with the truth about it.
type report struct {
	id, kind, text string
	p              pt     // the place the words name
	component      int    // -1: it is about none
	matter         string // class of what is wrong
}

// caseRow is a case already taken in.
type caseRow struct {
	number, class, at, text, address, dept, state string
	p                                             pt
}

// complaint is a way people speak of a class and what is wrong with it.
type complaint struct {
	words  []string
	faults []string
}

var complaints = map[string]complaint{
	"01037": {[]string{"路灯", "路灯", "灯杆"}, []string{"不亮了", "一闪一闪的", "歪了", "灯罩掉了"}},
	"01002": {[]string{"井盖", "窨井盖", "污水井盖", "下水道井盖"}, []string{"破了", "不见了", "松动，车一过就响", "塌下去了"}},
	"01003": {[]string{"雨水井盖", "井盖"}, []string{"破损", "丢了", "翘起来了"}},
	"01001": {[]string{"自来水井盖", "供水井盖"}, []string{"松动", "漏水", "缺了一角"}},
	"01007": {[]string{"通信井盖", "通讯井盖"}, []string{"破了", "移位了"}},
	"01011": {[]string{"燃气井盖", "煤气井盖"}, []string{"松动", "有响声"}},
	"01004": {[]string{"雨水箅子", "雨水口", "雨水篦子"}, []string{"堵了", "缺了一块", "被树叶盖住了，下雨积水"}},
	"01013": {[]string{"消火栓", "消防栓"}, []string{"漏水", "被车撞歪了", "盖子没了"}},
	"01018": {[]string{"化粪池井盖"}, []string{"冒水", "破了"}},
	"01027": {[]string{"通信交接箱", "交接箱"}, []string{"门开着", "线露出来了"}},
	"01046": {[]string{"健身器材", "健身设施"}, []string{"坏了", "螺丝松了"}},
	"01050": {[]string{"监控", "摄像头"}, []string{"掉下来了", "被树枝挡住了"}},
	"01059": {[]string{"旧衣物回收箱", "旧衣回收箱"}, []string{"满了", "门坏了"}},
	"01075": {[]string{"快递柜"}, []string{"倒了", "打不开"}},
	"02004": {[]string{"公交站牌", "候车亭", "公交站台"}, []string{"玻璃碎了", "倒了", "广告布掉下来了"}},
	"02010": {[]string{"标志牌", "交通标志牌"}, []string{"歪了", "被树挡住看不见", "掉了"}},
	"02012": {[]string{"路名牌"}, []string{"倒了", "字看不清"}},
	"02014": {[]string{"红绿灯", "信号灯", "交通信号灯"}, []string{"不亮", "一直是红灯", "坏了"}},
	"03005": {[]string{"垃圾桶", "垃圾箱", "果皮箱"}, []string{overflows, "盖子坏了", "倒了", "臭得不行"}},
	"04002": {[]string{"行道树", "行道树"}, []string{"歪了，怕砸到人", "枯死了", "树枝断了", "挡住路灯了"}},
	"04007": {[]string{"长椅", "座椅"}, []string{"断了", "坏了不能坐"}},
	"01028": {[]string{"电力箱", "电力设施"}, []string{"门没关", "倾斜了"}},
	"01030": {[]string{"电线杆", "电杆"}, []string{"歪了", "有裂缝"}},
}

// near is a hash of components by place.
type near struct {
	c     *City
	cells map[[2]int][]int
}

const nearCell = 30

func nearKey(p pt) [2]int {
	return [2]int{int(math.Floor(p[0] / nearCell)), int(math.Floor(p[1] / nearCell))}
}

func newNear(c *City) *near {
	n := &near{c, map[[2]int][]int{}}
	for i := range c.components {
		k := nearKey(c.components[i].p)
		n.cells[k] = append(n.cells[k], i)
	}
	return n
}

// around returns the components within m metres of p (m up to nearCell).
func (n *near) around(p pt, m float64) (out []int) {
	k := nearKey(p)
	for x := k[0] - 1; x <= k[0]+1; x++ {
		for y := k[1] - 1; y <= k[1]+1; y++ {
			for _, i := range n.cells[[2]int{x, y}] {
				if dist(n.c.components[i].p, p) <= m {
					out = append(out, i)
				}
			}
		}
	}
	return out
}

// teller makes reports up.
type teller struct {
	c       *City
	r       rng
	near    *near
	words   map[string][]string // classes by word
	names   map[string]int      // how often a name is used, of roads and places
	pairs   map[[2]string]int   // how often two roads meet
	corners []junction
	said    map[string]bool
}

// makeReports makes reports of every kind, those about matters last, and a few cases.
func (c *City) makeReports(seed uint64) {
	t := &teller{c: c, r: stream(seed, "reports"), near: newNear(c), words: catalog.Synonyms(), names: map[string]int{}, pairs: map[[2]string]int{}, said: map[string]bool{}}
	t.learn()
	scale := clamp(c.cfg.Km2/4, 0.3, 5)
	for _, k := range []struct {
		kind string
		n    int
		make func() (place, bool)
	}{
		{"door", 80, t.door},
		{"intersection", 60, t.intersection},
		{"offset", 90, t.offset},
		{"poi", 70, t.poi},
		{"compound", 45, t.compound},
		{"code", 35, t.code},
		{"alias", 35, t.alias},
		{"former", 25, t.former},
		{"typo", 45, t.typo},
		{"noise", 45, t.noise},
	} {
		want := int(float64(k.n) * scale)
		for tries := 0; want > 0 && tries < 60*k.n; tries++ {
			p, ok := k.make()
			if ok && t.tell(k.kind, p) {
				want--
			}
		}
	}
	t.makeMatters(seed, scale)
	for i := range c.reports {
		c.reports[i].id = fmt.Sprintf("R%05d", i+1)
	}
	c.makeCases(seed)
}

func pair(a, b string) [2]string {
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

// learn counts names and meetings, so that only what is said clearly is said.
func (t *teller) learn() {
	for _, r := range t.c.roads.list {
		for _, s := range []string{r.name, r.alias, r.former} {
			t.names[s]++
		}
	}
	for _, p := range t.c.pois {
		for _, s := range []string{p.name, p.alias, p.former} {
			t.names[s]++
		}
	}
	for _, j := range t.c.roads.junctions {
		for i := range j.roads {
			for k := range i {
				t.pairs[pair(t.c.roads.list[j.roads[i]].name, t.c.roads.list[j.roads[k]].name)]++
			}
		}
	}
	for _, j := range t.c.roads.junctions {
		if len(j.roads) >= 2 {
			t.corners = append(t.corners, j)
		}
	}
}

// place is a location in words and in truth; reach is how far off the thing may stand.
type place struct {
	words     string
	p         pt
	reach     float64
	component int    // -1: the nearest of the class named
	before    string // instead of 的 between the place and the thing
	only      *road  // the thing must stand along this road
}

// tell finishes a report about a thing near the place; false when nothing fit for a report stands there.
func (t *teller) tell(kind string, at place) bool {
	if t.c.finder.at(at.p) < 0 {
		return false
	}
	i := at.component
	if i < 0 {
		var fit []int
		for _, k := range t.near.around(at.p, at.reach) {
			x := &t.c.components[k]
			if _, ok := complaints[x.class]; ok && (at.only == nil || x.road == at.only) {
				fit = append(fit, k)
			}
		}
		if len(fit) == 0 {
			return false
		}
		class := t.c.components[pick(t.r, fit)].class
		for range 3 { // trees and manholes are everywhere: let other things be spoken of as well
			if class != "04002" && class != "01002" && class != "01004" {
				break
			}
			class = t.c.components[pick(t.r, fit)].class
		}
		for _, k := range fit {
			if t.c.components[k].class == class {
				i = k
				break
			}
		}
		i = t.closest(fit, i, at.p)
	}
	co, ok := complaints[t.c.components[i].class]
	if !ok {
		return false
	}
	word, fault := pick(t.r, co.words), pick(t.r, co.faults)
	if word == "灯杆" && strings.Contains(at.words, word) {
		word = "路灯"
	}
	if at.component < 0 {
		i = t.nearest(word, at, i)
	}
	text := at.words + at.before + word + fault
	if kind == "noise" {
		text = t.chatter(at.words, word, fault)
	}
	if t.said[text] {
		return false
	}
	t.said[text] = true
	t.c.reports = append(t.c.reports, report{kind: kind, text: text, p: at.p, component: i, matter: matterOf(t.c.components[i].class, fault)})
	return true
}

// closest returns the one of the class of i that is nearest to p.
func (t *teller) closest(of []int, i int, p pt) int {
	best := i
	for _, k := range of {
		if x := &t.c.components[k]; x.class == t.c.components[i].class && dist(x.p, p) < dist(t.c.components[best].p, p) {
			best = k
		}
	}
	return best
}

// nearest returns the component nearest to the place of any class the word names.
func (t *teller) nearest(word string, at place, i int) int {
	best := dist(t.c.components[i].p, at.p)
	for _, k := range t.near.around(at.p, at.reach) {
		x := &t.c.components[k]
		if d := dist(x.p, at.p); d < best && (at.only == nil || x.road == at.only) {
			for _, code := range t.words[word] {
				if code == x.class {
					best, i = d, k
				}
			}
		}
	}
	return i
}

func (t *teller) chatter(words, word, fault string) string {
	open := pick(t.r, []string{"你好，", "您好，我是附近居民，", "喂，12345吗？", "同志你好，我要反映个问题，", "领导好！", "我姓" + pick(t.r, []string{"王", "李", "张", "刘", "孔", "孟"}) + "，"})
	mid := pick(t.r, []string{"的", "这边的", "那儿的", "附近的"})
	if last := []rune(words); !strings.ContainsRune("号口院区园楼角", last[len(last)-1]) || strings.HasSuffix(words, "门口") {
		mid = "的"
	}
	tail := pick(t.r, []string{
		"，都好几天了没人管，麻烦尽快处理一下，谢谢！", fmt.Sprintf("，我的电话是1380000%04d，请回复", t.r.IntN(10000)), "，晚上走路太危险了，孩子老人都从这儿过！！",
		"。之前打过电话也没人来修，这次再不解决我就去投诉了", "，请相关部门核实处理。", fmt.Sprintf("，联系人：市民，联系方式0537-5%06d。", t.r.IntN(1000000)),
	})
	return open + words + mid + word + fault + tail
}

// makeCases takes a few reports of other days as cases.
func (c *City) makeCases(seed uint64) {
	r := stream(seed, "cases")
	for i := range max(40, int(c.cfg.Km2*15)) {
		x := &c.components[r.IntN(len(c.components))]
		co, ok := complaints[x.class]
		if !ok {
			continue
		}
		day := 1 + r.IntN(20)
		c.cases = append(c.cases, caseRow{
			number: fmt.Sprintf("202611%02d%04d", day, i+1), class: x.name + "问题", at: fmt.Sprintf("2026-11-%02dT%02d:%02d:00+08:00", day, 7+r.IntN(12), r.IntN(60)),
			text: x.address + pick(r, co.words) + pick(r, co.faults), address: x.address, dept: c.departments[x.dept].name,
			state: pick(r, []string{"待派遣", "处置中", "已结案", "已结案"}), p: x.p,
		})
	}
}

// compass names a direction in one of eight, the four main ones preferred.
func compass(d pt) string {
	a := math.Mod(math.Atan2(d[1], d[0])*180/math.Pi+360, 360)
	names := []string{"东", "东北", "北", "西北", "西", "西南", "南", "东南"}
	for k := 0; k < 8; k += 2 {
		off := math.Abs(math.Mod(a-float64(k)*45+540, 360) - 180)
		if off <= 30 {
			return names[k]
		}
	}
	return names[1+2*int(a/90)]
}

// trim returns a name as people say it.
func trim(name string) string { return strings.Replace(name, "（公交站）", "公交站", 1) }
