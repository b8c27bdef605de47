//go:build e2e

package e2e

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

const community = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"社区代码":"370883001001","社区名称":"试验社区"},` +
	`"geometry":{"type":"Polygon","coordinates":[[[116.97,35.40],[116.98,35.40],[116.98,35.41],[116.97,35.41],[116.97,35.40]]]}}]}`

const lamps = "部件名称,类别代码,经度,纬度\n供水井盖,01001,116.975,35.405\n"

// Files no text archive can hold: broken archives, wrong encodings, a line of 2 GiB. Each ends with the code of the
// contract and a sentence that names the file, and leaves the database as it was.
func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "city.gpkg")
	write := func(name string, b []byte) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	must(t, "import", "--db", db, "community", write("社区.geojson", []byte(community)))
	must(t, "synth", "--out", filepath.Join(dir, "synth"), "--km2", "1")
	whole, err := os.ReadFile(filepath.Join(dir, "synth", "02部件普查成果", "01市政公用设施.zip"))
	if err != nil {
		t.Fatal(err)
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(lamps)
	if err != nil {
		t.Fatal(err)
	}
	shape := append([]byte{0, 0, 0x27, 0x0A}, make([]byte, 96)...)
	for _, tc := range []struct {
		name string
		body []byte
		args []string
		code int
		say  string
	}{
		{"截断.zip", whole[:len(whole)/2], nil, 3, "截断.zip"},
		{"损坏.zip", spoilt(whole), nil, 3, "损坏.zip"},
		{"空.zip", []byte("PK\x05\x06" + strings.Repeat("\x00", 18)), nil, 3, "空.zip"},
		{"空.xlsx", nil, nil, 3, "空.xlsx"},
		{"截断.geojson", []byte(community[:200]), nil, 3, "截断.geojson"},
		{"截断.json", []byte(`[{"type":"lamp","longitude":116.9`), nil, 3, "截断.json"},
		{"孤.shp", shape, nil, 3, "孤.shp"},
		{"乱.bin", []byte("\x7fELF\x00\x01\x02\x03\xff\xfe\x00\x00"), nil, 3, "乱.bin"},
		{"没有.csv", nil, []string{"absent"}, 2, "没有.csv"},
		{"乱码.csv", []byte(gbk), []string{"--encoding", "utf-8"}, 3, "乱码.csv"},
		{"编码.csv", []byte(lamps), []string{"--encoding", "klingon"}, 2, "klingon"},
		{"列.csv", []byte(lamps), []string{"--profile", write("错.yaml", []byte("layer: component\nfields: {code: 没有这一列}\n"))}, 2, "没有这一列"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := filepath.Join(dir, tc.name)
			args := append([]string{"import", "--db", db, "component", file}, tc.args...)
			if len(tc.args) == 1 && tc.args[0] == "absent" {
				args = args[:len(args)-1]
			} else {
				write(tc.name, tc.body)
			}
			r := wanmi(t, args...)
			if r.code != tc.code || !strings.Contains(r.errOut, tc.say) {
				t.Errorf("exit code %d, want %d, and a message with %q:\n%s", r.code, tc.code, tc.say, tail(r.errOut))
			}
			for _, inside := range []string{"panic", "goroutine", ".go:"} {
				if strings.Contains(r.errOut, inside) {
					t.Errorf("the message shows %q:\n%s", inside, tail(r.errOut))
				}
			}
		})
	}
	t.Run("a line of 2 GiB", func(t *testing.T) { longLine(t, db, filepath.Join(dir, "长.csv")) })
	must(t, "check", "--db", db)
	if n := count(t, db, "component"); n != 0 {
		t.Errorf("%d components went in, want none", n)
	}
	// The same rows in GBK, not mislabelled, go in: the cases above failed for their fault alone.
	must(t, "import", "--db", db, "component", write("好.csv", []byte(gbk)))
	if n := count(t, db, "component"); n != 1 {
		t.Errorf("%d components after the good file, want 1", n)
	}
}

// spoilt returns the archive with a fault in each tenth of it, so that one lies in a part that is read.
func spoilt(whole []byte) []byte {
	b := bytes.Clone(whole)
	for i := 1; i < 9; i++ {
		copy(b[len(b)*i/10:], make([]byte, 64))
	}
	return b
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func longLine(t *testing.T, db, file string) {
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file)
	if _, err := io.WriteString(f, lamps); err != nil {
		t.Fatal(err)
	}
	// 64 MiB are written, the rest is a hole: no reader may come that far.
	if _, err := io.CopyN(f, endless{}, 64<<20); err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(2 << 30); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r := wanmi(t, "import", "--db", db, "component", file)
	if r.code != 3 || !strings.Contains(r.errOut, "长.csv") {
		t.Errorf("exit code %d, want 3, and a message that names the file:\n%s", r.code, tail(r.errOut))
	}
}
