package grids

import (
	"fmt"
	"strconv"

	"wanmi/gis"
)

// Code identifies a unit grid: 15 characters, the community's 12 followed by a
// sequence number of 3 digits. Digits and capital letters are allowed.
type Code string

// MaxSeq is the highest sequence number inside a community.
const MaxSeq = 999

// ParseCode checks s and returns it as a code; a gis.Invalid error says what is wrong.
func ParseCode(s string) (Code, error) {
	if len(s) != 15 {
		return "", gis.E(gis.Invalid, nil, "unit grid code %q has %d characters, not 15", s, len(s))
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return "", gis.E(gis.Invalid, nil, "unit grid code %q holds %q at position %d; only digits and capital letters are allowed", s, c, i+1)
		}
	}
	return Code(s), nil
}

// MakeCode returns the code of the seq-th cell of a community; seq runs from 1 to MaxSeq.
func MakeCode(community string, seq int) (Code, error) {
	if seq < 1 || seq > MaxSeq {
		return "", gis.E(gis.Rejected, nil, "community %s needs unit grid number %d; only 001 to %d exist", community, seq, MaxSeq)
	}
	return ParseCode(fmt.Sprintf("%s%03d", community, seq))
}

// Community returns the first 12 characters.
func (c Code) Community() string {
	if len(c) < 12 {
		return string(c)
	}
	return string(c[:12])
}

// Seq returns the sequence number, 0 when the last three characters are no number.
func (c Code) Seq() int {
	if len(c) != 15 {
		return 0
	}
	n, err := strconv.Atoi(string(c[12:]))
	if err != nil {
		return 0
	}
	return n
}
