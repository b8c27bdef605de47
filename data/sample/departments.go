package sample

import (
	"fmt"
	"strings"

	"wanmi/data/catalog"
)

// department is one that answers for components and matters.
type department struct {
	code    string
	name    string
	short   string
	kind    string
	classes []string // prefixes of class codes: 01 to 05 components and what is wrong with them, 06 to 10 matters
	areas   []string // street codes; none: the whole county
	phone   string
}

// CreditCode returns the unified social credit code of registration kind (2
// characters), division (6 digits) and organisation (8 characters), with the
// check characters of GB 11714 and GB 32100-2015.
func CreditCode(kind, division, org string) string {
	sum := 0
	for i, w := range [...]int{3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * strings.IndexByte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", org[i])
	}
	check := (11 - sum%11) % 11
	body := kind + division + org + string("0123456789X"[check])
	return body + string(catalog.CreditCheck(body))
}

type office struct{ name, short, kind, reg, classes string }

// offices answer in the whole city; a later prefix of the same length never occurs twice.
var offices = []office{
	{"市城市照明服务中心", "路灯所", "事业单位", "12", "01006,01037,01038,01039,01060,01077"},
	{"城源供水有限公司", "供水公司", "企业", "91", "01001,01019,01024,01025"},
	{"市消防救援大队", "消防队", "机关", "11", "01013,01068,09012"},
	{"城区供电公司", "供电公司", "企业", "91", "01005,01017,01028,01029,01030,01047,01048"},
	{"城信通信建设有限公司", "通信公司", "企业", "91", "01007,01009,01027,01031,01041,01062,10002"},
	{"广电网络城区分公司", "广电公司", "企业", "91", "01008"},
	{"城暖热力有限公司", "热力公司", "企业", "91", "01010,01061"},
	{"城安燃气有限公司", "燃气公司", "企业", "91", "01011,01021,01036,01049,01057"},
	{"市公安局科技信息化科", "公安局", "机关", "11", "01012,01050,01051,01066,02039"},
	{"市公安局交通警察大队", "交警大队", "机关", "11", "01015,02010,02011,02014,02015,02016,02017,02018,02019,02020,02021,02022,02023,02033,02043,06016,06034,09009"},
	{"市民政局", "民政局", "机关", "11", "02012,02013,02038"},
	{"市园林绿化服务中心", "园林中心", "事业单位", "12", "04,01014,01052,06017,06018,06021,06022,06045,06047"},
	{"城际公共交通有限公司", "公交公司", "企业", "91", "01020,01032,02004"},
	{"市交通运输局", "交通局", "机关", "11", "02005,02006,02007,02008,02009,02028,02042"},
	{"市停车管理服务中心", "停车中心", "事业单位", "12", "02001,02002,02003,02025,02026,02027,02041,01054,05003,09010,09011,09016"},
	{"市城乡水务局", "水务局", "机关", "11", "01067,01069,01070,01071,01072,01073,02030,06015,06023,06024,06025,06026,06030,06046"},
	{"市综合行政执法局", "城管局", "机关", "11", "01040,01043,01044,01045,01065,03006,03007,03013,06,07,08,09,10"},
	{"市邮政分公司", "邮政", "企业", "91", "01042"},
	{"市生态环境分局", "环保局", "机关", "11", "03009,03010,03011,03012,06033"},
	{"市文化和旅游局", "文旅局", "机关", "11", "01064,02037,02040,05009"},
}

// quarters answer in a part of the streets each.
var quarters = []office{
	{"市政设施养护%s所", "市政%s所", "事业单位", "12", "01002,01003,01004,01018,01022,01023,01026,01033,01034,01056,01072,02034,06013,06048,06049,06050,06051,06052,08003,10001"},
	{"环境卫生服务%s所", "环卫%s所", "事业单位", "12", "03001,03002,03003,03004,03005,03014,03015,03016,03997,03998,03999,06010,06011,06012,06014,06032,06035,06037,06041,06042"},
}

func (c *City) makeDepartments(seed uint64) {
	r := stream(seed, "departments")
	add := func(o office, areas []string) {
		org := ""
		for range 8 {
			org += string("0123456789"[r.IntN(10)])
		}
		c.departments = append(c.departments, department{
			code: CreditCode(o.reg, "370883", org), name: o.name, short: o.short, kind: o.kind,
			classes: strings.Split(o.classes, ","), areas: areas, phone: fmt.Sprintf("0537-5%06d", r.IntN(1000000)),
		})
	}
	for _, o := range offices {
		add(o, nil)
	}
	for _, o := range quarters {
		for k, zh := range []string{"一", "二"} {
			var areas []string
			for i, s := range c.streets {
				if i%2 == k {
					areas = append(areas, s.code)
				}
			}
			add(office{fmt.Sprintf(o.name, zh), fmt.Sprintf(o.short, zh), o.kind, o.reg, o.classes}, areas)
		}
	}
	for _, s := range c.streets {
		add(office{s.name + "办事处", strings.TrimSuffix(s.name, "街道") + "办事处", "机关", "11", "01,02,03,05"}, []string{s.code})
	}
}

// department returns the index of the one that answers for the class in the
// street: the longest prefix wins, a department of that street before one of the whole county.
func (c *City) department(class, street string) int {
	best, score := -1, -1
	for i, d := range c.departments {
		area := 0
		if len(d.areas) > 0 {
			area = -1
			for _, a := range d.areas {
				if a == street {
					area = 1
				}
			}
		}
		if area < 0 {
			continue
		}
		for _, p := range d.classes {
			if strings.HasPrefix(class, p) && len(p)*2+area > score {
				best, score = i, len(p)*2+area
			}
		}
	}
	return best
}
