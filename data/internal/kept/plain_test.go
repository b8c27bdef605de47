package kept

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"
)

// What the short ways take, the long ones take too, with the same result.
func TestPlainObject(t *testing.T) {
	for _, s := range []string{`{"a":"b"}`, `{"类别":"路灯","高度":"0.0"}`, `{"":""}`, `{"a":"<&/"}`, "{\"a\":\"\u007f\"}"} {
		if !plainObject(s) || !json.Valid([]byte(s)) {
			t.Errorf("%s: plain %v, valid %v, want both", s, plainObject(s), json.Valid([]byte(s)))
		}
	}
	r := rand.New(rand.NewPCG(5, 5))
	const of = "{}\"\"\"::,,ab\\ \n1[]"
	plain := 0
	for range 1_000_000 {
		b := []byte(`{"a":"b","c":"d"}`)[r.IntN(2)*8:]
		if b[0] == ',' {
			b[0] = '{'
		}
		for range r.IntN(3) {
			switch at := r.IntN(len(b)); r.IntN(3) {
			case 0:
				b[at] = of[r.IntN(len(of))]
			case 1:
				b = append(b[:at], b[at+1:]...)
			case 2:
				b = append(b, of[r.IntN(len(of))])
			}
		}
		if plainObject(string(b)) {
			if plain++; !json.Valid(b) {
				t.Fatalf("%s is taken as JSON", b)
			}
		}
	}
	if plain < 100_000 {
		t.Errorf("only %d of the documents were plain", plain)
	}
}

func TestParseDay(t *testing.T) {
	for _, s := range []string{"2026-08-02", "2024-02-29", "2023-02-29", "2026-02-30", "2026-13-01", "2026-00-10", "2026-01-00", "2026-1-001", "0000-01-01", "9999-12-31", "+026-01-01", "2026-08-2x", "20260802", ""} {
		want, wrong := time.Parse(time.DateOnly, s)
		got, err := ParseDay(s)
		if got != want || (err == nil) != (wrong == nil) {
			t.Errorf("%q: got %v, %v, want %v, %v", s, got, err, want, wrong)
		}
	}
}
