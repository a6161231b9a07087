#!/usr/bin/env python3
"""An FTP client that keeps one control connection open.

ftp-hold.py SERVER NAME    logs in, and makes NAME.done. Whenever there is a file NAME.go, it
                           goes, and so does a round over that connection: the file is
                           fetched and the directory listed, with PORT and with PASV. What
                           came of it is in NAME.done: "ok", or what went wrong.
"""
import ftplib
import hashlib
import os
import sys
import time


def tell(name, text):
    with open(name + ".new", "w", encoding="ascii") as f:
        f.write(text + "\n")
    os.rename(name + ".new", name + ".done")


def transfers(ftp):
    sums, lists = [], []
    for passive in (False, True, False):
        ftp.set_pasv(passive)
        digest, lines = hashlib.sha256(), []
        ftp.retrbinary("RETR file", digest.update)
        ftp.retrlines("LIST", lines.append)
        sums.append(digest.hexdigest())
        lists.append(lines)
    if len(set(sums)) != 1 or any(x != lists[0] for x in lists) or not lists[0]:
        return f"not the same: {sums} {lists}"
    return "ok"


def main(server, name):
    ftp = ftplib.FTP(server, timeout=10)
    ftp.login()
    mine = ftp.sock.getsockname()
    tell(name, transfers(ftp))
    while True:
        if not os.path.exists(name + ".go"):
            time.sleep(0.05)
            continue
        os.remove(name + ".go")
        try:
            answer = transfers(ftp)
        except (OSError, EOFError, ftplib.Error) as e:
            answer = f"{type(e).__name__} {e}"
        if ftp.sock.getsockname() != mine:
            answer += ", another connection"
        tell(name, answer)


main(*sys.argv[1:])
