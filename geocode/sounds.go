package geocode

import (
	"strings"
	"sync"

	"github.com/mozillazg/go-pinyin"
)

// A sound is a reading of a character without its tone, as a number; 0 is none.
type sound = uint16

// soundTable holds how the characters from U+4E00 to U+9FFF are read: their own readings, and those as many speak, who take zh ch
// sh for z c s, -ng for -n and l for n.
type soundTable struct {
	exact, loose [][4]sound // by rune - 0x4E00; no character of use has more without their tones
	first        []string   // the usual reading, by rune - 0x4E00
}

// sounds is made when it is first asked for, which Build does. The readings come from go-pinyin's table itself: its functions take a
// regular expression for every character, a second for all.
var sounds = sync.OnceValue(func() *soundTable {
	const n = 0xA000 - 0x4E00
	t := &soundTable{make([][4]sound, n), make([][4]sound, n), make([]string, n)}
	ids := map[string]sound{}
	id := func(s string) sound {
		k, ok := ids[s]
		if !ok {
			k = sound(len(ids) + 1)
			ids[s] = k
		}
		return k
	}
	for i := range n {
		readings := toneless.Replace(pinyin.PinyinDict[0x4E00+i])
		t.first[i], _, _ = strings.Cut(readings, ",")
		for p := range strings.SplitSeq(readings, ",") {
			if p != "" {
				note(&t.exact[i], id(p))
				note(&t.loose[i], id(loosely(p)))
			}
		}
	}
	return t
})

// usual is a character's first reading, without its tone; empty when it has none.
func (t *soundTable) usual(c rune) string {
	if i := int(c) - 0x4E00; i >= 0 && i < len(t.first) {
		return t.first[i]
	}
	p, _, _ := strings.Cut(toneless.Replace(pinyin.PinyinDict[int(c)]), ",")
	return p
}

// note adds a sound where there is room, once.
func note(to *[4]sound, s sound) {
	for i := range to {
		if to[i] == 0 || to[i] == s {
			to[i] = s
			return
		}
	}
}

// toneless takes the tone off a reading.
var toneless = strings.NewReplacer("ā", "a", "á", "a", "ǎ", "a", "à", "a", "ē", "e", "é", "e", "ě", "e", "è", "e", "ō", "o", "ó", "o", "ǒ", "o", "ò", "o",
	"ī", "i", "í", "i", "ǐ", "i", "ì", "i", "ū", "u", "ú", "u", "ǔ", "u", "ù", "u", "ü", "v", "ǘ", "v", "ǚ", "v", "ǜ", "v", "ǖ", "v",
	"ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m", "m̀", "m", "ê̄", "e", "ế", "e", "ê̌", "e", "ề", "e")

// loosely is a reading as many speak it.
func loosely(p string) string {
	if len(p) > 2 && p[1] == 'h' {
		p = p[:1] + p[2:]
	}
	if p[0] == 'n' {
		p = "l" + p[1:]
	}
	return strings.TrimSuffix(p, "g")
}

// likeness says how two characters may be taken for one another.
type likeness uint8

const (
	unlike likeness = iota
	nearlySame
	sameSound
)

// like compares two characters by sound.
func (t *soundTable) like(a, b rune) likeness {
	i, j := a-0x4E00, b-0x4E00
	if i < 0 || j < 0 || int(i) >= len(t.exact) || int(j) >= len(t.exact) {
		return unlike
	}
	switch {
	case share(&t.exact[i], &t.exact[j]):
		return sameSound
	case share(&t.loose[i], &t.loose[j]):
		return nearlySame
	}
	return unlike
}

func share(a, b *[4]sound) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y && x != 0 {
				return true
			}
		}
	}
	return false
}
