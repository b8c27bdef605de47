package sample

// names hands out invented, ordinary names, each once.
type names struct {
	r    rng
	used map[string]bool
}

func newNames(r rng) *names { return &names{r, map[string]bool{}} }

var roadWords = []string{
	"太平", "普阳", "匡衡", "岗山", "铁山", "护驾山", "千泉", "宏河", "营西", "三兴", "建设", "人民", "文化", "振兴", "和平", "仁和",
	"学府", "科技", "龙山", "昌平", "兴隆", "东滩", "矿建", "崇义", "择邻", "断机", "礼义", "明德", "富民", "安康", "长青", "金山",
	"平阳", "朝阳", "育才", "光明", "幸福", "新华", "解放", "胜利", "团结", "友谊", "凤凰", "古塔", "钟楼", "孟府", "公园", "体育",
}

var (
	firstRunes = []rune("安康泰永福兴华新祥瑞金银玉德仁礼智文清景春秋嘉鸿昌荣庆恒宝锦翠碧云星月晨旭远广宏盛丰茂松柏桃梨兰荷")
	lastRunes  = []rune("宁和阳源隆达通园泉河山峰林溪亭台州城门塘湾岭坡桥井苑田庄浦港野原谷川津陵")
)

// word returns an unused name of two characters with the suffix, from list first.
func (n *names) word(list []string, suffix string) string {
	for range 6 {
		if len(list) == 0 {
			break
		}
		if w := pick(n.r, list); !n.used[w] && !n.used[w+suffix] {
			n.used[w], n.used[w+suffix] = true, true
			return w
		}
	}
	for {
		w := string([]rune{pick(n.r, firstRunes), pick(n.r, lastRunes)})
		if !n.used[w] && !n.used[w+suffix] {
			n.used[w], n.used[w+suffix] = true, true
			return w
		}
		if n.r.one(0.02) { // the pairs run short in a very large city
			w += string(pick(n.r, lastRunes))
			if !n.used[w] {
				n.used[w], n.used[w+suffix] = true, true
				return w
			}
		}
	}
}

// whole returns an unused full name: a word of two characters before the suffix.
func (n *names) whole(list []string, suffix string) string {
	for range 400 {
		w := string([]rune{pick(n.r, firstRunes), pick(n.r, lastRunes)})
		if len(list) > 0 && n.r.one(0.7) {
			w = pick(n.r, list)
		}
		if !n.used[w+suffix] {
			n.used[w+suffix] = true
			return w + suffix
		}
	}
	return n.word(nil, suffix) + suffix
}

// laneWords name old lanes.
var laneWords = []string{
	"仓", "井", "书院", "南阁", "北阁", "石牌坊", "油坊", "铁匠", "豆腐", "当铺", "盐店", "马道", "城隍庙", "文庙", "钟楼", "棋盘",
	"柳树", "槐树", "枣园", "竹竿", "羊市", "布市", "鱼市", "米市", "砖桥", "水门", "后营", "前营", "火神庙", "小寺",
}

var homeWords = []string{
	"阳光", "金谷", "文博", "凤凰", "龙山", "幸福", "东方", "世纪", "和谐", "绿城", "名仕", "香榭", "御景", "锦绣", "书香", "滨河",
	"鸿顺", "怡和", "康居", "华府", "景泰", "天润", "华悦", "盛世", "丽景", "枫林", "桂花", "翰林", "东苑", "西苑", "水岸", "嘉和",
}

var communityWords = []string{
	"东关", "西苑", "南屯", "北坛", "岗南", "铁西", "太平桥", "书院", "钟楼", "柳行", "石桥", "凤山", "水门", "古塔", "仁里", "崇文",
	"新村", "和睦", "康宁", "兴业", "朝阳", "泉新", "文苑", "河湾", "桃园", "槐荫", "永安", "金桥", "平安", "学苑", "明珠", "泰和",
}

// homophones are characters people confuse when they write by ear.
var homophones = map[rune]rune{
	'太': '泰', '平': '坪', '普': '浦', '阳': '洋', '匡': '筐', '衡': '横', '岗': '港', '山': '三', '铁': '贴', '护': '户', '驾': '架', '千': '迁',
	'泉': '全', '宏': '洪', '河': '合', '营': '迎', '西': '希', '兴': '星', '建': '健', '设': '社', '人': '仁', '民': '明', '文': '闻', '化': '画',
	'振': '震', '和': '河', '仁': '人', '学': '雪', '府': '俯', '科': '棵', '技': '计', '龙': '隆', '昌': '仓', '隆': '龙', '东': '冬', '滩': '摊',
	'矿': '况', '崇': '虫', '义': '意', '礼': '里', '明': '名', '德': '得', '富': '付', '安': '按', '康': '糠', '长': '常', '青': '清', '金': '今',
	'朝': '潮', '育': '玉', '才': '材', '光': '广', '幸': '性', '福': '富', '新': '心', '华': '花', '解': '姐', '放': '方', '胜': '圣', '利': '力',
	'团': '抟', '结': '节', '友': '有', '谊': '宜', '凤': '奉', '凰': '皇', '古': '鼓', '塔': '踏', '钟': '中', '楼': '搂', '公': '工', '园': '圆',
	'体': '替', '永': '勇', '祥': '详', '瑞': '锐', '银': '吟', '玉': '育', '智': '志', '清': '青', '景': '井', '春': '椿', '秋': '丘', '嘉': '佳',
	'鸿': '红', '荣': '容', '庆': '磬', '恒': '横', '宝': '保', '锦': '紧', '翠': '脆', '碧': '必', '云': '匀', '星': '兴', '月': '越', '晨': '辰',
	'旭': '序', '远': '院', '广': '光', '盛': '圣', '丰': '风', '茂': '冒', '松': '送', '柏': '百', '桃': '逃', '梨': '离', '兰': '蓝', '荷': '河',
	'宁': '凝', '源': '元', '达': '答', '通': '同', '峰': '锋', '林': '临', '溪': '西', '亭': '庭', '台': '抬', '州': '洲', '城': '成', '门': '们',
	'塘': '唐', '湾': '弯', '岭': '领', '坡': '泼', '桥': '乔', '井': '景', '苑': '院', '田': '甜', '庄': '装', '港': '岗', '野': '也', '原': '元',
	'谷': '古', '川': '穿', '津': '金', '陵': '灵', '滨': '宾', '择': '则', '邻': '临', '断': '段', '机': '基', '孟': '梦',
}
