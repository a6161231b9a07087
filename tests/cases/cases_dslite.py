# SPDX-License-Identifier: BSD-3-Clause
"""Cases of the softwire: RFC 6333, RFC 2473."""
from scapy.all import (ICMP, ICMPv6EchoReply, ICMPv6EchoRequest, IPv6,
                       IPv6ExtHdrDestOpt, PadN, Raw, TCP, UDP)
from scapy.layers.inet6 import HBHOptUnknown

from caselib import (AFTR, B4, POOL, SRV, SRV2, SUB, case, conf_ds, inet, ip4, link,
                     softwire_down, softwire_up)


def udp_out(c, name="p", b4=1, sport=5000, src=SUB, dst=SRV, block="A", new=True):
    """One UDP packet of a new mapping; its port marker."""
    p = c.port(name, block)
    c.ds_up(ip4(src, dst) / UDP(sport=sport, dport=53) / b"question",
            ip4(POOL, dst, ttl=63) / UDP(sport=p, dport=53) / b"question", b4=b4)
    c.made(mappings=1, sessions=1, users=int(new), blocks=int(new))
    return p


def udp_back(c, p, b4=1, sport=5000, src=SUB, dst=SRV, **kw):
    """The answer to udp_out()."""
    c.ds_down(ip4(dst, POOL) / UDP(sport=53, dport=p) / b"answer",
              ip4(dst, src, ttl=63) / UDP(sport=53, dport=sport) / b"answer", b4=b4, **kw)


@case
def dslite_udp(c):
    """RFC 6333 6.6: UDP of a B4's host is translated after decapsulation, and the answer
    is encapsulated to that B4."""
    c.conf(conf_ds())
    udp_back(c, udp_out(c))
    c.state(users=1, sessions=1, mappings=1, blocks=1)


@case
def dslite_tcp(c):
    """RFC 6333 6.6, RFC 5382: a TCP connection with data both ways, one mapping."""
    c.conf(conf_ds())
    p = c.port("p")
    dialogue = (("S", 1000, 0, b""), ("SA", 5000, 1001, b""), ("A", 1001, 5001, b""),
                ("PA", 1001, 5001, b"GET / HTTP/1.0\r\n\r\n"),
                ("PA", 5001, 1019, b"HTTP/1.0 204 No Content\r\n\r\n"),
                ("A", 1019, 5028, b""))
    for flags, seq, ack, data in dialogue:
        if seq >= 5000:
            c.ds_down(ip4(SRV, POOL) / TCP(sport=80, dport=p, flags=flags, seq=seq, ack=ack)
                      / Raw(data), ip4(SRV, SUB, ttl=63)
                      / TCP(sport=80, dport=5000, flags=flags, seq=seq, ack=ack) / Raw(data))
        else:
            c.ds_up(ip4(SUB, SRV) / TCP(sport=5000, dport=80, flags=flags, seq=seq, ack=ack)
                    / Raw(data), ip4(POOL, SRV, ttl=63)
                    / TCP(sport=p, dport=80, flags=flags, seq=seq, ack=ack) / Raw(data))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    c.state(sessions=1)


@case
def dslite_icmp_echo(c):
    """RFC 5508 REQ-1, through the softwire: an echo request leaves with an identifier of
    the box, the reply carries the host's own."""
    c.conf(conf_ds())
    p = c.port("id")
    c.ds_up(ip4(SUB, SRV) / ICMP(type=8, id=77, seq=3) / b"ping",
            ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=p, seq=3) / b"ping")
    c.ds_down(ip4(SRV, POOL) / ICMP(type=0, id=p, seq=3) / b"ping",
              ip4(SRV, SUB, ttl=63) / ICMP(type=0, id=77, seq=3) / b"ping")
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_same_inner_address_behind_two_b4(c):
    """RFC 6333 6.6: the softwire is part of the inside key. Two B4s with the same inner
    address and port are two users with blocks of their own; each gets its own answer."""
    c.conf(conf_ds())
    p1 = udp_out(c, "one", b4=1, block="one")
    p2 = udp_out(c, "two", b4=2, block="two")
    udp_back(c, p2, b4=2)
    udp_back(c, p1, b4=1)
    c.state(users=2, sessions=2, mappings=2, blocks=2)


@case
def dslite_two_hosts_behind_one_b4(c):
    """RFC 6888 REQ-2: the subscriber is the softwire: two hosts behind one B4 share its
    address and block."""
    c.conf(conf_ds())
    p1 = udp_out(c, "one", src="192.168.1.10")
    p2 = udp_out(c, "two", src="192.168.1.11", new=False)
    udp_back(c, p1, src="192.168.1.10")
    udp_back(c, p2, src="192.168.1.11")
    c.state(users=1, blocks=1, mappings=2)


@case
def dslite_b4_well_known_address(c):
    """RFC 6333 6.5: a packet from 192.0.0.2, the B4 itself, is translated like any."""
    c.conf(conf_ds())
    udp_back(c, udp_out(c, src="192.0.0.2"), src="192.0.0.2")


@case
def dslite_source_outside_remote_prefix(c):
    """RFC 6333 11: a tunnel packet whose source is no B4 that is served is dropped by
    name, and makes nothing."""
    c.conf(conf_ds())
    c.drop("inside", inet("inside") / IPv6(src="2001:db8:ffff::1", dst=AFTR, nh=4)
           / ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"x", "softwire_source")
    c.state(users=0, sessions=0)


@case
def dslite_payload_is_not_ipv4(c):
    """RFC 6333 5: the AFTR address takes IPv4-in-IPv6 (and ICMPv6) only."""
    c.conf(conf_ds())
    for header in (UDP(sport=1, dport=2) / b"x", TCP(sport=1, dport=2)):
        c.drop("inside", inet("inside") / IPv6(src=B4 % 1, dst=AFTR) / header,
               "softwire_protocol")


def limit_option(n, nh=4):
    """Destination options header with a tunnel encapsulation limit, as Linux sends it."""
    return IPv6ExtHdrDestOpt(nh=nh, options=[HBHOptUnknown(otype=4, optlen=1,
                                                          optdata=bytes([n])), PadN(optdata=b"\0")])


@case
def dslite_encapsulation_limit_option(c):
    """RFC 2473 4.1.1: the destination option in front of the inner packet, which real
    B4s send, is skipped."""
    c.conf(conf_ds())
    p = c.port("p")
    outer = softwire_up(1, plen=None)
    outer.nh = 60
    c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"question",
            ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"question",
            outer=outer / limit_option(4))
    udp_back(c, p)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_encapsulation_limit_zero_at_tunnel_end(c):
    """RFC 2473 4.1.1: a limit of zero forbids another encapsulation, not the delivery at
    the end of the tunnel."""
    c.conf(conf_ds())
    p = c.port("p")
    outer = softwire_up(1)
    outer.nh = 60
    c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"question",
            ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"question",
            outer=outer / limit_option(0))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_nested_tunnel(c):
    """RFC 2473 8: an inner packet that carries IPv4 or IPv6 again is dropped by name."""
    c.conf(conf_ds())
    for proto, inside in ((4, ip4("10.9.9.9", SRV) / UDP()), (41, IPv6(dst=B4 % 9) / UDP())):
        c.drop("inside", inet("inside") / softwire_up() / ip4(SUB, SRV, proto=proto) / inside,
               "nested_tunnel")


@case
def dslite_inner_length_lies(c):
    """RFC 2473 3.3, RFC 1812 5.2.2: an inner packet that claims more bytes than arrived,
    fewer than its header, or is no IPv4, is dropped by name."""
    c.conf(conf_ds())
    for lie in ({"len": 200}, {"len": 19}, {"ihl": 4}, {"ihl": 15}, {"version": 6},
                {"version": 5}):
        c.drop("inside", inet("inside") / softwire_up() / ip4(SUB, SRV, **lie)
               / UDP(sport=5000, dport=53) / b"x", "inner_header")


@case
def dslite_inner_cut_off(c):
    """RFC 2473 3.3: a softwire packet too short for an IPv4 header is dropped by name."""
    c.conf(conf_ds())
    inner = bytes(ip4(SUB, SRV) / UDP(sport=5000, dport=53))
    for n in (0, 1, 19):
        c.drop("inside", inet("inside") / softwire_up() / Raw(inner[:n]), "inner_header")


@case
def dslite_inner_checksum_wrong(c):
    """RFC 1812 5.2.2: a wrong inner header checksum ends the packet."""
    c.conf(conf_ds())
    c.drop("inside", inet("inside") / softwire_up() / ip4(SUB, SRV, chksum=0xbad)
           / UDP(sport=5000, dport=53) / b"x", "inner_header")


@case
def dslite_inner_transport_cut_off(c):
    """RFC 768, RFC 9293 3.1: transport headers that are cut off or impossible."""
    c.conf(conf_ds())
    for l4 in (Raw(bytes(UDP(sport=1, dport=2))[:7]),
               UDP(sport=1, dport=2, len=7) / b"x", UDP(sport=1, dport=2, len=10) / b"x"):
        c.drop("inside", inet("inside") / softwire_up() / ip4(SUB, SRV, proto=17) / l4,
               "l4_header")
    for l4 in (Raw(bytes(TCP(sport=1, dport=2))[:19]),
               TCP(sport=1, dport=2, dataofs=4), TCP(sport=1, dport=2, dataofs=6)):
        c.drop("inside", inet("inside") / softwire_up() / ip4(SUB, SRV, proto=6) / l4,
               "l4_header")


@case
def dslite_acl(c):
    """RFC 6333 11: an inner source that the ACL of the instance does not permit is dropped
    by name."""
    c.conf('acls: ( { name = "homes"; permit = [ "192.168.1.0/24" ]; } );',
           conf_ds().replace('acl = "any"', 'acl = "homes"'))
    udp_out(c)
    c.drop("inside", inet("inside") / softwire_up(2) / ip4("192.168.2.1", SRV)
           / UDP(sport=5000, dport=53) / b"x", "acl_denied")
    c.state(users=1)


@case
def dslite_traffic_class_copied(c):
    """RFC 6333 7.1, RFC 2473 6.4: the outer traffic class is the inner TOS, DSCP and ECN,
    by default; upwards the inner TOS stays."""
    c.conf(conf_ds())
    p = c.port("p")
    for tos in (0xb8, 0x02, 0x00):
        c.ds_up(ip4(SUB, SRV, tos=tos) / UDP(sport=5000, dport=53) / b"q",
                ip4(POOL, SRV, ttl=63, tos=tos) / UDP(sport=p, dport=53) / b"q",
                outer=softwire_up(tc=tos))
        c.ds_down(ip4(SRV, POOL, tos=tos) / UDP(sport=53, dport=p) / b"a",
                  ip4(SRV, SUB, ttl=63, tos=tos) / UDP(sport=53, dport=5000) / b"a",
                  outer=softwire_down(tc=tos))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_traffic_class_set(c):
    """RFC 2473 6.4: a configured traffic class replaces the copy; the inner one stays."""
    c.conf(conf_ds("traffic_class = 40;"))
    p = udp_out(c)
    c.ds_down(ip4(SRV, POOL, tos=0xb8) / UDP(sport=53, dport=p) / b"a",
              ip4(SRV, SUB, ttl=63, tos=0xb8) / UDP(sport=53, dport=5000) / b"a",
              outer=softwire_down(tc=40))


@case
def dslite_outer_hop_limit(c):
    """RFC 2473 6.3: the outer hop limit is the configured one, whatever the inner TTL;
    one that arrives as 1 has reached the end of its tunnel and is taken."""
    c.conf(conf_ds("encap_hop_limit = 33;"))
    p = c.port("p")
    c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q",
            ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q",
            outer=softwire_up(hlim=1))
    c.ds_down(ip4(SRV, POOL, ttl=2) / UDP(sport=53, dport=p) / b"a",
              ip4(SRV, SUB, ttl=1) / UDP(sport=53, dport=5000) / b"a",
              outer=softwire_down(hlim=33))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_link_padding_trimmed(c):
    """RFC 894: bytes behind the IP packet are padding of the link, and never travel on."""
    c.conf(conf_ds())
    p = c.port("p")
    up = inet("inside") / softwire_up() / ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q"
    c.translated("ds_lite_up", "inside", Raw(bytes(up) + b"\xee" * 5), "outside",
                 link("outside") / ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    down = inet() / ip4(SRV, POOL) / UDP(sport=53, dport=p) / b"a"
    c.translated("ds_lite_down", "outside", Raw(bytes(down) + b"\xee" * 17), "inside",
                 link("inside") / softwire_down() / ip4(SRV, SUB, ttl=63)
                 / UDP(sport=53, dport=5000) / b"a")
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_padding_inside_softwire_trimmed(c):
    """RFC 2473 3.3: bytes of the softwire packet behind the inner packet do not leave."""
    c.conf(conf_ds())
    p = c.port("p")
    inner = bytes(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q")
    c.ds_up(Raw(inner + b"\xee" * 9),
            ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_aftr_echo(c):
    """RFC 4443 4.2: the AFTR address answers an ICMPv6 echo request."""
    c.conf(conf_ds())
    c.answered("inside", inet("inside") / IPv6(src=B4 % 1, dst=AFTR, hlim=9)
               / ICMPv6EchoRequest(id=3, seq=4, data=b"ping"), link("inside")
               / IPv6(src=AFTR, dst=B4 % 1, hlim=64)
               / ICMPv6EchoReply(id=3, seq=4, data=b"ping"))


@case
def dslite_burst_of_64(c):
    """RFC 6333 6.6: a burst of 64 packets of 64 B4s is translated in order, and so are 64
    answers."""
    c.conf(conf_ds())
    ports = [c.port("p%d" % n, block="B%d" % n) for n in range(64)]
    c.now += 1
    for n, p in enumerate(ports):
        c.ds_up(ip4(SUB, SRV, id=n) / UDP(sport=5000, dport=53) / b"question",
                ip4(POOL, SRV, ttl=63, id=n) / UDP(sport=p, dport=53) / b"question",
                b4=n + 1, same_burst=True)
    c.now += 1
    for n, p in enumerate(ports):
        c.ds_down(ip4(SRV, POOL, id=n) / UDP(sport=53, dport=p) / b"answer",
                  ip4(SRV, SUB, ttl=63, id=n) / UDP(sport=53, dport=5000) / b"answer",
                  b4=n + 1, same_burst=True)
    c.made(users=64, blocks=64, mappings=64, sessions=64)
    c.state(users=64, sessions=64)


@case
def dslite_same_flow_twice_in_one_burst(c):
    """RFC 4787 REQ-1: two packets of a new flow in one burst make one session and use one
    port."""
    c.conf(conf_ds())
    p = c.port("p")
    c.now += 1
    for n in range(3):
        c.ds_up(ip4(SUB, SRV, id=n) / UDP(sport=5000, dport=53) / b"question",
                ip4(POOL, SRV, ttl=63, id=n) / UDP(sport=p, dport=53) / b"question",
                same_burst=True)
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    c.state(sessions=1)


@case
def dslite_odd_lengths(c):
    """RFC 1071: payloads of every length around a word keep right checksums both ways."""
    c.conf(conf_ds())
    p = c.port("p")
    for n in (0, 1, 2, 3, 7, 8, 255, 1431):
        data = Raw(bytes((n + 7 * k) & 255 for k in range(n)))
        c.ds_up(ip4(SUB, SRV2) / UDP(sport=5000, dport=53) / data,
                ip4(POOL, SRV2, ttl=63) / UDP(sport=p, dport=53) / data)
        c.ds_down(ip4(SRV2, POOL) / UDP(sport=53, dport=p) / data,
                  ip4(SRV2, SUB, ttl=63) / UDP(sport=53, dport=5000) / data)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_prefix_identifies_user(c):
    """RFC 6888 REQ-2, RFC 7785 4: with prefix_length 64 all B4 addresses of one /64 are
    one user with one block."""
    c.conf(conf_ds("prefix_length = 64;"))
    p1, p2 = c.port("one"), c.port("two")
    for b4, sport, p in ((1, 5000, p1), (2, 5001, p2)):
        c.ds_up(ip4(SUB, SRV) / UDP(sport=sport, dport=53) / b"q",
                ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q", b4=b4)
    c.made(users=1, blocks=1, mappings=2, sessions=2)
    c.state(users=1, blocks=1)


@case
def dslite_prefix_answers_the_b4_heard_last(c):
    """RFC 6333 6.6 with a prefix per user: a B4 that has changed its address within the
    prefix is the same user, and all answers go to where it was heard last."""
    c.conf(conf_ds("prefix_length = 64;"))
    p = udp_out(c, "before", b4=1)
    q = udp_out(c, "after", b4=2, sport=5001, new=False)
    udp_back(c, q, b4=2, sport=5001)
    udp_back(c, p, b4=2)
    c.state(users=1, sessions=2, mappings=2, blocks=1)


def up_with_class(c, p, tos, tc, seen):
    """An inner packet of class `tos` in a tunnel packet of class `tc` leaves as `seen`."""
    c.ds_up(ip4(SUB, SRV, tos=tos) / UDP(sport=5000, dport=53) / b"q",
            ip4(POOL, SRV, ttl=63, tos=seen) / UDP(sport=p, dport=53) / b"q",
            outer=softwire_up(tc=tc))


@case
def dslite_traffic_class_carried_up(c):
    """RFC 6333 7.1: the class of the tunnel packet is carried over into the inner one, "and
    vice versa"; that of a B4 which sets none leaves the inner one as it is."""
    c.conf(conf_ds())
    p = c.port("p")
    for tos, tc, seen in ((0x00, 0xb8, 0xb8), (0x28, 0x48, 0x48), (0xb8, 0x00, 0xb8)):
        up_with_class(c, p, tos, tc, seen)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_traffic_class_set_up(c):
    """RFC 2983 3.1: where the class of the tunnel is configured it belongs to the tunnel,
    and the inner one passes as it is."""
    c.conf(conf_ds("traffic_class = 40;"))
    p = c.port("p")
    up_with_class(c, p, 0x28, 0xb8, 0x28)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_congestion_carried_up(c):
    """RFC 6040 4.2: congestion that a tunnel packet met is told to the inner one, if that
    knows ECN; what the inner one has learnt itself stays."""
    c.conf(conf_ds())
    p = c.port("p")
    table = {(0, 0): 0, (0, 2): 0, (0, 1): 0,
             (2, 0): 2, (2, 2): 2, (2, 1): 1, (2, 3): 3,
             (1, 0): 1, (1, 2): 1, (1, 1): 1, (1, 3): 3,
             (3, 0): 3, (3, 2): 3, (3, 1): 3, (3, 3): 3}
    for (inner, outer), seen in table.items():
        up_with_class(c, p, 0xb8 | inner, 0xb8 | outer, 0xb8 | seen)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def dslite_congestion_that_cannot_be_told(c):
    """RFC 6040 4.2: congestion in the tunnel of a packet that knows no ECN: it is
    dropped, by name."""
    c.conf(conf_ds())
    c.drop("inside", inet("inside") / softwire_up(tc=3) / ip4(SUB, SRV)
           / UDP(sport=5000, dport=53) / b"q", "tunnel_congestion")
    c.state(users=0)


@case
def dslite_congestion_copied_down(c):
    """RFC 6040 4.1: the ECN field of the inner packet is that of the tunnel packet."""
    c.conf(conf_ds())
    p = udp_out(c)
    for ecn in range(4):
        c.ds_down(ip4(SRV, POOL, tos=ecn) / UDP(sport=53, dport=p) / b"a",
                  ip4(SRV, SUB, ttl=63, tos=ecn) / UDP(sport=53, dport=5000) / b"a",
                  outer=softwire_down(tc=ecn))


@case
def dslite_encapsulation_limit_of_nested_packet(c):
    """RFC 2473 4.1.1: the box puts no tunnel encapsulation limit on, whatever came in one:
    its packets end at the B4."""
    c.conf(conf_ds())
    p, q = c.port("p", block="one"), c.port("q", block="two")
    for b4, port in ((1, p), (2, q)):
        c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q",
                ip4(POOL, SRV, ttl=63) / UDP(sport=port, dport=53) / b"q", b4=b4)
    outer = softwire_up(1)
    outer.nh = 60
    c.translated("ds_lite_up", "inside", inet("inside") / outer / limit_option(0)
                 / ip4(SUB, POOL) / UDP(sport=5000, dport=q) / b"hello", "inside",
                 link("inside") / softwire_down(2) / ip4(POOL, SUB, ttl=62)
                 / UDP(sport=p, dport=5000) / b"hello")
    c.flow("ds_lite_down", 33)
    c.flow("hairpin", 33)
    c.made(users=2, blocks=2, mappings=2, sessions=4)


@case
def dslite_endpoint_independent_filtering(c):
    """RFC 6333 8.2, RFC 4787 REQ-8: behind a softwire too anybody may send to a mapping by
    default."""
    c.conf(conf_ds())
    p = udp_out(c)
    c.ds_down(ip4(SRV2, POOL) / UDP(sport=4444, dport=p) / b"answer",
              ip4(SRV2, SUB, ttl=63) / UDP(sport=4444, dport=5000) / b"answer")
    c.made(sessions=1)


@case
def dslite_endpoint_independent_mapping(c):
    """RFC 6333 8.2, RFC 4787 REQ-1: behind a softwire too an inside port has one public
    port towards all."""
    c.conf(conf_ds())
    p = udp_out(c)
    c.ds_up(ip4(SUB, SRV2) / UDP(sport=5000, dport=99) / b"q",
            ip4(POOL, SRV2, ttl=63) / UDP(sport=p, dport=99) / b"q")
    c.made(sessions=1)
    c.state(mappings=1, sessions=2)


@case
def dslite_endpoint_dependent(c):
    """RFC 6333 8.2, RFC 4787 4.1, 5: both behaviours endpoint-dependent behind a
    softwire."""
    c.conf(conf_ds('mapping = "endpoint-dependent"; filtering = "endpoint-dependent";'))
    p, q = c.port("p"), c.port("q")
    for dst, port in ((SRV, p), (SRV2, q)):
        c.ds_up(ip4(SUB, dst) / UDP(sport=5000, dport=53) / b"q",
                ip4(POOL, dst, ttl=63) / UDP(sport=port, dport=53) / b"q")
    c.drop("outside", inet() / ip4(SRV2, POOL) / UDP(sport=53, dport=p) / b"x", "filtered")
    c.made(users=1, blocks=1, mappings=2, sessions=2)
