package cql2

import (
	"math"
	"strconv"
	"strings"
	"time"
)

func itoa(i int) string { return strconv.Itoa(i) }

// numeral makes the node of a number in decimal notation: whole when it is written as one and fits, real otherwise.
func (m *maker) numeral(at pos, s string) (*node, error) {
	if !strings.ContainsAny(s, ".eE") {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return &node{op: opInt, at: at, depth: 1, int: i}, nil
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, m.src.fault(at, shown(s), "a number", "%s is no number a computer can hold", shown(s))
	}
	return &node{op: opReal, at: at, depth: 1, real: f}, nil
}

func exampleOf(word string) string {
	if word == "TIMESTAMP" {
		return "'2026-08-02T02:00:00Z'"
	}
	return "'2026-08-02'"
}

// instant reads a date or a timestamp; word is DATE, TIMESTAMP, or "" for an end of an interval, which may also be "..".
func (m *maker) instant(at pos, s, word string) (*node, error) {
	if word == "" && s == ".." {
		return &node{op: opOpen, at: at, depth: 1}, nil
	}
	if word != "TIMESTAMP" {
		if d, ok := parseDate(s); ok {
			return &node{op: opDate, at: at, depth: 1, int: d}, nil
		}
	}
	if word != "DATE" {
		if t, ok := parseTime(s); ok {
			return &node{op: opTime, at: at, depth: 1, int: t}, nil
		}
	}
	want := "a day, as " + exampleOf("DATE")
	switch word {
	case "TIMESTAMP":
		want = "a moment, as " + exampleOf(word)
	case "":
		want += ", a moment, as " + exampleOf("TIMESTAMP") + ", or '..'"
	}
	return nil, m.src.fault(at, "the text "+shown(quoteText(s)), want, "%s is not %s", shown(quoteText(s)), want)
}

const (
	day   = 24 * time.Hour
	minus = math.MinInt64 // the beginning of an interval that has none
	plus  = math.MaxInt64 // the end of an interval that has none
)

// parseDate returns the days since 1970-01-01 of a day as 2026-08-02.
func parseDate(s string) (int64, bool) {
	if len(s) != 10 {
		return 0, false
	}
	t, err := time.Parse(time.DateOnly, s)
	return t.Unix() / int64(day/time.Second), err == nil && t.Year() > 0
}

// parseTime returns the microseconds since 1970 of a moment as 2026-08-02T10:00:00+08:00.
func parseTime(s string) (int64, bool) {
	if len(s) < len("2026-08-02T02:00:00Z") || len(s) > 64 {
		return 0, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || s[10] != 'T' || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
		return 0, false
	}
	return t.UnixMicro(), true
}

func dateString(days int64) string {
	return time.Unix(days*int64(day/time.Second), 0).UTC().Format(time.DateOnly)
}

func timeString(micro int64) string {
	return time.UnixMicro(micro).UTC().Format("2006-01-02T15:04:05.999999Z")
}

// dayOf returns the day a moment falls on in a zone.
func dayOf(micro int64, zone *time.Location) int64 {
	t := time.UnixMicro(micro).In(zone)
	_, offset := t.Zone()
	sec := t.Unix() + int64(offset)
	days := sec / int64(day/time.Second)
	if sec < 0 && sec%int64(day/time.Second) != 0 {
		days--
	}
	return days
}
