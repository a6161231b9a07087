#!/usr/bin/env python3
"""What a subscriber notices of a failure: a UDP flow of one packet a millisecond.

silence.py serve HOST PORT                answers every packet with where it came from
silence.py run HOST PORT SECONDS [FROM STOP]   sends, and prints: sent, lost, longest silence
                                        in ms, public endpoints seen; from the port FROM,
                                        and no longer when there is a file STOP.
                                        RATE: packets per second, 1000 if it is not set
silence.py run HOST PORT SECONDS FROM STOP GO CALM   silence counts from when there is a file
                                        GO; the longest before is written to the file CALM
                                        PROBES, PROBE_USER: a file for ledger.py --probes,
                                        and whom it shall name
"""
import contextlib
import json
import os
import selectors
import socket
import sys
import time

RATE = int(os.environ.get("RATE", "1000"))
PROBES = os.environ.get("PROBES")
NOTE_S = 0.2  # between two notes of one endpoint


def udp():
    """A socket that loses nothing while this process waits for a CPU."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
    return s


def serve(host, port):
    s = udp()
    s.bind((host, port))
    while True:
        data, who = s.recvfrom(2048)
        with contextlib.suppress(OSError):  # who has come untranslated is not reached
            s.sendto(data + b" %s:%d" % (who[0].encode(), who[1]), who)


class Notes:
    """What answers show: whose public address and port it is, and when."""

    def __init__(self):
        # whole lines: several may write to it
        self.file = open(PROBES, "a", 1, encoding="utf-8") if PROBES else None
        self.noted = {}

    def note(self, end, now):
        if self.file is None or now - self.noted.get(end, 0) < NOTE_S:
            return
        self.noted[end] = now
        outside, port = end.rsplit(":", 1)
        print(json.dumps({"time": time.time(), "user": os.environ["PROBE_USER"],
                          "outside": outside, "port": int(port)}), file=self.file)


def run(host, port, seconds, from_port=0, stop="", go="", calm=""):
    s = udp()
    s.bind(("", from_port))
    s.connect((host, port))
    s.setblocking(False)
    select = selectors.DefaultSelector()
    select.register(s, selectors.EVENT_READ)
    sent, seen, ends, notes = 0, set(), set(), Notes()
    begin = time.monotonic()
    last, longest = begin, 0.0
    # What is late is not lost.
    while (now := time.monotonic()) < begin + seconds or (
            len(seen) < sent and now < max(last, begin + seconds) + 1):
        if now < begin + seconds and now >= begin + sent / RATE:
            s.send(b"%d" % sent)
            sent += 1
            if sent % 50 == 0 and stop and os.path.exists(stop):
                seconds = now - begin
            if sent % 20 == 0 and go and os.path.exists(go):
                with open(calm, "w", encoding="ascii") as f:
                    print(round(longest * 1000), file=f)
                go, longest = "", 0.0
        select.select(max(0, min(0.01, begin + sent / RATE - time.monotonic())))
        while True:
            try:
                number, end = s.recv(2048).split()
            except (BlockingIOError, ConnectionError):
                break
            now = time.monotonic()
            longest, last = max(longest, now - last), now
            seen.add(number)
            ends.add(end.decode())
            notes.note(end.decode(), now)
    longest = max(longest, begin + seconds - last)
    print(sent, sent - len(seen), round(longest * 1000), *sorted(ends))


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]))
else:
    more = (int(sys.argv[5]), *sys.argv[6:]) if len(sys.argv) > 5 else ()
    run(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), *more)
