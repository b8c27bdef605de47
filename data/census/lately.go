package census

// slots is how many values that came lately are remembered of a field. In a delivery most values are of few: classes, states,
// owners, dates, the cells of one street.
const slots = 256

// slotOf says where a text is remembered. Texts of a kind differ at their end.
func slotOf(s string) uint32 {
	h := uint32(len(s))
	for i := max(0, len(s)-8); i < len(s); i++ {
		h = h*31 + uint32(s[i])
	}
	return (h ^ h>>8) % slots
}

// slotOfBytes is slotOf of the same bytes.
func slotOfBytes(s []byte) uint32 {
	h := uint32(len(s))
	for i := max(0, len(s)-8); i < len(s); i++ {
		h = h*31 + uint32(s[i])
	}
	return (h ^ h>>8) % slots
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
