"""Loads of bench.py: wrk as fast as it goes, h2load at a given rate."""

import re
import subprocess
from statistics import median

import stack

POST = """
wrk.method = "POST"
wrk.body = '{"roomName":"%s"}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Cookie"] = [[%s]]
"""


class Sample:
    """One round: requests, CPU of the server and of Redis, p50 and p99."""

    def __init__(self, requests, seconds, server, redis, p50, p99):
        self.requests, self.seconds = requests, seconds
        self.server, self.redis, self.p50, self.p99 = server, redis, p50, p99

    rate = property(lambda self: self.requests / self.seconds)
    cpu = property(lambda self: self.server / self.requests * 1e6)
    redis_cpu = property(lambda self: self.redis / self.requests * 1e6)


def microseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1, "ms": 1e3, "s": 1e6, "m": 6e7}[unit]


def round_(st, server, path, cookie, connections, seconds, room="math", refused=False,
           threads=1):
    """As many requests as the server takes; each must be answered, or refused."""
    script = st.dir / "post.lua"
    script.write_text(POST % (room, cookie))

    before = stack.cpu(server.pids), stack.cpu(st.pids)
    text = subprocess.run(
        ["wrk", "-t", str(threads), "-c", str(connections), "-d", "%ds" % seconds, "--latency",
         "--timeout", "10s", "-s", str(script), "http://127.0.0.1:%d%s" % (server.port, path)],
        capture_output=True, text=True, check=True).stdout
    after = stack.cpu(server.pids), stack.cpu(st.pids)

    requests, took = re.search(r"(\d+) requests in ([\d.]+\w+)", text).groups()
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)

    if "Socket errors" in text or (bad.group(1) if bad else "0") != (requests if refused else "0"):
        raise SystemExit("bench: port %d:\n%s" % (server.port, text))

    return Sample(int(requests), microseconds(took) / 1e6,
                  after[0] - before[0], after[1] - before[1],
                  microseconds(re.search(r"^ +50% +(\S+)", text, re.M).group(1)),
                  microseconds(re.search(r"^ +99% +(\S+)", text, re.M).group(1)))


def turns(subjects, rounds):
    """Each subject in turn, several times: name -> samples."""
    results = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            results[name].append(subject())
    return results


def middle(samples, field):
    return median(getattr(sample, field) for sample in samples)


def ratio(samples, base):
    """How many times the CPU, each round beside the same round of the other:
    what else the machine does then touches both."""
    return median(one.cpu / other.cpu for one, other in zip(samples, base))


def paced(st, server, path, cookie, rate, seconds, connections=64):
    """Requests at a rate: all their times, in microseconds, sorted."""
    body = st.dir / "body.json"
    body.write_text('{"roomName":"math"}')
    log = st.dir / "h2load.log"
    log.unlink(missing_ok=True)

    subprocess.run(
        ["h2load", "--h1", "-t", "1", "-c", str(connections), "-D", str(seconds),
         "--rps", "%.1f" % (rate / connections), "-d", str(body), "--log-file", str(log),
         "-H", "content-type: application/json", "-H", "cookie: " + cookie,
         "http://127.0.0.1:%d%s" % (server.port, path)],
        capture_output=True, text=True, check=True)

    times = []
    for line in log.read_text().splitlines():
        _, status, took = line.split("\t")
        if status != "200":
            raise SystemExit("bench: port %d: status %s" % (server.port, status))
        times.append(int(took))
    return sorted(times)


def quantile(times, q):
    return times[min(len(times) - 1, int(len(times) * q))]
