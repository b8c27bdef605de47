package geocode

import (
	"slices"
	"strings"

	"wanmi/geocode/text"
)

// unknownRoad finds words that stand where a road's name does and end like one, but are on file nowhere: 火星路 in
// 宏河街与火星路路口. It is asked only when the text was placed poorly; e is 0 when there are none.
func (sc *scratch) unknownRoad() (s, e int32) {
	r := sc.f.Runes
	for i := range sc.toks {
		t := &sc.toks[i]
		if t.kind != tokNoise {
			continue
		}
		end := t.e
		next, prev := tokNoise, tokNoise
		if i+1 < len(sc.toks) {
			n := &sc.toks[i+1]
			next = n.kind
			if n.kind == tokNumber && n.num.unit != unitDoor {
				next = tokNoise
			}
			if n.kind == tokName && i+2 < len(sc.toks) && sc.toks[i+2].kind == tokCross && isRoad(&sc.all[n.m]) {
				next = tokAnd // 火星路匡衡路口
			}
			if n.kind == tokCross && strings.ContainsRune("路街巷", r[n.s]) && !strings.ContainsRune("路街巷道", r[end-1]) {
				end++ // 火星路口: 路 is the road's
			}
		}
		if i > 0 {
			prev = sc.toks[i-1].kind
		}
		beside := next == tokAnd || next == tokCross || next == tokTo || next == tokNumber || prev == tokAnd || prev == tokTo
		if !beside || !strings.ContainsRune("路街道巷", r[end-1]) && !(end-t.s > 2 && r[end-2] == '胡' && r[end-1] == '同') {
			continue
		}
		if s := roadStem(r, t.s, end); s >= 0 {
			return s, end
		}
	}
	return 0, 0
}

func isRoad(m *match) bool {
	return slices.ContainsFunc(m.entries, func(e entry) bool { return e.kind == entryRoad })
}

// roadStem returns where the name of a road that ends at e begins: behind what introduces it, at most six characters before
// its last. -1 when what is left is a common noun as 马路, not a name.
func roadStem(r []rune, s, e int32) int32 {
	from := max(s, e-7)
	for i := e - 2; i >= from; i-- {
		if !text.Han(r[i]) || strings.ContainsRune("在于从到向往距离是我想反映报位你您好请问有的和与及这那个条来说市区县", r[i]) {
			from = i + 1
			break
		}
	}
	if from == e-1 { // 不存在路: the word before 路 belongs to the name
		for from > s && e-1-from < 4 && text.Han(r[from-1]) {
			from--
		}
		if e-1-from < 2 {
			return -1
		}
	}
	switch n := string(r[from : e-1]); {
	case strings.HasSuffix(n, "人行"), strings.HasSuffix(n, "动车"), strings.HasSuffix(n, "水泥"), strings.HasSuffix(n, "柏油"),
		strings.HasSuffix(n, "地下通"), strings.HasSuffix(n, "下水"):
		return -1
	case len([]rune(n)) == 1 && strings.ContainsRune("马道公铁大小土主辅支车盲村街通管一半走岔便渠巷赛轨隧索胡拐前后", []rune(n)[0]):
		return -1
	}
	return from
}

// blameUnknownRoad lets what was found of a text pay for a road named in it that is not on file: a road by itself is then not what was
// meant.
func (g *Geocoder) blameUnknownRoad(sc *scratch) {
	sc.unknownS, sc.unknownE = 0, 0
	if g.bestScore(sc) >= .8 {
		return
	}
	sc.unknownS, sc.unknownE = sc.unknownRoad()
	if sc.unknownE == 0 {
		return
	}
	for k := range sc.cands {
		if c := &sc.cands[k]; c.level >= levelLane || c.level == levelBetween {
			c.fault(faultRoadUnknown, .1)
			c.rate()
		}
	}
}

// unknownName is the road not on file as it was written, empty when there is none.
func (sc *scratch) unknownName() string {
	if sc.unknownE == 0 {
		return ""
	}
	return strings.TrimSpace(sc.f.Original(int(sc.unknownS), int(sc.unknownE)))
}
