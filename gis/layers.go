package gis

import "strings"

// Layers are the layers of the product in drawing order, bottom first.
// A new stored column is a line here; the stores add it to files made before.
var Layers = []*Layer{
	{Name: "street", Zh: "街道", En: "Street", Geom: Polygon, Key: "code", Served: true, Fields: []Field{
		{Name: "code", Zh: "街道代码", En: "Code (9 digits)", Must: true},
		{Name: "name", Zh: "街道名称", En: "Name", Must: true},
		{Name: "county_name", Zh: "区县名称", En: "County"},
		{Name: "alias", Zh: "别名", En: "Aliases, separated by #"},
		{Name: "former_name", Zh: "曾用名", En: "Former names, separated by #"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "community", Zh: "社区", En: "Community", Geom: Polygon, Key: "code", Served: true, Fields: []Field{
		{Name: "code", Zh: "社区代码", En: "Code (12 digits)", Must: true},
		{Name: "name", Zh: "社区名称", En: "Name", Must: true},
		{Name: "street_code", Zh: "街道代码", En: "Street code"},
		{Name: "street_name", Zh: "街道名称", En: "Street"},
		{Name: "alias", Zh: "别名", En: "Aliases, separated by #"},
		{Name: "former_name", Zh: "曾用名", En: "Former names, separated by #"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "land", Zh: "用地", En: "Land use", Geom: Polygon, Served: true, Fields: []Field{
		{Name: "name", Zh: "名称", En: "Name"},
		// park, green, square, campus, compound, factory, farm, forest, cemetery, sport, rail_yard, sidewalk, other
		{Name: "class", Zh: "类别", En: "Class"},
		{Name: "compound", Zh: "院落拆分", En: "In the division: whole, split, or empty: as the build says"},
		{Name: "alias", Zh: "别名", En: "Aliases, separated by #"},
		{Name: "extra", Type: JSON, Zh: "其他属性", En: "Further columns"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "water", Zh: "水域", En: "Water", Geom: Any, Served: true, Fields: []Field{
		{Name: "name", Zh: "名称", En: "Name"},
		{Name: "class", Zh: "类别", En: "Class"}, // river, canal, lake, pond, stream
		{Name: "extra", Type: JSON, Zh: "其他属性", En: "Further columns"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "building", Zh: "建筑物", En: "Building", Geom: Polygon, Served: true, Fields: []Field{
		{Name: "name", Zh: "名称", En: "Name"},
		{Name: "class", Zh: "类别", En: "Class"}, // residential, commercial, office, industrial, public, school, hospital, shed
		{Name: "floors", Type: Int, Zh: "层数", En: "Floors"},
		{Name: "height_m", Type: Real, Zh: "高度", En: "Height, m"},
		{Name: "address", Zh: "地址", En: "Address"},
		{Name: "extra", Type: JSON, Zh: "其他属性", En: "Further columns"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "wall", Zh: "围墙", En: "Wall", Geom: Line, Fields: []Field{
		{Name: "name", Zh: "名称", En: "Name"},
		{Name: "class", Zh: "类别", En: "Class"}, // wall, fence, levee, hedge
		{Name: "extra", Type: JSON, Zh: "其他属性", En: "Further columns"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "rail", Zh: "铁路", En: "Railway", Geom: Line, Served: true, Fields: []Field{
		{Name: "name", Zh: "名称", En: "Name"},
		{Name: "class", Zh: "类别", En: "Class"}, // rail, subway, light_rail, tram
		{Name: "extra", Type: JSON, Zh: "其他属性", En: "Further columns"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "road", Zh: "道路", En: "Road", Geom: Line, Served: true, Fields: []Field{
		{Name: "name", Zh: "道路名称", En: "Name"},
		{Name: "class", Zh: "道路等级", En: "Class"}, // arterial, collector, local, link, service, path
		{Name: "width_m", Type: Real, Zh: "宽度", En: "Width, m"},
		{Name: "alias", Zh: "别名", En: "Aliases, separated by #"},
		{Name: "former_name", Zh: "曾用名", En: "Former names, separated by #"},
		{Name: "tunnel", Type: Bool, Zh: "隧道", En: "In a tunnel or covered"},
		{Name: "extra", Type: JSON, Zh: "其他属性", En: "Further columns"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "unit_grid", Zh: "单元网格", En: "Unit grid", Geom: Polygon, Key: "code", Served: true, Fields: []Field{
		{Name: "code", Zh: "单元网格标识码", En: "Code (15 characters)", Must: true},
		{Name: "area_m2", Type: Real, Zh: "面积", En: "Area, m²"},
		{Name: "community_code", Zh: "社区代码", En: "Community code"},
		{Name: "init_date", Type: Date, Zh: "初始日期", En: "Valid from"},
		{Name: "end_date", Type: Date, Zh: "终止日期", En: "Valid until"},
		{Name: "status", Zh: "状态", En: "Status: valid (有效) or void (作废)"},
		{Name: "locked", Type: Bool, Zh: "锁定", En: "Locked against rebuilding"},
		{Name: "remark", Zh: "备注", En: "Remarks"},
	}},
	{Name: "work_grid", Zh: "责任网格", En: "Work grid", Geom: Polygon, Key: "code", Served: true, Fields: []Field{
		{Name: "code", Zh: "责任网格编码", En: "Code", Must: true},
		{Name: "name", Zh: "名称", En: "Name"},
		{Name: "kind", Zh: "类别", En: "Kind: management (管理), evaluation (评价)"},
		{Name: "department_code", Zh: "责任单位代码", En: "Responsible department"},
		{Name: "department_name", Zh: "责任单位名称", En: "Responsible department's name"},
		{Name: "members", Type: JSON, Zh: "单元网格", En: "Codes of its unit grids"},
		{Name: "area_m2", Type: Real, Zh: "面积", En: "Area, m²"},
	}},
	{Name: "department", Zh: "部门", En: "Department", Key: "code", Fields: []Field{
		{Name: "code", Zh: "统一社会信用代码", En: "Unified social credit code (18 characters)", Must: true},
		{Name: "name", Zh: "部门名称", En: "Name", Must: true},
		{Name: "short_name", Zh: "简称", En: "Short name"},
		{Name: "kind", Zh: "类别", En: "Kind"},
		{Name: "classes", Zh: "负责部件类别", En: "Classes it answers for, separated by commas: prefixes of the five digits major+minor of GB/T 47678.5, 01 to 05 components and their abnormal states, 06 to 10 matters"},
		{Name: "areas", Zh: "负责区域", En: "Street or community codes it answers for, separated by commas; empty: the whole county"},
		{Name: "phone", Zh: "电话", En: "Telephone"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "component", Zh: "管理部件", En: "Component", Geom: Any, Key: "code", Served: true, Fields: []Field{
		{Name: "code", Zh: "部件标识码", En: "Code (17 or 16 digits)"}, // given at import when absent
		{Name: "name", Zh: "部件名称", En: "Name of the class or the thing"},
		{Name: "class", Zh: "类别代码", En: "Class: major 2 + minor 3 (or 2) digits", Must: true},
		{Name: "class_name", Zh: "类别名称", En: "Class name"},
		{Name: "edition", Zh: "标准版本", En: "Edition of the class table"},
		{Name: "dept_code", Zh: "主管部门代码", En: "Competent department's code"},
		{Name: "dept_name", Zh: "主管部门名称", En: "Competent department"},
		{Name: "owner_code", Zh: "权属单位代码", En: "Owner's code"},
		{Name: "owner_name", Zh: "权属单位名称", En: "Owner"},
		{Name: "keeper_code", Zh: "养护单位代码", En: "Maintainer's code"},
		{Name: "keeper_name", Zh: "养护单位名称", En: "Maintainer"},
		{Name: "grid_code", Zh: "所在单元网格", En: "Unit grid"},
		{Name: "community_code", Zh: "社区代码", En: "Community code"},
		{Name: "community_name", Zh: "社区名称", En: "Community"},
		{Name: "street_code", Zh: "街道代码", En: "Street code"},
		{Name: "street_name", Zh: "街道名称", En: "Street"},
		{Name: "state", Zh: "部件状态", En: "State: 完好 破损 丢失 废弃 移除"},
		{Name: "init_date", Type: Date, Zh: "初始日期", En: "Initial date"},
		{Name: "change_date", Type: Date, Zh: "变更日期", En: "Change date"},
		{Name: "data_source", Zh: "数据来源", En: "Data source"},
		{Name: "delivered_id", Zh: "原始编号", En: "The survey team's own id"},
		{Name: "label", Zh: "现场编号", En: "Number painted on it (lamp post, manhole)"},
		{Name: "address", Zh: "位置描述", En: "Location in words"},
		{Name: "note", Zh: "备注", En: "Remarks"},
		{Name: "extra", Type: JSON, Zh: "扩展属性", En: "Further columns of the delivery"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "door", Zh: "门牌", En: "Door plate", Geom: Point, Served: true, Fields: []Field{
		{Name: "address", Zh: "地址", En: "Full address"},
		{Name: "road", Zh: "街巷", En: "Road with section, lane and alley"},
		{Name: "number", Zh: "门牌号", En: "House number, as 12, 12-1, 12甲"},
		{Name: "building", Zh: "楼栋", En: "Building or unit"},
		{Name: "community_code", Zh: "社区代码", En: "Community code"},
		{Name: "community_name", Zh: "社区名称", En: "Community"},
		{Name: "street_name", Zh: "街道名称", En: "Street"},
		{Name: "postcode", Zh: "邮政编码", En: "Postcode"},
		{Name: "count", Type: Int, Zh: "户数", En: "Delivered rows that share this door"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "poi", Zh: "兴趣点", En: "Point of interest", Geom: Point, Served: true, Fields: []Field{
		{Name: "name", Zh: "名称", En: "Name", Must: true},
		{Name: "class", Zh: "类别", En: "Class"},
		{Name: "address", Zh: "地址", En: "Address"},
		{Name: "alias", Zh: "别名", En: "Aliases, separated by #"},
		{Name: "former_name", Zh: "曾用名", En: "Former names, separated by #"},
		{Name: "phone", Zh: "电话", En: "Telephone"},
		{Name: "extra", Type: JSON, Zh: "其他属性", En: "Further columns"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "local_name", Zh: "俗名", En: "Local name: what people here call a place, learned from corrections", Geom: Point, Key: "code", Fields: []Field{
		{Name: "code", Zh: "编号", En: "Code; of a correction its number after F, as F12", Must: true},
		{Name: "name", Zh: "俗名", En: "The words", Must: true},
		{Name: "place", Zh: "所指地点", En: "The stored place it names, as poi:p12; empty: the point itself"},
		{Name: "place_name", Zh: "所指地点名称", En: "The place's name when it was accepted"},
		{Name: "text", Zh: "原文", En: "The report it was learned from"},
		{Name: "reported_by", Zh: "更正人", En: "Who corrected"},
		{Name: "accepted_by", Zh: "审核人", En: "Who accepted it"},
		{Name: "note", Zh: "审核意见", En: "Why it was accepted"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
	{Name: "case", Zh: "案件", En: "Case", Geom: Point, Served: true, Fields: []Field{
		{Name: "number", Zh: "案件编号", En: "Case number"},
		{Name: "class", Zh: "案件类型", En: "Type"},
		{Name: "reported_at", Type: Time, Zh: "上报时间", En: "Reported at"},
		{Name: "text", Zh: "问题描述", En: "Report"},
		{Name: "address", Zh: "位置描述", En: "Location in words"},
		{Name: "grid_code", Zh: "所在单元网格", En: "Unit grid"},
		{Name: "dept_name", Zh: "处置部门", En: "Department"},
		{Name: "state", Zh: "状态", En: "State"},
		{Name: "extra", Type: JSON, Zh: "其他属性", En: "Further columns"},
		{Name: "source", Zh: "来源", En: "Delivery it came from"},
	}},
}

var layerByName, layerNames = indexLayers(Layers)

func indexLayers(layers []*Layer) (map[string]*Layer, string) {
	byName := make(map[string]*Layer, len(layers))
	names := make([]string, len(layers))
	for i, l := range layers {
		l.index = make(map[string]int, len(l.Fields))
		for j, f := range l.Fields {
			l.index[f.Name] = j
		}
		byName[l.Name] = l
		names[i] = l.Name
	}
	return byName, strings.Join(names, " ")
}
