package gpkg

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"wanmi/gis"
)

// timeLayout is how a DATETIME stands in a GeoPackage: UTC with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

// columnType returns the GeoPackage type of a field's column.
func columnType(t gis.FieldType) string {
	switch t {
	case gis.Int:
		return "INTEGER"
	case gis.Real:
		return "DOUBLE"
	case gis.Bool:
		return "BOOLEAN"
	case gis.Date:
		return "DATE"
	case gis.Time:
		return "DATETIME"
	}
	return "TEXT"
}

// encodeValue returns v as it stands in its column. The error, without kind, says in words why v cannot be stored.
func encodeValue(f *gis.Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if !f.Type.Holds(v) {
		return nil, fmt.Errorf("%s is %s, not %T", f.Name, f.Type, v)
	}
	switch v := v.(type) {
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%s is not a finite number", f.Name)
		}
	case string:
		return encodeText(f, v)
	}
	return v, nil
}

func encodeText(f *gis.Field, s string) (any, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%s is not UTF-8 text", f.Name)
	}
	if strings.IndexByte(s, 0) >= 0 {
		return nil, fmt.Errorf("%s holds a NUL character", f.Name)
	}
	switch f.Type {
	case gis.Date:
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return nil, fmt.Errorf("%s: %q is no date as 2026-08-02", f.Name, s)
		}
	case gis.Time:
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is no time as 2026-08-02T10:00:00+08:00", f.Name, s)
		}
		return formatTime(t), nil
	case gis.JSON:
		if !json.Valid([]byte(s)) {
			return nil, fmt.Errorf("%s is not a JSON document", f.Name)
		}
	}
	return s, nil
}

// decodeValue is the inverse of encodeValue. It also takes what another program may have left in the column, a whole
// number in a DOUBLE column for one; what cannot be read as the field's type is nil.
func decodeValue(f *gis.Field, v any) any {
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
			if t := parseTime(s); !t.IsZero() {
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

func formatTime(t time.Time) string { return t.UTC().Format(timeLayout) }

// formatTimeOrNull returns nil for the zero time.
func formatTimeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return formatTime(t)
}

// parseTime reads a stored time; the zero time when there is none.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
