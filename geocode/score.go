package geocode

// level is what kind of place a candidate is, best known first.
type level uint8

const (
	levelComponent level = iota
	levelGrid
	levelCoordinate
	levelDoor
	levelPOI
	levelIntersection
	levelMouth // where a lane leaves its road
	levelOffset
	levelInterpolated
	levelBetween
	levelLane
	levelRoad
	levelCommunity
	levelStreet
)

// levels gives each level its name, the layer it is served as and the score it starts from.
var levels = [...]struct {
	name, layer string
	base        float64
}{
	levelComponent:    {"component", LayerComponent, 1},
	levelGrid:         {"grid", LayerGrid, .99},
	levelCoordinate:   {"coordinate", LayerCoordinate, .99},
	levelDoor:         {"door", LayerAddress, .98},
	levelPOI:          {"poi", LayerVenue, .95},
	levelIntersection: {"intersection", LayerIntersection, .95},
	levelMouth:        {"lane_mouth", LayerIntersection, .92},
	levelOffset:       {"offset", LayerIntersection, .90},
	levelInterpolated: {"interpolated", LayerAddress, .85},
	levelBetween:      {"between", LayerStreet, .82},
	levelLane:         {"lane", LayerStreet, .75},
	levelRoad:         {"road", LayerStreet, .62},
	levelCommunity:    {"community", LayerNeighbourhood, .45},
	levelStreet:       {"street", LayerLocaladmin, .3},
}

// faultCode says what had to be forgiven.
type faultCode uint8

const (
	faultNone faultCode = iota
	faultSpelling
	faultAlias
	faultFormer
	faultShort
	faultSectionMissing
	faultSectionWrong
	faultSubNumber
	faultInterpolated
	faultNearestNumber
	faultNumberUnknown
	faultLaneUnknown
	faultNoCrossing
	faultOffsetVague
	faultStreet
	faultCommunity
	faultAmbiguous
	faultRoadApart
	faultPinyin
	faultNumberUnused
	faultLabel
	faultFormerCode
	faultOffsetUnused
	faultOffsetStart
	faultRoadUnknown
	faultPart
	faultNoBridge
	faultBound
	faultOnlyNear
	faultDatum
	faultCrossingUnsaid
	faultCoarse
	faultOutside
	faultKind
)

var faultTexts = [...]struct{ code, en, zh string }{
	faultNone:           {},
	faultSpelling:       {"name.spelling", "a character of the name differs", "名称有错字"},
	faultAlias:          {"name.alias", "an alias was used", "使用了别名"},
	faultFormer:         {"name.former", "a former name was used", "使用了曾用名"},
	faultShort:          {"name.short", "a short form of the name was used", "使用了简称"},
	faultSectionMissing: {"section.missing", "the section of the road is not said", "未写路段（几段）"},
	faultSectionWrong:   {"section.unknown", "the road has no such section", "该路没有这一段"},
	faultSubNumber:      {"number.sub", "the sub number is not on file, the main number is", "附号无记录，取主号"},
	faultInterpolated:   {"number.interpolated", "the number is not on file; placed between its neighbours", "门牌无记录，按相邻门牌内插"},
	faultNearestNumber:  {"number.nearest", "the number is not on file; the nearest one was taken", "门牌无记录，取最近门牌"},
	faultNumberUnknown:  {"number.unknown", "no numbers are on file for this road", "该路没有门牌资料"},
	faultLaneUnknown:    {"lane.unknown", "the lane is not on file; placed where it should leave its road", "巷弄无记录，按巷口位置推算"},
	faultNoCrossing:     {"crossing.unknown", "the roads do not meet on the map; placed where they come nearest, or on one of them", "两路在图上不相交，取最近处或其中一路"},
	faultOffsetVague:    {"offset.vague", "a distance without a direction", "有距离无方向"},
	faultStreet:         {"street.contradiction", "the place is not in the street named", "不在所述街道"},
	faultCommunity:      {"community.contradiction", "the place is not in the community named", "不在所述社区"},
	faultAmbiguous:      {"name.ambiguous", "several places bear this name", "有多处同名"},
	faultRoadApart:      {"road.apart", "the place is not on the road named", "不在所述道路旁"},
	faultPinyin:         {"name.pinyin", "found by pinyin", "按拼音匹配"},
	faultNumberUnused:   {"number.unused", "the number could not be used", "门牌号未能使用"},
	faultLabel:          {"label.unnamed", "a bare number was taken for a painted one", "按现场编号匹配"},
	faultFormerCode:     {"code.former", "a former code was used; the component has another now", "使用了曾用编码，部件已换新码"},
	faultOffsetUnused:   {"offset.unused", "the offset could not be followed on the map", "方位无法在图上推算"},
	faultOffsetStart:    {"offset.start", "it is not said where to count from; counted from the end of the road", "未说明从何处起算，从路的尽头数起"},
	faultRoadUnknown:    {"road.unknown", "a road named in the text is not on file", "所述道路有一条无记录"},
	faultPart:           {"name.part", "the part named (campus, phase) is not on file", "所述校区或分期无记录"},
	faultBound:          {"stretch.bound", "a road that should bound the stretch does not cross it on the map; bounded where it comes nearest, or by the road's end", "作为起止的道路在图上不与该路相交，取最近处或路的尽头"},
	faultOnlyNear:       {"place.near", "the text only says that it is near this place", "文中只说靠近此处"},
	faultCrossingUnsaid: {"crossing.unsaid", "two roads are named that cross; the text does not say that the crossing is meant", "文中有两路相交，未说明是否指路口"},
	faultDatum:          {"coordinate.datum", "the text names an old datum, whose parameters are not known; taken as CGCS2000, which is off by some 100 m", "所述为旧坐标系，无转换参数，按CGCS2000处理，约差百米"},
	faultCoarse:         {"coordinate.coarse", "the coordinates are written with too few digits to find a thing by", "坐标小数位数太少"},
	faultOutside:        {"coordinate.outside", "the coordinates lie outside the city", "坐标不在本市范围内"},
	faultKind:           {"name.kind", "the text names a kind of place or a part of names, which several have", "文中只说了一类地点或名称的一部分，有多处符合"},
	faultNoBridge:       {"bridge.unknown", "no bridge is on file on this road", "该路没有桥涵资料"},
}

type fault struct {
	code faultCode
	cost float64
}

// cand is a candidate before it is made into a Place.
type cand struct {
	level  level
	match  string
	at     pt
	unc    float64
	score  float64
	faults [6]fault
	nf     int8
	p, q   int32 // phrases it comes from, -1 none
	door   int32
	slot   int32 // of the door in Geocoder.plates, -1 when it is not known
	road   int32
	road2  int32
	on     int32 // the road a stretch lies on, -1 none
	poi    int32
	area   int32
	comp   *compRec
	grid   int32
	num    number
	upTo   number // the other end of 145号至149号
	end    int8   // the end of the road it is, where the text does not say which; -1 none
	moved  bool   // an offset was applied
	bridge bool   // where the road meets a railway or a water
	dist   float64
}

// maxCands bounds the candidates weighed for one text.
const maxCands = 400

func newCand(l level, at pt, unc float64) cand {
	return cand{level: l, at: at, unc: unc, match: MatchExact, p: -1, q: -1, door: -1, slot: -1, road: -1, road2: -1, on: -1, poi: -1, area: -1, grid: -1, end: -1}
}

// has reports whether that was forgiven.
func (c *cand) has(code faultCode) bool {
	for _, f := range c.faults[:c.nf] {
		if f.code == code {
			return true
		}
	}
	return false
}

// fault notes what had to be forgiven; a second fault of one kind counts once, at the higher cost.
func (c *cand) fault(code faultCode, cost float64) {
	if code == faultNone {
		return
	}
	for i := range c.faults[:c.nf] {
		if c.faults[i].code == code {
			c.faults[i].cost = max(c.faults[i].cost, cost)
			return
		}
	}
	if int(c.nf) < len(c.faults) {
		c.faults[c.nf] = fault{code, cost}
		c.nf++
	}
}

// rate sets the score from level and faults.
func (c *cand) rate() {
	s := levels[c.level].base
	for _, f := range c.faults[:c.nf] {
		s -= f.cost
	}
	c.score = max(.01, s)
}
