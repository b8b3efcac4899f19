#!/usr/bin/env python3
"""Whether a worker grows over very many requests.

    t/bench/endurance.py [--requests N] [--seconds S]

Tokens for three kinds of session and a refusal, in turn, S seconds of each
(20), until N requests were answered (100000000).  Once a tenth of them is
done, the worker may take no more than 1 % more memory, nor more descriptors,
and all that Redis was given must be as it was.
"""

import argparse
import sys
import time
from pathlib import Path

import bench
import load
import parts
import stack

USER = {"sub": "u2", "name": "Bob"}


def private(pid):
    """Memory in KiB that is the process's own."""
    text = Path("/proc/%d/smaps_rollup" % pid).read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private"))


def state(st, pid):
    return private(pid), len(list(Path("/proc/%d/fd" % pid).iterdir())), int(st.command("DBSIZE"))


def work(st):
    """The requests: what of, and the cookie."""
    hs256, jwe = parts.cookies()
    return [("HS256 cookie", hs256), ("next-auth cookie", jwe),
            ("longer cookie", stack.cookie("jwt", {**USER, "more": "x" * 2000}, cookie="session")),
            ("refused", stack.cookie("jwt", {"sub": "u3"}, cookie="session"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=100000000)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()

    # nginx keeps 16 bytes of each request with large headers until the
    # connection is closed, and here none is before its turn is over
    buffers = "client_header_buffer_size 8k;"

    with stack.Stack() as st:
        st.member("math", "u2")
        nginx = stack.Nginx(st, 18341, http=buffers)
        pid, turns = nginx.pids[0], work(st)
        rows = [("requests", "private KiB", "descriptors", "keys in Redis")]
        total, start, settled = 0, time.time(), None

        while total < options.requests:
            for what, cookie in turns:
                total += load.round_(st, nginx, "/token", cookie, 64, options.seconds,
                                     refused=what == "refused").requests

            time.sleep(0.5)         # the load's connections are closed
            now = state(st, pid)
            rows.append(("{:,}".format(total), *now))
            print("%s  %d KiB, %d descriptors, %d keys" % (rows[-1][0].rjust(13), *now), flush=True)

            if settled is None and total >= options.requests / 10:
                settled = now

        nginx.stop()

    some = rows[1:-1:max(1, len(rows) // 12)]
    print("\n%s\n" % bench.table([rows[0], *some, rows[-1]]))
    print("%s requests in %d s: %s" % ("{:,}".format(total), time.time() - start,
                                       ", ".join(what for what, _ in turns)))

    if now[0] > settled[0] * 1.01 or now[1] > settled[1] or now[2] != settled[2]:
        sys.exit("endurance: it grows")


if __name__ == "__main__":
    main()
