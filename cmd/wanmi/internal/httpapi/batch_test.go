package httpapi_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

// The answers of many lines come in their order, each what the single endpoint gives.
func TestBatchOrder(t *testing.T) {
	s := start(t, nil)
	srv := httptest.NewServer(s.api)
	defer srv.Close()
	texts := []string{report, "邹城市第一中学", "qqqq", "", `路灯\"不亮\"`}
	single := make([]string, len(texts))
	for k, text := range texts {
		single[k] = s.do("POST", "/v1/locate", fmt.Sprintf(`{"id":7,"text":"%s"}`, text)).Body.String()
	}
	var in strings.Builder
	const n = 2000
	for i := range n {
		fmt.Fprintf(&in, `{"id":%d,"text":"%s"}`+"\n", i, texts[i%len(texts)])
	}
	res, err := srv.Client().Post(srv.URL+"/v1/batch", "application/x-ndjson", strings.NewReader(in.String()))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var all bytes.Buffer
	if _, err := all.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(all.String(), "\n")
	if len(lines) != n+1 {
		t.Fatalf("%d answers, want %d", len(lines)-1, n)
	}
	for i, line := range lines[:n] {
		id := fmt.Sprintf(`{"id":%d,`, i)
		rest, ok := strings.CutPrefix(line, id)
		if want, found := strings.CutPrefix(single[i%len(texts)], `{"id":7,`); !ok || found && rest != want || !found && !strings.Contains(line, `"error"`) {
			t.Fatalf("answer %d: got %.200s, want %.200s behind %s", i, line, want, id)
		}
	}
}
