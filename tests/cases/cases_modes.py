# SPDX-License-Identifier: BSD-3-Clause
"""Cases of port modes without blocks as needed: single ports, deterministic ports.

With deterministic blocks of one port (RFC 7422) everything about a user is known
beforehand: of N addresses user number u has the number u mod N and there the port
1024 + u / N."""
from scapy.all import ICMP, TCP, UDP

from caselib import SRV, SUB, USER, case, conf_ds, conf_nat, inet, ip4, link
from caselib import softwire_down, softwire_up
from cases_cpus import handed
from cases_limits import refused
from cases_nat44 import udp_in, udp_out

ADDR = "203.0.113.%d"
RULE = 'port_range: { mode = "deterministic"; size = 1; };'
USERS = """
acls: ( { name = "users"; permit = [ "10.1.0.0/26", "10.1.1.0/28" ]; } );
"""


def place(number, addresses):
    """Public address and port of a user."""
    return ADDR % (1 + number % addresses), 1024 + number // addresses


def conf_rule(addresses, more="", **kw):
    pool = "%s-%s" % (ADDR % 1, ADDR % addresses)
    return USERS + conf_nat(RULE + "\n" + more, pool=pool, acl="users", **kw)


@case
def deterministic_nat44(c):
    """RFC 7422 2: address and port follow from the number of the user, which is its place
    in the prefixes of the ACL."""
    c.conf(conf_rule(3))
    for number, user in ((0, "10.1.0.0"), (1, USER % 1), (5, USER % 5), (63, USER % 63),
                         (64, "10.1.1.0"), (79, "10.1.1.15")):
        pub, port = place(number, 3)
        udp_out(c, port, user=user, pub=pub)
        udp_in(c, port, user=user, pub=pub)
    c.made(users=6, blocks=6, mappings=6, sessions=6)


@case
def deterministic_block_is_all(c):
    """RFC 7422 2, RFC 6888 REQ-4: a deterministic user has its block of each transport and
    never another; a user that the rule does not know is not translated."""
    c.events(log_records=1)
    c.conf(conf_rule(2))
    pub, port = place(9, 2)
    udp_out(c, port, user=USER % 9, pub=pub)
    refused(c, "no_port", user=USER % 9, sport=5001)
    c.nat_up(ip4(USER % 9, SRV) / TCP(sport=7, dport=80, flags="S"),
             ip4(pub, SRV, ttl=63) / TCP(sport=port, dport=80, flags="S"))
    c.nat_up(ip4(USER % 9, SRV) / ICMP(type=8, id=8),
             ip4(pub, SRV, ttl=63) / ICMP(type=8, id=port))
    packet = ip4(USER % 64, SRV) / UDP(sport=5000, dport=53) / b"question"
    c.translated("forwarded", "inside", inet("inside") / packet, "outside", link("outside")
                 / ip4(USER % 64, SRV, ttl=63) / UDP(sport=5000, dport=53) / b"question")
    c.made(users=1, blocks=1, mappings=3, sessions=3)


@case
def deterministic_returns_at_once(c):
    """RFC 6888 REQ-8 (b): the block is nobody else's and needs no rest: a user that comes
    back has the same ports, however soon. RFC 7422: nothing is logged."""
    c.conf(conf_rule(2, "timers: { udp = 10; };"))
    pub, port = place(12, 2)
    for _ in range(3):
        udp_out(c, port, user=USER % 12, pub=pub)
        c.state(users=1, blocks=1)
        c.wait(12)
    c.state(users=0, blocks=0)
    c.made(users=3, blocks=3, mappings=3, sessions=3)
    c.gone(users=3, blocks=3, mappings=3, sessions=3)
    c.end(1)


@case
def deterministic_ds_lite(c):
    """RFC 7422 for softwires: the number is that of the B4 in remote_ipv6, whatever its
    inside address is."""
    c.conf(conf_ds(RULE, pool="203.0.113.1-203.0.113.2").replace("::/40", "::/120"))
    for b4 in (1, 2, 77, 255):
        pub, port = place(b4, 2)
        c.ds_up(ip4(SUB, SRV) / UDP(sport=5000, dport=53) / b"question",
                ip4(pub, SRV, ttl=63) / UDP(sport=port, dport=53) / b"question", b4=b4,
                outer=softwire_up(b4))
        c.ds_down(ip4(SRV, pub) / UDP(sport=53, dport=port) / b"answer",
                  ip4(SRV, SUB, ttl=63) / UDP(sport=53, dport=5000) / b"answer", b4=b4,
                  outer=softwire_down(b4))
    c.made(users=4, blocks=4, mappings=4, sessions=4)


@case
def deterministic_two_cpus(c):
    """RFC 7422 2: the rule decides about the address, and the address about location and
    CPU: both ways of a user meet there. The first of two addresses belongs to location 2 on
    worker 1, the second to location 1 on worker 0."""
    c.conf(conf_rule(2), cpus="two-cpus")
    for number in (6, 7, 10, 21):
        pub, port = place(number, 2)
        user, home = USER % number, 1 - number % 2
        for worker in (0, 1):
            frames = (ip4(user, SRV) / UDP(sport=5000, dport=53) / b"question",
                      ip4(SRV, pub) / UDP(sport=53, dport=port) / b"answer")
            udp_out(c, port, user=user, pub=pub, worker=worker)
            udp_in(c, port, user=user, pub=pub, worker=worker)
            if worker != home:
                for side, frame in zip(("inside", "outside"), frames):
                    handed(c, len(bytes(inet(side) / frame)))
    c.made(users=4, blocks=4, mappings=4, sessions=4)


SINGLE = 'port_range: { mode = "single"; };'


def single_port(c, name):
    return c.port(name, block="address", size=64512)


@case
def single_ports(c):
    """Mode single: every mapping has a port of its own and no user a block; transports may
    have the same one. All is gone with the last session."""
    c.conf(conf_nat(SINGLE + " timers: { udp = 30; icmp = 30; tcp_transitory = 30; };"))
    for n in range(20):
        p = single_port(c, "p%d" % n)
        udp_out(c, p, sport=5000 + n, user=USER % (n % 3))
        udp_in(c, p, sport=5000 + n, user=USER % (n % 3))
    t, i = single_port(c, "tcp"), single_port(c, "icmp")
    c.nat_up(ip4(USER % 1, SRV) / TCP(sport=7, dport=80, flags="S"),
             ip4(ADDR % 1, SRV, ttl=63) / TCP(sport=t, dport=80, flags="S"))
    c.nat_up(ip4(USER % 1, SRV) / ICMP(type=8, id=8),
             ip4(ADDR % 1, SRV, ttl=63) / ICMP(type=8, id=i))
    c.state(users=3, blocks=0, mappings=22)
    c.made(users=3, mappings=22, sessions=22)
    c.gone(users=3, mappings=22, sessions=22)
    c.wait(33)
    c.state(users=0, blocks=0, mappings=0)


@case
def single_shares_a_mapping(c):
    """RFC 4787 REQ-1: with endpoint-independent mapping the port belongs to the inside
    port, not to the session."""
    c.conf(conf_nat(SINGLE))
    p = single_port(c, "p")
    udp_out(c, p)
    udp_out(c, p, dst="192.0.2.99")
    c.made(users=1, mappings=1, sessions=2)


@case
def single_users_per_address(c):
    """An address has no more users than `users_per_address`, and each has one address
    (RFC 6888 REQ-2)."""
    c.events(log_records=1)
    c.conf(conf_nat(SINGLE + " limits: { users_per_address = 2; };"))
    for n in range(2):
        udp_out(c, single_port(c, "p%d" % n), user=USER % n)
    refused(c, "no_address", user=USER % 3)
    udp_out(c, single_port(c, "q"), user=USER % 1, sport=5001)
    c.made(users=2, mappings=3, sessions=3)


@case
def single_is_logged_by_port(c):
    """RFC 6888 REQ-12, RFC 8158 NAT44 BIB create and delete: without blocks each port is
    logged when it is given and when it comes back, once for all its sessions."""
    c.conf(conf_nat(SINGLE + """ timers: { udp = 10; };
        log: { hosts = [ "c1" ]; events = "blocks"; };"""),
        'log_hosts: ( { name = "c1"; address = "192.0.2.9"; } );')
    p = single_port(c, "p")
    udp_out(c, p)
    udp_out(c, p, dst="192.0.2.99")
    udp_out(c, single_port(c, "q"), sport=5001)
    c.wait(13)
    c.state(users=0, mappings=0)
    c.made(users=1, mappings=2, sessions=3)
    c.gone(users=1, mappings=2, sessions=3)
    c.events(log_records=4)
