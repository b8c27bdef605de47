#!/usr/bin/env python3
"""Reads a store and its exports back by programs that are not ours, and compares with what the store's own GeoJSON says: number of
rows, fields, types, every text, every coordinate.

    scripts/readback.py geopandas WANMI DB [LAYER ...]     needs geopandas (pip install geopandas)
    scripts/readback.py qgis WANMI DB [LAYER ...]          needs python3-qgis (apt), by its own python: /usr/bin/python3

Ends with 1 when anything differs."""
import glob, json, math, os, subprocess, sys, tempfile

LAYERS = ['community', 'unit_grid', 'component', 'door', 'department']
FORMATS = ['gpkg', 'geojson', 'geojsonl', 'csv', 'xlsx', 'shp']
os.environ['OGR_XLSX_HEADERS'] = 'FORCE'  # GDAL takes headings for a row where all columns are text


def plain(v):
    """A value as text, as every format can hold it: dates as 2026-08-02, whole numbers without a point, nothing as ''."""
    if v is None or v != v:
        return ''
    if isinstance(v, bool):
        return str(int(v))
    if isinstance(v, (int, float)):
        return repr(int(v)) if float(v).is_integer() and abs(v) < 1e15 else '%.9g' % v
    if isinstance(v, (dict, list)):
        return json.dumps(v, ensure_ascii=False, sort_keys=True, separators=(',', ':'))
    s = str(v)
    if s.lower() in ('true', 'false', '是', '否'):
        return str(int(s.lower() in ('true', '是')))
    if s[:1] in '{[':
        try:
            return plain(json.loads(s))
        except ValueError:
            pass
    if len(s) >= 10 and s[4:5] == '-' and s[7:8] == '-':
        return s[:10]  # the day: midnights differ by program
    try:
        return plain(float(s)) if s.strip() == s and s[:1] in '-0123456789' and '.' in s else s
    except ValueError:
        return s


def flat(c):
    """The coordinates of a geometry one after the other, without the closing vertices of rings (programs differ there by nothing)."""
    if not c:
        return []
    if isinstance(c[0], (int, float)):
        return [tuple(c[:2])]
    out = []
    for x in c:
        out += flat(x)
    return out


def truth(wanmi, db, layer, dir):
    path = os.path.join(dir, 'truth.geojsonl')
    subprocess.run([wanmi, 'export', '--quiet', '--db', db, layer, '--out', path], check=True, stdout=subprocess.DEVNULL)
    rows = []
    for line in open(path, encoding='utf-8'):
        f = json.loads(line)
        rows.append(({k: plain(v) for k, v in f['properties'].items()}, sorted(flat((f['geometry'] or {}).get('coordinates')))))
    return rows


def by_geopandas(path, table):
    import pyogrio
    info = pyogrio.read_info(path, layer=table) if table else pyogrio.read_info(path)
    kw = {'layer': table} if table else {}
    if info['geometry_type'] in (None, '') or path.endswith(('.csv', '.xlsx')):
        frame, shapes = pyogrio.read_dataframe(path, read_geometry=False, **kw), None
    else:
        import geopandas
        frame = geopandas.read_file(path, **kw)
        shapes = frame.geometry
        frame = frame.drop(columns=frame.geometry.name)
    import shapely
    names = list(frame.columns)
    rows = []
    for i, values in enumerate(frame.itertuples(index=False)):
        xy = [] if shapes is None or shapes.iloc[i] is None else shapely.get_coordinates(shapes.iloc[i]).tolist()
        rows.append((dict(zip(names, (None if str(v) == 'NaT' else v for v in values))), [tuple(p) for p in xy]))
    return rows, dict(zip(names, map(str, frame.dtypes)))


def by_qgis(path, table):
    from qgis.core import QgsVectorLayer, QgsWkbTypes, NULL
    rows, types = [], {}
    uri = path + ('|layername=' + table if table else '')
    kinds = [''] if path.endswith(('.csv', '.xlsx', '.shp')) else [s for s in ('|geometrytype=Point', '|geometrytype=LineString', '|geometrytype=MultiLineString', '|geometrytype=Polygon', '|geometrytype=MultiPolygon')]
    layers = [QgsVectorLayer(uri, 'x', 'ogr')]
    if kinds != [''] and layers[0].isValid() and layers[0].geometryType() != 4 and layers[0].dataProvider().subLayerCount() > 1:
        layers = [l for l in (QgsVectorLayer(uri + k, 'x', 'ogr') for k in kinds) if l.isValid()]
    seen = set()
    for l in layers:
        if not l.isValid():
            raise SystemExit('QGIS does not open ' + uri)
        types = {f.name(): f.typeName() for f in l.fields()}
        for f in l.getFeatures():
            if f.id() in seen:
                continue
            seen.add(f.id())
            xy = [(v.x(), v.y()) for v in f.geometry().vertices()] if f.hasGeometry() else []
            rows.append(({n: None if f[n] == NULL else (f[n].toString('yyyy-MM-dd') if hasattr(f[n], 'toString') else f[n]) for n in types}, xy))
    return rows, types


def compare(name, want, got, types, faults, renamed=None, wkt=None, tolerance=1e-9):
    rows = got
    if len(rows) != len(want):
        faults.append('%s: %d rows, want %d' % (name, len(rows), len(want)))
        return
    fields = list(want[0][0]) if want else []
    names = renamed(fields, types) if renamed else {f: f for f in fields}
    lacking = [f for f in fields if names.get(f) not in types]
    if lacking:
        faults.append('%s: no field %s of %s' % (name, lacking[:4], sorted(types)[:6]))
        return
    lonlat = ('经度', '纬度') if '经度' in types else ('longitude', 'latitude')
    mine = sorted(((tuple(v[f] for f in fields), xy) for v, xy in want), key=lambda r: (r[0], len(r[1]), r[1][:1]))
    theirs = []
    for v, xy in rows:
        if wkt and wkt in v:
            xy = flat_wkt(v[wkt])
        elif wkt and lonlat[0] in v and plain(v[lonlat[0]]):
            xy = [tuple(float(v[c]) for c in lonlat)]
        xy = sorted(set(xy)) if xy else []
        theirs.append((tuple(cut(plain(v[names[f]])) for f in fields), xy))
    theirs.sort(key=lambda r: (r[0], len(r[1]), r[1][:1]))
    n = 0
    for (a, p), (b, q) in zip(mine, theirs):
        p = sorted(set(p))
        a = tuple(cut(x) for x in a)
        d = [(f, x, y) for f, x, y in zip(fields, a, b) if x != y and not near(x, y)][:2]
        if d and n < 3:
            faults.append('%s: values differ: %s' % (name, d))
            n += 1
        far = max((math.dist(x, y) for x, y in zip(p, q)), default=0)
        if far > tolerance:  # they may stand in another order where two have nearly the same longitude
            far = max(min(math.dist(x, y) for y in q) for x in p)
        if (len(p) != len(q) or far > tolerance) and n < 3:
            faults.append('%s: %d vertices, want %d, up to %g degrees apart' % (name, len(q), len(p), far))
            n += 1
    print('%-34s %6d rows %2d fields, text and coordinates %s' % (name, len(rows), len(fields), 'equal' if not n else 'DIFFER'))


def near(x, y):
    """Whether two texts are one value: numbers that a narrower column could not tell apart, or a dBASE truth value, which QGIS leaves as it is."""
    if (x, y) in (('0', 'F'), ('1', 'T')):
        return True
    try:
        return math.isclose(float(x), float(y), rel_tol=1e-7)
    except ValueError:
        return False


def cut(s):
    return s.strip()[:80]  # a dBASE field ends at 254 bytes


def flat_wkt(text):
    import re
    nums = re.findall(r'(-?[\d.]+(?:e-?\d+)?) (-?[\d.]+(?:e-?\d+)?)', text or '', re.I)
    return [(float(x), float(y)) for x, y in nums]


def dbf_names(fields, types):
    """Fields of a shapefile stand in their order, cut to ten bytes."""
    return dict(zip(fields, types))


def main():
    which, wanmi, db = sys.argv[1:4]
    read = {'geopandas': by_geopandas, 'qgis': by_qgis}[which]
    faults = []
    if which == 'qgis':
        os.environ.setdefault('QT_QPA_PLATFORM', 'offscreen')
        from qgis.core import QgsApplication
        app = QgsApplication([], False)
        app.initQgis()
    with tempfile.TemporaryDirectory() as dir:
        for layer in sys.argv[4:] or LAYERS:
            want = truth(wanmi, db, layer, dir)
            if not want:
                continue
            rows, types = read(db, layer) if db.endswith('.gpkg') else (None, None)
            if rows is not None:
                types.pop('fid', None)
                compare(layer + ' in the store', want, rows, types, faults)
            spatial = bool(want[0][1])
            for kind in FORMATS:
                if kind in ('shp',) and not spatial:
                    continue
                path = os.path.join(dir, '数据_%s.%s' % (layer, kind))
                done = subprocess.run([wanmi, 'export', '--quiet', '--db', db, layer, '--out', path], capture_output=True, text=True)
                if done.returncode:
                    faults.append('%s %s: %s' % (layer, kind, done.stderr))
                    continue
                name, renamed, wkt = layer + ' ' + kind, None, None
                if kind == 'shp':
                    rows, types = [], {}
                    for part in sorted(glob.glob(path[:-4] + '*.shp')):
                        r, types = read(part, None)
                        rows += r
                    renamed = dbf_names
                else:
                    rows, types = read(path, {'gpkg': layer}.get(kind))
                if kind == 'csv':
                    wkt = 'wkt' if spatial else None
                if kind == 'xlsx':
                    renamed, wkt = dbf_names, '图形' if spatial else None
                compare(name, want, rows, types, faults, renamed, wkt)
    for f in faults:
        print('DIFFERENT: ' + f)
    sys.exit(1 if faults else 0)


main()
