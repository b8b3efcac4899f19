#!/usr/bin/env python3
"""What a token costs, beside nginx's cheapest answer and beside the peers.

    t/bench/bench.py [--quick] [part ...]

Parts: peers, connections, latency, scale, memory, library, profile; all by
default.
Everything is measured in turns in the same run, and the ratios are the point:
times are those of one machine.  What was measured is printed, and, when all
of it was, written to t/bench/RESULTS.md.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import parts
import stack

ORDER = ("peers", "connections", "latency", "scale", "memory", "library", "profile")


def machine():
    """What it ran on, and with which versions."""
    model = next((line.split(":")[1].strip() for line in
                  Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?")
    rows = ["%s, %d cores, Linux %s" % (model, len(os.sched_getaffinity(0)),
                                        platform.release())]
    for argv, pattern in (([stack.NGINX, "-v"], "nginx"), (["redis-server", "--version"], "Redis"),
                          (["openssl", "version"], "OpenSSL"), (["node", "--version"], "Node.js"),
                          (["go", "version"], "Go"), (["wrk", "-v"], "wrk")):
        run = subprocess.run(argv, capture_output=True, text=True, env=stack.environment())
        line = (run.stdout + run.stderr).splitlines()[0]
        rows.append("%s: %s" % (pattern, line.strip()))
    for package in ("libnginx-mod-http-lua", "lua-nginx-redis", "libnginx-mod-http-js",
                    "libhiredis-dev", "libjwt-dev"):
        version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                                 capture_output=True, text=True).stdout
        rows.append("%s: %s" % (package, version or "absent"))
    rows.append("Node.js packages: those of t/e2e/package-lock.json")
    return rows


def table(rows):
    """A Markdown table, its columns in line."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]

    def line(row):
        return "| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |"

    return "\n".join([line(rows[0]), "|" + "|".join("-" * (width + 2) for width in widths) + "|"]
                     + [line(row) for row in rows[1:]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short rounds, to see that it works")
    parser.add_argument("part", nargs="*", choices=[[], *ORDER])
    options = parser.parse_args()

    settings = parts.Settings(seconds=1 if options.quick else 2, rounds=1 if options.quick else 7,
                              quick=options.quick)
    chosen = options.part or ORDER
    text = ["# What it costs", "",
            "Written by `make bench` on %s. Medians of %d alternating rounds of %d s; the ratios are "
            "the point." % (time.strftime("%Y-%m-%d"), settings.rounds, settings.seconds), ""]
    text += ["- " + row for row in machine()] + [""]

    for name in ORDER:
        if name not in chosen:
            continue
        print("bench: %s" % name, file=sys.stderr)
        with stack.Stack() as st:
            for title, note, rows in getattr(parts, name)(st, settings):
                block = ["## " + title, "", note, "", table(rows), ""]
                print("\n".join(block), flush=True)
                text += block

    if chosen == ORDER and not options.quick:
        results = Path(__file__).with_name("RESULTS.md")
        results.write_text("\n".join(text))
        print("bench: written to %s" % results, file=sys.stderr)


if __name__ == "__main__":
    main()
