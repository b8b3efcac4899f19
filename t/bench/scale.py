"""What must not grow: cost and memory, whatever else there is."""

import json
import re
import resource
import signal
import socket
import time

import load
import stack

USER = {"sub": "u2", "name": "Bob"}


def pair(st, settings, first, second):
    """Two ways in turn: the samples of each."""
    return load.turns({"a": first, "b": second}, settings.rounds).values()


def token(st, settings, server, cookie, room="math"):
    return lambda: load.round_(st, server, "/token", cookie, 64, settings.seconds, room)


def scale(st, settings):
    hs256 = stack.cookie("jwt", USER, cookie="session")
    rows = [("what", "from", "us", "to", "us", "change")]

    def row(what, measure, few, many):
        first, second = measure(st, settings, hs256, few, many)
        rows.append((what, "{:,}".format(few), "%.2f" % load.middle(first, "cpu"),
                     "{:,}".format(many), "%.2f" % load.middle(second, "cpu"),
                     "%+.1f %%" % ((load.ratio(second, first) - 1) * 100)))

    row("memberships in Redis", memberships, 1000, 50000 if settings.quick else 5000000)
    row("room patterns in the policy", patterns, 2, 500 if settings.quick else 10000)
    row("idle connections", idle, 1, 1000 if settings.quick else 10000)
    row("reloads before", reloads, 0, 20 if settings.quick else 1000)

    yield "What the cost depends on", "CPU of nginx for a token, 64 connections.", rows
    yield cookie_sizes(st, settings)
    yield workers(st, settings, hs256)


def memberships(st, settings, hs256, least, most):
    """Many members in many rooms, and in that room, too."""
    with stack.Stack() as other:
        for each, count in (st, least), (other, most):
            each.member("math", "u2")
            fill(each, count)

        few, many = stack.Nginx(st, 18320), stack.Nginx(other, 18329)
        result = pair(st, settings, token(st, settings, few, hs256),
                      token(other, settings, many, hs256))
        few.stop()
        st.command("FLUSHALL")
        return result


def fill(st, count):
    """count memberships, half in the room itself, half in rooms of 100."""
    script = """
        local n = tonumber(ARGV[1])
        for i = 1, n / 2 do redis.call('HSET', 'lkg:room:{math}', 'm:p' .. i, 'student') end
        for i = 1, n / 2 do
            redis.call('HSET', 'lkg:room:{r' .. math.floor(i / 100) .. '}', 'm:p' .. i, 'student')
        end"""
    st.command("EVAL", script, 0, count)


def patterns(st, settings, hs256, least, most):
    st.member("math", "u2")
    policy = json.loads((stack.ROOT / "examples/policy.json").read_text())
    servers = []

    for port, count in ((18321, least), (18322, most)):
        policy["rooms"] = [{"match": "course-%d-*" % i,
                            "roles": {"student": {"grants": {"canPublish": True}}}}
                           for i in range(count - 1)]
        policy["rooms"].append({"match": "ma*", "roles": {"student": {"grants": {
            "canPublishData": False}}}})
        path = st.dir / ("policy-%d.json" % count)
        path.write_text(json.dumps(policy))
        servers.append(stack.Nginx(st, port, policy=path))

    costs = pair(st, settings, *(token(st, settings, server, hs256) for server in servers))
    for server in servers:
        server.stop()
    return costs


def idle(st, settings, hs256, least, most):
    st.member("math", "u2")
    few, many = stack.Nginx(st, 18323), stack.Nginx(st, 18330)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most + 200, resource.getrlimit(
        resource.RLIMIT_NOFILE)[1]))
    held = []

    for server, count in (few, least), (many, most):
        for _ in range(count):
            s = socket.create_connection(("127.0.0.1", server.port))
            s.sendall(b"GET /return HTTP/1.1\r\nHost: localhost\r\n\r\n")
            s.recv(4096)
            held.append(s)

    result = pair(st, settings, token(st, settings, few, hs256),
                  token(st, settings, many, hs256))
    for s in held:
        s.close()
    few.stop()
    many.stop()
    return result


def reloads(st, settings, hs256, least, most):
    st.member("math", "u2")
    fresh, server = stack.Nginx(st, 18324), stack.Nginx(st, 18328)

    for _ in range(most - least):
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.02)

    stack.wait("the last worker", lambda: len(stack.children(server.process.pid)) == 2)
    time.sleep(1)
    server.wait()
    result = pair(st, settings, token(st, settings, fresh, hs256),
                  token(st, settings, server, hs256))
    fresh.stop()
    server.stop()
    return result


def cookie_sizes(st, settings):
    st.member("math", "u2")
    server = stack.Nginx(st, 18325)
    rows = [("cookie bytes", "HS256 us", "us more for 1 KiB", "next-auth us", "us more for 1 KiB")]
    last = None

    for filler in (0, 700, 2000, 4000, 8000):
        user = {**USER, "filler": "x" * filler}
        jwt = stack.cookie("jwt", user, cookie="session")
        jwe = stack.cookie("next-auth", user, cookie="next-auth.session-token")
        us = [load.middle(samples, "cpu") for samples in
              pair(st, settings, token(st, settings, server, jwt),
                   token(st, settings, server, jwe))]
        costs = (len(jwt), *us, len(jwe))
        slopes = ("", "") if last is None else (
            "%.2f" % ((costs[1] - last[1]) / (costs[0] - last[0]) * 1024),
            "%.2f" % ((costs[2] - last[2]) / (costs[3] - last[3]) * 1024))
        rows.append((costs[0], "%.2f" % costs[1], slopes[0], "%.2f" % costs[2], slopes[1]))
        last = costs

    server.stop()
    return "Cookies", "The larger the cookie, the more there is to sign or decrypt.", rows


def workers(st, settings, hs256):
    st.member("math", "u2")
    servers = {count: stack.Nginx(st, 18325 + count, workers=count) for count in (1, 2)}
    rows = [("workers", "connections", "`return 200` us", "times one worker's",
             "token us", "times one worker's")]

    def asks(path, count):
        return lambda: load.round_(st, servers[count], path, hs256, 64 * count, settings.seconds,
                                   threads=count)

    results = load.turns({(path, count): asks(path, count)
                          for path in ("/return", "/token") for count in servers},
                         settings.rounds)
    cost = {key: load.middle(samples, "cpu") for key, samples in results.items()}

    for count in servers:
        row = [count, 64 * count]
        for path in ("/return", "/token"):
            row += ["%.2f" % cost[path, count],
                    "%.2f" % (count * load.ratio(results[path, 1], results[path, count]))]
        rows.append(tuple(row))

    for server in servers.values():
        server.stop()

    return ("Workers", "Answers for a second of each worker's CPU; the load has a thread for each "
            "worker.  What `return 200` falls short of 2 is the machine's: two workers, the load "
            "and Redis share its cores.", rows)


def memory(st, settings):
    """What a request takes from the system, from nginx's own debug log."""
    st.member("math", "u2")
    hs256 = stack.cookie("jwt", USER, cookie="session")
    jwe = stack.cookie("next-auth", USER, cookie="next-auth.session-token")
    server = stack.Nginx(st, 18330, level="debug")
    log = st.dir / "error-18330.log"
    rows = [("request", "allocations", "bytes", "more than `return 200`")]
    base = None

    for name, path, cookie in (("`return 200`", "/return", hs256), ("HS256 cookie", "/token", hs256),
                               ("next-auth cookie", "/token", jwe)):
        stack.post(server.port, path, cookie)
        time.sleep(0.2)
        start = log.stat().st_size
        stack.post(server.port, path, cookie)
        time.sleep(0.2)
        with open(log) as f:
            f.seek(start)
            sizes = [int(size) for size in
                     re.findall(r"(?:malloc|posix_memalign): \S+?:(\d+)", f.read())]
        base = sum(sizes) if base is None else base
        rows.append((name, len(sizes), sum(sizes), sum(sizes) - base))

    server.stop()
    yield ("Memory of a request", "All that is allocated from accept to close of a connection with "
           "one request.", rows)
    yield growth(st, settings, hs256)


def growth(st, settings, hs256):
    server = stack.Nginx(st, 18331)
    rows = [("requests", "resident MiB")]
    total = 0

    for _ in range(4):
        sample = load.round_(st, server, "/token", hs256, 64, settings.seconds)
        total += sample.requests
        rows.append(("{:,}".format(total), "%.1f" % stack.memory(server.pids)))

    server.stop()
    return "Memory over time", "Of the worker; `make soak` watches it for longer.", rows
