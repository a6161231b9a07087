# SPDX-License-Identifier: BSD-3-Clause
"""Cases of time: expiry, refresh, the TCP state machine, quarantine. A frame's time stamp
is the clock of the box: nothing waits."""
from scapy.all import ICMP, TCP, UDP

from caselib import POOL, SRV, SRV2, case, conf_nat, inet, ip4
from cases_limits import refused
from cases_nat44 import U1, U2, USER, first_udp, udp_in, udp_out


def expires(c, after, **left):
    """The one session still exists shortly before `after` seconds from the last packet,
    and is gone, with mapping, block and user, shortly behind."""
    start = c.now
    c.now = start + round(after * 1000) - 500
    c.state(sessions=left.get("sessions", 1))
    c.now = start + round(after * 1000) + 1500
    c.state(sessions=0, mappings=0, users=0, blocks=0)
    c.gone(users=1, blocks=1, mappings=1, sessions=1)


@case
def age_udp_300(c):
    """RFC 4787 REQ-5: a UDP mapping lives for 300 s after its last packet, then the packet
    from outside finds nothing."""
    c.conf(conf_nat())
    p = first_udp(c)
    expires(c, 300)
    c.drop("outside", inet() / ip4(SRV, POOL) / UDP(sport=53, dport=p) / b"x", "no_mapping")


@case
def age_udp_configured(c):
    """RFC 4787 REQ-5: the timer is configurable."""
    c.conf(conf_nat("timers: { udp = 30; };"))
    first_udp(c)
    expires(c, 30)


@case
def age_profile_huawei(c):
    """RFC 4787 REQ-5b, RFC 5508 REQ-2a: the other timer profile: UDP 240 s, ICMP 20 s."""
    c.conf(conf_nat('timers: { profile = "huawei"; };'))
    first_udp(c)
    i = c.port("icmp")
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=1), ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=i))
    c.made(mappings=1, sessions=1)
    c.now += 21500
    c.state(sessions=1)
    c.gone(mappings=1, sessions=1)
    c.now -= 21500
    expires(c, 240)


@case
def age_icmp_60(c):
    """RFC 5508 REQ-2: an ICMP query session lives for 60 s."""
    c.conf(conf_nat())
    i = c.port("icmp")
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=1), ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=i))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    expires(c, 60)


@case
def refresh_outbound(c):
    """RFC 4787 REQ-6: packets from the inside keep a mapping alive."""
    c.conf(conf_nat())
    p = first_udp(c)
    for _ in range(3):
        c.wait(290)
        udp_out(c, p)
    expires(c, 300)


@case
def refresh_inbound_off(c):
    """RFC 4787 REQ-6: packets from the outside do not, or anybody could hold a mapping
    open for ever."""
    c.conf(conf_nat())
    p = first_udp(c)
    start = c.now
    c.wait(200)
    udp_in(c, p)
    c.now = start
    expires(c, 300)


@case
def mapping_outlives_one_session(c):
    """RFC 4787 REQ-1: a mapping lives as long as one of its sessions, and keeps its port
    for new ones."""
    c.conf(conf_nat())
    p = first_udp(c)
    c.wait(200)
    udp_out(c, p, dst=SRV2)
    c.wait(150)
    c.state(sessions=1, mappings=1)
    udp_out(c, p)
    c.made(sessions=2)
    c.gone(sessions=1)
    c.state(sessions=2, mappings=1, users=1, blocks=1)


class Tcp:
    """A TCP connection of user 1 seen by the box."""

    def __init__(self, c, opener="up"):
        self.c, self.p = c, c.port("tcp")
        c.made(users=1, blocks=1, mappings=1, sessions=1)

    def up(self, flags):
        self.c.nat_up(ip4(U1, SRV) / TCP(sport=5000, dport=80, flags=flags),
                      ip4(POOL, SRV, ttl=63) / TCP(sport=self.p, dport=80, flags=flags))

    def down(self, flags):
        self.c.nat_down(ip4(SRV, POOL) / TCP(sport=80, dport=self.p, flags=flags),
                        ip4(SRV, U1, ttl=63) / TCP(sport=80, dport=5000, flags=flags))

    def open(self):
        self.up("S")
        self.down("SA")
        self.up("A")
        return self


@case
def tcp_established_7440(c):
    """RFC 5382 REQ-5: an established connection may be idle for 2 h 4 min."""
    c.conf(conf_nat())
    Tcp(c).open()
    expires(c, 7440)


@case
def tcp_established_refresh_from_outside(c):
    """RFC 6146 3.5.2.2: traffic of an established connection refreshes in either
    direction."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    c.wait(7000)
    t.down("A")
    expires(c, 7440)


@case
def tcp_syn_sent_transitory_240(c):
    """RFC 5382 REQ-5: a connection that is never answered goes after 4 minutes."""
    c.conf(conf_nat())
    Tcp(c).up("S")
    expires(c, 240)


@case
def tcp_closed_transitory_240(c):
    """RFC 7857 2: after FINs both ways a connection is kept for 4 minutes more, and late
    segments pass without prolonging it."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    t.up("FA")
    t.down("FA")
    start = c.now
    t.up("A")
    c.wait(100)
    t.down("A")
    c.now = start
    expires(c, 240)


@case
def tcp_half_closed_7440(c):
    """RFC 7857 2: a FIN from one side alone leaves the established timer running."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    t.up("FA")
    t.down("A")
    expires(c, 7440)


@case
def tcp_reset_transitory_240(c):
    """RFC 7857 2: a RST is translated, and the session goes after 4 minutes."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    t.down("R")
    expires(c, 240)


@case
def tcp_reset_revoked_by_data(c):
    """RFC 6146 3.5.2.2: a RST that the ends do not believe (data follows) leaves the
    connection established."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    t.down("R")
    t.up("A")
    expires(c, 7440)


@case
def tcp_simultaneous_open(c):
    """RFC 5382 REQ-2: both ends send a SYN: the connection is established."""
    c.conf(conf_nat())
    t = Tcp(c)
    t.up("S")
    t.down("S")
    t.up("SA")
    t.down("SA")
    expires(c, 7440)


@case
def tcp_inbound_syn_6(c):
    """RFC 5382 REQ-4, RFC 6146 3.5.2.2: an inbound SYN to a mapping that the user does not
    answer is forgotten after 6 s; the mapping has its own life."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    start = c.now
    c.nat_down(ip4(SRV2, POOL) / TCP(sport=99, dport=t.p, flags="S"),
               ip4(SRV2, U1, ttl=63) / TCP(sport=99, dport=5000, flags="S"))
    c.made(sessions=1)
    c.wait(5)
    c.state(sessions=2)
    c.wait(3)
    c.state(sessions=1, mappings=1)
    c.gone(sessions=1)
    c.now = start
    expires(c, 7440)


@case
def tcp_inbound_syn_accepted(c):
    """RFC 5382 REQ-3: with endpoint-independent filtering a peer may open a connection to
    a mapping, and the user's answer establishes it."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    c.nat_down(ip4(SRV2, POOL) / TCP(sport=99, dport=t.p, flags="S"),
               ip4(SRV2, U1, ttl=63) / TCP(sport=99, dport=5000, flags="S"))
    c.nat_up(ip4(U1, SRV2) / TCP(sport=5000, dport=99, flags="SA"),
             ip4(POOL, SRV2, ttl=63) / TCP(sport=t.p, dport=99, flags="SA"))
    c.made(sessions=1)
    c.wait(3600)
    c.state(sessions=2)


@case
def tcp_reopened_after_close(c):
    """RFC 9293 3.6.1: a SYN on the ports of a closed connection opens a new one on the
    same mapping."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    t.up("FA")
    t.down("FA")
    t.up("A")
    c.wait(10)
    t.open()
    expires(c, 7440)


@case
def quarantine_120(c):
    """RFC 6888 REQ-8: the ports of a user that has gone wait for 120 s before another
    user gets them; the other user's traffic goes on meanwhile."""
    c.events(log_records=1)
    c.conf(conf_nat('port_range: { mode = "static"; size = 32256; };\n'
                    "timers: { udp = 30; };"))
    p = c.port("one", block="one", size=32256)
    q = c.port("two", block="two", size=32256)
    udp_out(c, p, user=U1)
    udp_out(c, q, user=U2)
    for _ in range(2):
        c.wait(20)
        udp_out(c, q, user=U2)
    c.made(users=2, blocks=2, mappings=2, sessions=2)
    c.gone(users=1, blocks=1, mappings=1, sessions=1)
    # the first user went 30 s after its packet, within a second
    c.state(users=1, blocks=1, quarantined=1)
    gone = c.now - 10000
    for t in range(20, 119, 20):
        c.now = gone + t * 1000
        udp_out(c, q, user=U2)
    c.now = gone + 118000
    refused(c, "no_address", user=USER % 3)
    udp_out(c, q, user=U2)
    c.now = gone + 122000
    r = c.port("three", block="one", size=32256)
    udp_out(c, r, user=USER % 3)
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    c.state(users=2, quarantined=0)


@case
def age_icmp_configured(c):
    """RFC 5508 REQ-2a: the timer of ICMP queries is configurable."""
    c.conf(conf_nat("timers: { icmp = 90; };"))
    i = c.port("icmp")
    c.nat_up(ip4(U1, SRV) / ICMP(type=8, id=1), ip4(POOL, SRV, ttl=63) / ICMP(type=8, id=i))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    expires(c, 90)


@case
def tcp_established_configured(c):
    """RFC 5382 REQ-5a: the established timer is configurable."""
    c.conf(conf_nat("timers: { tcp_established = 600; };"))
    Tcp(c).open()
    expires(c, 600)


@case
def tcp_transitory_configured(c):
    """RFC 7857 2.1: the opening timer is configurable alone, below four minutes as well."""
    c.conf(conf_nat("timers: { tcp_transitory = 30; tcp_closing = 240; };"))
    t = Tcp(c)
    t.up("S")
    start = c.now
    expires(c, 30)
    c.now = start + 40000
    t.p = c.port("again", block="B")
    t.c.made(users=1, blocks=1, mappings=1, sessions=1)
    t.open()
    t.down("R")
    expires(c, 240)


@case
def tcp_closing_configured(c):
    """RFC 7857 2.1: the closing timer is configurable alone: after both FINs, and after a
    RST."""
    c.conf(conf_nat("timers: { tcp_closing = 30; };"))
    t = Tcp(c).open()
    t.up("FA")
    t.down("FA")
    t.up("A")
    start = c.now
    expires(c, 30)
    c.now = start + 40000
    t.p = c.port("again", block="B")
    t.c.made(users=1, blocks=1, mappings=1, sessions=1)
    t.up("S")
    t.down("RA")
    expires(c, 30)


@case
def tcp_reset_from_inside(c):
    """RFC 7857 2.2: a RST of the user is translated, and its session waits 4 minutes."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    t.up("RA")
    t.down("A")  # was on its way; the RST may have been forged
    t.up("R")
    t.up("R")
    expires(c, 240)


@case
def tcp_reset_of_the_opening(c):
    """RFC 7857 2.2: a refused connection: the RST is translated, the user may try again on
    the same mapping."""
    c.conf(conf_nat())
    t = Tcp(c)
    t.up("S")
    t.down("RA")
    c.wait(5)
    t.open()
    expires(c, 7440)


def stranger(t, flags, up=False):
    """A segment of a peer outside that the user has not called, or to it."""
    if up:
        t.c.nat_up(ip4(U1, SRV2) / TCP(sport=5000, dport=99, flags=flags),
                   ip4(POOL, SRV2, ttl=63) / TCP(sport=t.p, dport=99, flags=flags))
    else:
        t.c.nat_down(ip4(SRV2, POOL) / TCP(sport=99, dport=t.p, flags=flags),
                     ip4(SRV2, U1, ttl=63) / TCP(sport=99, dport=5000, flags=flags))


@case
def tcp_inbound_syn_refused_6(c):
    """RFC 7857 7.1: the RST by which the user answers a SYN from outside is translated and
    refreshes nothing: 6 s behind the SYN all is as before."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    start = c.now
    stranger(t, "S")
    c.made(sessions=1)
    c.wait(4)
    stranger(t, "RA", up=True)
    c.state(sessions=2)
    c.wait(4)
    c.state(sessions=1, mappings=1)
    c.gone(sessions=1)
    c.now = start
    expires(c, 7440)


@case
def tcp_inbound_syn_repeated_6(c):
    """RFC 6146 3.5.2.2: SYNs that a stranger repeats do not keep its half-open session."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    start = c.now
    stranger(t, "S")
    c.made(sessions=1)
    for _ in range(2):
        c.wait(2)
        stranger(t, "S")
    c.wait(4)
    c.state(sessions=1, mappings=1)
    c.gone(sessions=1)
    c.now = start
    expires(c, 7440)


@case
def tcp_simultaneous_open_outside_first(c):
    """RFC 5382 REQ-2a: the SYN from outside comes first; the user's own SYN, which crossed
    it, and both SYN-ACKs pass."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    stranger(t, "S")
    stranger(t, "S", up=True)
    stranger(t, "SA")
    stranger(t, "SA", up=True)
    c.made(sessions=1)
    c.wait(3600)
    c.state(sessions=2)


@case
def tcp_simultaneous_open_endpoint_dependent(c):
    """RFC 5382 REQ-2a: with endpoint-dependent mapping and filtering the SYN of the peer
    whom the user has called passes."""
    c.conf(conf_nat('mapping = "endpoint-dependent"; filtering = "endpoint-dependent";'))
    t = Tcp(c)
    t.up("S")
    t.down("S")
    t.up("SA")
    t.down("SA")
    t.up("A")
    expires(c, 7440)


@case
def tcp_data_and_reset_of_strangers(c):
    """RFC 6146 3.5.2.2: from a peer without a session only a SYN is let in."""
    c.conf(conf_nat())
    t = Tcp(c).open()
    for flags in ("A", "PA", "FA", "R", "RA"):
        c.drop("outside", inet() / ip4(SRV2, POOL)
               / TCP(sport=99, dport=t.p, flags=flags), "tcp_no_syn")
    c.state(sessions=1)


@case
def refresh_is_of_the_user_alone(c):
    """RFC 4787 REQ-6: each session of a mapping is refreshed by its own packets; the
    mapping lives as long as the last of them."""
    c.conf(conf_nat())
    p = first_udp(c)
    udp_out(c, p, dst=SRV2)
    c.made(sessions=1)
    for _ in range(2):
        c.wait(250)
        udp_out(c, p, dst=SRV2)
    c.state(sessions=1, mappings=1)
    c.gone(sessions=1)
    expires(c, 300)


def passed_on(c, time, before=True):
    """A user's only block goes to another one `time` s after its end, and not earlier."""
    p, q = (c.port(n, size=64512) for n in ("p", "q"))
    udp_out(c, p, user=U1)
    start = c.now + 30000  # the user goes within a second of this
    if before:
        c.now = start + (time - 1) * 1000
        refused(c, "no_address", user=U2)
        c.events(log_records=1)
    c.now = start + (time + 2) * 1000
    udp_out(c, q, user=U2)
    c.made(users=2, blocks=2, mappings=2, sessions=2)
    c.gone(users=1, blocks=1, mappings=1, sessions=1)


ONE_BLOCK = ('port_range: { mode = "static"; size = 64512; };\n'
             "timers: { udp = 30; };")


@case
def quarantine_configured(c):
    """RFC 6888 REQ-8: how long freed ports wait is configurable."""
    c.conf("quarantine: { time = 20; };", conf_nat(ONE_BLOCK))
    passed_on(c, 20)


@case
def quarantine_off(c):
    """RFC 6888 REQ-8: and may be nothing."""
    c.conf("quarantine: { time = 0; };", conf_nat(ONE_BLOCK))
    passed_on(c, 0, before=False)


@case
def quarantine_of_so_many_ports(c):
    """RFC 6888 REQ-8: how many ports of an address may wait is configurable; what is more
    serves at once."""
    c.conf("quarantine: { ports = 64511; };", conf_nat(ONE_BLOCK))
    passed_on(c, 0, before=False)
