#!/usr/bin/env python3
"""Proves from the logs of two boxes that no public address and port had two owners.

ledger.py [--dead NODE=TIME[+SECONDS][,COPIED]]… [--probes FILE] [--grace SECONDS] LOG…

LOG: lines of syslog as the boxes send them (RFC 5424), of any number of boxes, in any
order; what is not an event of NAT is stepped over. A block belongs to the user that it was
assigned to until it is released, by whichever box. Blocks are of all protocols, ports and
sessions of theirs.

--dead NODE=TIME: that box died then (seconds since 1970, or a time as in the logs). What
it alone had given out and did not copy is nobody's from SECONDS later on (default 10,
ha.adopt_delay); until then it still is its user's. COPIED: a time; what it had given out
before has a copy, and stays its user's.

--probes FILE: what packets showed, a JSON object a line: time, user, outside, port and,
if known, proto. Each must be of a user that has the port then.

--grace: clocks of the boxes, and log and traffic, may be so far apart (default 0).

Prints a line for each violation, then one line of figures. Exit 0: none; 1: some; 2: the
logs say nothing."""

import argparse
import collections
import datetime
import json
import re
import sys

LINE = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT[\d:.]+)(?P<zone>Z|[+-]\d\d:\d\d) "
                  r"(?P<node>\S+) cgnd \S+ (?P<event>[a-z-]+) \[nat@\d+ (?P<data>.*)\]")
PARAM = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
EVENTS = {
    "block-assign": ("block", True), "block-release": ("block", False),
    "port-assign": ("port", True), "port-release": ("port", False),
    "session-create": ("session", True), "session-delete": ("session", False),
}

Event = collections.namedtuple(
    "Event", "time node kind gives user address proto first last where")


class Hold:
    """What a user has: ports first..last of an address, said by these boxes."""

    def __init__(self, event):
        self.user, self.since = event.user, event.time
        self.nodes = {event.node}
        self.first, self.last, self.proto = event.first, event.last, event.proto
        self.kind = event.kind
        self.count = 1  # sessions of one port
        self.until = None
        self.where = event.where


def seconds(text):
    try:
        return float(text)
    except ValueError:
        return datetime.datetime.fromisoformat(
            text.replace("Z", "+00:00")).timestamp()


def user_of(p):
    """Who: a B4, or an inside address in its VPN; of an instance."""
    inside = p.get("inside", "").rsplit(":", 1)[0] if not p.get("softwire") else ""
    return (p.get("instance", ""), p.get("vpn", ""), p.get("softwire") or inside)


def parse(line, where):
    m = LINE.search(line)
    if not m or m["event"] not in EVENTS:
        return None
    kind, gives = EVENTS[m["event"]]
    p = dict(PARAM.findall(m["data"]))
    address, _, port = p.get("outside", "").partition(":")
    if "ports" in p:
        first, _, last = p["ports"].partition("-")
    else:
        first = last = port
    if not address or not first:
        return None
    proto = p.get("proto") if kind != "block" else None
    zone = "+00:00" if m["zone"] == "Z" else m["zone"]
    return Event(seconds(m["time"] + zone), m["node"], kind, gives, user_of(p), address,
                 proto, int(first), int(last or first), where)


def read(files):
    events = []
    for name in files:
        with open(name, encoding="utf-8", errors="replace") as f:
            for number, line in enumerate(f, 1):
                event = parse(line, f"{name}:{number}")
                if event:
                    events.append(event)
    # in one millisecond a release is before what it makes possible
    return sorted(events, key=lambda e: (e.time, e.gives))


class Ledger:
    def __init__(self, dead, grace):
        self.dead, self.grace = dead, grace
        self.held = collections.defaultdict(list)     # address: Hold…
        self.past = collections.defaultdict(list)
        self.violations = []
        self.figures = collections.Counter()

    def say(self, text):
        self.violations.append(text)

    def gone(self, hold, time):
        """Did everybody who said so die, long enough ago?"""
        return all(any(copied <= hold.since <= died and time >= died + delay - self.grace
                       for died, delay, copied in self.dead[node])
                   for node in hold.nodes)

    def drop(self, address, hold, time):
        hold.until = time
        self.held[address].remove(hold)
        self.past[address].append(hold)

    def find(self, e):
        return next((h for h in self.held[e.address]
                     if (h.user, h.kind, h.first, h.last, h.proto)
                     == (e.user, e.kind, e.first, e.last, e.proto)), None)

    def take(self, e):
        self.figures["assigned"] += 1
        own = self.find(e)
        for hold in list(self.held[e.address]):
            if hold is own or hold.user == e.user or hold.last < e.first \
                    or hold.first > e.last \
                    or (hold.proto and e.proto and hold.proto != e.proto):
                continue
            if self.gone(hold, e.time):
                self.figures["orphaned"] += 1
                self.drop(e.address, hold, e.time)
                continue
            self.say(f"two owners: {e.address}:{e.first}-{e.last} {e.proto or 'all'}: "
                     f"{e.user} by {e.node} at {e.time:.3f} ({e.where}), but "
                     f"{hold.user} has {hold.first}-{hold.last} by "
                     f"{'+'.join(sorted(hold.nodes))} since {hold.since:.3f} "
                     f"({hold.where})")
        if own:
            own.nodes.add(e.node)
            own.count += e.kind == "session"
            self.figures["repeated"] += e.kind != "session"
        else:
            self.held[e.address].append(Hold(e))

    def give(self, e):
        self.figures["released"] += 1
        own = self.find(e)
        if not own:
            self.figures["unmatched"] += 1
            return
        own.count -= 1
        if own.count <= 0 or e.kind != "session":
            self.drop(e.address, own, e.time)

    def run(self, events):
        for e in events:
            self.figures[f"of {e.node}"] += 1
            (self.take if e.gives else self.give)(e)

    def probe(self, p):
        self.figures["probes"] += 1
        time, port = seconds(str(p["time"])), int(p["port"])
        holds = self.held[p["outside"]] + self.past[p["outside"]]
        for hold in holds:
            if hold.first <= port <= hold.last and hold.user[2] == p["user"] \
                    and hold.since <= time + self.grace \
                    and (hold.until is None or hold.until >= time - self.grace):
                return
        owners = [h.user for h in holds if h.first <= port <= h.last
                  and h.since <= time and (h.until is None or h.until >= time)]
        self.say(f"probe: {p['user']} was seen as {p['outside']}:{port} at {time:.3f}, "
                 f"but that is {owners[0] if owners else 'nobody'}'s")


def dead_of(text):
    node, _, rest = text.partition("=")
    rest, comma, copied = rest.partition(",")
    time, plus, delay = rest.partition("+")
    return node, (seconds(time), float(delay) if plus else 10.0,
                  seconds(copied) if comma else float("-inf"))


def main(argv=None):
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--dead", action="append", default=[])
    parser.add_argument("--probes")
    parser.add_argument("--grace", type=float, default=0)
    parser.add_argument("logs", nargs="+")
    args = parser.parse_args(argv)
    dead = collections.defaultdict(list)  # a box may die more than once
    for node, death in map(dead_of, args.dead):
        dead[node].append(death)
    ledger = Ledger(dead, args.grace)
    events = read(args.logs)
    ledger.run(events)
    if args.probes:
        with open(args.probes, encoding="utf-8") as f:
            for line in f:
                if line.strip():
                    ledger.probe(json.loads(line))
    for text in ledger.violations:
        print(text)
    left = sum(map(len, ledger.held.values()))
    print("ledger:", ", ".join([f"{len(ledger.violations)} violations", f"{left} held"]
                               + [f"{n} {k}" for k, n in ledger.figures.items()]))
    if not events:
        return 2
    return 1 if ledger.violations else 0


if __name__ == "__main__":
    sys.exit(main())
