package deflate

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand"
	"testing"
)

// TestPreset: every byte, length and distance has a code that others read; what the code does not fit, and what is larger, gets its own.
func TestPreset(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	every := make([]byte, 4000) // each byte, and many small ones as geometry has
	for i := range every {
		every[i] = byte(r.ExpFloat64() * 5)
	}
	for i := range 256 {
		every[r.Intn(len(every))] = byte(i)
	}
	copies := bytes.Clone(every[:2000])
	for n := 3; n <= 300; n += 7 { // matches of every length and distance
		from := r.Intn(len(copies) - n)
		copies = append(append(copies, copies[from:from+n]...), byte(n))
	}
	noise := make([]byte, 4000)
	for i := range noise {
		noise[i] = byte(r.Intn(256))
	}
	large := bytes.Repeat(every, 5)
	for _, c := range []struct {
		name string
		raw  []byte
		want bool
	}{{"every byte", every, true}, {"copies", copies, true}, {"noise", noise, false}, {"large", large, false}, {"one byte", []byte{1}, false}} {
		var w Writer
		packed := w.Gzip(nil, c.raw, nil)
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		if raw, err := io.ReadAll(z); err != nil || !bytes.Equal(raw, c.raw) {
			t.Errorf("%s: another content, %v", c.name, err)
		}
		own := w.code.literal[endOfBlock] > 0 // counted
		if own == c.want {
			t.Errorf("%s: by the preset code %v, want %v", c.name, !own, c.want)
		}
	}
}
