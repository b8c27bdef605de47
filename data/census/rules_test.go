package census

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/checks.md and docs/checks.zh-CN.md anew")

// TestRulesDocs: the documents say what the table says.
func TestRulesDocs(t *testing.T) {
	for lang, name := range map[string]string{"en": "checks.md", "zh": "checks.zh-CN.md"} {
		file := filepath.Join("..", "..", "docs", name)
		want := RulesMarkdown(lang)
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s is not as the table of rules has it (%v); run go test ./data/census -run TestRulesDocs -update", file, err)
		}
	}
}

// TestRulesWhole: every id in rules.go has one line in the table, in both languages, and no other.
func TestRulesWhole(t *testing.T) {
	src, err := os.ReadFile("rules.go")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`= "([a-z_]+\.[a-z_]+)"`).FindAllStringSubmatch(string(src), -1) {
		ids[m[1]] = true
	}
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.ID] || !ids[r.ID] {
			t.Errorf("rule %s is twice in the table, or has no constant", r.ID)
		}
		seen[r.ID] = true
		if r.Zh == "" || r.En == "" || strings.Contains(r.En+r.Zh, "|") || (r.FixEn == "") != (r.FixZh == "") {
			t.Errorf("rule %s is not told in both languages", r.ID)
		}
	}
	for id := range ids {
		if !seen[id] {
			t.Errorf("rule %s is not in the table", id)
		}
	}
}

// TestProfileChecks: thresholds, local classes and rules switched off come from the profile, and nonsense is refused.
func TestProfileChecks(t *testing.T) {
	head := "layer: component\nx: 经度\ny: 纬度\ncrs: EPSG:4490\nfields: {state: 状态, class: 类别, init_date: 日期}\n"
	for _, bad := range []string{"checks: {earliest: soon}\n", "checks: {off: [no.rule]}\n", "checks: {off: [position.zero]}\n", "checks: {near_m: {D: 1}}\n", "checks: {values: {高: [3, 1]}}\n", "checks: {local_classes: [{code: \"9\"}]}\n"} {
		if _, err := ParseProfile([]byte(head + bad)); err == nil {
			t.Errorf("taken: %s", bad)
		}
	}
	csv := "类别,状态,日期,经度,纬度,杆高\n01037,待核实,2001-02-03,116.970001,35.400001,99\n智能回收机,完好,2020-02-03,116.975001,35.405001,9\n01037,完好,2020-01-01,116.970011,35.400001,9\n"
	file := filepath.Join(t.TempDir(), "件.csv")
	if err := os.WriteFile(file, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := func(checks string) map[string]int {
		p, err := ParseProfile([]byte(head + checks))
		if err != nil {
			t.Fatal(err)
		}
		res, err := Import(t.Context(), newMem(), Options{Layer: "component", Files: []string{file}, Profile: &p, Set: map[string]string{"community_code": "370883001001"}, DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		n := map[string]int{}
		for _, c := range res.Counts() {
			n[c.Rule] += int(c.Count)
		}
		return n
	}
	plain := rules("")
	if plain[RuleState] != 1 || plain[RuleClass] != 1 || plain[RuleNear] != 0 || plain[RuleBefore] != 0 {
		t.Errorf("without checks: %v", plain)
	}
	own := rules("checks: {earliest: \"2005-01-01\", states: [待核实], near_m: {A: 2}, values: {杆高: [1, 30]}, off: [field.absent], local_classes: [{code: \"03990\", zh: 智能回收机}]}\n")
	if own[RuleState] != 0 || own[RuleClass] != 0 || own[RuleNear] != 1 || own[RuleBefore] != 1 || own[RuleValue] != 1 || own[RuleAbsent] != 0 {
		t.Errorf("with checks: %v", own)
	}
}

// TestWholeTable: what every row of a file has alike is one fault of the file, and rows that differ keep theirs.
func TestWholeTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("类别,状态,数据来源,权属单位代码,经度,纬度\n")
	for i := range 40 {
		state := "完好"
		if i == 7 {
			state = "待核实"
		}
		fmt.Fprintf(&b, "01037,%s,全市路灯清单,LD,116.97%04d1,35.4000017\n", state, i*10)
	}
	file := filepath.Join(t.TempDir(), "灯.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	res, err := Import(t.Context(), newMem(), Options{Layer: "component", Files: []string{file}, Set: map[string]string{"community_code": "370883001001", "dept_name": "路灯所", "init_date": "2024-01-02"}, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Faults) != 3 || len(res.Findings) != 3 || len(res.Counts()) != 3 {
		t.Fatalf("%d faults, %d findings, %d counts; want two of the file and one of row 9: %+v", len(res.Faults), len(res.Findings), len(res.Counts()), res.Faults)
	}
	for _, f := range res.Faults {
		if f.Rule != RuleState && (f.Row != 0 || !strings.Contains(f.Text, "in 40 rows")) || f.Rule == RuleState && f.Row != 9 {
			t.Errorf("%+v", f)
		}
	}
}
