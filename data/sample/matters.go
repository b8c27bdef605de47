package sample

// matterSays are matters of streets by class, each in ways people speak of it.
var matterSays = [...]struct {
	class string
	ways  []string
}{
	{"06001", []string{"有人在楼顶搭了个彩钢房", "私搭乱建", "有户人家违章加盖"}},
	{"06007", []string{"有人在树上拉绳子晒被子", "沿街晾晒衣服，影响市容"}},
	{"06010", []string{"有人乱扔垃圾", "垃圾成堆，好几天没人清", "一堆生活垃圾没人管", "到处是垃圾，苍蝇乱飞"}},
	{"06011", []string{"有人偷倒建筑垃圾", "堆了好多装修垃圾没人拉", "渣土堆在路边"}},
	{"06012", []string{"地上全是油污，又脏又滑", "好几天没人打扫，落叶满地", "满地狗屎"}},
	{"06013", []string{"路面有个大坑", "人行道地砖松动，下雨天溅一身水", "马路坑坑洼洼", "路面塌陷了一大块"}},
	{"06017", []string{"绿化带里全是杂草，没人修", "草坪里有很多白色垃圾"}},
	{"06020", []string{"有人焚烧垃圾，烟味很大", "有人烧落叶"}},
	{"06022", []string{"有人私自砍树", "大树被人锯了"}},
	{"06028", []string{"商店喇叭声音太大，吵得睡不着", "噪音扰民", "晚上跳广场舞，音响太吵", "店家噪音大"}},
	{"06034", []string{"有辆僵尸车停了一年多", "有废弃的面包车长期占着车位"}},
	{"06035", []string{"有人扔了个旧沙发", "废弃的床垫柜子没人收"}},
	{"06036", []string{"乱堆杂物", "楼道里堆满杂物，走不过去"}},
	{"06037", []string{"有只死猫", "有狗的尸体，都臭了"}},
	{"06045", []string{"有人在绿化带里种菜", "车停在草坪上，把草都压坏了"}},
	{"06050", []string{"路沿石被车撞坏了", "马路牙子缺了一块"}},
	{"06051", []string{"盲道砖碎了好几块", "盲道断了"}},
	{"07001", []string{"墙上贴满小广告", "有人张贴办证的小广告", "牛皮癣太多"}},
	{"07002", []string{"有人发传单", "有人往车上塞小卡片"}},
	{"07007", []string{"乱挂横幅", "横幅破了耷拉下来"}},
	{"08001", []string{"夜间施工吵得睡不着", "工地半夜还在打桩"}},
	{"08002", []string{"施工占道，车过不去", "围挡占了半条路"}},
	{"08004", []string{"施工扬尘太大", "工地不洒水，尘土飞扬"}},
	{"08006", []string{"沙子水泥堆在路边没人管", "建筑材料乱堆"}},
	{"09001", []string{"有流动商贩叫卖", "三轮车拉着水果沿街叫卖"}},
	{"09005", []string{"店外经营", "饭店把桌椅摆到人行道上", "超市的货摆在门外占了便道"}},
	{"09006", []string{"占道经营", "有人摆地摊", "路边卖菜的占了半条街"}},
	{"09009", []string{"乱停车", "有车违停挡住出口", "好多小汽车停在人行道上", "车辆乱停乱放"}},
	{"09010", []string{"电动车乱停乱放", "自行车摆得乱七八糟，电动车占道"}},
	{"09011", []string{"共享单车堆得到处都是", "共享单车乱停"}},
	{"09012", []string{"消防通道被车堵了", "有人占用消防通道"}},
	{"10001", []string{"路面结冰太滑", "积雪没人扫"}},
	{"10002", []string{"电线掉下来了", "光缆耷拉到地上"}},
}

// makeMatters makes reports about matters of streets: the place, and what is wrong there. No component is meant.
func (t *teller) makeMatters(seed uint64, scale float64) {
	t.r = stream(seed, "matters")
	places := []func() (place, bool){t.door, t.intersection, t.poi, t.offset, t.compound}
	want := max(48, int(66*scale))
	for tries := 0; want > 0 && tries < 6000; tries++ {
		at, ok := places[tries%len(places)]()
		if !ok || t.c.finder.at(at.p) < 0 || at.component >= 0 {
			continue
		}
		m := &matterSays[want%len(matterSays)]
		text := at.words + pick(t.r, []string{"", "，", ""}) + pick(t.r, m.ways)
		if t.said[text] {
			continue
		}
		t.said[text] = true
		t.c.reports = append(t.c.reports, report{kind: "matter", text: text, p: at.p, component: -1, matter: m.class})
		want--
	}
}

// matterOf is the class of what is wrong with a thing: its own being out of order but for a bin that overflows.
func matterOf(class, fault string) string {
	if class == "03005" && fault == overflows {
		return "06042"
	}
	return class
}

const overflows = "满了没人清"
