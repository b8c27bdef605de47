#!/usr/bin/env python3
"""make bench-growth: how live tiles hold: from 10,000 to 10,000,000 components, on one core and on two, for 200 clients beside an import.

    scripts/bench_growth.py OUT [N...]     cities of N components (default 10000 100000 1000000 10000000); OUT is made, each city is removed when measured

Data, lists and client as in bench_tiles.py, from which this borrows; nothing is kept by the server's cache. The table goes into BENCHMARKS.md
between its marks when the default sizes were measured. One core and 200 clients are measured on the city of 1,000,000 (or the largest asked for).
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request

from bench_tiles import BENCH, ROOT, Bench, ours, put_between, tiles_url

SIZES = [10_000, 100_000, 1_000_000, 10_000_000]
MARKS = "<!-- bench-growth begin -->", "<!-- bench-growth end -->"


def fields(message):
    """The length-delimited fields of a protobuf message, as (number, bytes)."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    while at < len(message):
        key = varint()
        size = varint()
        if key & 7 == 2:
            yield key >> 3, message[at:at + size]
            at += size


def features(tile):
    return sum(number == 2 for layer, body in fields(tile) if layer == 3 for number, _ in fields(body))


def points_of(url, path, most=40):
    counts = []
    for line in path.read_text().split()[:most]:
        z, x, y = line.split("/")
        with urllib.request.urlopen(url.format(z=z, x=x, y=y)) as r:
            counts.append(features(r.read()) if r.status == 200 else 0)
    return statistics.mean(counts)


def growth(b):
    """The line of one size: import, start, memory, and what a tile costs, in all and by point."""
    with ours(b, "live") as s:
        time.sleep(2)
        first = s.mb()
        b.load(tiles_url(s, "component"), "list_hi.txt")  # a first pass brings pages in
        runs = [b.load(tiles_url(s, "component"), "list_hi.txt", s.p.pid) for _ in range(b.rounds)]
        run = sorted(runs, key=lambda r: r["rps"])[len(runs) // 2]
        points = points_of(tiles_url(s, "component"), b.data / "list_hi.txt")
        after, ready = s.mb(), s.ready
    low = lowest(b)
    b.lines.append(f"| {b.n:,} | {b.imported:.1f} s | {ready:.1f} s | {first:.0f} / {after:.0f} MB | {first * 1e6 / b.n:.0f} B | {points:,.0f} | "
                   f"{run['srvcpu_ms']:.2f} ms | {run['srvcpu_ms'] * 1e6 / max(points, 1):.0f} ns | {low:.2f} ms |")
    print(b.lines[-1], flush=True)


def lowest(b):
    """CPU milliseconds of the one z10 tile over everything, as clusters."""
    path = b.data / "list_low.txt"
    path.write_text("10/844/404\n" * 400)
    with ours(b, "live") as s:
        return b.load(tiles_url(s, "component"), "list_low.txt", s.p.pid, warm=True)["srvcpu_ms"]


def cores(b):
    """Live tiles a second with the server on one core and on both; the client takes what is left."""
    said = []
    for work, layer, which in (("components z14-16", "component", "list_hi.txt"), ("cells z12-16", "unit_grid", "list_all.txt")):
        rates = []
        for n in (1, 2):
            os.environ["GOMAXPROCS"] = str(n)
            with ours(b, "live") as s:
                runs = [b.load(tiles_url(s, layer), which, s.p.pid)["rps"] for _ in range(b.rounds)]
                rates.append(statistics.median(runs))
            del os.environ["GOMAXPROCS"]
        said.append(f"{work} {rates[0]:,.0f}/s with GOMAXPROCS=1, {rates[1]:,.0f}/s with 2 ({rates[1] / rates[0]:.2f} times)")
    b.notes.append("Live tiles, the client on the same two cores: " + "; ".join(said) + ".")


def crowd(b):
    """200 connections, with and without an import of another process under way."""
    later = b.out / "later.csv"
    with open(b.data / "ours_components.csv", encoding="utf-8") as f, open(later, "w", encoding="utf-8") as g:
        for i, line in enumerate(f):
            g.write(line.replace(",完好,", ",破损,") if i % 100 == 7 else line)
    said = []
    for work, layer, which in (("components z14-16", "component", "list_hi.txt"), ("cells z12-16", "unit_grid", "list_all.txt")):
        with ours(b, "live") as s:
            alone = b.load(tiles_url(s, layer), which, s.p.pid, clients=200)
            importing = subprocess.Popen([b.wanmi, "import", "--db", b.out / "city.gpkg", "-q", "component", later], stdout=open(b.out / "later.log", "wb"), stderr=subprocess.STDOUT)
            time.sleep(1)
            beside = b.load(tiles_url(s, layer), which, s.p.pid, clients=200)
            during = importing.poll() is None
            if importing.wait() != 0:
                raise SystemExit((b.out / "later.log").read_text()[-2000:])
        said.append(f"{work} {alone['rps']:,.0f}/s, median {alone['p50']:.0f} ms, p99 {alone['p99']:.0f} ms; beside an import {beside['rps']:,.0f}/s, median {beside['p50']:.0f} ms, "
                    f"p99 {beside['p99']:.0f} ms" + ("" if during else " (the import ended first)"))
    b.notes.append("200 connections, live tiles: " + "; ".join(said) + ".")


def city(b):
    started = time.monotonic()
    b.city()
    b.imported = time.monotonic() - started


def main():
    out = pathlib.Path(sys.argv[1]).resolve()
    if not BENCH.is_dir():
        raise SystemExit(f"{BENCH} is missing: the generator, the lists and the client are there (BENCH names the folder)")
    sizes = [int(a) for a in sys.argv[2:]] or SIZES
    lines, notes = [], []
    held = 1_000_000 if 1_000_000 in sizes else max(sizes)
    for n in sizes:
        b = Bench(out / str(n), n)
        b.lines, b.notes = lines, notes
        b.make()
        city(b)
        growth(b)
        if n == held:
            cores(b)
            crowd(b)
        shutil.rmtree(b.out)
    for note in notes:
        print(note, flush=True)
    if sizes == SIZES:
        commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
        head = [f"`make bench-growth`, commit {commit}, {os.cpu_count()} cores, load average {os.getloadavg()[1]:.0f} at its end. Components of 12 attributes over the same 41 km², so a tile of the "
                "larger cities holds more points; memory with nothing asked yet / after 600 tiles and a run.", "",
                "| components | import | start | memory | per component | points a tile, z14-16 | CPU a tile | CPU a point | CPU of the z10 tile |", "|---|---|---|---|---|---|---|---|---|"]
        put_between(MARKS, head + lines + [""] + notes)


if __name__ == "__main__":
    main()
