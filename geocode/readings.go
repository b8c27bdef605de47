package geocode

import (
	"slices"
	"strconv"
	"strings"
)

// equalScores is how far two scores may lie apart and count as equal, and apartM how far two places lie apart that are not the
// same to who asks.
const (
	equalScores = .005
	apartM      = 100
)

// askBelow is the score below which an answer asks for what is missing, whatever it found.
const askBelow = .7

// equals reports whether two candidates are readings of the same words that nothing decides between.
func (c *cand) equals(o *cand) bool {
	return c.p == o.p && c.q == o.q && c.level == o.level && c.score >= o.score-equalScores && c.score <= o.score+equalScores
}

// shareScore divides the score of the best candidate among those equal to it that lie elsewhere: of two equally good readings
// each is right half the time. The others keep below them. cands are sorted, best first.
func shareScore(cands []cand) {
	if len(cands) < 2 {
		return
	}
	best := cands[0]
	if best.p < 0 {
		return
	}
	at := []pt{best.at}
	equal := 1 // the first so many, the equal ones moved to the front
	for k := 1; k < len(cands) && cands[k].score >= best.score-equalScores; k++ {
		if !cands[k].equals(&best) {
			continue
		}
		if !slices.ContainsFunc(at, func(p pt) bool { return p.near(cands[k].at, apartM) }) {
			at = append(at, cands[k].at)
		}
		c := cands[k]
		copy(cands[equal+1:k+1], cands[equal:k])
		cands[equal] = c
		equal++
	}
	if len(at) == 1 {
		return
	}
	share := best.score / float64(len(at))
	for k := range cands {
		to := share
		if k >= equal {
			to = min(cands[k].score, share-2*equalScores)
		}
		cands[k].lower(faultAmbiguous, to)
	}
}

// lower brings the score down to a value by a fault.
func (c *cand) lower(code faultCode, to float64) {
	by := c.score - max(.01, to)
	if by <= 0 {
		return
	}
	for _, f := range c.faults[:c.nf] {
		if f.code == code {
			by += f.cost
		}
	}
	c.fault(code, by)
	c.rate()
}

// partsM is how far apart the pieces of a road must lie to be two roads of one name.
const partsM = 500

// partsOf returns the pieces of a road in groups that lie far apart: two towns have a 人民路 each. One group for nearly all.
func partsOf(ls lines) []lines {
	if len(ls) < 2 {
		return nil
	}
	group := make([]int, len(ls))
	boxes := make([]box, len(ls))
	for i, l := range ls {
		group[i] = i
		boxes[i] = boxOf(l).pad(partsM / 2)
	}
	for i := range ls {
		for j := range i {
			if group[i] != group[j] && boxes[i].meets(boxes[j]) {
				from, to := group[i], group[j]
				for k := range i + 1 {
					if group[k] == from {
						group[k] = to
					}
				}
			}
		}
	}
	var out []lines
	at := map[int]int{}
	for i, l := range ls {
		k, ok := at[group[i]]
		if !ok {
			k = len(out)
			at[group[i]] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], l)
	}
	return out
}

func boxOf(l line) box {
	b := box{l[0].x, l[0].y, l[0].x, l[0].y}
	for _, p := range l {
		b = box{min(b.minX, p.x), min(b.minY, p.y), max(b.maxX, p.x), max(b.maxY, p.y)}
	}
	return b
}

func (b box) meets(o box) bool {
	return b.minX <= o.maxX && o.minX <= b.maxX && b.minY <= o.maxY && o.minY <= b.maxY
}

// ask says in Chinese what would place the text better; empty when it is placed well.
func (g *Geocoder) ask(sc *scratch, a *Answer, second *cand) string {
	if strings.TrimSpace(sc.f.Source()) == "" {
		return "请输入地址、路口、地点名称或编号"
	}
	unknown := sc.unknownName()
	if len(a.Places) == 0 {
		if unknown != "" {
			return "图上没有“" + unknown + "”，请核对路名，或补充相交道路、附近的建筑物名称"
		}
		if code := sc.unknownCode(); code != "" {
			return "没有编号为“" + code + "”的部件或单元网格，请核对编号，或说明道路、门牌号、相交道路"
		}
		return "未能识别地点，请补充道路名称和门牌号、相交道路或附近的建筑物名称"
	}
	best := a.Places[0]
	if sc.cands[0].has(faultOutside) {
		return "坐标不在本市范围内，请核对经纬度是否颠倒、坐标系是否不同，或改用地址说明"
	}
	if sc.cands[0].has(faultCoarse) {
		return "坐标的小数位数太少，误差约" + strconv.Itoa(int(best.UncertaintyM)) + "米，请补充小数位或地址"
	}
	if sc.cands[0].has(faultKind) {
		return "“" + sc.kind + "”有" + strconv.Itoa(sc.kinds) + "处符合，请说明全名，或所在的道路、社区"
	}
	if unknown != "" && best.Score < .6 {
		return "图上没有“" + unknown + "”，只识别到“" + best.Name + "”，请核对路名，或补充门牌号、相交道路"
	}
	if c := &sc.cands[0]; c.has(faultOffsetStart) || c.has(faultOffsetUnused) && best.Road != "" {
		return "请说明从“" + best.Road + "”的哪个路口或门牌起算"
	}
	if second != nil && second.score >= sc.cands[0].score-equalScores && !sc.cands[0].at.near(second.at, apartM) {
		if ask := whichOfMany(a.Places); ask != "" {
			return ask
		}
		return whichOf(&best, &a.Places[1], sc.cands[0].p == second.p && sc.cands[0].q == second.q)
	}
	if c := &sc.cands[0]; best.Level == "road" && c.p >= 0 && sc.phrases[c.p].whole {
		return "" // the whole road is what is meant
	}
	if ask := missing(&best); ask != "" || best.Score >= askBelow {
		return ask
	}
	return "“" + best.Label + "”把握不大，请补充门牌号、相交道路或附近的建筑物名称"
}

// whichOfMany asks which of three or more equally good places of different names is meant; "" when they are fewer or bear one name.
func whichOfMany(places []Place) string {
	n, names := 0, ""
	for n < len(places) && places[n].Score >= places[0].Score-equalScores {
		if n > 0 && places[n].Name == places[0].Name {
			return ""
		}
		if n < 3 {
			names += "“" + places[n].Label + "”"
		}
		n++
	}
	if n < 3 {
		return ""
	}
	if n > 3 {
		names += "等"
	}
	return "有" + strconv.Itoa(n) + "处符合：" + names + "，请说明是哪一处"
}

// whichOf asks which of two places is meant; same says that they are readings of the same words.
func whichOf(p, o *Place, same bool) string {
	if o.Name != p.Name {
		if p.Level == "road" && o.Level == "road" && !same {
			return "“" + p.Road + "”与“" + o.Road + "”在图上不相交，请补充门牌号或相交道路"
		}
		return "有两处符合：“" + p.Label + "”和“" + o.Label + "”，请说明是哪一处"
	}
	where := "街道或社区"
	if p.Street != "" && o.Street != "" && p.Street != o.Street {
		where = "街道（" + p.Street + "或" + o.Street + "）"
	} else if p.Community != o.Community && p.Community != "" && o.Community != "" {
		where = "社区（" + p.Community + "或" + o.Community + "）"
	}
	return "有多处符合“" + p.Name + "”，请说明所在" + where
}

// missing asks for what would place a vague answer better; "" when it is not vague.
func missing(p *Place) string {
	for _, f := range p.Faults {
		if f.Code == faultTexts[faultLaneUnknown].code && p.Level == "lane" && p.Road != "" {
			return "“" + p.Road + "”没有这条巷弄的记录，请核对巷弄号，或补充相交道路、附近的建筑物名称"
		}
		if (f.Code == faultTexts[faultNearestNumber].code || f.Code == faultTexts[faultNumberUnknown].code) && p.Score < askBelow && p.Road != "" {
			return "“" + p.Road + "”没有这个门牌号的记录，请核对门牌号，或补充相交道路、附近的建筑物名称"
		}
	}
	switch p.Level {
	case "road":
		return "只识别到道路“" + p.Road + "”，请补充门牌号或相交道路"
	case "lane":
		return "只识别到“" + p.Road + "”，请补充门牌号"
	case "community", "street":
		return "只识别到“" + p.Name + "”，请补充道路、门牌号或附近的建筑物名称"
	}
	return ""
}
