#!/usr/bin/env python3
"""Plays the service manager: notify.py SOCKET LOG. Appends what is sent to SOCKET to LOG."""
import os
import socket
import sys

path, log = sys.argv[1:]
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind(path)
os.chmod(path, 0o777)
with open(log, "a", buffering=1) as out:
    while True:
        out.write(sock.recv(4096).decode() + "\n")
