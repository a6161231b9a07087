#!/usr/bin/env python3
"""cgnbench works: the shape of its JSON, no packet lost, what it refuses. No figure is
judged, so a busy machine cannot fail it.  smoke.py CGNBENCH"""
import json
import subprocess
import sys

BENCH = sys.argv[1]
COMMON = ["--sessions", "1000", "--seconds", "0.02", "--runs", "3", "--json"]
NUMBERS = ["sessions", "size", "new", "floor_cycles", "ratio", "mpps", "lost",
           "bytes_per_session"]
PAIRS = ["cycles_per_packet", "cycles_per_new_session"]


def run(*args):
    return subprocess.run([BENCH, *args], capture_output=True, text=True, timeout=300)


def check(args, **expected):
    done = run(*COMMON, *args)
    assert done.returncode == 0, (args, done.stderr)
    assert "cgnbench:" not in done.stderr, (args, done.stderr)
    doc = json.loads(done.stdout)
    assert isinstance(doc["machine"], dict), args
    for r in doc["results"]:
        for key, value in expected.items():
            assert r[key] == value, (args, key, r[key])
        assert r["lost"] == 0 and not r["drops"], (args, r)
        for key in NUMBERS:
            if not (key == "size" and r[key] == "imix"):
                assert isinstance(r[key], (int, float)), (args, key)
        for key in PAIRS:
            assert 0 < r[key]["min"] <= r[key]["median"], (args, key)
        assert r["floor_cycles"] > 0 and r["ratio"] > 0, args
        assert r["trace"] or sum(r["stages"].values()) > 0, args
        assert r["packets"] > 1000, args
        assert r["card"] > 0 or not r["handover"], args
        assert r["log_records"] > 0 or r["logs"] == "off", args
        assert r["listed"] > 0 or not r["dump"], args
    return [r["sessions"] for r in doc["results"]]


def refused(*args):
    done = run(*args)
    assert done.returncode == 2 and done.stdout == "", (args, done.returncode)
    assert done.stderr.startswith("cgnbench: "), (args, done.stderr)


for instance in ("ds-lite", "nat"):
    for direction in ("up", "down", "mix"):
        check(["--instance", instance, "--direction", direction], instance=instance,
              direction=direction, sessions=1000)
    check(["--instance", instance, "--direction", "mix", "--size", "imix"], size="imix")
    check(["--instance", instance, "--size", "1518", "--new", "10"], size=1518, new=10)
assert check(["--sessions", "64,5000"]) == [64, 5000]
refused("--instance", "nat64")
modes = run(*COMMON, "--ha", "off,warm,hot", "--new", "5")
assert modes.returncode == 0, modes.stderr
assert [r["ha"] for r in json.loads(modes.stdout)["results"]] == ["off", "warm", "hot"]
for instance in ("ds-lite", "nat"):
    check(["--instance", instance, "--ha", "hot"], ha="hot")
check(["--direction", "up"], ha="off")
refused("--ha", "cold")
refused("--ha", "off,off,off,off")
refused("--sessions", "1,2,3,4,5,6,7,8,9", "--ha", "off,hot")
for share in ("50", "100"):
    check(["--direction", "mix", "--handover", share], handover=int(share))
check(["--instance", "ds-lite", "--handover", "100", "--ha", "hot"], handover=100)
check(["--trace"], trace=True)
check(["--dump", "--logs", "sessions", "--new", "10"], logs="sessions", dump=True)
phases = run(*COMMON, "--rfc9693", "--direction", "mix")
assert phases.returncode == 0, phases.stderr
point = json.loads(phases.stdout)["results"][0]
assert point["lost"] == 0 and not point["drops"], point
assert point["rfc9693"]["validated"] == 1000, point
assert 1000 <= point["rfc9693"]["capacity"] <= 1024, point
assert point["rfc9693"]["torn_down_per_s"] > 0, point
lines = run("--sessions", "64,1000", "--seconds", "0.02", "--runs", "1", "--csv").stdout
head, *rows = [line.split(",") for line in lines.splitlines()]
assert len(rows) == 2 and all(len(row) == len(head) for row in rows), lines
assert [row[head.index("sessions")] for row in rows] == ["64", "1000"], lines
refused("--handover", "101")
refused("--logs", "everything")
refused("--port", "net_null0")
refused("--config")
refused("--port", "net_null0", "--port", "net_null1", "--new", "1")
refused("--sessions", "0")
refused("--size", "63")
refused("--nonsense")
table = run("--sessions", "1000", "--seconds", "0.02", "--runs", "1")
assert table.returncode == 0 and "ratio" in table.stdout, table
print("cgnbench: all as it should be")
