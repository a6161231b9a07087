# SPDX-License-Identifier: BSD-3-Clause
"""Cases of several service locations on several CPUs in one group: steering by user
upwards and by public address downwards, hand-over, hairpin across CPUs.

By the group's hash, which is public and fixed, the NAT44 users 1, 2 and 3 and the B4s 2, 3
and 5 belong to location 1 on worker 0, the users 4 and 7 and the B4s 1, 4 and 6 to
location 2 on worker 1. The pool's first address belongs to location 1, the second to
location 2."""
from scapy.all import ICMP, ICMPv6DestUnreach, IP, IPv6, Raw, UDP

from caselib import AFTR, SRV, SUB, USER, case, conf_ds, conf_nat, inet, ip4, link
from caselib import softwire_down, softwire_up

POOLS = "203.0.113.0-203.0.113.1"
ADDR1, ADDR2 = "203.0.113.0", "203.0.113.1"


def handed(c, n):
    """A packet of n bytes goes from one worker to the other."""
    c.flow("handed_over", n)
    c.flow("taken_over", n)


def up(c, user, pub, p, worker=0, over=False, **kw):
    frame = inet("inside") / ip4(USER % user, SRV) / UDP(sport=5000, dport=53) / b"question"
    c.translated("nat44_up", "inside", frame, "outside", link("outside")
                 / ip4(pub, SRV, ttl=63) / UDP(sport=p, dport=53) / b"question",
                 worker=worker, **kw)
    if over:
        handed(c, len(bytes(frame)))


def down(c, user, pub, p, worker=0, over=False, **kw):
    frame = inet() / ip4(SRV, pub) / UDP(sport=53, dport=p) / b"answer"
    c.translated("nat44_down", "outside", frame, "inside", link("inside")
                 / ip4(SRV, USER % user, ttl=63) / UDP(sport=53, dport=5000) / b"answer",
                 worker=worker, **kw)
    if over:
        handed(c, len(bytes(frame)))


@case
def cpus_hand_over(c):
    """All packets of a user, both ways, are handled by the CPU that hosts its location:
    one that lands on another CPU is handed over, and leaves the same."""
    c.conf(conf_nat(pool=POOLS), cpus="two-cpus")
    p = c.port("p")
    up(c, 4, ADDR2, p, worker=0, over=True)
    down(c, 4, ADDR2, p, worker=0, over=True)
    q = c.port("q")
    up(c, 1, ADDR1, q, worker=1, over=True)
    down(c, 1, ADDR1, q, worker=1, over=True)
    c.made(users=2, blocks=2, mappings=2, sessions=2)
    c.state(users=2, sessions=2)


@case
def cpus_run_to_completion(c):
    """A packet that lands on the CPU of its location touches no other."""
    c.conf(conf_nat(pool=POOLS), cpus="two-cpus")
    p, q = c.port("p"), c.port("q")
    up(c, 1, ADDR1, p, worker=0)
    up(c, 4, ADDR2, q, worker=1)
    down(c, 4, ADDR2, q, worker=1)
    down(c, 1, ADDR1, p, worker=0)
    c.made(users=2, blocks=2, mappings=2, sessions=2)


@case
def cpus_one_session_from_both(c):
    """RFC 4787 REQ-1: wherever the packets of a flow land, it is one session."""
    c.conf(conf_nat(pool=POOLS), cpus="two-cpus")
    p = c.port("p")
    for worker in (0, 1, 0, 1):
        up(c, 4, ADDR2, p, worker=worker, over=worker == 0)
        down(c, 4, ADDR2, p, worker=worker, over=worker == 0)
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    c.state(sessions=1)


@case
def cpus_softwire(c):
    """RFC 6333 6.6: softwire packets are steered by the address of the B4, before they are
    decapsulated; the answer by the public address."""
    c.conf(conf_ds(pool=POOLS), cpus="two-cpus")
    for b4, pub in ((1, ADDR2), (2, ADDR1)):
        p = c.port("p%d" % b4)
        over = b4 == 1
        frame = (inet("inside") / softwire_up(b4) / ip4(SUB, SRV)
                 / UDP(sport=5000, dport=53) / b"q")
        c.translated("ds_lite_up", "inside", frame, "outside", link("outside")
                     / ip4(pub, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
        if over:
            handed(c, len(bytes(frame)))
        frame = inet() / ip4(SRV, pub) / UDP(sport=53, dport=p) / b"a"
        c.translated("ds_lite_down", "outside", frame, "inside", link("inside")
                     / softwire_down(b4) / ip4(SRV, SUB, ttl=63)
                     / UDP(sport=53, dport=5000) / b"a")
        if over:
            handed(c, len(bytes(frame)))
    c.made(users=2, blocks=2, mappings=2, sessions=2)


@case
def cpus_tunnel_error(c):
    """RFC 2473 8.2: an error about a tunnel packet goes to the CPU of the B4 that it
    quotes, which is not its sender's."""
    c.conf(conf_ds(pool=POOLS), cpus="two-cpus")
    p = c.port("p")
    frame = inet("inside") / softwire_up(1) / ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q"
    c.translated("ds_lite_up", "inside", frame, "outside", link("outside")
                 / ip4(ADDR2, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    handed(c, len(bytes(frame)))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    inner = ip4(SRV, SUB, ttl=63) / UDP(sport=53, dport=5000) / b"a"
    sent = ip4(SRV, ADDR2, ttl=63) / UDP(sport=53, dport=p) / b"a"
    frame = (inet("inside") / IPv6(src="2001:db8:0:1::2", dst=AFTR)
             / ICMPv6DestUnreach(code=3) / Raw(bytes(softwire_down(1) / inner)))
    c.rx("inside", frame)
    c.flow("ds_lite_up", len(bytes(IP() / ICMP() / Raw(bytes(inner)))))
    handed(c, len(bytes(frame)))
    c.tx("outside", link("outside") / IP(src=ADDR2, dst=SRV, ttl=63, tos=0xc0, id=0)
         / ICMP(type=3, code=1) / Raw(bytes(sent)))


@case
def cpus_addresses_divided(c):
    """RFC 6888 REQ-2: the public addresses are divided among the locations: a location
    never gives out an address of another one, even when its own is full."""
    c.events(log_records=2)
    c.conf(conf_nat('port_range: { mode = "static"; size = 64512; };', pool=POOLS),
           cpus="two-cpus")
    up(c, 1, ADDR1, c.port("p", size=64512))
    c.drop("inside", inet("inside") / ip4(USER % 2, SRV) / UDP(sport=5000, dport=53),
           "no_address")
    up(c, 4, ADDR2, c.port("q", size=64512), worker=1)
    c.drop("inside", inet("inside") / ip4(USER % 7, SRV) / UDP(sport=5000, dport=53),
           "no_address", worker=1)
    c.made(users=2, blocks=2, mappings=2, sessions=2)


@case
def cpus_hairpin(c):
    """RFC 4787 REQ-9 across CPUs: a user of one location reaches one of another by its
    public address, is seen with its own, and is answered."""
    c.conf(conf_nat(pool=POOLS), cpus="two-cpus")
    p, q = c.port("p"), c.port("q")
    up(c, 1, ADDR1, p, worker=0)
    up(c, 4, ADDR2, q, worker=1)
    c.made(users=2, blocks=2, mappings=2, sessions=2)
    for user, peer, pub, peer_pub, own, its, worker in (
            (1, 4, ADDR1, ADDR2, p, q, 0), (4, 1, ADDR2, ADDR1, q, p, 1)):
        c.translated("nat44_up", "inside", inet("inside") / ip4(USER % user, peer_pub)
                     / UDP(sport=5000, dport=its) / b"hello", "inside", link("inside")
                     / ip4(pub, USER % peer, ttl=62) / UDP(sport=own, dport=5000)
                     / b"hello", worker=worker)
        for flow in ("nat44_down", "hairpin", "handed_over", "taken_over"):
            c.flow(flow, 33)
    c.made(sessions=2)


@case
def cpus_hairpin_of_softwires(c):
    """RFC 4787 REQ-9, RFC 6333: two B4s on two CPUs talk to each other by their public
    addresses: out of one softwire, into the other."""
    c.conf(conf_ds(pool=POOLS), cpus="two-cpus")
    p, q = c.port("p"), c.port("q")
    for b4, pub, port, worker in ((1, ADDR2, p, 1), (2, ADDR1, q, 0)):
        c.translated("ds_lite_up", "inside", inet("inside") / softwire_up(b4)
                     / ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q", "outside",
                     link("outside") / ip4(pub, SRV, ttl=63) / UDP(sport=port, dport=53)
                     / b"q", worker=worker)
    c.translated("ds_lite_up", "inside", inet("inside") / softwire_up(1)
                 / ip4(SUB, ADDR1) / UDP(sport=5000, dport=q) / b"hello", "inside",
                 link("inside") / softwire_down(2) / ip4(ADDR2, SUB, ttl=62)
                 / UDP(sport=p, dport=5000) / b"hello", worker=1)
    for flow in ("ds_lite_down", "hairpin", "handed_over", "taken_over"):
        c.flow(flow, 33)
    c.made(users=2, blocks=2, mappings=2, sessions=4)


@case
def cpus_mixed_burst(c):
    """A burst of users of both locations is sorted: each packet ends on its CPU, none is
    lost, those of one CPU stay in order."""
    c.conf(conf_nat(pool=POOLS), cpus="two-cpus")
    c.now += 1
    mine = [c.port("mine%d" % n, block="mine%d" % u) for n, u in enumerate((1, 2, 3))]
    theirs = [c.port("theirs%d" % n, block="theirs%d" % u) for n, u in enumerate((4, 7))]
    frames = [(u, inet("inside") / ip4(USER % u, SRV) / UDP(sport=5000, dport=53) / b"x")
              for u in (1, 4, 2, 7, 3)]
    for _, frame in frames:
        c.flow("nat44_up", len(c.rx("inside", frame, same_burst=True)) - 14)
    for u, pub, p in ((1, ADDR1, mine[0]), (2, ADDR1, mine[1]), (3, ADDR1, mine[2]),
                      (4, ADDR2, theirs[0]), (7, ADDR2, theirs[1])):
        c.tx("outside", link("outside") / ip4(pub, SRV, ttl=63) / UDP(sport=p, dport=53)
             / b"x")
    for _ in range(2):
        handed(c, len(bytes(frames[0][1])))
    c.made(users=5, blocks=5, mappings=5, sessions=5)
