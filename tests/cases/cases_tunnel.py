# SPDX-License-Identifier: BSD-3-Clause
"""Cases of ICMPv6 errors about tunnel packets: RFC 2473 8."""
from scapy.all import (ICMP, ICMPv6DestUnreach, ICMPv6PacketTooBig, ICMPv6ParamProblem,
                       ICMPv6TimeExceeded, IP, IPv6, Raw, UDP)

from caselib import (AFTR, POOL, SRV, SUB, case, conf_ds, inet, ip4, link, softwire_down)
from cases_fragments import frags6


def tunnel_down(c, p):
    """The tunnel packet that an answer becomes."""
    inner = ip4(SRV, SUB, ttl=63) / UDP(sport=53, dport=5000) / b"answer"
    c.ds_down(ip4(SRV, POOL) / UDP(sport=53, dport=p) / b"answer", inner)
    return softwire_down() / inner


def first_softwire(c):
    p = c.port("p")
    c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q",
            ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    return p


def converted(c, icmp6, quoted, outside):
    """An ICMPv6 error about a tunnel packet becomes an ICMPv4 error outside."""
    inner = quoted[IP]
    made = (IP(src=SRV, dst=SRV) / ICMP() / Raw(bytes(inner)))
    c.rx("inside", inet("inside") / IPv6(src="2001:db8:0:1::2", dst=AFTR) / icmp6
         / Raw(bytes(quoted)))
    c.flow("ds_lite_up", len(bytes(made)))
    c.tx("outside", link("outside") / outside)


@case
def tunnel_error_unreachable(c):
    """RFC 2473 8.2, 8.4: an ICMPv6 error about a tunnel packet reaches the sender outside
    as host unreachable, about the packet that it has sent."""
    c.conf(conf_ds())
    p = first_softwire(c)
    quoted = tunnel_down(c, p)
    sent = ip4(SRV, POOL, ttl=63) / UDP(sport=53, dport=p) / b"answer"
    for icmp6 in (ICMPv6TimeExceeded(code=0), ICMPv6DestUnreach(code=3)):
        converted(c, icmp6, quoted, IP(src=POOL, dst=SRV, ttl=63, tos=0xc0, id=0)
                  / ICMP(type=3, code=1) / Raw(bytes(sent)))


@case
def tunnel_error_too_big(c):
    """RFC 2473 7.2, 8.3: packet too big about a tunnel packet becomes fragmentation needed
    with the inner size; from then on the softwire has that MTU, and a packet without DF is
    fragmented in it."""
    c.conf(conf_ds())
    p = first_softwire(c)
    quoted = tunnel_down(c, p)
    sent = ip4(SRV, POOL, ttl=63) / UDP(sport=53, dport=p) / b"answer"
    converted(c, ICMPv6PacketTooBig(mtu=1300), quoted,
              IP(src=POOL, dst=SRV, ttl=63, tos=0xc0, id=0)
              / ICMP(type=3, code=4, nexthopmtu=1260) / Raw(bytes(sent)))
    packet = ip4(SRV, POOL) / UDP(sport=53, dport=p) / Raw(b"z" * 1300)
    c.drop("outside", inet() / packet, "packet_too_big")
    c.flow("ds_lite_down", 1328)
    answer = (IP(src=POOL, dst=SRV, ttl=64, tos=0xc0, id=0)
              / ICMP(type=3, code=4, nexthopmtu=1260) / Raw(bytes(packet)[:548]))
    c.tx("outside", link("outside") / answer)
    c.flow("icmp_errors_sent", len(bytes(answer)))


@case
def tunnel_error_of_a_stranger(c):
    """RFC 2473 8, RFC 6333 11: an error about a tunnel packet to a B4 without such a
    session changes nothing and goes nowhere."""
    c.conf(conf_ds())
    p = first_softwire(c)
    tunnel_down(c, p)
    lie = softwire_down(7) / ip4(SRV, SUB) / UDP(sport=53, dport=5000) / b"answer"
    c.drop("inside", inet("inside") / IPv6(src="2001:db8:0:1::2", dst=AFTR)
           / ICMPv6DestUnreach(code=3) / Raw(bytes(lie)), "icmp_no_session")
    c.state(users=1, sessions=1)


def tunnel_error(c, icmp6, quoted, reason):
    """An ICMPv6 error that goes nowhere."""
    c.drop("inside", inet("inside") / IPv6(src="2001:db8:0:1::2", dst=AFTR) / icmp6
           / Raw(bytes(quoted)), reason)


def down_in_pieces(c, p, size, mtu):
    """A packet without DF is fragmented in a softwire of this MTU."""
    data = Raw(b"z" * (size - 28))
    c.rx("outside", inet() / ip4(SRV, POOL, flags=0) / UDP(sport=53, dport=p) / data)
    inner = ip4(SRV, SUB, flags=0, ttl=63) / UDP(sport=53, dport=5000) / data
    room = (mtu - 48) // 8 * 8
    for piece in frags6(softwire_down(), inner, c.fragment_id("f%d" % c.now), room):
        c.tx("inside", link("inside") / piece)
    c.flow("ds_lite_down", size)
    c.flow("fragmented", size + 40)


def down_whole(c, p, size):
    data = Raw(b"z" * (size - 28))
    c.ds_down(ip4(SRV, POOL) / UDP(sport=53, dport=p) / data,
              ip4(SRV, SUB, ttl=63) / UDP(sport=53, dport=5000) / data)


@case
def tunnel_error_too_big_without_df(c):
    """RFC 2473 7.2, 8.3: packet too big about a packet that may be fragmented: its sender
    need not hear of it, the softwire has learnt."""
    c.conf(conf_ds())
    p = first_softwire(c)
    quoted = softwire_down() / ip4(SRV, SUB, flags=0, ttl=63) / UDP(sport=53, dport=5000) / (
        b"z" * 1100)
    down_in_pieces(c, p, 1480, 1500)
    tunnel_error(c, ICMPv6PacketTooBig(mtu=1300), quoted, "tunnel_mtu_learnt")
    down_in_pieces(c, p, 1480, 1300)
    down_whole(c, p, 1260)


@case
def tunnel_error_too_big_floor(c):
    """RFC 2473 6.7, 7.1: a tunnel's MTU is never below IPv6's minimum of 1280, whatever an
    error says."""
    c.conf(conf_ds())
    p = first_softwire(c)
    quoted = tunnel_down(c, p)
    sent = ip4(SRV, POOL, ttl=63) / UDP(sport=53, dport=p) / b"answer"
    for mtu in (600, 0, 1279):
        converted(c, ICMPv6PacketTooBig(mtu=mtu), quoted,
                  IP(src=POOL, dst=SRV, ttl=63, tos=0xc0, id=0)
                  / ICMP(type=3, code=4, nexthopmtu=1240) / Raw(bytes(sent)))
    down_whole(c, p, 1240)
    down_in_pieces(c, p, 1248, 1280)


@case
def tunnel_error_too_big_of_a_stranger(c):
    """RFC 2473 8, RFC 6333 11: a packet too big about a packet that nobody has sent lowers
    no MTU, neither with DF nor without."""
    c.conf(conf_ds())
    p = first_softwire(c)
    for flags in ("DF", 0):
        lie = ip4(SRV, SUB, flags=flags) / UDP(sport=53, dport=5001) / b"never"
        tunnel_error(c, ICMPv6PacketTooBig(mtu=1280), softwire_down() / lie,
                     "icmp_no_session")
    down_whole(c, p, 1460)


@case
def tunnel_error_codes(c):
    """RFC 2473 8.2, 8.4: whatever a tunnel packet met, unreachable, time, a parameter
    problem, its sender is told host unreachable."""
    c.conf(conf_ds())
    p = first_softwire(c)
    quoted = tunnel_down(c, p)
    sent = ip4(SRV, POOL, ttl=63) / UDP(sport=53, dport=p) / b"answer"
    errors = [ICMPv6DestUnreach(code=k) for k in range(7)]
    errors += [ICMPv6TimeExceeded(code=1), ICMPv6ParamProblem(code=1, ptr=6),
               ICMPv6ParamProblem(code=0, ptr=42)]
    for icmp6 in errors:
        converted(c, icmp6, quoted, IP(src=POOL, dst=SRV, ttl=63, tos=0xc0, id=0)
                  / ICMP(type=3, code=1) / Raw(bytes(sent)))


@case
def tunnel_error_about_a_fragment(c):
    """RFC 2473 8: an error that quotes the first fragment of a tunnel packet."""
    c.conf(conf_ds())
    p = first_softwire(c)
    down_in_pieces(c, p, 1480, 1500)
    inner = ip4(SRV, SUB, flags=0, ttl=63) / UDP(sport=53, dport=5000) / (b"z" * 1452)
    first = frags6(softwire_down(), inner, 77, 1448)[0]
    quoted = Raw(bytes(first)[:1200])
    sent = ip4(SRV, POOL, flags=0, ttl=63) / UDP(sport=53, dport=p) / (b"z" * 1452)
    c.rx("inside", inet("inside") / IPv6(src="2001:db8:0:1::2", dst=AFTR)
         / ICMPv6DestUnreach(code=3) / quoted)
    told = (IP(src=POOL, dst=SRV, ttl=63, tos=0xc0, id=0) / ICMP(type=3, code=1)
            / Raw(bytes(sent)[:1152]))
    c.tx("outside", link("outside") / told)
    c.flow("ds_lite_up", len(bytes(told)))


@case
def tunnel_error_of_no_b4(c):
    """RFC 6333 11: an error about a tunnel packet to an address that is no B4 ends by
    name; one whose own checksum is wrong is not ours to read."""
    c.conf(conf_ds())
    p = first_softwire(c)
    quoted = tunnel_down(c, p)
    lie = IPv6(src=AFTR, dst="2001:db8:ffff::1", nh=4) / quoted.payload
    tunnel_error(c, ICMPv6DestUnreach(code=3), lie, "softwire_source")


@case
def tunnel_mtu_of_1540(c):
    """RFC 6333 5.3: where the network behind the box carries 40 bytes more, the whole 1500
    of IPv4 fit, and nothing is fragmented."""
    c.conf(conf_ds("mtu = 1540;"))
    p = first_softwire(c)
    down_whole(c, p, 1500)


@case
def tunnel_mtu_forgotten_600(c):
    """RFC 2473 6.7, RFC 8201 4: what a softwire has learnt of its way holds for ten
    minutes; then larger packets are tried again."""
    c.conf(conf_ds("timers: { udp = 3600; };"))
    p = first_softwire(c)
    quoted = softwire_down() / ip4(SRV, SUB, flags=0, ttl=63) / UDP(sport=53, dport=5000) / (
        b"z" * 1100)
    tunnel_error(c, ICMPv6PacketTooBig(mtu=1300), quoted, "tunnel_mtu_learnt")
    c.wait(599)
    down_in_pieces(c, p, 1480, 1300)
    c.wait(2)
    down_whole(c, p, 1460)
