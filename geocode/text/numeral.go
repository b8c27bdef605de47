package text

import "strconv"

// numerals copies tmp to Runes, turning Chinese numerals into digits where what stands around them says they are a
// number: 三十二号 is 32号, 三里屯 stays. Stored names go the same way, so a road 一路 and a text 1路 meet.
func (f *Folded) numerals() {
	f.Runes, f.pos = f.Runes[:0], f.pos[:0]
	r := f.tmp
	for i := 0; i < len(r); {
		j := numeralRun(r, i)
		if j == i {
			f.plain(i)
			i++
			continue
		}
		v, ok := numeralValue(r[i:j])
		if ok && (unitFollows(r, j) || f.numberPrecedes()) {
			var buf [20]byte
			for _, c := range strconv.AppendUint(buf[:0], v, 10) {
				f.Runes = append(f.Runes, rune(c))
				f.pos = append(f.pos, f.tmpP[i])
			}
			i = j
			continue
		}
		for ; i < j; i++ {
			f.plain(i)
		}
	}
}

// plain copies one rune; 之 between numbers becomes a dash, as 12之3号 is 12-3号.
func (f *Folded) plain(i int) {
	c := f.tmp[i]
	if c == '之' && i+1 < len(f.tmp) && (Digit(f.tmp[i+1]) || numeralDigit(f.tmp[i+1]) >= 0) && len(f.Runes) > 0 {
		if p := f.Runes[len(f.Runes)-1]; Digit(p) || p == '号' {
			c = '-'
		}
	}
	f.Runes = append(f.Runes, c)
	f.pos = append(f.pos, f.tmpP[i])
}

// numberPrecedes says that a numeral here continues or follows a number: 第三, 12-三, 号附三.
func (f *Folded) numberPrecedes() bool {
	n := len(f.Runes)
	if n == 0 {
		return false
	}
	switch f.Runes[n-1] {
	case '第':
		return true
	case '附':
		return n > 1 && (f.Runes[n-2] == '号' || Digit(f.Runes[n-2]))
	case '-':
		return n > 1 && (f.Runes[n-2] == '号' || Digit(f.Runes[n-2]))
	}
	return false
}

// unitFollows reports whether a word that counts or numbers stands at j.
func unitFollows(r []rune, j int) bool {
	if j >= len(r) {
		return false
	}
	next := func(k int) rune {
		if j+k < len(r) {
			return r[j+k]
		}
		return 0
	}
	switch r[j] {
	case '段', '号', '巷', '弄', '衖', '楼', '层', '栋', '幢', '座', '室', '附', '邻', '米', '路', '街', '期', '区', '组', '队', '村', '院':
		return true
	case '单':
		return next(1) == '元'
	case 'm':
		return !Alnum(next(1))
	case 'k':
		return next(1) == 'm' && !Alnum(next(2))
	case '马':
		return next(1) == '路'
	case '来', '多', '余', '几': // 五十来米
		return next(1) == '米' || next(1) == '公'
	case '公':
		return next(1) == '里' || next(1) == '尺'
	case '之', '-':
		return Digit(next(1)) || numeralDigit(next(1)) >= 0
	case '、', ',', '.': // 八十六、八十八号
		if k := numeralRun(r, j+1); k > j+1 {
			return unitFollows(r, k)
		}
	}
	return false
}

func numeralRun(r []rune, i int) int {
	j := i
	for j < len(r) {
		if c := r[j]; !numeralRune(c) && !(c == 'o' && j > i) {
			break
		}
		j++
	}
	return j
}

// numeralRune reports whether r is a digit or a power of ten. It is asked for each character of a text: one bit is looked at where
// comparing with all of them took a tenth of the folding.
func numeralRune(r rune) bool { return r < 0x10000 && numeralBits[r>>6]&(1<<(r&63)) != 0 }

var numeralBits = bitsOf(func(r rune) bool { return numeralDigit(r) >= 0 || numeralPower(r) > 0 })

// countBits tell of what numerals may change.
var countBits = bitsOf(func(r rune) bool { return numeralDigit(r) >= 0 || numeralPower(r) > 0 || r == '之' })

func bitsOf(in func(rune) bool) *[0x10000 / 64]uint64 {
	t := new([0x10000 / 64]uint64)
	for r := range rune(0x10000) {
		if in(r) {
			t[r>>6] |= 1 << (r & 63)
		}
	}
	return t
}

// NumeralDigit returns the value of a Chinese numeral from 零 to 九, -1 for any other rune.
func NumeralDigit(r rune) int { return numeralDigit(r) }

func numeralDigit(r rune) int {
	switch r {
	case '零':
		return 0
	case '一', '壹':
		return 1
	case '二', '贰':
		return 2
	case '三', '叁':
		return 3
	case '四', '肆':
		return 4
	case '五', '伍':
		return 5
	case '六', '陆':
		return 6
	case '七', '柒':
		return 7
	case '八', '捌':
		return 8
	case '九', '玖':
		return 9
	}
	return -1
}

func numeralPower(r rune) uint64 {
	switch r {
	case '十', '拾':
		return 10
	case '百', '佰':
		return 100
	case '千', '仟':
		return 1000
	case '廿':
		return 20
	case '卅':
		return 30
	}
	return 0
}

// numeralValue reads 三十二 as 32, 一百零五 as 105, 二二o as 220. A lone 百 or 千 is no number, nor is one above 12 digits.
func numeralValue(r []rune) (uint64, bool) {
	powers, digits := 0, 0
	for _, c := range r {
		if numeralPower(c) != 0 {
			powers++
		} else {
			digits++
		}
	}
	if powers == 0 {
		var v uint64
		for _, c := range r {
			d := numeralDigit(c)
			if c == 'o' {
				d = 0
			}
			v = v*10 + uint64(d)
		}
		return v, len(r) <= 12
	}
	if len(r) > 9 || digits == 0 && numeralPower(r[0]) >= 100 {
		return 0, false
	}
	var total, cur uint64
	for _, c := range r {
		p := numeralPower(c)
		switch {
		case p == 0:
			d := numeralDigit(c)
			if d > 0 {
				cur = uint64(d)
			}
		case p == 20 || p == 30:
			total += p
		default:
			if cur == 0 {
				cur = 1
			}
			total += cur * p
			cur = 0
		}
	}
	return total + cur, true
}
