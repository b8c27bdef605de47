package text

// folded[r] is the simplified, narrow, lower-case form of r; runes above the first plane that have another are in simplifiedHigh.
var folded, simplifiedHigh = t2s()

func t2s() (*[0x10000]uint16, map[rune]rune) {
	low, high := new([0x10000]uint16), make(map[rune]rune)
	for r := range low {
		switch {
		case r >= 'A' && r <= 'Z':
			low[r] = uint16(r + 'a' - 'A')
		case r >= 0xFF01 && r <= 0xFF5E:
			low[r] = low[r-0xFF01+'!']
		case r == 0x3000:
			low[r] = ' '
		default:
			low[r] = uint16(r)
		}
	}
	pairs := []rune(t2sPairs + variants)
	for i := 0; i+1 < len(pairs); i += 2 {
		from, to := pairs[i], pairs[i+1]
		if from < 0x10000 && to < 0x10000 {
			low[from] = uint16(to)
		} else {
			high[from] = to
		}
	}
	return low, high
}

// variants are forms that registers and people mix and that mean the same in a name.
const variants = "邨村" + "菴庵" + "嵋眉" + "豬猪" + "徑径" + "坵丘"
