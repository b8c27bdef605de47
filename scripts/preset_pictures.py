#!/usr/bin/python3
"""Draw what each preset of the division makes of one quarter of the synthetic city, for docs/presets.md and its Chinese twin.

    preset_pictures.py WANMI

WANMI is the program. Writes docs/presets/NAME.svg and the table between the markers of both pages. A cell's label is its
area in thousand m² and the number of its components. The city is invented (wanmi synth, seed 1), so the pictures may be shown.
"""
import csv, json, os, re, shutil, statistics, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEADINGS = {  # of the table, by the page it stands in
    'presets.md': '| preset | cells | median m² | ±10 % | ±50 % | borders on features | compactness | load variation |',
    'presets.zh-CN.md': '| 预设 | 网格数 | 面积中位数 m² | ±10 % | ±50 % | 界线沿地物 | 紧凑度 | 部件数变异系数 |',
}
PRESETS = ['balanced', 'area', 'load', 'feature']
QUARTER = '370883001003'  # the community that is drawn
STYLE = '''path{fill:none;stroke-linejoin:round}.fit{fill:#e9f1dd}.below{fill:#bcd6f7}.above{fill:#f8c3b5}
path.house{fill:#9aa0a8;fill-opacity:.5}path.way{stroke:#b59b57;stroke-width:.7}path.road{stroke:#e0a030;stroke-width:1.4}
path.water{stroke:#4f97cf;stroke-width:1.2}path.border{stroke:#8b1d6b;stroke-width:1.5}path.rim{stroke:#3d0c2f;stroke-width:2.6}
text{font:600 11px sans-serif;fill:#31363c;text-anchor:middle;dominant-baseline:middle;paint-order:stroke;stroke:#fff;stroke-width:2.6px}
text.bar{stroke:none;font-weight:400}rect.scale{fill:#31363c}'''


def run(*cmd):
    p = subprocess.run(cmd, capture_output=True, text=True)
    if p.returncode:
        sys.exit(f'{" ".join(cmd)}: exit {p.returncode}\n{p.stderr}')
    return p.stdout


def load(wanmi, tmp):
    """Import the synthetic city's files but for those the division does not need; the database."""
    files, db = os.path.join(tmp, 'files'), os.path.join(tmp, 'city.gpkg')
    run(wanmi, 'synth', '-q', '--out', files)
    with open(os.path.join(files, 'manifest.json'), encoding='utf-8') as f:
        imports = json.load(f)['imports']
    for i in imports:
        if i['layer'] not in ('grid', 'door', 'poi', 'case', 'department'):
            run(wanmi, 'import', '-q', '--db', db, i['layer'], *[os.path.join(files, x) for x in i['files']], *i.get('args', []))
    return db


def divide(wanmi, tmp, city, preset):
    """Divide a copy of the city: the report's page, its figures, components by cell."""
    db, html, js = (os.path.join(tmp, preset + s) for s in ('.gpkg', '.html', '.json'))
    shutil.copy(city, db)
    run(wanmi, 'grid', 'build', '-q', '--db', db, '--preset', preset, '--report', html)
    run(wanmi, 'grid', 'build', '-q', '--db', db, '--preset', preset, '--mode', 'rebuild', '--report', js)
    table = os.path.join(tmp, preset + '.csv')
    run(wanmi, 'export', '-q', '--db', db, 'component', '--out', table)
    count = {}
    with open(table, encoding='utf-8-sig', newline='') as f:
        for r in csv.DictReader(f):
            code = r.get('grid_code') or r.get('BGCode') or ''
            count[code] = count.get(code, 0) + 1
    with open(html, encoding='utf-8') as f, open(js, encoding='utf-8') as g:
        return f.read(), json.load(g), count


def picture(page, report, count, name):
    part = page.split(f'<details id="c{QUARTER}"', 1)[1]
    svg = re.search(r'<svg class="inner".*?</svg>', part, re.S).group(0)
    area = {c['code'][-3:]: (c['area_m2'], count.get(c['code'], 0)) for c in report['cells'] if c['community'] == QUARTER and c['status'] == 'valid'}

    def label(m):
        a, n = area[m.group(2)]
        return f'{m.group(1)}{a / 1000:.1f} · {n}</text>'
    svg = re.sub(r'(<text x="[^"]*" y="[^"]*">)(\d{3})</text>', label, svg)
    svg = re.sub(r'<a href=.*?</a>', '', svg, flags=re.S)
    svg = svg.replace('<svg class="inner"', '<svg xmlns="http://www.w3.org/2000/svg"', 1).replace('>', f'><style>{STYLE}</style><rect width="100%" height="100%" fill="#f6f6f2"/>', 1)
    os.makedirs(os.path.join(ROOT, 'docs', 'presets'), exist_ok=True)
    with open(os.path.join(ROOT, 'docs', 'presets', name + '.svg'), 'w', encoding='utf-8') as f:
        f.write(svg + '\n')


def row(name, report, count):
    s, by = report['stats'], {}
    near = [c for c in report['cells'] if abs(c['area_m2'] / 10000 - 1) <= 0.1]
    for c in report['cells']:
        by.setdefault(c['community'], []).append(count.get(c['code'], 0))
    cv = [statistics.pstdev(v) / statistics.mean(v) for v in by.values() if len(v) > 1 and sum(v)]
    return (f"| `{name}` | {s['cells']} | {s['median_m2']:.0f} | {100 * len(near) / s['cells']:.0f} % | {100 * s['within_50_percent_share']:.0f} % | "
            f"{100 * s['border_on_features_share']:.0f} % | {s['polsby_popper_median']:.2f} | {statistics.mean(cv):.2f} |")


def put(page, table):
    with open(page, encoding='utf-8') as f:
        old = f.read()
    begin, end = '<!-- presets begin -->', '<!-- presets end -->'
    a, b = old.index(begin) + len(begin), old.index(end)
    with open(page, 'w', encoding='utf-8') as f:
        f.write(old[:a] + '\n\n' + '\n'.join(table) + '\n\n' + old[b:])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wanmi = os.path.abspath(sys.argv[1])
    rows = []
    with tempfile.TemporaryDirectory() as tmp:
        city = load(wanmi, tmp)
        for name in PRESETS:
            page, report, count = divide(wanmi, tmp, city, name)
            picture(page, report, count, name)
            rows.append(row(name, report, count))
    for name, heading in HEADINGS.items():
        put(os.path.join(ROOT, 'docs', name), [heading, '|---|---|---|---|---|---|---|---|', *rows])


if __name__ == '__main__':
    main()
