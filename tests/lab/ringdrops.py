#!/usr/bin/env python3
"""What the kernel's rings in front of a process have lost.

ringdrops.py PID    frames that found no room in the rings of its AF_PACKET sockets since the
                    last call, added up. They were lost because the process did not read;
                    its own counters cannot have them. DPDK's driver does not ask for them.
"""
import ctypes
import os
import socket
import struct
import sys

PIDFD_GETFD = 438
SOL_PACKET, PACKET_STATISTICS = 263, 6


def packet_sockets(pid):
    """Copies of the process's packet sockets."""
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                continue
        except FileNotFoundError:
            continue
        fd = libc.syscall(PIDFD_GETFD, process, int(name), 0)
        if fd < 0:
            continue
        s = socket.socket(fileno=fd)
        if s.family == socket.AF_PACKET:
            yield s


lost = 0
for s in packet_sockets(int(sys.argv[1])):
    answer = s.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
    lost += struct.unpack("II", answer)[1]
print(lost)
