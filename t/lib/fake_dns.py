#!/usr/bin/env python3
"""A name server for tests: it knows what a file says, and that may change.

    fake_dns.py names.json

It listens on a port of 127.0.0.1 that is free, prints "ready PORT", and ends
when its standard input does.  The file is one JSON object of names and their
IPv4 addresses, {"redis.invalid": ["127.0.0.1"]}, and is read again for each
question.  Names that are not in it do not exist; with an empty list they
have no address.
"""

import json
import select
import socket
import struct
import sys


TTL = 1
A, IN = 1, 1
NXDOMAIN = 3


def question(packet):
    """The name asked for, its type, and where the question ends."""
    labels, at = [], 12

    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += 1 + packet[at]

    kind, = struct.unpack_from(">H", packet, at + 1)
    return ".".join(labels).lower(), kind, at + 5


def answer(packet, names):
    name, kind, end = question(packet)
    addresses = names.get(name)
    code = NXDOMAIN if addresses is None else 0
    found = (addresses or []) if kind == A else []

    head = struct.pack(">2sHHHHH", packet[:2], 0x8180 | code, 1, len(found),
                       0, 0)
    records = (struct.pack(">HHHIH", 0xc00c, A, IN, TTL, 4)
               + socket.inet_aton(address) for address in found)

    return head + packet[12:end] + b"".join(records)


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    print("ready", server.getsockname()[1], flush=True)

    while True:
        ready, _, _ = select.select([server, sys.stdin], [], [])

        if sys.stdin in ready and not sys.stdin.buffer.read1(4096):
            return

        if server in ready:
            packet, client = server.recvfrom(4096)
            with open(sys.argv[1]) as file:
                server.sendto(answer(packet, json.load(file)), client)


if __name__ == "__main__":
    main()
