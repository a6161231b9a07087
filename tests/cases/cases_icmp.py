# SPDX-License-Identifier: BSD-3-Clause
"""Cases of ICMP errors that pass through: RFC 5508 4 to 7."""
import struct

from scapy.all import ICMP, IPOption_NOP, IPOption_Router_Alert, Raw, TCP, UDP
from scapy.utils import checksum

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


def quoted_down(c, sent, seen, type_=3, code=3, extra=b"", **kw):
    """An error from outside about `sent`, which the user knows as `seen`."""
    c.nat_down(error(ROUTER, POOL, type_, code, Raw(bytes(sent) + extra), **kw),
               error(ROUTER, U1, type_, code, Raw(bytes(seen) + extra), ttl=63, **kw))


@case
def icmp_error_types_and_codes(c):
    """RFC 5508 REQ-4b, RFC 5382 REQ-9, RFC 4787 REQ-12b: errors keep type and code,
    whatever they say, and their second word."""
    c.conf(conf_nat())
    p = first_udp(c)
    sent = ip4(POOL, SRV) / UDP(sport=p, dport=53) / b"question"
    seen = ip4(U1, SRV) / UDP(sport=5000, dport=53) / b"question"
    for code in range(16):
        quoted_down(c, sent, seen, 3, code)
    quoted_down(c, sent, seen, 3, 4, nexthopmtu=1280)
    quoted_down(c, sent, seen, 11, 1)
    quoted_down(c, sent, seen, 12, 0, ptr=9)
    c.state(users=1, mappings=1, sessions=1)


@case
def icmp_error_quoted_header_checksum_wrong(c):
    """RFC 5508 REQ-3a: an error whose quoted IP header has a wrong checksum is dropped by
    name, from outside and from inside."""
    c.conf(conf_nat())
    p = first_udp(c)
    udp_in(c, p)
    c.drop("outside", inet() / error(ROUTER, POOL, 3, 1, ip4(POOL, SRV, chksum=0x1234)
                                     / UDP(sport=p, dport=53) / b"question"),
           "icmp_checksum")
    c.drop("inside", inet("inside") / error(U1, SRV, 3, 3, ip4(SRV, U1, chksum=0x1234)
                                            / UDP(sport=53, dport=5000) / b"answer"),
           "icmp_checksum")


@case
def icmp_error_up_checksum_wrong(c):
    """RFC 5508 REQ-3: an error from inside with a wrong ICMP checksum is dropped by
    name."""
    c.conf(conf_nat())
    first_udp(c)
    quoted = ip4(SRV, U1) / UDP(sport=53, dport=5000) / b"answer"
    c.drop("inside", inet("inside") / ip4(U1, SRV) / ICMP(type=3, code=3, chksum=0x1111)
           / Raw(bytes(quoted)), "icmp_checksum")


@case
def icmp_error_quoted_ip_options(c):
    """RFC 5508 REQ-3b: the transport header of the quoted packet is found behind its IP
    options."""
    c.conf(conf_nat())
    p = first_udp(c)
    opts = [IPOption_Router_Alert(), IPOption_NOP(), IPOption_NOP()]
    quoted_down(c, ip4(POOL, SRV, options=opts) / UDP(sport=p, dport=53) / b"question",
                ip4(U1, SRV, options=opts) / UDP(sport=5000, dport=53) / b"question")


@case
def icmp_error_quoted_transport_checksum_wrong(c):
    """RFC 5508 REQ-3c: the checksum of the quoted transport is not verified; damage stays
    damage."""
    c.conf(conf_nat())
    p = first_udp(c)
    for data in (b"questioN", b"qu"):  # other data than the checksum is of; cut short
        sent = bytes(ip4(POOL, SRV) / UDP(sport=p, dport=53) / b"question")[:28] + data
        seen = bytes(ip4(U1, SRV) / UDP(sport=5000, dport=53) / b"question")[:28] + data
        quoted_down(c, Raw(sent), Raw(seen))


@case
def icmp_error_with_extensions(c):
    """RFC 5508 REQ-3d, RFC 4884: the padding behind the quoted packet and the extensions
    behind that are no part of it, and pass as they are."""
    c.conf(conf_nat())
    p = c.port("p")
    c.nat_up(ip4(U1, SRV) / TCP(sport=5000, dport=80, flags="S"),
             ip4(POOL, SRV, ttl=63) / TCP(sport=p, dport=80, flags="S"))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    mpls = struct.pack("!BBHHBBI", 0x20, 0, 0, 8, 1, 1, 0x03e8013f)
    mpls = mpls[:2] + checksum(mpls).to_bytes(2, "big") + mpls[4:]
    sent = ip4(POOL, SRV, ttl=1) / TCP(sport=p, dport=80, flags="S")
    seen = ip4(U1, SRV, ttl=1) / TCP(sport=5000, dport=80, flags="S")
    quoted_down(c, sent, seen, 11, 0, extra=b"\0" * 88 + mpls, length=32)
    # a packet that ends before its TCP checksum would stand: padding is not "adjusted"
    short = {"len": 28}
    quoted_down(c, Raw(bytes(ip4(POOL, SRV, **short) / TCP(sport=p, dport=80))[:28]),
                Raw(bytes(ip4(U1, SRV, **short) / TCP(sport=5000, dport=80))[:28]), 11, 0,
                extra=b"\0" * 100 + mpls, length=32)


@case
def icmp_error_up_refreshes_nothing(c):
    """RFC 7857 7.1, RFC 5508 REQ-6: an error that the user sends about a packet from
    outside does not refresh its mapping."""
    c.conf(conf_nat())
    p = first_udp(c)
    start = c.now
    c.wait(200)
    udp_in(c, p)
    c.nat_up(error(U1, SRV, 3, 3, ip4(SRV, U1, ttl=9) / UDP(sport=53, dport=5000)
                   / b"answer"),
             error(POOL, SRV, 3, 3, ip4(SRV, POOL, ttl=9) / UDP(sport=53, dport=p)
                   / b"answer", ttl=63))
    c.now = start
    expires(c, 300)


@case
def icmp_error_about_a_query_refreshes_nothing(c):
    """RFC 5508 REQ-6: an error about an echo request neither refreshes nor ends its
    session."""
    c.conf(conf_nat())
    p = c.port("id")
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=7), ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=p))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    start = c.now
    c.wait(40)
    quoted_down(c, ip4(POOL, SRV) / ICMP(type=8, id=p, seq=3) / b"ping",
                ip4(U1, SRV) / ICMP(type=8, id=7, seq=3) / b"ping", 11, 0)
    c.state(sessions=1)
    c.now = start
    expires(c, 60)


@case
def icmp_error_up_about_a_reply(c):
    """RFC 5508 REQ-5: an error from inside about an echo reply carries the public
    identifier."""
    c.conf(conf_nat())
    p = c.port("id")
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=7), ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=p))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    c.nat_up(error("10.1.0.254", SRV, 3, 1, ip4(SRV, U1) / ICMP(type=0, id=7) / b"ping"),
             error(POOL, SRV, 3, 1, ip4(SRV, POOL) / ICMP(type=0, id=p) / b"ping", ttl=63))


@case
def icmp_error_up_without_a_session(c):
    """RFC 5508 REQ-5: an error from inside about a packet of no session is dropped by
    name."""
    c.conf(conf_nat())
    first_udp(c)
    c.drop("inside", inet("inside") / error(U1, SRV2, 3, 3, ip4(SRV2, U1)
                                            / UDP(sport=53, dport=5000) / b"answer"),
           "icmp_no_session")
    c.state(sessions=1)


@case
def icmp_source_quench_refused(c):
    """RFC 5508 REQ-10c: source quench is not supported, in either direction."""
    c.conf(conf_nat())
    p = first_udp(c)
    c.drop("outside", inet() / error(SRV, POOL, 4, 0, ip4(POOL, SRV)
                                     / UDP(sport=p, dport=53) / b"question"), "icmp_type")
    c.drop("inside", inet("inside") / error(U1, SRV, 4, 0, ip4(SRV, U1)
                                            / UDP(sport=53, dport=5000) / b"answer"),
           "icmp_type")


@case
def icmp_query_permitted_in_both_directions(c):
    """RFC 5508 REQ-1: echo with all its data passes, replies of any size come back."""
    c.conf(conf_nat())
    p = c.port("id")
    for n in (0, 56, 1400):
        data = bytes(k & 255 for k in range(n))
        c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=7, seq=n) / data,
                 ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=p, seq=n) / data)
        c.nat_down(ip4(SRV, POOL) / ICMP(type=0, id=p, seq=n) / data,
                   ip4(SRV, U1, ttl=63) / ICMP(type=0, id=7, seq=n) / data)
    c.made(users=1, blocks=1, mappings=1, sessions=1)
