package gis

import "time"

// Moment reads a moment a user names: a day, 2026-08-02, whose end by local time is meant, or RFC 3339. "" is the zero time.
// gis.Invalid for anything else.
func Moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, s, time.Local); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Millisecond), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return at, E(Invalid, err, "%q is neither a day as 2026-08-02 nor a moment as 2026-08-02T10:00:00+08:00", s)
	}
	return at, nil
}
