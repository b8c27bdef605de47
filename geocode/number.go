package geocode

import (
	"strconv"

	"wanmi/geocode/text"
)

// number is a house number in an order that sorts as doors stand: main number, sub number, letter.
// 0 is no number. 12-3, 12之3, 12号附3 and 12附3 are one; 甲12 and 12甲 are one.
type number uint64

func makeNumber(main, sub uint64, letter rune) number {
	return number(min(main, 1<<24-1)<<24 | min(sub, 1<<16-1)<<8 | uint64(letterIndex(letter)))
}

func (n number) main() int { return int(n >> 24) }
func (n number) sub() int  { return int(n>>8) & 0xFFFF }

// String writes the number the short way: 12, 12-3, 12甲.
func (n number) String() string {
	s := strconv.Itoa(n.main())
	if n.sub() > 0 {
		s += "-" + strconv.Itoa(n.sub())
	}
	if l := int(n & 0xFF); l > 0 && l <= len(letters) {
		s += string(letters[l-1])
	}
	return s
}

var letters = []rune("甲乙丙丁戊己庚辛abcdefgh")

func letterIndex(r rune) int {
	if r > 'h' && r < '丁' || r > '辛' { // asked of every character of a text
		return 0
	}
	for i, l := range letters {
		if l == r {
			return i + 1
		}
	}
	return 0
}

// unit is the word after a number.
type unit uint8

const (
	unitNone unit = iota
	unitDoor      // 号
	unitSection
	unitLane
	unitAlley
	unitSubAlley
	unitBuilding // 幢 栋 座 号楼
	unitSkip     // floor, room, neighbourhood, entrance: read and set aside
	unitMetre
	unitKilometre
	unitOther // a count or date that is no place
)

// numberToken is a number with its unit as it stands in a text.
type numberToken struct {
	num  number
	unit unit
	end  int
	list bool // further numbers followed, as 142.144号 or 12、14号
}

// readDigits reads up to 9 digits at i.
func readDigits(r []rune, i int) (v uint64, end int) {
	for end = i; end < len(r) && text.Digit(r[end]) && end-i < 9; end++ {
		v = v*10 + uint64(r[end]-'0')
	}
	return v, end
}

// readNumber reads a number with its unit at i; ok is false when none stands there.
func readNumber(r []rune, i int) (t numberToken, ok bool) {
	var letter rune
	at := i
	if li := at; li+1 < len(r) && letterIndex(r[li]) > 0 && r[li] > 0x80 && text.Digit(r[li+1]) {
		letter, at = r[li], li+1
	}
	main, j := readDigits(r, at)
	if j == at || j < len(r) && text.Digit(r[j]) {
		return t, false
	}
	sub, j := readSub(r, j)
	if j < len(r) && letter == 0 && letterIndex(r[j]) > 0 && (r[j] > 0x80 || j+1 >= len(r) || !text.Alnum(r[j+1])) {
		letter = r[j]
		j++
	}
	u, end := readUnit(r, j)
	if u == unitNone || u == unitSkip || u == unitOther {
		if k, more := skipList(r, j); more {
			if u2, end2 := readUnit(r, k); u2 == unitDoor || u2 == unitNone && u == unitNone {
				u, end, t.list = u2, end2, u2 == unitDoor
				if u2 == unitNone {
					end = j
				}
			}
		}
	}
	if u == unitDoor {
		if sub == 0 {
			sub, end = readSubAfter(r, end)
		}
		if end < len(r) && letter == 0 && letterIndex(r[end]) > 0 && r[end] > 0x80 {
			letter = r[end]
			end++
		}
	}
	t.num, t.unit, t.end = makeNumber(main, sub, letter), u, end
	return t, true
}

// readSub reads -3 or 附3 behind a number; a longer chain as 12-3-4 keeps its first.
func readSub(r []rune, j int) (uint64, int) {
	if j+1 < len(r) && (r[j] == '-' || r[j] == '附') && text.Digit(r[j+1]) {
		v, end := readDigits(r, j+1)
		for end+1 < len(r) && r[end] == '-' && text.Digit(r[end+1]) {
			_, end = readDigits(r, end+1)
		}
		return v, end
	}
	return 0, j
}

// readSubAfter reads -3, 附3, 附3号 behind 号.
func readSubAfter(r []rune, j int) (uint64, int) {
	if j+1 < len(r) && (r[j] == '-' || r[j] == '附') && text.Digit(r[j+1]) {
		v, end := readDigits(r, j+1)
		if r[j] == '-' && end < len(r) && (r[end] == '楼' || r[end] == '层' || r[end] == 'f') {
			return 0, j
		}
		if end < len(r) && r[end] == '号' {
			end++
		}
		return v, end
	}
	return 0, j
}

// mostListed bounds the further numbers of a list, which each of its numbers looks for.
const mostListed = 20

// skipList steps over further numbers of a list: 142.144 and 1、3、5 give where the last one ends.
func skipList(r []rune, j int) (int, bool) {
	more := false
	for n := 0; n < mostListed && j+1 < len(r) && (r[j] == '.' || r[j] == '、' || r[j] == ',' || r[j] == '~' || r[j] == '至' || r[j] == '/') && text.Digit(r[j+1]); n++ {
		_, end := readDigits(r, j+1)
		_, end = readSub(r, end)
		if end < len(r) && text.Digit(r[end]) {
			return j, false
		}
		j, more = end, true
	}
	return j, more
}

// readUnit reads the word behind a number.
func readUnit(r []rune, j int) (unit, int) {
	if j >= len(r) {
		return unitNone, j
	}
	next := func(k int) rune {
		if j+k < len(r) {
			return r[j+k]
		}
		return 0
	}
	switch r[j] {
	case ' ': // 150 m
		if next(1) == 'm' && !text.Alnum(next(2)) || next(1) == 'k' && next(2) == 'm' {
			return readUnit(r, j+1)
		}
	case '号', '#':
		if next(1) == '井' && next(2) == '盖' { // 12号井盖: the cover at number 12
			return unitDoor, j + 1
		}
		switch next(1) {
		case '楼', '栋', '幢':
			return unitBuilding, j + 2
		case '线', '杆', '灯', '井', '桩', '门', '出', '柱':
			if next(1) == '门' && (next(2) == '前' || next(2) == '口') {
				return unitDoor, j + 1
			}
			return unitOther, j + 1
		case '院':
			return unitDoor, j + 2
		}
		return unitDoor, j + 1
	case '段':
		return unitSection, j + 1
	case '巷':
		return unitLane, j + 1
	case '弄':
		return unitAlley, j + 1
	case '衖':
		return unitSubAlley, j + 1
	case '幢', '栋', '座':
		return unitBuilding, j + 1
	case '单':
		if next(1) == '元' {
			return unitSkip, j + 2
		}
	case '楼', '层', '室', '邻', '组', '户', '梯':
		return unitSkip, j + 1
	case 'f':
		if !text.Alnum(next(1)) {
			return unitSkip, j + 1
		}
	case '来', '多', '余', '几':
		if next(1) == '米' {
			return unitMetre, j + 2
		}
	case '米':
		return unitMetre, j + 1
	case 'm':
		if !text.Alnum(next(1)) {
			return unitMetre, j + 1
		}
	case '公':
		switch next(1) {
		case '尺':
			return unitMetre, j + 2
		case '里':
			return unitKilometre, j + 2
		}
	case 'k':
		if next(1) == 'm' {
			return unitKilometre, j + 2
		}
	case '千':
		if next(1) == '米' {
			return unitKilometre, j + 2
		}
	case '点', '月', '日', '年', '元', '个', '盏', '人', '次', '天', '时', '分', '秒', '路', '期', '度', '%', '.', '斤', '吨', '条', '根', '块', '颗', '棵', '株', '辆', '处', '小':
		return unitOther, j
	}
	return unitNone, j
}

// parseNumber reads a stored house number: 12, 12-1, 12甲, 12號, 12號二樓, 3幢. 0 when there is none.
func parseNumber(folded []rune) number {
	for i := range folded {
		if text.Digit(folded[i]) {
			if i > 0 && letterIndex(folded[i-1]) > 0 && folded[i-1] > 0x80 {
				i--
			}
			t, ok := readNumber(folded, i)
			if !ok {
				return 0
			}
			return t.num
		}
	}
	return 0
}
