package census

import (
	"fmt"
	"strings"
)

// RulesMarkdown is the table of the kinds of faults as a document, in Chinese ("zh") or English ("en").
func RulesMarkdown(lang string) string {
	w := docEn
	if lang == "zh" {
		w = docZh
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", w.head)
	fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n|---|---|---|---|---|\n", w.rule, w.severity, w.where, w.what, w.fix)
	for _, r := range ruleTable {
		what, fix := r.En, r.FixEn
		if lang == "zh" {
			what, fix = r.Zh, r.FixZh
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.ID, w.words[string(r.Severity)], w.words[r.Where], what, fix)
	}
	fmt.Fprintf(&b, "\n%s", w.foot)
	return b.String()
}

type docWords struct {
	head, rule, severity, where, what, fix, foot string
	words                                        map[string]string
}

const profileExample = "```yaml\nlayer: component\nfields: {code: 部件标识码, state: 部件状态}\nchecks:\n  earliest: \"2005-01-01\"\n  near_m: {A: 0.3, B: 1, C: 5}\n" +
	"  in_building_m: 3\n  in_water_m: 2\n  lamp_gap: 1.6\n  lamp_outlier: 1.8\n  values: {杆高: [2, 40]}\n  states: [待核实]\n  data_sources: [无人机]\n" +
	"  local_classes: [{code: \"03990\", zh: 智能回收机, en: smart recycling machine, geometry: point, accuracy: B}]\n  off: [field.data_source]\n```\n"

var docEn = docWords{
	head: "# The kinds of faults\n\n[中文](checks.zh-CN.md)\n\n" +
		"What `wanmi import` looks for in a delivery of components. This table is made from the one the program checks by\n" +
		"(`go test ./data/census -run TestRulesDocs -update`); `wanmi census checks` prints it, with `--json` for programs.\n\n" +
		"- error: the row is not stored; with `--fix` it is, where the last column says how. warning, note: it is stored.\n" +
		"- row: seen in the row by itself; delivery: rows against each other, against the base map or against what is stored; file: once for the file.\n" +
		"- `--fix` writes into the component's further columns (`fixed`) which rule changed what, and what it was: the history keeps it.",
	rule: "code", severity: "severity", where: "seen in", what: "what it finds", fix: "what `--fix` does",
	foot: "Shapes of unit grids, streets and communities are checked by `wanmi grid check` and by `wanmi import unit_grid`.\n\n" +
		"## Thresholds and local classes\n\nA profile (`wanmi import --guess` writes one) may set them; what is not set is as here:\n\n" + profileExample +
		"\nDefaults: `earliest` 2000-01-01; `near_m` A 0.5, B 1, C 10 m, the accuracy classes of the standard; `in_building_m` and `in_water_m` 2 m;\n" +
		"`lamp_gap` 1.6 and `lamp_outlier` 1.8 times the usual distance of the row; a line up to 20 km, an area up to 5 km². Limits of columns\n" +
		"are found by their headings (胸径, 高度, 宽度, 深度 …); `values` sets others. `off` switches off what is no error.\n",
	words: map[string]string{"error": "error", "warning": "warning", "note": "note", "row": "row", "delivery": "delivery", "file": "file"},
}

var docZh = docWords{
	head: "# 问题种类\n\n[English](checks.md)\n\n" +
		"`wanmi import` 在部件成果中检查的全部问题。本表由程序检查所用的同一张表生成\n" +
		"（`go test ./data/census -run TestRulesDocs -update`）；`wanmi census checks` 可列出，加 `--json` 供程序读取。\n\n" +
		"- 错误：该行不入库；末列有说明的，加 `--fix` 后修正入库。警告、提示：照常入库。\n" +
		"- 行：由该行自身可见；成果：与其他行、底图或库中数据比对；文件：整个文件记一次。\n" +
		"- `--fix` 把“哪条规则改了什么、原值是什么”写入部件的扩展属性 `fixed`，历史中可查。",
	rule: "代码", severity: "级别", where: "范围", what: "含义", fix: "`--fix` 的处理",
	foot: "单元网格、街道、社区的图形由 `wanmi grid check` 与 `wanmi import unit_grid` 检查。\n\n" +
		"## 阈值与本地类别\n\n可在映射文件（`wanmi import --guess` 生成）中设定，未设者取默认值：\n\n" + profileExample +
		"\n默认：`earliest` 2000-01-01；`near_m` A 级 0.5、B 级 1、C 级 10 米（即标准的精度等级）；`in_building_m`、`in_water_m` 2 米；\n" +
		"`lamp_gap` 为灯列通常间距的 1.6 倍，`lamp_outlier` 1.8 倍；线不超过 20 公里，面不超过 5 平方公里。数值列的范围按列名\n" +
		"（胸径、高度、宽度、深度……）判定，`values` 可另设。`off` 可关闭非错误级的规则。\n",
	words: map[string]string{"error": "错误", "warning": "警告", "note": "提示", "row": "行", "delivery": "成果", "file": "文件"},
}
