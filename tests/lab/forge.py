#!/usr/bin/env python3
"""Datagrams of a channel that nobody with the key has made.

forge.py IFACE RECORDING COUNT RATE [SEED]

RECORDING is what linkproxy has saved. Each of COUNT frames is one of it with a header that
says something new, or with nothing of it: a number that has not been, another key, another
start, another format, noise. They go out of IFACE, RATE a second."""
import hashlib
import socket
import struct
import sys
import time

UDP = 14 + 20  # Ethernet, IPv4 without options
HEAD = UDP + 8  # magic, format, kind; key; start; number: ha/wire.h


def frames(name):
    with open(name, "rb") as f:
        while size := f.read(struct.calcsize("N")):
            yield f.read(struct.unpack("N", size)[0])


def forged(frame, kind, noise):
    """One of five kinds; the headers in front of the datagram are right in all."""
    out = bytearray(frame)
    out[UDP + 6:UDP + 8] = b"\0\0"  # no checksum
    out[HEAD + 24:] = noise[HEAD + 24:len(out)]
    struct.pack_into(">Q", out, HEAD + 16, 1 << 40 | noise[0] << 8 | noise[1])
    if kind == 1:
        out[HEAD + 4:HEAD + 8] = noise[4:8]
    elif kind == 2:
        out[HEAD + 8:HEAD + 16] = noise[8:16]
    elif kind == 3:
        out[HEAD + 2] = 200
    elif kind == 4:
        out[HEAD:] = noise[HEAD:len(out)]
    return bytes(out)


def main(iface, name, count, rate, seed="1"):
    saved = [f for f in frames(name) if len(f) > HEAD + 40]
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((iface, 0))
    begin = time.monotonic()
    for k in range(int(count)):
        noise = hashlib.shake_128(f"{seed} {k}".encode()).digest(2000)
        s.send(forged(saved[k % len(saved)], k % 5, noise))
        while time.monotonic() - begin < k / float(rate):
            time.sleep(0.0005)


main(*sys.argv[1:])
