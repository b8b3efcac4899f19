#!/usr/bin/env python3
"""A Redis that misbehaves on request: a test double, not a server.

    fake_redis.py --port 6390                     on 127.0.0.1
    fake_redis.py --unix /tmp/fake.sock
    fake_redis.py --port 6390 --mode split        every answer
    fake_redis.py --port 6390 --data facts.json   keys and what they hold

It prints "ready" on standard output once it listens, and ends on SIGTERM or,
with --stdin, when its standard input ends, so that none is left behind.

It knows AUTH, SELECT, CLIENT, PING, ECHO, GET, PTTL, HGET, HMGET, EXISTS and
SISMEMBER.  PTTL of a key that ends in "ttl-2" is -2.  The file of --data is one JSON object: a key holds a string, a
list (a set) or an object (a hash).  ECHO answers with its argument.

A mode changes how a command is answered.  --mode gives it for all commands
but the handshake (AUTH, SELECT, CLIENT, PING); a key gives its own with a
part "fake-MODE", alone or between ":" or braces, so that it can be the name
of a room: "GET fake-stall", "HMGET lkg:room:{fake-error-LOADING} state".  PTTL,
which comes with another command, goes by its key alone.

    normal          the answer
    stall           none, and none to whatever follows on the connection
    delay-MS        the answer, MS milliseconds later
    split           the answer, each byte in a segment of its own
    cut-N           the answer, in two segments, the first of N bytes
    loris-MS        the answer, one byte every MS milliseconds
    half            the first half of the answer, then the connection closes
    part            the first half of the answer, then as stall
    close           the connection closes
    reset           the same, by RST
    last            the answer, then the connection closes
    extra           the answer, and one that nobody asked for
    garbage         an HTTP answer
    giant           a string of 999,999,999 bytes
    big-N           a string of N bytes
    wide-N          an array of N elements
    nested-N        an array in an array in an array, N deep
    error-WORD      -WORD and a text
    status, integer, nil, array, resp3
                    an answer of that type

For whole connections:

    --hello TEXT    sends TEXT (\\r\\n added) to a new connection and closes it:
                    "-ERR max number of clients reached"
    --mute          accepts connections, reads, answers nothing, until SIGUSR1
    --close-after N closes a connection after its N-th answer
    --password P    commands before AUTH are refused; --user U goes with it
    --ping TEXT     the answer to PING: "-LOADING Redis is loading"
    --tls FILE      speaks TLS, with the certificate and the key of FILE
    --sentinel FILE it is a sentinel: {"answer": what it says of any master,
                    "messages": [what it publishes]}, read again each time
    --cluster FILE  it is a node of a cluster: {"slots": what it answers to
                    CLUSTER SLOTS, "redirect": "MOVED 1 host:port"} or, with
                    "honest", where the slots say that a key is
    --hosts LIST    addresses to listen on, in place of 127.0.0.1
    --log FILE      appends a JSON line for each event: what was received,
                    and in how many bytes at a time
"""

import argparse
import asyncio
import binascii
import json
import re
import signal
import socket
import ssl
import struct
import sys


MODE = re.compile(r"(?:^|[:{])fake-([a-z0-9]+)(?:-([A-Za-z0-9_]+))?(?:$|[:}])")
TTL = re.compile(r"ttl(-?[0-9]+)$")
TAG = re.compile(r"(?:[^{]*\{(?=[^}]+\}))?([^}]*)")
HANDSHAKE = ("AUTH", "SELECT", "CLIENT", "PING")


class Gone(Exception):
    """The connection is closed, or is to be."""


def bulk(value):
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, str):
        value = value.encode()
    return b"$%d\r\n%s\r\n" % (len(value), value)


def array(items):
    return b"*%d\r\n" % len(items) + b"".join(items)


def resp(value):
    """A value of JSON: "-ERR text" is an error."""
    if isinstance(value, list):
        return array([resp(v) for v in value])
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, str) and value.startswith("-"):
        return error(value[1:])
    return bulk(value)


def error(text):
    return b"-%s\r\n" % text.encode()


class Connection:

    def __init__(self, options, data, log, reader, writer):
        self.options = options
        self.data = data
        self.log = log
        self.reader = reader
        self.writer = writer
        self.buffer = b""
        self.answers = 0
        self.authorized = options.password is None

    # input

    async def fill(self):
        chunk = await self.reader.read(65536)
        if not chunk:
            raise Gone
        self.log("read", bytes=len(chunk))
        self.buffer += chunk

    async def line(self):
        while b"\r\n" not in self.buffer:
            await self.fill()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    async def exactly(self, n):
        while len(self.buffer) < n:
            await self.fill()
        value, self.buffer = self.buffer[:n], self.buffer[n:]
        return value

    async def command(self):
        head = await self.line()
        if head[:1] != b"*":
            self.log("bad", line=head.decode("latin-1"))
            raise Gone
        argv = []
        for _ in range(int(head[1:])):
            size = await self.line()
            value = await self.exactly(int(size[1:]) + 2)
            argv.append(value[:-2])
        return argv

    # output

    async def send(self, octets):
        try:
            self.writer.write(octets)
            await self.writer.drain()
        except (ConnectionError, OSError):
            raise Gone

    async def slowly(self, octets, delay):
        for i in range(len(octets)):
            await self.send(octets[i:i + 1])
            await asyncio.sleep(delay)

    async def stall(self):
        while True:
            await self.fill()

    async def hush(self):
        while self.options.mute:
            try:
                await asyncio.wait_for(self.fill(), 0.02)
            except asyncio.TimeoutError:
                pass

    def reset(self):
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        raise Gone

    # answers

    def answer(self, name, argv):
        args = [a.decode("latin-1") for a in argv[1:]]

        if name == "AUTH":
            return self.auth(args)
        if not self.authorized:
            return error("NOAUTH Authentication required.")
        if name in ("SELECT", "CLIENT"):
            return b"+OK\r\n"
        if name == "SENTINEL":
            return resp(self.told(self.options.sentinel).get("answer"))
        if name == "SUBSCRIBE":
            return resp(["subscribe", args[0], 1])
        if name == "CLUSTER":
            return resp(self.told(self.options.cluster).get("slots"))
        if name == "READONLY" or name == "ASKING":
            return b"+OK\r\n"
        if name == "PING":
            return (self.options.ping or "+PONG").encode() + b"\r\n"
        if name == "ECHO":
            return bulk(argv[1])
        return self.lookup(name, args)

    def auth(self, args):
        if self.options.password is None:
            return error("ERR AUTH <password> called without any password "
                         "configured for the default user.")
        wanted = [self.options.user or "default", self.options.password]
        self.authorized = (["default"] + args)[-2:] == wanted
        if self.authorized:
            return b"+OK\r\n"
        return error("WRONGPASS invalid username-password pair or user is "
                     "disabled.")

    @staticmethod
    def told(path):
        with open(path) as f:
            return json.load(f)

    def redirect(self, key):
        told = self.told(self.options.cluster)
        if not told.get("honest"):
            return told.get("redirect")
        slot = binascii.crc_hqx(TAG.match(key).group(1).encode(), 0) % 16384
        here = self.writer.get_extra_info("sockname")[0]
        for first, last, (host, port, *_), *_ in told["slots"]:
            if first <= slot <= last and host != here:
                return "MOVED %d %s:%d" % (slot, host, port)

    async def publish(self, channel):
        """Each message that is in the file when it changes."""
        before = []
        while True:
            messages = self.told(self.options.sentinel).get("messages", [])
            if messages != before:
                for text in messages:
                    await self.send(resp(["message", channel, text]))
            before = messages
            await asyncio.sleep(0.05)

    def lookup(self, name, args):
        if self.options.cluster and args:
            redirect = self.redirect(args[0])
            if redirect:
                return error(redirect)

        value = self.data.get(args[0]) if args else None

        kind = {"GET": str, "HGET": dict, "HMGET": dict, "SISMEMBER": list}
        wanted = kind.get(name)
        if wanted and value is not None and not isinstance(value, wanted):
            return error("WRONGTYPE Operation against a key holding the wrong "
                         "kind of value")

        if name == "GET":
            return bulk(value)
        if name == "PTTL":
            ttl = TTL.search(args[0])
            return b":%d\r\n" % (int(ttl[1]) if ttl else -2 if value is None
                                 else -1)
        if name == "HGET":
            return bulk((value or {}).get(args[1]))
        if name == "HMGET":
            return array([bulk((value or {}).get(f)) for f in args[1:]])
        if name == "SISMEMBER":
            return b":%d\r\n" % (args[1] in (value or []))
        if name == "EXISTS":
            return b":%d\r\n" % sum(a in self.data for a in args)
        return error("ERR unknown command '%s'" % name)

    def forged(self, mode, arg):
        n = int(arg) if arg and arg.isdigit() else 0
        forged = {
            "garbage": b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "big": bulk("x" * n),
            "wide": array([b":1\r\n"] * n),
            "nested": b"*1\r\n" * n + b":1\r\n",
            "error": error("%s of a fake" % (arg or "ERR")),
            "status": b"+OK\r\n",
            "integer": b":42\r\n",
            "nil": b"$-1\r\n",
            "array": array([bulk("a"), array([bulk("b"), bulk(None)])]),
            "resp3": b"%1\r\n+a\r\n,1.5\r\n",
        }
        return forged.get(mode)

    async def reply(self, name, argv):
        mode, arg = self.mode(name, argv)
        octets = self.forged(mode, arg) or self.answer(name, argv)
        half = octets[:(len(octets) + 1) // 2]

        self.log("command", argv=[a.decode("latin-1") for a in argv],
                 mode=mode)

        if mode == "stall":
            await self.stall()
        elif mode == "close":
            raise Gone
        elif mode == "reset":
            self.reset()
        elif mode == "half":
            await self.send(half)
            raise Gone
        elif mode == "part":
            await self.send(half)
            await self.stall()
        elif mode == "giant":
            await self.send(b"$999999999\r\n")
            for _ in range(256):
                await self.send(b"x" * 4096)
            await self.stall()
        elif mode == "split":
            await self.slowly(octets, 0.0005)
        elif mode == "cut":
            await self.send(octets[:int(arg)])
            await asyncio.sleep(0.002)
            await self.send(octets[int(arg):])
        elif mode == "loris":
            await self.slowly(octets, int(arg or 50) / 1000)
        else:
            if mode == "delay":
                await asyncio.sleep(int(arg or 100) / 1000)
            await self.send(octets)
            if name == "SUBSCRIBE" and self.options.sentinel:
                await self.publish(argv[1])
            if mode == "extra":
                await self.send(b"+extra\r\n")
            if mode == "last":
                raise Gone

    def mode(self, name, argv):
        if len(argv) > 1 and name != "PTTL":
            found = MODE.search(argv[1].decode("latin-1"))
            if found:
                return found.group(1), found.group(2)
        if name in HANDSHAKE or not self.options.mode:
            return "normal", None
        mode, _, arg = self.options.mode.partition("-")
        return mode, arg

    def tls(self):
        """What is to be said of a connection's TLS."""

        tls = self.writer.get_extra_info("ssl_object")
        return tls and dict(version=tls.version(), resumed=tls.session_reused,
                            name=getattr(tls, "shown_name", None))

    async def serve(self):
        self.log("open", tls=self.tls())
        try:
            if self.options.hello:
                await self.send(self.options.hello.encode() + b"\r\n")
                return
            await self.hush()
            while True:
                argv = await self.command()
                await self.reply(argv[0].decode("latin-1").upper(), argv)
                self.answers += 1
                if self.answers == self.options.close_after:
                    return
        except (Gone, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.log("close")
            self.writer.close()


def logger(path):
    if not path:
        return lambda event, **fields: None

    out = open(path, "a", buffering=1)

    def write(event, **fields):
        out.write(json.dumps(dict(event=event, **fields)) + "\n")

    return write


def tls_context(path):
    if not path:
        return None

    def shown(tls, name, context):
        tls.shown_name = name

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    context.sni_callback = shown
    return context


async def run(options):
    data = {}
    if options.data:
        with open(options.data) as f:
            data = json.load(f)

    log = logger(options.log)

    async def serve(reader, writer):
        sock = writer.get_extra_info("socket")
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await Connection(options, data, log, reader, writer).serve()

    if options.unix:
        server = await asyncio.start_unix_server(serve, options.unix)
    else:
        server = await asyncio.start_server(serve, options.hosts.split(","), options.port,
                                            ssl=tls_context(options.tls))

    loop = asyncio.get_running_loop()
    stop = loop.create_future()

    def end():
        if not stop.done():
            stop.set_result(None)

    def speak():
        options.mute = False

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)

    loop.add_signal_handler(signal.SIGUSR1, speak)

    if options.stdin:
        def eof():
            if not sys.stdin.buffer.read1(4096):
                loop.remove_reader(sys.stdin)
                end()

        loop.add_reader(sys.stdin, eof)

    print("ready", flush=True)

    # "async with" would wait, since Python 3.12, for those who are connected
    try:
        await stop
    finally:
        server.close()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port", type=int)
    where.add_argument("--unix")
    parser.add_argument("--mode")
    parser.add_argument("--data")
    parser.add_argument("--hello")
    parser.add_argument("--mute", action="store_true")
    parser.add_argument("--close-after", type=int)
    parser.add_argument("--password")
    parser.add_argument("--user")
    parser.add_argument("--ping")
    parser.add_argument("--tls")
    parser.add_argument("--log")
    parser.add_argument("--hosts", default="127.0.0.1")
    parser.add_argument("--sentinel")
    parser.add_argument("--cluster")
    parser.add_argument("--stdin", action="store_true")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
