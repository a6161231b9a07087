# SPDX-License-Identifier: BSD-3-Clause
"""Cases of NAT44: RFC 4787, 5382, 5508, 6888."""
from scapy.all import ICMP, IP, IPOption_NOP, IPOption_Router_Alert, Raw, TCP, UDP
from scapy.utils import checksum

from caselib import (POOL, SRV, SRV2, USER, case, conf_nat, inet, ip4, link)

U1, U2 = USER % 1, USER % 2


def udp_out(c, p, user=U1, sport=5000, dst=SRV, dport=53, pub=POOL, data=b"question", **kw):
    """A UDP packet of a NAT44 user with its translation."""
    c.nat_up(ip4(user, dst) / UDP(sport=sport, dport=dport) / data,
             ip4(pub, dst, ttl=63) / UDP(sport=p, dport=dport) / data, **kw)


def udp_in(c, p, user=U1, sport=5000, src=SRV, dport=53, pub=POOL, data=b"answer", **kw):
    """A UDP packet to a public port with its translation."""
    c.nat_down(ip4(src, pub) / UDP(sport=dport, dport=p) / data,
               ip4(src, user, ttl=63) / UDP(sport=dport, dport=sport) / data, **kw)


def first_udp(c, name="p", **kw):
    """Opens a user's first mapping; its port."""
    p = c.port(name)
    udp_out(c, p, **kw)
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    return p


@case
def nat44_udp(c):
    """RFC 3022 4.1: source address and port are translated outwards, destination
    inwards."""
    c.conf(conf_nat())
    p = first_udp(c)
    udp_in(c, p)
    c.state(users=1, sessions=1, mappings=1, blocks=1)


@case
def nat44_tcp(c):
    """RFC 5382 REQ-2: a connection from SYN to data, options and all."""
    c.conf(conf_nat())
    p = c.port("p")
    opts = [("MSS", 1460), ("NOP", None), ("WScale", 7), ("SAckOK", b"")]
    up = ({"flags": "S", "seq": 9, "options": opts}, {"flags": "A", "seq": 10, "ack": 78},
          {"flags": "PA", "seq": 10, "ack": 78})
    down = ({"flags": "SA", "seq": 77, "ack": 10, "options": opts},
            {"flags": "PA", "seq": 78, "ack": 13})
    order = (("up", up[0], b""), ("down", down[0], b""), ("up", up[1], b""),
             ("up", up[2], b"abc"), ("down", down[1], b"defg"))
    for way, tcp, data in order:
        if way == "up":
            c.nat_up(ip4(U1, SRV) / TCP(sport=5000, dport=80, **tcp) / Raw(data),
                     ip4(POOL, SRV, ttl=63) / TCP(sport=p, dport=80, **tcp) / Raw(data))
        else:
            c.nat_down(ip4(SRV, POOL) / TCP(sport=80, dport=p, **tcp) / Raw(data),
                       ip4(SRV, U1, ttl=63) / TCP(sport=80, dport=5000, **tcp) / Raw(data))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def nat44_icmp_echo(c):
    """RFC 5508 REQ-1: queries are translated by identifier; an identifier keeps its
    mapping towards every destination."""
    c.conf(conf_nat())
    p = c.port("id")
    for seq, dst in ((1, SRV), (2, SRV2), (3, SRV)):
        c.nat_up(ip4(U1, dst) / ICMP(type=8, id=7, seq=seq) / b"abcdefg",
                 ip4(POOL, dst, ttl=63) / ICMP(type=8, id=p, seq=seq) / b"abcdefg")
        c.nat_down(ip4(dst, POOL) / ICMP(type=0, id=p, seq=seq) / b"abcdefg",
                   ip4(dst, U1, ttl=63) / ICMP(type=0, id=7, seq=seq) / b"abcdefg")
    c.made(users=1, blocks=1, mappings=1, sessions=2)


@case
def nat44_ports_of_transports_are_separate(c):
    """RFC 4787 REQ-1, RFC 5382 REQ-1: the same inside port over UDP, TCP and as an ICMP
    identifier are three mappings."""
    c.conf(conf_nat())
    u, t, i = c.port("udp"), c.port("tcp"), c.port("icmp")
    udp_out(c, u)
    c.nat_up(ip4(U1, SRV) / TCP(sport=5000, dport=53, flags="S"),
             ip4(POOL, SRV, ttl=63) / TCP(sport=t, dport=53, flags="S"))
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=5000), ip4(POOL, SRV, ttl=63)
             / ICMP(type=8, id=i))
    c.made(users=1, blocks=1, mappings=3, sessions=3)
    c.state(mappings=3, sessions=3, blocks=1)


@case
def nat44_endpoint_independent_mapping(c):
    """RFC 4787 REQ-1: one inside port keeps its public port towards other addresses and
    ports; each remote is a session of its own."""
    c.conf(conf_nat())
    p = first_udp(c)
    for dst, dport in ((SRV2, 53), (SRV, 54), (SRV2, 9999)):
        udp_out(c, p, dst=dst, dport=dport)
    c.made(sessions=3)
    c.state(mappings=1, sessions=4)


@case
def nat44_endpoint_dependent_mapping(c):
    """RFC 4787 4.1: with mapping = endpoint-dependent every remote gets a public port of
    its own, and only that remote's packets come in there."""
    c.conf(conf_nat('mapping = "endpoint-dependent"; filtering = "endpoint-dependent";'))
    p = first_udp(c)
    q = c.port("q")
    udp_out(c, q, dst=SRV2)
    c.made(mappings=1, sessions=1)
    udp_in(c, p)
    udp_in(c, q, src=SRV2)
    c.drop("outside", inet() / ip4(SRV, POOL) / UDP(sport=53, dport=q) / b"x", "filtered")
    c.state(mappings=2, sessions=2)


@case
def nat44_endpoint_independent_filtering(c):
    """RFC 4787 REQ-8: by default anybody may send to a mapping."""
    c.conf(conf_nat())
    p = first_udp(c)
    udp_in(c, p, src=SRV2, dport=4444)
    udp_out(c, p, dst=SRV2, dport=4444)
    c.made(sessions=1)
    c.state(mappings=1, sessions=2)


@case
def nat44_endpoint_dependent_filtering(c):
    """RFC 4787 5: with filtering = endpoint-dependent a peer is let in only once the user
    has sent to it; the mapping stays endpoint-independent."""
    c.conf(conf_nat('filtering = "endpoint-dependent";'))
    p = first_udp(c)
    other = ip4(SRV2, POOL) / UDP(sport=53, dport=p) / b"answer"
    c.drop("outside", inet() / other, "filtered")
    c.drop("outside", inet() / ip4(SRV, POOL) / UDP(sport=54, dport=p) / b"x", "filtered")
    udp_out(c, p, dst=SRV2)
    udp_in(c, p, src=SRV2)
    c.made(sessions=1)
    c.state(mappings=1, sessions=2)


@case
def nat44_no_mapping(c):
    """RFC 4787 5: an inbound packet to a port that nobody holds disappears by name."""
    c.conf(conf_nat())
    c.drop("outside", inet() / ip4(SRV, POOL) / UDP(sport=53, dport=4000) / b"x",
           "no_mapping")
    c.drop("outside", inet() / ip4(SRV, POOL) / ICMP(type=0, id=9), "no_mapping")
    p = first_udp(c)
    # the same number over another transport
    c.drop("outside", inet() / ip4(SRV, POOL) / ICMP(type=0, id=p), "no_mapping")


@case
def nat44_tcp_without_syn(c):
    """RFC 7857 2, RFC 6146 3.5.2.2: only a SYN opens a session."""
    c.conf(conf_nat())
    for flags in ("A", "PA", "FA", "R", "SFA"[1:]):
        c.drop("inside", inet("inside") / ip4(U1, SRV) / TCP(sport=5000, dport=80,
                                                             flags=flags), "tcp_no_syn")
    c.state(users=0, sessions=0)


@case
def nat44_udp_checksum_zero(c):
    """RFC 768, RFC 4787: a UDP checksum of zero means none, and stays zero both ways."""
    c.conf(conf_nat())
    p = c.port("p")
    c.nat_up(ip4(U1, SRV) / UDP(sport=5000, dport=53, chksum=0) / b"q",
             ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53, chksum=0) / b"q")
    c.nat_down(ip4(SRV, POOL) / UDP(sport=53, dport=p, chksum=0) / b"a",
               ip4(SRV, U1, ttl=63) / UDP(sport=53, dport=5000, chksum=0) / b"a")
    c.made(users=1, blocks=1, mappings=1, sessions=1)


def payload_for_checksum(packet, wanted):
    """Two bytes which, appended to the payload, make the UDP sum come out as wanted."""
    for n in range(65536):
        trial = packet / Raw(n.to_bytes(2, "big"))
        raw = bytes(trial)
        if int.from_bytes(raw[26:28], "big") == wanted:
            return n.to_bytes(2, "big")
    raise ValueError("no payload gives %#x" % wanted)


@case
def nat44_udp_checksum_computes_to_zero(c):
    """RFC 768: a checksum that computes to zero is sent as 0xffff, because zero would
    mean that there is none."""
    c.conf(conf_nat())
    p = first_udp(c)
    data = payload_for_checksum(ip4(SRV, U1, ttl=63) / UDP(sport=53, dport=5000), 0xffff)
    udp_in(c, p, data=data)


@case
def nat44_wrong_checksum_stays_wrong(c):
    """RFC 1624: the checksum is adjusted, not made anew, so damage on the way to the box
    is still seen by the receiver."""
    c.conf(conf_nat())
    p = first_udp(c)
    good_in = bytes(ip4(SRV, POOL) / UDP(sport=53, dport=p) / b"answer")
    good_out = bytes(ip4(SRV, U1, ttl=63) / UDP(sport=53, dport=5000) / b"answer")
    bad_in, bad_out = bytearray(good_in), bytearray(good_out)
    bad_in[-1] ^= 1
    bad_out[-1] ^= 1
    c.nat_down(IP(bytes(bad_in)), IP(bytes(bad_out)))


@case
def nat44_header_checksum_wrong(c):
    """RFC 1812 5.2.2: a packet with a wrong header checksum is dropped by name."""
    c.conf(conf_nat())
    c.drop("inside", inet("inside") / ip4(U1, SRV, chksum=0x1234)
           / UDP(sport=5000, dport=53) / b"x", "ip4_checksum")
    c.drop("outside", inet() / ip4(SRV, POOL, chksum=0x1234)
           / UDP(sport=53, dport=5000) / b"x", "ip4_checksum")


@case
def nat44_header_lies(c):
    """RFC 1812 5.2.2: version, header length and total length must be possible."""
    c.conf(conf_nat())
    for lie in ({"version": 5}, {"ihl": 4}, {"ihl": 15}, {"len": 19}, {"len": 2000}):
        c.drop("inside", inet("inside") / ip4(U1, SRV, **lie) / UDP(sport=1, dport=2)
               / b"x", "ip4_header")


@case
def nat44_ip_options_kept(c):
    """RFC 1812 4.2.2.1: options of the IP header pass, and the ports behind them are
    found."""
    c.conf(conf_nat())
    p = c.port("p")
    opts = [IPOption_Router_Alert(), IPOption_NOP(), IPOption_NOP()]
    c.nat_up(ip4(U1, SRV, options=opts) / UDP(sport=5000, dport=53) / b"q",
             ip4(POOL, SRV, ttl=63, options=opts) / UDP(sport=p, dport=53) / b"q")
    c.nat_down(ip4(SRV, POOL, options=opts) / UDP(sport=53, dport=p) / b"a",
               ip4(SRV, U1, ttl=63, options=opts) / UDP(sport=53, dport=5000) / b"a")
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def nat44_odd_lengths_and_padding(c):
    """RFC 1071, RFC 894: odd payloads keep right checksums, the padding of short frames
    does not travel on."""
    c.conf(conf_nat())
    p = c.port("p")
    for n in (0, 1, 2, 3, 11):
        data = bytes(range(0x30, 0x30 + n))
        up = bytes(inet("inside") / ip4(U1, SRV) / UDP(sport=5000, dport=53) / data)
        down = bytes(inet() / ip4(SRV, POOL) / UDP(sport=53, dport=p) / data)
        c.translated("nat44_up", "inside", Raw(up.ljust(60, b"\x5a")), "outside",
                     link("outside") / ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53)
                     / data)
        c.translated("nat44_down", "outside", Raw(down.ljust(60, b"\x5a")), "inside",
                     link("inside") / ip4(SRV, U1, ttl=63) / UDP(sport=53, dport=5000)
                     / data)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def nat44_unknown_protocol(c):
    """RFC 6888 REQ-1: a transport that the instance does not translate is dropped by
    name."""
    c.conf(conf_nat())
    for proto in (47, 50, 132):
        c.drop("inside", inet("inside") / ip4(U1, SRV, proto=proto) / Raw(b"\0" * 16),
               "protocol")
        c.drop("outside", inet() / ip4(SRV, POOL, proto=proto) / Raw(b"\0" * 16),
               "protocol")


@case
def nat44_icmp_types_refused(c):
    """RFC 5508 REQ-11: ICMP that is neither echo nor an error is dropped by name."""
    c.conf(conf_nat())
    for type_ in (5, 9, 10, 13, 17):
        message = bytes([type_, 0, 0, 0]) + b"12345678"
        message = message[:2] + checksum(message).to_bytes(2, "big") + message[4:]
        c.drop("inside", inet("inside") / ip4(U1, SRV, proto=1) / Raw(message), "icmp_type")


@case
def nat44_acl(c):
    """RFC 6888 REQ-6: whom the ACL permits is translated; who is on its deny list matches
    no instance and is forwarded as it is."""
    c.conf('acls: ( { name = "homes"; permit = [ "10.0.0.0/8" ]; '
           'deny = [ "10.1.0.2/32" ]; } );', conf_nat(acl="homes"))
    first_udp(c)
    c.translated("forwarded", "inside", inet("inside") / ip4(U2, SRV)
                 / UDP(sport=5000, dport=53) / b"x", "outside", link("outside")
                 / ip4(U2, SRV, ttl=63) / UDP(sport=5000, dport=53) / b"x")
    c.state(users=1)


@case
def nat44_two_users_same_port(c):
    """RFC 4787 REQ-3: two users with the same inside port never share a public port."""
    c.conf(conf_nat())
    p1, p2 = c.port("one", block="one"), c.port("two", block="two")
    udp_out(c, p1, user=U1)
    udp_out(c, p2, user=U2)
    udp_in(c, p2, user=U2)
    udp_in(c, p1, user=U1)
    c.made(users=2, blocks=2, mappings=2, sessions=2)


@case
def nat44_paired_pooling(c):
    """RFC 4787 REQ-2, RFC 6888 REQ-2: all mappings of a user, over all transports, have
    one public address."""
    c.conf(conf_nat(pool="203.0.113.0-203.0.113.3"))
    a = c.address("a", *("203.0.113.%d" % n for n in range(4)))
    ports = [c.port("p%d" % n) for n in range(6)]
    for n, p in enumerate(ports[:4]):
        udp_out(c, p, sport=5000 + n, pub=a)
    c.nat_up(ip4(U1, SRV) / TCP(sport=6000, dport=80, flags="S"),
             ip4(a, SRV, ttl=63) / TCP(sport=ports[4], dport=80, flags="S"))
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=1), ip4(a, SRV, ttl=63)
             / ICMP(type=8, id=ports[5]))
    c.made(users=1, blocks=1, mappings=6, sessions=6)


@case
def nat44_excluded_address(c):
    """RFC 6888 REQ-3: an excluded address of the pool is given to nobody."""
    c.conf(conf_nat(pool="203.0.113.0-203.0.113.3", group='exclude = [ "203.0.113.0", '
                                                          '"203.0.113.2-203.0.113.3" ];'))
    for n in range(8):
        p = c.port("p%d" % n, block="B%d" % n)
        udp_out(c, p, user=USER % (n + 1))
    c.made(users=8, blocks=8, mappings=8, sessions=8)


def hairpin(c, p, q, sport_p=5000, sport_q=6000, up=U1, down=U2, pub=POOL, pub_q=POOL):
    """up sends to the public port q of down: it comes from up's own public port p."""
    c.translated("nat44_up", "inside", inet("inside") / ip4(up, pub_q)
                 / UDP(sport=sport_p, dport=q) / b"hello", "inside", link("inside")
                 / ip4(pub, down, ttl=62) / UDP(sport=p, dport=sport_q) / b"hello")
    c.flow("nat44_down", 33)
    c.flow("hairpin", 33)


@case
def nat44_hairpin(c):
    """RFC 4787 REQ-9: a user reaches another one by its public address and port, and is
    seen there with its own public address and port."""
    c.conf(conf_nat())
    p, q = c.port("p", block="one"), c.port("q", block="two")
    udp_out(c, p, user=U1)
    udp_out(c, q, user=U2, sport=6000)
    c.made(users=2, blocks=2, mappings=2, sessions=2)
    hairpin(c, p, q)
    c.made(sessions=2)
    hairpin(c, q, p, sport_p=6000, sport_q=5000, up=U2, down=U1)


@case
def nat44_hairpin_off(c):
    """RFC 4787 REQ-9: with hairpin = false a packet to a public address is dropped by name,
    and nothing is made for it."""
    c.conf(conf_nat("hairpin = false;"))
    p = first_udp(c)
    c.drop("inside", inet("inside") / ip4(U2, POOL) / UDP(sport=6000, dport=p) / b"x",
           "hairpin")
    c.state(users=1, sessions=1)


@case
def nat44_endpoint_dependent_mapping_unfiltered(c):
    """RFC 4787 4.1, 5: mapping and filtering are apart: a public port per destination, open
    to others; but not to a peer that has a port of its own."""
    c.conf(conf_nat('mapping = "endpoint-dependent";'))
    p = first_udp(c)
    q = c.port("q")
    udp_out(c, q, dst=SRV2)
    udp_in(c, p, src=SRV2, dport=99)
    udp_out(c, p, dst=SRV2, dport=99)
    c.drop("outside", inet() / ip4(SRV2, POOL) / UDP(sport=53, dport=p) / b"x", "filtered")
    udp_in(c, q, src=SRV2)
    c.made(mappings=1, sessions=2)
    c.state(mappings=2, sessions=3)


@case
def nat44_too_big_up(c):
    """RFC 4787 REQ-13: a packet from inside with DF set that is larger than the way out:
    its sender is told the size that fits, and quoted its own packet."""
    c.conf(conf_nat())
    packet = ip4(U1, SRV) / UDP(sport=5000, dport=53) / Raw(b"z" * 1532)
    c.drop("inside", inet("inside") / packet, "packet_too_big")
    answer = (IP(src="10.0.0.1", dst=U1, ttl=64, tos=0xc0, id=0)
              / ICMP(type=3, code=4, nexthopmtu=1500) / Raw(bytes(packet)[:548]))
    c.tx("inside", link("inside") / answer)
    c.flow("icmp_errors_sent", len(bytes(answer)))
    c.flow("nat44_up", 1560)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def nat44_source_port_of_a_system_service(c):
    """RFC 4787 REQ-3a, REQ-4: whatever the inside port, the public one is of a block, and
    so above 1023."""
    c.conf(conf_nat())
    for n, sport in enumerate((1, 53, 1023, 1024, 65535)):
        udp_out(c, c.port("p%d" % n), sport=sport)
    c.made(users=1, blocks=1, mappings=5, sessions=5)


@case
def nat44_pool_in_parts(c):
    """RFC 6888 REQ-3: a pool of several ranges, not contiguous, of any size."""
    c.conf(conf_nat("limits: { users_per_address = 1; };",
                    pool='203.0.113.1", "198.18.0.0/31", "203.0.113.200-203.0.113.200'))
    choices = ("203.0.113.1", "198.18.0.0", "198.18.0.1", "203.0.113.200")
    seen = []
    for n in range(4):
        a = c.address("a%d" % n, *choices, unlike=seen[-1] if seen else None)
        udp_out(c, c.port("p%d" % n, block="B%d" % n), user=USER % (n + 1), pub=a)
        seen.append(a)
    c.made(users=4, blocks=4, mappings=4, sessions=4)


@case
def nat44_hairpin_behind_one_address(c):
    """RFC 4787 REQ-3, REQ-9: a flow to the outside and one to a peer inside use one public
    port, and never meet."""
    c.conf(conf_nat())
    p, q = c.port("p", block="one"), c.port("q", block="two")
    udp_out(c, p, user=U1)
    udp_out(c, q, user=U2, sport=6000)
    c.made(users=2, blocks=2, mappings=2, sessions=2)
    hairpin(c, p, q)
    c.made(sessions=2)
    udp_in(c, p, user=U1)
    udp_in(c, q, user=U2, sport=6000)
