#!/usr/bin/python3
"""Divide places, judge the cells with an independent judge, put the table into BENCHMARKS.md.

    bench_grids.py OUT [DIR ...]

Without folders: the five places and Taipei west under ../shared/data, and the table goes into BENCHMARKS.md between
its markers. Each DIR is laid out like ../shared/data/places/NAME: communities.geojson, and what there is of lines
(or roads, levees), buildings, areas (or green_land), water and components, in metres with meta.json, else in longitude
and latitude. A second folder of the same NAME is called PARENT_NAME. OUT gets NAME.geojson (cells in the folder's own
coordinates), NAME_PRESET.geojson, NAME.png and table.json. The judge (../shared/grids/judge.py) measures our cells
and, where the folder has them, prototype_cells.geojson in the same run. Needs python3-shapely and python3-numpy.
"""
import json, os, platform, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.path.join(ROOT, '..', 'shared')
if 'WANMI_SHARED' in os.environ:
    SHARED = os.environ['WANMI_SHARED']
JUDGE = os.path.join(SHARED, 'grids', 'judge.py')
FIVE = ['bupt', 'monaco', 'nanjing', 'nyc', 'tsinghua']
PRESETS = ['balanced', 'area', 'load', 'feature']


def judge(cells, base, out):
    """Judge one file; the measures, or what went wrong."""
    cmd = ['/usr/bin/python3', JUDGE, cells, '--base', base, '--json', out, '--quiet', '--strict']
    if not os.path.exists(os.path.join(base, 'meta.json')):  # longitude and latitude
        cmd += ['--grid', '0.01']
    for option, mine, usual in [('--lines', 'roads', 'lines'), ('--areas', 'green_land', 'areas')]:
        file = os.path.join(base, mine + '.geojson')
        if os.path.exists(file) and not os.path.exists(os.path.join(base, usual + '.geojson')):
            cmd += [option, file]
    if os.path.exists(out):
        os.remove(out)
    r = subprocess.run(cmd, capture_output=True, text=True)
    if not os.path.exists(out):
        sys.exit(f'judge of {cells}: exit {r.returncode}\n{r.stderr}')
    with open(out) as f:
        return json.load(f)


def row(m):
    """The measures of the table, from the judge's."""
    b, c, l = m['build'] or {}, m['comp'] or {}, m['load'] or {}
    return {
        'cells': m['n'], 'hard': m['hard_violations'], 'cut': b.get('cut', 0), 'unmatched': m['cover']['unmatched_edges'],
        'in_range': m['area']['in_range'], 'eligible': m['area']['in_range_eligible'],
        'median_m2': m['area']['median'], 'within50': m['area']['within_50pct'], 'within10': m['area']['within_10pct'],
        'real': m['real']['share'], 'real_inner': m['real']['share_inner'], 'pp': m['shape']['pp_median'], 'pp5': m['shape']['pp_p5'],
        'convexity': m['shape']['convexity_median'], 'on_border': c.get('on_border_share'), 'load_cv': l.get('cv_in_comm'),
        'slivers': m['topo']['slivers'], 'thin_m': m['shape']['mean_width_p5'], 'vertices': m['topo']['vertices_per_cell'],
        'no_way': (m['access'] or {}).get('no_way'), 'barrier_m': m['barrier']['inside_m'],
    }


def mean(rows, key):
    v = [r[key] for r in rows if r.get(key) is not None]
    return sum(v) / len(v) if v else None


COLUMNS = [('cells', 'cells', '{:.0f}'), ('hard', 'hard faults', None), ('cut', 'buildings cut', '{:.0f}'), ('in_range', '5-20k', '{:.3f}'),
           ('eligible', 'eligible', '{:.3f}'), ('within50', 'within 50 %', '{:.3f}'), ('within10', 'within 10 %', '{:.3f}'), ('real', 'on features', '{:.3f}'),
           ('pp', 'PP median', '{:.3f}'), ('pp5', 'PP P5', '{:.3f}'), ('convexity', 'convexity', '{:.3f}'), ('on_border', 'components < 0.5 m', '{:.4f}'),
           ('load_cv', 'load CV', '{:.3f}'), ('slivers', 'slivers', '{:.0f}'), ('vertices', 'vertices/cell', '{:.1f}'), ('seconds', 's', '{:.2f}')]


def cell(r, key, form):
    v = r.get(key)
    if key == 'hard':
        return str(len(v)) if isinstance(v, list) else '{:.0f}'.format(v)
    return '' if v is None else form.format(v)


def markdown(table):
    out = ['| place | by | ' + ' | '.join(c[1] for c in COLUMNS) + ' |', '|---|---|' + '---|' * len(COLUMNS)]
    for name, who, r in table:
        out.append(f'| {name} | {who} | ' + ' | '.join(cell(r, k, f) for k, _, f in COLUMNS) + ' |')
    return '\n'.join(out)


def name_folders(dirs):
    """The name of each folder, no two alike, and the folders; ends the program when one cannot be divided."""
    names = []
    for d in dirs:
        if not os.path.isdir(d):
            sys.exit(f'bench_grids: there is no folder {d}')
        if not os.path.exists(os.path.join(d, 'communities.geojson')):
            sys.exit(f'bench_grids: {d} has no communities.geojson, and nothing can be divided without communities')
        name = base = os.path.basename(os.path.normpath(d))
        k = 1
        while name in names:
            name = os.path.basename(os.path.dirname(os.path.normpath(d))) + '_' + base + ('' if k == 1 else str(k))
            k += 1
        if name != base:
            print(f'bench_grids: there are two folders {base}; {d} is called {name}', file=sys.stderr)
        names.append(name)
        for what, files in [('lines', ['lines', 'roads']), ('buildings', ['buildings']), ('components', ['components'])]:
            if not any(os.path.exists(os.path.join(d, f + '.geojson')) for f in files):
                print(f'bench_grids: {name} has no {" or ".join(f + ".geojson" for f in files)}: divided and judged without {what}', file=sys.stderr)
    return dict(zip(names, dirs))


def build(out, by_name, presets):
    env = dict(os.environ, CGO_ENABLED='0')
    exe = os.path.join(out, '.benchgrids')
    subprocess.run([env.get('GO', 'go'), 'build', '-o', exe, './scripts/benchgrids'], cwd=ROOT, env=env, check=True)
    p = subprocess.run([exe, '-out', out, '-presets', ','.join(presets), '-names', ','.join(by_name), *by_name.values()], stdout=subprocess.PIPE, text=True)
    os.remove(exe)
    if p.returncode:
        sys.exit(p.returncode)
    return [json.loads(line) for line in p.stdout.splitlines()]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    out, dirs = os.path.abspath(sys.argv[1]), [os.path.abspath(d) for d in sys.argv[2:]]
    whole = not dirs
    if whole:
        dirs = [os.path.join(SHARED, 'data', 'places', n) for n in FIVE]
    by_name = name_folders(dirs)
    os.makedirs(out, exist_ok=True)
    runs = build(out, by_name, PRESETS)
    if whole:
        west = {'taipei west': os.path.join(SHARED, 'data', 'taipei_west', 'base')}
        runs += build(out, west, PRESETS[:1])
        by_name |= west
    jobs = [(r['name'], r['preset'], os.path.join(out, r['file']), r) for r in runs]
    jobs += [(n, 'prototype', os.path.join(d, 'prototype_cells.geojson'), {}) for n, d in by_name.items()
             if os.path.exists(os.path.join(d, 'prototype_cells.geojson'))]

    def work(job):
        name, who, file, r = job
        js = os.path.join(out, f'.{name}_{who}.json')
        res = row(judge(file, by_name[name], js))
        os.remove(js)
        if r:
            res['seconds'], res['check'], res['thin'] = r['seconds'], r['hard'], r['thin']
        return name, who, res

    with ThreadPoolExecutor(2) as pool:
        table = sorted(pool.map(work, jobs), key=lambda t: (list(by_name).index(t[0]), t[1] != 'prototype', t[1]))
    for who in ['prototype', *PRESETS]:
        rows = [r for name, w, r in table if w == who and name != 'taipei west']
        if rows:
            keys = [k for k, _, _ in COLUMNS if k != 'hard']
            means = {k: mean(rows, k) for k in keys}
            means['hard'] = sum(len(r['hard']) for r in rows)
            means['cut'] = sum(r['cut'] for r in rows)
            table.append(('**mean**', who, means))
    with open(os.path.join(out, 'table.json'), 'w') as f:
        json.dump([{'place': n, 'by': w, **r} for n, w, r in table], f, indent=1)
        f.write('\n')
    text = markdown(table)
    reached = targets(table)
    print(text)
    print('\n' + '\n'.join(reached))
    if whole:
        note(text + '\n\n```\n' + '\n'.join(reached) + '\n```')
    bad = [(n, w, r['hard'], r['check']) for n, w, r in table if 'check' in r and (r['hard'] or r['check'] or r['cut'])]
    for b in bad:
        print('hard faults:', *b, file=sys.stderr)
    sys.exit(1 if bad else 0)


def targets(table):
    """A line per target of the division: reached or not, with the figure and the worst place."""
    by = {(n, w): r for n, w, r in table}
    mine = [(n, r) for n, w, r in table if w == 'balanced' and not n.startswith('**')]
    places = [(n, r) for n, r in mine if n != 'taipei west']
    m = {w: by[('**mean**', w)] for w in PRESETS if ('**mean**', w) in by}
    out = []

    def line(what, ok, figure):
        out.append(f"{'reached    ' if ok else 'NOT reached'}  {what}: {figure}")

    def worst(rows, key, least=True):
        rows = [(r[key], n) for n, r in rows if r.get(key) is not None]
        return (min if least else max)(rows) if rows else (float('nan'), '-')
    hard = [(len(r['hard']) + sum(r['check'].values()), f'{n} {w}') for n, w, r in table if 'check' in r]
    line('hard faults 0 in each place, by each preset', max(hard)[0] == 0, '%d, worst %s' % max(hard))
    line('buildings cut 0 in each place', worst(mine, 'cut', False)[0] == 0, '%d, worst %s' % worst(mine, 'cut', False))
    b = m.get('balanced')
    if not b:
        return out
    line('in 5,000-20,000 m2, mean >= 0.99', b['in_range'] >= 0.99, '%.4f' % b['in_range'])
    line('in 5,000-20,000 m2, each >= 0.98', worst(mine, 'in_range')[0] >= 0.98, '%.4f, worst %s' % worst(mine, 'in_range'))
    line('eligible in 5,000-20,000 m2, mean >= 0.995', b['eligible'] >= 0.995, '%.4f' % b['eligible'])
    line('within 50 % of 10,000 m2, mean >= 0.88', b['within50'] >= 0.88, '%.4f' % b['within50'])
    if 'area' in m:
        line('preset area, within 10 %, mean >= 0.66', m['area']['within10'] >= 0.66, '%.4f' % m['area']['within10'])
    gain = [(r['real'] - by[(n, 'prototype')]['real'], n) for n, r in places if (n, 'prototype') in by]
    if gain:
        line('on features, prototype + 0.02 in each place', min(gain)[0] >= 0.02, '%+.4f, worst %s' % min(gain))
    line('Polsby-Popper median, mean >= 0.66', b['pp'] >= 0.66, '%.4f' % b['pp'])
    line('Polsby-Popper P5, mean >= 0.38', b['pp5'] >= 0.38, '%.4f' % b['pp5'])
    line('convexity, mean >= 0.94', b['convexity'] >= 0.94, '%.4f' % b['convexity'])
    line('components within 0.5 m of a border, mean <= 0.005', b['on_border'] <= 0.005, '%.4f' % b['on_border'])
    if 'load' in m:
        line('preset load, variation inside communities, mean <= 0.35', m['load']['load_cv'] <= 0.35, '%.4f' % m['load']['load_cv'])
    thin = [(r['thin'], n) for n, r in mine]
    line('no cell of mean width under 15 m', max(thin)[0] == 0, '%d, worst %s' % max(thin))
    return out


def note(text):
    """Put the table between the markers of BENCHMARKS.md."""
    path = os.path.join(ROOT, 'BENCHMARKS.md')
    begin, end = '<!-- bench-grids begin -->', '<!-- bench-grids end -->'
    old = open(path, encoding='utf-8').read() if os.path.exists(path) else '# Benchmarks\n'
    if begin not in old:
        old = old.rstrip('\n') + f'\n\n## The division, judged\n\n{begin}\n{end}\n'
    commit = subprocess.run(['git', 'describe', '--always', '--dirty'], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    head = (f'`make bench-grids`, commit {commit}, {os.cpu_count()} x {platform.machine()}. Judged by an independent program that shares no code with the '
            'builder; "hard faults" and "buildings cut" of the means are sums. Prototype: the Python prototype\'s cells, judged in the same run. '
            f'"s": seconds from features in memory to cells, at a load average of {os.getloadavg()[0]:.0f}.')
    a, b = old.index(begin) + len(begin), old.index(end)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(old[:a] + '\n\n' + head + '\n\n' + text + '\n\n' + old[b:])


if __name__ == '__main__':
    main()
