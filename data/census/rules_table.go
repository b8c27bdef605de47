package census

import (
	"slices"

	"wanmi/gis"
)

// Rule is one kind of fault the census finds.
type Rule struct {
	ID       string       `json:"rule"`
	Severity gis.Severity `json:"severity"` // error: the row is refused, unless a fix is applied; warning and note: it is taken
	Where    string       `json:"where"`    // row, delivery (rows held against each other or the base map) or file
	Zh       string       `json:"zh"`
	En       string       `json:"en"`
	FixZh    string       `json:"fix_zh,omitempty"` // what `--fix` does, "" when nothing can be done safely
	FixEn    string       `json:"fix_en,omitempty"`
}

// Rules returns every kind of fault, by what it looks at.
func Rules() []Rule { return slices.Clone(ruleTable) }

// severityOf is the severity the table gives a rule; a warning where it has none.
func severityOf(id string) gis.Severity {
	if s, ok := ruleSeverity[id]; ok {
		return s
	}
	return gis.SeverityWarning
}

var ruleSeverity = func() map[string]gis.Severity {
	m := map[string]gis.Severity{}
	for _, r := range ruleTable {
		m[r.ID] = r.Severity
	}
	return m
}()

const (
	bad  = gis.SeverityError
	warn = gis.SeverityWarning
	note = gis.SeverityNote
)

var ruleTable = []Rule{
	{RuleColumns, bad, "row", "该行的值多于列", "more values than columns", "", ""},
	{RuleQuote, bad, "row", "引号未闭合", "a quotation mark is never closed", "", ""},
	{RuleSyntax, bad, "row", "该行无法读取", "the row cannot be read", "", ""},
	{RuleEncoding, bad, "row", "文字含无法解码的字符", "characters that the encoding does not have", "", ""},
	{RuleRepeated, warn, "delivery", "与另一行类别、位置和属性全部相同", "same class, position and attributes as another row", "只保留一行", "one of them is left out"},

	{RuleMust, bad, "row", "系统必填项为空", "a field without which nothing can be stored is empty", "", ""},
	{RuleEmpty, warn, "row", "标准规定的必填项在该行为空（文件中有此列）", "a field the standard demands is empty in this row, though the file has the column", "", ""},
	{RuleAbsent, note, "file", "整个文件没有标准规定的必填列", "the file has no column for a field the standard demands", "", ""},
	{RuleType, warn, "row", "不是有效的数字，留空", "not a number; left empty", "", ""},
	{RuleLength, warn, "row", "长于标准规定的字段长度", "longer than the standard's field", "", ""},
	{RuleFiller, warn, "row", "以“无”“/”“待定”等占位文字代替内容", "a word that stands for nothing, as 无, /, 待定, null", "改为空", "emptied"},
	{RuleGarbled, warn, "row", "文字在转换中损坏（??? 或“锟斤拷”）", "text lost in a conversion (??? or 锟斤拷)", "", ""},
	{RuleValue, warn, "row", "测量值不可能（负数、过大）", "a measure that cannot be: negative, or too large", "", ""},
	{RuleSource, note, "row", "数据来源不是实测、地形图、基础地理数据、其他", "a data source that is none of the standard's four", "常见写法改为标准用词", "common words become the standard's"},

	{RuleDate, bad, "row", "日期格式无法识别或不存在", "a date in no known form, or that does not exist", "变更日期留空", "an unreadable change date is left empty"},
	{RuleFuture, warn, "row", "日期晚于入库日", "a date after the day of the import", "", ""},
	{RuleBefore, warn, "row", "日期早于普查可能开始的年份", "a date before there can have been a census", "", ""},
	{RuleOrder, warn, "row", "变更日期早于初始日期", "changed before it was first surveyed", "", ""},

	{RuleClass, bad, "row", "部件类别不在分类表中", "a class no table has", "", ""},
	{RuleName, warn, "row", "部件名称是另一类部件的名称", "the name is that of another class", "", ""},
	{RuleState, warn, "row", "部件状态不在标准所列之内", "a state the standard does not list", "", ""},
	{RuleCode, bad, "row", "标识码位数或字符不对", "a malformed component code", "弃用该码，由系统赋新码", "the code is dropped, the import gives one"},
	{RuleCounty, bad, "row", "标识码的区县前缀与本市不符", "a code of another county", "", ""},
	{RuleCodeClass, warn, "row", "标识码中的类别与行内类别不符", "the class in the code is not the row's", "", ""},
	{RuleRunning, warn, "row", "标识码的顺序号为 000000", "the running number of the code is 000000", "弃用该码，由系统赋新码", "the code is dropped, the import gives one"},
	{RuleEdition, note, "row", "标识码与类别分属不同版本的标准", "code and class are of different editions of the standard", "", ""},
	{RuleDouble, bad, "delivery", "标识码在同一批成果中重复", "a code twice in a delivery", "相距超过容差的第二个部件由系统赋新码", "the second thing, when it stands elsewhere, gets a new code"},
	{RuleDoubleID, warn, "delivery", "原始编号重复", "the survey team's own id twice in a delivery", "", ""},
	{RuleLabel, warn, "delivery", "现场编号重复", "a painted number twice in a class", "", ""},

	{RuleDept, warn, "row", "单位代码不是 18 位统一社会信用代码", "no unified social credit code (18 characters)", "", ""},
	{RuleDeptCheck, warn, "row", "统一社会信用代码的校验位不符", "the check character of the social credit code is wrong", "", ""},
	{RuleDeptNone, warn, "row", "部门不在部门表中", "a department that is not in the list of departments", "", ""},
	{RuleDeptName, warn, "row", "部门名称与代码不符", "the department's name is not that of its code", "名称改为部门表中的名称", "the name of the list of departments is put"},
	{RuleDeptClass, note, "row", "该部门不负责此类部件", "the department does not answer for this class", "", ""},

	{RuleGeomNone, bad, "row", "缺少坐标或图形", "no coordinates", "", ""},
	{RuleGeometry, bad, "row", "图形无法读取", "the shape cannot be read", "", ""},
	{RuleGeomType, warn, "row", "图形类型与部件类别（或图层）不符", "the type of the geometry is not that of the class (or the layer)", "", ""},
	{RuleGeomValid, warn, "row", "面的轮廓自相交、未闭合或少于四点", "an outline crosses itself, is open or too short", "", ""},
	{RuleCrossing, warn, "row", "线自相交", "a line crosses itself", "", ""},
	{RuleSize, warn, "row", "线长或面积不可能", "a line or an area of impossible size", "", ""},
	{RuleNumber, bad, "row", "坐标不是数字", "a coordinate that is no number", "", ""},
	{RuleFinite, bad, "row", "坐标为 NaN 或无穷大", "a coordinate that is NaN or infinite", "", ""},
	{RuleZero, bad, "row", "坐标为 0/0", "the coordinates are 0/0 (null island)", "", ""},
	{RuleRange, bad, "row", "坐标超出坐标系范围", "out of the range of the coordinate system", "", ""},
	{RuleSwapped, bad, "row", "两坐标颠倒", "the two coordinates are exchanged", "对调", "they are exchanged back"},
	{RuleZone, bad, "row", "坐标属于另一投影带或坐标系", "the coordinates are those of another zone or system", "按所属投影带读取", "they are read in the zone they belong to"},
	{RuleFar, bad, "row", "位置在城市范围 5 公里以外", "more than 5 km outside the city", "", ""},
	{RuleOutside, warn, "row", "位置不在任何社区内", "no community holds the position", "", ""},
	{RuleCoarse, warn, "row", "坐标小数位数不足以达到精度等级", "coordinates rounded more coarsely than the accuracy class allows", "", ""},
	{RuleGrid, warn, "row", "所填单元网格与位置不符", "the stated unit grid is not the one the position lies in", "一律以位置为准", "the true one is stored in any case"},
	{RuleCommunity, warn, "row", "所填社区与位置不符", "the stated community is not the one the position lies in", "一律以位置为准", "the true one is stored in any case"},
	{RuleStreet, warn, "row", "所填街道与位置不符", "the stated street or town is not the one the position lies in", "一律以位置为准", "the true one is stored in any case"},
	{RuleBuilding, warn, "delivery", "街面部件落在建筑物内", "a thing of the street inside a building", "", ""},
	{RuleWater, warn, "delivery", "部件落在水面上，且不在道路（桥）上", "in a river or lake, and on no road or bridge", "", ""},
	{RuleNear, warn, "delivery", "同类部件间距小于精度等级的容差，疑似重复", "two of one class nearer than the tolerance of its accuracy class: probably one thing twice", "", ""},
	{RuleLampGap, warn, "delivery", "路灯编号与间距显示漏测", "a row of lamps lacks one: number and distance leave room for it", "", ""},
	{RuleLampOff, warn, "delivery", "路灯偏离所在灯列", "a lamp stands off its row", "", ""},

	{RuleRemoved, note, "delivery", "曾在先前成果中，本次没有", "was in an earlier delivery and is not in this one", "", ""},
	{RuleExtent, warn, "delivery", "位置在成果声明的范围之外", "outside the extent the delivery states", "", ""},
	{RuleUnplaced, bad, "row", "单元网格不在任何社区内，无法编码", "no community holds the unit grid: it cannot be numbered", "", ""},
	{RuleAreaCode, bad, "row", "街道、社区、单元网格代码位数不对", "a street, community or unit grid code of the wrong form", "", ""},
	{RuleParts, note, "delivery", "同一街道或社区分成多行，已合并", "one street or community in several rows: joined", "", ""},
}
