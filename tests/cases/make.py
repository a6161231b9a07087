#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the directories of the packet cases, or verifies them.

    make.py            writes every case beside this script, and the list of them
    make.py NAME...    writes these
    make.py --check    writes nothing; exit 1 and a list when a file is not as made
    make.py --list     names and requirements
    make.py --corpus   writes inputs of fuzz_packet into tests/fuzz/corpus/packet
"""
import os
import sys

import caselib
import cases_alg
import cases_box
import cases_cpus
import cases_dslite
import cases_fragments
import cases_hairpin
import cases_host
import cases_icmp
import cases_limits
import cases_modes
import cases_nat44
import cases_policy
import cases_servers
import cases_time
import cases_tunnel

MODULES = (cases_alg, cases_box, cases_cpus, cases_dslite, cases_fragments, cases_hairpin,
           cases_host, cases_icmp, cases_limits, cases_modes, cases_nat44, cases_policy,
           cases_servers, cases_time, cases_tunnel)


def list_file(cases):
    return "".join(sorted(f.__name__ + "\n" for f in cases))


def check(cases, top):
    """Compares the directories with what the script makes; number of differences."""
    bad = []
    with open(os.path.join(top, "list")) as f:
        if f.read() != list_file(caselib.CASES):
            bad.append("list")
    for c in cases:
        bad += caselib.differences(c, top)
    names = {c.name for c in cases}
    for entry in sorted(os.listdir(top)):
        conf = os.path.join(top, entry, "case.conf")
        if os.path.exists(conf) and entry not in names:
            bad.append("%s: no function makes it" % entry)
    print("\n".join(bad) if bad else "%d cases are as made" % len(cases))
    return len(bad)


def corpus(top):
    """Writes the cases as inputs of the packet fuzzer, longer ones left out."""
    path = os.path.join(top, "../fuzz/corpus/packet")
    os.makedirs(path, exist_ok=True)
    for f in caselib.CASES:
        data = caselib.corpus(caselib.build(f))
        if data and len(data) < 4096:
            with open(os.path.join(path, f.__name__), "wb") as out:
                out.write(data)


def main(argv):
    top = os.path.dirname(os.path.abspath(__file__))
    if argv == ["--list"]:
        for f in caselib.CASES:
            print("%-36s %s" % (f.__name__, " ".join(f.__doc__.split())))
        return 0
    if argv == ["--corpus"]:
        corpus(top)
        return 0
    if argv == ["--check"]:
        return 1 if check([caselib.build(f) for f in caselib.CASES], top) else 0
    wanted = [f for f in caselib.CASES if not argv or f.__name__ in argv]
    if not wanted or any(a.startswith("-") for a in argv):
        print(__doc__)
        return 2
    for f in wanted:
        caselib.write(caselib.build(f), top)
    with open(os.path.join(top, "list"), "w") as f:
        f.write(list_file(caselib.CASES))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
