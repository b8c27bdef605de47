package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Folded is a text in matching form, tied rune by rune to what was written.
// The zero value is ready; Set may be called again and again to reuse its memory.
type Folded struct {
	Runes []rune
	pos   []int32 // byte offset in src where each rune came from; one more at the end
	src   string
	tmp   []rune
	tmpP  []int32

	blank, counts bool // tmp holds white space; it holds numerals or the 之 between numbers
}

// Set folds s, which must be valid UTF-8.
func (f *Folded) Set(s string) {
	f.src = s
	f.blank, f.counts = false, false
	tmp, pos, counts := f.tmp[:0], f.tmpP[:0], uint64(0)
	for i, r := range s {
		if r < 0x80 || r >= 0x3400 && r <= 0x9FFF { // nearly all; in local variables they take half as long
			c := folded[r]
			f.blank = f.blank || c <= ' '
			counts |= countBits[c>>6] >> (c & 63)
			tmp, pos = append(tmp, rune(c)), append(pos, int32(i))
			continue
		}
		f.tmp, f.tmpP = tmp, pos
		f.addRune(r, int32(i))
		tmp, pos = f.tmp, f.tmpP
	}
	f.tmp, f.tmpP = tmp, pos
	if f.blank {
		f.dropSpaces()
	}
	if f.counts || counts&1 != 0 {
		f.numerals()
	} else {
		f.Runes, f.tmp = f.tmp, f.Runes
		f.pos, f.tmpP = f.tmpP, f.pos
	}
	f.pos = append(f.pos, int32(len(s)))
}

// Rewrite puts other runes in place of those there are: from tells for each which old one it stands for (never falling; the number of the
// old ones means the end of the text), so that Original still gives what was written.
func (f *Folded) Rewrite(runes []rune, from []int32) {
	pos := make([]int32, 0, len(runes)+1)
	for _, k := range from {
		pos = append(pos, f.pos[k])
	}
	f.Runes = append(f.Runes[:0], runes...)
	f.pos = append(pos, int32(len(f.src)))
}

// Original returns what was written for the runes i to j.
func (f *Folded) Original(i, j int) string {
	if i >= j {
		return ""
	}
	return f.src[f.pos[i]:f.pos[j]]
}

// Source returns the text as written.
func (f *Folded) Source() string { return f.src }

// Fold returns the matching form of s.
func Fold(s string) string {
	var f Folded
	f.Set(s)
	return string(f.Runes)
}

// Rune returns the simplified, narrow, lower-case form of r for a rune that has a single one.
func Rune(r rune) rune {
	if uint32(r) < uint32(len(folded)) {
		return rune(folded[r])
	}
	if s, ok := simplifiedHigh[r]; ok {
		return s
	}
	return r
}

// put adds one folded rune.
func (f *Folded) put(r rune, at int32) {
	f.tmp, f.tmpP = append(f.tmp, r), append(f.tmpP, at)
	f.blank = f.blank || space(r)
	f.counts = f.counts || r < 0x10000 && countBits[r>>6]&(1<<(r&63)) != 0
}

func (f *Folded) addRune(r rune, at int32) {
	switch {
	case r == '—', r == '–', r == '−', r == '‐', r == '‑':
		r = '-'
	case r == '〇', r == '○':
		r = '零'
	case r >= 0xFF01 && r <= 0xFF5E, r == 0x3000, r == '、', r == '。':
	case r == 0x200B, r == 0xFEFF, r == 0x200D, unicode.Is(unicode.Mn, r):
		return
	case r < 0x20000:
		f.addCompat(r, at)
		return
	}
	f.put(Rune(r), at)
}

// mostCompat is the longest compatibility decomposition taken, in runes: ㌔ and ㈱ have up to 6. One Arabic phrase alone (U+FDFA) has 18, and
// 512 of it cost more than any text should.
const mostCompat = 8

// addCompat adds the compatibility decomposition of r: ① is 1, ㎡ is m2, 鄰's compatibility form is the plain one.
func (f *Folded) addCompat(r rune, at int32) {
	var in, out [64]byte
	n := utf8.EncodeRune(in[:], r)
	all := norm.NFKC.Append(out[:0], in[:n]...)
	if utf8.RuneCount(all) > mostCompat {
		f.put(r, at)
		return
	}
	for _, c := range string(all) {
		f.put(Rune(unicode.ToLower(c)), at)
	}
}

// dropSpaces removes white space but for one blank between two Latin letters or digits.
func (f *Folded) dropSpaces() {
	n := 0
	for i := 0; i < len(f.tmp); i++ {
		r := f.tmp[i]
		if space(r) {
			j := i
			for j < len(f.tmp) && unicode.IsSpace(f.tmp[j]) {
				j++
			}
			keep := n > 0 && j < len(f.tmp) && Alnum(f.tmp[n-1]) && Alnum(f.tmp[j])
			if keep {
				f.tmp[n], f.tmpP[n] = ' ', f.tmpP[i]
				n++
			}
			i = j - 1
			continue
		}
		f.tmp[n], f.tmpP[n] = r, f.tmpP[i]
		n++
	}
	f.tmp, f.tmpP = f.tmp[:n], f.tmpP[:n]
}

func space(r rune) bool {
	return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r >= 0x80 && r < 0x3400 && unicode.IsSpace(r)
}

// Alnum reports whether r is an ASCII letter or digit.
func Alnum(r rune) bool { return Digit(r) || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// Digit reports whether r is an ASCII digit.
func Digit(r rune) bool { return '0' <= r && r <= '9' }

// Han reports whether r is a Chinese character.
func Han(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r >= 0x20000 && r <= 0x3FFFF
}
