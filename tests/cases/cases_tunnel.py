# SPDX-License-Identifier: BSD-3-Clause
"""Cases of ICMPv6 errors about tunnel packets: RFC 2473 8."""
from scapy.all import (ICMP, ICMPv6DestUnreach, ICMPv6PacketTooBig, ICMPv6TimeExceeded, IP,
                       IPv6, Raw, UDP)

from caselib import (AFTR, POOL, SRV, SUB, case, conf_ds, inet, ip4, link, softwire_down)


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
