package census

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestPlainLines reads each text in one piece, where lines without quotation marks are taken whole, and byte by byte, where none is.
func TestPlainLines(t *testing.T) {
	read := func(r io.Reader, limit int64) (out []string) {
		scan := newCSVScanner(r, ',', limit)
		for {
			rec, err := scan.next()
			out = append(out, fmt.Sprintf("%q %v", rec, err))
			if err != nil && !errors.As(err, new(*rowError)) {
				return out
			}
		}
	}
	for _, text := range []string{
		"", "\n", "\n\n", "a", "a,b\n", "a,b\r\n,\r\n", "a\rb\r\nc\n", "a\r\r\nb\n", "\r\n\r\n", "a,\"b\nc\",d\ne,f\n", "a,b\"c\n", "\"\"\n", "x\n\"open,\n1,2\n",
		"路灯,完好\n井盖,破损", strings.Repeat("1,2,3\n", 20000) + "\"q\",2\n" + strings.Repeat("长,行\r\n", 20000), strings.Repeat("a", 70000) + ",b\nc,d\n",
	} {
		for _, limit := range []int64{5, 1 << 20} {
			got, want := read(strings.NewReader(text), limit), read(iotest.OneByteReader(strings.NewReader(text)), limit)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%.40q, limit %d: got %.200q\nwant %.200q", text, limit, got, want)
			}
		}
	}
}
