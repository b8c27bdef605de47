package census

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/gis"

	"github.com/paulmach/orb"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// zipOf writes an archive with headers as given; the body of every part is a small table unless the map has another.
func zipOf(t testing.TB, bodies map[string][]byte, headers ...zip.FileHeader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, h := range headers {
		w, err := z.CreateHeader(&h)
		if err != nil {
			t.Fatal(err)
		}
		body, ok := bodies[h.Name]
		if !ok {
			body = []byte("编号,名称\n1,路灯\n")
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func linkHeader(name string) zip.FileHeader {
	h := zip.FileHeader{Name: name}
	h.SetMode(fs.ModeSymlink | 0o777)
	return h
}

// patched changes a two-byte field of every entry in the list of an archive (and at other, in the parts' own headers).
func patched(b []byte, central, local int, v uint16) []byte {
	out := bytes.Clone(b)
	for i := 0; i+46 < len(out); i++ {
		switch string(out[i : i+4]) {
		case "PK\x01\x02":
			binary.LittleEndian.PutUint16(out[i+central:], v)
		case "PK\x03\x04":
			binary.LittleEndian.PutUint16(out[i+local:], v)
		}
	}
	return out
}

func TestHostileArchives(t *testing.T) {
	small := Limits{FileBytes: 4 << 20, ArchiveSize: 6 << 20, Parts: 20, MemoryBytes: 4 << 20, Ratio: 100}
	rows := []byte("编号,名称\n") // 2.5 MiB that packs to about a third
	for i := 0; len(rows) < 5<<19; i++ {
		rows = fmt.Appendf(rows, "%d,%x\n", i, i*i*7919%1000003)
	}
	packed := zipOf(t, map[string][]byte{"a.csv": rows}, zip.FileHeader{Name: "a.csv", Method: zip.Deflate})
	store := func(names ...string) (out []zip.FileHeader) {
		for _, n := range names {
			out = append(out, zip.FileHeader{Name: n})
		}
		return out
	}
	table := zip.FileHeader{Name: "a.csv"}
	one := zipOf(t, nil, table)
	nest := func(n int, b []byte) []byte {
		for range n {
			b = zipOf(t, map[string][]byte{"in.zip": b}, zip.FileHeader{Name: "in.zip"})
		}
		return b
	}
	for name, c := range map[string]struct {
		body []byte
		says string
	}{
		"absolute":              {zipOf(t, nil, zip.FileHeader{Name: "/etc/a.csv"}), "outside the archive"},
		"absolute, backslash":   {zipOf(t, nil, zip.FileHeader{Name: `\etc\a.csv`}), "outside the archive"},
		"drive":                 {zipOf(t, nil, zip.FileHeader{Name: `C:\a.csv`}), "outside the archive"},
		"up":                    {zipOf(t, nil, zip.FileHeader{Name: "x/../../a.csv"}), "outside the archive"},
		"up, backslash":         {zipOf(t, nil, zip.FileHeader{Name: `x\..\..\a.csv`}), "outside the archive"},
		"link":                  {zipOf(t, map[string][]byte{"a.csv": []byte("/etc/passwd")}, linkHeader("a.csv")), "link or device"},
		"two of one name":       {zipOf(t, nil, table, table), "two parts called"},
		"the same by slashes":   {zipOf(t, nil, zip.FileHeader{Name: "x/a.csv"}, zip.FileHeader{Name: `x\a.csv`}), "two parts called"},
		"encrypted":             {patched(one, 8, 6, 1), "is encrypted"},
		"unknown method":        {patched(one, 10, 8, 9), "method 9"},
		"ratio":                 {zipped(t, map[string][]byte{"a.csv": make([]byte, 3<<20)}), "grows"},
		"one part too large":    {zipOf(t, map[string][]byte{"a.csv": bytes.Repeat(rows, 2)}, table), "over the limit of 4"},
		"together too large":    {zipOf(t, map[string][]byte{"a.csv": rows, "b.csv": rows, "c.csv": rows}, store("a.csv", "b.csv", "c.csv")...), "unpacks to more than 6 MiB"},
		"nested too large":      {zipOf(t, map[string][]byte{"a.zip": packed, "b.zip": packed, "c.zip": packed}, store("a.zip", "b.zip", "c.zip")...), "unpacks to more than 6 MiB"},
		"nested too deep":       {nest(4, one), "too deep"},
		"many parts":            {zipOf(t, nil, manyHeaders(21)...), "over the limit of 20"},
		"many parts, nested":    {zipOf(t, map[string][]byte{"a.zip": zipOf(t, nil, manyHeaders(12)...), "b.zip": zipOf(t, nil, manyHeaders(12)...)}, zip.FileHeader{Name: "a.zip"}, zip.FileHeader{Name: "b.zip"}), "over the limit of 20"},
		"gzip that grows":       {gz(append([]byte("a,b\n1,2\n"), bytes.Repeat([]byte("1,2\n"), 1<<20)...)), "out of all measure"},
		"rar":                   {[]byte("Rar!\x1a\x07\x01\x00"), "RAR archive"},
		"7z in a zip":           {zipOf(t, map[string][]byte{"a.7z": []byte("7z\xbc\xaf\x27\x1c\x00")}, zip.FileHeader{Name: "a.7z"}), "7z archive"},
		"old workbook in a zip": {zipOf(t, map[string][]byte{"a.xls": {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}}, zip.FileHeader{Name: "a.xls"}), "old Excel"},
		"geodatabase":           {zipOf(t, map[string][]byte{"x.gdb/a.gdbtable": {0, 1, 2}}, zip.FileHeader{Name: "x.gdb/a.gdbtable"}), "export its layers"},
		"workbook that grows":   {zipped(t, map[string][]byte{"xl/workbook.xml": []byte("<workbook/>"), "xl/worksheets/sheet1.xml": make([]byte, 3<<20)}), "grows"},
	} {
		t.Run(name, func(t *testing.T) {
			rs, err := OpenAll(temp(t, "x.zip", c.body), ReadOptions{Limits: small})
			for _, r := range rs {
				for _, e := range r.Rows() {
					if e != nil {
						err = e
					}
				}
				_ = r.Close()
			}
			if gis.KindOf(err) != gis.Rejected || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want Rejected with %q", err, c.says)
			}
		})
	}
}

// Archives inside archives are held in memory, all of them together.
func TestNestedMemory(t *testing.T) {
	inner := zipOf(t, map[string][]byte{"a.csv": bytes.Repeat([]byte("编号,名称\n"), 50000)}, zip.FileHeader{Name: "a.csv"})
	file := temp(t, "x.zip", zipOf(t, map[string][]byte{"a.zip": inner, "b.zip": inner}, zip.FileHeader{Name: "a.zip"}, zip.FileHeader{Name: "b.zip"}))
	for _, c := range []struct {
		memory int64
		says   string
	}{{2 << 20, ""}, {1 << 20, "larger than"}} {
		rs, err := OpenAll(file, ReadOptions{Limits: Limits{MemoryBytes: c.memory}})
		if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("with %d bytes: %v, want %q", c.memory, err, c.says)
		}
		for _, r := range rs {
			_ = r.Close()
		}
	}
}

// Info-ZIP writes the name a second time, as UTF-8 with a checksum of the first; a checksum that is wrong makes it nothing.
func TestUnicodePath(t *testing.T) {
	field := func(sum uint32) []byte {
		b := []byte{0x75, 0x70, 0, 0, 1}
		b = append(binary.LittleEndian.AppendUint32(b, sum), "路灯.csv"...)
		binary.LittleEndian.PutUint16(b[2:], uint16(len(b)-4))
		return b
	}
	for want, sum := range map[string]uint32{"!路灯.csv": crc32.ChecksumIEEE([]byte("x.csv")), "!x.csv": 7} {
		rs, err := OpenAll(temp(t, "a.zip", zipOf(t, nil, zip.FileHeader{Name: "x.csv", Extra: field(sum)})), ReadOptions{})
		if err != nil || len(rs) != 1 || !strings.HasSuffix(rs[0].Name(), want) {
			t.Fatalf("got %v, %v, want a table %s", rs, err, want)
		}
		_ = rs[0].Close()
	}
}

func manyHeaders(n int) (out []zip.FileHeader) {
	for i := range n {
		out = append(out, zip.FileHeader{Name: fmt.Sprintf("%d.csv", i)})
	}
	return out
}

// A delivery as it comes: classes in folders, photos, notes, a point file as text, an archive in the archive; zipped and not.
func TestMixedDelivery(t *testing.T) {
	s, d := shapefile([]orb.Point{{116.97, 35.4}}, []string{"路灯"}, simplifiedchinese.GBK, t)
	parts := map[string][]byte{
		"市政/路灯/路灯.shp": s, "市政/路灯/路灯.dbf": d, "市政/路灯/路灯.shx": {}, "市政/路灯/路灯.cpg": []byte("UTF-8"), "市政/路灯/路灯.shp.xml": []byte("<x/>"),
		"照片/1.jpg": {0xFF, 0xD8, 0}, "说明.txt": []byte("本次普查由测绘院完成，\n共 12 类。\n"), "点.txt": []byte("编号,经度,纬度\n1,116.97,35.4\n"), "空.csv": {}, "Thumbs.db": {0, 1},
		"in.zip": zipped(t, map[string][]byte{"井盖.csv": []byte("编号,经度,纬度\n1,116.97,35.4\n")}), ".DS_Store": {0}, "__MACOSX/._a.csv": {0}, "unknown.bin": {0x7F, 'E', 'L', 'F', 0},
	}
	const want = "in.zip!井盖.csv csv 1;市政/路灯/路灯.shp shp 1;点.txt csv 1"
	dir := filepath.Join(t.TempDir(), "成果")
	for name, b := range parts {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc", filepath.Join(dir, "链接")); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{temp(t, "成果.zip", zipped(t, parts)), dir} {
		rs, err := OpenAll(file, ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rs {
			n := 0
			for row, err := range r.Rows() {
				if err != nil || row.Err != nil {
					t.Fatal(err, row.Err)
				}
				n++
			}
			got = append(got, fmt.Sprintf("%s %s %d", strings.TrimPrefix(r.Name(), file+"!"), r.Format(), n))
		}
		if strings.Join(got, ";") != want {
			t.Errorf("%s: got %q, want %q", filepath.Base(file), got, want)
		}
		said := strings.Join(rs[0].(interface{ Remarks() []string }).Remarks(), " ")
		for _, w := range []string{"1.jpg", "说明.txt", "空.csv", "unknown.bin"} {
			if !strings.Contains(said, w) {
				t.Errorf("%s: %q does not say that %s was passed over", filepath.Base(file), said, w)
			}
		}
		if linked := strings.Contains(said, "1 links"); linked != (file == dir) {
			t.Errorf("%s: links: %q", filepath.Base(file), said)
		}
		for _, r := range rs {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
