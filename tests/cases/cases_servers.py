# SPDX-License-Identifier: BSD-3-Clause
"""Cases of servers (static forwards), of SYNs that nobody asked for, and of the segment
size."""
from scapy.all import ICMP, IP, Raw, TCP

from caselib import POOL, SRV, SRV2, SUB, case, conf_ds, conf_nat, inet, ip4, link
from cases_nat44 import U1, U2

SERVER = ('servers: ( { protocol = "tcp"; outside = "203.0.113.1:8080"; '
          'inside = "10.1.0.1:80"; } );')
SOFTWIRE_SERVER = ('servers: ( { protocol = "tcp"; outside = "203.0.113.1:8080"; '
                   'softwire = "2001:db8:100::1"; inside = "192.168.1.10:80"; } );')


def syn(src, sport, dst, dport, flags="S", **kw):
    return ip4(src, dst, **kw) / TCP(sport=sport, dport=dport, flags=flags)


@case
def server_reached_from_outside(c):
    """RFC 6888 REQ-9: without PCP: a published port leads to its host from the first
    packet on, and the host answers from it; it stays when its sessions have gone."""
    c.conf(conf_nat(SERVER))
    c.nat_down(syn(SRV, 4000, POOL, 8080), syn(SRV, 4000, U1, 80, ttl=63))
    c.nat_up(syn(U1, 80, SRV, 4000, "SA"), syn(POOL, 8080, SRV, 4000, "SA", ttl=63))
    c.nat_down(syn(SRV, 4000, POOL, 8080, "R"), syn(SRV, 4000, U1, 80, "R", ttl=63))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
    c.wait(242)
    c.state(users=1, mappings=1, sessions=0)
    c.nat_down(syn(SRV2, 4001, POOL, 8080), syn(SRV2, 4001, U1, 80, ttl=63))
    c.made(sessions=1)
    c.gone(sessions=1)


@case
def server_behind_a_softwire(c):
    """RFC 6333 8.5: the same for a host behind a B4: the packet goes into its softwire
    although the B4 has sent none."""
    c.conf(conf_ds(SOFTWIRE_SERVER))
    c.ds_down(syn(SRV, 4000, POOL, 8080), syn(SRV, 4000, SUB, 80, ttl=63))
    c.ds_up(syn(SUB, 80, SRV, 4000, "SA"), syn(POOL, 8080, SRV, 4000, "SA", ttl=63))
    c.made(users=1, blocks=1, mappings=1, sessions=1)


@case
def server_reached_from_inside(c):
    """RFC 4787 REQ-9: another user reaches the published port by its public address."""
    c.conf(conf_nat(SERVER))
    p = c.port("p")
    c.translated("nat44_up", "inside", inet("inside") / syn(U2, 6000, POOL, 8080), "inside",
                 link("inside") / syn(POOL, p, U1, 80, ttl=62))
    c.flow("nat44_down", 40)
    c.flow("hairpin", 40)
    c.made(users=2, blocks=2, mappings=2, sessions=2)


@case
def server_filters_nothing(c):
    """RFC 4787 REQ-8a: a server is for everybody, also where filtering is
    endpoint-dependent."""
    c.conf(conf_nat(SERVER + 'filtering = "endpoint-dependent"; '
                             'mapping = "endpoint-dependent";'))
    for n in range(3):
        src = "192.0.2.%d" % (100 + n)
        c.nat_down(syn(src, 4000, POOL, 8080), syn(src, 4000, U1, 80, ttl=63))
    c.made(users=1, blocks=1, mappings=1, sessions=3)


# -- unsolicited SYNs

def refused_syn(c, packet):
    """What the sender is told, six seconds behind the packet."""
    answer = (IP(src=POOL, dst=packet.src, ttl=64, tos=0xc0, id=0)
              / ICMP(type=3, code=3) / Raw(bytes(packet)))
    c.tx("outside", link("outside") / answer, after=6000)
    c.flow("icmp_errors_sent", len(bytes(answer)))


@case
def tcp_unsolicited_syn_held(c):
    """RFC 5382 REQ-4: a SYN to a port that nobody holds is not answered for 6 s, then
    refused with port unreachable; other segments disappear at once."""
    c.conf(conf_nat())
    packet = syn(SRV, 4000, POOL, 5555)
    c.drop("outside", inet() / packet, "no_mapping")
    refused_syn(c, packet)
    c.now -= 1
    c.drop("outside", inet() / syn(SRV, 4000, POOL, 5555, "SA"), "no_mapping")
    c.end(8)


@case
def tcp_unsolicited_syn_overtaken(c):
    """RFC 5382 REQ-4: when the user sends its own SYN to the peer within 6 s the held one
    ends silently: both are opening at the same time."""
    c.conf(conf_nat('filtering = "endpoint-dependent";'))
    p = c.port("p")
    c.nat_up(syn(U1, 5000, SRV2, 80), syn(POOL, p, SRV2, 80, ttl=63))
    c.rx("outside", inet() / syn(SRV, 4000, POOL, p))
    c.wait(2)
    c.nat_up(syn(U1, 5000, SRV, 4000), syn(POOL, p, SRV, 4000, ttl=63))
    c.made(users=1, blocks=1, mappings=1, sessions=2)
    c.dropped("syn_answered")
    c.end(8)


# -- segment size

def sized(src, sport, dst, dport, mss, flags="S", **kw):
    return ip4(src, dst, **kw) / TCP(sport=sport, dport=dport, flags=flags,
                                     options=[("NOP", None), ("MSS", mss), ("SAckOK", b"")])


@case
def mss_clamped_by_the_softwire(c):
    """RFC 6333 5.3, RFC 9293 3.7.1: the segment size of a SYN is lowered to what fits into
    the softwire, both ways; a smaller one stays."""
    c.conf(conf_ds())
    for n, (mss, seen) in enumerate(((1460, 1420), (1421, 1420), (1420, 1420), (536, 536))):
        p = c.port("p%d" % n)
        c.ds_up(sized(SUB, 5000 + n, SRV, 80, mss), sized(POOL, p, SRV, 80, seen, ttl=63))
        c.ds_down(sized(SRV, 80, POOL, p, mss, "SA"),
                  sized(SRV, 80, SUB, 5000 + n, seen, "SA", ttl=63))
    c.made(users=1, blocks=1, mappings=4, sessions=4)


@case
def mss_clamped_as_configured(c):
    """RFC 9293 3.7.1: tcp_mss lowers the segment size of a SYN, and of nothing else."""
    c.conf(conf_nat("tcp_mss = 1300;"))
    p = c.port("p")
    c.nat_up(sized(U1, 5000, SRV, 80, 1460), sized(POOL, p, SRV, 80, 1300, ttl=63))
    c.nat_down(sized(SRV, 80, POOL, p, 1200, "SA"),
               sized(SRV, 80, U1, 5000, 1200, "SA", ttl=63))
    c.nat_up(sized(U1, 5000, SRV, 80, 1460, "A"), sized(POOL, p, SRV, 80, 1460, "A", ttl=63))
    c.made(users=1, blocks=1, mappings=1, sessions=1)
