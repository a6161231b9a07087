# SPDX-License-Identifier: BSD-3-Clause
"""Cases of fragments: outer IPv6 and inner or outside IPv4, in any order, bounded;
fragmentation on the way out."""
from scapy.all import (ICMP, IP, IPOption, IPOption_NOP, IPv6, IPv6ExtHdrFragment, Raw,
                       TCP, UDP)

from caselib import (POOL, SRV, SUB, case, conf_ds, conf_nat, inet, ip4, link,
                     softwire_down, softwire_up)
from cases_dslite import limit_option
from cases_nat44 import U1, U2, first_udp


def body(n, salt=0):
    return Raw(bytes((k * 7 + k // 256 + salt) & 255 for k in range(n)))


def frags4(packet, *sizes):
    """IPv4 fragments: payload pieces of these sizes, the rest last."""
    raw = bytes(packet)
    head, data = IP(raw[:20]), raw[20:]
    cuts, pieces, at = list(sizes) + [len(data) - sum(sizes)], [], 0
    for k, n in enumerate(cuts):
        more = k + 1 < len(cuts)
        pieces.append(IP(src=head.src, dst=head.dst, ttl=head.ttl, id=head.id, tos=head.tos,
                         proto=head.proto, frag=at // 8, flags="MF" if more else 0)
                      / Raw(data[at:at + n]))
        at += n
    return pieces


def frags6(outer, inner, ident, *sizes):
    """Fragments of a softwire packet: payload pieces of these sizes, the rest last."""
    data, at, pieces = bytes(inner), 0, []
    cuts = list(sizes) + [len(data) - sum(sizes)]
    for k, n in enumerate(cuts):
        pieces.append(IPv6(src=outer.src, dst=outer.dst, hlim=outer.hlim, tc=outer.tc, nh=44)
                      / IPv6ExtHdrFragment(nh=4, offset=at // 8, m=int(k + 1 < len(cuts)),
                                           id=ident) / Raw(data[at:at + n]))
        at += n
    return pieces


def udp(src, sport, dst, dport, data, **kw):
    return ip4(src, dst, flags=0, **kw) / UDP(sport=sport, dport=dport) / data


def translated(c, p, data):
    """What udp() of a user becomes outside, with an identification of its own."""
    mark = c.packet_id("packet%d" % len(c.marks))
    return udp(POOL, p, SRV, 53, data, ttl=63, id=mark)


def outer_up(c, order, p, sizes=(600,), b4=1, ident=7, n=1200, new=True):
    """A softwire packet in fragments, in this order; what leaves is whole."""
    inner = udp(SUB, 5000, SRV, 53, body(n))
    pieces = frags6(softwire_up(b4), inner, ident, *sizes)
    for k in order(len(pieces)):
        c.rx("inside", inet("inside") / pieces[k])
    c.flow("reassembled", 40 + 28 + n)
    c.flow("ds_lite_up", 28 + n)
    c.tx("outside", link("outside") / translated(c, p, body(n)))
    if new:
        c.made(users=1, blocks=1, mappings=1, sessions=1)


def in_order(n):
    return range(n)


def backwards(n):
    return range(n - 1, -1, -1)


@case
def frag_outer_in_order(c):
    """RFC 6333 5.3, 6.3: an outer packet in fragments is reassembled before it is
    decapsulated."""
    c.conf(conf_ds())
    outer_up(c, in_order, c.port("p"))


@case
def frag_outer_reversed(c):
    """RFC 8200 4.5: fragments come in any order."""
    c.conf(conf_ds())
    outer_up(c, backwards, c.port("p"), sizes=(8, 400, 400))


@case
def frag_outer_many(c):
    """RFC 8200 4.5: pieces of 64 bytes, the last ones first."""
    c.conf(conf_ds())
    outer_up(c, backwards, c.port("p"), sizes=(64,) * 19)


@case
def frag_outer_atomic(c):
    """RFC 6946 4: a fragment that is a whole packet stands alone, whatever waits under the
    same name."""
    c.conf(conf_ds())
    p = c.port("p")
    inner = udp(SUB, 5000, SRV, 53, body(600))
    waiting = frags6(softwire_up(), inner, 7, 400)
    c.rx("inside", inet("inside") / waiting[0])
    outer_up(c, in_order, p, sizes=(), n=100)
    c.rx("inside", inet("inside") / waiting[1])
    c.flow("reassembled", 40 + 628)
    c.flow("ds_lite_up", 628)
    c.tx("outside", link("outside") / translated(c, p, body(600)))


@case
def frag_outer_overlap(c):
    """RFC 5722 4: fragments that overlap end their datagram, and what still comes of it is
    dropped as well."""
    c.conf(conf_ds())
    inner = udp(SUB, 5000, SRV, 53, body(1200))
    a = frags6(softwire_up(), inner, 7, 600, 304)
    b = frags6(softwire_up(), inner, 7, 592, 304)
    for piece in (a[0], b[1], a[1], a[2]):
        c.rx("inside", inet("inside") / piece)
    c.dropped("fragment_overlap", 4)
    c.state(users=0)


@case
def frag_outer_duplicate(c):
    """RFC 8200 4.5: an exact copy of a fragment is dropped alone."""
    c.conf(conf_ds())
    c.dropped("fragment", 1)
    outer_up(c, lambda n: (0, 0, 1), c.port("p"))


@case
def frag_outer_timeout(c):
    """RFC 4787 REQ-14, RFC 6146 4: a datagram that is not complete after 2 s is given up,
    counted by fragment; a late piece begins anew."""
    c.conf(conf_ds())
    inner = udp(SUB, 5000, SRV, 53, body(1200))
    pieces = frags6(softwire_up(), inner, 7, 400, 400)
    c.rx("inside", inet("inside") / pieces[0])
    c.rx("inside", inet("inside") / pieces[1])
    c.wait(2.2)
    c.rx("inside", inet("inside") / pieces[2])
    c.dropped("fragment_timeout", 3)
    c.end(3)


@case
def frag_outer_timer_configured(c):
    """RFC 8200 4.5: the fragment timer is configurable: what comes after 3 of 5 s completes
    the packet."""
    c.conf(conf_ds("timers: { fragment = 5; };"))
    p = c.port("p")
    inner = udp(SUB, 5000, SRV, 53, body(1200))
    pieces = frags6(softwire_up(), inner, 7, 400)
    c.rx("inside", inet("inside") / pieces[0])
    c.wait(3)
    c.rx("inside", inet("inside") / pieces[1])
    c.flow("reassembled", 40 + 1228)
    c.flow("ds_lite_up", 1228)
    c.tx("outside", link("outside") / translated(c, p, body(1200)))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def frag_outer_of_a_wrong_source(c):
    """RFC 6333 11: fragments of a source that is no B4 wait nowhere."""
    c.conf(conf_ds())
    wrong = IPv6(src="2001:db8:ffff::1", dst=softwire_up().dst)
    for piece in frags6(wrong, udp(SUB, 5000, SRV, 53, body(1200)), 7, 600):
        c.drop("inside", inet("inside") / piece, "softwire_source")


@case
def frag_flood_of_one_user(c):
    """RFC 4787 REQ-14a: one user's unfinished datagrams are bounded; another user's
    fragments find room."""
    c.conf(conf_ds())
    inner = udp(SUB, 5000, SRV, 53, body(1200))
    for n in range(40):
        c.rx("inside", inet("inside") / frags6(softwire_up(2), inner, 100 + n, 600)[0])
    c.dropped("fragment_space", 8)
    outer_up(c, in_order, c.port("p"), b4=1)
    c.dropped("fragment_timeout", 32)
    c.end(3)


@case
def frag_inner_of_two_b4(c):
    """RFC 6333 6.6: inner fragments with the same addresses and identification from two
    B4s are two datagrams."""
    c.conf(conf_ds())
    pieces = {b4: frags4(udp(SUB, 5000, SRV, 53, body(1200, b4)), 600) for b4 in (1, 2)}
    c.rx("inside", inet("inside") / softwire_up(1) / pieces[1][1])
    c.rx("inside", inet("inside") / softwire_up(2) / pieces[2][0])
    for b4, last in ((1, pieces[1][0]), (2, pieces[2][1])):
        p = c.port("p%d" % b4, block="B%d" % b4)
        c.rx("inside", inet("inside") / softwire_up(b4) / last)
        c.tx("outside", link("outside") / translated(c, p, body(1200, b4)))
        c.flow("reassembled", 1228)
        c.flow("ds_lite_up", 1228)
    c.made(users=2, blocks=2, mappings=2, sessions=2)


def nat_up(c, p, order):
    packet = udp(U1, 5000, SRV, 53, body(2000))
    pieces = frags4(packet, 1480)
    for k in order(2):
        c.rx("inside", inet("inside") / pieces[k])
    c.flow("reassembled", 2028)
    c.flow("nat44_up", 2028)
    c.flow("fragmented", 2028)
    for piece in frags4(translated(c, p, body(2000)), 1480):
        c.tx("outside", link("outside") / piece)


def nat_down(c, p, order):
    pieces = frags4(udp(SRV, 53, POOL, p, body(2000)), 1480)
    for k in order(2):
        c.rx("outside", inet() / pieces[k])
    c.flow("reassembled", 2028)
    c.flow("nat44_down", 2028)
    c.flow("fragmented", 2028)
    for piece in frags4(udp(SRV, 53, U1, 5000, body(2000), ttl=63), 1576):
        c.tx("inside", link("inside") / piece)


@case
def frag_nat44_in_order(c):
    """RFC 4787 REQ-14: fragments in order, both ways: all of a datagram get its port."""
    c.conf(conf_nat())
    p = c.port("p")
    nat_up(c, p, in_order)
    nat_down(c, p, in_order)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def frag_nat44_reversed(c):
    """RFC 4787 REQ-14: fragments whose first comes last, both ways."""
    c.conf(conf_nat())
    p = c.port("p")
    nat_up(c, p, backwards)
    nat_down(c, p, backwards)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def frag_nat44_missing_first(c):
    """RFC 4787 REQ-14a: later fragments without a first one go nowhere, and are given
    up."""
    c.conf(conf_nat())
    p = first_udp(c)
    pieces = frags4(udp(SRV, 53, POOL, p, body(2000)), 600, 600)
    for piece in pieces[1:]:
        c.rx("outside", inet() / piece)
    c.dropped("fragment_timeout", 2)
    c.end(3)


@case
def frag_tiny_tcp_header(c):
    """RFC 1858 3, RFC 3128: a TCP header cut by a fragment boundary hides nothing, because
    the datagram is put together before anybody looks at it."""
    c.conf(conf_nat())
    p = c.port("p")
    packet = ip4(U1, SRV, flags=0) / TCP(sport=5000, dport=80, flags="S")
    for piece in frags4(packet, 8, 8):
        c.rx("inside", inet("inside") / piece)
    c.flow("reassembled", 40)
    c.flow("nat44_up", 40)
    c.tx("outside", link("outside") / ip4(POOL, SRV, flags=0, ttl=63, id=c.packet_id("id"))
         / TCP(sport=p, dport=80, flags="S"))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def frag_forwarded_as_they_are(c):
    """RFC 791 2.3: fragments that are only forwarded stay in pieces."""
    c.conf(conf_ds())
    packet = udp(SRV, 53, U1, 5000, body(2000))
    for way in (in_order, backwards):
        pieces = frags4(packet, 1000)
        for k in way(2):
            out = pieces[k].copy()
            out.ttl = 63
            out.chksum = None
            c.translated("forwarded", "outside", inet() / pieces[k], "inside",
                         link("inside") / out)


@case
def packet_id_unique(c):
    """RFC 6864 5.3, RFC 7857 s11: two users behind one address who send packets that may be
    fragmented with the same identification leave with different ones; with DF set it is
    free, and stays."""
    c.conf(conf_nat())
    p, q = c.port("p", block="one"), c.port("q", block="two")
    for _ in range(3):
        for user, port in ((U1, p), (U2, q)):
            packet = udp(user, 5000, SRV, 53, body(100))
            c.nat_up(packet, translated(c, port, body(100)))
    c.made(users=2, blocks=2, mappings=2, sessions=2)


@case
def frag_on_the_way_out(c):
    """RFC 791 2.3, RFC 4787 REQ-13: a packet without DF that is larger than the way out is
    fragmented."""
    c.conf(conf_ds())
    packet = udp(U1, 5000, SRV, 53, body(1550))
    c.rx("inside", inet("inside") / packet)
    c.flow("forwarded", 1578)
    c.flow("fragmented", 1578)
    for piece in frags4(udp(U1, 5000, SRV, 53, body(1550), ttl=63), 1480):
        c.tx("outside", link("outside") / piece)


@case
def frag_softwire_down(c):
    """RFC 6333 5.3: what does not fit into the softwire is encapsulated, and then the outer
    packet is fragmented, never the inner one; identifications are not repeated."""
    c.conf(conf_ds())
    p = c.port("p")
    c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q",
            ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    for n in range(2):
        c.rx("outside", inet() / udp(SRV, 53, POOL, p, body(1472, n)))
        c.flow("ds_lite_down", 1500)
        c.flow("fragmented", 1540)
        inner = udp(SRV, 53, SUB, 5000, body(1472, n), ttl=63)
        for piece in frags6(softwire_down(), inner, c.fragment_id("id%d" % n), 1448):
            c.tx("inside", link("inside") / piece)


@case
def frag_softwire_down_of_fragments(c):
    """RFC 6333 5.3: fragments from outside become one inner packet in outer fragments."""
    c.conf(conf_ds())
    p = c.port("p")
    c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q",
            ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    pieces = frags4(udp(SRV, 53, POOL, p, body(2900)), 1480)
    for piece in reversed(pieces):
        c.rx("outside", inet() / piece)
    c.flow("reassembled", 2928)
    c.flow("ds_lite_down", 2928)
    c.flow("fragmented", 2968)
    inner = udp(SRV, 53, SUB, 5000, body(2900), ttl=63)
    for piece in frags6(softwire_down(), inner, c.fragment_id("id"), 1448, 1448):
        c.tx("inside", link("inside") / piece)


def option(type_, data, copy=1):
    return IPOption(copy_flag=copy, optclass=0, option=type_, length=2 + len(data),
                    value=data)


@case
def frag_options_of_later_fragments(c):
    """RFC 791 3.1: options with the copy flag stand in every fragment, the others in the
    first alone; so does the padding between them."""
    c.conf(conf_nat())
    p = c.port("p")
    kept, first_only = option(20, b"\x12\x34"), option(7, b"\x04\0\0\0\0", copy=0)
    options = [first_only, IPOption_NOP(), kept]
    packet = ip4(U1, SRV, flags=0, options=options) / UDP(sport=5000, dport=53) / body(1500)
    c.rx("inside", inet("inside") / packet)
    sent = ip4(POOL, SRV, flags=0, ttl=63, id=c.packet_id("id"), options=options)
    data = bytes(ip4(POOL, SRV) / UDP(sport=p, dport=53) / body(1500))[20:]
    sent.proto = 17
    room = 1464
    for at in (0, room):
        piece = sent.copy()
        piece.flags = "MF" if at == 0 else 0
        piece.frag = at // 8
        piece.options = options if at == 0 else [kept]
        c.tx("outside", link("outside") / piece / Raw(data[at:at + room]))
    c.flow("nat44_up", 32 + 1508)
    c.flow("fragmented", 32 + 1508)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def frag_padding_across_fragments(c):
    """RFC 2473 3.3: padding behind the inner packet does not leave, although it is spread
    over the last fragments of the outer one."""
    c.conf(conf_ds())
    p = c.port("p")
    inner = bytes(udp(SUB, 5000, SRV, 53, body(300))) + b"\xee" * 200
    pieces = frags6(softwire_up(), Raw(inner), 7, 248, 96, 80)
    for piece in pieces:
        c.rx("inside", inet("inside") / piece)
    c.flow("reassembled", 40 + 528)
    c.flow("ds_lite_up", 328)
    c.tx("outside", link("outside") / translated(c, p, body(300)))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def frag_outer_behind_options(c):
    """RFC 8200 4.1, 4.5: a fragment header behind destination options, as a B4 with a
    tunnel encapsulation limit sends it."""
    c.conf(conf_ds())
    p = c.port("p")
    inner = udp(SUB, 5000, SRV, 53, body(1200))
    for piece in frags6(softwire_up(), inner, 7, 600):
        frame = IPv6(src=piece.src, dst=piece.dst, nh=60) / limit_option(4, nh=44)
        c.rx("inside", inet("inside") / frame / piece[IPv6ExtHdrFragment])
    c.flow("reassembled", 40 + 1228)
    c.flow("ds_lite_up", 1228)
    c.tx("outside", link("outside") / translated(c, p, body(1200)))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def frag_inner_in_any_order(c):
    """RFC 4787 REQ-14 for DS-Lite: inner fragments, the first one last."""
    c.conf(conf_ds())
    p = c.port("p")
    for order in (in_order, backwards):
        for k in order(3):
            c.rx("inside", inet("inside") / softwire_up()
                 / frags4(udp(SUB, 5000, SRV, 53, body(1200)), 400, 400)[k])
        c.flow("reassembled", 1228)
        c.flow("ds_lite_up", 1228)
        c.tx("outside", link("outside") / translated(c, p, body(1200)))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def frag_inner_overlap(c):
    """RFC 4787 REQ-14a, RFC 5722 4: IPv4 fragments that overlap end their datagram, from
    inside and from outside."""
    c.conf(conf_nat())
    p = first_udp(c)
    for port, packet in (("inside", udp(U1, 5000, SRV, 53, body(1200))),
                         ("outside", udp(SRV, 53, POOL, p, body(1200)))):
        a, b = frags4(packet, 600), frags4(packet, 592)
        for piece in (a[0], b[1], a[1]):
            c.rx(port, inet(port) / piece)
        c.dropped("fragment_overlap", 3)
    c.state(sessions=1)


@case
def frag_of_an_echo(c):
    """RFC 5508 REQ-1, RFC 4787 REQ-14: an echo of 4000 bytes goes and comes in
    fragments."""
    c.conf(conf_nat())
    i = c.port("id")
    for piece in frags4(ip4(U1, SRV, flags=0) / ICMP(type=8, id=7) / body(4000), 1480, 1480):
        c.rx("inside", inet("inside") / piece)
    out = ip4(POOL, SRV, flags=0, ttl=63, id=c.packet_id("id4")) / ICMP(type=8, id=i)
    for piece in frags4(out / body(4000), 1480, 1480):
        c.tx("outside", link("outside") / piece)
    for piece in frags4(ip4(SRV, POOL, flags=0) / ICMP(type=0, id=i) / body(4000), 1480, 1480):
        c.rx("outside", inet() / piece)
    back = ip4(SRV, U1, flags=0, ttl=63) / ICMP(type=0, id=7) / body(4000)
    for piece in frags4(back, 1576, 1576):
        c.tx("inside", link("inside") / piece)
    for flow in ("reassembled", "fragmented"):
        c.flow(flow, 4028, 4028)
    c.flow("nat44_up", 4028)
    c.flow("nat44_down", 4028)
    c.made(users=1, blocks=1, mappings=1, sessions=1)
