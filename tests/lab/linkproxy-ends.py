#!/usr/bin/env python3
"""Two ends in two namespaces for the test of linkproxy.

linkproxy-ends.py receive PORT   prints what came, as JSON
linkproxy-ends.py send ADDRESS PORT N SIZE
Each datagram begins with its number and ends with its CRC. One to the next port, which no
fault concerns, says that there are no more."""

import json
import select
import socket
import struct
import sys
import time
import zlib

SO_RCVBUFFORCE = 33


RATE = 20000
REST = 0.3  # s that a late one may take
PATIENCE = 60


def listen(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
    s.bind(("0.0.0.0", port))
    return s


def datagrams(port):
    data, end = listen(port), listen(port + 1)
    print("listening", flush=True)
    wait = PATIENCE
    while True:
        ready = select.select([data, end], [], [], wait)[0]
        if data in ready:
            yield data.recv(2000)
        elif end in ready:
            end.recv(2000)
            wait = REST
        else:
            return


def receive(port):
    seen, last = set(), -1
    out = {"good": 0, "twice": 0, "late": 0, "damaged": 0, "short": 0}
    for data in datagrams(port):
        if len(data) < 200:
            out["short"] += 1
            continue
        number, = struct.unpack_from(">I", data)
        if zlib.crc32(data[:-4]) != struct.unpack(">I", data[-4:])[0]:
            out["damaged"] += 1
            continue
        out["twice" if number in seen else "good"] += 1
        out["late"] += number < last
        seen.add(number)
        last = max(last, number)
    out["which"] = zlib.crc32(repr(sorted(seen)).encode())
    print(json.dumps(out))


def send(address, port, n, size):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    start = time.monotonic()
    for number in range(n):
        data = struct.pack(">I", number) + bytes(size - 8)
        s.sendto(data + struct.pack(">I", zlib.crc32(data)), (address, port))
        while (time.monotonic() - start) * RATE < number:
            pass
    s.sendto(b"end", (address, port + 1))


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        receive(int(sys.argv[2]))
    else:
        send(sys.argv[2], *map(int, sys.argv[3:]))
