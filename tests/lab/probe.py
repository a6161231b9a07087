#!/usr/bin/env python3
"""Connections that must not break.  probe.py server HOST PORT | probe.py client HOST PORT STOP

The server repeats every line. The client has one TCP connection and one UDP flow; it sends
a line on both every 20 ms and waits for it, until the file STOP exists. It prints as JSON
how many were sent, how many came back, and the longest time without an answer in ms; it
fails when the connection breaks or ends up silent."""
import json
import os
import select
import socket
import sys
import time


def server(host, port):
    tcp = socket.create_server((host, port))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((host, port))
    peers = {}
    while True:
        for s in select.select([tcp, udp, *peers], [], [])[0]:
            if s is tcp:
                conn, _ = tcp.accept()
                peers[conn] = True
            elif s is udp:
                data, addr = udp.recvfrom(2048)
                udp.sendto(data, addr)
            else:
                try:
                    data = s.recv(2048)
                    if data:
                        s.sendall(data)
                except OSError:
                    data = b""
                if not data:
                    del peers[s]
                    s.close()


def client(host, port, stop):
    tcp = socket.create_connection((host, port), timeout=5)
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tcp.settimeout(20)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.connect((host, port))
    udp.settimeout(0.02)
    count = {"tcp": 0, "udp_sent": 0, "udp_back": 0}
    heard = {"tcp": time.monotonic(), "udp": time.monotonic()}
    gap = {"tcp": 0.0, "udp": 0.0}

    def hear(what):
        now = time.monotonic()
        gap[what] = max(gap[what], now - heard[what])
        heard[what] = now

    while not os.path.exists(stop):
        line = b"%08d" % count["tcp"]
        udp.send(line)
        count["udp_sent"] += 1
        tcp.sendall(line)
        got = b""
        while len(got) < len(line):
            data = tcp.recv(len(line) - len(got))
            if not data:
                sys.exit("the connection was closed")
            got += data
        if got != line:
            sys.exit("something else came back")
        count["tcp"] += 1
        hear("tcp")
        try:
            udp.recv(64)
            count["udp_back"] += 1
            hear("udp")
        except TimeoutError:
            pass
        time.sleep(0.02)
    if time.monotonic() - heard["udp"] > 5:
        sys.exit("UDP fell silent")
    print(json.dumps({**count, "tcp_gap_ms": round(gap["tcp"] * 1000),
                      "udp_gap_ms": round(gap["udp"] * 1000)}))


if sys.argv[1] == "server":
    server(sys.argv[2], int(sys.argv[3]))
else:
    client(sys.argv[2], int(sys.argv[3]), sys.argv[4])
