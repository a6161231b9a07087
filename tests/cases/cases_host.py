# SPDX-License-Identifier: BSD-3-Clause
"""Cases of the box as a host on its links: ARP, neighbour discovery, echo, and packets
that wait for a neighbour."""
from scapy.all import (ARP, Ether, ICMP, ICMPv6DestUnreach, ICMPv6EchoReply,
                       ICMPv6EchoRequest, ICMPv6NDOptDstLLAddr, ICMPv6NDOptMTU,
                       ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, ICMPv6ND_NA,
                       ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_RS, IP, IPv6, Raw, UDP)

from caselib import BOX, GATEWAY, SRV, case, conf_ds, conf_nat, inet, ip4

HOST = "02:00:00:00:10:77"  # somebody on the inside link
H4, H6 = "10.0.0.77", "2001:db8:0:1::77"
BOX4, BOX6 = "10.0.0.1", "2001:db8:0:1::1"
LOCAL6 = {"inside": "fe80::ff:fe00:1", "outside": "fe80::ff:fe00:2"}  # EUI-64 of the MAC
ALL = "ff:ff:ff:ff:ff:ff"


def from_host(dst=None):
    return Ether(src=HOST, dst=dst or BOX["inside"])


def to_host(port="inside", dst=HOST):
    return Ether(src=BOX[port], dst=dst)


def arp_reply(addr, port="inside", to=HOST, to_addr=H4):
    return to_host(port, to) / ARP(op=2, hwsrc=BOX[port], psrc=addr, hwdst=to,
                                   pdst=to_addr)


def arp_question(addr, own=BOX4, port="inside"):
    """What the box asks."""
    return Ether(src=BOX[port], dst=ALL) / ARP(op=1, hwsrc=BOX[port], psrc=own,
                                               hwdst="00:00:00:00:00:00", pdst=addr)


def ns_question(addr, own=LOCAL6["inside"], port="inside"):
    tail = addr.split("::")[1].rjust(6, "0")
    group = "ff02::1:ff%s:%s" % (tail[:2], tail[2:])
    mac = "33:33:ff:%s:%s:%s" % (tail[:2], tail[2:4], tail[4:])
    return (Ether(src=BOX[port], dst=mac) / IPv6(src=own, dst=group, hlim=255)
            / ICMPv6ND_NS(tgt=addr) / ICMPv6NDOptSrcLLAddr(lladdr=BOX[port]))


def to_control(c, port, frame, padding=0):
    """A frame for the host code that is not answered."""
    c.flow("to_control", len(c.rx(port, frame)) - padding)


@case
def arp_request_answered(c):
    """RFC 826: a request for an address of the box is answered; one padded to 60 bytes by
    the link as well."""
    c.conf(conf_nat())
    request = from_host(ALL) / ARP(op=1, hwsrc=HOST, psrc=H4, pdst=BOX4)
    c.answered("inside", request, arp_reply(BOX4))
    c.answered("inside", Raw(bytes(request).ljust(60, b"\0")), arp_reply(BOX4))


@case
def arp_probe_answered(c):
    """RFC 5227 2.1: somebody about to take the box's address learns that it is taken."""
    c.conf(conf_nat())
    c.answered("inside", from_host(ALL) / ARP(op=1, hwsrc=HOST, psrc="0.0.0.0", pdst=BOX4),
               arp_reply(BOX4, to_addr="0.0.0.0"))


@case
def arp_for_others(c):
    """RFC 826: requests for addresses of others, or of another link of the box, stay
    unanswered."""
    c.conf(conf_nat())
    for addr in ("10.0.0.2", "198.51.100.1", "203.0.113.1"):
        to_control(c, "inside", from_host(ALL) / ARP(op=1, hwsrc=HOST, psrc=H4, pdst=addr))


@case
def arp_impossible(c):
    """RFC 826: ARP of another hardware or protocol, or from an impossible sender."""
    c.conf(conf_nat())
    for lie in ({"hwtype": 6}, {"ptype": 0x86dd}, {"hwlen": 8}, {"plen": 16},
                {"hwsrc": ALL}, {"hwsrc": "00:00:00:00:00:00"}):
        arp = bytearray(bytes(ARP(op=1, hwsrc=HOST, psrc=H4, pdst=BOX4)))
        good = ARP(bytes(arp))
        for key, value in lie.items():
            setattr(good, key, value)
        if "hwlen" in lie or "plen" in lie:
            arp[4 if "hwlen" in lie else 5] = list(lie.values())[0]
            good = Raw(bytes(arp))
        to_control(c, "inside", Ether(src=HOST, dst=ALL, type=0x806) / good)
        c.dropped("arp")


@case
def arp_for_pool_address(c):
    """RFC 1027 2.3: a public address inside a connected network is answered for on that
    link, so that the router finds it without a route."""
    c.conf(conf_nat(pool="198.51.100.77"))
    router = GATEWAY["outside"]
    c.answered("outside", Ether(src=router, dst=ALL)
               / ARP(op=1, hwsrc=router, psrc="198.51.100.254", pdst="198.51.100.77"),
               arp_reply("198.51.100.77", "outside", router, "198.51.100.254"))


@case
def nd_solicitation_answered(c):
    """RFC 4861 7.2.4: a solicitation for an address of the box, by its group or directly,
    is answered with router, solicited and override set."""
    c.conf(conf_nat())
    for target, group, mac in (
            (BOX6, "ff02::1:ff00:1", "33:33:ff:00:00:01"), (BOX6, BOX6, BOX["inside"]),
            (LOCAL6["inside"], "ff02::1:ff00:1", "33:33:ff:00:00:01")):
        c.answered("inside", from_host(mac) / IPv6(src=H6, dst=group, hlim=255)
                   / ICMPv6ND_NS(tgt=target) / ICMPv6NDOptSrcLLAddr(lladdr=HOST),
                   to_host() / IPv6(src=target, dst=H6, hlim=255)
                   / ICMPv6ND_NA(tgt=target, R=1, S=1, O=1)
                   / ICMPv6NDOptDstLLAddr(lladdr=BOX["inside"]))


@case
def nd_duplicate_detection_answered(c):
    """RFC 4861 7.2.4, RFC 4862 5.4.3: a solicitation without a source is answered to all
    nodes, not solicited."""
    c.conf(conf_nat())
    c.answered("inside", from_host("33:33:ff:00:00:01")
               / IPv6(src="::", dst="ff02::1:ff00:1", hlim=255) / ICMPv6ND_NS(tgt=BOX6),
               to_host(dst="33:33:00:00:00:01") / IPv6(src=BOX6, dst="ff02::1", hlim=255)
               / ICMPv6ND_NA(tgt=BOX6, R=1, S=0, O=1)
               / ICMPv6NDOptDstLLAddr(lladdr=BOX["inside"]))


@case
def nd_not_from_the_link(c):
    """RFC 4861 7.1.1: a hop limit below 255 says that the message came through a router:
    dropped by name. So is one with a wrong checksum."""
    c.conf(conf_nat())
    ns = ICMPv6ND_NS(tgt=BOX6) / ICMPv6NDOptSrcLLAddr(lladdr=HOST)
    to_control(c, "inside", from_host("33:33:ff:00:00:01")
               / IPv6(src=H6, dst="ff02::1:ff00:1", hlim=254) / ns)
    c.dropped("neighbour_discovery")
    bad = ICMPv6ND_NS(tgt=BOX6, cksum=0x1234) / ICMPv6NDOptSrcLLAddr(lladdr=HOST)
    to_control(c, "inside", from_host("33:33:ff:00:00:01")
               / IPv6(src=H6, dst="ff02::1:ff00:1", hlim=255) / bad)
    c.dropped("icmp_checksum")


@case
def router_solicitation_answered(c):
    """RFC 4861 6.2.6: a router solicitation gets an advertisement with the link's MTU and
    prefix; the box says that it leads further, because there is an AFTR behind it."""
    c.conf(conf_ds())
    c.answered("inside", from_host("33:33:00:00:00:02")
               / IPv6(src="fe80::77", dst="ff02::2", hlim=255) / ICMPv6ND_RS()
               / ICMPv6NDOptSrcLLAddr(lladdr=HOST), to_host()
               / IPv6(src=LOCAL6["inside"], dst="fe80::77", hlim=255)
               / ICMPv6ND_RA(chlim=64, routerlifetime=1800, M=0, O=0, prf=0)
               / ICMPv6NDOptSrcLLAddr(lladdr=BOX["inside"]) / ICMPv6NDOptMTU(mtu=1600)
               / ICMPv6NDOptPrefixInfo(prefixlen=64, L=1, A=0, validlifetime=2592000,
                                       preferredlifetime=604800, prefix="2001:db8:0:1::"))


@case
def echo_ipv4(c):
    """RFC 1122 3.2.2.6: echo to an interface address is answered, data unchanged; padding
    of the link does not count."""
    c.conf(conf_nat())
    c.neighbours("inside", H4, HOST)
    c.answered("inside", from_host() / ip4(H4, BOX4) / ICMP(type=8, id=9, seq=1)
               / b"0123456789", to_host() / IP(src=BOX4, dst=H4, ttl=64, id=0)
               / ICMP(type=0, id=9, seq=1) / b"0123456789", padding=b"\xaa" * 8)
    to_control(c, "inside", from_host() / ip4(H4, BOX4) / ICMP(type=8, chksum=1))
    c.dropped("icmp_checksum")


@case
def echo_ipv4_of_the_far_side(c):
    """RFC 1122 3.3.4.2: every address of the box answers, whatever link the question came
    by."""
    c.conf(conf_nat())
    c.neighbours("inside", H4, HOST)
    c.answered("inside", from_host() / ip4(H4, "198.51.100.1") / ICMP(type=8, id=9),
               to_host() / IP(src="198.51.100.1", dst=H4, ttl=64, id=0)
               / ICMP(type=0, id=9))


@case
def echo_ipv6(c):
    """RFC 4443 4.2: echo to an interface address, global or link-local, is answered."""
    c.conf(conf_nat())
    c.neighbours("inside", H6, HOST)
    c.neighbours("inside", "fe80::77", HOST)
    for src, dst in ((H6, BOX6), ("fe80::77", LOCAL6["inside"])):
        c.answered("inside", from_host() / IPv6(src=src, dst=dst)
                   / ICMPv6EchoRequest(id=9, seq=1, data=b"abc"), to_host()
                   / IPv6(src=dst, dst=src, hlim=64)
                   / ICMPv6EchoReply(id=9, seq=1, data=b"abc"))


@case
def port_unreachable(c):
    """RFC 1122 3.2.2.1, RFC 4443 3.1: nobody listens on the box: the sender is told."""
    c.conf(conf_nat())
    c.neighbours("inside", H4, HOST)
    c.neighbours("inside", H6, HOST)
    packet = ip4(H4, BOX4) / UDP(sport=5000, dport=53) / b"who?"
    c.answered("inside", from_host() / packet, to_host()
               / IP(src=BOX4, dst=H4, ttl=64, id=0) / ICMP(type=3, code=3)
               / Raw(bytes(packet)))
    c.dropped("host_protocol")
    packet = IPv6(src=H6, dst=BOX6) / UDP(sport=5000, dport=53) / b"who?"
    c.answered("inside", from_host() / packet, to_host()
               / IPv6(src=BOX6, dst=H6, hlim=64) / ICMPv6DestUnreach(code=4)
               / Raw(bytes(packet)))
    c.dropped("host_protocol")


# -- packets that wait

def waits(c, packet, forwarded, question=None, **kw):
    """A forwarded packet for a neighbour that is not known."""
    data = c.rx("outside", inet() / packet, **kw)
    c.flow("forwarded", len(data) - 14)
    c.flow("to_control", len(data) - 14)
    if question:
        c.tx("inside", question, sent=False)
    return to_host() / forwarded


@case
def neighbour_held_ipv4(c):
    """RFC 1122 2.3.2.2: packets for a neighbour that is not known wait, the box asks once,
    and with the answer they leave in order; later ones do not wait."""
    c.conf(conf_ds())
    question = arp_question(H4)
    held = []
    for n in range(3):
        held.append(waits(c, ip4(SRV, H4, id=n) / UDP(sport=1, dport=2),
                          ip4(SRV, H4, ttl=63, id=n) / UDP(sport=1, dport=2), question))
        question = None
    c.wait(0.4)
    to_control(c, "inside", from_host() / ARP(op=2, hwsrc=HOST, psrc=H4,
                                              hwdst=BOX["inside"], pdst=BOX4))
    for frame in held:
        c.tx("inside", frame, sent=False)
    c.translated("forwarded", "outside", inet() / ip4(SRV, H4, id=9) / UDP(), "inside",
                 to_host() / ip4(SRV, H4, ttl=63, id=9) / UDP())


@case
def neighbour_held_ipv6(c):
    """RFC 4861 7.2.2: the same for IPv6, with a solicitation to the target's group."""
    c.conf(conf_ds())
    src = "2001:db8:0:2::9"
    held = waits(c, IPv6(src=src, dst=H6, hlim=9) / UDP(sport=1, dport=2),
                 IPv6(src=src, dst=H6, hlim=8) / UDP(sport=1, dport=2),
                 ns_question(H6))
    c.wait(0.2)
    to_control(c, "inside", from_host() / IPv6(src=H6, dst=LOCAL6["inside"], hlim=255)
               / ICMPv6ND_NA(tgt=H6, R=0, S=1, O=1) / ICMPv6NDOptDstLLAddr(lladdr=HOST))
    c.tx("inside", held, sent=False)


@case
def neighbour_never_answers(c):
    """RFC 1122 2.3.2.1, RFC 4861 7.2.2: three questions a second apart, then the packets
    that wait are dropped by name."""
    c.conf(conf_ds())
    for n in range(2):
        waits(c, ip4(SRV, H4) / UDP(), ip4(SRV, H4, ttl=63) / UDP(),
              None if n else arp_question(H4), same_burst=True)
    for _ in range(2):
        c.tx("inside", arp_question(H4), after=1000, sent=False)
        c.wait(1)
    c.dropped("neighbour_unresolved", 2)
    c.end(2)


@case
def neighbour_queue_is_bounded(c):
    """RFC 4861 7.2.2: the queue of a neighbour is bounded; the newest packets are kept,
    the others dropped by name."""
    c.conf(conf_ds())
    held = []
    for n in range(40):
        held.append(waits(c, ip4(SRV, H4, id=n) / UDP(), ip4(SRV, H4, ttl=63, id=n) / UDP(),
                          None if n else arp_question(H4)))
    c.dropped("neighbour_unresolved", 8)
    to_control(c, "inside", from_host() / ARP(op=2, hwsrc=HOST, psrc=H4,
                                              hwdst=BOX["inside"], pdst=BOX4))
    for frame in held[8:]:
        c.tx("inside", frame, sent=False)


@case
def neighbour_gateway_resolved_at_start(c):
    """Gateways are asked for before anybody needs them, and the addresses of the box are
    announced (RFC 5227 3, RFC 4861 7.2.6), so that the first packet does not wait."""
    c.conf(conf_nat())
    c.no_neighbours()
    c.now = 0
    for port, v4, v6 in (("inside", BOX4, BOX6), ("outside", "198.51.100.1",
                                                  "2001:db8:0:2::1")):
        arp = to_host(port, ALL) / ARP(op=1, hwsrc=BOX[port], psrc=v4, pdst=v4,
                                       hwdst="00:00:00:00:00:00")
        global6, local6 = (
            to_host(port, "33:33:00:00:00:01") / IPv6(src=addr, dst="ff02::1", hlim=255)
            / ICMPv6ND_NA(tgt=addr, R=1, S=0, O=1) / ICMPv6NDOptDstLLAddr(lladdr=BOX[port])
            for addr in (v6, LOCAL6[port]))
        # in the order of the configuration, the link-local address last
        for frame in ((global6, arp, local6) if port == "inside" else (arp, global6, local6)):
            c.tx(port, frame, sent=False)
    c.tx("inside", arp_question("10.0.0.2"), sent=False)
    c.tx("inside", ns_question("2001:db8:0:1::2"), sent=False)
    c.tx("outside", arp_question("198.51.100.254", "198.51.100.1", "outside"), sent=False)
    c.now = 500
    for port, gateway, own in (("outside", "198.51.100.254", "198.51.100.1"),
                               ("inside", "10.0.0.2", BOX4)):
        mac = GATEWAY[port]
        to_control(c, port, Ether(src=mac, dst=BOX[port])
                   / ARP(op=2, hwsrc=mac, psrc=gateway, hwdst=BOX[port], pdst=own))
    to_control(c, "inside", Ether(src=GATEWAY["inside"], dst=BOX["inside"])
               / IPv6(src="2001:db8:0:1::2", dst=LOCAL6["inside"], hlim=255)
               / ICMPv6ND_NA(tgt="2001:db8:0:1::2", R=1, S=1, O=1)
               / ICMPv6NDOptDstLLAddr(lladdr=GATEWAY["inside"]))
    p = c.port("p")
    c.nat_up(ip4("10.1.0.1", SRV) / UDP(sport=5000, dport=53) / b"q",
             ip4("203.0.113.1", SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def neighbour_held_big_packet(c):
    """RFC 1812 4.2.2.7: a packet that waits and does not fit the way out is fragmented when
    it leaves, as it would have been at once."""
    c.conf(conf_ds())
    data = bytes(n & 255 for n in range(1540))
    packet = ip4("10.0.0.2", "198.51.100.50", flags=0) / UDP(sport=1, dport=2) / data
    raw = bytes(ip4("10.0.0.2", "198.51.100.50", flags=0, ttl=63) / UDP(sport=1, dport=2)
                / data)[20:]
    received = c.rx("inside", inet("inside") / packet)
    c.flow("forwarded", len(received) - 14)
    c.flow("fragmented", len(received) - 14)
    c.flow("to_control", 1500, 20 + 68)
    c.tx("outside", arp_question("198.51.100.50", "198.51.100.1", "outside"), sent=False)
    to_control(c, "outside", Ether(src=HOST, dst=BOX["outside"])
               / ARP(op=2, hwsrc=HOST, psrc="198.51.100.50", hwdst=BOX["outside"],
                     pdst="198.51.100.1"))
    head = {"ttl": 63, "proto": 17}
    c.tx("outside", to_host("outside") / ip4("10.0.0.2", "198.51.100.50", flags="MF", **head)
         / Raw(raw[:1480]), sent=False)
    c.tx("outside", to_host("outside") / ip4("10.0.0.2", "198.51.100.50", flags=0, frag=185,
                                             **head) / Raw(raw[1480:]), sent=False)
