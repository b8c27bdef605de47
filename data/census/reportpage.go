package census

import "html/template"

// reportPage is the report as one file: no script, no reference to anything outside it.
var reportPage = template.Must(template.New("report").Parse(`<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>{{.Batch.Layer}}: {{.Batch.Source}}</title>
<style>
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#1d2733;margin:0 auto;max-width:1200px;padding:24px}
h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:28px 0 8px}p{margin:4px 0;color:#55606e}
.sum{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0}.sum div{background:#f3f5f8;border-radius:8px;padding:10px 16px;min-width:88px}.sum b{display:block;font-size:22px}
.sum .bad b{color:#c02b2b}table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;padding:5px 8px;border-bottom:1px solid #e3e7ec;vertical-align:top;overflow-wrap:anywhere}th{overflow-wrap:normal}
th{background:#f3f5f8;position:sticky;top:0}td.n{text-align:right}code{font-size:12px}.rej{color:#c02b2b}svg{width:100%;height:auto;border:1px solid #e3e7ec;border-radius:8px}
svg .bg{fill:#fafbfc}svg .bad{fill:#c02b2b}svg .find{fill:#d98a00;opacity:.65}svg .bar{fill:none;stroke:#1d2733;stroke-width:1.5}svg text{font-size:13px}details pre{background:#f3f5f8;padding:12px;border-radius:8px;overflow:auto}
</style></head><body>
<h1>{{.Batch.Layer}}: {{.Batch.Source}}</h1>
<p>{{if .DryRun}}Dry run: nothing was written / 试运行，未写入{{else if .Batch.ID}}Batch {{.Batch.ID}} / 批次 {{.Batch.ID}}{{end}}</p>
<div class="sum">
<div><b>{{.Summary.Added}}</b>added 新增</div><div><b>{{.Summary.Moved}}</b>moved 移位</div><div><b>{{.Summary.Changed}}</b>changed 变更</div>
<div><b>{{.Summary.Removed}}</b>removed 移除</div><div><b>{{.Summary.Unchanged}}</b>unchanged 未变</div><div class="bad"><b>{{.Summary.Rejected}}</b>rejected 拒收</div></div>
<h2>Files 文件</h2>
<table><tr><th>file 文件<th>layer 图层<th>rows 行<th>taken 采用<th>rejected 拒收<th>coordinates 坐标系<th>class 类别<th>remarks 说明</tr>
{{range .Files}}<tr><td>{{.File}}<td>{{.Layer}}<td class="n">{{.Rows}}<td class="n">{{.Taken}}<td class="n">{{.Rejected}}<td>{{.CRS}}<td>{{.Class}}<td>{{range .Remarks}}{{.}}<br>{{end}}</tr>{{end}}</table>
{{if .Counts}}<h2>By file and rule 按文件与规则</h2>
<table><tr><th>file 文件<th>kind 类别<th>rule 规则<th>count 数量<th>meaning 含义</tr>
{{range .Counts}}<tr><td>{{.File}}<td>{{.Kind}}<td><code>{{.Rule}}</code><td class="n">{{.Count}}<td>{{.Text}}<br>{{.TextZh}}</tr>{{end}}</table>{{end}}
{{if .Map}}<h2>Where 位置</h2><p>red: rejected, amber: findings / 红：拒收，黄：提示</p>{{.Map}}{{end}}
{{if .Rejected}}<h2>Rejected rows 拒收的行</h2>
<table><tr><th>file 文件<th>row 行<th>field 字段<th>value 值<th>rule 规则<th>reason 原因</tr>
{{range .Rejected}}<tr><td>{{.File}}<td class="n">{{.Row}}<td>{{.Field}}<td>{{.Value}}<td><code>{{.Rule}}</code><td>{{.Reason}}<br>{{.ReasonZh}}{{if .Raw}}<details><summary>row 原始行</summary><code>{{.Raw}}</code></details>{{end}}</tr>{{end}}</table>
{{if .More}}<p>and {{.More}} more; the JSON and XLSX reports have them / 另有 {{.More}} 行，见 JSON 或 XLSX 报告</p>{{end}}{{end}}
{{if .Findings}}<h2>Findings 提示</h2>
<table><tr><th>severity 级别<th>rule 规则<th>text 说明<th>position 位置</tr>
{{range .Findings}}<tr><td>{{.Severity}}<td><code>{{.Rule}}</code><td>{{.Text}}<br>{{.TextZh}}<td>{{if index .At 0}}{{printf "%.6f, %.6f" (index .At 0) (index .At 1)}}{{end}}</tr>{{end}}</table>
{{if .MoreFind}}<p>and {{.MoreFind}} more, of the kinds there are many of; the JSON and XLSX reports have them / 另有 {{.MoreFind}} 条同类提示，见 JSON 或 XLSX 报告</p>{{end}}{{end}}
{{if .Dropped}}<p>{{.Dropped}} further rows or findings were counted and not kept / 另有 {{.Dropped}} 条只计数</p>{{end}}
{{range .Profiles}}<details><summary>profile 映射 {{.File}}</summary><pre>{{.Profile.YAML}}</pre></details>{{end}}
</body></html>
`))
