# SPDX-License-Identifier: BSD-3-Clause
"""What a packet case is made of, and how it is written to its directory.

A case is a script of frames that arrive (rx) and frames that must leave (tx), each at a
time, with the exact counters that belong to them. Nothing here knows how the box works:
the expected frames are built from the requirement, by scapy.

The box chooses public ports at random, so an expected frame carries a marker (a port of
0xff00 and up, an address of 240.0.0.0/24, an identification of 0xee00 or 0xf1d00000 and
up) wherever the choice shows. The runner learns
its value from the first frame that leaves with it, checks it against the constraints in
the file `vars`, and puts it in every later frame, in and out, with checksums made anew.
"""
import os
import struct
import textwrap

from scapy.all import Dot1Q, Ether, IP, IPv6, Raw, conf as scapy_conf

scapy_conf.verb = 0

MARK_PORT = 0xff00
MARK_ADDR = "240.0.0.%d"

# The lab of every case: the box, a router towards the B4s and towards NAT44 users beside
# it, and a router towards the internet.
BOX = {"inside": "02:00:00:00:00:01", "outside": "02:00:00:00:00:02"}
GATEWAY = {"inside": "02:00:00:00:10:02", "outside": "02:00:00:00:20:fe"}
AFTR = "2001:db8::aaaa"
B4 = "2001:db8:100::%x"
POOL = "203.0.113.1"
SRV, SRV2 = "192.0.2.80", "192.0.2.81"  # somewhere in the internet
SUB = "192.168.1.10"  # a host behind a B4
USER = "10.1.0.%d"  # NAT44 users behind the router on the inside


def conf_ds(more="", pool="203.0.113.1", group=""):
    """Configuration text: a DS-Lite instance over a pool; more: further keys."""
    return conf_pool(pool, group) + """
ds_lite_instances: (
  { name = "ds1"; id = 1; service_instance_group = "group1";
    local_ipv6 = "2001:db8::aaaa"; remote_ipv6 = [ "2001:db8:100::/40" ];
    outbound: ( { acl = "any"; address_group = "pool1"; } );%s } );
""" % indented(more)


def conf_nat(more="", pool="203.0.113.1", group="", acl="any"):
    """Configuration text: a NAT44 instance on the inside port; more: further keys."""
    return conf_pool(pool, group) + """
nat_instances: (
  { name = "nat1"; id = 1; service_instance_group = "group1";
    inside: { ports = [ "inside" ]; };
    outbound: ( { acl = "%s"; address_group = "pool1"; } );%s } );
""" % (acl, indented(more))


def conf_pool(pool, group):
    """Configuration text: the address group pool1; group: further keys of it."""
    return """
address_groups: (
  { name = "pool1"; id = 1; addresses = [ "%s" ];%s } );
""" % (pool, indented(group))


def indented(more):
    return "".join("\n    " + line.strip() for line in more.strip().split("\n") if line)


def ip4(src, dst, **fields):
    """An IPv4 header as hosts send it: DF set, so that its identification is free."""
    return IP(src=src, dst=dst, **{"ttl": 64, "flags": "DF", "id": 0x1d1d, **fields})


def inet(port="outside", src=None, vlan=0):
    """Link header of a frame that the router beside `port` sends to the box."""
    eth = Ether(dst=BOX[port], src=src or GATEWAY[port])
    return eth / Dot1Q(vlan=vlan) if vlan else eth


def link(port, dst=None, vlan=0):
    """Link header of a frame that the box sends out of `port`."""
    eth = Ether(dst=dst or GATEWAY[port], src=BOX[port])
    return eth / Dot1Q(vlan=vlan) if vlan else eth


def softwire_up(b4=1, **fields):
    """Outer IPv6 header of a packet from B4 number b4."""
    return IPv6(src=B4 % b4, dst=AFTR, nh=4, **{"hlim": 64, **fields})


def softwire_down(b4=1, **fields):
    """Outer IPv6 header of a packet to B4 number b4."""
    return IPv6(src=AFTR, dst=B4 % b4, nh=4, **{"hlim": 64, **fields})


def ip4_length(frame):
    """Bytes of the IPv4 packet of a frame, in a softwire or not, by its own header."""
    body = Ether(frame)
    while body and not isinstance(body, IP):
        body = body.payload
    return body.len


class Case:
    """One case under construction; see the functions of cases_*.py for its use."""

    def __init__(self, name, doc):
        self.name, self.doc = name, doc
        self.now = 1000  # ms; a case begins after one second
        self.frames_in, self.frames_out = {}, {}
        self.flow_counts, self.drop_counts, self.event_counts = {}, {}, {}
        self.marks, self.states = [], []
        self.conf_text = None
        self.known = []
        self.end_ms = None
        self.neighbours("inside", "2001:db8:0:1::2", GATEWAY["inside"])
        self.neighbours("inside", "10.0.0.2", GATEWAY["inside"])
        self.neighbours("outside", "198.51.100.254", GATEWAY["outside"])

    # -- the box and its surroundings

    def conf(self, *parts, frame="frame", cpus="cpu"):
        """The configuration: common parts by name, then texts."""
        common = ['@include "../common/%s.conf"' % f for f in (frame, cpus) if f]
        self.conf_text = "\n".join(common + [p.strip("\n") for p in parts]) + "\n"

    def neighbours(self, iface, addr, mac):
        """A neighbour that the box knows from the start."""
        self.known.append((iface, addr, mac))

    def no_neighbours(self):
        self.known = []

    # -- choices of the box

    def port(self, name, block="A", size=64):
        """A marker for a public port (or ICMP identifier) that the box is to choose.
        Markers with the same block name must turn out to lie in one block of `size`
        ports, those of different names in different ones, and no two may be equal."""
        mark = MARK_PORT + sum(1 for m in self.marks if m.startswith("port"))
        self.marks.append("port 0x%04x %s block=%s size=%d" % (mark, name, block, size))
        return mark

    def address(self, name, *choices, unlike=None):
        """A marker for a public address that the box is to choose among `choices`;
        unlike: the marker of an address that must be another one."""
        mark = MARK_ADDR % (1 + sum(1 for m in self.marks if m.startswith("addr")))
        line = "addr %s %s in=%s" % (mark, name, ",".join(choices))
        self.marks.append(line + (" not=%s" % unlike if unlike else ""))
        return mark

    def fragment_id(self, name):
        """A marker for the identification of the fragments of one IPv6 packet."""
        mark = 0xf1d00000 + sum(1 for m in self.marks if m.startswith("id "))
        self.marks.append("id 0x%08x %s" % (mark, name))
        return mark

    def packet_id(self, name):
        """A marker for the identification of an IPv4 packet without DF, which the box has
        to keep unique where users share an address (RFC 6864 5.3)."""
        mark = 0xee00 + sum(1 for m in self.marks if m.startswith("id4"))
        self.marks.append("id4 0x%04x %s" % (mark, name))
        return mark

    # -- time

    def wait(self, seconds):
        """Lets time pass."""
        self.now += round(seconds * 1000)

    def end(self, seconds=0):
        """The case ends so many seconds after the last frame."""
        self.end_ms = self.now + round(seconds * 1000)

    def state(self, **wanted):
        """What the tables must hold at this moment: users, sessions, mappings, blocks."""
        for key, value in wanted.items():
            self.states.append((self.now, key, value))

    # -- frames

    def rx(self, port, frame, worker=0, same_burst=False):
        """A frame arrives at a port whose queue `worker` polls, 1 ms after the last one
        or in one burst with it."""
        if not same_burst:
            self.now += 1
        name = port if worker == 0 else "%s@%d" % (port, worker)
        data = bytes(frame)
        self.frames_in.setdefault(name, []).append((self.now, data))
        self.flow("received", len(data))
        return data

    def tx(self, port, frame, after=0, sent=True):
        """The box must send this frame, `after` ms from now, behind the earlier ones.
        sent: by a worker, which counts it; not by the host code."""
        data = bytes(frame)
        self.frames_out.setdefault(port, []).append((self.now + after, data))
        if sent:
            self.flow("sent", len(data))
        return data

    def drop(self, port, frame, reason, **kw):
        """A frame arrives and disappears, counted by name."""
        self.rx(port, frame, **kw)
        self.dropped(reason)

    # -- counters

    def flow(self, name, *lengths):
        p, b = self.flow_counts.get(name, (0, 0))
        self.flow_counts[name] = (p + len(lengths), b + sum(lengths))

    def dropped(self, reason, n=1):
        self.drop_counts[reason] = self.drop_counts.get(reason, 0) + n

    def events(self, **names):
        for key, n in names.items():
            self.event_counts[key] = self.event_counts.get(key, 0) + n

    def made(self, users=0, blocks=0, mappings=0, sessions=0):
        """Entries of tables that come into being and still exist at the end."""
        self.events(users_created=users, blocks_taken=blocks, mappings_created=mappings,
                    sessions_created=sessions)

    def gone(self, users=0, blocks=0, mappings=0, sessions=0):
        """Entries that have been removed before the end."""
        self.events(users_removed=users, blocks_returned=blocks, mappings_removed=mappings,
                    sessions_removed=sessions)

    # -- whole translations: what comes in, what leaves, what is counted

    def translated(self, kind, rx_port, rx_frame, tx_port, tx_frame, **kw):
        """A frame comes in and leaves translated; its IPv4 packet counts as `kind`."""
        data = self.rx(rx_port, rx_frame, **kw)
        self.tx(tx_port, tx_frame)
        self.flow(kind, ip4_length(data))

    def answered(self, port, request, answer, padding=b""):
        """A frame for the box itself comes in, goes to the host code, and is answered."""
        data = self.rx(port, Raw(bytes(request) + padding))
        self.flow("to_control", len(data) - len(padding))
        self.tx(port, answer, sent=False)

    def ds_up(self, inner, translated, b4=1, outer=None, **kw):
        """An inner packet from a B4 leaves translated on the outside."""
        self.translated("ds_lite_up", "inside", inet("inside") / (outer or softwire_up(b4))
                        / inner, "outside", link("outside") / translated, **kw)

    def ds_down(self, packet, inner, b4=1, outer=None, **kw):
        """A packet to a public address leaves in the softwire of a B4."""
        self.translated("ds_lite_down", "outside", inet() / packet, "inside",
                        link("inside") / (outer or softwire_down(b4)) / inner, **kw)

    def nat_up(self, packet, translated, **kw):
        """A packet of a NAT44 user leaves translated on the outside."""
        self.translated("nat44_up", "inside", inet("inside") / packet, "outside",
                        link("outside") / translated, **kw)

    def nat_down(self, packet, translated, **kw):
        """A packet to a public address leaves towards the NAT44 user."""
        self.translated("nat44_down", "outside", inet() / packet, "inside",
                        link("inside") / translated, **kw)

    # -- files

    def files(self):
        """Everything that the directory of the case holds: name → bytes."""
        out = {"case.conf": self.conf_file()}
        for where, frames in (("in", self.frames_in), ("out", self.frames_out)):
            for port, list_ in frames.items():
                out["%s-%s.pcap" % (where, port)] = pcap(list_)
        out["counters"] = self.counters_file()
        last = max([t for t, _, _ in self.states] + [self.now])
        lines = ["at %d.%03d %s %d" % (t // 1000, t % 1000, k, v) for t, k, v in self.states]
        end = max(self.end_ms or 0, last)
        out["state"] = text(lines + ["end %d.%03d" % (end // 1000, end % 1000)])
        if self.marks:
            out["vars"] = text(self.marks)
        if self.known:
            out["neighbours"] = text("%s %s %s" % n for n in self.known)
        return out

    def conf_file(self):
        doc = textwrap.wrap(" ".join(self.doc.split()), 88)
        return text(["# " + d for d in doc] + self.conf_text.rstrip("\n").split("\n"))

    def counters_file(self):
        lines = ["flow %s %d %d" % (k, *v) for k, v in sorted(self.flow_counts.items())]
        for what, table in (("drop", self.drop_counts), ("event", self.event_counts)):
            lines += ["%s %s %d" % (what, k, v) for k, v in sorted(table.items()) if v]
        return text(lines)


def text(lines):
    return ("\n".join(lines) + "\n").encode()


def pcap(frames):
    """A capture file (microseconds, Ethernet) of (ms, bytes)."""
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    for ms, data in frames:
        out += struct.pack("<IIII", ms // 1000, ms % 1000 * 1000, len(data), len(data))
        out += data
    return out


def corpus(case_):
    """The frames that arrive in a case as an input of fuzz_packet."""
    frames = []
    for name, list_ in case_.frames_in.items():
        port, _, worker = name.partition("@")
        flags = (port == "outside") * 13 + 2 * (worker == "1")
        frames += [(ms, flags, data) for ms, data in list_]
    out, last = b"", 1000
    for ms, flags, data in sorted(frames, key=lambda f: f[0]):
        out += struct.pack("<BBH", flags, max(0, min((ms - last) // 100, 255)),
                           len(data)) + data
        last = max(ms, last)
    return out


CASES = []


def case(function):
    """Registers a case: named after its function, its docstring is the requirement."""
    CASES.append(function)
    return function


def build(function):
    c = Case(function.__name__, function.__doc__)
    function(c)
    return c


def write(case_, top):
    """Writes a case's directory and removes what does not belong there."""
    path = os.path.join(top, case_.name)
    os.makedirs(path, exist_ok=True)
    files = case_.files()
    for old in os.listdir(path):
        if old not in files:
            os.unlink(os.path.join(path, old))
    for name, data in files.items():
        with open(os.path.join(path, name), "wb") as f:
            f.write(data)


def differences(case_, top):
    """Names of the files that are not what the script makes."""
    path = os.path.join(top, case_.name)
    have = set(os.listdir(path)) if os.path.isdir(path) else set()
    files = case_.files()
    bad = have - set(files)
    for name, data in files.items():
        try:
            with open(os.path.join(path, name), "rb") as f:
                same = f.read() == data
        except OSError:
            same = False
        if not same:
            bad.add(name)
    return sorted("%s/%s" % (case_.name, name) for name in bad)
