package geocode

import (
	"strings"
	"unicode/utf8"

	"wanmi/geocode/text"
	"wanmi/gis"
)

// MatterWord is a word for matters, what is wrong in a street, with the codes of their classes, the likeliest first. In the word (a|b)
// stands for either and … for up to six characters between, as in (路面|马路)…坑.
type MatterWord struct {
	Word  string
	Codes []string
}

const (
	gapRune     = '…'
	longestGap  = 6    // runes a … may stand for, a number counting as one
	maxParts    = 3    // of a word, parted by gaps
	maxSpelling = 4096 // spellings of a word
)

// CheckMatterWord says what is wrong with a word as a city writes it; the zero value of the error is none.
func CheckMatterWord(word string) error {
	_, err := spellings(word)
	return err
}

// spellings returns what a word stands for: folded, without brackets, the gaps left in.
func spellings(word string) ([]string, error) {
	all, rest, err := alternatives(word)
	if err == nil && rest != "" {
		err = gis.E(gis.Invalid, nil, "a bracket is closed that none opened")
	}
	if err != nil {
		return nil, err
	}
	for i, w := range all {
		parts := strings.Split(w, string(gapRune))
		for k, p := range parts {
			if parts[k] = text.Fold(strings.TrimSpace(p)); parts[k] == "" {
				return nil, gis.E(gis.Invalid, nil, "the word is empty, or begins or ends with …")
			}
		}
		all[i] = strings.Join(parts, string(gapRune))
		if r, n := utf8.DecodeRuneInString(all[i]); n == len(all[i]) && !text.Han(r) {
			return nil, gis.E(gis.Invalid, nil, "a word of one letter or digit would be found everywhere")
		}
		if len(parts) > maxParts {
			return nil, gis.E(gis.Invalid, nil, "a word may hold … twice at most")
		}
	}
	return all, nil
}

// alternatives expands s up to a | or ) it does not hold itself.
func alternatives(s string) (out []string, rest string, err error) {
	out = []string{""}
	for s != "" && s[0] != '|' && s[0] != ')' {
		next := []string{}
		if s[0] == '(' {
			for s[0] != ')' {
				var some []string
				if some, s, err = alternatives(s[1:]); err != nil {
					return nil, "", err
				}
				if s == "" {
					return nil, "", gis.E(gis.Invalid, nil, "a bracket is not closed")
				}
				next = append(next, some...)
			}
			s = s[1:]
		} else {
			end := strings.IndexAny(s, "(|)")
			if end < 0 {
				end = len(s)
			}
			next, s = append(next, s[:end]), s[end:]
		}
		if len(out)*len(next) > maxSpelling {
			return nil, "", gis.E(gis.Invalid, nil, "the word stands for more than %d", maxSpelling)
		}
		joined := make([]string, 0, len(out)*len(next))
		for _, a := range out {
			for _, b := range next {
				joined = append(joined, a+b)
			}
		}
		out = joined
	}
	return out, s, nil
}
