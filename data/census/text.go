package census

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"wanmi/gis"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// encodingByName returns the decoder of a named encoding, nil for UTF-8 (with or without BOM).
func encodingByName(name string) (encoding.Encoding, error) {
	switch strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(name))) {
	case "utf8", "utf8bom", "65001", "utf8sig":
		return unicode.UTF8BOM, nil
	case "gbk", "gb2312", "cp936", "936", "gb18030", "ansi936", "chinesegb2312", "windows936":
		return simplifiedchinese.GB18030, nil
	case "hz", "hzgb2312":
		return simplifiedchinese.HZGB2312, nil
	case "utf32", "utf32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), nil
	case "big5", "cp950", "950", "ansi950", "big5hkscs":
		return traditionalchinese.Big5, nil
	case "utf16", "utf16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case "utf16be":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	}
	return nil, gis.E(gis.Invalid, nil, "no encoding %q; known are utf-8 gbk gb18030 big5 utf-16", name)
}

// sniffEncoding names the encoding of text from its beginning. GBK and Big5 use the same lead
// bytes, but the second byte of a common (GB2312) character is always >= 0xA1, while two in five
// of Big5's are below 0x7F.
func sniffEncoding(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF}):
		return "utf-8"
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE, 0, 0}):
		return "utf-32"
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return "utf-16le"
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return "utf-16be"
	}
	if name := utf16Text(b); name != "" {
		return name
	}
	if valid, _ := utf8Text(b); valid {
		return "utf-8"
	}
	return sniffChinese(b)
}

// utf16Text names the UTF-16 that text without a mark is: its digits, commas and line ends have a zero on one side only. "" for other text.
func utf16Text(b []byte) string {
	var zero [2]int
	for i, c := range b[:min(len(b), 4096)] {
		if c == 0 {
			zero[i&1]++
		}
	}
	least := max(2, min(len(b), 4096)/50)
	switch {
	case zero[0] == 0 && zero[1] >= least:
		return "utf-16le"
	case zero[1] == 0 && zero[0] >= least:
		return "utf-16be"
	}
	return ""
}

// utf8Text reports whether b is UTF-8, a character cut off at the end aside, and how many of its characters are not ASCII.
func utf8Text(b []byte) (valid bool, wide int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return !utf8.FullRune(b[i:]) && len(b)-i < utf8.UTFMax, wide
		}
		wide++
		i += n
	}
	return true, wide
}

func sniffChinese(b []byte) string {
	var pairs, low, notBig5, notGBK int
	for i := 0; i+1 < len(b); {
		c, d := b[i], b[i+1]
		if c < 0x80 {
			i++
			continue
		}
		pairs++
		if d < 0x7F {
			low++
		}
		if c < 0xA1 || c > 0xF9 || d < 0x40 || (d > 0x7E && d < 0xA1) || d == 0xFF {
			notBig5++
		}
		if c == 0x80 || c == 0xFF || d < 0x40 && (d < 0x30 || d > 0x39) || d == 0x7F || d == 0xFF {
			notGBK++
		}
		i += 2
	}
	if pairs > 0 && notBig5*50 <= pairs && (low*100 >= pairs*15 || notGBK > notBig5) {
		return "big5"
	}
	return "gb18030"
}

// decode returns r as UTF-8; bytes that the encoding does not have become U+FFFD.
func decode(r io.Reader, name string) (io.Reader, error) {
	e, err := encodingByName(name)
	if err != nil {
		return nil, err
	}
	return transform.NewReader(r, e.NewDecoder()), nil
}

// foldDigits turns full-width digits, letters, signs and spaces into ASCII ones.
func foldDigits(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - 0xFEE0
		case r == '　':
			return ' '
		}
		return r
	}, s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// clip shortens s to about n bytes at a character's edge.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
