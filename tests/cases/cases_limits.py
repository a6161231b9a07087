# SPDX-License-Identifier: BSD-3-Clause
"""Cases of port blocks, limits and exhaustion: RFC 6888 REQ-4, REQ-5, REQ-11."""
from scapy.all import ICMP, TCP, UDP

from caselib import POOL, SRV, USER, case, conf_ds, conf_nat, inet, ip4, softwire_up
from cases_nat44 import U1, U2, first_udp, udp_in, udp_out


def refused(c, reason, user=U1, sport=5000, dst=SRV, l4=None):
    """A first packet from the inside that is not let through."""
    c.drop("inside", inet("inside") / ip4(user, dst)
           / (l4 or UDP(sport=sport, dport=53) / b"question"), reason)


@case
def block_dynamic_second_after_64(c):
    """RFC 6888 REQ-13, REQ-14: a user's ports come out of one block of 64; the 65th flow
    takes a second block of the same address."""
    c.conf(conf_nat('port_range: { mode = "dynamic"; size = 64; };'))
    for n in range(64):
        udp_out(c, c.port("p%d" % n, block="first"), sport=5000 + n)
    c.state(blocks=1, mappings=64)
    udp_out(c, c.port("q", block="second"), sport=6000)
    c.made(users=1, blocks=2, mappings=65, sessions=65)
    c.state(blocks=2, mappings=65, users=1)


@case
def block_static_full(c):
    """RFC 6888 REQ-4, REQ-11D: a static block is all that a user gets: the next flow is
    refused by name, flows that exist go on, and a new remote of an existing mapping needs
    no port."""
    c.events(log_records=1)
    c.conf(conf_nat('port_range: { mode = "static"; size = 64; };'))
    ports = [c.port("p%d" % n) for n in range(64)]
    for n, p in enumerate(ports):
        udp_out(c, p, sport=5000 + n)
    refused(c, "no_port", sport=6000)
    udp_in(c, ports[63], sport=5063)
    udp_out(c, ports[0], dst="192.0.2.99")
    c.made(users=1, blocks=1, mappings=64, sessions=65)
    c.state(blocks=1, mappings=64)


@case
def block_shared_by_transports(c):
    """RFC 6888 REQ-13: one block serves all transports: 64 UDP ports leave 64 TCP ports and
    64 identifiers of the same block free."""
    c.conf(conf_nat('port_range: { mode = "static"; size = 64; };'))
    for n in range(64):
        udp_out(c, c.port("u%d" % n), sport=5000 + n)
    t, i = c.port("tcp"), c.port("icmp")
    c.nat_up(ip4(U1, SRV) / TCP(sport=5000, dport=80, flags="S"),
             ip4(POOL, SRV, ttl=63) / TCP(sport=t, dport=80, flags="S"))
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=1), ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=i))
    c.made(users=1, blocks=1, mappings=66, sessions=66)


@case
def block_semi_dynamic(c):
    """RFC 6888 REQ-4: a semi-dynamic user has its first block and so many extensions, then
    no more."""
    c.events(log_records=1)
    c.conf(conf_nat('port_range: { mode = "semi-dynamic"; size = 64; extended_size = 64; '
                    'extended_times = 1; };'))
    for n in range(64):
        udp_out(c, c.port("p%d" % n, block="first"), sport=5000 + n)
    for n in range(64):
        udp_out(c, c.port("q%d" % n, block="second"), sport=6000 + n)
    refused(c, "no_port", sport=7000)
    c.made(users=1, blocks=2, mappings=128, sessions=128)


@case
def address_full(c):
    """RFC 6888 REQ-11: when no block is free a new user is refused by name; the users
    that exist keep their mappings and work on (REQ-11D)."""
    c.events(log_records=1)
    c.conf(conf_nat('port_range: { mode = "static"; size = 32256; };'))
    ports = [c.port("p%d" % n, block="B%d" % n, size=32256) for n in range(2)]
    for n, p in enumerate(ports):
        udp_out(c, p, user=USER % (n + 1))
    refused(c, "no_address", user=USER % 3)
    for n, p in enumerate(ports):
        udp_in(c, p, user=USER % (n + 1))
    c.made(users=2, blocks=2, mappings=2, sessions=2)
    c.state(users=2, blocks=2)


@case
def pool_locked(c):
    """RFC 6888 REQ-11A: a locked pool gives out nothing new."""
    c.events(log_records=1)
    c.conf(conf_nat(group="locked = true;"))
    refused(c, "no_address")
    c.state(users=0)


@case
def pool_overload(c):
    """RFC 6888 REQ-3: when the first pool is full new users get addresses of its overload
    pool."""
    c.events(log_records=1)
    c.conf("""
address_groups: (
  { name = "pool1"; id = 1; addresses = [ "203.0.113.1" ]; overload = "pool2"; },
  { name = "pool2"; id = 2; addresses = [ "203.0.113.99" ]; } );
nat_instances: (
  { name = "nat1"; id = 1; service_instance_group = "group1";
    inside: { ports = [ "inside" ]; };
    outbound: ( { acl = "any"; address_group = "pool1"; } );
    port_range: { mode = "static"; size = 64512; }; } );
""")
    udp_out(c, c.port("p", size=64512), user=U1)
    udp_out(c, c.port("q", size=64512), user=U2, pub="203.0.113.99")
    refused(c, "no_address", user=USER % 3)
    c.made(users=2, blocks=2, mappings=2, sessions=2)


@case
def limit_sessions_total(c):
    """RFC 6888 REQ-5: a user's sessions are limited; another user is not concerned."""
    c.events(log_records=1)
    c.conf(conf_nat("limits: { sessions: { total = 2; }; };"))
    p = first_udp(c)
    udp_out(c, p, dst="192.0.2.90")
    refused(c, "limit_sessions", dst="192.0.2.91")
    udp_out(c, p)
    udp_out(c, c.port("other", block="other"), user=U2)
    c.made(users=1, blocks=1, mappings=1, sessions=2)
    c.state(sessions=3)


@case
def limit_sessions_of_a_transport(c):
    """RFC 6888 REQ-5: the limits of the transports are apart."""
    c.events(log_records=1)
    c.conf(conf_nat("limits: { sessions: { udp = 1; icmp = 1; }; };"))
    first_udp(c)
    refused(c, "limit_sessions", sport=5001)
    i = c.port("icmp")
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=1), ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=i))
    refused(c, "limit_sessions", l4=ICMP(type=8, id=2))
    c.made(mappings=1, sessions=1)
    c.state(sessions=2, mappings=2)


@case
def limit_sessions_inbound(c):
    """RFC 6888 REQ-5: sessions that others open towards a mapping are limited."""
    c.events(log_records=1)
    c.conf(conf_nat("limits: { reverse_sessions: { total = 2; }; };"))
    p = first_udp(c)
    for n in range(2):
        udp_in(c, p, src="192.0.2.%d" % (100 + n))
    c.drop("outside", inet() / ip4("192.0.2.102", POOL) / UDP(sport=53, dport=p) / b"x",
           "limit_reverse")
    udp_in(c, p)
    c.made(sessions=2)
    c.state(sessions=3)


@case
def limit_sessions_inbound_of_a_transport(c):
    """RFC 6888 REQ-5: the limits of the transports are apart for sessions from outside
    too, and apart from those that the user opens."""
    c.events(log_records=1)
    c.conf(conf_nat("limits: { reverse_sessions: { udp = 1; tcp = 2; }; };"))
    p = first_udp(c)
    udp_out(c, p, dst="192.0.2.90")
    udp_in(c, p, src="192.0.2.100")
    c.drop("outside", inet() / ip4("192.0.2.101", POOL) / UDP(sport=53, dport=p) / b"x",
           "limit_reverse")
    t = c.port("tcp")
    c.nat_up(ip4(U1, SRV) / TCP(sport=5000, dport=80, flags="S"),
             ip4(POOL, SRV, ttl=63) / TCP(sport=t, dport=80, flags="S"))
    for n in range(2):
        c.nat_down(ip4("192.0.2.%d" % (100 + n), POOL) / TCP(sport=80, dport=t, flags="S"),
                   ip4("192.0.2.%d" % (100 + n), U1, ttl=63)
                   / TCP(sport=80, dport=5000, flags="S"))
    udp_in(c, p, src="192.0.2.100")
    c.made(mappings=1, sessions=5)
    c.state(sessions=6, mappings=2)


@case
def limit_ports(c):
    """RFC 6888 REQ-4: a user's public ports are limited for each transport, whatever its
    block has left; new remotes of its mappings need none."""
    c.events(log_records=1)
    c.conf(conf_nat("limits: { ports: { udp = 2; }; };"))
    p = first_udp(c)
    udp_out(c, c.port("q"), sport=5001)
    refused(c, "limit_ports", sport=5002)
    udp_out(c, p, dst="192.0.2.90")
    i = c.port("icmp")
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=1), ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=i))
    c.made(mappings=2, sessions=3)


@case
def limit_creation_rate(c):
    """RFC 6888 REQ-4C: new sessions per second of a user are limited; a second later there
    is room again, and a user that keeps trying gets its rate."""
    c.events(log_records=2)
    c.conf(conf_nat("limits: { create_rate = 4; };"))
    for n in range(4):
        udp_out(c, c.port("p%d" % n), sport=5000 + n)
    refused(c, "limit_create_rate", sport=5004)
    refused(c, "limit_create_rate", sport=5005)
    c.wait(1)
    for n in range(4):
        udp_out(c, c.port("q%d" % n), sport=6000 + n)
    refused(c, "limit_create_rate", sport=6004)
    c.made(users=1, blocks=1, mappings=8, sessions=8)
    c.state(sessions=8)


@case
def limit_creation_rate_of_a_busy_user(c):
    """RFC 6888 REQ-4C: a user that tries ten times a second still gets its 4 a second."""
    c.events(log_records=2)
    c.conf(conf_nat("limits: { create_rate = 4; };"))
    for n in range(4):
        udp_out(c, c.port("p%d" % n), sport=5000 + n)
    c.made(users=1, blocks=1, mappings=4, sessions=4)
    for n in range(1, 21):
        c.now = 1000 + 100 * n - 1
        if n % 5 == 0:  # 2 of 4 tokens came back in half a second; one is used
            udp_out(c, c.port("q%d" % n), sport=6000 + n)
            c.made(mappings=1, sessions=1)
            udp_out(c, c.port("r%d" % n), sport=7000 + n)
            c.made(mappings=1, sessions=1)
        elif n % 5 in (1, 2):
            refused(c, "limit_create_rate", sport=6000 + n)
        c.now = 1000 + 100 * n


@case
def limit_creation_rate_of_a_board(c):
    """RFC 6888 REQ-5B: new sessions per second of a board's CPU are limited, whoever opens
    them; sessions that exist go on, a second later there is room again, and a user beyond
    its own rate takes nothing of the board's."""
    c.events(log_records=3)
    c.conf(conf_nat("limits: { create_rate = 3; };"), cpus="slow-licence")
    for n in range(3):
        udp_out(c, c.port("p%d" % n, block="A"), sport=5000 + n)
    refused(c, "limit_create_rate", sport=5003)
    refused(c, "limit_create_rate", sport=5004)
    other = c.port("other", block="B")
    udp_out(c, other, user=U2)
    refused(c, "limit_board_rate", user=U2, sport=5001)
    refused(c, "limit_board_rate", user=U2, sport=5002)
    udp_in(c, other, user=U2)
    c.drop("outside", inet() / ip4("192.0.2.99", POOL) / UDP(sport=53, dport=other) / b"x",
           "limit_board_rate")
    c.wait(1)
    for n in range(3):
        udp_out(c, c.port("q%d" % n, block="B"), user=U2, sport=6000 + n)
    udp_out(c, c.port("third", block="C"), user=USER % 3)
    refused(c, "limit_board_rate", user=USER % 3, sport=5001)
    c.made(users=3, blocks=3, mappings=8, sessions=8)
    c.state(users=3, sessions=8)


@case
def users_per_address(c):
    """RFC 6888 REQ-5: users_per_address: an address takes so many users, then the next
    one."""
    c.events(log_records=1)
    c.conf(conf_nat("limits: { users_per_address = 1; };", pool="203.0.113.0-203.0.113.1"))
    choices = ("203.0.113.0", "203.0.113.1")
    a = c.address("a", *choices)
    b = c.address("b", *choices, unlike=a)
    udp_out(c, c.port("p"), user=U1, pub=a)
    udp_out(c, c.port("q"), user=U2, pub=b)
    refused(c, "no_address", user=USER % 3)
    c.made(users=2, blocks=2, mappings=2, sessions=2)


@case
def licence_users(c):
    """RFC 6888 REQ-11A: the licence's users: one more is refused by name, the others are
    served."""
    c.events(log_records=1)
    c.conf(conf_nat(), cpus="small-licence")
    for n in range(16):
        udp_out(c, c.port("p%d" % n, block="B%d" % n), user=USER % (n + 1))
    refused(c, "users_full", user=USER % 17)
    udp_out(c, c.port("again", block="B0"), user=USER % 1, sport=5001)
    c.made(users=16, blocks=16, mappings=17, sessions=17)


@case
def pool_locked_for_softwires(c):
    """RFC 6888 REQ-11A: a refused first packet of a softwire user leaves nothing behind."""
    c.events(log_records=1)
    c.conf(conf_ds(group="locked = true;"))
    for b4 in (1, 2, 3):
        c.drop("inside", inet("inside") / softwire_up(b4) / ip4("192.168.1.10", SRV)
               / UDP(sport=5000, dport=53) / b"x", "no_address")
    c.state(users=0, sessions=0, mappings=0, blocks=0)
