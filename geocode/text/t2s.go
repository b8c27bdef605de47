package text

// simplified[r] is the simplified form of the traditional rune r, 0 when it has none; runes above the first plane are in simplifiedHigh.
var simplified, simplifiedHigh = t2s()

func t2s() (*[0x10000]uint16, map[rune]rune) {
	low, high := new([0x10000]uint16), make(map[rune]rune)
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
