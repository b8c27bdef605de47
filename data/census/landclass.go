package census

import (
	"sort"
	"strconv"
	"strings"
	"unicode"
)

func itoa(n int) string { return strconv.Itoa(n) }

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// wordClass lists words, simplified and lower case, with the class they stand for; the first that is found counts.
type wordClass [][2]string

func (w wordClass) find(text string) string {
	text = strings.ToLower(simplify.Replace(text))
	for _, p := range w {
		if strings.Contains(text, p[0]) {
			return p[1]
		}
	}
	return ""
}

var baseClasses = map[string]wordClass{
	"road": {
		{"motorway", "arterial"},
		{"trunk", "arterial"},
		{"primary", "arterial"},
		{"arterial", "arterial"},
		{"expressway", "arterial"},
		{"高速", "arterial"},
		{"快速", "arterial"},
		{"次干", "collector"},
		{"主干", "arterial"},
		{"国道", "arterial"},
		{"省道", "arterial"},
		{"干道", "collector"},
		{"secondary", "collector"},
		{"tertiary", "collector"},
		{"collector", "collector"},
		{"匝道", "link"},
		{"_link", "link"},
		{"link", "link"},
		{"支路", "local"},
		{"residential", "local"},
		{"local", "local"},
		{"unclassified", "local"},
		{"living_street", "local"},
		{"街坊", "service"},
		{"service", "service"},
		{"内部", "service"},
		{"小区", "service"},
		{"巷", "service"},
		{"胡同", "service"},
		{"人行", "path"},
		{"步行", "path"},
		{"foot", "path"},
		{"path", "path"},
		{"cycle", "path"},
		{"pedestrian", "path"},
		{"steps", "path"},
		{"track", "path"},
	},
	"land": {
		{"sidewalk", "sidewalk"},
		{"人行道", "sidewalk"},
		{"pavement", "sidewalk"},
		{"公园", "park"},
		{"park", "park"},
		{"广场", "square"},
		{"square", "square"},
		{"plaza", "square"},
		{"学校", "campus"},
		{"校园", "campus"},
		{"教育", "campus"},
		{"campus", "campus"},
		{"school", "campus"},
		{"university", "campus"},
		{"医院", "campus"},
		{"hospital", "campus"},
		{"工厂", "factory"},
		{"厂区", "factory"},
		{"工业", "factory"},
		{"factory", "factory"},
		{"industrial", "factory"},
		{"铁路", "rail_yard"},
		{"railway", "rail_yard"},
		{"rail_yard", "rail_yard"},
		{"墓", "cemetery"},
		{"cemetery", "cemetery"},
		{"体育", "sport"},
		{"运动", "sport"},
		{"球场", "sport"},
		{"sport", "sport"},
		{"pitch", "sport"},
		{"农", "farm"},
		{"耕地", "farm"},
		{"farm", "farm"},
		{"林", "forest"},
		{"forest", "forest"},
		{"wood", "forest"},
		{"院落", "compound"},
		{"小区", "compound"},
		{"居住", "compound"},
		{"单位", "compound"},
		{"compound", "compound"},
		{"residential", "compound"},
		{"绿", "green"},
		{"保护区", "green"},
		{"湿地", "green"},
		{"草", "green"},
		{"green", "green"},
		{"grass", "green"},
		{"garden", "green"},
		{"other", "other"},
	},
	"water": {
		{"运河", "canal"},
		{"canal", "canal"},
		{"渠", "canal"},
		{"湖", "lake"},
		{"lake", "lake"},
		{"水库", "lake"},
		{"reservoir", "lake"},
		{"池", "pond"},
		{"塘", "pond"},
		{"pond", "pond"},
		{"溪", "stream"},
		{"沟", "stream"},
		{"stream", "stream"},
		{"ditch", "stream"},
		{"河", "river"},
		{"江", "river"},
		{"river", "river"},
		{"water", "lake"},
	},
	"wall": {
		{"堤", "levee"},
		{"levee", "levee"},
		{"dyke", "levee"},
		{"dike", "levee"},
		{"embankment", "levee"},
		{"栅栏", "fence"},
		{"围栏", "fence"},
		{"护栏", "fence"},
		{"fence", "fence"},
		{"绿篱", "hedge"},
		{"hedge", "hedge"},
		{"墙", "wall"},
		{"wall", "wall"},
	},
	"rail": {
		{"地铁", "subway"}, {"捷运", "subway"}, {"subway", "subway"}, {"metro", "subway"}, {"轻轨", "light_rail"}, {"light_rail", "light_rail"}, {"电车", "tram"}, {"tram", "tram"}, {"铁", "rail"}, {"rail", "rail"},
	},
	"building": {
		{"住宅", "residential"},
		{"居住", "residential"},
		{"民居", "residential"},
		{"宿舍", "residential"},
		{"公寓", "residential"},
		{"residential", "residential"},
		{"apartments", "residential"},
		{"house", "residential"},
		{"商业", "commercial"},
		{"商场", "commercial"},
		{"店", "commercial"},
		{"宾馆", "commercial"},
		{"commercial", "commercial"},
		{"retail", "commercial"},
		{"办公", "office"},
		{"写字", "office"},
		{"office", "office"},
		{"工业", "industrial"},
		{"厂房", "industrial"},
		{"仓", "industrial"},
		{"industrial", "industrial"},
		{"学校", "school"},
		{"教学", "school"},
		{"school", "school"},
		{"university", "school"},
		{"医院", "hospital"},
		{"hospital", "hospital"},
		{"公共", "public"},
		{"政府", "public"},
		{"public", "public"},
		{"棚", "shed"},
		{"车库", "shed"},
		{"shed", "shed"},
		{"garage", "shed"},
	},
}

// classOfFile is the class that a file's name gives all its rows, "" when it gives none.
func classOfFile(layer, file string) string {
	switch layer {
	case "land", "wall", "rail":
		return baseClasses[layer].find(stem(file))
	case "water":
		return baseClasses[layer].find(strings.ReplaceAll(stem(file), "water", ""))
	}
	return ""
}

func stem(file string) string {
	if i := strings.IndexByte(file, '.'); i > 0 {
		return file[:i]
	}
	return file
}

// roadClassOf gives a road its class: by the delivered class, else by its width, else by the last character of its name.
// By width: from 30 m arterial, from 16 m collector, from 7 m local, below service.
// By name: 大道, 高架, 快速, 环线 arterial; 路 collector; 街 local; 巷, 弄, 胡同 service; anything else local.
// A lane carries its road's name (和平西路三段309巷15弄): its own last part counts, not the road's.
func roadClassOf(delivered, name string, width float64) string {
	if c := baseClasses["road"].find(delivered); c != "" {
		return c
	}
	switch {
	case width >= 30:
		return "arterial"
	case width >= 16:
		return "collector"
	case width >= 7:
		return "local"
	case width > 0:
		return "service"
	}
	name = strings.TrimRightFunc(simplify.Replace(name), func(r rune) bool { return !unicode.Is(unicode.Han, r) })
	for _, p := range [][2]string{{"匝道", "link"}, {"引道", "link"}, {"高架", "arterial"}, {"快速", "arterial"}, {"高速", "arterial"}, {"环线", "arterial"}} {
		if strings.Contains(name, p[0]) {
			return p[1]
		}
	}
	if i := strings.LastIndex(name, "段"); i > 0 && i+len("段") == len(name) { // 和平西路三段
		name = strings.TrimRight(strings.TrimSuffix(name, "段"), "一二三四五六七八九十0123456789")
	}
	for _, p := range [][2]string{
		{"大道", "arterial"},
		{"公路", "arterial"},
		{"路", "collector"},
		{"大街", "collector"},
		{"街", "local"},
		{"道", "local"},
		{"巷", "service"},
		{"弄", "service"},
		{"胡同", "service"},
		{"里", "service"},
		{"步道", "path"},
		{"桥", "collector"},
	} {
		if strings.HasSuffix(name, p[0]) {
			return p[1]
		}
	}
	return "local"
}

// poiClasses are the classes of points of interest by words of their type or of the file's name.
var poiClasses = wordClass{
	{"aed", "aed"},
	{"除颤", "aed"},
	{"police", "police"},
	{"派出所", "police"},
	{"警", "police"},
	{"refuge", "shelter"},
	{"shelter", "shelter"},
	{"避难", "shelter"},
	{"防空", "shelter"},
	{"garbage", "refuse_stop"},
	{"refuse", "refuse_stop"},
	{"垃圾", "refuse_stop"},
	{"hospital", "hospital"},
	{"医院", "hospital"},
	{"medical", "clinic"},
	{"clinic", "clinic"},
	{"诊所", "clinic"},
	{"pharmacy", "pharmacy"},
	{"药", "pharmacy"},
	{"school", "school"},
	{"学校", "school"},
	{"小学", "school"},
	{"中学", "school"},
	{"toilet", "toilets"},
	{"公厕", "toilets"},
	{"fire", "fire_station"},
	{"消防", "fire_station"},
	{"bus", "bus_stop"},
	{"公交", "bus_stop"},
	{"metro", "station"},
	{"地铁", "station"},
	{"bank", "bank"},
	{"银行", "bank"},
	{"hotel", "hotel"},
	{"宾馆", "hotel"},
	{"market", "market"},
	{"市场", "market"},
	{"park", "park"},
	{"公园", "park"},
}

// poiClassOfFile names the class of a file of points of one kind: a known word, else the name itself.
func poiClassOfFile(file string) string {
	s := stem(file)
	if c := poiClasses.find(s); c != "" {
		return c
	}
	s = strings.ToLower(strings.Trim(SourceName(s), "_- "))
	for _, dull := range []string{"poi", "pois", "places", "points", "兴趣点", "place"} {
		if s == dull {
			return ""
		}
	}
	return s
}
