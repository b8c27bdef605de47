package kept

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"wanmi/gis"
)

// timeLayout is how a time is kept as text: UTC with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Encode returns v as a store keeps it: checked against the field's type, a time in UTC with milliseconds. The error, without
// kind, says in words why v cannot be stored.
func Encode(f *gis.Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if !f.Type.Holds(v) {
		return nil, fmt.Errorf("%s is %s, not %T", f.Name, f.Type, v)
	}
	switch x := v.(type) {
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%s is not a finite number", f.Name)
		}
	case string:
		as, err := encodeText(f, x)
		if err != nil {
			return nil, err
		}
		if as != x {
			return as, nil
		}
	}
	return v, nil // as it came: a text put into an interface anew would be an allocation for every value there is
}

// Storable reports whether a store takes s as text: UTF-8 without NUL.
func Storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// Text returns s as a store takes it, with what is no UTF-8 replaced and NUL left out: what was refused may be in any encoding.
func Text(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "") }

func encodeText(f *gis.Field, s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("%s is not UTF-8 text", f.Name)
	}
	if strings.IndexByte(s, 0) >= 0 {
		return "", fmt.Errorf("%s holds a NUL character", f.Name)
	}
	switch f.Type {
	case gis.Date:
		if _, err := ParseDay(s); err != nil {
			return "", fmt.Errorf("%s: %q is no date as 2026-08-02", f.Name, s)
		}
	case gis.Time:
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return "", fmt.Errorf("%s: %q is no time as 2026-08-02T10:00:00+08:00", f.Name, s)
		}
		return FormatTime(t), nil
	case gis.JSON:
		if !plainObject(s) && !json.Valid([]byte(s)) {
			return "", fmt.Errorf("%s is not a JSON document", f.Name)
		}
	}
	return s, nil
}

// Decode is the inverse of Encode. It also takes what another program may have left in the column, a whole
// number in a DOUBLE column for one; what cannot be read as the field's type is nil.
func Decode(f *gis.Field, v any) any {
	if _, is := v.(string); is && (f.Type == gis.Text || f.Type == gis.JSON || f.Type == gis.Date) {
		return v // as it came, like in Encode
	}
	switch f.Type {
	case gis.Int:
		switch v := v.(type) {
		case int64:
			return v
		case float64:
			return int64(v)
		}
	case gis.Real:
		switch v := v.(type) {
		case float64:
			return v
		case int64:
			return float64(v)
		}
	case gis.Bool:
		switch v := v.(type) {
		case int64:
			return v != 0
		case bool:
			return v
		}
	case gis.Time:
		if s, ok := v.(string); ok {
			if t := ParseTime(s); !t.IsZero() {
				return t.Format(time.RFC3339Nano)
			}
		}
	default:
		switch v := v.(type) {
		case string:
			return v
		case []byte:
			return string(v)
		case int64, float64:
			return fmt.Sprint(v)
		}
	}
	return nil
}

// FormatTime returns t in UTC with milliseconds.
func FormatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// FormatTimeOrNull returns nil for the zero time.
func FormatTimeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return FormatTime(t)
}

// TextOrNull returns nil for the empty text.
func TextOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// ParseTime reads a stored time; the zero time when there is none.
func ParseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
