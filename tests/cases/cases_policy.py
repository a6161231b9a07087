# SPDX-License-Identifier: BSD-3-Clause
"""Cases of what a configuration allows beyond the ordinary: other protocols, destinations
that are exempt, refusals that are told."""
from scapy.all import ICMP, IP, Raw, TCP, UDP

from caselib import POOL, SRV, SUB, case, conf_ds, conf_nat, inet, ip4, link
from cases_nat44 import U1, U2, first_udp, udp_in, udp_out

DATA = bytes(range(32))


@case
def protocols_by_address(c):
    """RFC 6888 REQ-1: with `protocols` GRE, ESP and SCTP of a user are translated by
    address alone, both ways, nothing else of them is touched; IPIP, which is not listed, is
    dropped."""
    c.conf(conf_nat('protocols = [ "gre", "esp", "sctp" ];'))
    for proto in (47, 50, 132):
        c.nat_up(ip4(U1, SRV, proto=proto) / Raw(DATA),
                 ip4(POOL, SRV, ttl=63, proto=proto) / Raw(DATA))
        c.nat_down(ip4(SRV, POOL, proto=proto) / Raw(DATA),
                   ip4(SRV, U1, ttl=63, proto=proto) / Raw(DATA))
    c.drop("inside", inet("inside") / ip4(U1, SRV, proto=4) / Raw(DATA), "protocol")
    c.made(users=1, blocks=1, mappings=3, sessions=3)


@case
def protocols_of_a_softwire(c):
    """RFC 6888 REQ-1, RFC 6333 8.2: the same behind a softwire."""
    c.conf(conf_ds('protocols = [ "gre" ];'))
    c.ds_up(ip4(SUB, SRV, proto=47) / Raw(DATA), ip4(POOL, SRV, ttl=63, proto=47)
            / Raw(DATA))
    c.ds_down(ip4(SRV, POOL, proto=47) / Raw(DATA), ip4(SRV, SUB, ttl=63, proto=47)
              / Raw(DATA))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def exempt_destinations(c):
    """RFC 6888 REQ-6: packets to an exempt destination, transport and port pass as they
    are; all others of the user are translated."""
    c.conf(conf_nat('exempt: ( { prefix = "192.0.2.64/27"; protocol = "udp"; port = 53; } );'))
    packet = ip4(U1, SRV) / UDP(sport=5000, dport=53) / b"question"
    c.translated("forwarded", "inside", inet("inside") / packet, "outside", link("outside")
                 / ip4(U1, SRV, ttl=63) / UDP(sport=5000, dport=53) / b"question")
    p = c.port("p")
    udp_out(c, p, dport=54)
    t, q = c.port("t"), c.port("q")
    c.nat_up(ip4(U1, SRV) / TCP(sport=5000, dport=53, flags="S"),
             ip4(POOL, SRV, ttl=63) / TCP(sport=t, dport=53, flags="S"))
    udp_out(c, q, sport=5001, dst="192.0.2.96")
    c.made(users=1, blocks=1, mappings=3, sessions=3)


def refusal(c, reason, code, user=U1, sport=6000):
    packet = ip4(user, SRV) / UDP(sport=sport, dport=53) / b"question"
    c.drop("inside", inet("inside") / packet, reason)
    answer = (IP(src="10.0.0.1", dst=user, ttl=64, tos=0xc0, id=0)
              / ICMP(type=3, code=code) / Raw(bytes(packet)))
    c.tx("inside", link("inside") / answer)
    c.flow("icmp_errors_sent", len(bytes(answer)))


@case
def refusal_host_unreachable(c):
    """RFC 6888 REQ-11B: when resources have ended the inside is told host unreachable, if
    so configured."""
    c.events(log_records=1)
    c.conf(conf_nat('refusal = "host-unreachable"; '
                    'port_range: { mode = "static"; size = 64512; };'))
    p = c.port("p", size=64512)
    udp_out(c, p)
    refusal(c, "no_address", 1, user=U2)
    udp_in(c, p)
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def refusal_admin_prohibited(c):
    """RFC 5508 REQ-8: or that communication is administratively prohibited."""
    c.events(log_records=1)
    c.conf(conf_nat('refusal = "admin-prohibited"; limits: { sessions: { total = 1; }; };'))
    first_udp(c)
    refusal(c, "limit_sessions", 13)
