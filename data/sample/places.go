package sample

import (
	"fmt"
	"math"
	"strings"
)

// poi is a point of interest.
type poi struct {
	name, class, addr, alias, former, phone string
	p                                       pt
	road                                    *road // nil: not by a road
	s                                       float64
	parcel                                  int
}

var ordinals = []string{"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"}

func ordinal(n int) string {
	switch {
	case n <= 10:
		return ordinals[n-1]
	case n < 20:
		return "十" + ordinals[n-11]
	}
	s := ordinals[n/10-1] + "十"
	if n%10 > 0 {
		s += ordinals[n%10-1]
	}
	return s
}

// nameParcels names compounds, parks, schools and the like.
func (c *City) nameParcels(seed uint64) {
	r := stream(seed, "parcel names")
	nm := newNames(r)
	count := map[string]int{}
	for _, p := range c.parcels {
		if p == nil {
			continue
		}
		count[p.use]++
		k := count[p.use]
		switch p.use {
		case "slabs":
			p.name = nm.whole(homeWords, pick(r, []string{"小区", "花园", "新村", "家园", "小区"}))
			if r.one(0.25) {
				p.former = nm.whole(nil, pick(r, []string{"厂宿舍", "家属院", "新村"}))
			}
		case "towers":
			p.name = nm.whole(homeWords, pick(r, []string{"华庭", "府", "公馆", "城", "苑"}))
			if r.one(0.3) {
				p.alias = p.name + pick(r, []string{"一期", "小区"})
			}
		case "campus":
			if k%2 == 1 {
				p.name, p.alias = "第"+ordinal(k/2+1)+"中学", ordinal(k/2+1)+"中"
			} else {
				p.name, p.alias = "第"+ordinal(k/2)+"实验小学", ordinal(k/2)+"实小"
			}
			if r.one(0.4) {
				p.former = nm.whole(nil, "学校")
			}
		case "kindergarten":
			p.name = nm.whole(homeWords, "幼儿园")
		case "hospital":
			p.name, p.alias = "第"+ordinal(k)+"人民医院", ordinal(k)+"院"
		case "park":
			p.name = nm.whole(roadWords, "公园")
		case "square":
			p.name = nm.whole(nil, "广场")
		case "mall":
			p.name = nm.whole(nil, "购物中心")
			p.former = nm.whole([]string{"红星", "东风", "向阳", "人民"}, "商场")
		case "market":
			p.name = nm.whole(nil, pick(r, []string{"农贸市场", "建材市场", "小商品市场"}))
		case "factory":
			p.name = nm.whole(nil, pick(r, []string{"机械厂", "纺织厂", "食品厂", "化工厂", "水泥制品厂", "木器厂"}))
		case "government":
			p.name, p.alias = "市政务服务中心", "政务大厅"
			if k > 1 {
				p.name, p.alias = fmt.Sprintf("第%s政务服务中心", ordinal(k)), ""
			}
		case "office":
			p.name = nm.whole(nil, pick(r, []string{"大厦", "商务楼", "科技园", "写字楼"}))
		}
	}
}

// makePlaces makes the points of interest: the named parcels, the shops along the streets, the offices of streets and communities.
func (c *City) makePlaces(seed uint64) {
	r := stream(seed, "places")
	class := map[string]string{
		"slabs": "住宅小区", "towers": "住宅小区", "campus": "学校", "kindergarten": "幼儿园", "hospital": "医院", "park": "公园", "square": "广场",
		"mall": "商场", "market": "市场", "factory": "工厂", "government": "政府机关", "office": "写字楼",
	}
	phone := func() string { return fmt.Sprintf("0537-5%06d", r.IntN(1000000)) }
	for _, p := range c.parcels {
		if p == nil || p.name == "" {
			continue
		}
		x := poi{name: p.name, class: class[p.use], alias: p.alias, former: p.former, phone: phone(), parcel: p.face, p: mm(centroid(p.rim))}
		if len(p.gates) > 0 && p.gates[0].door >= 0 {
			g := p.gates[0]
			x.p, x.road, x.s, x.addr = mm(g.p), g.road, g.s, c.doors[g.door].address()
		} else if len(p.buildings) > 0 && c.buildings[p.buildings[0]].addr != "" {
			x.p, x.addr = mm(c.buildings[p.buildings[0]].door), c.buildings[p.buildings[0]].addr
		}
		if x.class == "幼儿园" || x.class == "公园" || x.class == "广场" {
			x.phone = ""
		}
		c.pois = append(c.pois, x)
	}
	c.shops(r, phone)
}

var shopKinds = []struct {
	suffix, class string
	share         float64
}{
	{"超市", "超市", 3},
	{"便利店", "超市", 3},
	{"药店", "药店", 2.4},
	{"饭店", "餐饮", 4},
	{"面馆", "餐饮", 2},
	{"羊汤馆", "餐饮", 2},
	{"烘焙", "餐饮", 1},
	{"理发店", "生活服务", 1.6},
	{"五金店", "商店", 1.6},
	{"服装店", "商店", 2},
	{"文具店", "商店", 1},
	{"水果店", "商店", 1.6},
	{"眼镜店", "商店", 0.6},
	{"诊所", "诊所", 1.2},
	{"口腔门诊", "诊所", 0.7},
	{"宾馆", "宾馆", 1},
	{"汽修厂", "汽车服务", 0.8},
	{"茶庄", "商店", 0.8},
	{"书店", "商店", 0.5},
	{"照相馆", "生活服务", 0.5},
}

// shops gives a part of the street doors a shop, a bank, a clinic or an office of the community.
func (c *City) shops(r rng, phone func() string) {
	nm := newNames(r)
	var total float64
	for _, k := range shopKinds {
		total += k.share
	}
	office := map[int]bool{}
	street := map[int]bool{}
	banks := map[string]bool{}
	for _, i := range r.Perm(len(c.doors)) {
		d := c.doors[i]
		if d.house < 0 || d.building != "" || d.road.class == "service" {
			continue
		}
		k := c.finder.at(d.p)
		if k < 0 {
			continue
		}
		x := poi{p: d.p, road: d.road, s: d.s, addr: d.address(), parcel: d.parcel, phone: phone()}
		com := c.communities[k]
		bank := fmt.Sprintf("城商银行%s支行", d.road.name)
		switch {
		case !street[com.street]:
			street[com.street] = true
			s := c.streets[com.street]
			x.name, x.class, x.alias = s.name+"办事处", "政府机关", strings.TrimSuffix(s.name, "街道")+"办事处"
		case !office[k]:
			office[k] = true
			x.name, x.class, x.alias = com.name+"居民委员会", "社区服务", com.name+"居委会"
		case !office[k+10000] && c.buildings[d.house].class == "commercial":
			office[k+10000] = true
			x.name, x.class = com.name+"卫生服务站", "诊所"
		case d.road.class == "arterial" && !banks[bank] && r.one(0.4):
			banks[bank] = true
			x.name, x.class, x.alias = bank, "银行", strings.Replace(bank, "银行", "", 1)
		case r.one(0.5):
			t := r.Float64() * total
			for _, s := range shopKinds {
				if t -= s.share; t < 0 {
					x.name, x.class = nm.whole(nil, s.suffix), s.class
					break
				}
			}
			if x.name != "" && r.one(0.06) {
				x.former = nm.whole(nil, pick(r, []string{"商店", "饭庄", "供销社"}))
			}
		}
		if x.name != "" {
			c.pois = append(c.pois, x)
		}
	}
}

// busStops makes a point of interest of every pair of bus stops: both sides share the name.
func (c *City) busStops() {
	seen := map[string]bool{}
	for i := range c.components {
		if x := &c.components[i]; x.class == "02004" {
			if name := c.stopName(x.road, x.s); name != "" && !seen[name] {
				seen[name] = true
				c.pois = append(c.pois, poi{name: name + "（公交站）", class: "公交站", p: x.p, road: x.road, s: x.s, parcel: -1})
			}
		}
	}
}

// stopName names a stop after its road and the nearest one that crosses it.
func (c *City) stopName(rd *road, s float64) string {
	name, best := "", math.Inf(1)
	for _, k := range c.roads.crossings[rd.id] {
		j := c.roads.junctions[k]
		own := 0.0
		for i, id := range j.roads {
			if id == rd.id {
				own = j.at[i]
			}
		}
		for _, id := range j.roads {
			if o := c.roads.list[id]; o.name != rd.name && o.class != "service" && math.Abs(own-s) < best {
				name, best = rd.name+o.name+"口", math.Abs(own-s)
			}
		}
	}
	return name
}
