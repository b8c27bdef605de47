package httpapi

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// Whatever is read as a plain line, the decoder reads the same.
func FuzzPlainLine(f *testing.F) {
	for _, s := range []string{
		`{"text":"路灯不亮"}`, `{"id":12,"text":"a"}`, ` { "text" : "a" , "id" : "四" } `, `{"id":01,"text":"a"}`, `{"id":1.5,"text":"a"}`, `{"text":"a\n"}`,
		`{"text":"a"} x`, `{"text":"a","text":"b"}`, `{"id":null,"text":"a"}`, `{"Text":"a"}`, `{"text":"a",}`, `{"text":"a","point":[1,2]}`, `{"id":-1,"text":""}`, `{}`, `{"id":1}`, `[`, "{\"text\":\"\x01\"}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if utf8Fault("the line", []byte(s)) != nil {
			return // refused before
		}
		var got, want locateRequest
		if !got.plain([]byte(s)) {
			return
		}
		d := json.NewDecoder(strings.NewReader(s))
		d.DisallowUnknownFields()
		if err := d.Decode(&want); err != nil || got.Text != want.Text || !bytes.Equal(got.ID, want.ID) {
			t.Errorf("%q: got %q id %s, the decoder %q id %s %v", s, got.Text, got.ID, want.Text, want.ID, err)
		}
	})
}
