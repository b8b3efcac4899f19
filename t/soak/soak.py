#!/usr/bin/env python3
"""Long runs against a real nginx and a real redis-server; see run.sh."""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from load import PEOPLE, ROOMS, role_of


HERE = os.path.dirname(os.path.abspath(__file__))
KEY = "the api secret of a soak check, of 32 bytes or more"
SECRET = "the session secret of a soak check, also long enough"
DEADLINE = 0.200
SLACK = 0.050
LATEST = 6.5            # the longest pause between attempts, and a bit

CONF = """
load_module {module};
worker_processes 2;
pid nginx.pid;
error_log error.log notice;
worker_rlimit_nofile 4096;
{user}
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp;
    uwsgi_temp_path temp; scgi_temp_path temp;

    log_format times '$status $request_time $uri $livekit_verdict';
    access_log access.log times;

    livekit_redis redis://127.0.0.1:{redis};
    livekit_key SOAKkey "{key}";
    livekit_url wss://live.example.com;
    livekit_policy {dir}/policy.json;
    livekit_session next-auth "secret={secret}";
    livekit_session jwt "secret={secret}" cookie=session;

    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location = /token {{ livekit_token; }}
        location = /check {{ livekit_check; }}
        location = /plain {{ access_log off; return 204; }}
        location = /file {{
            livekit_require access;
            add_header X-LiveKit-Identity $livekit_identity;
            add_header X-LiveKit-Role $livekit_role;
            root {dir};
        }}
    }}
}}
"""

POLICY = {
    "version": 1,
    "roles": {
        role: {"grants": {"roomJoin": True, "canPublish": role == "teacher",
                          "canSubscribe": True, "canPublishData": True}}
        for role in ("teacher", "student")
    },
}


class Violations(list):

    def check(self, good, what):
        if not good:
            self.append(what)
            print("  VIOLATION: " + what, flush=True)


class Redis:

    def __init__(self, directory):
        self.port = free_port()
        self.conf = os.path.join(directory, "redis.conf")
        self.process = None
        with open(self.conf, "w") as f:
            f.write('port %d\nbind 127.0.0.1\ndir %s\nsave ""\n'
                    'appendonly no\nlogfile %s/redis.log\n'
                    % (self.port, directory, directory))

    def start(self):
        """With the data that the first one saved."""
        self.process = subprocess.Popen(["redis-server", self.conf])
        wait_for(lambda: self.command("PING") == b"+PONG", "redis-server")

    def load(self):
        for room in range(ROOMS):
            fields = []
            for person in range(PEOPLE):
                if role_of(person):
                    fields += ["m:p%d" % person, role_of(person)]
            self.command("HSET", "lkg:room:{room%d}" % room, *fields)
        self.command("SAVE")

    def command(self, *argv):
        """The first line of the answer."""
        octets = b"*%d\r\n" % len(argv) + b"".join(
            b"$%d\r\n%s\r\n" % (len(a), a.encode()) for a in argv)
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as s:
                s.sendall(octets)
                return s.recv(65536).split(b"\r\n")[0]
        except OSError:
            return b""

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait()

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()


class Nginx:

    def __init__(self, options, directory, redis):
        self.directory = directory
        self.log = os.path.join(directory, "error.log")
        self.conf = os.path.join(directory, "nginx.conf")
        self.argv = [options.nginx, "-p", directory, "-c", self.conf,
                     "-e", self.log]
        self.port = free_port()
        self.pid = None

        os.mkdir(os.path.join(directory, "temp"))

        with open(os.path.join(directory, "policy.json"), "w") as f:
            json.dump(POLICY, f)
        with open(os.path.join(directory, "file"), "w") as f:
            f.write("a file\n")
        with open(self.conf, "w") as f:
            f.write(CONF.format(module=os.path.abspath(options.module),
                                dir=directory, key=KEY, secret=SECRET,
                                port=self.port, redis=redis.port,
                                user="user root;" if os.geteuid() == 0 else ""))

    def start(self):
        subprocess.run(self.argv, check=True)
        wait_for(lambda: len(self.workers()) == 2, "nginx")

    def reload(self):
        """The pids of the workers that it ends."""
        old = set(self.workers())
        os.kill(self.pid, signal.SIGHUP)
        wait_for(lambda: len(set(self.workers()) - old) == 2, "new workers")
        return old

    def workers(self):
        try:
            with open(os.path.join(self.directory, "nginx.pid")) as f:
                self.pid = int(f.read())
        except (OSError, ValueError):
            return []
        return children(self.pid)

    def end(self):
        if not self.pid or not alive(self.pid):
            return
        os.kill(self.pid, signal.SIGQUIT)
        try:
            wait_for(lambda: not alive(self.pid), "nginx to quit")
        except TimeoutError:
            for pid in children(self.pid) + [self.pid]:
                os.kill(pid, signal.SIGKILL)
            raise

    def alarms(self):
        with open(self.log) as f:
            return [line.strip() for line in f
                    if re.search(r"\[(alert|crit|emerg)\]", line)]


class Loader:
    """load.py, and what it has reported so far."""

    def __init__(self, nginx, options):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "load.py"),
             "--port", str(nginx.port), "--rate", str(options.rate),
             "--key", KEY, "--secret", SECRET],
            stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        wait_for(lambda: self.count("right", "unknown"), "load")

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def mark(self):
        return len(self.lines)

    def count(self, *what, since=0):
        return sum(line[w] for line in self.lines[since:] for w in what)

    def examples(self):
        return [e for line in self.lines for e in line["examples"]][:5]

    def settled(self, since):
        """The last second was right, all of it."""
        last = self.lines[since + 1:][-10:]
        return len(last) == 10 and all(line["right"] and not line["unknown"]
                                       for line in last)

    def end(self):
        self.process.terminate()
        self.process.wait(10)
        self.thread.join()


class Probe(threading.Thread):
    """Asks another location every few milliseconds, and how long it takes."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.times = []
        self.ended = False

    def run(self):
        while not self.ended:
            with socket.create_connection(("127.0.0.1", self.port)) as s:
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while self.ask(s) and not self.ended:
                    time.sleep(0.005)

    def ask(self, s):
        start = time.monotonic()
        s.sendall(b"GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n")
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            more = s.recv(4096)
            if not more:
                return False
            data += more
        self.times.append((start, time.monotonic() - start))
        return b"\r\nConnection: close" not in data

    def between(self, start, end):
        times = sorted(took for at, took in self.times if start <= at < end)
        return times[len(times) * 99 // 100] if times else 0

    def end(self):
        self.ended = True
        self.join()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(there, what, seconds=15):
    end = time.monotonic() + seconds
    while not there():
        if time.monotonic() > end:
            raise TimeoutError("no " + what)
        time.sleep(0.01)


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(p) for p in f.read().split()]
    except OSError:
        return []


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def memory(pid):
    """KiB that are of no file."""
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return int(re.search(r"^Anonymous:\s*(\d+)", f.read(), re.M)[1])


def reloads(options, nginx, loader, bad):
    n = options.reloads
    print("%d reloads under %d requests a second" % (n, options.rate))

    def sample():
        return (descriptors(nginx.pid), memory(nginx.pid),
                max(map(descriptors, nginx.workers()[-2:])),
                max(map(memory, nginx.workers()[-2:])))

    start = time.monotonic()
    ended = set()
    samples = []

    for i in range(n):
        ended |= nginx.reload()
        ended = {pid for pid in ended if alive(pid)}
        bad.check(len(ended) <= 20, "%d old workers are still there after %d "
                  "reloads" % (len(ended), i + 1))
        if len(ended) > 20:
            break
        if i % max(1, n // 20) == 0 or i == n - 1:
            time.sleep(0.3)
            samples.append(sample())

    took = time.monotonic() - start

    try:
        wait_for(lambda: not any(map(alive, ended)), "end of old workers")
    except TimeoutError as e:
        bad.check(False, str(e))

    # the first fifth is for memory to find its size

    settled = samples[len(samples) // 5:]
    first, last = settled[0], settled[-1]
    between = max(1, n - n // 5)

    print("  %.0f s; master: %d -> %d descriptors, %d -> %d KiB;"
          " workers: %d -> %d descriptors, %d -> %d KiB"
          % (took, first[0], last[0], first[1], last[1], first[2], last[2],
             first[3], last[3]))

    bad.check(last[0] == first[0], "the master's descriptors grow")
    bad.check(last[2] <= first[2] + 40, "the workers' descriptors grow")
    bad.check((last[1] - first[1]) * 1024 / between < 256,
              "the master's memory grows by %d bytes for each reload"
              % ((last[1] - first[1]) * 1024 / between))
    bad.check(last[3] <= first[3] * 1.2 + 512, "the workers' memory grows")

    totals(loader, bad, unknown=False)


def totals(loader, bad, unknown, since=0):
    names = ("right", "unknown", "wrong", "failed", "reopened")
    count = {name: loader.count(name, since=since) for name in names}

    print("  requests: " + ", ".join("%d %s" % (count[n], n) for n in names))

    bad.check(count["right"] > 0, "no request was answered")
    bad.check(not count["wrong"], "wrong answers: %s" % loader.examples())
    bad.check(not count["failed"], "no answer: %s" % loader.examples())

    if not unknown:
        bad.check(not count["unknown"], "503 while all was well")


def stopped(redis):
    redis.kill(signal.SIGTERM)
    time.sleep(1)
    redis.start()


def killed(redis):
    redis.kill()
    redis.start()


def killed_for_long(redis):
    redis.kill()
    time.sleep(3)
    redis.start()


def hung(seconds):
    def hang(redis):
        redis.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        redis.process.send_signal(signal.SIGCONT)

    hang.__name__ = "hung for %.1f s" % seconds
    return hang


def hung_then_killed(redis):
    redis.process.send_signal(signal.SIGSTOP)
    time.sleep(0.5)
    redis.kill()
    redis.start()


def disconnected(redis):
    for _ in range(10):
        redis.command("CLIENT", "KILL", "TYPE", "normal")
        time.sleep(0.25)


TROUBLES = (stopped, killed, hung(0.1), hung(0.5), hung(3), hung_then_killed,
            disconnected, killed_for_long)


def troubles(options, nginx, redis, loader, bad):
    print("redis-server in trouble for %d s under %d requests a second"
          % (options.seconds, options.rate))

    probe = Probe(nginx.port)
    probe.start()

    started = time.monotonic()
    time.sleep(3)
    calm = probe.between(started, time.monotonic())

    since = loader.mark()
    log = os.path.join(nginx.directory, "access.log")
    offset = os.path.getsize(log)
    workers = set(nginx.workers())
    worst = {}
    n = 0

    while time.monotonic() < started + options.seconds or n < len(TROUBLES):
        trouble = TROUBLES[n % len(TROUBLES)]
        name = trouble.__name__.replace("_", " ")
        n += 1

        start = time.monotonic()
        mark = loader.mark()
        trouble(redis)
        over = time.monotonic()
        last = loader.mark()

        try:
            wait_for(lambda: loader.settled(last), "recovery after " + name)
        except TimeoutError as e:
            bad.check(False, str(e))

        # all of the last second was right, and a tenth goes by unread

        back = max(0, time.monotonic() - over - 1.2)
        other = probe.between(start, over)
        lost = loader.count("unknown", since=mark)

        bad.check(back < LATEST, "%.1f s until all was well after redis-server "
                  "was %s" % (back, name))
        bad.check(not lost or trouble is not disconnected,
                  "%d x 503 where redis-server only closed connections" % lost)

        old = worst.get(name, (0, 0, 0))
        worst[name] = (max(old[0], back), max(old[1], other), old[2] + lost)

    for name, (back, other, lost) in worst.items():
        print("  %-18s %6d x 503, back %.1f s after it, another location "
              "meanwhile %.1f ms" % (name, lost, back, other * 1000))
        bad.check(other < calm + 0.050, "another location took %.0f ms while "
                  "redis-server was %s" % (other * 1000, name))

    probe.end()
    print("  another location in calm: %.1f ms (99 of 100)" % (calm * 1000))

    bad.check(workers == set(nginx.workers()), "a worker was replaced")
    totals(loader, bad, unknown=True, since=since)
    deadlines(log, offset, bad)


def deadlines(log, offset, bad):
    """503 comes in time, as nginx measured it."""
    took = {}
    with open(log) as f:
        f.seek(offset)
        for line in f:
            status, seconds, _, verdict = line.split()
            if status == "503":
                took.setdefault(verdict, []).append(float(seconds))

    for verdict, times in sorted(took.items()):
        print("  503 %-18s %6d times, after %.0f ms at most"
              % (verdict, len(times), max(times) * 1000))

    latest = max((max(times) for times in took.values()), default=0)
    bad.check(latest <= DEADLINE + SLACK, "503 after %.0f ms, and the deadline "
              "is %.0f" % (latest * 1000, DEADLINE * 1000))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nginx", required=True)
    parser.add_argument("--module", required=True)
    parser.add_argument("--reloads", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()

    # whatever ends this ends what it has started

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    directory = tempfile.mkdtemp(prefix="lks-")
    os.chmod(directory, 0o755)

    bad = Violations()
    redis = Redis(directory)
    nginx = Nginx(options, directory, redis)
    loader = None

    try:
        redis.start()
        redis.load()
        nginx.start()

        for check in (lambda l: reloads(options, nginx, l, bad),
                      lambda l: troubles(options, nginx, redis, l, bad)):
            loader = Loader(nginx, options)
            check(loader)
            loader.end()
            loader = None

        nginx.end()

    except TimeoutError as e:
        bad.check(False, str(e))

    finally:
        if loader:
            loader.end()
        nginx.end()
        redis.end()

    alarms = nginx.alarms()
    bad.check(not alarms, "%d alarms in the log, the first: %s"
              % (len(alarms), alarms[:1]))

    if bad or options.keep:
        print("logs are in " + directory)
    else:
        shutil.rmtree(directory)

    print("soak: %s" % ("%d violations" % len(bad) if bad else "all is well"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
