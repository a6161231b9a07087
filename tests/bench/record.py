#!/usr/bin/env python3
"""Keeps what cgnbench measured: a section of doc/measurements.md.

record.py --commit C --command TEXT --doc FILE RESULT.json…

The newest section comes first, below the line `<!-- newest first -->`."""
import argparse
import datetime
import json

MARK = "<!-- newest first -->\n"
# Cycles per packet, established, 64 bytes: what the box is to come down to.
TARGETS = {
    ("nat", "up"): {64512: 60, 1032192: 85, 16515072: 110},
    ("nat", "down"): {64512: 60, 1032192: 85, 16515072: 110},
    ("ds-lite", "up"): {64512: 80, 1032192: 110, 16515072: 150},
    ("ds-lite", "down"): {64512: 70, 1032192: 95, 16515072: 120},
}
COLUMNS = ["instance", "direction", "sessions", "size", "new %", "beside", "target", "cycles min", "median",
           "floor", "ratio", "Mpps", "lost", "new session min", "median",
           "B/session"]


def beside(r):
    """What else the box had to do."""
    words = [f"backup {r['ha']}"] if r["ha"] != "off" else []
    words += [f"{r['handover']} % handed over"] if r["handover"] else []
    words += [f"logs: {r['logs']}"] if r["logs"] != "off" else []
    words += ["listing"] if r["dump"] else []
    return ", ".join(words) or "-"


def target(r):
    if r["new"] or r["size"] != 64 or beside(r) != "-":
        return "-"
    return TARGETS.get((r["instance"], r["direction"]), {}).get(r["sessions"], "-")


def row(r):
    packet, new = r["cycles_per_packet"], r["cycles_per_new_session"]
    return [r["instance"], r["direction"], f"{r['sessions']:,}", r["size"],
            f"{r['new']:g}", beside(r), target(r), f"{packet['min']:.0f}", f"{packet['median']:.0f}",
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
    shown = [r for r in results
             if r["new"] == 0 and r["size"] == 64 and beside(r) == "-"]
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


def main():
    p = argparse.ArgumentParser()
    for option in ("--commit", "--command", "--doc"):
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


main()
