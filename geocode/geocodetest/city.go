// Package geocodetest makes a synthetic city of any size for measuring a geocoder, and texts about it whose place is known.
// Tests and benchmarks only.
//
// The city is a square of districts of 2 km, each with ten roads west-east and ten south-north every 200 m, four communities
// and 400 cells of 100 m. Of N entries 49 % are door plates, 35 % points of interest (on names that three share), 15 %
// components, the rest roads. The same N gives the same city.
package geocodetest

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

const (
	districtM  = 2000.0
	roadEveryM = 200.0
	roadsEach  = 20 // of a district: ten west-east, ten south-north
	perWay     = roadsEach / 2
	roadHalfM  = 10.0
	perStreet  = 4 // districts of a street
)

// Origin is the south-west corner of the city, and where its metres are measured from.
var Origin = orb.Point{116.5, 35.0}

// City is a synthetic city of N entries.
type City struct {
	N         int
	districts int
	across    int // districts in a row
	doorsEach int // of a road
	roads     []string
	streets   []string
	comms     []string
	pois      []string // distinct names
}

// New makes the city of n entries, 1,000 at least.
func New(n int) *City {
	c := &City{N: n, districts: max(1, n*3/1000/roadsEach)}
	c.across = int(math.Ceil(math.Sqrt(float64(c.districts))))
	c.doorsEach = max(1, n*49/100/(c.districts*roadsEach))
	r := rand.New(rand.NewPCG(1, 1))
	c.roads = distinct(r, c.districts*roadsEach, roadName)
	c.streets = distinct(r, c.districts/perStreet+1, func(r *rand.Rand) string { return stem(r, 2) + "街道" })
	c.comms = distinct(r, 4*c.districts, func(r *rand.Rand) string { return stem(r, 2+r.IntN(2)) + "社区" })
	c.pois = distinct(r, max(1, n*105/1000), func(r *rand.Rand) string { return stem(r, 3) + pick(r, kinds) })
	return c
}

var (
	// What names are made of: no numerals, no directions, no words of the grammar of places. There are 519, so that few names differ by one
	// character from another, as in a real city.
	stems = []rune("新华夏春秋冬月星河江湖山林木金玉龙凤虎鹤松竹梅兰菊福禄寿喜安康宁平顺利兴隆昌盛永恒天人文明德仁义礼智信建设胜光荣崇孝友善诚敬勤学思源泉溪清澄碧翠青丹霞云霄虹彩海洋波涛浪洲岛港湾津渡桥梁塘池沼泽潭渊瀑岭" +
		"峰岩石坡谷原野田园圃庄堡寨城镇关隘塔寺庙观宫殿阁亭台轩榭廊舫柳杨桃杏李桂枫榆槐桐柏杉樟楠檀桑麻棉稻麦粟禾穗苗草花荷莲藕菱芦苇芳芬馨香馥郁茂繁荫蔚葱茵萃蓉薇蔷葵萱芝茗茶鹰雁燕鸿鹭鸥鹊莺鹏鲲麒麟骏马牛羊鹿" +
		"象狮豹犬兔鱼鳞龟蛟日晨曦曙阳晖晴朗晓昭昱旭辉煌灿烂焕炳耀照映皓洁霜雪雨露雾雷电霓红橙黄绿蓝紫白黑素墨朱赤银铜铁锡铅锦绣缎绫罗丝绸纱织纺绒国民族汉唐宋周秦楚齐鲁赵魏韩吴越蜀晋公廉政忠勇刚毅坚强雄壮豪杰英" +
		"俊贤良淑惠慈祥睦谐欢乐悦怡欣畅舒逸闲雅静谧幽深远博广宏伟丽秀美佳妙奇巧宝珠玺璧瑞琪琳琅瑶琴瑟钟鼓笙箫笛弦歌舞诗书画棋印章典籍史志成功业绩勋振起腾飞跃奋进拓创造发展望希冀辰运祺祯祉庆贺颂众汇聚融通达丰裕" +
		"富贵余满盈厚积累存储藏衡均匀定稳固基础根本宗祖裔嗣承继传统规矩准绳律法宾朋客旅游览景致趣味鲜甜醇酿酒立守约尚敦修治格意佑护卫保健泰舜尧禹汤启夔皋鸣锋铭钧铎锐钢铸炼熔烁焰炬烛炎煜烨熙熹燊沛泓泊沂沁沐沃汶" +
		"汾沧沅淮渭漳潇湘滨涵润渝澜灏瀚浩淼淳湛")
	ends  = []string{"路", "路", "路", "路", "街", "街", "大道", "东路", "西路", "南路", "北路"}
	kinds = []string{"超市", "药店", "小学", "中学", "医院", "银行", "宾馆", "饭店", "花园", "小区", "大厦", "广场", "幼儿园", "菜市场", "加油站", "停车场"}
)

func pick[T any](r *rand.Rand, v []T) T { return v[r.IntN(len(v))] }

func stem(r *rand.Rand, n int) string {
	s := make([]rune, n)
	for i := range s {
		s[i] = pick(r, stems)
	}
	return string(s)
}

func roadName(r *rand.Rand) string {
	n := 2
	if r.IntN(8) == 0 {
		n = 3
	}
	return stem(r, n) + pick(r, ends)
}

// distinct makes n names that differ.
func distinct(r *rand.Rand, n int, name func(*rand.Rand) string) []string {
	out, seen := make([]string, 0, n), make(map[string]bool, n)
	for tries := 0; len(out) < n; tries++ {
		s := name(r)
		if tries > 4*n { // all short ones are taken
			s = stem(r, 1) + s
		}
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// At returns the point so many metres east and north of the origin.
func At(x, y float64) orb.Point {
	const perDegree = 111_195.0
	return orb.Point{Origin[0] + x/(perDegree*math.Cos(Origin[1]*math.Pi/180)), Origin[1] + y/perDegree}
}

func rect(x, y, w, h float64) orb.Polygon {
	return orb.Polygon{{At(x, y), At(x+w, y), At(x+w, y+h), At(x, y+h), At(x, y)}}
}

// corner is the south-west corner of district d.
func (c *City) corner(d int) (x, y float64) {
	return float64(d%c.across) * districtM, float64(d/c.across) * districtM
}

// road is where a road runs: from x, y, along east or north.
func (c *City) road(i int) (x, y float64, east bool) {
	x, y = c.corner(i / roadsEach)
	k := i % roadsEach
	along := roadEveryM/2 + roadEveryM*float64(k%perWay)
	if k < perWay {
		return x, y + along, true
	}
	return x + along, y, false
}

// spot is a point of road i: so far along it, and so far north (west of a road that runs north) of its middle.
func (c *City) spot(i int, along, aside float64) (x, y float64) {
	x, y, east := c.road(i)
	if east {
		return x + along, y + aside
	}
	return x - aside, y + along
}

// door is the point of the number from 1 on of road i: odd ones north or west.
func (c *City) door(i, number int) (x, y float64) {
	aside := roadHalfM + 5
	if number%2 == 0 {
		aside = -aside
	}
	return c.spot(i, (float64(number)-.5)*districtM/float64(c.doorsEach), aside)
}

// area returns the codes and names of the street and the community at a point.
func (c *City) area(x, y float64) (street, streetName, comm, commName string) {
	at := func(v float64) int { return min(max(0, int(v/districtM)), c.across-1) }
	d := min(at(y)*c.across+at(x), c.districts-1)
	cx, cy := c.corner(d)
	q := 0
	if x >= cx+districtM/2 {
		q++
	}
	if y >= cy+districtM/2 {
		q += 2
	}
	return c.areaOf(d, q)
}

func (c *City) areaOf(d, quarter int) (street, streetName, comm, commName string) {
	s := d / perStreet
	street = fmt.Sprintf("370883%03d", s+1)
	return street, c.streets[s], fmt.Sprintf("%s%03d", street, d%perStreet*4+quarter+1), c.comms[d*4+quarter]
}

// Features yields the rows of a layer, made as they are read; the bound is not looked at.
func (c *City) Features(ctx context.Context, layer string, _ orb.Bound) iter.Seq2[gis.Feature, error] {
	rows := map[string]func(func(gis.Feature) bool){
		"street": c.streetRows, "community": c.commRows, "road": c.roadRows, "door": c.doorRows, "poi": c.poiRows,
		"unit_grid": c.gridRows, "component": c.componentRows, "department": c.departmentRows,
	}[layer]
	return func(yield func(gis.Feature, error) bool) {
		if rows == nil {
			return
		}
		n := 0
		rows(func(f gis.Feature) bool {
			if n++; n%4096 == 0 && ctx.Err() != nil {
				yield(f, ctx.Err())
				return false
			}
			return yield(f, nil)
		})
	}
}

func row(layer, key string, g orb.Geometry, pairs ...string) gis.Feature {
	f := gis.NewFeature(gis.MustLayer(layer))
	f.Key, f.Geom = key, g
	for i := 0; i < len(pairs); i += 2 {
		f.SetText(pairs[i], pairs[i+1])
	}
	return f
}

func (c *City) streetRows(yield func(gis.Feature) bool) {
	for s := 0; s*perStreet < c.districts; s++ {
		var all orb.MultiPolygon
		for d := s * perStreet; d < min(c.districts, (s+1)*perStreet); d++ {
			x, y := c.corner(d)
			all = append(all, rect(x, y, districtM, districtM))
		}
		code, name, _, _ := c.areaOf(s*perStreet, 0)
		if !yield(row("street", code, all, "code", code, "name", name)) {
			return
		}
	}
}

func (c *City) commRows(yield func(gis.Feature) bool) {
	for d := range c.districts {
		x, y := c.corner(d)
		for q := range 4 {
			street, streetName, code, name := c.areaOf(d, q)
			g := rect(x+float64(q%2)*districtM/2, y+float64(q/2)*districtM/2, districtM/2, districtM/2)
			if !yield(row("community", code, g, "code", code, "name", name, "street_code", street, "street_name", streetName)) {
				return
			}
		}
	}
}

func (c *City) gridRows(yield func(gis.Feature) bool) {
	const each = 10 // cells of a community, each way
	for d := range c.districts {
		x, y := c.corner(d)
		for q := range 4 {
			_, _, comm, _ := c.areaOf(d, q)
			for k := range each * each {
				gx := x + float64(q%2)*districtM/2 + float64(k%each)*100
				gy := y + float64(q/2)*districtM/2 + float64(k/each)*100
				code := fmt.Sprintf("%s%03d", comm, k+1)
				if !yield(row("unit_grid", code, rect(gx, gy, 100, 100), "code", code, "community_code", comm)) {
					return
				}
			}
		}
	}
}

func (c *City) roadRows(yield func(gis.Feature) bool) {
	for i, name := range c.roads {
		x0, y0 := c.spot(i, 0, 0)
		x1, y1 := c.spot(i, districtM, 0)
		f := row("road", fmt.Sprintf("r%d", i+1), orb.LineString{At(x0, y0), At(x1, y1)}, "name", name, "class", "collector")
		f.Set("width_m", 2*roadHalfM)
		if !yield(f) {
			return
		}
	}
}

func (c *City) doorRows(yield func(gis.Feature) bool) {
	for i, name := range c.roads {
		for n := 1; n <= c.doorsEach; n++ {
			x, y := c.door(i, n)
			_, street, code, comm := c.area(x, y)
			if !yield(row("door", fmt.Sprintf("d%d", i*c.doorsEach+n), At(x, y), "road", name, "number", fmt.Sprint(n),
				"community_code", code, "community_name", comm, "street_name", street)) {
				return
			}
		}
	}
}

// poi is the name of point of interest i and where it lies.
func (c *City) poi(i int) (name string, x, y float64) {
	r := rand.New(rand.NewPCG(2, uint64(i)))
	x, y = c.corner(r.IntN(c.districts))
	return c.pois[i%len(c.pois)], x + r.Float64()*districtM, y + r.Float64()*districtM
}

func (c *City) poiCount() int { return c.N * 35 / 100 }

func (c *City) poiRows(yield func(gis.Feature) bool) {
	for i := range c.poiCount() {
		name, x, y := c.poi(i)
		if !yield(row("poi", fmt.Sprintf("p%d", i+1), At(x, y), "name", name)) {
			return
		}
	}
}
