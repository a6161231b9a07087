# SPDX-License-Identifier: BSD-3-Clause
"""Cases of the box as a router and as a host: links, VLANs, forwarding, errors."""
from scapy.all import (ARP, Dot1Q, Ether, ICMP, ICMPv6DestUnreach, ICMPv6PacketTooBig,
                       ICMPv6TimeExceeded, IP, IPv6, Raw, TCP, UDP)

from caselib import (AFTR, B4, BOX, GATEWAY, POOL, SRV, SUB, case, conf_ds, conf_nat, inet,
                     ip4, link, softwire_down, softwire_up)
from cases_nat44 import U1, first_udp, udp_in, udp_out

HOST = "02:00:00:00:10:77"  # somebody on the inside link
V6HOST = "2001:db8:0:1::77"


# -- links

@case
def link_unknown_vlan(c):
    """A tag of which the port has no sub-interface is dropped by name; a priority tag
    (VLAN 0) counts as none."""
    c.conf(conf_nat())
    p = first_udp(c)
    c.drop("inside", inet("inside", vlan=7) / ip4(U1, SRV) / UDP(sport=5000, dport=53),
           "vlan_unknown")
    eth = Ether(dst=BOX["inside"], src=GATEWAY["inside"])
    c.translated("nat44_up", "inside", eth / Dot1Q(vlan=0, prio=5) / ip4(U1, SRV)
                 / UDP(sport=5000, dport=53) / b"q", "outside", link("outside")
                 / ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")


@case
def link_unknown_ethertype(c):
    """RFC 1122 2.3.3: neither ARP, IPv4 nor IPv6: dropped by name."""
    c.conf(conf_nat())
    for type_ in (0x88cc, 0x8847, 0x0600, 46):
        c.drop("inside", Ether(dst=BOX["inside"], src=HOST, type=type_) / Raw(b"\0" * 46),
               "ethertype")


@case
def link_frame_for_another_station(c):
    """RFC 1812 5.3.4: a unicast frame that is not for the port's address, as a flooding
    switch sends it, is dropped by name."""
    c.conf(conf_nat())
    c.drop("inside", Ether(dst="02:00:00:00:99:99", src=HOST) / ip4(U1, SRV)
           / UDP(sport=5000, dport=53), "not_for_us")
    c.drop("outside", Ether(dst=BOX["inside"], src=HOST) / ip4(SRV, POOL)
           / UDP(sport=53, dport=5000), "not_for_us")


@case
def link_runts(c):
    """RFC 1812 5.2.2: frames shorter than their headers are dropped by name, at every
    length."""
    c.conf(conf_nat())
    v4 = bytes(inet("inside") / ip4(U1, SRV) / UDP(sport=5000, dport=53))
    v6 = bytes(inet("inside") / softwire_up() / ip4(SUB, SRV) / UDP())
    for frame, lengths in ((v4, (1, 13, 14, 15, 33)), (v6, (14, 53))):
        for n in lengths:
            c.drop("inside", Raw(frame[:n]), "runt")
    c.drop("inside", Raw(v4[:12] + b"\x81\x00\x00"), "runt")
    c.drop("inside", Raw(bytes(Ether(dst=BOX["inside"], src=HOST) / ARP())[:41]), "runt")


@case
def link_multicast(c):
    """RFC 1812 5.3.4, 5.3.5: multicast and broadcast that nothing listens to are dropped by
    name."""
    c.conf(conf_nat())
    for dst in ("224.0.0.5", "255.255.255.255"):
        c.drop("inside", Ether(dst="ff:ff:ff:ff:ff:ff", src=HOST) / ip4(U1, dst)
               / UDP(sport=5000, dport=53), "multicast")
    c.drop("inside", Ether(dst="33:33:00:00:00:fb", src=HOST)
           / IPv6(src=V6HOST, dst="ff02::fb") / UDP(sport=5353, dport=5353), "multicast")


@case
def martian_sources(c):
    """RFC 1812 5.3.7: source addresses that no host may have."""
    c.conf(conf_nat())
    for src in ("127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "0.0.0.0"):
        c.drop("inside", inet("inside") / ip4(src, SRV) / UDP(sport=5000, dport=53),
               "martian")
    c.drop("inside", inet("inside") / IPv6(src="ff02::1", dst=AFTR) / UDP(), "martian")


@case
def ipv6_header_lies(c):
    """RFC 8200 3, 4: version, payload length and extension headers must be possible."""
    c.conf(conf_ds())
    inner = ip4(SUB, SRV) / UDP(sport=5000, dport=53)
    c.drop("inside", inet("inside") / IPv6(src=B4 % 1, dst=AFTR, version=4, nh=4) / inner,
           "ip6_header")
    c.drop("inside", inet("inside") / IPv6(src=B4 % 1, dst=AFTR, plen=400, nh=4) / inner,
           "ip6_header")
    for options in (b"", b"\x04\x00\x01\x02\0\0\0", b"\x04\x01" + b"\0" * 6,
                    b"\x04\xff" + b"\0" * 100):
        c.drop("inside", inet("inside") / IPv6(src=B4 % 1, dst=AFTR, nh=60)
               / Raw(options), "ip6_header")


# -- VLANs and VPNs

VPNS = """
address_groups: (
  { name = "pool1"; id = 1; addresses = [ "203.0.113.1" ]; } );
nat_instances: (
  { name = "red"; id = 1; service_instance_group = "group1";
    inside: { ports = [ "red" ]; vpn = "red"; };
    allow_access: { inside_vpn = "red"; outside_vpn = ""; };
    outbound: ( { acl = "any"; address_group = "pool1"; } ); },
  { name = "blue"; id = 2; service_instance_group = "group1";
    inside: { ports = [ "blue" ]; vpn = "blue"; };
    allow_access: { inside_vpn = "blue"; outside_vpn = ""; };
    outbound: ( { acl = "any"; address_group = "pool1"; } ); } );
"""


@case
def vlan_vpns_with_the_same_addresses(c):
    """RFC 4787 REQ-7: two VPNs on VLANs of one port have the same inside addresses: two
    users, and each answer goes back with its own tag."""
    c.conf(VPNS, frame="vlan")
    c.neighbours("dsl", "2001:db8:0:3::2", GATEWAY["inside"])
    user, mac = "10.1.0.5", {100: "02:00:00:00:10:05", 200: "02:00:00:00:20:05"}
    c.neighbours("red", user, mac[100])
    c.neighbours("blue", user, mac[200])
    ports = {100: c.port("red", block="red"), 200: c.port("blue", block="blue")}
    for vlan, p in ports.items():
        c.translated("nat44_up", "inside", inet("inside", src=mac[vlan], vlan=vlan)
                     / ip4(user, SRV) / UDP(sport=5000, dport=53) / b"q", "outside",
                     link("outside") / ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53)
                     / b"q")
    for vlan, p in reversed(ports.items()):
        c.translated("nat44_down", "outside", inet() / ip4(SRV, POOL)
                     / UDP(sport=53, dport=p) / b"a", "inside",
                     link("inside", mac[vlan], vlan=vlan) / ip4(SRV, user, ttl=63)
                     / UDP(sport=53, dport=5000) / b"a")
    c.made(users=2, blocks=2, mappings=2, sessions=2)
    c.state(users=2)


@case
def vlan_softwire(c):
    """RFC 6333 6.2: softwires on a VLAN sub-interface: the outer frames carry its tag."""
    c.conf(conf_ds(), frame="vlan")
    c.neighbours("dsl", "2001:db8:0:3::2", GATEWAY["inside"])
    p = c.port("p")
    c.translated("ds_lite_up", "inside", inet("inside", vlan=4094) / softwire_up()
                 / ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q", "outside",
                 link("outside") / ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    c.translated("ds_lite_down", "outside", inet() / ip4(SRV, POOL)
                 / UDP(sport=53, dport=p) / b"a", "inside", link("inside", vlan=4094)
                 / softwire_down() / ip4(SRV, SUB, ttl=63) / UDP(sport=53, dport=5000)
                 / b"a")
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def vpn_routes_apart(c):
    """RFC 4787 REQ-7: a VPN knows its own routes only: a packet translated out of it takes
    the routes of the outside VPN, and one for an address of its users finds no way in."""
    c.conf(VPNS, frame="vlan")
    c.neighbours("dsl", "2001:db8:0:3::2", GATEWAY["inside"])
    mac = "02:00:00:00:10:05"
    c.neighbours("red", "10.1.0.5", mac)
    packet = ip4("10.1.0.5", "10.9.9.9") / UDP(sport=5000, dport=53) / b"q"
    p = c.port("p")
    c.translated("nat44_up", "inside", inet("inside", src=mac, vlan=100) / packet,
                 "outside", link("outside") / ip4(POOL, "10.9.9.9", ttl=63)
                 / UDP(sport=p, dport=53) / b"q")
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    stray = ip4(SRV, "10.1.0.5") / UDP(sport=5000, dport=53) / b"q"
    c.translated("forwarded", "outside", inet() / stray, "outside", link("outside")
                 / ip4(SRV, "10.1.0.5", ttl=63) / UDP(sport=5000, dport=53) / b"q")


@case
def jumbo_frames(c):
    """RFC 1812 4.2.2: frames of nearly 9 kB are translated both ways."""
    c.conf("""
address_groups: (
  { name = "pool1"; id = 1; addresses = [ "203.0.113.1" ]; } );
nat_instances: (
  { name = "nat1"; id = 1; service_instance_group = "group1";
    inside: { ports = [ "inside" ]; };
    outbound: ( { acl = "any"; address_group = "pool1"; } ); } );
ds_lite_instances: (
  { name = "ds1"; id = 1; service_instance_group = "group1"; mtu = 9200;
    local_ipv6 = "2001:db8::aaaa"; remote_ipv6 = [ "2001:db8:100::/40" ];
    outbound: ( { acl = "any"; address_group = "pool1"; } ); } );
""", frame="jumbo")
    data = Raw(bytes((n * 7 + n // 256) & 255 for n in range(8960)))
    p, q = c.port("p", block="one"), c.port("q", block="two")
    udp_out(c, p, data=data)
    udp_in(c, p, data=data)
    c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / data,
            ip4(POOL, SRV, ttl=63) / UDP(sport=q, dport=53) / data)
    c.ds_down(ip4(SRV, POOL) / UDP(sport=53, dport=q) / data,
              ip4(SRV, SUB, ttl=63) / UDP(sport=53, dport=5000) / data)
    c.made(users=2, blocks=2, mappings=2, sessions=2)


# -- forwarding

def routed(c, rx_port, packet, tx_port, forwarded):
    c.translated("forwarded", rx_port, inet(rx_port) / packet, tx_port,
                 link(tx_port) / forwarded)


@case
def forward_ipv4(c):
    """RFC 1812 5.2.1: what is not for the box and matches no instance is forwarded by the
    routing table, its time to live one lower."""
    c.conf(conf_ds())
    for ttl, tos in ((64, 0), (2, 0xb8), (255, 1)):
        routed(c, "inside", ip4(U1, SRV, ttl=ttl, tos=tos) / TCP(sport=1, dport=2),
               "outside", ip4(U1, SRV, ttl=ttl - 1, tos=tos) / TCP(sport=1, dport=2))
        routed(c, "outside", ip4(SRV, U1, ttl=ttl, tos=tos) / TCP(sport=1, dport=2),
               "inside", ip4(SRV, U1, ttl=ttl - 1, tos=tos) / TCP(sport=1, dport=2))


@case
def forward_ipv6(c):
    """RFC 8200 3: IPv6 that is for no AFTR is forwarded, its hop limit one lower."""
    c.conf(conf_ds())
    c.neighbours("outside", "2001:db8:0:2::9", GATEWAY["outside"])
    for way in (("outside", "2001:db8:0:2::9", "inside", B4 % 5),
                ("inside", B4 % 5, "outside", "2001:db8:0:2::9")):
        rx, src, tx, dst = way
        data = c.rx(rx, inet(rx) / IPv6(src=src, dst=dst, hlim=9, tc=8, fl=77)
                    / UDP(sport=1, dport=2) / b"x")
        c.flow("forwarded", len(data) - 14)
        c.tx(tx, link(tx) / IPv6(src=src, dst=dst, hlim=8, tc=8, fl=77)
             / UDP(sport=1, dport=2) / b"x")


def error4(c, port, reason, packet, source, type_, code, mtu=0):
    """A packet ends, and its sender is told by an ICMP error that quotes it."""
    c.drop(port, inet(port) / packet, reason)
    raw = bytes(packet)[:548]
    answer = (IP(src=source, dst=packet.src, ttl=64, tos=0xc0, id=0)
              / ICMP(type=type_, code=code, nexthopmtu=mtu) / Raw(raw))
    c.tx(port, link(port) / answer)
    c.flow("icmp_errors_sent", len(bytes(answer)))


@case
def forward_ttl_used_up(c):
    """RFC 1812 5.3.1, 4.3.2: time to live 1 (or 0) ends a packet; its sender is told, with
    as much of the packet as fits into 576 bytes, and precedence 6."""
    c.conf(conf_ds())
    error4(c, "inside", "ttl_exceeded", ip4(U1, SRV, ttl=1) / UDP(sport=1, dport=2) / b"x",
           "10.0.0.1", 11, 0)
    error4(c, "outside", "ttl_exceeded", ip4(SRV, U1, ttl=0) / UDP(sport=1, dport=2)
           / Raw(b"y" * 1000), "198.51.100.1", 11, 0)


@case
def forward_ttl_no_error_about_errors(c):
    """RFC 1812 4.3.2.7: no error about an ICMP error, about a later fragment, nor to a
    multicast sender; the packet is counted all the same."""
    c.conf(conf_ds())
    quoted = ip4(SRV, U1) / UDP(sport=1, dport=2)
    for packet in (ip4(U1, SRV, ttl=1) / ICMP(type=3, code=3) / quoted,
                   ip4(U1, SRV, ttl=1) / ICMP(type=11) / quoted,
                   ip4(U1, SRV, ttl=1, flags=0, frag=100) / Raw(b"z" * 32)):
        c.drop("inside", inet("inside") / packet, "ttl_exceeded")


@case
def forward_no_route(c):
    """RFC 1812 4.3.3.1, RFC 4443 3.1: no route: the sender is told."""
    c.conf(conf_ds())
    packet = (IPv6(src=B4 % 5, dst="2001:db8:ffff::1", hlim=9) / UDP(sport=1, dport=2)
              / b"x")
    c.drop("inside", inet("inside") / packet, "no_route")
    answer = (IPv6(src="2001:db8:0:1::1", dst=B4 % 5, hlim=64)
              / ICMPv6DestUnreach(code=0) / Raw(bytes(packet)))
    c.tx("inside", link("inside") / answer)
    c.flow("icmp_errors_sent", len(bytes(answer)))


@case
def forward_hop_limit_used_up(c):
    """RFC 4443 3.3: hop limit 1 ends a packet, and its sender is told."""
    c.conf(conf_ds())
    packet = (IPv6(src=B4 % 5, dst="2001:db8:0:2::9", hlim=1) / UDP(sport=1, dport=2)
              / b"x")
    c.drop("inside", inet("inside") / packet, "ttl_exceeded")
    answer = (IPv6(src="2001:db8:0:1::1", dst=B4 % 5, hlim=64)
              / ICMPv6TimeExceeded(code=0) / Raw(bytes(packet)))
    c.tx("inside", link("inside") / answer)
    c.flow("icmp_errors_sent", len(bytes(answer)))


@case
def forward_too_big(c):
    """RFC 1191 4, RFC 4443 3.2: a packet larger than the way out is dropped, and its sender
    is told the size that fits."""
    c.conf(conf_ds())
    error4(c, "inside", "packet_too_big", ip4(U1, SRV) / UDP(sport=1, dport=2)
           / Raw(b"x" * 1500), "10.0.0.1", 3, 4, mtu=1500)
    packet = (IPv6(src=B4 % 5, dst="2001:db8:0:2::9") / UDP(sport=1, dport=2)
              / Raw(b"x" * 1500))
    c.drop("inside", inet("inside") / packet, "packet_too_big")
    answer = (IPv6(src="2001:db8:0:1::1", dst=B4 % 5, hlim=64)
              / ICMPv6PacketTooBig(mtu=1500) / Raw(bytes(packet)[:1232]))
    c.tx("inside", link("inside") / answer)
    c.flow("icmp_errors_sent", len(bytes(answer)))


@case
def nat44_ttl_used_up(c):
    """RFC 1812 5.3.1, RFC 4787 REQ-1: a packet whose time to live ends at the box makes no
    mapping; its sender is told by the address of the box on its side."""
    c.conf(conf_nat())
    error4(c, "inside", "ttl_exceeded", ip4(U1, SRV, ttl=1) / UDP(sport=1, dport=2) / b"x",
           "10.0.0.1", 11, 0)
    c.state(users=0, sessions=0)
    p = first_udp(c)
    error4(c, "outside", "ttl_exceeded", ip4(SRV, POOL, ttl=1) / UDP(sport=53, dport=p)
           / b"x", "198.51.100.1", 11, 0)


@case
def dslite_ttl_used_up(c):
    """RFC 6333 6.5, RFC 1812 5.3.1: the inner time to live counts; its end is told through
    the softwire, from 192.0.0.1, the AFTR's side of it."""
    c.conf(conf_ds())
    packet = ip4(SUB, SRV, ttl=1) / UDP(sport=5000, dport=33434) / b"trace"
    c.drop("inside", inet("inside") / softwire_up(3) / packet, "ttl_exceeded")
    answer = (softwire_down(3, tc=0xc0) / IP(src="192.0.0.1", dst=SUB, ttl=64, tos=0xc0, id=0)
              / ICMP(type=11) / Raw(bytes(packet)))
    c.tx("inside", link("inside") / answer)
    c.flow("icmp_errors_sent", len(bytes(answer)))
    c.state(users=0, sessions=0)


@case
def dslite_too_big_for_the_softwire(c):
    """RFC 2473 7.2, RFC 6333 5.3: a packet with DF that does not fit into the softwire is
    dropped; its sender is told MTU - 40 by the public address, quoting what it sent."""
    c.conf(conf_ds())
    p = c.port("p")
    c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"q",
            ip4(POOL, SRV, ttl=63) / UDP(sport=p, dport=53) / b"q")
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    fits = Raw(b"f" * (1460 - 28))
    c.ds_down(ip4(SRV, POOL) / UDP(sport=53, dport=p) / fits,
              ip4(SRV, SUB, ttl=63) / UDP(sport=53, dport=5000) / fits)
    packet = ip4(SRV, POOL) / UDP(sport=53, dport=p) / Raw(b"f" * (1461 - 28))
    error4(c, "outside", "packet_too_big", packet, POOL, 3, 4, mtu=1460)
    c.flow("ds_lite_down", 1461)
