package kept

import "time"

// ParseDay is time.Parse of a date as 2026-08-02, at midnight UTC, without its way through the layout for most days.
func ParseDay(s string) (time.Time, error) {
	if len(s) == len(time.DateOnly) && s[4] == '-' && s[7] == '-' {
		y, m, d := digits(s[:4]), digits(s[5:7]), digits(s[8:])
		if y >= 0 && 1 <= m && m <= 12 && 1 <= d && d <= 28 { // days every month has
			return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC), nil
		}
	}
	return time.Parse(time.DateOnly, s)
}

// digits returns the number that s, of few digits, stands for, -1 when it has anything else.
func digits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// plainObject reports whether s, which is UTF-8, is a JSON object of texts without escapes and blanks, as an import writes the columns no field
// takes. Of other JSON it says false.
func plainObject(s string) bool {
	if len(s) < 2 || s[0] != '{' {
		return false
	}
	for i := 1; ; i++ {
		name := plainText(s[i:])
		if i += name; name == 0 || i == len(s) || s[i] != ':' {
			return false
		}
		i++
		value := plainText(s[i:])
		if i += value; value == 0 || i == len(s) {
			return false
		}
		if s[i] != ',' {
			return s[i:] == "}"
		}
	}
}

// plainText returns the length of the JSON text s begins with, 0 when it does not or there are escapes in it.
func plainText(s string) int {
	if s == "" || s[0] != '"' {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1
		case c == '\\' || c < 0x20:
			return 0
		}
	}
	return 0
}
