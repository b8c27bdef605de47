#!/usr/bin/env python3
"""make bench-census: taking in and giving out a census, beside ogr2ogr in the same run.

    scripts/bench_census.py OUT [N]     N components (default 1,000,000); OUT is made, its files stay

A synthetic city (communities, unit grids of 100 m) and a delivery of N components with 12 attributes, WGS84. The best of
ROUNDS (default 1) rounds of each is told, ours and the peer's in turns: wall seconds, CPU seconds of user and system
together (program + server where there is one), and the most memory the program held. With WANMI_TEST_POSTGRES, which
scripts/with_postgres.sh sets, the server store is measured too. The table goes into BENCHMARKS.md between its marks. ONLY=edits
makes the edits during an import alone and no table, ONLY=server what the server store does, SLOW=1 lists those that took more than 20 ms, WANMI names a binary to use.
"""
import http.client
import json
import os
import pathlib
import queue
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
WEST, SOUTH, STEP_X, STEP_Y = 116.90, 35.35, 0.0011, 0.0009  # about 100 m
COLS, ROWS = 180, 160  # cells of the city
BLOCK_X, BLOCK_Y = 12, 10  # cells of a community
CLASSES = ["路灯", "雨水井盖", "污水井盖", "行道树", "交通信号灯", "消防设施", "果皮箱", "公交站亭"]
HEAD = "编号,名称,类别,状态,权属单位,养护单位,普查日期,材质,高度,直径,地址,备注,经度,纬度"


def box(i, j, w, h):
    x0, y0 = round(WEST + i * STEP_X, 7), round(SOUTH + j * STEP_Y, 7)
    x1, y1 = round(WEST + (i + w) * STEP_X, 7), round(SOUTH + (j + h) * STEP_Y, 7)
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]


def write_geojson(path, rows):
    with open(path, "w", encoding="utf-8") as f:
        f.write('{"type":"FeatureCollection","features":[\n')
        f.write(",\n".join(json.dumps({"type": "Feature", "properties": p, "geometry": {"type": "Polygon", "coordinates": [ring]}}, ensure_ascii=False)
                           for p, ring in rows))
        f.write("\n]}\n")


def make_city(out):
    communities, cells = [], []
    for bj in range(ROWS // BLOCK_Y):
        for bi in range(COLS // BLOCK_X):
            n = bj * (COLS // BLOCK_X) + bi
            code = f"370883{n // 40 + 1:03d}{n % 40 + 1:03d}"
            communities.append(({"社区代码": code, "社区名称": f"{n + 1}号社区"}, box(bi * BLOCK_X, bj * BLOCK_Y, BLOCK_X, BLOCK_Y)))
            for j in range(BLOCK_Y):
                for i in range(BLOCK_X):
                    cells.append(({"网格代码": f"{code}{j * BLOCK_X + i + 1:03d}"}, box(bi * BLOCK_X + i, bj * BLOCK_Y + j, 1, 1)))
    write_geojson(out / "communities.geojson", communities)
    write_geojson(out / "cells.geojson", cells)
    return len(cells)


def row(i, r, x, y, note):
    k = i % len(CLASSES)
    return (f"LD-{i:07d},{CLASSES[k]},{CLASSES[k]},{'完好' if i % 97 % 3 else '破损'},钢山街道办事处,邹城市市政工程服务中心,"
            f"2026-0{1 + i % 9}-1{i % 10},{'铸铁' if i % 3 else '复合材料'},{i % 12}.{i % 10},{300 + i % 500},"
            f"太平西路与岗山南路交叉口东{i % 400}米,{note},{x:.7f},{y:.7f}\n")


def make_delivery(out, n):
    """components.csv, and later/components.csv: the same with one row in a hundred changed, moved, gone or new."""
    r = random.Random(5)
    (out / "later").mkdir(exist_ok=True)
    with open(out / "components.csv", "w", encoding="utf-8") as a, open(out / "later/components.csv", "w", encoding="utf-8") as b:
        a.write(HEAD + "\n")
        b.write(HEAD + "\n")
        for i in range(n):
            x, y = WEST + r.random() * COLS * STEP_X, SOUTH + r.random() * ROWS * STEP_Y
            note = "" if i % 5 else "待复核"
            line = row(i, r, x, y, note)
            a.write(line)
            what = i % 400 if i % 100 == 7 else -1
            if what == 7:
                b.write(row(i, r, x, y, "已整改"))
            elif what == 107:
                b.write(row(i, r, x + 0.00002, y, note))
            elif what == 207:
                continue
            else:
                b.write(line)
                if what == 307:
                    b.write(row(n + i, r, x + 0.00003, y, note))


class Run:
    """One process, timed, with what a server did meanwhile. Its output is shown when it fails."""

    def __init__(self, args, log, server=None):
        before = server.cpu() if server else 0
        started = time.monotonic()
        with open(log, "wb") as f:
            p = subprocess.Popen([str(a) for a in args], stdout=f, stderr=subprocess.STDOUT)
            _, status, use = os.wait4(p.pid, 0)
            p.returncode = os.waitstatus_to_exitcode(status)
        self.wall, self.cpu, self.mb = time.monotonic() - started, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024
        if p.returncode != 0:
            sys.stderr.write(pathlib.Path(log).read_text(errors="replace")[-3000:])
            raise SystemExit(f"{args[0]} ended with {p.returncode}: {' '.join(map(str, args))}")
        self.served = server.cpu() - before if server else None

    def cell(self):
        served = "" if self.served is None else f" + {self.served:.1f}"
        return f"{self.wall:.1f} | {self.cpu:.1f}{served} | {self.mb:.0f}"


class Server:
    """A PostgreSQL server on this machine, told by a superuser's connection string, and the databases of this run on it."""

    def __init__(self, dsn):
        self.dsn, self.at = dsn, urllib.parse.urlsplit(dsn)
        self.postmaster = int(self.sql("postgres", "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)"))

    def in_service(self):
        """A server that has been in use has WAL files to use again. One just made fills each with zeros, and every commit waits for that."""
        self.sql("postgres", "ALTER SYSTEM SET min_wal_size = '2GB'", "SELECT pg_reload_conf()")
        self.sql("postgres", *["SELECT pg_logical_emit_message(false, 'bench', repeat('x', 8000000))"] * 160, "CHECKPOINT", "CHECKPOINT")

    def url(self, name):
        return urllib.parse.urlunsplit(self.at._replace(path="/" + name))

    def ogr(self, name):
        return f"PG:host={self.at.hostname} port={self.at.port or 5432} user={self.at.username} password={self.at.password} dbname={name}"

    def sql(self, name, *statements):
        commands = [w for s in statements for w in ("-c", s)]
        p = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", self.url(name), *commands], capture_output=True, text=True)
        if p.returncode != 0:
            raise SystemExit(p.stderr)
        return p.stdout.strip()

    def make(self, name, template="template0"):
        """Makes the database anew and returns its connection string."""
        self.drop(name)
        self.sql("postgres", f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'", "CHECKPOINT")
        return self.url(name)

    def drop(self, *names):
        for name in names:
            self.sql("postgres", "SET client_min_messages = error", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def cpu(self):
        """CPU seconds of all its processes so far. One that has just ended is counted a moment later."""
        time.sleep(0.3)
        total = 0
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                f = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat.parent.name) == self.postmaster:
                total += sum(map(int, f[11:15]))
            elif int(f[1]) == self.postmaster:
                total += int(f[11]) + int(f[12])
        return total / os.sysconf("SC_CLK_TCK")


def remove(*paths):
    for p in paths:
        for q in [p, *p.parent.glob(p.name + "-*")]:
            shutil.rmtree(q) if q.is_dir() else q.unlink(missing_ok=True)
        if p.suffix == ".shp":
            for q in p.parent.glob(p.stem + ".*"):
                shutil.rmtree(q) if q.is_dir() else q.unlink(missing_ok=True)


OGR_COLUMNS = ["-oo", "X_POSSIBLE_NAMES=经度", "-oo", "Y_POSSIBLE_NAMES=纬度", "-a_srs", "EPSG:4326"]


class Bench:
    def __init__(self, out, n, rounds):
        self.out, self.n, self.rounds = out, n, rounds
        self.wanmi, self.ogr, self.lines = out / "wanmi", shutil.which("ogr2ogr"), []
        self.notes = []

    def best(self, *makers):
        """Runs each of the makers in turns and returns the one of least CPU time of each."""
        runs = [[] for _ in makers]
        for _ in range(self.rounds):
            for i, m in enumerate(makers):
                runs[i].append(m())
        return [min(r, key=lambda x: x.cpu) for r in runs]

    def told(self, work, ours, peer=None, reached=None, want=""):
        cell = lambda r: r.cell() if r else " | | "
        word = "" if reached is None else ("reached" if reached else "**not reached**")
        self.lines.append(f"| {work} | {cell(ours)} | {cell(peer)} | {want} | {word} |")
        print(self.lines[-1], flush=True)

    def ours(self, *args, server=None):
        return Run([self.wanmi, *args], self.out / "wanmi.log", server)

    def theirs(self, *args, server=None):
        return Run([self.ogr, *args], self.out / "ogr2ogr.log", server)

    def base(self):
        db = self.out / "base.gpkg"
        remove(db)
        self.areas(db)
        return db

    def areas(self, db):
        self.ours("import", "--db", db, "-q", "community", self.out / "communities.geojson")
        self.ours("import", "--db", db, "-q", "unit_grid", self.out / "cells.geojson")

    def fresh(self, base):
        db = self.out / "city.gpkg"
        remove(db)
        shutil.copyfile(base, db)
        return db

    def imports(self, base):
        csv, peer, columns = self.out / "components.csv", self.out / "peer.gpkg", OGR_COLUMNS

        def ogr(src, *opt):
            remove(peer)
            return self.theirs("-f", "GPKG", peer, src, *opt)
        want = "faster, < 600 MB"
        a, b = self.best(lambda: self.ours("import", "--db", self.fresh(base), "-q", "component", csv), lambda: ogr(csv, *columns))
        self.told(f"import {self.n:,} from CSV", a, b, a.wall < b.wall and a.mb < 600, want)
        shp = self.out / "shape/components.shp"
        shp.parent.mkdir(exist_ok=True)
        remove(shp)
        self.theirs("-f", "ESRI Shapefile", shp, csv, *columns, "-lco", "ENCODING=GBK")
        a, b = self.best(lambda: self.ours("import", "--db", self.fresh(base), "-q", "component", shp), lambda: ogr(shp))
        self.told(f"import {self.n:,} from Shapefile, GBK", a, b, a.wall < b.wall and a.mb < 600, want)

    def redelivery(self, base):
        db = self.fresh(base)
        self.ours("import", "--db", db, "-q", "component", self.out / "components.csv")
        self.dry_run(db, "")
        return db

    def dry_run(self, db, where, server=None):
        (a,) = self.best(lambda: self.ours("import", "--db", db, "-q", "--dry-run", "component", self.out / "later/components.csv", server=server))
        self.told(f"second delivery of {self.n:,}, 1 % changed: dry run{where}", a, None, a.wall < 10 and a.mb < 900, "< 10 s, < 900 MB")

    def on_server(self, server):
        """What the server store does, in databases of their own."""
        csv, base, city, peer = self.out / "components.csv", "wanmi_bench_base", "wanmi_bench_city", "wanmi_bench_peer"
        server.in_service()
        try:
            server.make(base)
            server.sql(base, "CREATE EXTENSION postgis")
            server.make(peer, base)
            self.areas(server.url(base))

            def ours():
                return self.ours("import", "--db", server.make(city, base), "-q", "component", csv, server=server)

            def theirs():
                server.sql(peer, "DROP TABLE IF EXISTS components", "CHECKPOINT")
                return self.theirs("--config", "PG_USE_COPY", "YES", "-f", "PostgreSQL", server.ogr(peer), csv, *OGR_COLUMNS, server=server)
            a, b = self.best(ours, theirs)
            self.told(f"import {self.n:,} from CSV into PostGIS (COPY)", a, b, a.wall < b.wall and a.mb < 600, "faster, < 600 MB")
            self.dry_run(server.url(city), " (PostGIS)", server)
            self.edits(server.make(city, base), " (PostGIS)", server)
        finally:
            server.drop(city, peer, base)

    def exports(self, db):
        names = {"gpkg": "GPKG", "geojson": "GeoJSON", "csv": "CSV", "xlsx": "XLSX", "shp": "ESRI Shapefile"}
        for kind, driver in names.items():
            mine, peer = self.out / f"out/ours.{kind}", self.out / f"out/peer.{kind}"
            mine.parent.mkdir(exist_ok=True)

            def ours():
                remove(mine)
                return self.ours("export", "--db", db, "-q", "component", "--out", mine)

            def theirs():
                remove(peer)
                return self.theirs("-f", driver, peer, db, "component", *(["-lco", "GEOMETRY=AS_XY"] if kind == "csv" else []),
                                   *(["-lco", "ENCODING=UTF-8"] if kind == "shp" else []))
            a, b = self.best(ours, theirs)
            self.told(f"export {self.n:,} to {kind}", a, b, a.wall <= b.wall, "no slower")

    def edits(self, db, where, pg=None, post=False):
        """A PATCH every 50 ms, on time whatever the last one took, while another process imports the N rows, or the server itself
        does that was sent them (post)."""
        os.sync()  # what was measured before is still being written, and an edit waits for the disk
        few = self.out / "few.csv"
        with open(self.out / "components.csv", encoding="utf-8") as f, open(few, "w", encoding="utf-8") as g:
            for _, line in zip(range(2001), f):
                g.write(line.replace("LD-", "ED-"))
        self.ours("import", "--db", db, "-q", "component", few)
        said = subprocess.run([self.wanmi, "key", "create", "--db", db, "--role", "editor", "--name", "bench", "--json"],
                              capture_output=True, text=True, check=True).stdout
        port = free_port()
        with open(self.out / "serve.log", "wb") as log:
            server = subprocess.Popen([self.wanmi, "serve", "--db", db, "--addr", f"127.0.0.1:{port}"], stdout=log, stderr=subprocess.STDOUT)
        try:
            editor = Editor(port, json.loads(said)["key"])
            editor.wait()
            editor.edit(lambda n: n < 20)
            idle, _ = editor.edit(lambda n: n < 100)
            done = threading.Event()
            runs = []

            def work():
                try:
                    if post:
                        runs.append(self.posted(editor))
                    else:
                        runs.append(self.ours("import", "--db", db, "-q", "component", self.out / "components.csv", server=pg))
                finally:
                    done.set()
            t = threading.Thread(target=work)
            t.start()
            busy, refused = editor.edit(lambda _: not done.is_set())
            t.join()
            if not runs:
                raise SystemExit("the import failed")
            editor.none_lost()
        finally:
            server.terminate()
            server.wait()
        told = lambda l: f"median {l[len(l) // 2] * 1e3:.0f} ms, p99 {l[int(len(l) * 0.99)] * 1e3:.0f} ms, worst {l[-1] * 1e3:.0f} ms"
        self.notes.append(f"{len(idle)} edits over HTTP{where}, one every 50 ms, with nothing else under way: {told(idle)}; "
                          f"{len(busy)} while {self.n:,} rows were imported: {told(busy)}, {len(refused)} refused{' ' + str(refused[:3]) if refused else ''}.")
        print(self.notes[-1], flush=True)
        self.told(f"{len(busy)} edits over HTTP{where} while {self.n:,} rows are imported: p99 {busy[int(len(busy) * 0.99)] * 1e3:.0f} ms",
                  runs[0], None, busy[int(len(busy) * 0.99)] < 0.02 and not refused, "p99 < 20 ms")


    def posted(self, editor):
        """Sends the delivery to the server and waits until it is written."""
        run = Run(["curl", "-sS", "--fail-with-body", "-H", "Authorization: " + editor.head["Authorization"], "-F", "layer=component", "-F", "dry_run=false",
                   "-F", f"file=@{self.out / 'components.csv'}", f"http://127.0.0.1:{editor.port}/api/imports"], self.out / "curl.log")
        job = json.loads((self.out / "curl.log").read_text(encoding="utf-8"))
        started = time.monotonic()
        while job["state"] in ("waiting", "running"):
            time.sleep(0.2)
            job = json.loads(editor.ask("GET", "/api/imports/" + job["id"])[1])
        if job["state"] != "committed":
            raise SystemExit(f"POST /api/imports ended as {job}")
        run.wall += time.monotonic() - started
        return run


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Editor:
    """Edits components at fixed times whatever became of the edits before: an edit that has to wait makes none of the others late,
    and all that fall into a halt count. How long each took is counted from its time."""

    def __init__(self, port, secret):
        self.port, self.head, self.codes, self.n = port, {"Authorization": "Bearer " + secret, "Content-Type": "application/json"}, [], 0
        self.free, self.done = queue.LifoQueue(), []

    def ask(self, method, path, body=None, head=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        c.request(method, path, body, {**self.head, **(head or {})})
        r = c.getresponse()
        text = r.read()
        c.close()
        return r.status, text

    def wait(self):
        for _ in range(600):
            try:
                status, text = self.ask("GET", "/api/components?limit=100")
                if status == 200:
                    self.codes = [f["properties"]["code"] for f in json.loads(text)["features"]]
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit("the server did not answer")

    def send(self, due, n, took, refused):
        """One edit; 20 connections are kept, so that an edit pays for no handshake."""
        code = self.codes[n % len(self.codes)]
        try:
            c = self.free.get_nowait()
        except queue.Empty:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            c.request("PATCH", "/api/components/" + code, json.dumps({"note": f"edit {n}"}), {**self.head, "If-Match": "*"})
            r = c.getresponse()
            r.read()
            status = r.status
        except OSError as e:
            status, c = str(e), http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        took.append((time.monotonic() - due, due))
        if not isinstance(status, int) or status // 100 != 2:
            refused.append(status)
        else:
            self.done.append((code, n))
        self.free.put(c)

    def none_lost(self):
        """Every edit that was answered well is a version of its component."""
        for code in sorted(set(c for c, _ in self.done)):
            status, text = self.ask("GET", f"/api/components/{code}/history")
            notes = set(json.dumps(v).split('"note": "')[1].split('"')[0] for v in json.loads(text)["versions"] if '"note": "' in json.dumps(v)) \
                if status == 200 else set()
            lost = [n for c, n in self.done if c == code and f"edit {n}" not in notes]
            if lost:
                raise SystemExit(f"{code}: edits {lost[:5]} were answered with 200 and are lost")

    def edit(self, more):
        took, refused, threads, started, n = [], [], [], time.monotonic(), 0
        while more(n):
            due = started + n * 0.05
            time.sleep(max(0, due - time.monotonic()))
            t = threading.Thread(target=self.send, args=(due, self.n, took, refused))
            t.start()
            threads.append(t)
            n, self.n = n + 1, self.n + 1
        for t in threads:
            t.join()
        if os.environ.get("SLOW"):
            print("slow:", [f"{d - started:.2f}s {s * 1e3:.0f}ms" for s, d in sorted(took, key=lambda x: x[1]) if s > 0.02], flush=True)
        return sorted(s for s, _ in took), refused


MARKS = "<!-- bench-census begin -->", "<!-- bench-census end -->"


def save(b):
    """Puts the table between its marks in BENCHMARKS.md."""
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    gdal = subprocess.run([b.ogr, "--version"], capture_output=True, text=True).stdout.split(",")[0]
    head = [f"`make bench-census N={b.n}`, commit {commit}, {os.cpu_count()} cores, load average {os.getloadavg()[1]:.0f} at its end (on a shared machine "
            f"the CPU seconds compare, the wall clock does not); peer: ogr2ogr of {gdal}.", "",
            "| work | ours: s | CPU s | MB | ogr2ogr: s | CPU s | MB | to reach | |", "|---|---|---|---|---|---|---|---|---|"]
    path = ROOT / "BENCHMARKS.md"
    text = path.read_text(encoding="utf-8")
    begin, end = text.index(MARKS[0]) + len(MARKS[0]), text.index(MARKS[1])
    path.write_text(text[:begin] + "\n\n" + "\n".join(head + b.lines + [""] + b.notes) + "\n\n" + text[end:], encoding="utf-8")


def main():
    out = pathlib.Path(sys.argv[1]).resolve()
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    if shutil.which("ogr2ogr") is None:
        raise SystemExit("ogr2ogr is missing: apt-get install gdal-bin")
    out.mkdir(parents=True, exist_ok=True)
    b = Bench(out, n, int(os.environ.get("ROUNDS", "1")))
    if "WANMI" in os.environ:
        shutil.copy(os.environ["WANMI"], b.wanmi)
    else:
        subprocess.run([os.environ.get("GO", "go"), "build", "-o", b.wanmi, "./cmd/wanmi"], cwd=ROOT, check=True)
    make_city(out)
    make_delivery(out, n)
    base = b.base()
    if os.environ.get("ONLY") == "edits":
        b.edits(b.fresh(base), "")
        b.edits(b.fresh(base), ", sent to the same server", post=True)
        return
    if os.environ.get("ONLY") == "server":
        b.on_server(Server(os.environ["WANMI_TEST_POSTGRES"]))
        return
    b.imports(base)
    b.exports(b.redelivery(base))
    b.edits(b.fresh(base), "")
    b.edits(b.fresh(base), ", sent to the same server", post=True)
    if "WANMI_TEST_POSTGRES" in os.environ:
        b.on_server(Server(os.environ["WANMI_TEST_POSTGRES"]))
    save(b)


if __name__ == "__main__":
    main()
