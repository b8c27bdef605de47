package postgis

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// epoch is the day from which PostgreSQL counts days and microseconds.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// appendBinary appends one value as COPY takes it in its binary format; kind is the type of the field, Text for keys and shapes. Values are as
// kept.Encode leaves them.
func appendBinary(b []byte, kind gis.FieldType, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, 0xff, 0xff, 0xff, 0xff), nil
	case string:
		switch kind {
		case gis.Date:
			t, err := kept.ParseDay(v)
			if err != nil {
				return b, err
			}
			return appendInt32(appendInt32(b, 4), int32((t.Unix()-epoch.Unix())/(24*60*60))), nil // both are midnights
		case gis.Time:
			t, err := time.Parse(time.RFC3339Nano, v)
			if err != nil {
				return b, err
			}
			return appendInt64(b, t.UnixMicro()-epoch.UnixMicro()), nil
		}
		return append(appendInt32(b, int32(len(v))), v...), nil
	case int64:
		return appendInt64(b, v), nil
	case float64:
		return appendInt64(b, int64(math.Float64bits(v))), nil
	case bool:
		if v {
			return append(appendInt32(b, 1), 1), nil
		}
		return append(appendInt32(b, 1), 0), nil
	case []byte:
		head := ewkbHead(v)
		return append(append(appendInt32(b, int32(len(v)+4)), head[:]...), v[5:]...), nil
	}
	return b, fmt.Errorf("no column takes a %T", v)
}

func appendInt32(b []byte, v int32) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }

// appendInt64 appends a value of eight bytes.
func appendInt64(b []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(appendInt32(b, 8), uint64(v))
}
