#!/usr/bin/env python3
"""What a subscriber notices of a failure: a UDP flow of one packet a millisecond.

silence.py serve HOST PORT                answers every packet with where it came from
silence.py run HOST PORT SECONDS          sends, and prints: sent, lost, longest silence in
                                        ms, public endpoints seen
"""
import selectors
import socket
import sys
import time


def serve(host, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((host, port))
    while True:
        data, who = s.recvfrom(2048)
        s.sendto(data + b" %s:%d" % (who[0].encode(), who[1]), who)


def run(host, port, seconds):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((host, port))
    s.setblocking(False)
    select = selectors.DefaultSelector()
    select.register(s, selectors.EVENT_READ)
    sent, seen, ends = 0, set(), set()
    begin = time.monotonic()
    last, longest = begin, 0.0
    while (now := time.monotonic()) < begin + seconds + 0.3:
        if now < begin + seconds and now >= begin + sent / 1000:
            s.send(b"%d" % sent)
            sent += 1
        select.select(max(0, min(0.01, begin + sent / 1000 - time.monotonic())))
        while True:
            try:
                number, end = s.recv(2048).split()
            except (BlockingIOError, ConnectionError):
                break
            now = time.monotonic()
            longest, last = max(longest, now - last), now
            seen.add(number)
            ends.add(end.decode())
    longest = max(longest, begin + seconds - last)
    print(sent, sent - len(seen), round(longest * 1000), *sorted(ends))


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]))
else:
    run(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
