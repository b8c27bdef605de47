#!/usr/bin/env python3
"""make bench-tiles: tiles of a city of N components, 4,000 cells and 20,000 roads, beside peers on the same rows in the same run.

    scripts/bench_tiles.py OUT [N]     N components (default 1,000,000); OUT is made, its files stay

Data, request lists and client are those of ../shared/bench (BENCH names another folder). Peers: a bare handler over ST_AsMVT
(scripts/benchtiles; with WANMI_TEST_POSTGRES, which scripts/with_postgres.sh sets), net/http that sends fixed bytes, martin (before PostGIS and before
an archive of the same tiles) and tippecanoe where they are in PATH. Each comparison is the median of ROUNDS (default 3) runs in turns; LIMIT is how many seconds a run takes at most (default 10).
The table goes into BENCHMARKS.md between its marks. WANMI names a binary to use, ONLY=live,cached,encode,archive,start,fresh picks parts (no table then).
"""
import contextlib
import csv
import http.client
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

from bench_census import Run, Server, free_port, remove

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = pathlib.Path(os.environ.get("BENCH", ROOT.parent / "shared/bench"))
GO = os.environ.get("GO", "go")
UNLISTED = {"0599": "0503", "0504": "0503"}  # classes of the generator that no table has

HEADS = {
    "components": "部件标识码,类别代码,部件名称,主管部门名称,权属单位名称,养护单位名称,所在单元网格,部件状态,初始日期,变更日期,数据来源,备注,经度,纬度",
    "grids": "单元网格标识码,面积,社区代码,社区名称,街道名称,初始日期,WKT",
    "roads": "道路名称,道路等级,长度,宽度,WKT",
}
LAYERS = {"components": "component", "grids": "unit_grid", "roads": "road"}

# All points at every zoom of the list and the twelve attributes the peers give; zooms below 13 as built in.
CONFIG = """
tiles:
  max_bytes: 100000000
  cache_bytes: %d
  layers:
    component:
      fields: [{name: code, unique: true}, class, name, dept_name, owner_name, keeper_name, grid_code, state, init_date, change_date, data_source, note]
      low: [{below: 13, as: cluster, units: 512}]
    road: {small_below: 0}
"""


def go(*args, **kw):
    return subprocess.run([GO, *args], check=True, **kw)


class Bench:
    def __init__(self, out, n):
        self.out, self.n, self.data = out, n, out / "data"
        self.rounds, self.limit = int(os.environ.get("ROUNDS", "3")), os.environ.get("LIMIT", "10")
        self.lines, self.notes = [], []
        self.wanmi = out / "wanmi"
        only = os.environ.get("ONLY", "")
        self.only = set(only.split(",")) if only else None

    def wants(self, part):
        return self.only is None or part in self.only

    def told(self, work, ours, peer, want, reached):
        self.lines.append(f"| {work} | {ours} | {peer} | {want} | {'reached' if reached else '**not reached**'} |")
        print(self.lines[-1], flush=True)

    def beside(self, work, ours, peer):
        """For information: nothing is to be reached."""
        self.lines.append(f"| {work} | {ours} | {peer} | | |")
        print(self.lines[-1], flush=True)

    def make(self):
        self.data.mkdir(parents=True, exist_ok=True)
        if "WANMI" in os.environ:
            shutil.copy(os.environ["WANMI"], self.wanmi)
        else:
            go("build", "-o", self.wanmi, "./cmd/wanmi", cwd=ROOT)
        go("build", "-o", self.out / "handler", "./scripts/benchtiles", cwd=ROOT)
        env = {**os.environ, "GOFLAGS": "-mod=mod"}
        for tool in ("gen", "lists", "tload", "ceil"):
            go("build", "-o", self.out / tool, "./" + tool, cwd=BENCH, env=env)
        if not (self.data / "list_hi.txt").exists():
            subprocess.run([self.out / "gen", "-n", str(self.n), "-out", self.data], check=True)
            for name in HEADS:
                self.convert(name)
            subprocess.run([self.out / "lists", "-in", self.data / "components.csv", "-out", self.data], check=True, stdout=subprocess.DEVNULL)
        for name, size in (("live", -1), ("cached", 128 << 20)):
            (self.out / f"{name}.yaml").write_text(CONFIG % size)

    def convert(self, name):
        """From the generator's rows without a heading to a delivery; and the rows themselves with classes that are listed."""
        raw = self.data / f"{name}.csv"
        kept = self.data / f"{name}.tmp"
        with open(raw, encoding="utf-8") as f, open(kept, "w", encoding="utf-8") as k, open(self.data / f"ours_{name}.csv", "w", encoding="utf-8", newline="") as g:
            g.write(HEADS[name] + "\n")
            w = csv.writer(g)
            for line in f:
                p = line.rstrip("\n").split("\t")
                if name == "components":
                    p[2] = UNLISTED.get(p[2], p[2])
                k.write("\t".join(p) + "\n")
                geom = p[-1].split(";", 1)[1]
                w.writerow(p[1:-1] + (geom[6:-1].split(" ") if geom.startswith("POINT") else [geom]))
        kept.replace(raw)

    def city(self):
        db = self.out / "city.gpkg"
        if not db.exists():
            tmp = self.out / "making.gpkg"
            remove(tmp)
            for name, layer in LAYERS.items():
                run = Run([self.wanmi, "import", "--db", tmp, "-q", layer, self.data / f"ours_{name}.csv"], self.out / "import.log")
                print(f"imported {name}: {run.wall:.1f} s", flush=True)
            for f in sorted(self.out.glob("making.gpkg*")):
                f.rename(str(f).replace("making", "city"))
        return db

    def load(self, url, which, pid=0, pg=0, runs=1, warm=False, clients=4):
        said = subprocess.run([self.out / "tload", "-url", url, "-list", self.data / which, "-c", str(clients), "-gzip", "-pid", str(pid), "-pg", str(pg), f"-warm={str(warm).lower()}",
                               "-runs", str(runs), "-limit", self.limit + "s"], capture_output=True, text=True, check=True).stdout
        runs = [json.loads(line) for line in said.splitlines()]
        if any(r["bad"] for r in runs):
            raise SystemExit(f"{url}: {runs}")
        return runs[-1]

    def repeated(self, times):
        """The list of tiles z12-16 so many times: a pass of 600 small tiles is over in a tenth of a second."""
        which = self.data / f"list_all_{times}.txt"
        if not which.exists():
            which.write_text((self.data / "list_all.txt").read_text() * times)
        return which

    def many(self, url, pid):
        """One pass over a list so long that the processor time of a request can be told: its clock ticks 100 times a second."""
        which = self.repeated(100)
        server, client = cpu_of(pid), os.times()
        r = self.load(url, which.name)
        spent = os.times()
        r["cpu"] = (cpu_of(pid) - server) * 1e6 / r["n"]
        r["client"] = (spent.children_user + spent.children_system - client.children_user - client.children_system) * 1e6 / r["n"]
        return r

    def in_turns(self, *makers):
        """The median of each by requests a second."""
        runs = [[] for _ in makers]
        for _ in range(self.rounds):
            for i, m in enumerate(makers):
                runs[i].append(m())
        return [sorted(r, key=lambda x: x["rps"])[len(r) // 2] for r in runs]


def cpu_of(pid):
    """The processor time of a process in seconds."""
    f = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(f[11]) + int(f[12])) / os.sysconf("SC_CLK_TCK")


def reads_of(pid):
    """How often a process has asked the kernel for bytes of files."""
    return int(re.search(r"syscr: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text())[1])


class Serving:
    """A program that serves until the block ends."""

    def __init__(self, log, args, port, path):
        self.log, self.args, self.port, self.path = log, args, port, path

    def __enter__(self):
        self.started = time.monotonic()
        self.p = subprocess.Popen([str(a) for a in self.args], stdout=open(self.log, "wb"), stderr=subprocess.STDOUT)
        while True:
            try:
                c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                c.request("GET", self.path)
                if c.getresponse().status < 500:
                    break
            except OSError:
                pass
            if self.p.poll() is not None or time.monotonic() - self.started > 600:
                raise SystemExit(f"{self.args[0]} does not answer: {pathlib.Path(self.log).read_text()[-2000:]}")
            time.sleep(0.02)
        self.ready = time.monotonic() - self.started
        return self

    def __exit__(self, *_):
        self.p.terminate()
        self.p.wait()

    def mb(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.p.pid}/status").read_text())[1]) / 1024


def martin(b, conf):
    """martin, with the sources of conf, which says, too, whether it has a cache: without a word it has one in memory."""
    port = free_port()
    file = b.out / f"martin-{port}.yaml"
    file.write_text(f"listen_addresses: '127.0.0.1:{port}'\nworker_processes: {os.cpu_count()}\n" + conf)
    return Serving(b.out / "martin.log", ["martin", "--config", file], port, "/health")


def martin_tables(url):
    """The tables of postgis() as sources of martin, every column a property, as the handler serves them."""
    conf = f"cache: disable\npostgres:\n  connection_string: '{url}'\n  pool_size: 8\n  auto_publish: false\n  tables:\n"
    for table, columns in TABLES.items():
        kinds = "{" + ", ".join(f"{c.split()[0]}: {c.split()[1]}" for c in columns.split(",")) + "}"
        conf += f"    {table}: {{schema: public, table: {table}, srid: 3857, geometry_column: geom, id_column: id, extent: 4096, buffer: 64, clip_geom: true, geometry_type: GEOMETRY, properties: {kinds}}}\n"
    return conf


def ours(b, conf):
    port = free_port()
    return Serving(b.out / "serve.log", [b.wanmi, "serve", "--db", b.out / "city.gpkg", "--config", b.out / f"{conf}.yaml", "--addr", f"127.0.0.1:{port}"], port, "/readyz")


def tiles_url(s, layer):
    return f"http://127.0.0.1:{s.port}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt"


TABLES = {
    "components": "objid text,class text,objname text,dept1 text,dept2 text,dept3 text,bgid text,state text,ordate text,chdate text,source text,note text",
    "grids": "bgid text,area float8,community text,cname text,street text,ordate text", "roads": "name text,class text,len float8,width int"}


def postgis(b, server):
    """The same rows in web mercator, clustered by their index: the best case of ST_AsMVT."""
    name = "wanmi_bench_tiles"
    server.make(name)
    server.sql(name, "CREATE EXTENSION postgis")
    url = server.url(name)
    for table, columns in TABLES.items():
        sql = (f"create unlogged table raw(id int primary key,{columns},geom geometry(Geometry,4326));"
               f"\n\\copy raw from '{b.data / (table + '.csv')}'\n"
               f"create unlogged table {table} as select *,st_transform(geom,3857)::geometry(Geometry,3857) g from raw order by st_transform(geom,3857);"
               f"drop table raw; alter table {table} drop column geom; alter table {table} rename column g to geom;"
               f"alter table {table} add primary key(id); create index on {table} using gist(geom); analyze {table};")
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", url], input=sql, text=True, check=True)
    return url


def live(b, server):
    url = postgis(b, server)
    port = free_port()
    with contextlib.ExitStack() as stack:
        peer = stack.enter_context(Serving(b.out / "handler.log", [b.out / "handler", "-dsn", url, "-addr", f"127.0.0.1:{port}"], port, "/grids/0/0/0"))
        s = stack.enter_context(ours(b, "live"))
        third = stack.enter_context(martin(b, martin_tables(url))) if shutil.which("martin") else None
        small = b.repeated(20).name
        for work, layer, table, which, want in (
                ("live tile, components z14-16, 12 attributes, gzip", "component", "components", "list_hi.txt", 10),
                ("live tile, cells z12-16", "unit_grid", "grids", small, 12), ("live tile, roads z12-16", "road", "roads", small, 12)):
            makers = [lambda: b.load(tiles_url(s, layer), which, s.p.pid), lambda: b.load(f"http://127.0.0.1:{peer.port}/{table}/{{z}}/{{x}}/{{y}}", which, peer.p.pid)]
            if third:
                makers.append(lambda: b.load(f"http://127.0.0.1:{third.port}/{table}/{{z}}/{{x}}/{{y}}", which, third.p.pid))
            mine, theirs, *more = b.in_turns(*makers)
            ratio = mine["rps"] / theirs["rps"]
            beside = f"ST_AsMVT handler {theirs['rps']:.0f}/s, {theirs['kb']:.0f} KB: {ratio:.1f} times"
            beside += "".join(f"; martin {m['rps']:.0f}/s, {m['kb']:.0f} KB: {mine['rps'] / m['rps']:.1f} times" for m in more)
            b.told(work, f"{mine['rps']:.0f}/s, {mine['srvcpu_ms']:.2f} ms CPU, {mine['kb']:.0f} KB, p99 {mine['p99']:.0f} ms", beside, f">= {want} times", ratio >= want)
    server.drop("wanmi_bench_tiles")


def cached(b):
    base = free_port()
    with contextlib.ExitStack() as stack:
        ceil = stack.enter_context(Serving(b.out / "ceil.log", [b.out / "ceil", "-port", str(base)], base, "/"))
        s = stack.enter_context(ours(b, "cached"))
        # ceil's second: no HTTP at all, fixed bytes for whatever ends in an empty line.
        reads = []  # of martin's
        makers = [lambda: b.many(tiles_url(s, "unit_grid"), s.p.pid), lambda: b.many(f"http://127.0.0.1:{base}/{{z}}/{{x}}/{{y}}", ceil.p.pid),
                  lambda: b.many(f"http://127.0.0.1:{base + 4}/{{z}}/{{x}}/{{y}}", ceil.p.pid)]
        if shutil.which("martin"):
            cells = b.out / "cells.mbtiles"
            remove(cells)
            Run([b.wanmi, "tiles", "export", "--db", b.out / "city.gpkg", "--config", b.out / "live.yaml", "-q", "--layers", "unit_grid", "--minzoom", "12", "--maxzoom", "16", "--out", cells], b.out / "export.log")
            source = f"mbtiles:\n  sources:\n    cells: '{cells}'\n"
            for conf in ("cache: disable\n" + source, source):  # reads the archive for each request; has it in memory
                m = stack.enter_context(martin(b, conf))
                makers.append(lambda m=m: b.many(f"http://127.0.0.1:{m.port}/cells/{{z}}/{{x}}/{{y}}", m.p.pid))
                for _ in range(2):  # the first fills its cache, if it has one
                    before = reads_of(m.p.pid)
                    r = b.load(f"http://127.0.0.1:{m.port}/cells/{{z}}/{{x}}/{{y}}", "list_all.txt")
                reads.append((reads_of(m.p.pid) - before) / r["n"])
        b.load(tiles_url(s, "unit_grid"), "list_all.txt")  # and ours
        mine, bare, raw, *more = b.in_turns(*makers)
        share = mine["rps"] / bare["rps"]
        text = f"{mine['rps']:.0f}/s, {mine['cpu']:.0f} µs CPU, {mine['kb']:.1f} KB"
        b.told("cached tile of cells over HTTP", text, f"net/http with fixed 10 KB {bare['rps']:.0f}/s, {bare['cpu']:.0f} µs CPU: {share * 100:.0f} %", ">= 85 %", share >= 0.85)
        if more:
            beside = [f"{m['rps']:.0f}/s, {m['cpu']:.0f} µs CPU, {m['kb']:.1f} KB, {n:.1f} reads of the file a request: {mine['rps'] / m['rps']:.1f} times the rate, "
                      f"1/{m['cpu'] / mine['cpu']:.1f} of the CPU" for m, n in zip(more, reads)]
            if reads[0] < 1:
                raise SystemExit(f"martin does not read the archive for each request: {reads}")
            b.told("the same from an archive server", text, "martin without a cache, MBTiles of the same tiles, " + beside[0], ">= 2 times", mine["rps"] >= 2 * more[0]["rps"])
            b.beside("the same from memory", text, "martin as it comes, the same MBTiles in its cache, " + beside[1])
        b.notes.append(f"Cached tiles: the client takes {mine['client']:.0f} µs of the same cores a request. Before a server that reads no HTTP and sends fixed 10 KB for every empty line "
                       f"(goroutine a connection, Read and Write, nothing else) it gets {raw['rps']:.0f}/s at {raw['cpu']:.0f} µs CPU of the server's: what client and Go's connections allow.")


def encode(b):
    said = go("test", "./tiles", "-run", "^$", "-bench", "BenchmarkEncode/points|BenchmarkMillion/z10$", "-benchmem", cwd=ROOT, capture_output=True, text=True).stdout
    (b.out / "encode.log").write_text(said)

    def measure(name, unit):
        line = next(x for x in said.splitlines() if name in x)
        return float(re.search(r"([\d.]+) " + re.escape(unit), line)[1])
    for name, want in (("points_z16,_12_attributes", 300), ("points_z16,_2_attributes", 100)):
        ns, allocs = measure(name + "/wanmi", "cpu-ns/feature"), measure(name + "/wanmi", "allocs/op")
        orb = f"orb {measure(name + '/orb', 'cpu-ns/feature'):.0f} ns" if name + "/orb" in said else ""
        b.told("encode one point: " + name.split(",_")[1].replace("_", " ") + (", code as id" if want == 100 else ""), f"{ns:.0f} ns, {allocs:.0f} allocations a tile", orb, f"<= {want} ns", ns <= want and allocs == 0)
    ms = measure("Million/z10", "cpu-ms")
    b.told("z10 tile over 1,000,000 points", f"{ms:.3f} ms", "prototype 7.3 ms", "<= 3 ms", ms <= 3)


def archive(b):
    out, peer = b.out / "ours.pmtiles", b.out / "theirs.pmtiles"
    remove(out, peer)
    mine = Run([b.wanmi, "tiles", "export", "--db", b.out / "city.gpkg", "--config", b.out / "live.yaml", "-q", "--layers", "component", "--minzoom", "10", "--maxzoom", "16", "--out", out], b.out / "export.log")
    text = f"{mine.cpu:.1f} CPU s, {mine.wall:.1f} s, {mine.mb:.0f} MB, {out.stat().st_size / 1e6:.1f} MB of file"
    tippecanoe = shutil.which("tippecanoe")
    if not tippecanoe:
        b.notes.append(f"Archive z10-16 of the components: {text}. tippecanoe was not to be had.")
        return
    theirs = Run([tippecanoe, "-q", "--force", "-o", peer, "-l", "component", "-Z10", "-z16", "-r1", "--cluster-distance=8", "--cluster-maxzoom=12",
                  "--no-feature-limit", "--no-tile-size-limit", b.data / "components.geojsonl"], b.out / "tippecanoe.log")
    ok = mine.cpu * 5 <= theirs.cpu and mine.mb * 2 <= theirs.mb
    b.told("archive z10-16 of 1,000,000 points", text, f"tippecanoe {theirs.cpu:.1f} CPU s, {theirs.wall:.1f} s, {theirs.mb:.0f} MB, {peer.stat().st_size / 1e6:.1f} MB of file", "1/5 of the CPU, half the memory", ok)


def start(b):
    waits, sizes, after = [], [], []
    for _ in range(b.rounds):
        with ours(b, "cached") as s:
            waits.append(s.ready)
            time.sleep(2)
            sizes.append(s.mb())
            b.load(tiles_url(s, "component"), "list_hi.txt")
            after.append(s.mb())
    b.told(f"start from GeoPackage to ready, {b.n:,} components", f"{statistics.median(waits):.1f} s", "", "< 6 s", statistics.median(waits) < 6)
    b.told("memory, the same served", f"{statistics.median(sizes):.0f} MB, {statistics.median(after):.0f} MB after 600 tiles of 200 KB", "", "< 450 MB", statistics.median(after) < 450)


def fresh(b):
    """PATCH acknowledged, then its tile: how long the tile takes, and that it holds the edit."""
    said = subprocess.run([b.wanmi, "key", "create", "--db", b.out / "city.gpkg", "--role", "editor", "--name", "bench", "--json"], capture_output=True, text=True, check=True).stdout
    head = {"Authorization": "Bearer " + json.loads(said)["key"], "Content-Type": "application/json", "If-Match": "*"}
    took, edits = [], []
    with ours(b, "cached") as s:
        c = http.client.HTTPConnection("127.0.0.1", s.port, timeout=60)

        def ask(method, path, body=None, h=None):
            c.request(method, path, body, h or {})
            r = c.getresponse()
            return r.status, r.getheader("ETag"), r.read()
        rows = json.loads(ask("GET", "/api/components?limit=500")[2])["features"]
        for i, f in enumerate(rows):
            lon, lat = f["geometry"]["coordinates"]
            z, x, y = tile_of(lon, lat, 16)
            path = f"/tiles/component/{z}/{x}/{y}.mvt"
            before = ask("GET", path, h={"Accept-Encoding": "gzip"})[1]
            at = time.monotonic()
            status, _, text = ask("PATCH", "/api/components/" + f["id"], json.dumps({"note": f"edit {i} {time.time()}"}), head)
            if status != 200:
                raise SystemExit(f"PATCH: {status} {text[:300]}")
            acknowledged = time.monotonic()
            tag = ask("GET", path, h={"Accept-Encoding": "gzip"})[1]
            took.append(time.monotonic() - acknowledged)
            edits.append(acknowledged - at)
            if tag == before:
                raise SystemExit(f"{path}: the edit is not in the next tile")
    took.sort()
    edits.sort()
    p99 = took[int(len(took) * 0.99)] * 1000
    b.told(f"an edit in the next tile, {len(took)} edits, z16", f"tile after the answer: median {took[len(took) // 2] * 1000:.1f} ms, p99 {p99:.1f} ms (the edit itself: median {edits[len(edits) // 2] * 1000:.1f}, p99 {edits[int(len(edits) * 0.99)] * 1000:.1f})", "", "p99 < 50 ms", p99 < 50)


def tile_of(lon, lat, z):
    import math
    n = 2 ** z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return z, int((lon + 180) / 360 * n), int(y * n)


MARKS = "<!-- bench-tiles begin -->", "<!-- bench-tiles end -->"


def save(b):
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    head = [f"`make bench-tiles N={b.n}`, commit {commit}, {os.cpu_count()} cores, load average {os.getloadavg()[1]:.0f} at its end; medians of {b.rounds} runs in turns, "
            f"4 connections, client and servers on the same cores.", "", "| work | ours | beside it | to reach | |", "|---|---|---|---|---|"]
    put_between(MARKS, head + b.lines + [""] + b.notes)


def put_between(marks, lines):
    """The lines of BENCHMARKS.md between two marks."""
    path = ROOT / "BENCHMARKS.md"
    text = path.read_text(encoding="utf-8")
    begin, end = text.index(marks[0]) + len(marks[0]), text.index(marks[1])
    path.write_text(text[:begin] + "\n\n" + "\n".join(lines) + "\n\n" + text[end:], encoding="utf-8")


def main():
    out = pathlib.Path(sys.argv[1]).resolve()
    b = Bench(out, int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
    if not BENCH.is_dir():
        raise SystemExit(f"{BENCH} is missing: the generator, the lists and the client are there (BENCH names the folder)")
    b.make()
    b.city()
    parts = {"start": start, "encode": encode, "cached": cached, "fresh": fresh, "archive": archive}
    if b.wants("live") and "WANMI_TEST_POSTGRES" in os.environ:
        live(b, Server(os.environ["WANMI_TEST_POSTGRES"]))
    for name, part in parts.items():
        if b.wants(name):
            part(b)
    if b.only is None:
        save(b)


if __name__ == "__main__":
    main()
