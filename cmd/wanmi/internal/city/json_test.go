package city

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"wanmi/cmd/wanmi/internal/city/citytest"
)

// marshal is what AppendJSON must write.
func marshal(t *testing.T, l *Located) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// TestAppendJSON compares with encoding/json: every field filled, each emptied at random, with texts and numbers that are hard to write.
func TestAppendJSON(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	for i := range 3000 {
		var l Located
		fillRandom(r, reflect.ValueOf(&l).Elem(), i == 0)
		if got, want := string(l.AppendJSON(nil)), marshal(t, &l); got != want {
			t.Fatalf("seed %d, answer %d:\ngot  %s\nwant %s", seed, i, got, want)
		}
	}
	v := view(t)
	for _, text := range []string{"普阳山路与太平路路口井盖破损", "qqqq", "路灯\"不亮\"<b>&\u2028\t", citytest.Cover} {
		l, err := v.Locate(t.Context(), LocateQuery{Text: text, Point: &citytest.Centre})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(l.AppendJSON([]byte("x"))), "x"+marshal(t, &l); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

var (
	hardTexts  = []string{"", "路灯", "a\"b\\c", "<b>&amp;", "\u2028\u2029", "“引号”…", "\x7f", "\t\n\x01", "bad\xff", "🚧", "a/b"}
	hardFloats = []float64{0, 1, -1, .1, 116.98, 35.4052, 1e-7, 1e21, 1e20, -1e-6, 123456789.125, math.MaxFloat64, math.SmallestNonzeroFloat64, 1.0 / 3}
)

// fillRandom sets every exported field, when all is false to what may be empty.
func fillRandom(r *rand.Rand, v reflect.Value, all bool) {
	some := func() bool { return all || r.IntN(3) > 0 }
	switch v.Kind() {
	case reflect.String:
		if s := hardTexts[r.IntN(len(hardTexts))]; !all || s != "" {
			v.SetString(s)
		} else {
			v.SetString("x")
		}
	case reflect.Float64:
		if v.SetFloat(hardFloats[r.IntN(len(hardFloats))]); all {
			v.SetFloat(1.5)
		}
	case reflect.Uint64:
		v.SetUint(r.Uint64())
	case reflect.Bool:
		v.SetBool(all || some())
	case reflect.Pointer:
		if some() {
			v.Set(reflect.New(v.Type().Elem()))
			fillRandom(r, v.Elem(), all)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillRandom(r, v.Field(i), all)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			fillRandom(r, v.Index(i), all)
		}
	case reflect.Slice:
		if some() {
			v.Set(reflect.MakeSlice(v.Type(), r.IntN(3)+1, 3))
			for i := range v.Len() {
				fillRandom(r, v.Index(i), all)
			}
		}
	case reflect.Map:
		if some() {
			v.Set(reflect.MakeMap(v.Type()))
			for range 3 {
				k := reflect.New(v.Type().Key()).Elem()
				fillRandom(r, k, all)
				fillRandom(r, k, all)
				val := reflect.New(v.Type().Elem()).Elem()
				fillRandom(r, val, all)
				v.SetMapIndex(k, val)
			}
		}
	default:
		panic("a kind of field AppendJSON does not know: " + v.Kind().String())
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	live, err := Load(b.Context(), citytest.Store(b), Config{Geocode: citytest.Geocode(), NoTiles: true}, nil)
	if err != nil {
		b.Fatal(err)
	}
	l, err := live.View().Locate(b.Context(), LocateQuery{Text: "普阳山路与太平路路口井盖破损"})
	if err != nil || len(l.Components) == 0 {
		b.Fatal(l, err)
	}
	b.Run("by hand", func(b *testing.B) {
		var buf []byte
		for b.Loop() {
			buf = l.AppendJSON(buf[:0])
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		for b.Loop() {
			_, _ = json.Marshal(&l)
		}
	})
}
