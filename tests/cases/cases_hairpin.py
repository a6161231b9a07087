# SPDX-License-Identifier: BSD-3-Clause
"""Cases of users who meet behind the box by their public addresses: RFC 4787 6, RFC 5382
7.2, RFC 5508 4.3, RFC 7857 12."""
from scapy.all import ICMP, IP, Raw, TCP, UDP

from caselib import (POOL, SUB, case, conf_ds, conf_nat, inet, ip4, link, softwire_down,
                     softwire_up)
from cases_icmp import error
from cases_nat44 import U1, U2, hairpin, udp_out


def turned(c, kind, frame, out, size):
    """A packet goes up, round, and down; it is `size` bytes of IPv4."""
    c.translated("%s_up" % kind, "inside", inet("inside") / frame, "inside",
                 link("inside") / out)
    c.flow("%s_down" % kind, size)
    c.flow("hairpin", size)


def two_users(c, conf="", pub=POOL):
    """Two users with a UDP mapping each; their public ports."""
    c.conf(conf_nat(conf))
    p, q = c.port("p", block="one"), c.port("q", block="two")
    udp_out(c, p, user=U1, pub=pub)
    udp_out(c, q, user=U2, sport=6000, pub=pub)
    c.made(users=2, blocks=2, mappings=2, sessions=2)
    return p, q


@case
def hairpin_tcp(c):
    """RFC 5382 REQ-8: a TCP connection of two users by their public addresses, opened,
    used and closed."""
    c.conf(conf_nat('servers: ( { protocol = "tcp"; outside = "203.0.113.1:8080"; '
                    'inside = "10.1.0.1:80"; } );'))
    p = c.port("p")

    def there(flags):
        turned(c, "nat44", ip4(U2, POOL) / TCP(sport=6000, dport=8080, flags=flags),
               ip4(POOL, U1, ttl=62) / TCP(sport=p, dport=80, flags=flags), 40)

    def back(flags):
        turned(c, "nat44", ip4(U1, POOL) / TCP(sport=80, dport=p, flags=flags),
               ip4(POOL, U2, ttl=62) / TCP(sport=8080, dport=6000, flags=flags), 40)

    there("S")
    back("SA")
    for flags in ("A", "PA", "FA"):
        there(flags)
    back("FA")
    there("A")
    c.made(users=2, blocks=2, mappings=2, sessions=2)


@case
def hairpin_own_port(c):
    """RFC 4787 REQ-9: a user may send to its own public port, and hears itself from it."""
    c.conf(conf_nat())
    p = c.port("p")
    udp_out(c, p)
    hairpin(c, p, p, sport_q=5000, down=U1)
    c.made(users=1, blocks=1, mappings=1, sessions=2)


@case
def hairpin_icmp_echo(c):
    """RFC 7857 12, RFC 5508 REQ-7: echo to a public address finds the mapping of its
    identifier: the user hears, and answers, itself."""
    c.conf(conf_nat())
    p = c.port("id")
    c.nat_up(ip4(U1, "192.0.2.80") / ICMP(type=8, id=7),
             ip4(POOL, "192.0.2.80", ttl=63) / ICMP(type=8, id=p))
    for type_ in (8, 0):
        turned(c, "nat44", ip4(U1, POOL) / ICMP(type=type_, id=7) / b"ping",
               ip4(POOL, U1, ttl=62) / ICMP(type=type_, id=7) / b"ping", 32)
    c.made(users=1, blocks=1, mappings=1, sessions=2)


@case
def hairpin_to_a_port_that_nobody_holds(c):
    """RFC 4787 REQ-9: what turns round and finds no mapping ends there, by name."""
    c.conf(conf_nat())
    udp_out(c, c.port("p"))
    c.drop("inside", inet("inside") / ip4(U1, POOL) / UDP(sport=5000, dport=1) / b"x",
           "no_mapping")
    c.flow("nat44_up", 29)
    c.flow("hairpin", 29)
    c.made(users=1, blocks=1, mappings=1, sessions=2)


@case
def hairpin_is_filtered_alike(c):
    """RFC 4787 REQ-9, REQ-11: endpoint-dependent filtering holds for a peer inside: it is
    let in once the other has sent to it."""
    p, q = two_users(c, 'filtering = "endpoint-dependent";')
    c.drop("inside", inet("inside") / ip4(U1, POOL) / UDP(sport=5000, dport=q) / b"hello",
           "filtered")
    c.flow("nat44_up", 33)
    c.flow("hairpin", 33)
    hairpin(c, q, p, sport_p=6000, sport_q=5000, up=U2, down=U1)
    hairpin(c, p, q)
    c.made(sessions=2)


@case
def hairpin_ttl_used_up(c):
    """RFC 5508 REQ-7, RFC 1812 5.3.1: the turn costs a second hop; who sent a packet with
    too few hears of it, in its own terms."""
    p, q = two_users(c)
    packet = ip4(U1, POOL, ttl=2) / UDP(sport=5000, dport=q) / b"hello"
    c.drop("inside", inet("inside") / packet, "ttl_exceeded")
    packet.ttl = 1
    answer = (IP(src="10.0.0.1", dst=U1, ttl=63, tos=0xc0, id=0)
              / ICMP(type=11, code=0) / Raw(bytes(packet)))
    c.tx("inside", link("inside") / answer)
    size = len(bytes(answer))
    c.flow("icmp_errors_sent", size)
    c.flow("nat44_up", 33)
    c.flow("nat44_down", size)
    c.flow("hairpin", 33)
    c.flow("hairpin", size)
    c.made(sessions=1)


@case
def hairpin_too_big_for_the_softwire(c):
    """RFC 5508 REQ-7a, RFC 2473 7.2: a packet between two B4s that is too big for the
    second softwire: its sender is told, through its own softwire."""
    c.conf(conf_ds())
    p, q = c.port("p", block="one"), c.port("q", block="two")
    for b4, port in ((1, p), (2, q)):
        c.ds_up(ip4(SUB, "192.0.2.80") / UDP(sport=5000, dport=53) / b"q",
                ip4(POOL, "192.0.2.80", ttl=63) / UDP(sport=port, dport=53) / b"q", b4=b4)
    packet = ip4(SUB, POOL) / UDP(sport=5000, dport=q) / Raw(b"z" * 1472)
    c.drop("inside", inet("inside") / softwire_up(1) / packet, "packet_too_big")
    packet.ttl = 63
    told = (IP(src=POOL, dst=SUB, ttl=63, tos=0xc0, id=0)
            / ICMP(type=3, code=4, nexthopmtu=1460) / Raw(bytes(packet)[:548]))
    c.tx("inside", link("inside") / softwire_down(1, tc=0xc0) / told)
    c.flow("icmp_errors_sent", 576)
    c.flow("ds_lite_up", 1500)
    c.flow("ds_lite_down", 1500, 576)
    c.flow("hairpin", 1500, 576)
    c.made(users=2, blocks=2, mappings=2, sessions=4)


@case
def hairpin_error_of_a_router_inside(c):
    """RFC 5508 REQ-5c, REQ-7: an error of a router in front of the peer comes from the
    peer's public address."""
    p, q = two_users(c)
    hairpin(c, p, q)
    c.made(sessions=2)
    seen = ip4(POOL, U2, ttl=61) / UDP(sport=p, dport=6000) / b"hello"
    back = ip4(U1, POOL, ttl=61) / UDP(sport=5000, dport=q) / b"hello"
    frame = error("10.1.0.254", POOL, 11, 0, seen)
    turned(c, "nat44", frame, error(POOL, U1, 11, 0, back, ttl=62), len(bytes(frame)))


@case
def hairpin_syn_refused(c):
    """RFC 5382 REQ-4, REQ-8: a SYN to a public port that nobody holds is held as one from
    outside is; after 6 s the user inside is told."""
    c.conf(conf_nat())
    packet = ip4(U1, POOL) / TCP(sport=5000, dport=5555, flags="S")
    c.drop("inside", inet("inside") / packet, "no_mapping")
    packet.ttl = 63
    told = (IP(src=POOL, dst=U1, ttl=63, tos=0xc0, id=0)
            / ICMP(type=3, code=3) / Raw(bytes(packet)))
    c.tx("inside", link("inside") / told, after=6000)
    size = len(bytes(told))
    c.flow("icmp_errors_sent", size)
    c.flow("nat44_up", 40)
    c.flow("nat44_down", size)
    c.flow("hairpin", 40, size)
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    c.end(8)
