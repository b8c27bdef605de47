package deflate_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand"
	"slices"
	"testing"

	"wanmi/tiles/deflate"
)

// unpacked is what the standard library makes of a compressed form.
func unpacked(t *testing.T, name string, packed []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return raw
}

func TestGzip(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	noise := func(n, values int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Intn(values))
		}
		return b
	}
	text := func(n int) []byte {
		var b bytes.Buffer
		for b.Len() < n {
			fmt.Fprintf(&b, "37088300100%04d\x22\x08路灯%d号", r.Intn(3000), r.Intn(40))
		}
		return b.Bytes()[:n]
	}
	once := noise(64, 256)
	apart := func(n int) []byte { return slices.Concat(once, make([]byte, n-len(once)), once) }
	// Counts like Fibonacci's numbers make the longest codes there can be.
	var deep []byte
	for i, a, b := 0, 1, 1; len(deep)+a < 59_000; i, a, b = i+1, b, a+b {
		deep = append(deep, bytes.Repeat([]byte{byte(i)}, a)...)
	}
	r.Shuffle(len(deep), func(i, j int) { deep[i], deep[j] = deep[j], deep[i] })
	inputs := map[string]struct {
		raw  []byte
		most int // bytes of the compressed form
	}{
		"nothing": {nil, 30}, "zeros": {make([]byte, 1_000_000), 1300}, "noise": {noise(300_000, 256), 300_100}, "few values": {noise(300_000, 3), 90_000},
		"text": {text(500_000), 170_000}, "deep": {deep, 30_000}, "one block": {text(60_000), 21_000}, "a block and a byte": {text(60_001), 21_000},
		"far": {apart(32 << 10), 260}, "too far": {apart(32<<10 + 1), 330},
	}
	for n := range 40 {
		inputs[fmt.Sprint(n, " bytes")] = struct {
			raw  []byte
			most int
		}{text(n), n + 40}
	}
	var w deflate.Writer
	if far, tooFar := len(w.Gzip(nil, inputs["far"].raw, nil)), len(w.Gzip(nil, inputs["too far"].raw, nil)); tooFar < far+50 {
		t.Errorf("%d bytes where a match is just near enough, %d where it is too far", far, tooFar)
	}
	for name, in := range inputs {
		packed := w.Gzip([]byte("before"), in.raw, nil)
		if string(packed[:6]) != "before" {
			t.Fatalf("%s: begins with %q", name, packed[:6])
		}
		packed = packed[6:]
		if !bytes.Equal(unpacked(t, name, packed), in.raw) {
			t.Errorf("%s: another content", name)
		}
		if len(packed) > in.most {
			t.Errorf("%s: %d bytes, want %d at most", name, len(packed), in.most)
		}
		if again := new(deflate.Writer).Gzip(nil, in.raw, nil); !bytes.Equal(again, packed) {
			t.Errorf("%s: a new writer gives other bytes", name)
		}
		spans := [][2]uint32{{0, uint32(len(in.raw) / 3)}, {uint32(len(in.raw) / 2), uint32(len(in.raw))}}
		if !bytes.Equal(unpacked(t, name, w.Gzip(nil, in.raw, spans)), in.raw) {
			t.Errorf("%s with spans: another content", name)
		}
	}
}

func FuzzGzip(f *testing.F) {
	f.Add([]byte("aaaaaaaaaaaaaaaaaaaaaaaaab"), uint16(3), uint16(5), uint32(1))
	f.Add([]byte("370883001000000370883001000001"), uint16(0), uint16(30), uint32(4000))
	f.Add(bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7}, 50), uint16(20), uint16(21), uint32(300))
	var w deflate.Writer
	f.Fuzz(func(t *testing.T, raw []byte, from, to uint16, times uint32) {
		if len(raw) > 0 {
			raw = bytes.Repeat(raw, 1+int(times)%max(1, 200_000/len(raw)))
		}
		var spans [][2]uint32
		if from <= to && int(to) <= len(raw) {
			spans = [][2]uint32{{uint32(from), uint32(to)}}
		}
		if got := unpacked(t, "fuzz", w.Gzip(nil, raw, spans)); !bytes.Equal(got, raw) {
			t.Fatalf("%d bytes became %d, or others", len(raw), len(got))
		}
	})
}
