//go:build e2e

package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// placed is what every way of asking says of a report.
type placed struct {
	Place *struct {
		Label, Layer, ID string
		Point            [2]float64
		Score            float64
		UncertaintyM     float64 `json:"uncertainty_m"`
	}
	Grid       *struct{ Code string }
	Community  *struct{ Name string }
	Components []struct{ Code string }
	Department *struct{ Name string }
	Matter     *struct{ Code, Name string }
}

// TestSameAnswer asks all reports of the demo city, some with a telephone's position, one at a time, as NDJSON, by the command line's lines and
// files, and as an uploaded file: each way must answer the same.
func TestSameAnswer(t *testing.T) {
	db := demoDB(t)
	s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	all := readTruth(t)
	var lines, texts, table, upload strings.Builder
	table.WriteString("编号,文本,经度,纬度,精度\n")
	upload.WriteString("文本\n")
	questions := make([]string, len(all))
	for i, tr := range all {
		q := map[string]any{"text": tr.text}
		lon, lat, accuracy := "", "", ""
		if i%2 == 1 { // 15 m beside the place, every tenth 2 km away
			off := 15.0
			if i%10 == 1 {
				off = 2000
			}
			p := [2]float64{tr.lon + off/91000, tr.lat}
			q["point"], q["accuracy_m"] = p, 20
			lon, lat, accuracy = strconv.FormatFloat(p[0], 'f', -1, 64), strconv.FormatFloat(p[1], 'f', -1, 64), "20"
		}
		b, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		questions[i] = string(b)
		lines.Write(append(b, '\n'))
		texts.WriteString(tr.text + "\n")
		fmt.Fprintf(&table, "%s,%q,%s,%s,%s\n", tr.id, tr.text, lon, lat, accuracy)
		fmt.Fprintf(&upload, "%q\n", tr.text)
	}
	single := make([]string, len(all))
	for i, q := range questions {
		r := s.do("POST", "/v1/locate", strings.NewReader(q), "Content-Type", "application/json")
		if r.status != 200 {
			t.Fatalf("%s: %d %s", q, r.status, r.body)
		}
		single[i] = strings.TrimSpace(string(r.body))
	}
	batch := strings.Split(strings.TrimSpace(string(s.do("POST", "/v1/batch", strings.NewReader(lines.String())).body)), "\n")
	sameLines(t, "/v1/batch", all, batch, single)

	cmd := exec.Command(bin, "geocode", "--db", db, "-")
	cmd.Stdin = strings.NewReader(texts.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	byWords := slices.Clone(single)
	for i := 1; i < len(all); i += 2 { // without the position
		byWords[i] = strings.TrimSpace(string(s.do("POST", "/v1/locate", strings.NewReader(`{"text":`+strconv.Quote(all[i].text)+`}`), "Content-Type", "application/json").body))
	}
	sameLines(t, "wanmi geocode -", all, strings.Split(strings.TrimSpace(string(out)), "\n"), byWords)

	dir := t.TempDir()
	in, to := filepath.Join(dir, "in.csv"), filepath.Join(dir, "out.csv")
	if err := os.WriteFile(in, []byte(table.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "geocode", "--db", db, "--batch", in, "--out", to, "--position", "经度,纬度,精度")
	rows := csvRows(t, to)
	form, typ := multipartForm(t, nil, upload.String())
	r := s.do("POST", "/search/csv/", strings.NewReader(form), "Content-Type", typ)
	sent, err := csv.NewReader(strings.NewReader(string(r.body))).ReadAll()
	if err != nil || len(rows) != len(all) || len(sent) != len(all)+1 {
		t.Fatalf("%v; %d and %d rows, want %d", err, len(rows), len(sent), len(all))
	}
	conflicts := 0
	for i, tr := range all {
		if rows[i]["编号"] != tr.id || sent[i+1][0] != tr.text {
			t.Fatalf("row %d is another's: %v %v", i, rows[i], sent[i+1])
		}
		conflicts += btoi(strings.Contains(rows[i]["result_reasons"], "定位相距"))
		if diff := rowDiffers(parse(t, single[i]), rows[i]); diff != "" {
			t.Errorf("--batch: %s: %s", tr.text, diff)
		}
		uploaded := map[string]string{}
		for k, h := range sent[0] {
			uploaded[h] = sent[i+1][k]
		}
		for _, h := range []string{"result_component", "result_department", "result_matter_code", "result_matter_name"} { // addok has none
			uploaded[h] = "-"
		}
		if diff := rowDiffers(parse(t, byWords[i]), uploaded); diff != "" {
			t.Errorf("/search/csv/: %s: %s", tr.text, diff)
		}
	}
	if conflicts < len(all)/12 {
		t.Errorf("a contradiction is said in %d rows of the file, of %d that have one", conflicts, len(all)/10)
	}
}

// sameLines compares JSON answers; text and id are the asker's.
func sameLines(t *testing.T, way string, all []truth, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d answers, want %d", way, len(got), len(want))
	}
	differ := 0
	for i := range want {
		var a, b map[string]any
		if json.Unmarshal([]byte(got[i]), &a) != nil || json.Unmarshal([]byte(want[i]), &b) != nil {
			t.Fatalf("%s: no JSON: %s", way, tail(got[i]))
		}
		delete(a, "text")
		if !reflect.DeepEqual(a, b) {
			if differ++; differ < 4 {
				t.Errorf("%s: %s\n%s\nby itself\n%s", way, all[i].text, got[i], want[i])
			}
		}
	}
	if differ > 0 {
		t.Errorf("%s: %d of %d answers differ from those asked one at a time", way, differ, len(want))
	}
}

func parse(t *testing.T, answer string) (p placed) {
	t.Helper()
	if err := json.Unmarshal([]byte(answer), &p); err != nil {
		t.Fatalf("%v\n%s", err, answer)
	}
	return p
}

// rowDiffers says where a row of a table is not the answer; columns it does not have are "-".
func rowDiffers(p placed, row map[string]string) string {
	if p.Place == nil {
		if row["longitude"] != "" {
			return "placed, and not by itself"
		}
		return ""
	}
	near := func(column string, want, within float64) string {
		got, err := strconv.ParseFloat(row[column], 64)
		if err != nil || math.Abs(got-want) > within {
			return fmt.Sprintf("%s %q, want %v", column, row[column], want)
		}
		return ""
	}
	for _, diff := range []string{
		near("longitude", p.Place.Point[0], 6e-8), near("latitude", p.Place.Point[1], 6e-8),
		near("result_score", p.Place.Score, 6e-4), near("result_uncertainty_m", p.Place.UncertaintyM, .51),
	} {
		if diff != "" {
			return diff
		}
	}
	want := map[string]string{"result_label": p.Place.Label, "result_grid": "", "result_community": "", "result_component": "", "result_department": "", "result_matter_code": "", "result_matter_name": ""}
	if p.Grid != nil {
		want["result_grid"] = p.Grid.Code
	}
	if p.Community != nil {
		want["result_community"] = p.Community.Name
	}
	if len(p.Components) > 0 {
		want["result_component"] = p.Components[0].Code
	}
	if p.Department != nil {
		want["result_department"] = p.Department.Name
	}
	if p.Matter != nil {
		want["result_matter_code"], want["result_matter_name"] = p.Matter.Code, p.Matter.Name
	}
	for column, w := range want {
		if row[column] != w && row[column] != "-" {
			return fmt.Sprintf("%s %q, want %q", column, row[column], w)
		}
	}
	return ""
}
