package geocode

import (
	"strings"

	"wanmi/geocode/text"
)

// tokenKind says what a stretch of the text is.
type tokenKind uint8

const (
	tokName    tokenKind = iota // m: index of the match
	tokNumber                   // num
	tokAnd                      // 与 和 及 、 /
	tokTo                       // 至 到
	tokCross                    // 交叉口 路口 口
	tokBetween                  // 之间 间
	tokDir                      // dir: 0 north ... 7; side when it names a side of the road
	tokRel                      // rel
	tokNth                      // num: 第2个路口
	tokPart                     // 北校区 2期: a part of what was named before
	tokTurn                     // 右转 左拐: rel
	tokEnd                      // 走到头 尽头
	tokWhole                    // 全段 沿线
	tokReach                    // 快到 过了: before a name, where one comes to
	tokNoise
)

// relation of the reported thing to its anchor.
type relation uint8

const (
	relNone relation = iota
	relOpposite
	relDiagonal
	relBeside
	relFront
	relBehind
	relNear
	relInside
	relMiddle // 中段
	relBridge // 桥下
	relLeft
	relRight
)

type token struct {
	kind   tokenKind
	s, e   int32
	m      int32
	num    numberToken
	dir    int8
	side   bool // 路北: the north side of the road
	corner bool // 西北角
	gate   bool // 西门
	rel    relation
}

// grammarWord is a fixed word of the language of places.
type grammarWord struct {
	kind tokenKind
	rel  relation
}

var grammarWords = map[string]grammarWord{
	"与": {kind: tokAnd}, "和": {kind: tokAnd}, "跟": {kind: tokAnd}, "同": {kind: tokAnd}, "及": {kind: tokAnd},
	"靠近": {tokAnd, relNear}, "临近": {tokAnd, relNear}, "邻近": {tokAnd, relNear}, "紧邻": {tokAnd, relNear}, "挨着": {tokAnd, relNear},
	"紧挨": {tokAnd, relNear}, "近": {tokAnd, relNear},
	"、": {kind: tokAnd}, "/": {kind: tokAnd}, "&": {kind: tokAnd}, "+": {kind: tokAnd}, "x": {kind: tokAnd}, "×": {kind: tokAnd},
	"至": {kind: tokTo}, "到": {kind: tokTo}, "~": {kind: tokTo}, "走到": {kind: tokTo}, "开到": {kind: tokTo}, "直到": {kind: tokTo},
	"快到": {kind: tokReach}, "将到": {kind: tokReach}, "没到": {kind: tokReach}, "不到": {kind: tokReach}, "过": {kind: tokReach}, "过了": {kind: tokReach},
	"走过": {kind: tokReach}, "经过": {kind: tokReach}, "路过": {kind: tokReach}, "穿过": {kind: tokReach},
	"左转": {tokTurn, relLeft}, "左拐": {tokTurn, relLeft}, "左转弯": {tokTurn, relLeft}, "左拐弯": {tokTurn, relLeft},
	"往左转": {tokTurn, relLeft}, "向左转": {tokTurn, relLeft}, "往左拐": {tokTurn, relLeft}, "向左拐": {tokTurn, relLeft}, "往左": {tokTurn, relLeft}, "向左": {tokTurn, relLeft},
	"右转": {tokTurn, relRight}, "右拐": {tokTurn, relRight}, "右转弯": {tokTurn, relRight}, "右拐弯": {tokTurn, relRight},
	"往右转": {tokTurn, relRight}, "向右转": {tokTurn, relRight}, "往右拐": {tokTurn, relRight}, "向右拐": {tokTurn, relRight}, "往右": {tokTurn, relRight}, "向右": {tokTurn, relRight},
	"到头": {kind: tokEnd}, "走到头": {kind: tokEnd}, "尽头": {kind: tokEnd}, "走到底": {kind: tokEnd}, "到底": {kind: tokEnd}, "走到尽头": {kind: tokEnd},
	"最里头": {kind: tokEnd}, "最里面": {kind: tokEnd}, "最里边": {kind: tokEnd}, "顶头": {kind: tokEnd}, "死胡同": {kind: tokEnd}, "断头": {kind: tokEnd},
	"全段": {kind: tokWhole}, "全线": {kind: tokWhole}, "沿线": {kind: tokWhole}, "全路": {kind: tokWhole}, "全路段": {kind: tokWhole}, "整条路": {kind: tokWhole},
	"整条街": {kind: tokWhole}, "整条": {kind: tokWhole}, "整段": {kind: tokWhole}, "全程": {kind: tokWhole}, "一整条": {kind: tokWhole},
	"交叉路口": {kind: tokCross}, "交叉口": {kind: tokCross}, "十字路口": {kind: tokCross}, "丁字路口": {kind: tokCross},
	"三岔路口": {kind: tokCross}, "三岔口": {kind: tokCross}, "十字口": {kind: tokCross}, "交汇处": {kind: tokCross}, "交汇口": {kind: tokCross},
	"交会处": {kind: tokCross}, "交会口": {kind: tokCross}, "交汇": {kind: tokCross}, "交会": {kind: tokCross}, "交界处": {kind: tokCross},
	"交界口": {kind: tokCross}, "交界": {kind: tokCross}, "相交处": {kind: tokCross}, "相交": {kind: tokCross}, "交口": {kind: tokCross},
	"交接处": {kind: tokCross}, "交叉处": {kind: tokCross}, "交叉": {kind: tokCross}, "路口": {kind: tokCross}, "街口": {kind: tokCross},
	"口": {kind: tokCross}, "转角": {kind: tokCross}, "转角处": {kind: tokCross}, "拐角": {kind: tokCross}, "拐角处": {kind: tokCross}, "巷口": {kind: tokCross},
	"把角": {kind: tokCross}, "拐弯处": {kind: tokCross}, "拐弯": {kind: tokCross}, "岔路口": {kind: tokCross}, "岔口": {kind: tokCross},
	"胡同口": {kind: tokCross}, "道口": {kind: tokCross}, "汇合处": {kind: tokCross}, "交叉点": {kind: tokCross},
	"之间": {kind: tokBetween}, "中间": {kind: tokBetween}, "间": {kind: tokBetween},
	"正对面": {tokRel, relOpposite}, "对面": {tokRel, relOpposite}, "对过": {tokRel, relOpposite}, "对侧": {tokRel, relOpposite},
	"斜对面": {tokRel, relDiagonal}, "斜对过": {tokRel, relDiagonal}, "斜对角": {tokRel, relDiagonal}, "斜对门": {tokRel, relDiagonal},
	"对门": {tokRel, relOpposite}, "正对过": {tokRel, relOpposite}, "马路对面": {tokRel, relOpposite}, "路对面": {tokRel, relOpposite},
	"跟前": {tokRel, relBeside}, "近旁": {tokRel, relBeside}, "把边": {tokRel, relBeside}, "左近": {tokRel, relNear}, "近处": {tokRel, relNear},
	"中段": {tokRel, relMiddle}, "中部": {tokRel, relMiddle},
	"桥下": {tokRel, relBridge}, "桥上": {tokRel, relBridge}, "桥底": {tokRel, relBridge}, "桥底下": {tokRel, relBridge}, "桥洞": {tokRel, relBridge},
	"桥头": {tokRel, relBridge}, "铁路桥": {tokRel, relBridge}, "铁道桥": {tokRel, relBridge}, "立交桥": {tokRel, relBridge}, "涵洞": {tokRel, relBridge},
	"铁路道口": {tokRel, relBridge},
	"旁边":   {tokRel, relBeside}, "旁": {tokRel, relBeside}, "边上": {tokRel, relBeside}, "边": {tokRel, relBeside}, "隔壁": {tokRel, relBeside},
	"侧面": {tokRel, relBeside}, "左侧": {tokRel, relBeside}, "右侧": {tokRel, relBeside}, "左边": {tokRel, relBeside}, "右边": {tokRel, relBeside},
	"门前": {tokRel, relFront}, "门口": {tokRel, relFront}, "前面": {tokRel, relFront}, "前方": {tokRel, relFront}, "前": {tokRel, relFront},
	"大门口": {tokRel, relFront}, "正门": {tokRel, relFront}, "大门": {tokRel, relFront}, "楼前": {tokRel, relFront}, "楼下": {tokRel, relFront},
	"后身": {tokRel, relBehind}, "后头": {tokRel, relBehind}, "后墙": {tokRel, relBehind}, "桥": {tokRel, relBridge}, "大桥": {tokRel, relBridge},
	"后面": {tokRel, relBehind}, "后方": {tokRel, relBehind}, "背后": {tokRel, relBehind}, "后门": {tokRel, relBehind},
	"附近": {tokRel, relNear}, "周边": {tokRel, relNear}, "周围": {tokRel, relNear}, "一带": {tokRel, relNear},
	"里面": {tokRel, relInside}, "内": {tokRel, relInside}, "院内": {tokRel, relInside},
}

// longestGrammarWord is the length in runes of the longest key above.
const longestGrammarWord = 4

// grammarFirst holds the length of the longest grammar word that begins with a rune.
var grammarFirst = func() *[0x10000]uint8 {
	t := new([0x10000]uint8)
	for w := range grammarWords {
		r := []rune(w)
		t[r[0]] = max(t[r[0]], uint8(len(r)))
	}
	return t
}()

func grammarAt(r []rune, i int) (grammarWord, int, bool) {
	if r[i] >= 0x10000 || grammarFirst[r[i]] == 0 {
		return grammarWord{}, 0, false
	}
	if r[i] < 0x80 && r[i] != '/' && r[i] != '&' && r[i] != '+' && r[i] != '~' && r[i] != 'x' {
		return grammarWord{}, 0, false
	}
	if r[i] == 'x' && (i > 0 && text.Alnum(r[i-1]) || i+1 < len(r) && text.Alnum(r[i+1])) {
		return grammarWord{}, 0, false
	}
	var buf [longestGrammarWord * 4]byte
	b := buf[:0]
	var ends [longestGrammarWord]int
	n := 0
	for ; n < int(grammarFirst[r[i]]) && i+n < len(r); n++ {
		b = appendRune(b, r[i+n])
		ends[n] = len(b)
	}
	for ; n > 0; n-- {
		if w, ok := grammarWords[string(b[:ends[n-1]])]; ok {
			if w.kind == tokRel && w.rel == relBridge {
				for i+n < len(r) && (r[i+n] == '桥' || r[i+n] == '下' || r[i+n] == '上' || r[i+n] == '底' || r[i+n] == '洞') { // 铁路桥下
					n++
				}
			}
			if n > 1 && i+n < len(r) && r[i+n] == '儿' && (i+n+1 >= len(r) || r[i+n+1] != '童') { // 路口儿 对过儿
				n++
			}
			return w, n, true
		}
	}
	return grammarWord{}, 0, false
}

func appendRune(b []byte, r rune) []byte { return append(b, string(r)...) }

// directionAt reads 东, 东南, 正北 at i.
func directionAt(r []rune, i int) (dir int8, end int) {
	if i < len(r) && r[i] == '正' {
		i++
	}
	one := func(k int) int8 {
		if k < len(r) {
			switch r[k] {
			case '北':
				return 0
			case '东':
				return 2
			case '南':
				return 4
			case '西':
				return 6
			}
		}
		return -1
	}
	a := one(i)
	if a < 0 {
		return -1, i
	}
	b := one(i + 1)
	switch {
	case a == 2 && b == 0 || a == 0 && b == 2:
		return 1, i + 2
	case a == 2 && b == 4 || a == 4 && b == 2:
		return 3, i + 2
	case a == 6 && b == 4 || a == 4 && b == 6:
		return 5, i + 2
	case a == 6 && b == 0 || a == 0 && b == 6:
		return 7, i + 2
	}
	return a, i + 1
}

// directionToken reads a direction with what makes it one: a word before (往 向 以 距), one behind (侧 面 角), a distance,
// or the end of the phrase. A bare 西 inside a name nobody knows is none.
func directionToken(r []rune, i int, afterName bool) (t token, ok bool) {
	at, led := i, false
	switch r[i] {
	case '往', '向', '朝', '以':
		at, led = i+1, true
	case '路', '街', '道':
		t.side = true
		at = i + 1
	}
	dir, end := directionAt(r, at)
	if dir < 0 {
		return t, false
	}
	suffix := false
	if end < len(r) {
		switch r[end] {
		case '侧', '边', '面', '首', '头', '端', '向', '段', '口', '邻', '墙':
			suffix = true
			end++
		case '角':
			suffix, t.corner = true, true
			end++
		case '方':
			suffix = true
			end++
			if end < len(r) && r[end] == '向' {
				end++
			}
		case '门':
			t.gate = afterName && !t.side && !led
			if !led && !t.gate {
				return t, false
			}
			suffix = true
			end++
		case '校':
			if !led && end+1 < len(r) && r[end+1] == '区' {
				return t, false
			}
		case '路', '街', '大', '站', '区', '里', '道':
			if r[end] == '大' && end+1 < len(r) && (r[end+1] == '约' || r[end+1] == '概') {
				break
			}
			thing := t.side && end+1 < len(r) && strings.ContainsRune("灯牌面名沿障缘", r[end+1]) // 路西路灯
			if !led && !thing {
				return t, false
			}
			suffix = true
		}
	}
	k := end
	for k < len(r) && (r[k] == '约' || r[k] == '大' || r[k] == '概' || r[k] == '近' || r[k] == '行' || r[k] == ',' || r[k] == '走') {
		k++
	}
	metres := k < len(r) && text.Digit(r[k])
	closed := end >= len(r) || !text.Han(r[end])
	if !(led || suffix || metres || t.side || closed && afterName) {
		return t, false
	}
	if metres {
		end = k
	}
	t.kind, t.dir, t.s, t.e = tokDir, dir, int32(i), int32(end)
	return t, true
}

// tokenize cuts the text into tokens along the picked matches.
func (sc *scratch) tokenize() {
	r := sc.f.Runes
	sc.toks = sc.toks[:0]
	afterName := false
	for i := 0; i < len(r); {
		if sc.pick[i] < 0 && !beginsToken(r[i]) {
			j := i + 1
			for j < len(r) && sc.pick[j] < 0 && !beginsToken(r[j]) {
				j++
			}
			sc.addNoise(i, j)
			i, afterName = j, false
			continue
		}
		t := sc.tokenAt(r, i, afterName)
		afterName = t.kind == tokName || t.kind == tokCross || t.kind == tokRel || t.kind == tokNumber
		if t.kind == tokNoise {
			sc.addNoise(i, int(t.e))
		} else {
			sc.toks = append(sc.toks, t)
		}
		i = int(t.e)
	}
}

// addNoise adds the runes from i to j to what is not understood.
func (sc *scratch) addNoise(i, j int) {
	if n := len(sc.toks); n > 0 && sc.toks[n-1].kind == tokNoise {
		sc.toks[n-1].e = int32(j)
		return
	}
	sc.toks = append(sc.toks, token{kind: tokNoise, s: int32(i), e: int32(j)})
}

// tokenFirst are the runes at which tokenAt may find something beside a name, a number and a grammar word.
const tokenFirst = "往向朝以路街道正北东南西" + // directionToken
	"第过下" + "新老本分总"

// tokenBits has a bit for each rune at which tokenAt may find anything: at most of a text's it does not.
var tokenBits = func() *[0x10000 / 64]uint64 {
	t := new([0x10000 / 64]uint64)
	for r := range rune(0x10000) {
		if text.Digit(r) || letterIndex(r) > 0 || grammarFirst[r] > 0 || strings.ContainsRune(tokenFirst, r) {
			t[r>>6] |= 1 << (r & 63)
		}
	}
	return t
}()

func beginsToken(r rune) bool { return r < 0x10000 && tokenBits[r>>6]&(1<<(r&63)) != 0 }

func (sc *scratch) tokenAt(r []rune, i int, afterName bool) token {
	if m := sc.pick[i]; m >= 0 {
		return token{kind: tokName, s: int32(i), e: sc.all[m].e, m: m}
	}
	if t, ok := directionToken(r, i, afterName); ok {
		return t
	}
	if text.Digit(r[i]) || letterIndex(r[i]) > 0 && r[i] > 0x80 {
		if i == 0 || !text.Alnum(r[i-1]) {
			if n, ok := readNumber(r, i); ok && !sc.picked(i, n.end) {
				return token{kind: tokNumber, s: int32(i), e: int32(n.end), num: n}
			}
		}
	}
	switch r[i] {
	case '第', '过', '下':
		if n, end, ok := nthAt(r, i); ok && !sc.placePicked(i, end) {
			return token{kind: tokNth, s: int32(i), e: int32(end), num: numberToken{num: makeNumber(uint64(n), 0, 0)}}
		}
	case '东', '南', '西', '北', '新', '老', '本', '分', '总':
		if afterName && i+2 < len(r) && r[i+1] == '校' && r[i+2] == '区' {
			return token{kind: tokPart, s: int32(i), e: int32(i + 3)}
		}
	}
	if w, n, ok := grammarAt(r, i); ok && (w.kind != tokReach || i+n < len(r) && sc.pick[i+n] >= 0) {
		if sc.picked(i, i+n) { // 建国路跟前进路: the word ends where the name begins
			w, n, ok = grammarAt(r[:sc.nextPick(i, i+n)], i)
		}
		if ok {
			return token{kind: w.kind, s: int32(i), e: int32(i + n), rel: w.rel}
		}
	}
	return token{kind: tokNoise, s: int32(i), e: int32(i + 1)}
}

// placePicked reports whether a taken name of a place, not of a class of things, begins inside i+1..j.
func (sc *scratch) placePicked(i, j int) bool {
	for k := i + 1; k < j; k++ {
		if m := sc.pick[k]; m >= 0 && sc.all[m].entries[0].kind != entryClass {
			return true
		}
	}
	return false
}

// nextPick is where the first taken name inside i+1..j begins.
func (sc *scratch) nextPick(i, j int) int {
	for k := i + 1; k < j; k++ {
		if sc.pick[k] >= 0 {
			return k
		}
	}
	return j
}

// picked reports whether a taken name begins inside i+1..j.
func (sc *scratch) picked(i, j int) bool {
	for k := i + 1; k < j && k < len(sc.f.Runes); k++ {
		if sc.pick[k] >= 0 {
			return true
		}
	}
	return false
}
