package census

import (
	"strings"
	"testing"
)

func TestDelimiters(t *testing.T) {
	const table = "编号~名称~经度~纬度\n1~路灯 甲~116.97~35.40\n2~\"a~b\"~116.98~35.41\n3~~116.99~35.42\n"
	for _, c := range []struct{ name, delim, quoted string }{
		{"comma", ",", "a,b"},
		{"tab", "\t", "a\tb"},
		{"semicolon", ";", "a;b"},
		{"pipe", "|", "a|b"},
		{"caret", "^", "a^b"},
		{"tilde", "~", "a~b"},
		{"hash", "#", "a#b"},
		{"SOH, as Hive writes", "\x01", "a\x01b"},
		{"unit separator", "\x1f", "a\x1fb"},
		{"full-width comma", "，", "a，b"},
		{"enumeration comma", "、", "a、b"},
		{"colon", ":", "a:b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, rows, _, err := readAll(t, temp(t, "t.csv", []byte(strings.ReplaceAll(table, "~", c.delim))), ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != 3 || strings.Join(rows[1], "+") != "2+"+c.quoted+"+116.98+35.41" {
				t.Errorf("got %q", rows)
			}
		})
	}
	for name, c := range map[string]struct{ body, want string }{
		"blanks":                     {"  编号  经度    纬度\n 1   116.97 35.40\n 2 116.98  35.41\n", "编号|经度|纬度;1|116.97|35.40;2|116.98|35.41"},
		"decimal comma":              {"编号;经度;纬度\n1;116,97;35,4\n2;116,980;35,41\n", "编号|经度|纬度;1|116.97|35.4;2|116.980|35.41"},
		"decimal comma, quoted":      {"编号,经度,纬度\n1,\"116,97\",\"35,4\"\n", "编号|经度|纬度;1|116.97|35.4"},
		"decimal comma, two columns": {"经度;纬度\n116,97;35,4\n116,98;35,41\n", "经度|纬度;116.97|35.4;116.98|35.41"},
		"points in thousands":        {"编号;X;Y\n1;498.000,5;3.918.000,25\n", "编号|X|Y;1|498000.5|3918000.25"},
		"commas in thousands stay":   {"编号\tX\tY\n1\t498,000\t3,918,000.5\n", "编号|X|Y;1|498,000|3,918,000.5"},
		"lists of numbers stay":      {"编号\t楼层\n1\t1,2\n2\t甲\n3\t3,4\n", "编号|楼层;1|1,2;2|甲;3|3,4"},
		"WKT between tabs":           {"编号\tgeom\n1\tLINESTRING(1 2,3 4,5 6)\n2\tLINESTRING(1 2,3 4)\n", "编号|geom;1|LINESTRING(1 2,3 4,5 6);2|LINESTRING(1 2,3 4)"},
	} {
		t.Run(name, func(t *testing.T) {
			cols, rows, _, err := readAll(t, temp(t, "t.csv", []byte(c.body)), ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			parts := []string{strings.Join(cols, "|")}
			for _, r := range rows {
				parts = append(parts, strings.Join(r, "|"))
			}
			if got := strings.Join(parts, ";"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
