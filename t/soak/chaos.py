#!/usr/bin/env python3
"""Ten thousand things that happen to a Redis, at random; see run.sh.

A real redis-server is killed, stopped and continued, and a proxy between it
and nginx resets, closes, cuts and holds up connections, while requests come
whose every answer is known.  503 is an answer as long as Redis is in trouble;
a wrong answer, no answer, or a worker that ends is not.
"""

import argparse
import asyncio
import glob
import os
import random
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time

from soak import Loader, Nginx, Redis, Violations, descriptors, free_port, \
    memory, totals, wait_for


class Link:
    """A connection of nginx's, and the one to redis-server behind it."""

    def __init__(self, *writers):
        self.writers = writers
        self.cut = None
        self.until = 0

    def reset(self):
        for writer in self.writers:
            if writer.transport.is_closing():
                continue
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            writer.transport.abort()

    def close(self):
        for writer in self.writers:
            writer.close()

    async def pump(self, reader, writer, replies):
        try:
            while True:
                octets = await reader.read(65536)

                if not octets:
                    break

                if replies:
                    await asyncio.sleep(max(0, self.until - time.monotonic()))

                    if self.cut is not None:
                        writer.write(octets[:self.cut])
                        await writer.drain()
                        break

                writer.write(octets)
                await writer.drain()

        except OSError:
            pass

        self.close()


class Proxy(threading.Thread):

    def __init__(self, target):
        super().__init__(daemon=True)
        self.port = free_port()
        self.target = target
        self.links = set()
        self.loop = asyncio.new_event_loop()
        self.server = None
        self.start()
        wait_for(lambda: self.server, "proxy")

    def run(self):
        self.loop.run_until_complete(self.listen())
        self.loop.run_forever()

    async def listen(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1",
                                                 self.port)

    async def serve(self, reader, writer):
        try:
            other = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            Link(writer).reset()
            return

        link = Link(writer, other[1])
        self.links.add(link)

        await asyncio.gather(link.pump(reader, other[1], False),
                             link.pump(other[0], writer, True))

        self.links.discard(link)

    def call(self, coroutine):
        asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def each(self, what):
        for link in list(self.links):
            what(link)

    async def refuse(self, seconds):
        self.server.close()
        for link in list(self.links):
            link.reset()
        await asyncio.sleep(seconds)
        await self.listen()


class Chaos:

    def __init__(self, redis, proxy, nginx, dice):
        self.redis = redis
        self.proxy = proxy
        self.nginx = nginx
        self.dice = dice
        self.seen = {}

    def kill(self):
        self.redis.kill()
        self.pause(0.05)
        self.redis.start()

    def stop(self):
        os.kill(self.redis.process.pid, signal.SIGSTOP)
        self.pause(0.3)
        os.kill(self.redis.process.pid, signal.SIGCONT)

    def reset(self):
        self.proxy.call(self.proxy.each(Link.reset))

    def close(self):
        self.proxy.call(self.proxy.each(Link.close))

    def cut(self):
        n = self.dice.randrange(40)
        self.proxy.call(self.proxy.each(lambda link: setattr(link, "cut", n)))

    def hold(self):
        until = time.monotonic() + self.dice.random() * 0.4
        self.proxy.call(self.proxy.each(
            lambda link: setattr(link, "until", until)))

    def refuse(self):
        self.proxy.call(self.proxy.refuse(self.dice.random() * 0.1))

    def disconnect(self):
        self.redis.command("CLIENT", "KILL", "TYPE", "normal")

    def reload(self):
        self.nginx.reload()

    def pause(self, seconds):
        time.sleep(self.dice.random() * seconds)

    def once(self):
        event = self.dice.choices(
            (self.reset, self.close, self.cut, self.hold, self.disconnect,
             self.stop, self.refuse, self.kill, self.reload),
            (20, 15, 20, 15, 10, 8, 6, 4, 0.5))[0]

        self.seen[event.__name__] = self.seen.get(event.__name__, 0) + 1
        event()


def chaos(options, redis, proxy, nginx, loader, bad):
    dice = random.Random(options.seed)
    events = Chaos(redis, proxy, nginx, dice)
    end = time.monotonic() + options.seconds
    n = 0

    while n < options.events and time.monotonic() < end:
        events.once()
        n += 1

        # mostly a moment of calm, now and then none, now and then enough
        # for everything to be well again

        time.sleep(dice.choice((0, 0.01, 0.03, 0.06, 0.15)))

        if n % 100 == 0:
            last = loader.mark()
            wait_for(lambda: loader.count("right", since=last), "right answer")
            bad.check(not loader.count("wrong"), "a wrong answer after %d "
                      "events" % n)

    print("  %d events: %s" % (n, ", ".join(
        "%d %s" % (events.seen[e], e) for e in sorted(events.seen))))

    last = loader.mark()
    wait_for(lambda: loader.settled(last), "recovery at the end")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nginx", required=True)
    parser.add_argument("--module", required=True)
    parser.add_argument("--events", type=int, default=10000)
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--rate", type=int, default=300)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--reports", help="where a sanitizer writes to")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    directory = tempfile.mkdtemp(prefix="lkc-")
    os.chmod(directory, 0o755)

    bad = Violations()
    redis = Redis(directory)
    loader = nginx = None

    print("%d events in %d s at most under %d requests a second, seed %d"
          % (options.events, options.seconds, options.rate, options.seed),
          flush=True)

    try:
        redis.start()
        redis.load()
        proxy = Proxy(redis.port)
        nginx = Nginx(options, directory, proxy)
        nginx.start()
        loader = Loader(nginx, options)

        first = max(map(memory, nginx.workers()))

        chaos(options, redis, proxy, nginx, loader, bad)

        wait_for(lambda: len(nginx.workers()) == 2, "end of old workers")
        last = max(map(memory, nginx.workers()))
        most = max(map(descriptors, nginx.workers()))

        print("  workers: %d descriptors, %d -> %d KiB" % (most, first, last))
        bad.check(most < 100, "a worker has %d descriptors" % most)
        bad.check(last < first * 2 + 8192, "a worker's memory grows")

        totals(loader, bad, unknown=True)

    except TimeoutError as e:
        bad.check(False, str(e))

    finally:
        if loader:
            loader.end()
        if nginx:
            nginx.end()
        redis.end()

    alarms = [a for a in nginx.alarms() if "[crit]" not in a]
    bad.check(not alarms, "%d alarms in the log, the first: %s"
              % (len(alarms), alarms[:1]))

    reports = glob.glob((options.reports or directory) + "/*san.*")
    bad.check(not reports, "reports of a sanitizer: %s" % reports)

    if bad or options.keep:
        print("logs are in " + directory)
    else:
        shutil.rmtree(directory)

    print("chaos: %s" % ("%d violations" % len(bad) if bad else "all is well"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
