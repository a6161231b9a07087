# SPDX-License-Identifier: BSD-3-Clause
"""Cases of the FTP gateway. Servers publish the data ports, so that the public ports in
the text are known; what is announced without one is in tests/unit/test_alg.c."""
from scapy.all import ICMP, IP, Raw, TCP

from caselib import (POOL, SRV, SRV2, SUB, case, conf_ds, conf_nat, inet, ip4, link,
                     softwire_down, softwire_up)
from cases_fragments import frags4
from cases_icmp import cut, error
from cases_nat44 import U1

FTP = 'alg = [ "ftp" ]; '
DATA = 2024  # inside port of data connections
PUBLIC = 60000  # its public one: 234 * 256 + 96


def nat(public=PUBLIC, more="", inside=DATA):
    return conf_nat(FTP + more + 'servers: ( { protocol = "tcp"; outside = "203.0.113.1:%d"; '
                    'inside = "10.1.0.1:%d"; } );' % (public, inside))


def ds(public=PUBLIC, more="", inside=DATA):
    return conf_ds(FTP + more + 'servers: ( { protocol = "tcp"; outside = "203.0.113.1:%d"; '
                   'softwire = "2001:db8:100::1"; inside = "192.168.1.10:%d"; } );'
                   % (public, inside))


class Control:
    """A control connection; numbers are those of the inside host. The stream that the
    outside sees has its own: behind an edit (place, bytes before, bytes behind) they are
    shifted."""

    def __init__(self, c, softwire=False, server=False, peer=SRV, public=None):
        self.c, self.softwire, self.peer = c, softwire, peer
        self.host = SUB if softwire else U1
        self.inside = 21 if server else 5000
        self.remote = 4000 if server else 21
        self.public = public or c.port("control")
        self.seq, self.ack, self.edits = 1000, 7000, []
        first, second = (self.down, self.up) if server else (self.up, self.down)
        if server:
            self.ack = 6999
            first(b"", flags="S", ack=0)
            self.seq, self.ack = 999, 7000
            second(b"", flags="SA")
            self.seq = 1000
            first(b"")
        else:
            self.seq = 999
            first(b"", flags="S", ack=0)
            self.seq, self.ack = 1000, 6999
            second(b"", flags="SA")
            self.ack = 7000
            first(b"")
        c.made(users=0, sessions=1)
        c.events(alg_opened=1)

    def behind(self, seq):
        """The number that the outside sees in place of the inside host's."""
        return seq + sum(is_ - was for at, was, is_ in self.edits if seq > at)

    def sent(self, data, seq, **tcp):
        return (ip4(self.host, self.peer) / TCP(sport=self.inside, dport=self.remote,
                                                **{"flags": "PA", "ack": self.ack, **tcp,
                                                   "seq": seq}) / Raw(data))

    def seen(self, data, seq, **tcp):
        return (ip4(POOL, self.peer, ttl=63)
                / TCP(sport=self.public, dport=self.remote,
                      **{"flags": "PA", "ack": self.ack, **tcp, "seq": self.behind(seq)})
                / Raw(data))

    def up(self, data, becomes=None, seq=None, edit=None, again=False, **tcp):
        """A segment of the inside host; becomes: what its bytes are outside; edit: what
        is replaced in it, and by what."""
        at = self.seq if seq is None else seq
        out = self.seen(data if becomes is None else becomes, at, **tcp)
        self.through(self.sent(data, at, **tcp), out)
        if edit:
            old, new = edit
            self.edits.append((at + data.index(old), len(old), len(new)))
        if seq is None:
            self.seq += len(data)

    def through(self, packet, out):
        c = self.c
        outer = softwire_up() / packet if self.softwire else packet
        c.rx("inside", inet("inside") / outer)
        c.tx("outside", link("outside") / out)
        c.flow("ds_lite_up" if self.softwire else "nat44_up", len(bytes(out)))

    def down(self, data, ack=None, options=((), ()), **tcp):
        """A segment of the peer, which acknowledges all that was sent, or up to ack (as
        the inside host counts)."""
        ack = self.seq if ack is None else ack
        fields = {"flags": "PA", "seq": self.ack, **tcp}
        packet = ip4(self.peer, POOL) / TCP(sport=self.remote, dport=self.public,
                                            ack=self.behind(ack) if ack else 0,
                                            options=list(options[0]), **fields) / Raw(data)
        inner = (ip4(self.peer, self.host, ttl=63)
                 / TCP(sport=self.remote, dport=self.inside, ack=ack,
                       options=list(options[1]), **fields) / Raw(data))
        (self.c.ds_down if self.softwire else self.c.nat_down)(packet, inner)
        self.ack += len(data)

    def command(self, old, new, line=b"PORT %s\r\n", answer=b"200 fine\r\n"):
        """A line with an address in it, and the answer of the peer."""
        self.up(line % old, line % new, edit=(old, new))
        self.c.events(ftp_translated=1)
        self.down(answer)


def client(c, softwire=False, **kw):
    """A client inside, whose data port is published."""
    control = Control(c, softwire=softwire, **kw)
    c.made(users=1, blocks=1, mappings=2)
    return control


def server(c, softwire=False):
    """A server inside, published at port 21, whose data port is not."""
    control = Control(c, softwire=softwire, server=True, public=21)
    c.made(users=1, blocks=1, mappings=2)
    return control


@case
def alg_ftp_port_longer(c):
    """RFC 3022 4.4: the address of PORT becomes the public one; what follows has other
    sequence numbers outside, and is acknowledged with those of the inside."""
    c.conf(nat())
    ftp = client(c)
    ftp.down(b"220 hello\r\n")
    ftp.up(b"USER me\r\n")
    ftp.command(b"10,1,0,1,7,232", b"203,0,113,1,234,96")
    ftp.up(b"RETR file\r\n")
    ftp.down(b"150 here it comes\r\n")
    ftp.command(b"10,1,0,1,7,232", b"203,0,113,1,234,96")
    ftp.up(b"", flags="FA")
    ftp.seq += 1
    ftp.down(b"", flags="FA")


@case
def alg_ftp_port_shorter(c):
    """RFC 3022 4.4: the same in a softwire, where the text becomes shorter."""
    c.conf(ds(public=1024, inside=PUBLIC))
    ftp = client(c, softwire=True)
    ftp.command(b"192,168,1,10,234,96", b"203,0,113,1,4,0", line=b"port %s\n")
    ftp.up(b"RETR file\r\n")
    ftp.down(b"150 here it comes\r\n")


@case
def alg_ftp_port_as_long(c):
    """RFC 3022 4.4: text that stays as long changes no numbers."""
    c.conf(ds(public=1024, inside=2816))
    ftp = client(c, softwire=True)
    ftp.command(b"192,168,1,10,11,0", b"203,0,113,1,4,0", line=b"PORT %s  \r\n")
    ftp.up(b"RETR file\r\n")


@case
def alg_ftp_eprt(c):
    """RFC 2428 2: EPRT with its own delimiter; that of IPv6 passes as it came."""
    c.conf(nat())
    ftp = client(c)
    ftp.command(b"10.1.0.1|2024", b"203.0.113.1|60000", line=b"EPRT |1|%s|\r\n")
    ftp.command(b"10.1.0.1!2024", b"203.0.113.1!60000", line=b"eprt !1!%s!\r\n")
    ftp.up(b"EPRT |2|2001:db8::1|2024|\r\n")
    ftp.down(b"522 not here\r\n")


@case
def alg_ftp_two_commands_in_one_segment(c):
    """RFC 3022 4.4: all lines of a segment are read."""
    c.conf(nat())
    ftp = client(c)
    old, new = b"10,1,0,1,7,232", b"203,0,113,1,234,96"
    lines = b"TYPE I\r\nPORT %s\r\nRETR a\r\nPORT %s\r\nRETR b\r\n"
    at = ftp.seq + 13
    ftp.up(lines % (old, old), lines % (new, new))
    ftp.edits += [(at, 14, 18), (at + 14 + 2 + 8 + 5, 14, 18)]
    c.events(ftp_translated=2)
    ftp.down(b"200 fine\r\n")
    ftp.up(b"QUIT\r\n")


@case
def alg_ftp_pasv_of_a_server(c):
    """RFC 1123 4.1.2.6: the address in a 227 reply of a published server becomes the public
    one, whatever surrounds it; a server that names the public address itself gets the
    port only."""
    c.conf(conf_nat(FTP + 'servers: ( { protocol = "tcp"; outside = "203.0.113.1:21"; '
                    'inside = "10.1.0.1:21"; }, { protocol = "tcp"; '
                    'outside = "203.0.113.1:60000"; inside = "10.1.0.1:2024"; } );'))
    ftp = server(c)
    ftp.up(b"220-227 files\r\n220 hello\r\n")
    ftp.down(b"PASV\r\n")
    ftp.command(b"10,1,0,1,7,232", b"203,0,113,1,234,96",
                line=b"227 Entering Passive Mode (%s).\r\n", answer=b"RETR a\r\n")
    ftp.command(b"10,1,0,1,7,232", b"203,0,113,1,234,96", line=b"227 =%s\r\n",
                answer=b"PASV\r\n")
    ftp.command(b"203,0,113,1,7,232", b"203,0,113,1,234,96", line=b"227 at %s\r\n",
                answer=b"QUIT\r\n")


@case
def alg_ftp_epsv_of_a_server(c):
    """RFC 2428 3: the port in a 229 reply of a server behind a softwire."""
    c.conf(conf_ds(FTP + 'servers: ( { protocol = "tcp"; outside = "203.0.113.1:21"; '
                   'softwire = "2001:db8:100::1"; inside = "192.168.1.10:21"; }, '
                   '{ protocol = "tcp"; outside = "203.0.113.1:60000"; '
                   'softwire = "2001:db8:100::1"; inside = "192.168.1.10:2024"; } );'))
    ftp = server(c, softwire=True)
    ftp.down(b"EPSV\r\n")
    ftp.command(b"2024", b"60000", line=b"229 Entering Extended Passive Mode (|||%s|)\r\n",
                answer=b"RETR a\r\n")
    ftp.up(b"150 here it comes\r\n")


@case
def alg_ftp_selective_acknowledgement(c):
    """RFC 2018 3: the ranges of a selective acknowledgement are numbered as the inside host
    counts, wherever the option stands."""
    c.conf(nat())
    ftp = client(c)
    ftp.command(b"10,1,0,1,7,232", b"203,0,113,1,234,96")
    one = ftp.seq
    for line in (b"NOOP\r\n",) * 4:
        ftp.up(line)
    for pad in ([("NOP", None), ("NOP", None)], [("NOP", None)]):
        seen = [("SAck", (ftp.behind(one + 6), ftp.behind(one + 12), ftp.behind(one + 18),
                          ftp.behind(one + 24)))]
        told = [("SAck", (one + 6, one + 12, one + 18, one + 24))]
        ftp.down(b"", ack=one, options=(pad + seen, pad + told), flags="A")


@case
def alg_ftp_retransmission(c):
    """RFC 9293 3.8.1: a segment that is sent again is rewritten as the first time, also
    with what was sent behind it, and in parts."""
    c.conf(nat())
    ftp = client(c)
    old, new = b"10,1,0,1,7,232", b"203,0,113,1,234,96"
    one = ftp.seq
    port, ported = b"PORT %s\r\n" % old, b"PORT %s\r\n" % new
    ftp.up(port, ported, edit=(old, new))
    ftp.up(port, ported, seq=one)
    ftp.up(b"RETR a\r\n")
    ftp.up(port + b"RETR a\r\n", ported + b"RETR a\r\n", seq=one)
    ftp.up(port + b"RETR a\r\nQUIT\r\n", ported + b"RETR a\r\nQUIT\r\n", seq=one)
    ftp.seq += 6
    # in parts: the n-th byte of the text is the n-th of the new one, the last ends both
    ftp.up(b"PORT 10,1,", b"PORT 203,0", seq=one)
    out = ftp.seen(b",113,1,234,96\r\n", one)
    out[TCP].seq = one + 10
    ftp.through(ftp.sent(b"0,1,7,232\r\n", one + 10), out)
    c.events(ftp_translated=1)
    ftp.down(b"200 fine\r\n")


@case
def alg_ftp_acknowledged_in_part(c):
    """RFC 9293 3.8.1: an acknowledgement from within the new text lets the sender repeat
    what is missing."""
    c.conf(nat())
    ftp = client(c)
    ftp.command(b"10,1,0,1,7,232", b"203,0,113,1,234,96")
    one = ftp.seq - 21
    for behind, before in ((5, 5), (9, 9), (18, 18), (20, 18), (22, 18), (23, 19)):
        packet = ip4(SRV, POOL) / TCP(sport=21, dport=ftp.public, flags="A", seq=7100,
                                      ack=one + behind)
        inner = ip4(SRV, U1, ttl=63) / TCP(sport=21, dport=5000, flags="A", seq=7100,
                                           ack=one + before)
        c.nat_down(packet, inner)


@case
def alg_ftp_bounce_refused(c):
    """RFC 2577 3: an address that is not the sender's own, and a port below 1024, are not
    translated and open nothing."""
    c.conf(nat())
    ftp = client(c)
    for line in (b"PORT 10,1,0,2,7,232\r\n", b"PORT 10,1,0,1,0,22\r\n",
                 b"EPRT |1|192.0.2.1|2024|\r\n", b"PORT 10,1,0,1,7\r\n",
                 b"PORT 203,0,113,1,7,232\r\n"):
        ftp.up(line)
        ftp.down(b"500 no\r\n")
    c.events(ftp_refused=5)
    c.state(mappings=2)


@case
def alg_ftp_bounce_of_a_server_refused(c):
    """RFC 2577 3: the same for a server that names another host."""
    c.conf(conf_nat(FTP + 'servers: ( { protocol = "tcp"; outside = "203.0.113.1:21"; '
                    'inside = "10.1.0.1:21"; }, { protocol = "tcp"; '
                    'outside = "203.0.113.1:60000"; inside = "10.1.0.1:2024"; } );'))
    ftp = server(c)
    ftp.up(b"227 Entering Passive Mode (10,1,0,2,7,232)\r\n")
    ftp.up(b"229 Entering Extended Passive Mode (|||22|)\r\n")
    c.events(ftp_refused=2)


@case
def alg_ftp_split_command(c):
    """RFC 3022 4.4: a command in pieces passes as it came, and is counted; other lines in
    pieces are not, and the next command is translated."""
    c.conf(nat())
    ftp = client(c)
    for pieces in ((b"PORT 10,1,0,1,", b"7,232\r\n"), (b"PO", b"RT 10,1,0", b",1,7,232\r\n"),
                   (b"PASV", b"\r\nNO", b"OP\r\n")):
        for piece in pieces:
            ftp.up(piece)
        ftp.down(b"500 no\r\n")
    c.events(ftp_split=2)
    ftp.command(b"10,1,0,1,7,232", b"203,0,113,1,234,96")


@case
def alg_ftp_segment_missing(c):
    """RFC 3022 4.4: a segment ahead of a missing one waits at its sender, so that no line
    is read in part; then both are translated."""
    c.conf(nat())
    ftp = client(c)
    one, old, new = ftp.seq, b"10,1,0,1,7,232", b"203,0,113,1,234,96"
    ftp.c.drop("inside", inet("inside") / ftp.sent(b"PORT %s\r\n" % old, one + 6),
               "alg_order")
    ftp.up(b"NOOP\r\n")
    ftp.command(old, new)


@case
def alg_ftp_ports_used_again(c):
    """RFC 9293 3.4: a new connection of the same ports begins with numbers of its own; a SYN
    that is repeated changes nothing."""
    c.conf(nat())
    ftp = client(c)
    ftp.command(b"10,1,0,1,7,232", b"203,0,113,1,234,96")
    ftp.seq, ftp.edits, edits = 999, [], ftp.edits
    ftp.up(b"", flags="S", ack=0)
    ftp.seq, ftp.edits = 1021, edits
    ftp.up(b"QUIT\r\n")
    ftp.up(b"", flags="R")
    ftp.seq, ftp.edits, ftp.ack = 500000, [], 90000
    ftp.up(b"", flags="S", ack=0)
    ftp.seq += 1
    ftp.down(b"", flags="SA")
    ftp.up(b"NOOP\r\n")


@case
def alg_ftp_off(c):
    """RFC 6888 REQ-10: without alg nothing is read."""
    c.conf(nat().replace(FTP, ""))
    ftp = client(c)
    c.events(alg_opened=-1)
    ftp.up(b"PORT 10,1,0,1,7,232\r\n")
    ftp.down(b"500 no\r\n")


@case
def alg_ftp_other_ports(c):
    """RFC 3022 4.4: only connections to port 21, and to published servers at port 21, are
    read."""
    c.conf(nat())
    p = c.port("p")
    line = Raw(b"PORT 10,1,0,1,7,232\r\n")
    for tcp in ({"flags": "S", "seq": 1}, {"flags": "PA", "seq": 2}):
        data = line if tcp["flags"] == "PA" else Raw(b"")
        c.nat_up(ip4(U1, SRV) / TCP(sport=5000, dport=2121, **tcp) / data,
                 ip4(POOL, SRV, ttl=63) / TCP(sport=p, dport=2121, **tcp) / data)
    c.nat_down(ip4(SRV, POOL) / TCP(sport=4000, dport=PUBLIC, flags="S"),
               ip4(SRV, U1, ttl=63) / TCP(sport=4000, dport=DATA, flags="S"))
    c.nat_up(ip4(U1, SRV) / TCP(sport=DATA, dport=4000, flags="PA") / line,
             ip4(POOL, SRV, ttl=63) / TCP(sport=PUBLIC, dport=4000, flags="PA") / line)
    c.made(users=1, blocks=1, mappings=2, sessions=2)


@case
def alg_ftp_damaged_segment(c):
    """RFC 9293 3.1: a segment with a wrong checksum is not read, and stays wrong; when it
    has been sent again it is translated, and a damaged copy of that stays wrong too."""
    c.conf(nat())
    ftp = client(c)
    one, old, new = ftp.seq, b"10,1,0,1,7,232", b"203,0,113,1,234,96"
    for becomes in (old, new):
        packet = IP(bytes(ftp.sent(b"PORT %s\r\n" % old, one)))
        out = IP(bytes(ftp.seen(b"PORT %s\r\n" % becomes, one)))
        for p in (packet, out):
            p[TCP].chksum = (p[TCP].chksum + 1) % 0xffff
        ftp.through(packet, out)
        if becomes == old:
            ftp.command(old, new)
    c.events(alg_unreadable=1)


@case
def alg_ftp_command_in_fragments(c):
    """RFC 3022 4.4: a segment that comes in fragments is read whole."""
    c.conf(nat())
    ftp = client(c)
    old, new = b"10,1,0,1,7,232", b"203,0,113,1,234,96"
    line = b"PORT %s\r\n"
    whole = ip4(U1, SRV, flags=0) / TCP(sport=5000, dport=21, flags="PA", seq=ftp.seq,
                                        ack=ftp.ack) / Raw(line % old)
    for piece in frags4(whole, 24, 8):
        c.rx("inside", inet("inside") / piece)
    out = ip4(POOL, SRV, ttl=63, flags=0, id=c.packet_id("whole")) / TCP(
        sport=ftp.public, dport=21, flags="PA", seq=ftp.seq, ack=ftp.ack) / Raw(line % new)
    c.tx("outside", link("outside") / out)
    c.flow("reassembled", len(bytes(whole)))
    c.flow("nat44_up", len(bytes(out)))
    c.events(ftp_translated=1)


@case
def alg_ftp_outgrows_the_mtu(c):
    """RFC 791 2.3: a segment that has outgrown the way out may be fragmented, although its
    sender forbade it: it cannot know."""
    c.conf(nat())
    ftp = client(c)
    line = b"SITE " + b"x" * 1432 + b"\r\nPORT %s\r\n"
    old, new = b"10,1,0,1,7,232", b"203,0,113,1,234,96"
    packet = ftp.sent(line % old, ftp.seq)
    assert len(bytes(packet)) == 1500
    c.rx("inside", inet("inside") / packet)
    out = ip4(POOL, SRV, ttl=63, flags=0, id=c.packet_id("grown")) / TCP(
        sport=ftp.public, dport=21, flags="PA", seq=ftp.seq, ack=ftp.ack) / Raw(line % new)
    for piece in frags4(out, 1480):
        c.tx("outside", link("outside") / piece)
    c.flow("fragmented", 1504)
    c.flow("nat44_up", 1504)
    c.events(ftp_translated=1)


@case
def alg_ftp_icmp_error(c):
    """RFC 5508 REQ-4: an error about a segment behind the new text quotes it as the inside
    host sent it."""
    c.conf(nat())
    ftp = client(c)
    ftp.command(b"10,1,0,1,7,232", b"203,0,113,1,234,96")
    sent, seen = ftp.seen(b"QUIT\r\n", ftp.seq), ftp.sent(b"QUIT\r\n", ftp.seq)
    sent[IP].ttl = seen[IP].ttl = 3
    for keep in (8, 1000):
        c.nat_down(error(SRV2, POOL, 3, 1, cut(sent, keep)),
                   error(SRV2, U1, 3, 1, cut(seen, keep), ttl=63))


@case
def alg_ftp_no_way_out(c):
    """RFC 1812 4.3.2: an error of the box about a segment behind the new text quotes it as
    the inside host sent it."""
    c.conf(ds(public=1024, inside=PUBLIC))
    ftp = client(c, softwire=True)
    ftp.command(b"192,168,1,10,234,96", b"203,0,113,1,4,0")
    packet = ip4(SRV, POOL) / TCP(sport=21, dport=ftp.public, flags="A", seq=ftp.ack,
                                  ack=ftp.behind(ftp.seq)) / Raw(b"x" * 1460)
    answer = (IP(src=POOL, dst=SRV, ttl=64, tos=0xc0, id=0)
              / ICMP(type=3, code=4, nexthopmtu=1460) / Raw(bytes(packet)[:548]))
    c.drop("outside", inet() / packet, "packet_too_big")
    c.tx("outside", link("outside") / answer)
    c.flow("icmp_errors_sent", len(bytes(answer)))
    c.flow("ds_lite_down", 1500)
