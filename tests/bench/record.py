#!/usr/bin/env python3
"""Keeps what cgnbench measured: a section of doc/measurements.md and a plot.

record.py --commit C --command TEXT --doc FILE --plot FILE RESULT.json…

The newest section comes first, below the line `<!-- newest first -->`. The plot has one
line for each instance and direction, cycles per packet (median) against sessions, and
its floor, dashed."""
import argparse
import datetime
import json
import math

MARK = "<!-- newest first -->\n"
COLOURS = ["#1b6ca8", "#c8553d", "#3c8d53", "#8a4f9e", "#b8860b", "#555555"]
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 860, 480, 70, 40, 210, 60
COLUMNS = ["instance", "direction", "sessions", "size", "new %", "cycles min", "median",
           "floor", "ratio", "Mpps", "lost", "new session min", "median",
           "B/session"]


def row(r):
    packet, new = r["cycles_per_packet"], r["cycles_per_new_session"]
    return [r["instance"], r["direction"], f"{r['sessions']:,}", r["size"],
            f"{r['new']:g}", f"{packet['min']:.0f}", f"{packet['median']:.0f}",
            f"{r['floor_cycles']:.0f}", f"{r['ratio']:.2f}", f"{r['mpps']:.1f}", r["lost"],
            f"{new['min']:.0f}", f"{new['median']:.0f}", f"{r['bytes_per_session']:.0f}"]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return lines + ["| " + " | ".join(str(c) for c in r) + " |" for r in rows]


def floors(results):
    """Primitives of the first result of each number of sessions."""
    by_size = {}
    for r in results:
        by_size.setdefault(r["sessions"], r["floors"])
    head = ["floor, cycles min / median"] + [f"{n:,}" for n in by_size]
    names = next(iter(by_size.values()))
    return table(head, [[n] + [f"{f[n]['min']:.1f} / {f[n]['median']:.1f}"
                               for f in by_size.values()] for n in names])


def stages(results):
    shown = [r for r in results if r["new"] == 0 and r["size"] == 64]
    if not shown:
        return []
    head = ["stage, cycles per packet"] + [
        f"{r['instance']} {r['direction']} {r['sessions']:,}" for r in shown]
    return table(head, [[s] + [f"{r['stages'][s]:.1f}" for r in shown]
                        for s in shown[0]["stages"]
                        if any(r["stages"][s] >= 0.05 for r in shown)])


def section(args, docs, results):
    m = docs[0]["machine"]
    loads = [d["machine"]["load"] for d in docs]
    pages = "2 MB pages" if all(d["machine"]["hugepages"] for d in docs) else "4 kB pages"
    left_out = sum(r["disturbed"] for r in results)
    out = [f"### {datetime.date.today().isoformat()}, commit {args.commit}", "",
           f"{m['cpu']}, TSC {m['tsc_mhz']:.0f} MHz, Linux {m['kernel']}, {m['dpdk']}, "
           f"{pages}; load of the machine {min(loads):.1f} to {max(loads):.1f}, "
           f"{left_out} batches left out.", "", f"`{args.command}`", ""]
    out += table(COLUMNS, [row(r) for r in results])
    out += [""] + stages(results) + [""] + floors(results) + ["", ""]
    return "\n".join(out)


def series(results):
    lines = {}
    for r in results:
        if r["new"] != 0 or r["size"] != 64:
            continue
        points = lines.setdefault(f"{r['instance']} {r['direction']}", [])
        points.append((r["sessions"], r["cycles_per_packet"]["median"], r["floor_cycles"]))
    return {name: sorted(p) for name, p in lines.items()}


def text(x, y, words, anchor="middle", extra=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" {extra}>{words}</text>'


def plot(results):
    lines = series(results)
    counts = sorted({p[0] for points in lines.values() for p in points})
    if not counts:
        return None
    top = max(max(p[1:]) for points in lines.values() for p in points)
    step = 10 ** math.floor(math.log10(top))
    step /= 2 if top / step < 4 else 1
    top = math.ceil(top / step) * step
    low, high = math.log(counts[0]), math.log(counts[-1])

    def x(n):
        share = (math.log(n) - low) / (high - low) if high > low else 0.5
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(cycles):
        return HEIGHT - BOTTOM - cycles / top * (HEIGHT - TOP - BOTTOM)

    def path(points, colour, dash=""):
        d = " ".join(f"{x(n):.1f},{y(v):.1f}" for n, v in points)
        return (f'<polyline points="{d}" fill="none" stroke="{colour}" '
                f'stroke-width="2" {dash}/>')

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           text(LEFT, 22, "Cycles per packet, one lcore, sessions in random order "
                "(dashed: floor)", "start", 'font-size="14"')]
    for i in range(int(top / step + 0.5) + 1):
        v = i * step
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(v):.1f}" '
                   f'y2="{y(v):.1f}" stroke="#dddddd"/>')
        out.append(text(LEFT - 8, y(v) + 4, f"{v:g}", "end"))
    for n in counts:
        out.append(text(x(n), HEIGHT - BOTTOM + 20, f"{n:,}"))
    out.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, "sessions"))
    for i, (name, points) in enumerate(lines.items()):
        colour = COLOURS[i % len(COLOURS)]
        out.append(path([(n, v) for n, v, _ in points], colour))
        out.append(path([(n, f) for n, _, f in points], colour, 'stroke-dasharray="4 4"'))
        out += [f'<circle cx="{x(n):.1f}" cy="{y(v):.1f}" r="3" fill="{colour}"/>'
                for n, v, _ in points]
        out.append(text(WIDTH - RIGHT + 20, TOP + 20 * (i + 1), name, "start",
                        f'fill="{colour}"'))
    return "\n".join(out + ["</svg>", ""])


def main():
    p = argparse.ArgumentParser()
    for option in ("--commit", "--command", "--doc", "--plot"):
        p.add_argument(option, required=True)
    p.add_argument("result", nargs="+")
    args = p.parse_args()
    docs = []
    for name in args.result:
        with open(name, encoding="utf-8") as f:
            docs.append(json.load(f))
    results = [r for d in docs for r in d["results"]]
    with open(args.doc, encoding="utf-8") as f:
        before, mark, after = f.read().partition(MARK)
    if not mark:
        raise SystemExit(f"{args.doc}: has no line {MARK.strip()}")
    with open(args.doc, "w", encoding="utf-8") as f:
        f.write(before + mark + "\n" + section(args, docs, results) + after.lstrip("\n"))
    drawing = plot(results)
    if drawing:
        with open(args.plot, "w", encoding="utf-8") as f:
            f.write(drawing)


main()
