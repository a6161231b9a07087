# SPDX-License-Identifier: BSD-3-Clause
"""Cases of ICMP errors that pass through: RFC 5508 4 to 7."""
from scapy.all import ICMP, Raw, TCP, UDP

from caselib import (POOL, SRV, SRV2, SUB, case, conf_ds, conf_nat, inet, ip4, link,
                     softwire_up)
from cases_nat44 import U1, first_udp, hairpin, udp_in, udp_out
from cases_time import expires

ROUTER = "198.51.100.9"  # somewhere on the way


def error(src, dst, type_, code, quoted, ttl=64, **kw):
    """An ICMP error with the bytes of a quoted packet."""
    return (ip4(src, dst, ttl=ttl) / ICMP(type=type_, code=code, **kw)
            / Raw(bytes(quoted)))


def cut(packet, n):
    """The IP header and n bytes of what follows, of a whole packet."""
    raw = bytes(packet)
    return IPRaw(raw[:20 + n])


class IPRaw(Raw):
    """Bytes that begin with an IP header."""


def errors_down(c, sent, seen, type_, code, down, **kw):
    """Errors about a packet `sent` outside, which the inside knows as `seen`, quoted whole
    and with 8 bytes only, from the far end and from a router."""
    for source in (SRV, ROUTER):
        for keep in (8, 1000):
            down(error(source, POOL, type_, code, cut(sent, keep), **kw),
                 error(source, seen.src, type_, code, cut(seen, keep), ttl=63, **kw))


@case
def icmp_error_down_udp(c):
    """RFC 5508 REQ-4: an error from outside about a UDP packet reaches the inside host,
    with its own address and port in the quoted packet and all checksums right; REQ-6: it
    neither refreshes nor ends the session."""
    c.conf(conf_nat())
    p = first_udp(c)
    start = c.now
    sent = ip4(POOL, SRV, ttl=3) / UDP(sport=p, dport=53) / b"question"
    seen = ip4(U1, SRV, ttl=3) / UDP(sport=5000, dport=53) / b"question"
    c.wait(200)
    for type_, code in ((3, 3), (3, 1), (11, 0), (12, 0)):
        errors_down(c, sent, seen, type_, code, c.nat_down)
    c.now = start
    expires(c, 300)


@case
def icmp_error_down_udp_without_checksum(c):
    """RFC 5508 REQ-4: a quoted UDP checksum of zero stays zero."""
    c.conf(conf_nat())
    p = first_udp(c)
    sent = ip4(POOL, SRV) / UDP(sport=p, dport=53, chksum=0) / b"question"
    seen = ip4(U1, SRV) / UDP(sport=5000, dport=53, chksum=0) / b"question"
    errors_down(c, sent, seen, 3, 3, c.nat_down)


@case
def icmp_error_down_tcp(c):
    """RFC 5382 REQ-9, REQ-10: errors about TCP are translated and end nothing."""
    c.conf(conf_nat())
    p = c.port("p")
    c.nat_up(ip4(U1, SRV) / TCP(sport=5000, dport=80, flags="S"),
             ip4(POOL, SRV, ttl=63) / TCP(sport=p, dport=80, flags="S"))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    sent = ip4(POOL, SRV) / TCP(sport=p, dport=80, flags="S") / b"data"
    seen = ip4(U1, SRV) / TCP(sport=5000, dport=80, flags="S") / b"data"
    errors_down(c, sent, seen, 3, 1, c.nat_down)
    errors_down(c, sent, seen, 3, 4, c.nat_down, nexthopmtu=1400)
    c.state(sessions=1)


@case
def icmp_error_down_echo(c):
    """RFC 5508 REQ-4: errors about an echo request carry the host's own identifier."""
    c.conf(conf_nat())
    p = c.port("id")
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=7), ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=p))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    errors_down(c, ip4(POOL, SRV) / ICMP(type=8, id=p, seq=3) / b"ping",
                ip4(U1, SRV) / ICMP(type=8, id=7, seq=3) / b"ping", 11, 0, c.nat_down)


@case
def icmp_error_down_softwire(c):
    """RFC 5508 REQ-4 for DS-Lite: the error goes into the softwire of the packet's user."""
    c.conf(conf_ds())
    p = c.port("p")
    c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q",
            ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    errors_down(c, ip4(POOL, SRV) / UDP(sport=p, dport=53) / b"q",
                ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q", 3, 3, c.ds_down)


@case
def icmp_error_up_udp(c):
    """RFC 5508 REQ-5: an error from the inside about a packet to a mapping leaves with the
    public address, as source and in the quoted packet, whoever inside has sent it."""
    c.conf(conf_nat())
    p = first_udp(c)
    udp_in(c, p)
    seen = ip4(SRV, U1, ttl=9) / UDP(sport=53, dport=5000) / b"answer"
    sent = ip4(SRV, POOL, ttl=9) / UDP(sport=53, dport=p) / b"answer"
    for source in (U1, "10.1.0.200"):
        for keep in (8, 1000):
            c.nat_up(error(source, SRV, 3, 3, cut(seen, keep)),
                     error(POOL, SRV, 3, 3, cut(sent, keep), ttl=63))
    c.state(users=1, sessions=1)


@case
def icmp_error_up_softwire(c):
    """RFC 5508 REQ-5 for DS-Lite."""
    c.conf(conf_ds())
    p = c.port("p")
    c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q",
            ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    seen = ip4(SRV, SUB, ttl=9) / UDP(sport=53, dport=5000) / b"answer"
    sent = ip4(SRV, POOL, ttl=9) / UDP(sport=53, dport=p) / b"answer"
    c.ds_up(error(SUB, SRV, 3, 3, cut(seen, 1000)),
            error(POOL, SRV, 3, 3, cut(sent, 1000), ttl=63))
    c.drop("inside", inet("inside") / softwire_up(2)
           / error(SUB, SRV, 3, 3, cut(seen, 1000)), "icmp_no_session")


@case
def icmp_error_about_nothing(c):
    """RFC 5508 REQ-4a: an error about a packet that no session has sent is dropped by name,
    and so is one that quotes too little, or a fragment, or another's packet."""
    c.conf(conf_nat())
    p = first_udp(c)
    good = ip4(POOL, SRV) / UDP(sport=p, dport=53) / b"question"
    for quoted in (ip4(POOL, SRV2) / UDP(sport=p, dport=53),
                   ip4(POOL, SRV) / UDP(sport=p, dport=54),
                   ip4(POOL, SRV) / TCP(sport=p, dport=53),
                   ip4("203.0.113.99", SRV) / UDP(sport=p, dport=53),
                   ip4(POOL, SRV, frag=5) / UDP(sport=p, dport=53),
                   ip4(POOL, SRV, proto=47) / Raw(b"12345678"),
                   cut(good, 7), cut(good, -1)):
        c.drop("outside", inet() / error(SRV, POOL, 3, 3, quoted), "icmp_no_session")


@case
def icmp_error_checksum_wrong(c):
    """RFC 5508 REQ-3a: an error with a wrong ICMP checksum is dropped by name."""
    c.conf(conf_nat())
    p = first_udp(c)
    quoted = ip4(POOL, SRV) / UDP(sport=p, dport=53) / b"question"
    c.drop("outside", inet() / ip4(SRV, POOL) / ICMP(type=3, code=3, chksum=0x1111)
           / Raw(bytes(quoted)), "icmp_checksum")


@case
def icmp_error_hairpin(c):
    """RFC 5508 REQ-7: an error about a hairpinned packet reaches the user who sent it, with
    both ends' public addresses."""
    c.conf(conf_nat())
    p, q = c.port("p", block="one"), c.port("q", block="two")
    udp_out(c, p)
    udp_out(c, q, user="10.1.0.2", sport=6000)
    hairpin(c, p, q)  # a session of either user
    c.made(users=2, blocks=2, mappings=2, sessions=4)
    seen = ip4(POOL, "10.1.0.2", ttl=62) / UDP(sport=p, dport=6000) / b"hello"
    back = ip4(U1, POOL, ttl=62) / UDP(sport=5000, dport=q) / b"hello"
    frame = inet("inside") / error("10.1.0.2", POOL, 3, 3, seen)
    c.translated("nat44_up", "inside", frame, "inside", link("inside")
                 / error(POOL, U1, 3, 3, back, ttl=62))
    size = len(bytes(frame)) - 14
    c.flow("nat44_down", size)
    c.flow("hairpin", size)
