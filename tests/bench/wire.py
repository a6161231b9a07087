#!/usr/bin/env python3
"""cgnbench as generator and sink for a daemon in another process, over memif: every
session is opened and carries packets both ways; and the daemon's resident memory is what
`cgnd --check` has estimated.  wire.py CGNBENCH CGND [sanitized]

A sanitizer takes memory of its own, so it is only printed then.

No rate is judged, so a busy machine cannot fail it."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

BENCH, CGND = sys.argv[1:3]
SANITIZED = "sanitized" in sys.argv[3:]
SESSIONS = 50_000
DEADLINE_S = 60
PAGE = os.sysconf("SC_PAGESIZE")


def ports(where, role):
    return [word for n, side in enumerate(("inside", "outside")) for word in (
        "--port", f"net_memif{n},role={role},id={n},socket-abstract=no,"
                  f"socket={where}/{side}.sock")]


def bench(*args):
    done = subprocess.run([BENCH, *args], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, (args, done.stderr)
    return done.stdout


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * PAGE / 2**20


def wait_ready(daemon, log):
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end and daemon.poll() is None:
        with open(log, encoding="utf-8") as f:
            text = f.read()
        if "cgnd: ready" in text:
            return
        time.sleep(0.05)
    raise SystemExit(f"cgnd does not come up:\n{text}")


def estimate(conf):
    text = subprocess.run([CGND, "--check", "-c", conf], capture_output=True, text=True,
                          check=True).stdout
    return {what.strip(): float(mb) for what, mb
            in re.findall(r"^  (\S.*?) +([0-9.]+) MB", text, re.M)}


def measure(where, instance):
    conf, log = f"{where}/box.conf", f"{where}/log"
    args = ["--instance", instance, "--sessions", str(SESSIONS), "--direction", "mix",
            "--seconds", "0.5", "--runs", "2", "--json"]
    text = bench(*args, "--config", *ports(where, "server"))
    text = re.sub(r'run_dir = "[^"]*"', f'run_dir = "{where}/run"', text)
    text = re.sub(r"hugepages = \w+; memory_mb = \d+", "hugepages = false; "
                  "memory_mb = 640", text)
    os.makedirs(f"{where}/run", exist_ok=True)
    with open(conf, "w", encoding="utf-8") as f:
        f.write(text)
    said = estimate(conf)
    with open(log, "w", encoding="utf-8") as f:
        daemon = subprocess.Popen([CGND, "-c", conf], stdout=f, stderr=f)
    try:
        wait_ready(daemon, log)
        before = resident(daemon.pid)
        r = json.loads(bench(*args, *ports(where, "client")))
        return r, said, before, resident(daemon.pid)
    finally:
        daemon.terminate()
        assert daemon.wait(DEADLINE_S) == 0, "cgnd did not leave with 0"


for kind in ("ds-lite", "nat"):
    with tempfile.TemporaryDirectory() as folder:
        got, mb, idle, full = measure(folder, kind)
    print(f"{kind}: {got['open']} of {SESSIONS} sessions open, {got['established_per_s']:.0f} "
          f"a second; {got['received_pps']['median'] / 1e6:.3f} Mpps, {got['lost']:.1%} lost; "
          f"estimate {mb}, resident {idle:.0f} MB idle, {full:.0f} MB full")
    assert got["open"] == SESSIONS, got
    # Libraries and DPDK itself take some thirty megabytes that no licence decides about.
    if not SANITIZED:
        assert 0.8 * mb["in all"] < full < 1.1 * mb["in all"] + 40, (mb, full)
        assert full - idle < mb["slot 1 cpu 0"] * 1.1, (mb, idle, full)
    assert got["received_pps"]["min"] > 0 and got["lost"] < 1, got
