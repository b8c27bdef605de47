#!/usr/bin/env python3
"""make bench-geocode: geocoding, right and fast, beside a regular expression and a full-text search in the same run.

    scripts/bench_geocode.py OUT [N]     N entries of a synthetic city (default 1,000,000); OUT is made, its files stay

Accuracy on the real texts of ../shared/data/taipei_west (DATA names another folder) with only base/ and places/addresses.csv.gz imported, beside
../shared/geocode/baseline.py; on the reports of a synthetic city with their truth; speed in a city of N entries (geocode/geocodetest) and in
taipei_scale. The table goes into BENCHMARKS.md between its marks. ONLY=texts,reports,speed,peer,locate,batch,http,scale,growth picks parts (no table then);
GROWTH="10000 100000 ..." are the sizes of the growth, WANMI names a binary to use.
"""
import csv
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys

from bench_census import Run, free_port, remove
from bench_tiles import Serving, cpu_of, put_between

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path(os.environ.get("DATA", ROOT.parent / "shared/data"))
BASELINE = ROOT.parent / "shared/geocode/baseline.py"
GO = os.environ.get("GO", "go")
# The sets with a share to reach. The noisiest is the one whose labels have the largest median error, by the README of the data: 36 m, clinics' 4 m.
CLINICS, NOISIEST = "medical_institution", "direct-drinking-stations"
SETS = {CLINICS: .97, NOISIEST: .88}
# The shares to reach by kind of synthetic report.
REPORTS = {"door": .995, "intersection": .995, "poi": .995, "code": .995, "offset": .98, "typo": .97}
SCALE_ROWS = 500_000
LAYERS = ("street", "community", "department", "road", "unit_grid", "door", "poi", "component")
KINDS = {"door": "door with noise", "intersection": "intersection with offset and noise", "code": "code of a component in a text", "poi": "POI with noise",
         "poi_typo": "POI with a typo and noise", "typo": "intersection, a road misspelt", "prefix": "autocomplete, 1-3 characters", "initials": "autocomplete, initials"}
# p50 and p99 to reach, in microseconds.
LIMITS = {"poi_typo": (60, 150), "prefix": (8, None), "initials": (8, None)}


def lines_of(args, **kw):
    return [json.loads(line) for line in subprocess.run([str(a) for a in args], check=True, stdout=subprocess.PIPE, text=True, **kw).stdout.splitlines()]


def pct(share):
    return "-" if share is None else f"{100 * share:.1f} %"


class Bench:
    def __init__(self, out, n):
        self.out, self.n, self.city = out, n, out / f"city-{n}"
        self.wanmi, self.tool = out / "wanmi", out / "benchgeocode"
        self.right, self.fast, self.grown, self.notes = [], [], [], []
        only = os.environ.get("ONLY", "")
        self.only = set(only.split(",")) if only else None

    def wants(self, part):
        return self.only is None or part in self.only

    def told(self, table, what, got, beside="", want="", reached=None):
        word = "" if reached is None else ("reached" if reached else "**not reached**")
        table.append(f"| {what} | {got} | {beside} | {want} | {word} |")
        print(table[-1], flush=True)

    def make(self):
        self.out.mkdir(parents=True, exist_ok=True)
        if "WANMI" in os.environ:
            shutil.copy(os.environ["WANMI"], self.wanmi)
        else:
            subprocess.run([GO, "build", "-o", self.wanmi, "./cmd/wanmi"], cwd=ROOT, check=True)
        subprocess.run([GO, "build", "-o", self.tool, "./scripts/benchgeocode"], cwd=ROOT, check=True)

    def ours(self, *args):
        return Run([self.wanmi, *args], self.out / "wanmi.log")

    def imported(self, db, files):
        """The city of some files, made once."""
        if not db.exists():
            tmp = db.with_name("making.gpkg")
            remove(tmp)
            for layer, file in files:
                self.ours("import", "--db", tmp, "-q", layer, file)
            for f in sorted(db.parent.glob("making.gpkg*")):
                f.rename(str(f).replace("making.gpkg", db.name))
        return db

    def synthetic(self):
        if not (self.city / "texts.csv").exists():
            self.city.mkdir(exist_ok=True)
            subprocess.run([self.tool, "gen", "-n", str(self.n), "-out", self.city, "-rows", str(self.n)], check=True)
        return self.imported(self.city / "city.gpkg", [(layer, self.city / f"{layer}.csv") for layer in LAYERS])

    def eval(self, db, file, name, *more):
        out = self.out / f"{name}.json"
        self.ours("geocode", "eval", "--db", db, file, "--out", out, *more)
        return json.loads(out.read_text(encoding="utf-8"))


def halves(out, file):
    """The rows of even and of odd number, from 0: the even ones may be looked at, the odd ones only counted."""
    with open(file, encoding="utf-8-sig", newline="") as f:
        rows = list(csv.reader(f))
    for h, name in enumerate(("even", "odd")):
        with open(out / f"{name}.csv", "w", encoding="utf-8", newline="") as g:
            csv.writer(g).writerows(rows[:1] + rows[1 + h::2])
    return out / "even.csv", out / "odd.csv"


def texts(b):
    west = DATA / "taipei_west"
    files = [(layer, west / f"base/{name}.geojson") for layer, name in (("street", "streets"), ("community", "communities"), ("road", "roads"), ("land", "green_land"))]
    db = b.imported(b.out / "west.gpkg", files + [("door", west / "places/addresses.csv.gz")])
    all_, (even, odd) = b.eval(db, west / "place_texts.csv", "texts"), (b.eval(db, f, f.stem) for f in halves(b.out, west / "place_texts.csv"))
    base = baseline(west)
    m, table = all_["all"], b.right
    b.told(table, f"all {m['cases']:,} texts within 100 m", f"{pct(m['within_100_m'])} (rows of even number {pct(even['all']['within_100_m'])}, odd {pct(odd['all']['within_100_m'])})",
           pct(base["all"]), ">= 93 %", m["within_100_m"] >= .93)
    halved = lambda name: "even {}, odd {}".format(*(pct(next((s["within_100_m"] for s in h["sets"] if s["name"] == name), None)) for h in (even, odd)))
    for s in all_["sets"]:
        want = SETS.get(s["name"])
        b.told(table, f"{s['name']}, {s['cases']}", f"{pct(s['within_100_m'])} ({halved(s['name'])})", pct(base.get(s["name"])),
               "" if want is None else f">= {100 * want:.0f} %" + (" (the noisiest labels)" if s["name"] == NOISIEST else ""), None if want is None else s["within_100_m"] >= want)
    labels(b, db, west)
    b.told(table, "calibration error of the score, 10 bins", f"{all_['calibration']['error']:.3f} (even {even['calibration']['error']:.3f}, odd {odd['calibration']['error']:.3f})",
           "", "<= 0.05", all_["calibration"]["error"] <= .05)
    w = m["within_uncertainty"]
    b.told(table, "truth within uncertainty_m", f"{pct(w)} (even {pct(even['all']['within_uncertainty'])}, odd {pct(odd['all']['within_uncertainty'])})", "", "88-93 %", .88 <= w <= .93)
    if "median_uncertainty_m" in m:
        b.told(table, "median uncertainty_m; median distance", f"{m['median_uncertainty_m']:.0f} m; {m['median_m']:.0f} m")
    else:
        b.told(table, "median distance", f"{m['median_m']:.0f} m")
    said = subprocess.run([GO, "test", "./geocode", "-count=1", "-v", "-run", "TestTaipei"], cwd=ROOT, capture_output=True, text=True).stdout
    (b.out / "taipei.log").write_text(said, encoding="utf-8")
    if same := re.search(r"simplified the same ([\d.]+) %", said):
        b.told(table, "simplified characters: the same answer", same[1] + " %", "", ">= 99.5 %", float(same[1]) >= 99.5)
    if lost := re.findall(r": ([a-z][^:\n]*?), seed \d+, in \d+ texts .*?, ([\d.-]+) points lost", said):
        ways = {}
        for way, points in lost:
            ways.setdefault(way, []).append(float(points))
        worst = max(p for of in ways.values() for p in of)
        b.told(table, "one wrong character in each: points lost, the worst of the seeds", "; ".join(f"{way} {max(of):.2f}" for way, of in ways.items()), "", "at most 3 points", worst <= 3)


def labels(b, db, west):
    """The most the labels allow in the sets with a share to reach: not a result, a bound. A row is set aside when the plate or the crossing its text
    names stands on file exactly and lies over 100 m from its label. Beside it a witness that asks no geocoder about the label: one label for texts
    whose plates lie over 100 m apart is wrong for one of them at least."""
    with open(west / "place_texts.csv", encoding="utf-8-sig", newline="") as f:
        rows = list(csv.DictReader(f))
    said = lines_of([b.wanmi, "geocode", "--db", db, "-"], input="".join(" ".join(r["text"].split()) + "\n" for r in rows))
    assert len(said) == len(rows)
    places = [s.get("place") or {} for s in said]
    on_file = lambda p: p.get("level") in ("door", "intersection") and p["match"] == "exact" and p["score"] >= .9
    far = lambda p, q: metres(*p, *q) > 100
    for name in SETS:
        at, halves = {}, ([], [])
        for i, (r, p) in enumerate(zip(rows, places)):
            if r["dataset"] == name:
                label = float(r["lng"]), float(r["lat"])
                halves[i % 2].append((label, p))
                if on_file(p):
                    at.setdefault(label, []).append(p["point"])
        cells, seen, count = [], 0, 0
        for half, of in zip(("even", "odd"), halves):
            aside = [(label, p) for label, p in of if on_file(p) and far(p["point"], label)]
            left = len(of) - len(aside)
            right = sum(1 for label, p in of if p and not far(p["point"], label))
            cells.append(f"{half} {pct(left / len(of))} ({len(aside)} of {len(of)} rows set aside; of the rest {pct(right / left)} are right)")
            count += len(aside)
            seen += sum(any(far(p["point"], q) for q in at[label]) for label, p in aside)
        b.told(b.right, f"{name}: the most its labels allow, no result but a bound", "; ".join(cells)
               + f"; {seen} of the {count} share their label with a text whose plate lies over 100 m from theirs")


def baseline(west):
    """The shares within 100 m by data set of a regular expression with a door table."""
    said = subprocess.run([sys.executable, BASELINE, west], capture_output=True, text=True, check=True).stdout
    out = {m[1]: float(m[2]) for m in re.finditer(r"^(\S+)\s+n +\d+.*?<=100 ([\d.]+)  of", said, re.M)}
    return {**out, "all": float(re.search(r"^all \d+ <=100 ([\d.]+)", said, re.M)[1])}


def reports(b):
    """The synthetic city of `wanmi demo`, and the reports that come with it."""
    folder = b.out / "demo"
    if not (folder / "city.gpkg").exists():
        port = free_port()
        with Serving(b.out / "demo.log", [b.wanmi, "demo", "--dir", folder, "--addr", f"127.0.0.1:{port}"], port, "/readyz"):
            pass
    truth = folder / "files/truth.csv"
    said = b.eval(folder / "city.gpkg", truth, "reports")
    b.ours("geocode", "--db", folder / "city.gpkg", "--batch", truth, "--out", b.out / "reports.csv", "-q")
    offsets = within_offset(b.out / "reports.csv")
    for s in said["sets"]:
        share, want = (offsets if s["name"] == "offset" else s["within_20_m"]), REPORTS.get(s["name"])
        b.told(b.right, f"synthetic reports: {s['name']}, {s['cases']}", pct(share) + (" within max(15 m, 20 %)" if s["name"] == "offset" else " within 20 m"), "",
               "" if want is None else f">= {100 * want:g} %", None if want is None else share >= want)
    m = said["all"]
    for key, name, want in (("right_grid", "right cell", .97), ("right_component_among_3", "right component among the first three", .95), ("right_department", "right department", .98)):
        if m[key] is not None:
            b.told(b.right, f"all {m['cases']} synthetic reports: {name}", pct(m[key]), "", f">= {100 * want:.0f} %", m[key] >= want)


def within_offset(file):
    """The share of offset reports placed within 15 m of the truth or within a fifth of the distance they name."""
    right = []
    with open(file, encoding="utf-8-sig", newline="") as f:
        for r in csv.DictReader(f):
            if r["kind"] != "offset":
                continue
            said = re.search(r"(\d+)米", r["text"])
            tolerance = max(15, .2 * int(said[1]) if said else 0)
            right.append(bool(r["longitude"]) and metres(r["longitude"], r["latitude"], r["lon"], r["lat"]) <= tolerance)
    return sum(right) / len(right)


def metres(x0, y0, x1, y1):
    return math.hypot((float(x0) - float(x1)) * math.cos(math.radians(float(y0))), float(y0) - float(y1)) * 111_195


def speed(b):
    answers(b, b.fast, lines_of([b.tool, "ask", "-db", b.synthetic(), "-texts", b.city / "texts.csv"]), f"{b.n:,} entries")
    search_alone(b, "Synthetic", {"WANMI_BENCH_N": str(b.n)}, ("door", "intersection", "code", "poi", "poi_typo", "typo"))


def named(kind, place):
    """A kind of texts; those about a real city name no offsets."""
    return place + (KINDS[kind].replace(" with offset and noise", " with noise") if place else KINDS[kind])


def answers(b, table, said, where, place=""):
    """What `benchgeocode ask` said."""
    first, kinds = said[0], said[1:]
    b.told(table, f"build from the store, {where}", f"{first['build_s']:.1f} s", "", "< 4 s", first["build_s"] < 4)
    b.told(table, f"memory of the geocoder, {where}", f"{first['heap_mb']:.0f} MB", "", "< 300 MB", first["heap_mb"] < 300)
    for k in kinds:
        p50, p99 = LIMITS.get(k["kind"], (None, None))
        right = f"; right {pct(k['right'])}" if k["right"] else ""
        want = "" if p50 is None else f"<= {p50} µs p50" + ("" if p99 is None else f", <= {p99} µs p99")
        b.told(table, f"{named(k['kind'], place)}: the whole answer", f"p50 {k['p50_us']:.1f} µs, p99 {k['p99_us']:.0f} µs, {k['allocs']:.0f} allocations{right}", "", want,
               None if p50 is None else k["p50_us"] <= p50 and (p99 is None or k["p99_us"] <= p99))


def search_alone(b, bench, env, kinds, place=""):
    """Finding and weighing places, without writing out the answer: a benchmark of the package."""
    said = subprocess.run([GO, "test", "./geocode", "-run", "^$", "-bench", f"{bench}/.*/search", "-benchtime", "20000x"], cwd=ROOT, capture_output=True, text=True, check=True,
                          env={**os.environ, **env}).stdout
    for kind in kinds:
        line = re.search(rf"^Benchmark{bench}/{kind}/search\S*\s.*$", said, re.M)[0]
        get = lambda unit: float(re.search(r"([\d.]+) " + re.escape(unit), line)[1])
        limited = kind in ("door", "intersection")
        b.told(b.fast, f"{named(kind, place)}: the search alone", f"p50 {get('p50-ns') / 1e3:.2f} µs, p99 {get('p99-ns') / 1e3:.1f} µs, {get('allocs/op'):.0f} allocations", "",
               "<= 3 µs p50, 0 allocations" if limited else "", get("p50-ns") <= 3000 and get("allocs/op") == 0 if limited else None)


def peer(b):
    said = lines_of([b.tool, "fts", "-n", str(b.n), "-db", b.out / "fts.db", "-asks", "40"])
    b.notes.append(f"SQLite FTS5 (trigram, OR of the text's trigrams, best by bm25; the project's own modernc.org/sqlite) on the same {b.n:,} names and addresses, filed in {said[0]['build_s']:.0f} s: "
                   + "; ".join(f"{KINDS[k['kind']]} p50 {k['p50_us']:,.0f} µs, right {pct(k['right'])}" for k in said[1:]) + ".")
    print(b.notes[-1], flush=True)


def locate(b):
    locating(b, b.synthetic(), b.city / "batch.csv", "full locate: cell, components, department")


def locating(b, db, texts, what):
    said = subprocess.run([GO, "test", "./cmd/wanmi/internal/city", "-run", "^$", "-bench", "Locate", "-benchtime", "50000x"], cwd=ROOT, capture_output=True, text=True, check=True,
                          env={**os.environ, "WANMI_BENCH_DB": str(db), "WANMI_BENCH_TEXTS": str(texts)}).stdout
    get = lambda unit: float(re.search(r"([\d.]+) " + re.escape(unit), said)[1])
    b.told(b.fast, what, f"p50 {get('p50-ns') / 1e3:.1f} µs, p99 {get('p99-ns') / 1e3:.0f} µs, {get('allocs/op'):.0f} allocations", "", "<= 100 µs p50", get("p50-ns") <= 1e5)


def batch(b):
    """Rows a second, the program's start (reading the city) apart: that is measured with a file of one row."""
    batching(b, b.synthetic(), b.city / "batch.csv", b.n)


def batching(b, db, file, rows, place=""):
    one = b.out / "one.csv"
    with open(file, encoding="utf-8") as f:
        one.write_text(f.readline() + f.readline(), encoding="utf-8")
    start = b.ours("geocode", "--db", db, "--batch", one, "--out", b.out / "one_out.csv", "-q")
    run = b.ours("geocode", "--db", db, "--batch", file, "--out", b.out / "batch_out.csv", "-q")
    rate = rows / (run.wall - start.wall)
    b.told(b.fast, f"{place}geocode --batch, {rows:,} rows, {os.cpu_count()} cores", f"{rate:,.0f} rows/s, {(run.cpu - start.cpu) / rows * 1e6:.1f} µs CPU a row, {run.mb:.0f} MB; "
           f"{start.wall:.1f} s before the first row", "", ">= 60,000 rows/s", rate >= 60_000)


def serving(b, db):
    port = free_port()
    return Serving(b.out / "serve.log", [b.wanmi, "serve", "--db", db, "--addr", f"127.0.0.1:{port}"], port, "/readyz")


def http(b):
    with serving(b, b.synthetic()) as s:
        url, file = f"http://127.0.0.1:{s.port}/v1/", b.city / "batch.csv"
        lines_of([b.tool, "load", "-url", url + "locate", "-texts", file, "-seconds", "2"])
        (one,) = lines_of([b.tool, "load", "-url", url + "locate", "-texts", file, "-seconds", "10"])
        b.told(b.fast, "HTTP, POST /v1/locate at 2,000/s, client on the same cores", f"{one['per_s']:,.0f}/s, p50 {one['p50_us'] / 1e3:.2f} ms, p99 {one['p99_us'] / 1e3:.2f} ms, {one['bad']} bad; "
               f"counted from when each was due; the client itself was late by {one['sent_late_p50_us'] / 1e3:.2f} and {one['sent_late_p99_us'] / 1e3:.2f} ms", "",
               "p99 < 3 ms", one["p99_us"] < 3000 and one["bad"] == 0 and one["per_s"] > 1900)
        before = cpu_of(s.p.pid)
        (many,) = lines_of([b.tool, "batch", "-url", url + "batch", "-texts", file, "-rows", str(b.n)])
        cpu = cpu_of(s.p.pid) - before
        b.told(b.fast, f"HTTP, POST /v1/batch, {many['rows']:,} lines, client on the same cores", f"{many['per_s']:,.0f} rows/s, {cpu / many['rows'] * 1e6:.1f} µs CPU a row, {many['bytes'] / many['rows']:.0f} bytes a row",
               "", ">= 40,000 rows/s", many["per_s"] >= 40_000)
        b.told(b.fast, "memory of the server, tiles and all", f"{s.mb():.0f} MB")


def scale(b):
    folder = DATA / "taipei_scale"
    db = b.imported(b.out / "scale.gpkg", [("community", folder / "villages.geojson"), ("road", folder / "roads.geojson"), ("door", folder / "addresses.csv.gz")])
    file, rows = b.out / "scale_texts.csv", b.out / "scale_batch.csv"
    if not rows.exists():
        subprocess.run([b.tool, "texts", "-addresses", folder / "addresses.csv.gz", "-roads", folder / "roads.geojson", "-out", file,
                        "-batch", rows, "-rows", str(SCALE_ROWS)], check=True)
    place = "taipei_scale: "
    answers(b, b.fast, lines_of([b.tool, "ask", "-db", db, "-texts", file]), "taipei_scale, 893,960 addresses on 217,281 doors", place)
    search_alone(b, "Scale", {"WANMI_BENCH_TEXTS": str(file)}, ("door", "intersection", "typo"), place)
    locating(b, db, rows, place + "full locate, without cells and components, which it has none of")
    batching(b, db, rows, SCALE_ROWS, place)
    b.notes.append("taipei_scale has no points of interest and no components; a road misspelt there is one whose wrong name is no other road's and is one "
                   "character from no other road that meets the second, so that it can be told what was meant.")


def growth(b):
    """The synthetic city in memory at several sizes."""
    for n in map(int, os.environ.get("GROWTH", "10000 100000 1000000 10000000").split()):
        said = lines_of([b.tool, "ask", "-n", str(n)])
        kinds = {k["kind"]: k for k in said[1:]}
        cells = " | ".join(f"{kinds[k]['p50_us']:.1f} / {kinds[k]['p99_us']:.0f}" for k in KINDS)
        b.grown.append(f"| {n:,} | {said[0]['build_s']:.1f} s | {said[0]['heap_mb']:.0f} MB | {said[0]['heap_mb'] * 1e6 / n:.0f} B | {cells} |")
        print(b.grown[-1], flush=True)


MARKS = "<!-- bench-geocode begin -->", "<!-- bench-geocode end -->"
MARKS_GROWTH = "<!-- bench-geocode-growth begin -->", "<!-- bench-geocode-growth end -->"


def head(command):
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    return f"`{command}`, commit {commit}, {os.cpu_count()} cores, load average {os.getloadavg()[1]:.0f} at its end."


def save(b):
    rows = ["| what | got | beside it | to reach | |", "|---|---|---|---|---|"]
    put_between(MARKS, [head(f"make bench-geocode N={b.n}") + " Beside it: a regular expression with a door table (`baseline.py`) on the same texts in the same run.", "", *rows, *b.right, "", *rows, *b.fast, "", *b.notes])


def save_growth(b):
    names = " | ".join(KINDS.values())
    put_between(MARKS_GROWTH, [head("make bench-geocode-growth") + " Built from memory; p50 / p99 of the whole answer in µs.", "",
                               f"| entries | build | memory | per entry | {names} |", "|---" * (4 + len(KINDS)) + "|", *b.grown])


def main():
    b = Bench(pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
    b.make()
    for part in (texts, reports, speed, locate, batch, http, scale, peer):
        if b.wants(part.__name__):
            part(b)
    if b.only is None:
        save(b)
    if b.only == {"growth"}:
        growth(b)
        save_growth(b)


if __name__ == "__main__":
    main()
