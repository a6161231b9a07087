#!/usr/bin/env python3
"""An FTP client that keeps one control connection open.

ftp-hold.py SERVER NAME MODE
    logs in, and makes NAME.done. Whenever there is a file NAME.go, it goes, and so does a
    round over that connection: the file is fetched and the directory listed, with PORT and
    with PASV. What came of it is in NAME.done: "ok", or what went wrong. With a file
    NAME.announce a data connection is announced (MODE: active, PORT; passive, PASV), and
    the next round begins with fetching the file over that one.
"""
import ftplib
import hashlib
import os
import socket
import sys
import time


def tell(name, text):
    with open(name + ".new", "w", encoding="ascii") as f:
        f.write(text + "\n")
    os.rename(name + ".new", name + ".done")


def announce(ftp, mode):
    """What is needed to fetch the file over it later."""
    return ftp.makeport() if mode == "active" else ftp.makepasv()


def fetch(ftp, announced, digest):
    if isinstance(announced, socket.socket):
        ftp.sendcmd("RETR file")
        data = announced.accept()[0]
        announced.close()
    else:
        data = socket.create_connection(announced, timeout=10)
        ftp.sendcmd("RETR file")
    while piece := data.recv(65536):
        digest.update(piece)
    data.close()
    ftp.voidresp()


def transfers(ftp, announced=None):
    sums, lists = [], []
    if announced:
        digest = hashlib.sha256()
        fetch(ftp, announced, digest)
        sums.append(digest.hexdigest())
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


def asked(name):
    try:
        os.remove(name)
    except FileNotFoundError:
        return False
    return True


def main(server, name, mode):
    ftp = ftplib.FTP(server, timeout=10)
    ftp.login()
    mine = ftp.sock.getsockname()
    announced = None
    tell(name, transfers(ftp))
    while True:
        if asked(name + ".announce"):
            announced = announce(ftp, mode)
            tell(name, "ok")
        if not asked(name + ".go"):
            time.sleep(0.05)
            continue
        try:
            answer = transfers(ftp, announced)
            announced = None
        except (OSError, EOFError, ftplib.Error) as e:
            answer = f"{type(e).__name__} {e}"
        if ftp.sock.getsockname() != mine:
            answer += ", another connection"
        tell(name, answer)


main(*sys.argv[1:])
