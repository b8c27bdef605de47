package census

import (
	"strconv"
	"strings"
	"unicode"
)

// simplify holds the traditional characters of headings and their simplified forms.
var simplify = strings.NewReplacer(
	"經", "经", "緯", "纬", "編", "编", "號", "号", "碼", "码", "類", "类", "別", "别", "稱", "称", "單", "单", "區", "区", "劃", "划", "門", "门", "樓", "楼",
	"層", "层", "數", "数", "狀", "状", "態", "态", "時", "时", "間", "间", "備", "备", "註", "注", "屬", "属", "養", "养", "護", "护", "負", "负", "責", "责",
	"權", "权", "機", "机", "構", "构", "關", "关", "電", "电", "話", "话", "聯", "联", "絡", "络", "點", "点", "場", "场", "鎮", "镇", "鄉", "乡", "鄰", "邻",
	"縣", "县", "標", "标", "識", "识", "線", "线", "長", "长", "寬", "宽", "調", "调", "變", "变", "資", "资", "來", "来", "據", "据", "統", "统", "會", "会",
	"里別", "里别", "設", "设", "圖", "图", "攝", "摄", "問", "问", "題", "题", "內", "内", "案件", "案件", "報", "报", "發", "发", "處", "处", "業", "业", "園", "园",
	"樹", "树", "種", "种", "徑", "径", "車", "车", "牆", "墙", "鐵", "铁", "舊", "旧", "級", "级", "面積", "面积", "積", "积", "現", "现", "桿", "杆", "燈", "灯",
	"郵", "邮", "遞", "递", "東", "东", "橫", "横", "縱", "纵", "座標", "坐标", "觀", "观", "執", "执", "維", "维", "臺", "台", "說", "说", "詳", "详", "細", "细",
	"丟", "丢", "乾", "干", "係", "系", "倉", "仓", "價", "价", "動", "动", "務", "务", "厠", "厕", "厤", "历", "員", "员", "噴", "喷", "國", "国", "圍", "围", "埰", "采", "墻", "墙", "壞", "坏", "學", "学", "寀", "采", "寫", "写", "幹", "干", "幾", "几", "庫", "库", "廁", "厕", "廠", "厂",
	"廢", "废", "廣", "广", "彆", "别", "應", "应", "捨", "舍", "捲", "卷", "採", "采", "損", "损", "敎", "教", "曆", "历", "柵", "栅", "査", "查", "棄", "弃", "棟", "栋", "榦", "干", "橋", "桥", "檔", "档", "欄", "栏", "歷", "历", "準", "准", "溝", "沟", "溼", "湿", "濕", "湿", "為", "为",
	"無", "无", "爲", "为", "環", "环", "產", "产", "産", "产", "築", "筑", "簡", "简", "簽", "签", "籤", "签", "籬", "篱", "紅", "红", "終", "终", "綠", "绿", "綫", "线", "網", "网", "綴", "缀", "緑", "绿", "繫", "系", "義", "义", "與", "与", "興", "兴", "舘", "馆", "萬", "万", "葯", "药",
	"藥", "药", "衕", "同", "衚", "胡", "裏", "里", "補", "补", "裝", "装", "裡", "里", "訴", "诉", "診", "诊", "評", "评", "該", "该", "説", "说", "谿", "溪", "賓", "宾", "質", "质", "軌", "轨", "輕", "轻", "轄", "辖", "辦", "办", "農", "农", "運", "运", "醫", "医", "銀", "银", "錶", "表",
	"鎭", "镇", "難", "难", "項", "项", "顫", "颤", "館", "馆", "體", "体", "髮", "发", "鬍", "胡", "麪", "面", "麫", "面", "麵", "面", "齣", "出",
)

// normalHeading brings a heading into the form the tables below use: simplified, lower case, no
// blanks, no units or explanations in brackets, no separators.
func normalHeading(h string) string {
	h = simplify.Replace(foldDigits(h))
	var b strings.Builder
	depth := 0
	for _, r := range h {
		switch {
		case r == '(' || r == '（' || r == '[' || r == '【':
			depth++
		case r == ')' || r == '）' || r == ']' || r == '】':
			depth = max(0, depth-1)
		case depth > 0 || r == '_' || r == '-' || r == '.' || r == ':' || r == '：' || r == '*' || r == '"' || r == '/' || unicode.IsSpace(r) || r == '\uFEFF':
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	if b.Len() == 0 { // all of it stood in brackets
		return strings.ToLower(strings.TrimSpace(h))
	}
	return b.String()
}

// headings are the words by which columns are known, per field, the surest first. An entry
// "layer.field" is for that layer alone and goes before the general "field".
var headings = map[string]string{
	"code":           "标识码 编码 代码 code 编号",
	"name":           "名称 name mc 中文名称 fullname 名字",
	"alias":          "别名 alias altname 又名",
	"former_name":    "曾用名 formername oldname 原名 旧名 历史名称",
	"address":        "地址 详细地址 位置描述 address fulladdr addr locatedsc 位置 地点 安装位置 设置地点 所在位置 具体位置 approvedlocation location 坐落 region parkname",
	"phone":          "电话 联系电话 phone tel telephone 联络电话",
	"note":           "备注 bz note remark remarks 说明 regionremark",
	"class":          "类别代码 类别 类型 class type 种类 分类 category kind",
	"community_code": "szsqdm 社区代码 所在社区代码 社区编码 communitycode commid 村居代码 里代码",
	"community_name": "szsqmc 社区名称 所在社区名称 所在社区 所属社区 社区 communityname community 村社区 里别 village",
	"street_code":    "szjddm 街道代码 所在街道代码 街道编码 streetcode parentregioncode 镇街代码",
	"street_name":    "szjdmc 街道名称 所在街道名称 所在街道 所属街道 街道 镇街 街道镇 streetname parentstreetname",
	"county_name":    "区县名称 区县 所属区县 countyname county 行政区",
	"grid_code":      "szdywgbsm 所在单元网格标识码 单元网格标识码 所在单元网格 单元网格编码 单元网格代码 单元网格 bgid bgcode gridcode 网格编码 网格代码 万米单元格 unitgridcode",
	"init_date":      "csrq 初始日期 初始时间 ordate initdate inittime initialdate 普查日期 普查时间 调查日期 surveydate 采集日期 建档日期 设置日期",
	"end_date":       "终止日期 终止时间 dedate enddate endtime",
	"status":         "状态 编码状态 codestatus status",
	"remark":         "备注 note remark bz",
	"area_m2":        "面积 area shapearea 网格面积 aream2",
	"width_m":        "宽度 路宽 道路宽度 width widthm 红线宽度",
	"height_m":       "高度 建筑高度 楼高 height heightm 房屋高度",
	"floors":         "层数 楼层 楼层数 floors levels floor 建筑层数 地上层数",
	"tunnel":         "隧道 tunnel",
	"postcode":       "邮政编码 邮编 postcode zipcode 邮递区号",

	"street.code":    "街道代码 街道编码 streetcode regioncode towncode townid 乡镇代码 乡镇市区代码 行政区代码 镇街代码 镇街编码 行政区划代码 区划代码 标识码 编码 代码 code 编号",
	"street.name":    "街道名称 街道 镇街名称 镇街 乡镇名称 乡镇 乡镇市区 乡镇市区名称 行政区名称 行政区 区名 streetname townname tname regionname 名称 name mc district dist town",
	"community.code": "社区代码 社区编码 communitycode regioncode villcode villagecode villageid villid vcode cptvid 村里代码 村里编码 里代码 村代码 标识码 村居代码 村居编码 区划代码 编码 代码 code 社区编号 编号 id",
	"community.name": "社区名称 社区 村居名称 村居 communityname regionname villname villagename vname 村里名称 村里名 村里 里名 里 village community 名称 name mc",

	"street.county_name": "区县名称 区县 所属区县 countyname county 县市 县市名称",

	"community.street_code": "街道代码 街道编码 streetcode towncode townid 乡镇代码 乡镇市区代码 镇街代码 parentregioncode",
	"community.street_name": "街道名称 街道 所属街道 所在街道 streetname townname tname 乡镇市区 乡镇名称 乡镇 镇街 街道镇 行政区 区名 parentstreetname town district dist",
	"unit_grid.code":        "单元网格标识码 单元网格编码 单元网格代码 unitgridcode gridcode bgcode bgid 网格编码 网格代码 标识码 编码 code",
	"work_grid.code":        "责任网格编码 管理网格编码 评价网格编码 网格编码 编码 code",
	"work_grid.members":     "单元网格 members",
	"road.name":             "道路名称 路名 街巷名称 街路巷名称 路街名称 道路名 roadname rdname roadnm streetname 名称 name",
	"road.class":            "道路等级 道路类别 等级 类别 highway roadclass class fclass type tier 类型",
	"building.name":         "建筑名称 楼栋名称 建筑物名称 小区名称 名称 name",
	"building.class":        "建筑类别 用途 建筑用途 房屋用途 类别 类型 class type building",
	"land.class":            "用地类别 用地类型 用地性质 类别 类型 class type landuse leisure",
	"water.class":           "水域类别 类别 类型 class type waterway water",
	"rail.class":            "类别 类型 class type railway",
	"wall.class":            "类别 类型 class barrier",

	"department.code":       "统一社会信用代码 信用代码 部门代码 单位代码 creditcode uscc 机构代码 代码 编码 code",
	"department.name":       "部门名称 单位名称 机构名称 名称 name deptname",
	"department.short_name": "简称 部门简称 shortname",
	"department.kind":       "部门类别 单位类别 类别 性质 kind type",
	"department.classes":    "负责部件类别 负责部件 负责类别 负责部件和事件类别 负责部件及事件类别 负责部件、事件类别 部件类别 classes",
	"department.areas":      "负责区域 管辖区域 辖区 areas",

	"component.code":         "glbjbsm 管理部件标识码 部件标识码 部件编码 部件代码 objid objcode compcode componentcode 标识码",
	"component.delivered_id": "原始编号 原编号 treeid 设备编号 资产编号 摄影机编号 stationid 站点编号 树木编号 部件编号 编号 id approvalid 流水号 flownumber no number 序号",
	"component.name":         "glbjmc 管理部件名称 部件名称 objname compname 名称 name treetype 树种 树名 stationname station 站名 placename",
	"component.class_name":   "部件类别名称 小类名称 smallclass",
	"component.dept_code":    "zgbmdm 主管部门代码 deptcode1 deptcode 主管单位代码",
	"component.dept_name":    "zgbmmc 主管部门名称 主管部门 主管单位 deptname1 deptname 管理单位 管理机关 managingunit manager 权责单位",
	"component.owner_code":   "qsdwdm 权属单位代码 deptcode2 产权单位代码",
	"component.owner_name":   "qsdwmc 权属单位名称 权属单位 deptname2 产权单位 organizationname",
	"component.keeper_code":  "yhdwdm 养护单位代码 deptcode3 维护单位代码",
	"component.keeper_name":  "yhdwmc 养护单位名称 养护单位 deptname3 维护单位 管护单位",
	"component.state":        "glbjzt 管理部件状态 部件状态 objstate compstatus 状态 现状 state status",
	"component.change_date":  "bgrq 变更日期 变更时间 chdate changedate",
	"component.data_source":  "sjly 数据来源 datasource source 来源",
	"component.label":        "灯杆号 杆号 现场编号 杆件编号 井号 喷码 poleno label 标签",

	"door.address":  "标准地址 门牌地址 完整地址 完整门牌 地址 详细地址 全地址 地址全称 门牌全称 fulladdr fulladdress address addr addrfull 住址 地址名称 门牌 门牌号 门牌号码",
	"door.road":     "道路名称 街路巷名称 所在街巷 街路巷 街巷 路名 道路 road roadname street streetname 街路 街路段 街、路段 路段 路街 路街段 街道路段 道路街名 街路名 路名称 街道门牌 addrstreet",
	"door.number":   "门牌号 门牌号码 门楼牌号 门牌楼牌号 housenum housenumber addrhousenumber 号码 号 门号 门牌编号 number no 门牌",
	"door.building": "楼栋 楼牌 幢号 栋号 building unit 单元 栋",

	"door.street_name":    "街道名称 所在街道 所属街道 街道 镇街 乡镇 乡镇市区 行政区 区 townname district dist",
	"door.community_name": "社区名称 所在社区 所属社区 社区 村里 里别 里 村里名称 村社区 village villname community",

	"poi.name":  "名称 兴趣点名称 单位名称 poiname name 中文名称 stationname 站名 机构名称 场所名称 设施名称 officename facilityname 店名 校名 馆名 机构 单位 场所 title 标题 地点 详细地址 地址 address addr",
	"poi.class": "所属类型 兴趣点类型 poitype 类别 类型 class type category 分类",

	"case.number":      "案件编号 任务号 案卷编号 案件号 caseid casenumber 编号 id",
	"case.class":       "案件类型 案件类别 问题类型 事项名称 小类名称 类型 casetype type class",
	"case.reported_at": "上报时间 成案时间 发现时间 受理时间 reportedat reporttime createdat created 时间 date",
	"case.text":        "问题描述 案件描述 描述 诉求内容 内容 description text",
	"case.dept_name":   "处置部门 责任部门 承办单位 deptname department",
	"case.state":       "案件状态 状态 state status",
}

// Words for coordinate columns; the geometry is made of a pair.
const (
	lonWords  = "lng lon longitude 经度 long wgs84lng wgs84lon lon84 gpslng 东经 longitudewgs84 lngwgs84 bdlng gcjlng"
	latWords  = "lat latitude 纬度 wgs84lat lat84 gpslat 北纬 latitudewgs84 latwgs84 bdlat gcjlat"
	xWords    = "x x坐标 twd97x twdx pointx coordx xcoord 横坐标 坐标x posx easting 东坐标 e xtwd97 tm2x 97x x97"
	yWords    = "y y坐标 twd97y twdy pointy coordy ycoord 纵坐标 坐标y posy northing 北坐标 n ytwd97 tm2y 97y y97"
	wktWords  = "wkt geometry geom shape thegeom 几何 空间坐标"
	townWords = "town towncode 乡镇代码"
)

// words splits a list of the tables.
func words(list string) []string { return strings.Fields(list) }

// headingRank returns the place of the heading in the list, -1 when it is not there.
func headingRank(list, normal string) int {
	for i, w := range words(list) {
		if w == normal {
			return i
		}
	}
	return -1
}

// wordsOf returns the headings of a field of a layer.
func wordsOf(layer, field string) string {
	if own, ok := headings[layer+"."+field]; ok {
		return own
	}
	return headings[field] + " " + strings.ReplaceAll(field, "_", "")
}

var knownHeadings = func() map[string]bool {
	m := map[string]bool{}
	for _, list := range headings {
		for _, w := range words(list) {
			m[w] = true
		}
	}
	for _, list := range []string{lonWords, latWords, xWords, yWords, wktWords} {
		for _, w := range words(list) {
			m[w] = true
		}
	}
	return m
}()

// findHeading returns which of the first rows of a table is its heading, -1 when none is.
// Titles, dates and units above the heading have few cells; rows of values have numbers.
func findHeading(rows [][]string) int {
	best, bestScore := -1, 0
	for i, row := range rows {
		filled, known, numbers := 0, 0, 0
		seen := map[string]bool{}
		for _, c := range row {
			c = strings.TrimSpace(c)
			if c == "" || seen[c] {
				continue
			}
			seen[c] = true
			filled++
			if knownHeadings[normalHeading(c)] {
				known++
			}
			if _, err := strconv.ParseFloat(c, 64); err == nil {
				numbers++
			}
		}
		score := 4*known + filled - 3*numbers - i
		if filled == 1 && len(rows) > 1 && known == 0 {
			score = 0
		}
		if filled > 0 && score > bestScore {
			best, bestScore = i, score
		}
	}
	if best < 0 && len(rows) > 0 && !blank(rows[0]) {
		return 0
	}
	return best
}

// nameColumns makes the headings usable as names: trimmed, none empty, none twice.
func nameColumns(cells []string) []string {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	out := make([]string, len(cells))
	seen := map[string]int{}
	for i, c := range cells {
		c = strings.Join(strings.Fields(strings.TrimPrefix(c, "\uFEFF")), " ")
		c = columnName(c, i)
		if seen[c]++; seen[c] > 1 {
			c += "_" + strconv.Itoa(seen[c])
		}
		out[i] = c
	}
	return out
}

// columnName is the name of column i: columns without one are numbered, since profiles name columns and "" there stands for none.
func columnName(name string, i int) string {
	if name == "" {
		return "column" + strconv.Itoa(i+1)
	}
	return name
}
