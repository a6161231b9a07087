#!/usr/bin/env python3
"""random.py SECONDS SEED SOURCES TARGETS: random traffic by real sockets, for the lab.

SOURCES and TARGETS are IPv4 addresses, separated by commas; TARGETS may be networks, of which
any address is taken. Connections of every kind are begun, used, kept for a while, closed,
reset and forgotten; datagrams small and in fragments, with and without answers; echo. Prints
how many of each were begun."""
import collections
import ipaddress
import random
import resource
import socket
import struct
import sys
import time

KEPT = 400  # sockets that are open at once
LINGER_RST = struct.pack("ii", 1, 0)


def pick(targets):
    net = random.choice(targets)
    return str(net[random.randrange(net.num_addresses)])


def port():
    return random.choice((7, 53, 80, 80, 80, 9, random.randint(1, 65535)))


def udp(source, target):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.setblocking(False)
    s.connect((target, port()))
    s.send(b"x" * random.choice((1, 100, 1400, 4000)))
    return s


def fan(source, target):
    """One socket to many ports: sessions that share a mapping."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.setblocking(False)
    for _ in range(random.randint(2, 30)):
        s.sendto(b"x", (target, random.randint(1, 65535)))
    return s


def tcp(source, target):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    s.bind((source, 0))
    s.setblocking(False)
    s.connect_ex((target, port()))
    return s


def ping(source, target):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
    s.bind((source, 0))
    s.setblocking(False)
    s.sendto(struct.pack("!BBHHH", 8, 0, 0, 0, 1) + b"x" * 40, (target, 0))
    return s


def use(s):
    """Goes on with a socket: says, hears, closes half or resets, or does nothing."""
    what = random.randrange(6)
    if what == 0:
        s.send(b"GET /whoami HTTP/1.0\r\n\r\n")
    elif what == 1:
        s.recv(65536)
    elif what == 2:
        s.shutdown(socket.SHUT_WR)
    elif what == 3 and s.type == socket.SOCK_STREAM:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RST)
        s.close()
    elif what == 4:
        s.send(b"y" * random.randint(1, 1400))


def attempt(function, *args):
    """Errors of the network are part of the traffic."""
    try:
        return function(*args)
    except OSError:
        return None


def main():
    seconds, seed = float(sys.argv[1]), sys.argv[2]
    sources = sys.argv[3].split(",")
    targets = [ipaddress.ip_network(t) for t in sys.argv[4].split(",")]
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    random.seed(seed)
    kept, begun = [], collections.Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        kind = random.choices((udp, fan, tcp, ping), (4, 1, 4, 1))[0]
        s = attempt(kind, random.choice(sources), pick(targets))
        begun[kind.__name__] += 1
        if s:
            kept.append(s)
        attempt(use, random.choice(kept))
        while len(kept) > random.randint(1, KEPT):
            kept.pop(random.randrange(len(kept))).close()
        time.sleep(random.expovariate(1000))
    print(", ".join(f"{n} {kind}" for kind, n in begun.most_common()))


main()
