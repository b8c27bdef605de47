package geocodetest

import (
	"fmt"
	"math/rand/v2"

	"github.com/mozillazg/go-pinyin"
	"github.com/paulmach/orb"
)

// Text is what somebody writes, and what it means.
type Text struct {
	Kind string
	Text string
	At   orb.Point // the place; zero where Name says all
	Name string    // of the point of interest meant: several bear it
}

// Kinds of texts, in the order they are reported.
var Kinds = []string{"door", "intersection", "code", "poi", "poi_typo", "typo", "prefix", "initials"}

// Prefixes reports whether texts of the kind are beginnings, to be completed.
func Prefixes(kind string) bool { return kind == "prefix" || kind == "initials" }

// Texts makes n texts of a kind. The same n gives the same texts.
func (c *City) Texts(kind string, n int) []Text {
	r := rand.New(rand.NewPCG(4, uint64(len(kind))))
	make1 := map[string]func(*rand.Rand) Text{
		"door": c.doorText, "intersection": c.crossText, "code": c.codeText, "poi": c.poiText, "poi_typo": c.poiTypo, "typo": c.typoText,
		"prefix": c.prefixText, "initials": c.initialsText,
	}[kind]
	out := make([]Text, n)
	for i := range out {
		out[i] = make1(r)
		out[i].Kind = kind
	}
	return out
}

var (
	openings = []string{"您好，", "反映", "市民来电反映", "我要反映一下，", ""}
	troubles = []string{"门前路灯不亮，请尽快处理", "门口井盖破损，已经三天了", "附近垃圾没人清理", "旁边行道树歪了，怕砸到人"}
	faults   = []string{"路灯不亮", "井盖丢失", "行道树枯死", "红绿灯坏了，请派人来修"}
)

func (c *City) doorText(r *rand.Rand) Text {
	road := r.IntN(len(c.roads))
	number := 1 + r.IntN(c.doorsEach)
	x, y := c.door(road, number)
	_, street, _, comm := c.area(x, y)
	where := c.roads[road] + fmt.Sprint(number) + "号"
	switch r.IntN(3) {
	case 0:
		where = street + comm + where
	case 1:
		where = comm + where
	}
	return Text{Text: pick(r, openings) + where + pick(r, troubles), At: At(x, y)}
}

func (c *City) crossText(r *rand.Rand) Text {
	d := r.IntN(c.districts)
	a, b := d*roadsEach+r.IntN(perWay), d*roadsEach+perWay+r.IntN(perWay)
	_, y, _ := c.road(a)
	x, _, _ := c.road(b)
	m := float64(20 + 10*r.IntN(8))
	way := [2]string{"东", "西"}[r.IntN(2)]
	if way == "西" {
		x -= m
	} else {
		x += m
	}
	side, north := "路北", roadHalfM
	if r.IntN(2) == 0 {
		side, north = "路南", -roadHalfM
	}
	where := c.roads[a] + pick(r, []string{"与", "和", "、"}) + c.roads[b] + pick(r, []string{"路口", "交叉口", "交汇处"})
	return Text{Text: pick(r, openings) + where + way + fmt.Sprint(m) + "米" + side + "，" + pick(r, faults), At: At(x, y+north)}
}

func (c *City) codeText(r *rand.Rand) Text {
	code, label, x, y := c.component(r.IntN(c.componentCount()))
	t := "灯杆号" + label + "不亮"
	if r.IntN(2) == 0 {
		t = "部件编码" + code + "损坏，请处理"
	}
	return Text{Text: t, At: At(x, y)}
}

func (c *City) poiText(r *rand.Rand) Text {
	name, _, _ := c.poi(r.IntN(c.poiCount()))
	return Text{Text: pick(r, openings) + name + pick(r, troubles), Name: name}
}

// poiTypo writes another character for one of the first three.
func (c *City) poiTypo(r *rand.Rand) Text {
	name, _, _ := c.poi(r.IntN(c.poiCount()))
	return Text{Text: pick(r, openings) + misspell(r, name, 3) + pick(r, troubles), Name: name}
}

// misspell writes another character for one of the first n.
func misspell(r *rand.Rand, name string, n int) string {
	s := []rune(name)
	for k := r.IntN(n); ; {
		if o := pick(r, stems); o != s[k] {
			s[k] = o
			return string(s)
		}
	}
}

// typoText is a crossing with one character of a road's name wrong.
func (c *City) typoText(r *rand.Rand) Text {
	d := r.IntN(c.districts)
	a, b := d*roadsEach+r.IntN(perWay), d*roadsEach+perWay+r.IntN(perWay)
	_, y, _ := c.road(a)
	x, _, _ := c.road(b)
	return Text{Text: misspell(r, c.roads[a], 2) + "与" + c.roads[b] + "路口" + pick(r, faults), At: At(x, y)}
}

// prefixText is the first one to three characters of a name.
func (c *City) prefixText(r *rand.Rand) Text {
	name := []rune(c.someName(r))
	return Text{Text: string(name[:1+r.IntN(3)])}
}

// initialsText is the first two to four letters of a name's initials.
func (c *City) initialsText(r *rand.Rand) Text {
	var s []byte
	for _, p := range pinyin.LazyPinyin(c.someName(r), pinyin.NewArgs()) {
		s = append(s, p[0])
	}
	return Text{Text: string(s[:min(len(s), 2+r.IntN(3))])}
}

func (c *City) someName(r *rand.Rand) string {
	if r.IntN(2) == 0 {
		return pick(r, c.roads)
	}
	return pick(r, c.pois)
}
