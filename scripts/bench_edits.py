#!/usr/bin/python3
"""Update the cells of real places after the prototype's small edits of the base map; judge what was kept.

    bench_edits.py OUT [DIR ...]

Without folders: the five places under ../shared/data, and the table goes into BENCHMARKS.md between its markers. The
edits are those of ../shared/grids/prototype/edits.py, the judge is ../shared/grids/judge.py. A cell counts as kept with
the same code and an overlap (IoU) over 0.99. "bound": the most that can be kept: a new building across a border must
go to one of the cells, and both differ by what changes hands, of all new buildings together; a cell gives the land that
went to another community, and where it keeps less than LEAST of it a neighbour changes, too. "prototype": the prototype's cells of the
place, updated by its inc.py after the same edits of them, with the bound of those; WANMI_PROTOTYPE_PYTHON names an
interpreter that has shapely 1.8, scipy and numba, without it the column is empty. Needs python3-shapely and python3-numpy.
"""
import collections, itertools, json, os, platform, subprocess, sys
from concurrent.futures import ThreadPoolExecutor
from shapely.geometry import shape

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.environ.get('WANMI_SHARED', os.path.join(ROOT, '..', 'shared'))
JUDGE = os.path.join(SHARED, 'grids', 'judge.py')
EDITS = os.path.join(SHARED, 'grids', 'prototype', 'edits.py')
INC = os.path.join(SHARED, 'grids', 'prototype', 'inc.py')
FIVE = ['bupt', 'monaco', 'nanjing', 'nyc', 'tsinghua']
LEAST = 5000  # m2
KINDS = [('addbld', '5 buildings put across borders'), ('bldmix', '10 buildings removed, 3 put across'), ('rmroad', '3 roads removed'),
         ('addroad', '3 roads added'), ('comm', 'a strip moved to the neighbour community')]


def features(file):
    with open(file) as f:
        return json.load(f)['features']


def bound(old, before, after):
    """The share of cells that may keep more than 0.99 when each new building gets whole into one of its cells, the way that leaves most."""
    known = {json.dumps(f['geometry']) for f in features(os.path.join(before, 'buildings.geojson'))}
    cells = [shape(f['geometry']) for f in old]
    split = []  # of each new building, its area by cell
    for f in features(os.path.join(after, 'buildings.geojson')):
        if json.dumps(f['geometry']) in known:
            continue
        b = shape(f['geometry']).buffer(-0.3)
        part = {i: c.intersection(b).area for i, c in enumerate(cells) if c.intersects(b)}
        split.append({i: a for i, a in part.items() if a > 0.5})
    split = [part for part in split if len(part) > 1]
    best = None
    for to in itertools.product(*split):
        gave, got = collections.Counter(), collections.Counter()
        for part, i in zip(split, to):
            for k, a in part.items():
                if k != i:
                    gave[k] += a
                    got[i] += a
        lost = {k for k in gave.keys() | got.keys() if cells[k].area - gave[k] <= 0.99 * (cells[k].area + got[k])}
        if best is None or len(lost) < len(best):
            best = lost
    return 1 - len(best | given([f['properties']['code'] for f in old], cells, before, after)) / len(cells)


def given(codes, cells, before, after):
    """The cells that give more than 0.01 of their land to another community, and one more for each that keeps too little."""
    was = {f['properties']['code']: shape(f['geometry']) for f in features(os.path.join(before, 'communities.geojson'))}
    now = {f['properties']['code']: shape(f['geometry']) for f in features(os.path.join(after, 'communities.geojson'))}
    moved = {c for c, g in now.items() if c not in was or g.symmetric_difference(was[c]).area > 0.5}
    left = {i: c.intersection(now[codes[i][:12]]) for i, c in enumerate(cells) if codes[i][:12] in moved}
    lost = {i for i, g in left.items() if g.area < 0.99 * cells[i].area}
    more = set()
    for i in lost:
        near = {k for k in left if k != i and codes[k][:12] == codes[i][:12] and left[k].intersection(left[i]).length > 0.1}
        if left[i].area < LEAST and near and not near & (lost | more):
            more.add(min(near))
    return lost | more


def judged(cells, base, old, lineage, out):
    r = subprocess.run(['/usr/bin/python3', JUDGE, cells, '--base', base, '--old', old, '--lineage', lineage, '--json', out, '--quiet'], capture_output=True, text=True)
    if not os.path.exists(out):
        sys.exit(f'judge of {cells}: exit {r.returncode}\n{r.stderr}')
    with open(out) as f:
        return json.load(f)


def stability(m):
    return m[next(k for k, v in m.items() if isinstance(v, dict) and 'kept_iou99_same_code' in v)]


def prototype(dir, out):
    """What the prototype keeps of its own cells: by kind of edit, the share kept and its bound."""
    python, old = os.environ.get('WANMI_PROTOTYPE_PYTHON'), os.path.join(dir, 'prototype_cells.geojson')
    if not python or not os.path.exists(old):
        return {}
    told = {}
    env = dict(os.environ, PYTHONPATH=os.path.dirname(INC), PYTHONDONTWRITEBYTECODE='1', NUMBA_CACHE_DIR=os.path.join(out, '.numba'))
    for kind, _ in KINDS:
        d = os.path.join(out, 'prototype_' + kind)
        subprocess.run(['/usr/bin/python3', EDITS, dir, d, kind, old], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([python, INC, dir, d, old, d + '.geojson', '--lineage', d + '.lineage.json'], check=True, stdout=subprocess.DEVNULL, env=env)
        m = judged(d + '.geojson', d, old, d + '.lineage.json', d + '.json')
        told[kind] = f"{100 * stability(m)['kept_iou99_same_code']:.1f} % of {100 * bound(features(old), dir, d):.1f} %"
    return told


def place(exe, dir, out):
    name = os.path.basename(os.path.normpath(dir))
    mine = os.path.join(out, name)
    os.makedirs(mine, exist_ok=True)
    subprocess.run([exe, '-out', mine, '-update', 'repair', dir], check=True, stdout=subprocess.DEVNULL)  # before.geojson, which the edits go by
    before = os.path.join(mine, 'before.geojson')
    dirs = []
    for kind, _ in KINDS:
        dirs.append(os.path.join(mine, kind))
        subprocess.run(['/usr/bin/python3', EDITS, dir, dirs[-1], kind, before], check=True, stdout=subprocess.DEVNULL)
    p = subprocess.run([exe, '-out', mine, '-update', 'repair', dir, *dirs], check=True, stdout=subprocess.PIPE, text=True)
    told = {r['name']: r for r in map(json.loads, p.stdout.splitlines())}
    rows, theirs = [], prototype(dir, mine)
    for (kind, what), d in zip(KINDS, dirs):
        m = judged(os.path.join(mine, kind + '.geojson'), d, before, os.path.join(mine, kind + '.lineage.json'), os.path.join(mine, kind + '.json'))
        s = stability(m)
        rows.append({'place': name, 'edit': what, 'cells': s['old'], 'kept': s['kept_iou99_same_code'], 'identical': s['identical'], 'bound': bound(features(before), dir, d), 'prototype': theirs.get(kind, ''),
                     'fresh': s['fresh_codes'], 'gone': s['gone_codes'], 'reused': s['code_reused_elsewhere'], 'hard': told[kind]['hard'],
                     'no_lineage': s.get('fresh_without_lineage', 0) + s.get('gone_without_lineage', 0), 'judge_hard': len(m['hard_violations'])})
    return rows


def markdown(rows):
    out = ['| place | edit | cells | kept | bound | prototype: kept of bound | codes kept | same shape to 1e-5 | fresh codes | void codes | codes reused | without lineage | hard faults, ours / judge |', '|---|---|---|---|---|---|---|---|---|---|---|---|---|']
    for r in rows:
        out.append(f"| {r['place']} | {r['edit']} | {r['cells']} | {100 * r['kept']:.1f} % | {100 * r['bound']:.1f} % | {r['prototype']} | {100 * (1 - r['gone'] / r['cells']):.1f} % | {100 * r['identical']:.1f} % | {r['fresh']} | {r['gone']} | {r['reused']} | {r['no_lineage']} | {r['hard']} / {r['judge_hard']} |")
    return '\n'.join(out)


def note(text):
    path = os.path.join(ROOT, 'BENCHMARKS.md')
    begin, end = '<!-- bench-edits begin -->', '<!-- bench-edits end -->'
    with open(path, encoding='utf-8') as f:
        old = f.read()
    if begin not in old:
        old = old.rstrip('\n') + f'\n\n## Updates after small edits, judged\n\n{begin}\n{end}\n'
    head = (f'`scripts/bench_edits.py OUT`, {os.cpu_count()} x {platform.machine()}: `--mode repair` after the edits of the prototype. Kept: same code and IoU over 0.99, by the\n'
            'independent judge. Bound: the most any update can keep. A new building across a border must go to one cell, and its 210 m² are over 1 % of both, or what several\n'
            'bring is; a strip that goes to another community is lost to its cells, and what is left of one may be too small. Prototype: its own cells of the place, updated by it after the same\n'
            'edits of them, judged in the same way.')
    a, b = old.index(begin) + len(begin), old.index(end)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(old[:a] + '\n\n' + head + '\n\n' + text + '\n\n' + old[b:])


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    out, dirs = os.path.abspath(sys.argv[1]), [os.path.abspath(d) for d in sys.argv[2:]]
    whole = not dirs
    dirs = dirs or [os.path.join(SHARED, 'data', 'places', n) for n in FIVE]
    os.makedirs(out, exist_ok=True)
    exe = os.path.join(out, '.benchgrids')
    subprocess.run([os.environ.get('GO', 'go'), 'build', '-o', exe, './scripts/benchgrids'], cwd=ROOT, env=dict(os.environ, CGO_ENABLED='0'), check=True)
    with ThreadPoolExecutor(2) as pool:
        rows = [r for rs in pool.map(lambda d: place(exe, d, out), dirs) for r in rs]
    os.remove(exe)
    with open(os.path.join(out, 'edits.json'), 'w') as f:
        json.dump(rows, f, indent=1)
    text = markdown(rows)
    print(text)
    if whole:
        note(text)
    sys.exit(1 if any(r['hard'] or r['reused'] or r['no_lineage'] for r in rows) else 0)


if __name__ == '__main__':
    main()
