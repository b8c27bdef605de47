package gpkg

import (
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

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

// encodeValue is kept.Encode for a file that has numbers for truth values.
func encodeValue(f *gis.Field, v any) (any, error) {
	v, err := kept.Encode(f, v)
	if b, ok := v.(bool); ok {
		v = int64(0)
		if b {
			v = int64(1)
		}
	}
	return v, err
}
