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
	exact, loose [][]sound // by rune - 0x4E00
}

// sounds is made when the first geocoder is built; it takes some 30 ms.
var sounds = sync.OnceValue(func() *soundTable {
	const n = 0xA000 - 0x4E00
	t := &soundTable{make([][]sound, n), make([][]sound, n)}
	ids := map[string]sound{}
	id := func(s string) sound {
		k, ok := ids[s]
		if !ok {
			k = sound(len(ids) + 1)
			ids[s] = k
		}
		return k
	}
	args := pinyin.NewArgs()
	args.Heteronym = true
	for i := range n {
		for _, p := range pinyin.SinglePinyin(rune(0x4E00+i), args) {
			t.exact[i] = append(t.exact[i], id(p))
			t.loose[i] = append(t.loose[i], id(loosely(p)))
		}
	}
	return t
})

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
	case share(t.exact[i], t.exact[j]):
		return sameSound
	case share(t.loose[i], t.loose[j]):
		return nearlySame
	}
	return unlike
}

func share(a, b []sound) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}
