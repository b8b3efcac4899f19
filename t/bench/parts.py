"""The parts of bench.py.  Each gives (title, note, rows of a table)."""

import json
import re
import subprocess
from collections import namedtuple
from statistics import median

import load
import callgrind
import stack
from scale import memory, scale     # noqa: F401

Settings = namedtuple("Settings", "seconds rounds quick")

USER = {"sub": "u2", "name": "Bob"}
LUA = """
init_by_lua_block {{ token = require "token" }}
lua_package_path "{peers}/?.lua;/usr/share/lua/5.1/?.lua;;";
lua_socket_log_errors off;
"""
LUA_LOCATION = """
location = /lua {{
    content_by_lua_block {{
        token.run {{ session_secret = "{session}", redis = "{socket}", key = "{key}",
                     secret = "{secret}", url = "{url}" }}
    }}
}}
location = /njs {{
    set $session_secret "{session}"; set $livekit_key {key};
    set $livekit_secret "{secret}"; set $url {url};
    js_content token.token;
}}
"""


def cookies():
    return (stack.cookie("jwt", USER, cookie="session"), stack.cookie("next-auth", USER, cookie="next-auth.session-token"))


def sized_answer(st, **options):
    """nginx, with a "return 200" as large as a token's answer."""
    st.member("math", "u2")
    hs256, _ = cookies()
    server = stack.Nginx(st, 18300)
    size = len(stack.post(server.port, "/token", hs256))
    server.stop()
    filler = json.dumps({"token": "t" * (size - len(json.dumps({"token": "", "url": stack.URL}))),
                         "url": stack.URL})
    return stack.Nginx(st, 18301, answer=filler, **options)


def peers(st, settings):
    """Everybody does the same work: cookie, membership in Redis, token."""
    where = stack.BUILD / "peers"
    names = dict(peers=where, session=stack.SESSION, socket=st.socket, key=stack.KEY,
                 secret=stack.SECRET, url=stack.URL)
    modules = "/usr/lib/nginx/modules"
    ours = sized_answer(
        st, modules="".join("load_module %s/%s;\n" % (modules, name) for name in
                            ("ndk_http_module.so", "ngx_http_lua_module.so",
                             "ngx_http_js_module.so")),
        http=LUA.format(**names) + "js_path %s; js_import token.js;" % where,
        server=LUA_LOCATION.format(**names))

    go = stack.Service(st, 18311, stack.BUILD / "go-peer")
    node = stack.Service(st, 18312, "node", where / "node.mjs")
    next_ = stack.Service(st, 18313, "node", where / "node_modules/next/dist/bin/next", "start",
                          "-H", "127.0.0.1", "-p", "18313", cwd=where / "next")
    hs256, jwe = cookies()

    subjects = {
        "nginx, `return 200` of the same size": (ours, "/return", hs256),
        "nginx-livekit, HS256 cookie": (ours, "/token", hs256),
        "nginx-livekit, next-auth cookie": (ours, "/token", jwe),
        "njs, no membership check (it has no sockets)": (ours, "/njs", hs256),
        "nginx and Lua: lua-nginx-redis, FFI HMAC": (ours, "/lua", hs256),
        "Go: net/http, go-redis, livekit/protocol": (go, "/token", hs256),
        "Node.js: http, jose, ioredis, livekit-server-sdk": (node, "/token", hs256),
        "Next.js route: next-auth, ioredis, livekit-server-sdk": (next_, "/api/token", jwe),
    }

    for server, path, cookie in subjects.values():
        if "token" not in stack.post(server.port, path, cookie):
            raise SystemExit("bench: no token from port %d" % server.port)
        load.round_(st, server, path, cookie, 64, 1)        # warm

    results = load.turns({name: lambda s=subject: load.round_(st, *s, 64, settings.seconds)
                          for name, subject in subjects.items()}, settings.rounds)
    base = next(iter(results.values()))

    rows = [("", "requests/s", "CPU us/request", "times `return 200`", "Redis us", "p50 ms", "p99 ms",
             "memory MiB")]
    for (name, samples), (server, _, _) in zip(results.items(), subjects.values()):
        rows.append((name, "%d" % load.middle(samples, "rate"),
                     "%.2f" % load.middle(samples, "cpu"), "%.2f" % load.ratio(samples, base),
                     "%.2f" % load.middle(samples, "redis_cpu"),
                     "%.2f" % (load.middle(samples, "p50") / 1000),
                     "%.2f" % (load.middle(samples, "p99") / 1000), "%d" % stack.memory(server.pids)))

    yield ("The same work, 64 connections",
           "CPU of the server alone, user and system, from the kernel; nginx runs one worker, the "
           "others as their documentation has them in production.", rows)


def connections(st, settings):
    ours = sized_answer(st)
    hs256, jwe = cookies()
    rows = [("connections", "`return 200` us", "HS256 us", "ratio", "next-auth us", "ratio",
             "Redis us", "commands a read")]

    for count in (16, 64, 256):
        calls = redis_reads(st)
        results = load.turns({
            "return": lambda: load.round_(st, ours, "/return", hs256, count, settings.seconds),
            "hs256": lambda: load.round_(st, ours, "/token", hs256, count, settings.seconds),
            "jwe": lambda: load.round_(st, ours, "/token", jwe, count, settings.seconds),
        }, settings.rounds)
        calls = [b - a for a, b in zip(calls, redis_reads(st))]
        row = [count, "%.2f" % load.middle(results["return"], "cpu")]
        for name in ("hs256", "jwe"):
            row += ["%.2f" % load.middle(results[name], "cpu"),
                    "%.2f" % load.ratio(results[name], results["return"])]
        rows.append((*row, "%.2f" % load.middle(results["hs256"], "redis_cpu"),
                     "%.1f" % (calls[0] / max(calls[1], 1))))

    yield ("A token beside the cheapest answer", "One worker. Commands a read: how many requests "
           "Redis got with each read, by pipelining.", rows)


def redis_reads(st):
    info = st.command("INFO", "stats")
    return [int(re.search(r"%s:(\d+)" % name, info).group(1))
            for name in ("total_commands_processed", "total_reads_processed")]


def latency(st, settings):
    """Both at half of the rate that tokens reach at most."""
    ours = sized_answer(st)
    hs256, _ = cookies()
    most = load.round_(st, ours, "/token", hs256, 64, settings.seconds).rate
    trip = redis_trip(st)
    rows = [("round", "requests/s", "`return 200` p50 us", "p99 us", "Redis round trip p99 us",
             "token p50 us", "p99 us", "p99 ratio")]
    ratios = []

    for i in range(settings.rounds):
        plain = load.paced(st, ours, "/return", hs256, most / 2, settings.seconds)
        token = load.paced(st, ours, "/token", hs256, most / 2, settings.seconds)
        allowed = load.quantile(plain, .99) + trip
        ratios.append(load.quantile(token, .99) / allowed)
        rows.append((i + 1, "%d" % (most / 2), load.quantile(plain, .5), load.quantile(plain, .99),
                     trip, load.quantile(token, .5), load.quantile(token, .99), "%.2f" % ratios[-1]))

    rows.append(("median", "", "", "", "", "", "", "%.2f" % median(ratios)))

    yield ("Latency at half of the maximum rate", "The ratio is to the p99 of `return 200` at the "
           "same rate and one round trip to Redis (redis-benchmark, one connection).", rows)


def redis_trip(st):
    text = subprocess.run(["redis-benchmark", "-s", str(st.socket), "-c", "1", "-n", "20000",
                           "--csv", "HMGET", "lkg:room:{math}", "state", "b:u2", "d:u2", "m:u2"],
                          capture_output=True, text=True, check=True).stdout
    return round(float(text.splitlines()[-1].split(",")[6].strip('"')) * 1000)


def library(st, settings):
    subprocess.run(["cc", "-std=gnu99", "-O2", "-I", stack.ROOT / "lib", "-o", st.dir / "library",
                    stack.ROOT / "t/bench/library.c", "-L", stack.ROOT / "build",
                    "-Wl,-rpath,%s" % (stack.ROOT / "build"), "-llkgrant", "-ljwt"], check=True)
    costs = {}

    for name, argv in (
            ("liblkgrant", [st.dir / "library", stack.ROOT / "examples/policy.json"]),
            ("Go, livekit/protocol", [stack.BUILD / "go-library"]),
            ("Node.js, livekit-server-sdk", ["node", stack.BUILD / "peers/library.mjs"]),
            ("Python, PyJWT", [stack.ROOT / "build/e2e/venv/bin/python",
                               stack.BUILD / "peers/library.py"])):
        text = subprocess.run(list(map(str, argv)), capture_output=True, text=True, check=True,
                              env=stack.environment()).stdout
        for line in text.splitlines():
            operation, us = line.split()
            who = "libjwt" if operation.startswith("libjwt-") else name
            costs.setdefault(who, {})[operation.replace("libjwt-", "")] = float(us)

    ours = costs["liblkgrant"]
    rows = [("", "session us", "decide us", "mint us", "times ours", "verify us", "times ours")]
    for name, cost in costs.items():
        rows.append((name, cost.get("session", "–"), cost.get("decide", "–"), cost["mint"],
                     "%.1f" % (cost["mint"] / ours["mint"]), cost["verify"],
                     "%.1f" % (cost["verify"] / ours["verify"])))

    yield ("The library alone", "CPU for one operation; Go's is wall-clock time of its own "
           "benchmark. A token of the same claims; verification includes parsing.", rows)


def profile(st, settings):
    was, now = callgrind.before(), callgrind.count(st, "hs256")

    def rows(what, names, total):
        shown = [(what, "before", "now", "share")]
        for name in names:
            n = total[what + "s"][name]
            shown.append((name, "%d" % was[what + "s"].get(name, 0), "%d" % n,
                          "%.1f %%" % (n / total["all"] * 100)))
        return shown

    def dearest(what):
        return sorted(now[what], key=now[what].get, reverse=True)

    yield ("Where a token's instructions go",
           "callgrind, HS256 cookie, one request at a time: %d instructions in user space, %d "
           "before they were looked at one by one (t/bench/before.json). OpenSSL's are nearly all "
           "SHA-256 in software, since valgrind knows no SHA instructions. What the kernel does is "
           "not in it: that is more than half of the time." % (now["all"], was["all"]),
           rows("part", dearest("parts"), now))
    yield "The dearest functions", "The same, by function.", rows(
        "function", dearest("functions")[:25], now)
