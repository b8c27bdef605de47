package census

// slots is how many values that came lately are remembered of a field. In a delivery most values are of few: classes, states,
// owners, dates, the cells of one street.
const (
	slots    = 1 << slotBits
	slotBits = 9
)

// slotOf says where a text is remembered. Texts of a kind differ at their end.
func slotOf(s string) uint32 { return slotIn(s) }

// slotOfBytes is slotOf of the same bytes.
func slotOfBytes(s []byte) uint32 { return slotIn(s) }

func slotIn[T string | []byte](s T) uint32 {
	var end uint64
	if n := len(s); n >= 8 { // one load
		end = uint64(s[n-8]) | uint64(s[n-7])<<8 | uint64(s[n-6])<<16 | uint64(s[n-5])<<24 | uint64(s[n-4])<<32 | uint64(s[n-3])<<40 | uint64(s[n-2])<<48 | uint64(s[n-1])<<56
	} else {
		for i := range n {
			end = end<<8 | uint64(s[i])
		}
	}
	return uint32((end ^ uint64(len(s))) * 0x9E3779B97F4A7C15 >> (64 - slotBits)) // the last bytes move the upper bits only
}

// latelyMade remembers what was made of the texts of a field lately.
type latelyMade []struct {
	text string
	made any
}

// of returns what was made of a text, nil when that is not known any more.
func (l latelyMade) of(text string) any {
	if e := &l[slotOf(text)]; e.text == text {
		return e.made
	}
	return nil
}

func (l latelyMade) keep(text string, made any) {
	e := &l[slotOf(text)]
	e.text, e.made = text, made
}

// boxed returns a text as a value of a feature, the one of before where it came lately; nil for "".
func (l latelyMade) boxed(text string) any {
	if text == "" {
		return nil
	}
	e := &l[slotOf(text)]
	if e.text != text || e.made == nil {
		e.text, e.made = text, text
	}
	return e.made
}

// latelySound remembers texts that were looked through lately and found sound.
type latelySound []string

func (l latelySound) has(text string) bool { return l[slotOf(text)] == text }

func (l latelySound) keep(text string) { l[slotOf(text)] = text }
